/* What is held of one log: its trunk, loose entries beside it, and proofs of forks. */
#include "sync/replica_impl.h"

#include <string.h>

struct held *
held_find(struct replica *r, const struct key *key)
{
    uint64_t at = idmap_at(key->b);
    size_t it = 0;
    uint32_t i;

    if (r->last != NULL && key_eq(&r->last->key, key)) {
        return r->last;
    }
    i = idmap_next(&r->keys, at, &it);
    while (i != IDMAP_NONE && !key_eq(&r->held[i]->key, key)) {
        i = idmap_next(&r->keys, at, &it);
    }
    if (i == IDMAP_NONE) {
        return NULL;
    }
    r->last = r->held[i];
    return r->last;
}

struct held *
held_get(struct replica *r, const struct key *key, enum entry_kind kind)
{
    struct held *h = held_find(r, key);

    if (h != NULL) {
        return h;
    }
    h = mem_new(sizeof *h);
    h->key = *key;
    h->kind = kind;
    h->index = (uint32_t)r->held_n;
    h->keep = UINT64_MAX;
    r->held = authority_room(r->held, r->held_n + 1, &r->held_cap, sizeof(struct held *));
    r->held[r->held_n++] = h;
    idmap_put(&r->keys, idmap_at(key->b), h->index);
    return h;
}

void
held_free(struct held *h)
{
    log_state_fini(&h->own);
    mem_free(h->loose);
    idmap_fini(&h->loose_ids);
    idmap_fini(&h->loose_seqs);
    mem_free(h->gap);
    mem_free(h);
}

/* ---- the trunk */

struct near_read {
    struct replica *r;
    size_t most;
};

static bool
near_one(void *arg, const struct stored *e)
{
    struct near_read *n = arg;
    struct replica *r = n->r;

    if (e->seq != r->near.from + r->near.n) {
        return false;
    }
    r->near.id[r->near.n++] = e->id;
    return r->near.n < n->most;
}

/* Reads a few ahead: whoever asks for one usually asks for the next as well. */
enum rc
held_id_at(struct replica *r, const struct held *h, uint64_t seq, struct hash *id)
{
    bool is_run = r->near.of == h && seq == r->near.from + r->near.n;
    struct near_read n = {r, is_run ? sizeof r->near.id / sizeof r->near.id[0] : 1};

    if (seq == h->trunk_n) {
        *id = h->top;
        return RC_OK;
    }
    if (r->near.of != h || seq < r->near.from || seq - r->near.from >= r->near.n) {
        r->near.of = NULL;
        r->near.from = seq;
        r->near.n = 0;
        enum rc rc = r->store->trunk(r->store->self, &h->key, seq, near_one, &n);
        if (rc != RC_OK) {
            return rc;
        }
        if (r->near.n == 0) {
            return RC_CORRUPT;
        }
        r->near.of = h;
    }
    *id = r->near.id[seq - r->near.from];
    return RC_OK;
}

struct last_read {
    struct replica *r;
    struct held *h;
};

static bool
last_one(void *arg, const struct stored *e)
{
    struct last_read *l = arg;
    struct arrival a;

    if (l->r->codec.read(l->r->codec.self, e->bytes, &a)) {
        l->h->top = e->id;
        l->h->top_clock = a.fact.clock;
    }
    return false;
}

enum rc
held_cut(struct replica *r, struct held *h, uint64_t from)
{
    struct last_read l = {r, h};
    enum rc rc;

    if (from > h->trunk_n) {
        return RC_OK;
    }
    rc = r->store->cut(r->store->self, &h->key, from);
    r->near.of = NULL;
    h->saved.is_plain = false; /* its blob names what is no more */
    h->trunk_n = from - 1;
    h->top = (struct hash){{0}};
    h->top_clock = 0;
    if (h->good_to > h->trunk_n) {
        h->good_to = h->trunk_n;
    }
    if (h->good_from > h->good_to) {
        h->good_from = h->good_to;
    }
    replica_activate(r, h);
    if (rc == RC_OK && h->trunk_n > 0) {
        rc = r->store->trunk(r->store->self, &h->key, h->trunk_n, last_one, &l);
    }
    return rc;
}

/* ---- loose entries */

struct loose *
held_loose(const struct held *h, const struct hash *id)
{
    uint64_t at = idmap_at(id->b);
    size_t it = 0;
    uint32_t i = idmap_next(&h->loose_ids, at, &it);

    while (i != IDMAP_NONE && !hash_eq(&h->loose[i].fact.id, id)) {
        i = idmap_next(&h->loose_ids, at, &it);
    }
    return i == IDMAP_NONE ? NULL : &h->loose[i];
}

/* The next loose entry at seq, from *it = 0 on. */
static struct loose *
loose_at(const struct held *h, uint64_t seq, size_t *it)
{
    uint32_t i = idmap_next(&h->loose_seqs, idmap_mix(seq, 1), it);

    while (i != IDMAP_NONE && h->loose[i].fact.seq != seq) {
        i = idmap_next(&h->loose_seqs, idmap_mix(seq, 1), it);
    }
    return i == IDMAP_NONE ? NULL : &h->loose[i];
}

bool
held_has_rival(const struct held *h, uint64_t seq)
{
    size_t it = 0;

    for (uint32_t i = 0; i < h->gaps_n; i++) {
        if (h->gap[i].fact.seq == seq) {
            return true;
        }
    }
    return h->loose_n > 0 && loose_at(h, seq, &it) != NULL;
}

static void
loose_index(struct held *h, size_t i)
{
    const struct fact *f = &h->loose[i].fact;

    idmap_put(&h->loose_ids, idmap_at(f->id.b), (uint32_t)i);
    idmap_put(&h->loose_seqs, idmap_mix(f->seq, 1), (uint32_t)i);
    if (!h->loose[i].is_head) {
        h->loose_bytes += h->loose[i].bytes_n;
        h->bodies_n++;
    }
}

void
held_loose_note(struct held *h, const struct arrival *a, enum verdict sig, bool is_head)
{
    h->loose = authority_room(h->loose, h->loose_n + 1, &h->loose_cap, sizeof *h->loose);
    h->loose[h->loose_n] = (struct loose){
        .fact = a->fact, .sig = sig, .bytes_n = (uint32_t)a->bytes.n, .is_head = is_head};
    loose_index(h, h->loose_n++);
}

/* A head that is held already gives way to the whole entry. */
enum rc
held_loose_put(struct replica *r, struct held *h, const struct arrival *a,
               enum verdict sig)
{
    struct stored e = {a->fact.seq, a->fact.id, a->bytes};
    bool is_head = a->bytes.n <= r->codec.head_n;
    const struct loose *old = held_loose(h, &a->fact.id);
    enum rc rc = RC_OK;

    if (old != NULL && (is_head || !old->is_head)) {
        return RC_OK;
    }
    if (old != NULL) {
        rc = held_loose_del(r, h, &a->fact.id);
    }
    if (rc == RC_OK) {
        rc = r->store->loose_put(r->store->self, &h->key, &e);
    }
    if (rc == RC_OK) {
        held_loose_note(h, a, sig, is_head);
        replica_activate(r, h);
    }
    return rc;
}

enum rc
held_loose_moved(struct replica *r, struct held *h)
{
    size_t n = 0;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < h->loose_n && rc == RC_OK; i++) {
        if (h->loose[i].is_moving) {
            rc = r->store->loose_del(r->store->self, &h->key, &h->loose[i].fact.id);
        } else {
            h->loose[n++] = h->loose[i];
        }
    }
    h->loose_n = n;
    idmap_clear(&h->loose_ids);
    idmap_clear(&h->loose_seqs);
    h->loose_bytes = 0;
    h->bodies_n = 0;
    for (size_t i = 0; i < n; i++) {
        loose_index(h, i);
    }
    replica_activate(r, h);
    return rc;
}

enum rc
held_loose_del(struct replica *r, struct held *h, const struct hash *id)
{
    struct loose *l = held_loose(h, id);

    if (l == NULL) {
        return RC_OK;
    }
    l->is_moving = true;
    return held_loose_moved(r, h);
}

/* A head that stood alone has no use any more. */
enum rc
held_append(struct replica *r, struct held *h, const struct arrival *a)
{
    const struct sync_store *s = r->store;
    const struct loose *head = held_loose(h, &a->fact.id);
    enum rc rc = s->append(s->self, &h->key, a->fact.seq, &a->fact.id, a->bytes);

    if (rc != RC_OK) {
        return rc;
    }
    h->trunk_n = a->fact.seq;
    h->top = a->fact.id;
    h->top_clock = a->fact.clock;
    replica_activate(r, h);
    return head != NULL && head->is_head ? held_loose_del(r, h, &a->fact.id) : RC_OK;
}

bool
held_room(const struct held *h, size_t bytes_n)
{
    return h->held_bytes + h->loose_bytes + bytes_n <= HELD_BYTES_MAX + h->extra;
}

enum rc
held_has(struct replica *r, const struct held *h, const struct arrival *a, bool *has)
{
    const struct loose *l = held_loose(h, &a->fact.id);
    struct hash id;
    enum rc rc = RC_OK;

    *has = l != NULL && !l->is_head;
    if (!*has && a->fact.seq <= h->trunk_n) {
        rc = held_id_at(r, h, a->fact.seq, &id);
        *has = rc == RC_OK && hash_eq(&id, &a->fact.id);
    }
    return rc;
}

enum rc
held_is_attached(struct replica *r, const struct held *h, const struct arrival *a,
                 bool *is)
{
    const struct loose *l = held_loose(h, &a->fact.prev);
    struct hash id;
    enum rc rc = RC_OK;

    if (a->fact.seq == 1) {
        *is = hash_is_zero(&a->fact.prev);
        return RC_OK;
    }
    *is = l != NULL && !l->is_head && l->fact.seq + 1 == a->fact.seq;
    if (!*is && a->fact.seq - 1 <= h->trunk_n) {
        rc = held_id_at(r, h, a->fact.seq - 1, &id);
        *is = rc == RC_OK && hash_eq(&id, &a->fact.prev);
    }
    return rc;
}
