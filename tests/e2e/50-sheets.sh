#!/bin/sh
# The rolls of the whole community from old sheets: as GB18030 CSV and as XLSX of another
# program, with 14 rows that are wrong; undone, and in again; found, sorted and written out,
# rare names unchanged. Hostile workbooks, and a template.
. "$(dirname "$0")/lib.sh"
golden=$e2e_root/tests/golden/xlsx/v1
found_hub 社区 主任
H="$L -C hub"
households=${E2E_HOUSEHOLDS:-9225} residents=${E2E_RESIDENTS:-23843}
node "$e2e_root/tests/e2e/tools/sheets.js" . "$households" "$residents" || not_ok "sheets are made"
for f in households residents; do iconv -f UTF-8 -t GB18030 $f.csv >$f.gb && mv $f.gb $f.csv; done

took() { # TYPE FILE WANT_STATUS: $out is its JSON; time and memory as a remark
    start=$(date +%s%N)
    gives "$3" "import of $2" $H import "$1" "$2" --json
    echo "# $2: $((($(date +%s%N) - start) / 1000000)) ms"
}
places() { # rows and letters of what was refused, in order
    printf '%s\n' "$1" | sed -n 's/^ *"letters": "\(.*\)",/\1/p; s/^ *"row": \([0-9]*\),/\1/p' |
        paste -d' ' - - | awk '{print $2, $1}'
}
all_in() { # FORMAT
    took household "households.$1" 0
    is "$(printf '%s\n' "$out" | field taken)" "$households" "$1: every household is in"
    hh=$(printf '%s\n' "$out" | field batch)
    took resident "residents.$1" 65
    is "$(printf '%s\n' "$out" | field taken)" $((residents - 14)) "$1: so are all but 14 residents"
    is "$(places "$out")" "$(cat wrong)" "$1: 14 reasons, by row and column"
    people=$(printf '%s\n' "$out" | field batch)
}
names() {
    $H export resident - | cut -d, -f2,4- | sort | cksum
}
all_in csv
csv_names=$(names)
gives 0 "the residents are taken back" $H undo "$people" --json
is "$(printf '%s\n' "$out" | field undone)" $((residents - 14)) "all of them"
is "$($H list resident | wc -l | tr -d ' ')" 0 "and none is left"
gives 0 "the households too" $H undo "$hh"
all_in xlsx
is "$(names)" "$csv_names" "and they say the same as from CSV"
run $H import resident residents.xlsx --dry-run
has "$err" "line 300, column D (出生日期): " "the place, as a spreadsheet shows it, and the column's name"

# rare names
rare=𬭊䶮㛃𠅤
has "$($H find $rare)" $rare "a rare name is found"
has "$($H list resident --like 13800138000)" $rare "by phone"
for c in 𬭊 䶮 㛃 𠅤; do
    differs "$($H find $c | grep -c $c)" 0 "and $c by itself"
done
gives 0 "sorted by pinyin" $H list resident --sort name --json
sorted=$(printf '%s\n' "$out" | sed -n 's/^ *"name": "\(.\).*/\1/p' | uniq | tr -d '\n')
is "$sorted" 曹陈邓𬭊冯高郭韩何胡黄李梁林刘罗马区仇单宋孙唐王吴谢徐许杨张赵郑周朱 "surnames stand in their order, as they are read"
gives 0 "written as XLSX" $H export resident out.xlsx --labels
gives 0 "once more" $H export resident again.xlsx --labels
is "$(cksum <out.xlsx)" "$(cksum <again.xlsx)" "the same bytes"
gives 0 "another community" "$L" -C two init --name Two --listen 127.0.0.1:1
"$L" -C two add org_unit code=0302 name=Spark kind=group >/dev/null 2>&1
"$L" -C two add org_unit code=0303 name=Torch kind=group >/dev/null 2>&1
gives 0 "takes it all, from standard input" sh -c "cat out.xlsx | $L -C two import resident -"
is "$("$L" -C two export resident - | cut -d, -f2,4- | sort | cksum)" "$csv_names" "and has the same"
has "$("$L" -C two export resident - | grep $rare)" "'=cmd|'" "a cell that looks like a command is text, guarded in CSV"
is "$("$L" -C two list resident --like $rare --json | field guardian)" "=cmd|'/c calc'!A1" "and as it was"

# a small one through the daemon, and by other programs
serve two two
gives 0 "through the daemon" "$L" -C two import household households.xlsx --dry-run
stop two || not_ok "it stops"
for f in openpyxl libreoffice; do
    refused 65 备注 "$L" -C two import resident "$golden/$f.xlsx"
done

# hostile
before=$($H digest)
refused 65 xlsx $H import resident bomb.xlsx
refused 65 xlsx $H import resident entity.xlsx
head -c 3000 out.xlsx >torn.xlsx
refused 65 xlsx $H import resident torn.xlsx
printf '\320\317\021\340\241\261\032\341old' >old.xls
refused 65 old.xls $H import resident old.xls
printf 'linjuli rows 1\n\0\1\0\0\0\1\1\0\4name\3\0\0\0\7' >stream
refused 65 xlsx $H import resident stream
is "$($H digest)" "$before" "nothing of it is in"

# a template
gives 0 "a template" $H export household empty.xlsx --template
gives 0 "is taken as it is" $H import household empty.xlsx --json
is "$(printf '%s\n' "$out" | field rows)" 0 "its hints are no row"
gives 0 "as CSV" $H export household empty.csv --template
has "$(sed -n 2p empty.csv)" "※ required: text, 1 to 30 characters" "with hints"
gives 0 "in Chinese" env LINJULI_LANG=zh $H export household - --template
has "$out" "※ 选一个：户籍户、常住户、租住户" "too"
gives 0 "and all is well" $H doctor
done_testing
