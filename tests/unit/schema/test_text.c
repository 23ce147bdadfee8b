/* Text to values and back (schema/TYPES.md section 4), dates, record numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/date.h"
#include "schema/text.h"

static const struct choice choices[] = {{0, "unknown", {"未知", "Unknown"}},
                                        {1, "male", {"男", "Male"}},
                                        {10, "low_income", {"低收入", "Low income"}}};
static const struct state states[] = {{1, "open", {"开", "Open"}, true, false}};
static const struct type thing = {.name = "thing", .state = states, .states_n = 1};

static const struct field
    title = {.name = "title",
             .kind = VALUE_TEXT,
             .min = 1,
             .max = 5,
             .is_required = true},
    words = {.name = "words", .kind = VALUE_TEXT, .min = 2, .max = 20, .is_long = true},
    count = {.name = "count", .kind = VALUE_INT, .min = -5, .max = 120},
    flag = {.name = "flag", .kind = VALUE_BOOL},
    day = {.name = "day", .kind = VALUE_DATE},
    hour = {.name = "hour", .kind = VALUE_TIME},
    sex = {.name = "sex", .kind = VALUE_CHOICE, .choice = choices, .choices_n = 3},
    marks = {.name = "marks", .kind = VALUE_CHOICES, .choice = choices, .choices_n = 3},
    phone = {.name = "phone", .kind = VALUE_PHONE},
    code = {.name = "code", .kind = VALUE_CODE, .min = 4, .max = 4},
    rent = {.name = "rent", .kind = VALUE_MONEY, .min = 100, .max = 5000000},
    part = {.name = "part", .kind = VALUE_RECORD, .of_type = "thing"};

static enum rc
find(void *arg, const char *of_type, const char *text, struct record_key *out,
     struct fault *why)
{
    (void)arg;
    if (strcmp(text, "0302-017-26-0047") != 0) {
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", text);
    }
    assert_string_equal(of_type, "thing");
    *out = (struct record_key){1, 302, {7}};
    return RC_OK;
}

static void
show(void *arg, const struct record_key *key, struct buf *out)
{
    (void)arg;
    assert_int_equal(key->unit, 302);
    buf_addf(out, "0302-017-26-0047");
}

static const struct text_refs refs = {NULL, find, show};

/* What is typed, and what is shown of it in Chinese, in English and as a name. */
static const struct {
    const struct field *field;
    const char *in;
    const char *zh, *en, *name; /* en, name NULL: as zh */
} good[] = {
    {&title, "楼道灯坏了", "楼道灯坏了", NULL, NULL},
    {&title, "  \t\xe3\x80\x80灯 \n", "灯", NULL, NULL},
    {&title, "\xf0\xa0\xae\xb7野家", "\xf0\xa0\xae\xb7野家", NULL, NULL},
    {&title, "５ａ", "５ａ", NULL, NULL}, /* a text keeps its full-width letters */
    {&words, "一\r\n二\r三", "一\n二\n三", NULL, NULL},
    {&words, "", "", NULL, NULL}, /* nil */
    {&count, "120", "120", NULL, NULL},
    {&count, "-5", "-5", NULL, NULL},
    {&count, "+007", "7", NULL, NULL},
    {&count, "１２", "12", NULL, NULL},
    {&count, " 0 ", "0", NULL, NULL},
    {&flag, "是", "是", "yes", "yes"},
    {&flag, "否", "否", "no", "no"},
    {&flag, "TRUE", "是", "yes", "yes"},
    {&flag, "0", "否", "no", "no"},
    {&flag, "Ｙes", "是", "yes", "yes"},
    {&day, "2026-11-24", "2026-11-24", NULL, NULL},
    {&day, "2026/11/24", "2026-11-24", NULL, NULL},
    {&day, "2026.1.4", "2026-01-04", NULL, NULL},
    {&day, "20261124", "2026-11-24", NULL, NULL},
    {&day, "2026年11月24日", "2026-11-24", NULL, NULL},
    {&day, "２０２６－１１－２４", "2026-11-24", NULL, NULL},
    {&day, "2024-02-29", "2024-02-29", NULL, NULL},
    {&day, "1800-01-01", "1800-01-01", NULL, NULL},
    {&day, "2199-12-31", "2199-12-31", NULL, NULL},
    {&hour, "2026-11-24 08:30", "2026-11-24 08:30", NULL, NULL},
    {&hour, "2026-11-24T8:30", "2026-11-24 08:30", NULL, NULL},
    {&hour,
     "2026年11月24日\xe3\x80\x80"
     "23：59",
     "2026-11-24 23:59", NULL, NULL},
    {&hour, "1969-12-31 23:59", "1969-12-31 23:59", NULL, NULL},
    {&sex, "1", "男", "Male", "male"},
    {&sex, "0", "未知", "Unknown", "unknown"},
    {&sex, "01", "男", "Male", "male"},
    {&sex, "男", "男", "Male", "male"},
    {&sex, "MALE", "男", "Male", "male"},
    {&sex, "low income", "低收入", "Low income", "low_income"},
    {&sex, "low_income", "低收入", "Low income", "low_income"},
    {&marks, "10、男", "男、低收入", "Male, Low income", "male,low_income"},
    {&marks, "Low income; male, male", "男、低收入", "Male, Low income",
     "male,low_income"},
    {&marks, "男，低收入；", "男、低收入", "Male, Low income", "male,low_income"},
    {&phone, "0717 678 1234", "0717 678 1234", NULL, NULL},
    {&phone, "＋86－13800138000", "+86-13800138000", NULL, NULL},
    {&code, "0302", "0302", NULL, NULL},
    {&code, "０３０２", "0302", NULL, NULL},
    {&rent, "12", "12.00", NULL, NULL},
    {&rent, "12.5", "12.50", NULL, NULL},
    {&rent, "¥12.05", "12.05", NULL, NULL},
    {&rent, "￥１２．０５元", "12.05", NULL, NULL},
    {&part, "0302-017-26-0047", "0302-017-26-0047", NULL, NULL},
    {&part, "", "", NULL, NULL},
};

static void
assert_shown(const struct field *f, struct slice value, enum text_lang lang,
             const char *want)
{
    struct buf out = BUF_NONE;

    text_print(&thing, f, value, lang, &refs, &out);
    assert_string_equal(buf_text(&out), want);
    buf_free(&out);
}

static void
what_people_type_is_taken_and_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct buf value = BUF_NONE;
        struct buf again = BUF_NONE;
        struct buf text = BUF_NONE;
        struct fault why = {.rc = RC_OK};
        enum rc rc =
            text_parse(good[i].field, slice_text(good[i].in), &refs, &value, &why);

        if (rc != RC_OK) {
            fail_msg("%s: %s %s", good[i].in, fault_name(why.code), why.want);
        }
        assert_shown(good[i].field, buf_slice(&value), TEXT_ZH, good[i].zh);
        assert_shown(good[i].field, buf_slice(&value), TEXT_EN,
                     good[i].en == NULL ? good[i].zh : good[i].en);
        assert_shown(good[i].field, buf_slice(&value), TEXT_NAME,
                     good[i].name == NULL ? good[i].zh : good[i].name);
        for (int lang = TEXT_ZH; lang <= TEXT_NAME; lang++) { /* what is shown is taken */
            text.n = 0;
            again.n = 0;
            text_print(&thing, good[i].field, buf_slice(&value), (enum text_lang)lang,
                       &refs, &text);
            assert_int_equal(
                text_parse(good[i].field, buf_slice(&text), &refs, &again, &why), RC_OK);
            assert_true(slice_eq(buf_slice(&again), buf_slice(&value)));
        }
        buf_free(&value);
        buf_free(&again);
        buf_free(&text);
    }
}

static const struct {
    const struct field *field;
    const char *in;
    const char *want; /* "CODE field: expectation" */
} bad[] = {
    {&title, "", "MISSING_FIELD title: "},
    {&title, " \xe3\x80\x80 ", "MISSING_FIELD title: "},
    {&title, "一二三四五六", "BAD_LENGTH title: 1..5"},
    {&title, "a\nb", "BAD_TEXT title: "},
    {&title, "a\tb", "BAD_TEXT title: "},
    {&title, "a\x1b", "BAD_TEXT title: "},
    {&title,
     "a\xe2\x80\xae"
     "b",
     "BAD_TEXT title: "},
    {&title, "\xc3", "BAD_TEXT title: "},
    {&title, "\xed\xa0\x80", "BAD_TEXT title: "}, /* a surrogate */
    {&words, "一", "BAD_LENGTH words: 2..20"},
    {&count, "121", "BAD_RANGE count: -5..120"},
    {&count, "-6", "BAD_RANGE count: -5..120"},
    {&count, "12a", "BAD_INT count: -5..120"},
    {&count, "1.0", "BAD_INT count: -5..120"},
    {&count, "-", "BAD_INT count: -5..120"},
    {&count, "9999999999999999", "BAD_INT count: -5..120"},
    {&count, "三", "BAD_INT count: -5..120"},
    {&flag, "perhaps", "BAD_BOOL flag: yes, no, 是, 否"},
    {&flag, "2", "BAD_BOOL flag: yes, no, 是, 否"},
    {&day, "2026-02-29", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-13-01", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-00-10", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-11-31", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-11-0", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "24-11-2026", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-11/24", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026年11月24", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026-11-24 x", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2026111", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "1799-12-31", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&day, "2200-01-01", "BAD_DATE day: 2026-11-24, 2026年11月24日"},
    {&hour, "2026-11-24", "BAD_TIME hour: 2026-11-24 08:30"},
    {&hour, "2026-11-24 24:00", "BAD_TIME hour: 2026-11-24 08:30"},
    {&hour, "2026-11-24 08:60", "BAD_TIME hour: 2026-11-24 08:30"},
    {&hour, "2026-11-24 08:3", "BAD_TIME hour: 2026-11-24 08:30"},
    {&hour, "2026-11-2408:30", "BAD_TIME hour: 2026-11-24 08:30"},
    {&sex, "3", "BAD_CHOICE sex: unknown, male, low_income"},
    {&sex, "female", "BAD_CHOICE sex: unknown, male, low_income"},
    {&sex, "70000", "BAD_CHOICE sex: unknown, male, low_income"},
    {&marks, "male, x", "BAD_CHOICE marks: unknown, male, low_income"},
    {&marks, ",、;", "BAD_CHOICE marks: unknown, male, low_income"},
    {&phone, "1234", "BAD_PHONE phone: 0-9 + - 5..20"},
    {&phone, "call me", "BAD_PHONE phone: 0-9 + - 5..20"},
    {&code, "302", "BAD_CODE code: 4..4"},
    {&code, "03021", "BAD_CODE code: 4..4"},
    {&code, "03o2", "BAD_CODE code: 4..4"},
    {&rent, "0.5", "BAD_RANGE rent: 1..50000"},
    {&rent, "50000.01", "BAD_RANGE rent: 1..50000"},
    {&rent, "12.505", "BAD_MONEY rent: 12.50"},
    {&rent, "12.", "BAD_MONEY rent: 12.50"},
    {&rent, ".5", "BAD_MONEY rent: 12.50"},
    {&rent, "-12", "BAD_MONEY rent: 12.50"},
    {&rent, "12,50", "BAD_MONEY rent: 12.50"},
    {&part, "0302-017-26-0048", "NOT_FOUND 0302-017-26-0048: "},
};

static void
what_cannot_be_meant_is_refused_in_the_field_s_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf value = BUF_NONE;
        struct buf got = BUF_NONE;
        struct fault why = {.rc = RC_OK};
        enum rc rc = text_parse(bad[i].field, slice_text(bad[i].in), &refs, &value, &why);

        buf_addf(&got, "%s %s: %s", fault_name(why.code), why.what, why.want);
        if (rc == RC_OK || strcmp(buf_text(&got), bad[i].want) != 0) {
            fail_msg("%s: %s; wanted %s", bad[i].in, buf_text(&got), bad[i].want);
        }
        assert_int_equal(value.n, 0);
        assert_int_equal(why.rc, rc);
        buf_free(&got);
        buf_free(&value);
    }
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
    struct fault why;
    struct buf out = BUF_NONE;
    char *large = mem_new(TEXT_BYTES_MAX + 1);

    (void)state;
    assert_int_equal(text_parse(&title, slice_of("a\0b", 3), NULL, &out, &why),
                     RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_TEXT);
    memset(large, 'a', TEXT_BYTES_MAX + 1);
    assert_int_equal(
        text_parse(&title, slice_of(large, TEXT_BYTES_MAX + 1), NULL, &out, &why),
        RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_LENGTH);
    mem_free(large);
    assert_int_equal(text_parse(&part, slice_text("0302-017-26-0047"), NULL, &out, &why),
                     RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_RECORD);
    assert_int_equal(text_parse(&part, slice_text("x"), NULL, &out, NULL), RC_INVALID);
    assert_int_equal(out.n, 0);
}

static void
what_the_program_writes_nobody_sets_by_its_text(void **state)
{
    static const char *const name[] = {"state", "gone", "link"};
    struct buf out = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fault why;

        assert_int_equal(
            text_parse(field_by_name(&thing, name[i]), slice_text("1"), NULL, &out, &why),
            RC_INVALID);
        assert_int_equal(why.code, FAULT_NOT_SETTABLE);
    }
    assert_int_equal(out.n, 0);
}

static void
the_examples_of_the_page_hold(void **state)
{
    static const struct field number = {.name = "number", .kind = VALUE_NUMBER};
    static const struct {
        const struct field *field;
        const char *text, *hex;
    } row[] = {{&title, "灯", "a3e781af"},
               {&day, "2026-11-24", "cd512d"},
               {&number, "0302-017-26-0047", "94cd012e111a2f"},
               {&number, "0302-xABCD-26-0001", "94cd012ec402abcd1a01"}};

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct buf out = BUF_NONE;
        char hex[64];

        assert_int_equal(
            text_parse(row[i].field, slice_text(row[i].text), NULL, &out, NULL), RC_OK);
        hex_print(out.p, out.n, hex);
        assert_string_equal(hex, row[i].hex);
        buf_free(&out);
    }
}

static void
numbers_and_entries_may_be_typed(void **state)
{
    static const char hex[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const struct field *number = field_by_name(&thing, "number");
    const struct field *from = field_by_name(&thing, "from");
    struct buf out = BUF_NONE;
    struct fault why;

    (void)state;
    assert_int_equal(text_parse(number, slice_text("0302-017-26-0047"), NULL, &out, &why),
                     RC_OK);
    assert_shown(number, buf_slice(&out), TEXT_ZH, "0302-017-26-0047");
    out.n = 0;
    assert_int_equal(text_parse(from, slice_text(hex), NULL, &out, &why), RC_OK);
    assert_shown(from, buf_slice(&out), TEXT_ZH, hex);
    out.n = 0;
    assert_int_equal(text_parse(number, slice_text("47"), NULL, &out, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_NUMBER);
    assert_int_equal(text_parse(from, slice_text("0011"), NULL, &out, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_ENTRY);
    assert_int_equal(text_parse(from,
                                slice_of("x123456789012345678901234567890123456789"
                                         "012345678901234567890123",
                                         64),
                                NULL, &out, &why),
                     RC_INVALID);
    assert_int_equal(out.n, 0);
    buf_free(&out);
}

static void
assert_common(const char *name, const struct value *v, enum text_lang lang,
              const struct text_refs *r, const char *want)
{
    struct buf value = BUF_NONE;
    struct buf out = BUF_NONE;

    value_encode(v, &value);
    text_print(&thing, field_by_name(&thing, name), buf_slice(&value), lang, r, &out);
    assert_string_equal(buf_text(&out), want);
    buf_free(&out);
    buf_free(&value);
}

static void
the_common_fields_are_shown(void **state)
{
    struct value move = {.kind = VALUE_STATE, .as.move = {0, 1, {NULL, 0}}};
    struct value later = {.kind = VALUE_STATE, .as.move = {1, 9, {NULL, 0}}};
    struct value gone = {.kind = VALUE_GONE, .as.gone = {GONE_TWIN, false, {0}}};
    struct value link = {.kind = VALUE_LINK,
                         .as.link = {LINK_MOVED_TO, {1, 302, {0xab}}}};
    struct value entry = {.kind = VALUE_ENTRY, .as.entry = {{0xcd}}};
    struct value number = {.kind = VALUE_NUMBER, .as.number = {302, 17, 0, 26, 47}};

    (void)state;
    assert_common("state", &move, TEXT_ZH, NULL, "开");
    assert_common("state", &move, TEXT_NAME, NULL, "open");
    assert_common("state", &later, TEXT_EN, NULL, "9");
    assert_common("gone", &gone, TEXT_ZH, NULL, "重复");
    assert_common("gone", &gone, TEXT_NAME, NULL, "twin");
    assert_common("link", &link, TEXT_EN, &refs, "moved to 0302-017-26-0047");
    assert_common("link", &link, TEXT_NAME, NULL,
                  "moved_to ab000000000000000000000000000000");
    assert_common("from", &entry, TEXT_ZH, NULL,
                  "cd00000000000000000000000000000000000000000000000000000000000000");
    assert_common("number", &number, TEXT_ZH, NULL, "0302-017-26-0047");
}

static void
what_is_no_value_of_the_field_is_not_shown(void **state)
{
    struct buf out = BUF_NONE;

    (void)state;
    text_print(NULL, &day,
               slice_of("\xa1"
                        "a",
                        2),
               TEXT_ZH, NULL, &out);
    text_print(NULL, &day, slice_of("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9), TEXT_ZH,
               NULL, &out);
    text_print(NULL, &hour, slice_of("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9), TEXT_ZH,
               NULL, &out);
    text_print(NULL, &title, slice_of(NULL, 0), TEXT_ZH, NULL, &out);
    assert_int_equal(out.n, 0);
    text_print(NULL, &sex, slice_of("\x07", 1), TEXT_ZH, NULL,
               &out); /* a later version's */
    assert_string_equal(buf_text(&out), "7");
    buf_free(&out);
}

static void
record_numbers_print_and_parse(void **state)
{
    static const struct {
        struct number number;
        const char *text;
    } row[] = {
        {{302, 17, 0, 26, 47}, "0302-017-26-0047"},
        {{302, 0, 0xabcd, 26, 1}, "0302-xABCD-26-0001"},
        {{0, 1, 0, 0, 1}, "0000-001-00-0001"},
        {{9999, 32768, 0, 99, 9999999}, "9999-32768-99-9999999"},
        {{7, 4294967295u, 0, 1, 10000}, "0007-4294967295-01-10000"},
    };
    static const char *const no[] = {"",
                                     "0302-017-26-47",
                                     "302-017-26-0047",
                                     "0302-17-26-0047",
                                     "0302-0017-26-0047",
                                     "0302-000-26-0047",
                                     "0302-017-26-0000",
                                     "0302-017-26-00047",
                                     "0302-017-6-0047",
                                     "0302-017-126-0047",
                                     "0302-xABC-26-0047",
                                     "0302-xABCG-26-0047",
                                     "0302-017-26-0047 ",
                                     "00302-017-26-0047",
                                     "0302-017-26-10000000",
                                     "0302_017-26-0047",
                                     "0302-017-26-",
                                     "0302-017-26-004x",
                                     "0302-4294967296-26-0001"};
    struct number n;

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[NUMBER_TEXT_BYTES];

        number_print(&row[i].number, text);
        assert_string_equal(text, row[i].text);
        assert_true(number_parse(slice_text(text), &n));
        assert_int_equal(n.unit, row[i].number.unit);
        assert_int_equal(n.log_no, row[i].number.log_no);
        assert_int_equal(n.mark, row[i].number.mark);
        assert_int_equal(n.year, row[i].number.year);
        assert_int_equal(n.running, row[i].number.running);
    }
    assert_true(number_parse(slice_text("0302-XabCD-26-0001"), &n));
    assert_int_equal(n.mark, 0xabcd);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (number_parse(slice_text(no[i]), &n)) {
            fail_msg("took %s", no[i]);
        }
    }
}

static void
every_day_of_four_centuries_comes_once(void **state)
{
    struct date d = {1800, 1, 1};

    (void)state;
    for (int64_t i = VALUE_DAY_MIN; i <= VALUE_DAY_MAX; i++) {
        struct date got = date_of(i);
        struct date next = {d.year, d.month, (uint8_t)(d.day + 1)};

        assert_int_equal(date_days(&d), i);
        assert_int_equal(got.year, d.year);
        assert_int_equal(got.month, d.month);
        assert_int_equal(got.day, d.day);
        assert_true(date_is_real(&d));
        if (!date_is_real(&next)) {
            next =
                (struct date){d.year + (d.month == 12), (uint8_t)(d.month % 12 + 1), 1};
        }
        d = next;
    }
    assert_int_equal(d.year, 2200);
    assert_int_equal(date_days(&(struct date){1970, 1, 1}), 0);
    assert_int_equal(date_days(&(struct date){2000, 2, 29}), 11016);
    assert_int_equal(date_days(&(struct date){-1, 12, 31}), -719529);
    assert_int_equal(date_of(-719529).year, -1);
    assert_false(date_is_real(&(struct date){1900, 2, 29}));
    assert_true(date_is_real(&(struct date){2000, 2, 29}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_type_is_taken_and_shown),
        cmocka_unit_test(what_cannot_be_meant_is_refused_in_the_field_s_name),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(what_the_program_writes_nobody_sets_by_its_text),
        cmocka_unit_test(the_examples_of_the_page_hold),
        cmocka_unit_test(numbers_and_entries_may_be_typed),
        cmocka_unit_test(the_common_fields_are_shown),
        cmocka_unit_test(what_is_no_value_of_the_field_is_not_shown),
        cmocka_unit_test(record_numbers_print_and_parse),
        cmocka_unit_test(every_day_of_four_centuries_comes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
