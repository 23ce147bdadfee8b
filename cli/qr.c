#include "cli/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define QUIET 4 /* squares of margin that the standard asks for */

struct squares {
    QRcode *code;
    int width; /* with the quiet zone on both sides */
};

/* Capital letters, digits and a few signs go two into eleven bits. */
static bool
is_short(struct slice text)
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    for (size_t i = 0; i < text.n; i++)
        if (memchr(set, text.p[i], sizeof(set) - 1) == NULL)
            return false;
    return true;
}

/* Level M: a seventh of it may be dirt or a crease. */
static QRcode *
encode(struct slice text)
{
    QRinput *in = QRinput_new2(0, QR_ECLEVEL_M);
    QRcode *code = NULL;
    if (in != NULL && QRinput_append(in, is_short(text) ? QR_MODE_AN : QR_MODE_8,
                                     (int)text.n, text.p) == 0)
        code = QRcode_encodeInput(in);
    int no = errno;
    QRinput_free(in);
    errno = no;
    return code;
}

static enum rc
squares_of(struct slice text, struct squares *out)
{
    if (text.n == 0 || text.n > QR_BYTES_MAX)
        return RC_LIMIT;
    out->code = encode(text);
    if (out->code == NULL)
        return errno == ERANGE ? RC_LIMIT : RC_BUG;
    out->width = out->code->width + 2 * QUIET;
    return RC_OK;
}

/* What is drawn may be a key. */
static void
squares_fini(struct squares *s)
{
    size_t n = (size_t)s->code->width * (size_t)s->code->width;
    mem_wipe(s->code->data, n);
    QRcode_free(s->code);
}

static bool
is_dark(const struct squares *s, int x, int y)
{
    int w = s->code->width;
    x -= QUIET;
    y -= QUIET;
    return x >= 0 && y >= 0 && x < w && y < w && (s->code->data[y * w + x] & 1) != 0;
}

enum rc
qr_width(struct slice text, unsigned *width)
{
    struct squares s;
    enum rc rc = squares_of(text, &s);
    if (rc != RC_OK)
        return rc;
    *width = (unsigned)s.width;
    squares_fini(&s);
    return RC_OK;
}

enum rc
qr_text(struct buf *out, struct slice text)
{
    struct squares s;
    enum rc rc = squares_of(text, &s);
    if (rc != RC_OK)
        return rc;
    for (int y = 0; y < s.width; y += 2) {
        for (int x = 0; x < s.width; x++) {
            bool up = is_dark(&s, x, y);
            bool down = is_dark(&s, x, y + 1);
            buf_addf(out, "%s", up ? down ? " " : "▄" : down ? "▀" : "█");
        }
        buf_addf(out, "\n");
    }
    squares_fini(&s);
    return RC_OK;
}

enum rc
qr_svg(struct buf *out, struct slice text, unsigned mm)
{
    struct squares s;
    enum rc rc = squares_of(text, &s);
    if (rc != RC_OK)
        return rc;
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%umm\" height=\"%umm\""
             " viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
             "<path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/><path fill=\"#000\" d=\"",
             mm, mm, s.width, s.width, s.width, s.width, s.width);
    for (int y = 0; y < s.width; y++) {
        for (int x = 0; x < s.width; x++) {
            int run = 0;
            while (is_dark(&s, x + run, y))
                run++;
            if (run > 0)
                buf_addf(out, "M%d %dh%dv1h-%dz", x, y, run, run);
            x += run;
        }
    }
    buf_addf(out, "\"/></svg>");
    squares_fini(&s);
    return RC_OK;
}
