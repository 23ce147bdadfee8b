#!/bin/sh
# 88 real nodes that hold the article's community, each with 20 new entries, all started at
# once: how long until all agree; then a minute of rest: CPU and resident memory of the hub and
# of a group node. B: build directory. Figures only, no verdict.
set -u
B=${B:-build}
L=$(cd "$B" && pwd)/linjuli
nodes=${MESH_NODES:-87}
T=$(mktemp -d "${TMPDIR:-/tmp}/linjuli-mesh.XXXXXX") || exit 70
trap 'kill $(cat "$T"/*.pid 2>/dev/null) 2>/dev/null; sleep 1; rm -rf "$T"' EXIT
LINJULI_LANG=en
export LINJULI_LANG
"$L" demo --nodes "$nodes" --dir "$T/demo" >"$T/demo.out" || { tail -n 5 "$T/demo.out"; exit 1; }
grep -E 'after|peak' "$T/demo.out"
LINJULI_STATE=$T/demo/state
export LINJULI_STATE
cd "$T/demo" || exit 70
for n in hub group-*; do
    i=0
    while [ $i -lt 20 ]; do
        i=$((i + 1))
        "$L" -C "$n" add visit "words=visit $i" way=door >/dev/null 2>&1 || echo "$n cannot write"
    done
done
start=$(date +%s.%N)
for n in hub group-*; do
    "$L" -C "$n" serve --no-lan >/dev/null 2>&1 &
    echo $! >"$T/$n.pid"
done
agree() {
    want=$("$L" -C hub digest --log)
    for n in group-*; do
        [ "$("$L" -C "$n" digest --log)" = "$want" ] || return 1
    done
}
until agree; do sleep 0.5; done
echo "converged after $(echo "$(date +%s.%N) - $start" | bc) s ($nodes group nodes and the hub, 20 new entries each)"
cpu() { awk '{print $14 + $15}' "/proc/$(cat "$T/$1.pid")/stat"; }
rss() { awk '/VmRSS/ {print $2}' "/proc/$(cat "$T/$1.pid")/status"; }
one=$(ls -d group-* | head -n 1)
h=$(cpu hub) g=$(cpu "$one")
sleep 60
tick=$(getconf CLK_TCK)
echo "at rest for 60 s: hub $(echo "scale=3; ($(cpu hub) - $h) * 100 / $tick / 60" | bc) % of a core, $(($(rss hub) / 1024)) MB; group $(echo "scale=3; ($(cpu "$one") - $g) * 100 / $tick / 60" | bc) %, $(($(rss "$one") / 1024)) MB"
