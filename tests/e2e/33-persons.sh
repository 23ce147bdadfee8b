#!/bin/sh
# Several persons at one machine (product.md 2.3, S5): PINs, who writes, one who comes and
# one who goes, without the centre.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
W="$L -C w"
join_group w 0302 Wang leader
serve hub hub
meet() { # DIR...: each exchanges with the hub
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
}
meet w
for i in 1 2 3 4 5; do echo "27182$i" >pin$i; done
echo 999999 >wrong
lock_of() { "$L" -C "$1" status --json | field lock; }
same() { # WHAT: what the laptop reads, the centre reads alike
    want=$($H digest)
    $P digest | while read -r line; do
        printf '%s\n' "$want" | grep -qxF "$line" || echo "$line"
    done >differ
    is "$(cat differ)" "" "$1"
}

# a PIN
is "$(lock_of w)" none "no PIN at first"
refused 64 "new-pin-file" $W pin set
gives 0 "a PIN is set" env LINJULI_LANG=zh $W pin set --new-pin-file pin1
has "$out" "PIN 只锁屏幕" "in plain words what it is worth"
is "$(lock_of w)" locked "then the log is locked"
has "$($W status)" "locked" "in words"
refused 65 "already" $W pin set --new-pin-file pin2
refused 77 "locked" $W add need title=x
refused 77 "4 more" $W add need title=x --pin-file wrong
gives 0 "the right PIN opens it for one command" $W add need title=by-pin --pin-file pin1
refused 77 "locked" $W add need title=x
gives 0 "also before the command" "$L" -C w --pin-file pin1 add need title=before
refused 69 "serve" $W unlock --pin-file pin1
refused 77 "locked" $W bundle write s.llj
refused 77 "4 more" $W bundle write s.llj --pin-file wrong
gives 0 "a stick is written with the PIN" $W bundle write s.llj --pin-file pin1
refused 77 "4 more" $W pin change --pin-file wrong --new-pin-file pin2
gives 0 "another PIN" $W pin change --pin-file pin1 --new-pin-file pin2
refused 77 "4 more" $W add need title=x --pin-file pin1
gives 0 "the new one opens" $W pin check --pin-file pin2
gives 0 "it exchanges while it is locked" $W sync "127.0.0.1:$port"
is "$($H list need --json | grep -c '"number"')" 2 "and what was written has come"

# the daemon: unlock, lock
serve w w --peer "127.0.0.1:$port"
refused 77 "locked" $W add need title=x
refused 77 "4 more" $W unlock --pin-file wrong
gives 0 "unlocked" $W unlock --pin-file pin2
is "$(lock_of w)" unlocked "as status says"
gives 0 "it writes" $W add need title=unlocked
gives 0 "locked again" $W lock
refused 77 "locked" $W add need title=x
gives 0 "a PIN for one command, through the daemon" $W add need title=once --pin-file pin2
is "$(lock_of w)" locked "and no longer"
grep -q 27182 w/linjuli.log && not_ok "no PIN in the log file" || ok "no PIN in the log file"

# five wrong ones
for i in 4 3 2 1; do refused 77 "$i more" $W unlock --pin-file wrong; done
refused 77 "1 minutes" $W unlock --pin-file wrong
refused 77 "1 minutes" $W unlock --pin-file pin2
stop w || not_ok "the daemon stops"
refused 77 "1 minutes" $W add need title=x --pin-file pin2
serve w w --peer "127.0.0.1:$port"
refused 77 "1 minutes" $W unlock --pin-file pin2
stop w || not_ok "the daemon stops again"

# killed amid another PIN: the key opens by one of the two
join_group k 0303 Qian leader
K="$L -C k"
gives 0 "a PIN" $K pin set --new-pin-file pin1
now=1
for t in 0.25 0.4 0.5; do
    $K pin change --pin-file pin$now --new-pin-file pin$((3 - now)) >/dev/null 2>&1 &
    e2e_pid=$!
    sleep $t
    kill -9 $e2e_pid 2>/dev/null
    wait $e2e_pid 2>/dev/null
    $K pin check --pin-file pin$now >/dev/null 2>&1 || now=$((3 - now))
    gives 0 "killed after $t s: it writes" $K add need title=after-$t --pin-file pin$now
done

# S5: the leader is replaced, the centre out of reach
join_group lap 0302 Zhang leader
join_group lap2 0302 Zhang leader
P="$L -C lap"
meet lap lap2
for i in 1 2 3; do $P add household door=3-$i-501 >/dev/null 2>&1 || not_ok "a household"; done
$P add resident name=Zhao >/dev/null 2>&1 || not_ok "a resident"
lamp=$($P add problem title=lamp 2>/dev/null | cut -d' ' -f1)
gives 0 "Zhang has a PIN" $P pin set --new-pin-file pin1
meet lap
node=$($P status --json | field node)
old=$($P status --json | field log)
other=$("$L" -C lap2 status --json | field log)
refused 66 99 $H invite --person Li --unit 0302 --role leader --node 99
refused 65 0302 $H invite --person Li --unit 0303 --role leader --node "$node"
gives 0 "an invite for this computer" $H invite --person Li --unit 0302 --role leader --node "$node" --file li.lji
gives 0 "one for another computer" $H invite --person Sun --unit 0302 --role leader --file new.lji
gives 0 "one for somebody who is here" $H invite --person Zhang --unit 0302 --role helper --node "$node" --file again.lji
stop hub || not_ok "the hub stops"
$P add need title=tap --pin-file pin1 >/dev/null 2>&1 || not_ok "a need"
$P set "$lamp" title=lamp-3 --pin-file pin1 >/dev/null 2>&1 || not_ok "an edit"

refused 65 "not for this computer" $P join new.lji
refused 65 "Zhang has a log" $P join again.lji
"$L" -C far init --name Elsewhere --person Centre --listen 127.0.0.1:9 >/dev/null
refused 65 "another community" "$L" -C far join li.lji
refused 77 "locked" $P handover --to Li
refused 65 "himself" $P handover --to Zhang --pin-file pin1
refused 77 "4 more" $P handover --to Li --pin-file wrong
gives 0 "Zhang hands over" env LINJULI_LANG=zh $P handover --to Li --pin-file pin1
has "$out" "交接单" "the sheet"
has "$out" "3 户，1 人" "counts households and residents"
has "$out" "需求 5，问题 1" "what is open"
has "$out" "没送出 2 条" "what is not sent"
has "$out" "接手人签字" "and has room for two signatures"
cut=$($P status --json | field head)
has "$out" "第 $cut 条" "and names the last entry"
is "$(lock_of lap)" handed "his log is handed over"
refused 77 "handed over" $P add need title=x --pin-file pin1
refused 77 "handed over" $P --as Zhang pin set --new-pin-file pin3
[ -e lap/keys/log-01.key ] && not_ok "his key is gone" || ok "his key is gone"

gives 0 "Li joins, the centre out of reach" $P join li.lji
refused 65 "used" $P join li.lji
gives 0 "with a PIN of his own" $P pin set --new-pin-file pin2
refused 77 "4 more" $P add need title=x --pin-file pin1
serve lap lap
for i in 1 2 3 4; do $P add need title=li-$i --pin-file pin2 >/dev/null 2>&1 || not_ok "Li writes"; done
gives 0 "Li writes on what Zhang wrote" $P set "$lamp" title=lamp-4 --pin-file pin2
refused 77 "handed over" $P --as Zhang add need title=x --pin-file pin1
stop lap || not_ok "the laptop stops"
"$L" -C lap2 add need title=zhang-later >/dev/null 2>&1 || not_ok "Zhang writes elsewhere"

# the centre again
serve hub hub
gives 0 "the laptop meets the centre" $P sync "127.0.0.1:$port"
same "both say the same"
run $H history "$lamp"
has "$out" "Zhang 0302" "history shows Zhang up to there"
has "$out" "Li 0302" "and Li after"
is "$($H list need --json | grep -c '"title": "li-')" 4 "what Li wrote has come"
is "$($H list household --json | grep -c '"number"')" 3 "as many households as on the sheet"
is "$($H list resident --json | grep -c '"number"')" 1 "as many residents"
is "$($H list handover --json | grep -c '"heir": "Li"')" 1 "the sheet is there as a record"
has "$($H nodes)" "Li 0302" "his log is of the same computer"
gives 0 "the centre ends Zhang's other log" $H revoke "$other"
run "$L" -C lap2 sync "127.0.0.1:$port"
run $H list need
has_not "$out" "zhang-later" "a later note of Zhang is not among the others"
has "$($H quarantine)" "zhang-later" "it is held for review"

# two who share a computer, both going on; the second one through a daemon
gives 0 "a third person" $H invite --person Wu --unit 0302 --role helper --node "$node" --file wu.lji
serve lap lap --peer "127.0.0.1:$port"
gives 0 "joins while the daemon runs" $P join wu.lji
wait_for 15 sh -c "'$L' -C hub members --json | grep -q '\"person\": \"Wu\"'" && ok "the centre hears of him" || not_ok "the centre hears of him" "$($P status)"
gives 0 "Wu writes, he is the newest" $P add need title=by-wu
gives 0 "Li writes by name" $P --as Li add need title=by-li --pin-file pin2
wu=$($H members --json | tr -d ' \n' | tr '{' '\n' | sed -n 's/.*"log":\([0-9]*\),.*"person":"Wu".*/\1/p' | head -n 1)
gives 0 "and Wu by his log's number" $P --as "$wu" add need title=by-number
refused 77 "nobody called Sun" $P --as Sun add need title=x
has "$($P status)" "locked" "status says who is locked"
wait_for 10 sh -c "[ \$('$L' -C hub list need --json | grep -c '\"title\": \"by-') -ge 3 ]" && ok "all of it comes" || not_ok "all of it comes"
stop lap || not_ok "the laptop stops"
meet lap
same "the digests agree"

# the centre's own computer: a second person there
gives 0 "an invite for the centre's computer" $H invite --person Feng --unit 0000 --role clerk --node 1 --file feng.lji
gives 0 "joined there at once" $H join feng.lji
is "$($H status --json | grep -c '"counted": true')" 2 "and counted"
gives 0 "the clerk writes" $H --as Feng add need title=by-feng --unit 0302
stop hub || not_ok "the hub stops"
run $H audit
[ $rc -le 1 ] && ok "the audit explains all of it" || not_ok "the audit explains all of it" "$out"
for n in hub lap; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done

done_testing
