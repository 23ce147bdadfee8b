/* Slices, buffers and the bounded reader. */
#include "tests/unit/crypto/figures.h"

static void
memory_is_zeroed_grown_and_copied(void **state)
{
    uint8_t *p = mem_new(100);
    char *text;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(p[i], 0);
        p[i] = (uint8_t)i;
    }
    p = mem_grow(p, 10000);
    assert_int_equal(p[99], 99);
    mem_wipe(p, 100);
    assert_int_equal(p[99], 0);
    mem_wipe(NULL, 0);
    mem_free(p);
    p = mem_copy("abc", 3);
    assert_memory_equal(p, "abc", 3);
    mem_free(p);
    text = mem_text("people");
    assert_string_equal(text, "people");
    mem_free(text);
    mem_free(mem_new(0));
    mem_free(mem_copy(NULL, 0));
    mem_free(mem_grow(NULL, 0));
    mem_free(NULL);
}

static void
slices_are_ordered_like_memcmp_the_shorter_first(void **state)
{
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};
    size_t n = sizeof sorted / sizeof sorted[0];

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int order = slice_cmp(slice_text(sorted[i]), slice_text(sorted[k]));

            assert_int_equal(order < 0, i < k);
            assert_int_equal(order > 0, i > k);
            assert_int_equal(slice_eq(slice_text(sorted[i]), slice_text(sorted[k])),
                             i == k);
        }
    }
    assert_true(slice_eq(slice_of(NULL, 0), slice_text("")));
    assert_int_equal(slice_cmp(slice_of(NULL, 0), slice_text("")), 0);
}

static void
numbers_are_big_endian_and_come_back(void **state)
{
    struct buf b = BUF_NONE;
    struct reader r;

    (void)state;
    buf_add_u8(&b, 0x01);
    buf_add_u16(&b, 0xf2f3);
    buf_add_u32(&b, 0xf4f5f6f7);
    buf_add_u64(&b, 0xf8f9fafbfcfdfeffU);
    assert_int_equal(b.n, 15);
    assert_memory_equal(
        b.p, "\x01\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff", 15);
    r = reader_of(buf_slice(&b));
    assert_false(read_done(&r));
    assert_int_equal(read_u8(&r), 1);
    assert_int_equal(read_u16(&r), 0xf2f3);
    assert_int_equal(read_u32(&r), 0xf4f5f6f7);
    assert_true(read_u64(&r) == 0xf8f9fafbfcfdfeffU);
    assert_true(read_done(&r));
    buf_free(&b);
    buf_free(&b);
    assert_null(b.p);
}

/* One read of each kind that asks for more than is left. */
static void
read_past_end(int kind, struct reader *r, size_t n)
{
    uint8_t out[9];
    struct slice s;

    memset(out, 0xaa, sizeof out);
    switch (kind) {
    case 0:
        assert_int_equal(read_u8(r), 0);
        break;
    case 1:
        assert_int_equal(read_u16(r), 0);
        break;
    case 2:
        assert_int_equal(read_u32(r), 0);
        break;
    case 3:
        assert_true(read_u64(r) == 0);
        break;
    case 4:
        s = read_slice(r, n + 1);
        assert_null(s.p);
        assert_int_equal(s.n, 0);
        break;
    default:
        read_into(r, out, n + 1);
        for (size_t i = 0; i <= n; i++) {
            assert_int_equal(out[i], 0);
        }
    }
}

static void
a_reader_never_passes_the_end_and_stays_bad(void **state)
{
    static const size_t short_of[] = {0, 1, 3, 7, 7, 7};

    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        for (size_t n = 0; n <= short_of[kind]; n++) {
            uint8_t *p = mem_copy("\x11\x22\x33\x44\x55\x66\x77", n); /* just so long */
            struct reader r = reader_of(slice_of(p, n));

            read_past_end(kind, &r, n);
            assert_true(r.bad);
            assert_false(read_done(&r));
            assert_int_equal(read_u8(&r), 0); /* although a byte would be there */
            assert_null(read_slice(&r, 0).p);
            assert_true(r.bad);
            mem_free(p);
        }
    }
}

static void
a_length_near_the_largest_is_refused(void **state)
{
    struct reader r = reader_of(slice_text("abc"));

    (void)state;
    assert_int_equal(read_u8(&r), 'a');
    assert_null(read_slice(&r, SIZE_MAX).p);
    assert_true(r.bad);
}

static void
slices_of_a_reader_are_borrowed(void **state)
{
    struct slice s = slice_text("abcdef");
    struct reader r = reader_of(s);
    struct slice part = read_slice(&r, 2);
    char out[4] = {0};

    (void)state;
    assert_ptr_equal(part.p, s.p);
    assert_int_equal(part.n, 2);
    part = read_slice(&r, 0);
    assert_ptr_equal(part.p, s.p + 2);
    read_into(&r, out, 3);
    assert_string_equal(out, "cde");
    read_into(&r, out, 0);
    assert_false(read_done(&r));
    assert_int_equal(read_u8(&r), 'f');
    assert_true(read_done(&r));
    r = reader_of(slice_of(NULL, 0));
    assert_int_equal(read_slice(&r, 0).n, 0);
    assert_true(read_done(&r));
}

static void
a_buffer_grows_and_keeps_what_it_has(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        buf_add_u8(&b, (uint8_t)i);
        assert_true(b.n == i + 1 && b.cap >= b.n);
    }
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(b.p[i], (uint8_t)i);
    }
    buf_reserve(&b, 100000);
    assert_true(b.cap >= 105000);
    buf_drop(&b, 0);
    assert_int_equal(b.n, 5000);
    buf_drop(&b, 4999);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.p[0], (uint8_t)4999);
    buf_drop(&b, 2);
    assert_int_equal(b.n, 0);
    buf_add(&b, NULL, 0);
    buf_add_slice(&b, slice_text("xy"));
    assert_bytes(buf_slice(&b), slice_text("xy"));
    buf_free(&b);
}

static void
formatted_text_has_no_closing_nul(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    assert_string_equal(buf_text(&b), "");
    buf_addf(&b, "%s-%03d", "0302", 17);
    buf_addf(&b, "%s", "");
    assert_int_equal(b.n, 8);
    assert_string_equal(buf_text(&b), "0302-017");
    assert_int_equal(b.n, 8);
    buf_addf(&b, "%500d", 1);
    assert_int_equal(b.n, 508);
    assert_int_equal(strlen(buf_text(&b)), 508);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_grown_and_copied),
        cmocka_unit_test(slices_are_ordered_like_memcmp_the_shorter_first),
        cmocka_unit_test(numbers_are_big_endian_and_come_back),
        cmocka_unit_test(a_reader_never_passes_the_end_and_stays_bad),
        cmocka_unit_test(a_length_near_the_largest_is_refused),
        cmocka_unit_test(slices_of_a_reader_are_borrowed),
        cmocka_unit_test(a_buffer_grows_and_keeps_what_it_has),
        cmocka_unit_test(formatted_text_has_no_closing_nul),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
