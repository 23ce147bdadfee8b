/* Room for what a waiting line names. Whoever has a log's key can fill its quota with a
 * branch that nobody asked for; the branch that a line has chosen must still get in, or
 * this node never decides what all others have. So an entry that a waiting line can need
 * pushes out what is quarantined on other branches: they stay where they are decided. */
#include "sync/replica_impl.h"

#include <string.h>

struct head_read {
    struct replica *r;
    struct held *h;
    struct buf head;
    struct arrival a;
    bool is_proof;
};

static bool
head_one(void *arg, const struct stored *e)
{
    struct head_read *k = arg;

    if (e->seq == k->h->proof.seq &&
        (hash_eq(&e->id, &k->h->proof.id[0]) || hash_eq(&e->id, &k->h->proof.id[1]))) {
        buf_add(&k->head, e->bytes.p, k->r->codec.head_n);
        k->is_proof = k->r->codec.read(k->r->codec.self, buf_slice(&k->head), &k->a);
        k->a.fact.id = e->id;
    }
    return false;
}

/* The trunk ends at `to` from here on; what it has of the proof stays as a head. */
static enum rc
cut_trunk(struct replica *r, struct held *h, uint64_t to)
{
    struct head_read k = {.r = r, .h = h};
    enum rc rc = RC_OK;

    if (h->proof.seq > to && h->proof.seq <= h->trunk_n) {
        rc = r->store->trunk(r->store->self, &h->key, h->proof.seq, head_one, &k);
    }
    if (rc == RC_OK) {
        rc = held_cut(r, h, to + 1);
    }
    if (rc == RC_OK && k.is_proof) {
        rc = held_loose_put(r, h, &k.a, VERDICT_GOOD);
    }
    buf_free(&k.head);
    h->is_dirty = true;
    return rc;
}

/* Keeps the loose entries from this id downwards; the lowest seq of the chain that is
 * loose, else `seq` + 1. */
static uint64_t
spare(const struct held *h, const struct hash *id, uint64_t seq)
{
    struct loose *l = held_loose(h, id);
    uint64_t from = seq + 1;

    for (; l != NULL && !l->is_head; l = held_loose(h, &l->fact.prev)) {
        l->is_moving = false;
        from = l->fact.seq;
    }
    return from;
}

/* All loose entries go but those that `a` stands on, and those up to the cut that holds;
 * *to: so far is the trunk needed. */
static enum rc
drop_others(struct replica *r, struct held *h, const struct arrival *a, uint64_t *to)
{
    const struct log_state *s = h->state;
    uint64_t cut = 0;

    for (size_t i = 0; i < h->loose_n; i++) {
        h->loose[i].is_moving = !h->loose[i].is_head;
    }
    *to = spare(h, &a->fact.prev, a->fact.seq - 1) - 1;
    if (s->is_revoked) {
        cut = spare(h, &s->cut, s->cut_seq) - 1;
    }
    *to = *to > cut ? *to : cut;
    *to = *to > s->head_seq ? *to : s->head_seq;
    h->is_dirty = true;
    return held_loose_drop(r, h);
}

static bool
is_needed(const struct held *h, const struct arrival *a)
{
    return h->state->passed < h->state->lines_n && a->fact.seq <= h->ahead;
}

enum rc
held_make_room(struct replica *r, struct held *h, const struct arrival *a)
{
    bool is = false;
    bool has = false;
    uint64_t to = 0;
    enum rc rc;

    if (held_room(h, a->bytes.n) || !is_needed(h, a)) {
        return RC_OK;
    }
    rc = held_has(r, h, a, &has);
    if (rc != RC_OK || has) {
        return rc;
    }
    rc = held_is_attached(r, h, a, &is);
    if (rc != RC_OK || !is || !replica_check(r, a)) {
        return rc;
    }
    rc = data_settle(r, h); /* perhaps the line can be decided by now */
    if (rc != RC_OK || held_room(h, a->bytes.n) || !is_needed(h, a)) {
        return rc;
    }
    rc = drop_others(r, h, a, &to);
    if (rc == RC_OK && to < h->trunk_n) {
        rc = cut_trunk(r, h, to);
    }
    if (rc == RC_OK) {
        rc = data_settle(r, h);
    }
    /* It is the one branch by now: let it be longer than a quarantine. */
    if (rc == RC_OK && !held_room(h, a->bytes.n)) {
        h->extra = WAITING_BYTES_MAX - HELD_BYTES_MAX;
    }
    return rc;
}
