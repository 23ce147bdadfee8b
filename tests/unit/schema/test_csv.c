/* Reading spreadsheets' text files: what an editor shows is what is read, or it is
 * refused in words; nothing is guessed and nothing grows with the file. */
#include "schema/csv.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/ledger_fixture_test.h"

static int
file_of(const void *bytes, size_t n)
{
    int fd = memfd_create("csv", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Reads all of it and prints it: LINE:cell|cell; per record, LINE!RC.COLUMN; for what is
 * refused. */
static const char *
read_all(const void *bytes, size_t n, struct buf *out)
{
    int fd = file_of(bytes, n);
    struct csv *c = NULL;
    out->n = 0;
    enum rc rc = csv_open(fd, &c);
    if (rc != RC_OK)
        buf_addf(out, "open %s;", rc_name(rc));
    while (rc == RC_OK || rc == RC_MALFORMED) {
        char *const *cell = NULL;
        size_t cells_n = 0;
        uint32_t line = 0, bad = 0;
        rc = csv_next(c, &cell, &cells_n, &line, &bad);
        if (rc == RC_NO)
            break;
        buf_addf(out, "%u", line);
        if (rc != RC_OK)
            buf_addf(out, "!%s.%u", rc_name(rc), bad);
        for (size_t i = 0; rc == RC_OK && i < cells_n; i++)
            buf_addf(out, "%c%s", i == 0 ? ':' : '|', cell[i]);
        buf_addf(out, ";");
    }
    csv_close(c);
    close(fd);
    return buf_text(out);
}

struct row {
    const char *in, *out;
};

static void
check(const struct row *rows, size_t n)
{
    struct buf out = BUF_NONE;
    for (size_t i = 0; i < n; i++)
        assert_string_equal(read_all(rows[i].in, strlen(rows[i].in), &out), rows[i].out);
    buf_free(&out);
}

static void
cells_quotes_and_line_ends_are_read_as_written(void **state)
{
    static const struct row rows[] = {
        {"", ""},
        {"\n\r\n\n", ""},
        {"a,b", "1:a|b;"},
        {"a,b\n", "1:a|b;"},
        {"a,b\r\nc,d\r\n", "1:a|b;2:c|d;"},
        {"a,b\rc,d\re,f", "1:a|b;2:c|d;3:e|f;"},
        {"a,b\r\r\nc\n\r\nd", "1:a|b;3:c;5:d;"},
        {"a,,\n,,\n", "1:a||;2:||;"},
        {"\"a\",\"b,c\",\"d\"\"e\",\"\"\n", "1:a|b,c|d\"e|;"},
        {"\"a\nb\r\nc\rd\",x\ny\n", "1:a\nb\r\nc\rd|x;5:y;"},
        {"\n\n\"\n\n\"\nz", "3:\n\n;6:z;"},
        {" a , b \n", "1: a | b ;"},
        {"\xef\xbb\xbf"
         "a,灯\n",
         "1:a|灯;"},
        {"\xef\xbb\xbf", ""},
        {"\xef\xbb\xbf\"a\"\n", "1:a;"},
    };
    (void)state;
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
broken_quotes_name_line_and_column_and_reading_goes_on(void **state)
{
    static const struct row rows[] = {
        {"a,b\nx\"y,z\nc,d", "1:a|b;2!MALFORMED.1;3:c|d;"},
        {"a,\"b\"c,d\ne", "1!MALFORMED.2;2:e;"},
        {"a,\"b\nc\nd", "1!MALFORMED.2;"},
        {"\"", "1!MALFORMED.1;"},
        {"a\"\rb", "1!MALFORMED.1;2:b;"},
    };
    (void)state;
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_nul_byte_is_refused_with_its_place(void **state)
{
    struct buf out = BUF_NONE;
    (void)state;
    assert_string_equal(read_all("a,b\nc,d\0e\nf", 11, &out), "1:a|b;2!MALFORMED.2;3:f;");
    buf_free(&out);
}

/* 姓名,电话 / 张·䶮,1 / 𬭊㛃𠅤,2: two and four bytes a character. */
static const char gb[] = "\xd0\xd5\xc3\xfb,\xb5\xe7\xbb\xb0\r\n"
                         "\xd5\xc5\xa1\xa4\xfe\x9f,\x31\r\n"
                         "\x99\x33\xa8\x38\x82\x30\xb7\x31\x95\x32\xa6\x32,\x32\r\n";

static void
gb18030_is_read_with_characters_of_four_bytes(void **state)
{
    struct buf out = BUF_NONE;
    struct buf text = BUF_NONE;
    (void)state;
    buf_addf(&text, "%s", gb);
    assert_string_equal(read_all(text.p, text.n, &out),
                        "1:姓名|电话;2:张·䶮|1;3:𬭊㛃𠅤|2;");
    buf_free(&text);
    buf_free(&out);
}

static void
broken_gb18030_names_row_and_column(void **state)
{
    struct buf out = BUF_NONE;
    struct buf text = BUF_NONE;
    (void)state;
    buf_addf(&text, "%s1,\xd5\xc5\xff\nx,\xb5\xe7\ny,\xb5\n", gb);
    const char *all = read_all(text.p, text.n, &out);
    assert_non_null(strstr(all, "4!MALFORMED.2;5:x|电;6!MALFORMED.2;"));
    buf_free(&text);
    buf_free(&out);
}

static void
one_slip_in_utf8_does_not_make_it_gb18030(void **state)
{
    static const struct row rows[] = {
        /* every pair of these bytes is a character of GB18030, too */
        {"姓名,电话\n张三,1\n\xe4\xb8,2\n李四,3\n",
         "1:姓名|电话;2:张三|1;3!MALFORMED.1;4:李四|3;"},
        {"姓名,电话\n张三,1\nx,\xff\n李四,3",
         "1:姓名|电话;2:张三|1;3!MALFORMED.2;4:李四|3;"},
        {"姓名,电话\n\xc0\xaf\n\xed\xa0\x80\n",
         "1:姓名|电话;2!MALFORMED.1;3!MALFORMED.1;"},
    };
    (void)state;
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
what_both_encodings_could_mean_is_not_guessed(void **state)
{
    static const struct row rows[] = {
        {"name\n\xd2\xbb\n", "open AMBIGUOUS;"}, /* 一, or a Cyrillic letter */
        {"name,x\n灯,\xd2\xbb\n", "1:name|x;2:灯|һ;"},
        {"\xef\xbb\xbfname\n\xd2\xbb\n", "1:name;2:һ;"},
        {"\x84\x31\x95\x33name\n\xd2\xbb\n", "1:name;2:一;"},
    };
    (void)state;
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

/* 80,000 bytes of rows in ASCII, then the text. */
static const char *
behind_ascii(const char *text, struct buf *out)
{
    struct buf in = BUF_NONE;
    while (in.n < 80000)
        buf_addf(&in, "abcdefg,1\n");
    buf_add(&in, text, strlen(text));
    read_all(in.p, in.n, out);
    buf_free(&in);
    const char *all = buf_text(out);
    const char *last = strstr(all, "8000:abcdefg|1;");
    return last != NULL ? last + strlen("8000:abcdefg|1;") : all;
}

static void
text_behind_64_kib_of_ascii_is_decoded_right(void **state)
{
    struct buf out = BUF_NONE;
    (void)state;
    assert_string_equal(behind_ascii("灯,2\n", &out), "8001:灯|2;");
    assert_string_equal(behind_ascii("\xd0\xd5\xc3\xfb,\xd2\xbb\n", &out),
                        "8001:姓名|一;");
    assert_non_null(strstr(behind_ascii("\xd2\xbb,1\n", &out), "!AMBIGUOUS."));
    buf_free(&out);
}

static void
utf8_in_a_file_of_gb18030_is_refused(void **state)
{
    struct buf out = BUF_NONE;
    struct buf text = BUF_NONE;
    (void)state;
    for (int i = 0; i < 40; i++)
        buf_addf(&text, "\xd0\xd5\xc3\xfb,\xb5\xe7\xbb\xb0\n");
    buf_addf(&text, "中文,x\n");
    const char *all = read_all(text.p, text.n, &out);
    assert_non_null(strstr(all, "40:姓名|电话;41!MALFORMED.1;"));
    buf_free(&text);
    buf_free(&out);
}

static void
columns_and_lines_have_limits(void **state)
{
    struct buf in = BUF_NONE;
    struct buf out = BUF_NONE;
    (void)state;
    for (int i = 1; i < CSV_COLUMNS_MAX; i++)
        buf_add_u8(&in, ',');
    const char *all = read_all(in.p, in.n, &out);
    assert_int_equal(all[0], '1');
    assert_int_equal(all[1], ':');
    buf_add_u8(&in, ',');
    assert_string_equal(read_all(in.p, in.n, &out), "1!LIMIT.129;");
    in.n = 0;
    buf_addf(&in, "x\n\"");
    for (int i = 0; i < CSV_LINE_BYTES_MAX; i++)
        buf_add_u8(&in, i % 100 == 0 ? '\n' : 'a');
    buf_addf(&in, "\"\ny\n");
    assert_non_null(strstr(read_all(in.p, in.n, &out), ";2:"));
    in.n -= 4;
    buf_addf(&in, "a\"\ny\n");
    assert_string_equal(read_all(in.p, in.n, &out), "1:x;2!LIMIT.1;");
    buf_free(&in);
    buf_free(&out);
}

static void
a_directory_and_a_closed_descriptor_are_read_errors(void **state)
{
    struct csv *c = NULL;
    int pipe_fd[2];
    (void)state;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(csv_open(fd, &c), RC_IO);
    close(fd);
    assert_int_equal(csv_open(fd, &c), RC_IO);
    assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
    assert_int_equal(write(pipe_fd[1], "a\nb\nc\nd\n", 8), 8);
    assert_ok(csv_open(pipe_fd[0], &c));
    close(pipe_fd[0]); /* what was read is told, then the error, and it stays */
    char *const *cell = NULL;
    size_t n = 0;
    uint32_t line = 0, bad = 0;
    for (uint32_t i = 1; i <= 4; i++) {
        assert_ok(csv_next(c, &cell, &n, &line, &bad));
        assert_int_equal(line, i);
        if (i == 3)
            break; /* the fourth looks for what follows it */
    }
    enum rc rc = csv_next(c, &cell, &n, &line, &bad);
    assert_true(rc == RC_OK || rc == RC_IO);
    assert_int_equal(csv_next(c, &cell, &n, &line, &bad), RC_IO);
    assert_int_equal(csv_next(c, &cell, &n, &line, &bad), RC_IO);
    csv_close(c);
    close(pipe_fd[1]);
}

static long
peak_kib(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return u.ru_maxrss;
}

/* A child writes `n` blocks into a pipe; what csv_next says last. */
static enum rc
read_stream(const char *block, size_t blocks, uint64_t *rows)
{
    int fd[2];
    struct csv *c = NULL;
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        size_t n = strlen(block);
        close(fd[0]);
        for (size_t i = 0; i < blocks; i++)
            if (write(fd[1], block, n) != (ssize_t)n)
                _exit(1);
        _exit(0);
    }
    close(fd[1]);
    assert_ok(csv_open(fd[0], &c));
    enum rc rc = RC_OK;
    for (*rows = 0; rc == RC_OK; *rows += rc == RC_OK) {
        char *const *cell = NULL;
        size_t n = 0;
        uint32_t line = 0, bad = 0;
        rc = csv_next(c, &cell, &n, &line, &bad);
    }
    csv_close(c);
    close(fd[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return rc;
}

static void
memory_does_not_grow_with_the_file(void **state)
{
    static char block[100001];
    uint64_t rows = 0;
    (void)state;
    for (size_t i = 0; i < 100000; i += 10)
        memcpy(block + i, "灯,bc,de\n", 10);
    long before = peak_kib();
    assert_int_equal(read_stream(block, 1000, &rows), RC_NO); /* 100 MB */
    assert_int_equal(rows, 10000000);
    assert_true(peak_kib() - before < 16 * 1024);
}

static void
a_line_without_end_is_refused_early(void **state)
{
    static char block[100001];
    uint64_t rows = 0;
    (void)state;
    memset(block, 'x', 100000);
    block[0] = '"';
    long before = peak_kib();
    assert_int_equal(read_stream(block, 30000, &rows), RC_LIMIT); /* would be 3 GB */
    assert_int_equal(rows, 0);
    assert_true(peak_kib() - before < 16 * 1024);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_quotes_and_line_ends_are_read_as_written),
        cmocka_unit_test(broken_quotes_name_line_and_column_and_reading_goes_on),
        cmocka_unit_test(a_nul_byte_is_refused_with_its_place),
        cmocka_unit_test(gb18030_is_read_with_characters_of_four_bytes),
        cmocka_unit_test(broken_gb18030_names_row_and_column),
        cmocka_unit_test(one_slip_in_utf8_does_not_make_it_gb18030),
        cmocka_unit_test(what_both_encodings_could_mean_is_not_guessed),
        cmocka_unit_test(text_behind_64_kib_of_ascii_is_decoded_right),
        cmocka_unit_test(utf8_in_a_file_of_gb18030_is_refused),
        cmocka_unit_test(columns_and_lines_have_limits),
        cmocka_unit_test(a_directory_and_a_closed_descriptor_are_read_errors),
        cmocka_unit_test(memory_does_not_grow_with_the_file),
        cmocka_unit_test(a_line_without_end_is_refused_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
