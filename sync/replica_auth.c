/* Authority entries: taken, and folded. What simply extends the open reign is applied in
 * place; anything else makes the prefix be picked anew, and where it no longer grows out
 * of the old one everything is folded again. */
#include "sync/replica_impl.h"

#include <assert.h>

struct held *
auth_place(const struct replica *r, uint64_t pos, uint64_t *seq)
{
    size_t i = r->segments_n;

    while (i > 0 && r->segment[i - 1].pos > pos) {
        i--;
    }
    if (i == 0 || pos >= r->authority->n) {
        return NULL;
    }
    *seq = pos - r->segment[i - 1].pos + 1;
    return r->held[r->segment[i - 1].held];
}

enum rc
auth_link(struct replica *r)
{
    struct auth_log *log = authority_touched(r->authority);
    bool has_new = false;
    enum rc rc = RC_OK;

    for (; log != NULL && rc == RC_OK; log = authority_touched(r->authority)) {
        struct held *h = held_get(r, &log->log.key, ENTRY_DATA);

        if (h->kind != ENTRY_DATA) {
            continue; /* a key that opened a reign writes no data */
        }
        if (h->state != &log->log) {
            r->assumed_n -= h->state == &h->own && h->own.is_assumed;
            log_state_fini(&h->own);
            h->state = &log->log;
            log->log.held = h;
            data_undecide(r, h);
            has_new = true;
        }
        rc = data_lines(r, h);
    }
    if (has_new) {
        replica_list(r);
    }
    return rc == RC_OK && r->acks_of != r->authority->people ? ack_link(r) : rc;
}

/* The next entry of the prefix. Logs it touches are linked afterwards (auth_link), for
 * the store may be in the middle of a cursor. */
static void
apply(struct replica *r, const struct held *h, const struct arrival *a)
{
    struct auth_entry e = {.id = a->fact.id,
                           .key = h->key,
                           .seq = a->fact.seq,
                           .clock = a->fact.clock,
                           .ops_n = r->codec.ops(r->codec.self, a),
                           .op = r->codec.op,
                           .self = r->codec.self};

    if (a->fact.seq == 1) {
        r->segment = mem_grow(r->segment, (r->segments_n + 1) * sizeof *r->segment);
        r->segment[r->segments_n++] = (struct segment){h->index, r->authority->n};
    }
    e.reign = (uint32_t)r->segments_n;
    authority_apply(r->authority, &e);
    r->is_auth_unsaved = true;
}

/* ---- picking the prefix */

struct gather {
    struct replica *r;
    struct held *h;
    struct auth_fact *fact;
    size_t n, fact_cap;
    struct buf first; /* entries 1, one behind the other */
    size_t firsts_n, firsts_cap, sizes_cap;
    size_t *first_at; /* indices of their facts */
    size_t *first_bytes;
    bool is_broken;
};

static bool
gather_one(struct gather *g, const struct stored *e, bool is_loose)
{
    struct arrival a;

    if (!g->r->codec.read(g->r->codec.self, e->bytes, &a)) {
        g->is_broken = true;
        return false;
    }
    a.fact.id = e->id;
    a.fact.sig = true; /* none is stored unchecked */
    g->fact = authority_room(g->fact, g->n + 1, &g->fact_cap, sizeof *g->fact);
    g->fact[g->n] = (struct auth_fact){.fact = a.fact,
                                       .key = g->h->index,
                                       .is_loose = is_loose,
                                       .is_head = e->bytes.n <= g->r->codec.head_n};
    if (a.fact.seq == 1 && !g->fact[g->n].is_head) {
        size_t k = g->firsts_n++;
        g->first_at = authority_room(g->first_at, k + 1, &g->firsts_cap, sizeof(size_t));
        g->first_bytes =
            authority_room(g->first_bytes, k + 1, &g->sizes_cap, sizeof(size_t));
        g->first_at[k] = g->n;
        g->first_bytes[k] = e->bytes.n;
        buf_add_slice(&g->first, e->bytes);
    }
    g->n++;
    return true;
}

static bool
gather_trunk(void *arg, const struct stored *e)
{
    return gather_one(arg, e, false);
}

static bool
gather_loose(void *arg, const struct stored *e)
{
    return gather_one(arg, e, true);
}

/* What the first entries say: the community's the root key, the others which reign they
 * open. */
static void
gather_succeeds(struct gather *g, bool is_community)
{
    struct replica *r = g->r;
    size_t offset = 0;

    for (size_t k = 0; k < g->firsts_n; k++) {
        struct auth_fact *f = &g->fact[g->first_at[k]];
        struct auth_op *op = &r->op;
        struct arrival a = {.kind = ENTRY_AUTHORITY,
                            .log = g->r->held[f->key]->key,
                            .fact = f->fact,
                            .bytes = slice_of(g->first.p + offset, g->first_bytes[k])};

        offset += g->first_bytes[k];
        if (hash_eq(&f->fact.id, &r->community) != is_community ||
            r->codec.ops(r->codec.self, &a) == 0) {
            continue;
        }
        r->codec.op(r->codec.self, 0, op);
        if (is_community && op->code == AUTH_CREATE) {
            r->has_root = true;
            r->root_key = op->root_key;
        } else if (!is_community && op->code == AUTH_SUCCEED) {
            f->has_root = op->root_holds;
            f->reign = op->reign;
            f->to_seq = op->reign_seq;
            f->to = op->reign_id;
        }
    }
}

static enum rc
gather_all(struct gather *g)
{
    struct replica *r = g->r;
    const struct sync_store *s = r->store;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < r->held_n && rc == RC_OK; i++) {
        g->h = r->held[i];
        if (g->h->kind != ENTRY_AUTHORITY) {
            continue;
        }
        rc = s->trunk(s->self, &g->h->key, 1, gather_trunk, g);
        if (rc == RC_OK && g->h->loose_n > 0) {
            rc = s->loose_each(s->self, &g->h->key, gather_loose, g);
        }
    }
    if (rc == RC_OK && g->is_broken) {
        rc = RC_CORRUPT;
    }
    if (rc == RC_OK) {
        gather_succeeds(g, true);
        gather_succeeds(g, false);
    }
    return rc;
}

static void
gather_fini(struct gather *g)
{
    mem_free(g->fact);
    mem_free(g->first_at);
    mem_free(g->first_bytes);
    buf_free(&g->first);
}

/* ---- following it */

/* Each reign's counted chain becomes the trunk of its key. */
static enum rc
follow(struct replica *r, const struct gather *g, const struct prefix *p)
{
    enum rc rc = RC_OK;

    assert(p->n == 0 || g->fact != NULL);
    for (size_t i = 0; i < p->n && rc == RC_OK; i++) {
        const struct auth_fact *f = &g->fact[p->at[i]];
        struct hash *path;
        size_t n = 0;

        if (!f->is_loose) {
            continue;
        }
        while (i + n < p->n && g->fact[p->at[i + n]].key == f->key) {
            n++;
        }
        path = mem_new(n * sizeof *path);
        for (size_t k = 0; k < n; k++) {
            path[k] = g->fact[p->at[i + k]].fact.id;
        }
        rc = held_swap(r, r->held[f->key], f->fact.seq, path, n);
        r->held[f->key]->good_to = r->held[f->key]->trunk_n;
        mem_free(path);
        i += n - 1;
    }
    return rc;
}

static void
forget(struct replica *r)
{
    r->is_refolded = true;
    ack_forget(r);
    r->erased_done = 0;
    authority_reset(r->authority);
    r->segments_n = 0;
    for (size_t i = 0; i < r->held_n; i++) {
        struct held *h = r->held[i];

        if (h->state != &h->own) {
            h->state = NULL;
        }
    }
    r->wrong_n = 0;
    r->wrong_told = 0;
    seal_walk_reset(r);
}

struct applying {
    struct replica *r;
    struct held *h;
    uint64_t to; /* last seq */
    enum rc rc;
};

static bool
apply_one(void *arg, const struct stored *e)
{
    struct applying *p = arg;
    struct arrival a;

    if (!p->r->codec.read(p->r->codec.self, e->bytes, &a)) {
        p->rc = RC_CORRUPT;
        return false;
    }
    a.fact.id = e->id;
    a.bytes = e->bytes;
    apply(p->r, p->h, &a);
    return e->seq < p->to;
}

/* Applies what lies above the entries that are applied already, reign by reign. */
static enum rc
apply_rest(struct replica *r, const struct gather *g, const struct prefix *p)
{
    struct applying ap = {.r = r};
    enum rc rc = RC_OK;

    while (rc == RC_OK && r->authority->n < p->n) {
        size_t i = r->authority->n;
        uint32_t key = g->fact[p->at[i]].key;
        uint64_t from = g->fact[p->at[i]].fact.seq;

        ap.h = r->held[key];
        while (i + 1 < p->n && g->fact[p->at[i + 1]].key == key) {
            i++;
        }
        ap.to = g->fact[p->at[i]].fact.seq;
        rc = r->store->trunk(r->store->self, &ap.h->key, from, apply_one, &ap);
        if (rc == RC_OK) {
            rc = ap.rc;
        }
        if (rc == RC_OK && r->authority->n != i + 1) {
            rc = RC_CORRUPT;
        }
    }
    return rc == RC_OK ? auth_link(r) : rc;
}

static bool
grows(const struct replica *r, const struct gather *g, const struct prefix *p)
{
    if (p->n < r->authority->n) {
        return false;
    }
    for (size_t i = 0; i < r->authority->n; i++) {
        if (!hash_eq(&r->authority->id[i], &g->fact[p->at[i]].fact.id)) {
            return false;
        }
    }
    return true;
}

enum rc
auth_refold(struct replica *r)
{
    struct gather g = {.r = r};
    struct prefix prefix = {0};
    enum rc rc = gather_all(&g);

    if (rc == RC_OK) {
        authority_prefix(g.fact, g.n, &r->community, &prefix);
        rc = follow(r, &g, &prefix);
    }
    if (rc == RC_OK) {
        if (!grows(r, &g, &prefix)) {
            forget(r);
        }
        rc = apply_rest(r, &g, &prefix);
    }
    if (rc == RC_OK) {
        authority_freeze(r->authority, prefix.is_frozen);
        r->row = mem_grow(r->row, prefix.rows_n * sizeof *r->row);
        for (size_t i = 0; i < prefix.rows_n; i++) {
            r->row[i] = prefix.row[i];
        }
        r->rows_n = prefix.rows_n;
        r->is_open = prefix.is_open;
        r->is_auth_dirty = false;
        r->is_auth_unsaved = true;
        r->memo->is_known = false;
        replica_list(r);
    }
    prefix_fini(&prefix);
    gather_fini(&g);
    return rc;
}

/* ---- taking one */

/* An entry 1 is taken if it is the community's, or the root's signature opens a reign
 * with it under a key that holds no other office here. */
static enum rc
may_begin(struct replica *r, const struct held *h, const struct arrival *a, bool *may)
{
    struct auth_op *op = &r->op;
    enum rc rc = RC_OK;

    *may = hash_eq(&a->fact.id, &r->community);
    if (*may || (h != NULL && h == r->first)) {
        return RC_OK;
    }
    if (r->is_auth_dirty) {
        rc = auth_refold(r);
    }
    if (rc == RC_OK && r->has_root && r->codec.ops(r->codec.self, a) > 0) {
        r->codec.op(r->codec.self, 0, op);
        *may = op->code == AUTH_SUCCEED && op->root_holds;
    }
    return rc;
}

static bool
is_plain(const struct replica *r, const struct held *h, const struct arrival *a)
{
    const struct authority *p = r->authority;

    return !r->is_auth_dirty && r->is_open && p->n > 0 &&
           r->segment[r->segments_n - 1].held == h->index &&
           hash_eq(&a->fact.prev, &p->id[p->n - 1]);
}

/* Extends its trunk. */
static enum rc
extend(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    bool has_rival = held_has_rival(h, a->fact.seq);
    bool plain = !has_rival && is_plain(r, h, a);
    enum rc rc = held_append(r, h, a);

    *what = OFFER_TAKEN;
    h->good_to = h->trunk_n;
    if (rc == RC_OK && has_rival && a->fact.seq > 1) {
        rc = held_prove(r, h, a);
    }
    if (rc == RC_OK && plain) {
        apply(r, h, a);
        r->memo->is_known = false;
        r->row[r->rows_n - 1].head = a->fact.id;
        r->row[r->rows_n - 1].head_seq = a->fact.seq;
        rc = auth_link(r);
    } else {
        r->is_auth_dirty = true;
    }
    return rc;
}

static enum rc
aside(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    bool is = false;
    enum rc rc = held_is_attached(r, h, a, &is);

    if (rc != RC_OK) {
        return rc;
    }
    if (!is) {
        rc = held_gap(r, h, a, what);
        r->is_auth_dirty = r->is_auth_dirty || *what == OFFER_TAKEN;
        return rc;
    }
    if (!replica_check(r, a)) {
        return RC_FORGED;
    }
    if (!held_room(h, a->bytes.n)) {
        *what = OFFER_OVER_QUOTA;
        return a->fact.seq > 1 ? held_prove(r, h, a) : RC_OK;
    }
    *what = OFFER_TAKEN;
    r->is_auth_dirty = true;
    rc = held_loose_put(r, h, a, VERDICT_GOOD);
    return rc == RC_OK && a->fact.seq > 1 ? held_prove(r, h, a) : rc;
}

/* A community that is not known yet: whoever says what it is gets believed. */
static bool
is_birth(struct replica *r, const struct arrival *a)
{
    if (r->has_community || a->fact.seq != 1 || r->codec.ops(r->codec.self, a) == 0) {
        return r->has_community;
    }
    r->codec.op(r->codec.self, 0, &r->op);
    if (r->op.code != AUTH_CREATE) {
        return false;
    }
    r->community = a->fact.id;
    r->has_community = true;
    if (!replica_check(r, a)) {
        r->has_community = false;
    }
    return r->has_community;
}

enum rc
auth_take(struct replica *r, const struct arrival *a, enum offer *what)
{
    struct held *h = held_find(r, &a->log);
    bool may = a->fact.seq > 1 && h != NULL && (h->trunk_n > 0 || h->loose_n > 0);
    bool has = false;
    enum rc rc = RC_OK;

    *what = OFFER_UNKNOWN;
    if ((h != NULL && h->kind != ENTRY_AUTHORITY) || !is_birth(r, a)) {
        return RC_OK;
    }
    if (h != NULL) {
        rc = held_has(r, h, a, &has);
    }
    if (rc != RC_OK || has) {
        *what = OFFER_HAVE;
        return rc;
    }
    if (a->fact.seq == 1) {
        rc = may_begin(r, h, a, &may);
    }
    if (rc != RC_OK || !may) {
        return rc;
    }
    if (h != NULL &&
        !(a->fact.seq == h->trunk_n + 1 && hash_eq(&a->fact.prev, &h->top))) {
        return aside(r, h, a, what);
    }
    if (!replica_check(r, a)) {
        return RC_FORGED;
    }
    h = held_get(r, &a->log, ENTRY_AUTHORITY);
    if (hash_eq(&a->fact.id, &r->community)) {
        r->first = h;
    }
    rc = extend(r, h, a, what);
    return rc == RC_OK && h == r->first && a->fact.seq == 1 ? auth_refold(r) : rc;
}
