/* Rights from the log to the tables: what became of whom has to be folded again. */
#include "schema/rights_in.h"

#include <stdlib.h>
#include <string.h>

struct rights_proj *
rights_proj_new(struct ledger *l)
{
    struct rights_proj *p = mem_new(sizeof(*p));
    p->l = l;
    return p;
}

void
rights_proj_free(struct rights_proj *p)
{
    if (p == NULL)
        return;
    rights_fini(&p->rights);
    mem_free(p->dirty);
    mem_free(p->log);
    mem_free(p->now);
    mem_free(p->item);
    mem_free(p->row);
    mem_free(p->wait);
    mem_free(p);
}

void
rights_proj_forget(struct rights_proj *p)
{
    p->dirty_n = 0;
    p->has_grown = false;
}

void
rights_proj_unload(struct rights_proj *p)
{
    p->has_logs = false;
}

bool
rights_is_op(enum op_code code)
{
    return code >= OP_OPEN && code <= OP_RETURN;
}

/* ---- names */

void
rights_bind_name(sqlite3_stmt *s, int at, const struct item_name *name)
{
    sqlite3_bind_int64(s, at, name->at.log_no);
    sqlite3_bind_int64(s, at + 1, (int64_t)name->at.seq);
    db_bind_slice(s, at + 2, slice_of(name->at.id8, sizeof(name->at.id8)));
    sqlite3_bind_int64(s, at + 3, name->index);
}

void
rights_read_name(sqlite3_stmt *s, int at, struct item_name *name)
{
    struct slice id8 = db_column_slice(s, at + 2);
    *name = (struct item_name){.at = {.log_no = (uint32_t)sqlite3_column_int64(s, at),
                                      .seq = (uint64_t)sqlite3_column_int64(s, at + 1)},
                               .index = (uint16_t)sqlite3_column_int(s, at + 3)};
    if (id8.n == sizeof(name->at.id8))
        memcpy(name->at.id8, id8.p, id8.n);
}

/* ---- what changed */

void
rights_proj_dirty(struct rights_proj *p, int64_t asset)
{
    if (p->dirty_n > 0 && p->dirty[p->dirty_n - 1] == asset)
        return;
    if (p->dirty_n == p->dirty_cap) {
        p->dirty_cap = p->dirty_cap * 2 + 64;
        p->dirty = mem_grow(p->dirty, p->dirty_cap * sizeof(*p->dirty));
    }
    p->dirty[p->dirty_n++] = asset;
}

/* Every asset that the bound statement finds. */
static enum rc
dirty_found(struct rights_proj *p, sqlite3_stmt *s)
{
    bool row = false;
    enum rc rc;
    while ((rc = db_step(p->l->db, s, &row)) == RC_OK && row)
        rights_proj_dirty(p, sqlite3_column_int64(s, 0));
    sqlite3_reset(s);
    return rc;
}

static enum rc
dirty_between(struct rights_proj *p, enum stmt id, int64_t from, int64_t to)
{
    sqlite3_stmt *s = db_stmt(p->l->db, id);
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    return dirty_found(p, s);
}

enum rc
rights_proj_entry(struct rights_proj *p, int64_t row, const struct hash *id)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_RIGHTS_ID_ADD);
    db_bind_slice(s, 1, slice_of(id->b, 8));
    sqlite3_bind_int64(s, 2, row);
    enum rc rc = db_run(db, s);
    if (rc != RC_OK)
        return rc;
    s = db_stmt(db, STMT_RIGHTS_WAITERS);
    db_bind_slice(s, 1, slice_of(id->b, 8));
    return dirty_found(p, s);
}

/* The asset of that name; made where it is not there. */
static enum rc
asset_no(struct rights_proj *p, const struct item_name *name, int64_t *out)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_RIGHTS_ASSET);
    bool row = false;
    rights_bind_name(s, 1, name);
    enum rc rc = db_step(db, s, &row);
    *out = row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    if (rc != RC_OK || row)
        return rc;
    s = db_stmt(db, STMT_RIGHTS_ASSET_ADD);
    rights_bind_name(s, 1, name);
    rc = db_run(db, s);
    *out = sqlite3_last_insert_rowid(db_handle(db));
    return rc;
}

/* What is bound is borrowed until the statement has run: from the operation itself. */
static void
bind_op(sqlite3_stmt *s, const struct context *c, uint16_t index, int64_t asset,
        const struct op *op)
{
    struct rights_item o;
    bool has_subject = op->code == OP_SPEND || (op->code == OP_OPEN && op->has_subject);
    rights_item_of(op, &o);
    /* What does not belong to its code is left over from another operation. */
    bool has_amount = o.code == OP_ISSUE || o.code == OP_GIVE || o.code == OP_SPEND;
    o.is_inherited = o.code == OP_TAKE && o.is_inherited;
    sqlite3_bind_int64(s, 1, c->row);
    sqlite3_bind_int64(s, 2, index);
    sqlite3_bind_int64(s, 3, asset);
    db_bind_slice(s, 4, slice_of(c->id.b, 8));
    db_bind_slice(s, 5, slice_of(c->e.mark, 8));
    sqlite3_bind_int64(s, 6, o.code);
    sqlite3_bind_int64(s, 7, has_amount ? (int64_t)o.amount : 0);
    if (o.code == OP_GIVE || o.is_inherited)
        sqlite3_bind_int64(s, 8, o.party);
    if (o.code == OP_RETURN || (o.code == OP_TAKE && !o.is_inherited))
        rights_bind_name(s, 9, &op->of);
    if (has_subject) {
        db_bind_slice(s, 13, slice_of(op->subject.id, RECORD_ID_BYTES));
        sqlite3_bind_int64(s, 14, o.subject.scope);
        sqlite3_bind_int64(s, 15, o.subject.unit);
    }
}

enum rc
rights_proj_put(struct rights_proj *p, const struct context *c, uint16_t index,
                struct op *op)
{
    struct db *db = p->l->db;
    struct item_name name = {.at = {.log_no = c->log->no, .seq = c->e.seq},
                             .index = index};
    int64_t asset = 0;
    memcpy(name.at.id8, c->id.b, sizeof(name.at.id8));
    op_resolve(op, c->log->no);
    if (op->code == OP_OPEN)
        op->asset = name;
    enum rc rc = asset_no(p, &op->asset, &asset);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(db, STMT_RIGHTS_OP_ADD);
    bind_op(s, c, index, asset, op);
    rc = db_run(db, s);
    if (rc == RC_OK && sqlite3_changes(db_handle(db)) > 0)
        rights_proj_dirty(p, asset);
    return rc;
}

enum rc
rights_proj_drop(struct rights_proj *p, int64_t from, int64_t to)
{
    enum rc rc = dirty_between(p, STMT_RIGHTS_OP_IN, from, to);
    if (rc == RC_OK)
        rc = dirty_between(p, STMT_RIGHTS_WAIT_IN, from, to);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_OP_DEL);
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    return db_run(p->l->db, s);
}

enum rc
rights_proj_drop_item(struct rights_proj *p, int64_t row, uint16_t index)
{
    enum rc rc = dirty_between(p, STMT_RIGHTS_OP_IN, row, row);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_ITEM_DEL);
    sqlite3_bind_int64(s, 1, row);
    sqlite3_bind_int64(s, 2, index);
    return db_run(p->l->db, s);
}

enum rc
rights_proj_sealed(struct rights_proj *p, int64_t from, int64_t to)
{
    return dirty_between(p, STMT_RIGHTS_OP_IN, from, to);
}

void
rights_proj_grown(struct rights_proj *p)
{
    p->has_grown = true;
}

/* ---- logs */

static void
take_logs(const struct ledger *l, struct rights_log **out, size_t *n)
{
    *n = replica_logs_n(l->replica);
    *out = mem_grow(*out, (*n + 1) * sizeof(**out));
    for (size_t i = 0; i < *n; i++)
        rights_log_of(replica_log_at(l->replica, i), &(*out)[i]);
}

enum rc
rights_proj_begin(struct rights_proj *p)
{
    if (!p->has_logs)
        take_logs(p->l, &p->log, &p->logs_n);
    p->has_logs = true;
    return RC_OK;
}

/* Assets that rest on the log in at least this way. */
static enum rc
dirty_watchers(struct rights_proj *p, uint32_t log_no, int kind)
{
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_WATCHERS);
    sqlite3_bind_int64(s, 1, log_no);
    sqlite3_bind_int64(s, 2, kind);
    return dirty_found(p, s);
}

static enum rc
log_moved(struct rights_proj *p, const struct rights_log *was,
          const struct rights_log *is)
{
    if (was->heir != is->heir || was->cut_pos != is->cut_pos ||
        was->is_revoked != is->is_revoked || was->is_closed != is->is_closed)
        return dirty_watchers(p, is->no, WATCH_STAND);
    if (was->undecided_pos != is->undecided_pos)
        return dirty_watchers(p, is->no, WATCH_LINES);
    return was->seal_seq != is->seal_seq ? dirty_watchers(p, is->no, WATCH_ENTRIES)
                                         : RC_OK;
}

static enum rc
dirty_logs(struct rights_proj *p)
{
    size_t a = 0;
    size_t b = 0;
    enum rc rc = RC_OK;
    while (rc == RC_OK && (a < p->logs_n || b < p->now_n)) {
        uint32_t was = a < p->logs_n ? p->log[a].no : UINT32_MAX;
        uint32_t is = b < p->now_n ? p->now[b].no : UINT32_MAX;
        if (was == is && a < p->logs_n && b < p->now_n)
            rc = log_moved(p, &p->log[a], &p->now[b]);
        else /* it came, or went */
            rc = dirty_watchers(p, was < is ? was : is, WATCH_STAND);
        a += was <= is;
        b += is <= was;
    }
    return rc;
}

/* ---- the end of a projection */

static int
by_no(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum rc
rights_proj_flush(struct rights_proj *p)
{
    enum rc rc = RC_OK;
    take_logs(p->l, &p->now, &p->now_n);
    rc = dirty_logs(p);
    if (rc == RC_OK && p->has_grown)
        rc = dirty_watchers(p, 0, WATCH_STAND);
    if (p->dirty_n > 1)
        qsort(p->dirty, p->dirty_n, sizeof(*p->dirty), by_no);
    for (size_t i = 0; i < p->dirty_n && rc == RC_OK; i++)
        if (i == 0 || p->dirty[i] != p->dirty[i - 1])
            rc = rights_fold_asset(p, p->dirty[i]);
    struct rights_log *was = p->log;
    p->log = p->now;
    p->logs_n = p->now_n;
    p->now = was;
    p->has_logs = rc == RC_OK;
    rights_proj_forget(p);
    return rc;
}
