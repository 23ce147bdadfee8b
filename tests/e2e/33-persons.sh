#!/bin/sh
# Several persons at one machine (product.md 2.3, S5): PINs, who writes, one who comes and
# one who goes, without the centre.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
W="$L -C w"
join_group w 0302 Wang leader
serve hub hub
meet() { # DIR...: each exchanges with the hub
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
}
meet w
for i in 1 2 3 4 5; do echo "27182$i" >pin$i; done
echo 999999 >wrong
lock_of() { "$L" -C "$1" status --json | field lock; }

# a PIN
is "$(lock_of w)" none "no PIN at first"
refused 64 "new-pin-file" $W pin set
gives 0 "a PIN is set" env LINJULI_LANG=zh $W pin set --new-pin-file pin1
has "$out" "PIN 只锁屏幕" "in plain words what it is worth"
is "$(lock_of w)" locked "then the log is locked"
has "$($W status)" "locked" "in words"
refused 65 "already" $W pin set --new-pin-file pin2
refused 77 "locked" $W add need title=x
refused 77 "4 more" $W add need title=x --pin-file wrong
gives 0 "the right PIN opens it for one command" $W add need title=by-pin --pin-file pin1
refused 77 "locked" $W add need title=x
gives 0 "also before the command" "$L" -C w --pin-file pin1 add need title=before
refused 69 "serve" $W unlock --pin-file pin1
refused 77 "locked" $W bundle write s.llj
refused 77 "4 more" $W bundle write s.llj --pin-file wrong
gives 0 "a stick is written with the PIN" $W bundle write s.llj --pin-file pin1
refused 77 "4 more" $W pin change --pin-file wrong --new-pin-file pin2
gives 0 "another PIN" $W pin change --pin-file pin1 --new-pin-file pin2
refused 77 "4 more" $W add need title=x --pin-file pin1
gives 0 "the new one opens" $W pin check --pin-file pin2
gives 0 "it exchanges while it is locked" $W sync "127.0.0.1:$port"
is "$($H list need --json | grep -c '"number"')" 2 "and what was written has come"

# the daemon: unlock, lock
serve w w --peer "127.0.0.1:$port"
refused 77 "locked" $W add need title=x
refused 77 "4 more" $W unlock --pin-file wrong
gives 0 "unlocked" $W unlock --pin-file pin2
is "$(lock_of w)" unlocked "as status says"
gives 0 "it writes" $W add need title=unlocked
gives 0 "locked again" $W lock
refused 77 "locked" $W add need title=x
gives 0 "a PIN for one command, through the daemon" $W add need title=once --pin-file pin2
is "$(lock_of w)" locked "and no longer"
grep -q 27182 w/linjuli.log && not_ok "no PIN in the log file" || ok "no PIN in the log file"

# five wrong ones
for i in 4 3 2 1; do refused 77 "$i more" $W unlock --pin-file wrong; done
refused 77 "1 minutes" $W unlock --pin-file wrong
refused 77 "1 minutes" $W unlock --pin-file pin2
stop w || not_ok "the daemon stops"
refused 77 "1 minutes" $W add need title=x --pin-file pin2
serve w w --peer "127.0.0.1:$port"
refused 77 "1 minutes" $W unlock --pin-file pin2
stop w || not_ok "the daemon stops again"

done_testing
