#!/bin/sh
# Runs test programs that speak TAP, shows what failed, and closes with "N passed, N failed".
# A program that dies or prints no test at all counts as one failure.
set -u
passed=0 failed=0
out=$(mktemp) || exit 70
trap 'rm -f "$out"' EXIT
for t in "$@"; do
    start=$(date +%s)
    CMOCKA_MESSAGE_OUTPUT=TAP "$t" >"$out" 2>&1
    status=$?
    ok=$(grep -c '^ok ' "$out")
    bad=$(grep -c '^not ok ' "$out")
    if [ "$bad" -eq 0 ] && { [ $status -ne 0 ] || [ "$ok" -eq 0 ]; }; then bad=1; fi
    passed=$((passed + ok)) failed=$((failed + bad))
    printf '%-44s %4d passed %3d failed %4d s\n' "${t#build/}" "$ok" "$bad" $(($(date +%s) - start))
    if [ "$bad" -gt 0 ]; then
        echo "--- $t (status $status)"
        grep -v '^ok ' "$out" | tail -n 60
        echo "---"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
