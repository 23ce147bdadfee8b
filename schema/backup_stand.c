/* Work without a grant of its own: a log that begins where another one of this node may
 * not go on (restored, copied, forked), until it is granted (design section 4). */
#include "schema/backup_in.h"

#include <string.h>

#define STAND_IN_NO UINT32_MAX /* and below: numbers that no hub gives */

static enum rc
kept(struct ledger *l, struct buf *out)
{
    enum rc rc = local_setting(l->db, SETTING_ASSUMED, out);
    if (rc == RC_NOTFOUND)
        out->n = 0;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The next operation of the list; false at its end. */
static bool
next(struct reader *r, struct slice *op)
{
    if (r->n == 0)
        return false;
    *op = read_slice(r, read_u16(r));
    return !r->bad;
}

enum rc
backup_assume(struct ledger *l, struct slice grant_op)
{
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf list = BUF_NONE;
    enum rc rc = grant_op.n > UINT16_MAX ? RC_MALFORMED : auth_op_decode(grant_op, op);
    if (rc == RC_OK && (op->code != AUTH_GRANT || op->grant.is_invite))
        rc = RC_MALFORMED;
    if (rc == RC_NOTFOUND)
        rc = RC_MALFORMED;
    if (rc == RC_OK)
        rc = kept(l, &list);
    if (rc == RC_OK) {
        buf_add_u16(&list, (uint16_t)grant_op.n);
        buf_add_slice(&list, grant_op);
        rc = local_put_setting(l->db, SETTING_ASSUMED, buf_slice(&list));
    }
    if (rc == RC_OK) {
        l->assumed = mem_grow(l->assumed, (l->assumed_n + 1) * sizeof(*l->assumed));
        l->assumed[l->assumed_n++] = op->grant;
        replica_assume(l->replica, &op->grant);
    }
    buf_free(&list);
    mem_free(op);
    return rc;
}

static uint32_t
free_number(const struct ledger *l)
{
    uint32_t no = STAND_IN_NO;
    for (size_t i = 0; i < l->assumed_n; i++)
        if (l->assumed[i].log_no <= no && l->assumed[i].log_no > STAND_IN_NO / 2)
            no = l->assumed[i].log_no - 1;
    return no;
}

enum rc
ledger_stand_in(struct ledger *l, const struct key *old, const struct key *fresh)
{
    const struct log_state *log = replica_log_by_key(l->replica, old);
    if (log == NULL || log->is_ack || log->grants_n == 0)
        return RC_NOTFOUND;
    const struct log_grant *last = &log->grants[log->grants_n - 1];
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf bytes = BUF_NONE;
    op->code = AUTH_GRANT;
    op->order.is_there = true;
    op->grant = (struct grant){.log_no = free_number(l),
                               .log = *fresh,
                               .node = log->node,
                               .post = log->post,
                               .unit = last->unit,
                               .role = last->role,
                               .scopes = last->scopes,
                               .from = 1};
    memcpy(op->grant.person, log->person, RECORD_ID_BYTES);
    auth_op_encode(op, &bytes);
    enum rc rc = backup_assume(l, buf_slice(&bytes));
    buf_free(&bytes);
    mem_free(op);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

static bool
is_assumed(const struct ledger *l, const struct key *log)
{
    const struct log_state *state = replica_log_by_key(l->replica, log);
    for (size_t i = 0; i < l->assumed_n; i++)
        if (key_eq(&l->assumed[i].log, log))
            return true;
    return state != NULL && !state->is_assumed;
}

enum rc
ledger_assume_kept(struct ledger *l)
{
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf list = BUF_NONE;
    struct slice bytes;
    enum rc rc = kept(l, &list);
    struct reader r = reader_of(buf_slice(&list));
    while (rc == RC_OK && next(&r, &bytes)) {
        rc = auth_op_decode(bytes, op);
        if (rc == RC_OK && op->code == AUTH_GRANT && !is_assumed(l, &op->grant.log))
            rc = ledger_assume(l, &op->grant, slice_of(NULL, 0));
    }
    if (rc == RC_OK && r.bad)
        rc = RC_CORRUPT;
    buf_free(&list);
    mem_free(op);
    return rc;
}

enum rc
ledger_gone_officers(struct ledger *l, struct key *out, size_t *n)
{
    struct buf list = BUF_NONE;
    enum rc rc = local_setting(l->db, SETTING_GONE, &list);
    struct reader r = reader_of(buf_slice(&list));
    *n = 0;
    while (rc == RC_OK && r.n >= KEY_BYTES && *n < OFFICERS_MAX)
        read_into(&r, out[(*n)++].b, KEY_BYTES);
    buf_free(&list);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
