#!/bin/sh
# A hub and two groups on loopback: invite, join, work offline first, exchange.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub" A="$L -C a" B="$L -C b"

gives 0 "invite" $H invite --person Wang --unit 0302 --role leader --file a.lji --json
is "$(printf '%s\n' "$out" | field unit)" 0302 "is for the unit"
is "$(stat -c %a a.lji)" 600 "and nobody else reads the file"
has "$out" "127.0.0.1:$port" "and knows where the hub is"
gives 0 "invite with the default name" $H invite --person Li --unit 0303 --role leader
is "$(ls ./*.lji | wc -l | tr -d ' ')" 2 "writes a file"
mv ./0303-leader-*.lji b.lji
refused 74 b.lji $H invite --person X --unit 0303 --role leader --file b.lji
gives 0 "join" "$L" -C a join a.lji
has "$out" Wang "says who"
has "$out" 0302 "says where"
gives 0 "join" "$L" -C b join b.lji

gives 0 "offline first" $A add problem title=stairs
has "$out" 0302-x "numbered by key until the hub has answered"
offline=${out%% *}
gives 0 "a need everybody may read" $A add need title=bench
gives 0 "get" $A get "$offline"
has "$out" "not final" "says that it does not count yet"
gives 0 "status" $A status --json
is "$(printf '%s\n' "$out" | field join_pending)" true "says that the hub has not answered"
is "$(printf '%s\n' "$out" | field unsent)" 2 "and what is not sent"
is "$($A digest | sed -n 's/^scope 3 //p')" e3b0c44298fc1c149afbf4c8996fb924 \
    "the digest leaves out what does not count yet"
gives 0 "doctor" $A doctor
serve a a && gives 65 "a slip through a daemon" $A add problem
gives 0 "and work goes on" $A add problem title=cellar
stop a || not_ok "a stops"
gives 69 "the hub is off" $A sync "127.0.0.1:$port"
has "$err" "Carry on working" "which stops nobody"

serve hub hub && ok "the hub serves"
gives 0 "sync of 0302" $A sync "127.0.0.1:$port"
has "$out" "3 sent" "sends what was written offline"
gives 0 "sync of 0303" $B sync "127.0.0.1:$port" --json
is "$(printf '%s\n' "$out" | field done)" true "is done"
gives 0 "and once more" $A sync "127.0.0.1:$port"
gives 0 "status" $A status --json
is "$(printf '%s\n' "$out" | field join_pending)" false "the hub has answered"
is "$(printf '%s\n' "$out" | field unsent)" 0 "everything is sent"
is "$(printf '%s\n' "$out" | field acked_hub)" 3 "the hub has acknowledged it"
is "$($H get "$offline" --json | field title)" stairs "the number on the slip finds it at the hub"
refused 66 "$offline" $B get "$offline"
is "$($B list need --json | field title)" bench "what all may read is at 0303"

number=$($B add problem title=door 2>/dev/null | cut -d' ' -f1)
has "$number" 0303-003 "numbered by log now"
gives 0 "sync of 0303" $B sync "127.0.0.1:$port"
gives 0 "sync of 0302" $A sync "127.0.0.1:$port"
gives 0 "the hub stamps" $H seal
gives 0 "sync of 0302" $A sync "127.0.0.1:$port"
gives 0 "sync of 0303" $B sync "127.0.0.1:$port"
log=$($H digest | head -n 1)
is "$($A digest | head -n 1)" "$log" "0302 and the hub hold the same logs"
is "$($B digest | head -n 1)" "$log" "0303 too"
common=$($H digest | grep '^scope 1 ')
is "$($A digest | grep '^scope 1 ')" "$common" "the community's records are the same at 0302"
is "$($B digest | grep '^scope 1 ')" "$common" "and at 0303"
own=$($A digest | grep '^scope 3 ')
is "$($H digest | grep '^scope 3 ')" "$own" "the group's records are the same at the hub"
is "$($B digest | grep '^scope 3 ')" "" "and 0303 does not read them"
has "$($A history "$offline")" stamped "history tells the stamp"

# a daemon keeps in touch by itself
serve a a --peer "127.0.0.1:$port" && ok "0302 serves"
n=$($H add need title=pushed 2>/dev/null | cut -d' ' -f1)
wait_for 20 $A get "$n" && ok "what the hub writes arrives by itself" || not_ok "what the hub writes arrives by itself"
gives 0 "status of a running node" $A status --json
is "$(printf '%s\n' "$out" | field running)" true "says so"
$A add need title=again >/dev/null 2>&1
gives 0 "sync through the daemon" $A sync "127.0.0.1:$port"
has "$out" Exchanged "prints the same"
gives 69 "and says who is not there" $A sync 127.0.0.1:9
gives 65 "nobody exchanges with themselves" $H sync "127.0.0.1:$port"
has "$err" "this computer itself" "and is told so"
stop a && ok "0302 stops with 0" || not_ok "0302 stops with 0"

# a used invite
gives 0 "a used invite can be copied" "$L" -C c join a.lji
gives 77 "but the hub does not take it twice" "$L" -C c sync "127.0.0.1:$port"
stop hub && ok "the hub stops with 0" || not_ok "the hub stops with 0"
gives 69 "nobody is there any more" $A sync "127.0.0.1:$port"
for n in hub a b; do gives 0 "doctor of $n" "$L" -C $n doctor; done
done_testing
