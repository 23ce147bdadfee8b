/* RUN: entries of one log, one after the other (PROTOCOL.md section 8). */
#include "sync/message.h"

#include <string.h>

enum { RUN_LENGTHS = 1, RUN_ASIDE = 2, RUN_FLAGS = 3 };

/* What of the head is needed to cut and to follow; the replica judges all of it. */
struct head {
    enum entry_kind kind;
    struct key log;
    uint64_t seq;
};

static struct head
read_head(const uint8_t *p)
{
    struct head h = {.kind = p[1] == ENTRY_AUTHORITY ? ENTRY_AUTHORITY : ENTRY_DATA};

    memcpy(h.log.b, p + 8, KEY_BYTES);
    h.seq = get_u64(p + 40);
    return h;
}

/* The next entry of the run; {NULL, 0} if there is none as it has to be. */
static struct slice
cut(struct reader *r, bool lengths)
{
    size_t n = ENTRY_HEAD_BYTES;

    if (lengths) {
        uint64_t v = number_read(r);

        n = v <= ENTRY_BYTES_MAX ? (size_t)v : 0;
    } else if (r->n >= ENTRY_HEAD_BYTES) {
        n += get_u16(r->p + 6);
    }
    if (r->bad || n <= ENTRY_HEAD_BYTES || n > ENTRY_BYTES_MAX) {
        r->bad = true;
    }
    return read_slice(r, n);
}

/* Will its signature be checked now? One below a seal line is vouched for by the line. */
static bool
is_checked(const struct session *s, const struct head *h)
{
    const struct log_state *log;

    if (h->kind == ENTRY_AUTHORITY) {
        return true;
    }
    log = replica_log_by_key(s->setup.replica, &h->log);
    return log != NULL && h->seq > log->seal_seq &&
           (log->lines_n == 0 || h->seq > log->lines[log->lines_n - 1].seq);
}

/* Something is missing before it: ask for it, a bounded number of times. */
static void
ask(struct session *s, const struct head *h)
{
    struct peer_log *l = rows_find_key(s, h->kind == ENTRY_AUTHORITY, &h->log);
    uint64_t from = replica_trunk_n(s->setup.replica, &h->log) + 1;
    size_t at;

    if (l == NULL || l->asked >= ASKS_MAX) {
        return;
    }
    if (l->asked > 0 || from >= h->seq) { /* our trunk is not their chain */
        from = l->ours.head_seq + 1;
    }
    l->asked++;
    at = frame_begin(&s->frames, MESSAGE_ASK);
    message_name(&s->frames, l);
    number_add(&s->frames, from);
    frame_end(&s->frames, at);
}

static enum rc
offer(struct session *s, struct slice entry, const struct head *h)
{
    enum offer what = OFFER_HAVE;
    enum rc rc = RC_OK;

    s->in_entries++;
    s->work += entry.n;
    if (s->run_skip) {
        return RC_OK;
    }
    s->checks += is_checked(s, h);
    s->has_offered = true;
    s->has_authority = s->has_authority || h->kind == ENTRY_AUTHORITY;
    rc = replica_offer(s->setup.replica, entry, &what);
    if (rc == RC_MALFORMED || rc == RC_FORGED) {
        session_close(s, rc == RC_FORGED ? CLOSE_FORGED : CLOSE_MALFORMED);
        return RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    switch (what) {
    case OFFER_TAKEN:
    case OFFER_HELD:
        s->has_come = true;
        break;
    case OFFER_HAVE:
        break;
    case OFFER_GAP:
        ask(s, h);
        s->has_come = true; /* something came, if not what was to */
        s->run_skip = true;
        break;
    case OFFER_UNKNOWN:
    case OFFER_OVER_QUOTA:
        s->has_come = true;
        s->run_skip = true;
        break;
    }
    return RC_OK;
}

/* Of one log, one after the other: what else would it be? */
static bool
follows(struct session *s, const struct head *h)
{
    bool is_next =
        s->run_at == 1 || (h->kind == s->run_kind && key_eq(&h->log, &s->run_log) &&
                           h->seq == s->run_seq + 1);

    s->run_kind = h->kind;
    s->run_log = h->log;
    s->run_seq = h->seq;
    return is_next;
}

/* All of it is worked through: the peer has what it sent. */
static void
done(struct session *s, bool aside, struct slice last)
{
    struct peer_log *l = rows_find_key(s, s->run_kind == ENTRY_AUTHORITY, &s->run_log);

    s->run_at = 0;
    s->run_skip = false;
    s->runs_in++;
    s->owes_ack = true;
    if (l == NULL && !aside && s->run_kind == ENTRY_AUTHORITY) {
        s->run_id = entry_id(last);
        s->is_run_new = true;
    }
    if (l != NULL) {
        l->is_searching = false;
        if (!aside && s->knows_rows) {
            struct hash id = entry_id(last);

            rows_assume(s, &l->theirs, l, s->run_seq, &id);
            if (l->theirs.head_seq >= l->next) {
                l->next = 0;
                l->has_last = false;
            }
        }
    }
}

enum rc
on_run(struct session *s, struct slice payload)
{
    uint8_t flags = payload.p[0];
    struct slice entry = {NULL, 0};
    struct reader r;
    enum rc rc = RC_OK;

    if (s->run_at == 0) {
        s->run_at = 1;
    }
    r = reader_of(slice_of(payload.p + s->run_at, payload.n - s->run_at));
    r.bad = r.n == 0 || (flags & ~(unsigned)RUN_FLAGS) != 0;
    while (rc == RC_OK && r.n > 0 && !r.bad && s->state != STATE_CLOSED) {
        struct head h;

        if (s->work >= CHUNK_BYTES || s->checks >= STEP_CHECKS_MAX) {
            s->is_waiting = true;
            return RC_OK;
        }
        entry = cut(&r, (flags & RUN_LENGTHS) != 0);
        if (r.bad) {
            break;
        }
        h = read_head(entry.p);
        if (s->has_authority && h.kind != ENTRY_AUTHORITY) {
            s->is_waiting = true; /* what only the authority log grants comes after it */
            return RC_OK;
        }
        if (!follows(s, &h)) {
            r.bad = true;
            break;
        }
        rc = offer(s, entry, &h);
        s->run_at = payload.n - r.n;
    }
    if (r.bad) {
        session_close(s, CLOSE_MALFORMED);
    }
    if (rc == RC_OK && s->state != STATE_CLOSED) {
        done(s, (flags & RUN_ASIDE) != 0, entry);
    }
    return rc;
}
