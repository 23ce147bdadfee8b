/* What upsets the order of things: branches of one log, told to different nodes; logs
 * that the hub ends, at whatever it holds of them; nodes that join over the wire. */
#include "tests/lib/world_impl.h"

#include <string.h>

#include "schema/hub_in.h"
#include "sync/session_impl.h"

/* ---- forks */

static bool
can_tell(const struct wlink *l, unsigned i, unsigned *e)
{
    *e = l->node[0] == i ? 0 : 1;
    return l->node[*e] == i && l->end[*e].s != NULL && l->end[*e].s->state > STATE_MEET &&
           l->end[*e].s->state != STATE_CLOSED;
}

static bool
take_tip(void *arg, const struct stored *s)
{
    struct tip *t = arg;
    t->seq = s->seq;
    t->id = s->id;
    return false;
}

/* Somewhere on the trunk of its log, or on a branch of before. */
static struct tip
some_tip(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct replica *r = ledger_replica(m->l);
    const struct sync_store *store = replica_store(r);
    uint64_t n = replica_trunk_n(r, &m->log.pub);
    struct tip t = {0};
    if (w->tips_n > 0 && rng_chance(&w->rng, 600))
        return w->tip[rng_below(&w->rng, (uint32_t)w->tips_n)];
    uint64_t seq = rng_below(&w->rng, (uint32_t)n + 1);
    if (seq > 0 && store->trunk(store->self, &m->log.pub, seq, take_tip, &t) != RC_OK)
        t = (struct tip){0};
    return t;
}

void
upset_fork(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct tip t = some_tip(w, i);
    struct buf entry = BUF_NONE;
    size_t first = rng_below(&w->rng, (uint32_t)w->links_n);
    unsigned n = 1 + rng_below(&w->rng, 4);
    for (size_t k = 0; k < w->links_n; k++) {
        struct wlink *l = &w->link[(first + k) % w->links_n];
        unsigned e;
        if (!can_tell(l, i, &e))
            continue;
        for (unsigned x = 0; x < n; x++) {
            entry.n = 0;
            liar_entry(m, &m->log.pub, t.seq + 1, &t.id, &m->log, &entry, &t.id);
            t.seq++;
            liar_tell(w, l, e, buf_slice(&entry), rng_chance(&w->rng, 500));
        }
        l->end[e].is_changed = true;
        w->out->branches++;
        break;
    }
    if (entry.n > 0 && w->tips_n < TIPS_MAX)
        w->tip[w->tips_n++] = t;
    else if (entry.n > 0)
        w->tip[rng_below(&w->rng, TIPS_MAX)] = t;
    buf_free(&entry);
}

/* ---- revokes */

struct some { /* one of those that are walked, all alike */
    struct world *w;
    struct tip tip;
    uint32_t n;
};

static bool
take_some(void *arg, const struct stored *s)
{
    struct some *k = arg;
    if (rng_below(&k->w->rng, ++k->n) == 0)
        k->tip = (struct tip){s->seq, s->id};
    return true;
}

/* Any entry of the log that the hub holds, on whatever branch, or none. */
static enum rc
some_cut(struct world *w, const struct key *log, struct line *line)
{
    struct replica *r = ledger_replica(w->node[0].m->l);
    const struct sync_store *store = replica_store(r);
    struct some k = {.w = w};
    bool beside = rng_chance(&w->rng, 500);
    enum rc rc = RC_OK;
    if (beside)
        rc = store->loose_each(store->self, log, take_some, &k);
    if (rc == RC_OK && k.n == 0 && !rng_chance(&w->rng, 100))
        rc = store->trunk(store->self, log, 1, take_some, &k);
    line->seq = k.tip.seq;
    line->id = k.tip.id;
    return rc;
}

static enum rc
revoke(struct world *w, const struct log_state *log)
{
    struct ledger *l = w->node[0].m->l;
    struct decree d;
    struct hash seen;
    uint64_t pos = 0;
    struct line line = {.log_no = log->no, .heir = 1};
    enum rc rc = some_cut(w, &log->key, &line);
    if (rc == RC_OK)
        rc = decree_begin(&d, l, &w->c.hub_key);
    if (rc != RC_OK)
        return rc;
    if (!authority_head(replica_authority(ledger_replica(l)), &seen, &pos)) {
        decree_drop(&d);
        return RC_BUG;
    }
    decree_next(&d, AUTH_REVOKE)->line = line;
    decree_sign(&d, &w->c.officer, &seen);
    rc = decree_add(&d);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

void
upset_revoke(struct world *w)
{
    struct ledger *l = w->node[0].m->l;
    struct replica *r = ledger_replica(l);
    unsigned last = w->setup->nodes - 1;
    unsigned i = rng_chance(&w->rng, 500) ? last : 1 + rng_below(&w->rng, last);
    const struct log_state *log = replica_log_by_key(r, &w->node[i].m->log.pub);
    if (log == NULL)
        return;
    enum rc rc = ledger_begin(l);
    if (rc == RC_OK) {
        log = replica_log_by_key(r, &w->node[i].m->log.pub);
        rc = log != NULL ? revoke(w, log) : RC_NO;
        if (rc == RC_OK)
            rc = ledger_commit(l);
        else
            ledger_rollback(l);
    }
    world_note(w, "revoke %u %d", i, (int)rc);
    if (rc == RC_OK) {
        w->out->revoked++;
        node_changed(w, 0);
    } else if (rc != RC_NO && rc != RC_DENIED) {
        node_trouble(w, 0, rc);
    }
}

/* ---- joins */

bool
upset_needs_join(const struct world *w, unsigned i)
{
    const struct wnode *n = &w->node[i];
    if (!n->is_late)
        return false;
    const struct log_state *log =
        replica_log_by_key(ledger_replica(n->m->l), &n->m->log.pub);
    return log == NULL || log->is_assumed;
}

enum rc
upset_assume(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct auth_op *op;
    enum rc rc = RC_OK;
    if (!upset_needs_join(w, i))
        return RC_OK;
    op = mem_new(sizeof(*op));
    rc = auth_op_decode(buf_slice(&m->invite.grant_op), op);
    op->grant.log = m->log.pub;
    if (rc == RC_OK)
        rc = ledger_assume(m->l, &op->grant, buf_slice(&m->invite.authority));
    mem_free(op);
    return rc;
}

static bool
psk_of(void *arg, const uint8_t invite[INVITE_NO_BYTES], struct key *psk)
{
    struct world *w = arg;
    return hub_psk(w->node[0].m->l, invite, psk);
}

void
upset_setup(struct world *w, struct wlink *l, unsigned e, struct session_setup *setup)
{
    unsigned i = l->node[e];
    struct member *m = w->node[i].m;
    if (i == 0) {
        setup->psk_of = psk_of;
        setup->psk_arg = w;
    }
    if (e == 0 && upset_needs_join(w, i)) {
        setup->pattern = NOISE_XXPSK3;
        setup->psk = m->invite.secret;
        memcpy(setup->invite, m->invite.no, INVITE_NO_BYTES);
        setup->join = &m->join;
        w->out->joined++;
    }
}
