/* Taking what a bundle brings: the same door as for everything else. */
#include "schema/stick_in.h"

#include <string.h>

enum { KIND_AT = 1, LOG_AT = 8, SEQ_AT = 40 };

void
stick_taken_fini(struct stick_taken *t)
{
    mem_free(t->log);
    *t = (struct stick_taken){0};
}

/* Which log these bytes speak of; its place in the list. */
static struct stick_log *
place(struct ledger *l, struct stick_taken *t, struct slice head)
{
    struct key key;
    memcpy(key.b, head.p + LOG_AT, KEY_BYTES);
    for (size_t i = t->n; i-- > 0;)
        if (key_eq(&t->log[i].key, &key))
            return &t->log[i];
    if (t->n == t->cap) {
        t->cap = 2 * t->cap + 16;
        t->log = mem_grow(t->log, t->cap * sizeof(*t->log));
    }
    const struct log_state *log = replica_log_by_key(l->replica, &key);
    struct stick_log *s = &t->log[t->n++];
    *s = (struct stick_log){.key = key,
                            .no = log != NULL ? log->no : 0,
                            .is_authority = head.p[KIND_AT] == ENTRY_AUTHORITY,
                            .is_ack = log != NULL && log->is_ack};
    return s;
}

/* Is there nothing in the entry that is for this node to read? */
static bool
is_sealed(const struct ledger *l, struct slice bytes)
{
    struct entry e;
    struct entry_item item;
    if (entry_decode(bytes, &e) != RC_OK || e.kind != ENTRY_DATA)
        return false;
    struct entry_items it = entry_items(&e);
    while (entry_items_next(&it, &item)) {
        uint32_t scope = 0;
        uint32_t epoch = 0;
        if (!item.is_erased && item_head(item.bytes, &scope, &epoch) == RC_OK &&
            (epoch == 0 || ledger_can_read(l, scope)))
            return false;
    }
    return true;
}

static enum rc
offer(struct ledger *l, struct slice bytes, struct stick_log *s, bool *skip)
{
    enum offer what = OFFER_HAVE;
    uint64_t since = replica_trunk_n(l->replica, &s->key);
    enum rc rc = replica_offer(l->replica, bytes, &what);
    if (rc == RC_MALFORMED || rc == RC_FORGED) {
        s->refused++;
        *skip = true;
        return RC_OK;
    }
    if (rc != RC_OK)
        return rc;
    switch (what) {
    case OFFER_TAKEN:
    case OFFER_HELD:
        s->fresh++;
        s->sealed += is_sealed(l, bytes);
        if (!s->is_authority && !s->is_ack)
            rc = stick_carry(l, &s->key, since, get_u64(bytes.p + SEQ_AT));
        break;
    case OFFER_HAVE:
        s->had++;
        break;
    case OFFER_GAP:
        s->gap++;
        break;
    case OFFER_UNKNOWN:
        s->unknown++;
        break;
    case OFFER_OVER_QUOTA:
        s->refused++;
        break;
    }
    return rc;
}

static enum rc
take_proof(struct ledger *l, struct bundle_items *it, struct stick_taken *t)
{
    struct slice one = {NULL, 0};
    struct slice two = {NULL, 0};
    if (!bundle_items_next(it, &one) || !bundle_items_next(it, &two))
        return RC_MALFORMED;
    enum rc rc = replica_offer_proof(l->replica, one, two);
    if (rc == RC_MALFORMED || rc == RC_FORGED) {
        place(l, t, one)->refused++;
        rc = RC_OK;
    }
    return rc == RC_OK ? ledger_settle(l) : rc;
}

enum rc
stick_take(struct ledger *l, struct slice chunk, struct stick_taken *t)
{
    struct bundle_items it = bundle_items(chunk);
    struct stick_log *s = NULL;
    struct slice entry;
    bool skip = false;
    enum rc rc = RC_OK;
    if (it.is_unknown)
        return RC_OK; /* of a later version: skipped */
    if (it.is_proof)
        return take_proof(l, &it, t);
    while (rc == RC_OK && bundle_items_next(&it, &entry)) {
        s = place(l, t, entry);
        if (skip)
            s->refused++;
        else
            rc = offer(l, entry, s, &skip);
    }
    if (rc == RC_OK && it.r.bad)
        return RC_MALFORMED;
    return rc == RC_OK ? ledger_settle(l) : rc;
}
