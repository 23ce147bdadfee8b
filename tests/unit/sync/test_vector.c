/* Rows of the version vector: one encoding, small, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sync/frame.h"
#include "sync/vector.h"

static const struct vrow all = {.is_authority = false,
                                .no = 300,
                                .head_seq = 70000,
                                .head = {{1, 2, 3, 4, 5, 6, 7, 8}},
                                .passed = 200,
                                .proof_seq = 3,
                                .proof = {{8, 7, 6, 5, 4, 3, 2, 1}},
                                .held = 12,
                                .top = {{5, 5, 5}}};

static void
a_row_comes_back_as_it_was_written(void **state)
{
    const struct vrow rows[] = {
        {.is_authority = true, .no = 1, .head_seq = 5, .head = {{9}}},
        {.is_authority = true, .no = 2, .proof_seq = 1, .proof = {{7}}},
        {.no = 1},
        {.no = 2, .head_seq = 1, .passed = 1},
        all,
        {.no = UINT32_MAX, .head_seq = INT64_MAX, .head = {{1}}, .passed = INT64_MAX}};
    struct buf b = BUF_NONE;
    struct vrow last = {0};
    struct reader r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vrow_add(&b, &rows[i]);
    }
    r = reader_of(buf_slice(&b));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vrow row;

        vrow_read(&r, &last, &row);
        assert_false(r.bad);
        assert_true(vrow_eq(&row, &rows[i]));
        assert_true(row.held == rows[i].held);
        assert_true(keyed_eq(&row.top, &rows[i].top));
        last = row;
    }
    assert_true(read_done(&r));
    buf_free(&b);
}

static bool
is_bad(const struct buf *b, const struct vrow *last)
{
    struct reader r = reader_of(buf_slice(b));
    struct vrow row;

    vrow_read(&r, last, &row);
    return r.bad;
}

static void
a_row_out_of_order_or_twice_is_refused(void **state)
{
    const struct vrow authority = {.is_authority = true, .no = 1};
    struct vrow last = {.no = 299};
    struct buf b = BUF_NONE;

    (void)state;
    vrow_add(&b, &all);
    assert_false(is_bad(&b, &last));
    last.no = 300;
    assert_true(is_bad(&b, &last));
    last.no = 301;
    assert_true(is_bad(&b, &last));
    last.is_authority = true;
    assert_false(is_bad(&b, &last));
    b.n = 0;
    last.is_authority = false;
    last.no = 1;
    vrow_add(&b, &authority);
    assert_true(is_bad(&b, &last));
    buf_free(&b);
}

static void
every_cut_and_every_unknown_flag_of_a_row_is_refused(void **state)
{
    const struct vrow none = {0};
    struct buf b = BUF_NONE;
    size_t n;

    (void)state;
    vrow_add(&b, &all);
    n = b.n;
    for (b.n = 0; b.n < n; b.n++) {
        assert_true(is_bad(&b, &none));
    }
    assert_false(is_bad(&b, &none));
    for (unsigned bit = 4; bit < 8; bit++) {
        b.p[0] ^= (uint8_t)(1u << bit);
        assert_true(is_bad(&b, &none));
        b.p[0] ^= (uint8_t)(1u << bit);
    }
    b.p[0] |= 9; /* a reign, and an acknowledgement log */
    assert_true(is_bad(&b, &none));
    buf_free(&b);
}

static void
held_entries_do_not_run_over_the_largest_seq(void **state)
{
    const struct vrow none = {0};
    struct vrow row = {.no = 1, .head_seq = INT64_MAX, .held = 1};
    struct buf b = BUF_NONE;

    (void)state;
    vrow_add(&b, &row);
    assert_true(is_bad(&b, &none));
    buf_free(&b);
}

static void
the_whole_vector_of_88_logs_is_small(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    for (uint32_t no = 1; no <= 88; no++) {
        struct vrow row = {.no = no, .head_seq = 72000 + no, .passed = 26000};

        vrow_add(&b, &row);
    }
    print_message("# a whole vector of 88 logs: %zu bytes\n", b.n);
    assert_true(b.n <= 1638);
    buf_free(&b);
}

static void
keyed_ids_of_two_sessions_have_nothing_in_common(void **state)
{
    static const uint8_t one[NOISE_HASH_BYTES] = {1};
    static const uint8_t two[NOISE_HASH_BYTES] = {2};
    static const struct hash ids[2] = {{{1}}, {{2}}};
    struct keyed a = keyed_id(one, &ids[0]);
    struct keyed b = keyed_id(two, &ids[0]);
    struct keyed c = keyed_id(one, &ids[1]);
    struct keyed d = keyed_proof(one, ids);

    (void)state;
    assert_false(keyed_eq(&a, &b));
    assert_false(keyed_eq(&a, &c));
    assert_false(keyed_eq(&a, &d));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_comes_back_as_it_was_written),
        cmocka_unit_test(a_row_out_of_order_or_twice_is_refused),
        cmocka_unit_test(every_cut_and_every_unknown_flag_of_a_row_is_refused),
        cmocka_unit_test(held_entries_do_not_run_over_the_largest_seq),
        cmocka_unit_test(the_whole_vector_of_88_logs_is_small),
        cmocka_unit_test(keyed_ids_of_two_sessions_have_nothing_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
