#!/bin/sh
# SQL stands in its registry (schema/stmt.h), in migrations, and in table.c for the tables of
# record types; a statement's prefix names the file that uses it. Usage: sql.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
bad=0
found=$(grep -nE '"[^"]*\b(SELECT|INSERT (OR|INTO)|UPDATE [a-z_]+ SET|DELETE FROM|CREATE (TABLE|INDEX|UNIQUE)|DROP TABLE)\b' \
    crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch] 2>/dev/null |
    grep -vE '^schema/(stmt\.h|table[a-z_]*\.c):')
if [ -n "$found" ]; then
    echo "$found" | sed 's/^/# SQL outside its registry: /'
    bad=1
fi
for f in schema/*.c; do
    base=$(basename "$f" .c)
    for prefix in $(grep -oE '\bSTMT_[A-Z]+' "$f" | sed 's/STMT_//' | sort -u); do
        [ "$prefix" = N ] || [ "$prefix" = LIST ] && continue
        want=$(echo "$prefix" | tr 'A-Z' 'a-z')
        case $base in "$want" | "$want"_*) ;; *)
            echo "# $f uses STMT_$prefix: that prefix belongs to $want.c"
            bad=1
            ;;
        esac
    done
done
[ $bad -eq 0 ] && echo "ok 1 - SQL only in its registry" || echo "not ok 1 - SQL"
exit $bad
