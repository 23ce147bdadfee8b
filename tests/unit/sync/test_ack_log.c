/* Acknowledgement logs and erased items in a replica: who may write what, what is
 * carried, what a restart keeps; an item that is named leaves whatever is held of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

static void
acks(struct street *s, uint32_t node, size_t n, unsigned homes)
{
    for (size_t k = 0; k < n; k++) {
        s->e.n = 0;
        town_ack(&s->town, node, &s->e);
        street_gives(s, homes);
    }
}

static struct row
ack_row(const struct street *s, size_t home, uint32_t node)
{
    const struct replica *r = s->home[home].replica;
    struct row row;

    for (size_t i = 0; i < replica_rows_n(r); i++) {
        replica_row_at(r, i, &row);
        if (row.is_ack && row.no == node) {
            return row;
        }
    }
    return (struct row){0};
}

static void
restart(struct street *s, size_t home)
{
    uint8_t before[16], after[16];
    struct home *h = &s->home[home];

    replica_digest(h->replica, before);
    assert_int_equal(replica_load(h->replica, &s->town.id), RC_OK);
    replica_digest(h->replica, after);
    assert_memory_equal(before, after, sizeof before);
    home_settle(h);
    replica_digest(h->replica, after);
    assert_memory_equal(before, after, sizeof before);
}

static void
it_counts_without_a_grant_and_is_no_data_log(void **state)
{
    struct street s;
    struct seal_draft draft;
    uint8_t before[16], after[16];
    const struct log_state *log;

    (void)state;
    street_init(&s, 2, 2);
    replica_digest(s.home[0].replica, before);
    acks(&s, 2, 3, 1);
    replica_digest(s.home[0].replica, after);
    assert_memory_not_equal(before, after, sizeof before);
    log = replica_ack(s.home[0].replica, 2);
    assert_non_null(log);
    assert_int_equal(log->head_seq, 3);
    assert_true(log->is_ack && log->no == 2);
    assert_int_equal(replica_logs_n(s.home[0].replica), 2);
    assert_int_equal(replica_log(s.home[0].replica, 2)->head_seq, 0);
    assert_true(
        replica_effective(s.home[0].replica, log, 3, SCOPE_NO_COMMUNITY, OP_ERASED));
    assert_false(replica_effective(s.home[0].replica, log, 3, 2, OP_ERASED));
    assert_false(replica_effective(s.home[0].replica, log, 4, 1, OP_ERASED));
    assert_false(replica_effective(s.home[0].replica, log, 3, 1, OP_PUT));
    street_writes(&s, 1, 1, 20, 1);
    log = replica_log(s.home[0].replica, 1);
    assert_true(replica_effective(s.home[0].replica, log, 1, 1, OP_PUT));
    assert_false(replica_effective(s.home[0].replica, log, 1, 1, OP_ERASED));
    assert_int_equal(replica_draft_seal(s.home[0].replica, &draft), RC_OK);
    assert_int_equal(draft.n, 1); /* the data log's line, and no other */
    assert_int_equal(draft.line[0].log_no, 1);
    restart(&s, 0);
    assert_int_equal(ack_row(&s, 0, 2).head_seq, 3);
    street_fini(&s);
}

static void
it_is_carried_by_a_node_that_it_is_not_of(void **state)
{
    struct street s;

    (void)state;
    street_init(&s, 3, 2);
    acks(&s, 2, 70, 1);
    acks(&s, 3, 2, 2);
    street_writes(&s, 2, 3, 20, 1);
    for (size_t i = 0; i < 2; i++) {
        pipe_sync(&s.town, &s.home[0], &s.home[1]);
        pipe_sync(&s.town, &s.home[2], &s.home[1]);
    }
    assert_int_equal(ack_row(&s, 2, 2).head_seq, 70);
    assert_int_equal(ack_row(&s, 0, 3).head_seq, 2);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(home_same(&s.home[1], &s.home[2]));
    street_fini(&s);
}

/* A node made known after the others met: the row comes with the authority log. */
static void
the_log_of_a_node_that_came_later(void **state)
{
    struct street s;

    (void)state;
    street_init(&s, 2, 1);
    pipe_sync(&s.town, &s.home[0], &s.home[1]);
    s.e.n = 0;
    town_node(&s.town, &s.e);
    street_gives(&s, 1);
    acks(&s, 3, 1, 1);
    pipe_sync(&s.town, &s.home[1], &s.home[0]);
    assert_int_equal(ack_row(&s, 1, 3).head_seq, 1);
    assert_true(home_same(&s.home[0], &s.home[1]));
    street_fini(&s);
}

static void
a_fork_ends_it_on_both_sides(void **state)
{
    struct street s;
    struct chain at;

    (void)state;
    street_init(&s, 2, 1);
    acks(&s, 1, 2, 3);
    at = s.town.ack[1];
    acks(&s, 1, 2, 1);
    s.town.ack[1] = at;
    s.town.clock += 1 << 16;
    acks(&s, 1, 1, 2);
    pipe_sync(&s.town, &s.home[0], &s.home[1]);
    assert_int_equal(ack_row(&s, 0, 1).head_seq, 2);
    assert_int_equal(ack_row(&s, 0, 1).proof_seq, 3);
    assert_true(home_same(&s.home[0], &s.home[1]));
    restart(&s, 0);
    restart(&s, 1);
    street_fini(&s);
}

/* ---- erasing */

static bool
holds(const struct street *s, size_t home, const struct key *log, uint64_t seq,
      struct slice what)
{
    struct hash id;
    struct slice e = mem_store_trunk_at(s->home[home].store, log, seq, &id);

    for (size_t at = 0; at + what.n <= e.n; at++) {
        if (memcmp(e.p + at, what.p, what.n) == 0) {
            return true;
        }
    }
    return false;
}

static void
a_named_item_leaves_what_is_held_and_what_comes(void **state)
{
    struct street s;
    struct buf whole = BUF_NONE;
    const struct key *log;
    struct hash before, after;
    struct slice secret;
    uint8_t digest[16], again[16];
    enum offer what;

    (void)state;
    street_init(&s, 3, 1);
    log = &s.town.log[1].key.pub;
    street_writes(&s, 1, 2, 40, 7);
    buf_add_slice(&whole, buf_slice(&s.e));
    secret = slice_of(whole.p + whole.n - 24, 24);
    assert_true(holds(&s, 0, log, 2, secret));
    (void)mem_store_trunk_at(s.home[0].store, log, 2, &before);
    s.e.n = 0;
    town_erase(&s.town, 1, 2, 2, &s.e);
    street_gives(&s, 1);
    assert_false(holds(&s, 0, log, 2, secret));
    (void)mem_store_trunk_at(s.home[0].store, log, 2, &after);
    assert_true(hash_eq(&before, &after));
    restart(&s, 0);
    /* what others still have of it: dropped on arrival */
    assert_int_equal(replica_offer(s.home[0].replica, buf_slice(&whole), &what), RC_OK);
    assert_int_equal(what, OFFER_HAVE);
    pipe_sync(&s.town, &s.home[0], &s.home[1]);
    assert_false(holds(&s, 1, log, 2, secret));
    assert_true(home_same(&s.home[0], &s.home[1]));
    /* and one that was never here: */
    replica_digest(s.home[2].replica, digest);
    street_gives(&s, 4);
    assert_false(holds(&s, 2, log, 2, secret));
    replica_digest(s.home[2].replica, again);
    assert_memory_not_equal(digest, again, sizeof digest); /* the authority log's row */
    assert_true(home_same(&s.home[0], &s.home[2]));
    street_fini(&s);
    street_init(&s, 1, 1);
    log = &s.town.log[1].key.pub;
    street_writes(&s, 1, 1, 40, 1);
    s.e.n = 0;
    town_write(&s.town, 1, 40, &s.e);
    whole.n = 0;
    buf_add_slice(&whole, buf_slice(&s.e));
    secret = slice_of(whole.p + whole.n - 24, 24);
    s.e.n = 0;
    town_erase(&s.town, 1, 2, 2, &s.e);
    street_gives(&s, 1);
    home_take(&s.home[0], &whole);
    assert_int_equal(street_row(&s, 0, false, 1).head_seq, 2);
    assert_false(holds(&s, 0, log, 2, secret));
    buf_free(&whole);
    street_fini(&s);
}

/* What a transaction that was rolled back, or an older release, left standing. */
static void
a_restart_finishes_what_was_not_rewritten(void **state)
{
    struct street s;
    const struct key *log;
    struct hash id;
    struct buf whole = BUF_NONE;
    struct slice secret;

    (void)state;
    street_init(&s, 1, 1);
    log = &s.town.log[1].key.pub;
    street_writes(&s, 1, 1, 40, 1);
    buf_add_slice(&whole, mem_store_trunk_at(s.home[0].store, log, 1, &id));
    secret = slice_of(whole.p + whole.n - 24, 24);
    s.e.n = 0;
    town_erase(&s.town, 1, 1, 1, &s.e);
    street_gives(&s, 1);
    assert_false(holds(&s, 0, log, 1, secret));
    {
        const struct sync_store *store = mem_store_port(s.home[0].store);

        assert_int_equal(store->rewrite(store->self, log, 1, buf_slice(&whole)), RC_OK);
    }
    assert_true(holds(&s, 0, log, 1, secret));
    restart(&s, 0);
    assert_false(holds(&s, 0, log, 1, secret));
    buf_free(&whole);
    street_fini(&s);
}

static void
what_an_order_says_can_be_read(void **state)
{
    struct street s;
    const struct authority *a;
    struct record_key key = {.scope = 1, .unit = 301};

    (void)state;
    street_init(&s, 1, 1);
    street_writes(&s, 1, 2, 40, 1);
    a = replica_authority(s.home[0].replica);
    assert_null(authority_erase_of(a, &key));
    s.e.n = 0;
    town_erase(&s.town, 1, 1, 2, &s.e);
    street_gives(&s, 1);
    a = replica_authority(s.home[0].replica);
    assert_int_equal(authority_erases_n(a), 1);
    assert_non_null(authority_erase_of(a, &key));
    assert_string_equal(authority_erase_at(a, 0)->request, "2026-1");
    assert_int_equal(authority_erase_at(a, 0)->items_n, 2);
    assert_int_equal(authority_erase_at(a, 0)->ground, 1);
    assert_int_equal(authority_erased_items_n(a), 2);
    street_fini(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts_without_a_grant_and_is_no_data_log),
        cmocka_unit_test(it_is_carried_by_a_node_that_it_is_not_of),
        cmocka_unit_test(the_log_of_a_node_that_came_later),
        cmocka_unit_test(a_fork_ends_it_on_both_sides),
        cmocka_unit_test(a_named_item_leaves_what_is_held_and_what_comes),
        cmocka_unit_test(a_restart_finishes_what_was_not_rewritten),
        cmocka_unit_test(what_an_order_says_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
