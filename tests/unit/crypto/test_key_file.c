/* Key files and passphrases. */
#include "tests/unit/crypto/figures.h"

#include "crypto/key_file.h"

#define CHECK_BYTES 8

static const char the_pass[] = "邻聚里 2026";

/* Seed, salt and nonce of the worked examples in KEYS.md: counted up. */
static void
count_up(uint8_t first, void *out, size_t n)
{
    uint8_t *b = out;

    for (size_t i = 0; i < n; i++) {
        b[i] = (uint8_t)(first + i);
    }
}

static struct pair
example_pair(enum pair_kind kind)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    count_up(kind == PAIR_SIGN ? 0 : 0x20, seed, sizeof seed);
    pair_from_seed(kind, seed, &p);
    return p;
}

static struct buf
example_file(enum pair_kind kind, const char *pass)
{
    uint8_t drawn[FILE_SALT_BYTES + FILE_NONCE_BYTES];
    struct pair p = example_pair(kind);
    struct buf file = BUF_NONE;

    count_up(0x40, drawn, FILE_SALT_BYTES);
    count_up(0x60, drawn + FILE_SALT_BYTES, FILE_NONCE_BYTES);
    pair_encode_with(&p, pass, drawn, &file);
    return file;
}

static void
assert_example(const char *name, struct slice is)
{
    struct buf document = BUF_NONE;
    struct buf want;

    tree_read("crypto/KEYS.md", &document);
    want = document_hex((const char *)document.p, name);
    assert_bytes(is, buf_slice(&want));
    buf_free(&want);
    buf_free(&document);
}

static void
assert_pair(const struct pair *a, const struct pair *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(key_eq(&a->pub, &b->pub));
    assert_memory_equal(a->secret, b->secret, sizeof a->secret);
}

static void
the_worked_examples_of_the_document_come_out(void **state)
{
    struct buf open = example_file(PAIR_SIGN, NULL);
    struct buf box = example_file(PAIR_BOX, NULL);
    struct buf locked = example_file(PAIR_SIGN, the_pass);

    (void)state;
    assert_example("file-open", buf_slice(&open));
    assert_example("file-box", buf_slice(&box));
    assert_example("file-locked", buf_slice(&locked));
    buf_free(&open);
    buf_free(&box);
    buf_free(&locked);
}

/* Computed apart from this code, by another library's Argon2id: m = 65536, t = 3, p = 1.
 */
static void
a_passphrase_is_stretched_as_the_document_says(void **state)
{
    uint8_t salt[16];
    struct key k;
    struct key other;

    (void)state;
    count_up(0x40, salt, sizeof salt);
    pass_stretch(the_pass, salt, &k);
    assert_example("stretched", slice_of(k.b, KEY_BYTES));
    salt[15] ^= 1;
    pass_stretch(the_pass, salt, &other);
    assert_false(key_eq(&k, &other));
    pass_stretch("", salt, &k);
    assert_false(key_eq(&k, &other));
}

static void
a_pair_of_each_kind_comes_back(void **state)
{
    static const char *const pass[] = {NULL, "", "1234", the_pass};

    (void)state;
    for (int kind = PAIR_SIGN; kind <= PAIR_BOX; kind++) {
        for (size_t i = 0; i < sizeof pass / sizeof pass[0]; i++) {
            struct buf file = BUF_NONE;
            struct pair p;
            struct pair back;

            pair_new_random((enum pair_kind)kind, &p);
            pair_encode_random(&p, pass[i], &file);
            assert_true(file.n <= KEY_FILE_BYTES_MAX);
            assert_int_equal(pair_is_locked(buf_slice(&file)), pass[i] != NULL);
            assert_int_equal(pair_decode(buf_slice(&file), pass[i], &back), RC_OK);
            assert_pair(&p, &back);
            buf_free(&file);
        }
    }
}

static void
a_file_is_appended(void **state)
{
    struct pair p = example_pair(PAIR_SIGN);
    struct buf b = BUF_NONE;
    struct pair back;

    (void)state;
    buf_add_slice(&b, slice_text("before"));
    pair_encode_random(&p, the_pass, &b);
    assert_bytes(slice_of(b.p, 6), slice_text("before"));
    assert_int_equal(pair_decode(slice_of(b.p + 6, b.n - 6), the_pass, &back), RC_OK);
    assert_pair(&p, &back);
    buf_free(&b);
}

static void
two_files_of_one_pair_differ_under_a_passphrase(void **state)
{
    struct pair p = example_pair(PAIR_SIGN);
    struct buf a = BUF_NONE;
    struct buf b = BUF_NONE;

    (void)state;
    pair_encode_random(&p, "1234", &a);
    pair_encode_random(&p, "1234", &b);
    assert_memory_not_equal(a.p + 40, b.p + 40, FILE_SALT_BYTES);
    assert_memory_not_equal(a.p + 80, b.p + 80, SEED_BYTES);
    buf_free(&a);
    buf_free(&b);
}

static void
a_locked_file_is_denied_without_its_passphrase(void **state)
{
    struct buf file = example_file(PAIR_SIGN, the_pass);
    static const struct pair none;
    struct pair p;

    (void)state;
    assert_int_equal(pair_decode(buf_slice(&file), NULL, &p), RC_DENIED);
    assert_int_equal(pair_decode(buf_slice(&file), "", &p), RC_DENIED);
    assert_int_equal(pair_decode(buf_slice(&file), "邻聚里 2027", &p), RC_DENIED);
    assert_memory_equal(&p, &none, sizeof none);
    buf_free(&file);
}

static void
an_open_file_needs_no_passphrase_and_takes_none_amiss(void **state)
{
    struct buf file = example_file(PAIR_BOX, NULL);
    struct pair want = example_pair(PAIR_BOX);
    struct pair p;

    (void)state;
    assert_int_equal(pair_decode(buf_slice(&file), "1234", &p), RC_OK);
    assert_pair(&p, &want);
    buf_free(&file);
}

static void
each_flipped_bit_is_malformed(void **state)
{
    struct buf files[] = {example_file(PAIR_SIGN, NULL), example_file(PAIR_BOX, NULL),
                          example_file(PAIR_SIGN, the_pass)};
    static const struct pair none;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t bit = 0; bit < 8 * files[i].n; bit++) {
            struct pair p;

            files[i].p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            assert_int_equal(pair_decode(buf_slice(&files[i]), the_pass, &p),
                             RC_MALFORMED);
            assert_memory_equal(&p, &none, sizeof none);
            files[i].p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        buf_free(&files[i]);
    }
}

/* Puts the check right again, as somebody would who forges a file. */
static void
check_again(struct buf *file)
{
    struct hash h = hash_of(slice_of(file->p, file->n - CHECK_BYTES));

    memcpy(file->p + file->n - CHECK_BYTES, h.b, CHECK_BYTES);
}

static void
each_change_is_refused_though_the_check_is_right(void **state)
{
    struct buf files[] = {example_file(PAIR_SIGN, NULL), example_file(PAIR_BOX, NULL)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t bit = 0; bit < 8 * (files[i].n - CHECK_BYTES); bit++) {
            struct pair p;

            files[i].p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            check_again(&files[i]);
            assert_int_equal(pair_decode(buf_slice(&files[i]), NULL, &p), RC_MALFORMED);
            files[i].p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        buf_free(&files[i]);
    }
}

/* One bit in each byte behind the fields of fixed value: each try costs a stretch. */
static void
each_changed_byte_of_a_locked_file_is_denied_though_the_check_is_right(void **state)
{
    struct buf file = example_file(PAIR_SIGN, the_pass);

    (void)state;
    for (size_t at = 8; at < file.n - CHECK_BYTES; at += at < 40 ? 9 : 5) {
        struct pair p;

        file.p[at] ^= 0x10;
        check_again(&file);
        assert_int_equal(pair_decode(buf_slice(&file), the_pass, &p), RC_DENIED);
        file.p[at] ^= 0x10;
    }
    buf_free(&file);
}

static void
a_file_that_says_another_kind_version_or_lock_is_malformed(void **state)
{
    static const uint8_t changes[][2] = {{0, 'X'}, {1, '2'}, {2, 'A'}, {3, '1'},
                                         {4, 0},   {4, 2},   {5, 2},   {5, 0},
                                         {5, 3},   {6, 1},   {7, 1}};
    struct pair p;

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct buf file = example_file(PAIR_SIGN, NULL);

        file.p[changes[i][0]] = changes[i][1];
        check_again(&file);
        assert_int_equal(pair_decode(buf_slice(&file), NULL, &p), RC_MALFORMED);
        buf_free(&file);
    }
}

static void
a_seed_that_is_not_clamped_is_malformed(void **state)
{
    struct buf file = example_file(PAIR_BOX, NULL);
    struct pair p;

    (void)state;
    file.p[40] |= 7; /* the same public key, in another form */
    check_again(&file);
    assert_int_equal(pair_decode(buf_slice(&file), NULL, &p), RC_MALFORMED);
    buf_free(&file);
}

/* The public key of another pair beside the seed, sealed rightly by one with the pass. */
static void
a_locked_file_with_another_public_key_is_malformed(void **state)
{
    uint8_t drawn[FILE_SALT_BYTES + FILE_NONCE_BYTES] = {0};
    struct pair p = example_pair(PAIR_SIGN);
    struct buf file = BUF_NONE;
    struct pair back;

    (void)state;
    p.pub.b[0] ^= 1;
    pair_encode_with(&p, "1234", drawn, &file);
    assert_int_equal(pair_decode(buf_slice(&file), "1234", &back), RC_MALFORMED);
    buf_free(&file);
}

static void
a_file_of_another_length_is_malformed(void **state)
{
    struct buf files[] = {example_file(PAIR_SIGN, NULL),
                          example_file(PAIR_SIGN, the_pass)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t whole = files[i].n;
        struct pair p;

        buf_add(&files[i], "\0\0\0\0", 4);
        for (size_t n = 0; n <= files[i].n; n++) {
            uint8_t *exact = mem_copy(files[i].p, n);

            if (n != whole) {
                assert_int_equal(pair_decode(slice_of(exact, n), the_pass, &p),
                                 RC_MALFORMED);
                assert_false(pair_is_locked(slice_of(exact, n)));
            }
            mem_free(exact);
        }
        buf_free(&files[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_examples_of_the_document_come_out),
        cmocka_unit_test(a_passphrase_is_stretched_as_the_document_says),
        cmocka_unit_test(a_pair_of_each_kind_comes_back),
        cmocka_unit_test(a_file_is_appended),
        cmocka_unit_test(two_files_of_one_pair_differ_under_a_passphrase),
        cmocka_unit_test(a_locked_file_is_denied_without_its_passphrase),
        cmocka_unit_test(an_open_file_needs_no_passphrase_and_takes_none_amiss),
        cmocka_unit_test(each_flipped_bit_is_malformed),
        cmocka_unit_test(each_change_is_refused_though_the_check_is_right),
        cmocka_unit_test(
            each_changed_byte_of_a_locked_file_is_denied_though_the_check_is_right),
        cmocka_unit_test(a_file_that_says_another_kind_version_or_lock_is_malformed),
        cmocka_unit_test(a_seed_that_is_not_clamped_is_malformed),
        cmocka_unit_test(a_locked_file_with_another_public_key_is_malformed),
        cmocka_unit_test(a_file_of_another_length_is_malformed),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
