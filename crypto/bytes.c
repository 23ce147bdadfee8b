/* Slices, buffers, the bounded reader, hex and UTF-8. */
#include "crypto/bytes.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 64

static void *
mem_or_die(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

void *
mem_new(size_t n)
{
    return mem_or_die(calloc(1, n > 0 ? n : 1));
}

void *
mem_grow(void *p, size_t n)
{
    return mem_or_die(realloc(p, n > 0 ? n : 1));
}

void *
mem_copy(const void *p, size_t n)
{
    void *q = mem_new(n);

    if (n > 0) {
        memcpy(q, p, n);
    }
    return q;
}

char *
mem_text(const char *text)
{
    return mem_copy(text, strlen(text) + 1);
}

void
mem_free(void *p)
{
    free(p);
}

void
mem_wipe(void *p, size_t n)
{
    if (n > 0) {
        sodium_memzero(p, n);
    }
}

struct slice
slice_of(const void *p, size_t n)
{
    return (struct slice){p, n};
}

struct slice
slice_text(const char *text)
{
    return slice_of(text, strlen(text));
}

bool
slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int
slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

    if (order != 0) {
        return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

void
buf_free(struct buf *b)
{
    free(b->p);
    *b = BUF_NONE;
}

void
buf_reserve(struct buf *b, size_t more)
{
    size_t cap = b->cap > CAP_MIN ? b->cap : CAP_MIN;

    if (b->cap - b->n >= more && b->p != NULL) {
        return;
    }
    if (more > SIZE_MAX / 4 - b->n) {
        abort(); /* no length of ours: whoever asked has compared it with no limit */
    }
    while (cap < b->n + more) {
        cap *= 2;
    }
    b->p = mem_grow(b->p, cap);
    b->cap = cap;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0) {
        return;
    }
    buf_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void
buf_add_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.p, s.n);
}

void
buf_add_u8(struct buf *b, uint8_t v)
{
    buf_add(b, &v, 1);
}

void
buf_add_u16(struct buf *b, uint16_t v)
{
    uint8_t raw[2];

    put_u16(raw, v);
    buf_add(b, raw, sizeof raw);
}

void
buf_add_u32(struct buf *b, uint32_t v)
{
    uint8_t raw[4];

    put_u32(raw, v);
    buf_add(b, raw, sizeof raw);
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
    uint8_t raw[8];

    put_u64(raw, v);
    buf_add(b, raw, sizeof raw);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        abort(); /* a format of ours that cannot be printed */
    }
    buf_reserve(b, (size_t)n + 1);
    va_start(ap, fmt);
    (void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

const char *
buf_text(struct buf *b)
{
    buf_reserve(b, 1);
    b->p[b->n] = 0;
    return (const char *)b->p;
}

struct slice
buf_slice(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

void
buf_drop(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    if (n > 0) {
        memmove(b->p, b->p + n, b->n - n);
        b->n -= n;
    }
}

struct reader
reader_of(struct slice s)
{
    return (struct reader){s.p, s.n, false};
}

/* The next n bytes, or NULL; from the first NULL on nothing is given out any more. */
static const uint8_t *
take(struct reader *r, size_t n)
{
    const uint8_t *p = r->p;

    if (r->bad || n > r->n) {
        r->bad = true;
        r->n = 0;
        return NULL;
    }
    if (n > 0) {
        r->p += n;
        r->n -= n;
    }
    return p;
}

uint8_t
read_u8(struct reader *r)
{
    const uint8_t *p = take(r, 1);

    return p != NULL ? p[0] : 0;
}

uint16_t
read_u16(struct reader *r)
{
    const uint8_t *p = take(r, 2);

    return p != NULL ? get_u16(p) : 0;
}

uint32_t
read_u32(struct reader *r)
{
    const uint8_t *p = take(r, 4);

    return p != NULL ? get_u32(p) : 0;
}

uint64_t
read_u64(struct reader *r)
{
    const uint8_t *p = take(r, 8);

    return p != NULL ? get_u64(p) : 0;
}

struct slice
read_slice(struct reader *r, size_t n)
{
    const uint8_t *p = take(r, n);

    return p != NULL ? slice_of(p, n) : slice_of(NULL, 0);
}

void
read_into(struct reader *r, void *out, size_t n)
{
    const uint8_t *p = take(r, n);

    if (n == 0) {
        return;
    }
    if (p != NULL) {
        memcpy(out, p, n);
    } else {
        memset(out, 0, n);
    }
}

bool
read_done(const struct reader *r)
{
    return !r->bad && r->n == 0;
}

void
put_u16(uint8_t out[static 2], uint16_t v)
{
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
}

void
put_u32(uint8_t out[static 4], uint32_t v)
{
    put_u16(out, (uint16_t)(v >> 16));
    put_u16(out + 2, (uint16_t)v);
}

void
put_u64(uint8_t out[static 8], uint64_t v)
{
    put_u32(out, (uint32_t)(v >> 32));
    put_u32(out + 4, (uint32_t)v);
}

uint16_t
get_u16(const uint8_t in[static 2])
{
    return (uint16_t)((in[0] << 8) | in[1]);
}

uint32_t
get_u32(const uint8_t in[static 4])
{
    return ((uint32_t)get_u16(in) << 16) | get_u16(in + 2);
}

uint64_t
get_u64(const uint8_t in[static 8])
{
    return ((uint64_t)get_u32(in) << 32) | get_u32(in + 4);
}
