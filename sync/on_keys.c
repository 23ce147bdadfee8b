/* WANT, KEYS: a centre that was restored gets back the keys of scopes that came up after
 * its backup (PROTOCOL.md section 4). */
#include "sync/message.h"

enum { PAIR_BYTES = 8, KEPT_BYTES = PAIR_BYTES + KEY_BYTES, LIST_MAX = 4096 };

static void
send(struct session *s, enum message type, struct slice list)
{
    if (session_is_open(s) && list.n > 0 && list.n <= LIST_MAX * KEPT_BYTES) {
        size_t at = frame_begin(&s->frames, (uint8_t)type);

        buf_add_slice(&s->frames, list);
        frame_end(&s->frames, at);
    }
}

void
message_want(struct session *s, struct slice list)
{
    s->has_asked_keys = true;
    send(s, MESSAGE_WANT, list);
}

void
message_keys(struct session *s, struct slice list)
{
    if (s->node == NODE_NO_HUB && !s->is_lost) {
        send(s, MESSAGE_KEYS, list);
    }
}

/* Whoever is not the centre has no answer, and needs none. */
enum rc
on_want(struct session *s, struct slice payload)
{
    if (payload.n % PAIR_BYTES != 0 || payload.n > LIST_MAX * PAIR_BYTES) {
        session_close(s, CLOSE_MALFORMED);
    } else if (s->node == NODE_NO_HUB && !s->is_lost) {
        s->wanted.n = 0;
        buf_add_slice(&s->wanted, payload);
    }
    return RC_OK;
}

/* A key is believed by its hash, which the authority log tells. */
enum rc
on_keys(struct session *s, struct slice payload)
{
    const struct authority *a = replica_authority(s->setup.replica);
    struct reader r = reader_of(payload);

    if (payload.n % KEPT_BYTES != 0 || payload.n > LIST_MAX * KEPT_BYTES ||
        !s->has_asked_keys) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    while (r.n > 0) {
        const uint8_t *one = r.p;
        uint32_t scope = read_u32(&r);
        uint32_t epoch = read_u32(&r);
        struct hash have = hash_of(read_slice(&r, KEY_BYTES));
        const struct hash *want = authority_epoch_hash(a, scope, epoch);

        if (want != NULL && hash_eq(want, &have)) {
            buf_add(&s->keys, one, KEPT_BYTES);
        }
    }
    return RC_OK;
}
