#!/bin/sh
# Runs test programs that speak TAP, shows what failed, and closes with "N passed, N failed".
# A program that dies or prints no test at all counts as one failure. Usage:
# run.sh TEST... [-- TEST...]...: what `--` parts runs side by side, each part in order.
set -u
dir=$(mktemp -d) || exit 70
trap 'rm -rf "$dir"' EXIT
stop() { # a lane in the background does not hear Ctrl-C
    for l in $lanes; do pkill -TERM -P "$l"; kill "$l"; done 2>/dev/null
    exit 130
}
lanes=
trap stop INT TERM

one() { # LANE TEST: its line, and what it said if it failed, in one write
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
            grep -v '^ok ' "$dir/$1.out" | tail -n 60
            echo "---"
        fi
    } >"$dir/$1.said"
    cat "$dir/$1.said"
}

asked=0 lane=0
: >"$dir/lane.0"
for t in "$@"; do
    case $t in
    --) lane=$((lane + 1)) && : >"$dir/lane.$lane" ;;
    *) printf '%s\n' "$t" >>"$dir/lane.$lane" && asked=$((asked + 1)) ;;
    esac
done
: >"$dir/sum"
while [ "$lane" -ge 0 ]; do
    while read -r t; do one "$lane" "$t"; done <"$dir/lane.$lane" &
    lanes="$lanes $!"
    lane=$((lane - 1))
done
wait
awk -v asked="$asked" '{ ok += $1; bad += $2 } END {
    if (NR != asked) bad += asked - NR # a lane that broke off
    printf "%d passed, %d failed\n", ok, bad
    exit bad > 0 }' "$dir/sum"
