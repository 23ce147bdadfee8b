#!/bin/sh
# How fast an audit is: every signature and every table, and --chain. Prints entries a minute,
# by the clock and by the CPU of two cores, and the most memory that one of its processes held.
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
    mv "$work/0.db" "$work/linjuli.db"
    rm -f "$work"/[0-9]*.db*
fi
peak() { # PID: high-water marks in KiB, its own and its readers', until it ends
    while kill -0 "$1" 2>/dev/null; do
        for p in "$1" $(pgrep -P "$1"); do
            sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$p/status" 2>/dev/null || true
        done
        sleep 0.02
    done | sort -n | tail -n 1
}
measure() { # NAME ARGS...
    name=$1
    shift
    bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null' sh "$B/linjuli" -C "$work" audit "$@" 2>"$work/.time" &
    run=$!
    while ! audit=$(pgrep -P "$run"); do sleep 0.01; done
    kib=$(peak "$audit")
    wait $run || {
        cat "$work/.time"
        exit 1
    }
    awk -v n="$N" -v name="$name" -v kib="$kib" '{ cpu = $2 + $3
        printf "%-8s %6.2f s  %.2f M entries/min   %6.2f s CPU, two idle cores would do %.2f M/min   %.1f MB\n", name, $1, n / $1 * 60 / 1e6, cpu, n / (cpu / 2) * 60 / 1e6, kib / 1024 }' "$work/.time"
}
measure whole
measure chain --chain
