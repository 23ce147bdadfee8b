#!/bin/sh
# Calls and constructs that this house does without, and sizes of files. Usage: banned.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
bad=0
src=$(ls crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch] 2>/dev/null)
found=$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|localtime|gmtime|rand|srand|random|system|popen|alloca|gets|pthread_create)\(' $src |
    grep -vE 'sqlite3_|bytes_random|_random\(' | grep -vE ':[0-9]+: ?\*|/\*')
if [ -n "$found" ]; then
    echo "$found" | sed 's/^/# banned: /'
    bad=1
fi
for f in $src; do
    n=$(wc -l <"$f")
    if [ "$n" -gt 700 ]; then
        echo "# $f has $n lines: cut it"
        bad=1
    fi
done
found=$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $src)
if [ -n "$found" ]; then
    echo "$found" | sed 's/^/# unfinished: /'
    bad=1
fi
[ $bad -eq 0 ] && echo "ok 1 - nothing banned" || echo "not ok 1 - banned"
exit $bad
