/* The community's Merkle tree (AUTHORITY.md section 8): per counted seal the authority
 * entries up to the one before, then each line's entries above the line before it. A line
 * without effect adds nothing. */
#include "sync/replica_impl.h"

#include <string.h>

/* A seal that is drafted fits one entry with room to spare. */
#define DRAFT_LINES_MAX 1024

void
seal_walk_reset(struct replica *r)
{
    memset(&r->walk, 0, sizeof r->walk);
    r->walked = r->walk;
}

/* Its last counted seal before the walk. */
void
seal_place(const struct replica *r, struct held *h)
{
    const struct log_state *s = h->state;
    uint64_t end = r->walk.seal < r->authority->seals_n ? r->authority->seal[r->walk.seal]
                                                        : UINT64_MAX;

    h->tree_seq = 0;
    for (size_t i = s->seals_n; i > 0; i--) {
        if (s->seals[i - 1].pos < end) {
            h->tree_seq = s->seals[i - 1].seq;
            break;
        }
    }
}

struct leaves {
    struct merkle *tree;
    uint64_t next, to;
    uint64_t left;
};

static bool
leaves_one(void *arg, const struct stored *e)
{
    struct leaves *l = arg;

    if (e->seq != l->next || l->left == 0) {
        return false;
    }
    merkle_add(l->tree, &e->id);
    l->left--;
    l->next++;
    return l->next <= l->to;
}

/* Adds the log's entries (from, to]; how far it came in *from. */
static enum rc
add_entries(struct replica *r, const struct held *h, struct merkle *tree, uint64_t *from,
            uint64_t to, uint64_t *left)
{
    struct leaves l = {tree, *from + 1, to, *left};
    enum rc rc = RC_OK;

    if (to <= *from || *left == 0) {
        return RC_OK;
    }
    rc = (r->store->ids != NULL ? r->store->ids : r->store->trunk)(
        r->store->self, &h->key, l.next, leaves_one, &l);
    *from = l.next - 1;
    *left = l.left;
    return rc == RC_OK && *from<to && * left> 0 ? RC_CORRUPT : rc;
}

/* Of its counted seals, those in entries before `pos`. */
static size_t
seals_before(const struct log_state *s, uint64_t pos)
{
    size_t lo = 0;
    size_t hi = s->seals_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->seals[mid].pos < pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* The line of this log in the seal at `pos`: is it decided, does it count? */
static void
line_fate(const struct log_state *s, uint64_t pos, uint64_t seq, bool *decided,
          bool *counts)
{
    size_t lo = 0;
    size_t hi = s->lines_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->lines[mid].pos < pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    *decided = true;
    for (; lo < s->lines_n && s->lines[lo].pos == pos; lo++) {
        *decided = *decided && lo < s->passed;
    }
    *counts = false;
    for (lo = seals_before(s, pos); lo < s->seals_n && s->seals[lo].pos == pos; lo++) {
        *counts = *counts || s->seals[lo].seq == seq;
    }
}

static struct held *
held_of(const struct replica *r, uint32_t log_no)
{
    const struct auth_log *log = authority_log(r->authority, log_no);

    return log != NULL ? log->log.held : NULL;
}

static bool
is_ready(const struct replica *r, const struct auth_op *op, uint64_t pos)
{
    struct slice rest = op->lines;
    struct line line;
    bool decided = true;
    bool counts;

    while (decided && auth_line(&rest, &line)) {
        const struct held *h = held_of(r, line.log_no);

        if (h != NULL) {
            line_fate(h->state, pos, line.seq, &decided, &counts);
            decided = decided && h->is_placed;
        }
    }
    return decided;
}

/* Adds what is left of the seal's lines; false when `left` is used up first. */
static enum rc
add_lines(struct replica *r, const struct auth_op *op, uint64_t pos, uint64_t *left,
          bool *done)
{
    struct slice rest = op->lines;
    struct line line;
    enum rc rc = RC_OK;

    *done = true;
    for (uint32_t i = 0; auth_line(&rest, &line) && rc == RC_OK && *done; i++) {
        struct held *h = held_of(r, line.log_no);
        bool decided;
        bool counts;

        if (h == NULL || i < r->walk.line) {
            continue;
        }
        line_fate(h->state, pos, line.seq, &decided, &counts);
        if (counts) {
            rc = add_entries(r, h, &r->walk.tree, &h->tree_seq, line.seq, left);
            *done = h->tree_seq >= line.seq;
        }
        r->walk.line = *done ? i + 1 : i;
    }
    return rc;
}

static void
judge(struct replica *r, const struct auth_op *op, uint64_t pos)
{
    struct hash root = merkle_root(&r->walk.tree);

    if (op->tree_size != r->walk.tree.size || !hash_eq(&op->hash, &root)) {
        r->wrong =
            authority_room(r->wrong, r->wrong_n + 1, &r->wrong_cap, sizeof *r->wrong);
        r->wrong[r->wrong_n++] = (uint32_t)pos;
    }
}

struct bring {
    struct replica *r;
    struct arrival a;
    bool is_there;
};

static bool
bring_one(void *arg, const struct stored *e)
{
    struct bring *b = arg;

    b->r->scratch.n = 0;
    buf_add_slice(&b->r->scratch, e->bytes);
    b->is_there = b->r->codec.read(b->r->codec.self, buf_slice(&b->r->scratch), &b->a);
    b->a.fact.id = e->id;
    b->a.bytes = buf_slice(&b->r->scratch);
    return false;
}

/* Opens the authority entry at pos: its operations can be asked for. */
static enum rc
open_entry(struct replica *r, uint64_t pos, uint32_t *ops_n)
{
    struct bring b = {.r = r};
    uint64_t seq = 0;
    const struct held *h = auth_place(r, pos, &seq);
    enum rc rc;

    if (h == NULL) {
        return RC_BUG;
    }
    rc = r->store->trunk(r->store->self, &h->key, seq, bring_one, &b);
    if (rc == RC_OK && b.is_there) {
        *ops_n = r->codec.ops(r->codec.self, &b.a);
    }
    return rc == RC_OK && !b.is_there ? RC_CORRUPT : rc;
}

/* One authority entry with its seals. */
static enum rc
walk_entry(struct replica *r, uint64_t pos, uint64_t *left, bool *done)
{
    struct auth_op *op = &r->op;
    uint32_t ops_n = 0;
    enum rc rc = open_entry(r, pos, &ops_n);

    *done = rc == RC_OK;
    for (; *done && r->walk.op < ops_n; r->walk.op += *done) {
        r->codec.op(r->codec.self, r->walk.op, op);
        if (op->code != AUTH_SEAL || !authority_counts(r->authority, pos, r->walk.op)) {
            continue;
        }
        *done = is_ready(r, op, pos);
        if (!*done) {
            break;
        }
        for (; r->walk.pos < pos; r->walk.pos++) {
            merkle_add(&r->walk.tree, &r->authority->id[r->walk.pos]);
        }
        rc = add_lines(r, op, pos, left, done);
        *done = *done && rc == RC_OK;
        if (*done) {
            judge(r, op, pos);
            r->walk.seal++;
            r->walk.line = 0;
        }
    }
    return rc;
}

enum rc
seal_walk(struct replica *r, uint64_t leaves_max)
{
    const struct authority *a = r->authority;
    uint64_t left = leaves_max;
    bool done = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && done && left > 0 && r->walk.seal < a->seals_n) {
        rc = walk_entry(r, a->seal[r->walk.seal], &left, &done);
        if (rc == RC_OK && done) {
            r->walk.op = 0;
            r->walked = r->walk;
            r->is_auth_unsaved = true;
        }
    }
    return rc;
}

enum seal_verdict
replica_check_seal(const struct replica *r, uint64_t pos)
{
    for (size_t i = 0; i < r->wrong_n; i++) {
        if (r->wrong[i] == pos) {
            return SEAL_WRONG;
        }
    }
    return r->walked.seal > 0 && r->authority->seal[r->walked.seal - 1] >= pos
               ? SEAL_RIGHT
               : SEAL_UNKNOWN;
}

size_t
replica_wrong_n(const struct replica *r)
{
    return r->wrong_n;
}

uint64_t
replica_wrong_at(const struct replica *r, size_t i)
{
    return r->wrong[i];
}

/* What is not settled yet is left for the next seal. */
static bool
is_sealable(const struct log_state *s)
{
    return s->held != NULL && s->held->is_placed && !s->held->is_dirty && !s->waiting &&
           s->head_seq > s->seal_seq;
}

enum rc
replica_draft_seal(struct replica *r, struct seal_draft *out)
{
    uint64_t left = UINT64_MAX;
    struct merkle tree;
    enum rc rc = seal_walk(r, UINT64_MAX);

    if (rc == RC_OK && r->walk.seal < r->authority->seals_n) {
        rc = RC_STALE; /* a line of an earlier seal waits here: not the hub's replica */
    }
    *out = (struct seal_draft){0};
    tree = r->walk.tree;
    for (uint64_t pos = r->walk.pos; rc == RC_OK && pos < r->authority->n; pos++) {
        merkle_add(&tree, &r->authority->id[pos]);
    }
    for (size_t i = 0; i < r->authority->logs_n && out->n < DRAFT_LINES_MAX; i++) {
        const struct log_state *s = &r->authority->log[i]->log;
        uint64_t from;

        if (rc != RC_OK || !is_sealable(s)) {
            continue;
        }
        r->draft = authority_room(r->draft, out->n + 1, &r->draft_cap, sizeof *r->draft);
        r->draft[out->n++] =
            (struct line){.log_no = s->no, .seq = s->head_seq, .id = s->head};
        from = s->held->tree_seq;
        rc = add_entries(r, s->held, &tree, &from, s->head_seq, &left);
    }
    out->tree_size = tree.size;
    out->root = merkle_root(&tree);
    out->line = r->draft;
    return rc;
}

enum rc
replica_check_seals(struct replica *r)
{
    return seal_walk(r, UINT64_MAX);
}

/* ---- the tree in order */

struct telling {
    struct replica *r;
    const struct tree_sink *sink;
    uint64_t pos; /* authority entries told */
    bool done;
};

/* Authority entries up to the one before `end`, a run for each reign. */
static enum rc
tell_authority(struct telling *t, uint64_t end)
{
    while (t->pos < end && !t->done) {
        uint64_t start = t->pos;
        uint64_t from = 0;
        uint64_t seq = 0;
        const struct held *h = auth_place(t->r, t->pos, &from);

        if (h == NULL) {
            return RC_BUG;
        }
        while (t->pos < end && auth_place(t->r, t->pos, &seq) == h) {
            t->pos++;
        }
        struct tree_run run = {.is_authority = true, .log = h->key, .from = from};
        run.to = from + (t->pos - start) - 1;
        t->done = !t->sink->run(t->sink->arg, &run);
    }
    return RC_OK;
}

/* What a decided line adds, if it counts. */
static void
tell_line(struct telling *t, const struct line *line, uint64_t pos)
{
    const struct held *h = held_of(t->r, line->log_no);
    struct tree_run run = {.to = line->seq};
    bool decided;
    bool counts;
    size_t i;

    if (h == NULL) {
        return;
    }
    line_fate(h->state, pos, line->seq, &decided, &counts);
    i = seals_before(h->state, pos);
    while (i < h->state->seals_n && h->state->seals[i].pos == pos &&
           h->state->seals[i].seq < line->seq) {
        i++; /* another one in the same entry */
    }
    run.log = h->key;
    run.from = i > 0 ? h->state->seals[i - 1].seq + 1 : 1;
    if (counts && run.from <= run.to) {
        t->done = !t->sink->run(t->sink->arg, &run);
    }
}

static enum rc
tell_seal(struct telling *t, const struct auth_op *op, uint64_t pos)
{
    struct slice rest = op->lines;
    struct tree_seal seal = {
        .no = op->seal_no, .size = op->tree_size, .pos = pos, .root = op->hash};
    struct line line;
    enum rc rc;

    if (!is_ready(t->r, op, pos)) {
        t->done = true;
        return RC_OK;
    }
    rc = tell_authority(t, pos);
    while (rc == RC_OK && !t->done && auth_line(&rest, &line)) {
        tell_line(t, &line, pos);
    }
    if (rc == RC_OK && !t->done) {
        t->done = !t->sink->seal(t->sink->arg, &seal);
    }
    return rc;
}

enum rc
replica_tree(struct replica *r, const struct tree_sink *sink)
{
    struct telling t = {.r = r, .sink = sink};
    enum rc rc = replica_current(r);

    for (size_t i = 0; rc == RC_OK && !t.done && i < r->authority->seals_n; i++) {
        uint64_t pos = r->authority->seal[i];
        uint32_t ops_n = 0;

        rc = open_entry(r, pos, &ops_n);
        for (uint32_t k = 0; rc == RC_OK && !t.done && k < ops_n; k++) {
            r->codec.op(r->codec.self, k, &r->op);
            if (r->op.code == AUTH_SEAL && authority_counts(r->authority, pos, k)) {
                rc = tell_seal(&t, &r->op, pos);
            }
        }
    }
    return rc;
}
