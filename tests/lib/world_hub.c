/* What the hub does to the community, rightly and wrongly. */
#include "tests/lib/world_impl.h"

#include "schema/hub_in.h"
#include "schema/order.h"

static enum rc
lose(struct world *w)
{
    struct order_result result;
    struct fault why = {0};
    enum rc rc = hub_lost(w->node[0].m->l, &w->c.hub, w->node[w->victim].m->invite.node,
                          0, "中心", &result, &why);
    return rc == RC_OK && result.state != ORDER_WRITTEN ? RC_BUG : rc;
}

/* Right lines, and a root that nothing has. */
static enum rc
seal_wrong(struct world *w)
{
    struct ledger *l = w->node[0].m->l;
    struct seal_draft draft;
    struct decree d;
    struct buf lines = BUF_NONE;
    enum rc rc = replica_draft_seal(ledger_replica(l), &draft);
    if (rc == RC_OK && draft.n == 0)
        rc = RC_BUSY; /* nothing to seal yet */
    if (rc == RC_OK)
        rc = decree_begin(&d, l, &w->c.hub_key);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = decree_next(&d, AUTH_SEAL);
    op->seal_no = authority_seal_no(replica_authority(ledger_replica(l))) + 1;
    op->tree_size = draft.tree_size;
    op->hash = draft.root;
    op->hash.b[rng_below(&w->rng, HASH_BYTES)] ^= 1;
    for (size_t i = 0; i < draft.n; i++)
        auth_line_add(&lines, &draft.line[i]);
    op->lines = buf_slice(&lines);
    op->lines_n = (uint32_t)draft.n;
    rc = decree_add(&d);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    buf_free(&lines);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

static void
was_done(struct world *w, enum act act)
{
    struct hash id;
    uint64_t pos = 0;
    node_changed(w, 0);
    if (act == ACT_LOST) {
        w->is_lost = true;
        w->out->lost++;
        return;
    }
    w->out->wrong_seals++;
    if (authority_head(replica_authority(ledger_replica(w->node[0].m->l)), &id, &pos))
        w->wrong_id = id;
}

bool
hub_tick(struct world *w, enum act act)
{
    struct ledger *l = w->node[0].m->l;
    if (!w->node[0].is_up)
        return false;
    enum rc rc = ledger_begin(l);
    if (rc == RC_OK) {
        rc = act == ACT_LOST ? lose(w) : seal_wrong(w);
        if (rc == RC_OK)
            rc = ledger_commit(l);
        else
            ledger_rollback(l);
    }
    world_note(w, "hub %u %d", (unsigned)act, (int)rc);
    if (rc == RC_OK)
        was_done(w, act);
    if (disk_has_crashed(0))
        node_trouble(w, 0, rc);
    /* Two authority entries at one place: it cannot order anything any more. */
    return rc == RC_OK || rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_STALE;
}
