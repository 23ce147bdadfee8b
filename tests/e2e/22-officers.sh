#!/bin/sh
# Several officers: one signature where two are asked has no effect anywhere, orders wait,
# go stale, travel as files; a PIN guards a key (design section 6, AUTHORITY.md 2.13).
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0303 Li leader
serve hub hub
sync_all() {
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n exchanges"; done
}
sync_all a b
order_of() { printf '%s\n' "$out" | field order; }
revoked() { # LOG DIR: as its members say
    "$L" -C "$2" members --json | tr -d ' \n' | tr '{' '\n' | grep "\"log\":$1," | grep -c '"revoked":true'
}

# the second officer, behind a PIN
echo 271828 >pin
echo 314159 >wrong
run $H officers --json
is "$(printf '%s' "$out" | grep -c '"key"')" 1 "one officer by birth"
gives 0 "a second one, by the first one's word" $H officers --add Zhao --pin-file pin
run $H officers
has "$out" "Zhao  key on this computer, behind a PIN" "is named, and his key is locked"
has "$out" "appoint 1, revoke 2, lost 2, erase 2" "how many must agree"
refused 77 "centre" "$L" -C a officers --add Qian

# one of two
refused 66 2c5565cd $H revoke 2c5565cd # no number, and the beginning of no key
gives 1 "revoked by one of two" $H revoke Wang --json
order=$(order_of)
sync_all a b
for d in hub a b; do is "$(revoked 2 $d)" 0 "has no effect at $d"; done
run $H orders --json
is "$(printf '%s' "$out" | field state)" waits "it waits"
has "$out" '"kind": "revoke"' "what it is"
has "$($H orders)" "revoke Wang 0302 leader (002) · 1 of 2 signed" "in words"
has "$($H status)" "1 orders wait" "status tells"
refused 77 "PIN" $H sign "$order" --officer "$($H officers | sed -n 's/  Zhao.*//p')"
refused 77 "PIN" $H sign "$order" --pin-file wrong
refused 66 "nobody" $H sign deadbeef --pin-file nobody
refused 66 "deadbeef" $H sign deadbeef --pin-file pin
gives 1 "the first officer again is no second one" $H sign "$order"

# by file, at another machine: b has no officer's key
gives 0 "the order goes out as a file" $H orders --export "$order" out.order
refused 66 "officer" "$L" -C b sign out.order
head -c 60 out.order >torn.order
refused 65 "order file" $H orders --import torn.order
gives 0 "the other officer signs the file" $H sign out.order --pin-file pin
gives 0 "brought back, it counts" $H orders --import out.order
refused 66 "$order" $H orders --import out.order
sync_all a b
for d in hub a b; do is "$(revoked 2 $d)" 1 "revoked at $d"; done
has "$("$L" -C a status)" "This log was ended" "he is told in plain words"
refused 77 "" "$L" -C a add need title=later

# stale
gives 1 "another order" $H revoke Li --json
order=$(order_of)
gives 1 "and one with another heir" $H revoke Li --heir 1 --json
other=$(order_of)
differs "$order" "$other" "are two orders"
gives 0 "one is signed" $H sign "$other" --pin-file pin
refused 75 "out of date" $H sign "$order" --pin-file pin
has "$($H orders)" "out of date" "the other is out of date"
gives 0 "dropped" $H orders --drop "$order"
run $H orders
has "$out" "No order waits" "nothing waits"

# erasing needs two as well
need=$($H add need title=WheelchairForQin 2>/dev/null | sed 's/ .*//')
gives 1 "an erasure by one of two waits" $H erase "$need" --ground consent --request 2026-009 --yes --json
order=$(order_of)
has "$out" '"done": false' "says so"
gives 0 "and nothing is gone" $H get "$need"
has "$($H orders)" "erase 1 items, request 2026-009 · 1 of 2 signed" "what it is"
gives 0 "the second signs" $H sign "$order" --pin-file pin
has "$($H get "$need")" "Erased, request 2026-009" "it is gone"
is "$(cat hub/linjuli.db* | grep -a -c WheelchairForQin)" 0 "from the disk too"

for order in $($H orders --json | sed -n 's/.*"order": "\([0-9a-f]*\)".*/\1/p'); do
    gives 0 "its locked half has an order of its own" $H sign "$order" --pin-file pin
done

# appointing by two: the invite waits, and is handed out once
gives 1 "two shall agree to appoint" $H officers --need grant=2
order=$(printf '%s' "$out" | sed 's/^Order \([0-9a-f]*\).*/\1/')
gives 0 "both say so" $H sign "$order" --pin-file pin
gives 1 "an invite by one of two waits" $H invite --person Sun --unit 0302 --role helper --file sun.lji --json
order=$(order_of)
is "$(ls sun.lji 2>/dev/null)" "" "no file is written"
has "$($H orders)" "appoint Sun 0302 helper · 1 of 2 signed" "what waits"
has "$($H status)" "1 orders wait" "status tells of the invite"
refused 75 "not signed by all" $H invite --order "$order" --file sun.lji
refused 66 "deadbeef" $H invite --order deadbeef
refused 64 "order" $H invite --order "$order" --person Sun
gives 0 "it goes out as a file" $H orders --export "$order" sun.order
gives 0 "and is signed" $H sign sun.order --pin-file pin
gives 0 "brought back" $H orders --import sun.order
has "$out" "linjuli invite --order $order" "what to do next"
has "$($H orders)" "signed by all" "it stays until it is handed out"
gives 0 "it is handed out" $H invite --order "$order" --file sun.lji --valid 2d
refused 66 "$order" $H invite --order "$order" --file again.lji
is "$(ls again.lji 2>/dev/null)" "" "only once"
gives 0 "she joins" "$L" -C c join sun.lji
"$L" -C c add visit words=Ladder way=door >/dev/null || not_ok "she writes"
sync_all c
has "$($H list visit)" "Ladder" "and what she writes counts"

# how many must agree; the last officer stays
gives 1 "needs change by two" $H officers --need revoke=1
order=$(printf '%s' "$out" | sed 's/^Order \([0-9a-f]*\).*/\1/')
gives 0 "the second" $H sign "$order" --pin-file pin
has "$($H officers)" "revoke 1" "they are changed"
refused 64 "need" $H officers --need revoke=0
gives 0 "one less, by one" $H officers --remove Zhao
refused 77 "last officer" $H officers --remove "$($H officers --json | field key)"
run $H officers
has "$out" "1 officers" "one is left"
gives 0 "new keys" $H rotate
gives 0 "of one unit" $H rotate 0302
refused 66 "0777" $H rotate 0777
sync_all b
gives 0 "what was written stays readable" "$L" -C b list need
stop hub || not_ok "the hub stops"
for d in hub a b; do gives 0 "$d: doctor finds nothing" "$L" -C $d doctor; done
done_testing
