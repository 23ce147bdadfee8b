/* Pairs, valid keys, sealed and wrapped keys. */
#include "tests/unit/crypto/figures.h"

static struct pair
pair_of(enum pair_kind kind, const char *hex)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    hex_fill(hex, seed, sizeof seed);
    pair_from_seed(kind, seed, &p);
    return p;
}

/* 0x80, 0x81 …: the key that the worked examples of KEYS.md hand over. */
static struct key
counted_key(uint8_t first)
{
    struct key k;

    for (size_t i = 0; i < KEY_BYTES; i++) {
        k.b[i] = (uint8_t)(first + i);
    }
    return k;
}

static struct buf
example(const char *name)
{
    struct buf document = BUF_NONE;
    struct buf out;

    tree_read("crypto/KEYS.md", &document);
    out = document_hex((const char *)document.p, name);
    buf_free(&document);
    return out;
}

static void
x25519_is_that_of_rfc_7748(void **state)
{
    struct pair p = pair_of(
        PAIR_BOX, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    struct key pub; /* section 6.1 */

    (void)state;
    hex_fill("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", pub.b,
             KEY_BYTES);
    assert_true(key_eq(&p.pub, &pub));
}

static void
a_box_seed_has_one_form_only(void **state)
{
    struct pair a = pair_of(
        PAIR_BOX, "7807000000000000000000000000000000000000000000000000000000000041");
    struct pair b = pair_of(
        PAIR_BOX, "7f070000000000000000000000000000000000000000000000000000000000c1");

    (void)state;
    assert_int_equal(a.kind, PAIR_BOX);
    assert_memory_equal(a.secret, b.secret, sizeof a.secret);
    assert_true(key_eq(&a.pub, &b.pub));
    assert_int_equal(a.secret[0], 0x78);
    assert_int_equal(a.secret[31], 0x41);
}

static void
new_pairs_differ_are_valid_and_can_be_wiped(void **state)
{
    struct pair p[16];
    static const struct pair none;

    (void)state;
    for (size_t i = 0; i < 16; i++) {
        pair_new_random(i % 2 == 0 ? PAIR_SIGN : PAIR_BOX, &p[i]);
        assert_true(i % 2 == 1 || key_is_valid(&p[i].pub));
        for (size_t k = 0; k < i; k++) {
            assert_false(key_eq(&p[i].pub, &p[k].pub));
        }
    }
    pair_wipe(&p[0]);
    assert_memory_equal(&p[0], &none, sizeof none);
}

static void
random_bytes_fill_all_of_it(void **state)
{
    uint8_t b[64] = {0};
    uint8_t seen[64] = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        bytes_random(b, sizeof b);
        for (size_t k = 0; k < sizeof b; k++) {
            seen[k] |= b[k];
        }
    }
    for (size_t k = 0; k < sizeof b; k++) {
        assert_int_not_equal(seen[k], 0);
    }
}

/* P + (0, -1) = (-x, -y): of order 2L, canonical, on the curve. */
static struct key
plus_order_two(const struct key *p)
{
    struct key q;
    int borrow = 0;

    for (size_t i = 0; i < KEY_BYTES; i++) {
        int prime = i == 0 ? 0xed : i == 31 ? 0x7f : 0xff;
        int y = i == 31 ? p->b[i] & 0x7f : p->b[i];
        int d = prime - y - borrow;

        borrow = d < 0;
        q.b[i] = (uint8_t)d;
    }
    q.b[31] = (uint8_t)(q.b[31] | ((p->b[31] & 0x80) ^ 0x80));
    return q;
}

static void
a_point_of_order_2l_is_not_valid(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct pair p;
        struct key q;

        pair_new_random(PAIR_SIGN, &p);
        q = plus_order_two(&p.pub);
        assert_true(key_is_valid(&p.pub));
        assert_false(key_is_valid(&q));
        q = plus_order_two(&q);
        assert_true(key_eq(&q, &p.pub));
    }
}

static void
what_is_no_point_or_not_canonical_is_not_valid(void **state)
{
    static const char *const wrong[] = {
        "0200000000000000000000000000000000000000000000000000000000000000", /* no point */
        "efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* no point */
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = 3 + p
                                                                             */
        "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct key k;

        hex_fill(wrong[i], k.b, KEY_BYTES);
        assert_false(key_is_valid(&k));
    }
}

static void
keys_compare_like_memcmp(void **state)
{
    struct key a = counted_key(1);
    struct key b = a;

    (void)state;
    assert_true(key_eq(&a, &b));
    assert_int_equal(key_cmp(&a, &b), 0);
    b.b[31] ^= 0x80;
    assert_false(key_eq(&a, &b));
    assert_true(key_cmp(&a, &b) < 0 && key_cmp(&b, &a) > 0);
}

static void
a_sealed_key_opens_for_its_receiver_alone(void **state)
{
    struct key k = counted_key(0x80);
    uint8_t wire[SEALED_KEY_BYTES];
    uint8_t again[SEALED_KEY_BYTES];
    static const struct key none;
    struct pair to;
    struct pair other;
    struct key out;

    (void)state;
    pair_new_random(PAIR_BOX, &to);
    pair_new_random(PAIR_BOX, &other);
    key_seal_random(&k, &to.pub, wire);
    key_seal_random(&k, &to.pub, again);
    assert_memory_not_equal(wire, again, sizeof wire);
    assert_int_equal(key_unseal(wire, &to, &out), RC_OK);
    assert_true(key_eq(&out, &k));
    assert_int_equal(key_unseal(wire, &other, &out), RC_FORGED);
    assert_true(key_eq(&out, &none));
    for (size_t bit = 0; bit < 8 * sizeof wire; bit++) {
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(key_unseal(wire, &to, &out), RC_FORGED);
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

static void
nothing_is_sealed_to_a_key_of_low_order(void **state)
{
    struct key k = counted_key(0x80);
    struct key low = {{1}};
    uint8_t wire[SEALED_KEY_BYTES];
    static const uint8_t none[SEALED_KEY_BYTES];

    (void)state;
    memset(wire, 0xee, sizeof wire);
    key_seal_random(&k, &low, wire);
    assert_memory_equal(wire, none, sizeof none);
}

static void
a_wrapped_key_opens_under_its_key_alone(void **state)
{
    struct key k = counted_key(0x80);
    struct key under = counted_key(0xa0);
    struct key other = under;
    static const struct key none;
    uint8_t wire[WRAPPED_KEY_BYTES];
    uint8_t again[WRAPPED_KEY_BYTES];
    struct key out;

    (void)state;
    other.b[0] ^= 1;
    key_wrap_random(&k, &under, wire);
    key_wrap_random(&k, &under, again);
    assert_memory_not_equal(wire, again, sizeof wire);
    assert_int_equal(key_unwrap(wire, &under, &out), RC_OK);
    assert_true(key_eq(&out, &k));
    assert_int_equal(key_unwrap(wire, &other, &out), RC_FORGED);
    assert_true(key_eq(&out, &none));
    for (size_t bit = 0; bit < 8 * sizeof wire; bit++) {
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(key_unwrap(wire, &under, &out), RC_FORGED);
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

static void
the_wrapped_key_of_the_document_opens(void **state)
{
    struct key k = counted_key(0x80);
    struct key under = counted_key(0xa0);
    struct buf wire = example("wrapped");
    struct key out;

    (void)state;
    assert_int_equal(wire.n, WRAPPED_KEY_BYTES);
    assert_int_equal(key_unwrap(wire.p, &under, &out), RC_OK);
    assert_true(key_eq(&out, &k));
    buf_free(&wire);
}

static void
the_sealed_key_of_the_document_opens(void **state)
{
    struct key k = counted_key(0x80);
    struct key seed = counted_key(0x20);
    struct buf wire = example("sealed");
    struct pair to;
    struct key out;

    (void)state;
    pair_from_seed(PAIR_BOX, seed.b, &to);
    assert_int_equal(wire.n, SEALED_KEY_BYTES);
    assert_int_equal(key_unseal(wire.p, &to, &out), RC_OK);
    assert_true(key_eq(&out, &k));
    buf_free(&wire);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x25519_is_that_of_rfc_7748),
        cmocka_unit_test(a_box_seed_has_one_form_only),
        cmocka_unit_test(new_pairs_differ_are_valid_and_can_be_wiped),
        cmocka_unit_test(random_bytes_fill_all_of_it),
        cmocka_unit_test(a_point_of_order_2l_is_not_valid),
        cmocka_unit_test(what_is_no_point_or_not_canonical_is_not_valid),
        cmocka_unit_test(keys_compare_like_memcmp),
        cmocka_unit_test(a_sealed_key_opens_for_its_receiver_alone),
        cmocka_unit_test(nothing_is_sealed_to_a_key_of_low_order),
        cmocka_unit_test(a_wrapped_key_opens_under_its_key_alone),
        cmocka_unit_test(the_wrapped_key_of_the_document_opens),
        cmocka_unit_test(the_sealed_key_of_the_document_opens),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
