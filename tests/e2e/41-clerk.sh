#!/bin/sh
# The very first computer, and a clerk's fresh one (product.md 2.4), in the words that people
# read. Printing, keys of the desk's page and the package are not the command line's.
. "$(dirname "$0")/lib.sh"
LINJULI_LANG=zh
port=$(free_port)
H="$L -C hub" C="$L -C desk" A="$L -C a"

# the very first: one command, then the root key sheet until it is sealed
gives 0 "one command founds the community" $H init --name 绿洲社区 --person 周书记 --listen "127.0.0.1:$port"
has "$out" "「绿洲社区」建好了，本机是中心" "it says so"
has "$out" "打印出来是两份，封进两个信封，两人签名" "and what to do with the sheet"
has "$($H status)" "根密钥单还在电脑上：请打印两份封存" "it nags"
gives 0 "typed from the paper" $H root-sheet --check hub/root-key-sheet.txt
has "$out" "四行都抄对了，正是「绿洲社区」的根密钥" "all four lines"
rm hub/root-key-sheet.txt
has "$($H status)" "根密钥单还在电脑上" "it nags while one of the two is there"
rm hub/root-key-sheet.html
has_not "$($H status)" "根密钥单" "sealed: it nags no more"

# 87 old sheets: dry run, rows that are no good, undo, again
for u in 0302 0303; do
    $H add org_unit code=$u name=党小组$u kind=group >/dev/null 2>&1 || not_ok "a group"
done
{
    echo 门牌,户主姓名,人数
    i=0
    while [ $i -lt 500 ]; do
        i=$((i + 1))
        case $((i % 35)) in
        20) echo "3-1-$i,王$i,九" ;; # no number
        *) echo "3-1-$i,王$i,3" ;;
        esac
    done
} >old.csv
before=$($H digest)
gives 65 "a dry run" $H import household old.csv --unit 0302 --dry-run
has "$out" "试读，没有写入：共 500 行，能收 486 行，要退 14 行" "counts"
is "$(printf '%s\n' "$err" | grep -c '^第 [0-9]* 行 C 列')" 14 "fourteen rows, each with line and column"
has "$err" "第 21 行 C 列（" "by line"
is "$($H digest)" "$before" "and nothing is written"
gives 65 "the import" $H import household old.csv --unit 0302
has "$out" "共 500 行，收下 486 行，退回 14 行" "takes the others"
batch=$(printf '%s\n' "$out" | sed -n 's/^批次 \([0-9a-f]*\).*/\1/p')
gives 0 "undone in one go" $H undo "$batch"
has "$out" "已撤回 486 条；0 条后来有人改过，留着" "all of it"
has_not "$($H status)" "486 户" "none is counted any more"
sed 's/九$/9/' old.csv >new.csv
gives 0 "mended, and again" $H import household new.csv --unit 0302
has "$out" "收下 500 行，退回 0 行" "all of them"
has "$($H status)" "500 户 0 人" "which the centre counts"
i=0
{
    echo 姓名
    while [ $i -lt 90 ]; do
        i=$((i + 1))
        echo "居民$i"
    done
} >people.csv
gives 0 "and people" $H import resident people.csv --unit 0302

# a clerk's fresh computer
gives 0 "an invite for the desk" $H invite --person 刘洋 --unit 0000 --role clerk --file desk.lji
paper=$(printf '%s\n' "$out" | sed -n 's/^核对词：//p')
serve hub hub
join_group a 0302 王芳 leader
for i in 1 2; do $A sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "0302 meets the hub"; done
for i in 1 2 3 4 5; do $A add problem title=楼道灯$i level=normal >/dev/null 2>&1 || not_ok "a problem"; done
$A sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "0302 sends"
gives 0 "the desk joins" $C join desk.lji
has "$out" "绿洲社区 · 0000 工作人员 刘洋" "by name"
is "$(printf '%s\n' "$out" | sed -n 's/^核对词：//p')" "$paper" "with the words on the paper"
t=$(date +%s)
gives 0 "the first copy" $C sync "127.0.0.1:$port"
has "$out" "收送完毕：收 " "with counts"
[ $(($(date +%s) - t)) -le 10 ]
is $? 0 "in ten seconds"
gives 0 "what is here" $C status
has "$out" "500 户 90 人" "the whole community"
is "$($C list problem --json | grep -c '"title": "楼道灯')" 5 "and five that wait on the desk"
for no in $($C list problem --json | sed -n 's/^ *"number": "\(.*\)",*/\1/p'); do
    $C move "$no" received >/dev/null 2>&1 && $C move "$no" dispatched >/dev/null 2>&1 || not_ok "$no is dispatched"
done
is "$($C list problem state=dispatched --json | grep -c '"number"')" 5 "five are dispatched"
gives 0 "and sent" $C sync "127.0.0.1:$port"
gives 0 "to the group" $A sync "127.0.0.1:$port"
is "$($A list problem state=dispatched --json | grep -c '"number"')" 5 "which sees it"

# a second centre, by mistake
"$L" -C second init --name 绿洲社区 --person 别人 >/dev/null || not_ok "a second centre"
gives 0 "an invite of the first" $H invite --person 别人 --unit 0000 --role clerk --file second.lji
gives 65 "the second one hears of the first" "$L" -C second join second.lji
has "$err" "本网已有中心" "in words"

gives 0 "the centre stamps" $H seal
for n in desk a; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub || not_ok "the hub stops"
for n in desk a; do
    is "$("$L" -C $n digest --log)" "$($H digest --log)" "$n and the hub hold the same logs"
    "$L" -C $n digest | while read -r line; do $H digest | grep -qxF "$line" || echo "$line"; done >differ
    is "$(cat differ)" "" "and the same records, as far as $n reads them"
    gives 0 "$n: audit" "$L" -C $n audit
    has "$out" "核对无误" "nothing wrong"
done
for n in hub desk a; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
