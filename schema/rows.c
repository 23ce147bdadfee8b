/* Rows of a spreadsheet: from CSV, or from the stream of a process that reads others. */
#include "schema/rows.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PUT_BYTES 32768
#define READ_BYTES 65536

enum kind { KIND_ROW = 1, KIND_BAD = 2, KIND_END = 3, KIND_STOP = 4 };

struct rows {
    int fd;
    struct csv *csv; /* NULL: a stream */
    /* of a stream */
    struct buf in;
    size_t at;
    bool is_over;
    uint32_t line, rows_n;
    struct buf text; /* the cells of the row in hand */
    char *cell[CSV_COLUMNS_MAX];
};

/* ---- writing */

void
rows_out_init(struct rows_out *o, enum rc (*put)(void *arg, struct slice bytes),
              void *arg)
{
    *o = (struct rows_out){.put = put, .arg = arg};
    buf_add(&o->b, ROWS_MAGIC, ROWS_MAGIC_BYTES);
}

void
rows_out_fini(struct rows_out *o)
{
    buf_free(&o->b);
}

enum rc
rows_flush(struct rows_out *o)
{
    enum rc rc = o->put(o->arg, buf_slice(&o->b));
    o->b.n = 0;
    return rc;
}

static enum rc
put_done(struct rows_out *o)
{
    return o->b.n > PUT_BYTES ? rows_flush(o) : RC_OK;
}

enum rc
rows_put(struct rows_out *o, uint32_t line, const struct slice *cell, size_t n)
{
    buf_add_u8(&o->b, KIND_ROW);
    buf_add_u32(&o->b, line);
    buf_add_u8(&o->b, (uint8_t)n);
    for (size_t i = 0; i < n; i++) {
        buf_add_u16(&o->b, (uint16_t)cell[i].n);
        buf_add_slice(&o->b, cell[i]);
    }
    o->n++;
    return put_done(o);
}

enum rc
rows_put_bad(struct rows_out *o, uint32_t line, uint16_t column, enum row_reason reason)
{
    buf_add_u8(&o->b, KIND_BAD);
    buf_add_u32(&o->b, line);
    buf_add_u16(&o->b, column);
    buf_add_u8(&o->b, (uint8_t)reason);
    o->n++;
    return put_done(o);
}

enum rc
rows_put_end(struct rows_out *o)
{
    buf_add_u8(&o->b, KIND_END);
    buf_add_u32(&o->b, o->n);
    return rows_flush(o);
}

enum rc
rows_put_stop(struct rows_out *o, uint32_t line, uint16_t column, enum row_stop stop)
{
    buf_add_u8(&o->b, KIND_STOP);
    buf_add_u32(&o->b, line);
    buf_add_u16(&o->b, column);
    buf_add_u8(&o->b, (uint8_t)stop);
    return rows_flush(o);
}

/* ---- reading a stream */

static enum rc
read_some(int fd, struct buf *in, size_t max, bool *end)
{
    buf_reserve(in, max);
    for (;;) {
        ssize_t n = read(fd, in->p + in->n, max);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RC_IO;
        in->n += (size_t)n;
        *end = n == 0;
        return RC_OK;
    }
}

/* n more bytes, borrowed until the next call; RC_MALFORMED where the stream ends. */
static enum rc
want(struct rows *r, size_t n, struct slice *out)
{
    bool end = false;
    enum rc rc = RC_OK;
    if (r->in.n - r->at < n) {
        buf_drop(&r->in, r->at);
        r->at = 0;
    }
    while (rc == RC_OK && !end && r->in.n - r->at < n)
        rc = read_some(r->fd, &r->in, READ_BYTES, &end);
    if (rc != RC_OK)
        return rc;
    if (r->in.n - r->at < n)
        return RC_MALFORMED;
    *out = slice_of(r->in.p + r->at, n);
    r->at += n;
    return RC_OK;
}

static enum rc
want_cells(struct rows *r, size_t n)
{
    size_t from[CSV_COLUMNS_MAX], all = 0;
    struct slice s = {NULL, 0};
    enum rc rc = RC_OK;
    r->text.n = 0;
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        rc = want(r, 2, &s);
        size_t bytes = rc == RC_OK ? get_u16(s.p) : 0;
        all += bytes;
        if (rc == RC_OK && all > CSV_LINE_BYTES_MAX)
            rc = RC_MALFORMED;
        if (rc == RC_OK)
            rc = want(r, bytes, &s);
        if (rc != RC_OK)
            break;
        if (bytes > 0 && (memchr(s.p, 0, bytes) != NULL || !utf8_is_valid(s)))
            rc = RC_MALFORMED;
        from[i] = r->text.n;
        buf_add_slice(&r->text, s);
        buf_add_u8(&r->text, 0);
    }
    for (size_t i = 0; i < n && rc == RC_OK; i++)
        r->cell[i] = (char *)r->text.p + from[i];
    return rc;
}

static enum rc
want_row(struct rows *r, struct cells *out)
{
    struct slice s;
    enum rc rc = want(r, 5, &s);
    if (rc != RC_OK)
        return rc;
    uint32_t line = get_u32(s.p);
    size_t n = s.p[4];
    if (line <= r->line || n == 0 || n > CSV_COLUMNS_MAX)
        return RC_MALFORMED;
    r->line = line;
    r->rows_n++;
    *out = (struct cells){.cell = r->cell, .n = n, .line = line};
    return want_cells(r, n);
}

/* RC_NO: it was well-formed, and says that the row is not. */
static enum rc
want_bad(struct rows *r, struct cells *out, struct fault *why)
{
    static const enum fault_code code[ROW_REASONS_N] = {
        [ROW_TEXT] = FAULT_BAD_TEXT,      [ROW_ERROR] = FAULT_CELL_ERROR,
        [ROW_DIGITS] = FAULT_CELL_DIGITS, [ROW_FORMULA] = FAULT_CELL_FORMULA,
        [ROW_DATE] = FAULT_CELL_DATE,
    };
    struct slice s;
    enum rc rc = want(r, 7, &s);
    if (rc != RC_OK)
        return rc;
    uint32_t line = get_u32(s.p);
    uint16_t column = get_u16(s.p + 4);
    if (line <= r->line || column == 0 || column > ROWS_COLUMN_MAX ||
        s.p[6] == ROW_FINE || s.p[6] >= ROW_REASONS_N)
        return RC_MALFORMED;
    r->line = line;
    r->rows_n++;
    *out = (struct cells){.line = line};
    fault_set(why, RC_MALFORMED, code[s.p[6]], "xlsx");
    fault_at(why, line, column);
    return RC_NO;
}

static enum rc
want_stop(struct rows *r, struct fault *why)
{
    static const struct {
        enum rc rc;
        enum fault_code code;
    } stops[ROWS_STOPS_N] = {
        [ROWS_BROKEN] = {RC_INVALID, FAULT_FILE_SYNTAX},
        [ROWS_LARGE] = {RC_LIMIT, FAULT_FILE_SIZE},
        [ROWS_WIDE] = {RC_LIMIT, FAULT_FILE_SIZE},
        [ROWS_OTHER] = {RC_INVALID, FAULT_XLSX_OTHER},
    };
    struct slice s;
    enum rc rc = want(r, 7, &s);
    if (rc != RC_OK)
        return rc;
    enum row_stop stop = s.p[6] < ROWS_STOPS_N ? (enum row_stop)s.p[6] : ROWS_FINE;
    if (stop == ROWS_FINE)
        return RC_MALFORMED;
    fault_set(why, stops[stop].rc, stops[stop].code, "xlsx");
    if (stop == ROWS_WIDE)
        fault_want(why, "%d", CSV_COLUMNS_MAX);
    fault_at(why, get_u32(s.p), get_u16(s.p + 4));
    r->is_over = true;
    return stops[stop].rc;
}

/* The number is right and nothing follows. */
static enum rc
want_end(struct rows *r)
{
    struct slice s;
    enum rc rc = want(r, 4, &s);
    if (rc != RC_OK)
        return rc;
    if (get_u32(s.p) != r->rows_n)
        return RC_MALFORMED;
    rc = want(r, 1, &s);
    if (rc != RC_MALFORMED)
        return rc == RC_OK ? RC_MALFORMED : rc;
    r->is_over = true;
    return RC_OK;
}

/* A stream that is not good is told as a file that is not: RC_INVALID. */
static enum rc
stream_broken(struct rows *r, enum rc rc, struct fault *why)
{
    r->is_over = true;
    if (rc != RC_MALFORMED)
        return fault_set(why, rc, FAULT_NODE_IO, "xlsx");
    fault_set(why, RC_INVALID, FAULT_FILE_SYNTAX, "xlsx");
    fault_at(why, r->line, 0);
    return RC_INVALID;
}

static enum rc
stream_next(struct rows *r, struct cells *out, struct fault *why)
{
    struct slice s;
    if (r->is_over)
        return RC_NO;
    enum rc rc = want(r, 1, &s);
    if (rc != RC_OK)
        return stream_broken(r, rc, why);
    switch (s.p[0]) {
    case KIND_ROW:
        rc = want_row(r, out);
        return rc == RC_OK ? rc : stream_broken(r, rc, why);
    case KIND_BAD:
        rc = want_bad(r, out, why);
        return rc == RC_NO ? RC_MALFORMED : stream_broken(r, rc, why);
    case KIND_END:
        rc = want_end(r);
        return rc == RC_OK ? RC_NO : stream_broken(r, rc, why);
    case KIND_STOP:
        rc = want_stop(r, why);
        return r->is_over ? rc : stream_broken(r, rc, why);
    default:
        return stream_broken(r, RC_MALFORMED, why);
    }
}

/* ---- CSV */

/* What ends an import: not what one row says. */
static enum rc
csv_broken(enum rc rc, uint32_t line, uint32_t bad, struct fault *why)
{
    if (rc == RC_AMBIGUOUS) { /* UTF-8 or GB18030: the file does not tell */
        fault_set(why, rc, FAULT_BAD_TEXT, "csv");
        fault_want(why, "UTF-8, BOM");
    } else if (rc == RC_LIMIT) {
        fault_set(why, rc, FAULT_FILE_SIZE, "csv");
        fault_want(why, "%d",
                   bad > CSV_COLUMNS_MAX ? CSV_COLUMNS_MAX : CSV_LINE_BYTES_MAX);
        fault_at(why, line, bad);
    } else {
        fault_set(why, rc, FAULT_NODE_IO, "csv");
    }
    return rc;
}

static enum rc
csv_row(struct rows *r, struct cells *out, struct fault *why)
{
    uint32_t bad = 0;
    *out = (struct cells){.line = 1};
    enum rc rc = csv_next(r->csv, &out->cell, &out->n, &out->line, &bad);
    if (rc == RC_OK || rc == RC_NO)
        return rc;
    if (rc != RC_MALFORMED)
        return csv_broken(rc, out->line, bad, why);
    fault_set(why, rc, FAULT_BAD_TEXT, "csv");
    fault_at(why, out->line, bad);
    return rc;
}

/* ---- either */

/* The first bytes, as far as they could be a stream's: nobody waits for more of them. */
static enum rc
read_head(struct rows *r)
{
    bool end = false;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !end && r->in.n < ROWS_MAGIC_BYTES &&
           memcmp(r->in.n > 0 ? (const char *)r->in.p : "", ROWS_MAGIC, r->in.n) == 0)
        rc = read_some(r->fd, &r->in, ROWS_MAGIC_BYTES - r->in.n, &end);
    return rc;
}

enum rc
rows_open(int fd, struct rows **out, struct fault *why)
{
    struct rows *r = mem_new(sizeof(*r));
    r->fd = fd;
    enum rc rc = read_head(r);
    bool is_stream = rc == RC_OK && r->in.n == ROWS_MAGIC_BYTES &&
                     memcmp(r->in.p, ROWS_MAGIC, ROWS_MAGIC_BYTES) == 0;
    if (is_stream)
        r->at = ROWS_MAGIC_BYTES;
    else if (rc == RC_OK)
        rc = csv_open_behind(fd, buf_slice(&r->in), &r->csv);
    if (rc != RC_OK) {
        rows_close(r);
        return csv_broken(rc, 1, 0, why);
    }
    *out = r;
    return RC_OK;
}

void
rows_close(struct rows *r)
{
    if (r == NULL)
        return;
    csv_close(r->csv);
    buf_free(&r->in);
    buf_free(&r->text);
    mem_free(r);
}

enum rc
rows_next(struct rows *r, struct cells *out, struct fault *why)
{
    return r->csv != NULL ? csv_row(r, out, why) : stream_next(r, out, why);
}

const char *
rows_format(const struct rows *r)
{
    return r->csv != NULL ? "csv" : "xlsx";
}

bool
rows_is_gb18030(const struct rows *r)
{
    return r->csv != NULL && csv_is_gb18030(r->csv);
}

bool
rows_is_guarded(const struct rows *r)
{
    return r->csv != NULL;
}
