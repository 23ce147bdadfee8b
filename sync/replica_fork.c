/* Forks: two ids at one seq of a log, both signed. The proof kept is the lowest such seq
 * with its two smallest ids; whatever has no rival is not checked for it. */
#include "sync/replica_impl.h"

#include <string.h>

/* The two smallest ids found so far, all with good signatures. */
struct pick {
    struct replica *r;
    struct held *h;
    uint64_t seq;
    size_t n;
    struct hash id[2];
};

static void
pick_add(struct pick *p, struct hash id)
{
    for (size_t i = 0; i < p->n; i++) {
        struct hash other = p->id[i];
        int cmp = hash_cmp(&id, &other);

        if (cmp == 0) {
            return;
        }
        if (cmp < 0) {
            p->id[i] = id;
            id = other;
        }
    }
    if (p->n < 2) {
        p->id[p->n++] = id;
    }
}

static bool
pick_trunk(void *arg, const struct stored *e)
{
    struct pick *p = arg;
    struct arrival a;

    if (e->seq == p->seq && p->r->codec.read(p->r->codec.self, e->bytes, &a)) {
        a.fact.id = e->id;
        if (replica_check(p->r, &a)) {
            pick_add(p, e->id);
        }
    }
    return false;
}

/* Loose entries of unknown signature are looked at now, all in one pass. */
static bool
pick_unknown(void *arg, const struct stored *e)
{
    struct pick *p = arg;
    struct loose *l = held_loose(p->h, &e->id);
    struct arrival a;

    if (l != NULL && e->seq == p->seq && l->sig == VERDICT_NONE &&
        p->r->codec.read(p->r->codec.self, e->bytes, &a)) {
        a.fact.id = e->id;
        l->sig = replica_check(p->r, &a) ? VERDICT_GOOD : VERDICT_BAD;
    }
    return true;
}

static enum rc
pick_loose(struct pick *p)
{
    const struct sync_store *s = p->r->store;
    bool has_unknown = false;

    for (size_t i = 0; i < p->h->loose_n; i++) {
        const struct loose *l = &p->h->loose[i];
        has_unknown = has_unknown || (l->fact.seq == p->seq && l->sig == VERDICT_NONE);
    }
    if (has_unknown) {
        enum rc rc = s->loose_each(s->self, &p->h->key, pick_unknown, p);

        if (rc != RC_OK) {
            return rc;
        }
    }
    for (size_t i = 0; i < p->h->loose_n; i++) {
        const struct loose *l = &p->h->loose[i];
        if (l->fact.seq == p->seq && l->sig == VERDICT_GOOD) {
            pick_add(p, l->fact.id);
        }
    }
    return RC_OK;
}

/* Remembered gaps that turn out to be badly signed are forgotten. */
static void
pick_gaps(struct pick *p)
{
    for (uint32_t i = 0; i < p->h->gaps_n; i++) {
        struct gap *g = &p->h->gap[i];
        struct arrival a;

        if (g->fact.seq != p->seq) {
            continue;
        }
        if (p->r->codec.read(p->r->codec.self, slice_of(g->head, p->r->codec.head_n),
                             &a)) {
            a.fact.id = g->fact.id;
            if (replica_check(p->r, &a)) {
                pick_add(p, g->fact.id);
                continue;
            }
        }
        g->fact.seq = 0;
    }
}

/* Heads of the proof that are not held otherwise are put beside the trunk. */
static enum rc
keep_head(struct pick *p, const struct hash *id, const struct arrival *a)
{
    struct held *h = p->h;
    struct arrival head;

    if (held_loose(h, id) != NULL) {
        return RC_OK;
    }
    if (p->seq <= h->trunk_n) {
        struct hash at;
        enum rc rc = held_id_at(p->r, h, p->seq, &at);

        if (rc != RC_OK || hash_eq(&at, id)) {
            return rc;
        }
    }
    if (hash_eq(&a->fact.id, id)) {
        head = *a;
        head.bytes.n = p->r->codec.head_n;
        return held_loose_put(p->r, h, &head, VERDICT_GOOD);
    }
    for (uint32_t i = 0; i < h->gaps_n; i++) {
        if (hash_eq(&h->gap[i].fact.id, id)) {
            head = *a;
            head.fact = h->gap[i].fact;
            head.bytes = slice_of(h->gap[i].head, p->r->codec.head_n);
            return held_loose_put(p->r, h, &head, VERDICT_GOOD);
        }
    }
    return RC_OK;
}

/* Heads that no longer belong to the proof have no use. */
static enum rc
drop_heads(struct replica *r, struct held *h)
{
    bool has_any = false;

    for (size_t i = 0; i < h->loose_n; i++) {
        struct loose *l = &h->loose[i];
        l->is_moving = l->is_head && !hash_eq(&l->fact.id, &h->proof.id[0]) &&
                       !hash_eq(&l->fact.id, &h->proof.id[1]);
        has_any = has_any || l->is_moving;
    }
    return has_any ? held_loose_moved(r, h) : RC_OK;
}

struct heads {
    struct replica *r;
    struct held *h;
    struct arrival a[2];
    struct buf bytes[2];
    size_t n;
};

static bool
heads_one(void *arg, const struct stored *e)
{
    struct heads *t = arg;
    const struct loose *l = held_loose(t->h, &e->id);
    struct arrival *a = &t->a[t->n];

    if (l != NULL && l->is_moving &&
        (hash_eq(&e->id, &t->h->proof.id[0]) || hash_eq(&e->id, &t->h->proof.id[1])) &&
        t->r->codec.read(t->r->codec.self, e->bytes, a)) {
        buf_add(&t->bytes[t->n], e->bytes.p, t->r->codec.head_n);
        a->fact.id = e->id;
        a->bytes = buf_slice(&t->bytes[t->n]);
        t->n++;
    }
    return t->n < 2;
}

enum rc
held_loose_drop(struct replica *r, struct held *h)
{
    struct heads t = {.r = r, .h = h};
    enum rc rc = RC_OK;

    if (h->proof.seq > 0) {
        rc = r->store->loose_each(r->store->self, &h->key, heads_one, &t);
    }
    if (rc == RC_OK) {
        rc = held_loose_moved(r, h);
    }
    for (size_t i = 0; i < t.n && rc == RC_OK; i++) {
        rc = held_loose_put(r, h, &t.a[i], VERDICT_GOOD);
    }
    buf_free(&t.bytes[0]);
    buf_free(&t.bytes[1]);
    return rc;
}

enum rc
held_prove(struct replica *r, struct held *h, const struct arrival *a)
{
    struct pick p = {.r = r, .h = h, .seq = a->fact.seq};
    struct proof proof;
    enum rc rc = RC_OK;

    if (h->proof.seq > 0 && h->proof.seq < p.seq) {
        return RC_OK;
    }
    pick_add(&p, a->fact.id);
    if (p.seq <= h->trunk_n) {
        rc = r->store->trunk(r->store->self, &h->key, p.seq, pick_trunk, &p);
    }
    if (rc == RC_OK) {
        rc = pick_loose(&p);
    }
    if (rc != RC_OK) {
        return rc;
    }
    pick_gaps(&p);
    if (p.n < 2) {
        return RC_OK;
    }
    proof = (struct proof){p.seq, {p.id[0], p.id[1]}};
    if (proof.seq == h->proof.seq && hash_eq(&proof.id[0], &h->proof.id[0]) &&
        hash_eq(&proof.id[1], &h->proof.id[1])) {
        return RC_OK;
    }
    rc = keep_head(&p, &proof.id[0], a);
    if (rc == RC_OK) {
        rc = keep_head(&p, &proof.id[1], a);
    }
    h->proof = proof;
    h->is_dirty = true;
    h->has_fork = true;
    if (h->state != NULL) {
        h->state->proof = proof;
    }
    replica_activate(r, h);
    return rc == RC_OK ? drop_heads(r, h) : rc;
}

/* Remembers the head, in place of the oldest one. */
static void
gap_note(struct replica *r, struct held *h, const struct arrival *a)
{
    for (uint32_t i = 0; i < h->gaps_n; i++) {
        if (hash_eq(&h->gap[i].fact.id, &a->fact.id)) {
            return;
        }
    }
    if (h->gap == NULL) {
        h->gap = mem_new(GAPS_MAX * sizeof *h->gap);
    }
    h->gap[h->gap_next].fact = a->fact;
    memcpy(h->gap[h->gap_next].head, a->bytes.p, r->codec.head_n);
    h->gap_next = (h->gap_next + 1) % GAPS_MAX;
    h->gaps_n += h->gaps_n < GAPS_MAX;
}

enum rc
held_gap(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    uint64_t seq = a->fact.seq;
    struct proof before = h->proof;
    enum rc rc = RC_OK;

    *what = OFFER_GAP;
    if (before.seq > 0 && before.seq < seq) {
        return RC_OK;
    }
    if (seq <= h->trunk_n || held_has_rival(h, seq)) {
        if (!replica_check(r, a)) {
            return RC_FORGED;
        }
        rc = held_prove(r, h, a);
        if (memcmp(&before, &h->proof, sizeof before) != 0) {
            *what = OFFER_TAKEN;
        }
    }
    if (*what == OFFER_GAP) {
        gap_note(r, h, a);
    }
    return rc;
}
