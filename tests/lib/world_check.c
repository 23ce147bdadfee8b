/* The properties (faults, section 4), once everything has been healed. */
#include "tests/lib/world_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/replica_impl.h"

/* A link to somebody who need not come to rest. */
static bool
is_beside(const struct world *w, const struct wlink *l)
{
    return w->setup->acts != 0 && (is_out(w, l->node[0]) || is_out(w, l->node[1]));
}

/* Called saved, and yet it may be gone or contradicted: the disk went back, or somebody
 * else signs the same log. */
static bool
is_excused(const struct world *w, const struct acked *a)
{
    return is_out(w, a->node) || a->seq > w->node[a->node].sure_to;
}

bool
world_is_equal(struct world *w)
{
    uint8_t first[16] = {0}, other[16];
    for (unsigned i = 0; i < w->setup->nodes; i++) {
        if (!w->node[i].is_up)
            return false;
        if (is_out(w, i))
            continue;
        if (w->setup->erases && !erase_is_done(w, i))
            return false;
        replica_digest(ledger_replica(w->node[i].m->l), other);
        if (i == 0)
            memcpy(first, other, 16);
        else if (memcmp(first, other, 16) != 0)
            return false;
    }
    for (size_t k = 0; k < w->links_n; k++)
        if (!is_beside(w, &w->link[k]) && !link_is_rest(&w->link[k]))
            return false;
    return true;
}

static void
say_row(const struct world *w, unsigned i, const struct row *row, char *out, size_t n)
{
    struct replica *r = ledger_replica(w->node[i].m->l);
    const struct log_state *log = row->is_authority ? NULL : replica_log(r, row->no);
    snprintf(out, n,
             "node %u: %s %u head %llu %02x%02x trunk %llu proof %llu %02x%02x passed "
             "%llu of %zu loose %zu",
             i, row->is_authority ? "reign" : "log", row->no,
             (unsigned long long)row->head_seq, row->head.b[0], row->head.b[1],
             (unsigned long long)replica_trunk_n(r, &row->log),
             (unsigned long long)row->proof_seq, row->proof[0].b[0], row->proof[1].b[0],
             (unsigned long long)row->passed, log != NULL ? log->lines_n : 0,
             log != NULL && log->held != NULL ? log->held->loose_n : 0);
}

void
world_explain(struct world *w)
{
    struct replica *hub = ledger_replica(w->node[0].m->l);
    char a[120], b[120];
    for (unsigned i = 1; i < w->setup->nodes; i++) {
        struct replica *r = ledger_replica(w->node[i].m->l);
        size_t n = replica_rows_n(r) < replica_rows_n(hub) ? replica_rows_n(r)
                                                           : replica_rows_n(hub);
        for (size_t k = 0; k < n && !is_out(w, i); k++) {
            struct row x, y;
            replica_row_at(hub, k, &x);
            replica_row_at(r, k, &y);
            if (hash_eq(&x.head, &y.head) && x.passed == y.passed &&
                memcmp(x.proof, y.proof, sizeof(x.proof)) == 0)
                continue;
            say_row(w, 0, &x, a, sizeof(a));
            say_row(w, i, &y, b, sizeof(b));
            world_fail(w, "I1 not converged: %s; %s", a, b);
        }
    }
    world_fail(w, "I1 not converged");
}

/* ---- I1: one truth in the tables too */

struct scope_digests {
    uint32_t scope[256];
    uint8_t digest[256][16];
    size_t n;
};

static void
take_digest(void *arg, uint32_t scope, const uint8_t digest[16])
{
    struct scope_digests *d = arg;
    if (d->n == 256)
        return;
    d->scope[d->n] = scope;
    memcpy(d->digest[d->n++], digest, 16);
}

static void
check_tables(struct world *w, struct scope_digests *hub, struct scope_digests *own)
{
    hub->n = 0;
    /* Keys that changed with an order which two hubs have since unmade are not
     * everybody's until there is a new reign. */
    if (w->is_lost && w->out->hub_forks > 0)
        return;
    if (ledger_digest(w->node[0].m->l, take_digest, hub) != RC_OK)
        world_fail(w, "I1 the hub's tables cannot be read");
    for (unsigned i = 1; i < w->setup->nodes; i++) {
        /* Another release makes other tables of the same log. */
        if (is_out(w, i) || w->node[i].m->types != w->node[0].m->types)
            continue;
        own->n = 0;
        if (ledger_digest(w->node[i].m->l, take_digest, own) != RC_OK)
            world_fail(w, "I1 tables of node %u cannot be read", i);
        for (size_t k = 0; k < own->n; k++)
            for (size_t h = 0; h < hub->n; h++)
                if (own->scope[k] == hub->scope[h] &&
                    memcmp(own->digest[k], hub->digest[h], 16) != 0)
                    world_fail(w, "I1 node %u and the hub differ in scope %u", i,
                               own->scope[k]);
    }
}

/* ---- I5: tables follow from the log */

static void
take_finding(void *arg, const char *what)
{
    struct world *w = arg;
    if (w->out->wrong_seals > 0 && strstr(what, "size or root") != NULL)
        return; /* as he should */
    world_fail(w, "I5 the doctor says: %s", what);
}

static void
check_replay(struct world *w, unsigned i, struct scope_digests *before,
             struct scope_digests *after)
{
    struct ledger *l = w->node[i].m->l;
    before->n = after->n = 0;
    enum rc rc = ledger_doctor(l, take_finding, w);
    if (rc != RC_OK && (rc != RC_NO || w->out->wrong_seals == 0))
        world_fail(w, "I5 node %u is not sound", i);
    if (ledger_digest(l, take_digest, before) != RC_OK ||
        ledger_rebuild(l, NULL, NULL) != RC_OK ||
        ledger_digest(l, take_digest, after) != RC_OK) {
        world_fail(w, "I5 node %u cannot be rebuilt", i);
        return;
    }
    if (before->n != after->n ||
        memcmp(before->digest, after->digest, before->n * 16) != 0)
        world_fail(w, "I5 node %u: tables are not what the log says", i);
}

/* ---- I2, I3, I4: every chain, every signature, every write that was called saved */

struct walk {
    struct world *w;
    unsigned node;
    const struct log_state *log;
    struct hash prev;
    uint64_t seq;
};

static bool
walk_entry(void *arg, const struct stored *s)
{
    struct walk *k = arg;
    struct entry e;
    if (k->seq == k->log->head_seq)
        return false; /* what is held behind the head does not count */
    k->seq++;
    if (entry_decode(s->bytes, &e) != RC_OK || entry_check_root(&e) != RC_OK ||
        e.seq != k->seq || !hash_eq(&e.prev, &k->prev) || !key_eq(&e.log, &k->log->key))
        world_fail(k->w, "I4 node %u: log %u breaks at %llu", k->node, k->log->no,
                   (unsigned long long)k->seq);
    else if (!entry_check_sig(
                 &e, replica_community(ledger_replica(k->w->node[k->node].m->l))))
        world_fail(k->w, "I3 node %u: log %u seq %llu counts without a valid signature",
                   k->node, k->log->no, (unsigned long long)k->seq);
    k->prev = entry_id(s->bytes);
    for (size_t i = 0; i < k->w->acked_n; i++) {
        struct acked *a = &k->w->acked[i];
        if (a->seq == k->seq && !is_excused(k->w, a) &&
            key_eq(&k->w->node[a->node].m->log.pub, &k->log->key) &&
            !hash_eq(&a->id, &k->prev))
            world_fail(k->w, "I2 write %llu of node %u is another one at node %u",
                       (unsigned long long)a->seq, a->node, k->node);
    }
    return k->w->out->is_fine;
}

static void
check_logs(struct world *w, unsigned i)
{
    struct replica *r = ledger_replica(w->node[i].m->l);
    const struct sync_store *store = replica_store(r);
    for (size_t n = 0; n < replica_logs_n(r); n++) {
        struct walk k = {.w = w, .node = i, .log = replica_log_at(r, n)};
        if (store->trunk(store->self, &k.log->key, 1, walk_entry, &k) != RC_OK)
            world_fail(w, "I4 node %u: log %u cannot be read", i, k.log->no);
        if (k.seq != k.log->head_seq)
            world_fail(w, "I4 node %u: log %u ends at %llu, not %llu", i, k.log->no,
                       (unsigned long long)k.seq, (unsigned long long)k.log->head_seq);
    }
    for (size_t n = 0; n < w->acked_n; n++) {
        struct acked *a = &w->acked[n];
        if (is_excused(w, a))
            continue;
        const struct log_state *log = replica_log_by_key(r, &w->node[a->node].m->log.pub);
        if (log != NULL && log->is_revoked)
            continue; /* what is above the cut does not count */
        if (log == NULL || log->head_seq < a->seq)
            world_fail(w,
                       "I2 write %llu of node %u was called saved and is not at node %u",
                       (unsigned long long)a->seq, a->node, i);
    }
}

/* ---- no edit is lost: survivors counted by the definition, not by the fold */

struct item { /* one field of one item */
    struct version at;
    uint16_t code;
    const struct version *replaces;
    size_t replaces_n;
};
struct brute {
    struct item item[4096];
    struct version pool[8192];
    size_t n, pool_n;
};

static bool
take_item(void *arg, const struct history_row *h)
{
    struct brute *b = arg;
    for (size_t i = 0; i < h->put->fields_n; i++) {
        const struct put_field *f = &h->put->field[i];
        if (b->n == 4096 || b->pool_n + f->replaces_n > 8192)
            return false;
        memcpy(b->pool + b->pool_n, f->replaces, f->replaces_n * sizeof(b->pool[0]));
        b->item[b->n++] =
            (struct item){h->at, f->code, b->pool + b->pool_n, f->replaces_n};
        b->pool_n += f->replaces_n;
    }
    return true;
}

static size_t
survivors(const struct brute *b, uint16_t code)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        bool is_dead = b->item[i].code != code;
        for (size_t k = 0; !is_dead && k < b->n; k++)
            for (size_t r = 0; b->item[k].code == code && r < b->item[k].replaces_n; r++)
                is_dead =
                    is_dead || version_cmp(&b->item[k].replaces[r], &b->item[i].at) == 0;
        n += !is_dead;
    }
    return n;
}

struct wanted_case {
    const struct record_key *key;
    size_t n;
};

static bool
count_case(void *arg, const struct case_row *c)
{
    struct wanted_case *wc = arg;
    wc->n += record_key_cmp(&c->key, wc->key) == 0;
    return true;
}

static void
check_edits(struct world *w, unsigned i)
{
    struct ledger *l = w->node[i].m->l;
    struct brute *b = mem_new(sizeof(*b));
    for (size_t s = 0; s < w->shared_n && w->out->is_fine; s++) {
        struct wanted_case wc = {.key = &w->shared[s]};
        size_t want = 0;
        b->n = b->pool_n = 0;
        enum rc rc = query_history(l, &w->shared[s], take_item, b);
        if (rc == RC_NOTFOUND)
            continue; /* another group's */
        if (rc != RC_OK || query_cases(l, count_case, &wc) != RC_OK)
            world_fail(w, "I5 node %u cannot tell the history of a record", i);
        for (uint16_t code = 1; code < 32; code++)
            want += survivors(b, code) > 1;
        if (wc.n != want)
            world_fail(w, "node %u: %zu cases for a record that has %zu", i, wc.n, want);
    }
    mem_free(b);
}

void
world_check(struct world *w)
{
    struct scope_digests *a = mem_new(sizeof(*a)), *b = mem_new(sizeof(*b));
    check_tables(w, a, b);
    for (unsigned i = 0; i < w->setup->nodes && w->out->is_fine; i++) {
        if (is_out(w, i))
            continue;
        check_logs(w, i);
        check_edits(w, i);
        if (w->setup->erases)
            erase_check(w, i);
        if (i < (w->setup->acts != 0
                     ? 1u + w->setup->seed % 2
                     : 3u)) /* a rebuild costs; the others have the same digests */
            check_replay(w, i, a, b);
        if (w->setup->acts != 0)
            act_check(w, i);
    }
    if (w->setup->rights)
        rights_agree(w);
    if (w->out->most_unsent > 4u << 20)
        world_fail(w, "I11 %llu bytes were waiting on one wire",
                   (unsigned long long)w->out->most_unsent);
    mem_free(a);
    mem_free(b);
}
