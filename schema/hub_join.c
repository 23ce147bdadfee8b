/* Joining by an invite: the hub adds who came to what officers signed, and makes the node
 * and its keys. */
#include "schema/hub_in.h"

#include <string.h>

static bool
is_good(struct ledger *l, const struct invite_row *row)
{
    return !row->is_used && row->until_ms >= ledger_wall_ms(l);
}

bool
hub_psk(struct ledger *l, const uint8_t invite[INVITE_NO_BYTES], struct key *psk)
{
    struct invite_row row;
    struct buf grant = BUF_NONE;
    bool good = local_invite(l->db, invite, &row, &grant) == RC_OK;
    if (good)
        *psk = row.secret;
    mem_wipe(&row.secret, sizeof(row.secret));
    buf_free(&grant);
    return good;
}

/* d->op becomes the grant with the joiner's part in it. */
static enum rc
joined_grant(struct decree *d, struct slice grant_op, const struct join *j)
{
    struct auth_op *op = decree_next(d, AUTH_GRANT);
    if (auth_op_decode(grant_op, op) != RC_OK || op->code != AUTH_GRANT)
        return RC_CORRUPT;
    op->grant.log = j->log_key;
    op->grant.has_join = true;
    op->grant.join_box = j->box_key;
    op->grant.join_sig = j->sig;
    auth_op_verify(op, &d->l->community, NULL, NULL);
    return op->grant.is_joined && op->order.n > 0 && op->order.holds[0] ? RC_OK
                                                                        : RC_DENIED;
}

static const struct node_info *
node_there(struct decree *d, uint32_t no)
{
    return authority_node(replica_authority(d->l->replica), no);
}

/* Both lists in one, ascending. */
static bool
join_scopes(const struct scopes *a, const struct scopes *b, struct scopes *out)
{
    size_t i = 0, k = 0;
    *out = (struct scopes){0};
    if (a->n > 0 && a->no[0] == SCOPE_ALL)
        *out = *a;
    else if (b->n > 0 && b->no[0] == SCOPE_ALL)
        *out = *b;
    else
        while (i < a->n || k < b->n) {
            bool from_a = k == b->n || (i < a->n && a->no[i] <= b->no[k]);
            uint32_t no = from_a ? a->no[i++] : b->no[k++];
            if (out->n > 0 && out->no[out->n - 1] == no)
                continue;
            if (out->n == GRANT_SCOPES_MAX)
                return false;
            out->no[out->n++] = no;
        }
    return true;
}

/* One more person at a node that is there: it may read what he may, and stays what it is
 * otherwise. */
static enum rc
widen_node(struct decree *d, const struct grant *g)
{
    const struct node_info *n = node_there(d, g->node);
    bool has_all = true;
    for (uint16_t i = 0; i < g->scopes.n; i++)
        has_all = has_all && (g->scopes.no[i] == SCOPE_ALL
                                  ? n->scopes.n > 0 && n->scopes.no[0] == SCOPE_ALL
                                  : scopes_has(&n->scopes, g->scopes.no[i]));
    if (has_all)
        return RC_OK;
    struct auth_op *op = decree_next(d, AUTH_NODE);
    op->node = n->no;
    op->box_key = n->box_key;
    op->unit = n->unit;
    op->ack_key = n->ack_key;
    return join_scopes(&n->scopes, &g->scopes, &op->scopes) ? decree_add(d) : RC_LIMIT;
}

static enum rc
write_node(struct decree *d, const struct grant *g, const struct join *j)
{
    if (node_there(d, g->node) != NULL)
        return widen_node(d, g);
    struct auth_op *op = decree_next(d, AUTH_NODE);
    op->node = g->node;
    op->box_key = j->box_key;
    op->unit = g->unit;
    op->scopes = g->scopes;
    op->ack_key = j->ack_key;
    return decree_add(d);
}

static enum rc
write_keys(struct decree *d, const struct grant *g, const struct scopes *was,
           const struct key *box)
{
    const struct authority *a = replica_authority(d->l->replica);
    enum rc rc = RC_OK;
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        uint32_t no = authority_scope_at(a, i)->no;
        if (scopes_has(&g->scopes, no) && (was == NULL || !scopes_has(was, no)))
            rc = decree_keys(d, no, g->node, box);
    }
    return rc;
}

enum rc
hub_place(struct decree *d, const struct grant *g, const struct join *j)
{
    enum rc rc = write_node(d, g, j);
    return rc == RC_OK ? write_keys(d, g, NULL, &j->box_key) : rc;
}

static enum rc
write_join(struct decree *d, const struct invite_row *row, const struct join *j)
{
    struct grant *g = mem_new(sizeof(*g));
    const struct node_info *there = node_there(d, row->node);
    struct scopes *was = there != NULL ? mem_copy(&there->scopes, sizeof(*was)) : NULL;
    enum rc rc = joined_grant(d, row->grant_op, j);
    if (rc == RC_OK) {
        *g = d->op->grant;
        rc = write_node(d, g, j);
    }
    if (rc == RC_OK)
        rc = joined_grant(d, row->grant_op, j);
    if (rc == RC_OK)
        rc = decree_add(d);
    if (rc == RC_OK)
        rc = write_keys(d, g, was, &j->box_key);
    mem_free(was);
    mem_free(g);
    return rc;
}

/* The same joiner once more: his session was cut off before he heard. */
static bool
has_joined(struct ledger *l, const struct invite_row *row, const struct join *j)
{
    const struct log_state *log = replica_log_by_key(l->replica, &j->log_key);
    const struct node_info *node =
        authority_node_by_box(replica_authority(l->replica), &j->box_key);
    return log != NULL && log->no == row->log_no && node != NULL && node->no == row->node;
}

/* A node has one box key and a box key is one node's: an invite for a new node is no
 * good at one that is there, nor the reverse. */
static bool
is_place(struct ledger *l, const struct invite_row *row, const struct join *j)
{
    const struct authority *a = replica_authority(l->replica);
    const struct node_info *named = authority_node(a, row->node);
    const struct node_info *who = authority_node_by_box(a, &j->box_key);
    if (named == NULL)
        return who == NULL;
    return !named->is_lost && key_eq(&named->box_key, &j->box_key);
}

static struct refusal
refusal_of(const struct invite_row *row)
{
    struct refusal no = {.reason = row->is_used ? CLOSE_USED : CLOSE_EXPIRED,
                         .when_ms = row->is_used ? row->used_ms : row->until_ms};
    return no;
}

enum rc
hub_join(struct ledger *l, const struct hub *h, const struct join *j, struct refusal *no)
{
    struct refusal refusal = {.reason = CLOSE_INVITE};
    struct invite_row row;
    struct buf grant = BUF_NONE;
    struct decree d;
    enum rc rc = local_invite(l->db, j->invite, &row, &grant);
    if (rc != RC_OK) {
        rc = rc == RC_NOTFOUND ? RC_DENIED : rc;
        goto out;
    }
    if (row.is_used && has_joined(l, &row, j))
        goto out;
    if (!is_good(l, &row)) {
        refusal = refusal_of(&row);
        rc = RC_DENIED;
        goto out;
    }
    rc = is_place(l, &row, j) ? decree_begin(&d, l, h->hub) : RC_DENIED;
    if (rc != RC_OK)
        goto out;
    rc = write_join(&d, &row, j);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    if (rc == RC_OK)
        rc = local_use_invite(l->db, j->invite, ledger_wall_ms(l));
    if (rc == RC_OK)
        rc = ledger_settle(l);
    l->units_changed = true; /* more may be under his unit than at the invite */
    /* Signed, and yet it does not count: another order about this log came between. */
    if (rc == RC_OK && !has_joined(l, &row, j))
        rc = RC_DENIED;
out:
    if (no != NULL)
        *no = refusal;
    buf_free(&grant);
    return rc;
}
