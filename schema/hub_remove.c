/* Removing people and computers: the orders to revoke a log or call a node lost, and the
 * keys that change with them (AUTHORITY.md 2.6, 2.8, 2.9). */
#include "schema/hub_in.h"

#include <string.h>

#include "schema/order.h"

/* ---- keys */

/* A fresh key for the scope. What was written under the one before stays readable to who
 * reads now: it hangs under the new one. */
static enum rc
rotate_scope(struct decree *d, uint32_t scope)
{
    const struct scope_info *s = authority_scope(replica_authority(d->l->replica), scope);
    return s == NULL || s->epoch == UINT32_MAX ? RC_OK
                                               : decree_epoch(d, scope, s->epoch + 1, 0);
}

enum rc
hub_rotate(struct ledger *l, const struct hub *h, uint32_t scope, size_t *n)
{
    struct decree d;
    const struct authority *a = replica_authority(l->replica);
    *n = 0;
    enum rc rc = decree_begin(&d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        uint32_t no = authority_scope_at(a, i)->no;
        if (scope != SCOPE_ALL && no != scope)
            continue;
        rc = rotate_scope(&d, no);
        (*n)++;
    }
    if (rc != RC_OK || *n == 0) {
        decree_drop(&d);
        return rc == RC_OK ? RC_NOTFOUND : rc;
    }
    rc = decree_end(&d);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

static bool
has_revoke(const struct log_state *log)
{
    for (size_t i = 0; i < log->lines_n; i++)
        if (log->lines[i].is_revoke)
            return true;
    return false;
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

/* What the logs of this node that go on may still read. */
static void
scopes_left(const struct ledger *l, uint32_t node, struct scopes *out)
{
    *out = (struct scopes){0};
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        const struct log_grant *g = log_grant_at(log, log->head_seq + 1);
        if (log->node != node || log->is_assumed || has_revoke(log) || g == NULL)
            continue;
        for (uint16_t k = 0; k < g->scopes.n; k++)
            add_scope(out, g->scopes.no[k]);
    }
}

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

static enum rc
write_removal(struct decree *d, const struct node_info *node, const struct scopes *before,
              const struct scopes *left)
{
    const struct authority *a = replica_authority(d->l->replica);
    enum rc rc = node->is_lost ? RC_OK : write_node(d, node, left);
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        uint32_t no = authority_scope_at(a, i)->no;
        if (scopes_has(before, no) && !scopes_has(left, no))
            rc = decree_epoch(d, no, authority_scope(a, no)->epoch + 1, node->no);
    }
    return rc;
}

/* Every scope that this node could read and may no longer gets a fresh key, and the node
 * is given none any more. */
static enum rc
take_keys(struct ledger *l, const struct hub *h, uint32_t no)
{
    struct decree d;
    struct scopes left;
    const struct node_info *node = authority_node(replica_authority(l->replica), no);
    /* The hub makes the keys: it cannot be kept from them. */
    if (node == NULL || (l->has_box && key_eq(&node->box_key, &l->box.pub)))
        return RC_OK;
    struct node_info was = *node;
    scopes_left(l, no, &left);
    if (was.is_lost)
        left = (struct scopes){0};
    if (left.n == was.scopes.n &&
        memcmp(left.no, was.scopes.no, left.n * sizeof(left.no[0])) == 0)
        return RC_OK;
    enum rc rc = decree_begin(&d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    rc = write_removal(&d, &was, &was.scopes, &left);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

enum rc
hub_after_order(struct ledger *l, const struct hub *h, const struct auth_op *op)
{
    if (op->code == AUTH_LOST)
        return take_keys(l, h, op->node);
    if (op->code != AUTH_REVOKE)
        return RC_OK;
    const struct log_state *log = replica_log(l->replica, op->line.log_no);
    return log == NULL ? RC_OK : take_keys(l, h, log->node);
}

/* ---- orders */

static struct line
cut_line(const struct log_state *log, uint32_t heir)
{
    return (struct line){
        .log_no = log->no, .seq = log->head_seq, .id = log->head, .heir = heir};
}

static enum rc
check_heir(const struct ledger *l, uint32_t heir, uint32_t node, struct fault *why)
{
    const struct log_state *log = heir != 0 ? replica_log(l->replica, heir) : NULL;
    if (heir != 0 && (log == NULL || log->is_assumed || has_revoke(log) ||
                      (node != 0 && log->node == node)))
        return fault_set(why, RC_INVALID, FAULT_NOT_FOUND, "--heir %u", (unsigned)heir);
    return RC_OK;
}

enum rc
hub_revoke(struct ledger *l, const struct hub *h, uint32_t log_no, uint32_t heir,
           uint8_t reason, const char *who, struct order_result *out, struct fault *why)
{
    const struct log_state *log = replica_log(l->replica, log_no);
    if (log == NULL || log->is_assumed || log->is_closed)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%u", (unsigned)log_no);
    enum rc rc = heir == log_no ? RC_INVALID : check_heir(l, heir, 0, why);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_REVOKE;
    op->line = cut_line(log, heir);
    op->reason = reason;
    rc = hub_order(l, h, op, who, out, why);
    mem_free(op);
    return rc;
}

enum rc
hub_lost(struct ledger *l, const struct hub *h, uint32_t node, uint32_t heir,
         const char *who, struct order_result *out, struct fault *why)
{
    const struct node_info *info = authority_node(replica_authority(l->replica), node);
    if (info == NULL || info->is_lost)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%u", (unsigned)node);
    if (l->has_box && key_eq(&info->box_key, &l->box.pub))
        return fault_set(why, RC_DENIED, FAULT_NOT_ALLOWED, "%u", (unsigned)node);
    enum rc rc = check_heir(l, heir, node, why);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf lines = BUF_NONE;
    op->code = AUTH_LOST;
    op->node = node;
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        if (log->node != node || log->is_assumed || log->is_closed)
            continue;
        struct line line = cut_line(log, heir);
        auth_lost_add(&lines, &line);
        op->lines_n++;
    }
    op->lines = buf_slice(&lines);
    rc = hub_order(l, h, op, who, out, why);
    buf_free(&lines);
    mem_free(op);
    return rc;
}
