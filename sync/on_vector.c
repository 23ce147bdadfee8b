/* VECTOR, ROWS, ACK: rows told (PROTOCOL.md sections 6 and 7). */
#include "sync/message.h"

#include <string.h>

/* The peer has worked through and committed so many of our RUNs. */
static bool
take_runs(struct session *s, struct reader *r)
{
    uint64_t runs = number_read(r);

    if (r->bad || runs < s->runs_acked || runs > s->runs_out) {
        return false;
    }
    s->runs_acked = runs;
    return true;
}

static bool
is_empty(const struct vrow *row)
{
    return row->head_seq == 0 && row->passed == 0 && row->proof_seq == 0;
}

static void
unknown_row(struct session *s, const struct vrow *row)
{
    s->missing_unknown += row->head_seq;
    if (s->missing_unknown > INT64_MAX) {
        s->missing_unknown = INT64_MAX;
    }
}

/* Answers those rows of ours in [*i, ...) that stand before `row` (NULL: all) and are not
 * what the peer told. */
static void
answer_before(struct session *s, size_t *i, const struct vrow *row)
{
    while (*i < s->logs_n && (row == NULL || vrow_cmp(&s->log[*i].ours, row) < 0)) {
        struct peer_log *l = &s->log[(*i)++];
        bool is_same =
            l->theirs.no == 0 ? is_empty(&l->ours) : vrow_eq(&l->ours, &l->theirs);

        if (!is_same && rows_is_open_to(s, l)) {
            vrow_add(&s->frames, &l->ours);
        }
        l->told = l->ours;
    }
}

/* One walk over both sides' rows: what was told is taken, what differs is answered; a log
 * unknown here is answered as an empty one. */
static bool
answer(struct session *s, struct reader *r, bool whole)
{
    struct vrow row = {0};
    size_t i = 0;

    for (size_t k = 0; k < s->logs_n && whole; k++) {
        memset(&s->log[k].theirs, 0, sizeof s->log[k].theirs);
    }
    s->missing_unknown = whole ? 0 : s->missing_unknown;
    while (r->n > 0 && !r->bad) {
        struct vrow last = row;
        struct peer_log *l;

        vrow_read(r, &last, &row);
        if (r->bad) {
            return false;
        }
        answer_before(s, &i, &row);
        l = rows_find(s, &row);
        if (l != NULL) {
            rows_take(s, l, &row);
        } else {
            struct vrow none = {
                .is_authority = row.is_authority, .is_ack = row.is_ack, .no = row.no};

            unknown_row(s, &row);
            vrow_add(&s->frames, &none);
        }
    }
    answer_before(s, &i, NULL);
    return true;
}

enum rc
on_vector(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    uint8_t flags = read_u8(&r);
    size_t at;

    if (s->setup.is_initiator || flags > 1 || !take_runs(s, &r)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    at = frame_begin(&s->frames, MESSAGE_ROWS);
    number_add(&s->frames, s->runs_in);
    if (!answer(s, &r, flags == 1)) {
        s->frames.n = at;
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    if (s->frames.n - at - 4 > MESSAGE_BYTES_MAX) { /* rows of logs that are none */
        s->frames.n = at;
        session_close(s, CLOSE_LIMIT);
        return RC_OK;
    }
    frame_end(&s->frames, at);
    rows_forget(s, s->runs_acked == s->runs_out);
    s->knows_rows = true;
    s->is_compared = true;
    s->owes_digest = false;
    s->owes_ack = false;
    s->has_come = false;
    s->was_equal = false;
    session_move(s, STATE_STREAM);
    return RC_OK;
}

/* Rows that are not named are as we told them: message_vector has noted them so. */
enum rc
on_rows(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct vrow row = {0};

    if (!take_runs(s, &r)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    s->missing_unknown = 0;
    while (r.n > 0 && !r.bad) {
        struct vrow last = row;
        struct peer_log *l;

        vrow_read(&r, &last, &row);
        if (r.bad) {
            break;
        }
        l = rows_find(s, &row);
        if (l != NULL) {
            rows_take(s, l, &row);
        } else {
            unknown_row(s, &row);
        }
    }
    if (r.bad) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    rows_forget(s, s->runs_acked == s->runs_out);
    s->knows_rows = true;
    s->is_compared = true;
    s->has_news = false;
    session_move(s, STATE_STREAM);
    return RC_OK;
}

enum rc
on_ack(struct session *s, struct slice payload)
{
    struct reader r = reader_of(payload);
    struct vrow row = {0};

    if (!take_runs(s, &r)) {
        session_close(s, CLOSE_MALFORMED);
        return RC_OK;
    }
    while (r.n > 0 && !r.bad) {
        struct vrow last = row;
        struct peer_log *l;

        vrow_read(&r, &last, &row);
        l = r.bad ? NULL : rows_find(s, &row);
        if (l != NULL) {
            rows_take(s, l, &row);
        }
    }
    if (r.bad) {
        session_close(s, CLOSE_MALFORMED);
    }
    return RC_OK;
}
