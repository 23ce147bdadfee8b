/* What each computer may read, and how that follows the units: keys go out to who comes
 * to a group, and change when somebody leaves it (AUTHORITY.md 2.4, 2.6).
 *
 * A grid worker's and an area secretary's reading follows the units under theirs, at once
 * and by the hub alone. What they may write is in their grant, which officers sign: an
 * order to that effect waits for them. */
#include "schema/hub_in.h"

#include <string.h>

#include "schema/order.h"

static bool
follows_units(enum role role)
{
    return role == ROLE_GRID || role == ROLE_AREA;
}

static bool
same(const struct scopes *a, const struct scopes *b)
{
    return a->n == b->n && memcmp(a->no, b->no, a->n * sizeof(a->no[0])) == 0;
}

/* The grant by which this log goes on; NULL: it does not. */
static const struct log_grant *
rules_on(const struct log_state *log)
{
    for (size_t i = 0; i < log->lines_n; i++)
        if (log->lines[i].is_revoke)
            return NULL;
    return log->is_assumed || log->is_closed ? NULL
                                             : log_grant_at(log, log->head_seq + 1);
}

/* Adds to a set of scopes. What does not fit is left out: he is given less. */
static void
add_scope(struct scopes *s, uint32_t no)
{
    uint16_t at = 0;
    if (scopes_has(s, no))
        return;
    if (no == SCOPE_ALL) {
        *s = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
        return;
    }
    while (at < s->n && s->no[at] < no)
        at++;
    if (s->n == GRANT_SCOPES_MAX)
        return;
    memmove(&s->no[at + 1], &s->no[at], (size_t)(s->n - at) * sizeof(s->no[0]));
    s->no[at] = no;
    s->n++;
}

/* What goes with the post of this grant now. Where the unit is no longer listed, or there
 * are too many, the grant's own. */
static enum rc
post_scopes(struct ledger *l, const struct units *u, const struct log_grant *g,
            struct scopes *out)
{
    enum rc rc = RC_BUSY;
    if (follows_units(g->role))
        rc = hub_scopes(l, u, g->role, g->unit, out);
    if (rc == RC_BUSY || rc == RC_LIMIT) {
        *out = g->scopes;
        rc = RC_OK;
    }
    return rc;
}

/* What the logs of this node that go on may read. */
static enum rc
node_scopes(struct ledger *l, const struct units *u, uint32_t node, struct scopes *out)
{
    enum rc rc = RC_OK;
    *out = (struct scopes){0};
    for (size_t i = 0; i < replica_logs_n(l->replica) && rc == RC_OK; i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        const struct log_grant *g = rules_on(log);
        struct scopes of = {0};
        if (log->node != node || g == NULL)
            continue;
        rc = post_scopes(l, u, g, &of);
        for (uint16_t k = 0; k < of.n && rc == RC_OK; k++)
            add_scope(out, of.no[k]);
    }
    return rc;
}

/* ---- reading */

static enum rc
write_node(struct decree *d, const struct node_info *node, const struct scopes *scopes)
{
    struct auth_op *op = decree_next(d, AUTH_NODE);
    op->node = node->no;
    op->box_key = node->box_key;
    op->unit = node->unit;
    op->scopes = *scopes;
    op->ack_key = node->ack_key;
    return decree_add(d);
}

/* Fresh keys where it may no longer read; all keys, from the first epoch on, where it may
 * from now on. */
static enum rc
write_reach(struct decree *d, const struct node_info *node, const struct scopes *now)
{
    const struct authority *a = replica_authority(d->l->replica);
    enum rc rc = node->is_lost ? RC_OK : write_node(d, node, now);
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        const struct scope_info *s = authority_scope_at(a, i);
        bool did = scopes_has(&node->scopes, s->no);
        bool does = scopes_has(now, s->no);
        if (did && !does)
            rc = decree_epoch(d, s->no, s->epoch + 1, node->no);
        else if (does && !did)
            rc = decree_keys(d, s->no, node->no, &node->box_key);
    }
    return rc;
}

static enum rc
reach_node(struct ledger *l, const struct hub *h, const struct units *u, uint32_t no,
           bool *did)
{
    struct decree d;
    struct scopes now = {0};
    const struct node_info *node = authority_node(replica_authority(l->replica), no);
    /* The hub makes the keys: it cannot be kept from them. */
    if (node == NULL || (l->has_box && key_eq(&node->box_key, &l->box.pub)))
        return RC_OK;
    struct node_info was = *node;
    enum rc rc = was.is_lost ? RC_OK : node_scopes(l, u, no, &now);
    if (rc != RC_OK || same(&now, &was.scopes))
        return rc;
    rc = decree_begin(&d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    rc = write_reach(&d, &was, &now);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    if (rc == RC_OK)
        *did = true;
    return rc == RC_OK ? ledger_settle(l) : rc;
}

enum rc
hub_after_order(struct ledger *l, const struct hub *h, const struct auth_op *op)
{
    struct units u = {0};
    bool did = false;
    uint32_t no = op->code == AUTH_LOST ? op->node : 0;
    uint32_t log_no = op->code == AUTH_REVOKE  ? op->line.log_no
                      : op->code == AUTH_GRANT ? op->grant.log_no
                                               : 0;
    const struct log_state *log = log_no != 0 ? replica_log(l->replica, log_no) : NULL;
    if (log != NULL)
        no = log->node;
    if (no == 0)
        return RC_OK;
    if (op->code == AUTH_GRANT &&
        authority_node(replica_authority(l->replica), no) == NULL)
        return hub_seat(l, h, &op->grant);
    enum rc rc = hub_units(l, &u);
    if (rc == RC_OK)
        rc = reach_node(l, h, &u, no, &did);
    hub_units_fini(&u);
    return rc;
}

/* ---- writing */

struct search {
    const struct log_state *log;
    const struct scopes *want;
    bool has;                   /* one waits that says so */
    char old[ORDER_NAME_BYTES]; /* one that does not, or can no longer count */
};

static void
look(void *arg, const struct order_row *r)
{
    struct search *s = arg;
    const struct grant *g = &r->op->grant;
    if (r->op->code != AUTH_GRANT || g->is_invite || g->log_no != s->log->no)
        return;
    /* Nobody has signed it: what is stale in it is set right when the first one does. */
    bool can_count =
        r->op->order.n == 0 || (r->state == ORDER_WAITS && g->from > s->log->seal_seq);
    if (can_count && same(&g->scopes, s->want))
        s->has = true;
    else
        memcpy(s->old, r->name, sizeof(s->old));
}

/* An order that nobody has signed yet: officers decide. */
static enum rc
ask(struct ledger *l, const struct hub *h, const struct log_state *log,
    const struct log_grant *g, const struct scopes *want)
{
    const struct authority *a = replica_authority(l->replica);
    struct hub unsigned_hub = {.hub = h->hub};
    struct order_result is;
    struct buf who = BUF_NONE;
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_GRANT;
    op->grant = (struct grant){.log_no = log->no,
                               .log = log->key,
                               .node = log->node,
                               .post = log->post,
                               .unit = g->unit,
                               .role = g->role,
                               .scopes = *want,
                               .from = log->head_seq + 1};
    memcpy(op->grant.person, log->person, RECORD_ID_BYTES);
    buf_add_slice(&who, authority_name(a));
    enum rc rc = hub_order(l, &unsigned_hub, op, buf_text(&who), &is, NULL);
    buf_free(&who);
    mem_free(op);
    return rc;
}

static enum rc
reach_grant(struct ledger *l, const struct hub *h, const struct units *u,
            const struct log_state *log)
{
    const struct log_grant *g = rules_on(log);
    struct scopes want = {0};
    struct search s = {.log = log, .want = &want};
    if (g == NULL || !follows_units(g->role) ||
        authority_need(replica_authority(l->replica), AUTH_GRANT) == 0)
        return RC_OK;
    enum rc rc = post_scopes(l, u, g, &want);
    if (rc == RC_OK)
        rc = order_each(l, look, &s);
    bool is_right = same(&want, &g->scopes);
    if (rc == RC_OK && s.old[0] != '\0')
        rc = order_drop(l, s.old, NULL);
    return rc != RC_OK || is_right || s.has ? rc : ask(l, h, log, g, &want);
}

enum rc
hub_reach(struct ledger *l, const struct hub *h, const struct units *u, bool *did)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_logs_n(l->replica) && rc == RC_OK; i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        const struct log_grant *g = rules_on(log);
        if (g == NULL || !follows_units(g->role))
            continue;
        uint32_t no = log->no;
        rc = reach_node(l, h, u, log->node, did);
        log = rc == RC_OK ? replica_log(l->replica, no) : NULL; /* settled meanwhile */
        if (log != NULL)
            rc = reach_grant(l, h, u, log);
    }
    return rc;
}
