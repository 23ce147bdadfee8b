#!/bin/sh
# A simulator that finds nothing proves nothing. Each fault below is put into a copy of one
# source file, the simulator is linked with it, and must fail within 50 seeds, with the liar
# aimed at it. B: build directory of the sound program.
set -u
B=${B:-build}
CC=${CC:-gcc}
tmp=$(mktemp -d) || exit 70
trap 'rm -rf "$tmp"' EXIT
n=0
bad=0
libs=$(sed -n "s/^LIBS := //p" Makefile)
flags="-std=c11 -D_GNU_SOURCE -O2 -w -I$tmp -I."

# planted NAME FILE 'SED' [FILE 'SED']...
planted() {
    name=$1
    shift
    n=$((n + 1))
    rm -rf "$tmp"/*
    objs=""
    while [ $# -gt 0 ]; do
        mkdir -p "$tmp/$(dirname "$1")"
        sed "$2" "$1" >"$tmp/$1"
        if cmp -s "$1" "$tmp/$1"; then
            echo "not ok $n - $name: nothing to plant in $1"
            bad=1
            return
        fi
        case $1 in
        *.c) src=$tmp/$1 ;;
        schema/stmt.h) cp schema/db.h schema/db.c "$tmp/schema/" && src=$tmp/schema/db.c ;;
        esac
        obj=$tmp/$(echo "$1" | tr / _).o
        $CC $flags -c -o "$obj" "$src" || {
            echo "not ok $n - $name does not compile"
            bad=1
            return
        }
        objs="$objs $obj"
        shift 2
    done
    $CC -o "$tmp/world" "$B/tests/sim/test_world.o" $objs "$B/testlib.a" "$B/linjuli.a" \
        $libs -lcmocka || {
        echo "not ok $n - $name does not link"
        bad=1
        return
    }
    if LINJULI_SIM_SEEDS=50 LINJULI_SIM_HUNT=1 "$tmp/world" >"$tmp/out" 2>&1; then
        echo "not ok $n - $name: 50 seeds and nothing seen"
        bad=1
    else
        echo "ok $n - $name: $(grep -m1 '^# seed\|Assertion' "$tmp/out" | cut -c1-110)"
    fi
}

# shellcheck disable=SC2016
planted "a gap is applied" \
    sync/replica_data.c 's/return f->seq == h->trunk_n + 1 .*/return f->seq > h->trunk_n;/' \
    schema/log.c 's/seq != length + 1 ||//'
planted "an entry is applied twice" \
    sync/replica.c 's/CHANGE_ACCEPTED, no, keep + 1,/CHANGE_ACCEPTED, no, keep > 0 ? keep : 1,/' \
    schema/project_item.c 's/if (rc != RC_OK || same)/if (rc != RC_OK)/'
planted "signatures are not checked above the seal" \
    sync/replica_data.c 's/return replica_check(r, a) ? extend/return true ? extend/'
planted "own entries are not checked" \
    sync/replica_data.c 's/return replica_check(r, a) ? extend/return h->state->no == 2 || replica_check(r, a) ? extend/'
planted "the disk is not waited for" \
    schema/db.c 's/synchronous = FULL/synchronous = OFF/'
planted "the clock decides between two edits" \
    sync/record.c 's/field->n > 1 ? FIELD_CONFLICT : FIELD_CLEAN/FIELD_CLEAN/'
planted "a record is folded across scopes" \
    schema/stmt.h 's/" WHERE id = ?1 AND scope = ?2 AND unit = ?3 AND type = ?4"/" WHERE id = ?1 AND type = ?4"/'
exit $bad
