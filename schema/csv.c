#include "schema/csv.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <unistd.h>

#define AHEAD_BYTES 65536
#define NO_ICONV ((iconv_t)-1)

struct csv {
    int fd;
    struct buf in; /* read and not yet taken */
    size_t at;     /* of the next byte to take */
    bool is_end, is_gb18030;
    iconv_t gb;
    uint32_t line;
    struct buf raw; /* the record as it stands, cells closed by NUL */
    size_t
        start[CSV_COLUMNS_MAX + 1]; /* where each cell begins in raw; one more: the end */
    size_t cells_n;
    struct buf text; /* the cells in UTF-8 */
    char *cell[CSV_COLUMNS_MAX];
};

/* At least one more byte, or the end. */
static enum rc
fill(struct csv *c)
{
    if (c->at > 0) {
        buf_drop(&c->in, c->at);
        c->at = 0;
    }
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

/* Broken places in UTF-8 text; what is cut off at the end is none. */
static size_t
broken_utf8(struct slice s)
{
    size_t broken = 0;
    for (size_t i = 0; i < s.n;) {
        size_t n = s.p[i] < 0x80 ? 1 : s.p[i] < 0xe0 ? 2 : s.p[i] < 0xf0 ? 3 : 4;
        if (i + n > s.n)
            break;
        bool ok = utf8_is_valid(slice_of(s.p + i, n));
        broken += !ok;
        i += ok ? n : 1;
    }
    return broken;
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

static enum rc
detect(struct csv *c)
{
    static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
    enum rc rc = RC_OK;
    while (rc == RC_OK && !c->is_end && c->in.n < AHEAD_BYTES)
        rc = fill(c);
    if (rc != RC_OK)
        return rc;
    if (c->in.n >= sizeof(mark) && memcmp(c->in.p, mark, sizeof(mark)) == 0) {
        c->at = sizeof(mark);
        return RC_OK;
    }
    struct slice head = slice_of(c->in.p, c->in.n < AHEAD_BYTES ? c->in.n : AHEAD_BYTES);
    size_t utf8 = broken_utf8(head);
    c->is_gb18030 = utf8 > 0 && broken_gb(c->gb, head) < utf8;
    return RC_OK;
}

enum rc
csv_open(int fd, struct csv **out)
{
    struct csv *c = mem_new(sizeof(*c));
    c->fd = fd;
    c->line = 1;
    c->gb = iconv_open("UTF-8", "GB18030");
    enum rc rc = c->gb == NO_ICONV ? RC_IO : detect(c);
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

/* The next byte, or -1 at the end, -2 when reading fails. Comma, quote and line end are
 * never part of a longer character in either encoding. */
static int
peek(struct csv *c)
{
    if (c->at == c->in.n && !c->is_end && fill(c) != RC_OK)
        return -2;
    return c->at < c->in.n ? c->in.p[c->at] : -1;
}

static bool
keep(struct csv *c, uint8_t b)
{
    if (c->raw.n >= CSV_LINE_BYTES_MAX)
        return false;
    buf_add_u8(&c->raw, b);
    return true;
}

/* Behind the opening quote, up to behind the closing one. */
static enum rc
take_quoted(struct csv *c)
{
    for (;;) {
        int b = peek(c);
        if (b < 0)
            return b == -1 ? RC_MALFORMED : RC_IO;
        c->at++;
        if (b == '"') {
            if (peek(c) != '"')
                return RC_OK;
            c->at++;
        }
        c->line += b == '\n';
        if (!keep(c, (uint8_t)b))
            return RC_LIMIT;
    }
}

/* One cell; *last tells that the record ends behind it. */
static enum rc
take_cell(struct csv *c, bool *last)
{
    bool was_quoted = false;
    enum rc bad = RC_OK;
    if (peek(c) == '"') {
        c->at++;
        enum rc rc = take_quoted(c);
        if (rc != RC_OK)
            return rc;
        was_quoted = true;
    }
    for (;;) {
        int b = peek(c);
        if (b == -2)
            return RC_IO;
        *last = b == -1 || b == '\n';
        if (b != -1)
            c->at++;
        if (*last || b == ',')
            break;
        if (b == '\r' && (peek(c) == '\n' || peek(c) == -1))
            continue;
        if (was_quoted || b == '"')
            bad = RC_MALFORMED; /* text behind a closing quote, or a quote within text */
        if (!keep(c, (uint8_t)b))
            return RC_LIMIT;
    }
    c->line += *last && c->at > 0;
    return bad;
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
        if (cell != RC_OK && rc == RC_OK) {
            rc = cell;
            *bad = (uint32_t)c->cells_n;
        }
        if (cell != RC_OK && cell != RC_MALFORMED)
            return cell;
        if (peek(c) == -1 && !last && cell == RC_MALFORMED)
            break;
    }
    c->start[c->cells_n] = c->raw.n;
    return rc;
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
    for (;;) {
        int b = peek(c);
        if (b < 0)
            return b == -1 ? RC_NO : RC_IO;
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
