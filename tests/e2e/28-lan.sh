#!/bin/sh
# Four computers on one network (namespaces): a hub; A, joined by file; B, joined by sixteen
# digits that somebody reads aloud; and a stranger who hears everything. Then the hub is gone,
# and A and B find each other.
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

for n in hub a b stranger; do
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
end() { # PIDFILE: as a service manager would
    kill -TERM "$(cat "$1.pid")"
    wait "$(cat "$1.pid")"
    end_status=$?
    rm -f "$1.pid"
    return $end_status
}
sleep 0.2 # until each sleeps in its own
in_net stranger sh -c 'ip link set lo up && ip link add lan type bridge && ip link set lan up && ip addr add 10.9.0.9/24 dev lan'
i=0
for n in hub a b; do
    i=$((i + 1))
    in_net stranger ip link add to-$n type veth peer name eth0 netns "$(cat net-$n.pid)"
    in_net stranger ip link set to-$n master lan up
    in_net $n sh -c "ip link set lo up && ip link set eth0 up && ip addr add 10.9.0.$i/24 dev eth0"
done
run in_net hub ping -c 1 -W 2 10.9.0.3
[ $rc -eq 0 ] || [ $rc -eq 127 ] || not_ok "the network is there" "$out$err"

serve_lan() { # NAME ARGS...: in its own network
    serve_n=$1
    shift
    begin "$serve_n" "$serve_n" "$serve_n.ready" "$L" -C "$serve_n" serve "$@"
    wait_for 20 grep -q '^ready ' "$serve_n.ready" || not_ok "$serve_n gets ready" "$(cat "$serve_n.ready.err")"
}
join_b() { in_net b "$L" -C "$1" join "$2" --at 10.9.0.1:7400; }
new_code() { # PERSON UNIT
    "$L" -C hub invite --person "$1" --unit "$2" --role leader --code --json >code.json
    field code <code.json
}
has_record() { "$L" -C "$1" find "$2" | grep -q "$2"; }

"$L" -C hub init --name Oasis --person Centre --listen 0.0.0.0:7400 >/dev/null &&
    "$L" -C hub add org_unit code=0302 name=Spark kind=group >/dev/null 2>&1 &&
    "$L" -C hub add org_unit code=0303 name=Torch kind=group >/dev/null 2>&1 || not_ok "a hub is founded"
begin stranger listen listen.out node "$lan" listen "$T/air" 7400 7431 7555
wait_for 5 grep -q ready listen.out
serve_lan hub
"$L" -C hub invite --person Wang --unit 0302 --role leader --file a.lji --address 10.9.0.1:7400 >/dev/null
"$L" -C a join a.lji >/dev/null || not_ok "A joins by file"
serve_lan a

# B: digits, no address
start=$(date +%s%N)
code=$(new_code Li 0303)
case $code in
[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]) ok "the hub gives sixteen digits" ;;
*) not_ok "the hub gives sixteen digits" "$code" ;;
esac
gives 65 "one digit mistyped is told at once" in_net b "$L" -C b join "$(node "$lan" typo "$code")"
has "$err" mistyped "in words"
gives 0 "B finds the hub by itself and joins" in_net b "$L" -C b join "$code"
has "$out" "0303 leader Li" "it is told for whom"
has "$out" "The centre has answered" "and the first exchange is done"
serve_lan b
"$L" -C b add visit words=LampB way=door >/dev/null || not_ok "B writes"
wait_for 10 has_record hub LampB && ok "B's first record is at the hub" || not_ok "B's first record is at the hub"
echo "# from invite --code to the first record at the hub: $((($(date +%s%N) - start) / 1000000)) ms"
gives 77 "the digits are good once" join_b c "$code"
has "$err" "has been used" "and that is said"

# wrong digits
code=$(new_code Zhao 0302)
for k in 1 2 3 4; do
    gives 77 "wrong digits, $k" join_b c "$(node "$lan" wrong "$code" $k)"
    has "$err" "$((5 - k)) more tries" "so many tries are left"
done
gives 75 "the fifth time" join_b c "$(node "$lan" wrong "$code" 5)"
has "$err" "wait 1 minutes" "it is told to wait"
gives 75 "the right digits have to wait, too" join_b c "$code"
end hub && ok "the hub stops with 0" || not_ok "the hub stops with 0"
serve_lan hub
gives 75 "a hub that was started again remembers" join_b c "$code"
gives 77 "a name that nobody gave out" join_b c "$(node "$lan" wrong "$(printf '%03d%s' $(((1${code%%-*} / 10 + 500) % 1000)) "${code#???}")" 1)"
has "$err" "no such code" "is told"
gives 69 "where nobody listens" in_net b "$L" -C c join "$code" --at 10.9.0.2:9
gives 64 "--at without digits" "$L" -C c join a.lji --at 10.9.0.1:7400
is "$(ls -d c 2>/dev/null)" "" "nothing is left of it"

# without the hub
beacons() { [ "$(grep -c '^01' air)" -ge 6 ]; }
wait_for 30 beacons || not_ok "six beacons of three nodes" "$(grep -c '^01' air)"
for n in hub a b; do end $n; done
"$L" -C a add visit words=LampA way=door >/dev/null || not_ok "A writes"
want=$("$L" -C a digest --log)
cp air early
grep '^01' early >said # by all three
serve_lan a
in_net stranger node "$lan" replay "$T/said" # from another address
serve_lan b
in_net stranger node "$lan" replay "$T/said"
b_agrees() { [ "$("$L" -C b digest --log)" = "$("$L" -C a digest --log)" ]; }
wait_for 10 b_agrees && ok "A and B find each other without the hub" || not_ok "A and B find each other without the hub" "$(tail -n 5 a/linjuli.log b/linjuli.log)"
is "$("$L" -C b digest --log)" "$want" "what A wrote is at B"
wait_for 7 grep -q . air.tcp && ok "who says old beacons again is called" || not_ok "who says old beacons again is called"
is "$(awk '$1 > 51' air.tcp | wc -l)" 0 "and hears message 1, which names nobody"

# the hub has another address than the one that A was told
serve_lan hub --listen 0.0.0.0:7555
wait_for 10 sh -c "[ \"\$('$L' -C hub digest --log)\" = '$want' ]" && ok "they find the hub at another port" || not_ok "they find the hub at another port"


# a flood
before=$(wc -l <air)
begin stranger flood flood.out node "$lan" flood 10000
gives 0 "amid a flood the hub answers" timeout 2 "$L" -C hub status --json
is "$(printf '%s' "$out" | field lan)" true "its neighbourhood is on"
wait "$(cat flood.pid)"
rm -f flood.pid
is "$(cat flood.out.err)" "" "there was one"
heard() { wait_for 2 sh -c "[ \"\$(tail -n +$1 '$T/air' | wc -l)\" -gt 5000 ]"; }
heard "$before" && ok "all heard it" || not_ok "all heard it" "$(wc -l air)"

# what the stranger has
id=$("$L" -C hub invite --person Sun --unit 0302 --role leader --code --json | field community_id)
end listen
hex() { printf '%s' "$1" | od -An -tx1 | tr -d ' \n'; }
said=$(node "$lan" judge early "$id" "$(hex Oasis)" "$(hex Torch)" "$(hex LampA)")
echo "# on the air: $said"
has "$said" "shared 0 told 0" "two beacons have no 8 bytes in common, and tell no name"
[ "$(echo "$said" | cut -d' ' -f2)" -ge 6 ] && ok "there were beacons" || not_ok "there were beacons" "$said"

# no digits in any log, no name
for n in hub a b; do
    is "$(grep -cE '[0-9]{4}-[0-9]{4}-[0-9]{4}-|Oasis|Torch|Lamp|Wang' $n/linjuli.log)" 0 "no digits and no name in the log of $n"
done
done_testing
