/* HELLO, PING, PONG, BYE. */
#include "sync/message.h"

enum rc
on_hello(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    unsigned newest = read_u8(&r);
    unsigned oldest = read_u8(&r);

    if (s->state == STATE_JOIN) { /* an invite, but the peer is a node already? */
        if (s->node == 0) {
            session_close(s, CLOSE_INVITE);
            return RC_OK;
        }
        session_move(s, STATE_HELLO);
        shake_hello(s);
    }
    if (newest < PROTOCOL_OLDEST || oldest > PROTOCOL_VERSION || oldest > newest) {
        session_close(s, CLOSE_VERSION);
        return RC_OK;
    }
    s->schema = read_u16(&r);
    s->skew_ms = (int64_t)(read_u64(&r) - s->wall_ms);
    s->had_hello = true;
    session_move(s, STATE_MEET);
    return RC_OK;
}

enum rc
on_ping(struct session *s, struct slice payload)
{
    if (payload.n > 0) {
        session_close(s, CLOSE_MALFORMED);
    } else {
        message_bare(s, MESSAGE_PONG);
    }
    return RC_OK;
}

enum rc
on_pong(struct session *s, struct slice payload)
{
    if (payload.n > 0) {
        session_close(s, CLOSE_MALFORMED);
    }
    return RC_OK;
}

enum rc
on_bye(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    uint8_t reason = read_u8(&r);

    if (reason == CLOSE_USED || reason == CLOSE_EXPIRED) {
        s->bye_ms = read_u64(&r);
    }
    if (!read_done(&r)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    s->bye =
        reason < CLOSE_N && reason != CLOSE_NONE ? (enum close_reason)reason : CLOSE_EOF;
    session_close(s, reason == CLOSE_DONE ? CLOSE_DONE : CLOSE_EOF);
    return RC_OK;
}
