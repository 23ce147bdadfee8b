/* The sheet for the wall: the checkpoint as text and as QR code; and what somebody typed
 * from it. */
#include "cli/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "cli/file.h"
#include "cli/out.h"
#include "cli/qr.h"

#define QR_MM 110
#define TYPED_BYTES_MAX (4 * CHECKPOINT_BYTES_MAX)

/* "绿洲社区 · 第 118 号章" */
static void
add_head(struct cli *c, const struct published *p, struct buf *out)
{
    struct buf name = BUF_NONE;
    buf_add_slice(&name,
                  authority_name(replica_authority(ledger_replica(c->node->ledger))));
    add_words(c, out, WORD_WALL_HEAD, buf_text(&name), num(c, tree_seal_no(p->tree)),
              NULL);
    buf_free(&name);
}

int
wall_text(struct cli *c, const struct published *p)
{
    enum rc rc = qr_text(c->out, buf_slice(&p->note));
    if (rc != RC_OK)
        return fail(c, rc, NULL);
    buf_addf(c->out, "\n");
    add_head(c, p, c->out);
    buf_addf(c->out, "\n\n");
    buf_add_slice(c->out, buf_slice(&p->note));
    return 0;
}

/* A line of the page, so many pixels from its top. */
static void
add_line(struct buf *out, unsigned y, const char *style, struct slice text)
{
    buf_addf(out, "<text x=\"397\" y=\"%u\" text-anchor=\"middle\" style=\"%s\">", y,
             style);
    out_markup(out, text);
    buf_addf(out, "</text>\n");
}

static enum rc
draw(struct cli *c, const struct published *p, struct buf *out)
{
    struct buf text = BUF_NONE;
    unsigned y = 720;
    buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\""
                  " height=\"297mm\">\n<title>");
    add_head(c, p, &text);
    out_markup(out, buf_slice(&text));
    buf_addf(out, "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    add_line(out, 120, "font:bold 34px serif", buf_slice(&text));
    buf_addf(out, "<g transform=\"translate(189 190)\">\n");
    enum rc rc = qr_svg(out, buf_slice(&p->note), QR_MM);
    buf_addf(out, "\n</g>\n");
    text.n = 0;
    checkpoint_print(&p->at, &text);
    for (size_t at = 0; at < text.n;) { /* what is typed: three lines */
        size_t n = (size_t)((uint8_t *)memchr(text.p + at, '\n', text.n - at) - text.p);
        add_line(out, y, "font:bold 15px monospace", slice_of(text.p + at, n - at));
        at = n + 1;
        y += 34;
    }
    add_line(out, y + 40, "font:18px serif",
             slice_text(word_of(WORD_WALL_FOOT, LANG_ZH)));
    add_line(out, y + 70, "font:15px serif",
             slice_text(word_of(WORD_WALL_FOOT, LANG_EN)));
    buf_addf(out, "</svg>\n");
    buf_free(&text);
    return rc;
}

int
wall_svg(struct cli *c, const struct published *p, const char *path)
{
    struct buf page = BUF_NONE;
    struct file_out f = {.fd = -1};
    struct fault why = {0};
    enum rc rc = draw(c, p, &page);
    if (rc == RC_OK)
        rc = file_out_begin(&f, path, true, &why);
    if (rc == RC_OK) {
        rc = fd_write(f.fd, buf_slice(&page));
        if (rc == RC_OK)
            rc = file_out_end(&f, &why);
        else
            file_out_drop(&f);
    }
    buf_free(&page);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

/* ---- typed from it */

static struct slice
trimmed(struct slice line)
{
    while (line.n > 0 && strchr(" \t\r", line.p[line.n - 1]) != NULL)
        line.n--;
    while (line.n > 0 && strchr(" \t", line.p[0]) != NULL)
        line = slice_of(line.p + 1, line.n - 1);
    return line;
}

/* The last number in it. */
static uint64_t
last_number(struct slice line)
{
    uint64_t n = 0;
    bool is_in = false;
    for (size_t i = 0; i < line.n; i++) {
        bool digit = line.p[i] >= '0' && line.p[i] <= '9';
        uint64_t d = digit ? (uint64_t)(line.p[i] - '0') : 0;
        if (digit && !is_in)
            n = d;
        else if (digit && n <= UINT32_MAX)
            n = n * 10 + d;
        is_in = digit;
    }
    return n;
}

/* Blank lines count only as the one before signatures. */
enum rc
wall_read(struct slice text, struct buf *out, uint64_t *seal_no, struct checkpoint *at)
{
    size_t lines = 0;
    bool is_blank = false;
    *seal_no = 0;
    out->n = 0;
    if (text.n > TYPED_BYTES_MAX)
        return RC_LIMIT;
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;
        struct slice line = trimmed(slice_of(text.p, n));
        text = slice_of(text.p + n, text.n - n);
        if (text.n > 0)
            text = slice_of(text.p + 1, text.n - 1);
        bool begins = line.n >= strlen(NOTE_BEGIN) &&
                      memcmp(line.p, NOTE_BEGIN, strlen(NOTE_BEGIN)) == 0;
        if (lines == 0 && !begins) {
            if (line.n > 0)
                *seal_no = last_number(line);
            continue;
        }
        is_blank = is_blank || line.n == 0;
        if (line.n == 0)
            continue;
        if (lines == 3 && is_blank)
            buf_addf(out, "\n");
        buf_add_slice(out, line);
        buf_addf(out, "\n");
        lines++;
    }
    return checkpoint_parse(buf_slice(out), at);
}
