/* Bundles (BUNDLE.md). */
#include "sync/bundle.h"

#include <assert.h>
#include <string.h>

#include "sync/frame.h"

#define MAGIC_BYTES 16
#define FIXED_BYTES 101 /* of a head, before its rows */
#define ROW_BYTES 45
#define TRAILER_BYTES 24 /* before its hash */

enum { CHUNK_RUN = 1, CHUNK_RUN_LENGTHS = 2, CHUNK_PROOF = 3 };

/* A line end of each kind: a copy that changed them shows. */
static const char magic[MAGIC_BYTES + 1] = "linjuli-bundle\r\n";

static struct hash
chained(const struct hash *before, struct slice s)
{
    struct hash_run run;

    hash_init(&run);
    hash_add(&run, slice_of(before->b, HASH_BYTES));
    hash_add(&run, s);
    return hash_done(&run);
}

/* ---- writing */

void
bundle_begin(struct bundle_writer *w, const struct bundle_head *head,
             const struct bundle_row *row, const struct pair *by, struct buf *out)
{
    size_t at = out->n;
    struct sig sig;

    assert(head->rows_n <= BUNDLE_ROWS_MAX);
    *w = (struct bundle_writer){0};
    buf_add(out, magic, MAGIC_BYTES);
    buf_add_u8(out, BUNDLE_VERSION);
    buf_add(out, head->community.b, HASH_BYTES);
    buf_add_u32(out, head->node);
    buf_add_u32(out, head->receiver);
    buf_add_u64(out, head->clock);
    buf_add(out, by->pub.b, KEY_BYTES);
    buf_add_u32(out, head->rows_n);
    for (uint32_t i = 0; i < head->rows_n; i++) {
        buf_add_u8(out, (uint8_t)row[i].kind);
        buf_add_u32(out, row[i].no);
        buf_add_u64(out, row[i].seq);
        buf_add(out, row[i].id.b, HASH_BYTES);
    }
    sign_make(TAG_STICK, &head->community, slice_of(out->p + at, out->n - at), by, &sig);
    buf_add(out, sig.b, SIG_BYTES);
    w->chain = hash_of(slice_of(out->p + at, out->n - at));
    buf_add(out, w->chain.b, HASH_BYTES);
    w->bytes = out->n - at;
}

bool
bundle_run_add(struct buf *chunk, struct slice entry)
{
    bool odd = entry.n != ENTRY_HEAD_BYTES + (size_t)get_u16(entry.p + 6);

    if (chunk->n == 0) {
        buf_add_u8(chunk, odd ? CHUNK_RUN_LENGTHS : CHUNK_RUN);
    } else if (chunk->n + entry.n > CHUNK_BYTES ||
               (odd && chunk->p[0] != CHUNK_RUN_LENGTHS)) {
        return false;
    }
    if (chunk->p[0] == CHUNK_RUN_LENGTHS) {
        number_add(chunk, entry.n);
    }
    buf_add_slice(chunk, entry);
    return true;
}

void
bundle_proof(struct buf *chunk, struct slice one, struct slice two)
{
    buf_add_u8(chunk, CHUNK_PROOF);
    buf_add_slice(chunk, one);
    buf_add_slice(chunk, two);
}

/* Entries of a chunk; false: it is not what a chunk can be. */
static bool
count(struct slice payload, uint64_t *n)
{
    struct bundle_items it = bundle_items(payload);
    struct slice entry;
    uint64_t items = 0;

    while (bundle_items_next(&it, &entry)) {
        items++;
    }
    *n += it.is_proof ? 0 : items;
    return !it.r.bad && (it.is_unknown || (it.is_proof ? items == 2 : items > 0));
}

void
bundle_chunk(struct bundle_writer *w, struct slice payload, struct buf *out)
{
    size_t at = out->n;
    bool fine = count(payload, &w->entries);

    assert(fine && payload.n <= BUNDLE_CHUNK_BYTES_MAX);
    buf_add_u32(out, (uint32_t)payload.n);
    buf_add_slice(out, payload);
    w->chain = chained(&w->chain, slice_of(out->p + at, out->n - at));
    buf_add(out, w->chain.b, HASH_BYTES);
    w->chunks++;
    w->bytes += out->n - at;
}

void
bundle_end(struct bundle_writer *w, struct buf *out)
{
    size_t at = out->n;

    buf_add_u32(out, 0);
    buf_add_u32(out, w->chunks);
    buf_add_u64(out, w->entries);
    buf_add_u64(out, w->bytes);
    w->chain = chained(&w->chain, slice_of(out->p + at, out->n - at));
    buf_add(out, w->chain.b, HASH_BYTES);
    w->bytes += out->n - at;
}

/* ---- reading */

void
bundle_reader_init(struct bundle_reader *r)
{
    *r = (struct bundle_reader){0};
}

void
bundle_reader_fini(struct bundle_reader *r)
{
    buf_free(&r->part);
}

/* Fills the part up to n bytes; false: there are not enough. */
static bool
fill(struct bundle_reader *r, struct slice *bytes, size_t n)
{
    size_t take = r->part.n < n ? n - r->part.n : 0;

    take = take < bytes->n ? take : bytes->n;
    buf_add(&r->part, bytes->p, take);
    *bytes = slice_of(bytes->p + take, bytes->n - take);
    return r->part.n >= n;
}

static enum bundle_got
damaged(struct bundle_reader *r)
{
    r->to = r->at + r->part.n;
    r->is_taken = false;
    return BUNDLE_BAD;
}

/* Does the part end in the hash of what stands before it (and of the chain so far)? */
static bool
holds(struct bundle_reader *r, const struct hash *before)
{
    struct slice s = slice_of(r->part.p, r->part.n - HASH_BYTES);
    struct hash h = before != NULL ? chained(before, s) : hash_of(s);

    if (memcmp(h.b, r->part.p + s.n, HASH_BYTES) != 0) {
        return false;
    }
    r->chain = h;
    return true;
}

static enum bundle_got
whole(struct bundle_reader *r, enum bundle_got what, size_t from, struct slice *part)
{
    *part = slice_of(r->part.p + from, r->part.n - from - HASH_BYTES);
    r->to = r->at + r->part.n;
    r->is_taken = true;
    return what;
}

static enum bundle_got
next_head(struct bundle_reader *r, struct slice *bytes, struct slice *part)
{
    size_t have = 0;
    uint32_t rows;

    (void)fill(r, bytes, MAGIC_BYTES + 1);
    have = r->part.n < MAGIC_BYTES ? r->part.n : MAGIC_BYTES;
    if (memcmp(r->part.n > 0 ? r->part.p : (const uint8_t *)magic, magic, have) != 0) {
        return BUNDLE_NONE;
    }
    if (r->part.n > MAGIC_BYTES && r->part.p[MAGIC_BYTES] != BUNDLE_VERSION) {
        return r->part.p[MAGIC_BYTES] == 0 ? BUNDLE_NONE : BUNDLE_NEWER;
    }
    if (!fill(r, bytes, FIXED_BYTES)) {
        return BUNDLE_PART;
    }
    rows = get_u32(r->part.p + FIXED_BYTES - 4);
    if (rows > BUNDLE_ROWS_MAX) {
        return damaged(r);
    }
    if (!fill(r, bytes,
              FIXED_BYTES + ROW_BYTES * (size_t)rows + SIG_BYTES + HASH_BYTES)) {
        return BUNDLE_PART;
    }
    if (!holds(r, NULL)) {
        return damaged(r);
    }
    r->has_head = true;
    return whole(r, BUNDLE_HEAD, 0, part);
}

static enum bundle_got
next_trailer(struct bundle_reader *r, struct slice *bytes, struct slice *part)
{
    if (!fill(r, bytes, TRAILER_BYTES + HASH_BYTES)) {
        return BUNDLE_PART;
    }
    if (!holds(r, &r->chain) || get_u32(r->part.p + 4) != r->chunks ||
        get_u64(r->part.p + 8) != r->entries || get_u64(r->part.p + 16) != r->at) {
        return damaged(r);
    }
    r->is_ended = true;
    return whole(r, BUNDLE_END, 0, part);
}

enum bundle_got
bundle_next(struct bundle_reader *r, struct slice *bytes, struct slice *part)
{
    uint32_t n;

    if (r->is_taken) {
        r->at = r->to;
        r->part.n = 0;
        r->is_taken = false;
    }
    if (!r->has_head) {
        return next_head(r, bytes, part);
    }
    if (r->is_ended) {
        if (bytes->n == 0 && r->part.n == 0) {
            return BUNDLE_PART;
        }
        (void)fill(r, bytes, 1);
        return damaged(r);
    }
    if (!fill(r, bytes, 4)) {
        return BUNDLE_PART;
    }
    n = get_u32(r->part.p);
    if (n == 0) {
        return next_trailer(r, bytes, part);
    }
    if (n > BUNDLE_CHUNK_BYTES_MAX) {
        return damaged(r);
    }
    if (!fill(r, bytes, 4 + (size_t)n + HASH_BYTES)) {
        return BUNDLE_PART;
    }
    if (!holds(r, &r->chain) || !count(slice_of(r->part.p + 4, n), &r->entries)) {
        return damaged(r);
    }
    r->chunks++;
    return whole(r, BUNDLE_CHUNK, 4, part);
}

enum rc
bundle_head_decode(struct slice head, struct bundle_head *out)
{
    struct reader r = reader_of(head);
    struct bundle_row last = {0};

    (void)read_slice(&r, MAGIC_BYTES + 1);
    read_into(&r, out->community.b, HASH_BYTES);
    out->node = read_u32(&r);
    out->receiver = read_u32(&r);
    out->clock = read_u64(&r);
    read_into(&r, out->log.b, KEY_BYTES);
    out->rows_n = read_u32(&r);
    if (r.bad || out->rows_n > BUNDLE_ROWS_MAX) {
        return RC_MALFORMED;
    }
    out->rows = read_slice(&r, ROW_BYTES * (size_t)out->rows_n);
    out->said = slice_of(head.p, head.n - r.n);
    read_into(&r, out->sig.b, SIG_BYTES);
    if (!read_done(&r) || out->node == 0) {
        return RC_MALFORMED;
    }
    for (uint32_t i = 0; i < out->rows_n; i++) {
        struct bundle_row row;

        bundle_row_at(out, i, &row);
        if (row.kind < BUNDLE_REIGN || row.kind > BUNDLE_ACK || row.no == 0 ||
            row.seq == 0 || row.seq > ENTRY_SEQ_MAX || row.kind < last.kind ||
            (row.kind == last.kind && row.no <= last.no)) {
            return RC_MALFORMED;
        }
        last = row;
    }
    return RC_OK;
}

bool
bundle_is_of(struct slice front, const struct hash *community, uint32_t node)
{
    return front.n >= FIXED_BYTES && memcmp(front.p, magic, MAGIC_BYTES) == 0 &&
           memcmp(front.p + MAGIC_BYTES + 1, community->b, HASH_BYTES) == 0 &&
           get_u32(front.p + MAGIC_BYTES + 1 + HASH_BYTES) == node;
}

bool
bundle_head_check(const struct bundle_head *h)
{
    return sign_check(TAG_STICK, &h->community, h->said, &h->log, &h->sig);
}

void
bundle_row_at(const struct bundle_head *h, uint32_t i, struct bundle_row *out)
{
    struct reader r = reader_of(h->rows);

    (void)read_slice(&r, ROW_BYTES * (size_t)i);
    out->kind = (enum bundle_kind)read_u8(&r);
    out->no = read_u32(&r);
    out->seq = read_u64(&r);
    read_into(&r, out->id.b, HASH_BYTES);
}

struct bundle_items
bundle_items(struct slice chunk)
{
    struct bundle_items it = {.r = reader_of(chunk)};
    uint8_t type = read_u8(&it.r);

    it.has_lengths = type == CHUNK_RUN_LENGTHS;
    it.is_proof = type == CHUNK_PROOF;
    it.is_unknown = type < CHUNK_RUN || type > CHUNK_PROOF;
    return it;
}

bool
bundle_items_next(struct bundle_items *it, struct slice *entry)
{
    uint64_t n = ENTRY_HEAD_BYTES;

    if (it->is_unknown || it->r.bad || it->r.n == 0) {
        return false;
    }
    if (it->has_lengths) {
        n = number_read(&it->r);
    } else if (!it->is_proof && it->r.n >= ENTRY_HEAD_BYTES) {
        n += get_u16(it->r.p + 6);
    }
    if (n < ENTRY_HEAD_BYTES || n > ENTRY_BYTES_MAX) {
        it->r.bad = true;
        return false;
    }
    *entry = read_slice(&it->r, (size_t)n);
    return !it->r.bad;
}
