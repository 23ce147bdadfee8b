/* The record fold. Survivors, cycles and ties are held against the golden histories in
 * test_model.c; here is what those do not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/record.h"

#define ITEMS 8

struct desk {
    struct op op[ITEMS];
    struct record_item item[ITEMS];
    size_t n;
    struct record out;
};

static struct version
version_of(uint32_t no, uint64_t seq)
{
    struct version v = {no, seq, {0}};

    put_u32(v.id8, no);
    put_u32(v.id8 + 4, (uint32_t)seq);
    return v;
}

/* One put by (log, seq) of fields with these codes, each replacing (of_no, of_seq) unless
 * of_seq is 0. */
static struct op *
put(struct desk *d, uint32_t no, uint64_t seq, const char *codes, uint32_t of_no,
    uint64_t of_seq)
{
    struct op *op = &d->op[d->n];
    struct record_item *item = &d->item[d->n++];

    op->code = OP_PUT;
    for (; *codes != 0; codes++) {
        struct put_field *f = &op->field[op->fields_n++];
        f->code = (uint16_t)*codes;
        f->value = slice_text("v");
        if (of_seq > 0) {
            f->replaces = &op->pool[op->pool_n];
            f->replaces_n = 1;
            op->pool[op->pool_n++] = version_of(of_no, of_seq);
            if (of_no == no) {
                op->pool[op->pool_n - 1].log_no = 0; /* as own versions are written */
            }
        }
    }
    *item = (struct record_item){.at = version_of(no, seq), .rank = 10 * seq, .put = op};
    memcpy(item->id.b, item->at.id8, 8);
    return op;
}

static struct desk *
desk_new(void)
{
    return mem_new(sizeof(struct desk));
}

static void
desk_free(struct desk *d)
{
    record_fini(&d->out);
    mem_free(d);
}

static void
fold(struct desk *d)
{
    record_fold(d->item, d->n, &d->out);
}

static void
nothing_folds_to_nothing(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    fold(d);
    assert_int_equal(d->out.fields_n, 0);
    assert_false(d->out.is_parallel);
    desk_free(d);
}

static void
an_own_version_is_meant_by_zero(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    put(d, 3, 1, "f", 0, 0);
    put(d, 3, 2, "f", 3, 1);
    fold(d);
    assert_int_equal(d->out.field[0].state, FIELD_CLEAN);
    assert_int_equal(d->out.field[0].shown, 1);
    d->op[1].pool[0].log_no = 3; /* resolved */
    fold(d);
    assert_int_equal(d->out.field[0].shown, 1);
    d->op[1].pool[0] = version_of(0, 2); /* itself: void as a whole */
    fold(d);
    assert_int_equal(d->out.field[0].shown, 0);
    desk_free(d);
}

static void
survivors_stand_by_version(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    put(d, 9, 1, "f", 0, 0);
    put(d, 2, 5, "f", 0, 0);
    put(d, 2, 3, "f", 0, 0);
    fold(d);
    assert_int_equal(d->out.field[0].state, FIELD_CONFLICT);
    assert_int_equal(d->out.field[0].n, 3);
    assert_int_equal(d->out.index_of[0], 2);
    assert_int_equal(d->out.index_of[1], 1);
    assert_int_equal(d->out.index_of[2], 0);
    assert_int_equal(d->out.field[0].shown, 1); /* rank 50 */
    desk_free(d);
}

static void
edits_apart_are_parallel(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    put(d, 1, 1, "fg", 0, 0);
    fold(d);
    assert_false(d->out.is_parallel); /* one item shows both */
    put(d, 2, 1, "f", 1, 1);
    fold(d);
    assert_false(d->out.is_parallel); /* has seen what it did not touch */
    put(d, 3, 1, "g", 1, 1);
    fold(d);
    assert_true(d->out.is_parallel);
    put(d, 1, 2, "f", 2, 1); /* log 1 saw log 2, not log 3 */
    fold(d);
    assert_true(d->out.is_parallel);
    put(d, 1, 3, "g", 3, 1); /* and now that: one after the other in one log */
    fold(d);
    assert_false(d->out.is_parallel);
    desk_free(d);
}

static void
a_cycle_is_walked_once(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    put(d, 1, 5, "f", 2, 5);
    put(d, 2, 5, "f", 1, 5);
    put(d, 3, 1, "g", 0, 0);
    fold(d);
    assert_int_equal(d->out.field[0].state, FIELD_CYCLE);
    assert_int_equal(d->out.field[0].n, 2);
    assert_true(d->out.is_parallel);
    desk_free(d);
}

static void
a_field_is_found_by_code(void **state)
{
    struct desk *d = desk_new();
    const struct op *op = put(d, 1, 1, "adz", 0, 0);

    (void)state;
    assert_ptr_equal(put_field(op, 'd'), &op->field[1]);
    assert_null(put_field(op, 'b'));
    assert_null(put_field(op, 0xffff));
    desk_free(d);
}

static void
memory_is_kept_between_folds(void **state)
{
    struct desk *d = desk_new();
    const void *work;
    const void *field;

    (void)state;
    for (uint32_t i = 1; i <= 6; i++) {
        put(d, i, 1, "abcdef", i > 1 ? 1 : 0, i > 1);
    }
    fold(d);
    work = d->out.work;
    field = d->out.field;
    for (d->n = 6; d->n > 0; d->n--) {
        fold(d);
        assert_ptr_equal(d->out.work, work);
        assert_ptr_equal(d->out.field, field);
    }
    desk_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_folds_to_nothing),
        cmocka_unit_test(an_own_version_is_meant_by_zero),
        cmocka_unit_test(survivors_stand_by_version),
        cmocka_unit_test(edits_apart_are_parallel),
        cmocka_unit_test(a_cycle_is_walked_once),
        cmocka_unit_test(a_field_is_found_by_code),
        cmocka_unit_test(memory_is_kept_between_folds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
