/* What either side knows of the other's rows (PROTOCOL.md sections 5 and 6). */
#include "sync/message.h"

#include <assert.h>
#include <string.h>

static int
log_cmp(const struct peer_log *l, const struct row *row)
{
    struct vrow at = {
        .is_authority = row->is_authority, .is_ack = row->is_ack, .no = row->no};

    return vrow_cmp(&l->ours, &at);
}

struct peer_log *
rows_find(struct session *s, const struct vrow *at)
{
    size_t lo = 0;
    size_t hi = s->logs_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (vrow_cmp(&s->log[mid].ours, at) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo < s->logs_n && vrow_cmp(&s->log[lo].ours, at) == 0) {
        return &s->log[lo];
    }
    return NULL;
}

struct peer_log *
rows_find_key(struct session *s, bool is_authority, const struct key *log)
{
    const struct log_state *state;

    if (!is_authority) {
        struct vrow at = {0};

        state = replica_log_by_key(s->setup.replica, log);
        at.no = state != NULL ? state->no : 0;
        at.is_ack = state != NULL && state->is_ack;
        return state != NULL ? rows_find(s, &at) : NULL;
    }
    for (size_t i = 0; i < s->logs_n && s->log[i].ours.is_authority; i++) {
        if (key_eq(&s->log[i].log, log)) {
            return &s->log[i];
        }
    }
    return NULL;
}

/* Ours as we would tell it, if it is another one than before. */
static void
refresh(struct session *s, struct peer_log *l, const struct row *row)
{
    const uint8_t *hash = session_hash(s);
    uint64_t trunk = replica_trunk_n(s->setup.replica, &row->log);
    struct vrow ours = l->ours;
    uint8_t raw[sizeof l->raw] = {0};
    struct hash top;

    ours.head_seq = row->head_seq;
    ours.passed = row->is_authority || row->is_ack ? 0 : row->passed;
    ours.proof_seq = row->has_proof ? row->proof_seq : 0;
    ours.held = trunk > row->head_seq ? trunk - row->head_seq : 0;
    memcpy(raw, row->head.b, KEYED_BYTES);
    if (row->has_proof) {
        memcpy(raw + KEYED_BYTES, row->proof[0].b, KEYED_BYTES);
        memcpy(raw + 2 * KEYED_BYTES, row->proof[1].b, KEYED_BYTES);
    }
    if (ours.held > 0 && replica_trunk_head(s->setup.replica, &row->log, &top)) {
        memcpy(raw + 3 * KEYED_BYTES, top.b, KEYED_BYTES);
    }
    if (memcmp(raw, l->raw, sizeof raw) != 0 || ours.head_seq != l->ours.head_seq ||
        ours.proof_seq != l->ours.proof_seq || (ours.held > 0) != (l->ours.held > 0)) {
        memset(&ours.head, 0, sizeof ours.head);
        memset(&ours.proof, 0, sizeof ours.proof);
        memset(&ours.top, 0, sizeof ours.top);
        if (row->head_seq > 0) {
            ours.head = keyed_id(hash, &row->head);
        }
        if (row->has_proof) {
            ours.proof = keyed_proof(hash, row->proof);
        }
        if (ours.held > 0) {
            s->cursor = 0; /* stream_held looks at it */
            ours.top = keyed_id(hash, &top);
        }
        memcpy(l->raw, raw, sizeof raw);
    }
    if (!vrow_eq(&ours, &l->ours)) {
        s->has_news = true;
        s->cursor = 0;
    }
    l->ours = ours;
}

static bool
is_same(const struct peer_log *l, const struct row *row)
{
    return log_cmp(l, row) == 0 && key_eq(&l->log, &row->log);
}

/* The rows are others than before: what is known of those that stay is kept. */
static void
rebuild(struct session *s, size_t n)
{
    struct peer_log *old = s->log;
    size_t old_n = s->logs_n;
    struct peer_log *log = mem_new((n + 1) * sizeof *log);
    struct row row;

    for (size_t i = 0, k = 0; i < n; i++) {
        replica_row_at(s->setup.replica, i, &row);
        while (k < old_n && log_cmp(&old[k], &row) < 0) {
            k++;
        }
        if (k < old_n && is_same(&old[k], &row)) {
            log[i] = old[k];
        } else {
            log[i].log = row.log;
            log[i].ours.is_authority = row.is_authority;
            log[i].ours.is_ack = row.is_ack;
            log[i].ours.no = row.no;
            /* a number that is another log's now: what was told of it is void */
            s->wants_whole = s->wants_whole || (k < old_n && log_cmp(&old[k], &row) == 0);
        }
    }
    mem_free(old);
    s->log = log;
    s->logs_n = n;
    s->cursor = 0;
}

void
rows_refresh(struct session *s)
{
    size_t n = replica_rows_n(s->setup.replica);
    bool is_other = n != s->logs_n;
    struct row row;

    for (size_t i = 0; i < n && !is_other; i++) {
        replica_row_at(s->setup.replica, i, &row);
        is_other = !is_same(&s->log[i], &row);
        if (!is_other) {
            refresh(s, &s->log[i], &row);
        }
    }
    if (!is_other) {
        return;
    }
    rebuild(s, n);
    for (size_t i = 0; i < n; i++) {
        replica_row_at(s->setup.replica, i, &row);
        refresh(s, &s->log[i], &row);
    }
}

void
rows_forget(struct session *s, bool streamed)
{
    for (size_t i = 0; i < s->logs_n; i++) {
        struct peer_log *l = &s->log[i];

        if (streamed) { /* nothing is under way: what was streamed shows in `theirs` */
            l->next = 0;
            l->is_held_asked = false;
            l->has_last = false;
            l->lines_sent = 0;
            l->aside = 0;
            memset(&l->proof_sent, 0, sizeof l->proof_sent);
        }
        l->is_searching = false;
        l->asked = 0;
        l->asks = 0;
    }
    s->cursor = 0;
}

void
rows_equal(struct session *s)
{
    for (size_t i = 0; i < s->logs_n; i++) {
        struct peer_log *l = &s->log[i];

        l->theirs = l->ours;
        l->told = l->ours;
        l->searches = 0;
    }
    rows_forget(s, s->runs_acked == s->runs_out);
    s->missing_unknown = 0;
    s->knows_rows = true;
    s->wants_whole = false;
    s->has_news = false;
    s->has_come = false;
    s->lies = 0;
    s->rounds = 0;
}

/* For the shell: one a log and step. */
static void
note_ack(struct session *s, struct peer_log *l, uint64_t seq)
{
    if (l->ack_step != s->steps_n) {
        if (s->acks_n == s->acks_cap) {
            s->acks_cap = 2 * s->acks_cap + 16;
            s->acks = mem_grow(s->acks, s->acks_cap * sizeof *s->acks);
        }
        l->ack_step = s->steps_n;
        l->ack = s->acks_n++;
    }
    s->acks[l->ack] = (struct session_ack){l->log, seq};
}

void
rows_take(struct session *s, struct peer_log *l, const struct vrow *row)
{
    l->is_searching = false;
    if (vrow_eq(&l->theirs, row)) {
        if (l->theirs.held != row->held) {
            l->theirs = *row;
            l->is_held_other = false;
        }
        return;
    }
    l->theirs = *row;
    l->is_held_other = false;
    if (l->next != 0 && row->head_seq >= l->next) { /* it has more than we streamed */
        l->next = 0;
        l->has_last = false;
    }
    s->has_news = true;
    s->cursor = 0;
    if (!row->is_authority && row->head_seq > 0) {
        note_ack(s, l, row->head_seq);
    }
}

bool
rows_is_open_to(const struct session *s, const struct peer_log *l)
{
    const struct log_state *state;

    if (!s->is_lost || l->ours.is_authority) {
        return true;
    }
    if (l->ours.is_ack) {
        return l->ours.no == s->node;
    }
    state = replica_log(s->setup.replica, l->ours.no);
    return state != NULL && state->node == s->node;
}

bool
rows_is_silent(const struct peer_log *l)
{
    return l->ours.is_ack && l->ours.head_seq == 0 && l->ours.proof_seq == 0 &&
           l->ours.held == 0 && l->told.head_seq == 0 && l->told.proof_seq == 0;
}

void
rows_assume(struct session *s, struct vrow *row, const struct peer_log *l, uint64_t seq,
            const struct hash *id)
{
    if (seq <= row->head_seq) {
        return;
    }
    row->is_authority = l->ours.is_authority;
    row->is_ack = l->ours.is_ack;
    row->no = l->ours.no;
    row->head_seq = seq;
    row->head = keyed_id(session_hash(s), id);
    row->held = 0;
}

void
rows_late(struct session *s)
{
    struct peer_log *l;

    if (s->is_run_new) {
        l = rows_find_key(s, true, &s->run_log);
        if (l != NULL && s->knows_rows) {
            rows_assume(s, &l->theirs, l, s->run_seq, &s->run_id);
        }
        s->is_run_new = false;
    }
}

void
rows_claims(const struct session *s, uint64_t *here, uint64_t *there)
{
    *here = s->missing_unknown;
    *there = 0;
    for (size_t i = 0; i < s->logs_n; i++) {
        const struct peer_log *l = &s->log[i];
        uint64_t theirs = l->theirs.head_seq;

        if (theirs > l->ours.head_seq) {
            *here += theirs - l->ours.head_seq;
        } else if (rows_is_open_to(s, l)) {
            *there += l->ours.head_seq - theirs;
        }
    }
}
