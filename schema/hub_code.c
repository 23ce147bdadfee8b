#include "schema/hub_code.h"

#include <string.h>

#include "schema/hub_in.h"

#define KEPT_MS 86400000ull
#define MINUTE_MS 60000ull
#define DOUBLINGS_MAX 5u /* 32 minutes: longer than a code is good for */

static void
bind_name(sqlite3_stmt *s, const struct code_name *name)
{
    sqlite3_bind_text(s, 1, name->digit, CODE_NAME_DIGITS, SQLITE_STATIC);
}

/* How long nobody may try after so many wrong ones. */
static uint64_t
delay_ms(unsigned tries)
{
    unsigned doublings = tries - HUB_CODE_TRIES;
    if (tries < HUB_CODE_TRIES)
        return 0;
    return MINUTE_MS << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
}

static enum rc
waiting_n(struct ledger *l, uint64_t now, unsigned *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_COUNT);
    sqlite3_bind_int64(s, 1, (int64_t)now);
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    *out = row ? (unsigned)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc;
}

static enum rc
put_row(struct ledger *l, const struct code_name *name, const struct key *psk,
        const struct invite *i, struct slice file)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_PUT);
    bind_name(s, name);
    db_bind_slice(s, 2, slice_of(psk->b, KEY_BYTES));
    db_bind_slice(s, 3, slice_of(i->no, INVITE_NO_BYTES));
    db_bind_slice(s, 4, file);
    sqlite3_bind_int64(s, 5, (int64_t)(ledger_wall_ms(l) + HUB_CODE_MS));
    return db_run(l->db, s);
}

enum rc
hub_code_put(struct ledger *l, const struct code_name *name, const struct key *psk,
             const struct invite *i)
{
    struct hub_code there;
    struct buf file = BUF_NONE;
    unsigned n = 0;
    enum rc rc = hub_code_sweep(l);
    if (rc == RC_OK)
        rc = waiting_n(l, ledger_wall_ms(l), &n);
    if (rc == RC_OK && n >= HUB_CODES_MAX)
        rc = RC_LIMIT;
    if (rc != RC_OK)
        return rc;
    /* A name whose invite is used or late is free again. */
    rc = hub_code_get(l, name, &there);
    bool is_free = rc == RC_NOTFOUND || there.is_used || there.is_late;
    mem_wipe(&there, sizeof(there));
    if ((rc != RC_OK && rc != RC_NOTFOUND) || !is_free)
        return rc == RC_OK ? RC_NO : rc;
    invite_encode(i, &file);
    rc = file.n > CODE_FILE_BYTES_MAX ? RC_LIMIT
                                      : put_row(l, name, psk, i, buf_slice(&file));
    mem_wipe(file.p, file.n);
    buf_free(&file);
    return rc;
}

struct code_row {
    struct hub_code *out;
    uint8_t invite[INVITE_NO_BYTES];
    unsigned tries;
};

static enum rc
get_row(struct ledger *l, const struct code_name *name, struct code_row *row)
{
    struct hub_code *out = row->out;
    uint64_t now = ledger_wall_ms(l);
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_GET);
    bind_name(s, name);
    bool is_there = false;
    enum rc rc = db_step(l->db, s, &is_there);
    if (rc == RC_OK && is_there) {
        struct reader psk = reader_of(db_column_slice(s, 0));
        read_into(&psk, out->psk.b, KEY_BYTES);
        struct reader invite = reader_of(db_column_slice(s, 1));
        read_into(&invite, row->invite, INVITE_NO_BYTES);
        out->is_late = (uint64_t)sqlite3_column_int64(s, 2) < now;
        out->is_used = sqlite3_column_int(s, 3) != 0;
        int64_t tries = sqlite3_column_int64(s, 4);
        row->tries = tries > 1000 ? 1000 : (unsigned)tries;
        uint64_t until = (uint64_t)sqlite3_column_int64(s, 5);
        uint64_t wait = until > now ? until - now : 0;
        /* A clock that was set back does not lock the door for longer than it was. */
        if (wait > delay_ms(row->tries))
            wait = delay_ms(row->tries);
        out->wait_min = (unsigned)((wait + MINUTE_MS - 1) / MINUTE_MS);
        out->left = row->tries < HUB_CODE_TRIES ? HUB_CODE_TRIES - row->tries : 0;
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : is_there ? RC_OK : RC_NOTFOUND;
}

enum rc
hub_code_get(struct ledger *l, const struct code_name *name, struct hub_code *out)
{
    struct invite_row invite;
    struct buf grant = BUF_NONE;
    *out = (struct hub_code){0};
    struct code_row row = {.out = out};
    enum rc rc = get_row(l, name, &row);
    if (rc == RC_OK && !out->is_used) { /* somebody may have joined by its invite */
        rc = local_invite(l->db, row.invite, &invite, &grant);
        out->is_used = rc == RC_NOTFOUND || (rc == RC_OK && invite.is_used);
        if (rc == RC_NOTFOUND)
            rc = RC_OK;
        mem_wipe(&invite.secret, sizeof(invite.secret));
        buf_free(&grant);
    }
    return rc;
}

enum rc
hub_code_file(struct ledger *l, const struct code_name *name, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_FILE);
    bind_name(s, name);
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK && row) {
        struct slice file = db_column_slice(s, 0);
        if (file.n == 0)
            row = false;
        buf_reserve(out, file.n);
        buf_add_slice(out, file);
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : row ? RC_OK : RC_NOTFOUND;
}

enum rc
hub_code_wrong(struct ledger *l, const struct code_name *name)
{
    struct hub_code code = {.left = 0};
    struct code_row row = {.out = &code};
    enum rc rc = get_row(l, name, &row);
    mem_wipe(&code, sizeof(code));
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_WRONG);
    bind_name(s, name);
    sqlite3_bind_int64(s, 2, (int64_t)(ledger_wall_ms(l) + delay_ms(row.tries + 1)));
    return db_run(l->db, s);
}

enum rc
hub_code_used(struct ledger *l, const struct code_name *name)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_USED);
    bind_name(s, name);
    return db_run(l->db, s);
}

enum rc
hub_code_sweep(struct ledger *l)
{
    uint64_t now = ledger_wall_ms(l);
    sqlite3_stmt *s = db_stmt(l->db, STMT_HUB_CODE_LATE);
    sqlite3_bind_int64(s, 1, (int64_t)now);
    enum rc rc = db_run(l->db, s);
    if (rc != RC_OK)
        return rc;
    s = db_stmt(l->db, STMT_HUB_CODE_OLD);
    sqlite3_bind_int64(s, 1, (int64_t)now - (int64_t)KEPT_MS);
    return db_run(l->db, s);
}
