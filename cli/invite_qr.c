#include "cli/invite_qr.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/hand.h"
#include "cli/invite_show.h"
#include "cli/out.h"
#include "cli/qr.h"
#include "schema/invite_text.h"

#define WIDTH_MAX (117 + 8) /* version 25: what a cheap scanner reads */
#define PAGE_PX 794         /* A4 at 96 dots an inch */
#define TOP_PX 270
#define MM_PX 3.7795

struct codes {
    struct buf part[INVITE_PARTS_MAX];
    unsigned n;
};

static void
codes_fini(struct codes *k)
{
    for (unsigned i = 0; i < INVITE_PARTS_MAX; i++) {
        if (k->part[i].p != NULL)
            mem_wipe(k->part[i].p, k->part[i].cap);
        buf_free(&k->part[i]);
    }
    k->n = 0;
}

/* In so many parts; RC_LIMIT: one of them is wider. */
static enum rc
cut(struct slice file, unsigned n, unsigned width_max, struct codes *out)
{
    enum rc rc = RC_OK;
    for (unsigned k = 1; k <= n && rc == RC_OK; k++) {
        unsigned width = 0;
        rc = invite_part(file, k, n, &out->part[k - 1]);
        if (rc == RC_OK)
            rc = qr_width(buf_slice(&out->part[k - 1]), &width);
        if (rc == RC_OK && width > width_max)
            rc = RC_LIMIT;
    }
    if (rc == RC_OK)
        out->n = n;
    else
        codes_fini(out);
    return rc;
}

/* As few as the picture allows, which must not be wider than the terminal. */
static enum rc
cut_for(const struct invite *i, unsigned columns, struct codes *out)
{
    struct buf file = BUF_NONE;
    enum rc rc = RC_LIMIT;
    invite_small(i, &file);
    for (unsigned n = 1; n <= INVITE_PARTS_MAX && rc == RC_LIMIT; n++)
        rc = cut(buf_slice(&file), n, columns < WIDTH_MAX ? columns : WIDTH_MAX, out);
    for (unsigned n = 1; n <= INVITE_PARTS_MAX && rc == RC_LIMIT; n++)
        rc = cut(buf_slice(&file), n, WIDTH_MAX, out);
    mem_wipe(file.p, file.n);
    buf_free(&file);
    return rc;
}

/* ---- showing */

static unsigned
columns_of(const struct cli *c)
{
    struct winsize w = {.ws_col = 0};
    bool is = args_has(c->args, "--qr") && !c->json && isatty(STDOUT_FILENO) &&
              ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0;
    return is ? w.ws_col : WIDTH_MAX;
}

static enum rc
show_text(struct cli *c, const struct codes *k)
{
    enum rc rc = RC_OK;
    for (unsigned i = 0; i < k->n && rc == RC_OK; i++) {
        if (k->n > 1)
            say(c, WORD_INVITE_PART, num(c, i + 1), num(c, k->n), NULL);
        rc = qr_text(c->out, buf_slice(&k->part[i]));
        buf_add_slice(c->out, buf_slice(&k->part[i]));
        buf_add_u8(c->out, '\n');
    }
    return rc;
}

static void
add_line(struct buf *out, unsigned x, unsigned y, const char *font, struct slice text)
{
    buf_addf(out, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" style=\"font:%s\">", x,
             y, font);
    out_markup(out, text);
    buf_addf(out, "</text>\n");
}

static void
add_said(struct buf *out, unsigned y, const char *font, const struct buf *said)
{
    size_t at = 0;
    while (at < said->n) {
        size_t n = 0;
        while (at + n < said->n && said->p[at + n] != '\n')
            n++;
        add_line(out, PAGE_PX / 2, y, font, slice_of(said->p + at, n));
        at += n + 1;
        y += 30;
    }
}

static enum rc
draw(struct cli *c, const struct invite *i, const struct grant *g, const struct codes *k,
     struct buf *out)
{
    struct buf *shown = c->out, said = BUF_NONE;
    unsigned across = k->n == 1 ? 1 : k->n <= 4 ? 2 : 3;
    unsigned mm = across == 1 ? 120 : across == 2 ? 88 : 62;
    unsigned px = (unsigned)(mm * MM_PX), cell = PAGE_PX / across;
    enum rc rc = RC_OK;
    buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\""
                  " height=\"297mm\">\n<title>");
    out_markup(out, slice_text(i->community_name));
    buf_addf(out, "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    add_line(out, PAGE_PX / 2, 80, "bold 30px serif", slice_text(i->community_name));
    c->out = &said; /* the same words as on the terminal */
    invite_add(c, i, g);
    say(c, WORD_INVITE_QR_ONE, NULL);
    say(c, WORD_INVITE_QR_MEET, NULL);
    c->out = shown;
    add_said(out, 125, "18px serif", &said);
    for (unsigned n = 0; n < k->n && rc == RC_OK; n++) {
        unsigned x = n % across * cell, y = TOP_PX + n / across * (px + 40);
        char which[32];
        (void)snprintf(which, sizeof(which), "%u / %u", n + 1, k->n);
        buf_addf(out, "<g transform=\"translate(%u %u)\">\n", x + (cell - px) / 2, y);
        rc = qr_svg(out, buf_slice(&k->part[n]), mm);
        buf_addf(out, "\n</g>\n");
        if (k->n > 1)
            add_line(out, x + cell / 2, y + px + 20, "18px serif", slice_text(which));
    }
    buf_addf(out, "</svg>\n");
    buf_free(&said);
    return rc;
}

static enum rc
write_page(struct cli *c, struct file_out *f, const struct invite *i,
           const struct grant *g, const struct codes *k, struct fault *why)
{
    struct buf page = BUF_NONE;
    buf_reserve(&page, 1 << 20);
    enum rc rc = draw(c, i, g, k, &page);
    if (rc == RC_OK)
        rc = fd_write(f->fd, buf_slice(&page));
    if (rc != RC_OK)
        fault_set(why, rc, FAULT_NODE_IO, "%s", f->path);
    else
        rc = file_out_end(f, why);
    mem_wipe(page.p, page.n);
    buf_free(&page);
    return rc;
}

static void
tell_json(struct cli *c, const struct invite *i, const struct grant *g,
          const struct codes *k)
{
    json_t *json = invite_json(c, i, g);
    json_t *texts = json_array();
    for (unsigned n = 0; n < k->n; n++)
        json_array_append_new(texts, json_of_text(buf_slice(&k->part[n])));
    json_object_set_new(json, "texts", texts);
    if (args_has(c->args, "--svg"))
        json_object_set_new(json, "svg",
                            json_of_text(slice_text(args_value(c->args, "--svg"))));
    out_json(c->out, json);
}

static enum rc
tell(struct cli *c, const struct invite *i, const struct grant *g, const struct codes *k)
{
    enum rc rc = RC_OK;
    if (c->json) {
        tell_json(c, i, g, k);
        return rc;
    }
    invite_add(c, i, g);
    if (args_has(c->args, "--qr"))
        rc = show_text(c, k);
    if (args_has(c->args, "--svg"))
        say(c, WORD_INVITE_QR_PAGE, args_value(c->args, "--svg"), NULL);
    say(c, WORD_INVITE_QR_ONE, NULL);
    say(c, WORD_INVITE_QR_MEET, NULL);
    return rc;
}

/* ---- in the person's process */

int
invite_qr_begin(struct cli *c)
{
    struct fault why = {0};
    const char *page = args_value(c->args, "--svg");
    struct file_out *f = mem_new(sizeof(*f));
    f->fd = -1;
    enum rc rc = page != NULL ? file_out_begin(f, page, false, &why) : RC_OK;
    int status = rc == RC_OK ? hand_empty(c) : fail(c, rc, &why);
    if (status == 0) {
        c->own = f;
        return 0;
    }
    file_out_drop(f);
    mem_free(f);
    return status;
}

static enum rc
finish(struct cli *c, struct file_out *f, struct fault *why)
{
    struct buf bytes = BUF_NONE;
    struct invite i = {0};
    struct codes k = {.n = 0};
    struct grant *g = mem_new(sizeof(*g));
    enum rc rc = hand_take(c, &bytes, why);
    if (rc == RC_OK)
        rc = invite_decode(buf_slice(&bytes), &i);
    if (rc == RC_OK && !invite_grant(&i, g))
        rc = RC_BUG;
    if (rc == RC_OK && (rc = cut_for(&i, columns_of(c), &k)) != RC_OK)
        fault_set(why, rc, FAULT_FILE_SIZE, "--qr");
    if (rc == RC_OK && f->fd >= 0)
        rc = write_page(c, f, &i, g, &k, why);
    if (rc == RC_OK)
        rc = tell(c, &i, g, &k);
    codes_fini(&k);
    invite_fini(&i);
    mem_free(g);
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc;
}

int
invite_qr_end(struct cli *c, int status)
{
    struct fault why = {0};
    struct file_out *f = c->own;
    enum rc rc = status == 0 ? finish(c, f, &why) : RC_OK;
    c->own = NULL;
    file_out_drop(f);
    mem_free(f);
    return rc == RC_OK ? status : fail(c, rc, &why);
}
