/* What stands beside a trunk: proofs of forks, and the chains of lines that name another
 * branch (PROTOCOL.md section 8). Rare, bounded by the quota of loose entries. */
#include "sync/message.h"

#include <stdlib.h>
#include <string.h>

enum { RUN_LENGTHS = 1, RUN_ASIDE = 2 };

void
branch_run(struct session *s, struct slice entry)
{
    size_t at = frame_begin(&s->frames, MESSAGE_RUN);
    bool odd = entry.n != ENTRY_HEAD_BYTES + (size_t)get_u16(entry.p + 6);

    buf_add_u8(&s->frames, odd ? RUN_ASIDE | RUN_LENGTHS : RUN_ASIDE);
    if (odd) {
        number_add(&s->frames, entry.n);
    }
    buf_add_slice(&s->frames, entry);
    frame_end(&s->frames, at);
    s->runs_out++;
    s->out_entries++;
}

/* ---- two entries that open the same reign */
struct keys {
    struct buf b;
};

static bool
key_each(void *arg, const struct key *log, struct slice state)
{
    struct keys *keys = arg;

    (void)state;
    if (keys->b.n < (size_t)2 * LOGS_MAX * KEY_BYTES) {
        buf_add(&keys->b, log->b, KEY_BYTES);
    }
    return true;
}

/* Entry 1 by id. The two have different keys, and the row names one only. */
static enum rc
find_anywhere(struct session *s, const struct hash *id, struct buf *out)
{
    const struct sync_store *store = replica_store(s->setup.replica);
    struct keys keys = {BUF_NONE};
    enum rc rc = store->state_each(store->self, key_each, &keys);
    bool found = false;

    for (size_t at = 0; rc == RC_OK && !found && at < keys.b.n; at += KEY_BYTES) {
        struct key log;
        struct hash have;

        memcpy(log.b, keys.b.p + at, KEY_BYTES);
        rc = stream_entry(s, &log, 1, out);
        if (rc == RC_OK) {
            have = entry_id(buf_slice(out));
            found = hash_eq(&have, id);
        } else if (rc == RC_NOTFOUND) {
            rc = RC_OK;
        }
    }
    buf_free(&keys.b);
    return rc == RC_OK && !found ? RC_NOTFOUND : rc;
}

/* Two entries that open one reign: both, whole, for their bodies count. */
static enum rc
send_rivals(struct session *s, const struct row *row)
{
    struct buf one = BUF_NONE;
    struct buf two = BUF_NONE;
    enum rc rc = find_anywhere(s, &row->proof[0], &one);

    if (rc == RC_OK) {
        rc = find_anywhere(s, &row->proof[1], &two);
    }
    if (rc == RC_OK) {
        branch_run(s, buf_slice(&one));
        branch_run(s, buf_slice(&two));
    }
    buf_free(&one);
    buf_free(&two);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
branch_proof(struct session *s, struct peer_log *l)
{
    struct row row;
    size_t at;
    enum rc rc;

    replica_row_at(s->setup.replica, (size_t)(l - s->log), &row);
    if (row.is_authority && row.proof_seq == 1) {
        return send_rivals(s, &row);
    }
    at = frame_begin(&s->frames, MESSAGE_PROOF);
    message_name(&s->frames, l);
    rc = replica_proof(s->setup.replica, &row.log, &s->frames);
    if (rc != RC_OK) {
        s->frames.n = at;
        return rc == RC_NOTFOUND ? RC_OK : rc;
    }
    frame_end(&s->frames, at);
    return RC_OK;
}

/* ---- chains of lines */
struct beside { /* one loose entry with its body */
    struct hash id, prev;
    uint64_t seq;
    size_t bytes_n;
    size_t at; /* of its bytes in the window, plus 1; 0: not in it */
    bool is_wanted;
};
struct aside {
    struct beside *e;
    size_t n, cap;
    struct buf window;
};

static bool
list_each(void *arg, const struct stored *e)
{
    struct aside *a = arg;
    struct beside *b;

    if (e->bytes.n <= ENTRY_HEAD_BYTES) {
        return true;
    }
    if (a->n == a->cap) {
        a->cap = 2 * a->cap + 16;
        a->e = mem_grow(a->e, a->cap * sizeof *a->e);
    }
    b = &a->e[a->n++];
    *b = (struct beside){.id = e->id, .seq = e->seq, .bytes_n = e->bytes.n};
    memcpy(b->prev.b, e->bytes.p + 48, HASH_BYTES);
    return true;
}

static int
by_id(const void *x, const void *y)
{
    return hash_cmp(&((const struct beside *)x)->id, &((const struct beside *)y)->id);
}

static int
by_seq(const void *x, const void *y)
{
    const struct beside *a = x;
    const struct beside *b = y;

    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return hash_cmp(&a->id, &b->id);
}

static struct beside *
beside(const struct aside *a, const struct hash *id)
{
    struct beside key = {.id = *id};

    return a->n > 0 ? bsearch(&key, a->e, a->n, sizeof *a->e, by_id) : NULL;
}

/* Keeps those on a chain of a line from `from` up to `to`, parents first. */
static void
keep_wanted(struct aside *a, const struct log_state *log, uint64_t from, uint64_t to)
{
    size_t n = 0;

    qsort(a->e, a->n, sizeof *a->e, by_id);
    for (uint64_t i = from; i < to; i++) {
        struct beside *b = beside(a, &log->lines[i].id);

        while (b != NULL && !b->is_wanted) {
            b->is_wanted = true;
            b = beside(a, &b->prev);
        }
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->e[i].is_wanted) {
            a->e[n++] = a->e[i];
        }
    }
    a->n = n;
}

static bool
window_each(void *arg, const struct stored *e)
{
    struct aside *a = arg;
    struct beside *b = beside(a, &e->id);

    if (b != NULL && e->bytes.n == b->bytes_n && b->is_wanted) {
        b->at = a->window.n + 1;
        buf_add_slice(&a->window, e->bytes);
    }
    return true;
}

/* What lies beside the trunk, and of the trunk what is above `head` (0: nothing). */
static enum rc
each_beside(struct session *s, const struct key *log, uint64_t head, store_each_fn each,
            struct aside *a)
{
    const struct sync_store *store = replica_store(s->setup.replica);
    enum rc rc = store->loose_each(store->self, log, each, a);

    s->lookups++;
    if (rc == RC_OK && head > 0 && replica_trunk_n(s->setup.replica, log) >= head) {
        rc = store->trunk(store->self, log, head, each, a);
        s->lookups++;
    }
    return rc;
}

/* Reads the bytes of those in [from, to) of the order by seq, and sends them. */
static enum rc
send_window(struct session *s, struct peer_log *l, struct aside *a, size_t from,
            size_t to, uint64_t head)
{
    enum rc rc;

    for (size_t i = 0; i < a->n; i++) {
        a->e[i].is_wanted = i >= from && i < to;
    }
    qsort(a->e, a->n, sizeof *a->e, by_id);
    rc = each_beside(s, &l->log, head, window_each, a);
    qsort(a->e, a->n, sizeof *a->e, by_seq);
    for (size_t i = from; i < to && rc == RC_OK; i++) {
        if (a->e[i].at > 0) {
            branch_run(s, slice_of(a->window.p + a->e[i].at - 1, a->e[i].bytes_n));
        }
    }
    return rc;
}

enum rc
branch_others(struct session *s, struct peer_log *l, bool *more)
{
    struct aside a = {.window = BUF_NONE};
    uint64_t head = l->ours.head_seq + 1;
    size_t to = l->aside;
    size_t bytes = 0;
    enum rc rc = each_beside(s, &l->log, head, list_each, &a);

    *more = false;
    if (rc == RC_OK && a.n > 0) {
        qsort(a.e, a.n, sizeof *a.e, by_seq);
        while (to < a.n && bytes < RUN_BYTES) {
            bytes += a.e[to++].bytes_n;
        }
        rc = l->aside < to ? send_window(s, l, &a, l->aside, to, head) : RC_OK;
    }
    *more = to < a.n && s->node == NODE_NO_HUB;
    l->aside = *more ? to : 0;
    if (!*more) {
        l->others_sent = l->ours.proof;
    }
    mem_free(a.e);
    buf_free(&a.window);
    return rc;
}

enum rc
branch_lines(struct session *s, struct peer_log *l, bool *more)
{
    const struct log_state *log = replica_log(s->setup.replica, l->ours.no);
    uint64_t from = l->theirs.passed > l->lines_sent ? l->theirs.passed : l->lines_sent;
    struct aside a = {.window = BUF_NONE};
    size_t to = l->aside;
    size_t bytes = 0;
    enum rc rc = RC_OK;

    *more = false;
    if (log != NULL && from < l->ours.passed) {
        rc = each_beside(s, &l->log, 0, list_each, &a);
    }
    if (rc == RC_OK && a.n > 0) {
        keep_wanted(&a, log, from, l->ours.passed);
        qsort(a.e, a.n, sizeof *a.e, by_seq);
        while (to < a.n && bytes < RUN_BYTES) {
            bytes += a.e[to++].bytes_n;
        }
        rc = l->aside < to ? send_window(s, l, &a, l->aside, to, 0) : RC_OK;
    }
    *more = to < a.n;
    l->aside = *more ? to : 0;
    if (!*more) {
        l->lines_sent = l->ours.passed;
    }
    mem_free(a.e);
    buf_free(&a.window);
    return rc;
}
