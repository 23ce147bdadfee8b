/* The community's tree, read for publishing: the same from every node, up to the newest
 * seal that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/hub_in.h"
#include "schema/schema.h"
#include "tests/lib/ledger_fixture.h"

#define assert_ok(call) assert_int_equal((call), RC_OK)

static struct community town;

struct walk {
    struct buf ids;
    struct merkle made;
    struct key log; /* of the last leaf, and its seq */
    uint64_t seq, n;
    uint64_t stop_at;
};

static enum rc
one_leaf(void *arg, const struct tree_leaf *leaf)
{
    struct walk *w = arg;
    struct hash id = merkle_leaf(leaf->bytes);
    assert_int_equal(leaf->index, w->n);
    assert_int_equal(leaf->bytes.n, ENTRY_HEAD_BYTES);
    assert_memory_equal(id.b, leaf->id.b, HASH_BYTES);
    assert_memory_equal(leaf->bytes.p + 8, leaf->log->b, KEY_BYTES);
    assert_int_equal(get_u64(leaf->bytes.p + 40), leaf->seq);
    merkle_add(&w->made, &id);
    buf_add(&w->ids, id.b, HASH_BYTES);
    w->n++;
    return w->stop_at > 0 && w->n == w->stop_at ? RC_FULL : RC_OK;
}

static void
sealed_record(unsigned i)
{
    town.wall_ms += 60000;
    member_add(&town.m[i], "need", FIXTURE_GROUP + i - 1, "title", "一件");
    community_sync(&town);
}

static void
found(void)
{
    community_init(&town);
    community_groups(&town, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct member *m = community_invite(&town, FIXTURE_GROUP + i, ROLE_LEADER);
        assert_ok(community_join(&town, m));
    }
    community_sync(&town);
}

static void
before_the_first_seal_there_is_no_tree(void **state)
{
    struct tree *t = NULL;
    (void)state;
    found();
    assert_int_equal(tree_open(town.m[0].l, &t), RC_STALE);
    assert_null(t);
    community_fini(&town);
}

static void
every_node_reads_the_same_tree_and_each_begins_with_the_one_before(void **state)
{
    struct buf before = BUF_NONE;
    (void)state;
    found();
    for (uint64_t round = 1; round <= 3; round++) {
        for (unsigned i = 1; i <= 2; i++)
            for (unsigned k = 0; k < round; k++)
                sealed_record(i);
        community_seal(&town);
        community_sync(&town);
        sealed_record(1); /* written, not sealed: not in the tree */
        struct buf first = BUF_NONE;
        for (size_t m = 0; m < town.n; m++) {
            struct walk w = {.n = 0};
            struct tree *t = NULL;
            assert_ok(tree_open(town.m[m].l, &t));
            assert_ok(tree_each(t, one_leaf, &w));
            struct hash root = merkle_root(&w.made);
            assert_int_equal(tree_seal_no(t), round);
            assert_int_equal(tree_size(t), w.n);
            assert_memory_equal(tree_root(t)->b, root.b, HASH_BYTES);
            assert_false(tree_is_contradicted(t));
            assert_true(w.ids.n > before.n);
            assert_memory_equal(w.ids.p, before.p != NULL ? before.p : w.ids.p, before.n);
            if (m == 0)
                buf_add_slice(&first, buf_slice(&w.ids));
            assert_int_equal(w.ids.n, first.n);
            assert_memory_equal(w.ids.p, first.p, first.n);
            tree_close(t);
            buf_free(&w.ids);
        }
        buf_free(&before);
        before = first;
    }
    buf_free(&before);
    community_fini(&town);
}

static void
whoever_reads_may_stop(void **state)
{
    struct walk w = {.stop_at = 3};
    struct tree *t = NULL;
    (void)state;
    found();
    sealed_record(1);
    community_seal(&town);
    assert_ok(tree_open(town.m[0].l, &t));
    assert_int_equal(tree_each(t, one_leaf, &w), RC_FULL);
    assert_int_equal(w.n, 3);
    w.stop_at = 0;
    w.n = 0;
    assert_ok(tree_each(t, one_leaf, &w)); /* nothing is left open */
    tree_close(t);
    buf_free(&w.ids);
    community_fini(&town);
}

/* The hub's key seals another root: what is published stays what is right. */
static void
a_seal_with_a_wrong_root_is_not_published(void **state)
{
    struct tree *t = NULL;
    struct decree d;
    struct seal_draft draft;
    struct buf lines = BUF_NONE;
    struct walk w = {.n = 0};
    struct ledger *l;
    (void)state;
    found();
    l = town.m[0].l;
    sealed_record(1);
    community_seal(&town);
    sealed_record(2);
    assert_ok(ledger_begin(l));
    assert_ok(replica_draft_seal(ledger_replica(l), &draft));
    for (size_t i = 0; i < draft.n; i++)
        auth_line_add(&lines, &draft.line[i]);
    uint64_t size = draft.tree_size;
    struct hash root = draft.root;
    uint32_t n = (uint32_t)draft.n;
    root.b[7] ^= 1;
    assert_ok(decree_begin(&d, l, &town.hub_key));
    struct auth_op *op = decree_next(&d, AUTH_SEAL);
    op->seal_no = 2;
    op->tree_size = size;
    op->hash = root;
    op->lines = buf_slice(&lines);
    op->lines_n = n;
    assert_ok(decree_add(&d));
    assert_ok(decree_end(&d));
    assert_ok(ledger_settle(l));
    assert_ok(ledger_commit(l));
    community_sync(&town);
    for (size_t m = 0; m < town.n; m++) {
        w.n = 0;
        assert_ok(tree_open(town.m[m].l, &t));
        assert_int_equal(tree_seal_no(t), 1);
        assert_true(tree_is_contradicted(t));
        assert_ok(tree_each(t, one_leaf, &w));
        tree_close(t);
    }
    sealed_record(1);
    community_seal(&town); /* the next one is right again: the tree is what it is */
    assert_ok(tree_open(l, &t));
    w.n = 0;
    assert_ok(tree_each(t, one_leaf, &w));
    assert_true(tree_seal_no(t) > 2);
    assert_false(tree_is_contradicted(t));
    tree_close(t);
    buf_free(&lines);
    buf_free(&w.ids);
    community_fini(&town);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_seal_there_is_no_tree),
        cmocka_unit_test(
            every_node_reads_the_same_tree_and_each_begins_with_the_one_before),
        cmocka_unit_test(whoever_reads_may_stop),
        cmocka_unit_test(a_seal_with_a_wrong_root_is_not_published),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
