/* Items that a counted `erase` names leave what is held (ENTRY.md section 6): on arrival
 * before the entry is stored, and in the settle in which the order comes to count.
 * Header, signature, root and id stay; so do chain, seals and tree. */
#include "sync/replica_impl.h"

#include <string.h>

bool
erase_without(void *self, uint32_t log_no, struct slice bytes, struct buf *out)
{
    const struct replica *r = self;
    struct entry e;
    struct entry_items it;
    struct entry_item item;
    struct buf next = BUF_NONE;
    bool any = false;

    if (entry_decode(bytes, &e) != RC_OK) {
        return false; /* it was whole when it was taken: doctor tells */
    }
    it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        struct erased_name name = {log_no, e.seq, i};
        struct entry now = e;

        if (item.is_erased || !authority_is_item_erased(r->authority, &name)) {
            continue;
        }
        if (any && entry_decode(buf_slice(out), &now) != RC_OK) {
            break; /* it is what entry_erase has written */
        }
        next.n = 0;
        entry_erase(&now, i, &next);
        out->n = 0;
        buf_add_slice(out, buf_slice(&next));
        any = true;
    }
    buf_free(&next);
    return any;
}

bool
erase_arrival(struct replica *r, const struct log_state *s, struct slice *entry)
{
    if (r->authority->items_n == 0 || s->is_ack ||
        !r->codec.without(r->codec.self, s->no, *entry, &r->rewritten)) {
        return false;
    }
    *entry = buf_slice(&r->rewritten);
    return true;
}

struct rewrite {
    struct replica *r;
    struct held *h;
    uint64_t seq;
    struct hash id; /* loose: whose */
    bool any;
};

static bool
take_out(const struct rewrite *w, struct slice bytes)
{
    const struct codec *c = &w->r->codec;

    return c->without(c->self, w->h->state->no, bytes, &w->r->rewritten);
}

static bool
rewrite_trunk(void *arg, const struct stored *e)
{
    struct rewrite *w = arg;

    if (e->seq == w->seq) {
        w->any = take_out(w, e->bytes);
    }
    return false;
}

static bool
rewrite_loose(void *arg, const struct stored *e)
{
    struct rewrite *w = arg;

    if (!hash_eq(&e->id, &w->id)) {
        return true;
    }
    w->any = take_out(w, e->bytes);
    return false;
}

static enum rc
in_trunk(struct rewrite *w)
{
    const struct sync_store *s = w->r->store;
    enum rc rc = RC_OK;

    w->any = false;
    if (w->seq <= w->h->trunk_n) {
        rc = s->trunk(s->self, &w->h->key, w->seq, rewrite_trunk, w);
    }
    if (rc != RC_OK) {
        return rc;
    }
    return w->any ? s->rewrite(s->self, &w->h->key, w->seq, buf_slice(&w->r->rewritten))
                  : RC_OK;
}

/* An item is named by its place, whichever branch it is on. */
static enum rc
in_loose(struct rewrite *w)
{
    const struct sync_store *s = w->r->store;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < w->h->loose_n && rc == RC_OK; i++) {
        const struct loose *l = &w->h->loose[i];

        if (l->is_head || l->fact.seq != w->seq) {
            continue;
        }
        w->id = l->fact.id;
        w->any = false;
        rc = s->loose_each(s->self, &w->h->key, rewrite_loose, w);
        if (rc == RC_OK && w->any) {
            struct stored e = {w->seq, w->id, buf_slice(&w->r->rewritten)};

            rc = s->loose_del(s->self, &w->h->key, &w->id);
            if (rc == RC_OK) {
                rc = s->loose_put(s->self, &w->h->key, &e);
            }
        }
    }
    return rc;
}

/* Names come in order, so those of one entry are found gone after the first. */
enum rc
erase_held(struct replica *r)
{
    const struct authority *a = r->authority;
    struct erased_name last = {0};
    enum rc rc = RC_OK;

    if (r->codec.without == NULL) {
        return RC_OK;
    }
    for (; r->erased_done < a->items_n && rc == RC_OK; r->erased_done++) {
        const struct erased_name *name = &a->item[r->erased_done];
        struct auth_log *log = authority_log(r->authority, name->log_no);
        struct rewrite w = {.r = r, .seq = name->seq};

        if (log == NULL || log->log.held == NULL ||
            (last.log_no == name->log_no && last.seq == name->seq)) {
            continue;
        }
        last = *name;
        w.h = log->log.held;
        rc = in_trunk(&w);
        if (rc == RC_OK) {
            rc = in_loose(&w);
        }
    }
    return rc;
}
