#!/bin/sh
# Whoever takes over the hub's computer appoints and removes nobody: orders that the
# officers have not agreed to are carried by all, have no effect on any node, and the audit
# names each.
. "$(dirname "$0")/lib.sh"
forge=$(dirname "$L")/tests/e2e/tools/forge
[ -x "$forge" ] || not_ok "no tool at $forge"
found_hub
H="$L -C hub"
echo 271828 >pin
$H officers --add Zhao --pin-file pin >/dev/null || not_ok "a second officer"
join_group a 0302 Wang leader
join_group b 0303 Li leader
serve hub hub
for n in a b; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
"$L" -C a add need title=kept >/dev/null 2>&1
for n in a b; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub || not_ok "the hub stops"
number=$("$L" -C a list need --json | field number)
record=$("$L" -C a list need --json | field id)
scope=$("$L" -C a list need --json | field scope)
log=$("$L" -C a status --json | field log)
state() { # DIR: what orders could have changed
    "$L" -C "$1" members
    "$L" -C "$1" nodes | sed 's/20[0-9][0-9]-.*//'
    "$L" -C "$1" officers | grep -c '[0-9a-f]\{16\}'
    "$L" -C "$1" list need
}
for n in hub a b; do
    state $n >before.$n
    "$L" -C $n digest | grep scope >>before.$n
done

n=0
lie() { # KIND SIGNATURES
    n=$((n + 1))
    if [ "$1" = erase ]; then set -- "$@" "$log" "$scope" 302 "$record" 1; else set -- "$@" "$log"; fi
    run "$forge" hub "$@"
    [ $rc -eq 0 ] || not_ok "forged: $*" "$err"
}
for kind in grant revoke lost officers erase; do
    for signed in none stranger forged twice; do lie $kind $signed; done
    # one officer alone may appoint, and nothing else
    [ $kind = grant ] || lie $kind one
done
ok "$n orders nobody agreed to"
serve hub hub
for d in a b; do gives 0 "$d meets the hub" "$L" -C $d sync "127.0.0.1:$port"; done
for d in hub a b; do
    state $d >after.$d
    "$L" -C $d digest | grep scope >>after.$d
    is "$(diff before.$d after.$d)" "" "$d: nothing has changed"
    has "$("$L" -C $d officers)" "2 officers" "$d: the officers are who they were"
done
gives 0 "who was to be removed writes on" "$L" -C a set "$number" title=kept-on
gives 0 "and sends it" "$L" -C a sync "127.0.0.1:$port"
has "$($H get "$number")" "kept-on" "and it counts"
for d in hub a b; do
    run "$L" -C $d audit --json
    is "$rc" 1 "$d: audit finds exceptions, all explained"
    for name in ORDER_FEW ORDER_STRANGER ORDER_FORGED ORDER_UNREADABLE; do
        printf '%s\n' "$out" | grep -c "\"$name\"" >"count.$name"
    done
    is "$(cat count.ORDER_FEW)" 9 "$d: nine with too few, each by name"
    is "$(cat count.ORDER_STRANGER)" 5 "$d: five of strangers"
    is "$(cat count.ORDER_FORGED)" 5 "$d: five with a signature that does not hold"
    is "$(cat count.ORDER_UNREADABLE)" 5 "$d: five signed twice by one"
done
run env LINJULI_LANG=zh $H audit
has "$out" "有例外，都有说明" "in words"
gives 0 "the keeper and his officers go on" $H add org_unit code=0306 name=Dawn kind=group
stop hub || not_ok "the hub stops"
for d in hub a b; do gives 0 "$d: doctor finds nothing" "$L" -C $d doctor; done
done_testing
