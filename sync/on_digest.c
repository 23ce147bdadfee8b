/* DIGEST: do both sides say the same? (PROTOCOL.md section 7) */
#include "sync/message.h"

#include <string.h>

enum { DIGEST_ASKS = 1 };

static void
is_equal(struct session *s, bool asks)
{
    rows_equal(s);
    if (asks) {
        message_digest(s, false);
    }
    s->was_equal = true;
    s->is_unequal = false;
    if (s->state != STATE_REST) {
        session_move(s, STATE_REST);
    }
}

enum rc
on_digest(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    uint8_t flags = read_u8(&r);
    struct slice theirs = read_slice(&r, 16);
    bool asks = (flags & DIGEST_ASKS) != 0;
    uint8_t ours[16];

    if (!read_done(&r) || (flags & ~DIGEST_ASKS) != 0) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    if (s->state == STATE_VECTOR) { /* ROWS are under way already */
        return RC_OK;
    }
    replica_digest(s->setup.replica, ours);
    if (memcmp(ours, theirs.p, sizeof ours) == 0) {
        is_equal(s, asks);
        return RC_OK;
    }
    s->owes_digest = s->owes_digest || asks;
    s->is_unequal = s->state != STATE_STREAM || asks;
    return RC_OK;
}
