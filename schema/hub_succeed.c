/* A new centre in place of one that is gone: the root's word opens the next reign. */
#include <string.h>

#include "schema/backup.h"
#include "schema/hub_in.h"
#include "schema/order.h"

#define KEYS_ASKED_MAX 1024
/* Epochs that the old centre may have begun since, and that nobody here has heard of: a
 * number is not used twice for two keys. */
#define EPOCHS_SKIPPED 64

bool
hub_root_is(struct ledger *l, const struct key *root)
{
    const struct key *key = authority_root_key(replica_authority(l->replica));
    return key != NULL && key_eq(key, root);
}

/* ---- the first entry */

/* Those whose keys were elsewhere stay; with them the one that is here. */
static enum rc
appoint(struct ledger *l, const struct key *fresh, struct officers *out)
{
    const struct officers *was = authority_officers(replica_authority(l->replica));
    struct key gone[OFFICERS_MAX];
    size_t gone_n = 0;
    enum rc rc = ledger_gone_officers(l, gone, &gone_n);
    *out = (struct officers){0};
    memcpy(out->need, was->need, sizeof(out->need));
    for (uint16_t i = 0; i < was->n && gone_n > 0; i++) {
        bool is_gone = false;
        for (size_t k = 0; k < gone_n; k++)
            is_gone = is_gone || key_eq(&gone[k], &was->key[i]);
        if (!is_gone && out->n < OFFICERS_MAX - 1)
            out->key[out->n++] = was->key[i];
    }
    uint16_t at = 0;
    while (at < out->n && key_cmp(&out->key[at], fresh) < 0)
        at++;
    memmove(&out->key[at + 1], &out->key[at],
            (size_t)(out->n - at) * sizeof(out->key[0]));
    out->key[at] = *fresh;
    out->n++;
    return rc;
}

/* Entries that open the next reign are here already, without counting. */
static bool
is_next_open(const struct ledger *l)
{
    const struct authority *a = replica_authority(l->replica);
    struct row row;
    for (size_t i = 0; i < replica_rows_n(l->replica); i++) {
        replica_row_at(l->replica, i, &row);
        if (row.is_authority && row.no > authority_reign(a))
            return true;
    }
    return authority_is_frozen(a);
}

static enum rc
open_reign(struct ledger *l, const struct succession *s, struct succeeded *out)
{
    const struct authority *a = replica_authority(l->replica);
    struct auth_op *beside = mem_new(sizeof(*beside));
    struct decree d = {0};
    uint64_t pos = 0;
    enum rc rc = authority_head(a, &out->id, &pos) ? RC_OK : RC_DENIED;
    out->reign = authority_reign(a) + 1;
    out->seq = authority_head_seq(a);
    beside->code = AUTH_OFFICERS;
    if (rc == RC_OK)
        rc = appoint(l, &s->officer->pub, &beside->officers);
    out->officers_n = beside->officers.n;
    if (rc == RC_OK)
        rc = decree_reign(&d, l, s->hub, &out->id);
    if (rc != RC_OK)
        goto out;
    struct auth_op *op = decree_next(&d, AUTH_SUCCEED);
    op->reign = out->reign;
    op->reign_seq = out->seq;
    op->reign_id = out->id;
    op->hub_key = s->hub->pub;
    auth_root_sign(op, &l->community, beside, s->root, &op->root_sig);
    rc = decree_add(&d);
    if (rc == RC_OK) {
        *decree_next(&d, AUTH_OFFICERS) = *beside;
        rc = decree_add(&d);
    }
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    if (rc == RC_OK)
        rc = ledger_settle(l);
    if (rc == RC_OK && !hub_is_here(l, &s->hub->pub))
        rc = RC_DENIED;
out:
    mem_free(beside);
    return rc;
}

/* ---- what follows */

static uint32_t
above(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static enum rc
free_numbers(struct ledger *l, uint32_t *node, uint32_t *log_no)
{
    const struct authority *a = replica_authority(l->replica);
    uint32_t post = 0;
    enum rc rc = local_invited(l->db, node, log_no, &post);
    for (size_t i = 0; i < authority_nodes_n(a); i++)
        *node = above(*node, authority_node_at(a, i)->no);
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        if (!log->is_assumed)
            *log_no = above(*log_no, log->no);
    }
    (*node)++;
    (*log_no)++;
    return rc;
}

static enum rc
add_node(struct decree *d, uint32_t no, const struct key *box, const struct key *ack,
         bool reads)
{
    struct auth_op *op = decree_next(d, AUTH_NODE);
    op->node = no;
    op->box_key = *box;
    op->ack_key = *ack;
    op->unit = CENTRE_UNIT;
    if (reads)
        op->scopes = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
    return decree_add(d);
}

/* The old machine keeps a number, so that it hears of the reign when it comes back; it
 * reads nothing that is written from now on. */
static enum rc
move_in(struct ledger *l, const struct succession *s, uint32_t old_node)
{
    const struct node_info *hub =
        authority_node(replica_authority(l->replica), NODE_NO_HUB);
    struct decree d;
    if (hub == NULL)
        return RC_CORRUPT;
    struct node_info was = *hub;
    if (key_eq(&was.box_key, &s->box->pub))
        return RC_OK; /* the same machine */
    enum rc rc = decree_begin(&d, l, s->hub);
    if (rc != RC_OK)
        return rc;
    rc = add_node(&d, NODE_NO_HUB, &s->box->pub, &s->ack->pub, true);
    if (rc == RC_OK)
        rc = add_node(&d, old_node, &was.box_key, &was.ack_key, false);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

/* The centre's first person: his post goes on in a log of the new machine. */
static enum rc
grant_log(struct ledger *l, const struct succession *s, uint32_t log_no,
          struct succeeded *out, struct fault *why)
{
    const struct hub hub = {.hub = s->hub, .officer = s->officer, .officers_n = 1};
    const struct log_state *mine = replica_log_by_key(l->replica, &s->log->pub);
    const struct log_state *first = NULL;
    struct order_result is = {0};
    if (mine != NULL && !mine->is_assumed) {
        out->log_no = mine->no;
        out->is_granted = true;
        return RC_OK;
    }
    for (size_t i = 0; i < replica_logs_n(l->replica) && first == NULL; i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        if (!log->is_assumed && log->node == NODE_NO_HUB && log->grants_n > 0)
            first = log;
    }
    if (first == NULL)
        return RC_CORRUPT;
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_GRANT;
    op->grant = (struct grant){.log_no = log_no,
                               .log = s->log->pub,
                               .node = NODE_NO_HUB,
                               .post = first->post,
                               .unit = CENTRE_UNIT,
                               .role = ROLE_SECRETARY,
                               .scopes = {.n = 1, .no = {SCOPE_ALL}},
                               .from = 1};
    memcpy(op->grant.person, first->person, RECORD_ID_BYTES);
    out->log_no = log_no;
    out->old_log = first->key;
    enum rc rc = hub_order(l, &hub, op, s->who, &is, why);
    mem_free(op);
    out->is_granted = is.state == ORDER_WRITTEN;
    return rc;
}

static enum rc
fresh_keys(struct ledger *l, const struct succession *s, size_t *n)
{
    const struct authority *a = replica_authority(l->replica);
    struct decree d;
    enum rc rc = decree_begin(&d, l, s->hub);
    *n = 0;
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        const struct scope_info *scope = authority_scope_at(a, i);
        if (scope->epoch > UINT32_MAX - EPOCHS_SKIPPED - 1)
            continue;
        rc = decree_epoch(&d, scope->no, scope->epoch + 1 + EPOCHS_SKIPPED, 0);
        (*n)++;
    }
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

enum rc
hub_succeed(struct ledger *l, const struct succession *s, struct succeeded *out,
            struct fault *why)
{
    uint32_t node = 0, log_no = 0;
    *out = (struct succeeded){0};
    if (!hub_root_is(l, &s->root->pub))
        return fault_set(why, RC_DENIED, FAULT_ROOT_KEY, "root");
    if (is_next_open(l))
        return fault_set(why, RC_STALE, FAULT_REIGN_OPEN, "reign");
    enum rc rc = free_numbers(l, &node, &log_no);
    if (rc == RC_OK)
        rc = open_reign(l, s, out);
    if (rc == RC_OK)
        rc = move_in(l, s, node);
    if (rc == RC_OK)
        rc = grant_log(l, s, log_no, out, why);
    if (rc == RC_OK)
        rc = fresh_keys(l, s, &out->scopes_n);
    out->node = node;
    return rc;
}

/* ---- keys that came up after the backup */

void
hub_missing_keys(const struct ledger *l, struct buf *out)
{
    const struct authority *a = replica_authority(l->replica);
    size_t n = 0;
    for (size_t i = 0; i < authority_scopes_n(a); i++) {
        const struct scope_info *scope = authority_scope_at(a, i);
        for (uint32_t e = 1; e <= scope->epoch && n < KEYS_ASKED_MAX; e++) {
            if (authority_epoch_hash(a, scope->no, e) == NULL ||
                ledger_scope_key(l, scope->no, e) != NULL)
                continue;
            buf_add_u32(out, scope->no);
            buf_add_u32(out, e);
            n++;
        }
    }
}

void
hub_answer_keys(const struct ledger *l, struct slice wanted, struct buf *out)
{
    const struct authority *a = replica_authority(l->replica);
    struct reader r = reader_of(wanted);
    while (r.n > 0 && !r.bad) {
        uint32_t scope = read_u32(&r);
        uint32_t epoch = read_u32(&r);
        const struct key *key = ledger_scope_key(l, scope, epoch);
        const struct hash *want = authority_epoch_hash(a, scope, epoch);
        if (key == NULL || want == NULL)
            continue;
        struct hash have = hash_of(slice_of(key->b, KEY_BYTES));
        if (!hash_eq(want, &have))
            continue;
        buf_add_u32(out, scope);
        buf_add_u32(out, epoch);
        buf_add(out, key->b, KEY_BYTES);
    }
}

enum rc
hub_take_keys(struct ledger *l, struct slice keys)
{
    struct reader r = reader_of(keys);
    enum rc rc = RC_OK;
    while (rc == RC_OK && r.n > 0) {
        struct key key;
        uint32_t scope = read_u32(&r);
        uint32_t epoch = read_u32(&r);
        read_into(&r, key.b, KEY_BYTES);
        rc = r.bad ? RC_MALFORMED : ledger_put_key(l, scope, epoch, &key);
        mem_wipe(&key, sizeof(key));
    }
    return rc;
}
