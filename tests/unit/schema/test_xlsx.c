/* Workbooks of other programs, and hostile ones: what people see in a cell comes out, and
 * nothing is believed before it is bounded. */
#include "schema/xlsx.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/ledger_fixture_test.h"
#include "tests/lib/zip.h"

#define MAIN "<?xml version=\"1.0\"?><worksheet xmlns=\"m\"><sheetData>"
#define MAIN_END "</sheetData></worksheet>"

static const char rels[] =
    "<Relationships><Relationship Id=\"a\" Type=\"http://x/officeDocument\""
    " Target=\"xl/workbook.xml\"/></Relationships>";
static const char book[] =
    "<workbook xmlns:r=\"r\"><workbookPr/><sheets>"
    "<sheet name=\"hidden\" sheetId=\"1\" state=\"hidden\" r:id=\"r1\"/>"
    "<sheet name=\"one\" sheetId=\"2\" r:id=\"r2\"/>"
    "<sheet name=\"居民\" sheetId=\"3\" r:id=\"r3\"/></sheets></workbook>";
static const char book_1904[] =
    "<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets>"
    "<sheet name=\"one\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>";
static const char book_rels[] =
    "<Relationships>"
    "<Relationship Id=\"r1\" Type=\"http://x/worksheet\" Target=\"worksheets/no.xml\"/>"
    "<Relationship Id=\"r2\" Type=\"http://x/worksheet\" Target=\"worksheets/s1.xml\"/>"
    "<Relationship Id=\"r3\" Type=\"http://x/worksheet\" "
    "Target=\"/xl/worksheets/s2.xml\"/>"
    "<Relationship Id=\"r4\" Type=\"http://x/sharedStrings\" Target=\"strings.xml\"/>"
    "<Relationship Id=\"r5\" Type=\"http://x/styles\" Target=\"./styles.xml\"/>"
    "</Relationships>";
static const char strings[] =
    "<sst><si><t>王芳</t></si>"
    "<si><r><rPr><b/></rPr><t>李</t></r><r><t xml:space=\"preserve\"> 强</t></r>"
    "<rPh sb=\"0\" eb=\"1\"><t>li</t></rPh></si>"
    "<si><t>a_x000D_b_x005F_x0041_</t></si><si/>"
    "<si><t>=cmd|'/c calc'!A1 &amp; &lt;b&gt;</t></si></sst>";
static const char styles[] =
    "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0000\"/>"
    "<numFmt numFmtId=\"165\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>"
    "<numFmt numFmtId=\"166\" formatCode=\"[$-804]yyyy/m/d h:mm;@\"/>"
    "<numFmt numFmtId=\"167\" formatCode=\"#,##0.00&quot;day&quot;[Red]\"/>"
    "<numFmt numFmtId=\"168\" formatCode=\"h:mm\"/></numFmts>"
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
    "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/>"
    "<xf numFmtId=\"165\"/><xf numFmtId=\"166\"/><xf numFmtId=\"167\"/>"
    "<xf numFmtId=\"168\"/><xf numFmtId=\"31\"/></cellXfs></styleSheet>";

struct parts { /* NULL: as above */
    const char *book, *book_rels, *strings, *styles, *sheet;
    const char *name; /* of the sheet that is asked for */
};

static enum rc
put(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

static void
read_file(int fd, const char *name, struct buf *out)
{
    const char *const names[] = {name, NULL};
    struct xlsx_lib *lib = NULL;
    struct rows_out o;
    out->n = 0;
    assert_int_equal(xlsx_lib_load(&lib), RC_OK);
    rows_out_init(&o, put, out);
    assert_int_equal(xlsx_read(lib, fd, names, &o), RC_OK);
    rows_out_fini(&o);
    xlsx_lib_free(lib);
}

static struct slice or (const char *text, const char *otherwise)
{
    return slice_text(text != NULL ? text : otherwise);
}

/* Reads the workbook: rows as "LINE:cell|cell|;", bad ones as "LINE.COLUMN CODE;", and
 * how it ended: "." well, else "! CODE". */
static const char *
read_parts(const struct parts *p, struct buf *text)
{
    struct zip z = {.n = 0};
    struct buf stream = BUF_NONE;
    struct rows *r = NULL;
    struct cells row = {.line = 0};
    struct fault why = {0};
    zip_add(&z, "_rels/.rels", slice_text(rels));
    zip_add(&z, "xl/workbook.xml", or (p->book, book));
    zip_add(&z, "xl/_rels/workbook.xml.rels", or (p->book_rels, book_rels));
    zip_add(&z, "xl/worksheets/s1.xml", or (p->sheet, MAIN MAIN_END));
    zip_add(&z, "xl/worksheets/s2.xml",
            slice_text(MAIN "<row><c t=\"str\"><v>two</v></c></row>" MAIN_END));
    zip_add(&z, "xl/strings.xml", or (p->strings, strings));
    zip_add(&z, "xl/styles.xml", or (p->styles, styles));
    zip_end(&z);
    int fd = zip_file(buf_slice(&z.out));
    read_file(fd, p->name, &stream);
    close(fd);
    zip_fini(&z);
    fd = zip_file(buf_slice(&stream));
    assert_int_equal(rows_open(fd, &r, &why), RC_OK);
    text->n = 0;
    enum rc rc = RC_OK;
    while (rc == RC_OK || rc == RC_MALFORMED) {
        why = (struct fault){0};
        rc = rows_next(r, &row, &why);
        if (rc == RC_OK)
            buf_addf(text, "%u:", row.line);
        for (size_t i = 0; rc == RC_OK && i < row.n; i++)
            buf_addf(text, "%s|", row.cell[i]);
        if (rc == RC_OK)
            buf_addf(text, ";");
        if (rc == RC_MALFORMED)
            buf_addf(text, "%u.%u %s;", why.line, why.column, fault_name(why.code));
    }
    if (rc == RC_NO)
        buf_addf(text, ".");
    else
        buf_addf(text, "! %s", fault_name(why.code));
    rows_close(r);
    close(fd);
    buf_free(&stream);
    return buf_text(text);
}

static void
says(const char *sheet, const char *want)
{
    struct buf text = BUF_NONE;
    struct parts p = {.sheet = sheet};
    assert_string_equal(read_parts(&p, &text), want);
    buf_free(&text);
}

static void
row_says(const char *cells, const char *want)
{
    struct buf sheet = BUF_NONE;
    buf_addf(&sheet, MAIN "<row r=\"2\">%s</row>" MAIN_END, cells);
    says(buf_text(&sheet), want);
    buf_free(&sheet);
}

static void
text_of_every_kind_comes_out(void **state)
{
    (void)state;
    row_says("<c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"s\"><v>1</v></c>",
             "2:王芳||李 强|;.");
    row_says("<c t=\"s\"><v>2</v></c><c t=\"s\"><v>3</v></c><c t=\"s\"><v>4</v></c>",
             "2:a\rb_x0041_||=cmd|'/c calc'!A1 & <b>|;.");
    row_says("<c t=\"inlineStr\"><is><t>𬭊</t></is></c>"
             "<c t=\"inlineStr\"><is><r><t>䶮</t></r><r><t>㛃</t></r>"
             "<rPh><t>x</t></rPh></is></c><c t=\"str\"><f>A1</f><v>𠅤</v></c>",
             "2:𬭊|䶮㛃|𠅤|;.");
    row_says("<c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c>", "2:TRUE|FALSE|;.");
    row_says("<x:c xmlns:x=\"m\"><x:v>5</x:v></x:c>", "2:5|;.");
    row_says("<c/><c s=\"1\"/>", ".");
}

static void
numbers_are_what_people_typed(void **state)
{
    (void)state;
    row_says("<c><v>13812345678</v></c><c><v>1.3812345678E10</v></c><c><v>-0</v></c>"
             "<c><v>0.1</v></c><c><v>12.300000000000001</v></c><c><v>1e-7</v></c>"
             "<c><v>999999999999999</v></c>",
             "2:13812345678|13812345678|0|0.1|12.3|0.0000001|999999999999999|;.");
    row_says(
        "<c s=\"2\"><v>302</v></c><c s=\"2\"><v>12345</v></c><c s=\"2\"><v>1.5</v></c>"
        "<c s=\"5\"><v>12.5</v></c>",
        "2:0302|12345|1.5|12.5|;.");
    row_says("<c><v>440106199001011234</v></c>", "2.1 CELL_DIGITS;.");
    row_says("<c><v>1000000000000000</v></c>", "2.1 CELL_DIGITS;.");
    for (size_t i = 0; i < 5; i++) {
        static const char *const wrong[] = {"<c><v>0x10</v></c>", "<c><v>inf</v></c>",
                                            "<c><v>1e999</v></c>", "<c><v>1 2</v></c>",
                                            "<c><v>1,5</v></c>"};
        row_says(wrong[i], "2.1 BAD_TEXT;.");
    }
}

static void
dates_are_days_of_either_calendar(void **state)
{
    struct buf text = BUF_NONE;
    struct parts p = {.book = book_1904,
                      .sheet = MAIN "<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>44888</v>"
                                    "</c></row>" MAIN_END};
    (void)state;
    row_says("<c s=\"1\"><v>46350</v></c><c s=\"3\"><v>25569</v></c>"
             "<c s=\"4\"><v>46350.354166666664</v></c><c s=\"7\"><v>2958465</v></c>"
             "<c s=\"6\"><v>0.354166666666667</v></c><c s=\"4\"><v>46350</v></c>"
             "<c s=\"1\"><v>46350.9</v></c>",
             "2:2026-11-24|1970-01-01|2026-11-24 08:30|9999-12-31|08:30|"
             "2026-11-24 00:00|2026-11-24|;.");
    row_says("<c s=\"1\"><v>1</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>61</v></c>",
             "2:1900-01-01|1900-02-28|1900-03-01|;.");
    row_says("<c s=\"1\"><v>60</v></c>", "2.1 CELL_DATE;.");
    row_says("<c s=\"1\"><v>-1</v></c>", "2.1 CELL_DATE;.");
    row_says("<c s=\"1\"><v>0</v></c>", "2.1 CELL_DATE;.");
    row_says("<c s=\"1\"><v>2958466</v></c>", "2.1 CELL_DATE;.");
    row_says("<c s=\"6\"><v>1.5</v></c>", "2.1 CELL_DATE;.");
    row_says("<c t=\"d\"><v>2026-11-24T00:00:00</v></c><c t=\"d\"><v>2026-11-24</v></c>"
             "<c t=\"d\"><v>2026-11-24T08:30:00Z</v></c>",
             "2:2026-11-24|2026-11-24|2026-11-24 08:30|;.");
    row_says("<c t=\"d\"><v>24.11.2026</v></c>", "2.1 CELL_DATE;.");
    assert_string_equal(read_parts(&p, &text), "1:1904-01-01|2026-11-24|;.");
    buf_free(&text);
}

static void
a_cell_that_says_nothing_sure_refuses_its_row_alone(void **state)
{
    (void)state;
    says(MAIN
         "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>"
         "<row r=\"3\"><c r=\"B3\" t=\"e\"><v>#REF!</v></c><c r=\"C3\"><v>x</v></c></row>"
         "<row r=\"4\"><c r=\"AB4\"><f>A1</f></c></row>"
         "<row r=\"5\"><c r=\"A5\"><f>A1</f><v></v></c></row>"
         "<row r=\"6\"><c r=\"A6\" t=\"s\"><v>5</v></c></row>"
         "<row r=\"7\"><c r=\"A7\" t=\"s\"><v>-1</v></c></row>"
         "<row r=\"8\"><c r=\"A8\" t=\"?\"><v>1</v></c></row>"
         "<row r=\"9\"><c r=\"A9\" t=\"str\"><v>_x0000_</v></c></row>"
         "<row r=\"10\"><c r=\"A10\" t=\"str\"><v>_xD800_</v></c></row>"
         "<row r=\"12\"><c r=\"A12\"><f>1+1</f><v>2</v></c></row>" MAIN_END,
         "1:1|;3.2 CELL_ERROR;4.28 CELL_FORMULA;5.1 CELL_FORMULA;6.1 CELL_ERROR;"
         "7.1 CELL_ERROR;8.1 CELL_ERROR;9.1 BAD_TEXT;10.1 BAD_TEXT;12:2|;.");
}

static void
the_sheet_that_is_asked_for_else_the_first_one_seen(void **state)
{
    struct buf text = BUF_NONE;
    struct parts p = {.name = "居民"};
    (void)state;
    assert_string_equal(read_parts(&p, &text), "1:two|;.");
    p.name = "Nobody";
    assert_string_equal(read_parts(&p, &text), ".");
    buf_free(&text);
}

static void
what_is_no_workbook_is_told(void **state)
{
    struct buf text = BUF_NONE;
    struct parts none = {.book_rels = "<Relationships/>"};
    struct parts torn = {.book = "<workbook><sheets>"};
    struct parts styled = {.styles = "<styleSheet><cellXfs><xf></styleSheet>"};
    (void)state;
    assert_string_equal(read_parts(&none, &text), "! XLSX_OTHER");
    assert_string_equal(read_parts(&torn, &text), "! FILE_SYNTAX");
    assert_string_equal(read_parts(&styled, &text), "! FILE_SYNTAX");
    buf_free(&text);
}

static void
rows_and_cells_ascend(void **state)
{
    static const char *const wrong[] = {
        MAIN "<row r=\"2\"/><row r=\"2\"/>" MAIN_END,
        MAIN "<row r=\"3\"/><row r=\"2\"/>" MAIN_END,
        MAIN "<row r=\"0\"/>" MAIN_END,
        MAIN "<row r=\"1048577\"/>" MAIN_END,
        MAIN "<row r=\"x\"/>" MAIN_END,
        MAIN "<row r=\"1\"><row r=\"2\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c r=\"B1\"/><c r=\"A1\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c r=\"A1\"/><c r=\"A1\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c r=\"A2\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c r=\"XFE1\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c r=\"1\"/></row>" MAIN_END,
        MAIN "<row r=\"1\"><c><c/></c></row>" MAIN_END,
        MAIN "<c/>" MAIN_END,
        MAIN "<row r=\"1\"><c t=\"a very long kind\"/></row>" MAIN_END,
        MAIN "<row r=\"1\">",
        "",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        says(wrong[i], "! FILE_SYNTAX");
}

/* ---- hostile */

static void
no_document_type_is_let_in(void **state)
{
    struct buf text = BUF_NONE;
    struct parts p = {.strings = "<!DOCTYPE sst [<!ENTITY a \"aaaa\"><!ENTITY b "
                                 "\"&a;&a;&a;\">]><sst><si><t>&b;</t></si></sst>"};
    (void)state;
    assert_string_equal(read_parts(&p, &text), "! FILE_SYNTAX");
    says("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" MAIN MAIN_END, "! FILE_SYNTAX");
    says(MAIN "<row r=\"1\"><c t=\"str\"><v>&x;</v></c></row>" MAIN_END, "! FILE_SYNTAX");
    buf_free(&text);
}

static void
add_times(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_add(b, text, strlen(text));
}

static void
what_goes_on_and_on_is_ended(void **state)
{
    struct buf b = BUF_NONE, text = BUF_NONE;
    struct parts p = {.strings = NULL};
    (void)state;
    buf_addf(&b, MAIN); /* nesting */
    add_times(&b, "<a>", XLSX_DEPTH_MAX);
    says(buf_text(&b), "! FILE_SIZE");
    b.n = 0; /* a tag */
    buf_addf(&b, MAIN "<row x=\"");
    add_times(&b, "xxxxxxxxxxxxxxxx", XLSX_TOKEN_BYTES_MAX / 8);
    says(buf_text(&b), "! FILE_SIZE");
    b.n = 0; /* a cell */
    buf_addf(&b, MAIN "<row><c t=\"str\"><v>");
    add_times(&b, "xxxxxxxxxxxxxxxx", CSV_LINE_BYTES_MAX / 16);
    buf_addf(&b, "y</v></c></row>" MAIN_END);
    says(buf_text(&b), "! FILE_SIZE");
    b.n = 0; /* a row: one string, again and again */
    buf_addf(&b, "<sst><si><t>");
    add_times(&b, "xxxxxxxxxxxxxxxx", 1024);
    buf_addf(&b, "</t></si></sst>");
    p.strings = buf_text(&b);
    p.sheet = MAIN "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c>"
                   "<c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c></row>" MAIN_END;
    assert_int_equal(strncmp(read_parts(&p, &text), "1:xxx", 5), 0);
    p.sheet = MAIN
        "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c>"
        "<c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c><c><v>1</v></c></row>" MAIN_END;
    assert_string_equal(read_parts(&p, &text), "! FILE_SIZE");
    buf_free(&b);
    buf_free(&text);
}

static void
strings_styles_and_columns_are_counted(void **state)
{
    struct buf b = BUF_NONE, text = BUF_NONE;
    struct parts p = {.strings = NULL};
    (void)state;
    buf_addf(&b, "<sst>");
    add_times(&b, "<si/>", XLSX_STRINGS_MAX + 1);
    buf_addf(&b, "</sst>");
    p.strings = buf_text(&b);
    assert_string_equal(read_parts(&p, &text), "! FILE_SIZE");
    p.strings = NULL;
    b.n = 0;
    buf_addf(&b, "<s><numFmts>");
    add_times(&b, "<numFmt numFmtId=\"200\" formatCode=\"0\"/>", XLSX_FORMATS_MAX + 1);
    buf_addf(&b, "</numFmts></s>");
    p.styles = buf_text(&b);
    assert_string_equal(read_parts(&p, &text), "! FILE_SIZE");
    b.n = 0;
    buf_addf(&b, "<s><cellXfs>");
    add_times(&b, "<xf/>", XLSX_STYLES_MAX + 1);
    buf_addf(&b, "</cellXfs></s>");
    p.styles = buf_text(&b);
    assert_string_equal(read_parts(&p, &text), "! FILE_SIZE");
    row_says(
        "<c r=\"DX2\"><v>1</v></c>", /* 128 */
        "2:||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||"
        "|||||||||||||||||||||||||||||||||||||||||||||||||||1|;.");
    row_says("<c r=\"A2\"><v>1</v></c><c r=\"DY2\"/>", "2:1|;.");
    row_says("<c r=\"DY2\"><v>1</v></c>", "! FILE_SIZE");
    buf_free(&b);
    buf_free(&text);
}

/* ---- what other programs have written (tests/golden/xlsx/README.md) */

static void
files_of_other_programs_say_the_same(void **state)
{
    static const char *const files[] = {"tests/golden/xlsx/v1/libreoffice.xlsx",
                                        "tests/golden/xlsx/v1/openpyxl.xlsx"};
    struct buf first = BUF_NONE, stream = BUF_NONE;
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        read_file(fd, "resident", &stream);
        close(fd);
        if (i == 0)
            buf_add_slice(&first, buf_slice(&stream));
        assert_true(stream.n > 200);
        assert_int_equal(stream.n, first.n);
        assert_memory_equal(stream.p, first.p, first.n);
    }
    static const char *const cells[] = {"𬭊䶮",    "㛃𠅤", "13812345678",     "0302",
                                        "1950-01-02", "=1+1", "2026-11-24 08:30"};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        if (memmem(stream.p, stream.n, cells[i], strlen(cells[i])) == NULL)
            fail_msg("not there: %s", cells[i]);
    buf_free(&first);
    buf_free(&stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_every_kind_comes_out),
        cmocka_unit_test(numbers_are_what_people_typed),
        cmocka_unit_test(dates_are_days_of_either_calendar),
        cmocka_unit_test(a_cell_that_says_nothing_sure_refuses_its_row_alone),
        cmocka_unit_test(the_sheet_that_is_asked_for_else_the_first_one_seen),
        cmocka_unit_test(what_is_no_workbook_is_told),
        cmocka_unit_test(rows_and_cells_ascend),
        cmocka_unit_test(no_document_type_is_let_in),
        cmocka_unit_test(what_goes_on_and_on_is_ended),
        cmocka_unit_test(strings_styles_and_columns_are_counted),
        cmocka_unit_test(files_of_other_programs_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
