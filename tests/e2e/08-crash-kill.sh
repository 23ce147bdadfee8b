#!/bin/sh
# kill -9 at random moments of writing and of exchanging, on three nodes, as hub and as group,
# as caller and as called. Every write whose command returned 0 is there afterwards on its
# node and, after the exchange, on all; the doctor finds nothing.
# LINJULI_KILLS: how often (20; `make crash` takes 200).
. "$(dirname "$0")/lib.sh"
kills=${LINJULI_KILLS:-20}

found_hub
join_group n0302 0302 "Leader 0302" leader
join_group n0303 0303 "Leader 0303" leader
p2=$(free_port)
start() { # NAME
    case $1 in
    hub) serve hub hub ;;
    n0302) serve n0302 n0302 --listen "127.0.0.1:$p2" ;;
    n0303) serve n0303 n0303 --peer "127.0.0.1:$p2" ;;
    esac
}
start hub && start n0302 && start n0303
joined() { [ "$("$L" -C "$1" digest --log)" = "$("$L" -C hub digest --log)" ]; }
wait_for 30 joined n0302 && wait_for 30 joined n0303 || not_ok "both groups have their first copy"

: >acked
writer() { # NODE: writes as fast as it can, notes what was called saved
    i=0
    while [ $i -lt 400 ]; do
        i=$((i + 1))
        if id=$("$L" -C "$1" add need "title=$1 $2 $i" --json 2>/dev/null); then
            printf '%s %s\n' "$1" "$(printf '%s\n' "$id" | field id)" >>acked
        fi
    done
}
random() { # MAX
    echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}
k=0 lost=0
while [ $k -lt "$kills" ]; do
    k=$((k + 1))
    case $(random 3) in 0) victim=hub ;; 1) victim=n0302 ;; *) victim=n0303 ;; esac
    other=$([ $victim = n0302 ] && echo n0303 || echo n0302)
    writer $victim $k &
    w=$!
    echo $w >writer.pid
    writer $other $k &
    o=$!
    echo $o >other.pid
    sleep "0.$(printf '%03d' "$(random 400)")"
    kill -9 "$(cat $victim.pid)"
    wait "$(cat $victim.pid)" 2>/dev/null
    rm -f $victim.pid
    # For a moment the commands work without the daemon, each with the lock to itself; one of
    # them dies the same way.
    sleep "0.0$(printf '%02d' "$(random 90)")"
    pkill -9 -P $w -x linjuli 2>/dev/null
    kill $w $o 2>/dev/null
    wait $w $o 2>/dev/null
    rm -f writer.pid other.pid
    while pkill -9 -f -- "-C $victim add" 2>/dev/null; do sleep 0.02; done
    last=$(grep "^$victim " acked | tail -n 1 | cut -d' ' -f2)
    [ -z "$last" ] || "$L" -C $victim get "$last" >/dev/null 2>&1 || lost=$((lost + 1))
    start $victim || break
done
is $k "$kills" "$kills times killed and started again"
is $lost 0 "right after each kill the last saved write is there"

same() { [ "$("$L" -C hub digest)" != "" ] && for n in n0302 n0303; do
    [ "$("$L" -C $n digest --log)" = "$("$L" -C hub digest --log)" ] || return 1
done; }
wait_for 60 same && ok "all three agree in the end" || not_ok "all three agree in the end"
for n in hub n0302 n0303; do
    "$L" -C $n list need --json | sed -n 's/^ *"id": "\([0-9a-f]*\)".*/\1/p' | sort >there
    cut -d' ' -f2 acked | sort >want
    missing=$(comm -23 want there | wc -l)
    is "$missing" 0 "$n has all $(wc -l <want) writes that were called saved"
    gives 0 "the doctor finds nothing at $n" "$L" -C $n doctor
done
for n in hub n0302 n0303; do stop $n; done
done_testing
