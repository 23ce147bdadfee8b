#!/bin/sh
# Two of one group change the same field apart and meet without the hub.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub" A="$L -C a" B="$L -C b"
join_group a 0302 Wang leader
join_group b 0302 Li helper
serve hub hub
r=$($A add need title=lamp place=stairs 2>/dev/null | cut -d' ' -f1)
q=$($A add need title=bench place=yard 2>/dev/null | cut -d' ' -f1)
for n in "$A" "$B" "$A"; do # whoever joined first hears of whoever joined last
    $n sync "127.0.0.1:$port" >/dev/null || not_ok "all three meet"
done
stop hub || not_ok "the hub stops"
is "$($B get "$r" --json | field title)" lamp "both have the record"

gives 0 "one side" $A set "$r" title=lamp-one
gives 0 "the other side" $B set "$r" title=lamp-two
gives 0 "and another field" $B set "$r" place=door
gives 0 "of another record one field" $A set "$q" title=two-benches
gives 0 "and another one" $B set "$q" place=garden
is "$($A cases --json)" "[]" "no case while they are apart"
p=$(free_port)
serve a a --listen "127.0.0.1:$p"
gives 0 "they meet without the hub" $B sync "127.0.0.1:$p"
stop a || not_ok "a stops"
gives 0 "cases at one side" $A cases --json
case_a=$(printf '%s\n' "$out" | field case)
is "$(printf '%s\n' "$out" | grep -c '"choice":')" 2 "has both choices"
is "$(printf '%s\n' "$out" | field field)" title "of that field"
gives 0 "cases at the other side" $B cases
has "$out" "$case_a" "is the same case"
has "$out" lamp-one "with one side"
has "$out" lamp-two "and the other"
has "$out" Wang "says who"
has "$out" "Two versions" "in words"
is "$($A digest | grep '^scope 1 ')" "$($B digest | grep '^scope 1 ')" "both hold the same content"
is "$($A get "$r" --json | field place)" door "the other field is no case"
has "$($A get "$q")" "Both changes kept" "where only other fields differ, that is told"
has_not "$($A cases)" "$q" "and is no case"
gives 0 "inbox" $A inbox
has "$out" "$case_a" "has the case"

refused 65 "1..2" $A settle "$case_a" 3
mine=$($A cases --json | awk '/"choice":/ { gsub(/[^0-9]/, ""); n = $0 } /"lamp-one"/ { print n }')
gives 0 "settle" $A settle "$case_a" "$mine"
is "$($A get "$r" --json | field title)" lamp-one "the chosen one stands"
is "$($A cases --json)" "[]" "the case is closed here"
refused 66 "$case_a" $A settle "$case_a" 2
serve a a --listen "127.0.0.1:$p"
gives 0 "they meet again" $B sync "127.0.0.1:$p"
stop a || not_ok "a stops"
is "$($B cases --json)" "[]" "the case is closed there"
is "$($B get "$r" --json | field title)" lamp-one "with the same choice"
serve hub hub
gives 0 "the hub hears of it" $B sync "127.0.0.1:$port"
is "$($H cases --json)" "[]" "and has no case"
is "$($H get "$r" --json | field title)" lamp-one "but the choice"
stop hub || not_ok "the hub stops"
gives 0 "inbox of whose words were not chosen" $B inbox
has "$out" "not chosen" "says so"
has "$out" Wang "says by whom"
has "$out" lamp-two "and what they were"
gives 0 "inbox of the other" $A inbox --json
has_not "$out" lamp-two "is empty"
has "$($A history "$r")" "chosen among 2" "history tells the choice"
done_testing
