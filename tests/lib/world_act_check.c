/* What has to hold whatever happens to machines (faults, section 4: I3, I4, I9, I14). */
#include "tests/lib/world_impl.h"

#include <stdio.h>
#include <string.h>

#include "schema/peer.h"
#include "schema/review.h"

static uint32_t
node_no(const struct world *w, unsigned i)
{
    return i == 0 ? 1 : w->node[i].m->invite.node;
}

/* Two entries at one seq of the authority log are known here. */
bool
has_authority_fork(const struct replica *r)
{
    struct row row;
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        replica_row_at(r, i, &row);
        if (row.is_authority && row.has_proof)
            return true;
    }
    return false;
}

/* ---- at every tick: what was sealed stays sealed */

void
act_check_always(struct world *w)
{
    for (unsigned i = 0; i < w->setup->nodes; i++) {
        struct wnode *n = &w->node[i];
        if (!n->is_up || disk_has_crashed(i))
            continue;
        const struct replica *r = ledger_replica(n->m->l);
        for (size_t k = 0; k < replica_logs_n(r); k++) {
            const struct log_state *log = replica_log_at(r, k);
            if (log->no >= FIXTURE_MAX)
                continue;
            if (log->seal_seq < n->sealed[log->no] && !has_authority_fork(r))
                world_fail(w, "node %u: the seal of log %u goes back from %llu to %llu",
                           i, log->no, (unsigned long long)n->sealed[log->no],
                           (unsigned long long)log->seal_seq);
            n->sealed[log->no] = log->seal_seq;
        }
    }
}

/* ---- I4: a log forks only where two machines could sign it without knowing */

static void
check_forks(struct world *w, unsigned i)
{
    const struct replica *r = ledger_replica(w->node[i].m->l);
    for (unsigned k = 0; k < w->setup->nodes; k++) {
        const struct log_state *log = replica_log_by_key(r, &w->node[k].m->log.pub);
        if (log != NULL && log->proof.seq > 0 && !w->node[k].may_fork && !is_out(w, k))
            world_fail(w, "I4 node %u: the log of node %u forks at %llu", i, k,
                       (unsigned long long)log->proof.seq);
    }
}

/* ---- I3, I14: what does not count is not shown */

static bool
id_of(void *arg, const struct stored *s)
{
    *(struct hash *)arg = s->id;
    return false;
}

static bool
is_counted(struct replica *r, const struct key *key, const struct acked *a)
{
    const struct log_state *log = replica_log_by_key(r, key);
    const struct sync_store *store = replica_store(r);
    struct hash id = {{0}};
    if (log == NULL || a->seq > log->head_seq)
        return false;
    return store->trunk(store->self, key, a->seq, id_of, &id) == RC_OK &&
           hash_eq(&id, &a->id);
}

static bool
is_there(void *arg, const struct record_row *r)
{
    (void)r;
    *(bool *)arg = true;
    return false;
}

static void
check_shown(struct world *w, unsigned i)
{
    struct ledger *l = w->node[i].m->l;
    char text[64];
    for (size_t k = 0; k < w->acked_n && w->out->is_fine; k++) {
        const struct acked *a = &w->acked[k];
        bool shown = false;
        if (!a->is_new || is_counted(ledger_replica(l), &w->node[a->node].m->log.pub, a))
            continue;
        snprintf(text, sizeof(text), "第%u件，", a->text);
        if (query_text(l, text, 1, is_there, &shown) != RC_OK)
            world_fail(w, "node %u cannot search", i);
        if (shown)
            world_fail(w,
                       "I3 node %u shows what write %llu of node %u says, which does "
                       "not count",
                       i, (unsigned long long)a->seq, a->node);
    }
}

/* ---- the quarantine: the same wherever the same is held */

struct held_row {
    uint32_t log_no;
    uint64_t seq;
    struct hash id, bytes;
    enum review_answer answer;
};
struct held_rows {
    struct held_row row[512];
    size_t n;
};

static bool
take_held(void *arg, const struct review_row *row)
{
    struct held_rows *h = arg;
    if (row->is_here && h->n < 512)
        h->row[h->n++] = (struct held_row){row->log->no, row->seq, row->id,
                                           hash_of(row->bytes), row->answer};
    return true;
}

static void
check_held(struct world *w, unsigned i)
{
    struct held_rows *hub = mem_new(sizeof(*hub)), *own = mem_new(sizeof(*own));
    if (review_each(w->node[0].m->l, take_held, hub) != RC_OK ||
        review_each(w->node[i].m->l, take_held, own) != RC_OK)
        world_fail(w, "node %u cannot tell what it holds for review", i);
    w->out->held += own->n;
    for (size_t k = 0; k < own->n; k++) {
        const struct held_row *o = &own->row[k];
        struct acked a = {.seq = o->seq, .id = o->id};
        struct replica *r = ledger_replica(w->node[0].m->l);
        const struct log_state *log = replica_log(r, o->log_no);
        if (log != NULL && is_counted(r, &log->key, &a))
            world_fail(w, "node %u holds for review what counts at the hub: log %u %llu",
                       i, o->log_no, (unsigned long long)o->seq);
        for (size_t h = 0; h < hub->n; h++)
            if (hash_eq(&hub->row[h].id, &o->id) &&
                (!hash_eq(&hub->row[h].bytes, &o->bytes) ||
                 hub->row[h].answer != o->answer))
                world_fail(w, "node %u and the hub hold log %u %llu differently", i,
                           o->log_no, (unsigned long long)o->seq);
    }
    mem_free(hub);
    mem_free(own);
}

/* ---- delivered is delivered */

static void
check_delivered(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    if ((w->setup->acts & (ACT_FACE | ACT_TWO_HUBS)) != 0)
        return; /* a false hub says that it has it, and nobody can tell */
    for (unsigned k = 0; k < w->setup->nodes; k++) {
        /* What a copy took was said in the name of the node that it is a copy of. */
        bool is_copied = k == w->twice_n && w->out->clones + w->out->images > 0;
        if (k == i || is_out(w, k) || is_copied || w->node[k].is_restored ||
            w->node[i].is_restored)
            continue;
        for (unsigned n = 0; n < w->setup->nodes; n++) {
            const struct key *key = &w->node[n].m->log.pub;
            uint64_t said = peer_acked(m->l, node_no(w, k), key);
            uint64_t has = replica_trunk_n(ledger_replica(w->node[k].m->l), key);
            /* Of a log that forks, what was held may have had to go. */
            if (said > has && !w->node[k].may_fork && !w->node[n].may_fork)
                world_fail(w,
                           "I2 node %u thinks that %u has %llu of log %u, and it has "
                           "%llu",
                           i, k, (unsigned long long)said, n + 1,
                           (unsigned long long)has);
        }
    }
}

/* ---- who is lost gets nothing any more */

static void
check_lost(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    struct ledger *hub = w->node[0].m->l;
    const struct scope_info *scope =
        authority_scope(replica_authority(ledger_replica(hub)), SCOPE_NO_COMMUNITY);
    uint32_t epoch = 0;
    if (n->m == NULL || !n->is_up || !is_out(w, w->victim) || scope == NULL)
        return;
    if (ledger_newest_key(n->m->l, SCOPE_NO_COMMUNITY, &epoch) != NULL &&
        epoch >= scope->epoch)
        world_fail(w, "the lost node's machine %u has the key that came after", i);
    for (size_t k = 0; k < w->acked_n; k++) {
        const struct acked *a = &w->acked[k];
        if (a->knew_of_loss && a->seq <= w->node[a->node].sure_to &&
            replica_trunk_n(ledger_replica(n->m->l), &w->node[a->node].m->log.pub) >=
                a->seq)
            world_fail(w, "the lost node's machine %u got write %llu of node %u", i,
                       (unsigned long long)a->seq, a->node);
    }
}

/* ---- a wrong root is never called right */

static void
check_wrong_root(struct world *w, unsigned i)
{
    struct replica *r = ledger_replica(w->node[i].m->l);
    int64_t pos = authority_pos(replica_authority(r), w->wrong_id.b);
    if (w->out->wrong_seals == 0 || pos < 0)
        return;
    enum seal_verdict v = replica_check_seal(r, (uint64_t)pos);
    if (v == SEAL_RIGHT)
        world_fail(w, "node %u calls a wrong root right", i);
    w->out->wrong_seen += v == SEAL_WRONG;
}

void
act_check(struct world *w, unsigned i)
{
    check_forks(w, i);
    check_shown(w, i);
    check_held(w, i);
    check_delivered(w, i);
    check_wrong_root(w, i);
    if (i == 0 && w->is_lost) {
        check_lost(w, w->victim);
        check_lost(w, extra_of(w, EXTRA_THIEF));
    }
}
