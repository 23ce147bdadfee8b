/* One item: judged, and written straight into its row when it is a record's first. */
#include "schema/rights_in.h"

#include <string.h>

#define MSGPACK_NIL 0xc0

void
context_of(struct project *p, const struct log_state *log, const struct entry *e,
           const struct hash *id, int64_t row, struct context *out)
{
    const struct log_grant *g = log_grant_at(log, e->seq);
    *out = (struct context){.log = log,
                            .row = row,
                            .e = *e,
                            .id = *id,
                            .rules = ledger_rules(p->l, e->schema),
                            .has_writer = g != NULL};
    if (g != NULL)
        out->by = (struct writer){.role = g->role, .unit = g->unit};
}

/* The scope, remembered: nearly all items of an entry have the same one. */
static const struct hint_scope *
scope_of(struct project *p, uint32_t no)
{
    if (no != 0 && p->scope.no == no)
        return &p->scope;
    if (!ledger_scope(p->l, no, &p->scope)) {
        p->scope.no = 0;
        return NULL;
    }
    return &p->scope;
}

/* Opened and decoded; what is wrong with the bytes alone. */
static enum carried
open_item(struct project *p, const struct context *c, uint16_t index, struct slice item,
          const struct key *key, struct op *op, struct buf *plain)
{
    struct item_place at = {.log = c->log->key, .seq = c->e.seq, .index = index};
    (void)p;
    if (item_open(item, key, &at, plain) != RC_OK)
        return CARRIED_UNREADABLE;
    enum rc rc = op_decode(buf_slice(plain), op);
    return rc == RC_OK ? 0 : rc == RC_NOTFOUND ? CARRIED_VERSION : CARRIED_UNREADABLE;
}

/* Whether a readable put takes effect. */
static bool
is_effective(struct project *p, const struct context *c, const struct hint_scope *scope,
             uint16_t index, const struct op *op)
{
    struct replica *r = p->l->replica;
    struct record_key key = {.scope = scope->no, .unit = op->unit};
    memcpy(key.id, op->record, RECORD_ID_BYTES);
    return c->has_writer && replica_effective(r, c->log, c->e.seq, scope->no, op->code) &&
           op_own_is_zero(op, c->log->no) &&
           type_check(c->rules, op, scope->kind, scope->unit, &c->by, NULL) ==
               BREACH_NONE &&
           !replica_is_erased(r, &key) &&
           !replica_is_item_erased(r, c->log->no, c->e.seq, index);
}

bool
project_judge(struct project *p, const struct context *c, uint16_t index,
              struct slice item, struct op *op, struct buf *plain, uint32_t *scope,
              uint32_t *epoch, enum carried *why)
{
    *why = CARRIED_UNREADABLE;
    if (item_head(item, scope, epoch) != RC_OK)
        return false;
    const struct key *key = ledger_scope_key(p->l, *scope, *epoch);
    const struct hint_scope *in = scope_of(p, *scope);
    *why = CARRIED_NO_KEY;
    if (key == NULL || in == NULL)
        return false;
    *why = CARRIED_VERSION;
    /* What an operation on rights says does not hang on the record types. */
    if (c->rules == NULL && *scope != SCOPE_NO_COMMUNITY)
        return false;
    *why = open_item(p, c, index, item, key, op, plain);
    if (*why != 0 || op->code != OP_PUT)
        return false;
    *why = CARRIED_VERSION;
    if (c->rules == NULL)
        return false;
    *why = CARRIED_REFUSED;
    return is_effective(p, c, in, index, op);
}

/* Whether it is an operation on rights that takes effect. */
static bool
is_right(struct project *p, const struct context *c, uint32_t scope, uint16_t index,
         const struct op *op)
{
    struct replica *r = p->l->replica;
    return rights_is_op(op->code) && c->has_writer &&
           replica_effective(r, c->log, c->e.seq, scope, op->code) &&
           op_own_is_zero(op, c->log->no) &&
           !replica_is_item_erased(r, c->log->no, c->e.seq, index);
}

/* ---- a record's first item */

static void
bind_key(sqlite3_stmt *s, const struct op *op, uint32_t scope)
{
    db_bind_slice(s, 1, slice_of(op->record, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, scope);
    sqlite3_bind_int64(s, 3, op->unit);
    sqlite3_bind_int64(s, 4, op->type);
}

/* The packed number that the put gives the record, or -1. */
static int64_t
number_of(const struct op *op)
{
    const struct put_field *f = put_field(op, FIELD_NUMBER);
    struct value v;
    if (f == NULL || !value_decode(VALUE_NUMBER, f->value, &v) || v.is_nil)
        return -1;
    return number_pack(&v.as.number);
}

static enum rc
add_record(struct project *p, const struct context *c, uint32_t scope, uint16_t index,
           const struct op *op, bool *fresh, int64_t *no)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_ADD);
    int64_t number = number_of(op);
    bind_key(s, op, scope);
    sqlite3_bind_int64(s, 5, c->row);
    sqlite3_bind_int64(s, 6, index);
    if (number >= 0)
        sqlite3_bind_int64(s, 7, number);
    enum rc rc = db_run(db, s);
    *fresh = rc == RC_OK && sqlite3_changes(db_handle(db)) > 0;
    *no = *fresh ? sqlite3_last_insert_rowid(db_handle(db)) : 0;
    return rc;
}

/* Writes t_TYPE's row from the put alone. *plain false: it needs its versions told, so
 * the record is folded instead. */
static enum rc
add_row(struct project *p, const struct op *op, int64_t no, bool *plain)
{
    const struct table *t = table_of(p->l->tables, op->type);
    sqlite3_stmt *s = NULL;
    int64_t number = -1;
    *plain = op->pool_n == 0;
    if (!*plain)
        return RC_OK;
    enum rc rc = table_stmt(p->l->tables, op->type, TABLE_PUT, &s);
    if (rc != RC_OK)
        return rc;
    sqlite3_bind_int64(s, COLUMN_NO + 1, no);
    for (uint16_t i = 0; i < op->fields_n; i++) {
        const struct put_field *f = &op->field[i];
        if (!fold_bind(s, t, f->code, f->value, &number)) {
            *plain = false;
            return RC_OK;
        }
    }
    return db_run(p->l->db, s);
}

/* A later item of a record that is there already, or the same once more. */
static enum rc
add_item(struct project *p, const struct context *c, uint32_t scope, uint16_t index,
         const struct op *op)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_FIND);
    bool row = false;
    bind_key(s, op, scope);
    enum rc rc = db_step(db, s, &row);
    int64_t no = row ? sqlite3_column_int64(s, 0) : 0;
    bool same = row && sqlite3_column_int64(s, 1) == c->row &&
                sqlite3_column_int64(s, 2) == index;
    sqlite3_reset(s);
    if (rc != RC_OK || same)
        return rc;
    if (!row)
        return RC_CORRUPT;
    s = db_stmt(db, STMT_PROJECT_ITEM_ADD);
    sqlite3_bind_int64(s, 1, no);
    sqlite3_bind_int64(s, 2, c->row);
    sqlite3_bind_int64(s, 3, index);
    rc = db_run(db, s);
    if (rc == RC_OK && sqlite3_changes(db_handle(db)) > 0)
        project_dirty(p, no);
    return rc;
}

static enum rc
add(struct project *p, const struct context *c, uint32_t scope, uint16_t index,
    const struct op *op)
{
    bool fresh = false;
    bool plain = true;
    int64_t no = 0;
    enum rc rc = add_record(p, c, scope, index, op, &fresh, &no);
    if (rc != RC_OK)
        return rc;
    p->l->units_changed |= op->type == p->l->unit_type;
    if (!fresh)
        return add_item(p, c, scope, index, op);
    rc = add_row(p, op, no, &plain);
    if (!plain)
        project_dirty(p, no);
    return rc;
}

enum rc
project_entry(struct project *p, const struct context *c, uint32_t scope)
{
    struct entry_items it = entry_items(&c->e);
    bool is_newer = false;
    struct entry_item item;
    enum rc rc = RC_OK;
    for (uint16_t i = 0; rc == RC_OK && entry_items_next(&it, &item); i++) {
        uint32_t in = 0;
        uint32_t epoch = 0;
        enum carried why = 0;
        if (item.is_erased)
            continue;
        if (scope != 0 && (item_head(item.bytes, &in, &epoch) != RC_OK || in != scope))
            continue;
        if (project_judge(p, c, i, item.bytes, p->op, &p->plain, &in, &epoch, &why))
            rc = add(p, c, in, i, p->op);
        else if (why != 0)
            project_carry(p, why, in, epoch);
        else if (is_right(p, c, in, i, p->op))
            rc = rights_proj_put(p->rights, c, i, p->op);
        is_newer = is_newer || why == CARRIED_VERSION;
    }
    if (rc != RC_OK || !is_newer)
        return rc;
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_PROJECT_NEWER);
    sqlite3_bind_int64(s, 1, c->row);
    return db_run(p->l->db, s);
}

/* ---- what stands in no table is counted */

enum rc
project_carry_flush(struct project *p)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < p->carry_n && rc == RC_OK; i++) {
        const struct carry *c = &p->carry[i];
        sqlite3_stmt *s = db_stmt(p->l->db, STMT_PROJECT_CARRY);
        sqlite3_bind_int64(s, 1, c->why);
        sqlite3_bind_int64(s, 2, c->scope);
        sqlite3_bind_int64(s, 3, c->epoch);
        sqlite3_bind_int64(s, 4, (int64_t)c->n);
        rc = db_run(p->l->db, s);
    }
    p->carry_n = 0;
    return rc;
}
