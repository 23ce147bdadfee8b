#!/bin/sh
# The last seat, with the record types of the community: three want two seats of a session
# (domain.md 4.4, C4). Who confirms spends a seat; the one for whom there is none is told and
# waits; a seat that is cancelled goes to him; a seat in a group's hands is confirmed there
# without the centre; a leader who ends leaves his to the heir.
. "$(dirname "$0")/lib.sh"
H="$L -C hub" D="$L -C desk" A="$L -C a"
found_hub 绿洲 中心
join_group desk 0000 陈静 clerk
join_group a 0302 王芳 leader
made() { "$@" 2>/dev/null | cut -d ' ' -f 1; }
meet() {
    for n in desk a desk; do
        "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"
    done
}
flat() { tr -d ' \n'; }
totals() { # DIR
    "$L" -C "$1" rights "$ses" --json |
        sed -n 's/^ *"\(issued\|held\|transit\|spent\)": \([0-9]*\),*$/\1 \2/p' | sort | tr '\n' ' '
}
all_say() { # TOTALS WHAT
    for n in hub desk a; do is "$(totals $n)" "$1" "$2: $n"; done
}
serve hub hub
meet

# ---- two seats, three bookings, from two units
ses=$(made $H add session title=瑜伽 seats=2)
[ -n "$ses" ] && ok "a session" || not_ok "a session"
meet
all_say "held 2 issued 2 spent 0 transit 0 " "two seats"
b1=$(made $A add booking title=一号 session="$ses")
b2=$(made $D add booking title=二号 session="$ses")
b3=$(made $A add booking title=三号 session="$ses")
meet
gives 0 "the first is confirmed" $H move "$b1" confirmed
gives 0 "the second" $H move "$b2" confirmed
gives 1 "for the third there is no seat" $H move "$b3" confirmed
has "$err" "not enough: 0 are here" "it says so"
gives 0 "it waits" $H move "$b3" waiting
meet
all_say "held 0 issued 2 spent 2 transit 0 " "both are spent"
has "$($A get "$b1")" "uses 1: Noted, not final yet" "not sealed yet"
gives 0 "sealed" $H seal
meet
for n in hub desk a; do
    has "$("$L" -C $n get "$b1")" "uses 1: Final" "final: $n"
    has "$("$L" -C $n get "$b3")" "Waiting" "and the third waits: $n"
    is "$("$L" -C $n cases --json | flat)" "[]" "without a case: $n"
done

# ---- one cancels; the seat is the spender's to return
gives 0 "the leader cancels" $A move "$b1" cancelled
meet
gives 1 "its seat is not back by that" $H move "$b3" confirmed
gives 66 "nor is it the leader's to return" $A return "$b1"
gives 0 "the centre returns it" $H return "$b1"
gives 0 "and confirms who waited" $H move "$b3" confirmed
meet
all_say "held 0 issued 2 spent 2 transit 0 " "two of two"

# ---- more seats, some of them in other hands
gives 77 "only whoever set it up adds seats" $D set "$ses" seats=5
gives 0 "three more" $H set "$ses" seats=5
gives 0 "two for the desk" $H give "$ses" 2 陈静
meet
all_say "held 3 issued 5 spent 2 transit 0 " "taken by itself"
stop hub || not_ok "the hub stops"
b4=$(made $D add booking title=四号 session="$ses")
gives 0 "confirmed at the desk, without the centre" $D move "$b4" confirmed
b5=$(made $D add booking title=五号 session="$ses" state=tentative)
gives 0 "and a fifth" $D move "$b5" confirmed
gives 1 "no more" $D give "$ses" 1 中心
gives 0 "a room is no session" $D add booking title=茶室
serve hub hub
meet
all_say "held 1 issued 5 spent 4 transit 0 " "four of five"
gives 0 "fewer seats" $H set "$ses" seats=4
gives 1 "but not fewer than are left" $H set "$ses" seats=3
meet
all_say "held 0 issued 5 spent 5 transit 0 " "used up for the session itself"

# ---- who ends leaves what he had
gives 0 "one is given back" $D move "$b5" cancelled
meet
all_say "held 1 issued 5 spent 4 transit 0 " "the desk has it"
stop hub || not_ok "the hub stops"
gives 0 "the clerk ends" $H revoke 陈静 --heir 1
gives 66 "another does not take over" $A take "$ses" 002
gives 0 "the heir does" $H take "$ses" 002
gives 66 "once" $H take "$ses" 002
is "$(totals hub)" "held 1 issued 5 spent 4 transit 0 " "held by the centre"
gives 0 "doctor" $H doctor
gives 1 "audit: an exception, explained" $H audit
done_testing
