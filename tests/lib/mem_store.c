/* The storage port in memory. */
#include "tests/lib/mem_store.h"

#include <string.h>

struct cell {
    uint64_t seq;
    struct hash id;
    uint8_t *p;
    size_t n;
};
struct log {
    struct key key;
    struct cell *trunk, *loose;
    size_t trunk_n, trunk_cap, loose_n, loose_cap;
    struct buf state;
};
struct mem_store {
    struct sync_store port;
    struct log *log;
    size_t n;
    size_t last;
    size_t calls, fail_at;
};

static enum rc
call(struct mem_store *m)
{
    m->calls++;
    return m->fail_at > 0 && m->calls == m->fail_at ? RC_IO : RC_OK;
}

static struct log *
find(const struct mem_store *m, const struct key *key)
{
    if (m->last < m->n && key_eq(&m->log[m->last].key, key)) {
        return &m->log[m->last];
    }
    for (size_t i = 0; i < m->n; i++) {
        if (key_eq(&m->log[i].key, key)) {
            return &m->log[i];
        }
    }
    return NULL;
}

static struct log *
get(struct mem_store *m, const struct key *key)
{
    struct log *l = find(m, key);

    if (l == NULL) {
        m->log = mem_grow(m->log, (m->n + 1) * sizeof *m->log);
        l = &m->log[m->n++];
        *l = (struct log){.key = *key};
    }
    m->last = (size_t)(l - m->log);
    return l;
}

static void
add(struct cell **list, size_t *n, size_t *cap, uint64_t seq, const struct hash *id,
    struct slice bytes)
{
    if (*n == *cap) {
        *cap = 2 * *cap + 8;
        *list = mem_grow(*list, *cap * sizeof **list);
    }
    (*list)[(*n)++] = (struct cell){seq, *id, mem_copy(bytes.p, bytes.n), bytes.n};
}

static enum rc
append(void *self, const struct key *log, uint64_t seq, const struct hash *id,
       struct slice entry)
{
    struct log *l = get(self, log);
    enum rc rc = call(self);

    if (rc == RC_OK && seq != l->trunk_n + 1) {
        return RC_BUG;
    }
    if (rc == RC_OK) {
        add(&l->trunk, &l->trunk_n, &l->trunk_cap, seq, id, entry);
    }
    return rc;
}

static bool
give(const struct cell *c, store_each_fn each, void *arg)
{
    struct stored e = {c->seq, c->id, slice_of(c->p, c->n)};

    return each(arg, &e);
}

static enum rc
trunk(void *self, const struct key *log, uint64_t from, store_each_fn each, void *arg)
{
    const struct log *l = find(self, log);
    enum rc rc = call(self);
    size_t i = from > 0 ? (size_t)from - 1 : 0;

    for (; rc == RC_OK && l != NULL && i < l->trunk_n; i++) {
        if (!give(&l->trunk[i], each, arg)) {
            break;
        }
    }
    return rc;
}

static enum rc
cut(void *self, const struct key *log, uint64_t from)
{
    struct log *l = get(self, log);
    enum rc rc = call(self);

    while (rc == RC_OK && l->trunk_n > 0 && l->trunk_n >= from) {
        mem_free(l->trunk[--l->trunk_n].p);
    }
    return rc;
}

static enum rc
rewrite(void *self, const struct key *log, uint64_t seq, struct slice entry)
{
    struct log *l = get(self, log);
    enum rc rc = call(self);

    if (rc == RC_OK && (seq == 0 || seq > l->trunk_n)) {
        return RC_BUG;
    }
    if (rc == RC_OK) {
        struct cell *c = &l->trunk[seq - 1];

        mem_free(c->p);
        c->p = mem_copy(entry.p, entry.n);
        c->n = entry.n;
    }
    return rc;
}

static struct cell *
loose(const struct log *l, const struct hash *id)
{
    for (size_t i = 0; l != NULL && i < l->loose_n; i++) {
        if (hash_eq(&l->loose[i].id, id)) {
            return &l->loose[i];
        }
    }
    return NULL;
}

static enum rc
loose_put(void *self, const struct key *log, const struct stored *e)
{
    struct log *l = get(self, log);
    enum rc rc = call(self);

    if (rc == RC_OK && loose(l, &e->id) == NULL) {
        add(&l->loose, &l->loose_n, &l->loose_cap, e->seq, &e->id, e->bytes);
    }
    return rc;
}

static enum rc
loose_each(void *self, const struct key *log, store_each_fn each, void *arg)
{
    const struct log *l = find(self, log);
    enum rc rc = call(self);

    for (size_t i = 0; rc == RC_OK && l != NULL && i < l->loose_n; i++) {
        if (!give(&l->loose[i], each, arg)) {
            break;
        }
    }
    return rc;
}

static enum rc
loose_del(void *self, const struct key *log, const struct hash *id)
{
    struct log *l = get(self, log);
    struct cell *c = loose(l, id);
    enum rc rc = call(self);

    if (rc == RC_OK && c != NULL) {
        mem_free(c->p);
        *c = l->loose[--l->loose_n];
    }
    return rc;
}

static enum rc
state_put(void *self, const struct key *log, struct slice state)
{
    struct log *l = get(self, log);
    enum rc rc = call(self);

    if (rc == RC_OK) {
        l->state.n = 0;
        buf_add_slice(&l->state, state);
    }
    return rc;
}

static enum rc
state_each(void *self, store_log_fn each, void *arg)
{
    struct mem_store *m = self;
    enum rc rc = call(m);

    for (size_t i = 0; rc == RC_OK && i < m->n; i++) {
        if (!each(arg, &m->log[i].key, buf_slice(&m->log[i].state))) {
            break;
        }
    }
    return rc;
}

struct mem_store *
mem_store_new(void)
{
    struct mem_store *m = mem_new(sizeof *m);

    m->port = (struct sync_store){.self = m,
                                  .append = append,
                                  .trunk = trunk,
                                  .run = trunk,
                                  .cut = cut,
                                  .loose_put = loose_put,
                                  .loose_each = loose_each,
                                  .loose_del = loose_del,
                                  .state_put = state_put,
                                  .rewrite = rewrite,
                                  .state_each = state_each};
    return m;
}

static void
cells_free(struct cell *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mem_free(list[i].p);
    }
    mem_free(list);
}

void
mem_store_free(struct mem_store *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->n; i++) {
        cells_free(m->log[i].trunk, m->log[i].trunk_n);
        cells_free(m->log[i].loose, m->log[i].loose_n);
        buf_free(&m->log[i].state);
    }
    mem_free(m->log);
    mem_free(m);
}

const struct sync_store *
mem_store_port(struct mem_store *m)
{
    return &m->port;
}

struct mem_store *
mem_store_copy(const struct mem_store *m)
{
    struct mem_store *c = mem_store_new();

    for (size_t i = 0; i < m->n; i++) {
        const struct log *l = &m->log[i];
        struct log *to = get(c, &l->key);
        for (size_t k = 0; k < l->trunk_n; k++) {
            add(&to->trunk, &to->trunk_n, &to->trunk_cap, l->trunk[k].seq,
                &l->trunk[k].id, slice_of(l->trunk[k].p, l->trunk[k].n));
        }
        for (size_t k = 0; k < l->loose_n; k++) {
            add(&to->loose, &to->loose_n, &to->loose_cap, l->loose[k].seq,
                &l->loose[k].id, slice_of(l->loose[k].p, l->loose[k].n));
        }
        buf_add_slice(&to->state, buf_slice(&l->state));
    }
    return c;
}

void
mem_store_fail(struct mem_store *m, size_t n)
{
    m->calls = 0;
    m->fail_at = n;
}

size_t
mem_store_calls(const struct mem_store *m)
{
    return m->calls;
}

size_t
mem_store_loose_n(const struct mem_store *m, const struct key *log)
{
    const struct log *l = find(m, log);

    return l != NULL ? l->loose_n : 0;
}

uint64_t
mem_store_trunk_n(const struct mem_store *m, const struct key *log)
{
    const struct log *l = find(m, log);

    return l != NULL ? l->trunk_n : 0;
}

struct slice
mem_store_trunk_at(const struct mem_store *m, const struct key *log, uint64_t seq,
                   struct hash *id)
{
    const struct log *l = find(m, log);

    if (l == NULL || seq == 0 || seq > l->trunk_n) {
        return slice_of(NULL, 0);
    }
    *id = l->trunk[seq - 1].id;
    return slice_of(l->trunk[seq - 1].p, l->trunk[seq - 1].n);
}
