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
flags="-std=c11 -D_GNU_SOURCE -O1 -w -I$tmp -I."

# seen SEEDS ACTS FROM [RIGHTS]: does the world fail? The first failing seed ends it.
seen() {
    ! LINJULI_SIM_SEEDS=$1 LINJULI_SIM_ACTS=$2 LINJULI_SIM_FROM=$3 LINJULI_SIM_HUNT=1 \
        LINJULI_SIM_RIGHTS=${4:-0} "$tmp/world" >"$tmp/out" 2>&1
}

# planted SEED NAME FILE 'SED' [FILE 'SED']...: SEED has shown it before and is played
# first.
planted() {
    seed=$1
    name=$2
    shift 2
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
    case $kind in
    acts) seen 0 1 "$seed" || seen 0 50 4000001 ;;
    rights) seen 0 0 "$seed" 1 || seen 0 0 5000001 50 ;;
    *) seen 1 0 "$seed" || seen 50 0 1 ;;
    esac && {
        echo "ok $n - $name: $(grep -m1 '^# seed\|Assertion' "$tmp/out" | cut -c1-110)"
        return
    }
    echo "not ok $n - $name: 50 seeds and nothing seen"
    bad=1
}

kind=plain
# shellcheck disable=SC2016
planted 10 "a gap is applied" \
    sync/replica_data.c 's/return f->seq == h->trunk_n + 1 .*/return f->seq > h->trunk_n;/' \
    schema/log.c 's/seq != length + 1 ||//'
planted 1 "an entry is applied twice" \
    sync/replica.c 's/CHANGE_ACCEPTED, no, keep + 1,/CHANGE_ACCEPTED, no, keep > 0 ? keep : 1,/' \
    schema/project_item.c 's/if (rc != RC_OK || same)/if (rc != RC_OK)/'
planted 1 "signatures are not checked above the seal" \
    sync/replica_data.c 's/return replica_check(r, a) ? extend/return true ? extend/'
planted 1 "own entries are not checked" \
    sync/replica_data.c 's/return replica_check(r, a) ? extend/return h->state->no == 2 || replica_check(r, a) ? extend/'
planted 1 "the disk is not waited for" \
    schema/db.c 's/synchronous = FULL/synchronous = OFF/'
planted 15 "the clock decides between two edits" \
    sync/record.c 's/field->n > 1 ? FIELD_CONFLICT : FIELD_CLEAN/FIELD_CLEAN/'
planted 2 "a record is folded across scopes" \
    schema/stmt.h 's/" WHERE id = ?1 AND scope = ?2 AND unit = ?3 AND type = ?4"/" WHERE id = ?1 AND type = ?4"/'

kind=acts # what happens to machines
planted 4000019 "the guard is not looked at" \
    node/guard.c 's/return GUARD_FOREIGN;/return GUARD_FINE;/; s/return GUARD_AHEAD;/return GUARD_FINE;/'
planted 4000003 "a lost node still gets new entries" \
    sync/session_rows.c 's/if (!s->is_lost || l->ours.is_authority)/if (true)/' \
    sync/session_stream.c 's/ && !(s->is_lost && !l->ours.is_authority)//'
planted 4000001 "a lost node gets the key that comes after" \
    schema/hub_write.c 's/node->is_lost || node->no == without || //'
planted 4000001 "a wrong root is called right" \
    sync/replica_seal.c 's/ || !hash_eq(&op->hash, &root)//'
planted 4000004 "what a newer release writes is dropped" \
    sync/on_run.c 's/^    s->in_entries++;/&  if (get_u16(entry.p + 2) > s->setup.schema) return RC_OK;/'
planted 4000007 "what was erased stays in what is held" \
    sync/replica_erase.c 's/if (log == NULL || log->log.held == NULL ||/if (true ||/'
planted 4000008 "what comes above a cut counts" \
    sync/replica_data.c 's/ == seq && !h->state->is_revoked/ == seq/'
planted 4000001 "more is called delivered than was taken" \
    sync/session_rows.c 's/note_ack(s, l, row->head_seq);/note_ack(s, l, row->head_seq + 1);/'
planted 4000001 "a log goes on after a proof against it" \
    sync/replica.c 's/return r->held\[i\]->has_come;/return false;/' \
    schema/author.c 's/ || log->proof.seq != 0//; s/if (what != OFFER_TAKEN)/if (false)/
        s/if (replica_trunk_n(l->replica, &a->log->pub) != log->head_seq)/if (false)/'

kind=rights # scarce things
planted 5000004 "more is spent than there is" \
    sync/rights_decide.c 's/is_amount(o) && w->out->lane.*balance >= o->amount;/is_amount(o);/'
planted 5000008 "what is not sealed is called final" \
    sync/rights.c 's/ && o->is_sealed//'
planted 5000001 "a seal is not heard of" \
    schema/rights_proj.c 's/return dirty_between(p, STMT_RIGHTS_OP_IN, from, to);/return RC_OK;/'
planted 5000012 "a revoke is not heard of" \
    schema/rights_proj.c 's/return dirty_watchers(p, is->no, WATCH_STAND);/return RC_OK;/'
planted 5000001 "the last one under a seal is not called final" \
    schema/rights_fold.c 's/at.seq <= log->seal_seq/at.seq < log->seal_seq/'
exit $bad
