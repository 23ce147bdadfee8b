/* What the authority log brings to the tables: keys sealed to this node, scopes that can
 * be read now, grants that change what items do, records that are erased. Whether an
 * operation counts is the fold's affair: a key holds by its hash, and the rest only makes
 * something be judged again. */
#include "schema/rights_in.h"

#include <string.h>

struct authority_run {
    struct project *p;
    uint64_t to;
    uint32_t node; /* this node's number; 0: not one (yet) */
    enum rc rc;
};

static void
add_number(uint32_t **list, size_t *n, uint32_t no)
{
    for (size_t i = 0; i < *n; i++)
        if ((*list)[i] == no)
            return;
    *list = mem_grow(*list, (*n + 1) * sizeof(**list));
    (*list)[(*n)++] = no;
}

/* Keeps the key if it is the one that this epoch's hash fixes. */
static enum rc
hold(struct project *p, uint32_t scope, uint32_t epoch, const struct key *key)
{
    const struct authority *a = replica_authority(p->l->replica);
    const struct hash *want = authority_epoch_hash(a, scope, epoch);
    struct hash have = hash_of(slice_of(key->b, KEY_BYTES));
    bool fresh = false;
    if (want == NULL || !hash_eq(want, &have))
        return RC_OK;
    enum rc rc = ledger_hold_key(p->l, scope, epoch, key, &fresh);
    if (fresh)
        add_number(&p->scopes, &p->scopes_n, scope);
    return rc;
}

static enum rc
on_epoch(struct authority_run *run, const struct auth_op *op)
{
    struct project *p = run->p;
    struct slice receivers = op->receivers;
    uint32_t node = 0;
    struct slice sealed;
    enum rc rc = RC_OK;
    while (p->l->has_box && run->node != 0 && rc == RC_OK &&
           ledger_scope_key(p->l, op->scope, op->epoch) == NULL &&
           auth_receiver(&receivers, &node, &sealed)) {
        struct key key;
        if (node != run->node || sealed.n != SEALED_KEY_BYTES ||
            key_unseal(sealed.p, &p->l->box, &key) != RC_OK)
            continue;
        rc = hold(p, op->scope, op->epoch, &key);
        mem_wipe(&key, sizeof(key));
    }
    return rc;
}

static void
on_grant(struct project *p, const struct grant *g)
{
    const struct log_state *log = replica_log(p->l->replica, g->log_no);
    bool was_assumed = false;
    for (size_t i = 0; i < p->l->assumed_n; i++)
        was_assumed |= log != NULL && key_eq(&p->l->assumed[i].log, &log->key);
    if (log != NULL && log->head_seq >= g->from && (log->grants_n > 1 || was_assumed))
        add_number(&p->logs, &p->logs_n, g->log_no);
}

static void
bind_erased(sqlite3_stmt *s, const struct auth_op *op)
{
    db_bind_slice(s, 1, slice_of(op->record, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, op->scope);
    sqlite3_bind_int64(s, 3, op->unit);
}

/* Nobody has to name an operation on rights there; who does has unmade it. */
static enum rc
drop_rights(struct project *p, const struct auth_op *op)
{
    struct slice items = op->items;
    struct erased_name name;
    enum rc rc = RC_OK;
    while (rc == RC_OK && auth_erased(&items, &name)) {
        const struct log_state *log = replica_log(p->l->replica, name.log_no);
        uint32_t n = log != NULL ? log_number(p->l->log, &log->key) : 0;
        if (n != 0 && name.seq <= LOG_SEQ_MAX)
            rc = rights_proj_drop_item(p->rights, log_row(n, name.seq), name.index);
    }
    return rc;
}

/* The number stays known: it is not given again, and whoever holds the slip is told. */
static enum rc
on_erase(struct project *p, const struct auth_op *op)
{
    struct db *db = p->l->db;
    struct record_key key = {.scope = op->scope, .unit = op->unit};
    memcpy(key.id, op->record, RECORD_ID_BYTES);
    if (!replica_is_erased(p->l->replica, &key))
        return RC_OK; /* the order does not count */
    enum rc rc = drop_rights(p, op);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_ERASED);
    bind_erased(s, op);
    rc = db_run(db, s);
    if (rc != RC_OK)
        return rc;
    s = db_stmt(db, STMT_PROJECT_FIND_ALL);
    bind_erased(s, op);
    bool row = false;
    while ((rc = db_step(db, s, &row)) == RC_OK && row)
        project_dirty(p, sqlite3_column_int64(s, 0));
    sqlite3_reset(s);
    return rc;
}

static enum rc
on_operation(struct authority_run *run, const struct auth_op *op)
{
    switch (op->code) {
    case AUTH_EPOCH:
        return on_epoch(run, op);
    case AUTH_SCOPE:
        add_number(&run->p->scopes, &run->p->scopes_n, op->scope);
        return RC_OK;
    case AUTH_GRANT:
        on_grant(run->p, &op->grant);
        return RC_OK;
    case AUTH_ERASE:
        return on_erase(run->p, op);
    case AUTH_CREATE:
    case AUTH_SCHEMA:
    case AUTH_NODE:
    case AUTH_SEAL: /* lines come as changes of their own */
    case AUTH_REVOKE:
    case AUTH_LOST:
    case AUTH_OFFICERS:
    case AUTH_SUCCEED:
        break;
    }
    return RC_OK;
}

static bool
on_authority(void *arg, const struct stored *stored)
{
    struct authority_run *run = arg;
    struct entry e;
    if (stored->seq > run->to)
        return false;
    if (entry_decode(stored->bytes, &e) != RC_OK) {
        run->rc = RC_CORRUPT;
        return false;
    }
    struct entry_items it = entry_items(&e);
    struct entry_item item;
    while (run->rc == RC_OK && entry_items_next(&it, &item)) {
        struct slice op =
            slice_of(item.bytes.p + ITEM_HEAD_BYTES, item.bytes.n - ITEM_HEAD_BYTES);
        if (!item.is_erased && auth_op_decode(op, run->p->auth) == RC_OK)
            run->rc = on_operation(run, run->p->auth);
    }
    return run->rc == RC_OK;
}

/* ---- keys of earlier epochs */

/* The key of an epoch under that of the next one, as an epoch tells it. */
struct wrapped {
    uint32_t scope, epoch; /* of the key that opens it; the one before comes out */
    uint8_t bytes[WRAPPED_KEY_BYTES];
};
struct chain {
    struct project *p;
    struct wrapped *link; /* in the order of the authority log */
    size_t n, cap;
};

/* Is the key before that of (scope, epoch) fixed, and not held? */
static bool
lacks_before(const struct ledger *l, uint32_t scope, uint32_t epoch)
{
    return epoch > 1 && ledger_scope_key(l, scope, epoch - 1) == NULL &&
           authority_epoch_hash(replica_authority(l->replica), scope, epoch - 1) != NULL;
}

static bool
has_gap(const struct ledger *l)
{
    for (size_t i = 0; i < l->ring_n; i++)
        if (lacks_before(l, l->ring[i].scope, l->ring[i].epoch))
            return true;
    return false;
}

static bool
on_link(void *arg, const struct stored *stored)
{
    struct chain *c = arg;
    struct auth_op *op = c->p->auth;
    struct entry e;
    if (entry_decode(stored->bytes, &e) != RC_OK)
        return true;
    struct entry_items it = entry_items(&e);
    struct entry_item item;
    while (entry_items_next(&it, &item)) {
        if (item.is_erased || item.bytes.n <= ITEM_HEAD_BYTES ||
            auth_op_decode(
                slice_of(item.bytes.p + ITEM_HEAD_BYTES, item.bytes.n - ITEM_HEAD_BYTES),
                op) != RC_OK ||
            op->code != AUTH_EPOCH || !op->has_previous)
            continue;
        if (c->n == c->cap) {
            c->cap = c->cap * 2 + 64;
            c->link = mem_grow(c->link, c->cap * sizeof(*c->link));
        }
        struct wrapped *w = &c->link[c->n++];
        w->scope = op->scope;
        w->epoch = op->epoch;
        memcpy(w->bytes, op->previous, sizeof(w->bytes));
    }
    return true;
}

static enum rc
unwrap(struct project *p, const struct wrapped *w, bool *did)
{
    const struct key *key = ledger_scope_key(p->l, w->scope, w->epoch);
    struct key before;
    if (key == NULL || !lacks_before(p->l, w->scope, w->epoch) ||
        key_unwrap(w->bytes, key, &before) != RC_OK)
        return RC_OK;
    enum rc rc = hold(p, w->scope, w->epoch - 1, &before);
    *did = *did || ledger_scope_key(p->l, w->scope, w->epoch - 1) != NULL;
    mem_wipe(&before, sizeof(before));
    return rc;
}

/* Backwards: later epochs stand later, and open those before. */
enum rc
project_chain(struct project *p)
{
    struct ledger *l = p->l;
    const struct sync_store *store = log_store_port(l->log);
    struct chain c = {.p = p};
    enum rc rc = RC_OK;
    bool did = has_gap(l);
    for (size_t i = 0; did && i < replica_rows_n(l->replica) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(l->replica, i, &row);
        if (row.is_authority)
            rc = store->trunk(store->self, &row.log, 1, on_link, &c);
    }
    while (did && rc == RC_OK) {
        did = false;
        for (size_t i = c.n; i-- > 0 && rc == RC_OK;)
            rc = unwrap(p, &c.link[i], &did);
    }
    mem_free(c.link);
    return rc;
}

enum rc
project_authority(struct project *p, uint32_t reign, uint64_t from, uint64_t to)
{
    struct ledger *l = p->l;
    const struct sync_store *store = log_store_port(l->log);
    const struct authority *a = replica_authority(l->replica);
    struct authority_run run = {.p = p, .to = to};
    const struct node_info *node =
        l->has_box ? authority_node_by_box(a, &l->box.pub) : NULL;
    run.node = node != NULL ? node->no : 0;
    for (size_t i = 0; i < replica_rows_n(l->replica); i++) {
        struct row row;
        replica_row_at(l->replica, i, &row);
        if (!row.is_authority || row.no != reign)
            continue;
        enum rc rc = store->trunk(store->self, &row.log, from, on_authority, &run);
        return rc != RC_OK ? rc : run.rc;
    }
    return RC_OK;
}
