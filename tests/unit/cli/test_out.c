/* What goes to a terminal and to scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "cli/address.h"
#include "cli/out.h"

static const char *
escaped(const char *text, size_t n, bool lines, struct buf *out)
{
    out->n = 0;
    out_escaped(out, slice_of(text, n), lines);
    return buf_text(out);
}
#define ESCAPED(text, lines, b) escaped("" text, sizeof(text) - 1, lines, b)

static void
nothing_that_drives_a_terminal_or_hides_gets_through(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    assert_string_equal(ESCAPED("绿洲 ok", false, &b), "绿洲 ok");
    assert_string_equal(ESCAPED("a\x1b[2Jb", false, &b), "a\\x1b[2Jb");
    assert_string_equal(ESCAPED("a\0b", false, &b), "a\\x00b");
    assert_string_equal(ESCAPED("a\x7f", false, &b), "a\\x7f");
    assert_string_equal(ESCAPED("\xc2\x9b", false, &b), "\\xc2\\x9b");          /* CSI */
    assert_string_equal(ESCAPED("\xe2\x80\xae", false, &b), "\\xe2\\x80\\xae"); /* RLO */
    assert_string_equal(ESCAPED("\xe2\x81\xa6", false, &b), "\\xe2\\x81\\xa6"); /* LRI */
    assert_string_equal(ESCAPED("\xef\xbb\xbf", false, &b), "\\xef\\xbb\\xbf"); /* BOM */
    assert_string_equal(ESCAPED("a\nb\tc", false, &b), "a\\x0ab\\x09c");
    assert_string_equal(ESCAPED("a\nb\tc", true, &b), "a\nb\tc");
    assert_string_equal(ESCAPED("a\rb", true, &b), "a\\x0db");
    buf_free(&b);
}

static void
bytes_that_are_no_text_come_out_as_hex(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    assert_string_equal(ESCAPED("a\xff\xfe", false, &b), "a\\xff\\xfe");
    assert_string_equal(ESCAPED("\xe7\x81", false, &b), "\\xe7\\x81"); /* cut off */
    assert_string_equal(ESCAPED("\xed\xa0\x80", false, &b), "\\xed\\xa0\\x80");
    assert_string_equal(ESCAPED("\xc0\xaf", false, &b), "\\xc0\\xaf");
    assert_string_equal(ESCAPED("\xe7\x81灯", false, &b), "\\xe7\\x81灯");
    buf_free(&b);
}

static void
a_day_is_said_as_people_say_it(void **state)
{
    char out[TIME_TEXT_BYTES], want[TIME_TEXT_BYTES];
    struct tm now = {0};
    time_t s = time(NULL);
    (void)state;
    assert_non_null(localtime_r(&s, &now));
    (void)snprintf(want, sizeof(want), "%d月%d日", now.tm_mon + 1, now.tm_mday);
    out_moment((uint64_t)s * 1000, true, LANG_ZH, out);
    assert_string_equal(out, want);
    struct tm then = {
        .tm_year = 101, .tm_mon = 2, .tm_mday = 4, .tm_hour = 8, .tm_min = 5};
    then.tm_isdst = -1;
    uint64_t ms = (uint64_t)mktime(&then) * 1000;
    out_moment(ms, false, LANG_ZH, out);
    assert_string_equal(out, "2001年3月4日 08:05");
    out_moment(ms, false, LANG_EN, out);
    assert_string_equal(out, "2001-03-04 08:05");
    out_moment(ms, true, LANG_EN, out);
    assert_string_equal(out, "2001-03-04");
    out_moment(0, true, LANG_ZH, out);
    assert_string_equal(out, "-");
}

static void
chinese_characters_take_two_columns(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    assert_int_equal(out_columns("abc"), 3);
    assert_int_equal(out_columns("灯a"), 3);
    out_padded(&b, "灯", 4);
    out_padded(&b, "toolong", 4);
    assert_string_equal(buf_text(&b), "灯  toolong ");
    buf_free(&b);
}

static void
times_are_local_and_what_is_none_is_a_dash(void **state)
{
    char text[TIME_TEXT_BYTES];
    (void)state;
    setenv("TZ", "CST-8", 1);
    tzset();
    out_time(1795506169252, text);
    assert_string_equal(text, "2026-11-24 15:42");
    out_time(0, text);
    assert_string_equal(text, "-");
    out_time(UINT64_MAX, text);
    assert_string_equal(text, "-");
    out_time(3057810169252, text); /* a clock 40 years ahead is shown as it is */
    assert_string_equal(text, "2066-11-24 15:42");
}

static const char *
dumped(json_t *json, struct buf *b)
{
    b->n = 0;
    out_json(b, json);
    return buf_text(b);
}

static void
json_is_one_document_with_sorted_keys(void **state)
{
    struct buf b = BUF_NONE;
    json_t *json = json_object();
    (void)state;
    json_object_set_new(json, "b", json_of_unit(302));
    json_object_set_new(json, "a", json_of_text(slice_text("灯")));
    assert_string_equal(dumped(json, &b), "{\n  \"a\": \"灯\",\n  \"b\": \"0302\"\n}\n");
    assert_string_equal(dumped(json_of_text(slice_text("a\x1b\xe2\x80\xae\xff")), &b),
                        "\"a\\\\x1b\\\\xe2\\\\x80\\\\xae\\\\xff\"\n");
    assert_string_equal(dumped(json_of_time(0), &b), "null\n");
    assert_string_equal(dumped(json_of_time(1795506169252), &b), "1795506169252\n");
    assert_string_equal(dumped(json_of_u64(UINT64_MAX), &b), "9223372036854775807\n");
    assert_string_equal(dumped(json_of_hex("\xab\x01", 2), &b), "\"ab01\"\n");
    buf_free(&b);
}

static void
addresses_are_checked_and_everywhere_becomes_real_ones(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    assert_true(address_is("127.0.0.1:7400"));
    assert_true(address_is("[::1]:7400"));
    assert_true(address_is("hub.example:1"));
    assert_false(address_is("127.0.0.1"));
    assert_false(address_is(":7400"));
    assert_false(address_is("a:"));
    assert_false(address_is("a:0"));
    assert_false(address_is("a:65536"));
    assert_false(address_is("a:12x"));
    assert_true(address_add("192.168.1.10:7400", &b));
    assert_string_equal((const char *)b.p, "192.168.1.10:7400");
    b.n = 0;
    assert_true(address_add("0.0.0.0:7400", &b));
    assert_null(strstr((const char *)b.p, "0.0.0.0"));
    assert_non_null(strstr((const char *)b.p, ":7400"));
    b.n = 0;
    assert_false(address_add("", &b));
    assert_false(address_add("host", &b));
    buf_free(&b);
}

static void
markup_holds_text_and_nothing_else(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    out_markup(&b, slice_text("<b>绿洲 & '\"'</b>"));
    assert_string_equal(buf_text(&b),
                        "&#60;b&#62;绿洲 &#38; &#39;&#34;&#39;&#60;/b&#62;");
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_drives_a_terminal_or_hides_gets_through),
        cmocka_unit_test(bytes_that_are_no_text_come_out_as_hex),
        cmocka_unit_test(a_day_is_said_as_people_say_it),
        cmocka_unit_test(chinese_characters_take_two_columns),
        cmocka_unit_test(times_are_local_and_what_is_none_is_a_dash),
        cmocka_unit_test(json_is_one_document_with_sorted_keys),
        cmocka_unit_test(addresses_are_checked_and_everywhere_becomes_real_ones),
        cmocka_unit_test(markup_holds_text_and_nothing_else),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
