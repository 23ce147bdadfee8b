/* Frames inside, Noise messages outside (PROTOCOL.md section 3). */
#include "sync/frame.h"

#include <assert.h>

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Moves bytes over until `part` has n of them. */
static bool
fill(struct wire *w, struct slice *bytes, size_t n)
{
    size_t take = least(n - w->part.n, bytes->n);

    buf_add(&w->part, bytes->p, take);
    bytes->p += take;
    bytes->n -= take;
    return w->part.n == n;
}

enum wire_got
wire_next(struct wire *w, struct slice *bytes, size_t max, struct slice *message)
{
    size_t n;

    if (w->is_taken) {
        w->part.n = 0;
        w->is_taken = false;
    }
    if (bytes->n == 0) {
        return WIRE_PART;
    }
    if (w->part.n == 0 && bytes->n >= WIRE_HEAD_BYTES) { /* whole ones are not copied */
        n = get_u16(bytes->p);
        if (n <= max && bytes->n >= WIRE_HEAD_BYTES + n) {
            *message = slice_of(bytes->p + WIRE_HEAD_BYTES, n);
            bytes->p += WIRE_HEAD_BYTES + n;
            bytes->n -= WIRE_HEAD_BYTES + n;
            return WIRE_WHOLE;
        }
    }
    if (w->part.n < WIRE_HEAD_BYTES && !fill(w, bytes, WIRE_HEAD_BYTES)) {
        return WIRE_PART;
    }
    n = get_u16(w->part.p);
    if (n > max) {
        return WIRE_OVER;
    }
    if (!fill(w, bytes, WIRE_HEAD_BYTES + n)) {
        return WIRE_PART;
    }
    *message = slice_of(w->part.p + WIRE_HEAD_BYTES, n);
    w->is_taken = true;
    return WIRE_WHOLE;
}

void
wire_fini(struct wire *w)
{
    buf_free(&w->part);
}

enum frame_got
frame_next(struct slice plain, struct frame *out, size_t *used)
{
    size_t n;

    if (plain.n < 4) {
        return FRAME_PART;
    }
    n = get_u32(plain.p);
    if (n == 0 || n > MESSAGE_BYTES_MAX) {
        return FRAME_OVER;
    }
    if (plain.n - 4 < n) {
        return FRAME_PART;
    }
    out->type = plain.p[4];
    out->payload = slice_of(plain.p + FRAME_HEAD_BYTES, n - 1);
    *used = 4 + n;
    return FRAME_WHOLE;
}

size_t
frame_begin(struct buf *out, uint8_t type)
{
    size_t at = out->n;

    buf_add_u32(out, 0);
    buf_add_u8(out, type);
    return at;
}

void
frame_end(struct buf *out, size_t at)
{
    size_t n = out->n - at - 4;

    assert(n >= 1 && n <= MESSAGE_BYTES_MAX);
    put_u32(out->p + at, (uint32_t)n);
}

void
number_add(struct buf *out, uint64_t v)
{
    assert(v <= INT64_MAX);
    while (v >= 0x80) {
        buf_add_u8(out, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    buf_add_u8(out, (uint8_t)v);
}

uint64_t
number_read(struct reader *r)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < NUMBER_BYTES_MAX; i++) {
        uint8_t b = read_u8(r);

        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (b < 0x80) {
            if (b == 0 && i > 0) { /* a shorter form exists */
                break;
            }
            return r->bad ? 0 : v;
        }
    }
    r->bad = true;
    return 0;
}
