/* Sealed items. */
#include "tests/unit/crypto/figures.h"

static const struct key the_key = {{0x6b, 0x65, 0x79}};
static const uint8_t the_nonce[ITEM_NONCE_BYTES] = {9, 8, 7};
static const struct item_place the_place = {{{0x10}}, 5, 2};

static struct buf
sealed(struct slice op)
{
    struct buf b = BUF_NONE;

    item_seal(3, 4, &the_key, the_nonce, &the_place, op, &b);
    return b;
}

static void
items_computed_elsewhere_come_out_and_open(void **state)
{
    struct buf file = BUF_NONE;
    struct buf out = BUF_NONE;
    struct buf opened = BUF_NONE;
    const char *at;
    size_t n = 0;

    (void)state;
    tree_read("tests/golden/crypto/item.txt", &file);
    at = figure_next((const char *)file.p);
    for (; at != NULL; at = figure_next(at)) {
        struct buf op = figure(at, "operation");
        struct buf item = figure(at, "item");
        struct item_place place;
        struct key key;
        uint8_t nonce[ITEM_NONCE_BYTES];
        uint8_t number[18];

        figure_fill(at, "key", key.b, KEY_BYTES);
        figure_fill(at, "log", place.log.b, KEY_BYTES);
        figure_fill(at, "nonce", nonce, sizeof nonce);
        figure_fill(at, "seq", number, 8);
        figure_fill(at, "index", number + 8, 2);
        figure_fill(at, "scope", number + 10, 4);
        figure_fill(at, "epoch", number + 14, 4);
        place.seq = get_u64(number);
        place.index = get_u16(number + 8);
        out.n = 0;
        item_seal(get_u32(number + 10), get_u32(number + 14), &key, nonce, &place,
                  buf_slice(&op), &out);
        assert_bytes(buf_slice(&out), buf_slice(&item));
        assert_int_equal(item_open(buf_slice(&item), &key, &place, &opened), RC_OK);
        assert_bytes(buf_slice(&opened), buf_slice(&op));
        buf_free(&op);
        buf_free(&item);
        n++;
    }
    assert_int_equal(n, 6);
    buf_free(&file);
    buf_free(&out);
    buf_free(&opened);
}

static void
operations_of_every_length_come_back_padded_to_16(void **state)
{
    struct buf opened = BUF_NONE;
    uint8_t op[70];

    (void)state;
    for (size_t n = 0; n <= sizeof op; n++) {
        struct buf b;
        uint32_t scope;
        uint32_t epoch;

        memset(op, 0x80, sizeof op); /* looks like padding, and is none */
        b = sealed(slice_of(op, n));
        assert_int_equal(b.n, item_sealed_bytes(n));
        assert_int_equal(b.n, ITEM_OVERHEAD_BYTES + 16 * (n / 16 + 1));
        assert_int_equal(item_head(buf_slice(&b), &scope, &epoch), RC_OK);
        assert_true(scope == 3 && epoch == 4);
        assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &opened), RC_OK);
        assert_bytes(buf_slice(&opened), slice_of(op, n));
        memset(op, 0, sizeof op);
        b.n = 0;
        item_seal(3, 4, &the_key, the_nonce, &the_place, slice_of(op, n), &b);
        assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &opened), RC_OK);
        assert_bytes(buf_slice(&opened), slice_of(op, n));
        buf_free(&b);
    }
    buf_free(&opened);
}

static void
sealing_appends(void **state)
{
    struct buf b = BUF_NONE;
    struct buf alone = sealed(slice_text("operation"));

    (void)state;
    buf_add_slice(&b, slice_text("before"));
    item_seal(3, 4, &the_key, the_nonce, &the_place, slice_text("operation"), &b);
    assert_bytes(slice_of(b.p, 6), slice_text("before"));
    assert_bytes(slice_of(b.p + 6, b.n - 6), buf_slice(&alone));
    buf_free(&b);
    buf_free(&alone);
}

static void
an_item_moved_to_another_place_is_refused(void **state)
{
    struct buf b = sealed(slice_text("operation"));
    struct buf out = BUF_NONE;

    (void)state;
    assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &out), RC_OK);
    for (size_t bit = 0; bit < 8 * KEY_BYTES; bit++) {
        struct item_place at = the_place;

        at.log.b[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(item_open(buf_slice(&b), &the_key, &at, &out), RC_FORGED);
        assert_int_equal(out.n, 0);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        struct item_place at = the_place;

        at.seq ^= (uint64_t)1 << bit;
        assert_int_equal(item_open(buf_slice(&b), &the_key, &at, &out), RC_FORGED);
    }
    for (unsigned bit = 0; bit < 16; bit++) {
        struct item_place at = the_place;

        at.index ^= (uint16_t)(1U << bit);
        assert_int_equal(item_open(buf_slice(&b), &the_key, &at, &out), RC_FORGED);
    }
    buf_free(&b);
    buf_free(&out);
}

static void
another_key_is_refused(void **state)
{
    struct buf b = sealed(slice_text("operation"));
    struct buf out = BUF_NONE;
    struct key key = the_key;

    (void)state;
    key.b[31] ^= 1;
    assert_int_equal(item_open(buf_slice(&b), &key, &the_place, &out), RC_FORGED);
    buf_free(&b);
    buf_free(&out);
}

/* The head only says which key to take: it is bound by the entry's root, not by the item.
 */
static void
each_flipped_bit_is_refused_or_names_another_key(void **state)
{
    struct buf b = sealed(slice_text("operation"));
    struct buf out = BUF_NONE;

    (void)state;
    for (size_t bit = 0; bit < 8 * b.n; bit++) {
        uint32_t scope;
        uint32_t epoch;

        b.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        if (bit < 8 * (size_t)ITEM_HEAD_BYTES) {
            assert_int_equal(item_head(buf_slice(&b), &scope, &epoch), RC_OK);
            assert_true(scope != 3 || epoch != 4);
        } else {
            assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &out),
                             RC_FORGED);
            assert_int_equal(out.n, 0);
        }
        b.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    buf_free(&b);
    buf_free(&out);
}

static void
an_item_of_another_length_is_refused(void **state)
{
    struct buf b = sealed(slice_text("an operation of more than one block"));
    struct buf out = BUF_NONE;

    (void)state;
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *exact = mem_copy(b.p, n);
        uint32_t scope;
        uint32_t epoch;
        enum rc rc = item_open(slice_of(exact, n), &the_key, &the_place, &out);

        assert_int_equal(rc, n % 16 == 0 && n >= ITEM_OVERHEAD_BYTES + 16 ? RC_FORGED
                                                                          : RC_MALFORMED);
        assert_int_equal(out.n, 0);
        assert_int_equal(item_head(slice_of(exact, n), &scope, &epoch),
                         n < ITEM_HEAD_BYTES ? RC_MALFORMED : RC_OK);
        mem_free(exact);
    }
    for (size_t n = 1; n <= 16; n++) {
        buf_add_u8(&b, 0);
        assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &out),
                         n < 16 ? RC_MALFORMED : RC_FORGED);
    }
    buf_free(&b);
    buf_free(&out);
}

/* Sealed rightly by one who holds the key, over what has no padding: a figure computed
 * elsewhere, 16 zero bytes under key 0, nonce 0, place 0. */
static void
an_item_without_padding_is_malformed(void **state)
{
    struct buf b =
        hex_buf("0000000300000004"
                "000000000000000000000000000000000000000000000000"
                "789e9689e5208d7fd9e1f3c5b5341f486142b421c4363335c272422d61c54156");
    struct item_place place = {{{0}}, 0, 0};
    struct key key = {{0}};
    struct buf out = BUF_NONE;

    (void)state;
    assert_int_equal(item_open(buf_slice(&b), &key, &place, &out), RC_MALFORMED);
    assert_int_equal(out.n, 0);
    buf_free(&b);
    buf_free(&out);
}

static void
opening_keeps_the_memory_it_has(void **state)
{
    struct buf b = sealed(slice_text("operation"));
    struct buf out = BUF_NONE;
    const uint8_t *p;

    (void)state;
    buf_reserve(&out, 1000);
    p = out.p;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(item_open(buf_slice(&b), &the_key, &the_place, &out), RC_OK);
        assert_bytes(buf_slice(&out), slice_text("operation"));
        assert_ptr_equal(out.p, p);
    }
    buf_free(&b);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_computed_elsewhere_come_out_and_open),
        cmocka_unit_test(operations_of_every_length_come_back_padded_to_16),
        cmocka_unit_test(sealing_appends),
        cmocka_unit_test(an_item_moved_to_another_place_is_refused),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(each_flipped_bit_is_refused_or_names_another_key),
        cmocka_unit_test(an_item_of_another_length_is_refused),
        cmocka_unit_test(an_item_without_padding_is_malformed),
        cmocka_unit_test(opening_keeps_the_memory_it_has),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
