#!/bin/sh
# 40 descriptors and 60 callers who say nothing: no spin, peers who are in are served, and
# everybody is let in again afterwards.
. "$(dirname "$0")/lib.sh"
knock=$e2e_root/tests/e2e/tools/knock.js
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0303 Li leader
cat >few <<EOF
#!/bin/sh
ulimit -n 40
exec "$L" "\$@"
EOF
chmod +x few
real=$L
L=$T/few
serve hub hub
L=$real
serve a a
wait_for 20 sh -c "'$L' -C a status --json | grep -q '\"open\": true'" || :
n=$($H add need title=before 2>/dev/null | cut -d' ' -f1)
wait_for 20 "$L" -C a get "$n" && ok "a is in" || not_ok "a is in"

pid=$(cat hub.pid)
ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }
burn() { # SECONDS: per cent of a core
    t0=$(ticks)
    sleep "$1"
    echo $((($(ticks) - t0) * 100 / ($1 * $(getconf CLK_TCK))))
}
for addresses in 1 60; do
    node "$knock" flood "$port" 60 30 $addresses >flood.out &
    echo $! >flood.pid
    wait_for 10 grep -q open flood.out
    used=$(burn 3)
    is $((used < 20)) 1 "60 silent callers from $addresses addresses: $used % of a core"
    is "$(($(ls "/proc/$pid/fd" | wc -l) < 40))" 1 "a descriptor is left"
    n=$(timeout 10 $H add need title="amid $addresses" 2>/dev/null | cut -d' ' -f1)
    differs "$n" "" "commands are served"
    wait_for 10 "$L" -C a get "$n" && ok "who is in is served" || not_ok "who is in is served"
    gives 0 "who comes is let in" timeout 20 "$L" -C b sync "127.0.0.1:$port"
    kill "$(cat flood.pid)"
    wait "$(cat flood.pid)" 2>/dev/null
    rm -f flood.pid
    gives 0 "and afterwards" timeout 10 "$L" -C b sync "127.0.0.1:$port"
done
# commands take descriptors too
node "$knock" control hub/control.sock 60 30 >idle.out &
echo $! >idle.pid
wait_for 10 grep -q open idle.out
used=$(burn 3)
is $((used < 20)) 1 "60 silent commands: $used % of a core"
gives 0 "who comes is let in" timeout 20 "$L" -C b sync "127.0.0.1:$port"
kill "$(cat idle.pid)"
wait "$(cat idle.pid)" 2>/dev/null
rm -f idle.pid
gives 0 "a command afterwards" timeout 10 $H add need title=after
is "$(($(wc -l <hub/linjuli.log) < 400))" 1 "the log stays small"
for d in a hub; do stop $d && ok "$d stops with 0" || not_ok "$d stops with 0"; done
gives 0 "nothing is damaged" $H doctor
done_testing
