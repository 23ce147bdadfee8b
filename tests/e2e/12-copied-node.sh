#!/bin/sh
# A log that was copied or restored never writes again; work goes on in a new one, which
# does not count yet, in words (design section 4). So two copies never sign one number
# twice.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
serve hub hub
gives 0 "a exchanges" "$L" -C a sync "127.0.0.1:$port"
number=$("$L" -C a add need title=first 2>/dev/null | cut -d' ' -f1)
differs "$number" "" "a writes"

# DIR: what is written there is written in a new log that does not count yet
works_on() {
    run "$L" -C "$1" add need title="by-$1"
    is "$rc" 0 "$1 works on"
    has "$err" "ask for a new invite" "$1 is told what it is"
    case $out in
    0???-x*) ok "$1 writes in a log that does not count yet" ;;
    *) not_ok "$1 writes in a log that does not count yet" "$out" ;;
    esac
    run "$L" -C "$1" add need title="again-by-$1"
    is "$rc" 0 "$1 writes again"
    has_not "$err" "new invite" "and is told once"
}
cp -a a copy
works_on copy
has "$("$L" -C copy status --json)" '"guard": "foreign"' "the old log is read only"
gives 0 "the copy reads" "$L" -C copy get "$number"
gives 0 "and exchanges" "$L" -C copy sync "127.0.0.1:$port"
is "$(ls copy/keys/log-* | wc -l | tr -d ' ')" 2 "one new log, and no more"
gives 0 "the first one writes on" "$L" -C a add need title=second
gives 0 "and sends it" "$L" -C a sync "127.0.0.1:$port"
is "$($H list need | wc -l | tr -d ' ')" 2 "the centre has what the first one wrote and no more"
gives 0 "status of the copy" "$L" -C copy status

# the hub's own directory, copied: no seal, no write
stop hub || not_ok "the hub stops"
cp -a hub hubcopy
works_on hubcopy
gives 77 "nor does the copied hub seal" "$L" -C hubcopy seal
gives 0 "the hub itself does" $H seal

# an older state, put back in place
mkdir old
cp -a a/linjuli.db* old/
gives 0 "a writes" "$L" -C a add need title=third
rm a/linjuli.db*
cp -a old/linjuli.db* a/
gives 0 "a restored one reads" "$L" -C a get "$number"
is "$("$L" -C a find third 2>/dev/null | wc -l | tr -d ' ')" 0 "as of then"
works_on a
has "$("$L" -C a status --json)" '"guard": "ahead"' "the old log is read only"
serve hub hub
gives 0 "and exchanges" "$L" -C a sync "127.0.0.1:$port"
serve a a --listen "127.0.0.1:$(free_port)"
gives 0 "also through a daemon" "$L" -C a add need title=over-again
has "$out" "-x" "in the new log"
gives 0 "which runs" "$L" -C a list need
stop a && ok "and stops with 0" || not_ok "and stops with 0"

stop hub || not_ok "the hub stops"
# a whole directory moved keeps its word
join_group m 0303 Li leader
mv m moved
gives 0 "a moved directory writes" "$L" -C moved add need title=moved

# no state directory
cp -a hub hubcopy2
mv state away
works_on hubcopy2
gives 77 "nothing is sealed" "$L" -C hubcopy2 seal
gives 0 "reading goes on" $H list need
rm -r state
mv away state
gives 0 "back again, writing as before" $H add need title=guarded
has_not "$out" "-x" "in the log that counts"
mv state away
: >state
run "$L" -C new init --name New --listen 127.0.0.1:1
is "$rc:$out" "74:" "no place for the guard: nothing is founded"
has "$err" state "and the place is named"
is "$(ls -d new* 2>/dev/null)" "" "and nothing is left behind"
rm state
mv away state

# torn guards: nobody knows, so nobody writes
for g in state/*.guard; do cp "$g" "$g.kept"; head -c 100 "$g.kept" >"$g"; done
run "$L" -C hub add need title=torn
has "$out" "-x" "not in a log whose guard is torn"
for g in state/*.guard.kept; do mv "$g" "${g%.kept}"; done

# a power cut after the commit and before the guard: behind is normal
for g in state/*.guard; do cp "$g" "$g.kept"; done
gives 0 "write" $H add need title=later
for g in state/*.guard; do cp "$g.kept" "$g"; done
gives 0 "a guard that is behind lets write" $H add need title=later-still

# a file system that takes nothing
if mkdir ro && mount -t tmpfs -o size=16m tmpfs ro 2>/dev/null; then
    trap 'umount -l "$T/ro" 2>/dev/null; e2e_cleanup' EXIT
    gives 0 "a node" "$L" -C ro/n init --name Ro --listen 127.0.0.1:1
    mount -o remount,ro ro
    run "$L" -C ro/n add need title=x
    is $rc 74 "on a read-only disk writing is refused with 74"
    has "$err" ead-only "in words"
    gives 0 "and reading goes on" "$L" -C ro/n list need
    umount ro
fi
for n in hub a; do gives 0 "doctor of $n" "$L" -C $n doctor; done
done_testing
