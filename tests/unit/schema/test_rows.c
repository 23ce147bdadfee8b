/* The stream of rows: what was put comes out, and nothing else does. */
#include "schema/rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/ledger_fixture_test.h"
#include "tests/lib/zip.h"

/* rows.h's example. */
static const char example_hex[] = "6c696e6a756c6920726f777320310a00"
                                  "01000000010200046e616d65000570686f6e65"
                                  "02000000030002030300000002";

static enum rc
put(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

static void
make_example(struct buf *out)
{
    struct rows_out o;
    struct slice head[2] = {slice_text("name"), slice_text("phone")};
    rows_out_init(&o, put, out);
    assert_int_equal(rows_put(&o, 1, head, 2), RC_OK);
    assert_int_equal(rows_put_bad(&o, 3, 2, ROW_DIGITS), RC_OK);
    assert_int_equal(rows_put_end(&o), RC_OK);
    rows_out_fini(&o);
}

/* Reads all of it; the last code, and as text what came. */
static enum rc
read_all(struct slice bytes, struct buf *text, struct fault *why)
{
    struct rows *r = NULL;
    struct cells row = {.line = 0};
    int fd = zip_file(bytes);
    text->n = 0;
    enum rc rc = rows_open(fd, &r, why);
    while (rc == RC_OK || rc == RC_MALFORMED) {
        *why = (struct fault){0};
        rc = rows_next(r, &row, why);
        if (rc == RC_OK)
            buf_addf(text, "%u:", row.line);
        for (size_t i = 0; rc == RC_OK && i < row.n; i++)
            buf_addf(text, "%s,", row.cell[i]);
        if (rc == RC_MALFORMED)
            buf_addf(text, "%u.%u %s;", why->line, why->column, fault_name(why->code));
    }
    rows_close(r);
    close(fd);
    return rc;
}

static void
the_example_is_what_the_page_says(void **state)
{
    struct buf b = BUF_NONE, text = BUF_NONE;
    struct fault why;
    uint8_t want[sizeof(example_hex) / 2];
    (void)state;
    assert_true(hex_parse(example_hex, sizeof(want), want));
    make_example(&b);
    assert_int_equal(b.n, sizeof(want));
    assert_memory_equal(b.p, want, sizeof(want));
    FILE *golden = fopen("tests/golden/rows/v1/001-example.bin", "rb");
    assert_non_null(golden);
    assert_int_equal(fread(want, 1, sizeof(want), golden), sizeof(want));
    assert_int_equal(fgetc(golden), EOF);
    fclose(golden);
    assert_memory_equal(b.p, want, sizeof(want));
    assert_int_equal(read_all(buf_slice(&b), &text, &why), RC_NO);
    assert_string_equal(buf_text(&text), "1:name,phone,3.2 CELL_DIGITS;");
    buf_free(&b);
    buf_free(&text);
}

static void
a_stream_that_ends_anywhere_else_is_broken(void **state)
{
    struct buf b = BUF_NONE, text = BUF_NONE;
    (void)state;
    make_example(&b);
    for (size_t n = ROWS_MAGIC_BYTES; n < b.n; n++) {
        struct fault why = {0};
        assert_int_equal(read_all(slice_of(b.p, n), &text, &why), RC_INVALID);
        assert_int_equal(why.code, FAULT_FILE_SYNTAX);
    }
    struct fault why = {0};
    buf_add_u8(&b, 0);
    assert_int_equal(read_all(buf_slice(&b), &text, &why), RC_INVALID);
    buf_free(&b);
    buf_free(&text);
}

/* By rule of rows.h; each behind the magic. */
static void
each_rule_holds(void **state)
{
    static const char *const wrong[] = {
        "01000000000100016103000000 01",
        "0100000002010001610100000002010001610300000002",
        "01000000010003000000 01",
        "01000000018100016103000000 01",
        "0100000001010002ff fe0300000001",
        "010000000101000261000300000001",
        "02000000014001010300000001",
        "02000000010000010300000001",
        "02000000010001000300000001",
        "02000000010001060300000001",
        "0100000001010001610300000002",
        "04000000000000 00",
        "0400000000000005",
        "0500000000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct buf b = BUF_NONE, text = BUF_NONE;
        struct fault why = {0};
        char hex[3] = "";
        uint8_t byte = 0;
        buf_add(&b, ROWS_MAGIC, ROWS_MAGIC_BYTES);
        for (const char *p = wrong[i]; *p != '\0'; p++) {
            if (*p == ' ')
                continue;
            memcpy(hex, p++, 2);
            assert_true(hex_parse(hex, 1, &byte));
            buf_add_u8(&b, byte);
        }
        if (read_all(buf_slice(&b), &text, &why) != RC_INVALID)
            fail_msg("taken: %s", wrong[i]);
        assert_int_equal(why.code, FAULT_FILE_SYNTAX);
        buf_free(&b);
        buf_free(&text);
    }
}

static void
a_row_of_many_bytes_is_broken_before_it_is_kept(void **state)
{
    struct buf b = BUF_NONE, text = BUF_NONE;
    struct rows_out o;
    struct fault why = {0};
    uint8_t *much = mem_new(60000);
    struct slice cell[2] = {slice_of(much, 60000), slice_of(much, 5536)};
    (void)state;
    memset(much, 'x', 60000);
    for (int more = 0; more < 2; more++) {
        b.n = 0;
        cell[1].n += (size_t)more;
        rows_out_init(&o, put, &b);
        assert_int_equal(rows_put(&o, 1, cell, 2), RC_OK);
        assert_int_equal(rows_put_end(&o), RC_OK);
        rows_out_fini(&o);
        assert_int_equal(read_all(buf_slice(&b), &text, &why), more ? RC_INVALID : RC_NO);
    }
    mem_free(much);
    buf_free(&b);
    buf_free(&text);
}

static void
a_refused_file_says_why(void **state)
{
    static const struct {
        enum row_stop stop;
        enum rc rc;
        enum fault_code code;
    } all[] = {{ROWS_BROKEN, RC_INVALID, FAULT_FILE_SYNTAX},
               {ROWS_LARGE, RC_LIMIT, FAULT_FILE_SIZE},
               {ROWS_WIDE, RC_LIMIT, FAULT_FILE_SIZE},
               {ROWS_OTHER, RC_INVALID, FAULT_XLSX_OTHER}};
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct buf b = BUF_NONE, text = BUF_NONE;
        struct rows_out o;
        struct fault why = {0};
        rows_out_init(&o, put, &b);
        assert_int_equal(rows_put_stop(&o, 7, 129, all[i].stop), RC_OK);
        rows_out_fini(&o);
        assert_int_equal(read_all(buf_slice(&b), &text, &why), all[i].rc);
        assert_int_equal(why.code, all[i].code);
        assert_int_equal(why.line, 7);
        assert_int_equal(why.column, 129);
        buf_free(&b);
        buf_free(&text);
    }
}

static void
what_is_no_stream_is_csv_to_the_last_byte(void **state)
{
    static const char *const texts[] = {
        "", "l", "linjuli rows", "linjuli rows 1\n", "linjuli rows 2\nx\n", "a,b\n1,2\n"};
    static const char *const want[] = {"",
                                       "1:l,",
                                       "1:linjuli rows,",
                                       "1:linjuli rows 1,",
                                       "1:linjuli rows 2,2:x,",
                                       "1:a,b,2:1,2,"};
    struct buf text = BUF_NONE;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fault why = {0};
        assert_int_equal(read_all(slice_text(texts[i]), &text, &why), RC_NO);
        assert_string_equal(buf_text(&text), want[i]);
    }
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_what_the_page_says),
        cmocka_unit_test(a_stream_that_ends_anywhere_else_is_broken),
        cmocka_unit_test(each_rule_holds),
        cmocka_unit_test(a_row_of_many_bytes_is_broken_before_it_is_kept),
        cmocka_unit_test(a_refused_file_says_why),
        cmocka_unit_test(what_is_no_stream_is_csv_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
