/* The session's states (PROTOCOL.md section 11), its end, its invariant. */
#include "sync/message.h"

#include <assert.h>

#define TO(name) (1u << STATE_##name)

static const struct {
    const char *name;
    unsigned next; /* and CLOSED */
} states[STATE_N] = {
#define X(name, to) [STATE_##name] = {#name, (to)},
    STATE_LIST(X)
#undef X
};

void
session_move(struct session *s, enum session_state to)
{
    assert(to == STATE_CLOSED || (states[s->state].next & (1u << to)) != 0);
    s->state = to;
}

bool
session_is_open(const struct session *s)
{
    return s->state >= STATE_MEET && s->state <= STATE_STREAM;
}

const char *
session_state_name(enum session_state state)
{
    return states[state].name;
}

const char *
close_text(enum close_reason reason)
{
    static const char *const text[CLOSE_N] = {
#define X(name, text) [CLOSE_##name] = text,
        CLOSE_LIST(X)
#undef X
    };
    return text[reason];
}

/* A stranger hears nothing; a peer that went or does not listen neither. */
static bool
may_say_bye(const struct session *s, enum close_reason reason)
{
    return s->state >= STATE_JOIN && s->state != STATE_CLOSED && reason != CLOSE_EOF &&
           reason != CLOSE_STORE && reason != CLOSE_STRANGER && reason != CLOSE_SELF &&
           s->bye == CLOSE_NONE;
}

void
session_close(struct session *s, enum close_reason reason)
{
    if (s->state == STATE_CLOSED) {
        return;
    }
    if (may_say_bye(s, reason)) {
        size_t at = frame_begin(&s->frames, MESSAGE_BYE);

        buf_add_u8(&s->frames, (uint8_t)reason);
        if (reason == CLOSE_USED || reason == CLOSE_EXPIRED) {
            buf_add_u64(&s->frames, s->refused_ms);
        }
        frame_end(&s->frames, at);
    }
    s->close = reason;
    session_move(s, STATE_CLOSED);
}

void
session_check(const struct session *s)
{
    assert((s->state == STATE_CLOSED) == (s->close != CLOSE_NONE));
    assert(s->plain_at <= s->plain.n);
    assert(s->runs_acked <= s->runs_out);
    assert(s->cursor <= s->logs_n);
    assert(s->frames.n == 0 || s->state == STATE_CLOSED || s->state >= STATE_JOIN);
    if (s->state >= STATE_JOIN && s->state != STATE_CLOSED) {
        assert(s->noise == NULL || noise_is_open(s->noise));
    }
    if (s->state == STATE_REST || s->state == STATE_VECTOR || s->state == STATE_STREAM) {
        assert(s->had_hello);
    }
    if (s->state == STATE_VECTOR) {
        assert(s->setup.is_initiator);
    }
    assert(s->run_at == 0 || s->state == STATE_CLOSED || session_is_open(s));
}
