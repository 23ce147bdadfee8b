#!/bin/sh
# Bundles on a stick: cut, damaged, foreign, newer, hostile names, a full stick, a daemon.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub" A="$L -C a" B="$L -C b"
join_group a 0302 Wang leader
join_group b 0303 Li leader
serve hub hub
for n in a b; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub
for i in 1 2 3 4 5 6; do $A add problem title="stairs $i" >/dev/null 2>&1; done
gives 64 "bundle needs a verb it knows" $A bundle burn x
gives 64 "a receiver is a number" $A bundle write x.llj --for hub
gives 66 "that there is" $A bundle write x.llj --for 77
gives 65 "and is not this computer" $A bundle write x.llj --for "$($A status --json | field node)"
is "$(ls ./*.llj 2>/dev/null)" "" "nothing was written"
gives 0 "write" $A bundle write s.llj --json
is "$(printf '%s\n' "$out" | field entries)" 6 "six entries"
gives 0 "written again over its own" $A bundle write s.llj
is "$(ls -a | grep -c '\.linjuli-')" 0 "and nothing is left beside it"
gives 1 "nobody reads their own" $A bundle read s.llj

# every 512th byte: up to the last whole chunk, and the whole one completes it
cp -r hub hub.before && cp -r state state.before
size=$(wc -c <s.llj) at=0 bad=0 cuts=0
while [ $at -lt "$size" ]; do
    head -c $at s.llj >cut.llj
    run $H bundle read cut.llj --no-reply
    if [ $at -eq 0 ]; then want=66; else want=75; fi
    [ $rc -eq $want ] || { bad=$((bad + 1)) && echo "# cut at $at: $rc $err"; }
    [ $want -ne 75 ] || case $err in *"not whole"*"missing"*) ;; *) bad=$((bad + 1)) && echo "# cut at $at: $err" ;; esac
    at=$((at + 512)) cuts=$((cuts + 1))
done
is "$bad" 0 "cut in $cuts places: each says that it is not whole"
gives 0 "the whole one completes it" $H bundle read s.llj --no-reply
is "$($H list problem --json | grep -c stairs)" 6 "all six are at the hub"
gives 0 "twice has no effect" $H bundle read s.llj --no-reply
has "$out" "0302: 0 new" "nothing is new"
gives 0 "doctor" $H doctor

# one flipped bit anywhere, into a hub that has nothing of it
rm -rf hub state && mv hub.before hub && mv state.before state
flip() { # AT: s.llj with one bit of that byte turned
    b=$(od -An -tu1 -j "$1" -N 1 s.llj | tr -d ' ')
    head -c "$1" s.llj
    printf "\\$(printf %03o $((b ^ 4)))"
    tail -c +$(($1 + 2)) s.llj
}
at=0 bad=0
while [ $at -lt "$size" ]; do
    flip $at >flip.llj
    run $H bundle read flip.llj --no-reply
    lines=$(printf '%s\n' "$err" | grep -c .)
    case $rc:$lines in 65:1 | 66:1 | 75:1 | 78:1) ;; *) bad=$((bad + 1)) && echo "# bit of $at: $rc $err" ;; esac
    at=$((at + 97))
done
is "$bad" 0 "a flipped bit anywhere: one plain reason"
flip $((size - 20)) >flip.llj
gives 65 "damaged at the end" $H bundle read flip.llj --no-reply
has "$err" "damaged from byte" "says where"
gives 0 "doctor" $H doctor
gives 0 "the whole one" $H bundle read s.llj --no-reply
cat s.llj s.llj >two.llj
gives 65 "something behind the end" $H bundle read two.llj --no-reply

# others
flip 16 | { head -c 16; printf '\002'; cat >/dev/null; } >new.llj
tail -c +18 s.llj >>new.llj
refused 78 "newer version" $H bundle read new.llj
"$L" -C other init --name Elsewhere --person Zhao >/dev/null
refused 77 "another community" "$L" -C other bundle read s.llj
truncate -s 3G zeros.llj
if command -v prlimit >/dev/null; then
    refused 66 "no bundle" prlimit --data=64000000 $H bundle read zeros.llj
else refused 66 "no bundle" $H bundle read zeros.llj; fi
rm zeros.llj
: >empty.llj
refused 66 "no bundle" $H bundle read empty.llj
refused 66 "gone.llj" $H bundle read gone.llj

# hostile names
mkdir evil
ln -s ../s.llj evil/link.llj
mkfifo evil/pipe.llj
mkdir evil/folder.llj
name=$(printf 'evil/\033[31mred\n.llj')
cp s.llj "$name"
refused 66 "plain file" $H bundle read evil/link.llj
refused 66 "plain file" timeout 10 $H bundle read evil/pipe.llj
run timeout 20 $H bundle read evil --no-reply
is "$rc" 66 "a folder of them is read to its end"
is "$(printf '%s\n' "$err" | grep -c 'no plain file')" 3 "each of three is told"
has "$out" "6 already here" "and the good one is taken"
case "$out$err" in *"$(printf '\033')"*) not_ok "a name drives the terminal" ;; *) ok "no name drives the terminal" ;; esac

# somebody else's file stays
cp s.llj theirs.llj
refused 74 "not written by this computer" $B bundle write theirs.llj
cmp -s s.llj theirs.llj && ok "and is as it was" || not_ok "and is as it was"
ln -s s.llj link.llj
refused 74 "not written by this computer" $B bundle write link.llj

# a full stick
if mkdir full && mount -t tmpfs -o size=100k none full 2>/dev/null; then
    n=0
    while [ $n -lt 60 ]; do
        $A add problem title="long $n $(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')" >/dev/null 2>&1
        n=$((n + 1))
    done
    head -c 80000 /dev/urandom >full/photo
    refused 74 "KB are needed" $A bundle write full
    is "$(ls -A full)" photo "nothing is left on it"
    umount full
else
    ok "no tmpfs of its own here: a full stick is not tried"
fi

# through daemons, on both sides
serve a a && serve hub hub
$A add problem title=door >/dev/null 2>&1
mkdir usb
gives 0 "write beside a daemon" $A bundle write usb
gives 0 "read through a daemon" $H bundle read usb
has "$out" "Receipt and news" "and answers"
gives 0 "the answer through a daemon" $A bundle read usb
gives 0 "status" $A status --json
is "$(printf '%s\n' "$out" | field not_at_hub)" 0 "all is delivered"
stop a
stop hub
# a receipt that nobody known has signed
gives 0 "the hub for everybody" $H bundle write all.llj
gives 0 "0303 reads it" $B bundle read all.llj
has_not "$out" "not believed" "and believes it"
for n in hub a b; do gives 0 "doctor of $n" "$L" -C $n doctor; done
done_testing
