/* Streaming what the peer lacks, in turns of about RUN_BYTES (PROTOCOL.md section 8). */
#include "sync/message.h"

#include <string.h>

enum { RUN_LENGTHS = 1, RUN_ASIDE = 2 };

/* One RUN being made from a log's trunk. */
struct run {
    struct session *s;
    uint64_t check;      /* seq whose id is compared first; 0: none */
    struct keyed expect; /* its id, keyed */
    uint64_t from, to;
    size_t at; /* of the frame in s->frames */
    size_t n;  /* entries in it */
    bool lengths;
    bool aside;   /* what is held behind our head: it says nothing of that */
    bool differs; /* the compared id is another one */
    uint8_t last[ENTRY_HEAD_BYTES]; /* head of the last entry */
};

/* Does its header not tell its length? So it is where an item was erased. */
static bool
is_odd(const struct stored *e)
{
    return e->bytes.n != ENTRY_HEAD_BYTES + (size_t)get_u16(e->bytes.p + 6);
}

static bool
run_each(void *arg, const struct stored *e)
{
    struct run *run = arg;
    struct session *s = run->s;
    bool odd;

    if (run->check != 0 && e->seq == run->check) {
        struct hash id = entry_id(e->bytes);
        struct keyed k = keyed_id(session_hash(s), &id);

        run->differs = !keyed_eq(&k, &run->expect);
        return !run->differs && run->from <= run->to;
    }
    if (e->seq < run->from) {
        return true;
    }
    if (e->seq > run->to) {
        return false;
    }
    odd = is_odd(e);
    if (run->n == 0) {
        run->lengths = odd;
        run->at = frame_begin(&s->frames, MESSAGE_RUN);
        buf_add_u8(&s->frames,
                   (uint8_t)((odd ? RUN_LENGTHS : 0) | (run->aside ? RUN_ASIDE : 0)));
    } else if ((odd && !run->lengths) ||
               s->frames.n - s->stream_at + e->bytes.n > RUN_BYTES) {
        return false;
    }
    if (run->lengths) {
        number_add(&s->frames, e->bytes.n);
    }
    buf_add_slice(&s->frames, e->bytes);
    run->n++;
    memcpy(run->last, e->bytes.p, ENTRY_HEAD_BYTES);
    s->out_entries++;
    return e->seq < run->to;
}

static bool
one_each(void *arg, const struct stored *e)
{
    struct buf *out = arg;

    out->n = 0;
    buf_add_slice(out, e->bytes);
    return false;
}

enum rc
stream_entry(struct session *s, const struct key *log, uint64_t seq, struct buf *out)
{
    const struct sync_store *store = replica_store(s->setup.replica);
    enum rc rc;

    out->n = 0;
    rc = store->run(store->self, log, seq, one_each, out);
    if (rc != RC_OK) {
        return rc;
    }
    if (out->n < ENTRY_HEAD_BYTES || get_u64(out->p + 40) != seq) {
        return RC_NOTFOUND;
    }
    return RC_OK;
}

/* Until which seq the peer needs our trunk: the head, and what the lines that only we
 * have decided name above it. */
static uint64_t
target(const struct session *s, const struct peer_log *l)
{
    const struct log_state *log;
    uint64_t to = l->ours.head_seq;

    if (l->is_held_asked) {
        return to + l->ours.held;
    }
    if (l->ours.passed <= l->theirs.passed || l->ours.is_authority) {
        return to;
    }
    log = replica_log(s->setup.replica, l->ours.no);
    for (uint64_t i = l->theirs.passed; log != NULL && i < l->ours.passed; i++) {
        if (log->lines[i].seq > to) {
            to = log->lines[i].seq;
        }
    }
    return to;
}

bool
stream_is_for_hub(const struct session *s, const struct peer_log *l)
{
    const struct log_state *log =
        s->node != NODE_NO_HUB || l->ours.is_authority || l->ours.is_ack
            ? NULL
            : replica_log(s->setup.replica, l->ours.no);

    return log != NULL && log->is_revoked && l->ours.held > 0;
}

/* What stands above a cut goes to the hub, for people to judge. The last of it
 * goes by itself, aside, once: if the hub lacks what is before, it asks. */
static enum rc
stream_held(struct session *s, struct peer_log *l)
{
    enum rc rc;

    if (!stream_is_for_hub(s, l) || keyed_eq(&l->ours.top, &l->held_sent)) {
        return RC_OK;
    }
    rc = stream_entry(s, &l->log, l->ours.head_seq + l->ours.held, &s->scratch);
    s->lookups++;
    if (rc == RC_OK) {
        l->held_sent = l->ours.top;
        branch_run(s, buf_slice(&s->scratch));
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The peer's head is not on our trunk. With a proof at or below it, what follows the fork
 * is what it lacks, if anything; without, the fork is searched for by the side with the
 * longer chain. */
static enum rc
diverged(struct session *s, struct peer_log *l)
{
    if (l->ours.proof_seq > 0 && l->ours.proof_seq <= l->theirs.head_seq) {
        l->next = l->ours.proof_seq;
        l->has_last = false;
        return RC_OK;
    }
    if (l->is_searching ||
        (l->ours.head_seq == l->theirs.head_seq && !s->setup.is_initiator)) {
        return RC_OK;
    }
    return search_start(s, l);
}

/* How much of our trunk they hold behind their head, as far as we can tell. */
static uint64_t
held_of(const struct session *s, const struct peer_log *l)
{
    uint64_t trunk = replica_trunk_n(s->setup.replica, &l->log);

    return l->is_held_other || l->theirs.head_seq + l->theirs.held > trunk
               ? 0
               : l->theirs.held;
}

/* One RUN of the log's trunk, or the finding that there is none to be sent. */
static enum rc
stream_trunk(struct session *s, struct peer_log *l, uint64_t to, bool *more)
{
    const struct sync_store *store = replica_store(s->setup.replica);
    struct run run = {.s = s, .to = to};
    struct hash last;
    enum rc rc;

    run.aside = l->is_held_asked;
    if (l->next == 0) {
        uint64_t held = held_of(s, l);

        run.check = l->theirs.head_seq + held;
        run.expect = held > 0 ? l->theirs.top : l->theirs.head;
        run.from = run.check + 1;
    } else {
        run.check = l->has_last ? l->next - 1 : 0;
        run.expect = l->last;
        run.from = l->next;
    }
    rc = store->run(store->self, &l->log, run.check > 0 ? run.check : run.from, run_each,
                    &run);
    s->lookups++;
    if (rc != RC_OK) {
        return rc;
    }
    if (run.differs && l->next != 0) { /* our own trunk is another one by now */
        l->next = 0;
        l->has_last = false;
        *more = true;
        return RC_OK;
    }
    if (run.differs && held_of(s, l) > 0) {
        l->is_held_other = true;
        *more = true;
        return RC_OK;
    }
    if (run.differs) {
        rc = diverged(s, l);
        *more = l->next != 0;
        return rc;
    }
    if (run.n == 0) {
        l->is_held_asked = false;
        return RC_OK;
    }
    frame_end(&s->frames, run.at);
    s->runs_out++;
    if (run.aside) {
        l->next = run.from + run.n;
        *more = l->next <= to;
        l->is_held_asked = *more;
        l->next = *more ? l->next : 0;
        return RC_OK;
    }
    l->next = run.from + run.n;
    last = entry_id(slice_of(run.last, ENTRY_HEAD_BYTES));
    l->last = keyed_id(session_hash(s), &last);
    l->has_last = true;
    if (s->knows_rows) {
        rows_assume(s, &l->told, l, l->next - 1, &last);
    }
    *more = l->next <= to;
    return RC_OK;
}

/* Is the peer's authority log ours? Only then `passed` can be compared. */
static bool
is_authority_same(const struct session *s)
{
    for (size_t i = 0; i < s->logs_n && s->log[i].ours.is_authority; i++) {
        if (!vrow_eq(&s->log[i].ours, &s->log[i].theirs)) {
            return false;
        }
    }
    return true;
}

static bool
has_trunk_left(const struct peer_log *l, uint64_t to)
{
    uint64_t have = l->next != 0 ? l->next - 1 : l->theirs.head_seq;

    return have < to;
}

/* Lines that only we have decided name a branch that the peer may not have. What of it is
 * our trunk is streamed from the fork on, unless the peer stands on it. */
static enum rc
from_fork(struct session *s, struct peer_log *l)
{
    struct keyed k = {{0}};
    struct hash id;
    enum rc rc = RC_NOTFOUND;

    if (l->ours.proof_seq == 0 || l->theirs.head_seq < l->ours.proof_seq) {
        return RC_OK; /* it is below the fork: it goes on from its head */
    }
    if (l->theirs.head_seq <= replica_trunk_n(s->setup.replica, &l->log)) {
        rc = stream_entry(s, &l->log, l->theirs.head_seq, &s->scratch);
        s->lookups++;
    }
    if (rc == RC_OK) {
        id = entry_id(buf_slice(&s->scratch));
        k = keyed_id(session_hash(s), &id);
    }
    if (rc == RC_NOTFOUND || (rc == RC_OK && !keyed_eq(&k, &l->theirs.head))) {
        l->next = l->ours.proof_seq;
        l->has_last = false;
        rc = RC_OK;
    }
    return rc;
}

static bool
has_lines_left(const struct session *s, const struct peer_log *l)
{
    return !l->ours.is_authority && l->ours.passed > l->theirs.passed &&
           l->ours.passed > l->lines_sent && is_authority_same(s);
}

/* Both know of the fork, and say the same of what counts. */
static bool
has_others_left(const struct session *s, const struct peer_log *l)
{
    return !l->ours.is_authority && !l->ours.is_ack && l->ours.proof_seq > 0 &&
           !l->is_searching && keyed_eq(&l->ours.proof, &l->theirs.proof) &&
           !keyed_eq(&l->ours.proof, &l->others_sent) && is_authority_same(s);
}

/* What one log still asks for; *more: a turn was not enough. */
static enum rc
stream_log(struct session *s, struct peer_log *l, bool *more)
{
    uint64_t to = target(s, l);
    enum rc rc = RC_OK;

    *more = false;
    if (l->ours.proof_seq > 0 && !keyed_eq(&l->ours.proof, &l->theirs.proof) &&
        !keyed_eq(&l->ours.proof, &l->proof_sent)) {
        rc = branch_proof(s, l);
        l->proof_sent = l->ours.proof;
    }
    if (rc == RC_OK && l->next == 0 && l->theirs.head_seq > 0 &&
        l->theirs.head_seq == l->ours.head_seq &&
        !keyed_eq(&l->theirs.head, &l->ours.head)) {
        rc = diverged(s, l);
    }
    if (rc == RC_OK && l->next == 0 && has_lines_left(s, l)) {
        rc = from_fork(s, l);
    }
    if (rc == RC_OK && !l->is_searching && has_trunk_left(l, to)) {
        rc = stream_trunk(s, l, to, more);
    }
    if (rc == RC_OK && !*more && has_lines_left(s, l)) {
        rc = branch_lines(s, l, more);
    }
    if (rc == RC_OK && !*more && has_others_left(s, l)) {
        rc = branch_others(s, l, more);
    }
    if (rc == RC_OK && !*more) {
        rc = stream_held(s, l);
    }
    return rc;
}

bool
stream_has_room(const struct session *s)
{
    return s->unsent + s->out->out.n + s->frames.n < AHEAD_BYTES;
}

static bool
may_stream(const struct session *s)
{
    return s->knows_rows && (s->state == STATE_REST || s->state == STATE_ASKED ||
                             s->state == STATE_STREAM);
}

enum rc
stream_step(struct session *s)
{
    enum rc rc = RC_OK;

    s->stream_at = s->frames.n;
    s->is_streaming = false;
    s->lookups = 0;
    if (!s->knows_rows) {
        s->cursor = s->logs_n; /* nothing is known to be lacking */
    }
    if (!may_stream(s)) {
        return RC_OK;
    }
    while (s->cursor < s->logs_n && rc == RC_OK) {
        struct peer_log *l = &s->log[s->cursor];
        bool more = false;

        if (s->frames.n - s->stream_at >= RUN_BYTES || s->lookups >= STEP_LOGS_MAX ||
            !stream_has_room(s)) {
            s->is_streaming = true;
            break;
        }
        if (rows_is_open_to(s, l) && !(s->is_lost && !l->ours.is_authority)) {
            rc = stream_log(s, l, &more);
        }
        if (l->is_searching && l->ours.is_authority) {
            break; /* which logs there are is not agreed on */
        }
        s->cursor += more ? 0 : 1;
    }
    return rc;
}

bool
stream_is_idle(const struct session *s)
{
    if (s->is_streaming || s->runs_acked < s->runs_out || s->cursor < s->logs_n) {
        return false;
    }
    for (size_t i = 0; i < s->logs_n; i++) {
        if (s->log[i].is_searching) {
            return false;
        }
    }
    return true;
}
