#include "schema/log.h"

#include "sync/entry.h"
#include "sync/limits.h"

#include <string.h>

struct name {
    struct key key;
    uint32_t n;
    bool has_top;
    uint64_t top; /* trunk length */
};

/* What was appended a moment ago is read again for projection and tree: its id is not
 * hashed a second time. A few chunks of a session. */
#define RECENT_N 1024
struct recent {
    int64_t row; /* 0: none */
    struct hash id;
};

struct log_store {
    struct db *db;
    struct recent *recent; /* by row, modulo RECENT_N */
    struct sync_store port;
    struct name *name; /* by n; few hundred, and asked nearly always for the same one */
    size_t names_n;
    size_t last;
    bool is_loaded;
    struct buf entry; /* one entry put together for a callback */
};

int64_t
log_row(uint32_t n, uint64_t seq)
{
    return (int64_t)((uint64_t)n << LOG_SEQ_BITS | seq);
}

uint32_t
log_row_number(int64_t row)
{
    return (uint32_t)((uint64_t)row >> LOG_SEQ_BITS);
}

uint64_t
log_row_seq(int64_t row)
{
    return (uint64_t)row & LOG_SEQ_MAX;
}

static enum rc
load_names(struct log_store *s)
{
    if (s->is_loaded)
        return RC_OK;
    s->names_n = 0;
    s->last = 0;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_NAMES);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(s->db, st, &row)) == RC_OK && row) {
        s->name = mem_grow(s->name, (s->names_n + 1) * sizeof(*s->name));
        struct name *name = &s->name[s->names_n++];
        *name = (struct name){.n = (uint32_t)sqlite3_column_int64(st, 0)};
        struct reader r = reader_of(db_column_slice(st, 1));
        read_into(&r, name->key.b, KEY_BYTES);
    }
    sqlite3_reset(st);
    s->is_loaded = rc == RC_OK;
    return rc;
}

static struct name *
find(struct log_store *s, const struct key *log)
{
    if (load_names(s) != RC_OK)
        return NULL;
    if (s->last < s->names_n && key_eq(&s->name[s->last].key, log))
        return &s->name[s->last];
    for (size_t i = 0; i < s->names_n; i++) {
        if (key_eq(&s->name[i].key, log)) {
            s->last = i;
            return &s->name[i];
        }
    }
    return NULL;
}

static enum rc
find_or_add(struct log_store *s, const struct key *log, struct name **out)
{
    *out = find(s, log);
    if (*out != NULL)
        return RC_OK;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_NAME_ADD);
    db_bind_slice(st, 1, slice_of(log->b, KEY_BYTES));
    enum rc rc = db_run(s->db, st);
    if (rc != RC_OK)
        return rc;
    s->is_loaded = false;
    *out = find(s, log);
    return *out != NULL ? RC_OK : RC_DB;
}

static enum rc
top(struct log_store *s, struct name *name, uint64_t *out)
{
    if (!name->has_top) {
        sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_TOP);
        sqlite3_bind_int64(st, 1, log_row(name->n, 0));
        sqlite3_bind_int64(st, 2, log_row(name->n, LOG_SEQ_MAX));
        bool row = false;
        enum rc rc = db_step(s->db, st, &row);
        int64_t k = row ? sqlite3_column_int64(st, 0) : 0; /* NULL reads as 0 */
        sqlite3_reset(st);
        if (rc != RC_OK)
            return rc;
        name->top = k == 0 ? 0 : log_row_seq(k);
        name->has_top = true;
    }
    *out = name->top;
    return RC_OK;
}

static enum rc
store_append(void *self, const struct key *log, uint64_t seq, const struct hash *id,
             struct slice entry)
{
    struct log_store *s = self;
    struct name *name = NULL;
    uint64_t length = 0;
    enum rc rc = find_or_add(s, log, &name);
    if (rc == RC_OK)
        rc = top(s, name, &length);
    if (rc != RC_OK)
        return rc;
    if (seq != length + 1 || entry.n < ENTRY_HEAD_BYTES || entry.n > ENTRY_BYTES_MAX)
        return RC_BUG;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_APPEND);
    sqlite3_bind_int64(st, 1, log_row(name->n, seq));
    db_bind_slice(st, 2, slice_of(entry.p, ENTRY_HEAD_BYTES));
    db_bind_slice(st, 3,
                  slice_of(entry.p + ENTRY_HEAD_BYTES, entry.n - ENTRY_HEAD_BYTES));
    rc = db_run(s->db, st);
    if (rc == RC_OK) {
        int64_t row = log_row(name->n, seq);
        s->recent[row % RECENT_N] = (struct recent){row, *id};
        name->top = seq;
    }
    return rc;
}

static void
forget_recent(struct log_store *s)
{
    memset(s->recent, 0, RECENT_N * sizeof(*s->recent));
}

static struct hash
id_of(const struct log_store *s, int64_t row, struct slice entry)
{
    const struct recent *r = &s->recent[row % RECENT_N];
    return r->row == row ? r->id : entry_id(entry);
}

/* The entry of the row that `st` stands on, head in column `at`, body in the next. */
static struct slice
put_together(struct log_store *s, sqlite3_stmt *st, int at)
{
    s->entry.n = 0;
    buf_add_slice(&s->entry, db_column_slice(st, at));
    buf_add_slice(&s->entry, db_column_slice(st, at + 1));
    return buf_slice(&s->entry);
}

static enum rc
each_of_trunk(struct log_store *s, const struct key *log, uint64_t from, bool with_ids,
              store_each_fn each, void *arg)
{
    const struct name *name = find(s, log);
    if (name == NULL || from > LOG_SEQ_MAX)
        return RC_OK;
    uint32_t n = name->n;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_TRUNK);
    sqlite3_bind_int64(st, 1, log_row(n, from > 0 ? from : 1));
    sqlite3_bind_int64(st, 2, log_row(n, LOG_SEQ_MAX));
    bool row = false;
    enum rc rc;
    while ((rc = db_step(s->db, st, &row)) == RC_OK && row) {
        struct slice bytes = put_together(s, st, 1);
        int64_t at = sqlite3_column_int64(st, 0);
        struct stored e = {.seq = log_row_seq(at), .bytes = bytes};
        if (with_ids)
            e.id = id_of(s, at, bytes);
        if (!each(arg, &e))
            break;
    }
    sqlite3_reset(st);
    return rc;
}

static enum rc
store_trunk(void *self, const struct key *log, uint64_t from, store_each_fn each,
            void *arg)
{
    return each_of_trunk(self, log, from, true, each, arg);
}

static enum rc
store_run(void *self, const struct key *log, uint64_t from, store_each_fn each, void *arg)
{
    return each_of_trunk(self, log, from, false, each, arg);
}

static enum rc
store_cut(void *self, const struct key *log, uint64_t from)
{
    struct log_store *s = self;
    struct name *name = find(s, log);
    if (name == NULL)
        return RC_OK;
    forget_recent(s);
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_CUT);
    sqlite3_bind_int64(st, 1, log_row(name->n, from > 0 ? from : 1));
    sqlite3_bind_int64(st, 2, log_row(name->n, LOG_SEQ_MAX));
    name->has_top = false;
    return db_run(s->db, st);
}

static enum rc
store_rewrite(void *self, const struct key *log, uint64_t seq, struct slice entry)
{
    struct log_store *s = self;
    const struct name *name = find(s, log);
    if (name == NULL || entry.n < ENTRY_HEAD_BYTES || entry.n > ENTRY_BYTES_MAX)
        return RC_BUG;
    if (db_is_read_only(s->db))
        return RC_OK; /* the writer does it */
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_REWRITE);
    sqlite3_bind_int64(st, 1, log_row(name->n, seq));
    db_bind_slice(st, 2,
                  slice_of(entry.p + ENTRY_HEAD_BYTES, entry.n - ENTRY_HEAD_BYTES));
    return db_run(s->db, st);
}

static enum rc
store_loose_put(void *self, const struct key *log, const struct stored *e)
{
    struct log_store *s = self;
    struct name *name = NULL;
    enum rc rc = find_or_add(s, log, &name);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_LOOSE_PUT);
    sqlite3_bind_int64(st, 1, name->n);
    db_bind_slice(st, 2, slice_of(e->id.b, HASH_BYTES));
    sqlite3_bind_int64(st, 3, (int64_t)e->seq);
    db_bind_slice(st, 4, e->bytes);
    return db_run(s->db, st);
}

static enum rc
store_loose_each(void *self, const struct key *log, store_each_fn each, void *arg)
{
    struct log_store *s = self;
    const struct name *name = find(s, log);
    if (name == NULL)
        return RC_OK;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_LOOSE_EACH);
    sqlite3_bind_int64(st, 1, name->n);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(s->db, st, &row)) == RC_OK && row) {
        struct stored e = {.seq = (uint64_t)sqlite3_column_int64(st, 1),
                           .bytes = db_column_slice(st, 2)};
        struct reader r = reader_of(db_column_slice(st, 0));
        read_into(&r, e.id.b, HASH_BYTES);
        if (!each(arg, &e))
            break;
    }
    sqlite3_reset(st);
    return rc;
}

static enum rc
store_loose_del(void *self, const struct key *log, const struct hash *id)
{
    struct log_store *s = self;
    const struct name *name = find(s, log);
    if (name == NULL)
        return RC_OK;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_LOOSE_DEL);
    sqlite3_bind_int64(st, 1, name->n);
    db_bind_slice(st, 2, slice_of(id->b, HASH_BYTES));
    return db_run(s->db, st);
}

static enum rc
store_state_put(void *self, const struct key *log, struct slice state)
{
    struct log_store *s = self;
    struct name *name = NULL;
    if (db_is_read_only(s->db))
        return RC_OK; /* good in memory; the next reader finds it out again */
    enum rc rc = find_or_add(s, log, &name);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_STATE);
    sqlite3_bind_int64(st, 1, name->n);
    db_bind_slice(st, 2, state);
    return db_run(s->db, st);
}

/* Collected first: the callback reads trunks, and a statement cannot run twice at once.
 */
static enum rc
store_state_each(void *self, store_log_fn each, void *arg)
{
    struct log_store *s = self;
    struct buf all = BUF_NONE;
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_NAMES);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(s->db, st, &row)) == RC_OK && row) {
        struct slice state = db_column_slice(st, 2);
        size_t n = state.n;
        buf_add_slice(&all, db_column_slice(st, 1));
        buf_add_u32(&all, (uint32_t)n);
        state = db_column_slice(st, 2);
        buf_add_slice(&all, state);
    }
    sqlite3_reset(st);
    struct reader r = reader_of(buf_slice(&all));
    while (rc == RC_OK && r.n > 0) {
        struct key key;
        read_into(&r, key.b, KEY_BYTES);
        uint32_t n = read_u32(&r);
        if (!each(arg, &key, read_slice(&r, n)))
            break;
    }
    buf_free(&all);
    return rc;
}

struct log_store *
log_store_new(struct db *db)
{
    struct log_store *s = mem_new(sizeof(*s));
    s->db = db;
    s->recent = mem_new(RECENT_N * sizeof(*s->recent));
    s->port = (struct sync_store){.self = s,
                                  .append = store_append,
                                  .trunk = store_trunk,
                                  .run = store_run,
                                  .cut = store_cut,
                                  .rewrite = store_rewrite,
                                  .loose_put = store_loose_put,
                                  .loose_each = store_loose_each,
                                  .loose_del = store_loose_del,
                                  .state_put = store_state_put,
                                  .state_each = store_state_each};
    return s;
}

void
log_store_free(struct log_store *s)
{
    if (s == NULL)
        return;
    mem_free(s->name);
    mem_free(s->recent);
    buf_free(&s->entry);
    mem_free(s);
}

void
log_store_forget(struct log_store *s)
{
    s->is_loaded = false;
    forget_recent(s);
}

const struct sync_store *
log_store_port(struct log_store *s)
{
    return &s->port;
}

uint32_t
log_number(struct log_store *s, const struct key *log)
{
    const struct name *name = find(s, log);
    return name != NULL ? name->n : 0;
}

const struct key *
log_key(struct log_store *s, uint32_t n)
{
    if (load_names(s) != RC_OK)
        return NULL;
    for (size_t i = 0; i < s->names_n; i++)
        if (s->name[i].n == n)
            return &s->name[i].key;
    return NULL;
}

enum rc
log_entry_at(struct log_store *s, int64_t row, struct buf *out)
{
    sqlite3_stmt *st = db_stmt(s->db, STMT_LOG_ONE);
    sqlite3_bind_int64(st, 1, row);
    bool found = false;
    out->n = 0;
    enum rc rc = db_step(s->db, st, &found);
    if (rc == RC_OK && found) {
        buf_add_slice(out, db_column_slice(st, 0));
        buf_add_slice(out, db_column_slice(st, 1));
    }
    sqlite3_reset(st);
    return rc != RC_OK ? rc : found ? RC_OK : RC_NOTFOUND;
}

enum rc
log_trunk_n(struct log_store *s, uint32_t n, uint64_t *out)
{
    *out = 0;
    if (load_names(s) != RC_OK)
        return RC_DB;
    for (size_t i = 0; i < s->names_n; i++)
        if (s->name[i].n == n)
            return top(s, &s->name[i], out);
    return RC_OK;
}
