/* Real entries (ENTRY.md) for the engine: heads, signatures, authority operations. */
#include "sync/replica_impl.h"

#include <string.h>

/* Offsets in the header (ENTRY.md section 2). */
enum { AT_FORMAT = 0, AT_KIND = 1, AT_LOG = 8, AT_SEQ = 40, AT_PREV = 48, AT_CLOCK = 80 };

/* A head was decoded with its entry before it was stored, or stands alone in a proof. */
static bool
read_head(void *self, struct slice bytes, struct arrival *out)
{
    const uint8_t *p = bytes.p;

    (void)self;
    if (bytes.n < ENTRY_HEAD_BYTES || p[AT_FORMAT] != 1 ||
        (p[AT_KIND] != ENTRY_DATA && p[AT_KIND] != ENTRY_AUTHORITY)) {
        return false;
    }
    memset(&out->fact, 0, sizeof out->fact);
    out->kind = p[AT_KIND] == ENTRY_DATA ? ENTRY_DATA : ENTRY_AUTHORITY;
    memcpy(out->log.b, p + AT_LOG, KEY_BYTES);
    out->fact.seq = get_u64(p + AT_SEQ);
    memcpy(out->fact.prev.b, p + AT_PREV, HASH_BYTES);
    out->fact.clock = get_u64(p + AT_CLOCK);
    out->bytes = bytes;
    return out->fact.seq >= 1 && out->fact.seq <= ENTRY_SEQ_MAX &&
           (out->fact.seq == 1) == hash_is_zero(&out->fact.prev);
}

/* The community's own entry 1 is signed before there is an id: with zeros. */
static struct hash
community_of(const struct replica *r, const struct hash *id)
{
    static const struct hash none = {{0}};

    return !r->has_community || hash_eq(id, &r->community) ? none : r->community;
}

static bool
check(void *self, const struct arrival *a)
{
    const struct replica *r = self;
    struct hash community = community_of(r, &a->fact.id);
    struct slice header = slice_of(a->bytes.p, ENTRY_HEADER_BYTES);
    struct sig sig, again;

    memcpy(sig.b, a->bytes.p + ENTRY_HEADER_BYTES, SIG_BYTES);
    if (r->own != NULL && key_eq(&r->own->pub, &a->log)) {
        sign_make(TAG_ENTRY, &community, header, r->own, &again);
        if (memcmp(sig.b, again.b, SIG_BYTES) == 0) {
            return true;
        }
    }
    return sign_check(TAG_ENTRY, &community, header, &a->log, &sig);
}

/* ---- operations, one entry at a time */

static uint32_t
ops(void *self, const struct arrival *a)
{
    struct replica *r = self;
    struct opened *o = &r->opened;

    o->n = 0;
    if (entry_decode(a->bytes, &o->entry) != RC_OK) {
        return 0;
    }
    o->n = o->entry.items_n;
    o->id = a->fact.id;
    o->items = entry_items(&o->entry);
    o->next = 0;
    return o->n;
}

/* Item `index` of the opened entry; they are asked for in order, mostly. */
static struct slice
item_at(struct opened *o, uint32_t index)
{
    struct entry_item item = {{NULL, 0}, false, {{0}}};

    if (index < o->next) {
        o->items = entry_items(&o->entry);
        o->next = 0;
    }
    for (; o->next <= index; o->next++) {
        if (!entry_items_next(&o->items, &item)) {
            return slice_of(NULL, 0);
        }
    }
    return item.bytes;
}

/* Enrols no signing key that is none (AUTHORITY.md section 6). A grant that does needs
 * signatures, and auth_op_verify lets none hold. */
static bool
enrols_well(const struct auth_op *op)
{
    if (op->code == AUTH_CREATE &&
        !(key_is_valid(&op->root_key) && key_is_valid(&op->hub_key))) {
        return false;
    }
    if (op->code == AUTH_NODE && !key_is_valid(&op->ack_key)) {
        return false;
    }
    for (uint16_t i = 0; i < op->officers.n; i++) {
        if (!key_is_valid(&op->officers.key[i])) {
            return false;
        }
    }
    return true;
}

static bool
decode(struct slice item, struct auth_op *out)
{
    struct slice bytes = slice_of(NULL, 0);

    if (item.n > ITEM_HEAD_BYTES) {
        bytes = slice_of(item.p + ITEM_HEAD_BYTES, item.n - ITEM_HEAD_BYTES);
    }
    if (bytes.n == 0 || auth_op_decode(bytes, out) != RC_OK || !enrols_well(out)) {
        out->code = (enum auth_code)0;
        return false;
    }
    return true;
}

/* The root signs a succeed together with the one officers operation beside it; with two
 * of them nothing says which, and the signature holds for neither. */
static bool
find_beside(const struct opened *o, struct auth_op *out, bool *found)
{
    struct entry_items items = entry_items(&o->entry);
    struct entry_item item;
    struct slice at = slice_of(NULL, 0);
    size_t n = 0;

    while (entry_items_next(&items, &item)) {
        if (decode(item.bytes, out) && out->code == AUTH_OFFICERS) {
            at = item.bytes;
            n++;
        }
    }
    *found = n == 1 && decode(at, out);
    return n <= 1;
}

static void
op(void *self, uint32_t index, struct auth_op *out)
{
    struct replica *r = self;
    struct opened *o = &r->opened;
    struct hash community = community_of(r, &o->id);
    const struct key *root = r->has_root ? &r->root_key : NULL;
    struct auth_op *beside = NULL;
    bool is_clear = true;
    bool has_beside = false;

    if (index >= o->n || !decode(item_at(o, index), out)) {
        out->code = (enum auth_code)0;
        return;
    }
    if (out->code == AUTH_SUCCEED) {
        beside = mem_new(sizeof *beside);
        is_clear = find_beside(o, beside, &has_beside);
        out->hub_key = o->entry.log;
    }
    auth_op_verify(out, &community, root, has_beside ? beside : NULL);
    out->root_holds = out->root_holds && is_clear && index == 0 && o->entry.seq == 1;
    mem_free(beside);
}

struct codec
replica_codec(struct replica *r)
{
    return (struct codec){.self = r,
                          .head_n = ENTRY_HEAD_BYTES,
                          .read = read_head,
                          .check = check,
                          .ops = ops,
                          .op = op,
                          .without = erase_without};
}

/* ---- the door */

/* An item may stand there erased only if the counted prefix says so. */
static enum rc
check_erased(const struct replica *r, const struct entry *e, const struct log_state *s)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;

    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        struct erased_name name = {s != NULL && !s->is_ack ? s->no : 0, e->seq, i};

        if (item.is_erased && !authority_is_item_erased(r->authority, &name)) {
            return RC_FORGED;
        }
    }
    return RC_OK;
}

enum rc
replica_offer(struct replica *r, struct slice entry, enum offer *what)
{
    struct entry e;
    struct arrival a;
    enum rc rc = entry_decode(entry, &e);

    *what = OFFER_UNKNOWN;
    if (rc != RC_OK) {
        return rc;
    }
    a = (struct arrival){.kind = e.kind, .log = e.log, .bytes = entry};
    a.fact = (struct fact){
        .id = entry_id(entry), .prev = e.prev, .seq = e.seq, .clock = e.clock};
    if (e.kind == ENTRY_DATA) {
        struct held *h;

        rc = replica_current(r);
        h = held_find(r, &e.log);
        if (rc != RC_OK || h == NULL || h->state == NULL) {
            return rc; /* of a log that has no grant here */
        }
        rc = check_erased(r, &e, h->state);
    }
    if (rc == RC_OK) {
        rc = entry_check_root(&e);
    }
    if (rc == RC_OK && e.kind == ENTRY_DATA) {
        (void)erase_arrival(r, held_find(r, &e.log)->state, &a.bytes);
    }
    return rc == RC_OK ? replica_take(r, &a, what) : rc;
}

enum rc
replica_offer_own(struct replica *r, struct slice entry, const struct pair *by,
                  enum offer *what)
{
    enum rc rc;

    r->own = by;
    rc = replica_offer(r, entry, what);
    r->own = NULL;
    return rc;
}

enum rc
replica_offer_proof(struct replica *r, struct slice one, struct slice two)
{
    struct arrival a;
    struct arrival b;

    if (one.n != ENTRY_HEAD_BYTES || two.n != ENTRY_HEAD_BYTES ||
        !read_head(r, one, &a) || !read_head(r, two, &b)) {
        return RC_MALFORMED;
    }
    a.fact.id = entry_id(one);
    b.fact.id = entry_id(two);
    return replica_take_proof(r, &a, &b);
}
