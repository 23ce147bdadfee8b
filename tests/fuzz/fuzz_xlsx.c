/* Workbooks from a stranger, in process: whatever they hold, the stream that comes out is
 * a good one, and so is what is read from any stream. First byte: 0 the rest is a
 * workbook as it lies; 1 the rest is its parts, a zero byte between: sheet, strings,
 * styles, workbook; 2 the rest is a stream. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "schema/xlsx.h"
#include "tests/lib/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rels[] =
    "<R><Relationship Type=\"/officeDocument\" Target=\"x/w\"/></R>";
static const char book_rels[] =
    "<R><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"s\"/><Relationship Id=\"2\""
    " Type=\"/sharedStrings\" Target=\"t\"/><Relationship Id=\"3\" Type=\"/styles\""
    " Target=\"y\"/></R>";

static struct xlsx_lib *lib;

static enum rc
put(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

static struct slice
next_part(struct slice *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, 0, rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    struct slice part = slice_of(rest->p, n);
    *rest = slice_of(rest->p + n, rest->n - n);
    if (end != NULL)
        *rest = slice_of(rest->p + 1, rest->n - 1);
    return part;
}

static int
workbook_of(struct slice parts)
{
    static const char *const name[] = {"x/s", "x/t", "x/y", "x/w"};
    struct zip z = {.n = 0};
    zip_add(&z, "_rels/.rels", slice_text(rels));
    zip_add(&z, "x/_rels/w.rels", slice_text(book_rels));
    for (size_t i = 0; i < 4; i++)
        zip_add(&z, name[i], next_part(&parts));
    zip_end(&z);
    int fd = zip_file(buf_slice(&z.out));
    zip_fini(&z);
    return fd;
}

static void
read_stream(struct slice bytes, bool is_ours)
{
    struct rows *r = NULL;
    struct cells row;
    struct fault why = {0};
    uint32_t last = 0;
    int fd = zip_file(bytes);
    enum rc rc = rows_open(fd, &r, &why);
    while (rc == RC_OK || rc == RC_MALFORMED) {
        why = (struct fault){0};
        rc = rows_next(r, &row, &why);
        assert(rc == RC_OK || rc == RC_NO || why.code != FAULT_NONE);
        if (rc != RC_OK && rc != RC_MALFORMED)
            break;
        uint32_t line = rc == RC_OK ? row.line : why.line;
        assert(line > last);
        last = line;
        for (size_t i = 0; rc == RC_OK && i < row.n; i++)
            assert(utf8_is_valid(slice_text(row.cell[i])));
    }
    /* What we wrote is never broken: at most it says that the file was. */
    if (is_ours && rc == RC_INVALID && why.code == FAULT_FILE_SYNTAX)
        assert(bytes.p[bytes.n - 8] == 4 && bytes.p[bytes.n - 1] == ROWS_BROKEN);
    rows_close(r);
    close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"one", NULL};
    struct buf stream = BUF_NONE;
    struct rows_out out;
    if (lib == NULL && xlsx_lib_load(&lib) != RC_OK)
        return 0;
    if (size == 0 || data[0] > 2)
        return 0;
    struct slice rest = slice_of(data + 1, size - 1);
    if (data[0] == 2) {
        buf_add(&stream, ROWS_MAGIC, ROWS_MAGIC_BYTES);
        buf_add_slice(&stream, rest);
        read_stream(buf_slice(&stream), false);
    } else {
        int fd = data[0] == 0 ? zip_file(rest) : workbook_of(rest);
        rows_out_init(&out, put, &stream);
        assert(xlsx_read(lib, fd, names, &out) == RC_OK);
        rows_out_fini(&out);
        close(fd);
        read_stream(buf_slice(&stream), true);
    }
    buf_free(&stream);
    return 0;
}
