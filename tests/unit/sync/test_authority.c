/* The authority fold: what its operations change, and the questions. Which of them count
 * is held against the golden histories in test_model.c; here is what those do not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/authority_impl.h"

/* A fold with two officers, and the operations of its next entry. */
struct hall {
    struct authority *a;
    struct auth_op op[8];
    uint32_t ops_n;
    struct buf packed;
    uint64_t seq;
    uint32_t reign;
};

static struct key
key_of(uint8_t what, uint8_t n)
{
    struct key k = {{what, n}};

    return k;
}

static struct hash
id_of(uint32_t reign, uint64_t seq)
{
    struct hash h = {{(uint8_t)reign, (uint8_t)seq, 3}};

    return h;
}

static struct auth_op *
op_new(struct hall *h, enum auth_code code)
{
    struct auth_op *op = &h->op[h->ops_n++];

    *op = (struct auth_op){.code = code};
    op->order.is_there = true;
    op->order.seen = id_of(h->reign, h->seq);
    op->order.n = 2;
    for (uint8_t i = 0; i < 2; i++) {
        op->order.by[i] = key_of('o', i);
        op->order.holds[i] = true;
    }
    return op;
}

static void
give(void *self, uint32_t index, struct auth_op *out)
{
    const struct hall *h = self;

    *out = h->op[index];
}

/* Applies the entry; its place. */
static uint64_t
say(struct hall *h)
{
    struct auth_entry e = {.id = id_of(h->reign, h->seq + 1),
                           .key = key_of('h', (uint8_t)h->reign),
                           .seq = ++h->seq,
                           .clock = 1000 + h->seq,
                           .reign = h->reign,
                           .ops_n = h->ops_n,
                           .op = give,
                           .self = h};

    authority_apply(h->a, &e);
    h->ops_n = 0;
    return authority_n(h->a) - 1;
}

static struct grant *
grant(struct hall *h, uint32_t no, uint32_t node)
{
    struct auth_op *op = op_new(h, AUTH_GRANT);

    op->grant = (struct grant){.log_no = no,
                               .log = key_of('l', (uint8_t)no),
                               .node = node,
                               .from = 1,
                               .role = ROLE_LEADER,
                               .scopes = {1, {SCOPE_ALL}}};
    return &op->grant;
}

static void
hall_init(struct hall *h)
{
    struct auth_op *op;

    memset(h, 0, sizeof *h);
    h->a = authority_new();
    h->reign = 1;
    op = op_new(h, AUTH_CREATE);
    op->name = slice_text("hall");
    op->root_key = key_of('r', 1);
    op->officers = (struct officers){.n = 2, .key = {key_of('o', 0), key_of('o', 1)}};
    memset(op->officers.need, 2, NEED_N);
    grant(h, 1, 1);
    grant(h, 2, 1);
    grant(h, 3, 2);
    say(h);
}

static void
hall_fini(struct hall *h)
{
    authority_free(h->a);
    buf_free(&h->packed);
}

static void
the_birth_says_who_decides(void **state)
{
    struct hall h;
    struct hash id;
    uint64_t pos;
    uint8_t mark[8] = {1, 1, 3};

    (void)state;
    hall_init(&h);
    assert_int_equal(authority_officers(h.a)->n, 2);
    assert_true(slice_eq(authority_name(h.a), slice_text("hall")));
    assert_int_equal(authority_root_key(h.a)->b[0], 'r');
    assert_int_equal(authority_hub_key(h.a)->b[0], 'h');
    assert_int_equal(authority_logs_n(h.a), 3);
    assert_true(authority_head(h.a, &id, &pos) && pos == 0);
    assert_int_equal(authority_pos(h.a, mark), 0);
    mark[1] = 2;
    assert_int_equal(authority_pos(h.a, mark), -1);
    assert_false(authority_is_frozen(h.a));
    hall_fini(&h);
}

static void
a_signature_that_does_not_hold_is_none(void **state)
{
    struct hall h;
    uint64_t pos;

    (void)state;
    hall_init(&h);
    grant(&h, 4, 3);
    h.op[0].order.holds[1] = false;
    grant(&h, 5, 3);
    h.op[1].order.by[1] = key_of('o', 0); /* the same person twice */
    grant(&h, 6, 3);
    h.op[2].order.by[1] = key_of('o', 7); /* no officer */
    grant(&h, 7, 3);
    pos = say(&h);
    for (uint32_t i = 0; i < 3; i++) {
        assert_false(authority_counts(h.a, pos, i));
    }
    assert_true(authority_counts(h.a, pos, 3));
    assert_null(authority_log(h.a, 4));
    assert_non_null(authority_log(h.a, 7));
    assert_false(authority_counts(h.a, pos + 1, 0));
    hall_fini(&h);
}

static void
lost_revokes_the_logs_of_that_node_alone(void **state)
{
    struct hall h;
    struct auth_op *op;
    struct line line = {.seq = 4, .id = {{9}}, .heir = 3};

    (void)state;
    hall_init(&h);
    op = op_new(&h, AUTH_NODE);
    op->node = 1;
    op->box_key = key_of('b', 1);
    say(&h);
    op = op_new(&h, AUTH_LOST);
    op->node = 1;
    for (line.log_no = 1; line.log_no <= 4; line.log_no++) {
        auth_lost_add(&h.packed, &line);
        op->lines_n++;
    }
    op->lines = buf_slice(&h.packed);
    assert_true(authority_counts(h.a, say(&h), 0));
    for (uint32_t no = 1; no <= 2; no++) {
        const struct log_state *log = &authority_log(h.a, no)->log;
        assert_int_equal(log->lines_n, 1);
        assert_true(log->lines[0].is_revoke);
        assert_int_equal(log->lines[0].seq, 4);
        assert_int_equal(log->lines[0].heir, 3);
        assert_int_equal(log->lines[0].pos, 2);
    }
    assert_int_equal(authority_log(h.a, 3)->log.lines_n, 0);
    assert_true(authority_node(h.a, 1)->is_lost);
    /* and it stays lost, under its number and under another one */
    op = op_new(&h, AUTH_NODE);
    op->node = 1;
    op->box_key = key_of('b', 2);
    op = op_new(&h, AUTH_NODE);
    op->node = 5;
    op->box_key = key_of('b', 2);
    say(&h);
    assert_true(authority_node(h.a, 1)->is_lost);
    assert_int_equal(authority_nodes_n(h.a), 2);
    {
        struct key box = key_of('b', 2);
        assert_true(authority_node_by_box(h.a, &box)->is_lost);
    }
    hall_fini(&h);
}

static void
the_last_word_about_a_scope_counts(void **state)
{
    struct hall h;
    struct auth_op *op;

    (void)state;
    hall_init(&h);
    for (uint32_t i = 0; i < 2; i++) { /* an epoch may come before its scope */
        op = op_new(&h, AUTH_EPOCH);
        op->scope = 7;
        op->epoch = 2;
        op->hash = (struct hash){{(uint8_t)(1 + i)}};
    }
    op = op_new(&h, AUTH_SCOPE);
    op->scope = 7;
    op->scope_kind = SCOPE_GROUP;
    op->name = slice_text("east");
    op = op_new(&h, AUTH_SCOPE);
    op->scope = 3;
    op->scope_kind = SCOPE_COMPOUND;
    op->name = slice_text("all");
    op = op_new(&h, AUTH_SCOPE);
    op->scope = 7;
    op->scope_kind = SCOPE_GROUP;
    op->unit = 302;
    op->name = slice_text("east side");
    op = op_new(&h, AUTH_EPOCH);
    op->scope = 7;
    op->epoch = 1;
    say(&h);
    assert_int_equal(authority_scopes_n(h.a), 2);
    assert_int_equal(authority_scope_at(h.a, 0)->no, 3);
    assert_int_equal(authority_scope(h.a, 7)->unit, 302);
    assert_int_equal(authority_scope(h.a, 7)->epoch, 2);
    assert_true(slice_eq(authority_scope(h.a, 7)->name, slice_text("east side")));
    assert_null(authority_scope(h.a, 4));
    assert_int_equal(authority_epoch_hash(h.a, 7, 2)->b[0], 1); /* the first fixes it */
    assert_null(authority_epoch_hash(h.a, 7, 3));
    hall_fini(&h);
}

static void
schema_and_seal_are_the_newest(void **state)
{
    struct hall h;
    struct hash types;

    (void)state;
    hall_init(&h);
    op_new(&h, AUTH_SCHEMA)->schema = 3;
    op_new(&h, AUTH_SEAL)->seal_no = 8;
    say(&h);
    op_new(&h, AUTH_SCHEMA)->schema = 4;
    h.op[0].hash = (struct hash){{4}};
    say(&h);
    assert_int_equal(authority_schema(h.a, &types), 4);
    assert_int_equal(types.b[0], 4);
    assert_int_equal(authority_seal_no(h.a), 8);
    hall_fini(&h);
}

static void
touched_logs_are_told_once(void **state)
{
    struct hall h;
    struct auth_op *op;
    struct line line = {.log_no = 2, .seq = 1, .id = {{9}}};
    size_t n = 0;

    (void)state;
    hall_init(&h);
    while (authority_touched(h.a) != NULL) {
        n++;
    }
    assert_int_equal(n, 3);
    op = op_new(&h, AUTH_SEAL);
    auth_line_add(&h.packed, &line);
    line.log_no = 9; /* no such log: no effect, the others have theirs */
    auth_line_add(&h.packed, &line);
    op->lines = buf_slice(&h.packed);
    say(&h);
    assert_int_equal(authority_touched(h.a)->log.no, 2);
    assert_null(authority_touched(h.a));
    hall_fini(&h);
}

static void
erased_is_what_was_named(void **state)
{
    struct hall h;
    struct auth_op *op;
    struct erased_name item = {2, 7, 1};
    struct record_key record = {.scope = 2, .unit = 1, .id = {5}};

    (void)state;
    hall_init(&h);
    op = op_new(&h, AUTH_ERASE);
    op->scope = 2;
    op->unit = 1;
    op->record[0] = 5;
    auth_erased_add(&h.packed, &item);
    op->items = buf_slice(&h.packed);
    say(&h);
    assert_true(authority_is_erased(h.a, &record));
    assert_true(authority_is_item_erased(h.a, &item));
    record.unit = 2;
    item.index = 0;
    assert_false(authority_is_erased(h.a, &record));
    assert_false(authority_is_item_erased(h.a, &item));
    hall_fini(&h);
}

static void
a_succeed_counts_where_it_opens(void **state)
{
    struct hall h;
    uint64_t pos;

    (void)state;
    hall_init(&h);
    op_new(&h, AUTH_SUCCEED);
    pos = say(&h);
    assert_false(authority_counts(h.a, pos, 0));
    h.reign = 2;
    h.seq = 0;
    op_new(&h, AUTH_SUCCEED);
    op_new(&h, AUTH_SUCCEED);
    op_new(&h, AUTH_OFFICERS)->order.n = 0; /* the root has signed */
    op_new(&h, AUTH_CREATE);
    pos = say(&h);
    assert_true(authority_counts(h.a, pos, 0));
    assert_false(authority_counts(h.a, pos, 1));
    assert_true(authority_counts(h.a, pos, 2));
    assert_false(authority_counts(h.a, pos, 3));
    assert_int_equal(authority_reign(h.a), 2);
    assert_int_equal(authority_head_seq(h.a), 1);
    assert_int_equal(authority_officers(h.a)->n, 0);
    hall_fini(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_birth_says_who_decides),
        cmocka_unit_test(a_signature_that_does_not_hold_is_none),
        cmocka_unit_test(lost_revokes_the_logs_of_that_node_alone),
        cmocka_unit_test(the_last_word_about_a_scope_counts),
        cmocka_unit_test(schema_and_seal_are_the_newest),
        cmocka_unit_test(touched_logs_are_told_once),
        cmocka_unit_test(erased_is_what_was_named),
        cmocka_unit_test(a_succeed_counts_where_it_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
