/* Entries by id, and the forest that their links form. */
#include "sync/chain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct idmap_slot {
    uint32_t at;    /* 32 bits of the place, for growing */
    uint32_t index; /* plus 1; 0: free */
};

void
idmap_fini(struct idmap *m)
{
    mem_free(m->slot);
    *m = (struct idmap){NULL, 0, 0};
}

void
idmap_clear(struct idmap *m)
{
    if (m->cap > 0) {
        memset(m->slot, 0, m->cap * sizeof *m->slot);
    }
    m->n = 0;
}

static void
idmap_set(struct idmap *m, uint32_t at, uint32_t index)
{
    size_t i = at & (m->cap - 1);

    while (m->slot[i].index != 0) {
        i = (i + 1) & (m->cap - 1);
    }
    m->slot[i] = (struct idmap_slot){at, index + 1};
    m->n++;
}

static void
idmap_grow(struct idmap *m)
{
    struct idmap old = *m;

    m->cap = old.cap > 0 ? 2 * old.cap : 16;
    m->slot = mem_new(m->cap * sizeof *m->slot);
    m->n = 0;
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slot[i].index != 0) {
            idmap_set(m, old.slot[i].at, old.slot[i].index - 1);
        }
    }
    mem_free(old.slot);
}

void
idmap_put(struct idmap *m, uint64_t at, uint32_t index)
{
    assert(index < IDMAP_NONE);
    if (m->n + m->n / 2 >= m->cap) {
        idmap_grow(m);
    }
    idmap_set(m, (uint32_t)(at >> 32), index);
}

uint32_t
idmap_next(const struct idmap *m, uint64_t at, size_t *it)
{
    uint32_t want = (uint32_t)(at >> 32);

    if (m->cap == 0) {
        return IDMAP_NONE;
    }
    for (;;) {
        const struct idmap_slot *s = &m->slot[(want + *it) & (m->cap - 1)];

        if (s->index == 0) {
            return IDMAP_NONE;
        }
        ++*it;
        if (s->at == want) {
            return s->index - 1;
        }
    }
}

uint64_t
idmap_at(const uint8_t id[static 32])
{
    return get_u64(id) * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t
idmap_mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + b * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- the forest */

struct sort_key { /* qsort knows no context: the key carries what it compares */
    uint64_t seq;
    const struct hash *id;
    uint32_t index;
};

static int
sort_key_cmp(const void *a, const void *b)
{
    const struct sort_key *x = a;
    const struct sort_key *y = b;

    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    return hash_cmp(x->id, y->id);
}

static void
order_by_seq(struct tree *t)
{
    struct sort_key *key = mem_new(t->n * sizeof *key);
    bool is_sorted = true;

    for (size_t i = 0; i < t->n; i++) {
        key[i] = (struct sort_key){t->fact[i].seq, &t->fact[i].id, (uint32_t)i};
        is_sorted = is_sorted && (i == 0 || sort_key_cmp(&key[i - 1], &key[i]) < 0);
    }
    if (!is_sorted) {
        qsort(key, t->n, sizeof *key, sort_key_cmp);
    }
    for (size_t i = 0; i < t->n; i++) {
        t->order[i] = key[i].index;
    }
    mem_free(key);
}

/* To whom fact i is linked; everything below it is placed already. */
static uint32_t
parent_of(const struct tree *t, uint32_t i, const bool *side)
{
    const struct fact *f = &t->fact[i];
    uint32_t p;

    if (side != NULL && side[i]) {
        return TREE_SIDE;
    }
    if (f->seq == t->base_seq + 1 && hash_eq(&f->prev, &t->base)) {
        return TREE_BASE;
    }
    p = f->seq > 1 ? tree_find(t, &f->prev) : TREE_NONE;
    if (p == TREE_NONE || t->fact[p].seq + 1 != f->seq || !tree_is_attached(t, p)) {
        return TREE_NONE;
    }
    return p;
}

/* Jumps as in a skew-binary list: any ancestor within O(log n) steps. */
static void
place(struct tree *t, uint32_t i, uint32_t p)
{
    uint32_t j;

    t->parent[i] = p;
    t->jump[i] = p;
    t->depth[i] = 0;
    if (p >= TREE_SIDE) {
        return;
    }
    t->depth[i] = t->depth[p] + 1;
    j = t->jump[p];
    if (j < TREE_SIDE && t->jump[j] < TREE_SIDE &&
        t->depth[p] - t->depth[j] == t->depth[j] - t->depth[t->jump[j]]) {
        t->jump[i] = t->jump[j];
    }
}

void
tree_build(struct tree *t, const struct fact *facts, size_t n, uint64_t base_seq,
           const struct hash *base, const bool *side)
{
    assert(n < TREE_SIDE);
    t->fact = facts;
    t->n = n;
    t->base_seq = base_seq;
    t->base = *base;
    t->order = mem_grow(t->order, n * sizeof *t->order);
    t->parent = mem_grow(t->parent, n * sizeof *t->parent);
    t->jump = mem_grow(t->jump, n * sizeof *t->jump);
    t->depth = mem_grow(t->depth, n * sizeof *t->depth);
    idmap_clear(&t->ids);
    for (size_t i = 0; i < n; i++) {
        idmap_put(&t->ids, idmap_at(facts[i].id.b), (uint32_t)i);
        t->parent[i] = TREE_NONE;
    }
    order_by_seq(t);
    for (size_t k = 0; k < n; k++) {
        place(t, t->order[k], parent_of(t, t->order[k], side));
    }
}

void
tree_fini(struct tree *t)
{
    idmap_fini(&t->ids);
    mem_free(t->order);
    mem_free(t->parent);
    mem_free(t->jump);
    mem_free(t->depth);
    *t = (struct tree){0};
}

uint32_t
tree_find(const struct tree *t, const struct hash *id)
{
    uint64_t at = idmap_at(id->b);
    size_t it = 0;
    uint32_t i = idmap_next(&t->ids, at, &it);

    while (i != IDMAP_NONE && !hash_eq(&t->fact[i].id, id)) {
        i = idmap_next(&t->ids, at, &it);
    }
    return i;
}

bool
tree_is_attached(const struct tree *t, uint32_t i)
{
    return t->parent[i] != TREE_NONE;
}

uint32_t
tree_above(const struct tree *t, uint32_t i, uint64_t seq)
{
    while (i < TREE_SIDE && t->fact[i].seq > seq) {
        uint32_t j = t->jump[i];

        i = j < TREE_SIDE && t->fact[j].seq >= seq ? j : t->parent[i];
    }
    return i;
}

size_t
tree_at(const struct tree *t, uint64_t seq)
{
    size_t lo = 0;
    size_t hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->fact[t->order[mid]].seq < seq) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}
