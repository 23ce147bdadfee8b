/* The fork search (PROTOCOL.md section 8): both sides tell keyed ids at up to FORK_RANGE
 * points between a seq where they agree and one where they do not, until the two are
 * neighbours. Nothing is remembered: each message holds where the search stands. */
#include "sync/message.h"

static uint64_t
step_of(const struct search *at)
{
    uint64_t between = at->high - at->low - 1;

    return between == 0 ? 1 : (between - 1) / FORK_RANGE + 1;
}

size_t
search_points(const struct search *at)
{
    return (size_t)((at->high - at->low - 1) / step_of(at));
}

static uint64_t
point(const struct search *at, size_t i)
{
    return at->low + (i + 1) * step_of(at);
}

static enum rc
keyed_at(struct session *s, const struct peer_log *l, uint64_t seq, struct keyed *out)
{
    enum rc rc = stream_entry(s, &l->log, seq, &s->scratch);
    struct hash id;

    if (rc == RC_OK) {
        id = entry_id(buf_slice(&s->scratch));
        *out = keyed_id(session_hash(s), &id);
    }
    return rc;
}

/* Our ids at the points. */
static enum rc
tell(struct session *s, struct peer_log *l, const struct search *at)
{
    size_t n = search_points(at);
    size_t frame = frame_begin(&s->frames, MESSAGE_IDS);
    enum rc rc = RC_OK;

    message_name(&s->frames, l);
    number_add(&s->frames, at->low);
    number_add(&s->frames, at->high);
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        struct keyed k;

        rc = keyed_at(s, l, point(at, i), &k);
        if (rc == RC_OK) {
            buf_add(&s->frames, k.b, KEYED_BYTES);
        }
    }
    if (rc != RC_OK) {
        s->frames.n = frame; /* NOTFOUND: the trunk is shorter by now */
        return rc == RC_NOTFOUND ? RC_OK : rc;
    }
    frame_end(&s->frames, frame);
    l->is_searching = true;
    return RC_OK;
}

enum rc
search_start(struct session *s, struct peer_log *l)
{
    struct search at = {0, l->theirs.head_seq};

    if (l->searches >= SEARCHES_MAX) {
        return RC_OK;
    }
    l->searches++;
    return tell(s, l, &at);
}

/* The pair is found: our half of it. A head is enough, but for two entries that open one
 * reign: what they say counts. */
static enum rc
show(struct session *s, struct peer_log *l, uint64_t seq)
{
    enum rc rc = stream_entry(s, &l->log, seq, &s->scratch);
    size_t at;

    if (rc != RC_OK) {
        return rc == RC_NOTFOUND ? RC_OK : rc;
    }
    l->is_searching = true;
    if (l->ours.is_authority && seq == 1) {
        branch_run(s, buf_slice(&s->scratch));
        return RC_OK;
    }
    at = frame_begin(&s->frames, MESSAGE_PROOF);
    message_name(&s->frames, l);
    buf_add(&s->frames, s->scratch.p, ENTRY_HEAD_BYTES);
    frame_end(&s->frames, at);
    return RC_OK;
}

enum rc
search_narrow(struct session *s, struct peer_log *l, struct search *at, struct reader *r)
{
    size_t n = search_points(at);
    struct search next = *at;

    for (size_t i = 0; i < n; i++) {
        struct keyed ours, theirs;
        enum rc rc = keyed_at(s, l, point(at, i), &ours);

        if (rc == RC_NOTFOUND) { /* our trunk is shorter by now */
            message_row(s, l);
            return RC_OK;
        }
        if (rc != RC_OK) {
            return rc;
        }
        read_into(r, theirs.b, KEYED_BYTES);
        if (!keyed_eq(&ours, &theirs)) {
            next.high = point(at, i);
            break;
        }
        next.low = point(at, i);
    }
    if (next.high - next.low == 1) {
        return show(s, l, next.high);
    }
    return tell(s, l, &next);
}
