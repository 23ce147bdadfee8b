/* Another branch becomes the trunk: what stood there is put loose, the branch is
 * appended.
 */
#include "sync/replica_impl.h"

#include <string.h>

struct moving {
    struct replica *r;
    struct held *h;
    uint64_t from;    /* seq of at[0] */
    struct buf bytes; /* of all, one behind the other */
    struct moved *at;
    size_t n, cap;
};
struct moved {
    struct hash id;
    size_t offset, bytes_n;
    bool is_there;
};

static void
moved_set(struct moving *m, struct moved *at, const struct stored *e)
{
    *at = (struct moved){e->id, m->bytes.n, e->bytes.n, true};
    buf_add_slice(&m->bytes, e->bytes);
}

static bool
unload_one(void *arg, const struct stored *e)
{
    struct moving *m = arg;

    m->at = authority_room(m->at, m->n + 1, &m->cap, sizeof *m->at);
    moved_set(m, &m->at[m->n++], e);
    return true;
}

static bool
load_one(void *arg, const struct stored *e)
{
    struct moving *m = arg;
    const struct loose *l = held_loose(m->h, &e->id);

    if (l != NULL && l->is_moving && e->seq >= m->from && e->seq - m->from < m->n) {
        moved_set(m, &m->at[e->seq - m->from], e);
    }
    return true;
}

static struct arrival
arrival_of(const struct moving *m, size_t i)
{
    struct arrival a = {.kind = m->h->kind, .log = m->h->key};
    struct slice bytes = slice_of(m->bytes.p + m->at[i].offset, m->at[i].bytes_n);

    if (!m->r->codec.read(m->r->codec.self, bytes, &a)) {
        a.fact.seq = 0; /* damaged: append refuses it */
    }
    a.fact.id = m->at[i].id;
    a.bytes = bytes;
    return a;
}

/* Trunk entries from `from` on become loose. */
static enum rc
unload(struct moving *m)
{
    struct held *h = m->h;
    const struct sync_store *s = m->r->store;
    uint64_t good_from = h->good_from;
    uint64_t good_to = h->good_to;
    enum rc rc = s->trunk(s->self, &h->key, m->from, unload_one, m);

    if (rc == RC_OK) {
        rc = held_cut(m->r, h, m->from);
    }
    for (size_t i = 0; i < m->n && rc == RC_OK; i++) {
        struct arrival a = arrival_of(m, i);
        bool is_good = a.fact.seq > good_from && a.fact.seq <= good_to;

        rc = held_loose_put(m->r, h, &a, is_good ? VERDICT_GOOD : VERDICT_NONE);
    }
    return rc;
}

/* Loose entries of the path become the trunk. */
static enum rc
load(struct moving *m, const struct hash *path, size_t n)
{
    const struct sync_store *s = m->r->store;
    enum rc rc;

    m->bytes.n = 0;
    m->at = authority_room(m->at, n, &m->cap, sizeof *m->at);
    memset(m->at, 0, n * sizeof *m->at);
    m->n = n;
    for (size_t i = 0; i < n; i++) {
        struct loose *l = held_loose(m->h, &path[i]);
        if (l != NULL) {
            l->is_moving = true;
        }
    }
    rc = s->loose_each(s->self, &m->h->key, load_one, m);
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        if (m->at[i].is_there && hash_eq(&m->at[i].id, &path[i])) {
            struct arrival a = arrival_of(m, i);
            rc = held_append(m->r, m->h, &a);
        } else {
            rc = RC_CORRUPT;
        }
    }
    return rc == RC_OK ? held_loose_moved(m->r, m->h) : rc;
}

enum rc
held_swap(struct replica *r, struct held *h, uint64_t from, const struct hash *path,
          size_t n)
{
    struct moving m = {.r = r, .h = h, .from = from};
    enum rc rc = unload(&m);

    if (rc == RC_OK) {
        rc = load(&m, path, n);
    }
    buf_free(&m.bytes);
    mem_free(m.at);
    return rc;
}
