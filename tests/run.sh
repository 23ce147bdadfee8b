#!/bin/sh
# Runs test programs that speak TAP, shows what failed, and closes with "N passed, N failed".
# A program that dies or prints no test at all counts as one failure. Usage:
# run.sh [-j LANES] TEST...: each lane takes the next test that none has taken.
set -u
lanes=1
if [ "${1:-}" = -j ]; then
    lanes=$2
    shift 2
fi
dir=$(mktemp -d) || exit 70
trap 'rm -rf "$dir"' EXIT
stop() { # a lane in the background does not hear Ctrl-C
    for l in $running; do pkill -TERM -P "$l"; kill "$l"; done 2>/dev/null
    exit 130
}
running=
trap stop INT TERM

one() { # NUMBER TEST: its line, and what it said if it failed, in one write
    start=$(date +%s)
    CMOCKA_MESSAGE_OUTPUT=TAP "$2" >"$dir/$1.out" 2>&1 </dev/null
    status=$?
    ok=$(grep -c '^ok ' "$dir/$1.out")
    bad=$(grep -c '^not ok ' "$dir/$1.out")
    if [ "$bad" -eq 0 ] && { [ $status -ne 0 ] || [ "$ok" -eq 0 ]; }; then bad=1; fi
    echo "$ok $bad" >>"$dir/sum"
    {
        printf '%-44s %4d passed %3d failed %4d s\n' "${2#build/}" "$ok" "$bad" $(($(date +%s) - start))
        if [ "$bad" -gt 0 ]; then
            echo "--- $2 (status $status)"
            grep -A5 '^not ok ' "$dir/$1.out" | head -n 60
            echo "..."
            grep -v '^ok ' "$dir/$1.out" | tail -n 60
            echo "---"
        fi
    } >"$dir/$1.said"
    cat "$dir/$1.said"
    rm -f "$dir/$1.out"
}

lane() { # TEST...: whoever makes the folder has the test
    k=0
    for t in "$@"; do
        k=$((k + 1))
        if mkdir "$dir/$k" 2>/dev/null; then one "$k" "$t"; fi
    done
}

: >"$dir/sum"
while [ "$lanes" -gt 0 ]; do
    lane "$@" &
    running="$running $!"
    lanes=$((lanes - 1))
done
wait
awk -v asked=$# '{ ok += $1; bad += $2 } END {
    if (NR != asked) bad += asked - NR # a lane that broke off
    printf "%d passed, %d failed\n", ok, bad
    exit bad > 0 }' "$dir/sum"
