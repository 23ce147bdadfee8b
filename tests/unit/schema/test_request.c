/* The two files of JOIN.md: its worked example, read from the page and made again, and
 * the golden ones. */
#include "schema/request.h"
#include "cli/check_words.h"
#include "tests/unit/crypto/figures.h"

static struct pair
pair_of(enum pair_kind kind, uint8_t fill)
{
    struct pair p;
    uint8_t seed[SEED_BYTES];
    memset(seed, fill, sizeof(seed));
    pair_from_seed(kind, seed, &p);
    return p;
}

static struct buf
example(const char *name)
{
    struct buf document = BUF_NONE;
    tree_read("schema/JOIN.md", &document);
    struct buf out = document_hex((const char *)document.p, name);
    buf_free(&document);
    return out;
}

static struct pair
box_pair(void)
{
    struct buf document = BUF_NONE;
    tree_read("sync/AUTHORITY.md", &document);
    struct buf pub = document_hex((const char *)document.p, "box");
    struct pair p = {.kind = PAIR_BOX};
    memset(p.secret, 0x42, 32);
    p.secret[0] = 0x40;
    memcpy(p.pub.b, pub.p, KEY_BYTES);
    buf_free(&pub);
    buf_free(&document);
    return p;
}

static void
make(struct buf *out)
{
    struct pair log = pair_of(PAIR_SIGN, 1), ack = pair_of(PAIR_SIGN, 3);
    struct request r = {.box = box_pair().pub,
                        .log = log.pub,
                        .ack = ack.pub,
                        .person = "王芳",
                        .unit = "0302",
                        .role = "leader",
                        .made_ms = UINT64_C(1700000000000)};
    request_encode(&r, &log, &ack, out);
}

static void
the_example_is_made_again(void **state)
{
    struct buf page = example("request"), made = BUF_NONE, name = example("name");
    struct request r;
    struct hash h;
    (void)state;
    make(&made);
    assert_bytes(buf_slice(&page), buf_slice(&made));
    assert_int_equal(request_decode(buf_slice(&page), &r, &h), RC_OK);
    assert_bytes(slice_of(h.b, HASH_BYTES), buf_slice(&name));
    assert_string_equal(r.person, "王芳");
    assert_string_equal(r.unit, "0302");
    assert_string_equal(r.role, "leader");
    assert_true(r.made_ms == UINT64_C(1700000000000));
    buf_free(&page);
    buf_free(&made);
    buf_free(&name);
}

static void
its_words_are_those_of_the_page(void **state)
{
    struct buf document = BUF_NONE, name = example("name"), words = BUF_NONE;
    struct hash h;
    (void)state;
    memcpy(h.b, name.p, HASH_BYTES);
    check_words_add(&words, &h, LANG_ZH);
    tree_read("schema/JOIN.md", &document);
    assert_non_null(strstr((const char *)document.p, buf_text(&words)));
    buf_free(&document);
    buf_free(&name);
    buf_free(&words);
}

/* 256 words, none twice, neither written nor spoken; the page's tables are the program's.
 */
static void
no_two_words_are_alike(void **state)
{
    struct buf word[2][256] = {{{.p = NULL}}};
    struct buf document = BUF_NONE;
    (void)state;
    tree_read("schema/JOIN.md", &document);
    for (unsigned lang = 0; lang < 2; lang++)
        for (unsigned i = 0; i < 256; i++) {
            struct hash h = {{(uint8_t)i}};
            check_words_add(&word[lang][i], &h, lang == 0 ? LANG_ZH : LANG_EN);
            word[lang][i].n = (size_t)(strstr(buf_text(&word[lang][i]), " · ") -
                                       (const char *)word[lang][i].p);
            for (unsigned k = 0; k < i; k++)
                assert_false(
                    slice_eq(buf_slice(&word[lang][i]), buf_slice(&word[lang][k])));
        }
    for (unsigned i = 0; i < 16; i++) { /* three bytes a character */
        struct buf row = BUF_NONE;
        buf_addf(&row, "| first");
        for (unsigned k = 0; k <= i; k++)
            buf_addf(&row, " | %.3s", (const char *)word[0][k << 4].p);
        assert_non_null(strstr((const char *)document.p, buf_text(&row)));
        row.n = 0;
        buf_addf(&row, "| second");
        for (unsigned k = 0; k <= i; k++)
            buf_addf(&row, " | %.3s", (const char *)word[0][k].p + 3);
        assert_non_null(strstr((const char *)document.p, buf_text(&row)));
        buf_free(&row);
    }
    for (unsigned i = 0; i < 512; i++)
        buf_free(&word[i / 256][i % 256]);
    buf_free(&document);
}

static enum rc
decoded(struct slice file)
{
    /* In exactly so many bytes: what is read behind them shows under a sanitizer. */
    uint8_t *exact = mem_copy(file.p, file.n);
    struct request r;
    enum rc rc = request_decode(slice_of(exact, file.n), &r, NULL);
    mem_free(exact);
    return rc;
}

static void
no_bit_of_it_can_change(void **state)
{
    struct buf file = BUF_NONE;
    (void)state;
    make(&file);
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(decoded(buf_slice(&file)), RC_OK);
        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(decoded(buf_slice(&file)), RC_OK);
    buf_free(&file);
}

static void
a_torn_one_is_told_from_a_foreign_one(void **state)
{
    struct buf file = BUF_NONE;
    (void)state;
    make(&file);
    assert_int_equal(decoded(slice_of(file.p, 0)), RC_MALFORMED);
    for (size_t n = 1; n < file.n; n++)
        assert_int_equal(decoded(slice_of(file.p, n)), RC_CORRUPT);
    file.p[file.n - 1] ^= 1;
    assert_int_equal(decoded(buf_slice(&file)), RC_FORGED);
    file.p[file.n - 1] ^= 1;
    buf_add_u8(&file, 0);
    assert_int_equal(decoded(buf_slice(&file)), RC_MALFORMED);
    file.p[8] = 2;
    assert_int_equal(decoded(buf_slice(&file)), RC_STALE);
    buf_free(&file);
}

/* Both have to sign: one that proves one key only is forged. */
static void
each_key_has_to_sign(void **state)
{
    struct pair log = pair_of(PAIR_SIGN, 1), other = pair_of(PAIR_SIGN, 5);
    struct request r = {.box = box_pair().pub,
                        .log = log.pub,
                        .ack = pair_of(PAIR_SIGN, 3).pub,
                        .person = "王芳",
                        .unit = "0302",
                        .role = "leader"};
    struct buf file = BUF_NONE;
    (void)state;
    request_encode(&r, &log, &other, &file);
    assert_int_equal(decoded(buf_slice(&file)), RC_FORGED);
    file.n = 0;
    r.log = other.pub;
    request_encode(&r, &log, &other, &file);
    assert_int_equal(decoded(buf_slice(&file)), RC_FORGED);
    file.n = 0;
    r.log = log.pub;
    r.ack = log.pub;
    request_encode(&r, &log, &log, &file);
    assert_int_equal(decoded(buf_slice(&file)), RC_MALFORMED);
    file.n = 0;
    r.person[0] = '\0';
    request_encode(&r, &log, &log, &file);
    assert_int_equal(decoded(buf_slice(&file)), RC_MALFORMED);
    buf_free(&file);
}

/* ---- the answer */

static struct buf
golden(const char *key)
{
    struct buf text = BUF_NONE, out = BUF_NONE, start = BUF_NONE;
    tree_read("tests/golden/join/files.txt", &text);
    buf_addf(&start, "\n%s ", key);
    const char *at = strstr((const char *)text.p, buf_text(&start));
    assert_non_null(at);
    at += start.n;
    hex_add(at, strcspn(at, "\n"), &out);
    buf_free(&start);
    buf_free(&text);
    return out;
}

static void
the_golden_answer_opens(void **state)
{
    struct buf request = golden("request"), answer = golden("answer"), made = BUF_NONE;
    struct hash name = hash_of(buf_slice(&request));
    struct pair box = box_pair(), other = pair_of(PAIR_BOX, 9);
    struct invite i;
    (void)state;
    make(&made);
    assert_bytes(buf_slice(&made), buf_slice(&request));
    assert_int_equal(answer_decode(buf_slice(&answer), &name, &box, &i), RC_OK);
    assert_int_equal(i.log_no, 17);
    assert_int_equal(i.node, 5);
    assert_string_equal(i.person_name, "王芳");
    assert_true(i.until_ms == UINT64_MAX);
    invite_fini(&i);
    assert_int_equal(answer_decode(buf_slice(&answer), &name, &other, &i), RC_FORGED);
    name.b[0] ^= 1;
    assert_int_equal(answer_decode(buf_slice(&answer), &name, &box, &i), RC_INVALID);
    name.b[0] ^= 1;
    for (size_t n = 1; n < answer.n; n++)
        assert_int_equal(answer_decode(slice_of(answer.p, n), &name, &box, &i),
                         RC_CORRUPT);
    for (size_t bit = 0; bit < 8 * answer.n; bit++) {
        answer.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(answer_decode(buf_slice(&answer), &name, &box, &i), RC_OK);
        answer.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_free(&request);
    buf_free(&answer);
    buf_free(&made);
}

static void
what_is_sealed_opens(void **state)
{
    struct pair box = box_pair();
    struct hash name = {{7}};
    struct invite i = {.log_no = 17,
                       .node = 5,
                       .made_ms = UINT64_C(1700000000000),
                       .until_ms = UINT64_MAX,
                       .community_name = "邻聚里",
                       .person_name = "王芳"};
    struct invite out;
    struct buf file = BUF_NONE;
    (void)state;
    answer_encode_random(&i, &name, &box.pub, &file);
    assert_int_equal(answer_decode(buf_slice(&file), &name, &box, &out), RC_OK);
    assert_int_equal(out.log_no, 17);
    assert_string_equal(out.community_name, "邻聚里");
    invite_fini(&out);
    buf_free(&file);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_made_again),
        cmocka_unit_test(its_words_are_those_of_the_page),
        cmocka_unit_test(no_two_words_are_alike),
        cmocka_unit_test(no_bit_of_it_can_change),
        cmocka_unit_test(a_torn_one_is_told_from_a_foreign_one),
        cmocka_unit_test(each_key_has_to_sign),
        cmocka_unit_test(the_golden_answer_opens),
        cmocka_unit_test(what_is_sealed_opens),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
