#!/bin/sh
# The control socket: fed with anything, left alone, by many at once; a daemon that stops or
# dies amid a command.
. "$(dirname "$0")/lib.sh"
knock=$e2e_root/tests/e2e/tools/knock.js
found_hub
H="$L -C hub"
serve hub hub
sock=hub/control.sock
is "$(stat -c %a $sock)" 600 "nobody else's"
hex() { printf '%s' "$1" | od -An -tx1 -v | tr -d ' \n'; }
words() { # KIND WORD...: a whole request
    body=$1
    shift
    for w in "$@"; do body=$body$(hex "$w")00; done
    printf '%08x%s' $((${#body} / 2)) "$body"
}
closes() { # HEX WHAT: closed at once, with nothing or a refusal
    set -- "$2" $(node "$knock" say $sock "$1")
    is "$(($2 <= 12 && $3 < 3000))" 1 "$1 is let go"
}
closes ffffffff00 "a huge length"
closes 00000000 "no length"
closes 0010000101 "one byte over the limit"
closes "$(words 02 en)00" "more than was said"
closes "$(words 09 en)" "an unknown kind"
closes "$(words 01)" "a command without words"
closes 0000000402656e21 "a word without an end"
closes "$(hex "$(head -c 3000 /dev/urandom | base64 | tr -d '\n')")" "noise"
many=$(i=0; while [ $i -lt 5000 ]; do printf 6100; i=$((i + 1)); done)
closes "$(printf '%08x01%s' $((1 + ${#many} / 2)) "$many")" "5,000 words"
gives 0 "and the daemon works on" $H add need title=after-noise

node "$knock" say $sock 00000010 >half.out &
echo $! >half.pid
sleep 0.5
# 300 who say nothing; half a request; an answer that is not taken
before=$(awk '/VmRSS/ {print $2}' /proc/"$(cat hub.pid)"/status)
node "$knock" control $sock 300 20 >idle.out &
echo $! >idle.pid
sleep 1
gives 0 "with 300 idle clients a command waits its turn" timeout 12 $H add need title=patient
after=$(awk '/VmRSS/ {print $2}' /proc/"$(cat hub.pid)"/status)
is "$((after - before < 20000))" 1 "and they take little memory ($((after - before)) kB)"
kill "$(cat idle.pid)"
wait "$(cat idle.pid)" 2>/dev/null
rm -f idle.pid
wait "$(cat half.pid)"
set -- $(cat half.out)
is "$((${2:-0} > 500 && ${2:-0} < 13000))" 1 "half a request is let go: $(cat half.out)"
rm -f half.pid
gives 0 "and the daemon works on" timeout 10 $H add need title=after-idle

# 20 at once, all applied once
for i in $(seq 20); do
    $H add need "title=crowd $i" >crowd.$i 2>/dev/null || echo "$i" >>crowd.failed &
    echo $! >>crowd.pids
done
for p in $(cat crowd.pids); do wait "$p"; done
is "$(cat crowd.failed 2>/dev/null)" "" "20 commands at once all succeed"
is "$($H find crowd | wc -l | tr -d ' ')" 20 "each is applied once"
is "$(cat crowd.[0-9]* | cut -d' ' -f1 | sort -u | wc -l | tr -d ' ')" 20 "each with a number of its own"

# a large answer taken slowly holds nobody
ask=$(words 01 en list need)
set -- $(node "$knock" slow $sock "$ask")
is "$((${1:-0} >= 12))" 1 "a slow reader gets its answer"
gives 0 "and the daemon works on" timeout 10 $H add need title=after-slow

# whoever leaves amid a sync takes nobody along
dead=$(free_port)
node -e "require('net').createServer(() => {}).listen($dead, '127.0.0.1')" &
echo $! >deaf.pid
wait_for 5 node -e "require('net').connect($dead, '127.0.0.1', () => process.exit(0))"
node "$knock" ask $sock "$(words 03 en "127.0.0.1:$dead")"
sleep 6
kill -0 "$(cat hub.pid)" && ok "a client that left amid a sync does not stop the daemon" ||
    not_ok "a client that left amid a sync does not stop the daemon"
gives 0 "and the daemon works on" timeout 10 $H add need title=after-leaving
count=$($H list need | wc -l | tr -d ' ')

# a daemon that stops, or dies, amid a command
calls() { $H status --json | grep -q "127.0.0.1:$dead"; }
$H sync "127.0.0.1:$dead" >cut.out 2>&1 &
cut=$!
wait_for 4 calls
stop hub
is $? 0 "the daemon stops amid a command"
wait $cut
is $? 75 "which ends with 75"
serve hub hub
$H sync "127.0.0.1:$dead" >cut.out 2>cut.err &
cut=$!
wait_for 4 calls
kill -9 "$(cat hub.pid)"
wait "$(cat hub.pid)" 2>/dev/null
wait $cut
is $? 75 "a daemon that dies amid a command: 75"
differs "$(cat cut.err)" "" "and a word about it: $(cat cut.err)"
kill "$(cat deaf.pid)"
rm -f hub.pid deaf.pid
serve hub hub
kill -STOP "$(cat hub.pid)"
$H add need title=frozen >frozen.out 2>frozen.err &
frozen=$!
sleep 0.5
gives 0 "status of a daemon that hangs is told all the same" timeout 20 $H status --json
kill -9 "$(cat hub.pid)"
wait "$(cat hub.pid)" 2>/dev/null
rm -f hub.pid
wait $frozen
is $? 75 "a command that waits for it ends with 75 when it dies"
differs "$(cat frozen.err)" "" "and a word about it: $(cat frozen.err)"
is "$($H list need | wc -l | tr -d ' ')" "$count" "and is not run a second time"

# a directory with a long name
long=$(printf 'd%.0s' $(seq 120))
gives 0 "a long directory" "$L" -C "$long" init --name Long --listen 127.0.0.1:1
serve long "$long" --listen "127.0.0.1:$(free_port)" && ok "is served"
gives 0 "commands find its daemon" "$L" -C "$long" add need title=long
is "$("$L" -C "$long" status --json | field running)" true "status too"
stop long && ok "it stops with 0" || not_ok "it stops with 0"
is "$(ls "$long" | grep -c sock)" 0 "its socket is gone"
done_testing
