#!/bin/sh
# Two machines out of one (design section 4; faults.md 30, 49): a copied directory, with
# and without the state directory, writes in a new log; where a whole disk was copied the
# guard cannot know, and the first one who meets both brings the proof.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
sync_all() {
    for n in "$@"; do
        run "$L" -C "$n" sync "127.0.0.1:$port"
        [ $rc -eq 0 ] || not_ok "$n exchanges" "$err"
    done
}
again() { # DIR PERSON: a new invite for the machine that lies in DIR
    rm -f "$1.again.lji"
    $H invite --person "$2" --unit 0302 --role leader --file "$1.again.lji" >/dev/null 2>&1
        run "$L" -C "$1" join "$1.again.lji"
    [ $rc -eq 0 ] || not_ok "$1 takes a new invite" "$err"
}
logs_of() { # DIR: own logs that count
    "$L" -C "$1" status --json | grep -c '"counted": true'
}
person=$($H list person --json | field number)
gives 0 "the centre's phone" $H set "$person" phone=13800000001
join_group a 0302 Wang leader
join_group b 0303 Li leader
join_group c 0303 Zhao leader
serve hub hub
sync_all a b c
"$L" -C a add need title=sealed-1 >/dev/null 2>&1
sync_all a
$H seal >/dev/null
sync_all a b c

# ---- the directory alone, on this machine: the guard is there, and not its own
cp -a a copy
run "$L" -C copy add need title=by-the-copy
is "$rc" 0 "a copy works on"
has "$err" "This is a copy" "and says so"
has "$err" "ask for a new invite" "and what to do"
slip=${out%% *}
has "$slip" "0302-x" "its slip has no number of the centre's yet"
again copy Wang-on-the-copy
sync_all copy
is "$(logs_of copy)" 2 "the new log counts after a new invite"
is "$("$L" -C copy get "$slip" --json | field number)" "$slip" "the slip keeps its number"
has "$($H list need)" "by-the-copy" "what it wrote is at the centre"
gives 0 "the first one writes on" "$L" -C a add need title=by-the-first
sync_all a copy
has "$("$L" -C copy list need)" "by-the-first" "both are nodes of their own"
node_of() { "$L" -C "$1" status --json | grep '^  "node"'; }
differs "$(node_of a)" "$(node_of copy)" "with a number each"

# ---- the directory on a machine that never saw it: no guard at all
cp -a a moved
LINJULI_STATE=$T/elsewhere
run "$L" -C moved add need title=by-the-moved
is "$rc" 0 "without the state directory too"
has "$out" "0302-x" "in a new log"
again moved Wang-moved
sync_all moved
has "$($H list need)" "by-the-moved" "and it counts"
LINJULI_STATE=$T/state
gives 0 "the first one does not notice" "$L" -C a add need title=by-the-first-again
sync_all a
$H seal >/dev/null
sync_all a b c copy

# ---- the whole disk: same machine, same files, same guard
disk() { # NAME: what is in place becomes the disk NAME
    mkdir -p "disk.$1/keys" "disk.$1/state"
    cp a/linjuli.db* "disk.$1/"
    cp a/keys/* "disk.$1/keys/"
    cp state/*.guard "disk.$1/state/"
    rm -rf "disk.$1/invite" && if [ -f a/invite ]; then cp a/invite "disk.$1/invite"; fi
}
machine() { # NAME: the disk is put into the one place, inodes and all
    rm -f a/linjuli.db-wal a/linjuli.db-shm
    cat "disk.$1/linjuli.db" >a/linjuli.db
    for f in a/keys/*; do [ -f "disk.$1/keys/${f##*/}" ] || rm "$f"; done
    for f in "disk.$1"/keys/*; do (umask 077 && cat "$f" >"a/keys/${f##*/}"); done
    for f in "disk.$1"/state/*; do cat "$f" >"state/${f##*/}"; done
    rm -f a/invite
    if [ -f "disk.$1/invite" ]; then (umask 077 && cp "disk.$1/invite" a/invite); fi
}
disk start
for i in 1 2; do gives 0 "one writes" "$L" -C a add need title="one-$i"; done
disk one
machine start
for i in 1 2 3; do gives 0 "the other writes, and its guard has nothing against it" \
    "$L" -C a add need title="other-$i"; done
disk other

# one meets the centre, which seals what it brought; the other meets a neighbour
machine one
sync_all a
$H seal >/dev/null
sync_all a
disk one
stop hub || not_ok "the hub stops"
hub_port=$port port=$(free_port)
serve b b --listen "127.0.0.1:$port"
machine other
sync_all a
disk other
stop b || not_ok "b stops"
port=$hub_port
serve hub hub
is "$("$L" -C b list need | grep -c other-)" 3 "the neighbour took it, for it knew no better"
sync_all b c copy b
machine one
sync_all a
disk one
machine other
sync_all a
disk other
sync_all b c
stop hub || not_ok "the hub stops"
for n in hub b c copy; do
    run "$L" -C $n audit --json
    is $rc 5 "the proof is at $n"
    has "$out" '"FORK"' "by its name"
    is "$("$L" -C $n list need | grep -c one-)" 2 "what was sealed stays at $n"
    is "$("$L" -C $n list need | grep -c other-)" 0 "the other branch does not count at $n"
done
serve hub hub
for m in one other; do
    machine $m
    run "$L" -C a status
    has "$out" "Two versions of one log. Stopped. Call the centre" "$m: the person reads one sentence"
    has "$out" "13800000001" "$m: and the phone number"
    run "$L" -C a add need title="goes-on-$m"
    is "$rc" 0 "$m: work goes on"
    has "$out" "0302-x" "$m: in a new log"
    again a "Wang-$m"
    sync_all a
    has "$($H list need)" "goes-on-$m" "$m: which counts"
    disk $m
done
sync_all b c copy
$H seal >/dev/null
sync_all b c copy
stop hub || not_ok "the hub stops"

# ---- both branches lie everywhere, for the centre to take over what is of use
for n in hub b c copy; do
    held=$("$L" -C $n audit --json | field held)
    is "$held" 3 "the entries of the other branch are held at $n"
    is "$("$L" -C $n list need | grep -c goes-on-)" 2 "$n has what both wrote afterwards"
    gives 0 "doctor of $n" "$L" -C $n doctor
done
done_testing
