/* Signatures: published vectors through the check that sign_check uses, and tags. */
#include "tests/unit/crypto/figures.h"

#include <jansson.h>

#include "crypto/sign_raw.h"

/* RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature. */
static const char *const rfc8032[3][4] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61"
     "e"
     "39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458"
     "f"
     "3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae6"
     "7"
     "f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

/* Encodings of the points of low order, canonical or not, with either sign. */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static const struct hash community = {{0xc0, 0xff, 0xee}};

static struct pair
pair_of(const char *seed_hex)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    hex_fill(seed_hex, seed, sizeof seed);
    pair_from_seed(PAIR_SIGN, seed, &p);
    return p;
}

static void
rfc_8032_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p = pair_of(rfc8032[i][0]);
        struct buf message = hex_buf(rfc8032[i][2]);
        struct buf sig = hex_buf(rfc8032[i][3]);
        struct key pub;

        hex_fill(rfc8032[i][1], pub.b, KEY_BYTES);
        assert_true(key_eq(&p.pub, &pub));
        assert_true(key_is_valid(&pub));
        assert_true(sign_check_raw(buf_slice(&message), buf_slice(&sig), &pub));
        buf_add_u8(&message, 0);
        assert_false(sign_check_raw(buf_slice(&message), buf_slice(&sig), &pub));
        buf_free(&message);
        buf_free(&sig);
    }
}

static void
the_selected_vectors_hold(void **state)
{
    struct buf file = BUF_NONE;
    const char *at;
    size_t n = 0;

    (void)state;
    tree_read("tests/golden/crypto/ed25519.txt", &file);
    at = figure_next((const char *)file.p);
    for (; at != NULL; at = figure_next(at)) {
        struct buf message = figure(at, "msg");
        struct buf sig = figure(at, "sig");
        struct buf tc = figure(at, "tc");
        uint8_t result;
        struct key pub;

        figure_fill(at, "result", &result, 1);
        figure_fill(at, "pk", pub.b, KEY_BYTES);
        if (sign_check_raw(buf_slice(&message), buf_slice(&sig), &pub) != (result == 1)) {
            fail_msg("tc %u", get_u32(tc.p));
        }
        n++;
        buf_free(&message);
        buf_free(&sig);
        buf_free(&tc);
    }
    assert_int_equal(n, 28);
    buf_free(&file);
}

static void
wycheproof_case(const json_t *t, const struct key *pub)
{
    struct buf message = hex_buf(json_string_value(json_object_get(t, "msg")));
    struct buf sig = hex_buf(json_string_value(json_object_get(t, "sig")));
    const char *result = json_string_value(json_object_get(t, "result"));
    bool holds = sign_check_raw(buf_slice(&message), buf_slice(&sig), pub);

    if (holds != (strcmp(result, "valid") == 0)) {
        fail_msg("tc %d", (int)json_integer_value(json_object_get(t, "tcId")));
    }
    buf_free(&message);
    buf_free(&sig);
}

static void
all_of_wycheproof_holds(void **state)
{
    struct buf file = BUF_NONE;
    json_t *root;
    const json_t *groups;
    size_t n = 0;

    (void)state;
    if (!vectors_read("wycheproof_ed25519.json", &file)) {
        return;
    }
    root = json_loadb((const char *)file.p, file.n, 0, NULL);
    groups = json_object_get(root, "testGroups");
    for (size_t g = 0; g < json_array_size(groups); g++) {
        const json_t *group = json_array_get(groups, g);
        const json_t *tests = json_object_get(group, "tests");
        const json_t *pk = json_object_get(json_object_get(group, "publicKey"), "pk");
        struct key pub;

        hex_fill(json_string_value(pk), pub.b, KEY_BYTES);
        for (size_t i = 0; i < json_array_size(tests); i++, n++) {
            wycheproof_case(json_array_get(tests, i), &pub);
        }
    }
    assert_true(n > 100);
    printf("# %zu cases of Wycheproof\n", n);
    json_decref(root);
    buf_free(&file);
}

static void
keys_of_low_order_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
        struct sig sig = {{0}};
        struct key pub;

        hex_fill(low_order[i], pub.b, KEY_BYTES);
        assert_false(key_is_valid(&pub));
        for (size_t r = 0; r < sizeof low_order / sizeof low_order[0]; r++) {
            hex_fill(low_order[r], sig.b, KEY_BYTES); /* R of low order, S = 0 */
            assert_false(
                sign_check_raw(slice_text("abc"), slice_of(sig.b, SIG_BYTES), &pub));
            assert_false(
                sign_check(TAG_ENTRY, &community, slice_text("abc"), &pub, &sig));
        }
    }
}

/* S + L, the other value that satisfies the equation. */
static void
add_order(uint8_t s[static 32])
{
    uint8_t order[32];
    unsigned carry = 0;

    hex_fill("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order,
             32);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void
a_malleated_signature_is_refused(void **state)
{
    struct pair p = pair_of(rfc8032[0][0]);
    uint8_t header[128] = {1};
    struct sig sig;

    (void)state;
    sign_make(TAG_ENTRY, &community, slice_of(header, sizeof header), &p, &sig);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(sign_check(TAG_ENTRY, &community,
                                    slice_of(header, sizeof header), &p.pub, &sig),
                         i == 0);
        add_order(sig.b + 32);
    }
}

static void
a_signature_holds_only_under_its_own_tag(void **state)
{
    struct pair p = pair_of(rfc8032[0][0]);
    struct slice message = slice_text("message");

    (void)state;
    for (int made = 0; made < TAG_N; made++) {
        struct sig sig;

        sign_make((enum tag)made, &community, message, &p, &sig);
        for (int checked = 0; checked < TAG_N; checked++) {
            assert_int_equal(
                sign_check((enum tag)checked, &community, message, &p.pub, &sig),
                made == checked);
        }
        assert_false(sign_check_raw(message, slice_of(sig.b, SIG_BYTES), &p.pub));
    }
}

static void
a_signature_holds_only_for_its_community_message_and_key(void **state)
{
    struct pair p = pair_of(rfc8032[0][0]);
    struct pair other = pair_of(rfc8032[1][0]);
    struct hash elsewhere = community;
    uint8_t header[128];
    struct slice message = slice_of(header, sizeof header);
    struct sig sig;

    (void)state;
    memset(header, 0x5a, sizeof header);
    sign_make(TAG_ENTRY, &community, message, &p, &sig);
    assert_true(sign_check(TAG_ENTRY, &community, message, &p.pub, &sig));
    assert_false(sign_check(TAG_ENTRY, &community, message, &other.pub, &sig));
    elsewhere.b[31] ^= 1;
    assert_false(sign_check(TAG_ENTRY, &elsewhere, message, &p.pub, &sig));
    message.n--;
    assert_false(sign_check(TAG_ENTRY, &community, message, &p.pub, &sig));
    message.n++;
    for (size_t bit = 0; bit < 8 * sizeof header; bit++) {
        header[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(sign_check(TAG_ENTRY, &community, message, &p.pub, &sig));
        header[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t bit = 0; bit < 8 * sizeof sig.b; bit++) {
        sig.b[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(sign_check(TAG_ENTRY, &community, message, &p.pub, &sig));
        sig.b[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

static void
messages_of_every_length_are_signed_on_both_sides_of_the_stack(void **state)
{
    struct pair p = pair_of(rfc8032[0][0]);
    uint8_t message[1200];
    struct sig sig;

    (void)state;
    memset(message, 0x33, sizeof message);
    for (size_t n = 0; n <= sizeof message; n += n < 440 || n > 500 ? 20 : 1) {
        sign_make(TAG_ORDER, &community, slice_of(message, n), &p, &sig);
        assert_true(
            sign_check(TAG_ORDER, &community, slice_of(message, n), &p.pub, &sig));
        if (n > 0) {
            message[n - 1] ^= 1;
            assert_false(
                sign_check(TAG_ORDER, &community, slice_of(message, n), &p.pub, &sig));
            message[n - 1] ^= 1;
        }
    }
}

static void
the_worked_example_of_the_document_comes_out(void **state)
{
    struct buf document = BUF_NONE;
    struct buf want;
    struct hash there = hash_of(slice_text("community"));
    uint8_t bytes[128];
    struct pair p;
    struct sig sig;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    pair_from_seed(PAIR_SIGN, bytes, &p);
    tree_read("crypto/KEYS.md", &document);
    want = document_hex((const char *)document.p, "signature");
    sign_make(TAG_ENTRY, &there, slice_of(bytes, sizeof bytes), &p, &sig);
    assert_bytes(slice_of(sig.b, SIG_BYTES), buf_slice(&want));
    buf_free(&want);
    buf_free(&document);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_8032_holds),
        cmocka_unit_test(the_selected_vectors_hold),
        cmocka_unit_test(all_of_wycheproof_holds),
        cmocka_unit_test(keys_of_low_order_are_refused),
        cmocka_unit_test(a_malleated_signature_is_refused),
        cmocka_unit_test(a_signature_holds_only_under_its_own_tag),
        cmocka_unit_test(a_signature_holds_only_for_its_community_message_and_key),
        cmocka_unit_test(messages_of_every_length_are_signed_on_both_sides_of_the_stack),
        cmocka_unit_test(the_worked_example_of_the_document_comes_out),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
