/* Messages: dispatch, and the ones that more than one place sends. */
#include "sync/message.h"

#include <string.h>

/* Beside the kinds of entries, of which the log is named by its owner: the node. */
enum { LOG_ACK = 3 };

#define IN(name) (1u << STATE_##name)
#define IN_OPEN (IN(MEET) | IN(REST) | IN(ASKED) | IN(VECTOR) | IN(STREAM))
#define IN_TRANSPORT (IN_OPEN | IN(JOIN) | IN(WRITING) | IN(HELLO))

struct handler {
    const char *name;
    enum rc (*on)(struct session *s, struct slice payload);
    size_t least;
    unsigned states;
};

static const struct handler handlers[MESSAGE_N] = {
#define X(code, name, on, least, states) [code] = {#name, on, (least), (states)},
    MESSAGE_LIST(X)
#undef X
};

/* Entries that were offered are settled before anything that rests on rows is looked at;
 * and the authority log before data. `on_run` and `on_proof` see to the latter. */
static bool
has_to_wait(const struct session *s, uint8_t type)
{
    return s->has_offered && type != MESSAGE_RUN && type != MESSAGE_PROOF;
}

static enum rc
handle(struct session *s, const struct frame *f)
{
    const struct handler *h;

    if (f->type >= MESSAGE_N || handlers[f->type].on == NULL) {
        return RC_OK; /* unknown: skipped */
    }
    h = &handlers[f->type];
    if ((h->states & (1u << s->state)) == 0 || f->payload.n < h->least) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    return h->on(s, f->payload);
}

static void
drop_read(struct session *s)
{
    if (s->plain_at == s->plain.n) {
        s->plain.n = 0;
        s->plain_at = 0;
    } else if (s->plain_at >= CHUNK_BYTES) {
        buf_drop(&s->plain, s->plain_at);
        s->plain_at = 0;
    }
}

enum rc
message_read(struct session *s)
{
    struct frame f;
    size_t used;
    enum rc rc = RC_OK;

    s->is_waiting = false;
    while (rc == RC_OK && s->state != STATE_CLOSED && s->state != STATE_WRITING) {
        struct slice rest = buf_slice(&s->plain);
        enum frame_got got = FRAME_PART;

        if (rest.n > s->plain_at) {
            rest.p += s->plain_at;
            rest.n -= s->plain_at;
            got = frame_next(rest, &f, &used);
        }
        if (got == FRAME_OVER) {
            session_close(s, CLOSE_LIMIT);
        }
        if (got != FRAME_WHOLE) {
            break;
        }
        if (s->work >= CHUNK_BYTES || has_to_wait(s, f.type)) {
            s->is_waiting = true;
            break;
        }
        rc = handle(s, &f);
        if (s->is_waiting) {
            break; /* it goes on here in the next step */
        }
        s->plain_at += used;
    }
    drop_read(s);
    return rc;
}

const char *
message_text(uint8_t type)
{
    return type < MESSAGE_N && handlers[type].on != NULL ? handlers[type].name : "?";
}

void
message_bare(struct session *s, enum message type)
{
    frame_end(&s->frames, frame_begin(&s->frames, (uint8_t)type));
}

void
message_name(struct buf *out, const struct peer_log *l)
{
    buf_add_u8(out, l->ours.is_authority ? ENTRY_AUTHORITY
                    : l->ours.is_ack     ? LOG_ACK
                                         : ENTRY_DATA);
    number_add(out, l->ours.no);
}

struct peer_log *
message_log(struct session *s, struct reader *r)
{
    uint8_t kind = read_u8(r);
    uint64_t no = number_read(r);

    struct vrow at = {.is_authority = kind == ENTRY_AUTHORITY,
                      .is_ack = kind == LOG_ACK,
                      .no = (uint32_t)no};

    if ((kind != ENTRY_DATA && kind != ENTRY_AUTHORITY && kind != LOG_ACK) || no == 0 ||
        no > UINT32_MAX) {
        r->bad = true;
    }
    return r->bad ? NULL : rows_find(s, &at);
}

void
message_digest(struct session *s, bool asks)
{
    size_t at = frame_begin(&s->frames, MESSAGE_DIGEST);
    uint8_t digest[16];

    replica_digest(s->setup.replica, digest);
    buf_add_u8(&s->frames, asks);
    buf_add(&s->frames, digest, sizeof digest);
    frame_end(&s->frames, at);
    s->owes_digest = false;
    if (asks) {
        s->asked_ms = s->now_ms;
        session_move(s, STATE_ASKED);
    }
}

/* A message that begins at `at` holds one more row. */
static bool
has_room_for_row(const struct session *s, size_t at)
{
    return s->frames.n - at - 4 + ROW_BYTES_MAX <= MESSAGE_BYTES_MAX;
}

/* Whole, or the rows that the peer was not told of. */
void
message_vector(struct session *s, bool whole)
{
    size_t at = frame_begin(&s->frames, MESSAGE_VECTOR);

    buf_add_u8(&s->frames, whole);
    number_add(&s->frames, s->runs_in);
    for (size_t i = 0; i < s->logs_n; i++) {
        struct peer_log *l = &s->log[i];

        if (!rows_is_open_to(s, l)) {
            continue;
        }
        if (!has_room_for_row(s, at)) {
            break; /* told another time; meanwhile the answer says more than it must */
        }
        if (!rows_is_silent(l) && (whole || !vrow_eq(&l->ours, &l->told))) {
            vrow_add(&s->frames, &l->ours);
        }
        l->told = l->ours;
        l->theirs = l->ours; /* unless the answer names it */
    }
    frame_end(&s->frames, at);
    s->is_whole = whole;
    s->wants_whole = false;
    s->owes_digest = false;
    s->owes_ack = false;
    s->has_news = false;
    s->has_come = false;
    s->was_equal = false;
    s->rounds++;
    s->asked_ms = s->now_ms;
    session_move(s, STATE_VECTOR);
}

static void
ack_begin(struct session *s, size_t *at)
{
    *at = frame_begin(&s->frames, MESSAGE_ACK);
    number_add(&s->frames, s->runs_in);
}

void
message_row(struct session *s, struct peer_log *l)
{
    size_t at;

    ack_begin(s, &at);
    vrow_add(&s->frames, &l->ours);
    frame_end(&s->frames, at);
    l->told = l->ours;
}

void
message_ack(struct session *s)
{
    size_t at;

    ack_begin(s, &at);
    for (size_t i = 0; i < s->logs_n && s->knows_rows; i++) {
        struct peer_log *l = &s->log[i];

        if (!has_room_for_row(s, at)) {
            break;
        }
        if (!rows_is_silent(l) && !vrow_eq(&l->ours, &l->told) && rows_is_open_to(s, l)) {
            vrow_add(&s->frames, &l->ours);
            l->told = l->ours;
        }
    }
    frame_end(&s->frames, at);
    s->owes_ack = false;
}

/* Claims that nothing came for make a liar (section 10). */
void
message_judge(struct session *s)
{
    uint64_t here, there;

    rows_claims(s, &here, &there);
    if (here == 0 || s->has_come) {
        s->lies = 0;
        return;
    }
    s->lies++;
    if (s->lies >= LIES_MAX) {
        session_close(s, CLOSE_USELESS);
    }
}

/* May there be another comparison before the next repair? */
static bool
may_again(const struct session *s)
{
    return s->setup.is_initiator && s->rounds < ROUNDS_MAX &&
           (s->has_news || !s->is_whole);
}

void
message_unequal(struct session *s)
{
    bool whole = s->wants_whole || !s->knows_rows || !s->has_news;

    switch ((int)s->state) {
    case STATE_MEET:
        if (s->setup.is_initiator) {
            message_vector(s, true);
        }
        break;
    case STATE_ASKED:
        message_judge(s);
        if (s->state == STATE_CLOSED) {
            break;
        }
        if (may_again(s)) {
            message_vector(s, whole);
        } else {
            session_move(s, s->knows_rows ? STATE_REST : STATE_MEET);
        }
        break;
    case STATE_REST:
        if (s->setup.is_initiator && s->owes_digest && stream_is_idle(s)) {
            message_vector(s, whole);
        }
        break;
    default: /* stream: it goes on */
        break;
    }
}
