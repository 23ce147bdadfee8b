#!/bin/sh
# 0302 is never online again: its stick goes by the laptop of 0303 to the hub and back.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub" A="$L -C a" B="$L -C b"
join_group a 0302 Wang leader
join_group b 0303 Li leader
gives 75 "a computer that the centre has not taken writes no stick" $A bundle write a0.llj
has "$err" "met the centre once" "and says what is missing"
serve hub hub
for n in a b a b; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub

for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    $A add household door=3-2-50$i address="Secretstring-$i" >/dev/null 2>&1 || $A add problem title="Secretstring-$i" >/dev/null 2>&1
done
$B add problem title=cellar >/dev/null 2>&1
gives 0 "status of 0302" $A status --json
before=$(printf '%s\n' "$out" | field unsent)
is "$before" 14 "fourteen are not sent"
mkdir usb
gives 0 "0302 writes its stick" $A bundle write usb
has "$out" "14 entries" "of fourteen entries"
f=$(ls usb/*.llj)
case $f in usb/Oasis_0302_2*.llj) ok "named for community, unit and time" ;; *) not_ok "name" "$f" ;; esac
gives 0 "status of 0302" $A status --json
is "$(printf '%s\n' "$out" | field on_stick)" 14 "fourteen wait on the stick"
is "$(printf '%s\n' "$out" | field at_risk)" 0 "and are not lost with this computer"
is "$(printf '%s\n' "$out" | field not_at_hub)" 14 "but are not called delivered"
gives 0 "status in words" $A status
has "$out" "On the USB stick, waiting for the centre: 14" "says so"
has_not "$out" "All delivered" "and nothing else"

# pulled out at 60 %
size=$(wc -c <"$f")
mkdir torn
head -c $((size * 60 / 100)) "$f" >torn/x.llj
gives 75 "0303 reads a torn copy" $B bundle read torn
has "$err" "not whole" "and says that it is not whole"
gives 0 "0303 reads the stick" $B bundle read usb --json
gives 0 "status of 0303" $B status --json
is "$(printf '%s\n' "$out" | field carried)" 14 "carries fourteen"
gives 0 "0303 reads it once more" $B bundle read usb
has "$out" "0302: 0 new, 14 already here" "and nothing is new"
gives 0 "status of 0303" $B status --json
is "$(printf '%s\n' "$out" | field carried)" 14 "still fourteen"
if grep -qa Secretstring b/linjuli.db*; then not_ok "0303 reads a name of 0302"; else ok "0303 cannot read what it carries"; fi
if grep -qa Secretstring a/linjuli.db*; then ok "which 0302 can"; else not_ok "which 0302 can"; fi
if grep -qa Secretstring "$f"; then not_ok "the stick tells a name"; else ok "nor does the stick tell"; fi

# by the laptop of 0303 to the hub, and back
mkdir usb2
gives 0 "0303 writes its own stick" $B bundle write usb2
gives 0 "the hub reads it" $H bundle read usb2
has "$out" "0302: 14 new" "with all of 0302"
has "$out" "0303: 1 new" "and of 0303"
has "$out" "Receipt and news" "and writes an answer"
is "$(ls usb2/*.llj | wc -l | tr -d ' ')" 2 "onto the same stick"
gives 0 "the hub reads it twice" $H bundle read usb2
has "$out" "0302: 0 new, 14 already here" "without effect"
is "$($H list household --json | grep -c Secretstring)" "$($A list household --json | grep -c Secretstring)" "the hub has all of 0302, once"
is "$($H doctor >/dev/null 2>&1; echo $?)" 0 "and whole entries only"
$H seal >/dev/null
gives 0 "the hub reads again and writes back" $H bundle read usb2
gives 0 "0303 reads the answer" $B bundle read usb2
gives 0 "status of 0303" $B status --json
is "$(printf '%s\n' "$out" | field carried)" 0 "carries nothing any more"
is "$(printf '%s\n' "$out" | field not_at_hub)" 0 "and its own is delivered"
node=$($A status --json | field node)
mkdir usb3
gives 0 "0303 writes for 0302" $B bundle write usb3 --for "$node"
gives 0 "status of 0302 before" $A status
has "$out" "waiting for the centre: 14" "still waits"
gives 0 "0302 reads it" $A bundle read usb3
gives 0 "status of 0302" $A status
has "$out" "All delivered to the centre" "is delivered by the stamp alone"
has_not "$out" "waiting for the centre" "and waits no more"
is "$($A digest | head -n 1)" "$($B digest | head -n 1)" "both hold the same logs"

# the stick itself at the hub: the receipt comes back on it
$A add problem title=later >/dev/null 2>&1
mkdir usb4
gives 0 "0302 writes" $A bundle write usb4
gives 0 "the hub reads and answers" $H bundle read usb4
gives 0 "status before the answer" $A status --json
is "$(printf '%s\n' "$out" | field on_stick)" 1 "one waits"
gives 0 "0302 reads the answer" $A bundle read usb4
gives 0 "status after it" $A status --json
is "$(printf '%s\n' "$out" | field on_stick):$(printf '%s\n' "$out" | field not_at_hub)" 0:0 "the receipt has come"
for n in hub a b; do gives 0 "doctor of $n" "$L" -C $n doctor; done
done_testing
