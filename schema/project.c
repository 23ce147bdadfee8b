#include "schema/rights_in.h"

#include <string.h>

struct project *
project_new(struct ledger *l)
{
    struct project *p = mem_new(sizeof(*p));
    p->l = l;
    p->op = mem_new(sizeof(*p->op));
    p->auth = mem_new(sizeof(*p->auth));
    p->rights = rights_proj_new(l);
    project_forget(p);
    return p;
}

void
project_free(struct project *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < CACHE_N; i++) {
        buf_free(&p->cache[i].bytes);
        mem_free(p->cache[i].item);
    }
    for (size_t i = 0; i < p->items_cap; i++) {
        mem_free(p->fold[i].op);
        buf_free(&p->fold[i].plain);
    }
    mem_free(p->fold);
    mem_free(p->item);
    record_fini(&p->record);
    image_fini(&p->image);
    buf_free(&p->plain);
    mem_free(p->dirty);
    mem_free(p->scopes);
    mem_free(p->logs);
    mem_free(p->op);
    mem_free(p->auth);
    rights_proj_free(p->rights);
    mem_free(p);
}

enum rc
project_begin(struct project *p)
{
    return p != NULL ? rights_proj_begin(p->rights) : RC_OK;
}

void
project_unload(struct project *p)
{
    if (p != NULL)
        rights_proj_unload(p->rights);
}

void
project_forget(struct project *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < CACHE_N; i++)
        p->cache[i].row = -1;
    p->scope.no = 0;
    p->dirty_n = 0;
    p->carry_n = 0;
    p->scopes_n = 0;
    p->logs_n = 0;
    rights_proj_forget(p->rights);
}

void
project_carry(struct project *p, enum carried why, uint32_t scope, uint32_t epoch)
{
    for (size_t i = 0; i < p->carry_n; i++) {
        struct carry *c = &p->carry[i];
        if (c->why == why && c->scope == scope && c->epoch == epoch) {
            c->n++;
            return;
        }
    }
    if (p->carry_n == CARRY_N)
        return; /* flushed after each range; the count is for people */
    p->carry[p->carry_n++] =
        (struct carry){.why = why, .scope = scope, .epoch = epoch, .n = 1};
}

/* ---- runs of entries */

struct run {
    struct project *p;
    const struct log_state *log;
    uint32_t n;     /* short number of the log */
    uint64_t to;    /* last seq wanted */
    uint32_t scope; /* 0: all */
    enum rc rc;
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    void *arg;
    uint64_t done, all;
};

static bool
on_entry(void *arg, const struct stored *e)
{
    struct run *run = arg;
    struct entry entry;
    struct context c;
    if (e->seq > run->to)
        return false;
    run->rc = entry_decode(e->bytes, &entry);
    if (run->rc != RC_OK) {
        run->rc = RC_CORRUPT; /* it was whole when it was accepted */
        return false;
    }
    context_of(run->p, run->log, &entry, &e->id, log_row(run->n, e->seq), &c);
    if (run->scope == 0)
        run->rc = rights_proj_entry(run->p->rights, c.row, &e->id);
    if (run->rc == RC_OK)
        run->rc = project_entry(run->p, &c, run->scope);
    run->done++;
    if (run->progress != NULL && (run->done % 64 == 0 || run->done == run->all))
        run->progress(run->arg, run->done, run->all);
    return run->rc == RC_OK && e->seq < run->to;
}

static enum rc
project_run(struct run *run, const struct log_state *log, uint64_t from, uint64_t to)
{
    struct ledger *l = run->p->l;
    const struct sync_store *store = log_store_port(l->log);
    run->log = log;
    run->n = log_number(l->log, &log->key);
    run->to = to < log->head_seq ? to : log->head_seq;
    run->rc = RC_OK;
    if (from > run->to)
        return RC_OK;
    enum rc rc = store->trunk(store->self, &log->key, from, on_entry, run);
    if (rc == RC_OK)
        rc = run->rc;
    return rc != RC_OK ? rc : project_carry_flush(run->p);
}

static enum rc
project_logs(struct run *run)
{
    struct replica *r = run->p->l->replica;
    enum rc rc = RC_OK;
    run->done = 0;
    run->all = 0;
    for (size_t i = 0; i < replica_logs_n(r); i++)
        run->all += replica_log_at(r, i)->head_seq;
    for (size_t i = 0; i < replica_logs_n(r) && rc == RC_OK; i++)
        rc = project_run(run, replica_log_at(r, i), 1, UINT64_MAX);
    return rc;
}

/* ---- a scope that can be read now */

static enum rc
was_carried(struct project *p, uint32_t scope, bool *out)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_CARRIED);
    sqlite3_bind_int64(s, 1, CARRIED_NO_KEY);
    sqlite3_bind_int64(s, 2, scope);
    enum rc rc = db_step(db, s, out);
    sqlite3_reset(s);
    if (rc != RC_OK || !*out)
        return rc;
    s = db_stmt(db, STMT_PROJECT_CARRIED_DEL);
    sqlite3_bind_int64(s, 1, CARRIED_NO_KEY);
    sqlite3_bind_int64(s, 2, scope);
    return db_run(db, s);
}

static enum rc
open_scope(struct project *p, uint32_t scope)
{
    struct run run = {.p = p, .scope = scope};
    bool carried = false;
    enum rc rc = was_carried(p, scope, &carried);
    return rc == RC_OK && carried ? project_logs(&run) : rc;
}

enum rc
project_scope(struct ledger *l, uint32_t scope)
{
    project_forget(l->project);
    enum rc rc = open_scope(l->project, scope);
    return rc != RC_OK ? rc : project_flush(l->project);
}

/* ---- changes */

static const struct log_state *
log_of(struct project *p, uint32_t log_no)
{
    return replica_log(p->l->replica, log_no);
}

/* Every record that has an item in these entries. */
static enum rc
dirty_range(struct project *p, const struct log_state *log, uint64_t from, uint64_t to)
{
    uint32_t n = log != NULL ? log_number(p->l->log, &log->key) : 0;
    if (n == 0)
        return RC_OK;
    int64_t first = log_row(n, from);
    int64_t last = log_row(n, to < LOG_SEQ_MAX ? to : LOG_SEQ_MAX);
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_PROJECT_NEWER_DEL);
    sqlite3_bind_int64(s, 1, first);
    sqlite3_bind_int64(s, 2, last);
    enum rc rc = db_run(p->l->db, s);
    if (rc == RC_OK)
        rc = rights_proj_drop(p->rights, first, last);
    if (rc == RC_OK)
        rc = project_dirty_between(p, STMT_PROJECT_FIRST_IN, first, last);
    return rc != RC_OK ? rc : project_dirty_between(p, STMT_PROJECT_ITEM_IN, first, last);
}

static enum rc
sealed(struct project *p, const struct log_state *log, uint64_t from, uint64_t to)
{
    uint32_t n = log != NULL ? log_number(p->l->log, &log->key) : 0;
    if (n == 0)
        return RC_OK;
    int64_t first = log_row(n, from);
    int64_t last = log_row(n, to < LOG_SEQ_MAX ? to : LOG_SEQ_MAX);
    enum rc rc = rights_proj_sealed(p->rights, first, last);
    return rc != RC_OK ? rc
                       : project_dirty_between(p, STMT_PROJECT_CHOICE_IN, first, last);
}

static enum rc
one_change(struct project *p, const struct change *c)
{
    struct run run = {.p = p};
    const struct log_state *log = log_of(p, c->log_no);
    switch (c->kind) {
    case CHANGE_ACCEPTED:
        return log != NULL ? project_run(&run, log, c->from, c->to) : RC_OK;
    case CHANGE_SEALED:
        return sealed(p, log, c->from, c->to);
    case CHANGE_WITHDRAWN: /* done before all others */
    case CHANGE_AUTHORITY: /* likewise */
    case CHANGE_REFOLD:
    case CHANGE_ACK: /* read where it is shown */
    case CHANGE_FORK:
    case CHANGE_WRONG_ROOT:
        break;
    }
    return RC_OK;
}

static bool
has_refold(const struct changes *changes)
{
    for (size_t i = 0; i < changes->n; i++)
        if (changes->p[i].kind == CHANGE_REFOLD)
            return true;
    return false;
}

/* What was withdrawn is listed while the tables still say where it stood; keys and scopes
 * come before the entries that need them. */
static enum rc
prepare(struct project *p, const struct changes *changes)
{
    enum rc rc = RC_OK;
    bool heard = false;
    for (size_t i = 0; i < changes->n && rc == RC_OK; i++) {
        const struct change *c = &changes->p[i];
        if (c->kind == CHANGE_WITHDRAWN)
            rc = dirty_range(p, log_of(p, c->log_no), c->from, c->to);
    }
    for (size_t i = 0; i < changes->n && rc == RC_OK; i++) {
        const struct change *c = &changes->p[i];
        if (c->kind == CHANGE_AUTHORITY) {
            rights_proj_grown(p->rights);
            rc = project_authority(p, c->log_no, c->from, c->to);
        }
        heard = heard || c->kind == CHANGE_AUTHORITY;
    }
    return rc == RC_OK && heard ? project_chain(p) : rc;
}

/* Scopes whose key came, and logs whose grant changed, are gone through again: items that
 * had no effect may have one now, and the other way round. */
static enum rc
catch_up(struct project *p)
{
    struct run run = {.p = p};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < p->scopes_n && rc == RC_OK; i++)
        rc = open_scope(p, p->scopes[i]);
    for (size_t i = 0; i < p->logs_n && rc == RC_OK; i++) {
        const struct log_state *log = log_of(p, p->logs[i]);
        rc = dirty_range(p, log, 1, UINT64_MAX);
        if (rc == RC_OK && log != NULL)
            rc = project_run(&run, log, 1, UINT64_MAX);
    }
    return rc;
}

enum rc
ledger_project(struct ledger *l, const struct changes *changes)
{
    struct project *p = l->project;
    bool differed = l->types_differ;
    ledger_forget(l);
    /* What the authority log tells of the record types decides about every entry. */
    l->types_differ = ledger_types_are_other(l);
    if (has_refold(changes) || l->types_differ != differed) {
        l->erases_acked = 0;
        enum rc rc = tables_make(l->tables);
        return rc != RC_OK ? rc : project_replay(l, NULL, NULL);
    }
    enum rc rc = prepare(p, changes);
    for (size_t i = 0; i < changes->n && rc == RC_OK; i++)
        rc = one_change(p, &changes->p[i]);
    if (rc == RC_OK)
        rc = catch_up(p);
    return rc != RC_OK ? rc : project_flush(p);
}

enum rc
project_replay(struct ledger *l, void (*progress)(void *arg, uint64_t done, uint64_t all),
               void *arg)
{
    struct project *p = l->project;
    struct run run = {.p = p, .progress = progress, .arg = arg};
    enum rc rc = RC_OK;
    ledger_forget(l);
    for (size_t i = 0; i < replica_rows_n(l->replica) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(l->replica, i, &row);
        if (row.is_authority && row.head_seq > 0)
            rc = project_authority(p, row.no, 1, row.head_seq);
    }
    if (rc == RC_OK)
        rc = project_chain(p);
    p->scopes_n = 0; /* everything is about to be projected */
    p->logs_n = 0;
    if (rc == RC_OK)
        rc = project_logs(&run);
    return rc != RC_OK ? rc : project_flush(p);
}
