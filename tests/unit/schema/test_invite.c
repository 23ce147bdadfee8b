/* The invite file: the worked example of INVITE.md section 5, read from the page. */
#include "schema/hub.h"
#include "tests/unit/crypto/figures.h"

static struct buf
example(const char *name)
{
    struct buf document = BUF_NONE;
    tree_read("schema/INVITE.md", &document);
    struct buf out = document_hex((const char *)document.p, name);
    buf_free(&document);
    return out;
}

static void
all_are(const uint8_t *p, size_t n, uint8_t what)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], what);
}

static void
the_example_says_what_the_page_says(void **state)
{
    struct buf file = example("file");
    struct invite i;
    struct pair pair;
    uint8_t seed[SEED_BYTES];
    (void)state;
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_OK);
    all_are(i.no, INVITE_NO_BYTES, 0x51);
    all_are(i.secret.b, KEY_BYTES, 0x52);
    all_are(i.once_seed, SEED_BYTES, 0x41);
    memset(seed, 0x22, sizeof(seed));
    pair_from_seed(PAIR_SIGN, seed, &pair);
    assert_true(key_eq(&i.hub_key, &pair.pub));
    assert_true(i.until_ms == UINT64_C(1700604800000));
    assert_true(i.made_ms == UINT64_C(1700000000000));
    assert_int_equal(i.log_no, 17);
    assert_int_equal(i.node, 5);
    assert_string_equal(i.community_name, "邻聚里");
    assert_string_equal(i.person_name, "王芳");
    assert_int_equal(i.addresses.n, sizeof("hub.local:7431"));
    assert_string_equal((const char *)i.addresses.p, "hub.local:7431");
    assert_int_equal(i.authority.n, 0);
    assert_int_equal(i.keys.n, 8 + KEY_BYTES);
    assert_int_equal(get_u32(i.keys.p), 1);
    assert_int_equal(get_u32(i.keys.p + 4), 1);
    invite_fini(&i);
    buf_free(&file);
}

/* The grant inside is that of AUTHORITY.md section 10, less what the joiner added. */
static void
its_grant_is_signed_by_the_officer(void **state)
{
    struct buf file = example("file");
    struct auth_op *op = mem_new(sizeof(*op));
    struct invite i;
    struct pair once;
    (void)state;
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_OK);
    assert_int_equal(auth_op_decode(buf_slice(&i.grant_op), op), RC_OK);
    assert_int_equal(op->code, AUTH_GRANT);
    assert_true(op->grant.is_invite && !op->grant.has_join);
    assert_int_equal(op->grant.log_no, i.log_no);
    assert_int_equal(op->grant.node, i.node);
    pair_from_seed(PAIR_SIGN, i.once_seed, &once);
    assert_true(key_eq(&once.pub, &op->grant.once));
    auth_op_verify(op, &i.community, NULL, NULL);
    assert_true(op->order.n == 1 && op->order.holds[0]);
    mem_free(op);
    invite_fini(&i);
    buf_free(&file);
}

static void
it_is_written_as_it_was_read(void **state)
{
    struct buf file = example("file");
    struct buf again = BUF_NONE;
    struct invite i;
    (void)state;
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_OK);
    invite_encode(&i, &again);
    assert_bytes(buf_slice(&again), buf_slice(&file));
    invite_fini(&i);
    buf_free(&again);
    buf_free(&file);
}

static enum rc
decoded(struct slice file)
{
    /* In exactly so many bytes: what is read behind them shows under a sanitizer. */
    uint8_t *exact = mem_copy(file.p, file.n);
    struct invite i;
    enum rc rc = invite_decode(slice_of(exact, file.n), &i);
    if (rc == RC_OK)
        invite_fini(&i);
    mem_free(exact);
    return rc;
}

static void
no_bit_of_it_can_change(void **state)
{
    struct buf file = example("file");
    (void)state;
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(decoded(buf_slice(&file)), RC_OK);
        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_free(&file);
}

static void
a_torn_one_is_told_from_a_foreign_one(void **state)
{
    struct buf file = example("file");
    (void)state;
    assert_int_equal(decoded(slice_of(file.p, 0)), RC_MALFORMED);
    for (size_t n = 1; n < file.n; n++)
        assert_int_equal(decoded(slice_of(file.p, n)), RC_CORRUPT);
    buf_add_u8(&file, 0);
    assert_int_equal(decoded(buf_slice(&file)), RC_MALFORMED);
    file.p[8] = 2;
    assert_int_equal(decoded(buf_slice(&file)), RC_STALE);
    buf_free(&file);
}

/* A body that is whole and hashed, but not as section 2 says. */
static void
a_body_of_another_shape_is_none(void **state)
{
    struct buf file = example("file");
    (void)state;
    for (size_t at = 13; at + HASH_BYTES < file.n; at++) {
        uint8_t old = file.p[at];
        file.p[at] = 0xc0; /* nil in the place of anything */
        struct hash h = hash_of(slice_of(file.p, file.n - HASH_BYTES));
        memcpy(file.p + file.n - HASH_BYTES, h.b, HASH_BYTES);
        (void)decoded(buf_slice(&file)); /* inside of bytes it may stand */
        file.p[at] = old;
    }
    file.p[13] = 0x9d; /* an array of 13 */
    struct hash h = hash_of(slice_of(file.p, file.n - HASH_BYTES));
    memcpy(file.p + file.n - HASH_BYTES, h.b, HASH_BYTES);
    assert_int_equal(decoded(buf_slice(&file)), RC_MALFORMED);
    buf_free(&file);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_says_what_the_page_says),
        cmocka_unit_test(its_grant_is_signed_by_the_officer),
        cmocka_unit_test(it_is_written_as_it_was_read),
        cmocka_unit_test(no_bit_of_it_can_change),
        cmocka_unit_test(a_torn_one_is_told_from_a_foreign_one),
        cmocka_unit_test(a_body_of_another_shape_is_none),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
