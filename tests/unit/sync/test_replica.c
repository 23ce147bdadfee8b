/* A replica with real keys and real entries: what is taken, held, refused, cut. */
#include <string.h>

#include "tests/lib/stage.h"

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
        assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 2)),
                         OFFER_TAKEN);
    }
    assert_int_equal(t.r->checks_n - before, 10);
    assert_int_equal(stage_log(&t, 1)->head_seq, 10);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_ACCEPTED).from, 1);
    assert_int_equal(stage_change(&t, CHANGE_ACCEPTED).to, 10);
    assert_int_equal(t.r->checks_n - before, 10);
    stage_settle(&t);
    assert_int_equal(t.changes.n, 0);
    assert_true(replica_effective(t.r, stage_log(&t, 1), 10, 5, OP_PUT));
    assert_false(replica_effective(t.r, stage_log(&t, 1), 11, 5, OP_PUT));
    assert_false(replica_effective(t.r, stage_log(&t, 1), 10, 5, OP_OPEN));
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
    stage_write(&t, 0, 2);
    assert_int_equal(stage_offer_kept(&t, 2), OFFER_GAP);
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_HAVE);
    assert_int_equal(stage_offer_kept(&t, 2), OFFER_TAKEN);
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_HAVE);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &gap, 1)), OFFER_GAP);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 3, &stranger, 1)), OFFER_UNKNOWN);
    assert_int_equal(mem_store_trunk_n(t.store, &t.s.log[3].pub), 0);
    scene_write(&t.s, 0, &t.s.tip[0], 1);
    assert_int_equal(stage_refuse(&t, scene_break(&t.s, &t.s.tip[0])), RC_FORGED);
    assert_int_equal(stage_refuse(&t, slice_of(t.s.entry.p, 100)), RC_MALFORMED);
    assert_int_equal(stage_log(&t, 1)->head_seq, 2);
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
    assert_int_equal(stage_refuse(&t, buf_slice(&t.s.entry)), RC_FORGED);
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
    stage_write(&t, 0, 20);
    assert_int_equal(stage_offer(&t, stage_seal(&t, 1, 21, &no_root)), OFFER_TAKEN);
    before = t.r->checks_n;
    for (size_t i = 1; i < 20; i++) {
        assert_int_equal(stage_offer_kept(&t, i), OFFER_HELD);
    }
    assert_int_equal(stage_log(&t, 1)->head_seq, 0);
    assert_int_equal(stage_offer_kept(&t, 20), OFFER_TAKEN);
    assert_int_equal(t.r->checks_n, before);
    assert_int_equal(stage_log(&t, 1)->head_seq, 20);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 20);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_SEALED).to, 20);
    assert_int_equal(t.r->checks_n, before);
    stage_fini(&t);
}

/* The 10th of 20 entries is badly signed. */
static void
write_one_bad(struct stage *t)
{
    stage_write(t, 0, 9);
    scene_write(&t->s, 0, &t->s.tip[0], 1);
    scene_break(&t->s, &t->s.tip[0]);
    stage_keep(t);
    stage_write(t, 0, 10);
}

static void
the_seal_vouches_for_what_is_badly_signed(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_one_bad(&t);
    stage_offer(&t, stage_seal(&t, 1, 21, &no_root));
    for (size_t i = 1; i <= 20; i++) {
        stage_offer_kept(&t, i);
    }
    stage_settle_finally(&t);
    assert_int_equal(stage_log(&t, 1)->head_seq, 20);
    stage_fini(&t);
}

static void
what_waits_is_checked_in_the_end(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    write_one_bad(&t);
    stage_offer(&t, stage_seal(&t, 1, 21, &no_root));
    for (size_t i = 1; i < 20; i++) {
        assert_int_equal(stage_offer_kept(&t, i), OFFER_HELD);
    }
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->head_seq, 0);
    stage_settle_finally(&t);
    assert_int_equal(stage_log(&t, 1)->head_seq, 9);
    assert_true(stage_log(&t, 1)->waiting);
    assert_int_equal(stage_offer_kept(&t, 20),
                     OFFER_TAKEN); /* beside the trunk, as 10 to 19 */
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->head_seq, 20);
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
    stage_write(&t, 0, 4);
    other = t.s.tip[0];
    stage_write(&t, 0, 1); /* the 5th */
    scene_write(&t.s, 0, &other, 1);
    stage_keep(&t); /* another 5th, which is sealed */
    line = (struct line){1, 5, other.id, 0};
    scene_seal(&t.s, &line, 1, 0, &no_root);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    for (size_t i = 1; i <= 4; i++) {
        assert_int_equal(stage_offer_kept(&t, i), OFFER_HELD);
    }
    assert_int_equal(stage_offer_kept(&t, 5), OFFER_HELD);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->head_seq, 5);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 0);
    assert_int_equal(stage_offer_kept(&t, 6), OFFER_TAKEN);
    stage_settle(&t);
    assert_true(hash_eq(&stage_log(&t, 1)->head, &other.id));
    assert_int_equal(stage_log(&t, 1)->seal_seq, 5);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 5);
    assert_int_equal(stage_change(&t, CHANGE_WITHDRAWN).from, 5);
    assert_int_equal(stage_change(&t, CHANGE_ACCEPTED).from, 5);
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
    stage_offer(&t, stage_seal(&t, 1, 0, &no_root)); /* names what nobody has */
    t.s.tip[0] = (struct scene_tip){0, {{0}}};
    for (enum offer what = OFFER_HELD; what == OFFER_HELD; n++) {
        struct slice e = scene_write(&t.s, 0, &t.s.tip[0], 700);

        what = stage_offer(&t, e);
        assert_true(n < 1000);
        assert_true(what == OFFER_HELD ? room >= e.n : room < e.n);
        room -= e.n;
    }
    assert_int_equal(stage_log(&t, 1)->head_seq, n);
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
    stage_write(&t, 0, 3);
    other = t.s.tip[0];
    stage_write(&t, 0, 2);
    for (size_t i = 1; i <= 5; i++) {
        stage_offer_kept(&t, i);
    }
    stage_settle(&t);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_NOTFOUND);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &other, 1)), OFFER_TAKEN);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_FORK).from, 4);
    assert_int_equal(stage_change(&t, CHANGE_WITHDRAWN).from, 4);
    assert_int_equal(stage_change(&t, CHANGE_WITHDRAWN).to, 5);
    assert_int_equal(stage_log(&t, 1)->head_seq, 3);
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
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    buf_add(&head, scene_write(&t.s, 0, &one, 1).p, ENTRY_HEAD_BYTES);
    scene_write(&t.s, 0, &two, 1);
    t.s.entry.n = ENTRY_HEAD_BYTES;
    assert_int_equal(replica_offer_proof(t.r, buf_slice(&head), buf_slice(&t.s.entry)),
                     RC_OK);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 9);
    assert_int_equal(stage_log(&t, 1)->head_seq, 1);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 9);
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
    assert_int_equal(stage_log(&t, 1)->proof.seq, 9);
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
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &one, 1)), OFFER_GAP);
    assert_int_equal(stage_offer(&t, buf_slice(&t.s.entry)), OFFER_GAP);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &two, 1)), OFFER_TAKEN);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 9);
    assert_int_equal(mem_store_loose_n(t.store, &t.s.log[0].pub), 2);
    stage_fini(&t);
}

static void
a_successor_out_of_step_stands_on_a_gap(void **state)
{
    struct stage t;
    struct scene_tip other = {0, {{0}}};

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &other, 1)), OFFER_TAKEN);
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &other, 1)), OFFER_TAKEN);
    other.seq++; /* on the branch, with one left out */
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &other, 1)), OFFER_GAP);
    t.s.tip[0].seq++; /* and on the trunk */
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 1)), OFFER_GAP);
    stage_fini(&t);
}

static void
a_forged_twin_proves_nothing(void **state)
{
    struct stage t;
    struct scene_tip other;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    other = t.s.tip[0];
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    stage_offer_kept(&t, 2);
    scene_write(&t.s, 0, &other, 1);
    assert_int_equal(stage_refuse(&t, scene_break(&t.s, &other)), RC_FORGED);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 0);
    assert_int_equal(stage_log(&t, 1)->head_seq, 2);
    stage_fini(&t);
}

/* Two children of a badly signed entry fork; when that entry leaves, with all that stands
 * on it, the proof stays. */
static void
a_proof_outlives_its_entries(void **state)
{
    struct stage t;
    struct scene_tip good = {0, {{0}}};
    struct scene_tip bad = {0, {{0}}};
    struct scene_tip twin;
    struct buf proof = BUF_NONE;
    struct line line;

    (void)state;
    stage_init(&t, 1);
    scene_write(&t.s, 0, &good, 1);
    stage_keep(&t);
    line = (struct line){1, 1, good.id, 0};
    scene_seal(&t.s, &line, 1, 0, &no_root);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    scene_write(&t.s, 0, &bad, 1);
    assert_int_equal(stage_offer(&t, scene_break(&t.s, &bad)), OFFER_HELD);
    twin = bad;
    stage_offer(&t, scene_write(&t.s, 0, &bad, 1));
    stage_offer(&t, scene_write(&t.s, 0, &twin, 1));
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 2);
    stage_offer_kept(&t, 1);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 1);
    assert_int_equal(mem_store_loose_n(t.store, &t.s.log[0].pub), 2);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_int_equal(stage_log(&t, 1)->proof.seq, 2);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_OK);
    assert_int_equal(proof.n, 2 * ENTRY_HEAD_BYTES);
    buf_free(&proof);
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
    stage_write(&t, 1, 3);
    cut = t.s.tip[1].id;
    stage_write(&t, 1, 2);
    for (size_t i = 1; i <= 4; i++) {
        stage_offer_kept(&t, i);
    }
    stage_settle(&t);
    scene_revoke(&t.s, 2, 3, &cut);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 2)->head_seq, 3);
    assert_true(stage_log(&t, 2)->is_revoked);
    assert_int_equal(stage_change(&t, CHANGE_WITHDRAWN).from, 4);
    assert_int_equal(stage_offer_kept(&t, 5), OFFER_HELD);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 2)->head_seq, 3);
    stage_fini(&t);
}

static void
nothing_is_good_of_a_log_cut_at_zero(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 2);
    stage_write(&t, 1, 2);
    stage_offer_kept(&t, 1);
    scene_revoke(&t.s, 2, 0, &no_root);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 2)->head_seq, 0);
    assert_true(stage_log(&t, 2)->is_revoked);
    assert_int_equal(stage_offer_kept(&t, 2), OFFER_HELD);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 2)->head_seq, 0);
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
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    stage_settle(&t);
    for (size_t n = 0; what == OFFER_HELD; n++) {
        assert_true(n < 1000);
        what = stage_offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 700));
    }
    assert_int_equal(what, OFFER_OVER_QUOTA);
    assert_true(t.r->held[1]->held_bytes <= HELD_BYTES_MAX);
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
        cmocka_unit_test(a_successor_out_of_step_stands_on_a_gap),
        cmocka_unit_test(a_forged_twin_proves_nothing),
        cmocka_unit_test(a_proof_outlives_its_entries),
        cmocka_unit_test(what_is_above_the_cut_is_quarantined),
        cmocka_unit_test(nothing_is_good_of_a_log_cut_at_zero),
        cmocka_unit_test(quarantine_has_a_quota),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
