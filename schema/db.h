/* The database: the only door to SQLite. One process, one writing connection, which alone
 * checkpoints (SQLite 3.40.1 has the WAL-reset bug). Schema/ only. */
#ifndef LINJULI_DB_H
#define LINJULI_DB_H

#include <sqlite3.h>

#include "crypto/crypto.h"
#include "schema/stmt.h"

enum db_mode {
    DB_CREATE, /* makes the file; RC_INVALID when it is there */
    DB_WRITE,  /* the one writing connection */
    DB_READ,   /* query_only, never checkpoints */
    DB_LOOK    /* the same, and not one byte in the folder changes: for the audit */
};

struct db;

/* Opens and checks: application id, version (a newer one is refused: RC_STALE), triggers
 * off, schema hash; migrates older ones. `vfs` NULL: the default. RC_CORRUPT: not our
 * database, or its schema is not the one we made. */
enum rc db_open(const char *path, enum db_mode mode, const char *vfs,
                struct db **out) MUST_USE;
/* Closes; in DB_WRITE after a TRUNCATE checkpoint. NULL is fine. */
void db_close(struct db *db);
bool db_is_read_only(const struct db *db);

/* begin takes the write lock at once (BEGIN IMMEDIATE). A commit that fails has rolled
 * back; RC_FULL and RC_IO tell the disk's trouble apart from RC_DB. */
enum rc db_begin(struct db *db) MUST_USE;
enum rc db_commit(struct db *db) MUST_USE;
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);
/* One read transaction over several statements: nests in nothing. */
enum rc db_read_begin(struct db *db) MUST_USE;
void db_read_end(struct db *db);
/* Wal checkpoint, TRUNCATE; RC_BUSY while a reader holds it. */
enum rc db_checkpoint(struct db *db) MUST_USE;
/* The same without waiting for a reader. */
enum rc db_checkpoint_now(struct db *db) MUST_USE;

/* The registered statement, reset and unbound; prepared once. Never NULL: a statement
 * that cannot be prepared is our mistake (abort), except when the file is damaged, which
 * db_open and db_check find. */
sqlite3_stmt *db_stmt(struct db *db, enum stmt id);
/* A statement of generated text (tables of record types); owned by whoever asked. */
enum rc db_prepare(struct db *db, const char *sql, sqlite3_stmt **out) MUST_USE;
enum rc db_exec(struct db *db, const char *sql) MUST_USE;
/* SQLITE_ROW: RC_OK and *row true; SQLITE_DONE: RC_OK and *row false; else what db_rc
 * says. */
enum rc db_step(struct db *db, sqlite3_stmt *s, bool *row) MUST_USE;
/* Steps a statement that gives no rows, and resets it. */
enum rc db_run(struct db *db, sqlite3_stmt *s) MUST_USE;
/* A result code for the last error. */
enum rc db_rc(struct db *db, int sqlite_code);
const char *db_error(struct db *db); /* SQLite's words, for the log file */
sqlite3 *db_handle(struct db *db);

void db_bind_slice(sqlite3_stmt *s, int at,
                   struct slice v);                    /* blob, static until reset */
struct slice db_column_slice(sqlite3_stmt *s, int at); /* valid until the next step */

/* Pages whole, indexes right: quick_check. RC_CORRUPT otherwise. */
enum rc db_check(struct db *db) MUST_USE;

#endif
