#!/bin/sh
# A record type is one file and no line of C: described, added, moved, listed, exported, imported,
# counted in a report that is a file as well. And a field more in a type that
# is there: no entry is written for it, and nodes of the release before carry what uses it.
. "$(dirname "$0")/lib.sh"
build=$(cd "$(dirname "$L")" && pwd)
old=$L new=$T/newer/linjuli entries=$build/tests/e2e/tools/entries
for d in types sql reports; do cp -r "$e2e_root/schema/$d" $d; done
cat >types/930-bench <<'TYPE'
# 长椅 · bench: a bench in the yard, with whom to ring when it is broken.
code = 930
name = bench
zh = "长椅"
en = "Bench"
visible = all
private_code = 931
merge = owned
since = 2
create { roles = "leader, clerk" who = "unit, centre" }
edit { roles = "leader, clerk" who = "unit, centre" }
purpose mend { zh = "报修联系" en = "To have it mended" }
keep year { zh = "1年" en = "One year" }
field title { code = 10 zh = "位置" en = "Place" kind = text max = 40 required = yes title = yes }
field seats { code = 11 zh = "座位" en = "Seats" kind = int min = 1 max = 20 }
field wood {
    code = 12
    zh = "材料" en = "Made of"
    kind = choice
    choice pine { code = 1 zh = "松木" en = "Pine" }
    choice steel { code = 2 zh = "钢" en = "Steel" }
}
field put_on { code = 13 zh = "安放日期" en = "Put there on" kind = date }
field price { code = 14 zh = "价格" en = "Price" kind = money max = 1000000 }
field warden {
    code = 15
    zh = "看护人" en = "Warden"
    kind = text max = 40
    visible = home
    personal = yes purpose = mend keep = year
}
state whole { code = 1 zh = "完好" en = "Whole" }
state broken { code = 2 zh = "损坏" en = "Broken" }
state mended { code = 3 zh = "修好待查" en = "Mended" }
state gone_away { code = 4 zh = "已撤" en = "Taken away" end = yes }
move { from = "whole" to = "broken" roles = "leader, helper, clerk" who = "unit, centre" }
move { from = "broken" to = "mended" roles = "leader" who = "unit" }
move { from = "mended" to = "whole, broken" roles = "leader, clerk" who = "unit, centre" }
move { from = "whole, broken" to = "gone_away" roles = "clerk" who = "centre" }
apart two { zh = "修和撤是两个人" en = "Who mends does not take away" steps = "mended, gone_away" }
TYPE
cat >reports/900-benches <<'REPORT'
name = benches
zh = "长椅" en = "Benches"
figure all { zh = "长椅" en = "Benches" count = bench }
figure broken { zh = "损坏" en = "Broken" count = bench where = "state is broken" }
figure seats { zh = "座位" en = "Seats" sum = "bench.seats" }
list each { zh = "一览" en = "Each" type = bench columns = "number, title, wood, state" }
REPORT
cat >>types/180-need <<'TYPE'
field floor { code = 900 zh = "楼层" en = "Floor" kind = int min = 1 max = 99 since = 2 }
TYPE
mk() { env -u MAKEFLAGS -u MFLAGS make -s -C "$e2e_root" B="$build" "$@" >>make.out 2>&1; }
mk TYPES="$T/types" SQL="$T/sql" REPORTS="$T/reports" OTHER="$T/newer" other ||
    not_ok "the program with one file more is built" "$(tail -n 5 make.out)"
[ -x "$entries" ] || mk "$entries"
bytes() { "$entries" "$1/linjuli.db"; } # DIR: its entries

# ---- old records, then the field
found_hub
join_group w 0302 Wang leader
join_group o 0303 Chen leader
"$old" -C w add need title=lamp words=first >/dev/null || not_ok "the leader writes"
serve hub hub
for d in w o w; do "$old" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done
stop hub
before=$(bytes w)
gives 0 "the new program opens what is there" "$new" -C w get "$("$old" -C w list need --json | field number)"
has "$out" lamp "and shows it"
has_not "$out" Floor "the field that nobody has filled in is not there"
is "$(bytes w)" "$before" "and no entry was written for the records that are there"

# ---- the type, from describe to the report
run env LINJULI_LANG=zh "$new" describe bench
for word in 长椅 看护人 报修联系 修和撤是两个人 损坏 松木; do has "$out" "$word" "describe says $word"; done
"$new" describe bench --json >bench.json
is "$(grep -c '"private": true' bench.json)" 1 "and to scripts: one field of another visibility"
has "$("$new" types)" "930  bench" "types lists it"
has_not "$("$old" types)" bench "the program without the file does not"
W="$new -C w"
bench=$($W add bench title=gate seats=3 wood=steel put_on=2026-11-01 price=120.50 warden=王芳 2>/dev/null)
is $? 0 "one is added"
bench=${bench%% *}
refused 65 seats $W add bench title=yard seats=21
refused 65 title $W add bench seats=2
refused 65 wood $W add bench title=yard wood=gold
refused 65 "from here: broken" $W move "$bench" mended
gives 0 "it breaks" $W move "$bench" broken
gives 0 "it is changed" $W set "$bench" seats=4
refused 77 gone_away $W move "$bench" gone_away
gives 0 "find" $W find gate
has "$out" "$bench" "finds it"
printf '位置,座位,材料,看护人\n菜园门口,5,松木,李强\n,3,钢,\n东门,99,钢,\n西门,2,钢,王芳\n' >benches.csv
gives 65 "a sheet is imported" $W import bench benches.csv
has "$err" "line 3" "the row without a place is refused"
has "$err" "line 4" "and that with 99 seats"
is "$($W list bench --json | grep -c '"number"')" 3 "the others are in"
gives 0 "export" $W export bench - --labels
for word in 位置 看护人 菜园门口 李强 120.50 "$bench"; do has "$out" "$word" "writes $word"; done
printf '%s\n' "$out" >again.csv

# ---- the centre, and a leader of the release before
gives 0 "the hub's program is upgraded" "$new" -C hub list bench
L=$new
serve hub hub
gives 0 "it takes what the leader has" "$new" -C w sync "127.0.0.1:$port"
gives 0 "seals it" "$new" -C hub seal
"$new" -C w add need title=stairs floor=7 >/dev/null || not_ok "the field is used"
for d in w w; do "$new" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done
gives 0 "the leader of the older release meets it, too" "$old" -C o sync "127.0.0.1:$port"
stop hub
gives 0 "the report" "$new" -C hub report benches
has "$out" "$bench" "lists them"
is "$(printf '%s\n' "$out" | grep -c gate)" 1 "each once"
run "$new" -C hub report benches --json
has "$out" '"sum": 11' "adds up their seats"
refused 66 benches "$old" -C o report benches
gives 0 "and at another community the sheet goes in again" "$new" -C two init --name Two --listen 127.0.0.1:1
"$new" -C two add org_unit code=0302 name=Other kind=group >/dev/null 2>&1 || not_ok "which has that unit"
gives 0 "as it came out" "$new" -C two import bench again.csv
is "$("$new" -C two list bench --json | grep -c '"number"')" 3 "all of it"
hub_key=$("$new" -C w status --json | field key)
is "$(bytes o | grep "^$hub_key")" "$(bytes w | grep "^$hub_key")" "the older one holds the newer one's entries byte for byte"
is "$("$old" -C o find stairs | grep -c stairs)" 0 "shows none of them"
has "$("$old" -C o status)" "of a newer release" "and says so"
before=$(bytes o)
gives 0 "after its upgrade" "$new" -C o list need
has "$out" stairs "they are shown"
is "$(bytes o)" "$before" "and nothing was written by it"
for d in w hub o; do gives 0 "doctor of $d" "$new" -C $d doctor; done
done_testing
