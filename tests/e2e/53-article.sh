#!/bin/sh
# The article's numbers out of records: the demo community, lived through by real nodes, and
# `indicators` on its hub and on a group's node, one more wish, and nothing by hand.
. "$(dirname "$0")/lib.sh"
LINJULI_LANG=zh
gives 0 "a demo of two groups" "$L" demo --nodes 2 --dir "$T/town"
LINJULI_STATE=$T/town/state
H="$L -C town/hub" G="$L -C town/group-0101"
figure() { awk -v f="$1" '$1 == f { print $NF }'; }
$H indicators >now || not_ok "the indicators print"
# as many as the article says; where it says more than, at least so many
while read -r f how many what; do
    have=$(figure "$f" <now)
    case $how in
    is) is "$have" "$many" "$f $what: $many" ;;
    over) if [ "${have%.*}" -gt "$many" ]; then ok "$f $what: more than $many ($have)"; else not_ok "$f $what" "$have"; fi ;;
    esac
done <<'END'
I01 is 1.624 面积
I02 is 7 小区
I03 is 756 商户
I04 is 9225 户
I05 is 23843 居民
I06 is 2171 户籍
I07 over 2000 党员
I08 is 5 小区党组织
I09 is 87 党小组
I10 is 87 党员中心户
I11 is 35 离退休干部
I12 is 17 网格员
I13 is 148 微心愿
I14 is 181 问题
I15 is 100.00–500.00 租金
I16 over 10 课程
I17 over 300 班次
I18 over 30000 物资
I19 over 20 队伍
I20 is 15 社会组织
I21 is 23 项目
I22 is 13 非遗
END
for f in I23 I24; do has "$(grep "^$f" now)" "100.0%" "$f: all of them"; done
has "$(sed -n 3p now)" "截至第 " "as of a seal"
# one more
wish=$($H list wish state=collected | head -n 1 | cut -d' ' -f1)
for s in checked published claimed confirmed fulfilled; do
    $H move "$wish" $s >/dev/null 2>&1 || not_ok "the wish moves to $s"
done
is "$(figure I13 <now)" 148 "a wish more does not count"
has "$($H indicators | grep I13)" "148 未定 149" "before it is sealed"
gives 0 "the hub seals" $H seal
is "$($H indicators | figure I13)" 149 "then it does"
# a group's node has its part, as of the seal that it holds
$G indicators >part || not_ok "the group's indicators print"
is "$(figure I09 <part)" 87 "what everybody may read is whole there"
is "$(figure I04 <part)" "$($H list household unit=0101 | wc -l)" "of the households it has its own"
# an auditor's copy of the hub's store, without keys, reads nothing that is not for everybody
mkdir stick && cp town/hub/linjuli.db stick/ && chmod 600 stick/linjuli.db
run "$L" -C stick audit
is "$rc" 0 "the whole year stands up to an audit"
done_testing
