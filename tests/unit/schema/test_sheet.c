/* Spreadsheets in and out: what went out comes in again, and a row that is wrong is named
 * as an editor shows it. */
#include "schema/sheet.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "schema/query.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

struct refusals {
    struct buf text; /* LINE.COLUMN CODE what; */
};

static void
refuse(void *arg, const struct fault *why, const char *head)
{
    struct refusals *r = arg;
    (void)head;
    buf_addf(&r->text, "%u.%u %s %s;", why->line, why->column, fault_name(why->code),
             why->what);
}

static int
file_of(const void *p, size_t n)
{
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static enum rc
import_bytes(struct member *m, const char *type, const void *p, size_t n, bool dry,
             struct refusals *r, struct sheet_report *report, struct fault *why)
{
    struct author a;
    int fd = file_of(p, n);
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    r->text.n = 0;
    enum rc rc = sheet_import(m->l, &a, type, m->unit, fd, dry, refuse, r, report, why);
    close(fd);
    if (rc == RC_OK)
        assert_ok(ledger_commit(m->l));
    else
        ledger_rollback(m->l);
    return rc;
}

static enum rc
import(struct member *m, const char *type, const char *text, struct refusals *r,
       struct sheet_report *report, struct fault *why)
{
    return import_bytes(m, type, text, strlen(text), false, r, report, why);
}

static void export(struct member *m, const char *type, bool gb18030, bool labels,
                   struct buf *out)
{
    uint8_t part[4096];
    uint64_t rows = 0;
    ssize_t n = 0;
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct sheet_form form = {.format = gb18030 ? SHEET_GB18030 : SHEET_UTF8,
                              .labels = labels};
    assert_ok(sheet_export(m->l, type, fd, &form, &rows, NULL));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    out->n = 0;
    while ((n = read(fd, part, sizeof(part))) > 0)
        buf_add(out, part, (size_t)n);
    close(fd);
}

static uint64_t
count(struct member *m, const char *type)
{
    uint64_t n = 0;
    assert_ok(query_count(m->l, type, &n, NULL));
    return n;
}

/* ---- */

static void
rows_that_are_wrong_are_named_and_the_others_go_in(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    (void)state;
    community_of(&c, 1);
    assert_ok(import(&c.m[1], "need",
                     "\xef\xbb\xbf"
                     "title,紧急程度,Wanted by,unit,,\r\n"
                     "a,紧急,2026-03-01,,,\r\n"
                     ",,,,,\r\n"
                     "\r\n"
                     "\"b\r\nb\",normal,,,,\r\n" /* two lines in a title */
                     "c,soon,,,,\r\n"
                     "d,,31.2.2026,,,\r\n"
                     ",urgent,,,,\r\n"
                     "e,,,0999,,\r\n"
                     "f,,,302,,\r\n"
                     "g,,,,x,\r\n"
                     "h,,,,,,,x\r\n"
                     "i\r\n"
                     "j,\"x\"y,,\r\n"
                     "k\xff\r\n"
                     "l,,,,,",
                     &r, &report, NULL));
    assert_string_equal(buf_text(&r.text),
                        "5.1 BAD_TEXT title;7.2 BAD_CHOICE urgency;"
                        "8.3 BAD_DATE wanted_by;9.1 MISSING_FIELD title;"
                        "10.4 NOT_ALLOWED need;11.4 BAD_CODE unit;"
                        "12.5 FILE_SYNTAX csv;13.8 FILE_SYNTAX csv;"
                        "15.2 BAD_TEXT csv;16.1 BAD_TEXT csv;");
    assert_int_equal(report.rows, 13);
    assert_int_equal(report.taken, 3);
    assert_int_equal(report.refused, 10);
    assert_int_equal(count(&c.m[1], "need"), 3);
    buf_free(&r.text);
    community_fini(&c);
}

static void
a_head_that_names_no_field_or_one_twice_ends_it(void **state)
{
    static const struct {
        const char *text;
        enum rc rc;
        enum fault_code code;
        uint32_t column;
    } wrong[] = {
        {"", RC_MALFORMED, FAULT_BAD_TEXT, 0},
        {"\n\n", RC_MALFORMED, FAULT_BAD_TEXT, 0},
        {"title,colour\na,b", RC_INVALID, FAULT_UNKNOWN_FIELD, 2},
        {"title,words,标题\na,b,c", RC_INVALID, FAULT_FIELD_TWICE, 3},
        {"title,unit,组号\na", RC_INVALID, FAULT_FIELD_TWICE, 3},
        {"title,wo\"rds\na", RC_MALFORMED, FAULT_BAD_TEXT, 2},
        {"title,gone\na", RC_INVALID, FAULT_UNKNOWN_FIELD, 2},
        {"title\n\xd2\xbb\n", RC_AMBIGUOUS, FAULT_BAD_TEXT, 0},
    };
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    (void)state;
    community_of(&c, 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fault why = {0};
        assert_int_equal(import(&c.m[1], "need", wrong[i].text, &r, &report, &why),
                         wrong[i].rc);
        assert_int_equal(why.rc, wrong[i].rc);
        assert_int_equal(why.code, wrong[i].code);
        assert_int_equal(why.column, wrong[i].column);
    }
    assert_ok(import(&c.m[1], "need", " title ,\xe3\x80\x80说明,number,状态,", &r,
                     &report, NULL)); /* header only */
    assert_int_equal(report.rows, 0);
    assert_int_equal(import(&c.m[1], "nothing", "title\na", &r, &report, NULL),
                     RC_INVALID);
    buf_free(&r.text);
    community_fini(&c);
}

static void
a_line_too_long_ends_it_and_nothing_is_written(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    struct buf text = BUF_NONE;
    struct fault why = {0};
    (void)state;
    community_of(&c, 1);
    uint64_t before = member_log(&c.m[1])->head_seq;
    buf_addf(&text, "title\na\n\"b\n");
    for (int i = 0; i < CSV_LINE_BYTES_MAX; i++)
        buf_add_u8(&text, i % 64 == 0 ? '\n' : 'x');
    buf_addf(&text, "\"\nc\n");
    assert_int_equal(
        import_bytes(&c.m[1], "need", text.p, text.n, false, &r, &report, &why),
        RC_LIMIT);
    assert_int_equal(why.code, FAULT_FILE_SIZE);
    assert_int_equal(why.line, 3);
    assert_int_equal(member_log(&c.m[1])->head_seq, before);
    assert_int_equal(count(&c.m[1], "need"), 0);
    buf_free(&text);
    buf_free(&r.text);
    community_fini(&c);
}

static void
a_dry_run_says_the_same_and_writes_nothing_however_long(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    struct buf text = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    uint64_t before = member_log(&c.m[1])->head_seq;
    buf_addf(&text, "title,whom,urgency\n");
    for (int i = 0; i < 3000; i++)
        buf_addf(&text, "灯%d,某某,%s\n", i, i % 1000 == 500 ? "?" : "");
    assert_ok(import_bytes(&c.m[1], "need", text.p, text.n, true, &r, &report, NULL));
    assert_int_equal(report.taken, 2997);
    assert_string_equal(buf_text(&r.text),
                        "502.3 BAD_CHOICE urgency;1502.3 BAD_CHOICE urgency;"
                        "2502.3 BAD_CHOICE urgency;");
    assert_int_equal(member_log(&c.m[1])->head_seq, before);
    assert_int_equal(count(&c.m[1], "need"), 0);
    assert_ok(import_bytes(&c.m[1], "need", text.p, text.n, false, &r, &report, NULL));
    assert_int_equal(count(&c.m[1], "need"), 2997);
    buf_free(&text);
    buf_free(&r.text);
    community_fini(&c);
}

/* What goes out, without the columns that are given anew. */
static void
strip(struct buf *b, struct buf *out)
{
    const char *line = buf_text(b);
    out->n = 0;
    while (*line != '\0') {
        const char *end = strstr(line, "\r\n");
        const char *from = line;
        for (int i = 0; i < 3; i++)
            from = strchr(from, ',') + 1;
        buf_add(out, from, (size_t)(end + 2 - from));
        line = end + 2;
    }
}

static const char trips[] = "name,phone,birth,sex,marks,is_registered,guardian\r\n"
                            "=1+1,+8613900000000,1950-01-02,男,alone,yes,@x\r\n"
                            "'=1,139-0000,,女,\"1,2\",no,''=1\r\n"
                            "''甲,,,,,,'\r\n"
                            "\"a\"\"b,c\",,,,,,''\r\n"
                            "-乙,,,,,,＝丙\r\n"
                            "𬭊䶮㛃𠅤,,,,,,买买提·丁\r\n"
                            "'戊,,,,,,'+己\r\n";

static void
what_went_out_comes_in_again(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    struct buf first = BUF_NONE, again = BUF_NONE, a = BUF_NONE, b = BUF_NONE;
    (void)state;
    for (int gb = 0; gb < 2; gb++) {
        for (int labels = 0; labels < 2; labels++) {
            community_of(&c, 2);
            assert_ok(import(&c.m[1], "resident", trips, &r, &report, NULL));
            assert_int_equal(report.refused, 0);
            export(&c.m[1], "resident", gb, labels, &first);
            assert_ok(import_bytes(&c.m[1], "resident", first.p, first.n, false, &r,
                                   &report, NULL));
            assert_int_equal(report.refused, 0);
            assert_int_equal(report.taken, 7);
            assert_int_equal(report.is_gb18030, gb);
            assert_int_equal(count(&c.m[1], "resident"), 14);
            export(&c.m[1], "resident", gb, labels, &again);
            strip(&first, &a);
            strip(&again, &b);
            const char *head_end = strstr(buf_text(&a), "\r\n") + 2;
            size_t head_n = (size_t)(head_end - (const char *)a.p);
            assert_int_equal(b.n, 2 * a.n - head_n);
            assert_memory_equal(b.p, a.p, a.n);
            assert_memory_equal(b.p + a.n, a.p + head_n, a.n - head_n);
            community_fini(&c);
        }
    }
    buf_free(&first);
    buf_free(&again);
    buf_free(&a);
    buf_free(&b);
    buf_free(&r.text);
}

static bool
take_names(void *arg, const struct record_row *r)
{
    struct buf *out = arg;
    for (size_t i = 0; i < r->values_n; i++) {
        struct value v;
        const char *name = r->value[i].field->name;
        if ((strcmp(name, "name") == 0 || strcmp(name, "guardian") == 0 ||
             strcmp(name, "phone") == 0) &&
            r->value[i].value.n > 0 &&
            value_decode(r->value[i].field->kind, r->value[i].value, &v) && !v.is_nil) {
            buf_add_slice(out, v.as.text);
            buf_add_u8(out, ' ');
        }
    }
    return true;
}

/* An apostrophe in front of what looks like a formula is a spreadsheet's guard; any other
 * one is a person's. */
static void
formulas_are_guarded_and_typed_apostrophes_stay(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    struct buf out = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    assert_ok(import(&c.m[1], "resident", trips, &r, &report, NULL));
    assert_ok(query_list(c.m[1].l, "resident", NULL, 0, 0, take_names, &out, NULL));
    assert_string_equal(buf_text(&out),
                        "=1+1 +8613900000000 @x =1 139-0000 '=1 ''甲 ' "
                        "a\"b,c '' -乙 ＝丙 𬭊䶮㛃𠅤 买买提·丁 '戊 +己 ");
    export(&c.m[1], "resident", false, false, &out);
    const char *text = buf_text(&out);
    assert_memory_equal(text, "\xef\xbb\xbfnumber,unit,state,name,", 26);
    assert_non_null(strstr(text, ",\"'=1+1\","));
    assert_non_null(strstr(text, ",\"'+8613900000000\","));
    assert_non_null(strstr(text, ",\"'@x\","));
    assert_non_null(strstr(text, ",\"''=1\","));
    assert_non_null(strstr(text, ",''甲,"));
    assert_non_null(strstr(text, ",\"'＝丙\","));
    for (const char *p = text; *p != '\0'; p++) /* no cell begins with one */
        if ((p[0] == ',' || p[0] == '\n') && p[1] != '\0')
            assert_null(strchr("=+-@\t", p[1]));
    buf_free(&out);
    buf_free(&r.text);
    community_fini(&c);
}

static void
both_halves_go_out_to_who_can_read_them(void **state)
{
    static struct community c;
    struct refusals r = {.text = BUF_NONE};
    struct sheet_report report;
    struct buf out = BUF_NONE;
    (void)state;
    community_of(&c, 2);
    assert_ok(import(&c.m[1], "need", "标题,为谁\n灯,某某\n", &r, &report, NULL));
    community_sync(&c);
    export(&c.m[1], "need", false, true, &out);
    assert_non_null(strstr(buf_text(&out), "某某"));
    export(&c.m[2], "need", false, true, &out);
    assert_null(strstr(buf_text(&out), "某某"));
    assert_non_null(strstr(buf_text(&out), "灯"));
    buf_free(&out);
    buf_free(&r.text);
    community_fini(&c);
}

static void
a_disk_that_is_full_is_told(void **state)
{
    static struct community c;
    struct fault why = {0};
    struct sheet_form form = {.format = SHEET_UTF8};
    uint64_t rows = 0;
    (void)state;
    community_of(&c, 1);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(sheet_export(c.m[1].l, "need", fileno(full), &form, &rows, &why),
                     RC_FULL);
    assert_int_equal(why.rc, RC_FULL);
    fclose(full);
    assert_int_equal(sheet_export(c.m[1].l, "?", 1, &form, &rows, &why), RC_INVALID);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_wrong_are_named_and_the_others_go_in),
        cmocka_unit_test(a_head_that_names_no_field_or_one_twice_ends_it),
        cmocka_unit_test(a_line_too_long_ends_it_and_nothing_is_written),
        cmocka_unit_test(a_dry_run_says_the_same_and_writes_nothing_however_long),
        cmocka_unit_test(what_went_out_comes_in_again),
        cmocka_unit_test(formulas_are_guarded_and_typed_apostrophes_stay),
        cmocka_unit_test(both_halves_go_out_to_who_can_read_them),
        cmocka_unit_test(a_disk_that_is_full_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
