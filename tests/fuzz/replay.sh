#!/bin/sh
# Every corpus once more through its fuzzer: what was found stays found. B: build directory.
set -u
B=${B:-build}
n=0
bad=0
for f in tests/fuzz/fuzz_*.c; do
    name=$(basename "$f" .c)
    n=$((n + 1))
    corpus=tests/fuzz/corpus/${name#fuzz_}
    if [ -d "$corpus" ] && "$B-asan/fuzz/$name" -runs=0 -timeout=20 "$corpus" >/dev/null 2>"$B-asan/fuzz/$name.log"; then
        echo "ok $n - $name: $(ls "$corpus" | wc -l) files"
    else
        echo "not ok $n - $name"
        tail -n 20 "$B-asan/fuzz/$name.log" | sed 's/^/# /'
        bad=1
    fi
done
exit $bad
