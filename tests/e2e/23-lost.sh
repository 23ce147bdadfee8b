#!/bin/sh
# A laptop lost and found (product.md S4): what the page says before it is reported lost,
# what it had not sent is held everywhere alike, adopted once or declined; it gets nothing
# written afterwards; the audit explains all of it.
. "$(dirname "$0")/lib.sh"
cut=$e2e_root/tests/e2e/tools/cut.js
found_hub
H="$L -C hub"
echo 271828 >pin
$H officers --add Zhao --pin-file pin >/dev/null || not_ok "a second officer"
join_group old 0302 Wang leader
join_group b 0303 Li leader
join_group c 0303 Chen helper
serve hub hub
meet() { # DIR...: each exchanges with the hub
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
}
meet old b c
for i in 1 2 3; do "$L" -C old add household door=3-$i-501 >/dev/null 2>&1 || not_ok "a household"; done
"$L" -C old add resident name=Zhang >/dev/null 2>&1 || not_ok "a resident"
"$L" -C old add problem title=lamp >/dev/null 2>&1
lamp=$("$L" -C old list problem --json | field number)
meet old b c
got=$("$L" -C old status --json | field head)

# three more: the first two come to a neighbour, all three are only told to the centre
long=$(printf '%0400d' 0)
third=$("$L" -C old add need title=tardy-first words="$long" 2>/dev/null | cut -d' ' -f1)
"$L" -C old set "$lamp" title=lamp-is-dark >/dev/null 2>&1 || not_ok "an edit"
stop hub || not_ok "the hub stops" # or the neighbour would tell it
bport=$(free_port)
serve b b --listen "127.0.0.1:$bport"
gives 0 "the neighbour gets two of them" "$L" -C old sync "127.0.0.1:$bport"
stop b || not_ok "the neighbour stops"
serve hub hub
"$L" -C old add need title=tardy-last words="$long" >/dev/null 2>&1
cport=$(free_port)
node "$cut" "$cport" "$port" 1800 >cut.ready &
echo $! >cut.pid
wait_for 5 grep -q ready cut.ready || not_ok "the cut is ready"
gives 75 "the centre is told, then it is cut off" "$L" -C old sync "127.0.0.1:$cport"
kill "$(cat cut.pid)" && rm cut.pid
lost=$("$L" -C old status --json | field node)
log=$("$L" -C old status --json | field log)

# before the button
gives 1 "the page asks first" env LINJULI_LANG=zh $H lost "$lost"
has "$out" "0302 组 3 户 1 人" "what it can open"
has "$out" "中心最后收到：第 $got 条" "what the centre has"
has "$out" "它最后一次报的是：第 $((got + 3)) 条" "what it told"
has "$out" "可能丢 3 条" "three may be lost"
is "$($H lost "$lost" --json | field missing)" 3 "for scripts too"
gives 1 "by one of two" $H lost "$lost" --yes --json
order=$(printf '%s\n' "$out" | field order)
gives 0 "by the other: it is lost" $H sign "$order" --pin-file pin
gives 1 "it cannot be lost twice" $H lost "$lost" --yes
has "$err" "lost already" "in words"
$H add need title=after-the-loss --unit 0302 >/dev/null 2>&1 || not_ok "the centre writes on"

# a new laptop; the neighbour; a stick; the old one
join_group new 0302 Wang leader
meet new b c
is "$("$L" -C new list household --json | grep -c '"number"')" 3 "the new laptop has everything up to there"
held() { "$L" -C "$1" quarantine --json | grep -c '"here": true'; }
is "$(held hub)" 2 "the neighbour has handed in two"
is "$(held b)" 2 "which are held there as well"
gives 0 "the old one writes a stick" "$L" -C old bundle write s.llj
run "$L" -C c bundle read s.llj --no-reply
is "$(held c)" 3 "a third node holds all three from the stick"
serve old old --peer "127.0.0.1:$port"
wait_for 10 sh -c "[ \$('$L' -C hub quarantine --json | grep -c '\"here\": true') -eq 3 ]" &&
    ok "on the LAN it hands in the last one" || not_ok "on the LAN it hands in the last one" "$($H quarantine)"
has "$("$L" -C old status)" "reported lost" "and it is told"
is "$(held old)" 3 "there they are held too"
$H add need title=later-still --unit 0302 >/dev/null 2>&1
sleep 2
run "$L" -C old find after-the-loss
is "$out" "" "what was written after the loss is not there"
run "$L" -C old find later-still
is "$out" "" "nor what was written while it was here"
refused 77 "" "$L" -C old add need title=no
stop old || not_ok "the old one stops"

# in words, with what they say; in no list, export, search
run env LINJULI_LANG=zh $H quarantine
has "$out" "暂扣，等审" "held for review"
has "$out" "$log:$((got + 1))" "by its place"
has "$out" "tardy-first" "with what it says"
run $H list need
has_not "$out" "tardy" "not in a list"
run $H export need held.csv
has_not "$(cat held.csv)" "tardy" "not in an export"
run $H find dark
is "$out" "" "not found"
run "$L" -C b quarantine
has "$out" "locked" "a neighbour sees that it is there, and not what it says"
run "$L" -C b inbox
meet new b c
same() { # WHAT: the digests of all that go on agree
    meet new b c
    want=$($H digest)
    for n in b c new; do
        "$L" -C $n digest | while read -r line; do
            printf '%s\n' "$want" | grep -qxF "$line" || echo "$n: $line"
        done
    done >differ
    is "$(cat differ)" "" "$1"
}
same "all say the same before"

# who decides
refused 77 "may not" "$L" -C b adopt "$log:$((got + 1))"
refused 77 "" "$L" -C c adopt "$log:$((got + 1))"
refused 64 "" $H adopt "$log:$((got + 1))" --decline
refused 66 "77:1" $H adopt 77:1
refused 65 "LOG:SEQ" $H adopt ../../etc/passwd
gives 0 "the first is adopted" $H adopt "$log:$((got + 1))"
gives 0 "and the second" $H adopt "$log:$((got + 2))" --json
is "$(printf '%s\n' "$out" | field taken)" 1 "one item"
run env LINJULI_LANG=zh $H adopt "$log:$((got + 1))"
is "$rc" 1 "adopted once"
has "$err" "已经收下了" "in words"
gives 0 "the third is declined" $H adopt "$log:$((got + 3))" --decline --why "written twice"
refused 1 "declined already" $H adopt "$log:$((got + 3))" --decline --why again
same "all say the same afterwards"
for n in hub new; do
    is "$("$L" -C $n list need --json | grep -c tardy-first)" 1 "$n: counted once"
    has "$("$L" -C $n get "$third")" "tardy-first" "$n: under its number"
    has "$("$L" -C $n get "$lamp")" "lamp-is-dark" "$n: the change is there"
    run "$L" -C $n find tardy-last
    is "$out" "" "$n: the declined one is not"
    run "$L" -C $n export need "$n.csv"
    is "$(grep -c tardy "$n.csv")" 1 "$n: exported once"
done
for n in hub b c new; do
    run "$L" -C $n quarantine --json
    is "$(printf '%s\n' "$out" | grep -c '"answer": "adopted"')" 2 "$n: two were adopted"
    is "$(printf '%s\n' "$out" | grep -c '"answer": "declined"')" 1 "$n: one was declined"
    has "$out" "written twice" "$n: and why"
done
run "$L" -C new inbox
is "$(printf '%s\n' "$out" | grep -c 'was adopted by Centre')" 2 "the writer is told of both"
has "$out" "declined by Centre" "and of the third"
has "$out" "written twice" "with the reason"
run "$L" -C b inbox
has_not "$out" "adopted" "others are not"
$H seal >/dev/null 2>&1
meet new b c

# reported lost while it is connected: from then on nothing comes to it
clost=$("$L" -C c status --json | field node)
serve c c --peer "127.0.0.1:$port"
$H add org_unit code=0304 name=Beacon kind=group >/dev/null 2>&1
wait_for 10 sh -c "'$L' -C c list org_unit | grep -q Beacon" && ok "it is connected" || not_ok "it is connected"
gives 1 "by one of two again" $H lost "$clost" --yes --json
order=$(printf '%s\n' "$out" | field order)
gives 0 "it is reported lost" $H sign "$order" --pin-file pin
wait_for 2 sh -c "'$L' -C c status | grep -q 'reported lost'" && ok "it hears so within two seconds" ||
    not_ok "it hears so within two seconds"
$H add org_unit code=0305 name=Comet kind=group >/dev/null 2>&1
sleep 2
has_not "$("$L" -C c list org_unit)" "Comet" "and gets nothing that is written afterwards"
stop c || not_ok "it stops"

stop hub || not_ok "the hub stops"
run env LINJULI_LANG=zh $H audit
is "$rc" 1 "audit: exceptions"
has "$out" "有例外，都有说明" "all explained"
has "$out" "暂扣 3 笔" "held ones among them"
for n in hub b new; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
