/* Which authority entries form the prefix (design section 6): closed reigns up to the
 * entry their successor names, then the open one below its lowest fork. */
#include "sync/authority_impl.h"

#include <stdlib.h>
#include <string.h>

struct sort_key {
    const struct auth_fact *f;
    uint32_t index;
};

struct work {
    const struct auth_fact *facts;
    size_t n;
    uint32_t *order; /* by key, seq, id */
    struct idmap ids;
    bool *is_opened; /* by key */
    struct prefix *out;
};

/* The entries of one key that belong to the reign it opened: order[from..to), and its
 * first entry. */
struct own {
    size_t from, to;
    uint32_t first;
};

static int
sort_key_cmp(const void *a, const void *b)
{
    const struct auth_fact *x = ((const struct sort_key *)a)->f;
    const struct auth_fact *y = ((const struct sort_key *)b)->f;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (x->fact.seq != y->fact.seq) {
        return x->fact.seq < y->fact.seq ? -1 : 1;
    }
    return hash_cmp(&x->fact.id, &y->fact.id);
}

static void
work_init(struct work *w, const struct auth_fact *facts, size_t n, struct prefix *out)
{
    struct sort_key *key = mem_new(n * sizeof *key);
    uint32_t keys_n = 0;

    *w = (struct work){.facts = facts, .n = n, .out = out};
    for (size_t i = 0; i < n; i++) {
        key[i] = (struct sort_key){&facts[i], (uint32_t)i};
        keys_n = facts[i].key >= keys_n ? facts[i].key + 1 : keys_n;
        idmap_put(&w->ids, idmap_at(facts[i].fact.id.b), (uint32_t)i);
    }
    qsort(key, n, sizeof *key, sort_key_cmp);
    w->order = mem_new(n * sizeof *w->order);
    for (size_t i = 0; i < n; i++) {
        w->order[i] = key[i].index;
    }
    w->is_opened = mem_new(keys_n * sizeof *w->is_opened);
    mem_free(key);
}

static void
work_fini(struct work *w)
{
    idmap_fini(&w->ids);
    mem_free(w->order);
    mem_free(w->is_opened);
}

static uint32_t
find(const struct work *w, const struct hash *id)
{
    uint64_t at = idmap_at(id->b);
    size_t it = 0;
    uint32_t i = idmap_next(&w->ids, at, &it);

    while (i != IDMAP_NONE && !hash_eq(&w->facts[i].fact.id, id)) {
        i = idmap_next(&w->ids, at, &it);
    }
    return i;
}

static struct own
own_of(const struct work *w, uint32_t first)
{
    uint32_t key = w->facts[first].key;
    size_t lo = 0;
    size_t hi = w->n;
    struct own own;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (w->facts[w->order[mid]].key < key) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    own = (struct own){lo, lo, first};
    while (own.to < w->n && w->facts[w->order[own.to]].key == key) {
        own.to++;
    }
    return own;
}

static bool
is_own(const struct work *w, const struct own *own, uint32_t i)
{
    const struct auth_fact *f = &w->facts[i];

    return f->key == w->facts[own->first].key && f->fact.sig &&
           (f->fact.seq > 1 || i == own->first);
}

/* Two ids at one seq of a reign: the lowest such seq, its two smallest ids. */
static struct proof
proof_of(const struct work *w, const struct own *own)
{
    const struct fact *last = NULL;

    for (size_t k = own->from; k < own->to; k++) {
        const struct fact *f = &w->facts[w->order[k]].fact;

        if (!is_own(w, own, w->order[k])) {
            continue;
        }
        if (last != NULL && last->seq == f->seq) {
            return (struct proof){f->seq, {last->id, f->id}};
        }
        last = f;
    }
    return (struct proof){0};
}

/* Entries that open this reign with the root's signature, at most two, by id. */
static size_t
starts(const struct work *w, uint32_t reign, uint32_t out[2])
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct auth_fact *f = &w->facts[i];
        uint32_t at = (uint32_t)i;

        if (f->fact.seq != 1 || !f->fact.sig || f->is_head || !f->has_root ||
            f->reign != reign || w->is_opened[f->key]) {
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            if (hash_cmp(&w->facts[at].fact.id, &w->facts[out[k]].fact.id) < 0) {
                uint32_t other = out[k];

                out[k] = at;
                at = other;
            }
        }
        if (n < 2) {
            out[n++] = at;
        }
    }
    return n;
}

static struct auth_row *
row_add(struct prefix *out, uint32_t reign, uint32_t key)
{
    if (out->rows_n == out->rows_cap) {
        out->rows_cap = 2 * out->rows_cap + 4;
        out->row = mem_grow(out->row, out->rows_cap * sizeof *out->row);
    }
    out->row[out->rows_n] = (struct auth_row){.reign = reign, .key = key};
    return &out->row[out->rows_n++];
}

/* Appends the chain up to the named entry; false (and nothing) if it is not held whole.
 */
static bool
close_reign(struct work *w, const struct own *own, const struct auth_fact *next)
{
    struct prefix *out = w->out;
    uint32_t i = find(w, &next->to);
    uint64_t seq = next->to_seq;

    if (seq == 0 || seq > w->n - out->n) {
        return false;
    }
    for (uint64_t left = seq; left > 0; left--) {
        const struct auth_fact *f;

        if (i == IDMAP_NONE || !is_own(w, own, i) || w->facts[i].is_head) {
            return false;
        }
        f = &w->facts[i];
        if (f->fact.seq != left || (left == 1 && !hash_is_zero(&f->fact.prev))) {
            return false;
        }
        out->at[out->n + left - 1] = i;
        i = left > 1 ? find(w, &f->fact.prev) : i;
    }
    out->n += seq;
    return true;
}

/* Appends the open reign's entries up to seq top. */
static void
walk(struct work *w, const struct own *own, uint64_t top, struct auth_row *row)
{
    struct prefix *out = w->out;
    uint32_t i = own->first;
    size_t k = own->from;

    while (i != IDMAP_NONE && w->facts[i].fact.seq <= top) {
        const struct fact *last = &w->facts[i].fact;

        out->at[out->n++] = i;
        row->head = last->id;
        row->head_seq = last->seq;
        i = IDMAP_NONE;
        while (k < own->to && w->facts[w->order[k]].fact.seq <= last->seq) {
            k++;
        }
        for (size_t j = k; j < own->to && i == IDMAP_NONE; j++) {
            const struct auth_fact *f = &w->facts[w->order[j]];

            if (f->fact.seq != last->seq + 1) {
                break;
            }
            if (f->fact.sig && !f->is_head && hash_eq(&f->fact.prev, &last->id)) {
                i = w->order[j];
            }
        }
    }
}

static uint64_t
min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void
open_reign(struct work *w, uint32_t reign, const struct own *own, const uint32_t next[2],
           size_t next_n)
{
    struct prefix *out = w->out;
    struct proof proof = proof_of(w, own);
    uint64_t top = proof.seq > 0 ? proof.seq - 1 : UINT64_MAX;
    const struct auth_fact *a = &w->facts[next[0]];
    const struct auth_fact *b = &w->facts[next[1]];
    struct auth_row *row;

    if (next_n == 1) { /* what it names is not held: wait below it */
        top = min(top, a->to_seq > 1 ? a->to_seq - 1 : 1);
    }
    if (next_n == 2) { /* the root contradicts itself */
        top = min(top, min(a->to_seq, b->to_seq));
        out->is_frozen = true;
    }
    row = row_add(out, reign, w->facts[own->first].key);
    row->proof = proof;
    walk(w, own, top, row);
    out->is_open = next_n == 0 && proof.seq == 0;
    if (next_n > 0) {
        row = row_add(out, reign + 1, a->key);
        if (next_n == 1) {
            row->head = a->fact.id;
            row->head_seq = 1;
        } else {
            row->proof = (struct proof){1, {a->fact.id, b->fact.id}};
        }
    }
}

void
authority_prefix(const struct auth_fact *facts, size_t n, const struct hash *community,
                 struct prefix *out)
{
    struct work w;
    uint32_t first;

    work_init(&w, facts, n, out);
    out->at = mem_grow(out->at, n * sizeof *out->at);
    out->n = 0;
    out->rows_n = 0;
    out->is_frozen = false;
    out->is_open = false;
    first = find(&w, community);
    if (first != IDMAP_NONE && !facts[first].fact.sig) {
        first = IDMAP_NONE;
    }
    for (uint32_t reign = 1; first != IDMAP_NONE; reign++) {
        struct own own = own_of(&w, first);
        uint32_t next[2] = {first, first};
        size_t next_n;

        w.is_opened[facts[first].key] = true;
        next_n = starts(&w, reign + 1, next);
        first = IDMAP_NONE;
        if (next_n == 1 && close_reign(&w, &own, &facts[next[0]])) {
            struct auth_row *row = row_add(out, reign, facts[own.first].key);

            row->head = facts[next[0]].to;
            row->head_seq = facts[next[0]].to_seq;
            first = next[0];
        } else {
            open_reign(&w, reign, &own, next, next_n);
        }
    }
    work_fini(&w);
}

void
prefix_fini(struct prefix *p)
{
    mem_free(p->at);
    mem_free(p->row);
    *p = (struct prefix){0};
}
