#!/bin/sh
# Arrows point down: cli -> node -> schema -> sync -> crypto; and one door to each library.
# Reads #include lines only. Usage: arrows.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
bad=0
say() {
    echo "# $1"
    bad=1
}
level() {
    case $1 in
    crypto) echo 1 ;; sync) echo 2 ;; schema) echo 3 ;; node) echo 4 ;; cli) echo 5 ;; *) echo 0 ;;
    esac
}
for f in crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch]; do
    [ -f "$f" ] || continue
    own=$(level "${f%%/*}")
    for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
        case $inc in */*) ;; *) continue ;; esac
        other=$(level "${inc%%/*}")
        if [ "$other" -gt "$own" ]; then
            say "$f includes $inc: an arrow that points up"
        fi
        case $inc in
        tests/*) say "$f includes $inc: the product knows nothing of its tests" ;;
        */*_impl.h)
            [ "${inc%%/*}" = "${f%%/*}" ] || say "$f includes $inc: private to its folder"
            ;;
        schema/db.h | schema/log.h | schema/stmt.h)
            [ "$own" -le 3 ] || say "$f includes $inc: SQLite stays in schema/"
            ;;
        esac
    done
    for inc in $(sed -n 's/^#include <\([^>]*\)>.*/\1/p' "$f"); do
        case $inc in
        sodium* | nettle/*) door=1 ;; msgpack*) door=2 ;; sqlite3*) door=3 ;; event2/*) door=4 ;; qrencode*) door=5 ;; *) continue ;;
        esac
        [ "$own" -eq $door ] || say "$f includes <$inc>: not through that library's door"
    done
done
[ $bad -eq 0 ] && echo "ok 1 - arrows point down, one door to each library" || echo "not ok 1 - arrows"
exit $bad
