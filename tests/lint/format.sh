#!/bin/sh
# Every C file stands as clang-format leaves it. Usage: format.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
bad=0
for f in $(ls crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] 2>/dev/null); do
    clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || {
        echo "# $f: run make format"
        bad=1
    }
done
[ $bad -eq 0 ] && echo "ok 1 - formatted" || echo "not ok 1 - formatted"
exit $bad
