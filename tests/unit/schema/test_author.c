/* Writing into an own log. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <string.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"

/* A put of one text field; the value lives in `b`. */
static void
make_put(struct member *m, struct op *op, struct buf *b, const char *text)
{
    memset(op, 0, sizeof(*op));
    b->n = 0;
    pack_text(b, slice_text(text));
    op->code = OP_PUT;
    op->unit = m->unit;
    op->type = type_by_name(ledger_types(m->l), "need")->code;
    ledger_new_id(m->l, op->record);
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = 11, .value = buf_slice(b)};
}

struct all {
    size_t entries, items;
    struct entry last; /* borrows nothing that is looked at */
    struct buf nonces;
};

static bool
see(void *arg, const struct stored *e)
{
    struct all *all = arg;
    struct entry_item item;
    assert_ok(entry_decode(e->bytes, &all->last));
    struct entry_items it = entry_items(&all->last);
    while (entry_items_next(&it, &item)) {
        all->items++;
        buf_add(&all->nonces, item.bytes.p + ITEM_HEAD_BYTES, ITEM_NONCE_BYTES);
    }
    all->entries++;
    return true;
}

static struct all
own_entries(struct member *m)
{
    struct all all = {.nonces = BUF_NONE};
    const struct sync_store *store = replica_store(ledger_replica(m->l));
    assert_ok(store->trunk(store->self, &m->log.pub, 1, see, &all));
    return all;
}

static void
a_run_packs_what_fits_into_one_entry(void **state)
{
    struct community c;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct author_run *run = member_begin(&c.m[1]);
    for (size_t i = 0; i < 200; i++) {
        make_put(&c.m[1], op, &b, "灯");
        assert_ok(author_put(run, 1, op));
    }
    member_end(&c.m[1], run);
    struct all all = own_entries(&c.m[1]);
    assert_int_equal(all.entries, 1);
    assert_int_equal(all.items, 200);
    buf_free(&all.nonces);
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
what_does_not_fit_goes_into_the_next_and_no_nonce_comes_twice(void **state)
{
    struct community c;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    char text[1001];
    (void)state;
    memset(text, 'x', sizeof(text));
    text[1000] = '\0';
    community_of(&c, 1);
    struct author_run *run = member_begin(&c.m[1]);
    for (size_t i = 0; i < 300; i++) {
        make_put(&c.m[1], op, &b, text);
        assert_ok(author_put(run, 1, op));
    }
    member_end(&c.m[1], run);
    struct all all = own_entries(&c.m[1]);
    assert_true(all.entries >= 5 && all.entries <= 6);
    assert_int_equal(all.items, 300);
    for (size_t i = 0; i < all.items; i++)
        for (size_t k = i + 1; k < all.items; k++)
            assert_memory_not_equal(all.nonces.p + i * ITEM_NONCE_BYTES,
                                    all.nonces.p + k * ITEM_NONCE_BYTES,
                                    ITEM_NONCE_BYTES);
    community_sync(&c);
    assert_int_equal(member_log(&c.m[0])->head_seq, 1 + 2); /* birth, units, invite */
    buf_free(&all.nonces);
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
own_versions_may_be_given_by_number_and_are_written_as_zero(void **state)
{
    struct community c;
    enum field_state s = FIELD_CYCLE;
    char text[64];
    size_t n = 0;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    /* A conflict between logs 1 and 2, settled by log 2: one own version, one other. */
    member_set(&c.m[0], &k, "need", "title", "hub");
    member_set(&c.m[1], &k, "need", "title", "group");
    community_sync(&c);
    assert_true(member_field(&c.m[1], &k, "need", "title", &s, text, &n));
    assert_int_equal(s, FIELD_CONFLICT);
    assert_int_equal(n, 2);
    member_set(&c.m[1], &k, "need", "title", "both");
    assert_true(member_field(&c.m[1], &k, "need", "title", &s, text, &n));
    assert_int_equal(s, FIELD_CLEAN);
    assert_string_equal(text, "both");
    assert_int_equal(n, 1);
    community_fini(&c);
}

static void
a_cut_lets_a_later_item_build_on_an_earlier_one(void **state)
{
    struct community c;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    struct version v;
    enum field_state s = FIELD_CYCLE;
    char text[64];
    size_t n = 0;
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    struct author_run *run = member_begin(m);
    assert_false(author_last(run, &v));
    make_put(m, op, &b, "one");
    struct record_key k = {.scope = 1, .unit = m->unit};
    memcpy(k.id, op->record, RECORD_ID_BYTES);
    assert_ok(author_put(run, 1, op));
    assert_ok(author_cut(run));
    assert_true(author_last(run, &v));
    assert_int_equal(v.log_no, 0);
    make_put(m, op, &b, "two");
    memcpy(op->record, k.id, RECORD_ID_BYTES);
    op->pool[0] = v;
    op->pool_n = 1;
    op->field[0].replaces = op->pool;
    op->field[0].replaces_n = 1;
    assert_ok(author_put(run, 1, op));
    member_end(m, run);
    assert_true(member_field(m, &k, "need", "words", &s, text, &n));
    assert_int_equal(s, FIELD_CLEAN);
    assert_string_equal(text, "two");
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
an_item_too_long_for_any_entry_is_refused_and_the_run_goes_on(void **state)
{
    struct community c;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    char *text = mem_new(16001);
    (void)state;
    memset(text, 'x', 16000);
    community_of(&c, 1);
    struct author_run *run = member_begin(&c.m[1]);
    make_put(&c.m[1], op, &b, text);
    for (uint16_t i = 1; i < 5; i++) {
        op->field[i] = op->field[0];
        op->field[i].code = (uint16_t)(20 + i);
    }
    op->fields_n = 5;
    assert_int_equal(author_put(run, 1, op), RC_LIMIT);
    op->fields_n = 1;
    assert_ok(author_put(run, 1, op));
    member_end(&c.m[1], run);
    mem_free(text);
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
a_scope_whose_key_is_not_held_is_not_written(void **state)
{
    struct community c;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    (void)state;
    community_of(&c, 2);
    struct author_run *run = member_begin(&c.m[1]);
    make_put(&c.m[1], op, &b, "x");
    assert_int_equal(author_put(run, 5, op), RC_DENIED);
    author_drop(&run);
    ledger_rollback(c.m[1].l);
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
numbers_go_on_by_unit_and_begin_with_x_before_the_grant(void **state)
{
    struct community c;
    struct number n;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct author_run *run = member_begin(&c.m[0]);
    assert_ok(author_number(run, 0, &n));
    assert_int_equal(n.log_no, 1);
    assert_int_equal(n.year, 26);
    assert_int_equal(n.running, 5); /* person, community, two units */
    assert_ok(author_number(run, 0, &n));
    assert_int_equal(n.running, 6);
    assert_ok(author_number(run, 301, &n));
    assert_int_equal(n.unit, 301);
    assert_int_equal(n.running, 1);
    author_drop(&run);
    ledger_rollback(c.m[0].l);
    struct member *m = community_invite(&c, 301, ROLE_LEADER);
    run = member_begin(m);
    assert_ok(author_number(run, 301, &n));
    assert_int_equal(n.log_no, 0);
    assert_int_equal(n.mark, get_u16(m->log.pub.b));
    author_drop(&run);
    ledger_rollback(m->l);
    community_fini(&c);
}

static void
a_revoked_log_does_not_write(void **state)
{
    struct community c;
    struct author author;
    (void)state;
    community_of(&c, 1);
    (void)member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    assert_ok(author_of(c.m[1].l, &c.m[1].log, &author));
    assert_int_equal(author.log_no, 2);
    assert_int_equal(author.unit, 301);
    assert_int_equal(author.role, ROLE_LEADER);
    community_revoke(&c, &c.m[1], 1);
    community_sync(&c);
    assert_int_equal(author_of(c.m[1].l, &c.m[1].log, &author), RC_DENIED);
    community_fini(&c);
}

static void
a_stranger_does_not_write(void **state)
{
    struct community c;
    struct author author;
    struct pair other;
    (void)state;
    community_init(&c);
    pair_new_random(PAIR_SIGN, &other);
    assert_int_equal(author_of(c.m[0].l, &other, &author), RC_DENIED);
    community_fini(&c);
}

static void
our_clock_follows_others_within_ten_minutes_only(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    uint64_t now = c.wall_ms;
    c.wall_ms = now + 5 * 60000;
    (void)member_add(&c.m[1], "need", 301, "title", "five minutes ahead");
    uint64_t ahead = member_log(&c.m[1])->head_clock;
    c.wall_ms = now;
    community_sync(&c);
    (void)member_add(&c.m[0], "need", 0, "title", "after");
    assert_true(member_log(&c.m[0])->head_clock > ahead);
    c.wall_ms = now + UINT64_C(365) * 86400000;
    (void)member_add(&c.m[1], "need", 301, "title", "a year ahead");
    c.wall_ms = now;
    community_sync(&c);
    (void)member_add(&c.m[0], "need", 0, "title", "not dragged along");
    assert_true(clock_ms(member_log(&c.m[0])->head_clock) < now + 11 * 60000);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_packs_what_fits_into_one_entry),
        cmocka_unit_test(what_does_not_fit_goes_into_the_next_and_no_nonce_comes_twice),
        cmocka_unit_test(own_versions_may_be_given_by_number_and_are_written_as_zero),
        cmocka_unit_test(a_cut_lets_a_later_item_build_on_an_earlier_one),
        cmocka_unit_test(an_item_too_long_for_any_entry_is_refused_and_the_run_goes_on),
        cmocka_unit_test(a_scope_whose_key_is_not_held_is_not_written),
        cmocka_unit_test(numbers_go_on_by_unit_and_begin_with_x_before_the_grant),
        cmocka_unit_test(a_revoked_log_does_not_write),
        cmocka_unit_test(a_stranger_does_not_write),
        cmocka_unit_test(our_clock_follows_others_within_ten_minutes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
