#!/bin/sh
# The centre is destroyed and comes back from a backup: it signs nothing under the old
# position, collects what the nodes know, and goes on by the root key on paper (design
# sections 4 and 6, schema/BACKUP.md, PROTOCOL.md 2, 7).
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
sync_all() { # NAME...: with whoever listens at $port
    for n in "$@"; do
        "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n exchanges"
    done
}
state_of() { "$L" -C "$1" digest; }
join_group a 0302 Wang leader
join_group b 0303 Li leader
join_group c 0303 Zhao leader
serve hub hub
sync_all a b c
"$L" -C a add need title=before >/dev/null 2>&1
sync_all a b
cp hub/root-key-sheet.txt sheet.txt

# t0: beside the running daemon
echo a-long-passphrase >pass
echo another-passphrase >wrong
gives 0 "a backup beside the daemon" $H backup t0.ljb --passphrase-file pass
has "$out" "Not in it: keys of logs" "it says what is not in it"
has "$out" "destroy them too" "and what an erasure means for it"
is "$(stat -c %a t0.ljb)" 600 "others do not read it"
key=$(od -An -v -tx1 -j40 -N32 hub/keys/hub.key | tr -d ' \n')
has_not "$(od -An -v -tx1 t0.ljb | tr -d ' \n')" "$key" "no hub key lies in it in the clear"
refused 66 nobody $H backup x.ljb --passphrase-file nobody
is "$(ls x.ljb* 2>/dev/null)" "" "refused leaves no file"

# the rest of the day: a revoke, its new keys, and work that is written under them
gives 0 "Zhao's log ends" $H revoke Zhao
sync_all a b c
"$L" -C a add need title=after-revoke >/dev/null 2>&1
for hour in 1 2 3 4 5 6 7 8 9; do
    "$L" -C b add need title="hour-$hour" >/dev/null 2>&1
done
sync_all a b
gives 0 "stamped" $H seal
sync_all a b c
seal=$($H status --json | field seal_no)
refused 77 "" "$L" -C c add need title=by-the-revoked
"$L" -C a add need title=while-the-centre-is-away >/dev/null 2>&1

# destroyed
stop hub || not_ok "the hub stops"
mv hub gone
mv state away && mkdir state && for n in a b c; do :; done
cp away/*.guard state/ # the groups' machines have kept theirs

# what will not do
refused 77 "passphrase" "$L" -C hub restore t0.ljb --passphrase-file wrong
head -c 3000 t0.ljb >torn.ljb
refused 65 "cut off" "$L" -C hub restore torn.ljb --passphrase-file pass
refused 65 "not a backup" "$L" -C hub restore sheet.txt --passphrase-file pass
refused 65 "/a already" "$L" -C a restore t0.ljb --passphrase-file pass
is "$(ls -d hub hub.unfinished 2>/dev/null)" "" "nothing is left behind"

for ms in 05 15 25 30 35; do # killed on the way: it is there whole or not at all
    "$L" -C hub restore t0.ljb --passphrase-file pass >/dev/null 2>&1 &
    sleep "0.$ms" && kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    if [ -e hub ]; then
        "$L" -C hub doctor >/dev/null 2>&1 || not_ok "killed after 0.$ms s: what is there is whole"
        rm -r hub
    fi
done
is "$(ls -d hub 2>/dev/null)" "" "killed on the way nothing is left in its place"

# restored: works at once, seals nothing
gives 0 "restored" "$L" -C hub restore t0.ljb --passphrase-file pass
has "$out" "The same as when it was written" "with the same counts"
has "$out" "not the centre yet" "and says what it is not"
is "$(ls hub/keys | tr '\n' ' ')" "ack.key log-01.key node.key " "keys of its own, none of the centre's"
refused 77 "succeed --sheet" $H seal
refused 77 "" $H invite --person X --unit 0302 --role leader
run $H add need title=written-while-waiting
is "$rc" 0 "it works on at once"
has "$out" "0000-x" "numbered as not counted yet"

# the nodes do not know it until the root says so; then they are heard
serve hub hub
run "$L" -C a sync "127.0.0.1:$port"
differs "$rc" 0 "a does not talk to a stranger at the centre's address"
gives 1 "the sheet opens the door" $H succeed --sheet sheet.txt --json
is "$(printf '%s' "$out" | field heard)" 0 "nobody was heard yet"
refused 75 "Nobody was heard" $H succeed --sheet sheet.txt --yes
sed 's/^ *2 .*//' sheet.txt >three-lines.txt
refused 65 "sheet" $H succeed --sheet three-lines.txt --yes
"$L" -C other init --name Other --listen 127.0.0.1:1 >/dev/null
refused 77 "root key sheet" $H succeed --sheet other/root-key-sheet.txt --yes
sync_all a b
is "$($H status --json | field seal_no)" "$seal" "it has collected the last stamp"
has "$($H members)" "Zhao" "it knows Zhao"
gives 1 "how many were heard" $H succeed --sheet sheet.txt --json
is "$(printf '%s' "$out" | field heard)" 2 "two"
sync_all a
is "$($H list need | grep -c hour-)" 9 "nine hours of work are read, under keys that came after the backup"
refused 77 "succeed --sheet" $H seal

# the new reign
gives 0 "it takes over" $H succeed --sheet sheet.txt --yes --json
new_log=$(printf '%s' "$out" | field log)
old_log=$(printf '%s' "$out" | field old_log)
is "$(printf '%s' "$out" | field reign)" 2 "in the second reign"
is "$(printf '%s' "$out" | field granted)" true "and its log counts"
refused 77 "is the centre" $H succeed --sheet sheet.txt --yes
sync_all a b
gives 0 "it stamps again" $H seal
"$L" -C b add need title=under-the-new-one >/dev/null 2>&1
sync_all b a c
gives 0 "and again" $H seal
sync_all a b c

# c has heard of nothing but a stick
gives 0 "the stick" "$L" -C b bundle write stick.llj --for 4 --json
refused 77 "" "$L" -C c add need title=still-revoked
for n in a b; do
    is "$(state_of $n | sed -n 1p)" "$(state_of hub | sed -n 1p)" "$n holds what the centre holds"
done
is "$($H list need --json | grep -c while-the-centre-is-away)" 1 "what was written while it was away is there"
is "$("$L" -C a members --json | tr -d ' \n' | tr '{' '\n' | grep '"log":4,' | grep -c '"revoked":true')" 1 "the revoke of that day holds"
has "$("$L" -C b list need)" "hour-9" "b reads on"
gives 0 "an invite works" $H invite --person Sun --unit 0302 --role helper --file sun.lji
"$L" -C d join sun.lji >/dev/null
sync_all d
has "$("$L" -C d status)" "no. " "and is counted"

# the old centre comes back
stop hub || not_ok "the hub stops"
serve hub hub
mv gone old
gives 0 "the old one exchanges" "$L" -C old sync "127.0.0.1:$port"
refused 77 "another computer is the centre" "$L" -C old seal
has "$("$L" -C old status)" "another computer is the centre" "status says so"
"$L" -C old add need title=by-the-old-one >/dev/null 2>&1
"$L" -C old sync "127.0.0.1:$port" >/dev/null 2>&1
is "$("$L" -C old list need | grep -c under-the-new-one)" 0 "it reads nothing new"
gives 0 "its log ends" $H revoke "$old_log" --heir "$new_log"
stop hub || not_ok "the hub stops"

# two at once: a second restore, while this one runs
for n in hub a b old; do gives 0 "doctor of $n" "$L" -C $n doctor; done
run $H audit
is $rc 1 "audit: an exception that is explained"
has "$out$err" "another centre took over" "and it names the succession"
done_testing
