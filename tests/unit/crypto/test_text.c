/* Hex and UTF-8. */
#include "tests/unit/crypto/figures.h"

static void
hex_comes_back(void **state)
{
    uint8_t all[256];
    uint8_t back[256];
    char text[2 * sizeof all + 1];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)i;
    }
    hex_print(all, sizeof all, text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text + 2 * 0x9a, "9a9b9c9d9e9fa0", 14);
    assert_true(hex_parse(text, sizeof all, back));
    assert_memory_equal(all, back, sizeof all);
    assert_true(hex_parse("aBcDeF", 3, back));
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    assert_true(hex_parse("", 0, back));
    hex_print(NULL, 0, text);
    assert_string_equal(text, "");
}

static void
hex_of_another_length_or_with_other_signs_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",     "a",    "ab",   "abc",  "abcde", "abcdef", "abcg",  "ab c", "0xab",
        "ab:d", "-abc", "abc/", "ab@d", "abc`",  "abc\n",  " abcd", "äbc"};
    uint8_t out[2];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *exact = mem_text(wrong[i]); /* reading past its NUL would be seen */

        assert_false(hex_parse(exact, 2, out));
        mem_free(exact);
    }
}

struct utf8_case {
    const char *hex;
    bool is_valid;
};

static const struct utf8_case utf8_cases[] = {
    {"", true},
    {"00", true},
    {"7f", true},
    {"e982bbe8819ae9878c", true}, /* 邻聚里 */
    {"c280", true},               /* the first of two bytes */
    {"dfbf", true},
    {"e0a080", true}, /* the first of three */
    {"ed9fbf", true}, /* the last before the surrogates */
    {"ee8080", true}, /* the first behind them */
    {"efbfbf", true},
    {"f0908080", true}, /* the first of four */
    {"f48fbfbf", true}, /* U+10FFFF */
    {"80", false},      /* a continuation alone */
    {"bf", false},
    {"c080", false}, /* overlong NUL */
    {"c1bf", false},
    {"e08080", false}, /* overlong in three */
    {"e09fbf", false},
    {"f0808080", false}, /* overlong in four */
    {"f08fbfbf", false},
    {"eda080", false}, /* U+D800 */
    {"edbfbf", false}, /* U+DFFF */
    {"eda080edb080", false},
    {"f4908080", false}, /* U+110000 */
    {"f5808080", false},
    {"f8888080", false}, /* five bytes */
    {"fc8480808080", false},
    {"fe", false},
    {"ff", false},
    {"c2", false}, /* truncated */
    {"e982", false},
    {"e9", false},
    {"f09080", false},
    {"f090", false},
    {"f0", false},
    {"c241", false}, /* broken off by another character */
    {"e98241", false},
    {"e94182", false},
    {"f0908041", false},
    {"f0904180", false},
    {"e982c0", false},
    {"c2c0", false},
    {"41c28042", true},
    {"41ff42", false},
};

static void
utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof utf8_cases / sizeof utf8_cases[0]; i++) {
        struct buf b = hex_buf(utf8_cases[i].hex);
        uint8_t *exact = mem_copy(b.p, b.n); /* reading past its end would be seen */

        if (utf8_is_valid(slice_of(exact, b.n)) != utf8_cases[i].is_valid) {
            fail_msg("%s", utf8_cases[i].hex);
        }
        mem_free(exact);
        buf_free(&b);
    }
}

/* A code point in the only form it has; its bytes. */
static size_t
utf8_encode(uint32_t c, uint8_t out[static 4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (uint8_t)(lead[n] | c);
    return n;
}

static void
every_code_point_but_the_surrogates_is_valid(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t b[4];
        size_t n = utf8_encode(c, b);

        assert_int_equal(utf8_is_valid(slice_of(b, n)),
                         c < 0x110000 && (c < 0xd800 || c > 0xdfff));
    }
}

static void
base64_is_that_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct buf b = BUF_NONE;
    uint8_t back[8];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t n = strlen(pairs[i][0]);

        b.n = 0;
        base64_add(&b, pairs[i][0], n);
        assert_string_equal(buf_text(&b), pairs[i][1]);
        assert_true(base64_parse(buf_slice(&b), n, back));
        assert_memory_equal(back, pairs[i][0], n);
        assert_false(base64_parse(buf_slice(&b), n + 3, back));
    }
    buf_free(&b);
}

/* One text for each value: no other padding, no loose bits, no blanks. */
static void
no_other_base64_is_taken(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {{"Zg=", 1},  {"Zg", 1},   {"Zg==\n", 1}, {"Zh==", 1}, {"Zm9=", 2},
               {"Zm8 ", 2}, {"Z===", 1}, {"====", 1},   {"Zm9v", 2}, {"Zm-v", 3},
               {"Zm_v", 3}, {"Zg==", 3}, {"Z=g=", 1},   {" Zg=", 1}, {"Zm9vZg==", 3}};
    uint8_t back[8];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (base64_parse(slice_text(bad[i].text), bad[i].n, back)) {
            fail_msg("taken: %s", bad[i].text);
        }
    }
    assert_false(base64_parse(slice_of("Zm\09", 4), 3, back));
    assert_false(base64_parse(slice_of("Zm\xff"
                                       "9",
                                       4),
                              3, back));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_comes_back),
        cmocka_unit_test(hex_of_another_length_or_with_other_signs_is_refused),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(no_other_base64_is_taken),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(every_code_point_but_the_surrogates_is_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
