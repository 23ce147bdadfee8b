#include "schema/local.h"

#include <string.h>

static void
bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* Columns are put together before they are read as bytes of a fixed length: a damaged
 * file gives zeros, never a read past the end. */
static void
column_fixed(sqlite3_stmt *s, int at, void *out, size_t n)
{
    struct reader r = reader_of(db_column_slice(s, at));
    read_into(&r, out, n);
}

static const char *
column_text(sqlite3_stmt *s, int at)
{
    const unsigned char *text = sqlite3_column_text(s, at);
    return text != NULL ? (const char *)text : "";
}

enum rc
local_setting(struct db *db, const char *name, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_SETTING);
    bind_text(s, 1, name);
    bool row = false;
    out->n = 0;
    enum rc rc = db_step(db, s, &row);
    if (rc == RC_OK && row)
        buf_add_slice(out, db_column_slice(s, 0));
    sqlite3_reset(s);
    return rc != RC_OK ? rc : row ? RC_OK : RC_NOTFOUND;
}

enum rc
local_put_setting(struct db *db, const char *name, struct slice value)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_SETTING_PUT);
    bind_text(s, 1, name);
    db_bind_slice(s, 2, value);
    return db_run(db, s);
}

enum rc
local_put_key(struct db *db, uint32_t scope, uint32_t epoch, const struct key *key)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_KEY_PUT);
    sqlite3_bind_int64(s, 1, scope);
    sqlite3_bind_int64(s, 2, epoch);
    db_bind_slice(s, 3, slice_of(key->b, KEY_BYTES));
    return db_run(db, s);
}

enum rc
local_keys(struct db *db,
           void (*each)(void *arg, uint32_t scope, uint32_t epoch, const struct key *key),
           void *arg)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_KEYS);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(db, s, &row)) == RC_OK && row) {
        struct key key;
        column_fixed(s, 2, key.b, KEY_BYTES);
        each(arg, (uint32_t)sqlite3_column_int64(s, 0),
             (uint32_t)sqlite3_column_int64(s, 1), &key);
        mem_wipe(&key, sizeof(key));
    }
    sqlite3_reset(s);
    return rc;
}

enum rc
local_put_ack(struct db *db, uint32_t node, uint32_t n, uint64_t seq)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_ACK_PUT);
    sqlite3_bind_int64(s, 1, node);
    sqlite3_bind_int64(s, 2, n);
    sqlite3_bind_int64(s, 3, (int64_t)seq);
    return db_run(db, s);
}

enum rc
local_acks(struct db *db,
           void (*each)(void *arg, uint32_t node, uint32_t n, uint64_t seq), void *arg)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_ACKS);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(db, s, &row)) == RC_OK && row)
        each(arg, (uint32_t)sqlite3_column_int64(s, 0),
             (uint32_t)sqlite3_column_int64(s, 1), (uint64_t)sqlite3_column_int64(s, 2));
    sqlite3_reset(s);
    return rc;
}

enum rc
local_put_peer(struct db *db, const struct peer_row *p)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_PEER_PUT);
    sqlite3_bind_int64(s, 1, p->node);
    bind_text(s, 2, p->address);
    sqlite3_bind_int64(s, 3, (int64_t)p->seen_ms);
    sqlite3_bind_int64(s, 4, (int64_t)p->synced_ms);
    sqlite3_bind_int64(s, 5, p->skew_ms);
    bind_text(s, 6, p->trouble);
    return db_run(db, s);
}

enum rc
local_peers(struct db *db, void (*each)(void *arg, const struct peer_row *p), void *arg)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_PEERS);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(db, s, &row)) == RC_OK && row) {
        struct peer_row p = {.node = (uint32_t)sqlite3_column_int64(s, 0),
                             .address = column_text(s, 1),
                             .seen_ms = (uint64_t)sqlite3_column_int64(s, 2),
                             .synced_ms = (uint64_t)sqlite3_column_int64(s, 3),
                             .skew_ms = sqlite3_column_int64(s, 4),
                             .trouble = column_text(s, 5)};
        each(arg, &p);
    }
    sqlite3_reset(s);
    return rc;
}

enum rc
local_put_invite(struct db *db, const struct invite_row *i)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_INVITE_PUT);
    db_bind_slice(s, 1, slice_of(i->no, INVITE_NO_BYTES));
    db_bind_slice(s, 2, slice_of(i->secret.b, KEY_BYTES));
    db_bind_slice(s, 3, i->grant_op);
    sqlite3_bind_int64(s, 4, i->node);
    sqlite3_bind_int64(s, 5, i->log_no);
    sqlite3_bind_int64(s, 6, i->post);
    sqlite3_bind_int64(s, 7, (int64_t)i->until_ms);
    sqlite3_bind_int64(s, 8, i->is_used);
    sqlite3_bind_int64(s, 9, (int64_t)i->used_ms);
    return db_run(db, s);
}

enum rc
local_invite(struct db *db, const uint8_t no[static INVITE_NO_BYTES],
             struct invite_row *out, struct buf *grant_op)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_INVITE);
    db_bind_slice(s, 1, slice_of(no, INVITE_NO_BYTES));
    bool row = false;
    enum rc rc = db_step(db, s, &row);
    if (rc == RC_OK && row) {
        *out = (struct invite_row){.node = (uint32_t)sqlite3_column_int64(s, 2),
                                   .log_no = (uint32_t)sqlite3_column_int64(s, 3),
                                   .post = (uint32_t)sqlite3_column_int64(s, 4),
                                   .until_ms = (uint64_t)sqlite3_column_int64(s, 5),
                                   .is_used = sqlite3_column_int(s, 6) != 0,
                                   .used_ms = (uint64_t)sqlite3_column_int64(s, 7)};
        memcpy(out->no, no, INVITE_NO_BYTES);
        column_fixed(s, 0, out->secret.b, KEY_BYTES);
        grant_op->n = 0;
        buf_add_slice(grant_op, db_column_slice(s, 1));
        out->grant_op = buf_slice(grant_op);
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : row ? RC_OK : RC_NOTFOUND;
}

enum rc
local_use_invite(struct db *db, const uint8_t no[static INVITE_NO_BYTES], uint64_t now_ms)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_INVITE_USED);
    db_bind_slice(s, 1, slice_of(no, INVITE_NO_BYTES));
    sqlite3_bind_int64(s, 2, (int64_t)now_ms);
    return db_run(db, s);
}

enum rc
local_invited(struct db *db, uint32_t *node, uint32_t *log_no, uint32_t *post)
{
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_INVITED);
    bool row = false;
    enum rc rc = db_step(db, s, &row);
    *node = row ? (uint32_t)sqlite3_column_int64(s, 0) : 0;
    *log_no = row ? (uint32_t)sqlite3_column_int64(s, 1) : 0;
    *post = row ? (uint32_t)sqlite3_column_int64(s, 2) : 0;
    sqlite3_reset(s);
    return rc;
}
