/* Admitting a computer by its request file: officers sign the log's key directly
 * (AUTHORITY.md 2.5), the rest follows once that counts. */
#include "schema/hub_in.h"

#include <string.h>

#include "schema/request.h"

#define SETTING_BYTES (6 + 2 * KEY_BYTES + 1)

/* Box key and ack key of who asks, kept here until the grant counts. */
static void
setting_name(const struct key *log, char out[static SETTING_BYTES])
{
    memcpy(out, "admit-", 6);
    hex_print(log->b, KEY_BYTES, out + 6);
}

static enum rc
keep(struct ledger *l, const struct request *r)
{
    char name[SETTING_BYTES];
    uint8_t keys[2 * KEY_BYTES];
    setting_name(&r->log, name);
    memcpy(keys, r->box.b, KEY_BYTES);
    memcpy(keys + KEY_BYTES, r->ack.b, KEY_BYTES);
    return local_put_setting(l->db, name, slice_of(keys, sizeof(keys)));
}

/* RC_NOTFOUND: nothing is kept for this log. */
static enum rc
kept(const struct ledger *l, const struct key *log, struct join *out)
{
    char name[SETTING_BYTES];
    struct buf keys = BUF_NONE;
    *out = (struct join){.log_key = *log};
    setting_name(log, name);
    enum rc rc = local_setting(l->db, name, &keys);
    if (rc == RC_OK && keys.n != 2 * KEY_BYTES)
        rc = RC_NOTFOUND;
    if (rc == RC_OK) {
        memcpy(out->box_key.b, keys.p, KEY_BYTES);
        memcpy(out->ack_key.b, keys.p + KEY_BYTES, KEY_BYTES);
    }
    buf_free(&keys);
    return rc;
}

static bool
are_new(const struct ledger *l, const struct key *log, const struct key *box,
        const struct key *ack)
{
    return replica_log_by_key(l->replica, log) == NULL &&
           replica_log_by_key(l->replica, ack) == NULL &&
           authority_node_by_box(replica_authority(l->replica), box) == NULL;
}

bool
hub_may_seat(const struct ledger *l, const struct grant *g)
{
    struct join j;
    return kept(l, &g->log, &j) != RC_OK || are_new(l, &g->log, &j.box_key, &j.ack_key);
}

enum rc
hub_seat(struct ledger *l, const struct hub *h, const struct grant *g)
{
    char name[SETTING_BYTES];
    struct join j;
    struct decree d;
    enum rc rc = kept(l, &g->log, &j);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    rc = decree_begin(&d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    rc = hub_place(&d, g, &j);
    if (rc == RC_OK)
        rc = decree_end(&d);
    else
        decree_drop(&d);
    setting_name(&g->log, name);
    if (rc == RC_OK)
        rc = local_put_setting(l->db, name, slice_of(NULL, 0));
    if (rc == RC_OK)
        rc = ledger_settle(l);
    l->units_changed = true; /* more may be under the unit than when it was asked */
    return rc;
}

/* ---- what is known of these keys */

/* RC_NO: nothing. RC_OK: admitted, by this very request. */
static enum rc
look_up(const struct ledger *l, const struct request *r, struct admitted *out)
{
    const struct authority *a = replica_authority(l->replica);
    const struct log_state *log = replica_log_by_key(l->replica, &r->log);
    const struct node_info *node = authority_node_by_box(a, &r->box);
    if (are_new(l, &r->log, &r->box, &r->ack))
        return RC_NO;
    if (log == NULL || log->is_assumed || log->is_ack || log->is_revoked ||
        node == NULL || node->is_lost || node->no != log->node ||
        !key_eq(&node->ack_key, &r->ack) || log->grants_n == 0)
        return RC_INVALID;
    const struct log_grant *g = &log->grants[log->grants_n - 1];
    out->was_there = true;
    out->is.state = ORDER_WRITTEN;
    out->log_no = log->no;
    out->node = log->node;
    out->grant = (struct grant){.log_no = log->no,
                                .log = log->key,
                                .node = log->node,
                                .post = log->post,
                                .unit = g->unit,
                                .role = g->role,
                                .scopes = g->scopes,
                                .from = 1};
    memcpy(out->grant.person, log->person, RECORD_ID_BYTES);
    return RC_OK;
}

struct search {
    const struct key *log;
    struct grant *grant;
    bool has;
};

static void
look(void *arg, const struct order_row *r)
{
    struct search *s = arg;
    if (r->op->code != AUTH_GRANT || r->op->grant.is_invite ||
        !key_eq(&r->op->grant.log, s->log))
        return;
    *s->grant = r->op->grant;
    s->has = true;
}

static enum rc
new_grant(struct ledger *l, const struct author *by, const struct request *r,
          const struct admit_wish *w, struct grant *out, struct fault *why)
{
    enum rc rc = hub_check_text(l, "person", "name", w->person, why);
    if (rc == RC_OK)
        rc = hub_new_grant(l, w->unit, w->role, 0, out, why);
    if (rc != RC_OK)
        return rc;
    out->is_invite = false;
    out->log = r->log;
    ledger_new_id(l, out->person);
    return hub_write_person(l, by, w->person, out->person);
}

/* Whoever says a unit or role gets that one or is told. */
static bool
is_other(const struct admit_wish *w, const struct grant *g)
{
    return (w->is_unit_said && w->unit != g->unit) ||
           (w->is_role_said && w->role != g->role);
}

enum rc
hub_admit(struct ledger *l, const struct hub *h, const struct author *by,
          const struct request *r, const struct admit_wish *w, const char *who,
          struct admitted *out, struct fault *why)
{
    struct search s = {.log = &r->log, .grant = &out->grant};
    *out = (struct admitted){.was_there = false};
    enum rc rc = look_up(l, r, out);
    if (rc == RC_INVALID)
        return fault_set(why, rc, FAULT_ADMIT_KEY, "%s", w->person);
    if (rc == RC_OK && is_other(w, &out->grant))
        return fault_set(why, RC_INVALID, FAULT_ADMIT_IS, "%04u",
                         (unsigned)out->grant.unit);
    if (rc != RC_NO)
        return rc;
    rc = order_each(l, look, &s);
    if (rc == RC_OK && !s.has)
        rc = new_grant(l, by, r, w, &out->grant, why);
    else if (rc == RC_OK && is_other(w, &out->grant))
        rc = fault_set(why, RC_INVALID, FAULT_ADMIT_WAITS, "%04u",
                       (unsigned)out->grant.unit);
    if (rc == RC_OK)
        rc = keep(l, r);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_GRANT;
    op->grant = out->grant;
    rc = hub_order(l, h, op, who, &out->is, why);
    out->log_no = out->grant.log_no;
    out->node = out->grant.node;
    mem_free(op);
    return rc;
}

/* ---- the answer */

static void
grant_bytes(const struct grant *g, struct buf *out)
{
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_GRANT;
    op->grant = *g;
    op->order.is_there = true;
    auth_op_encode(op, out);
    mem_free(op);
}

enum rc
hub_answer(struct ledger *l, const struct request *r, const struct hash *name,
           const char *person, struct slice addresses, struct buf *out)
{
    const struct authority *a = replica_authority(l->replica);
    struct admitted is = {.was_there = false};
    struct invite i = {
        .community = l->community, .made_ms = ledger_wall_ms(l), .until_ms = UINT64_MAX};
    const struct key *hub = authority_hub_key(a);
    enum rc rc = look_up(l, r, &is);
    if (rc != RC_OK || hub == NULL)
        return rc == RC_OK ? RC_BUG : rc;
    i.hub_key = *hub;
    i.log_no = is.log_no;
    i.node = is.node;
    hub_copy_name(i.community_name, authority_name(a));
    hub_copy_name(i.person_name, slice_text(person));
    grant_bytes(&is.grant, &i.grant_op);
    buf_add_slice(&i.addresses, addresses);
    rc = hub_all_authority(l, &i.authority);
    if (rc == RC_OK && i.authority.n > ANSWER_FILE_BYTES_MAX - (1 << 20))
        rc = RC_LIMIT;
    if (rc == RC_OK)
        answer_encode_random(&i, name, &r->box, out);
    invite_fini(&i);
    return rc;
}
