#!/bin/sh
# A record is erased on request: on every node its bytes go, chains, stamps and tables
# hold, each node says so, the one that was off is named until it returns, and what it
# wrote meanwhile has no effect (design section 9; the law asks for it).
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0302 Li leader
join_group c 0303 Zhao leader
serve hub hub
sync_all() {
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n exchanges"; done
}
held() { # WORD DIR...: how many of the files hold it, write-ahead log and free pages too
    held_word=$1
    shift
    for d in "$@"; do cat "$d"/linjuli.db*; done | grep -a -c "$held_word"
}
sync_all a b c
first=$("$L" -C a add resident name=QinYuzhen phone=13912345678 2>/dev/null)
resident=${first%% *}
line=$("$L" -C a add wish title=WheelchairForQin beneficiary=QinYuzhen words=BrokenHipInMay resident="$resident" 2>/dev/null)
wish=${line%% *} id=${line##* }
differs "$wish" "" "a wish is written down"
sync_all a b c a
"$L" -C b set "$wish" words=HipHealsSlowly >/dev/null 2>&1 || not_ok "b edits it"
sync_all b a c b
gives 0 "stamped" $H seal
sync_all a b c
differs "$(held WheelchairForQin hub)" 0 "the hub's file holds it"
differs "$(held WheelchairForQin c)" 0 "so does another group's"
differs "$(held QinYuzhen a)" 0 "its own holds the private half"
differs "$(held HipHealsSlowly a b)" 0 "and the edit"

# who may, and what is asked for
refused 77 "centre" "$L" -C a erase "$wish" --ground consent --request 2026-007 --yes
refused 64 "consent" $H erase "$wish" --request 2026-007 --yes
refused 64 "number" $H erase "$wish" --ground consent --request "2026 007" --yes
run $H erase "$wish" --ground consent --request 2026-007
is $rc 1 "without --yes it only tells"
has "$out" "3 items in 2 entries of 2 logs" "how much would go"
gives 0 "and nothing is gone" $H get "$wish"

# b is off; the others erase
gives 0 "erased" $H erase "$wish" --ground consent --request 2026-007 --yes
gives 0 "the resident too" $H erase "$resident" --ground consent --request 2026-007 --yes
"$L" -C b set "$wish" words=WrittenMeanwhile >/dev/null 2>&1 || not_ok "b, off, edits on"
sync_all a c a c
for w in WheelchairForQin QinYuzhen BrokenHipInMay HipHealsSlowly 13912345678; do
    is "$(held $w hub a c)" 0 "no file holds $w"
done
run $H get "$wish"
is "$rc $out" "0 Erased, request 2026-007 (consent withdrawn)" "whoever asks for it is told, by number"
run "$L" -C c get "$id" --json
has "$out" '"request": "2026-007"' "by id, and for scripts"
run env LINJULI_LANG=zh "$L" -C a get "$wish"
has "$out" "已按申请 2026-007 删除" "and in Chinese"
refused 66 "2026-007" "$L" -C a set "$wish" title=again
is "$("$L" -C a find Wheelchair 2>/dev/null | grep -c "$wish")" 0 "no search finds it"
"$L" -C a export wish out.csv >/dev/null 2>&1
is "$(grep -c Qin out.csv)" 0 "nor does an export hold it"

# who has not
list() { $H erase --list --json | tr -d ' \n'; }
wait_for 5 sh -c "$H erase --list | grep -q '3 of 4'" && ok "three of four have done it" || not_ok "three of four" "$($H erase --list)"
has "$($H erase --list)" "not yet: no. 3 · unit 0302" "the one that is off is named"
run $H erase --list
is "$(printf '%s\n' "$out" | grep -c 'not yet')" 2 "once for each record"

# it returns: its own bytes go, its edit stays without effect
sync_all b a c b
for w in WheelchairForQin QinYuzhen BrokenHipInMay HipHealsSlowly WrittenMeanwhile; do
    is "$(held $w hub a b c)" 0 "no file holds $w"
done
wait_for 5 sh -c "! $H erase --list | grep -q 'not yet'" && ok "all have done it" || not_ok "all have done it" "$($H erase --list)"
run $H erase "$wish" --ground consent --request 2026-007 --yes
is "$rc" 0 "what came later is erased as well"
has "$out" "1 items" "the one edit"
sync_all a b c a b c
run $H erase "$wish" --ground consent --request 2026-007 --yes
is "$rc" 1 "then nothing of it is left"

# the rest holds
gives 0 "stamps go on" $H seal
sync_all a b c
digest=$($H digest)
stop hub || not_ok "the hub stops"
for d in hub a b c; do
    gives 0 "$d: doctor finds nothing" "$L" -C $d doctor
    before=$("$L" -C $d digest)
    gives 0 "$d: rebuilt" "$L" -C $d rebuild
    is "$("$L" -C $d digest)" "$before" "$d: the same digest"
    is "$(printf '%s' "$before" | head -n 1)" "$(printf '%s' "$digest" | head -n 1)" "$d: as the hub's"
done
line=$("$L" -C a add wish title=Another 2>/dev/null)
differs "${line%% *}" "$wish" "its number is not given again"
done_testing
