#!/bin/sh
# `make bench`: measures linjuli, plain SQLite and the peers in turn, and prints one table.
# README.md in this folder says what each row is. Environment: B (build directory),
# ROUNDS, BENCH_FULL=1 (the million in every round, and a million entries in `differ`).
set -u
B=${B:-build} ROUNDS=${ROUNDS:-3} FULL=${BENCH_FULL:-0}
N=100000 MILLION=1000000 ENTRIES=20000 HISTORY=8700 SINGLE=1500 BURSTS=5
[ "$FULL" = 1 ] && HISTORY=1000000
cd "$(dirname "$0")/../.." || exit 70
mkdir -p "$B/bench" || exit 70
work=$(cd "$B/bench" && pwd)
out=$work/out run=$work/run peers=$work/peers
rm -rf "$out" "$run" && mkdir -p "$out" "$run" || exit 70
trap 'rm -rf "$run"' EXIT
export LINJULI_STATE="$run/state" BENCH_MODULES="$peers/node_modules"

# ---- the peers, from the package registry, by the lock file beside this script
mkdir -p "$peers" && cp tests/bench/package.json tests/bench/package-lock.json "$peers"
(cd "$peers" && npm ci --no-audit --no-fund >"$work/npm.log" 2>&1) ||
    echo "bench: npm could not install the peers (see $B/bench/npm.log)"
first() { for f in "$@"; do [ -f "$f" ] && echo "$f" && return; done; }
sqlite_sync=$(first "$peers"/node_modules/@sqliteai/sqlite-sync-linux-x86_64/*.so)
cr_sqlite=$(first "$peers"/node_modules/@vlcn.io/crsqlite/dist/*.so)
ssb=$(first "$peers"/node_modules/ssb-db2/package.json)
for p in "sqlite-sync:$sqlite_sync" "cr-sqlite:$cr_sqlite" "ssb-db2:$ssb"; do
    [ -n "${p#*:}" ] || echo "bench: ${p%%:*} could not be installed: its column stays empty"
done

# ---- ours with checks off: the same source, planted in a copy, built by the same Makefile
plant() { # FILE WORD FROM TO
    grep -qF "$2" "$src/$1" || { echo "bench: $1 has changed: nothing to plant" && exit 70; }
    sed -i "s|$3|$4|" "$src/$1"
}
src=$work/unchecked
mkdir -p "$src/tests"
cp -pR Makefile crypto sync schema node cli "$src" && cp -pR tests/lib tests/bench "$src/tests"
plant crypto/sign.c crypto_sign_verify_detached \
    'crypto_sign_verify_detached(.*) == 0' 'message.n > 0 \&\& by != NULL'
plant crypto/sign.c crypto_sign_detached \
    '(void)crypto_sign_detached(.*);' '(void)s; (void)by; memset(out->b, 0, sizeof out->b);'
plant schema/db.c 'synchronous = FULL' 'synchronous = FULL' 'synchronous = NORMAL'
make -s -C "$src" B=build build/tests/bench/bench_ours || exit 70
ours=$(cd "$B" && pwd)/tests/bench/bench_ours
unchecked=$src/build/tests/bench/bench_ours
peer=$(cd "$B" && pwd)/tests/bench/bench_peer

# ---- measuring
note() { # ROW COLUMN COMMAND...: figures into out/ROW.COLUMN.ROUND
    name=$1.$2.$round
    shift 2
    rm -rf "$run" && mkdir -p "$run/d"
    "$@" >"$out/$name" 2>"$out/$name.err" ||
        echo "bench: $name failed: $(head -n 1 "$out/$name.err")"
}
all() { # ROW OURS PEERS N: one round of every column that there is
    [ -n "$2" ] && note "$1" ours "$ours" "$2" "$run/d/x" "$4"
    [ -n "$2" ] && note "$1" unchecked "$unchecked" "$2" "$run/d/x" "$4"
    [ -n "$3" ] || return
    note "$1" floor "$peer" "$3" plain "$run/d/x" "$4"
    [ -n "$sqlite_sync" ] &&
        note "$1" sqlite-sync "$peer" "$3" "sqlite-sync=$sqlite_sync" "$run/d/x" "$4"
    [ -n "$cr_sqlite" ] &&
        note "$1" cr-sqlite "$peer" "$3" "cr-sqlite=$cr_sqlite" "$run/d/x" "$4"
}
pulled() { # ROW OURS N: between two processes
    note "$1" ours "$ours" "$2" "$run/d" "$3"
    note "$1" unchecked "$unchecked" "$2" "$run/d" "$3"
}
round=1
while [ "$round" -le "$ROUNDS" ]; do
    echo "bench: round $round of $ROUNDS" >&2
    all bulk bulk bulk $N
    whole=$round burst=1
    while [ $burst -le $BURSTS ]; do # short and in turn: the disk is everybody's
        round=$whole$burst
        all single single single $SINGLE
        burst=$((burst + 1))
    done
    round=$whole
    pulled apply apply $N
    all apply "" apply $N
    pulled entries entries $ENTRIES
    pulled sealed sealed $ENTRIES
    [ -n "$ssb" ] && note entries ssb-db2 node tests/bench/bench_ssb.js "$run/d" $ENTRIES
    pulled differ differ $HISTORY
    note community ours "$ours" community "$run/d"
    note community unchecked "$unchecked" community "$run/d"
    if [ "$round" = 1 ] || [ "$FULL" = 1 ]; then
        all million bulk bulk $MILLION
    fi
    round=$((round + 1))
done
[ "$FULL" = 1 ] || echo "bench: the million-row line is one round; BENCH_FULL=1 runs all"
awk -f tests/bench/table.awk "$out"/*.*[0-9]
