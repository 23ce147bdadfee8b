#!/bin/sh
# Who reads what: a computer holds no readable byte of another group, in no file and not in
# the memory of its daemon, yet carries all of it to the centre. Whoever comes to read gets
# the whole history, from the first key on; whoever leaves reads nothing that is written
# later (design section 9, AUTHORITY.md 2.4 and 2.6).
. "$(dirname "$0")/lib.sh"
memfind=$(dirname "$L")/tests/e2e/tools/memfind
found_hub
H="$L -C hub" A="$L -C a" B="$L -C b" G="$L -C g"
join_group a 0302 Wang leader
join_group b 0303 Li leader
join_group h 0303 Zhao helper
gives 0 "a grid, with nothing under it yet" $H add org_unit code=0200 name=Grid kind=grid
grid=${out##* }
join_group g 0200 Sun grid
serve hub hub
sync_all() {
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n exchanges"; done
}
sync_all a b h g a b h g
stop hub

# each of them says where it stands
words="GroupHomeWordsB GroupVisitWordsB PrivateHalfOfNeedB CarePersonOfB 13900007777"
add() { "$@" >/dev/null 2>&1 || not_ok "written: $*" "$("$@" 2>&1)"; }
# B writes into each scope that it has
add $B add problem title=GroupHomeWordsB
add $B add visit words=GroupVisitWordsB way=door visited_on=2026-11-20
add $B add need title=OpenNeedOfB whom=PrivateHalfOfNeedB
add $B add wish title=OpenWishOfB beneficiary=CarePersonOfB beneficiary_phone=13900007777
gives 0 "B's stick" $B bundle write b.llj
serve a a
serve h h
add $A add problem title=GroupHomeWordsA
gives 0 "0302 reads the stick of 0303" $A bundle read b.llj
gives 0 "so does a helper of 0303" "$L" -C h bundle read b.llj
for n in a h; do "$L" -C $n list need >/dev/null; done

# everything that A's commands give out
dump() { # DIR
    for t in $("$L" -C "$1" types --json | sed -n 's/^ *"name": "\([a-z_]*\)".*/\1/p'); do
        "$L" -C "$1" export "$t" - >sheet 2>/dev/null
        cat sheet
        [ "$(wc -l <sheet)" -lt 2 ] || "$L" -C "$1" list "$t" --json 2>/dev/null
    done
    "$L" -C "$1" status
    "$L" -C "$1" doctor
    for w in $words; do "$L" -C "$1" find "$w"; done 2>/dev/null
}
dump a >a.out 2>&1
dump b >b.out 2>&1
for w in $words; do
    is "$(cat a/linjuli.db* a/keys/* a.err a.ready a.out state/* 2>/dev/null | grep -a -c "$w")" 0 "no file, log or list of 0302 holds $w"
    differs "$(cat b/linjuli.db* b.out | grep -a -c "$w")" 0 "0303's own do"
done
differs "$(grep -c OpenNeedOfB a.out)" 0 "what is everybody's is there"
in_memory() { "$memfind" "$(cat "$1.pid")" "$2" 2>/dev/null | sed 's/ .*//'; }
if differs "$(in_memory a OpenNeedOfB)" "" "the memory of the daemon can be read" && [ -n "$(in_memory a OpenNeedOfB)" ]; then
    differs "$(in_memory a OpenNeedOfB)" 0 "and what may be read is found in it"
    differs "$(in_memory a GroupHomeWordsA)" 0 "its own group's too"
    for w in $words; do is "$(in_memory a "$w")" 0 "nor does its memory hold $w"; done
    differs "$(in_memory h GroupHomeWordsB)" 0 "a helper of 0303 reads his group"
    is "$(in_memory h CarePersonOfB)" 0 "and nothing of its care"
fi
stop h

# A carries them to the centre, which reads them
gives 0 "A's stick" $A bundle write a.llj
stop a
gives 0 "the centre reads it" $H bundle read a.llj
dump hub >hub.out 2>&1
for w in $words; do differs "$(grep -c "$w" hub.out)" 0 "the centre reads $w"; done

# the keys change three times before the grid worker comes to read
for i in 1 2 3; do
    gives 0 "fresh keys of 0303" $H rotate 0303
    serve hub hub
    sync_all b g
    stop hub
    add $B add problem "title=AfterRotation$i"
done
serve hub hub
sync_all b g
is "$($G list problem 2>/dev/null | grep -c 'Rotation\|GroupHome')" 0 "the grid worker carries it unread"
is "$(cat g/linjuli.db* | grep -a -c 'GroupHomeWordsB\|AfterRotation')" 0 "not a byte of it"
carried=$($G doctor >/dev/null 2>&1; $G digest | grep -c scope)
group=$($H list org_unit --json | tr -d '\n' | tr '{' '\n' | grep '"0303"' | sed 's/.*"id": "\([0-9a-f]*\)".*/\1/')
gives 0 "0303 comes under the grid" $H set "$group" "parent=$grid"
sync_all g
for w in GroupHomeWordsB GroupVisitWordsB AfterRotation1 AfterRotation2 AfterRotation3; do
    has "$($G list problem 2>/dev/null) $($G list visit 2>/dev/null)" "$w" "now he reads $w"
done
has_not "$($G list wish --json 2>/dev/null)" CarePersonOfB "but no care scope"
differs "$($G digest | grep -c scope)" "$carried" "one scope more"
gives 0 "rebuilt" $G rebuild
has "$($G list problem)" GroupHomeWordsB "from the log alone"
gives 0 "doctor" $G doctor
# what he may write is for officers to sign
gives 0 "orders" $H orders --json
is "$(printf '%s' "$out" | field state)" waits "a grant to match waits"
order=$(printf '%s\n' "$out" | field order)
has "$($H orders)" "Sun" "it names him"
add $G add need title=BySunMeanwhile
sync_all g
gives 0 "stamped" $H seal
gives 0 "an officer signs it, though he wrote on" $H sign "$order"
is "$($H orders --json | field state)" "" "nothing waits"
sync_all g b

# 0303 leaves the grid: what is written now is not for him
gives 0 "0303 leaves the grid" $H set "$group" parent=
sync_all b g
add $B add problem title=AfterTheGridLeft
sync_all b g
is "$(cat g/linjuli.db* | grep -a -c AfterTheGridLeft)" 0 "he reads nothing that comes later"
has "$($G list problem)" AfterRotation3 "and keeps what he read"
has "$($H list problem)" AfterTheGridLeft "the centre reads it"
stop hub
for n in hub a b g; do gives 0 "doctor of $n" "$L" -C $n doctor; done
done_testing
