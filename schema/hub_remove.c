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
