#!/bin/sh
# Every C file stands as clang-format leaves it. Usage: format.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
files=$(ls crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] 2>/dev/null)
# shellcheck disable=SC2086
if [ -n "$files" ] && said=$(clang-format --dry-run -Werror $files 2>&1); then
    echo "ok 1 - formatted"
else
    printf '%s\n' "$said" | sed -n 's/^\([^:]*\):[0-9].*/# \1: run make format/p' | sort -u
    echo "not ok 1 - formatted"
    exit 1
fi
