/* Acceptance: which entries of one log count (design section 6). */
#include "sync/accept.h"

#include <assert.h>
#include <string.h>

#include "sync/chain.h"

/* Room for one more: grows by a quarter, for a log may have a million lines. */
static void *
room(void *p, size_t n, size_t *cap, size_t each)
{
    if (n < *cap) {
        return p;
    }
    *cap = n + n / 4 + 4;
    return mem_grow(p, *cap * each);
}

void
log_line_add(struct log_state *log, const struct log_line *line)
{
    log->lines = room(log->lines, log->lines_n, &log->lines_cap, sizeof *log->lines);
    log->lines[log->lines_n++] = *line;
}

void
log_seal_add(struct log_state *log, const struct log_line *line)
{
    log->seals = room(log->seals, log->seals_n, &log->seals_cap, sizeof *log->seals);
    log->seals[log->seals_n++] =
        (struct seal_point){line->seq, line->clock, line->pos, line->seal_no};
    log->seal_seq = line->seq;
    log->seal = line->id;
}

void
log_empty_add(struct log_state *log, uint32_t line)
{
    log->empty = room(log->empty, log->empty_n, &log->empty_cap, sizeof *log->empty);
    log->empty[log->empty_n++] = line;
}

void
log_revoke_set(struct log_state *log, uint32_t line)
{
    const struct log_line *l = &log->lines[line];

    log->is_revoked = true;
    log->cut_line = line;
    log->cut_seq = l->seq;
    log->cut = l->id;
    log->heir = l->heir;
    log->cut_pos = l->pos;
}

void
log_grant_add(struct log_state *log, const struct grant *grant)
{
    log->grants = room(log->grants, log->grants_n, &log->grants_cap, sizeof *log->grants);
    log->grants[log->grants_n++] =
        (struct log_grant){grant->from, grant->unit, grant->role, grant->scopes};
}

void
log_undecide(struct log_state *log)
{
    static const struct hash none = {{0}};

    log->passed = 0;
    log->waiting = false;
    log->seals_n = 0;
    log->head_seq = 0;
    log->head = none;
    log->head_clock = 0;
    log->seal_seq = 0;
    log->seal = none;
    log->is_revoked = false;
    log->cut_seq = 0;
    log->cut = none;
    log->heir = 0;
    log->cut_pos = 0;
    log->cut_line = 0;
    log->empty_n = 0;
    log->is_closed = false;
}

void
log_state_fini(struct log_state *log)
{
    mem_free(log->grants);
    mem_free(log->lines);
    mem_free(log->seals);
    mem_free(log->empty);
    *log = (struct log_state){0};
}

const struct log_grant *
log_grant_at(const struct log_state *log, uint64_t seq)
{
    for (size_t i = log->grants_n; i > 0; i--) {
        if (log->grants[i - 1].from <= seq) {
            return &log->grants[i - 1];
        }
    }
    return NULL;
}

/* Which operations a role may do at all; record types narrow it further. */
static bool
role_may(enum role role, enum op_code code)
{
    enum role_class class = role_class(role);

    switch (code) {
    case OP_OPEN:
    case OP_ISSUE:
        return class == CLASS_KEEPER;
    case OP_PUT:
    case OP_GIVE:
    case OP_TAKE:
    case OP_SPEND:
    case OP_RETURN:
        return class == CLASS_KEEPER || class == CLASS_MEMBER;
    case OP_ERASED: /* only in a node's own log, which has no grant */
        return false;
    }
    return false;
}

bool
log_effective(const struct log_state *log, uint64_t seq, uint32_t scope,
              enum op_code code)
{
    const struct log_grant *grant = log_grant_at(log, seq);

    if (log->is_ack || code == OP_ERASED) {
        return log->is_ack && code == OP_ERASED && scope == SCOPE_NO_COMMUNITY &&
               seq > 0 && seq <= log->head_seq;
    }
    if (seq == 0 || seq > log->head_seq || grant == NULL) {
        return false;
    }
    if (code != OP_PUT && scope != SCOPE_NO_COMMUNITY) {
        return false;
    }
    return scopes_has(&grant->scopes, scope) && role_may(grant->role, code);
}

uint64_t
log_sealed_clock(const struct log_state *log, uint64_t seq)
{
    size_t lo = 0;
    size_t hi = log->seals_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (log->seals[mid].seq < seq) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < log->seals_n ? log->seals[lo].clock : UINT64_MAX;
}

/* ---- the lines, in order */

/* Where an id of a line stands: a fact, or TREE_BASE at `seq` at or below the base. */
struct spot {
    uint32_t at;
    uint64_t seq;
};

struct fold {
    struct log_state *log;
    struct accept_run *run;
    const struct tree *tree;
    struct spot seal; /* TREE_NONE: none */
    struct spot cut;
};

static struct spot
spot_of(const struct fold *f, const struct hash *id)
{
    const struct tree *t = f->tree;
    uint32_t i = tree_find(t, id);
    uint64_t seq;

    if (i != TREE_NONE) {
        return (struct spot){tree_is_attached(t, i) ? i : TREE_NONE, t->fact[i].seq};
    }
    if (t->base_seq > 0 && hash_eq(id, &t->base)) {
        return (struct spot){TREE_BASE, t->base_seq};
    }
    seq = f->run->below != NULL ? f->run->below(f->run->arg, id) : 0;
    return (struct spot){seq > 0 ? TREE_BASE : TREE_NONE, seq};
}

/* Is `low` on the chain of `high`? */
static bool
is_on(const struct tree *t, struct spot low, struct spot high)
{
    if (low.seq > high.seq) {
        return false;
    }
    if (low.at ==
        TREE_BASE) { /* the chain of the base is one, the side leaves it below */
        return high.at == TREE_BASE || tree_above(t, high.at, t->base_seq) == TREE_BASE;
    }
    return high.at < TREE_SIDE && tree_above(t, high.at, low.seq) == low.at;
}

/* Sealed at its cut: closed for good. */
static bool
is_closed(const struct fold *f)
{
    return f->seal.at != TREE_NONE && f->cut.at != TREE_NONE && f->seal.at == f->cut.at &&
           f->seal.seq == f->cut.seq;
}

/* Does the line, which is attached at this spot, count? */
static bool
is_counting(const struct fold *f, const struct log_line *l, struct spot at)
{
    if (at.seq != l->seq || is_closed(f)) {
        return false;
    }
    if (f->seal.at != TREE_NONE && !is_on(f->tree, f->seal, at)) {
        return false;
    }
    return l->is_revoke || f->cut.at == TREE_NONE || is_on(f->tree, at, f->cut);
}

/* False: the line's chain is not held, this line and all later ones wait. */
static bool
take_line(struct fold *f, uint32_t i)
{
    const struct log_line *l = &f->log->lines[i];
    bool is_none = l->is_revoke && l->seq == 0; /* nothing of this log is good */
    struct spot at = is_none ? (struct spot){TREE_BASE, 0} : spot_of(f, &l->id);
    bool counts = at.at != TREE_NONE && is_counting(f, l, at);

    if (at.at == TREE_NONE) {
        return false;
    }
    if (counts && l->is_revoke) {
        f->cut = at;
        log_revoke_set(f->log, i);
    } else if (counts) {
        f->seal = at;
        log_seal_add(f->log, l);
    } else if (!l->is_revoke) {
        log_empty_add(f->log, i);
    }
    return true;
}

static struct fold
fold_of(struct log_state *log, struct accept_run *run)
{
    const struct tree *t = run->tree;
    struct fold f = {log, run, t, {TREE_NONE, 0}, {TREE_NONE, 0}};

    assert(t->base_seq == log->seal_seq);
    if (log->seal_seq > 0) {
        f.seal = (struct spot){TREE_BASE, log->seal_seq};
    }
    if (log->is_revoked) {
        f.cut = log->cut_seq <= t->base_seq ? (struct spot){TREE_BASE, log->cut_seq}
                                            : spot_of(&f, &log->cut);
        assert(f.cut.at != TREE_NONE); /* a revoke counts only once it is attached */
    }
    return f;
}

/* ---- above the seal, one by one */

/* Is fact i, which extends what is accepted, accepted as well? */
static bool
is_taken(const struct fold *f, uint32_t i)
{
    const struct fact *e = &f->tree->fact[i];

    if (!e->sig) {
        return false;
    }
    if (f->log->is_revoked) {
        return e->seq <= f->cut.seq && f->cut.at < TREE_SIDE &&
               tree_above(f->tree, f->cut.at, e->seq) == i;
    }
    return f->log->proof.seq == 0 || e->seq < f->log->proof.seq;
}

static uint32_t
next_taken(const struct fold *f, uint64_t seq, uint32_t last)
{
    const struct tree *t = f->tree;

    for (size_t k = tree_at(t, seq); k < t->n; k++) {
        uint32_t i = t->order[k];

        if (t->fact[i].seq != seq) {
            break;
        }
        if (t->parent[i] == last && is_taken(f, i)) {
            return i;
        }
    }
    return TREE_NONE;
}

static void
walk(struct fold *f)
{
    const struct tree *t = f->tree;
    struct accept_run *run = f->run;
    uint32_t last = f->seal.at < TREE_SIDE ? f->seal.at : TREE_BASE;

    run->path_n = 0;
    if (last != TREE_BASE) {
        run->path_n = (size_t)(t->fact[last].seq - t->base_seq);
        for (size_t k = run->path_n, i = last; k > 0; k--, i = t->parent[i]) {
            run->path[k - 1] = (uint32_t)i;
        }
    }
    for (uint32_t i = next_taken(f, t->base_seq + run->path_n + 1, last); i != TREE_NONE;
         i = next_taken(f, t->base_seq + run->path_n + 1, last)) {
        run->path[run->path_n++] = i;
        last = i;
    }
}

void
accept_from(struct log_state *log, struct accept_run *run)
{
    const struct tree *t = run->tree;
    struct fold f = fold_of(log, run);

    while (log->passed < log->lines_n && take_line(&f, (uint32_t)log->passed)) {
        log->passed++;
    }
    log->waiting = log->passed < log->lines_n;
    log->is_closed = is_closed(&f);
    walk(&f);
    log->head_seq = t->base_seq + run->path_n;
    log->head = run->path_n > 0 ? t->fact[run->path[run->path_n - 1]].id : t->base;
    log->head_clock =
        run->path_n > 0 ? t->fact[run->path[run->path_n - 1]].clock : run->base_clock;
}

/* Two ids at one seq, both signed: the lowest such seq, its two smallest ids. */
static struct proof
proof_of(const struct tree *t)
{
    const struct fact *last = NULL;

    for (size_t k = 0; k < t->n; k++) {
        const struct fact *e = &t->fact[t->order[k]];

        if (!e->sig) {
            continue;
        }
        if (last != NULL && last->seq == e->seq) {
            return (struct proof){e->seq, {last->id, e->id}};
        }
        last = e;
    }
    return (struct proof){0};
}

void
accept_log(struct log_state *log, const struct fact *facts, size_t n,
           const struct fact **accepted, size_t *accepted_n)
{
    static const struct hash none = {{0}};
    struct tree tree = {0};
    struct accept_run run = {.tree = &tree};

    tree_build(&tree, facts, n, 0, &none, NULL);
    run.path = mem_new(n * sizeof *run.path);
    log_undecide(log);
    log->proof = proof_of(&tree);
    accept_from(log, &run);
    for (size_t i = 0; accepted != NULL && i < run.path_n; i++) {
        accepted[i] = &facts[run.path[i]];
    }
    if (accepted_n != NULL) {
        *accepted_n = run.path_n;
    }
    mem_free(run.path);
    tree_fini(&tree);
}
