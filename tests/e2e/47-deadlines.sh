#!/bin/sh
# Deadlines by rules and a calendar of the centre: computers whose clocks are days ahead and
# behind, one that was off for five days, more time asked for before and after the end. All say
# the same, because seals say it and no clock does.
. "$(dirname "$0")/lib.sh"
command -v faketime >/dev/null || {
    echo "1..0 # skipped: no faketime"
    exit 0
}
export TZ=UTC
# the program faketime forks, so that a service cannot be stopped by its number
faked=$(faketime -f '@2026-10-09 01:00:00' env | sed -n 's/^LD_PRELOAD=//p')
day=09
skew_hub=0 skew_a=3 skew_b=-3 skew_c=0
at() { # NODE: the time its clock shows; nine o'clock in China
    eval "e2e_skew=\$skew_$1"
    date -u -d "2026-10-$day 01:00:00 UTC $e2e_skew days" '+@%Y-%m-%d %H:%M:%S'
}
timed() { # MOMENT COMMAND...
    e2e_moment=$1
    shift
    env "LD_PRELOAD=$faked" "FAKETIME=$e2e_moment" FAKETIME_DONT_FAKE_MONOTONIC=1 "$@"
}
on() { # NODE COMMAND...
    e2e_node=$1
    shift
    timed "$(at "$e2e_node")" "$L" -C "$e2e_node" "$@"
}
must() { # NODE COMMAND...
    run on "$@"
    [ $rc -eq 0 ] || not_ok "$*" "$out$err"
}
meet() { # NODE...: each gives what it has, all is sealed, each takes that
    rm -f hub.ready
    env "LD_PRELOAD=$faked" "FAKETIME=$(at hub)" FAKETIME_DONT_FAKE_MONOTONIC=1 \
        "$L" -C hub serve --no-lan >hub.ready 2>hub.err &
    echo $! >hub.pid
    wait_for 20 grep -q '^ready ' hub.ready || not_ok "the hub gets ready" "$(cat hub.err)"
    for d in "$@"; do must $d sync "127.0.0.1:$port"; done
    on hub seal >/dev/null 2>&1
    for d in "$@"; do must $d sync "127.0.0.1:$port"; done
    stop hub
}
problem() { # TITLE: received and dispatched on this day; its id
    on hub add problem --unit 0302 "title=$1" --json | field id >id
    id=$(cat id)
    must hub move "$id" received
    must hub move "$id" dispatched
}
says() { # NODE TITLE: due day and verdict of handling
    on "$1" due "$(eval echo "\$$2")" --json >due.json 2>/dev/null
    echo "$(date -u -d "@$(($(field due_ms <due.json) / 1000 - 1 + 28800))" +%d) $(field verdict <due.json)"
}

# ---- the centre, its rule and its calendar
port=$(free_port)
must hub init --name Oasis --person Centre --listen "127.0.0.1:$port"
must hub add org_unit code=0302 name=Spark kind=group
must hub add calendar_day title=Festival day=2026-10-14 works=no
must hub add calendar_day title=Instead day=2026-10-17 works=yes
run on hub add deadline_rule title=Handling kind=handling length=3 unit_of=working_days extension=5 version=1 --json
rule=$(printf '%s\n' "$out" | field id)
must hub move "$rule" in_force
for d in a b c; do
    must hub invite --person "P$d" --unit 0302 --role leader --file $d.lji
    # an invite is looked at by the clock: at home it is right
    timed "$(at hub)" "$L" -C $d join $d.lji >/dev/null 2>&1 ||
        not_ok "$d joins"
done
meet a b c

# ---- Monday the 12th; the 14th is free, the 17th is worked: due at the end of Friday the 16th
day=12
for p in ahead behind away early tardy open; do
    problem $p
    eval "$p=$id"
done
meet a b c
is "$(says hub open)" "16 running" "three working days over a holiday"
is "$(says a open)" "16 running" "a computer three days ahead says so, too"
gives 0 "nothing is overdue" on a due

# ---- Thursday the 15th
day=15
must a move "$ahead" reported_done
must a move "$early" extension_asked
must c move "$away" reported_done # and stays where it is
meet a b
must hub move "$early" extension_granted
meet a b

# ---- Saturday the 17th, worked
day=17
must hub add need title=note # something to seal: what they write next is later than that
meet a b
must b move "$behind" reported_done
must a move "$tardy" extension_asked
meet a b
must hub move "$tardy" extension_granted
gives 1 "what is not done is overdue" on hub due
has "$out" open "by its title"

# ---- Tuesday the 20th: the third comes back, five days late
day=20
meet a b c
for p in early tardy; do must hub move "$(eval echo "\$$p")" handled; done
run on hub add deadline_rule title=Quicker kind=handling length=1 unit_of=working_days version=2 --json
must hub move "$(printf '%s\n' "$out" | field id)" in_force
meet a b c
problem later
later=$id
meet a b c
on hub due --all --json >hub.due
for d in hub a b c; do
    is "$(says $d ahead)" "16 on_time" "$d: a clock that is ahead makes nobody late"
    is "$(says $d behind)" "16 late" "$d: a clock that is behind makes nobody early"
    is "$(says $d away)" "16 undetermined" "$d: of who was off nobody can say"
    is "$(says $d early)" "22 on_time" "$d: more time was asked for before the end"
    is "$(says $d tardy)" "16 late" "$d: and here after it"
    is "$(says $d open)" "16 late" "$d: not done is late"
    is "$(says $d later)" "21 running" "$d: by the rule in force when it began"
    on $d due --all --json >$d.due
    cmp -s hub.due $d.due
    is $? 0 "$d says what the hub says, byte for byte"
done
run on a get "$early"
has "$out" "2026-10-22" "get tells the day"
has "$out" "on time (extended)" "and the verdict"
run timed "$(at b)" env LINJULI_LANG=zh "$L" -C b get "$behind"
has "$out" "超期" "in Chinese, too"
run on a get "$early" --json
has "$out" '"verdict": "on_time"' "and to scripts"
refused 66 nothere on a due nothere
done_testing
