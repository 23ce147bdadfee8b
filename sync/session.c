/* The session: events in, effects out (PROTOCOL.md). What each message does is in
 * on_*.c, what is streamed in session_stream.c. */
#include "sync/message.h"

#include <assert.h>
#include <string.h>

struct session *
session_new(const struct session_setup *setup)
{
    struct session *s = mem_new(sizeof *s);

    assert(setup->self->kind == PAIR_BOX);
    assert(setup->join == NULL || setup->pattern == NOISE_XXPSK3);
    s->setup = *setup;
    if (setup->join != NULL) { /* lent for this call */
        s->join = *setup->join;
        s->setup.join = &s->join;
    }
    assert(setup->more_n <= LOGS_PER_NODE_MAX);
    for (size_t i = 0; i < setup->more_n; i++) {
        s->more[i] = setup->more[i];
    }
    s->more_n = setup->more_n;
    s->setup.more = NULL;
    s->now_ms = setup->now_ms;
    s->heard_ms = setup->now_ms;
    s->pinged_ms = setup->now_ms;
    s->taken_ms = setup->now_ms;
    return s;
}

void
session_free(struct session *s)
{
    if (s == NULL) {
        return;
    }
    noise_free(s->noise);
    wire_fini(&s->wire);
    buf_free(&s->plain);
    buf_free(&s->frames);
    buf_free(&s->scratch);
    buf_free(&s->wanted);
    if (s->keys.p != NULL) {
        mem_wipe(s->keys.p, s->keys.cap);
    }
    buf_free(&s->keys);
    mem_free(s->log);
    mem_free(s->acks);
    mem_wipe(s, sizeof *s);
    mem_free(s);
}

void
session_effects_fini(struct session_effects *out)
{
    buf_free(&out->out);
    memset(out, 0, sizeof *out);
}

/* ---- bytes in */
static void
read_transport(struct session *s, struct slice *bytes)
{
    struct slice message;

    if (s->noise == NULL) { /* shake_skip */
        buf_add_slice(&s->plain, *bytes);
        return;
    }
    while (s->state != STATE_CLOSED) {
        size_t before = s->plain.n;

        if (wire_next(&s->wire, bytes, NOISE_MESSAGE_MAX, &message) != WIRE_WHOLE) {
            return;
        }
        if (noise_open(s->noise, message, &s->plain) != RC_OK || s->plain.n == before) {
            session_close(s, CLOSE_MALFORMED);
        }
    }
}

static void
read_bytes(struct session *s, struct slice bytes)
{
    s->in_bytes += bytes.n;
    s->heard_ms = s->now_ms;
    if (s->state == STATE_PREFACE || s->state == STATE_HANDSHAKE) {
        shake_read(s, &bytes);
    }
    if (s->state != STATE_HANDSHAKE && s->state != STATE_PREFACE) {
        read_transport(s, &bytes);
    }
    if (s->plain.n - s->plain_at > BACKLOG_BYTES_MAX) {
        session_close(s, CLOSE_LIMIT);
    }
}

/* ---- bytes out */
static void
write_frames(struct session *s)
{
    struct buf *out = &s->out->out;
    size_t at = 0;

    if (s->tape != NULL) {
        buf_add_slice(s->tape, buf_slice(&s->frames));
    }
    if (s->noise == NULL) { /* shake_skip: in plaintext */
        buf_add_slice(out, buf_slice(&s->frames));
    }
    while (at < s->frames.n && s->noise != NULL) {
        size_t n =
            s->frames.n - at < NOISE_PLAIN_MAX ? s->frames.n - at : NOISE_PLAIN_MAX;

        buf_add_u16(out, (uint16_t)(n + NOISE_MAC_BYTES));
        if (noise_seal(s->noise, slice_of(s->frames.p + at, n), out) != RC_OK) {
            break;
        }
        at += n;
    }
    s->frames.n = 0;
    s->out_bytes += out->n;
}

/* ---- time */
static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool
is_shaking(const struct session *s)
{
    return s->state == STATE_PREFACE || s->state == STATE_HANDSHAKE ||
           s->state == STATE_JOIN || s->state == STATE_HELLO;
}

static uint64_t
last_sign(const struct session *s)
{
    return s->heard_ms > s->pinged_ms ? s->heard_ms : s->pinged_ms;
}

static bool
is_asking(const struct session *s)
{
    return s->state == STATE_ASKED || s->state == STATE_VECTOR;
}

/* Since when has the peer owed an answer, or an acknowledgement? */
static uint64_t
owed_since(const struct session *s)
{
    uint64_t since = UINT64_MAX - ANSWER_MS;

    if (is_asking(s)) {
        since = s->asked_ms;
    }
    return s->runs_acked < s->runs_out ? least(since, s->acked_ms) : since;
}

/* Acknowledgements are waited for from the first RUN on, or from the last one that came.
 */
static void
note_acks(struct session *s)
{
    if (s->runs_acked == s->runs_out || s->runs_acked != s->acks_seen) {
        s->acked_ms = s->now_ms;
    }
    s->acks_seen = s->runs_acked;
}

static void
check_time(struct session *s)
{
    uint64_t now = s->now_ms;

    if (s->unsent < s->expected || s->expected == 0) {
        s->taken_ms = now;
    }
    if (is_shaking(s) && now - s->setup.now_ms >= HANDSHAKE_MS) {
        session_close(s, CLOSE_HANDSHAKE);
    } else if (now - s->heard_ms >= IDLE_MS) {
        session_close(s, CLOSE_IDLE);
    } else if (s->unsent > 0 && now - s->taken_ms >= SLOW_MS) {
        session_close(s, CLOSE_SLOW);
    } else if (now >= owed_since(s) + ANSWER_MS) {
        session_close(s, CLOSE_USELESS);
    } else if (session_is_open(s) && now - last_sign(s) >= PING_MS) {
        message_bare(s, MESSAGE_PING);
        s->pinged_ms = now;
    }
}

static uint64_t
deadline(const struct session *s)
{
    uint64_t at = s->heard_ms + IDLE_MS;

    if (s->state == STATE_CLOSED) {
        return UINT64_MAX;
    }
    if (s->is_waiting || (s->is_streaming && stream_has_room(s))) {
        return s->now_ms;
    }
    if (is_shaking(s)) {
        at = least(at, s->setup.now_ms + HANDSHAKE_MS);
    }
    if (session_is_open(s)) {
        at = least(at, last_sign(s) + PING_MS);
    }
    at = least(at, owed_since(s) + ANSWER_MS);
    if (s->expected > 0) {
        at = least(at, s->taken_ms + SLOW_MS);
    }
    return at;
}

/* ---- the step */
static void
begin(struct session *s, const struct session_event *event, struct session_effects *out)
{
    out->out.n = 0;
    out->deadline_ms = UINT64_MAX;
    out->close = CLOSE_NONE;
    out->changes = (struct changes){NULL, 0};
    out->has_join = false;
    out->is_person = false;
    out->acks = NULL;
    out->acks_n = 0;
    out->is_synced = false;
    out->opened = false;
    out->wanted = out->keys = slice_of(NULL, 0);
    s->wanted.n = 0;
    if (s->keys.n > 0) {
        mem_wipe(s->keys.p, s->keys.n);
        s->keys.n = 0;
    }
    s->out = out;
    s->steps_n++;
    s->now_ms = event->now_ms > s->now_ms ? event->now_ms : s->now_ms;
    s->wall_ms = event->wall_ms;
    s->unsent = event->unsent_bytes;
    s->work = 0;
    s->checks = 0;
    s->acks_n = 0;
    s->has_offered = false;
    s->has_authority = false;
    s->is_unequal = false;
    s->is_waiting = false;
}

static void
take_event(struct session *s, const struct session_event *event)
{
    switch (event->kind) {
    case SESSION_BYTES:
        if (event->bytes.n > 0) {
            read_bytes(s, event->bytes);
        }
        break;
    case SESSION_REPAIR:
        if (s->state == STATE_REST || s->state == STATE_MEET ||
            (s->state == STATE_STREAM && !s->setup.is_initiator)) {
            s->wants_repair = true;
            s->is_whole = false;
        }
        break;
    case SESSION_JOINED:
        if (s->state == STATE_WRITING) {
            shake_joined(s);
        }
        break;
    case SESSION_REFUSED:
        if (s->state == STATE_WRITING) {
            s->refused_ms = event->when_ms;
            session_close(s, (enum close_reason)event->reason);
        }
        break;
    case SESSION_WANT:
        message_want(s, event->bytes);
        break;
    case SESSION_KEYS:
        message_keys(s, event->bytes);
        break;
    case SESSION_EOF:
        session_close(s, CLOSE_EOF);
        break;
    case SESSION_END:
        session_close(s, CLOSE_DONE);
        break;
    case SESSION_TIMER:
    case SESSION_CHANGED:
    case SESSION_DRAINED:
        break;
    }
}

/* Does anything wait for a line whose chain has not come? */
static bool
has_unsettled(const struct session *s)
{
    for (size_t i = 0; i < s->logs_n; i++) {
        const struct peer_log *l = &s->log[i];
        const struct log_state *log = l->ours.is_authority || l->ours.is_ack
                                          ? NULL
                                          : replica_log(s->setup.replica, l->ours.no);

        if (log != NULL && log->waiting) {
            return true;
        }
    }
    return false;
}

/* Settles what was offered; who the peer is may have changed with it. */
static enum rc
settle(struct session *s)
{
    const struct authority *a;
    const struct node_info *node;
    enum rc rc = RC_OK;

    if (s->is_unequal && s->is_compared && (s->state == STATE_ASKED || s->owes_digest) &&
        has_unsettled(s)) {
        replica_final(s->setup.replica); /* the peer has told all it has */
        s->is_compared = false;
        s->has_offered = true;
    }
    if (s->has_offered) {
        rc = replica_settle(s->setup.replica, &s->out->changes);
    }
    if (rc != RC_OK || s->noise == NULL || !noise_is_open(s->noise)) {
        return rc;
    }
    a = replica_authority(s->setup.replica);
    node = authority_node_by_box(a, noise_peer(s->noise));
    if (node != NULL) {
        s->node = node->no;
        s->is_lost = node->is_lost;
    }
    return rc;
}

/* Nothing left to be streamed, everything acknowledged: compare, or answer. */
static void
finish(struct session *s)
{
    if (s->has_news) {
        s->was_equal = false;
    }
    if (!session_is_open(s) || !stream_is_idle(s) || s->is_waiting) {
        return;
    }
    if (s->was_equal && s->must_ask) {
        s->must_ask = false; /* what was equal may have been said before */
        s->was_equal = false;
        s->wants_repair = true;
    }
    if (s->was_equal) {
        s->out->is_synced = true;
        s->was_equal = false;
    }
    if (s->setup.is_initiator && s->state == STATE_STREAM) {
        message_digest(s, true);
    } else if (s->setup.is_initiator && s->state == STATE_REST && s->owes_digest) {
        message_vector(s, s->wants_whole);
    } else if (s->owes_digest) {
        message_digest(s, false);
        message_judge(s);
        if (s->state == STATE_STREAM) {
            session_move(s, STATE_REST);
        }
    } else if (s->wants_repair && !is_asking(s)) {
        s->rounds = 0;
        message_digest(s, true);
        s->wants_repair = false;
    }
}

static enum rc
work(struct session *s)
{
    enum rc rc;

    if (s->state == STATE_PREFACE || s->state == STATE_HANDSHAKE) {
        return RC_OK;
    }
    rows_refresh(s);
    rc = message_read(s);
    if (rc == RC_OK) {
        rc = settle(s);
    }
    if (rc != RC_OK || s->state == STATE_CLOSED) {
        return rc;
    }
    rows_refresh(s);
    rows_late(s);
    if (s->owes_ack) {
        message_ack(s);
    }
    rc = stream_step(s);
    if (rc == RC_OK && s->is_unequal) {
        message_unequal(s);
    }
    if (rc == RC_OK) {
        finish(s);
    }
    return rc;
}

/* Hundreds of sessions rest at any time: they give back what the busy ones need. */
static void
rest(struct session *s)
{
    if (s->work > 0 || s->is_streaming || s->is_waiting) {
        return;
    }
    if (s->frames.cap > REST_BYTES) {
        buf_free(&s->frames);
    }
    if (s->plain.n == 0 && s->plain.cap > REST_BYTES) {
        buf_free(&s->plain);
    }
    if (s->wire.is_taken && s->wire.part.cap > REST_BYTES) {
        wire_fini(&s->wire);
        s->wire.is_taken = false;
    }
}

enum rc
session_step(struct session *s, const struct session_event *event,
             struct session_effects *out)
{
    enum rc rc = RC_OK;

    begin(s, event, out);
    if (s->state != STATE_CLOSED) {
        if (s->state == STATE_PREFACE && s->setup.is_initiator) {
            shake_start(s);
        }
        take_event(s, event);
        if (s->state != STATE_CLOSED) {
            note_acks(s);
            check_time(s);
        }
        if (s->state != STATE_CLOSED) {
            rc = work(s);
        }
        if (rc != RC_OK) {
            session_close(s, CLOSE_STORE);
            s->frames.n = 0;
        }
        write_frames(s);
        rest(s);
    }
    s->expected = s->unsent + out->out.n;
    out->close = s->close;
    out->acks = s->acks;
    out->acks_n = s->acks_n;
    out->wanted = buf_slice(&s->wanted);
    out->keys = buf_slice(&s->keys);
    out->deadline_ms = deadline(s);
    session_check(s);
    s->out = NULL;
    return rc;
}

void
session_info(const struct session *s, struct session_info *out)
{
    memset(out, 0, sizeof *out);
    out->is_open = session_is_open(s);
    out->is_initiator = s->setup.is_initiator;
    out->node = s->node;
    if (s->noise != NULL && noise_is_open(s->noise)) {
        out->box_key = *noise_peer(s->noise);
    }
    out->schema = s->schema;
    out->skew_ms = s->skew_ms;
    rows_claims(s, &out->missing_here, &out->missing_there);
    out->in_bytes = s->in_bytes;
    out->out_bytes = s->out_bytes;
    out->in_entries = s->in_entries;
    out->out_entries = s->out_entries;
    out->bye = s->bye;
    out->bye_ms = s->bye_ms;
    out->has_hello = s->had_hello;
}
