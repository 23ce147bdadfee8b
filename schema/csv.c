#include "schema/csv.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <unistd.h>

#define AHEAD_BYTES 65536
#define NO_ICONV ((iconv_t)-1)

struct csv {
    int fd;
    struct buf in;  /* read and not yet taken */
    size_t at;      /* of the next byte to take */
    enum rc failed; /* reading ended with this */
    bool is_end, is_decided, is_gb18030;
    iconv_t gb;
    uint32_t line; /* of the next byte, as an editor counts: CR, LF and CRLF end one */
    bool was_cr;
    struct buf raw; /* the record as it stands, without commas and quotes */
    size_t
        start[CSV_COLUMNS_MAX + 1]; /* where each cell begins in raw; one more: the end */
    size_t cells_n;
    struct buf text; /* the cells in UTF-8 */
    char *cell[CSV_COLUMNS_MAX];
};

/* ---- which encoding */

struct tally {
    size_t two, more; /* whole characters of two bytes, of three or four */
    size_t broken;    /* places; what is cut off at the end is none */
};

static struct tally
tally_utf8(struct slice s)
{
    struct tally t = {0};
    for (size_t i = 0; i < s.n;) {
        size_t n = s.p[i] < 0x80 ? 1 : s.p[i] < 0xe0 ? 2 : s.p[i] < 0xf0 ? 3 : 4;
        if (i + n > s.n)
            break;
        bool ok = utf8_is_valid(slice_of(s.p + i, n));
        t.broken += !ok;
        t.two += ok && n == 2;
        t.more += ok && n > 2;
        i += ok ? n : 1;
    }
    return t;
}

static size_t
broken_gb(iconv_t gb, struct slice s)
{
    char out[4096];
    struct buf copy = BUF_NONE;
    buf_add_slice(&copy, s);
    char *in = (char *)copy.p;
    size_t left = copy.n, broken = 0;
    iconv(gb, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char *o = out;
        size_t room = sizeof(out);
        if (iconv(gb, &in, &left, &o, &room) != (size_t)-1 || errno == E2BIG)
            continue;
        if (errno == EINVAL)
            break; /* cut off at the end */
        broken++;
        in++;
        left--;
    }
    buf_free(&copy);
    return broken;
}

/* Chinese text in UTF-8 is nearly always well-formed GB18030 too, and reads as other
 * Chinese characters: so one slip in it must not make it GB18030. Text in GB18030 holds
 * next to no UTF-8 characters of three bytes. Where all there are have two, both
 * encodings are as likely: 一 in one is an accented letter in the other. */
static enum rc
judge(struct csv *c, struct slice head)
{
    struct tally u = tally_utf8(head);
    size_t gb = broken_gb(c->gb, head);
    c->is_decided = true;
    c->is_gb18030 = gb < u.broken && 2 * u.more < u.broken;
    return u.broken == 0 && u.more == 0 && u.two > 0 && gb == 0 ? RC_AMBIGUOUS : RC_OK;
}

static bool
is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

/* At least one more byte, or the end. */
static enum rc
read_more(struct csv *c)
{
    buf_reserve(&c->in, AHEAD_BYTES);
    for (;;) {
        ssize_t n = read(c->fd, c->in.p + c->in.n, AHEAD_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RC_IO;
        c->is_end = n == 0;
        c->in.n += (size_t)n;
        return RC_OK;
    }
}

/* The first byte that is not ASCII is among what was read: it and what follows decide. */
static enum rc
decide(struct csv *c)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && !c->is_end && c->in.n < AHEAD_BYTES)
        rc = read_more(c);
    return rc == RC_OK ? judge(c, buf_slice(&c->in)) : rc;
}

static enum rc
fill(struct csv *c)
{
    buf_drop(&c->in, c->at);
    c->at = 0;
    enum rc rc = read_more(c);
    if (rc == RC_OK && !c->is_decided && !is_ascii(buf_slice(&c->in)))
        rc = decide(c);
    return rc;
}

/* ---- open, close */

static bool
skip_mark(struct csv *c, const char *mark, size_t n)
{
    bool has = c->in.n >= n && memcmp(c->in.p, mark, n) == 0;
    if (has)
        c->at = n;
    c->is_decided = c->is_decided || has;
    return has;
}

static enum rc
begin(struct csv *c)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && !c->is_end && c->in.n < 4)
        rc = read_more(c);
    if (rc != RC_OK || skip_mark(c, "\xef\xbb\xbf", 3))
        return rc;
    c->is_gb18030 = skip_mark(c, "\x84\x31\x95\x33", 4);
    if (!c->is_decided && !is_ascii(buf_slice(&c->in)))
        rc = decide(c);
    return rc;
}

enum rc
csv_open(int fd, struct csv **out)
{
    return csv_open_behind(fd, slice_of(NULL, 0), out);
}

enum rc
csv_open_behind(int fd, struct slice head, struct csv **out)
{
    struct csv *c = mem_new(sizeof(*c));
    c->fd = fd;
    buf_add_slice(&c->in, head);
    c->line = 1;
    c->gb = iconv_open("UTF-8", "GB18030");
    buf_reserve(&c->raw, 1); /* empty cells have a place too */
    enum rc rc = c->gb == NO_ICONV ? RC_IO : begin(c);
    if (rc != RC_OK) {
        csv_close(c);
        return rc;
    }
    *out = c;
    return RC_OK;
}

void
csv_close(struct csv *c)
{
    if (c == NULL)
        return;
    if (c->gb != NO_ICONV)
        iconv_close(c->gb);
    buf_free(&c->in);
    buf_free(&c->raw);
    buf_free(&c->text);
    mem_free(c);
}

bool
csv_is_gb18030(const struct csv *c)
{
    return c->is_gb18030;
}

/* ---- one record */

/* The next byte, or -1 at the end, -2 when reading fails. Comma, quote and line end are
 * never part of a longer character in either encoding. */
static int
peek(struct csv *c)
{
    if (c->at == c->in.n && !c->is_end && c->failed == RC_OK)
        c->failed = fill(c);
    if (c->failed != RC_OK)
        return -2;
    return c->at < c->in.n ? c->in.p[c->at] : -1;
}

/* Takes the byte that peek showed. */
static void
take(struct csv *c, int b)
{
    c->at++;
    c->line += b == '\r' || (b == '\n' && !c->was_cr);
    c->was_cr = b == '\r';
}

static bool
keep(struct csv *c, int b)
{
    if (c->raw.n >= CSV_LINE_BYTES_MAX)
        return false;
    buf_add_u8(&c->raw, (uint8_t)b);
    return true;
}

/* Behind the opening quote, up to behind the closing one. */
static enum rc
take_quoted(struct csv *c)
{
    for (;;) {
        int b = peek(c);
        if (b < 0)
            return b == -1 ? RC_MALFORMED : c->failed;
        take(c, b);
        if (b == '"') {
            if (peek(c) != '"')
                return RC_OK;
            take(c, b);
        }
        if (!keep(c, b))
            return RC_LIMIT;
    }
}

/* One cell; *last tells that the record ends behind it. */
static enum rc
take_cell(struct csv *c, bool *last)
{
    enum rc rc = RC_OK;
    bool was_quoted = peek(c) == '"';
    if (was_quoted) {
        take(c, '"');
        rc = take_quoted(c);
    }
    if (rc != RC_OK) { /* at the latest the end of the file */
        *last = true;
        return rc;
    }
    for (;;) {
        int b = peek(c);
        if (b == -2)
            return c->failed;
        if (b != -1)
            take(c, b);
        if (b == '\r' && peek(c) == '\n')
            take(c, '\n');
        *last = b == -1 || b == '\n' || b == '\r';
        if (*last || b == ',')
            return rc;
        if (was_quoted || b == '"')
            rc = RC_MALFORMED; /* text behind a closing quote, or a quote within text */
        if (!keep(c, b))
            return RC_LIMIT;
    }
}

/* The raw record into cells; the first broken one is told, the rest is passed over. */
static enum rc
take_record(struct csv *c, uint32_t *bad)
{
    bool last = false;
    enum rc rc = RC_OK;
    c->raw.n = 0;
    c->cells_n = 0;
    while (!last) {
        if (c->cells_n == CSV_COLUMNS_MAX) {
            *bad = CSV_COLUMNS_MAX + 1;
            return RC_LIMIT;
        }
        c->start[c->cells_n++] = c->raw.n;
        enum rc cell = take_cell(c, &last);
        if (cell != RC_OK && rc == RC_OK)
            *bad = (uint32_t)c->cells_n;
        if (cell != RC_OK && cell != RC_MALFORMED)
            return cell;
        rc = rc == RC_OK ? cell : rc;
    }
    c->start[c->cells_n] = c->raw.n;
    return rc;
}

/* Could this cell of a file in GB18030 be UTF-8? Then two files were put together. */
static bool
is_foreign(struct slice raw)
{
    bool is_long = false;
    for (size_t i = 0; i < raw.n && !is_long; i++)
        is_long = raw.p[i] >= 0xe0;
    return is_long && utf8_is_valid(raw);
}

static enum rc
to_utf8(struct csv *c, struct slice raw)
{
    size_t start = c->text.n;
    if (memchr(raw.p, 0, raw.n) != NULL)
        return RC_MALFORMED;
    if (!c->is_gb18030) {
        buf_add_slice(&c->text, raw);
        return utf8_is_valid(raw) ? RC_OK : RC_MALFORMED;
    }
    if (is_foreign(raw))
        return RC_MALFORMED;
    /* At most 4 bytes of UTF-8 for two of GB18030. */
    buf_reserve(&c->text, 2 * raw.n + 4);
    char *in = (char *)c->raw.p + (raw.p - c->raw.p);
    char *out = (char *)c->text.p + start;
    size_t left = raw.n, room = 2 * raw.n + 4;
    iconv(c->gb, NULL, NULL, NULL, NULL);
    size_t done = iconv(c->gb, &in, &left, &out, &room);
    c->text.n = start + (2 * raw.n + 4 - room);
    return done != (size_t)-1 && left == 0 ? RC_OK : RC_MALFORMED;
}

static enum rc
decode_cells(struct csv *c, uint32_t *bad)
{
    size_t at[CSV_COLUMNS_MAX];
    enum rc rc = RC_OK;
    c->text.n = 0;
    for (size_t i = 0; i < c->cells_n; i++) {
        struct slice raw =
            slice_of(c->raw.p + c->start[i], c->start[i + 1] - c->start[i]);
        at[i] = c->text.n;
        if (raw.n > 0 && to_utf8(c, raw) != RC_OK && rc == RC_OK) {
            rc = RC_MALFORMED;
            *bad = (uint32_t)i + 1;
        }
        buf_add_u8(&c->text, 0);
    }
    for (size_t i = 0; i < c->cells_n; i++)
        c->cell[i] = (char *)c->text.p + at[i];
    return rc;
}

enum rc
csv_next(struct csv *c, char *const **cells, size_t *n, uint32_t *line, uint32_t *bad)
{
    *bad = 0;
    *n = 0;
    for (;;) {
        int b = peek(c);
        if (b < 0)
            return b == -1 ? RC_NO : c->failed;
        *line = c->line;
        enum rc rc = take_record(c, bad);
        if (rc != RC_OK)
            return rc;
        if (c->cells_n > 1 || c->raw.n > 0)
            break;
    }
    enum rc rc = decode_cells(c, bad);
    *cells = c->cell;
    *n = c->cells_n;
    return rc;
}
