/* Values: one encoding each, and the digest's bytes (schema/TYPES.md sections 2 and 6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/pack.h"
#include "sync/value.h"

#define ID "000102030405060708090a0b0c0d0e0f"

/* Bytes of hex, to be freed. */
static struct buf
bytes_of(const char *hex)
{
    struct buf b = BUF_NONE;
    size_t n = strlen(hex) / 2;

    buf_reserve(&b, n + 1);
    assert_true(hex_parse(hex, n, b.p));
    b.n = n;
    return b;
}

static void
assert_hex(struct slice s, const char *want)
{
    char *got = mem_new(2 * s.n + 1);

    hex_print(s.p, s.n, got);
    assert_string_equal(got, want);
    mem_free(got);
}

static const struct {
    enum value_kind kind;
    const char *hex;
} good[] = {
    {VALUE_TEXT, "a6e697a7e69687"},
    {VALUE_TEXT, "c0"},
    {VALUE_INT, "00"},
    {VALUE_INT, "d1ff38"}, /* -200 */
    {VALUE_INT, "ce000186a0"},
    {VALUE_BOOL, "c3"},
    {VALUE_BOOL, "c2"},
    {VALUE_DATE, "cd511c"},
    {VALUE_TIME, "ce01c86b1e"},
    {VALUE_CHOICE, "00"},
    {VALUE_CHOICE, "cdffff"},
    {VALUE_CHOICES, "93010203"},
    {VALUE_PHONE, "a83637383132333435"},
    {VALUE_CODE, "a430333032"},
    {VALUE_MONEY, "cd04e2"},
    {VALUE_RECORD, "9303cd012ec410" ID},
    {VALUE_GONE, "9202c0"},
    {VALUE_GONE, "9201c410" ID},
    {VALUE_GONE, "c0"},
    {VALUE_NUMBER, "94cd012e111a2f"},
    {VALUE_NUMBER, "94cd012ec402abcd1a01"},
    {VALUE_STATE, "920001"},
    {VALUE_STATE, "930203a6e58685e5aeb9"},
    {VALUE_LINK, "940101cd012ec410" ID},
    {VALUE_ENTRY, "c420" ID ID},
};

static void
what_is_decoded_encodes_to_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct buf in = bytes_of(good[i].hex);
        struct buf out = BUF_NONE;
        struct value v;

        assert_int_equal(pack_check(buf_slice(&in)), RC_OK);
        assert_true(value_decode(good[i].kind, buf_slice(&in), &v));
        assert_int_equal(v.kind, good[i].kind);
        value_encode(&v, &out);
        assert_hex(buf_slice(&out), good[i].hex);
        buf_free(&in);
        buf_free(&out);
    }
}

static void
what_it_says_is_what_went_in(void **state)
{
    struct buf in = bytes_of("94cd012ec402abcd1a01");
    struct value v;

    (void)state;
    assert_true(value_decode(VALUE_NUMBER, buf_slice(&in), &v));
    assert_int_equal(v.as.number.unit, 302);
    assert_int_equal(v.as.number.log_no, 0);
    assert_int_equal(v.as.number.mark, 0xabcd);
    assert_int_equal(v.as.number.year, 26);
    assert_int_equal(v.as.number.running, 1);
    buf_free(&in);
    in = bytes_of("930203a6e58685e5aeb9");
    assert_true(value_decode(VALUE_STATE, buf_slice(&in), &v));
    assert_int_equal(v.as.move.from, 2);
    assert_int_equal(v.as.move.to, 3);
    assert_true(slice_eq(v.as.move.why, slice_text("内容")));
    buf_free(&in);
    in = bytes_of("d1ff38");
    assert_true(value_decode(VALUE_INT, buf_slice(&in), &v));
    assert_int_equal(v.as.num, -200);
    buf_free(&in);
}

static void
other_shapes_are_refused(void **state)
{
    static const struct {
        enum value_kind kind;
        const char *hex;
    } bad[] = {
        {VALUE_TEXT, "a0"},     /* empty: nil is the way to say it */
        {VALUE_TEXT, "01"},     /* a number */
        {VALUE_TEXT, "a16161"}, /* something behind it */
        {VALUE_INT, "cfffffffffffffffff"},
        {VALUE_BOOL, "01"},
        {VALUE_DATE, "a16a"},
        {VALUE_CHOICE, "ff"}, /* below zero */
        {VALUE_CHOICE, "ce00010000"},
        {VALUE_CHOICES, "90"},     /* empty */
        {VALUE_CHOICES, "920201"}, /* descending */
        {VALUE_CHOICES, "920101"},
        {VALUE_CHOICES, "01"},
        {VALUE_RECORD, "9203c410" ID},
        {VALUE_RECORD, "9300cd012ec410" ID}, /* scope 0 */
        {VALUE_RECORD, "9303cd2710c410" ID}, /* unit 10000 */
        {VALUE_RECORD, "9303cd012ec40100"},
        {VALUE_GONE, "9200c0"},
        {VALUE_GONE, "9206c0"},
        {VALUE_GONE, "9101"},
        {VALUE_NUMBER, "94cd012e001a2f"}, /* log 0 */
        {VALUE_NUMBER, "94cd012e11642f"}, /* year 100 */
        {VALUE_NUMBER, "94cd012e111a00"}, /* running 0 */
        {VALUE_NUMBER, "94cd012ec401ab1a01"},
        {VALUE_STATE, "910001"},
        {VALUE_STATE, "920100"},     /* to nothing */
        {VALUE_STATE, "930203a0"},   /* empty words: leave them out */
        {VALUE_STATE, "930203a107"}, /* a bell in them */
        {VALUE_STATE, "940001a161c0"},
        {VALUE_LINK, "940001cd012ec410" ID},
        {VALUE_LINK, "940701cd012ec410" ID},
        {VALUE_ENTRY, "c410" ID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf in = bytes_of(bad[i].hex);
        struct value v;

        if (value_decode(bad[i].kind, buf_slice(&in), &v)) {
            fail_msg("kind %d took %s", (int)bad[i].kind, bad[i].hex);
        }
        buf_free(&in);
    }
}

static void
more_than_32_choices_are_refused(void **state)
{
    struct buf b = BUF_NONE;
    struct value v;

    (void)state;
    pack_array(&b, VALUE_CHOICES_MAX + 1);
    for (unsigned i = 0; i <= VALUE_CHOICES_MAX; i++) {
        pack_uint(&b, i);
    }
    assert_false(value_decode(VALUE_CHOICES, buf_slice(&b), &v));
    buf_free(&b);
}

static void
text_that_hides_or_reorders_is_not_clean(void **state)
{
    static const struct {
        const char *text;
        bool line, lines; /* clean as one line, as several */
    } row[] = {
        {"王某某", true, true},
        {"\xf0\xa0\xae\xb7", true, true}, /* U+20BB7, a rare name */
        {"a\nb", false, true},
        {"a\tb", false, true},
        {"a\rb", false, false},
        {"\x1b[31m", false, false},
        {"\x7f", false, false},
        {"\xc2\x85", false, false},     /* U+0085 */
        {"\xc2\xa0", true, true},       /* U+00A0: only a blank */
        {"\xe2\x80\xa8", false, false}, /* U+2028 */
        {"\xe2\x80\xaa", false, false}, /* U+202A */
        {"\xe2\x80\xae", false, false}, /* U+202E */
        {"\xe2\x80\xaf", true, true},   /* U+202F */
        {"\xe2\x80\xa7", true, true},   /* U+2027 */
        {"\xe2\x81\xa5", true, true},   /* U+2065 */
        {"\xe2\x81\xa6", false, false}, /* U+2066 */
        {"\xe2\x81\xa9", false, false}, /* U+2069 */
        {"\xe2\x81\xaa", true, true},   /* U+206A */
        {"\xef\xbb\xbf", false, false}, /* byte order mark */
        {"", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(value_text_is_clean(slice_text(row[i].text), false),
                         row[i].line);
        assert_int_equal(value_text_is_clean(slice_text(row[i].text), true),
                         row[i].lines);
    }
}

static void
characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(value_chars(slice_text("楼道灯坏了")), 5);
    assert_int_equal(value_chars(slice_text("a\xf0\xa0\xae\xb7"
                                            "b")),
                     3);
    assert_int_equal(value_chars(slice_text("")), 0);
}

static void
phones_are_digits_with_signs_between(void **state)
{
    static const char *const yes[] = {"67812", "+86 717 6781234", "0717-678-1234",
                                      "13800138000", "12345678901234567890"};
    static const char *const no[] = {"",      "1234",    "123456789012345678901",
                                     "6781+", "-678123", "0717--6781234",
                                     "6781 ", "67a81",   "67 -81234",
                                     "6+7812"};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(value_phone_is_clean(slice_text(yes[i])));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (value_phone_is_clean(slice_text(no[i]))) {
            fail_msg("took %s", no[i]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_decoded_encodes_to_the_same_bytes),
        cmocka_unit_test(what_it_says_is_what_went_in),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(more_than_32_choices_are_refused),
        cmocka_unit_test(text_that_hides_or_reorders_is_not_clean),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(phones_are_digits_with_signs_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
