#!/bin/sh
# A disk that fills up: the command says so and what to do, nothing is lost, and work goes on
# when there is room again. A small tmpfs of its own; without the right to mount one it is a
# file-size limit instead.
. "$(dirname "$0")/lib.sh"

mkdir small
if mount -t tmpfs -o size=4m tmpfs small 2>/dev/null; then
    trap 'umount "$T/small" 2>/dev/null; e2e_cleanup' EXIT
    fill() { dd if=/dev/zero of=small/ballast bs=4k 2>/dev/null; }
    room() { rm -f small/ballast; }
    limited() { "$@"; }
else
    echo "# no right to mount: a file-size limit stands in for the full disk"
    full=0
    fill() { full=1; }
    room() { full=0; }
    limited() { if [ $full = 1 ]; then (ulimit -f 16; trap '' XFSZ; exec "$@"); else "$@"; fi; }
fi

gives 0 "a node is founded on a small disk" "$L" -C small/hub init --name Oasis --person Centre
n=0
while [ $n -lt 20 ]; do
    n=$((n + 1))
    "$L" -C small/hub add need "title=before $n" >/dev/null || not_ok "write $n"
done
fill
saved=0 refused=0 said=
while [ $refused -lt 3 ] && [ $saved -lt 2000 ]; do
    if limited "$L" -C small/hub add need "title=while full $saved" >.o 2>.e; then
        saved=$((saved + 1))
    else
        rc=$?
        refused=$((refused + 1))
        said=$(cat .e)
    fi
done
is $refused 3 "a full disk refuses"
is "$rc" 74 "with status 74"
has "$said" "full" "and says that the disk is full and what to do"
gives 0 "reading goes on" "$L" -C small/hub list need
room
gives 0 "with room again, writing goes on" "$L" -C small/hub add need "title=after"
is "$("$L" -C small/hub list need --json | grep -c '"id":')" $((20 + saved + 1)) \
    "everything that was called saved is there, and nothing else"
gives 0 "the doctor finds nothing" "$L" -C small/hub doctor

# The same under a running daemon: the person is told, the daemon lives on.
serve hub small/hub
fill
refused=0 more=0
while [ $refused -lt 1 ] && [ $more -lt 2000 ]; do
    if limited "$L" -C small/hub add need "title=daemon full $more" >/dev/null 2>.e; then
        more=$((more + 1))
    else
        refused=1
    fi
done
[ "${full:-0}" = 1 ] || is $refused 1 "a full disk refuses through the daemon"
room
gives 0 "with room again, the same daemon writes on" "$L" -C small/hub add need "title=after daemon"
stop hub
is $? 0 "and stops cleanly"
gives 0 "the doctor finds nothing" "$L" -C small/hub doctor
done_testing
