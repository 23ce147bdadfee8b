/* Canonical msgpack: the walker, the reader, the writer (ENTRY.md section 1).
 *
 * msgpack-c is no validator: it asks for 128 GiB at five hostile bytes, takes over-long
 * integers and broken UTF-8. So bytes from outside are walked here and stay where they
 * are; only what we write goes through msgpack-c. */
#include "sync/pack.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

#define EXT_TYPE 1
#define EXT_BYTES 32

/* The front of a value: what it is, how long its head, its number or length. */
struct head {
    enum pack_kind kind;
    size_t bytes;
    uint64_t v; /* number, length, or count; a negative number in two's complement */
};

/* First bytes 0xc0 to 0xdf: kind, bytes of the number behind them, the least number for
 * which this form is the shortest (of d0 to d3: the least distance below -1). */
struct form {
    enum pack_kind kind;
    uint8_t wide;
    uint64_t least;
};
static const struct form forms[32] = {
    [0x00] = {PACK_NIL, 0, 0},           [0x02] = {PACK_BOOL, 0, 0},
    [0x03] = {PACK_BOOL, 0, 0},          [0x04] = {PACK_BIN, 1, 0},
    [0x05] = {PACK_BIN, 2, 1u << 8},     [0x06] = {PACK_BIN, 4, 1u << 16},
    [0x07] = {PACK_EXT, 1, EXT_BYTES},   [0x0c] = {PACK_UINT, 1, 1u << 7},
    [0x0d] = {PACK_UINT, 2, 1u << 8},    [0x0e] = {PACK_UINT, 4, 1u << 16},
    [0x0f] = {PACK_UINT, 8, 1ull << 32}, [0x10] = {PACK_INT, 1, 1u << 5},
    [0x11] = {PACK_INT, 2, 1u << 7},     [0x12] = {PACK_INT, 4, 1u << 15},
    [0x13] = {PACK_INT, 8, 1ull << 31},  [0x19] = {PACK_TEXT, 1, 1u << 5},
    [0x1a] = {PACK_TEXT, 2, 1u << 8},    [0x1b] = {PACK_TEXT, 4, 1u << 16},
    [0x1c] = {PACK_ARRAY, 2, 1u << 4},   [0x1d] = {PACK_ARRAY, 4, 1u << 16},
};

static inline bool
has_payload(enum pack_kind kind)
{
    return kind == PACK_BIN || kind == PACK_TEXT || kind == PACK_EXT;
}

/* Number of `wide` bytes (1, 2, 4, 8), big-endian. */
static inline uint64_t
number_at(const uint8_t *p, size_t wide)
{
    uint64_t v = p[0];

    for (size_t i = 1; i < wide; i++) {
        v = (v << 8) | p[i];
    }
    return v;
}

/* Is the negative number in its only form? Makes the 64 bits of it. */
static bool
negative(const struct form *f, uint64_t *v)
{
    uint64_t top = 1ull << (8 * f->wide - 1);

    if ((*v & top) == 0) {
        return false;
    }
    *v |= ~(top | (top - 1));
    return ~*v >= f->least;
}

/* A head behind one of the bytes 0xc0 to 0xdf. */
static bool
head_long(struct slice s, struct head *h)
{
    const struct form *f = &forms[s.p[0] & 31];

    h->kind = f->kind;
    h->bytes = 1u + f->wide;
    if (f->kind == PACK_NONE || s.n < h->bytes) {
        return false;
    }
    h->v = f->wide == 0 ? s.p[0] == 0xc3 : number_at(s.p + 1, f->wide);
    if (f->kind == PACK_INT) {
        return negative(f, &h->v);
    }
    if (f->kind == PACK_EXT) {
        h->bytes = 3;
        return h->v == EXT_BYTES && s.n >= 3 && s.p[2] == EXT_TYPE;
    }
    return f->wide == 0 || h->v >= f->least;
}

/* The head at the front of s; false if there is none of our subset or its payload is not
 * all there. An array's elements take a byte each at least, so no count is believed that
 * the bytes at hand cannot hold. */
static inline bool
head_at(struct slice s, struct head *h)
{
    uint8_t b;

    if (s.n == 0) {
        return false;
    }
    b = s.p[0];
    h->bytes = 1;
    if (b < 0x80) {
        h->kind = PACK_UINT;
        h->v = b;
        return true;
    }
    if (b >= 0xe0) {
        h->kind = PACK_INT;
        h->v = (uint64_t)((int64_t)b - 256);
        return true;
    }
    if (b < 0xc0) {
        if (b < 0x90) {
            return false; /* a map */
        }
        h->kind = b < 0xa0 ? PACK_ARRAY : PACK_TEXT;
        h->v = b < 0xa0 ? b & 15 : b & 31;
    } else if (!head_long(s, h)) {
        return false;
    }
    return (!has_payload(h->kind) && h->kind != PACK_ARRAY) || h->v <= s.n - h->bytes;
}

static inline size_t
head_whole(const struct head *h)
{
    return h->bytes + (has_payload(h->kind) ? (size_t)h->v : 0);
}

static inline struct slice
slice_from(struct slice s, size_t n)
{
    if (n == 0) {
        return s; /* nothing is added to a NULL */
    }
    return (struct slice){s.p + n, s.n - n};
}

static bool
text_is_valid(struct slice s)
{
    return s.n == 0 || (memchr(s.p, 0, s.n) == NULL && utf8_is_valid(s));
}

enum rc
pack_walk(struct slice s, bool ext, size_t *used)
{
    uint64_t left[PACK_DEPTH_MAX]; /* elements still to come of every open array */
    size_t depth = 0;
    size_t at = 0;

    do {
        struct head h;

        if (!head_at(slice_from(s, at), &h)) {
            return RC_MALFORMED;
        }
        if (h.kind == PACK_TEXT && !text_is_valid(slice_of(s.p + at + h.bytes, h.v))) {
            return RC_MALFORMED;
        }
        if (h.kind == PACK_EXT && (!ext || depth != 1)) {
            return RC_MALFORMED;
        }
        at += head_whole(&h);
        if (h.kind == PACK_ARRAY) {
            if (depth == PACK_DEPTH_MAX) {
                return RC_LIMIT;
            }
            left[depth++] = h.v + 1; /* its head ends like an element of its own */
        }
        while (depth > 0 && --left[depth - 1] == 0) {
            depth--;
        }
    } while (depth > 0);
    *used = at;
    return RC_OK;
}

enum rc
pack_check(struct slice s)
{
    size_t used;
    enum rc rc = pack_walk(s, false, &used);

    if (rc != RC_OK) {
        return rc;
    }
    return used == s.n ? RC_OK : RC_MALFORMED;
}

struct unpack
unpack_of(struct slice walked)
{
    return (struct unpack){walked, false};
}

/* Takes the next value if it is of that kind; of an array only the head. */
static bool
take(struct unpack *u, enum pack_kind kind, struct head *h, struct slice *payload)
{
    size_t whole;

    if (u->bad || !head_at(u->rest, h) || h->kind != kind) {
        u->bad = true;
        u->rest = slice_of(NULL, 0);
        return false;
    }
    whole = head_whole(h);
    if (payload != NULL) {
        *payload = (struct slice){u->rest.p + h->bytes, whole - h->bytes};
    }
    u->rest = slice_from(u->rest, whole);
    return true;
}

static void
spoil(struct unpack *u)
{
    u->bad = true;
    u->rest = slice_of(NULL, 0);
}

enum pack_kind
unpack_kind(const struct unpack *u)
{
    struct head h;

    return !u->bad && head_at(u->rest, &h) ? h.kind : PACK_NONE;
}

uint32_t
unpack_array(struct unpack *u)
{
    struct head h;

    return take(u, PACK_ARRAY, &h, NULL) ? (uint32_t)h.v : 0;
}

uint64_t
unpack_uint(struct unpack *u, uint64_t max)
{
    struct head h;

    if (!take(u, PACK_UINT, &h, NULL)) {
        return 0;
    }
    if (h.v > max) {
        spoil(u);
        return 0;
    }
    return h.v;
}

int64_t
unpack_int(struct unpack *u)
{
    struct head h;

    if (unpack_kind(u) == PACK_INT) {
        return take(u, PACK_INT, &h, NULL) ? (int64_t)h.v : 0;
    }
    return (int64_t)unpack_uint(u, INT64_MAX);
}

bool
unpack_bool(struct unpack *u)
{
    struct head h;

    return take(u, PACK_BOOL, &h, NULL) && h.v != 0;
}

static struct slice
take_bytes(struct unpack *u, enum pack_kind kind, size_t max)
{
    struct slice payload = {NULL, 0};
    struct head h;

    if (take(u, kind, &h, &payload) && payload.n > max) {
        spoil(u);
        return slice_of(NULL, 0);
    }
    return payload;
}

struct slice
unpack_text(struct unpack *u, size_t max)
{
    return take_bytes(u, PACK_TEXT, max);
}

struct slice
unpack_bin(struct unpack *u, size_t max)
{
    return take_bytes(u, PACK_BIN, max);
}

static void
take_exactly(struct unpack *u, enum pack_kind kind, void *out, size_t n)
{
    struct slice s = take_bytes(u, kind, n);

    if (s.n != n || u->bad) {
        spoil(u);
        memset(out, 0, n);
        return;
    }
    memcpy(out, s.p, n);
}

void
unpack_fixed(struct unpack *u, void *out, size_t n)
{
    take_exactly(u, PACK_BIN, out, n);
}

void
unpack_ext(struct unpack *u, uint8_t out[static 32])
{
    take_exactly(u, PACK_EXT, out, EXT_BYTES);
}

struct slice
unpack_raw(struct unpack *u)
{
    struct slice from = u->rest;
    struct slice rest = u->rest;
    uint64_t left = 1;

    if (u->bad) {
        return slice_of(NULL, 0);
    }
    while (left > 0) {
        struct head h;

        if (!head_at(rest, &h)) {
            spoil(u);
            return slice_of(NULL, 0);
        }
        left += (h.kind == PACK_ARRAY ? h.v : 0) - 1;
        rest = slice_from(rest, head_whole(&h));
    }
    u->rest = rest;
    return slice_of(from.p, from.n - rest.n);
}

bool
unpack_is_nil(const struct unpack *u)
{
    return unpack_kind(u) == PACK_NIL;
}

void
unpack_skip(struct unpack *u)
{
    (void)unpack_raw(u);
}

bool
unpack_done(const struct unpack *u)
{
    return !u->bad && u->rest.n == 0;
}

static int
on_packed(void *data, const char *p, size_t n)
{
    buf_add(data, p, n);
    return 0;
}

static msgpack_packer
packer_on(struct buf *b)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, b, on_packed);
    return pk;
}

void
pack_array(struct buf *b, uint32_t n)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_array(&pk, n);
}

void
pack_uint(struct buf *b, uint64_t v)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_uint64(&pk, v);
}

void
pack_int(struct buf *b, int64_t v)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_int64(&pk, v);
}

void
pack_bool(struct buf *b, bool v)
{
    msgpack_packer pk = packer_on(b);

    (void)(v ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void
pack_nil(struct buf *b)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_nil(&pk);
}

void
pack_text(struct buf *b, struct slice s)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_str_with_body(&pk, s.p, s.n);
}

void
pack_bin(struct buf *b, struct slice s)
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_bin_with_body(&pk, s.p, s.n);
}

void
pack_ext(struct buf *b, const uint8_t in[static 32])
{
    msgpack_packer pk = packer_on(b);

    (void)msgpack_pack_ext_with_body(&pk, in, EXT_BYTES, EXT_TYPE);
}
