/* PROOF, IDS, ASK: where two chains part (PROTOCOL.md section 8). */
#include "sync/message.h"

#include <string.h>

enum { HEAD_LOG_AT = 8, HEAD_SEQ_AT = 40 };

/* One head: the peer's entry at a seq where ours is another one. */
static enum rc
match(struct session *s, const struct peer_log *l, struct slice head, struct slice *ours)
{
    uint64_t seq = get_u64(head.p + HEAD_SEQ_AT);
    enum rc rc = stream_entry(s, &l->log, seq, &s->scratch);
    struct hash a, b;

    if (rc != RC_OK) {
        return rc;
    }
    a = entry_id(buf_slice(&s->scratch));
    b = entry_id(head);
    if (hash_eq(&a, &b)) {
        return RC_NOTFOUND;
    }
    *ours = slice_of(s->scratch.p, ENTRY_HEAD_BYTES);
    return RC_OK;
}

/* The peer knows of the fork: it need not be told. */
static void
has_proof(const struct session *s, struct peer_log *l, struct slice one, struct slice two)
{
    struct hash ids[2] = {entry_id(one), entry_id(two)};

    l->theirs.is_authority = l->ours.is_authority;
    l->theirs.is_ack = l->ours.is_ack;
    l->theirs.no = l->ours.no;
    l->theirs.proof_seq = get_u64(one.p + HEAD_SEQ_AT);
    l->theirs.proof = keyed_proof(session_hash(s), ids);
}

/* Proofs of data logs rest on the authority log as it stands: it is settled first. */
enum rc
on_proof(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct peer_log *l;
    struct slice one, two;
    enum rc rc = RC_OK;

    if (s->has_authority) {
        s->is_waiting = true;
        return RC_OK;
    }
    l = message_log(s, &r);
    one = read_slice(&r, ENTRY_HEAD_BYTES);
    two = r.n > 0 ? read_slice(&r, ENTRY_HEAD_BYTES) : (struct slice){NULL, 0};
    if (!read_done(&r)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    s->work += IDS_COST_BYTES;
    if (l == NULL || memcmp(one.p + HEAD_LOG_AT, l->log.b, KEY_BYTES) != 0) {
        return RC_OK; /* of a log that is another one here */
    }
    l->is_searching = false;
    s->cursor = 0;
    s->owes_ack = true; /* our row is another one now */
    if (two.p != NULL) {
        has_proof(s, l, one, two);
    } else {
        rc = match(s, l, one, &two);
        if (rc == RC_NOTFOUND) {
            return RC_OK;
        }
    }
    if (rc == RC_OK) {
        s->checks += 2;
        rc = replica_offer_proof(s->setup.replica, one, two);
        s->has_offered = true;
    }
    if (rc == RC_MALFORMED || rc == RC_FORGED) {
        session_close(s, rc == RC_FORGED ? CLOSE_FORGED : CLOSE_MALFORMED);
        rc = RC_OK;
    }
    return rc;
}

enum rc
on_ids(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct peer_log *l = message_log(s, &r);
    struct search at;

    at.low = number_read(&r);
    at.high = number_read(&r);
    if (r.bad || at.low >= at.high || r.n != KEYED_BYTES * search_points(&at)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    s->work += IDS_COST_BYTES;
    if (l == NULL || !rows_is_open_to(s, l)) {
        return RC_OK;
    }
    if (l->searches >= SEARCHES_MAX || at.high > l->ours.head_seq) {
        message_row(s, l); /* it is another chain by now */
        return RC_OK;
    }
    l->searches++;
    return search_narrow(s, l, &at, &r);
}

/* The peer cannot go on from where we stream: again, from here. */
enum rc
on_ask(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct peer_log *l = message_log(s, &r);
    uint64_t from = number_read(&r);

    if (!read_done(&r) || from == 0) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    if (l == NULL || l->asks >= ASKS_MAX || !rows_is_open_to(s, l) ||
        from > l->ours.head_seq + (stream_is_for_hub(s, l) ? l->ours.held : 0)) {
        return RC_OK;
    }
    l->asks++;
    l->next = from;
    l->is_held_asked = from > l->ours.head_seq;
    l->has_last = false;
    s->cursor = 0;
    return RC_OK;
}
