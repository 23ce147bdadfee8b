/* Random histories, written in causal order. */
#include "tests/lib/history.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fold.h"

#define LOGS_MAX_HERE 4
#define TIPS_MAX 8
#define OPS_MAX 10
#define NONE SIZE_MAX

struct gen {
    uint64_t seed;
    struct golden *g;
    size_t cap;
    uint32_t n_id;
    uint64_t clock;
    uint32_t logs_n;
    size_t tip[LOGS_MAX_HERE][TIPS_MAX]; /* entries, or NONE: before seq 1 */
    size_t tips_n[LOGS_MAX_HERE];
    size_t sealed[LOGS_MAX_HERE];
    uint32_t reign;
    uint32_t hub;      /* number of the key that writes */
    size_t chain[512]; /* the hub's entries of this reign */
    size_t chain_n;
    struct auth_op op[OPS_MAX]; /* of the entry being made */
    uint32_t ops_n;
    struct buf packed;
    bool is_calm;
};

static uint32_t
below(struct gen *t, uint32_t n)
{
    return rnd_below(&t->seed, n);
}

static bool
maybe(struct gen *t, uint32_t percent)
{
    return below(t, 100) < percent;
}

static struct key
key_of(const char *prefix, uint32_t n)
{
    char text[16];

    snprintf(text, sizeof text, "%s%u", prefix, n);
    return golden_key(text);
}

static struct golden_entry *
entry_new(struct gen *t)
{
    struct golden_entry *e;
    char text[16];

    if (t->g->n == t->cap) {
        t->cap = 2 * t->cap + 64;
        t->g->entry = mem_grow(t->g->entry, t->cap * sizeof *t->g->entry);
    }
    e = &t->g->entry[t->g->n++];
    *e = (struct golden_entry){0};
    snprintf(text, sizeof text, "%02x%x", below(t, 256), ++t->n_id);
    e->fact.id = golden_hash(text);
    e->fact.sig = true;
    e->fact.clock = t->clock++;
    return e;
}

static void
link_to(struct gen *t, struct golden_entry *e, size_t prev)
{
    e->fact.seq = 1;
    if (prev != NONE) {
        e->fact.seq = t->g->entry[prev].fact.seq + 1;
        e->fact.prev = t->g->entry[prev].fact.id;
    }
}

/* ---- what the hub says */

static struct auth_op *
op_new(struct gen *t, enum auth_code code)
{
    struct auth_op *op = &t->op[t->ops_n++];

    *op = (struct auth_op){.code = code};
    return op;
}

static void
sign(struct gen *t, struct auth_op *op)
{
    uint32_t n = maybe(t, 90) ? 3 : 1 + below(t, 2);

    for (uint32_t i = 0; i < n; i++) {
        op->order.by[i] = key_of("p", maybe(t, 97) ? i : 9);
        op->order.holds[i] = maybe(t, 98);
    }
    op->order.n = (uint16_t)n;
    if (t->chain_n > 0) {
        size_t i = maybe(t, 88) ? t->chain_n - 1 : below(t, (uint32_t)t->chain_n);
        op->order.seen = t->g->entry[t->chain[i]].fact.id;
    }
    if (t->g->n > 0 && maybe(t, 4)) {
        op->order.seen = t->g->entry[below(t, (uint32_t)t->g->n)].fact.id;
    }
}

static void
appoint(struct gen *t, struct auth_op *op)
{
    op->officers.n = (uint16_t)(op->code == AUTH_CREATE ? 3 : 1 + below(t, 4));
    for (uint16_t i = 0; i < op->officers.n; i++) {
        op->officers.key[i] = key_of("p", i);
    }
    for (size_t i = 0; i < NEED_N; i++) {
        op->officers.need[i] = (uint8_t)(i == NEED_GRANT ? 1 : below(t, 4));
    }
}

static void
grant(struct gen *t, uint32_t no, bool first)
{
    struct auth_op *op = op_new(t, AUTH_GRANT);
    struct grant *g = &op->grant;

    g->log_no = no;
    g->log = key_of("k", no);
    g->node = (no + 1) / 2;
    put_u32(g->person, no);
    g->post = 1;
    g->role = maybe(t, 85) ? ROLE_LEADER : ROLE_HELPER;
    g->scopes = (struct scopes){3, {1, 2, 3}};
    g->from = first ? 1 : 1 + below(t, 9);
    if (maybe(t, 15)) {
        g->is_invite = true;
        g->is_joined = maybe(t, 95);
        g->once = key_of("o", no);
    }
    if (!first && maybe(t, 20)) { /* something that does not fit */
        g->log = key_of("k", 1 + below(t, t->logs_n));
    }
    sign(t, op);
}

static size_t
any_data(struct gen *t, uint32_t no)
{
    struct key key = key_of("k", no);
    size_t found = NONE;
    uint32_t seen = 0;

    for (size_t i = 0; i < t->g->n; i++) {
        if (!t->g->entry[i].is_authority && key_eq(&t->g->entry[i].log, &key) &&
            below(t, ++seen) == 0) {
            found = i;
        }
    }
    return found;
}

/* Is entry `low` on the chain of `high`? */
static bool
is_on(struct gen *t, size_t low, size_t high)
{
    while (high != NONE && high != low) {
        size_t prev = NONE;

        for (size_t i = 0; i < high && prev == NONE; i++) {
            if (hash_eq(&t->g->entry[i].fact.id, &t->g->entry[high].fact.prev)) {
                prev = i;
            }
        }
        high = prev;
    }
    return high == low;
}

/* What a line names: mostly something that goes on from the last seal. */
static struct line
line_of(struct gen *t, uint32_t no, bool is_seal)
{
    size_t i = NONE;
    size_t was = t->sealed[no - 1];
    struct line line = {.log_no = no};

    for (int tries = 0; tries < 4 && i == NONE; tries++) {
        i = t->tip[no - 1][below(t, (uint32_t)t->tips_n[no - 1])];
        if (i != NONE && was != NONE && !is_on(t, was, i)) {
            i = NONE;
        }
    }
    if (i == NONE || maybe(t, 15)) {
        i = any_data(t, no);
    }
    if (i == NONE) {
        line.id = golden_hash("nowhere");
        line.seq = 1;
        return line;
    }
    line.seq = t->g->entry[i].fact.seq;
    line.id = t->g->entry[i].fact.id;
    if (is_seal) {
        t->sealed[no - 1] = i;
    }
    if (maybe(t, 3)) {
        line.seq += 1 - 2 * below(t, 2);
    }
    if (maybe(t, 2)) {
        line.id = golden_hash("nowhere");
    }
    if (!is_seal && maybe(t, 5)) { /* nothing of this log is good */
        line.seq = 0;
        line.id = (struct hash){{0}};
    }
    return line;
}

static void
seal(struct gen *t)
{
    struct auth_op *op = op_new(t, AUTH_SEAL);
    size_t from = t->packed.n;

    for (uint32_t no = 1; no <= t->logs_n; no++) {
        if (maybe(t, 60)) {
            struct line line = line_of(t, no, true);
            auth_line_add(&t->packed, &line);
            op->lines_n++;
        }
    }
    op->lines.n = t->packed.n - from;
}

static void
lost(struct gen *t)
{
    struct auth_op *op = op_new(t, AUTH_LOST);
    size_t from = t->packed.n;

    op->node = 1 + below(t, (t->logs_n + 1) / 2);
    for (uint32_t no = 1; no <= t->logs_n; no++) {
        if (maybe(t, 60)) { /* some of them of other nodes */
            struct line line = line_of(t, no, false);
            line.heir = 1 + below(t, t->logs_n);
            auth_lost_add(&t->packed, &line);
            op->lines_n++;
        }
    }
    op->lines.n = t->packed.n - from;
    sign(t, op);
}

static void
erase(struct gen *t)
{
    struct auth_op *op = op_new(t, AUTH_ERASE);
    size_t from = t->packed.n;
    struct erased_name name = {1 + below(t, t->logs_n), 1 + below(t, 9), 0};

    op->scope = 2;
    op->unit = 1;
    op->record[0] = (uint8_t)('R' + below(t, 2));
    auth_erased_add(&t->packed, &name);
    op->items_n = 1;
    op->items.n = t->packed.n - from;
    sign(t, op);
}

/* The hub's next entry, of the operations collected. */
static struct golden_entry *
say(struct gen *t)
{
    struct golden_entry *e = entry_new(t);
    const uint8_t *p;

    e->is_authority = true;
    e->log = key_of("h", t->hub);
    link_to(t, e, t->chain_n > 0 ? t->chain[t->chain_n - 1] : NONE);
    e->ops_n = t->ops_n;
    e->ops = mem_copy(t->op, t->ops_n * sizeof *e->ops);
    e->has_succeed = e->ops_n > 0 && e->ops[0].code == AUTH_SUCCEED;
    e->packed = t->packed;
    t->packed = BUF_NONE;
    p = e->packed.p;
    for (uint32_t i = 0; p != NULL && i < e->ops_n; i++) {
        e->ops[i].lines.p = p;
        e->ops[i].items.p = p + e->ops[i].lines.n;
        p += e->ops[i].lines.n + e->ops[i].items.n;
    }
    t->ops_n = 0;
    t->chain[t->chain_n++] = t->g->n - 1;
    return e;
}

static void
succeed(struct gen *t)
{
    struct auth_op *op = op_new(t, AUTH_SUCCEED);
    size_t i = t->chain[t->chain_n - 1];
    uint32_t was = t->hub;
    bool again = t->reign > 1 && maybe(t, 15); /* contradicts the last one */

    if (maybe(t, 30)) {
        i = t->chain[below(t, (uint32_t)t->chain_n)];
    }
    t->reign += !again;
    op->reign = t->reign;
    op->reign_seq = t->g->entry[i].fact.seq + (maybe(t, 3) ? 1 : 0);
    op->reign_id = maybe(t, 97) ? t->g->entry[i].fact.id : golden_hash("nowhere");
    op->root_holds = maybe(t, 92);
    t->hub = maybe(t, 4) ? was : t->hub + 1;
    t->chain_n = 0;
    if (maybe(t, 30)) {
        appoint(t, op_new(t, AUTH_OFFICERS));
    }
    say(t);
}

static void
fork_hub(struct gen *t)
{
    t->chain_n = 1 + below(t, (uint32_t)t->chain_n);
    seal(t);
    say(t)->fact.sig = maybe(t, 80);
}

static void
decide(struct gen *t)
{
    uint32_t dice = t->is_calm && maybe(t, 85) ? below(t, 60) : below(t, 100);
    uint32_t no = 1 + below(t, t->logs_n);

    if (t->chain_n >= 500) {
        return;
    }
    if (dice < 52) {
        seal(t);
    } else if (dice < 66) {
        struct auth_op *op = op_new(t, AUTH_REVOKE);
        op->line = line_of(t, no, false);
        op->line.heir = 1 + below(t, t->logs_n);
        sign(t, op);
    } else if (dice < 76) {
        grant(t, no, false);
    } else if (dice < 80) {
        erase(t);
    } else if (dice < 84) {
        lost(t);
    } else if (dice < 88) {
        struct auth_op *op = op_new(t, AUTH_OFFICERS);
        appoint(t, op);
        sign(t, op);
    } else if (dice < 90) {
        op_new(t, (enum auth_code)0);
    } else if (dice < 95) {
        fork_hub(t);
        return;
    } else {
        succeed(t);
        return;
    }
    say(t);
}

/* ---- what people write */

static void
write_one(struct gen *t)
{
    uint32_t no = 1 + below(t, t->logs_n);
    size_t *tips = t->tip[no - 1];
    size_t *n = &t->tips_n[no - 1];
    size_t b = below(t, (uint32_t)*n);
    struct golden_entry *e;

    if (maybe(t, t->is_calm ? 2 : 8) && *n < TIPS_MAX) {
        b = (*n)++;
        tips[b] = maybe(t, 15) ? NONE : any_data(t, no);
    }
    e = entry_new(t);
    e->log = key_of("k", no);
    link_to(t, e, tips[b]);
    e->fact.sig = !maybe(t, t->is_calm ? 1 : 6);
    if (maybe(t, 1)) { /* out of step: never attached, but may prove a fork */
        e->fact.seq++;
    }
    tips[b] = t->g->n - 1;
}

/* Some of it never arrives. */
static void
thin(struct gen *t)
{
    size_t n = 0;
    uint32_t keep = maybe(t, 50) ? 100 : 85;

    for (size_t i = 0; i < t->g->n; i++) {
        if (i == 0 || maybe(t, keep)) {
            t->g->entry[n++] = t->g->entry[i];
        } else {
            mem_free(t->g->entry[i].ops);
            buf_free(&t->g->entry[i].packed);
        }
    }
    t->g->n = n;
}

void
history_init(struct golden *g, uint64_t seed)
{
    struct gen *t = mem_new(sizeof *t);
    uint32_t steps;

    *g = (struct golden){.name = "random"};
    t->g = g;
    t->seed = seed;
    t->reign = 1;
    t->hub = 1;
    t->clock = 100;
    t->is_calm = maybe(t, 50);
    t->logs_n = 1 + below(t, LOGS_MAX_HERE);
    appoint(t, op_new(t, AUTH_CREATE));
    for (uint32_t no = 1; no <= t->logs_n; no++) {
        t->tip[no - 1][0] = NONE;
        t->tips_n[no - 1] = 1;
        t->sealed[no - 1] = NONE;
        if (no == 1 || maybe(t, 80)) {
            grant(t, no, true);
        }
    }
    g->community = say(t)->fact.id;
    steps = 8 + below(t, 50);
    for (uint32_t i = 0; i < steps; i++) {
        if (maybe(t, 65)) {
            write_one(t);
        } else {
            decide(t);
        }
    }
    thin(t);
    buf_free(&t->packed);
    mem_free(t);
}
