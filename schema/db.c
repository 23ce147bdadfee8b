#include "schema/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schema/embed.h"

#define APPLICATION_ID 0x6c6a6c69 /* "ljli" */
#define BUSY_MS 5000
#define CACHE_KIB "-8192"

static const char *const stmt_text[STMT_N] = {
#define X(name, text) text,
    STMT_LIST(X)
#undef X
};

struct db {
    sqlite3 *handle;
    enum db_mode mode;
    enum rc close_rc;
    sqlite3_stmt *stmt[STMT_N];
};

enum rc
db_rc(struct db *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return RC_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return RC_BUSY;
    case SQLITE_FULL:
        return RC_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return db->handle != NULL && sqlite3_system_errno(db->handle) == ENOSPC ? RC_FULL
                                                                                : RC_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return RC_CORRUPT;
    case SQLITE_NOMEM:
        abort();
    default:
        return RC_DB;
    }
}

const char *
db_error(struct db *db)
{
    return sqlite3_errmsg(db->handle);
}

sqlite3 *
db_handle(struct db *db)
{
    return db->handle;
}

enum rc
db_exec(struct db *db, const char *sql)
{
    return db_rc(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

enum rc
db_prepare(struct db *db, const char *sql, sqlite3_stmt **out)
{
    return db_rc(db, sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        out, NULL));
}

sqlite3_stmt *
db_stmt(struct db *db, enum stmt id)
{
    sqlite3_stmt **s = &db->stmt[id];
    if (*s == NULL) {
        if (db_prepare(db, stmt_text[id], s) != RC_OK)
            abort();
        return *s;
    }
    sqlite3_reset(*s);
    sqlite3_clear_bindings(*s);
    return *s;
}

enum rc
db_step(struct db *db, sqlite3_stmt *s, bool *row)
{
    int code = sqlite3_step(s);
    *row = code == SQLITE_ROW;
    return db_rc(db, code);
}

enum rc
db_run(struct db *db, sqlite3_stmt *s)
{
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    return db_rc(db, code);
}

void
db_bind_slice(sqlite3_stmt *s, int at, struct slice v)
{
    if (v.n == 0)
        sqlite3_bind_zeroblob(s, at, 0);
    else
        sqlite3_bind_blob(s, at, v.p, (int)v.n, SQLITE_STATIC);
}

struct slice
db_column_slice(sqlite3_stmt *s, int at)
{
    const void *p = sqlite3_column_blob(s, at);
    return slice_of(p, p ? (size_t)sqlite3_column_bytes(s, at) : 0);
}

bool
db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

/* A statement left half-way keeps a read lock and blocks the checkpoint. */
static void
reset_all(struct db *db)
{
    for (size_t i = 0; i < STMT_N; i++)
        if (db->stmt[i] != NULL)
            sqlite3_reset(db->stmt[i]);
}

enum rc
db_begin(struct db *db)
{
    return db_run(db, db_stmt(db, STMT_DB_BEGIN));
}

enum rc
db_commit(struct db *db)
{
    reset_all(db);
    enum rc rc = db_run(db, db_stmt(db, STMT_DB_COMMIT));
    if (rc != RC_OK)
        db_rollback(db);
    return rc;
}

void
db_rollback(struct db *db)
{
    reset_all(db);
    /* SQLite has rolled back by itself after some errors; then there is nothing to do. */
    if (db_in_transaction(db))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum rc
db_read_begin(struct db *db)
{
    return db_exec(db, "BEGIN");
}

void
db_read_end(struct db *db)
{
    db_rollback(db);
}

enum rc
db_checkpoint(struct db *db)
{
    reset_all(db);
    return db_rc(db, sqlite3_wal_checkpoint_v2(db->handle, NULL,
                                               SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

enum rc
db_checkpoint_now(struct db *db)
{
    sqlite3_busy_timeout(db->handle, 0);
    enum rc rc = db_checkpoint(db);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    return rc;
}

static enum rc
pragma_number(struct db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    enum rc rc = db_prepare(db, sql, &s);
    if (rc != RC_OK)
        return rc;
    bool row = false;
    rc = db_step(db, s, &row);
    *out = row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return rc;
}

enum rc
db_check(struct db *db)
{
    sqlite3_stmt *s = NULL;
    enum rc rc = db_prepare(db, "PRAGMA quick_check(1)", &s);
    if (rc != RC_OK)
        return rc;
    bool row = false;
    rc = db_step(db, s, &row);
    if (rc == RC_OK) {
        const unsigned char *text = row ? sqlite3_column_text(s, 0) : NULL;
        if (text == NULL || strcmp((const char *)text, "ok") != 0)
            rc = RC_CORRUPT;
    }
    sqlite3_finalize(s);
    return rc;
}

/* What the file's fixed tables look like, against what a fresh one of ours looks like: a
 * foreign file, a trigger or a view smuggled in shows here before any statement runs. */
static enum rc
schema_text(struct db *db, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(db, STMT_DB_SCHEMA);
    bool row = false;
    enum rc rc = db_step(db, s, &row);
    out->n = 0;
    if (rc == RC_OK && row)
        buf_add_slice(out, db_column_slice(s, 0));
    sqlite3_reset(s);
    return rc;
}

static enum rc
migrate_from(struct db *db, int64_t version)
{
    int64_t n = 0;
    for (const struct embed_file *f = embed_sql; f->name != NULL; f++) {
        n++;
        if (n <= version)
            continue;
        enum rc rc = db_exec(db, (const char *)f->p);
        if (rc != RC_OK)
            return rc;
    }
    char sql[64];
    (void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version = %lld", (long long)n);
    enum rc rc = db_exec(db, sql);
    if (rc != RC_OK)
        return rc;
    (void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d",
                           APPLICATION_ID);
    return db_exec(db, sql);
}

/* All steps in one transaction: a migration that is interrupted has not happened. */
static enum rc
migrate(struct db *db, int64_t version)
{
    enum rc rc = db_begin(db);
    if (rc != RC_OK)
        return rc;
    rc = migrate_from(db, version);
    if (rc == RC_OK)
        return db_commit(db);
    db_rollback(db);
    return rc;
}

static int64_t
newest_version(void)
{
    int64_t n = 0;
    while (embed_sql[n].name != NULL)
        n++;
    return n;
}

static enum rc
fresh_schema(struct buf *out)
{
    struct db db = {0};
    enum rc rc = db_rc(&db, sqlite3_open_v2(":memory:", &db.handle,
                                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                                SQLITE_OPEN_NOMUTEX,
                                            NULL));
    if (rc == RC_OK)
        rc = migrate(&db, 0);
    if (rc == RC_OK)
        rc = schema_text(&db, out);
    for (size_t i = 0; i < STMT_N; i++)
        sqlite3_finalize(db.stmt[i]);
    sqlite3_close(db.handle);
    return rc;
}

static enum rc
check_schema(struct db *db)
{
    struct buf want = BUF_NONE;
    struct buf have = BUF_NONE;
    enum rc rc = fresh_schema(&want);
    if (rc == RC_OK)
        rc = schema_text(db, &have);
    if (rc == RC_OK && !slice_eq(buf_slice(&want), buf_slice(&have)))
        rc = RC_CORRUPT;
    buf_free(&want);
    buf_free(&have);
    return rc;
}

static enum rc
check_version(struct db *db, int64_t *version)
{
    int64_t id = 0;
    enum rc rc = pragma_number(db, "PRAGMA application_id", &id);
    if (rc != RC_OK)
        return rc;
    rc = pragma_number(db, "PRAGMA user_version", version);
    if (rc != RC_OK)
        return rc;
    if (id == 0 && *version == 0 && db->mode == DB_CREATE)
        return RC_OK;
    if (id != APPLICATION_ID || *version < 1)
        return RC_CORRUPT;
    return *version > newest_version() ? RC_STALE : RC_OK;
}

bool
db_is_read_only(const struct db *db)
{
    return db->mode == DB_READ || db->mode == DB_LOOK;
}

static enum rc
configure(struct db *db)
{
    sqlite3 *h = db->handle;
    sqlite3_extended_result_codes(h, 1);
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, db_is_read_only(db), NULL);
    sqlite3_busy_timeout(h, BUSY_MS);
    /* The files beside the database stay when it is closed: on a full disk a reader could
     * not make them again. */
    int stay = 1;
    sqlite3_file_control(h, "main", SQLITE_FCNTL_PERSIST_WAL, &stay);
    /* Whoever only reads may read and sort all there is, in a process of its own: what is
     * more than the cache goes to a file, or an audit would grow with the history. */
    if (db_is_read_only(db))
        return db_exec(db, "PRAGMA query_only = 1; PRAGMA temp_store = FILE;"
                           "PRAGMA cache_size = " CACHE_KIB ";"
                           "PRAGMA wal_autocheckpoint = 0");
    /* page_size first: it only holds for a file without pages. The log keeps the length
     * it has between two checkpoints, 1,000 pages: what has to grow again waits for the
     * disk longer than what is written over. */
    return db_exec(db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
                       "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                       "PRAGMA cache_size = " CACHE_KIB "; PRAGMA secure_delete = ON;"
                       "PRAGMA journal_size_limit = 16777216");
}

static int
open_flags(enum db_mode mode)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    if (mode == DB_LOOK)
        return flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    if (mode == DB_CREATE)
        flags |= SQLITE_OPEN_CREATE;
    /* A reader needs the shared-memory file of WAL, so it opens read-write and is kept
     * from writing by query_only. */
    return flags | SQLITE_OPEN_READWRITE;
}

/* The name of the file as a URI that changes nothing beside it: a shared-memory file that
 * is there is only read; where there is none and no log either, nobody has the database
 * open, and it is taken as it lies. A log without its shared memory could not be read so:
 * RC_IO. */
static enum rc
look_name(const char *path, const char *vfs, struct buf *out)
{
    sqlite3_vfs *v = sqlite3_vfs_find(vfs);
    static const char *const beside[] = {"-shm", "-wal"};
    int has[2] = {0, 0};
    for (size_t i = 0; v != NULL && i < 2; i++) {
        out->n = 0;
        buf_addf(out, "%s%s", path, beside[i]);
        if (v->xAccess(v, buf_text(out), SQLITE_ACCESS_EXISTS, &has[i]) != SQLITE_OK)
            return RC_IO;
    }
    if (has[1] && !has[0])
        return RC_IO;
    out->n = 0;
    buf_addf(out, "file:");
    for (const char *p = path; *p != '\0'; p++)
        if (*p == '%' || *p == '?' || *p == '#')
            buf_addf(out, "%%%02x", (unsigned)*p);
        else
            buf_add_u8(out, (uint8_t)*p);
    buf_addf(out, has[0] ? "?readonly_shm=1" : "?immutable=1");
    return RC_OK;
}

static enum rc
setup(struct db *db)
{
    int64_t version = 0;
    enum rc rc = configure(db);
    if (rc == RC_OK)
        rc = check_version(db, &version);
    if (rc != RC_OK)
        return rc;
    if (version > 0 && db->mode == DB_CREATE)
        return RC_INVALID;
    if (version < newest_version()) {
        if (db_is_read_only(db))
            return RC_BUSY; /* the writer migrates; a reader waits for it */
        rc = migrate(db, version);
        if (rc != RC_OK)
            return rc;
    }
    return check_schema(db);
}

/* One thread, and nobody asks how much memory SQLite holds: neither has to be guarded.
 * Once a database is open here it answers that it is too late, and nothing has changed.
 */
static void
alone(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum rc
db_open(const char *path, enum db_mode mode, const char *vfs, struct db **out)
{
    struct db *db = mem_new(sizeof(*db));
    struct buf name = BUF_NONE;
    enum rc rc = RC_OK;
    alone();
    db->mode = mode;
    if (mode == DB_LOOK)
        rc = look_name(path, vfs, &name);
    else
        buf_addf(&name, "%s", path);
    if (rc == RC_OK)
        rc = db_rc(db,
                   sqlite3_open_v2(buf_text(&name), &db->handle, open_flags(mode), vfs));
    buf_free(&name);
    if (rc == RC_OK)
        rc = setup(db);
    if (rc != RC_OK) {
        db->mode = DB_READ; /* touch nothing on the way out */
        db_close(db);
        return rc;
    }
    *out = db;
    return RC_OK;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    if (db->handle != NULL && db_in_transaction(db))
        db_rollback(db);
    if (!db_is_read_only(db))
        db->close_rc = db_checkpoint(db); /* a busy reader: the next opening does it */
    for (size_t i = 0; i < STMT_N; i++)
        sqlite3_finalize(db->stmt[i]);
    sqlite3_close_v2(db->handle);
    mem_free(db);
}
