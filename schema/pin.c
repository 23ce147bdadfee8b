#include "schema/pin.h"

#include "schema/ledger_in.h"

#define MINUTE_MS 60000ull
#define DOUBLINGS_MAX 10u /* 17 hours */

/* How long nobody may try after so many wrong ones. */
static uint64_t
delay_ms(uint64_t tries)
{
    uint64_t doublings = tries - PIN_TRIES;
    if (tries < PIN_TRIES)
        return 0;
    return MINUTE_MS << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
}

static enum rc
get(struct ledger *l, const struct key *log, uint64_t *tries, uint64_t *until_ms)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_PIN_GET);
    bool row = false;
    db_bind_slice(s, 1, slice_of(log->b, KEY_BYTES));
    enum rc rc = db_step(l->db, s, &row);
    *tries = row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    *until_ms = row ? (uint64_t)sqlite3_column_int64(s, 1) : 0;
    sqlite3_reset(s);
    return rc;
}

enum rc
pin_look(struct ledger *l, const struct key *log, struct pin_state *out)
{
    uint64_t tries = 0, until = 0, now = ledger_wall_ms(l);
    enum rc rc = get(l, log, &tries, &until);
    *out =
        (struct pin_state){.left = tries < PIN_TRIES ? PIN_TRIES - (unsigned)tries : 0};
    if (until > now)
        out->wait_ms = until - now;
    /* A clock that was set back makes nobody wait longer than he was told. */
    if (out->wait_ms > delay_ms(tries))
        out->wait_ms = delay_ms(tries);
    return rc;
}

enum rc
pin_try(struct ledger *l, const struct key *log)
{
    uint64_t tries = 0, until = 0;
    enum rc rc = get(l, log, &tries, &until);
    if (rc != RC_OK)
        return rc;
    tries++;
    sqlite3_stmt *s = db_stmt(l->db, STMT_PIN_PUT);
    db_bind_slice(s, 1, slice_of(log->b, KEY_BYTES));
    sqlite3_bind_int64(s, 2, (int64_t)tries);
    sqlite3_bind_int64(s, 3, (int64_t)(ledger_wall_ms(l) + delay_ms(tries)));
    return db_run(l->db, s);
}

enum rc
pin_right(struct ledger *l, const struct key *log)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_PIN_DEL);
    db_bind_slice(s, 1, slice_of(log->b, KEY_BYTES));
    return db_run(l->db, s);
}
