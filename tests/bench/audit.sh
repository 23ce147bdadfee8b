#!/bin/sh
# How fast an audit is: every signature and every table, and --chain. Prints entries a minute,
# by the clock and by the CPU of two cores.
# Environment: B (build directory), N (entries), DIR (kept between runs when set).
set -eu
B=${B:-build} N=${N:-100000}
here=$(cd "$(dirname "$0")/../.." && pwd)
case $B in /*) ;; *) B=$here/$B ;; esac
work=${DIR:-$(mktemp -d)}
[ -n "${DIR:-}" ] || trap 'rm -rf "$work"' EXIT
export LINJULI_STATE="$work/state" LINJULI_LANG=en
if [ ! -f "$work/linjuli.db" ]; then
    mkdir -p "$work"
    "$B/tests/bench/bench_ours" history "$work" "$N" >/dev/null
    rm -f "$work/0.db-wal" "$work/0.db-shm"
    mv "$work/0.db" "$work/linjuli.db"
fi
measure() { # NAME ARGS...
    name=$1
    shift
    bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null' sh "$B/linjuli" -C "$work" audit "$@" 2>"$work/.time" || {
        cat "$work/.time"
        exit 1
    }
    awk -v n="$N" -v name="$name" '{ cpu = $2 + $3
        printf "%-8s %6.2f s  %.2f M entries/min   %6.2f s CPU, two idle cores would do %.2f M/min\n", name, $1, n / $1 * 60 / 1e6, cpu, n / (cpu / 2) * 60 / 1e6 }' "$work/.time"
}
measure whole
measure chain --chain
