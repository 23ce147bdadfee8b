/* The folds from scratch, and the engine on fabricated entries. */
#include "tests/lib/fold.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS_MAX 40

uint64_t
rnd_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t
rnd_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((rnd_next(state) >> 32) * n >> 32);
}

void
fold_fini(struct fold *f)
{
    mem_free(f->rows);
    mem_free(f->logs);
    mem_free(f->accepted);
    authority_free(f->own);
    replica_free(f->replica);
    mem_store_free(f->store);
    mem_free(f->fake);
    *f = (struct fold){0};
}

/* ---- from scratch */

static void
give_op(void *self, uint32_t index, struct auth_op *out)
{
    const struct golden_entry *const *e = self;

    *out = (*e)->ops[index];
}

static size_t
facts_of(const struct golden *g, struct auth_fact *facts, size_t *entry)
{
    struct key *keys = mem_new(g->n * sizeof *keys);
    uint32_t keys_n = 0;
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++) {
        const struct golden_entry *e = &g->entry[i];
        uint32_t k = 0;
        if (!e->is_authority) {
            continue;
        }
        while (k < keys_n && !key_eq(&keys[k], &e->log)) {
            k++;
        }
        keys[k] = e->log;
        keys_n = k == keys_n ? k + 1 : keys_n;
        facts[n] = (struct auth_fact){.fact = e->fact, .key = k};
        if (e->has_succeed) {
            facts[n].has_root = e->ops[0].root_holds;
            facts[n].reign = e->ops[0].reign;
            facts[n].to_seq = e->ops[0].reign_seq;
            facts[n].to = e->ops[0].reign_id;
        }
        entry[n++] = i;
    }
    mem_free(keys);
    return n;
}

static void
scratch_authority(const struct golden *g, struct fold *out)
{
    struct auth_fact *facts = mem_new(g->n * sizeof *facts);
    size_t *entry = mem_new(g->n * sizeof *entry);
    struct prefix prefix = {0};
    uint32_t reign = 0;

    authority_prefix(facts, facts_of(g, facts, entry), &g->community, &prefix);
    for (size_t i = 0; i < prefix.n; i++) {
        const struct golden_entry *e = &g->entry[entry[prefix.at[i]]];
        struct auth_entry a = {.id = e->fact.id,
                               .key = e->log,
                               .seq = e->fact.seq,
                               .clock = e->fact.clock,
                               .reign = reign += e->fact.seq == 1,
                               .ops_n = e->ops_n,
                               .op = give_op,
                               .self = &e};
        authority_apply(out->own, &a);
    }
    authority_freeze(out->own, prefix.is_frozen);
    for (size_t i = 0; i < prefix.rows_n; i++) {
        const struct auth_row *r = &prefix.row[i];
        out->rows[out->rows_n++] =
            (struct row){.is_authority = true,
                         .no = r->reign,
                         .head_seq = r->head_seq,
                         .head = r->head,
                         .has_proof = r->proof.seq > 0,
                         .proof_seq = r->proof.seq,
                         .proof = {r->proof.id[0], r->proof.id[1]}};
    }
    prefix_fini(&prefix);
    mem_free(facts);
    mem_free(entry);
}

static void
scratch_log(const struct golden *g, struct log_state *log, struct fold *out)
{
    struct fact *facts = mem_new(g->n * sizeof *facts);
    const struct fact **accepted = mem_new(g->n * sizeof(struct fact *));
    size_t *entry = mem_new(g->n * sizeof *entry);
    size_t n = 0;
    size_t accepted_n = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (!g->entry[i].is_authority && key_eq(&g->entry[i].log, &log->key)) {
            facts[n] = g->entry[i].fact;
            entry[n++] = i;
        }
    }
    accept_log(log, facts, n, accepted, &accepted_n);
    for (size_t i = 0; i < accepted_n; i++) {
        out->accepted[entry[accepted[i] - facts]] = true;
    }
    out->rows[out->rows_n++] = (struct row){.no = log->no,
                                            .head_seq = log->head_seq,
                                            .head = log->head,
                                            .has_proof = log->proof.seq > 0,
                                            .proof_seq = log->proof.seq,
                                            .proof = {log->proof.id[0], log->proof.id[1]},
                                            .passed = log->passed};
    out->logs[out->logs_n++] = log;
    mem_free(facts);
    mem_free(accepted);
    mem_free(entry);
}

void
fold_scratch(const struct golden *g, struct fold *out)
{
    *out = (struct fold){.own = authority_new()};
    out->authority = out->own;
    out->rows = mem_new((2 * g->n + 64) * sizeof *out->rows);
    out->accepted = mem_new(g->n * sizeof *out->accepted);
    scratch_authority(g, out);
    out->logs = mem_new(authority_logs_n(out->own) * sizeof(struct log_state *));
    out->rows = mem_grow(out->rows,
                         (out->rows_n + authority_logs_n(out->own)) * sizeof *out->rows);
    for (size_t i = 0; i < authority_logs_n(out->own); i++) {
        scratch_log(g, &authority_log_at(out->own, i)->log, out);
    }
}

/* ---- the engine: an entry's bytes are its place in the history and a body of one byte
 */

#define FAKE_HEAD_BYTES 4
#define FAKE_BYTES 5

struct fake {
    const struct golden *g;
    const struct golden_entry *opened;
};

static bool
fake_read(void *self, struct slice bytes, struct arrival *out)
{
    const struct fake *f = self;
    const struct golden_entry *e = &f->g->entry[get_u32(bytes.p)];

    *out = (struct arrival){.kind = e->is_authority ? ENTRY_AUTHORITY : ENTRY_DATA,
                            .log = e->log,
                            .fact = e->fact,
                            .bytes = bytes};
    out->fact.sig = false;
    return true;
}

static bool
fake_check(void *self, const struct arrival *a)
{
    const struct fake *f = self;

    return f->g->entry[get_u32(a->bytes.p)].fact.sig;
}

static uint32_t
fake_ops(void *self, const struct arrival *a)
{
    struct fake *f = self;

    assert(a->bytes.n == FAKE_BYTES);
    f->opened = &f->g->entry[get_u32(a->bytes.p)];
    return f->opened->ops_n;
}

static void
fake_op(void *self, uint32_t index, struct auth_op *out)
{
    const struct fake *f = self;

    *out = f->opened->ops[index];
}

static enum rc
offer_one(struct replica *r, struct fake *f, uint32_t i, enum offer *what)
{
    uint8_t bytes[FAKE_BYTES] = {0};
    struct arrival a;

    put_u32(bytes, i);
    fake_read(f, slice_of(bytes, sizeof bytes), &a);
    return replica_take(r, &a, what);
}

static void
shuffle(uint64_t *seed, uint32_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t k = rnd_below(seed, (uint32_t)i);
        uint32_t at = order[k];
        order[k] = order[i - 1];
        order[i - 1] = at;
    }
}

/* The changes told must carry the accepted range of each log from what it was to what it
 * is: told[] is what a listener believes. */
static const char *
listen(const struct replica *r, const struct changes *c, uint64_t *told)
{
    static char why[200];
    bool again = false;

    for (size_t i = 0; i < c->n; i++) {
        const struct change *x = &c->p[i];
        again = again || x->kind == CHANGE_REFOLD;
        if (x->log_no >= 64) {
            continue;
        }
        if (x->kind == CHANGE_WITHDRAWN && told[x->log_no] == x->to) {
            told[x->log_no] = x->from - 1;
        } else if (x->kind == CHANGE_ACCEPTED && told[x->log_no] + 1 == x->from) {
            told[x->log_no] = x->to;
        } else if (x->kind == CHANGE_ACCEPTED || x->kind == CHANGE_WITHDRAWN) {
            snprintf(why, sizeof why, "change %d of %u: %llu..%llu told after %llu",
                     (int)x->kind, x->log_no, (unsigned long long)x->from,
                     (unsigned long long)x->to, (unsigned long long)told[x->log_no]);
            return why;
        }
    }
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *s = replica_log_at(r, i);
        if (s->no < 64 && again) {
            told[s->no] = s->head_seq;
        } else if (s->no < 64 && told[s->no] != s->head_seq) {
            snprintf(why, sizeof why, "log %u: %llu told, is %llu", s->no,
                     (unsigned long long)told[s->no], (unsigned long long)s->head_seq);
            return why;
        }
    }
    return NULL;
}

static bool
same_row(const struct row *a, const struct row *b)
{
    return a->is_authority == b->is_authority && a->no == b->no &&
           a->head_seq == b->head_seq && hash_eq(&a->head, &b->head) &&
           a->has_proof == b->has_proof && a->proof_seq == b->proof_seq &&
           hash_eq(&a->proof[0], &b->proof[0]) && hash_eq(&a->proof[1], &b->proof[1]) &&
           a->passed == b->passed;
}

static const char *
row_differs(const struct row *a, const struct row *b)
{
    static char why[300];

    snprintf(why, sizeof why, "%s %u: head %s/%s proof %s %s/%s %s passed %llu/%llu",
             a->is_authority ? "reign" : "log", a->no, golden_text(a->head.b),
             golden_text(b->head.b), golden_text(a->proof[0].b),
             golden_text(a->proof[1].b), golden_text(b->proof[0].b),
             golden_text(b->proof[1].b), (unsigned long long)a->passed,
             (unsigned long long)b->passed);
    return why;
}

/* A restart must change nothing that is replicated. */
static const char *
restart(struct replica *r, const struct golden *g)
{
    size_t n = replica_rows_n(r);
    struct row *rows = mem_new(n * sizeof *rows);
    const char *why = NULL;
    struct row now;

    for (size_t i = 0; i < n; i++) {
        replica_row_at(r, i, &rows[i]);
    }
    if (replica_load(r, &g->community) != RC_OK) {
        why = "load fails";
    } else if (replica_rows_n(r) != n) {
        why = "a restart changes the number of rows";
    }
    for (size_t i = 0; i < n && why == NULL; i++) {
        replica_row_at(r, i, &now);
        why = same_row(&rows[i], &now) ? NULL : row_differs(&rows[i], &now);
    }
    mem_free(rows);
    return why;
}

static const char *
settle(struct replica *r, uint64_t *told)
{
    struct changes c;

    if (replica_settle(r, &c) != RC_OK) {
        return "settle fails";
    }
    return listen(r, &c, told);
}

struct run {
    const struct golden *g;
    struct replica *r;
    struct fake *f;
    uint64_t seed;
    uint64_t told[64];
    bool took; /* something, in this pass */
};

/* One pass over everything, in a new order. */
static const char *
pass(struct run *run, uint32_t *order, bool calm)
{
    const char *why = NULL;

    run->took = false;
    shuffle(&run->seed, order, run->g->n);
    for (size_t i = 0; i < run->g->n && why == NULL; i++) {
        enum offer what;
        enum rc rc = offer_one(run->r, run->f, order[i], &what);
        uint32_t dice = rnd_below(&run->seed, 100);

        if (rc != RC_OK && rc != RC_FORGED) {
            return "offer fails";
        }
        run->took =
            run->took || (rc == RC_OK && (what == OFFER_TAKEN || what == OFFER_HELD));
        if (calm || dice >= 25) {
            continue;
        }
        if (dice < 5) {
            replica_final(run->r);
        }
        why = settle(run->r, run->told);
        if (why == NULL && dice < 3) {
            why = restart(run->r, run->g);
        }
    }
    if (why == NULL) {
        replica_final(run->r);
        why = settle(run->r, run->told);
    }
    return why;
}

static void
collect(const struct golden *g, struct fold *out)
{
    const struct replica *r = out->replica;

    out->authority = replica_authority(r);
    out->rows = mem_new((replica_rows_n(r) + 1) * sizeof *out->rows);
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row *row = &out->rows[out->rows_n];

        replica_row_at(r, i, row);
        row->log = (struct key){{0}};
        out->rows_n += !row->is_ack; /* the model knows none */
    }
    out->logs_n = replica_logs_n(r);
    out->logs = mem_new(out->logs_n * sizeof(struct log_state *));
    for (size_t i = 0; i < out->logs_n; i++) {
        out->logs[i] = replica_log_at(r, i);
    }
    out->accepted = mem_new(g->n * sizeof *out->accepted);
    for (size_t i = 0; i < g->n; i++) {
        const struct golden_entry *e = &g->entry[i];
        const struct log_state *s = replica_log_by_key(r, &e->log);
        struct hash id;

        out->accepted[i] =
            !e->is_authority && s != NULL && e->fact.seq <= s->head_seq &&
            mem_store_trunk_at(out->store, &e->log, e->fact.seq, &id).n > 0 &&
            hash_eq(&id, &e->fact.id);
    }
}

const char *
fold_engine(const struct golden *g, uint64_t seed, struct fold *out)
{
    struct run run = {.g = g, .seed = seed};
    uint32_t *order = mem_new(g->n * sizeof *order);
    uint8_t before[16] = {0};
    uint8_t now[16];
    const char *why = NULL;
    int calm = 0;

    *out = (struct fold){.fake = mem_new(sizeof *out->fake)};
    out->fake->g = g;
    out->store = mem_store_new();
    out->replica = replica_new_with(mem_store_port(out->store),
                                    &(struct codec){.self = out->fake,
                                                    .head_n = FAKE_HEAD_BYTES,
                                                    .read = fake_read,
                                                    .check = fake_check,
                                                    .ops = fake_ops,
                                                    .op = fake_op});
    run.r = out->replica;
    run.f = out->fake;
    if (replica_load(out->replica, &g->community) != RC_OK) {
        why = "load fails";
    }
    for (uint32_t i = 0; i < g->n; i++) {
        order[i] = i;
    }
    /* A refused entry may need what came behind it, and that again: until three passes
     * change nothing. */
    for (int round = 0; why == NULL && calm < 3; round++) {
        why = round == ROUNDS_MAX ? "never comes to rest" : pass(&run, order, round > 0);
        replica_digest(out->replica, now);
        calm = !run.took && memcmp(before, now, 16) == 0 ? calm + 1 : 0;
        memcpy(before, now, 16);
    }
    if (why == NULL) {
        why = restart(out->replica, g);
    }
    mem_free(order);
    collect(g, out);
    return why;
}

/* ---- the same? */

static bool
same_log(const struct log_state *a, const struct log_state *b)
{
    bool same =
        a->no == b->no && key_eq(&a->key, &b->key) && a->grants_n == b->grants_n &&
        a->lines_n == b->lines_n && a->passed == b->passed && a->waiting == b->waiting &&
        a->seals_n == b->seals_n && a->head_seq == b->head_seq &&
        hash_eq(&a->head, &b->head) && a->head_clock == b->head_clock &&
        a->seal_seq == b->seal_seq && hash_eq(&a->seal, &b->seal) &&
        a->is_revoked == b->is_revoked && a->cut_seq == b->cut_seq &&
        hash_eq(&a->cut, &b->cut) && a->heir == b->heir && a->cut_pos == b->cut_pos &&
        a->is_closed == b->is_closed && a->empty_n == b->empty_n;

    for (size_t i = 0; same && i < a->seals_n; i++) {
        same = a->seals[i].seq == b->seals[i].seq && a->seals[i].pos == b->seals[i].pos &&
               a->seals[i].clock == b->seals[i].clock;
    }
    return same;
}

static bool
same_authority(const struct golden *g, const struct authority *a,
               const struct authority *b)
{
    bool same = a->n == b->n && a->is_frozen == b->is_frozen && a->reign == b->reign &&
                a->head_seq == b->head_seq && a->officers.n == b->officers.n &&
                memcmp(a->officers.key, b->officers.key,
                       a->officers.n * sizeof a->officers.key[0]) == 0 &&
                a->logs_n == b->logs_n && a->erased_n == b->erased_n &&
                a->items_n == b->items_n && a->empty_n == b->empty_n &&
                a->seals_n == b->seals_n;

    for (size_t i = 0; same && i < a->n; i++) {
        same = hash_eq(&a->id[i], &b->id[i]);
    }
    for (size_t i = 0; same && i < a->empty_n; i++) {
        same =
            a->empty[i].pos == b->empty[i].pos && a->empty[i].index == b->empty[i].index;
    }
    (void)g;
    return same;
}

const char *
fold_same(const struct golden *g, const struct fold *a, const struct fold *b)
{
    static char why[200];

    if (!same_authority(g, a->authority, b->authority)) {
        return "the authority differs";
    }
    if (a->rows_n != b->rows_n || a->logs_n != b->logs_n) {
        return "rows or logs are missing";
    }
    for (size_t i = 0; i < a->rows_n; i++) {
        if (!same_row(&a->rows[i], &b->rows[i])) {
            return row_differs(&a->rows[i], &b->rows[i]);
        }
    }
    for (size_t i = 0; i < a->logs_n; i++) {
        if (!same_log(a->logs[i], b->logs[i])) {
            snprintf(why, sizeof why, "log %u differs", a->logs[i]->no);
            return why;
        }
    }
    for (size_t i = 0; i < g->n; i++) {
        if (a->accepted[i] != b->accepted[i]) {
            snprintf(why, sizeof why, "entry %s: accepted %d/%d",
                     golden_text(g->entry[i].fact.id.b), a->accepted[i], b->accepted[i]);
            return why;
        }
    }
    return NULL;
}
