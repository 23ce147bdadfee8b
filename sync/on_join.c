/* JOIN, JOINED (PROTOCOL.md section 9). */
#include "sync/message.h"

#include <string.h>

/* The shell writes node and grant and says SESSION_JOINED; until then nothing more is
 * read. A joiner whose answer was lost is a node by now, and simply goes on. */
enum rc
on_join(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct join *j = &s->join;

    memcpy(j->invite, s->preface + 1, INVITE_NO_BYTES);
    j->box_key = *noise_peer(s->noise);
    read_into(&r, j->log_key.b, KEY_BYTES);
    read_into(&r, j->ack_key.b, KEY_BYTES);
    read_into(&r, j->sig.b, SIG_BYTES);
    if (!read_done(&r) || !key_is_valid(&j->log_key) || !key_is_valid(&j->ack_key)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    session_move(s, STATE_WRITING);
    if (s->node != 0) {
        shake_joined(s);
        return RC_OK;
    }
    s->out->has_join = true;
    s->out->join = *j;
    return RC_OK;
}

/* One more person at a node that is known already (section 10). */
enum rc
on_person(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct join *j = &s->join;

    read_into(&r, j->invite, INVITE_NO_BYTES);
    read_into(&r, j->log_key.b, KEY_BYTES);
    read_into(&r, j->sig.b, SIG_BYTES);
    if (!read_done(&r) || !key_is_valid(&j->log_key)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    if (++s->persons_n > LOGS_PER_NODE_MAX) {
        session_close(s, CLOSE_LIMIT);
        return RC_OK;
    }
    if (!s->setup.takes_persons || s->node == 0 || s->is_lost) {
        return RC_OK;
    }
    j->box_key = *noise_peer(s->noise);
    s->is_person = true;
    session_move(s, STATE_WRITING);
    s->out->has_join = true;
    s->out->is_person = true;
    s->out->join = *j;
    return RC_OK;
}

enum rc
on_joined(struct session *s, struct slice payload)
{
    if (payload.n > 0 || !s->is_joined_due) {
        session_close(s, CLOSE_MALFORMED);
    }
    s->is_joined_due = false;
    return RC_OK;
}
