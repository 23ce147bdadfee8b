/* Data entries: taken, held below a waiting line, or put aside; and what a settle
 * decides.
 *
 * The trunk carries the accepted entries as its front. Fast paths: an entry that extends
 * an accepted trunk needs one signature check; below a seal line that waits it needs none
 * and is held until the line's id arrives. Anything else marks the log dirty, and the
 * rule (accept_from) decides it anew from the effective seal upwards. */
#include "sync/replica_impl.h"

#include <string.h>

/* No line waits any more. */
static void
lines_ahead(struct held *h)
{
    if (h->state->passed == h->state->lines_n) {
        h->ahead = 0;
        h->ahead_seal = 0;
        h->extra = 0;
    }
}

static void
head_set(struct held *h, uint64_t seq, const struct hash *id, uint64_t clock)
{
    h->state->head_seq = seq;
    h->state->head = *id;
    h->state->head_clock = clock;
    if (seq == h->trunk_n) {
        h->held_bytes = 0;
    }
}

/* The seal line is attached at trunk entry (seq, id): all up to there counts. */
static void
seal_set(struct held *h, const struct log_line *l, uint64_t clock)
{
    log_seal_add(h->state, l);
    h->state->passed++;
    if (l->seq > h->state->head_seq) {
        head_set(h, l->seq, &l->id, clock);
    }
    if (l->seq > h->good_to) {
        h->good_from = l->seq;
        h->good_to = l->seq;
    }
    lines_ahead(h);
}

struct one {
    struct replica *r;
    struct arrival a;
    bool is_there;
};

static bool
one_read(void *arg, const struct stored *e)
{
    struct one *o = arg;

    o->is_there = o->r->codec.read(o->r->codec.self, e->bytes, &o->a);
    o->a.fact.id = e->id;
    return false;
}

/* Is the trunk's entry at l->seq the one the line names? */
static enum rc
is_named(struct replica *r, const struct held *h, const struct log_line *l, bool *is,
         uint64_t *clock)
{
    struct one o = {.r = r};
    enum rc rc = RC_OK;

    if (l->seq == h->trunk_n) {
        *is = hash_eq(&l->id, &h->top);
        *clock = h->top_clock;
        return RC_OK;
    }
    rc = r->store->trunk(r->store->self, &h->key, l->seq, one_read, &o);
    *is = o.is_there && hash_eq(&l->id, &o.a.fact.id);
    *clock = o.a.fact.clock;
    return rc == RC_OK && !o.is_there ? RC_CORRUPT : rc;
}

/* Decides lines as long as they are plain: seals on a trunk without a revoke. */
static enum rc
lines_step(struct replica *r, struct held *h)
{
    struct log_state *s = h->state;
    enum rc rc = RC_OK;

    while (rc == RC_OK && !h->is_dirty && s->passed < s->lines_n) {
        const struct log_line *l = &s->lines[s->passed];
        bool is = false;
        uint64_t clock = 0;

        if (l->is_revoke || s->is_revoked || h->bodies_n > 0 || l->seq < s->seal_seq ||
            l->seq == 0) {
            h->is_dirty = true;
            break;
        }
        if (l->seq > h->trunk_n) {
            break;
        }
        rc = is_named(r, h, l, &is, &clock);
        if (rc == RC_OK && is) {
            seal_set(h, l, clock);
        } else {
            h->is_dirty = true;
        }
    }
    s->waiting = s->passed < s->lines_n;
    replica_activate(r, h);
    return rc;
}

enum rc
data_lines(struct replica *r, struct held *h)
{
    for (; h->lines_seen < h->state->lines_n; h->lines_seen++) {
        const struct log_line *l = &h->state->lines[h->lines_seen];

        h->ahead = l->seq > h->ahead ? l->seq : h->ahead;
        if (!l->is_revoke && l->seq > h->ahead_seal) {
            h->ahead_seal = l->seq;
        }
    }
    return lines_step(r, h);
}

void
data_undecide(struct replica *r, struct held *h)
{
    log_undecide(h->state);
    h->saved.is_plain = false; /* its blob may stand under a prefix that is no more */
    h->state->proof = h->proof;
    h->lines_seen = 0;
    h->ahead = 0;
    h->ahead_seal = 0;
    h->sought = 0;
    h->keep = 0;
    h->is_placed = false;
    h->is_dirty = true;
    h->must_check = true;
    replica_activate(r, h);
}

/* ---- taking one */

/* Does the next line name this id, or this seq? Then it can perhaps be decided. */
static enum rc
line_reached(struct replica *r, struct held *h, const struct arrival *a)
{
    const struct log_state *s = h->state;
    const struct log_line *l = s->passed < s->lines_n ? &s->lines[s->passed] : NULL;

    if (l == NULL) {
        return RC_OK;
    }
    if (hash_eq(&l->id, &a->fact.id)) {
        return lines_step(r, h);
    }
    if (l->seq == a->fact.seq) { /* the run went another way than the line */
        h->is_dirty = true;
        h->must_check = true;
    }
    return RC_OK;
}

/* Below a waiting seal line: no check, no effect, until its id is there. */
static enum rc
hold(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    enum rc rc = held_append(r, h, a);

    if (rc != RC_OK) {
        return rc;
    }
    h->held_bytes += a->bytes.n;
    rc = line_reached(r, h, a);
    *what = h->state->head_seq >= a->fact.seq ? OFFER_TAKEN : OFFER_HELD;
    return rc;
}

/* Badly signed: of use only as long as a line could name it, or something above it. */
static enum rc
take_bad(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    enum rc rc;

    if (a->fact.seq > h->ahead) {
        return RC_FORGED;
    }
    if (!held_room(h, a->bytes.n)) {
        *what = OFFER_OVER_QUOTA;
        return RC_OK;
    }
    rc = held_loose_put(r, h, a, VERDICT_BAD);
    h->is_dirty = true;
    *what = OFFER_HELD;
    return rc;
}

static bool
is_next_accepted(const struct held *h, uint64_t seq)
{
    return h->state->head_seq + 1 == seq && !h->state->is_revoked &&
           (h->proof.seq == 0 || seq < h->proof.seq);
}

/* Can a well-signed entry that is not accepted at once change what is? Not above a fork
 * or a cut, unless a line waits: a log in quarantine costs no decision per entry. */
static bool
may_matter(const struct held *h, uint64_t seq)
{
    const struct log_state *s = h->state;

    if (s->passed < s->lines_n) {
        return true;
    }
    if (s->is_revoked) {
        return seq <= s->cut_seq && !s->is_closed;
    }
    return h->proof.seq == 0 || seq < h->proof.seq;
}

/* Extends the trunk and is signed well. */
static enum rc
extend(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    bool has_rival = held_has_rival(h, a->fact.seq);
    bool counts = is_next_accepted(h, a->fact.seq);
    bool is_known = h->good_to == h->trunk_n;
    enum rc rc;

    if (!counts && !held_room(h, a->bytes.n)) {
        *what = OFFER_OVER_QUOTA;
        return RC_OK;
    }
    rc = held_append(r, h, a);
    if (rc != RC_OK) {
        return rc;
    }
    if (is_known) {
        h->good_to = a->fact.seq;
    }
    if (counts) {
        head_set(h, a->fact.seq, &a->fact.id, a->fact.clock);
    } else {
        h->held_bytes += a->bytes.n;
        h->is_dirty = h->is_dirty || !is_known || may_matter(h, a->fact.seq);
    }
    *what = counts ? OFFER_TAKEN : OFFER_HELD;
    if (has_rival) {
        rc = held_prove(r, h, a);
    }
    return rc == RC_OK ? line_reached(r, h, a) : rc;
}

/* Beside the trunk: what is attached and signed well stays as a branch. */
static enum rc
aside(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    bool has = false;
    bool is = false;
    enum rc rc = held_has(r, h, a, &has);

    if (rc == RC_OK && !has) {
        rc = held_is_attached(r, h, a, &is);
    }
    if (rc != RC_OK || has) {
        *what = OFFER_HAVE;
        return rc;
    }
    if (!is) {
        return held_gap(r, h, a, what);
    }
    if (!replica_check(r, a)) {
        return take_bad(r, h, a, what);
    }
    *what = h->state->is_revoked ? OFFER_HELD : OFFER_TAKEN;
    if (held_room(h, a->bytes.n)) {
        rc = held_loose_put(r, h, a, VERDICT_GOOD);
        h->is_dirty = h->is_dirty || may_matter(h, a->fact.seq);
    } else {
        *what = OFFER_OVER_QUOTA; /* its head may still prove a fork */
    }
    return rc == RC_OK ? held_prove(r, h, a) : rc;
}

static bool
is_extension(const struct held *h, const struct fact *f)
{
    return f->seq == h->trunk_n + 1 && hash_eq(&f->prev, &h->top);
}

/* Below a waiting seal line, and nothing speaks against it. */
static bool
may_wait(const struct held *h, const struct fact *f)
{
    return is_extension(h, f) && f->seq <= h->ahead_seal && !h->must_check &&
           !held_has_rival(h, f->seq);
}

enum rc
data_take(struct replica *r, struct held *h, const struct arrival *a, enum offer *what)
{
    const struct loose *l;
    enum rc rc = RC_OK;

    if (may_wait(h, &a->fact)) {
        if (held_room(h, a->bytes.n)) {
            return hold(r, h, a, what);
        }
        h->must_check = true; /* no room to wait in: one by one, from here on */
        h->is_dirty = true;
        rc = data_settle(r, h);
    }
    if (rc == RC_OK) {
        rc = held_make_room(r, h, a);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (!is_extension(h, &a->fact)) {
        return aside(r, h, a, what);
    }
    l = held_loose(h, &a->fact.id);
    if (l != NULL && !l->is_head) {
        *what = OFFER_HAVE;
        return RC_OK;
    }
    return replica_check(r, a) ? extend(r, h, a, what) : take_bad(r, h, a, what);
}
