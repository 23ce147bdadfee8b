/* The invite file (INVITE.md). */
#include "schema/hub.h"

#include <string.h>

#define MAGIC_BYTES 8
#define VERSION 1
#define HEAD_BYTES (MAGIC_BYTES + 1 + 4)
#define ELEMENTS 15

static const uint8_t magic[MAGIC_BYTES] = {'l', 'j', 'i', 'n', 'v', 'i', 't', '\n'};

void
invite_fini(struct invite *i)
{
    buf_free(&i->grant_op);
    buf_free(&i->addresses);
    buf_free(&i->authority);
    if (i->keys.p != NULL)
        mem_wipe(i->keys.p, i->keys.cap);
    buf_free(&i->keys);
    mem_wipe(i, sizeof(*i));
}

/* ---- writing */

static void
pack_fixed(struct buf *b, const void *p, size_t n)
{
    pack_bin(b, slice_of(p, n));
}

static void
pack_addresses(const struct invite *i, struct buf *out)
{
    uint32_t n = 0;
    for (size_t k = 0; k < i->addresses.n; k++)
        n += i->addresses.p[k] == '\0';
    pack_array(out, n);
    struct reader r = reader_of(buf_slice(&i->addresses));
    for (uint32_t k = 0; k < n; k++) {
        size_t len = strlen((const char *)r.p);
        pack_text(out, read_slice(&r, len));
        (void)read_u8(&r);
    }
}

static void
pack_authority(const struct invite *i, struct buf *out)
{
    uint32_t n = 0;
    struct reader r = reader_of(buf_slice(&i->authority));
    for (; r.n > 0 && !r.bad; n++)
        (void)read_slice(&r, read_u32(&r));
    pack_array(out, n);
    r = reader_of(buf_slice(&i->authority));
    for (uint32_t k = 0; k < n; k++) {
        uint32_t len = read_u32(&r);
        pack_bin(out, read_slice(&r, len));
    }
}

static void
pack_keys(const struct invite *i, struct buf *out)
{
    uint32_t n = (uint32_t)(i->keys.n / (8 + KEY_BYTES));
    struct reader r = reader_of(buf_slice(&i->keys));
    pack_array(out, 3 * n);
    for (uint32_t k = 0; k < n; k++) {
        pack_uint(out, read_u32(&r));
        pack_uint(out, read_u32(&r));
        pack_bin(out, read_slice(&r, KEY_BYTES));
    }
}

void
invite_encode(const struct invite *i, struct buf *out)
{
    size_t start = out->n;
    buf_add(out, magic, MAGIC_BYTES);
    buf_add_u8(out, VERSION);
    buf_add_u32(out, 0); /* length, below */
    pack_array(out, ELEMENTS);
    pack_fixed(out, i->no, INVITE_NO_BYTES);
    pack_fixed(out, i->secret.b, KEY_BYTES);
    pack_fixed(out, i->once_seed, SEED_BYTES);
    pack_fixed(out, i->community.b, HASH_BYTES);
    pack_fixed(out, i->hub_key.b, KEY_BYTES);
    pack_uint(out, i->until_ms);
    pack_uint(out, i->made_ms);
    pack_bin(out, buf_slice(&i->grant_op));
    pack_uint(out, i->log_no);
    pack_uint(out, i->node);
    pack_text(out, slice_text(i->community_name));
    pack_text(out, slice_text(i->person_name));
    pack_addresses(i, out);
    pack_authority(i, out);
    pack_keys(i, out);
    put_u32(out->p + start + MAGIC_BYTES + 1, (uint32_t)(out->n - start - HEAD_BYTES));
    struct hash h = hash_of(slice_of(out->p + start, out->n - start));
    buf_add(out, h.b, HASH_BYTES);
}

/* ---- reading */

static void
unpack_name(struct unpack *u, char out[static NAME_BYTES_MAX + 1])
{
    struct slice s = unpack_text(u, NAME_BYTES_MAX);
    if (s.n > 0)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
}

static void
unpack_addresses(struct unpack *u, struct buf *out)
{
    uint32_t n = unpack_array(u);
    for (uint32_t k = 0; k < n && !u->bad; k++) {
        buf_add_slice(out, unpack_text(u, NAME_BYTES_MAX));
        buf_add_u8(out, '\0');
    }
}

static void
unpack_authority(struct unpack *u, struct buf *out)
{
    uint32_t n = unpack_array(u);
    for (uint32_t k = 0; k < n && !u->bad; k++) {
        struct slice s = unpack_bin(u, ENTRY_BYTES_MAX);
        buf_add_u32(out, (uint32_t)s.n);
        buf_add_slice(out, s);
    }
}

static void
unpack_keys(struct unpack *u, struct buf *out)
{
    uint32_t n = unpack_array(u);
    u->bad |= n % 3 != 0;
    for (uint32_t k = 0; k < n / 3 && !u->bad; k++) {
        uint8_t key[KEY_BYTES];
        buf_add_u32(out, (uint32_t)unpack_uint(u, UINT32_MAX));
        buf_add_u32(out, (uint32_t)unpack_uint(u, UINT32_MAX));
        unpack_fixed(u, key, KEY_BYTES);
        buf_add(out, key, KEY_BYTES);
        mem_wipe(key, sizeof(key));
    }
}

/* Whole, ours, and as it was written? The body comes out. */
static enum rc
open_file(struct slice file, struct slice *body)
{
    struct reader r = reader_of(file);
    uint8_t have[MAGIC_BYTES];
    struct hash want;
    read_into(&r, have, MAGIC_BYTES);
    uint8_t version = read_u8(&r);
    uint32_t n = read_u32(&r);
    /* A beginning of the magic and nothing behind it is a torn file, not a foreign one.
     */
    size_t seen = file.n < MAGIC_BYTES ? file.n : MAGIC_BYTES;
    if (file.n == 0 || memcmp(file.p, magic, seen) != 0)
        return RC_MALFORMED;
    if (!r.bad && version != VERSION)
        return RC_STALE;
    *body = read_slice(&r, n);
    read_into(&r, want.b, HASH_BYTES);
    if (r.bad)
        return RC_CORRUPT;
    if (r.n > 0)
        return RC_MALFORMED;
    struct hash h = hash_of(slice_of(file.p, HEAD_BYTES + (size_t)n));
    return hash_eq(&h, &want) ? RC_OK : RC_CORRUPT;
}

enum rc
invite_decode(struct slice file, struct invite *out)
{
    struct slice body = {NULL, 0};
    *out = (struct invite){0};
    enum rc rc = open_file(file, &body);
    if (rc != RC_OK)
        return rc;
    if (pack_check(body) != RC_OK)
        return RC_MALFORMED;
    struct unpack u = unpack_of(body);
    u.bad |= unpack_array(&u) != ELEMENTS;
    unpack_fixed(&u, out->no, INVITE_NO_BYTES);
    unpack_fixed(&u, out->secret.b, KEY_BYTES);
    unpack_fixed(&u, out->once_seed, SEED_BYTES);
    unpack_fixed(&u, out->community.b, HASH_BYTES);
    unpack_fixed(&u, out->hub_key.b, KEY_BYTES);
    out->until_ms = unpack_uint(&u, UINT64_MAX);
    out->made_ms = unpack_uint(&u, UINT64_MAX);
    buf_add_slice(&out->grant_op, unpack_bin(&u, ENTRY_BODY_BYTES_MAX));
    out->log_no = (uint32_t)unpack_uint(&u, UINT32_MAX);
    out->node = (uint32_t)unpack_uint(&u, UINT32_MAX);
    unpack_name(&u, out->community_name);
    unpack_name(&u, out->person_name);
    unpack_addresses(&u, &out->addresses);
    unpack_authority(&u, &out->authority);
    unpack_keys(&u, &out->keys);
    if (unpack_done(&u))
        return RC_OK;
    invite_fini(out);
    return RC_MALFORMED;
}

bool
invite_grant(const struct invite *i, struct grant *out)
{
    struct auth_op *op = mem_new(sizeof(*op));
    bool is =
        auth_op_decode(buf_slice(&i->grant_op), op) == RC_OK && op->code == AUTH_GRANT;
    if (is)
        *out = op->grant;
    mem_free(op);
    return is;
}
