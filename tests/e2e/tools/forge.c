/* A hub's keeper who decides alone: writes orders into the authority log by the hub's key
 * that its officers have not agreed to, as a changed program would.
 *
 * forge DIR KIND SIGNATURES LOG [SCOPE UNIT RECORD SEQ]
 * KIND: grant (another role for LOG), revoke, lost (its node), officers (one more), erase
 * (the record). SIGNATURES: none, one (of the hub's own officer), twice (his, two times),
 * stranger (of two keys that are nobody's), forged (his, with a bit turned). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "schema/hub_in.h"
#include "schema/order.h"

struct lie {
    struct node *node;
    const char *kind, *signatures;
    const struct log_state *log;
    uint32_t scope, unit;
    uint64_t seq;
    uint8_t record[RECORD_ID_BYTES];
    struct buf list; /* lines, items */
};

static bool
fill(struct lie *x, struct auth_op *op)
{
    const struct log_state *log = x->log;
    struct line line = {.log_no = log->no, .seq = log->head_seq, .id = log->head};
    struct erased_name item = {.log_no = log->no, .seq = x->seq};
    struct pair other;
    switch ((int)op->code) {
    case AUTH_GRANT:
        op->grant = (struct grant){.log_no = log->no,
                                   .log = log->key,
                                   .node = log->node,
                                   .post = log->post,
                                   .unit = CENTRE_UNIT,
                                   .role = ROLE_SECRETARY,
                                   .scopes = {.n = 1, .no = {SCOPE_ALL}},
                                   .from = log->head_seq + 1};
        memcpy(op->grant.person, log->person, RECORD_ID_BYTES);
        return true;
    case AUTH_REVOKE:
        op->line = line;
        return true;
    case AUTH_LOST:
        auth_lost_add(&x->list, &line);
        op->node = log->node;
        op->lines_n = 1;
        op->lines = buf_slice(&x->list);
        return true;
    case AUTH_OFFICERS:
        op->officers =
            *authority_officers(replica_authority(ledger_replica(x->node->ledger)));
        pair_new_random(PAIR_SIGN, &other);
        memset(op->officers.need, 1, sizeof(op->officers.need));
        op->officers.n = 1;
        op->officers.key[0] = other.pub;
        return true;
    case AUTH_ERASE:
        auth_erased_add(&x->list, &item);
        op->scope = x->scope;
        op->unit = x->unit;
        memcpy(op->record, x->record, RECORD_ID_BYTES);
        op->items = buf_slice(&x->list);
        op->items_n = 1;
        op->reason = 1;
        op->request = slice_text("2026-000");
        return true;
    default:
        return false;
    }
}

static enum rc
sign(const struct lie *x, struct auth_op *op, const struct hash *community)
{
    const struct pair *officer = &x->node->officer[0];
    struct pair other;
    if (strcmp(x->signatures, "none") == 0)
        return RC_OK;
    if (strcmp(x->signatures, "stranger") == 0) {
        pair_new_random(PAIR_SIGN, &other);
        enum rc rc = order_add(op, community, &other);
        pair_new_random(PAIR_SIGN, &other);
        return rc == RC_OK ? order_add(op, community, &other) : rc;
    }
    enum rc rc = order_add(op, community, officer);
    if (strcmp(x->signatures, "twice") == 0) {
        op->order.by[1] = op->order.by[0];
        op->order.sig[1] = op->order.sig[0];
        op->order.n = 2;
    } else if (strcmp(x->signatures, "forged") == 0) {
        op->order.sig[0].b[7] ^= 1;
    }
    return rc;
}

static enum auth_code
code_of(const char *kind)
{
    static const struct {
        const char *name;
        enum auth_code code;
    } kinds[] = {{"grant", AUTH_GRANT},
                 {"revoke", AUTH_REVOKE},
                 {"lost", AUTH_LOST},
                 {"officers", AUTH_OFFICERS},
                 {"erase", AUTH_ERASE}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kind, kinds[i].name) == 0)
            return kinds[i].code;
    return AUTH_SEAL;
}

static enum rc
work(struct node *n, void *arg)
{
    struct lie *x = arg;
    struct decree d;
    const struct hash community = *replica_community(ledger_replica(n->ledger));
    enum rc rc = decree_begin(&d, n->ledger, &n->hub);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = decree_next(&d, code_of(x->kind));
    op->order.is_there = true;
    op->order.seen = d.prev;
    rc = fill(x, op) ? sign(x, op, &community) : RC_USAGE;
    if (rc == RC_OK)
        rc = decree_add(&d);
    if (rc != RC_OK) {
        decree_drop(&d);
        return rc;
    }
    rc = decree_end(&d);
    return rc == RC_OK ? ledger_settle(n->ledger) : rc;
}

int
main(int argc, char **argv)
{
    struct lie x = {.list = BUF_NONE};
    struct fault why = {0};
    if (argc != 5 && argc != 9)
        return rc_exit(RC_USAGE);
    x.kind = argv[2];
    x.signatures = argv[3];
    if (argc == 9) {
        x.scope = (uint32_t)strtoul(argv[5], NULL, 10);
        x.unit = (uint32_t)strtoul(argv[6], NULL, 10);
        x.seq = strtoull(argv[8], NULL, 10);
        if (!hex_parse(argv[7], RECORD_ID_BYTES, x.record))
            return rc_exit(RC_USAGE);
    }
    enum rc rc = node_open(argv[1], NODE_WRITE, &x.node, &why);
    if (rc == RC_OK) {
        x.log = replica_log(ledger_replica(x.node->ledger),
                            (uint32_t)strtoul(argv[4], NULL, 10));
        rc = x.log != NULL ? node_turn(x.node, work, &x) : RC_NOTFOUND;
    }
    if (rc != RC_OK)
        fprintf(stderr, "forge: %s\n", rc_text(rc));
    node_close(x.node);
    buf_free(&x.list);
    return rc_exit(rc);
}
