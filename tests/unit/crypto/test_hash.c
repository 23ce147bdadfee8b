/* SHA-256. */
#include "tests/unit/crypto/figures.h"

/* FIPS 180-2, appendix B, and the empty message. */
static const char *const published[][2] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklm"
     "nopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void
the_published_hashes_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        struct hash h = hash_of(slice_text(published[i][0]));
        struct hash want;

        hex_fill(published[i][1], want.b, HASH_BYTES);
        assert_true(hash_eq(&h, &want));
    }
}

static void
a_million_times_a_comes_out_piece_by_piece(void **state)
{
    struct hash_run run;
    struct hash want;
    struct hash h;
    char part[1000];

    (void)state;
    memset(part, 'a', sizeof part);
    hash_init(&run);
    for (int i = 0; i < 1000; i++) {
        hash_add(&run, slice_of(part, sizeof part));
    }
    h = hash_done(&run);
    hex_fill("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", want.b,
             HASH_BYTES);
    assert_true(hash_eq(&h, &want));
}

static void
pieces_hash_like_the_whole(void **state)
{
    uint8_t b[200];

    (void)state;
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] = (uint8_t)(7 * i);
    }
    for (size_t n = 0; n <= sizeof b; n++) {
        struct hash_run run;
        struct hash whole = hash_of(slice_of(b, sizeof b));
        struct hash parts;

        hash_init(&run);
        hash_add(&run, slice_of(b, n));
        hash_add(&run, slice_of(NULL, 0));
        hash_add(&run, slice_of(b + n, sizeof b - n));
        parts = hash_done(&run);
        assert_true(hash_eq(&whole, &parts));
    }
}

static void
hashes_compare(void **state)
{
    struct hash a = {{0}};
    struct hash b = {{0}};

    (void)state;
    assert_true(hash_is_zero(&a) && hash_eq(&a, &b));
    assert_int_equal(hash_cmp(&a, &b), 0);
    b.b[31] = 1;
    assert_false(hash_is_zero(&b) || hash_eq(&a, &b));
    assert_true(hash_cmp(&a, &b) < 0 && hash_cmp(&b, &a) > 0);
    a.b[0] = 0x80;
    assert_true(hash_cmp(&a, &b) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_hashes_come_out),
        cmocka_unit_test(a_million_times_a_comes_out_piece_by_piece),
        cmocka_unit_test(pieces_hash_like_the_whole),
        cmocka_unit_test(hashes_compare),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
