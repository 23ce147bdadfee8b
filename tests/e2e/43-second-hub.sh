#!/bin/sh
# A second centre by mistake, on one network (namespaces): whoever is about to found another
# community is told of the first; and a hub whose copy runs elsewhere says so, a stranger's
# echo of its own beacons not being one.
if [ "$(id -u)" -ne 0 ] && [ -z "${LINJULI_LAN_INSIDE:-}" ] && unshare -rn true 2>/dev/null; then
    LINJULI_LAN_INSIDE=1 exec unshare -rn sh "$0"
fi
. "$(dirname "$0")/lib.sh"
unset LINJULI_LAN_IFACE
lan=$e2e_root/tests/e2e/tools/lan.js
if ! unshare -n true 2>/dev/null || ! command -v ip >/dev/null; then
    ok "left out: this machine lets nobody make network namespaces"
    done_testing
fi
for n in hub other stranger; do
    unshare -n sleep 300 &
    echo $! >net-$n.pid
done
in_net() { # NET COMMAND...
    in_net_pid=$(cat "$T/net-$1.pid")
    shift
    nsenter -t "$in_net_pid" -n "$@"
}
begin() { # NET PIDFILE OUT COMMAND...: in the background; the pid is the command's own
    begin_pid=$(cat "$T/net-$1.pid") begin_file=$2 begin_out=$3
    shift 3
    nsenter -t "$begin_pid" -n "$@" >"$begin_out" 2>"$begin_out.err" &
    echo $! >"$begin_file.pid"
}
end() { # PIDFILE
    kill -TERM "$(cat "$1.pid")"
    wait "$(cat "$1.pid")"
    rm -f "$1.pid"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
sleep 0.2
in_net stranger sh -c 'ip link set lo up && ip link add lan type bridge && ip link set lan up && ip addr add 10.9.0.9/24 dev lan'
i=0
for n in hub other; do
    i=$((i + 1))
    in_net stranger ip link add to-$n type veth peer name eth0 netns "$(cat net-$n.pid)"
    in_net stranger ip link set to-$n master lan up
    in_net $n sh -c "ip link set lo up && ip link set eth0 up && ip addr add 10.9.0.$i/24 dev eth0"
done

# ---- init
"$L" -C hub init --name Oasis --person Centre --listen 0.0.0.0:7400 --no-lan >/dev/null || not_ok "a hub is founded"
t=$(now_ms)
gives 0 "on a silent network a community is founded" in_net other "$L" -C first init --name Silent
t=$(($(now_ms) - t))
[ "$t" -lt 8000 ]
is $? 0 "soon"
echo "# init on a silent network: $t ms"
begin stranger listen listen.out node "$lan" listen "$T/air"
wait_for 5 grep -q ready listen.out
begin hub hub hub.ready "$L" -C hub serve
wait_for 20 grep -q '^ready ' hub.ready || not_ok "hub gets ready" "$(cat hub.ready.err)"
refused 77 "10.9.0.1" in_net other "$L" -C second init --name Second
has "$err" "There is a centre already" "a second one is told of the first"
has "$err" "linjuli join" "and what to do"
[ ! -e second ] && [ ! -e second.unfinished ]
is $? 0 "nothing is left of it"
run in_net other env LINJULI_LANG=zh "$L" -C second init --name Second
has "$err" "本网已有中心" "in Chinese"
gives 0 "--another founds it all the same" in_net other "$L" -C second init --name Second --another
t=$(now_ms)
gives 0 "--no-lan does not listen" in_net other "$L" -C third init --name Third --no-lan
echo "# init without listening: $(($(now_ms) - t)) ms"
gives 0 "the hub's own machine is no other one" in_net hub "$L" -C fourth init --name Fourth
refused 65 "second" in_net other "$L" -C second init --name Again
is "$(grep -c '^046c696e6a756c69$' air)" "$(grep -c '^04' air)" "whoever asks says eight bytes that tell nothing of him"

# ---- a copy of the hub
twin() { "$L" -C "$1" status --json | field twin; }
is "$(twin hub)" "" "the hub hears no other"
sleep 1.2 # its next beacon is another one than those said
grep '^01' air >said
[ "$(wc -l <said)" -ge 2 ]
is $? 0 "it has said some beacons"
in_net stranger node "$lan" replay "$T/said"
in_net stranger node "$lan" replay "$T/said"
sleep 0.5
is "$(twin hub)" "" "its own words from another address are no other"
cp -a hub copy
cp -a "$LINJULI_STATE" state2
rm -f copy/control.sock
begin other copy copy.ready env LINJULI_STATE="$T/state2" "$L" -C copy serve
wait_for 20 grep -q '^ready ' copy.ready || not_ok "the copy gets ready" "$(cat copy.ready.err)"
wait_for 10 sh -c "'$L' -C hub status --json | grep -q '\"twin\": \"10.9.0.2:7400\"'"
is $? 0 "the hub hears its copy"
run "$L" -C hub status
has "$out" "There is a centre already: 10.9.0.2:7400" "and says so"
run env LINJULI_LANG=zh "$L" -C hub status
has "$out" "本网已有中心：10.9.0.2:7400" "in Chinese"
has "$(cat hub/linjuli.log)" "lan.twin node=1 at=10.9.0.2:7400" "and in its log"
refused 77 "10.9.0." in_net stranger "$L" -C fifth init --name Fifth # makes both speak
wait_for 5 sh -c "'$L' -C copy status --json | grep -q '\"twin\": \"10.9.0.1:7400\"'"
is $? 0 "the copy hears the hub"
run env LINJULI_STATE="$T/state2" "$L" -C copy invite --person Wang --unit 0000 --role clerk
differs $rc 0 "and appoints nobody: $err"
gives 0 "the hub goes on" "$L" -C hub invite --person Wang --unit 0000 --role clerk --file wang.lji
end copy
end listen
end hub
done_testing
