/* A replica with real keys and real entries: authority, seals and the community's tree,
 * orders of arrival, restarts, a store that fails. */
#include <string.h>

#include "tests/lib/stage.h"

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
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    other = t.s.hub_tip;
    stage_offer(&t, stage_seal(&t, 1, 2, &no_root));
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 1);
    scene_seal(&t.s, NULL, 0, 0, &no_root);
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.hub, &other)), OFFER_TAKEN);
    stage_settle(&t);
    assert_true(stage_has_change(&t, CHANGE_REFOLD));
    assert_true(stage_has_change(&t, CHANGE_FORK));
    assert_int_equal(authority_n(replica_authority(t.r)), 1);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 0);
    assert_int_equal(stage_log(&t, 1)->head_seq, 1); /* by its own signature */
    replica_row_at(t.r, 0, &row);
    assert_true(row.is_authority && row.has_proof && row.proof_seq == 2);
    /* the root chooses the branch that came second */
    scene_succeed(&t.s, 2, 2, &other.id);
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.next_hub, &next)), OFFER_TAKEN);
    scene_grant(&t.s, 2, 1);
    t.s.ops_n = 0;
    stage_settle(&t);
    assert_int_equal(authority_n(replica_authority(t.r)), 3);
    assert_int_equal(replica_rows_n(t.r), 3);
    assert_true(key_eq(authority_hub_key(replica_authority(t.r)), &t.s.next_hub.pub));
    assert_int_equal(t.changes.n, 3); /* entry 2 of reign 1, entry 1 of reign 2 */
    assert_true(stage_has_change(&t, CHANGE_WRONG_ROOT)); /* of the seal nobody meant */
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
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.next_hub, &next)),
                     OFFER_UNKNOWN);
    t.s.root = root;
    next = (struct scene_tip){0, {{0}}};
    scene_succeed(&t.s, 2, 1, &t.s.hub_tip.id);
    scene_say(&t.s, &t.s.log[5], &next); /* signed for another hub key */
    assert_int_equal(stage_offer(&t, buf_slice(&t.s.entry)), OFFER_UNKNOWN);
    stage_settle(&t);
    assert_int_equal(replica_rows_n(t.r), 2);
    stage_fini(&t);
}

/* The root signs one officers operation beside a succeed: with a second one nothing says
 * which, and neither may come in so. */
static void
the_root_signs_for_one_officers_operation(void **state)
{
    struct stage t;
    struct scene_tip next = {0, {{0}}};

    (void)state;
    stage_init(&t, 1);
    scene_succeed_beside(&t.s, 2, 1, &t.s.hub_tip.id, &t.s.officer[1].pub);
    scene_officers(&t.s, &t.s.log[5].pub);
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.next_hub, &next)),
                     OFFER_UNKNOWN);
    next = (struct scene_tip){0, {{0}}};
    scene_succeed(&t.s, 2, 1, &t.s.hub_tip.id); /* signed with none beside it */
    scene_officers(&t.s, &t.s.officer[1].pub);
    scene_officers(&t.s, &t.s.log[5].pub);
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.next_hub, &next)),
                     OFFER_UNKNOWN);
    next = (struct scene_tip){0, {{0}}};
    scene_succeed_beside(&t.s, 2, 1, &t.s.hub_tip.id, &t.s.officer[1].pub);
    assert_int_equal(stage_offer(&t, scene_say(&t.s, &t.s.next_hub, &next)), OFFER_TAKEN);
    stage_settle(&t);
    assert_int_equal(authority_reign(replica_authority(t.r)), 2);
    assert_int_equal(authority_officers(replica_authority(t.r))->n, 1);
    stage_fini(&t);
}

static void
an_order_lacks_what_does_not_hold(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    scene_revoke(&t.s, 1, 0, &no_root);
    t.s.ops[0].p[t.s.ops[0].n - 1] ^= 1; /* in the second officer's signature */
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    stage_settle(&t);
    assert_false(authority_counts(replica_authority(t.r), 1, 0));
    assert_int_equal(stage_log(&t, 1)->head_seq, 1);
    stage_fini(&t);
}

static void
a_grant_opens_a_log(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 1, 2);
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_UNKNOWN);
    scene_grant(&t.s, 2, 1);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(replica_logs_n(t.r), 2);
    assert_int_equal(replica_log_at(t.r, 1)->no, 2);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_AUTHORITY).from, 2);
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
    stage_write(&t, 1, 3);
    assert_int_equal(stage_offer_kept(&t, 1), OFFER_TAKEN);
    assert_int_equal(stage_offer_kept(&t, 2), OFFER_TAKEN);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_ACCEPTED).to, 2);
    assert_true(stage_log(&t, 2)->is_assumed);
    assert_true(replica_effective(t.r, stage_log(&t, 2), 2, 1, OP_OPEN));
    replica_digest(t.r, after);
    assert_memory_equal(before, after, 16);
    /* again after a restart, then for good */
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK);
    assert_null(stage_log(&t, 2));
    replica_assume(t.r, &invite);
    stage_settle(&t);
    assert_int_equal(t.changes.n, 0); /* told before the restart */
    assert_int_equal(stage_log(&t, 2)->head_seq, 2);
    scene_grant(&t.s, 2, 1);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(stage_offer_kept(&t, 3), OFFER_HELD);
    stage_settle(&t);
    assert_false(stage_log(&t, 2)->is_assumed);
    assert_int_equal(stage_log(&t, 2)->head_seq, 3);
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
    assert_int_equal(stage_refuse(&t, buf_slice(&erased)), RC_FORGED);
    scene_erase(&t.s, 1, 1, 0);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_int_equal(stage_refuse(&t, buf_slice(&erased)), RC_FORGED); /* another item */
    scene_erase(&t.s, 1, 1, 1);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    assert_true(replica_is_item_erased(t.r, 1, 1, 1));
    assert_int_equal(stage_offer(&t, buf_slice(&erased)), OFFER_TAKEN);
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
        stage_offer(t, scene_write(&t->s, i, &t->s.tip[i], 1));
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
    stage_offer(t, scene_say(&t->s, &t->s.hub, &t->s.hub_tip));
    stage_settle(t);
    assert_int_equal(replica_check_seal(t->r, t->s.hub_tip.seq - 1), SEAL_RIGHT);
    assert_false(stage_has_change(t, CHANGE_WRONG_ROOT));
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
    stage_settle(&t);
    seal_draft(&t, tree, 2);
    naive_add(tree, &t.s.hub_tip.id);
    write_leaves(&t, tree, 0, 1);
    write_leaves(&t, tree, 1, 5);
    write_leaves(&t, tree, 2, 1);
    assert_int_equal(replica_load(t.r, &t.s.community), RC_OK); /* not settled yet */
    stage_settle(&t);
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
a_line_without_effect_adds_no_leaf(void **state)
{
    struct stage t;
    struct naive *tree = mem_new(sizeof *tree);
    struct line lines[2];
    struct hash root;

    (void)state;
    stage_init(&t, 2);
    naive_add(tree, &t.s.community);
    write_leaves(&t, tree, 0, 2);
    root = merkle_root_of(tree->leaf, tree->n);
    lines[0] = (struct line){1, 2, t.s.tip[0].id, 0};
    stage_write(&t, 1, 2);
    lines[1] = (struct line){2, 1, t.s.tip[1].id, 0}; /* that is the id of seq 2 */
    scene_seal(&t.s, lines, 2, tree->n, &root);
    stage_offer(&t, scene_say(&t.s, &t.s.hub, &t.s.hub_tip));
    stage_settle(&t);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_UNKNOWN); /* line 2 waits */
    stage_offer_kept(&t, 1);
    stage_offer_kept(&t, 2);
    stage_settle(&t);
    assert_int_equal(stage_log(&t, 2)->passed, 1);
    assert_int_equal(stage_log(&t, 2)->seal_seq, 0);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_RIGHT);
    mem_free(tree);
    stage_fini(&t);
}

/* The digest by hand: PROTOCOL.md section 5. */
static void
the_digest_is_over_all_rows(void **state)
{
    struct stage t;
    struct buf b = BUF_NONE;
    struct hash h;
    uint8_t digest[16];
    static const uint8_t zeros[HASH_BYTES];

    (void)state;
    stage_init(&t, 2);
    stage_write(&t, 0, 2);
    stage_offer(&t, stage_seal(&t, 1, 3, &no_root));
    stage_offer_kept(&t, 1);
    stage_offer_kept(&t, 2);
    stage_settle(&t);
    buf_add_slice(&b, slice_text("linjuli-state-v1"));
    buf_add_u8(&b, 1);
    buf_add_u32(&b, 1);
    buf_add(&b, t.s.hub_tip.id.b, HASH_BYTES);
    buf_add_u8(&b, 0);
    buf_add_u64(&b, 0);
    buf_add_u8(&b, 2);
    buf_add_u32(&b, 1);
    buf_add(&b, t.s.tip[0].id.b, HASH_BYTES);
    buf_add_u8(&b, 0);
    buf_add_u64(&b, 1);
    buf_add_u8(&b, 2);
    buf_add_u32(&b, 2);
    buf_add(&b, zeros, HASH_BYTES);
    buf_add_u8(&b, 0);
    buf_add_u64(&b, 0);
    h = hash_of(buf_slice(&b));
    replica_digest(t.r, digest);
    assert_memory_equal(digest, h.b, 16);
    buf_free(&b);
    stage_fini(&t);
}

static void
a_wrong_root_is_told_and_changes_nothing(void **state)
{
    struct stage t;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 2);
    stage_offer_kept(&t, 1);
    stage_offer(&t, stage_seal(&t, 1, 3, &no_root)); /* entry 2 is not held yet */
    stage_settle(&t);
    assert_false(stage_has_change(&t, CHANGE_WRONG_ROOT));
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_UNKNOWN);
    stage_offer_kept(&t, 2);
    stage_settle(&t);
    assert_int_equal(stage_change(&t, CHANGE_WRONG_ROOT).from, 1);
    assert_int_equal(replica_check_seal(t.r, 1), SEAL_WRONG);
    assert_int_equal(stage_log(&t, 1)->seal_seq, 2);
    stage_settle(&t);
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

    stage_write(t, 0, 4);
    stage_write(t, 1, 3);
    stage_seal(t, 2, 8, &no_root);
    cut = t->s.tip[1].id;
    other = t->s.tip[0];
    stage_write(t, 0, 2);
    stage_write(t, 1, 2);
    scene_write(&t->s, 0, &other, 1);
    stage_keep(t);
    scene_revoke(&t->s, 2, 3, &cut);
    scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    stage_keep(t);
    scene_grant(&t->s, 3, 1);
    scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    stage_keep(t);
    stage_write(t, 2, 3);
    stage_seal(t, 1, 20, &no_root);
}

static void
pass(struct stage *t, size_t first, size_t step)
{
    for (size_t i = 0; i < t->n; i++) {
        stage_offer_kept(t, (first + i * step) % t->n);
    }
    stage_settle_finally(t);
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
        cmocka_unit_test(a_fork_of_the_hub_stops_it_until_the_root_speaks),
        cmocka_unit_test(nobody_succeeds_without_the_root),
        cmocka_unit_test(the_root_signs_for_one_officers_operation),
        cmocka_unit_test(an_order_lacks_what_does_not_hold),
        cmocka_unit_test(a_grant_opens_a_log),
        cmocka_unit_test(an_assumed_log_works_until_it_is_granted),
        cmocka_unit_test(an_item_is_erased_only_by_order),
        cmocka_unit_test(a_draft_is_the_tree_of_rfc_6962),
        cmocka_unit_test(a_line_without_effect_adds_no_leaf),
        cmocka_unit_test(the_digest_is_over_all_rows),
        cmocka_unit_test(a_wrong_root_is_told_and_changes_nothing),
        cmocka_unit_test(every_order_ends_alike),
        cmocka_unit_test(a_failing_store_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
