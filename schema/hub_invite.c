/* Invites: a grant signed in advance. */
#include "schema/hub_in.h"

#include <string.h>

#include "schema/order.h"

/* ---- numbers that nobody has */

struct numbers {
    uint32_t node, log_no, post;
};

static uint32_t
above(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* An order that waits has given its numbers away as well. */
static void
skip_waiting(void *arg, const struct order_row *r)
{
    struct numbers *n = arg;
    if (r->op->code != AUTH_GRANT)
        return;
    n->node = above(n->node, r->op->grant.node);
    n->log_no = above(n->log_no, r->op->grant.log_no);
    n->post = above(n->post, r->op->grant.post);
}

static enum rc
next_numbers(struct ledger *l, struct numbers *out)
{
    const struct authority *a = replica_authority(l->replica);
    enum rc rc = local_invited(l->db, &out->node, &out->log_no, &out->post);
    if (rc == RC_OK)
        rc = order_each(l, skip_waiting, out);
    for (size_t i = 0; i < authority_nodes_n(a); i++)
        out->node = above(out->node, authority_node_at(a, i)->no);
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        out->node = above(out->node, log->node); /* of one whose node no reign has kept */
        out->log_no = above(out->log_no, log->no);
        out->post = above(out->post, log->post);
    }
    out->node++;
    out->log_no++;
    out->post++;
    return rc;
}

/* ---- what the file carries besides the grant */

struct hints {
    struct buf *out;
    struct auth_op *op; /* NULL: seals as well */
};

static bool
has_seal(struct hints *h, const struct entry *e)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;
    while (entry_items_next(&it, &item))
        if (!item.is_erased &&
            auth_op_decode(
                slice_of(item.bytes.p + ITEM_HEAD_BYTES, item.bytes.n - ITEM_HEAD_BYTES),
                h->op) == RC_OK &&
            h->op->code == AUTH_SEAL)
            return true;
    return false;
}

static bool
add_hint(void *arg, const struct stored *stored)
{
    struct hints *h = arg;
    struct entry e;
    if (h->op != NULL && (entry_decode(stored->bytes, &e) != RC_OK || has_seal(h, &e)))
        return true;
    buf_add_u32(h->out, (uint32_t)stored->bytes.n);
    buf_add_slice(h->out, stored->bytes);
    return true;
}

static enum rc
add_entries(struct ledger *l, struct hints *h)
{
    const struct sync_store *store = log_store_port(l->log);
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_rows_n(l->replica) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(l->replica, i, &row);
        if (row.is_authority)
            rc = store->trunk(store->self, &row.log, 1, add_hint, h);
    }
    return rc;
}

static enum rc
add_hints(struct ledger *l, struct buf *out)
{
    struct hints h = {.out = out, .op = mem_new(sizeof(*h.op))};
    enum rc rc = add_entries(l, &h);
    mem_free(h.op);
    return rc;
}

enum rc
hub_all_authority(struct ledger *l, struct buf *out)
{
    return add_entries(l, &(struct hints){.out = out});
}

/* Present keys: the newest epoch of each scope, those from before come with the join. */
static void
add_keys(const struct ledger *l, const struct scopes *scopes, struct buf *out)
{
    for (size_t i = 0; i < l->ring_n; i++) {
        const struct ring_key *k = &l->ring[i];
        bool is_newest = i + 1 == l->ring_n || l->ring[i + 1].scope != k->scope;
        if (!is_newest || !scopes_has(scopes, k->scope))
            continue;
        buf_add_u32(out, k->scope);
        buf_add_u32(out, k->epoch);
        buf_add(out, k->key.b, KEY_BYTES);
    }
}

/* ---- invite */

/* The grant, signed with what is at hand. It is empty while it waits for others. */
static enum rc
ask(struct ledger *l, const struct hub *h, const struct grant *grant, const char *who,
    struct order_result *is, struct buf *out, struct fault *why)
{
    struct buf none = BUF_NONE;
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_GRANT;
    op->grant = *grant;
    enum rc rc = hub_order(l, h, op, who, is, why);
    if (rc == RC_OK && is->state == ORDER_READY)
        rc = order_take(l, is->name, out, &none, why);
    buf_free(&none);
    mem_free(op);
    return rc;
}

enum rc
hub_write_person(struct ledger *l, const struct author *by, const char *name,
                 const uint8_t id[static RECORD_ID_BYTES])
{
    struct author_run *run = NULL;
    const struct hub_field f[] = {{.name = "name", .text = name}};
    enum rc rc = author_begin(l, by, &run);
    if (rc == RC_OK)
        rc = hub_put(run, l, "person", id, f, 1);
    if (rc == RC_OK)
        return author_end(&run);
    author_drop(&run);
    return rc;
}

void
hub_copy_name(char out[static NAME_BYTES_MAX + 1], struct slice name)
{
    size_t n = name.n < NAME_BYTES_MAX ? name.n : NAME_BYTES_MAX;
    if (n > 0)
        memcpy(out, name.p, n);
    out[n] = '\0';
}

/* The node that the invited person shares with others. */
static enum rc
check_node(struct ledger *l, uint32_t node, uint32_t unit, struct fault *why)
{
    const struct node_info *n = authority_node(replica_authority(l->replica), node);
    if (n == NULL || n->is_lost)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%u", (unsigned)node);
    return n->unit == unit
               ? RC_OK
               : fault_set(why, RC_INVALID, FAULT_NODE_UNIT, "%04u", (unsigned)n->unit);
}

enum rc
hub_new_grant(struct ledger *l, uint32_t unit, enum role role, uint32_t node,
              struct grant *out, struct fault *why)
{
    struct units units = {0};
    struct numbers n;
    enum rc rc = node != 0 ? check_node(l, node, unit, why) : RC_OK;
    if (rc == RC_OK)
        rc = hub_units(l, &units);
    *out = (struct grant){.unit = unit, .role = role, .from = 1, .is_invite = true};
    if (rc == RC_OK)
        rc = next_numbers(l, &n);
    if (rc == RC_OK) {
        out->node = node != 0 ? node : n.node;
        out->log_no = n.log_no;
        out->post = n.post;
        rc = hub_scopes(l, &units, role, unit, &out->scopes);
        if (rc == RC_BUSY)
            (void)fault_set(why, rc, FAULT_NO_SCOPE, "%04u", (unsigned)unit);
    }
    hub_units_fini(&units);
    return rc;
}

static enum rc
keep(struct ledger *l, const struct invite *i, uint32_t post)
{
    struct invite_row row = {.secret = i->secret,
                             .grant_op = buf_slice(&i->grant_op),
                             .node = i->node,
                             .log_no = i->log_no,
                             .post = post,
                             .until_ms = i->until_ms};
    memcpy(row.no, i->no, INVITE_NO_BYTES);
    return local_put_invite(l->db, &row);
}

/* All but the officers' word, and what it is handed out with. */
static void
fill(const struct ledger *l, const struct hub *h, struct grant *g, struct invite *out)
{
    struct pair once;
    bytes_random(out->no, INVITE_NO_BYTES);
    bytes_random(out->secret.b, KEY_BYTES);
    bytes_random(out->once_seed, SEED_BYTES);
    pair_from_seed(PAIR_SIGN, out->once_seed, &once);
    g->once = once.pub;
    pair_wipe(&once);
    out->community = l->community;
    out->hub_key = h->hub->pub;
    out->log_no = g->log_no;
    out->node = g->node;
    hub_copy_name(out->community_name, authority_name(replica_authority(l->replica)));
}

/* What the joiner needs of today. */
static enum rc
furnish(struct ledger *l, const struct hub *h, const struct grant *g, uint64_t valid_ms,
        struct invite *out)
{
    out->hub_key = h->hub->pub;
    out->made_ms = ledger_wall_ms(l);
    out->until_ms = out->made_ms + valid_ms;
    add_keys(l, &g->scopes, &out->keys);
    return add_hints(l, &out->authority);
}

/* It waits, its numbers are given away. */
static enum rc
put_off(struct ledger *l, const char *order, const struct grant *g, struct invite *i,
        struct fault *why)
{
    struct buf file = BUF_NONE;
    enum rc rc = keep(l, i, g->post);
    invite_encode(i, &file);
    if (rc == RC_OK)
        rc = order_attach(l, order, buf_slice(&file), why);
    mem_wipe(file.p, file.n);
    buf_free(&file);
    invite_fini(i);
    *i = (struct invite){0};
    return rc;
}

enum rc
hub_invite_at(struct ledger *l, const struct hub *h, const struct author *by,
              const struct invitee *w, struct invite *out, struct order_result *is,
              struct fault *why)
{
    struct grant g;
    *out = (struct invite){0};
    enum rc rc = hub_check_text(l, "person", "name", w->person, why);
    if (rc == RC_OK)
        rc = hub_new_grant(l, w->unit, w->role, w->node, &g, why);
    if (rc != RC_OK)
        return rc;
    ledger_new_id(l, g.person);
    hub_copy_name(out->person_name, slice_text(w->person));
    fill(l, h, &g, out);
    rc = hub_write_person(l, by, w->person, g.person);
    if (rc == RC_OK)
        rc = ask(l, h, &g, w->who, is, &out->grant_op, why);
    if (rc == RC_OK && is->state == ORDER_WAITS)
        return put_off(l, is->name, &g, out, why);
    if (rc == RC_OK)
        rc = furnish(l, h, &g, w->valid_ms, out);
    if (rc == RC_OK)
        rc = keep(l, out, g.post);
    if (rc != RC_OK)
        invite_fini(out);
    return rc;
}

enum rc
hub_invite(struct ledger *l, const struct hub *h, const struct author *by,
           const char *person, uint32_t unit, enum role role, uint64_t valid_ms,
           struct invite *out, struct fault *why)
{
    struct order_result is;
    const struct invitee w = {
        .person = person, .unit = unit, .role = role, .valid_ms = valid_ms, .who = ""};
    enum rc rc = hub_invite_at(l, h, by, &w, out, &is, why);
    return rc == RC_OK && is.state == ORDER_WAITS
               ? fault_set(why, RC_DENIED, FAULT_OFFICERS, "%s", person)
               : rc;
}

enum rc
hub_invite_signed(struct ledger *l, const struct hub *h, const char *order,
                  uint64_t valid_ms, struct invite *out, struct fault *why)
{
    struct buf op = BUF_NONE;
    struct buf file = BUF_NONE;
    struct grant *g = mem_new(sizeof(*g));
    *out = (struct invite){0};
    enum rc rc = order_take(l, order, &op, &file, why);
    if (rc == RC_OK)
        rc = invite_decode(buf_slice(&file), out);
    if (rc == RC_OK) {
        buf_free(&out->grant_op);
        out->grant_op = op;
        op = BUF_NONE;
        rc = invite_grant(out, g) ? furnish(l, h, g, valid_ms, out) : RC_CORRUPT;
    }
    if (rc == RC_OK)
        rc = keep(l, out, g->post);
    if (rc != RC_OK)
        invite_fini(out);
    mem_free(g);
    mem_wipe(file.p, file.n);
    buf_free(&file);
    buf_free(&op);
    return rc;
}
