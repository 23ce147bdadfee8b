/* Beacons: what members read, and strangers do not. */
#include "sync/beacon.h"
#include "tests/unit/crypto/figures.h"

#define PAGE "sync/BEACON.md"

static const struct beacon hub = {
    .is_hub = true,
    .port = 7431,
    .node = 1,
    .wall_ms = 1700000000000,
    .digest = {0xc7, 0xb7, 0x51, 0x37, 0xe9, 0x33, 0xec, 0x4e},
};

static struct key
key_of(uint8_t community, uint32_t epoch, uint8_t scope)
{
    struct hash c;
    struct key k, out;

    memset(c.b, community, sizeof c.b);
    memset(k.b, scope, sizeof k.b);
    beacon_key(&c, epoch, &k, &out);
    return out;
}

static struct buf
sealed(const struct beacon *b, const struct key *key, uint8_t first)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    struct buf out = BUF_NONE;

    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)(first + i);
    }
    beacon_encode(b, key, nonce, &out);
    assert_int_equal(out.n, BEACON_BYTES);
    return out;
}

static bool
is_same(const struct beacon *a, const struct beacon *b)
{
    return a->is_hub == b->is_hub && a->port == b->port && a->node == b->node &&
           a->wall_ms == b->wall_ms &&
           memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

static void
the_page_shows_the_bytes(void **state)
{
    struct key key = key_of(4, 2, 2);
    struct buf b = sealed(&hub, &key, 0x60);
    struct buf page = BUF_NONE;

    (void)state;
    if (getenv("LINJULI_GOLDEN") != NULL) {
        char hex[2 * BEACON_BYTES + 1];

        hex_print(key.b, KEY_BYTES, hex);
        print_message("key %s\n", hex);
        hex_print(b.p, b.n, hex);
        print_message("beacon %s\n", hex);
    }
    tree_read(PAGE, &page);
    struct buf want_key = document_hex((const char *)page.p, "key");
    struct buf want = document_hex((const char *)page.p, "beacon");
    assert_bytes(slice_of(key.b, KEY_BYTES), buf_slice(&want_key));
    assert_bytes(buf_slice(&b), buf_slice(&want));
    buf_free(&want);
    buf_free(&want_key);
    buf_free(&page);
    buf_free(&b);
}

static void
the_question_is_that_of_the_page(void **state)
{
    struct buf page = BUF_NONE, ask = BUF_NONE;
    (void)state;
    tree_read("sync/BEACON.md", &page);
    struct buf want = document_hex((const char *)page.p, "ask");
    beacon_ask_encode(&ask);
    assert_bytes(buf_slice(&ask), buf_slice(&want));
    assert_true(beacon_ask_is(buf_slice(&ask)));
    for (size_t i = 0; i < ask.n; i++) {
        ask.p[i] ^= 1;
        assert_false(beacon_ask_is(buf_slice(&ask)));
        ask.p[i] ^= 1;
        assert_false(beacon_ask_is(slice_of(ask.p, i)));
    }
    buf_add_u8(&ask, 0);
    assert_false(beacon_ask_is(buf_slice(&ask)));
    buf_free(&page);
    buf_free(&want);
    buf_free(&ask);
}

static void
a_member_reads_what_was_said(void **state)
{
    const struct key keys[3] = {key_of(4, 3, 9), key_of(4, 2, 2), key_of(4, 1, 1)};
    struct beacon leaf = hub;
    struct beacon got;

    (void)state;
    leaf.is_hub = false;
    leaf.node = UINT32_MAX;
    leaf.port = 1;
    for (size_t i = 0; i < 3; i++) { /* under whichever epoch */
        struct buf b = sealed(&leaf, &keys[i], 7);

        assert_int_equal(beacon_decode(buf_slice(&b), keys, 3, &got), RC_OK);
        assert_true(is_same(&got, &leaf));
        assert_int_equal(beacon_decode(buf_slice(&b), keys, i, &got), RC_FORGED);
        buf_free(&b);
    }
}

static void
another_community_epoch_or_key_reads_nothing(void **state)
{
    const struct key key = key_of(4, 2, 2);
    const struct key other[3] = {key_of(5, 2, 2), key_of(4, 3, 2), key_of(4, 2, 3)};
    struct buf b = sealed(&hub, &key, 1);
    struct beacon got;

    (void)state;
    assert_int_equal(beacon_decode(buf_slice(&b), other, 3, &got), RC_FORGED);
    buf_free(&b);
}

static void
every_changed_byte_and_every_other_length_is_refused(void **state)
{
    const struct key key = key_of(4, 2, 2);
    struct buf b = sealed(&hub, &key, 1);
    struct beacon got;

    (void)state;
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 1;
        assert_int_not_equal(beacon_decode(buf_slice(&b), &key, 1, &got), RC_OK);
        b.p[i] ^= 1;
        assert_int_equal(beacon_decode(slice_of(b.p, i), &key, 1, &got), RC_MALFORMED);
    }
    buf_add_u8(&b, 0);
    assert_int_equal(beacon_decode(buf_slice(&b), &key, 1, &got), RC_MALFORMED);
    buf_free(&b);
}

/* What a member says that is none of ours: another version, a flag, no port, no node. */
static void
a_member_that_says_what_must_not_be_is_refused(void **state)
{
    static const struct {
        size_t at, n;
        uint8_t byte;
    } bad[] = {{0, 1, 0}, {0, 1, 2}, {1, 1, 2}, {1, 1, 0x80}, {2, 2, 0}, {4, 4, 0}};
    const struct key key = key_of(4, 2, 2);
    const uint8_t kind = BEACON_KIND;
    struct beacon got;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b = sealed(&hub, &key, 1);
        uint8_t plain[BEACON_PLAIN_BYTES];
        struct slice about = slice_of(&kind, 1);

        assert_int_equal(aead_open(&key, b.p + 1, about,
                                   slice_of(b.p + 1 + AEAD_NONCE_BYTES,
                                            BEACON_BYTES - 1 - AEAD_NONCE_BYTES),
                                   plain),
                         RC_OK);
        memset(plain + bad[i].at, bad[i].byte, bad[i].n);
        b.n = 1 + AEAD_NONCE_BYTES;
        aead_seal(&key, b.p + 1, about, slice_of(plain, sizeof plain), &b);
        assert_int_equal(beacon_decode(buf_slice(&b), &key, 1, &got), RC_MALFORMED);
        buf_free(&b);
    }
}

/* Two beacons of one node that say the same: no 4 bytes stand in both. */
static void
two_beacons_have_nothing_in_common(void **state)
{
    const struct key key = key_of(4, 2, 2);
    struct buf a = sealed(&hub, &key, 1);
    struct buf b = sealed(&hub, &key, 101);

    (void)state;
    for (size_t i = 0; i + 4 <= a.n; i++) {
        for (size_t k = 0; k + 4 <= b.n; k++) {
            assert_int_not_equal(memcmp(a.p + i, b.p + k, 4), 0);
        }
    }
    buf_free(&a);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_shows_the_bytes),
        cmocka_unit_test(the_question_is_that_of_the_page),
        cmocka_unit_test(a_member_reads_what_was_said),
        cmocka_unit_test(another_community_epoch_or_key_reads_nothing),
        cmocka_unit_test(every_changed_byte_and_every_other_length_is_refused),
        cmocka_unit_test(a_member_that_says_what_must_not_be_is_refused),
        cmocka_unit_test(two_beacons_have_nothing_in_common),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
