/* Deciding one log anew by the rule, from its effective seal upwards. */
#include "sync/replica_impl.h"

#include <string.h>

/* Logs up to here are searched whole for the id of a line that waits though nothing more
 * is coming; in a longer one it waits until the trunk has reached its seq. */
#define SEEK_ENTRIES_MAX 1024

/* Facts above the base: the trunk's first, by seq, then loose ones. */
struct view {
    struct replica *r;
    struct held *h;
    uint64_t base;
    uint64_t base_clock;
    struct fact *fact;
    uint32_t *bytes_n; /* of trunk entries */
    bool *side;
    size_t n, trunk_n, fact_cap, bytes_cap, side_cap;
    bool is_broken;
    enum rc rc;
};

static void
view_add(struct view *v, const struct fact *f, bool side, size_t bytes_n)
{
    v->fact = authority_room(v->fact, v->n + 1, &v->fact_cap, sizeof *v->fact);
    v->bytes_n = authority_room(v->bytes_n, v->n + 1, &v->bytes_cap, sizeof *v->bytes_n);
    v->side = authority_room(v->side, v->n + 1, &v->side_cap, sizeof *v->side);
    v->fact[v->n] = *f;
    v->bytes_n[v->n] = (uint32_t)bytes_n;
    v->side[v->n++] = side;
}

static bool
view_trunk(void *arg, const struct stored *e)
{
    struct view *v = arg;
    const struct held *h = v->h;
    struct arrival a;

    if (!v->r->codec.read(v->r->codec.self, e->bytes, &a)) {
        v->is_broken = true;
        return false;
    }
    a.fact.id = e->id;
    if (e->seq == v->base) {
        v->base_clock = a.fact.clock;
        v->is_broken = !hash_eq(&e->id, &h->state->seal);
    } else {
        a.fact.sig = e->seq > h->good_from && e->seq <= h->good_to;
        view_add(v, &a.fact, false, e->bytes.n);
    }
    return !v->is_broken;
}

static enum rc
view_fill(struct view *v)
{
    struct held *h = v->h;
    const struct sync_store *s = v->r->store;
    uint64_t from = v->base > 0 ? v->base : 1;
    enum rc rc = RC_OK;

    if (h->trunk_n >= from) {
        rc = s->trunk(s->self, &h->key, from, view_trunk, v);
    }
    if (rc != RC_OK || v->is_broken || v->n != h->trunk_n - v->base) {
        return rc != RC_OK ? rc : RC_CORRUPT;
    }
    v->trunk_n = v->n;
    for (size_t i = 0; i < h->loose_n; i++) {
        const struct loose *l = &h->loose[i];
        struct fact f = l->fact;

        if (l->is_head) {
            continue;
        }
        f.sig = l->sig == VERDICT_GOOD;
        view_add(v, &f, f.seq <= v->base && held_loose(h, &f.prev) == NULL, 0);
    }
    return RC_OK;
}

static void
view_fini(struct view *v)
{
    mem_free(v->fact);
    mem_free(v->bytes_n);
    mem_free(v->side);
}

/* ---- an id somewhere at or below the base */

struct seek {
    const struct hash *id;
    uint64_t to;
    uint64_t found;
};

static bool
seek_one(void *arg, const struct stored *e)
{
    struct seek *s = arg;

    if (hash_eq(&e->id, s->id)) {
        s->found = e->seq;
    }
    return s->found == 0 && e->seq < s->to;
}

/* Only a line that names an id under a wrong seq can find it there, so it is looked for
 * once, and only when the line should have been attached already. */
static uint64_t
below(void *arg, const struct hash *id)
{
    struct view *v = arg;
    struct held *h = v->h;
    const struct sync_store *store = v->r->store;
    const struct log_line *l = &h->state->lines[h->state->passed];
    struct seek s = {.id = id, .to = v->base};

    if (v->base == 0 || h->sought == h->state->passed + 1 ||
        !(l->seq <= h->trunk_n || (v->r->is_final && v->base <= SEEK_ENTRIES_MAX))) {
        return 0;
    }
    v->rc = store->trunk(store->self, &h->key, 1, seek_one, &s);
    if (s.found == 0) {
        h->sought = h->state->passed + 1;
    }
    return s.found;
}

/* ---- what follows from the decision */

/* The accepted path becomes the trunk's front. */
static enum rc
follow(struct view *v, const uint32_t *path, size_t path_n)
{
    struct held *h = v->h;
    size_t same = 0;
    struct hash *ids;
    enum rc rc;

    while (same < path_n && path[same] == same && same < v->trunk_n) {
        same++;
    }
    if (v->base + same < h->keep) {
        h->keep = v->base + same;
    }
    if (same == path_n) {
        return RC_OK;
    }
    ids = mem_new((path_n - same) * sizeof *ids);
    for (size_t i = same; i < path_n; i++) {
        ids[i - same] = v->fact[path[i]].id;
    }
    rc = held_swap(v->r, h, v->base + same + 1, ids, path_n - same);
    mem_free(ids);
    h->good_from = h->state->seal_seq;
    h->good_to = h->state->head_seq;
    return rc;
}

/* Badly signed entries have no use, nor has what stands on them, once no line can name
 * them any more and the holding revoke's branch does not pass there. */
static enum rc
drop_bad(struct view *v, const struct tree *t)
{
    struct held *h = v->h;
    const struct log_state *s = h->state;
    uint64_t keep_to = s->is_revoked && s->cut_seq > h->ahead ? s->cut_seq : h->ahead;
    bool has_any = false;

    for (size_t k = 0; k < t->n; k++) {
        uint32_t i = t->order[k];
        struct loose *l = i >= v->trunk_n ? held_loose(h, &t->fact[i].id) : NULL;
        const struct loose *below_it = l != NULL ? held_loose(h, &l->fact.prev) : NULL;

        if (l != NULL) {
            l->is_moving = (l->sig == VERDICT_BAD && l->fact.seq > keep_to) ||
                           (below_it != NULL && below_it->is_moving);
            has_any = has_any || l->is_moving;
        }
    }
    return has_any ? held_loose_drop(v->r, h) : RC_OK;
}

static void
tidy(struct view *v)
{
    struct held *h = v->h;
    struct log_state *s = h->state;

    if (s->passed == s->lines_n) {
        h->ahead = 0;
        h->ahead_seal = 0;
        h->extra = 0;
    }
    if (s->seal_seq > h->good_to) {
        h->good_from = s->seal_seq;
        h->good_to = s->seal_seq;
    }
    h->held_bytes = 0;
    for (size_t i = 0; i < v->trunk_n; i++) {
        if (v->fact[i].seq > s->head_seq && v->fact[i].seq <= h->trunk_n) {
            h->held_bytes += v->bytes_n[i];
        }
    }
}

static enum rc
decide(struct replica *r, struct held *h)
{
    struct view v = {.r = r, .h = h, .base = h->state->seal_seq};
    struct tree tree = {0};
    struct accept_run run = {.tree = &tree, .below = below, .arg = &v};
    enum rc rc;

    rc = view_fill(&v);
    if (rc == RC_OK) {
        tree_build(&tree, v.fact, v.n, v.base, &h->state->seal, v.side);
        run.path = mem_new(v.n * sizeof *run.path);
        run.base_clock = v.base_clock;
        h->state->proof = h->proof;
        accept_from(h->state, &run);
        rc = v.rc;
    }
    if (rc == RC_OK) {
        rc = follow(&v, run.path, run.path_n);
    }
    if (rc == RC_OK) {
        tidy(&v);
        rc = drop_bad(&v, &tree);
    }
    mem_free(run.path);
    tree_fini(&tree);
    view_fini(&v);
    return rc;
}

/* ---- signatures that nobody has looked at yet */

struct look {
    struct replica *r;
    struct held *h;
    uint64_t bad; /* seq of the first bad one; 0: none */
};

static bool
look_trunk(void *arg, const struct stored *e)
{
    struct look *k = arg;
    struct arrival a;

    if (k->r->codec.read(k->r->codec.self, e->bytes, &a)) {
        a.fact.id = e->id;
        if (replica_check(k->r, &a)) {
            k->h->good_to = e->seq;
            return true;
        }
    }
    k->bad = e->seq;
    return false;
}

static bool
look_loose(void *arg, const struct stored *e)
{
    struct look *k = arg;
    struct loose *l = held_loose(k->h, &e->id);
    struct arrival a;

    if (l != NULL && l->sig == VERDICT_NONE &&
        k->r->codec.read(k->r->codec.self, e->bytes, &a)) {
        a.fact.id = e->id;
        l->sig = replica_check(k->r, &a) ? VERDICT_GOOD : VERDICT_BAD;
    }
    return true;
}

static bool
has_unknown(const struct held *h)
{
    for (size_t i = 0; i < h->loose_n; i++) {
        if (h->loose[i].sig == VERDICT_NONE) {
            return true;
        }
    }
    return false;
}

/* Checks what waits unverified, one by one. What is bad leaves the trunk, with all that
 * stands on it: beside it if a line could still name it, else for good. */
static enum rc
check_held(struct replica *r, struct held *h)
{
    struct look k = {.r = r, .h = h};
    const struct sync_store *s = r->store;
    enum rc rc = RC_OK;

    if (h->good_from > h->state->seal_seq) {
        h->good_from = h->state->seal_seq;
        h->good_to = h->state->seal_seq;
    }
    if (h->good_to < h->trunk_n) {
        rc = s->trunk(s->self, &h->key, h->good_to + 1, look_trunk, &k);
    }
    if (rc == RC_OK && k.bad > 0) {
        rc = held_swap(r, h, k.bad, NULL, 0);
    }
    if (rc == RC_OK && has_unknown(h)) {
        rc = s->loose_each(s->self, &h->key, look_loose, &k);
    }
    return rc;
}

static bool
must_check(const struct replica *r, const struct held *h)
{
    bool has_any =
        h->good_to < h->trunk_n || h->good_from > h->state->seal_seq || has_unknown(h);

    return has_any && (h->must_check || r->is_final || h->ahead_seal <= h->good_to);
}

enum rc
data_settle(struct replica *r, struct held *h)
{
    enum rc rc = RC_OK;

    if (h->state == NULL) {
        return RC_OK;
    }
    if (h->is_dirty || (r->is_final && h->state->waiting)) {
        rc = decide(r, h);
    }
    if (rc == RC_OK && must_check(r, h)) {
        rc = check_held(r, h);
        if (rc == RC_OK) {
            rc = decide(r, h);
        }
    }
    if (!h->is_placed) {
        seal_place(r, h);
        h->is_placed = true;
    }
    h->is_dirty = false;
    h->must_check = false;
    return rc;
}
