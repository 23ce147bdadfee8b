/* One asset folded again from all its operations, and what that says into the tables. */
#include "schema/rights_in.h"

#include <stdlib.h>
#include <string.h>

/* ---- gathering */

static void
room(struct rights_proj *p)
{
    if (p->items_n < p->items_cap)
        return;
    p->items_cap = p->items_cap * 2 + 32;
    p->item = mem_grow(p->item, p->items_cap * sizeof(*p->item));
    p->row = mem_grow(p->row, p->items_cap * sizeof(*p->row));
}

static void
read_subject(sqlite3_stmt *s, int at, struct record_key *key)
{
    struct slice id = db_column_slice(s, at);
    if (id.n == RECORD_ID_BYTES)
        memcpy(key->id, id.p, id.n);
    key->scope = (uint32_t)sqlite3_column_int64(s, at + 1);
    key->unit = (uint32_t)sqlite3_column_int64(s, at + 2);
}

/* Columns: entry, item, id8, mark, code, amount, party, of (4), subject (3), state,
 * confirmed, used. */
static void
read_op(struct rights_proj *p, sqlite3_stmt *s, const struct log_state *log,
        const struct item_name *asset)
{
    room(p);
    struct rights_row *row = &p->row[p->items_n];
    struct rights_item *o = &p->item[p->items_n++];
    struct slice id8 = db_column_slice(s, 2);
    struct slice mark = db_column_slice(s, 3);
    *row = (struct rights_row){.entry = sqlite3_column_int64(s, 0),
                               .index = (uint16_t)sqlite3_column_int(s, 1),
                               .state = sqlite3_column_int(s, 14),
                               .is_confirmed = sqlite3_column_int(s, 15) != 0,
                               .is_used = sqlite3_column_int(s, 16) != 0};
    *o = (struct rights_item){.asset = *asset,
                              .code = (enum op_code)sqlite3_column_int(s, 4),
                              .amount = (uint64_t)sqlite3_column_int64(s, 5),
                              .party = (uint32_t)sqlite3_column_int64(s, 6),
                              .mark = -1};
    o->name.at.log_no = log->no;
    o->name.at.seq = log_row_seq(row->entry);
    o->name.index = row->index;
    if (id8.n == 8)
        memcpy(o->name.at.id8, id8.p, 8);
    if (mark.n == 8)
        o->mark = authority_pos(replica_authority(p->l->replica), mark.p);
    if (sqlite3_column_type(s, 7) != SQLITE_NULL)
        rights_read_name(s, 7, &o->of);
    o->is_inherited = o->code == OP_TAKE && sqlite3_column_type(s, 7) == SQLITE_NULL;
    read_subject(s, 11, &o->subject);
    o->is_sealed = o->name.at.seq <= log->seal_seq;
}

static enum rc
gather(struct rights_proj *p, int64_t no, struct item_name *asset)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_RIGHTS_ASSET_AT);
    bool row = false;
    p->items_n = 0;
    p->waits_n = 0;
    sqlite3_bind_int64(s, 1, no);
    enum rc rc = db_step(db, s, &row);
    if (rc == RC_OK && row)
        rights_read_name(s, 0, asset);
    sqlite3_reset(s);
    s = db_stmt(db, STMT_RIGHTS_OPS);
    sqlite3_bind_int64(s, 1, no);
    while (rc == RC_OK && (rc = db_step(db, s, &row)) == RC_OK && row) {
        int64_t entry = sqlite3_column_int64(s, 0);
        const struct log_state *log = ledger_log_at(p->l, entry);
        if (log != NULL && log_row_seq(entry) <= log->head_seq)
            read_op(p, s, log, asset);
    }
    sqlite3_reset(s);
    return rc;
}

/* ---- what the fold asks for */

const struct rights_log *
rights_fold_log(const struct rights_proj *p, uint32_t log_no)
{
    size_t low = 0;
    size_t high = p->now_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (p->now[mid].no == log_no)
            return &p->now[mid];
        if (p->now[mid].no < log_no)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Is that still the entry which stands there, and accepted? */
static enum rc
is_there(struct rights_proj *p, int64_t row, const uint8_t id8[8],
         const struct log_state **log, bool *out)
{
    struct buf bytes = BUF_NONE;
    *out = false;
    *log = ledger_log_at(p->l, row);
    if (*log == NULL || log_row_seq(row) > (*log)->head_seq)
        return RC_OK;
    enum rc rc = log_entry_at(p->l->log, row, &bytes);
    if (rc == RC_OK) {
        struct hash id = entry_id(buf_slice(&bytes));
        *out = memcmp(id.b, id8, 8) == 0;
    }
    buf_free(&bytes);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static bool
find(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq)
{
    struct rights_proj *p = self;
    struct rights_wait wait = {.at = *at, .entry = -1};
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_ID);
    bool row = false;
    bool same = false;
    enum rc rc = RC_OK;
    db_bind_slice(s, 1, slice_of(at->id8, 8));
    while (!same && rc == RC_OK && (rc = db_step(p->l->db, s, &row)) == RC_OK && row) {
        const struct log_state *log = NULL;
        bool is = false;
        int64_t entry = sqlite3_column_int64(s, 0);
        rc = is_there(p, entry, at->id8, &log, &is);
        if (rc != RC_OK || !is)
            continue;
        same = log->no == at->log_no;
        *log_no = log->no;
        *seq = log_row_seq(entry);
        wait.entry = entry;
    }
    sqlite3_reset(s);
    if (rc != RC_OK)
        p->rc = rc;
    if (p->waits_n == p->waits_cap) {
        p->waits_cap = p->waits_cap * 2 + 8;
        p->wait = mem_grow(p->wait, p->waits_cap * sizeof(*p->wait));
    }
    p->wait[p->waits_n++] = wait;
    return wait.entry >= 0;
}

/* ---- into the tables */

static int
row_state(const struct rights_item *o)
{
    return o->state == RIGHTS_OK ? 2 : o->state == RIGHTS_VOID ? 1 : 0;
}

/* The fold has put the items in order of their names; rows stand by entry and index. */
static int
row_cmp(const void *a, const void *b)
{
    const struct rights_row *x = a;
    const struct rights_row *y = b;
    if (x->entry != y->entry)
        return x->entry < y->entry ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static enum rc
write_ops(struct rights_proj *p)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < p->items_n && rc == RC_OK; i++) {
        const struct rights_item *o = &p->item[i];
        const struct log_state *log = replica_log(p->l->replica, o->name.at.log_no);
        uint32_t n = log != NULL ? log_number(p->l->log, &log->key) : 0;
        struct rights_row key = {.entry = log_row(n, o->name.at.seq),
                                 .index = o->name.index};
        const struct rights_row *was =
            bsearch(&key, p->row, p->items_n, sizeof(*p->row), row_cmp);
        if (was == NULL)
            return RC_CORRUPT;
        if (was->state == row_state(o) && was->is_confirmed == o->is_confirmed &&
            was->is_used == o->is_used)
            continue;
        sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_OP_SET);
        sqlite3_bind_int64(s, 1, key.entry);
        sqlite3_bind_int64(s, 2, key.index);
        sqlite3_bind_int64(s, 3, row_state(o));
        sqlite3_bind_int64(s, 4, o->is_confirmed);
        sqlite3_bind_int64(s, 5, o->is_used);
        rc = db_run(p->l->db, s);
    }
    return rc;
}

static enum rc
run_on(struct rights_proj *p, enum stmt id, int64_t asset)
{
    sqlite3_stmt *s = db_stmt(p->l->db, id);
    sqlite3_bind_int64(s, 1, asset);
    return db_run(p->l->db, s);
}

/* A total stops at what the column can hold, as it does in the fold. */
static int64_t
column_of(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static enum rc
write_lanes(struct rights_proj *p, int64_t no)
{
    enum rc rc = run_on(p, STMT_RIGHTS_LANE_DEL, no);
    for (size_t i = 0; i < p->rights.lanes_n && rc == RC_OK; i++) {
        const struct rights_lane *l = &p->rights.lane[i];
        sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_LANE_ADD);
        sqlite3_bind_int64(s, 1, no);
        sqlite3_bind_int64(s, 2, l->log_no);
        sqlite3_bind_int64(s, 3, column_of(l->balance));
        sqlite3_bind_int64(s, 4, l->where);
        rc = db_run(p->l->db, s);
    }
    return rc;
}

/* The totals, and of the `open`: whose it is, and who wrote it. */
static enum rc
write_asset(struct rights_proj *p, int64_t no, const struct item_name *asset)
{
    const struct rights_asset *a = &p->rights.asset[0];
    const struct rights_item *open = rights_item_at(p->item, p->items_n, asset);
    sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_ASSET_SET);
    sqlite3_bind_int64(s, 1, no);
    if (open != NULL && open->code == OP_OPEN) {
        const struct log_state *log = replica_log(p->l->replica, asset->at.log_no);
        const struct log_grant *g = log != NULL ? log_grant_at(log, asset->at.seq) : NULL;
        if (open->subject.scope != 0) {
            db_bind_slice(s, 2, slice_of(open->subject.id, RECORD_ID_BYTES));
            sqlite3_bind_int64(s, 3, open->subject.scope);
            sqlite3_bind_int64(s, 4, open->subject.unit);
        }
        if (g != NULL) {
            sqlite3_bind_int64(s, 5, g->role);
            sqlite3_bind_int64(s, 6, g->unit);
        }
    }
    sqlite3_bind_int64(s, 7, column_of(a->issued));
    sqlite3_bind_int64(s, 8, column_of(a->held));
    sqlite3_bind_int64(s, 9, column_of(a->transit));
    sqlite3_bind_int64(s, 10, column_of(a->spent));
    return db_run(p->l->db, s);
}

/* ---- on what it rests */

struct watch {
    uint32_t log_no;
    int kind;
};
struct watches {
    struct watch *p;
    size_t n, cap;
};

/* False: it was there. The higher kind stays. */
static bool
watch(struct watches *w, uint32_t log_no, int kind)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->p[i].log_no != log_no)
            continue;
        bool more = kind > w->p[i].kind;
        w->p[i].kind = more ? kind : w->p[i].kind;
        return more;
    }
    if (w->n == w->cap) {
        w->cap = w->cap * 2 + 16;
        w->p = mem_grow(w->p, w->cap * sizeof(*w->p));
    }
    w->p[w->n++] = (struct watch){log_no, kind};
    return true;
}

/* An operation for that log: all that stand in line before it decide. */
static void
watch_line(const struct rights_proj *p, struct watches *w, uint32_t log_no)
{
    while (watch(w, log_no, WATCH_LINES)) {
        const struct rights_log *log = rights_fold_log(p, log_no);
        if (log == NULL || !log->is_revoked)
            return;
        log_no = log->heir;
    }
}

/* The log that the operation acts for; its own: for nobody. */
static uint32_t
acts_for(const struct rights_proj *p, const struct rights_item *o)
{
    if (o->code == OP_ISSUE)
        return o->asset.at.log_no;
    if (o->code != OP_TAKE)
        return o->name.at.log_no;
    if (o->is_inherited)
        return o->party;
    const struct rights_item *g = rights_item_at(p->item, p->items_n, &o->of);
    return g != NULL && g->code == OP_GIVE ? g->party : o->name.at.log_no;
}

static void
watch_all(const struct rights_proj *p, struct watches *w)
{
    for (size_t i = 0; i < p->items_n; i++) {
        const struct rights_item *o = &p->item[i];
        uint32_t log_no = acts_for(p, o);
        watch(w, o->name.at.log_no, WATCH_STAND);
        if (log_no == o->name.at.log_no)
            continue;
        watch_line(p, w, log_no);
        if (o->mark < 0)
            watch(w, 0, WATCH_STAND);
    }
    for (size_t i = 0; i < p->waits_n; i++)
        watch(w, p->wait[i].at.log_no, WATCH_ENTRIES);
}

static enum rc
write_watches(struct rights_proj *p, int64_t no)
{
    struct watches w = {.n = 0};
    enum rc rc = run_on(p, STMT_RIGHTS_WATCH_DEL, no);
    watch_all(p, &w);
    for (size_t i = 0; i < w.n && rc == RC_OK; i++) {
        sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_WATCH_ADD);
        sqlite3_bind_int64(s, 1, w.p[i].log_no);
        sqlite3_bind_int64(s, 2, no);
        sqlite3_bind_int64(s, 3, w.p[i].kind);
        rc = db_run(p->l->db, s);
    }
    mem_free(w.p);
    if (rc == RC_OK)
        rc = run_on(p, STMT_RIGHTS_WAIT_DEL, no);
    for (size_t i = 0; i < p->waits_n && rc == RC_OK; i++) {
        sqlite3_stmt *s = db_stmt(p->l->db, STMT_RIGHTS_WAIT_ADD);
        db_bind_slice(s, 1, slice_of(p->wait[i].at.id8, 8));
        sqlite3_bind_int64(s, 2, no);
        sqlite3_bind_int64(s, 3, p->wait[i].entry);
        rc = db_run(p->l->db, s);
    }
    return rc;
}

enum rc
rights_fold_asset(struct rights_proj *p, int64_t no)
{
    struct item_name asset = {.index = 0};
    enum rc rc = gather(p, no, &asset);
    if (rc != RC_OK)
        return rc;
    struct rights_view view = {
        .logs = p->now, .logs_n = p->now_n, .find = find, .self = p};
    p->rc = RC_OK;
    if (p->items_n > 1)
        qsort(p->row, p->items_n, sizeof(*p->row), row_cmp);
    rights_fold(p->item, p->items_n, &view, &p->rights);
    rc = p->rc;
    if (rc == RC_OK)
        rc = write_ops(p);
    if (rc == RC_OK)
        rc = write_lanes(p, no);
    if (rc == RC_OK)
        rc = write_watches(p, no);
    if (rc != RC_OK)
        return rc;
    return p->items_n > 0 ? write_asset(p, no, &asset)
                          : run_on(p, STMT_RIGHTS_ASSET_DEL, no);
}
