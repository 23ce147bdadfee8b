/* A replica with real keys and real entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/replica_impl.h"
#include "tests/lib/mem_store.h"
#include "tests/lib/scene.h"

/* A scene and one replica that holds its first entry; every entry made is kept. */
struct stage {
    struct scene s;
    struct mem_store *store;
    struct replica *r;
    struct changes changes;
    struct buf kept[512];
    size_t n;
};

static void
keep(struct stage *t)
{
    assert_true(t->n < sizeof t->kept / sizeof t->kept[0]);
    buf_add_slice(&t->kept[t->n++], buf_slice(&t->s.entry));
}

static enum offer
offer(struct stage *t, struct slice entry)
{
    enum offer what;

    assert_int_equal(replica_offer(t->r, entry, &what), RC_OK);
    return what;
}

static enum rc
refuse(struct stage *t, struct slice entry)
{
    enum offer what;

    return replica_offer(t->r, entry, &what);
}

static void
settle(struct stage *t)
{
    assert_int_equal(replica_settle(t->r, &t->changes), RC_OK);
}

static void
settle_finally(struct stage *t)
{
    replica_final(t->r);
    settle(t);
}

static const struct log_state *
log_of(const struct stage *t, uint32_t no)
{
    return replica_log(t->r, no);
}

/* The only change of that kind; fails if there is none or another one. */
static struct change
change(const struct stage *t, enum change_kind kind)
{
    struct change found = {0};
    size_t n = 0;

    for (size_t i = 0; i < t->changes.n; i++) {
        if (t->changes.p[i].kind == kind) {
            found = t->changes.p[i];
            n++;
        }
    }
    assert_int_equal(n, 1);
    return found;
}

static bool
has_change(const struct stage *t, enum change_kind kind)
{
    for (size_t i = 0; i < t->changes.n; i++) {
        if (t->changes.p[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static void
stage_init(struct stage *t, size_t logs)
{
    memset(t, 0, sizeof *t);
    scene_init(&t->s, logs);
    keep(t);
    t->store = mem_store_new();
    t->r = replica_new(mem_store_port(t->store));
    assert_int_equal(replica_load(t->r, &t->s.community), RC_OK);
    assert_int_equal(offer(t, buf_slice(&t->s.entry)), OFFER_TAKEN);
    settle(t);
}

static void
stage_fini(struct stage *t)
{
    for (size_t i = 0; i < t->n; i++) {
        buf_free(&t->kept[i]);
    }
    replica_free(t->r);
    mem_store_free(t->store);
    scene_fini(&t->s);
}

/* n more entries of log i, kept but not offered. */
static void
write_kept(struct stage *t, size_t i, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        scene_write(&t->s, i, &t->s.tip[i], 1);
        keep(t);
    }
}

static enum offer
offer_kept(struct stage *t, size_t at)
{
    return offer(t, buf_slice(&t->kept[at]));
}

/* A seal over the tips of logs 1 to n, as the hub says it; kept. */
static struct slice
seal_tips(struct stage *t, size_t n, uint64_t size, const struct hash *root)
{
    struct line lines[SCENE_LOGS];
    struct slice out;

    for (size_t i = 0; i < n; i++) {
        lines[i] = (struct line){(uint32_t)i + 1, t->s.tip[i].seq, t->s.tip[i].id, 0};
    }
    scene_seal(&t->s, lines, n, size, root);
    out = scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    keep(t);
    return out;
}

static const struct hash no_root;

/* ---- what is ordinary */

static void
an_entry_that_extends_costs_one_check(void **state)
{
    struct stage t;
    uint64_t before;

    (void)state;
    stage_init(&t, 2);
    before = t.r->checks_n;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 2)), OFFER_TAKEN);
    }
    assert_int_equal(t.r->checks_n - before, 10);
    assert_int_equal(log_of(&t, 1)->head_seq, 10);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_ACCEPTED).from, 1);
    assert_int_equal(change(&t, CHANGE_ACCEPTED).to, 10);
    assert_int_equal(t.r->checks_n - before, 10);
    settle(&t);
    assert_int_equal(t.changes.n, 0);
    assert_true(replica_effective(t.r, log_of(&t, 1), 10, 5, OP_PUT));
    assert_false(replica_effective(t.r, log_of(&t, 1), 11, 5, OP_PUT));
    assert_false(replica_effective(t.r, log_of(&t, 1), 10, 5, OP_OPEN));
    stage_fini(&t);
}

static void
what_is_not_in_order_is_told_apart(void **state)
{
    struct stage t;
    struct scene_tip gap = {5, {{7}}};
    struct scene_tip stranger = {0, {{0}}};

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 2);
    assert_int_equal(offer_kept(&t, 2), OFFER_GAP);
    assert_int_equal(offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(offer_kept(&t, 1), OFFER_HAVE);
    assert_int_equal(offer_kept(&t, 2), OFFER_TAKEN);
    assert_int_equal(offer_kept(&t, 1), OFFER_HAVE);
    assert_int_equal(offer(&t, scene_write(&t.s, 0, &gap, 1)), OFFER_GAP);
    assert_int_equal(offer(&t, scene_write(&t.s, 3, &stranger, 1)), OFFER_UNKNOWN);
    assert_int_equal(mem_store_trunk_n(t.store, &t.s.log[3].pub), 0);
    scene_write(&t.s, 0, &t.s.tip[0], 1);
    assert_int_equal(refuse(&t, scene_break(&t.s, &t.s.tip[0])), RC_FORGED);
    assert_int_equal(refuse(&t, slice_of(t.s.entry.p, 100)), RC_MALFORMED);
    assert_int_equal(log_of(&t, 1)->head_seq, 2);
    stage_fini(&t);
}

static void
a_body_that_does_not_match_its_root_is_forged(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    scene_write(&t.s, 0, &t.s.tip[0], 2);
    t.s.entry.p[t.s.entry.n - 1] ^= 1;
    assert_int_equal(refuse(&t, buf_slice(&t.s.entry)), RC_FORGED);
    assert_int_equal(replica_trunk_n(t.r, &t.s.log[0].pub), 0);
    stage_fini(&t);
}

static void
another_community_is_not_let_in(void **state)
{
    struct stage t;
    struct mem_store *store = mem_store_new();
    struct replica *other = replica_new(mem_store_port(store));
    struct hash id = {{9}};
    enum offer what;

    (void)state;
    stage_init(&t, 1);
    assert_int_equal(replica_load(other, &id), RC_OK);
    assert_int_equal(replica_offer(other, buf_slice(&t.kept[0]), &what), RC_OK);
    assert_int_equal(what, OFFER_UNKNOWN);
    assert_int_equal(replica_load(other, NULL), RC_OK);
    assert_null(replica_community(other));
    assert_int_equal(replica_offer(other, buf_slice(&t.kept[0]), &what), RC_OK);
    assert_int_equal(what, OFFER_TAKEN);
    assert_true(hash_eq(replica_community(other), &t.s.community));
    replica_free(other);
    mem_store_free(store);
    stage_fini(&t);
}

/* ---- below a waiting seal line */

static void
a_sealed_run_costs_no_check(void **state)
{
    struct stage t;
    uint64_t before;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 20);
    assert_int_equal(offer(&t, seal_tips(&t, 1, 21, &no_root)), OFFER_TAKEN);
    before = t.r->checks_n;
    for (size_t i = 1; i < 20; i++) {
        assert_int_equal(offer_kept(&t, i), OFFER_HELD);
    }
    assert_int_equal(log_of(&t, 1)->head_seq, 0);
    assert_int_equal(offer_kept(&t, 20), OFFER_TAKEN);
    assert_int_equal(t.r->checks_n, before);
    assert_int_equal(log_of(&t, 1)->head_seq, 20);
    assert_int_equal(log_of(&t, 1)->seal_seq, 20);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_SEALED).to, 20);
    assert_int_equal(t.r->checks_n, before);
    stage_fini(&t);
}

/* The 10th of 20 entries is badly signed. */
static void
write_one_bad(struct stage *t)
{
    write_kept(t, 0, 9);
    scene_write(&t->s, 0, &t->s.tip[0], 1);
    scene_break(&t->s, &t->s.tip[0]);
    keep(t);
    write_kept(t, 0, 10);
}

static void
the_seal_vouches_for_what_is_badly_signed(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_one_bad(&t);
    offer(&t, seal_tips(&t, 1, 21, &no_root));
    for (size_t i = 1; i <= 20; i++) {
        offer_kept(&t, i);
    }
    settle_finally(&t);
    assert_int_equal(log_of(&t, 1)->head_seq, 20);
    stage_fini(&t);
}

static void
what_waits_is_checked_in_the_end(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_one_bad(&t);
    offer(&t, seal_tips(&t, 1, 21, &no_root));
    for (size_t i = 1; i < 20; i++) {
        assert_int_equal(offer_kept(&t, i), OFFER_HELD);
    }
    settle(&t);
    assert_int_equal(log_of(&t, 1)->head_seq, 0);
    settle_finally(&t);
    assert_int_equal(log_of(&t, 1)->head_seq, 9);
    assert_true(log_of(&t, 1)->waiting);
    assert_int_equal(offer_kept(&t, 20), OFFER_TAKEN); /* beside the trunk, as 10 to 19 */
    settle(&t);
    assert_int_equal(log_of(&t, 1)->head_seq, 20);
    assert_int_equal(mem_store_loose_n(t.store, &t.s.log[0].pub), 0);
    stage_fini(&t);
}

static void
a_run_that_misses_its_line_is_checked(void **state)
{
    struct stage t;
    struct scene_tip other;
    struct line line;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 4);
    other = t.s.tip[0];
    write_kept(&t, 0, 1); /* the 5th */
    scene_write(&t.s, 0, &other, 1);
    keep(&t); /* another 5th, which is sealed */
    line = (struct line){1, 5, other.id, 0};
    scene_seal(&t.s, &line, 1, 0, &no_root);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    for (size_t i = 1; i <= 4; i++) {
        assert_int_equal(offer_kept(&t, i), OFFER_HELD);
    }
    assert_int_equal(offer_kept(&t, 5), OFFER_HELD);
    settle(&t);
    assert_int_equal(log_of(&t, 1)->head_seq, 5);
    assert_int_equal(log_of(&t, 1)->seal_seq, 0);
    assert_int_equal(offer_kept(&t, 6), OFFER_TAKEN);
    settle(&t);
    assert_true(hash_eq(&log_of(&t, 1)->head, &other.id));
    assert_int_equal(log_of(&t, 1)->seal_seq, 5);
    assert_int_equal(log_of(&t, 1)->proof.seq, 5);
    assert_int_equal(change(&t, CHANGE_WITHDRAWN).from, 5);
    assert_int_equal(change(&t, CHANGE_ACCEPTED).from, 5);
    stage_fini(&t);
}

static void
a_full_waiting_room_checks_one_by_one(void **state)
{
    struct stage t;
    uint64_t room = HELD_BYTES_MAX;
    uint64_t n = 0;

    (void)state;
    stage_init(&t, 1);
    t.s.tip[0].seq = 1000;
    offer(&t, seal_tips(&t, 1, 0, &no_root)); /* names what nobody has */
    t.s.tip[0] = (struct scene_tip){0, {{0}}};
    for (enum offer what = OFFER_HELD; what == OFFER_HELD; n++) {
        struct slice e = scene_write(&t.s, 0, &t.s.tip[0], 700);

        what = offer(&t, e);
        assert_true(n < 1000);
        assert_true(what == OFFER_HELD ? room >= e.n : room < e.n);
        room -= e.n;
    }
    assert_int_equal(log_of(&t, 1)->head_seq, n);
    stage_fini(&t);
}

/* ---- forks */

static void
two_ids_at_one_seq_are_a_proof(void **state)
{
    struct stage t;
    struct scene_tip other;
    struct buf proof = BUF_NONE;
    struct row row;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 3);
    other = t.s.tip[0];
    write_kept(&t, 0, 2);
    for (size_t i = 1; i <= 5; i++) {
        offer_kept(&t, i);
    }
    settle(&t);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_NOTFOUND);
    assert_int_equal(offer(&t, scene_write(&t.s, 0, &other, 1)), OFFER_TAKEN);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_FORK).from, 4);
    assert_int_equal(change(&t, CHANGE_WITHDRAWN).from, 4);
    assert_int_equal(change(&t, CHANGE_WITHDRAWN).to, 5);
    assert_int_equal(log_of(&t, 1)->head_seq, 3);
    assert_int_equal(replica_trunk_n(t.r, &t.s.log[0].pub), 5);
    replica_row_at(t.r, 1, &row);
    assert_true(row.has_proof && row.proof_seq == 4);
    assert_true(hash_cmp(&row.proof[0], &row.proof[1]) < 0);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_OK);
    assert_int_equal(proof.n, 2 * ENTRY_HEAD_BYTES);
    buf_free(&proof);
    stage_fini(&t);
}

static void
a_proof_stands_alone(void **state)
{
    struct stage t;
    struct scene_tip one = {8, {{1}}};
    struct scene_tip two = {8, {{2}}};
    struct buf head = BUF_NONE;
    struct buf proof = BUF_NONE;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 1);
    offer_kept(&t, 1);
    buf_add(&head, scene_write(&t.s, 0, &one, 1).p, ENTRY_HEAD_BYTES);
    scene_write(&t.s, 0, &two, 1);
    t.s.entry.n = ENTRY_HEAD_BYTES;
    assert_int_equal(replica_offer_proof(t.r, buf_slice(&head), buf_slice(&t.s.entry)),
                     RC_OK);
    settle(&t);
    assert_int_equal(log_of(&t, 1)->proof.seq, 9);
    assert_int_equal(log_of(&t, 1)->head_seq, 1);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_int_equal(log_of(&t, 1)->proof.seq, 9);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_OK);
    assert_int_equal(proof.n, 2 * ENTRY_HEAD_BYTES);
    /* the same twice, other seqs, a bad signature */
    assert_int_equal(replica_offer_proof(t.r, buf_slice(&head), buf_slice(&head)),
                     RC_MALFORMED);
    two = (struct scene_tip){3, {{2}}};
    scene_write(&t.s, 0, &two, 1);
    t.s.entry.n = ENTRY_HEAD_BYTES;
    assert_int_equal(replica_offer_proof(t.r, buf_slice(&head), buf_slice(&t.s.entry)),
                     RC_MALFORMED);
    one = (struct scene_tip){3, {{1}}};
    two = (struct scene_tip){3, {{2}}};
    head.n = 0;
    buf_add(&head, scene_write(&t.s, 0, &one, 1).p, ENTRY_HEAD_BYTES);
    scene_write(&t.s, 0, &two, 1);
    t.s.entry.n = ENTRY_HEAD_BYTES;
    scene_break(&t.s, &two);
    assert_int_equal(replica_offer_proof(t.r, buf_slice(&head), buf_slice(&t.s.entry)),
                     RC_FORGED);
    assert_int_equal(log_of(&t, 1)->proof.seq, 9);
    buf_free(&head);
    buf_free(&proof);
    stage_fini(&t);
}

static void
a_gap_is_remembered_as_one_half_of_a_proof(void **state)
{
    struct stage t;
    struct scene_tip one = {8, {{1}}};
    struct scene_tip two = {8, {{2}}};

    (void)state;
    stage_init(&t, 1);
    assert_int_equal(offer(&t, scene_write(&t.s, 0, &one, 1)), OFFER_GAP);
    assert_int_equal(offer(&t, buf_slice(&t.s.entry)), OFFER_GAP);
    assert_int_equal(offer(&t, scene_write(&t.s, 0, &two, 1)), OFFER_TAKEN);
    settle(&t);
    assert_int_equal(log_of(&t, 1)->proof.seq, 9);
    assert_int_equal(mem_store_loose_n(t.store, &t.s.log[0].pub), 2);
    stage_fini(&t);
}

static void
a_forged_twin_proves_nothing(void **state)
{
    struct stage t;
    struct scene_tip other;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 1);
    other = t.s.tip[0];
    write_kept(&t, 0, 1);
    offer_kept(&t, 1);
    offer_kept(&t, 2);
    scene_write(&t.s, 0, &other, 1);
    assert_int_equal(refuse(&t, scene_break(&t.s, &other)), RC_FORGED);
    settle(&t);
    assert_int_equal(log_of(&t, 1)->proof.seq, 0);
    assert_int_equal(log_of(&t, 1)->head_seq, 2);
    stage_fini(&t);
}

/* ---- revocation */

static void
what_is_above_the_cut_is_quarantined(void **state)
{
    struct stage t;
    struct hash cut;

    (void)state;
    stage_init(&t, 2);
    write_kept(&t, 1, 3);
    cut = t.s.tip[1].id;
    write_kept(&t, 1, 2);
    for (size_t i = 1; i <= 4; i++) {
        offer_kept(&t, i);
    }
    settle(&t);
    scene_revoke(&t.s, 2, 3, &cut);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    settle(&t);
    assert_int_equal(log_of(&t, 2)->head_seq, 3);
    assert_true(log_of(&t, 2)->is_revoked);
    assert_int_equal(change(&t, CHANGE_WITHDRAWN).from, 4);
    assert_int_equal(offer_kept(&t, 5), OFFER_HELD);
    settle(&t);
    assert_int_equal(log_of(&t, 2)->head_seq, 3);
    stage_fini(&t);
}

static void
nothing_is_good_of_a_log_cut_at_zero(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 2);
    write_kept(&t, 1, 2);
    offer_kept(&t, 1);
    scene_revoke(&t.s, 2, 0, &no_root);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    settle(&t);
    assert_int_equal(log_of(&t, 2)->head_seq, 0);
    assert_true(log_of(&t, 2)->is_revoked);
    assert_int_equal(offer_kept(&t, 2), OFFER_HELD);
    settle(&t);
    assert_int_equal(log_of(&t, 2)->head_seq, 0);
    stage_fini(&t);
}

static void
quarantine_has_a_quota(void **state)
{
    struct stage t;
    enum offer what = OFFER_HELD;

    (void)state;
    stage_init(&t, 1);
    scene_revoke(&t.s, 1, 0, &no_root);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    settle(&t);
    for (size_t n = 0; what == OFFER_HELD; n++) {
        assert_true(n < 1000);
        what = offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 700));
    }
    assert_int_equal(what, OFFER_OVER_QUOTA);
    assert_true(t.r->held[1]->held_bytes <= HELD_BYTES_MAX);
    stage_fini(&t);
}

/* ---- the authority */

static void
a_fork_of_the_hub_stops_it_until_the_root_speaks(void **state)
{
    struct stage t;
    struct scene_tip other;
    struct scene_tip next = {0, {{0}}};
    struct row row;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 1);
    offer_kept(&t, 1);
    other = t.s.hub_tip;
    offer(&t, seal_tips(&t, 1, 2, &no_root));
    settle(&t);
    assert_int_equal(log_of(&t, 1)->seal_seq, 1);
    scene_seal(&t.s, NULL, 0, 0, &no_root);
    assert_int_equal(offer(&t, scene_say(&t.s, &t.s.hub, &other)), OFFER_TAKEN);
    settle(&t);
    assert_true(has_change(&t, CHANGE_REFOLD));
    assert_true(has_change(&t, CHANGE_FORK));
    assert_int_equal(authority_n(replica_authority(t.r)), 1);
    assert_int_equal(log_of(&t, 1)->seal_seq, 0);
    assert_int_equal(log_of(&t, 1)->head_seq, 1); /* by its own signature */
    replica_row_at(t.r, 0, &row);
    assert_true(row.is_authority && row.has_proof && row.proof_seq == 2);
    /* the root chooses the branch that came second */
    scene_succeed(&t.s, 2, 2, &other.id);
    assert_int_equal(offer(&t, scene_say(&t.s, &t.s.next_hub, &next)), OFFER_TAKEN);
    scene_grant(&t.s, 2, 1);
    t.s.ops_n = 0;
    settle(&t);
    assert_int_equal(authority_n(replica_authority(t.r)), 3);
    assert_int_equal(replica_rows_n(t.r), 3);
    assert_true(key_eq(authority_hub_key(replica_authority(t.r)), &t.s.next_hub.pub));
    assert_int_equal(t.changes.n, 3); /* entry 2 of reign 1, entry 1 of reign 2 */
    assert_true(has_change(&t, CHANGE_WRONG_ROOT)); /* of the seal nobody meant */
    assert_int_equal(t.changes.p[0].kind, CHANGE_AUTHORITY);
    assert_int_equal(t.changes.p[0].log_no, 1);
    assert_int_equal(t.changes.p[0].from, 2);
    assert_int_equal(t.changes.p[1].log_no, 2);
    assert_int_equal(t.changes.p[1].to, 1);
    stage_fini(&t);
}

static void
nobody_succeeds_without_the_root(void **state)
{
    struct stage t;
    struct scene_tip next = {0, {{0}}};
    struct pair root;

    (void)state;
    stage_init(&t, 1);
    root = t.s.root;
    t.s.root = t.s.officer[0];
    scene_succeed(&t.s, 2, 1, &t.s.hub_tip.id);
    assert_int_equal(offer(&t, scene_say(&t.s, &t.s.next_hub, &next)), OFFER_UNKNOWN);
    t.s.root = root;
    next = (struct scene_tip){0, {{0}}};
    scene_succeed(&t.s, 2, 1, &t.s.hub_tip.id);
    scene_say(&t.s, &t.s.log[5], &next); /* signed for another hub key */
    assert_int_equal(offer(&t, buf_slice(&t.s.entry)), OFFER_UNKNOWN);
    settle(&t);
    assert_int_equal(replica_rows_n(t.r), 2);
    stage_fini(&t);
}

static void
a_grant_opens_a_log(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 1, 2);
    assert_int_equal(offer_kept(&t, 1), OFFER_UNKNOWN);
    scene_grant(&t.s, 2, 1);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(replica_logs_n(t.r), 2);
    assert_int_equal(replica_log_at(t.r, 1)->no, 2);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_AUTHORITY).from, 2);
    stage_fini(&t);
}

static void
an_assumed_log_works_until_it_is_granted(void **state)
{
    struct stage t;
    struct grant invite = {.log_no = 2, .node = 2, .from = 1, .role = ROLE_LEADER};
    uint8_t before[16];
    uint8_t after[16];

    (void)state;
    stage_init(&t, 1);
    invite.log = t.s.log[1].pub;
    invite.scopes = (struct scopes){1, {SCOPE_ALL}};
    replica_digest(t.r, before);
    replica_assume(t.r, &invite);
    write_kept(&t, 1, 3);
    assert_int_equal(offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(offer_kept(&t, 2), OFFER_TAKEN);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_ACCEPTED).to, 2);
    assert_true(log_of(&t, 2)->is_assumed);
    assert_true(replica_effective(t.r, log_of(&t, 2), 2, 1, OP_OPEN));
    replica_digest(t.r, after);
    assert_memory_equal(before, after, 16);
    /* again after a restart, then for good */
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_null(log_of(&t, 2));
    replica_assume(t.r, &invite);
    settle(&t);
    assert_int_equal(log_of(&t, 2)->head_seq, 2);
    scene_grant(&t.s, 2, 1);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(offer_kept(&t, 3), OFFER_HELD);
    settle(&t);
    assert_false(log_of(&t, 2)->is_assumed);
    assert_int_equal(log_of(&t, 2)->head_seq, 3);
    stage_fini(&t);
}

static void
an_item_is_erased_only_by_order(void **state)
{
    struct stage t;
    struct buf erased = BUF_NONE;
    struct entry e;

    (void)state;
    stage_init(&t, 1);
    assert_int_equal(entry_decode(scene_write(&t.s, 0, &t.s.tip[0], 2), &e), RC_OK);
    entry_erase(&e, 1, &erased);
    assert_int_equal(refuse(&t, buf_slice(&erased)), RC_FORGED);
    scene_erase(&t.s, 1, 1, 0);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(refuse(&t, buf_slice(&erased)), RC_FORGED); /* another item */
    scene_erase(&t.s, 1, 1, 1);
    offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_true(replica_is_item_erased(t.r, 1, 1, 1));
    assert_int_equal(offer(&t, buf_slice(&erased)), OFFER_TAKEN);
    buf_free(&erased);
    stage_fini(&t);
}

/* ---- seals and the tree */

/* What the tree must be, of all leaves in order. */
struct naive {
    struct hash leaf[256];
    size_t n;
};

static void
naive_add(struct naive *tree, const struct hash *id)
{
    tree->leaf[tree->n++] = *id;
}

/* Writes n entries of log i, offers them, adds their leaves. */
static void
write_leaves(struct stage *t, struct naive *tree, size_t i, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        offer(t, scene_write(&t->s, i, &t->s.tip[i], 1));
        naive_add(tree, &t->s.tip[i].id);
    }
}

/* Drafts, compares with the naive tree, says the seal. */
static void
seal_draft(struct stage *t, const struct naive *tree, size_t lines)
{
    struct seal_draft draft;
    struct hash root = merkle_root_of(tree->leaf, tree->n);

    assert_int_equal(replica_draft_seal(t->r, &draft), RC_OK);
    assert_int_equal(draft.n, lines);
    assert_int_equal(draft.tree_size, tree->n);
    assert_true(hash_eq(&draft.root, &root));
    scene_seal(&t->s, draft.line, draft.n, draft.tree_size, &draft.root);
    offer(t, scene_say(&t->s, &t->s.hub, &t->s.hub_tip));
    settle(t);
    assert_int_equal(replica_check_seal(t->r, t->s.hub_tip.seq - 1), SEAL_RIGHT);
    assert_false(has_change(t, CHANGE_WRONG_ROOT));
}

static void
a_draft_is_the_tree_of_rfc_6962(void **state)
{
    struct stage t;
    struct naive *tree = mem_new(sizeof *tree);
    struct seal_draft draft;

    (void)state;
    stage_init(&t, 3);
    naive_add(tree, &t.s.community);
    write_leaves(&t, tree, 0, 3);
    write_leaves(&t, tree, 2, 2);
    settle(&t);
    seal_draft(&t, tree, 2);
    naive_add(tree, &t.s.hub_tip.id);
    write_leaves(&t, tree, 0, 1);
    write_leaves(&t, tree, 1, 5);
    write_leaves(&t, tree, 2, 1);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK); /* not settled yet */
    settle(&t);
    seal_draft(&t, tree, 3);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_RIGHT);
    assert_int_equal(replica_check_seal(t.r, 2), SEAL_RIGHT);
    naive_add(tree, &t.s.hub_tip.id);
    seal_draft(&t, tree, 0);
    assert_int_equal(replica_draft_seal(t.r, &draft), RC_OK);
    assert_int_equal(draft.n, 0);
    mem_free(tree);
    stage_fini(&t);
}

static void
a_wrong_root_is_told_and_changes_nothing(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_kept(&t, 0, 2);
    offer_kept(&t, 1);
    offer(&t, seal_tips(&t, 1, 3, &no_root)); /* entry 2 is not held yet */
    settle(&t);
    assert_false(has_change(&t, CHANGE_WRONG_ROOT));
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_UNKNOWN);
    offer_kept(&t, 2);
    settle(&t);
    assert_int_equal(change(&t, CHANGE_WRONG_ROOT).from, 1);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_WRONG);
    assert_int_equal(log_of(&t, 1)->seal_seq, 2);
    settle(&t);
    assert_int_equal(t.changes.n, 0);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_WRONG);
    stage_fini(&t);
}

/* ---- orders, restarts, failures */

/* A history of three logs with a fork, a seal, a revocation and a new log. */
static void
write_history(struct stage *t)
{
    struct scene_tip other;
    struct hash cut;

    write_kept(t, 0, 4);
    write_kept(t, 1, 3);
    seal_tips(t, 2, 8, &no_root);
    cut = t->s.tip[1].id;
    other = t->s.tip[0];
    write_kept(t, 0, 2);
    write_kept(t, 1, 2);
    scene_write(&t->s, 0, &other, 1);
    keep(t);
    scene_revoke(&t->s, 2, 3, &cut);
    scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    keep(t);
    scene_grant(&t->s, 3, 1);
    scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    keep(t);
    write_kept(t, 2, 3);
    seal_tips(t, 1, 20, &no_root);
}

static void
pass(struct stage *t, size_t first, size_t step)
{
    for (size_t i = 0; i < t->n; i++) {
        offer_kept(t, (first + i * step) % t->n);
    }
    settle_finally(t);
}

static void
every_order_ends_alike(void **state)
{
    static const size_t steps[] = {1, 5, 7, 11, 13};
    struct stage t;
    uint8_t want[16];

    (void)state;
    stage_init(&t, 2);
    write_history(&t);
    for (int i = 0; i < 20; i++) {
        pass(&t, 0, 1);
    }
    replica_digest(t.r, want);
    for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
        uint8_t now[16];

        mem_store_free(t.store);
        replica_free(t.r);
        t.store = mem_store_new();
        t.r = replica_new(mem_store_port(t.store));
        assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
        for (size_t i = 0; i < 30; i++) {
            pass(&t, 3 * k + i, steps[k]);
        }
        replica_digest(t.r, now);
        assert_memory_equal(now, want, 16);
        assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
        replica_digest(t.r, now);
        assert_memory_equal(now, want, 16);
    }
    stage_fini(&t);
}

/* One transaction: a few offers and a settle. False when the store failed. */
static bool
transaction(struct stage *t, struct replica *r, size_t from, size_t to)
{
    struct changes c;

    for (size_t i = from; i < to && i < t->n; i++) {
        enum offer what;
        enum rc rc = replica_offer(r, buf_slice(&t->kept[i]), &what);

        if (rc != RC_OK) {
            assert_int_equal(rc, RC_IO);
            return false;
        }
    }
    replica_final(r);
    return replica_settle(r, &c) == RC_OK;
}

static void
a_failing_store_loses_nothing(void **state)
{
    struct stage t;
    uint8_t want[16];
    size_t failures = 0;

    (void)state;
    stage_init(&t, 2);
    write_history(&t);
    pass(&t, 0, 1);
    replica_digest(t.r, want);
    for (size_t n = 1; n < 60; n++) { /* the n-th call of every transaction fails once */
        struct mem_store *store = mem_store_new();
        uint8_t now[16];

        for (size_t from = 0; from < t.n; from += 4) {
            struct mem_store *before = mem_store_copy(store);
            struct replica *r = replica_new(mem_store_port(store));

            assert_int_equal(replica_load(r, &t.s.community), RC_OK);
            mem_store_fail(store, n);
            if (!transaction(&t, r, from, from + 4)) {
                failures++;
                replica_free(r);
                mem_store_free(store); /* rolled back */
                store = before;
                before = NULL;
                r = replica_new(mem_store_port(store));
                assert_int_equal(replica_load(r, &t.s.community), RC_OK);
                assert_true(transaction(&t, r, from, from + 4));
            }
            mem_store_fail(store, 0);
            replica_digest(r, now);
            replica_free(r);
            mem_store_free(before);
        }
        assert_memory_equal(now, want, 16);
        mem_store_free(store);
    }
    assert_true(failures > 50);
    stage_fini(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_that_extends_costs_one_check),
        cmocka_unit_test(what_is_not_in_order_is_told_apart),
        cmocka_unit_test(a_body_that_does_not_match_its_root_is_forged),
        cmocka_unit_test(another_community_is_not_let_in),
        cmocka_unit_test(a_sealed_run_costs_no_check),
        cmocka_unit_test(the_seal_vouches_for_what_is_badly_signed),
        cmocka_unit_test(what_waits_is_checked_in_the_end),
        cmocka_unit_test(a_run_that_misses_its_line_is_checked),
        cmocka_unit_test(a_full_waiting_room_checks_one_by_one),
        cmocka_unit_test(two_ids_at_one_seq_are_a_proof),
        cmocka_unit_test(a_proof_stands_alone),
        cmocka_unit_test(a_gap_is_remembered_as_one_half_of_a_proof),
        cmocka_unit_test(a_forged_twin_proves_nothing),
        cmocka_unit_test(what_is_above_the_cut_is_quarantined),
        cmocka_unit_test(nothing_is_good_of_a_log_cut_at_zero),
        cmocka_unit_test(quarantine_has_a_quota),
        cmocka_unit_test(a_fork_of_the_hub_stops_it_until_the_root_speaks),
        cmocka_unit_test(nobody_succeeds_without_the_root),
        cmocka_unit_test(a_grant_opens_a_log),
        cmocka_unit_test(an_assumed_log_works_until_it_is_granted),
        cmocka_unit_test(an_item_is_erased_only_by_order),
        cmocka_unit_test(a_draft_is_the_tree_of_rfc_6962),
        cmocka_unit_test(a_wrong_root_is_told_and_changes_nothing),
        cmocka_unit_test(every_order_ends_alike),
        cmocka_unit_test(a_failing_store_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
