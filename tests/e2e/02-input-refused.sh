#!/bin/sh
# What is wrong is refused before anything is written, with the agreed exit status and in
# words that name it (acceptance A9).
. "$(dirname "$0")/lib.sh"
H="$L -C hub"
refused 66 hub $H list need
found_hub
number=$($H add need title=lamp 2>/dev/null | cut -d' ' -f1)
other=$($H add need title=other 2>/dev/null | cut -d' ' -f1)
before=$($H digest)

refused 65 nosuch $H add nosuch title=x
refused 65 colour $H add need title=x colour=red
refused 65 urgency $H add need title=x urgency=perhaps
has "$err" "normal, urgent" "and says what would do"
refused 65 wanted_by $H add need title=x wanted_by=2026-02-30
refused 65 wanted_by $H add need title=x wanted_by=tomorrow
refused 65 how_many $H add need title=x how_many=many
refused 65 how_many $H add need title=x how_many=0
refused 65 title $H add need urgency=urgent
refused 65 title $H add need title=
refused 65 title $H add need title=a title=b
refused 65 title $H add need title="$(printf 'x%.0s' $(seq 1 61))"
refused 65 title $H set "$number" title=
refused 65 number $H set "$number" number=0302-001-26-0001
refused 65 state $H set "$number" state=claimed
refused 65 code $H add org_unit code=12 name=x kind=group
refused 64 colour $H add need colour
refused 64 =x $H add need =x
refused 64 --unit $H add need title=x --unit 03
refused 64 --unit $H add need title=x --unit

refused 66 0000-001-26-9999 $H get 0000-001-26-9999
refused 66 ffffffff $H get ffffffff
refused 66 12 $H get 12
refused 65 0000-001 $H get 0000-001
has "$err" 0000-001-26-0001 "and names one that it could be"
refused 66 0000-001-26-9999 $H set 0000-001-26-9999 title=x
refused 65 closed $H move "$number" closed
has "$err" claimed "and names the steps there are"
refused 65 flying $H move "$number" flying
refused 66 0000-001-26-9999 $H move "$number" 0000-001-26-9999 claimed
refused 66 00000000 $H settle 00000000 1
refused 64 CHOICE $H settle 00000000 one
refused 66 nobatch $H undo nobatch
refused 66 00000000000000000000000000000000 $H undo 00000000000000000000000000000000
refused 65 nosuch $H describe nosuch
refused 65 colour $H list need colour=red
refused 65 sky $H list need state=sky
refused 64 --limit $H list need --limit many

# bytes that drive a terminal or hide
refused 65 title $H add need title="$(printf 'a\033[2Jb')"
refused 65 title $H add need title="$(printf 'a\001b')"
refused 65 title $H add need title="$(printf 'a\342\200\256b')"
refused 65 title $H add need title="$(printf 'a\377b')"
refused 65 title $H add need title="$(printf 'a\355\240\200b')"
run $H add "$(printf 'ne\033ed')" title=x
has_not "$err" "$(printf '\033')" "what was typed comes back escaped"
run $H get "$(printf '0000\033[31m')"
has_not "$err" "$(printf '\033')" "ids too"
printf 'title\nla\000mp\n' >nul.csv
gives 65 "a NUL in a sheet is refused" $H import need nul.csv
has "$err$out" "line 2" "and the line is named"

refused 64 nosuch "$L" nosuch
refused 64 --nosuch "$L" --nosuch
refused 64 --nosuch $H add need title=x --nosuch
refused 64 move $H move "$number"
refused 64 extra $H get "$number" extra
refused 64 "" "$L"
refused 64 --role $H invite --person X --unit 0302
refused 64 king $H invite --person X --unit 0302 --role king
refused 64 --valid $H invite --person X --unit 0302 --role leader --valid forever
refused 75 0399 $H invite --person X --unit 0399 --role leader
refused 66 nofile $H import need nofile.csv
refused 66 nofile "$L" -C new join nofile
head -c 300 /dev/urandom >noise.lji
refused 65 noise.lji "$L" -C new join noise.lji
refused 77 "Nobody" $H --as Nobody add need title=x

is "$($H digest)" "$before" "nothing of all this has been written"
is "$($H list need | wc -l | tr -d ' ')" 2 "two needs are there as before"

# rights: a helper of 0302
join_group a 0302 Helper helper
A="$L -C a"
serve hub hub
$A sync "127.0.0.1:$port" >/dev/null || not_ok "they meet"
stop hub || not_ok "the hub stops"
refused 77 need $A set "$number" title=mine
refused 77 claimed $A move "$number" claimed
refused 77 org_unit $A add org_unit code=0304 name=x kind=group
refused 77 0303 $A add problem title=x --unit 0303
refused 77 centre $A seal
refused 77 centre $A invite --person X --unit 0302 --role leader
gives 0 "what is theirs they write" $A add need title=ours
is "$other" "$($H list need --json | grep -o '0000-001-[0-9-]*' | tail -n 1)" "the other need stands"

# invites that do not hold
head -c 100 a.lji >torn.lji
refused 65 torn.lji "$L" -C new join torn.lji
has "$err" torn "and is told apart from no invite"
refused 65 "mistyped" "$L" -C new join 1234-5678-1234-5679
refused 64 "person" "$L" -C new join --request r
[ -e new ]
is $? 1 "and no directory is left behind"
refused 65 "another computer" "$L" -C hub join a.lji
done_testing
