/* The hub's pen: authority operations packed into signed entries. */
#include "schema/hub_in.h"

#include <string.h>

static const uint8_t plain_head[ITEM_HEAD_BYTES]; /* scope 0, epoch 0 */

static bool
own_row(const struct ledger *l, const struct key *hub, struct row *out)
{
    for (size_t i = 0; i < replica_rows_n(l->replica); i++) {
        replica_row_at(l->replica, i, out);
        if (out->is_authority && key_eq(&out->log, hub))
            return true;
    }
    return false;
}

/* Clock of the newest own entry: ours goes on from there. */
static enum rc
last_clock(struct ledger *l, const struct key *hub, uint64_t seq, uint64_t *out)
{
    struct buf bytes = BUF_NONE;
    struct entry e;
    enum rc rc = log_entry_at(l->log, log_row(log_number(l->log, hub), seq), &bytes);
    if (rc == RC_OK)
        rc = entry_decode(buf_slice(&bytes), &e);
    if (rc == RC_OK)
        *out = e.clock;
    buf_free(&bytes);
    return rc;
}

enum rc
decree_begin(struct decree *d, struct ledger *l, const struct pair *hub)
{
    struct row row = {0};
    const struct authority *a = replica_authority(l->replica);
    *d = (struct decree){.l = l, .hub = hub, .seq = 1};
    if (l->has_community) {
        const struct key *key = authority_hub_key(a);
        if (key == NULL || !key_eq(key, &hub->pub) || authority_is_frozen(a) ||
            !own_row(l, &hub->pub, &row) || row.has_proof ||
            replica_trunk_n(l->replica, &hub->pub) != row.head_seq)
            return RC_DENIED;
        d->seq = row.head_seq + 1;
        d->prev = row.head;
        enum rc rc = last_clock(l, &hub->pub, row.head_seq, &d->clock);
        if (rc != RC_OK)
            return rc;
    }
    d->op = mem_new(sizeof(*d->op));
    entry_writer_init(&d->writer);
    return RC_OK;
}

enum rc
decree_reign(struct decree *d, struct ledger *l, const struct pair *hub,
             const struct hash *named)
{
    const struct authority *a = replica_authority(l->replica);
    const struct key *last = authority_hub_key(a);
    *d = (struct decree){.l = l, .hub = hub, .seq = 1, .named = *named};
    if (last == NULL || replica_log_by_key(l->replica, &hub->pub) != NULL)
        return RC_DENIED;
    enum rc rc = last_clock(l, last, authority_head_seq(a), &d->clock);
    if (rc != RC_OK)
        return rc;
    d->op = mem_new(sizeof(*d->op));
    entry_writer_init(&d->writer);
    return RC_OK;
}

void
decree_drop(struct decree *d)
{
    entry_writer_fini(&d->writer);
    buf_free(&d->item);
    buf_free(&d->entry);
    mem_free(d->op);
    *d = (struct decree){0};
}

struct auth_op *
decree_next(struct decree *d, enum auth_code code)
{
    memset(d->op, 0, sizeof(*d->op));
    d->op->code = code;
    return d->op;
}

static enum rc
cut(struct decree *d)
{
    struct ledger *l = d->l;
    enum offer what = OFFER_HAVE;
    struct hash id;
    enum rc rc = RC_OK;
    if (d->writer.items_n == 0)
        return RC_OK;
    d->clock = clock_next(d->clock, ledger_wall_ms(l));
    struct entry head = {.kind = ENTRY_AUTHORITY,
                         .schema = l->types->version,
                         .log = d->hub->pub,
                         .seq = d->seq,
                         .prev = d->prev,
                         .clock = d->clock};
    memcpy(head.mark, d->seq == 1 ? d->named.b : d->prev.b, sizeof(head.mark));
    d->entry.n = 0;
    /* Entry 1 is signed for the community without a name: its id is the name. */
    entry_finish(&d->writer, &head, &l->community, d->hub, &d->entry, &id);
    if (!l->has_community)
        rc = ledger_set_community(l, &id);
    if (rc == RC_OK)
        rc = replica_offer_own(l->replica, buf_slice(&d->entry), d->hub, &what);
    if (rc != RC_OK)
        return rc;
    ledger_forget(l);
    d->seq++;
    d->prev = id;
    return what == OFFER_TAKEN ? RC_OK : RC_STALE;
}

enum rc
decree_add(struct decree *d)
{
    d->item.n = 0;
    buf_add(&d->item, plain_head, sizeof(plain_head));
    auth_op_encode(d->op, &d->item);
    if (!entry_room(&d->writer, d->item.n)) {
        /* Birth is one entry or none: what follows would be signed for another name. */
        enum rc rc = d->l->has_community ? cut(d) : RC_LIMIT;
        if (rc == RC_OK && !entry_room(&d->writer, d->item.n))
            rc = RC_LIMIT;
        if (rc != RC_OK)
            return rc;
    }
    entry_add(&d->writer, buf_slice(&d->item));
    return RC_OK;
}

enum rc
decree_end(struct decree *d)
{
    enum rc rc = cut(d);
    decree_drop(d);
    return rc;
}

void
decree_sign(struct decree *d, const struct pair *officer, const struct hash *seen)
{
    struct order *o = &d->op->order;
    o->is_there = true;
    o->seen = *seen;
    o->n = 1;
    o->by[0] = officer->pub;
    auth_order_sign(d->op, &d->l->community, seen, officer, &o->sig[0]);
}

static struct auth_op *
next_epoch(struct decree *d, uint32_t scope, uint32_t epoch, const struct key *key,
           const struct buf *receivers, uint32_t receivers_n)
{
    struct auth_op *op = decree_next(d, AUTH_EPOCH);
    op->scope = scope;
    op->epoch = epoch;
    op->hash = hash_of(slice_of(key->b, KEY_BYTES));
    op->receivers = buf_slice(receivers);
    op->receivers_n = receivers_n;
    return op;
}

/* The fresh key sealed to every node that may read the scope, but `without`. */
static uint32_t
seal_to_all(const struct authority *a, uint32_t scope, const struct key *key,
            uint32_t without, struct buf *out)
{
    uint8_t sealed[SEALED_KEY_BYTES];
    uint32_t n = 0;
    for (size_t i = 0; i < authority_nodes_n(a); i++) {
        const struct node_info *node = authority_node_at(a, i);
        if (node->is_lost || node->no == without || !scopes_has(&node->scopes, scope))
            continue;
        key_seal_random(key, &node->box_key, sealed);
        auth_receiver_add(out, node->no, sealed);
        n++;
    }
    return n;
}

enum rc
decree_epoch(struct decree *d, uint32_t scope, uint32_t epoch, uint32_t without)
{
    struct buf receivers = BUF_NONE;
    struct key key;
    bool fresh = false;
    bytes_random(key.b, KEY_BYTES);
    uint32_t n =
        seal_to_all(replica_authority(d->l->replica), scope, &key, without, &receivers);
    const struct key *last = epoch > 1 ? ledger_scope_key(d->l, scope, epoch - 1) : NULL;
    struct auth_op *op = next_epoch(d, scope, epoch, &key, &receivers, n);
    op->has_previous = last != NULL;
    if (last != NULL)
        key_wrap_random(last, &key, op->previous);
    enum rc rc = ledger_hold_key(d->l, scope, epoch, &key, &fresh);
    if (rc == RC_OK)
        rc = decree_add(d);
    mem_wipe(&key, sizeof(key));
    buf_free(&receivers);
    return rc;
}

enum rc
decree_scope(struct decree *d, uint32_t no, enum scope_kind kind, uint32_t unit,
             struct slice name)
{
    struct auth_op *op = decree_next(d, AUTH_SCOPE);
    op->scope = no;
    op->scope_kind = kind;
    op->unit = unit;
    op->name = name;
    enum rc rc = decree_add(d);
    return rc != RC_OK ? rc : decree_epoch(d, no, 1, 0);
}

enum rc
decree_keys(struct decree *d, uint32_t scope, uint32_t node, const struct key *box)
{
    struct ledger *l = d->l;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < l->ring_n && rc == RC_OK; i++) {
        const struct ring_key *k = &l->ring[i];
        if (k->scope != scope)
            continue;
        struct buf receivers = BUF_NONE;
        uint8_t sealed[SEALED_KEY_BYTES];
        key_seal_random(&k->key, box, sealed);
        auth_receiver_add(&receivers, node, sealed);
        (void)next_epoch(d, scope, k->epoch, &k->key, &receivers, 1);
        rc = decree_add(d);
        buf_free(&receivers);
    }
    return rc;
}
