#!/bin/sh
# A transfer that is stopped, frozen and killed goes on and arrives whole; SIGTERM is obeyed
# within 2 s; two ways between two nodes; the loop is not held; a node at rest costs nothing;
# the log tells nothing of what is written.
# LINJULI_ROWS: how many records (12000); LINJULI_LONG=1: the minute of silence too.
[ -n "${LINJULI_HUP:-}" ] || LINJULI_HUP=1 exec env --default-signal=HUP sh "$0" # nohup make test
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
rows=${LINJULI_ROWS:-12000}
join_group a 0302 "Canary Wang" leader
{ echo title,words; seq "$rows" | awk '{print "canary row " $1 ",phone 13900001111 of row " $1}'; } >rows.csv
gives 0 "$rows records" $H import need rows.csv
digest=$($H digest | grep '^scope 1 ')
serve hub hub
same() { [ "$("$L" -C "$1" digest | grep '^scope 1 ')" = "$digest" ]; }

# SIGTERM amid the first copy, as caller and as called
serve a a
sleep 0.3
t0=$(date +%s%N)
stop a
is "$?:$((($(date +%s%N) - t0) < 2000000000))" "0:1" "SIGTERM amid a transfer: 0 within 2 s"
serve a a
sleep 0.2
t0=$(date +%s%N)
stop hub
is "$?:$((($(date +%s%N) - t0) < 2000000000))" "0:1" "SIGTERM at the sender too"
serve hub hub
# frozen amid the rest
sleep 0.2
kill -STOP "$(cat a.pid)"
gives 0 "the sender serves others meanwhile" timeout 10 $H get 0000-001-26-0003
sleep 2
kill -CONT "$(cat a.pid)"
kill -STOP "$(cat hub.pid)"
sleep 1
kill -CONT "$(cat hub.pid)"
wait_for 60 same a && ok "after all that the copy is whole" || not_ok "after all that the copy is whole"
$H status --json >hub.json
has "$(sed -n 's/.*accept.*//p' hub/linjuli.log)" "" "no trouble at the door"

# SIGHUP is a way to stop, and not one for who was told to ignore it
kill -HUP "$(cat a.pid)"
wait "$(cat a.pid)"
is $? 0 "SIGHUP stops it with 0"
rm -f a.pid
(trap '' HUP; exec "$L" -C a serve --no-lan >a.ready 2>a.err) &
echo $! >a.pid
wait_for 20 grep -q '^ready ' a.ready
kill -HUP "$(cat a.pid)"
sleep 0.3
kill -0 "$(cat a.pid)" && ok "under nohup it stays" || not_ok "under nohup it stays"
n=$($H add need title=after-hup 2>/dev/null | cut -d' ' -f1)
wait_for 20 "$L" -C a get "$n" && ok "and works on" || not_ok "and works on"
stop a

# the address of the invite given once more is not a second connection
serve a a --peer "127.0.0.1:$port" --peer "127.0.0.1:$port"
n=$($H add need title=twice 2>/dev/null | cut -d' ' -f1)
wait_for 20 "$L" -C a get "$n" || not_ok "a is in"
is "$($H status --json | grep -c '"open": true')" 1 "one connection between two nodes"
stop a
# who is called can call too, whatever the order of keys
pa=$(free_port)
serve a a --listen "127.0.0.1:$pa"
wait_for 20 sh -c "[ \$('$L' -C hub status --json | grep -c '\"open\": true') = 1 ]"
sleep 6
gives 0 "sync towards who has called" $H sync "127.0.0.1:$pa"
gives 0 "and the other way" "$L" -C a sync "127.0.0.1:$port"
if getent hosts localhost >/dev/null; then
    gives 0 "localhost is looked up, every address of it" "$L" -C a sync "localhost:$port"
else
    echo "# this machine has no name localhost: looking names up is not tried"
fi
$H status --json >status.json
seen=$("$L" -C a status --json | grep -c '"synced_ms": [1-9]')
is "$((seen > 0))" 1 "when they last agreed is known"
stop a
serve a a --listen "127.0.0.1:$(free_port)"
stop a
is "$((seen > 0 && $("$L" -C a status --json | grep -c '"synced_ms": [1-9]') > 0))" 1 "also afterwards"

# half-open: the other side is there and says nothing (a minute; only where asked for)
if [ -n "${LINJULI_LONG:-}" ]; then
    serve a a
    wait_for 20 sh -c "'$L' -C hub status --json | grep -q '\"open\": true'"
    kill -STOP "$(cat a.pid)"
    sleep 45
    is "$($H status --json | grep -c '"open": true')" 1 "after 45 s of silence a peer is kept"
    sleep 25
    is "$($H status --json | grep -c '"open": true')" 0 "after 70 s it is let go"
    has "$(grep peer.close hub/linjuli.log | tail -n 1)" "too long" "which the log says"
    kill -CONT "$(cat a.pid)"
    wait_for 60 sh -c "'$L' -C hub status --json | grep -q '\"open\": true'" &&
        ok "and comes back" || not_ok "and comes back"
    stop a
fi

# a fresh first copy without disturbance: how long was the loop held?
join_group b 0303 Li leader
digest=$($H digest | grep '^scope 1 ')
stop hub
serve hub hub
serve b b
wait_for 60 same b && ok "a first copy of $rows" || not_ok "a first copy of $rows"
for d in b hub; do stop $d || not_ok "$d stops"; echo "# $d $(tail -n 1 $d/linjuli.log)"; done

for f in hub/linjuli.log a/linjuli.log; do
    is "$(grep -ciE 'canary|13900001111|Wang|Oasis|after-hup|twice' $f)" 0 "$f tells nothing of what is written"
    is "$(stat -c %a $f)" 600 "and is its owner's"
done
gives 0 "nothing is damaged at a" "$L" -C a doctor
done_testing
