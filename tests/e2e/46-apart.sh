#!/bin/sh
# Duties kept apart, and facts: what an honest program refuses in the rule's words, and what a
# changed one writes in vain, on every node alike and listed by audit.
. "$(dirname "$0")/lib.sh"
overrule=$(dirname "$L")/tests/e2e/tools/overrule
[ -x "$overrule" ] || not_ok "no tool at $overrule"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0302 Li leader
join_group c 0000 Zhao clerk
all_meet() {
    serve hub hub
    for d in a b c a b c; do
        "$L" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"
    done
    stop hub
}
state_of() { "$L" -C "$1" get "$id" --json | field state; } # DIR: of $id
# STATE WHAT: everybody shows it, and has the same records
all_say() {
    all_meet
    want=$($H digest)
    for d in hub a b c; do
        is "$(state_of $d)" "$1" "$2: $d"
        is "$("$L" -C $d digest | grep '^scope 1 ')" "$(echo "$want" | grep '^scope 1 ')" "as all others: $d"
    done
}
add_hours() { # DIR MINUTES: $id
    run "$L" -C "$1" add hours --unit 0302 name=Sun served_on=2026-11-24 "minutes=$2" --json
    id=$(printf '%s\n' "$out" | field id)
    [ -n "$id" ] || not_ok "hours are recorded" "$out$err"
}
all_meet

# ---- who recorded does not confirm
add_hours a 90
refused 77 "Whoever recorded does not confirm" "$L" -C a move "$id" confirmed
run env LINJULI_LANG=zh "$L" -C a move "$id" confirmed
has "$err" "登记、核实、复核是不同的人" "in Chinese, too"
gives 0 "a changed program writes it" "$overrule" a "$id" state confirmed
all_say recorded "without effect"
for d in hub a b c; do
    gives 1 "audit of $d lists it" "$L" -C $d audit
    has "$out" "against rule hours.separate, without effect (record $id)" "by the rule's name"
    run "$L" -C $d history "$id"
    has "$out" "no effect: has to be done by different persons: Whoever recorded" "and the history says why"
done
for d in hub a; do gives 0 "its tables follow from the logs: $d" "$L" -C $d doctor; done
gives 1 "to scripts" $H audit --json
has "$out" '"rule": "hours.separate"' "by name"
run "$L" -C b history "$id" --json
has "$out" '"breach": "APART"' "so does the history"
gives 0 "another person confirms" "$L" -C b move "$id" confirmed
all_say confirmed "it counts"
gives 0 "one step is not skipped, and this needs none" "$L" -C c move "$id" on_notice

# ---- more than eight hours
add_hours a 600
all_meet
gives 0 "confirmed" $H move "$id" confirmed
all_meet
refused 77 "More than eight hours take a second approval" "$L" -C c move "$id" on_notice
gives 0 "a changed program moves it on" "$overrule" c "$id" state on_notice
all_say confirmed "without effect"
run $H audit
has "$out" "against rule hours.eight_hours" "audit lists it"
gives 0 "the third one approves" "$L" -C c move "$id" second_approved
gives 0 "and then it goes on" "$L" -C c move "$id" on_notice

# ---- nobody steps over the confirmation
add_hours c 60
gives 0 "a changed program skips it" "$overrule" c "$id" state final
all_say recorded "without effect"

# ---- a fact stays as it was written
add_hours a 30
refused 77 "never changed" "$L" -C a set "$id" minutes=40
refused 77 "never changed" "$L" -C a set "$id" name=Zhou
run env LINJULI_LANG=zh "$L" -C a set "$id" name=Zhou
has "$err" "只增不改" "in Chinese, too"
gives 0 "a changed program writes over it" "$overrule" a "$id" name Zhou
all_meet
for d in hub b; do
    run "$L" -C $d get "$id"
    has "$out" Sun "without effect: $d"
    has_not "$out" Zhou "the old name stands: $d"
done
gives 0 "it is taken back" "$L" -C a undo "$id"
all_meet
for d in hub b; do
    is "$("$L" -C $d list hours --json | grep -c "\"id\": \"$id\"")" 0 "and in no list: $d"
done
run "$L" -C b history "$id"
has "$out" Sun "but in the history"
done_testing
