/* Spreadsheets: records into CSV. */
#include <iconv.h>
#include <string.h>

#include "schema/sheet_in.h"
#include "schema/type.h"

struct sheet_csv {
    int fd;
    bool gb18030;
    iconv_t gb;
    struct buf out;
    bool is_behind; /* a cell of this row is there already */
    enum rc rc;
};

enum rc
sheet_csv_new(int fd, bool gb18030, struct sheet_csv **out)
{
    struct sheet_csv *w = mem_new(sizeof(*w));
    *w = (struct sheet_csv){.fd = fd, .gb18030 = gb18030};
    w->gb = iconv_open("GB18030", "UTF-8");
    if (w->gb == (iconv_t)-1) {
        mem_free(w);
        return RC_IO;
    }
    if (!gb18030)
        buf_add(&w->out, "\xef\xbb\xbf", 3);
    *out = w;
    return RC_OK;
}

void
sheet_csv_free(struct sheet_csv *w)
{
    if (w == NULL)
        return;
    iconv_close(w->gb);
    buf_free(&w->out);
    mem_free(w);
}

/* UTF-8 into what the sheet is written in; GB18030 has every character of Unicode. */
static void
add_text(struct sheet_csv *w, struct slice s)
{
    if (!w->gb18030 || s.n == 0) {
        buf_add_slice(&w->out, s);
        return;
    }
    struct buf copy = BUF_NONE;
    buf_add_slice(&copy, s);
    char *in = (char *)copy.p;
    size_t left = copy.n, room = 2 * s.n + 8, had = room;
    buf_reserve(&w->out, room);
    char *out = (char *)w->out.p + w->out.n;
    iconv(w->gb, NULL, NULL, NULL, NULL);
    if (iconv(w->gb, &in, &left, &out, &room) == (size_t)-1)
        w->rc = RC_MALFORMED;
    w->out.n += had - room;
    buf_free(&copy);
}

/* Quoted where it must be; what a spreadsheet would run as a formula gets an apostrophe.
 */
void
sheet_csv_cell(struct sheet_csv *w, struct slice s)
{
    if (w->is_behind)
        buf_add_u8(&w->out, ',');
    w->is_behind = true;
    bool is_guarded = sheet_is_formula(s);
    bool quote = is_guarded;
    for (size_t i = 0; i < s.n; i++)
        quote = quote || memchr(",\"\r\n", s.p[i], 4) != NULL;
    if (!quote) {
        add_text(w, s);
        return;
    }
    buf_add(&w->out, is_guarded ? "\"'" : "\"", is_guarded ? 2 : 1);
    for (size_t i = 0, from = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '"')
            continue;
        add_text(w, slice_of(s.p + from, i - from));
        if (i < s.n)
            buf_add(&w->out, "\"\"", 2);
        from = i + 1;
    }
    buf_add_u8(&w->out, '"');
}

enum rc
sheet_csv_row(struct sheet_csv *w, bool is_last)
{
    if (w->is_behind)
        buf_add(&w->out, "\r\n", 2);
    w->is_behind = false;
    if (w->rc == RC_OK && (is_last || w->out.n > 65536)) {
        w->rc = sheet_write(w->fd, buf_slice(&w->out));
        w->out.n = 0;
    }
    return w->rc;
}
