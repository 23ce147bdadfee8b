/* Rights in the simulated community: every node opens, issues, gives, takes, spends and
 * returns; the liar also what it may not. I6 at every look: issued = held + on the way +
 * spent, and what was final stays as it was. */
#include "tests/lib/world_impl.h"

#include <stdlib.h>
#include <string.h>

#include "schema/rights_in.h"
#include "tests/lib/rights_brute.h"

#define AMOUNT_MOST 12

/* ---- what there is */

struct pick {
    struct world *w;
    uint32_t n;      /* seen so far */
    uint32_t log_no; /* whose balance is asked for; 0: any asset */
    bool only_own;   /* opened by that log */
    bool only_left;  /* a lane that log_no may inherit */
    struct replica *r;
    struct rights_asset_row asset;
    struct rights_lane_row lane;
};

static bool
inherits(const struct pick *p, const struct rights_lane_row *l)
{
    const struct log_state *log = replica_log(p->r, l->log_no);
    return l->where == RIGHTS_LEFT && l->balance > 0 && log != NULL &&
           log->heir == p->log_no;
}

static bool
pick_asset(void *arg, const struct rights_asset_row *a)
{
    struct pick *p = arg;
    bool fits = !p->only_own || a->name.at.log_no == p->log_no;
    struct rights_lane_row lane = {.log_no = 0};
    for (size_t i = 0; i < a->lanes_n && (!p->only_own || p->only_left); i++)
        if (p->only_left ? inherits(p, &a->lane[i])
                         : a->lane[i].log_no == p->log_no &&
                               a->lane[i].where == RIGHTS_HELD && a->lane[i].balance > 0)
            lane = a->lane[i];
    if (p->only_left || !p->only_own)
        fits = fits && (p->log_no == 0 || lane.log_no != 0);
    if (fits && rng_below(&p->w->rng, ++p->n) == 0) {
        p->asset = *a;
        p->lane = lane;
    }
    return true;
}

struct pick_op {
    struct world *w;
    uint32_t n, log_no;
    struct rights_op_row op;
};

static bool
pick_spend(void *arg, const struct rights_op_row *o)
{
    struct pick_op *p = arg;
    if (o->code == OP_SPEND && o->name.at.log_no == p->log_no && o->state == RIGHTS_OK &&
        !o->is_used && rng_below(&p->w->rng, ++p->n) == 0)
        p->op = *o;
    return true;
}

/* ---- what people do */

struct deal {
    struct world *w;
    struct ledger *l;
    struct author_run *run;
    uint32_t log_no;
    bool lies;
    struct op *op;
};

static enum rc
put(struct deal *d, const struct item_name *asset, enum op_code code)
{
    d->op->code = code;
    d->op->asset = *asset;
    return author_put(d->run, SCOPE_NO_COMMUNITY, d->op);
}

static uint32_t
somebody(const struct deal *d)
{
    const struct replica *r = ledger_replica(d->l);
    return replica_log_at(r, rng_below(&d->w->rng, (uint32_t)replica_logs_n(r)))->no;
}

static enum rc
do_issue(struct deal *d)
{
    struct pick p = {.w = d->w, .log_no = d->log_no, .only_own = true};
    enum rc rc = rights_assets(d->l, NULL, pick_asset, &p);
    if (rc != RC_OK || p.n == 0 || rng_chance(&d->w->rng, 300))
        return rc != RC_OK
                   ? rc
                   : author_open(d->run, &d->w->shared[0], 1 + rng_below(&d->w->rng, 30));
    d->op->amount = 1 + rng_below(&d->w->rng, AMOUNT_MOST);
    return put(d, &p.asset.name, OP_ISSUE);
}

/* A give or a spend. Nobody but the liar goes beyond what it has. */
static enum rc
do_out(struct deal *d, enum op_code code)
{
    struct pick p = {.w = d->w, .log_no = d->lies ? 0 : d->log_no};
    enum rc rc = rights_assets(d->l, NULL, pick_asset, &p);
    uint64_t most = d->lies ? 1000 : p.lane.balance;
    if (rc != RC_OK || p.n == 0)
        return rc != RC_OK ? rc : RC_NO;
    d->op->amount = 1 + rng_below(&d->w->rng, AMOUNT_MOST);
    if (d->op->amount > most)
        d->op->amount = most;
    d->op->to = somebody(d);
    d->op->subject = d->w->shared[rng_below(&d->w->rng, (uint32_t)d->w->shared_n)];
    return put(d, &p.asset.name, code);
}

static enum rc
do_return(struct deal *d)
{
    struct pick_op p = {.w = d->w, .log_no = d->log_no};
    struct item_name asset;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < d->w->shared_n && rc == RC_OK; i++)
        rc = rights_spends_for(d->l, &d->w->shared[i], pick_spend, &p);
    if (rc != RC_OK || p.n == 0)
        return rc != RC_OK ? rc : RC_NO;
    rc = rights_asset_name(d->l, p.op.asset, &asset);
    d->op->of = p.op.name;
    return rc == RC_OK ? put(d, &asset, OP_RETURN) : rc;
}

static enum rc
do_inherit(struct deal *d)
{
    struct pick p = {
        .w = d->w, .log_no = d->log_no, .only_left = true, .r = ledger_replica(d->l)};
    enum rc rc = rights_assets(d->l, NULL, pick_asset, &p);
    if (rc != RC_OK || p.n == 0)
        return rc != RC_OK ? rc : RC_NO;
    d->op->is_inherited = true;
    d->op->from = p.lane.log_no;
    return put(d, &p.asset.name, OP_TAKE);
}

static enum rc
do_one(struct deal *d, bool may_open)
{
    switch (rng_below(&d->w->rng, 8)) {
    case 0:
        return may_open ? do_issue(d) : RC_NO;
    case 1:
    case 2:
        return do_out(d, OP_GIVE);
    case 3:
    case 4:
        return do_out(d, OP_SPEND);
    case 5:
        return do_return(d);
    default:
        return do_inherit(d);
    }
}

enum rc
rights_deed(struct world *w, unsigned i, const struct author *a)
{
    struct ledger *l = w->node[i].m->l;
    struct deal d = {.w = w,
                     .l = l,
                     .log_no = a->log_no,
                     .lies = w->setup->has_liar && i == w->setup->nodes - 1};
    bool may_open = role_class(a->role) == CLASS_KEEPER;
    if (rights_take_is_due(l, a) && rng_chance(&w->rng, 700)) {
        w->out->takes++;
        return rights_take(l, a);
    }
    enum rc rc = author_begin(l, a, &d.run);
    if (rc != RC_OK)
        return rc;
    d.op = mem_new(sizeof(*d.op));
    rc = RC_NO; /* nothing to return is no reason to do nothing */
    for (unsigned k = 0; k < 4 && rc == RC_NO; k++)
        rc = do_one(&d, may_open);
    mem_free(d.op);
    w->out->rights += rc == RC_OK;
    if (rc == RC_OK)
        return author_end(&d.run);
    author_drop(&d.run);
    return rc;
}

/* ---- I6 */

struct final { /* what was confirmed at a node */
    struct item_name name;
    enum rights_state state;
};

static int
final_cmp(const void *a, const void *b)
{
    const struct final *x = a;
    const struct final *y = b;
    return item_name_cmp(&x->name, &y->name);
}

struct look {
    struct world *w;
    unsigned node;
    struct ledger *l;
    struct final *now;
    size_t n, cap, ops;
};

static bool
look_op(void *arg, const struct rights_op_row *o)
{
    struct look *k = arg;
    k->ops++;
    if (!o->is_confirmed)
        return true;
    if (k->n == k->cap) {
        k->cap = k->cap * 2 + 64;
        k->now = mem_grow(k->now, k->cap * sizeof(*k->now));
    }
    k->now[k->n++] = (struct final){o->name, o->state};
    return true;
}

static bool
look_asset(void *arg, const struct rights_asset_row *a)
{
    struct look *k = arg;
    uint64_t held = 0;
    if (a->issued != a->held + a->transit + a->spent)
        world_fail(k->w, "I6 node %u: issued %llu, not %llu + %llu + %llu", k->node,
                   (unsigned long long)a->issued, (unsigned long long)a->held,
                   (unsigned long long)a->transit, (unsigned long long)a->spent);
    for (size_t i = 0; i < a->lanes_n; i++) {
        if (a->lane[i].balance > INT64_MAX)
            world_fail(k->w, "I6 node %u: log %u has less than nothing", k->node,
                       a->lane[i].log_no);
        held += a->lane[i].where == RIGHTS_HELD ? a->lane[i].balance : 0;
    }
    if (held != a->held)
        world_fail(k->w, "I6 node %u: logs have %llu, %llu is told", k->node,
                   (unsigned long long)held, (unsigned long long)a->held);
    if (rights_ops(k->l, a->no, look_op, k) != RC_OK)
        world_fail(k->w, "I6 node %u cannot tell its operations", k->node);
    return k->w->out->is_fine;
}

/* Whatever was final is final, and the same. */
static void
compare(struct look *k, const struct wnode *n)
{
    const struct final *was = n->final;
    for (size_t i = 0; i < n->finals_n && k->w->out->is_fine; i++) {
        const struct final *is =
            k->n > 0 ? bsearch(&was[i], k->now, k->n, sizeof(*was), final_cmp) : NULL;
        if (is != NULL ? is->state != was[i].state : !n->is_forgetful)
            world_fail(
                k->w, "I6 node %u: log %u seq %llu was final and is not so any more",
                k->node, was[i].name.at.log_no, (unsigned long long)was[i].name.at.seq);
    }
}

void
rights_look(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    struct look k = {.w = w, .node = i, .l = n->m->l};
    if (rights_assets(k.l, NULL, look_asset, &k) != RC_OK && !disk_has_crashed(i))
        world_fail(w, "I6 node %u cannot tell what rights there are", i);
    if (k.n > 1)
        qsort(k.now, k.n, sizeof(*k.now), final_cmp);
    /* Unless the authority log was cut, or forked. */
    if (!has_authority_fork(ledger_replica(k.l)))
        compare(&k, n);
    mem_free(n->final);
    n->final = k.now;
    n->finals_n = k.n;
    n->is_forgetful = false;
    w->out->finals += k.n;
}

void
rights_agree(struct world *w)
{
    uint8_t first[16] = {0}, other[16];
    if (w->is_lost && w->out->hub_forks > 0)
        return; /* as for the records: until there is a new reign */
    for (unsigned i = 0; i < w->setup->nodes && w->out->is_fine; i++) {
        if (is_out(w, i))
            continue;
        rights_look(w, i);
        const char *why = rights_brute(w->node[i].m->l);
        if (why != NULL)
            world_fail(w, "I6 node %u: tables of rights are not what the logs say: %s", i,
                       why);
        if (rights_digest(w->node[i].m->l, i == 0 ? first : other) != RC_OK)
            world_fail(w, "I6 node %u cannot tell its rights", i);
        else if (i > 0 && memcmp(first, other, 16) != 0)
            world_fail(w, "I6 node %u and the hub differ in rights", i);
    }
}
