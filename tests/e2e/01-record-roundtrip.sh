#!/bin/sh
# One person, one computer: init, add, get, list, find, set, move, history.
. "$(dirname "$0")/lib.sh"
H="$L -C hub"

gives 0 "init founds a community" "$L" -C hub init --name 绿洲社区 --listen 127.0.0.1:1
has "$out" root-key-sheet.txt "and says where the root key sheet lies"
is "$(stat -c %a hub/root-key-sheet.txt)" 600 "which others cannot read"
is "$(stat -c %a hub/root-key-sheet.html)" 600 "nor the page to print"
has "$(cat hub/root-key-sheet.txt)" 绿洲社区 "and which names the community"
is "$(grep -cE '^    [1-4]   ([0-9a-f]{4} ){4}  [0-9a-f]{4}$' hub/root-key-sheet.txt)" 4 \
    "and holds the key in four checked lines"
gives 0 "what the page shows is the root key" $H root-sheet --check hub/root-key-sheet.html
sed "s/^    3   ./    3   x/" hub/root-key-sheet.txt >slip
refused 65 "line 3" $H root-sheet --check slip
"$L" -C other init --name Other --listen 127.0.0.1:1 >/dev/null
gives 1 "that of another community is not" $H root-sheet --check other/root-key-sheet.txt
has "$out" "绿洲社区" "and it is told whose it should be"
refused 64 --check $H root-sheet
refused 65 hub "$L" -C hub init --name again

gives 0 "add works right after init" $H add need title=灯坏了 urgency=urgent
number=${out%% *} id=${out##* }
is "$(printf '%s' "$out" | grep -cE '^0000-001-[0-9]{2}-[0-9]{4} [0-9a-f]{32}$')" 1 \
    "and prints number and record id"
gives 0 "get by number" $H get "$number"
has "$out" 灯坏了 "shows the title"
has "$out" Urgent "shows labels in the person's language"
by_number=$out
gives 0 "get by record id" $H get "$id"
is "$out" "$by_number" "is the same"
gives 0 "get by the beginning of an id" $H get "$(printf %.16s "$id")"
is "$out" "$by_number" "is the same"

gives 0 "get as JSON" $H get "$number" --json
is "$(printf '%s\n' "$out" | field title)" 灯坏了 "has the title"
is "$(printf '%s\n' "$out" | field urgency)" urgent "has names, not labels"
is "$(printf '%s\n' "$out" | field state)" listed "has the state's name"
json=$out
LINJULI_LANG=zh
gives 0 "in Chinese" $H --json get "$number"
is "$out" "$json" "the JSON is the same"
LINJULI_LANG=en

gives 0 "list" $H list need
is "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" 1 "has one line"
gives 0 "list by state" $H list need state=claimed
is "$out" "" "has nothing in another state"
gives 0 "list by value" $H list need urgency=urgent --json
is "$(printf '%s\n' "$out" | field number)" "$number" "has it"
gives 0 "find" $H find 灯
has "$out" "$number" "finds it"
gives 1 "find what is not there" $H find 鲸鱼

gives 0 "set" $H set "$number" title=路灯坏了 wanted_by=2026年12月1日
is "$($H get "$number" --json | field title)" 路灯坏了 "changes the title"
is "$($H get "$number" --json | field wanted_by)" 2026-12-01 "and takes a Chinese date"
gives 0 "set to nothing" $H set "$number" wanted_by=
is "$($H get "$number" --json | field wanted_by)" "" "empties the field"
gives 0 "move" $H move "$number" claimed --why "the neighbours take it"
is "$($H get "$number" --json | field state)" claimed "changes the state"
gives 0 "and on" $H move "$number" under_way
gives 0 "history" $H history "$number"
has "$out" "the neighbours take it" "tells why"
is "$(printf '%s\n' "$out" | grep -c '^20.*(001)')" 5 "has five steps with who"
has "$out" 灯坏了 "has what stood there before"
gives 0 "history as JSON" $H history "$number" --json
is "$(printf '%s\n' "$out" | grep -c '"effective": true')" 5 "all of them count"
is "$(printf '%s\n' "$out" | grep -c '"sealed_ms": null')" 5 "none is stamped"
gives 0 "seal" $H seal
gives 0 "history after the seal" $H history "$number" --json
is "$(printf '%s\n' "$out" | grep -c '"sealed_ms": null')" 0 "all are stamped"
gives 0 "a seal with nothing new is no error" $H seal

gives 0 "digest" $H digest
is "$(printf '%s\n' "$out" | grep -vcE '^(log [0-9a-f]{32}|scope [1-9][0-9]* [0-9a-f]{32})$')" 0 \
    "has lines of the agreed form"
digest=$out
is "$(printf '%s\n' "$out" | head -n 1 | cut -c1-4)" "log " "the logs first"
gives 0 "rebuild" $H rebuild
is "$($H digest)" "$digest" "changes nothing"
gives 0 "doctor" $H doctor
gives 0 "status" $H status --json
is "$(printf '%s\n' "$out" | field root_key_sheet)" true "reminds of the root key sheet"
is "$(printf '%s\n' "$out" | field at_risk)" "$(printf '%s\n' "$out" | field head)" \
    "and counts what this computer alone has"
gives 0 "members" $H members
has "$out" secretary "names the role"
gives 0 "nodes" $H nodes
gives 0 "inbox" $H inbox
gives 0 "--as with one's own name" $H --as 中心 set "$number" place=stairs
gives 0 "or post number" $H set "$number" place=yard --as 1
gives 0 "cases" $H cases
gives 0 "version" "$L" --version
has "$out" linjuli "says its name"
done_testing
