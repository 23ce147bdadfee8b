/* Entries: a signed header over a body of items (ENTRY.md). */
#include "sync/entry.h"

#include <assert.h>
#include <string.h>

#include "sync/pack.h"

#define FORMAT 1

/* Offsets in the header (ENTRY.md section 2). */
enum {
    AT_FORMAT = 0,
    AT_KIND = 1,
    AT_SCHEMA = 2,
    AT_ITEMS = 4,
    AT_BODY = 6,
    AT_LOG = 8,
    AT_SEQ = 40,
    AT_PREV = 48,
    AT_CLOCK = 80,
    AT_MARK = 88,
    AT_ROOT = 96
};

static void
header_read(const uint8_t *p, struct entry *e)
{
    e->kind = p[AT_KIND] == ENTRY_DATA ? ENTRY_DATA : ENTRY_AUTHORITY;
    e->schema = get_u16(p + AT_SCHEMA);
    e->items_n = get_u16(p + AT_ITEMS);
    e->body_bytes = get_u16(p + AT_BODY);
    memcpy(e->log.b, p + AT_LOG, KEY_BYTES);
    e->seq = get_u64(p + AT_SEQ);
    memcpy(e->prev.b, p + AT_PREV, HASH_BYTES);
    e->clock = get_u64(p + AT_CLOCK);
    memcpy(e->mark, p + AT_MARK, sizeof e->mark);
    memcpy(e->root.b, p + AT_ROOT, HASH_BYTES);
}

static void
header_write(const struct entry *e, uint8_t p[static ENTRY_HEADER_BYTES])
{
    p[AT_FORMAT] = FORMAT;
    p[AT_KIND] = (uint8_t)e->kind;
    put_u16(p + AT_SCHEMA, e->schema);
    put_u16(p + AT_ITEMS, e->items_n);
    put_u16(p + AT_BODY, e->body_bytes);
    memcpy(p + AT_LOG, e->log.b, KEY_BYTES);
    put_u64(p + AT_SEQ, e->seq);
    memcpy(p + AT_PREV, e->prev.b, HASH_BYTES);
    put_u64(p + AT_CLOCK, e->clock);
    memcpy(p + AT_MARK, e->mark, sizeof e->mark);
    memcpy(p + AT_ROOT, e->root.b, HASH_BYTES);
}

/* ENTRY.md section 4: what an item of this kind of entry must look like from outside. */
static bool
item_is_sound(enum entry_kind kind, struct slice item)
{
    uint32_t scope;
    uint32_t epoch;

    if (item.n < ITEM_HEAD_BYTES) {
        return false;
    }
    scope = get_u32(item.p);
    epoch = get_u32(item.p + 4);
    if (kind == ENTRY_AUTHORITY) {
        return scope == 0 && epoch == 0 &&
               pack_check(slice_of(item.p + ITEM_HEAD_BYTES, item.n - ITEM_HEAD_BYTES)) ==
                   RC_OK;
    }
    return scope >= 1 && epoch >= 1 && item.n >= ITEM_OVERHEAD_BYTES + 16 &&
           (item.n - ITEM_OVERHEAD_BYTES) % 16 == 0;
}

/* ENTRY.md section 2, conditions 6 to 10. */
static enum rc
body_check(const struct entry *e)
{
    struct unpack u = unpack_of(e->body);
    struct entry_items it;
    struct entry_item item;
    uint32_t erased_n = 0;
    size_t used;

    if (pack_walk(e->body, true, &used) != RC_OK || used != e->body.n ||
        unpack_array(&u) != e->items_n) {
        return RC_MALFORMED;
    }
    it = entry_items(e);
    for (uint16_t i = 0; i < e->items_n; i++) {
        if (!entry_items_next(&it, &item)) {
            return RC_MALFORMED;
        }
        if (item.is_erased ? e->kind != ENTRY_DATA
                           : !item_is_sound(e->kind, item.bytes)) {
            return RC_MALFORMED;
        }
        erased_n += item.is_erased;
    }
    return erased_n > 0 || e->body_bytes == e->body.n ? RC_OK : RC_MALFORMED;
}

enum rc
entry_decode(struct slice bytes, struct entry *out)
{
    if (bytes.n <= ENTRY_HEAD_BYTES || bytes.n > ENTRY_BYTES_MAX) {
        return RC_MALFORMED;
    }
    if (bytes.p[AT_FORMAT] != FORMAT ||
        (bytes.p[AT_KIND] != ENTRY_DATA && bytes.p[AT_KIND] != ENTRY_AUTHORITY)) {
        return RC_MALFORMED;
    }
    header_read(bytes.p, out);
    if (out->items_n < 1 || out->items_n > ENTRY_ITEMS_MAX) {
        return RC_MALFORMED;
    }
    if (out->seq < 1 || out->seq > ENTRY_SEQ_MAX ||
        (out->seq == 1) != hash_is_zero(&out->prev)) {
        return RC_MALFORMED;
    }
    memcpy(out->sig.b, bytes.p + ENTRY_HEADER_BYTES, SIG_BYTES);
    out->header = slice_of(bytes.p, ENTRY_HEADER_BYTES);
    out->body = slice_of(bytes.p + ENTRY_HEAD_BYTES, bytes.n - ENTRY_HEAD_BYTES);
    out->bytes = bytes;
    return body_check(out);
}

struct entry_items
entry_items(const struct entry *e)
{
    struct unpack u = unpack_of(e->body);
    uint32_t n = unpack_array(&u);

    return (struct entry_items){u.rest, (uint16_t)n};
}

bool
entry_items_next(struct entry_items *it, struct entry_item *out)
{
    struct unpack u = unpack_of(it->rest);

    if (it->left == 0) {
        return false;
    }
    out->is_erased = unpack_kind(&u) == PACK_EXT;
    if (out->is_erased) {
        unpack_ext(&u, out->leaf.b);
        out->bytes = slice_of(NULL, 0);
    } else {
        out->bytes = unpack_bin(&u, ENTRY_BODY_BYTES_MAX);
    }
    it->rest = u.rest;
    it->left = u.bad ? 0 : (uint16_t)(it->left - 1);
    return !u.bad;
}

struct hash
entry_item_leaf(const struct entry_item *item)
{
    return item->is_erased ? item->leaf : merkle_leaf(item->bytes);
}

enum rc
entry_check_root(const struct entry *e)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;
    struct merkle tree;
    struct hash root;

    merkle_init(&tree);
    while (entry_items_next(&it, &item)) {
        struct hash leaf = entry_item_leaf(&item);

        merkle_add(&tree, &leaf);
    }
    root = merkle_root(&tree);
    return hash_eq(&root, &e->root) ? RC_OK : RC_FORGED;
}

bool
entry_check_sig(const struct entry *e, const struct hash *community)
{
    return sign_check(TAG_ENTRY, community, e->header, &e->log, &e->sig);
}

struct hash
entry_id(struct slice entry_or_head)
{
    assert(entry_or_head.n >= ENTRY_HEAD_BYTES);
    return merkle_leaf(slice_of(entry_or_head.p, ENTRY_HEAD_BYTES));
}

void
entry_erase(const struct entry *e, uint16_t index, struct buf *out)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;

    buf_add(out, e->bytes.p, ENTRY_HEAD_BYTES);
    pack_array(out, e->items_n);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        if (i == index || item.is_erased) {
            struct hash leaf = entry_item_leaf(&item);

            pack_ext(out, leaf.b);
        } else {
            pack_bin(out, item.bytes);
        }
    }
}

void
entry_writer_init(struct entry_writer *w)
{
    *w = (struct entry_writer){BUF_NONE, BUF_NONE, 0};
}

void
entry_writer_fini(struct entry_writer *w)
{
    buf_free(&w->body);
    buf_free(&w->leaves);
    w->items_n = 0;
}

static size_t
array_head_bytes(size_t n)
{
    return n < 16 ? 1 : 3;
}

bool
entry_room(const struct entry_writer *w, size_t item_bytes)
{
    size_t head = item_bytes < 256 ? 2 : 3; /* of a bin: no item has 64 KiB */
    size_t taken = array_head_bytes(w->items_n + 1u) + w->body.n + head;

    return w->items_n < ENTRY_ITEMS_MAX && taken <= ENTRY_BODY_BYTES_MAX &&
           item_bytes <= ENTRY_BODY_BYTES_MAX - taken;
}

void
entry_add(struct entry_writer *w, struct slice item)
{
    struct hash leaf = merkle_leaf(item);

    assert(entry_room(w, item.n));
    pack_bin(&w->body, item);
    buf_add(&w->leaves, leaf.b, HASH_BYTES);
    w->items_n++;
}

/* Root over the leaves collected so far. */
static struct hash
writer_root(const struct entry_writer *w)
{
    struct merkle tree;

    merkle_init(&tree);
    for (size_t at = 0; at < w->leaves.n; at += HASH_BYTES) {
        struct hash leaf;

        memcpy(leaf.b, w->leaves.p + at, HASH_BYTES);
        merkle_add(&tree, &leaf);
    }
    return merkle_root(&tree);
}

void
entry_finish(struct entry_writer *w, const struct entry *head,
             const struct hash *community, const struct pair *by, struct buf *out,
             struct hash *id)
{
    uint8_t raw[ENTRY_HEAD_BYTES];
    struct entry e = *head;
    struct sig sig;

    assert(w->items_n >= 1 && key_eq(&head->log, &by->pub));
    assert(head->seq >= 1 && head->seq <= ENTRY_SEQ_MAX &&
           (head->seq == 1) == hash_is_zero(&head->prev));
    e.items_n = w->items_n;
    e.body_bytes = (uint16_t)(array_head_bytes(w->items_n) + w->body.n);
    e.root = writer_root(w);
    header_write(&e, raw);
    sign_make(TAG_ENTRY, community, slice_of(raw, ENTRY_HEADER_BYTES), by, &sig);
    memcpy(raw + ENTRY_HEADER_BYTES, sig.b, SIG_BYTES);
    *id = merkle_leaf(slice_of(raw, sizeof raw));
    buf_add(out, raw, sizeof raw);
    pack_array(out, w->items_n);
    buf_add_slice(out, buf_slice(&w->body));
    w->body.n = 0;
    w->leaves.n = 0;
    w->items_n = 0;
}
