/* The canonical subset of msgpack. */
#include <msgpack.h>

#include "sync/pack.h"
#include "tests/unit/crypto/figures.h"

/* Writes what the reader finds, value by value. */
static void
copy(struct unpack *u, struct buf *out)
{
    while (u->rest.n > 0 && !u->bad) {
        enum pack_kind kind = unpack_kind(u);

        if (kind == PACK_NIL) {
            unpack_skip(u);
            pack_nil(out);
        } else if (kind == PACK_BOOL) {
            pack_bool(out, unpack_bool(u));
        } else if (kind == PACK_UINT) {
            pack_uint(out, unpack_uint(u, UINT64_MAX));
        } else if (kind == PACK_INT) {
            pack_int(out, unpack_int(u));
        } else if (kind == PACK_TEXT) {
            pack_text(out, unpack_text(u, SIZE_MAX));
        } else if (kind == PACK_BIN) {
            pack_bin(out, unpack_bin(u, SIZE_MAX));
        } else if (kind == PACK_ARRAY) {
            pack_array(out, unpack_array(u));
        } else {
            fail();
        }
    }
}

/* What is let through is the same to msgpack-c, and comes out the same again. */
static void
assert_same_to_all(struct slice s)
{
    struct buf out = BUF_NONE;
    struct unpack u = unpack_of(s);
    msgpack_unpacked seen;
    size_t used = 0;

    msgpack_unpacked_init(&seen);
    assert_int_equal(msgpack_unpack_next(&seen, (const char *)s.p, s.n, &used),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(used, s.n);
    msgpack_unpacked_destroy(&seen);
    copy(&u, &out);
    assert_true(unpack_done(&u));
    assert_bytes(buf_slice(&out), s);
    buf_free(&out);
}

static void
every_case_of_the_list_comes_out_as_written(void **state)
{
    struct buf file = BUF_NONE;
    char *save = NULL;
    size_t n = 0;

    (void)state;
    tree_read("tests/golden/pack/cases.txt", &file);
    for (char *line = strtok_r((char *)file.p, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char name[64];
        char hex[1024];
        char result[16];
        struct buf bytes;
        enum rc rc;

        if (line[0] == '#') {
            continue;
        }
        assert_int_equal(sscanf(line, "%63s %1023s %15s", name, hex, result), 3);
        bytes = hex_buf(strcmp(hex, "-") == 0 ? "" : hex);
        rc = pack_check(buf_slice(&bytes));
        if (strcmp(rc_name(rc), result) != 0) {
            fail_msg("%s: %s", name, rc_name(rc));
        }
        if (rc == RC_OK) {
            assert_same_to_all(buf_slice(&bytes));
        }
        buf_free(&bytes);
        n++;
    }
    assert_int_equal(n, 130);
    buf_free(&file);
}

static void
one_byte_alone_is_a_value_or_none(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        uint8_t b = (uint8_t)i;
        bool is_value = b < 0x80 || b >= 0xe0 || b == 0x90 || b == 0xa0 || b == 0xc0 ||
                        b == 0xc2 || b == 0xc3;

        assert_int_equal(pack_check(slice_of(&b, 1)) == RC_OK, is_value);
    }
}

static void
a_value_cut_short_is_refused_wherever_it_is_cut(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    pack_array(&b, 7);
    pack_uint(&b, 1u << 20);
    pack_int(&b, -40000);
    pack_text(&b, slice_text("building 12, flat 3, the lift stands still"));
    pack_bin(&b, slice_of("0123456789abcdef", 16));
    pack_array(&b, 2);
    pack_nil(&b);
    pack_bool(&b, true);
    pack_array(&b, 0);
    pack_uint(&b, 7);
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *exact = mem_copy(b.p, n);

        assert_int_equal(pack_check(slice_of(exact, n)), RC_MALFORMED);
        mem_free(exact);
    }
    assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
    assert_same_to_all(buf_slice(&b));
    buf_free(&b);
}

static void
what_follows_the_first_value_is_left_to_the_caller(void **state)
{
    static const uint8_t two[] = {0x92, 0x01, 0x02, 0xc1};
    size_t used = 0;

    (void)state;
    assert_int_equal(pack_walk(slice_of(two, sizeof two), false, &used), RC_OK);
    assert_int_equal(used, 3);
    assert_int_equal(pack_check(slice_of(two, sizeof two)), RC_MALFORMED);
}

static void
an_erased_item_stands_only_in_the_outermost_array(void **state)
{
    static const uint8_t leaf[32] = {1, 2, 3};
    struct buf b = BUF_NONE;
    uint8_t back[32];
    struct unpack u;
    size_t used = 0;

    (void)state;
    pack_ext(&b, leaf);
    assert_int_equal(b.n, 35);
    assert_int_equal(pack_walk(buf_slice(&b), true, &used), RC_MALFORMED);
    b.n = 0;
    pack_array(&b, 2);
    pack_nil(&b);
    pack_ext(&b, leaf);
    assert_int_equal(pack_walk(buf_slice(&b), false, &used), RC_MALFORMED);
    assert_int_equal(pack_walk(buf_slice(&b), true, &used), RC_OK);
    assert_int_equal(used, b.n);
    u = unpack_of(buf_slice(&b));
    assert_int_equal(unpack_array(&u), 2);
    unpack_skip(&u);
    assert_int_equal(unpack_kind(&u), PACK_EXT);
    unpack_ext(&u, back);
    assert_true(unpack_done(&u));
    assert_memory_equal(back, leaf, 32);
    b.p[4] = 2; /* another type of extension */
    assert_int_equal(pack_walk(buf_slice(&b), true, &used), RC_MALFORMED);
    b.p[4] = 1;
    b.p[3] = 31; /* another length */
    assert_int_equal(pack_walk(buf_slice(&b), true, &used), RC_MALFORMED);
    b.n = 0;
    pack_array(&b, 1);
    pack_array(&b, 1);
    pack_ext(&b, leaf);
    assert_int_equal(pack_walk(buf_slice(&b), true, &used), RC_MALFORMED);
    buf_free(&b);
}

static void
nesting_of_any_depth_is_refused_past_sixteen(void **state)
{
    size_t n = 100000;
    uint8_t *deep = mem_new(n);

    (void)state;
    memset(deep, 0x91, n);
    assert_int_equal(pack_check(slice_of(deep, n)), RC_LIMIT);
    mem_free(deep);
}

static void
heads_change_their_form_at_the_borders(void **state)
{
    static const size_t lengths[] = {0, 31, 32, 255, 256, 65535, 65536};
    static const size_t text_heads[] = {1, 1, 2, 2, 3, 3, 5};
    static const size_t bin_heads[] = {2, 2, 2, 2, 3, 3, 5};
    static const size_t array_heads[] = {1, 3, 3, 3, 3, 3, 5};
    struct buf b = BUF_NONE;
    uint8_t *some = mem_new(65536);

    (void)state;
    memset(some, 'x', 65536);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        b.n = 0;
        pack_text(&b, slice_of(some, lengths[i]));
        assert_int_equal(b.n, text_heads[i] + lengths[i]);
        assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
        b.n = 0;
        pack_bin(&b, slice_of(some, lengths[i]));
        assert_int_equal(b.n, bin_heads[i] + lengths[i]);
        assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
        b.n = 0;
        pack_array(&b, (uint32_t)lengths[i]);
        assert_int_equal(b.n, array_heads[i]);
        buf_add(&b, some, lengths[i]); /* 'x' is the number 120 */
        assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
        assert_same_to_all(buf_slice(&b));
    }
    buf_free(&b);
    mem_free(some);
}

static void
numbers_come_back_at_every_border(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        for (uint64_t near = 0; near < 3; near++) {
            uint64_t v = (1ull << bit) - 1 + near;
            int64_t minus = -(int64_t)(v & INT64_MAX);
            struct unpack u;

            b.n = 0;
            pack_uint(&b, v);
            pack_int(&b, minus);
            u = unpack_of(buf_slice(&b));
            assert_true(unpack_uint(&u, UINT64_MAX) == v);
            assert_true(unpack_int(&u) == minus);
            assert_true(unpack_done(&u));
            b.n = 0;
            pack_uint(&b, v);
            assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
            b.n = 0;
            pack_int(&b, minus);
            assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
        }
    }
    b.n = 0;
    pack_int(&b, INT64_MIN);
    pack_int(&b, INT64_MAX);
    pack_uint(&b, UINT64_MAX);
    {
        struct unpack u = unpack_of(buf_slice(&b));

        assert_true(unpack_int(&u) == INT64_MIN);
        assert_true(unpack_int(&u) == INT64_MAX);
        assert_true(unpack_int(&u) == 0 && u.bad); /* does not fit */
    }
    buf_free(&b);
}

static void
a_wrong_kind_spoils_all_that_follows(void **state)
{
    struct buf b = BUF_NONE;
    struct unpack u;
    uint8_t four[4] = {9, 9, 9, 9};

    (void)state;
    pack_uint(&b, 5);
    pack_bin(&b, slice_of("abcd", 4));
    pack_uint(&b, 6);
    u = unpack_of(buf_slice(&b));
    assert_int_equal(unpack_text(&u, 100).n, 0);
    assert_true(u.bad);
    assert_int_equal(unpack_uint(&u, 100), 0);
    unpack_fixed(&u, four, 4);
    assert_int_equal(four[0] | four[1] | four[2] | four[3], 0);
    assert_int_equal(unpack_array(&u), 0);
    assert_int_equal(unpack_int(&u), 0);
    assert_false(unpack_bool(&u));
    assert_int_equal(unpack_raw(&u).n, 0);
    assert_int_equal(unpack_kind(&u), PACK_NONE);
    assert_false(unpack_is_nil(&u));
    assert_false(unpack_done(&u));
    buf_free(&b);
}

static void
reading_stops_at_the_limits_it_is_given(void **state)
{
    struct buf b = BUF_NONE;
    struct unpack u;
    uint8_t five[5];

    (void)state;
    pack_uint(&b, 10);
    pack_text(&b, slice_text("text"));
    pack_bin(&b, slice_of("abcd", 4));
    u = unpack_of(buf_slice(&b));
    assert_int_equal(unpack_uint(&u, 10), 10);
    assert_int_equal(unpack_text(&u, 4).n, 4);
    assert_int_equal(unpack_bin(&u, 4).n, 4);
    assert_true(unpack_done(&u));
    u = unpack_of(buf_slice(&b));
    assert_int_equal(unpack_uint(&u, 9), 0);
    assert_true(u.bad);
    u = unpack_of(buf_slice(&b));
    unpack_skip(&u);
    assert_int_equal(unpack_text(&u, 3).n, 0);
    assert_true(u.bad);
    u = unpack_of(buf_slice(&b));
    unpack_skip(&u);
    unpack_skip(&u);
    unpack_fixed(&u, five, 5);
    assert_true(u.bad);
    u = unpack_of(buf_slice(&b));
    unpack_skip(&u);
    unpack_skip(&u);
    unpack_fixed(&u, five, 3);
    assert_true(u.bad);
    buf_free(&b);
}

static void
a_whole_value_is_taken_as_it_stands(void **state)
{
    static const uint8_t nested[] = {0x93, 0x92, 0x01, 0x90, 0xa1, 'x', 0xc0, 0x07};
    struct unpack u = unpack_of(slice_of(nested, sizeof nested));

    (void)state;
    assert_bytes(unpack_raw(&u), slice_of(nested, 7));
    assert_int_equal(unpack_uint(&u, 7), 7);
    assert_true(unpack_done(&u));
    assert_int_equal(unpack_raw(&u).n, 0); /* nothing is left */
    assert_true(u.bad);
}

/* Numbers of a fixed sequence: the same in every run. */
static uint32_t
drawn(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void
changed_bytes_are_refused_or_have_one_form(void **state)
{
    struct buf b = BUF_NONE;
    uint32_t seed = 1;
    size_t taken_n = 0;

    (void)state;
    pack_array(&b, 5);
    pack_array(&b, 3);
    pack_uint(&b, 70000);
    pack_int(&b, -7);
    pack_bool(&b, false);
    pack_text(&b, slice_text("\xe9\x82\xbb\xe8\x81\x9a\xe9\x87\x8c"));
    pack_bin(&b, slice_of("12345678", 8));
    pack_nil(&b);
    pack_uint(&b, 300);
    for (int i = 0; i < 200000; i++) {
        uint8_t *some = mem_copy(b.p, b.n);

        for (uint32_t k = drawn(&seed) % 3 + 1; k > 0; k--) {
            some[drawn(&seed) % b.n] = (uint8_t)drawn(&seed);
        }
        if (pack_check(slice_of(some, b.n)) == RC_OK) {
            assert_same_to_all(slice_of(some, b.n));
            taken_n++;
        }
        mem_free(some);
    }
    assert_true(taken_n > 1000);
    buf_free(&b);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_list_comes_out_as_written),
        cmocka_unit_test(one_byte_alone_is_a_value_or_none),
        cmocka_unit_test(a_value_cut_short_is_refused_wherever_it_is_cut),
        cmocka_unit_test(what_follows_the_first_value_is_left_to_the_caller),
        cmocka_unit_test(an_erased_item_stands_only_in_the_outermost_array),
        cmocka_unit_test(nesting_of_any_depth_is_refused_past_sixteen),
        cmocka_unit_test(heads_change_their_form_at_the_borders),
        cmocka_unit_test(numbers_come_back_at_every_border),
        cmocka_unit_test(a_wrong_kind_spoils_all_that_follows),
        cmocka_unit_test(reading_stops_at_the_limits_it_is_given),
        cmocka_unit_test(a_whole_value_is_taken_as_it_stands),
        cmocka_unit_test(changed_bytes_are_refused_or_have_one_form),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
