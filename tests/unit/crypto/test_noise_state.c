/* Noise's cipher state by itself. */
#include "tests/unit/crypto/figures.h"

#include "crypto/noise_state.h"

static void
used_up_nonces_are_refused(void **state)
{
    struct noise_cipher c;
    struct key k = {{7}};
    struct buf b = BUF_NONE;
    struct buf plain = BUF_NONE;

    (void)state;
    cipher_init(&c, k.b);
    c.n = UINT64_MAX - 1;
    assert_int_equal(cipher_seal(&c, slice_of(NULL, 0), slice_text("x"), &b), RC_OK);
    assert_int_equal(cipher_seal(&c, slice_of(NULL, 0), slice_text("x"), &b), RC_LIMIT);
    assert_int_equal(cipher_open(&c, slice_of(NULL, 0), buf_slice(&b), &plain), RC_LIMIT);
    c.n = UINT64_MAX - 1;
    assert_int_equal(cipher_open(&c, slice_of(NULL, 0), buf_slice(&b), &plain), RC_OK);
    assert_bytes(buf_slice(&plain), slice_text("x"));
    buf_free(&b);
    buf_free(&plain);
}

static void
without_a_key_nothing_is_enciphered(void **state)
{
    struct noise_cipher c = {.has_key = false};
    struct buf b = BUF_NONE;

    (void)state;
    assert_int_equal(cipher_seal(&c, slice_text("ad"), slice_text("x"), &b), RC_OK);
    assert_int_equal(cipher_open(&c, slice_text("ad"), slice_text("y"), &b), RC_OK);
    assert_bytes(buf_slice(&b), slice_text("xy"));
    buf_free(&b);
}

/* By another implementation of HMAC and BLAKE2b: key 00 01 … 3f, "linjuli". */
static void
hmac_is_that_of_rfc_2104(void **state)
{
    uint8_t key[NOISE_HASH_BYTES];
    uint8_t out[NOISE_HASH_BYTES];
    uint8_t want[NOISE_HASH_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    hex_fill(
        "87b5d7429b6b38fbe9dc515f24d3e817565f09dd5bc993df7ccc51a5295194e2c5d04e89127b8277"
        "2f91a653b9621ecfcc56aebba54a37a5064a512630f42b43",
        want, sizeof want);
    noise_hmac(key, slice_text("lin"), slice_text("juli"), out);
    assert_memory_equal(out, want, sizeof want);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(used_up_nonces_are_refused),
        cmocka_unit_test(without_a_key_nothing_is_enciphered),
        cmocka_unit_test(hmac_is_that_of_rfc_2104),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
