/* Erasing in the simulated community: the hub orders it in the midst of faults, every
 * node sweeps and acknowledges, in three steps that a crash can come between. */
#include "tests/lib/world_impl.h"

#include <string.h>

#include "schema/ledger_in.h"

struct pick {
    struct world *w;
    struct record_key key;
    uint32_t n;
};

static bool
pick_one(void *arg, const struct record_row *r)
{
    struct pick *p = arg;
    if (rng_below(&p->w->rng, ++p->n) == 0)
        p->key = r->key;
    return true;
}

/* Any record that the hub knows, or one that was erased before: what came later. */
static enum rc
some_record(struct world *w, struct record_key *out)
{
    static const char *const types[] = {"need", "wish", "visit", "household"};
    struct ledger *l = w->node[0].m->l;
    const struct authority *a = replica_authority(ledger_replica(l));
    struct pick p = {.w = w};
    struct fault why = {0};
    size_t n = authority_erases_n(a);
    if (n > 0 && rng_chance(&w->rng, 250)) {
        *out = authority_erase_at(a, rng_below(&w->rng, (uint32_t)n))->record;
        return RC_OK;
    }
    enum rc rc =
        query_list(l, types[rng_below(&w->rng, 4)], NULL, 0, 0, pick_one, &p, &why);
    *out = p.key;
    return rc == RC_OK && p.n == 0 ? RC_NO : rc;
}

static enum rc
order(struct world *w)
{
    struct ledger *l = w->node[0].m->l;
    struct record_key key;
    struct erase_plan p;
    const struct erase_words words = {1, "2026-1", ""};
    struct order_result is;
    struct fault why = {0};
    char id[2 * RECORD_ID_BYTES + 1];
    enum rc rc = some_record(w, &key);
    if (rc != RC_OK)
        return rc;
    hex_print(key.id, RECORD_ID_BYTES, id);
    rc = erase_plan(l, id, &p, &why);
    if (rc == RC_OK && p.was_erased && p.items_n == 0)
        rc = RC_NO;
    if (rc == RC_OK)
        rc = erase_order(l, &w->c.hub, &p, &words, &is, &why);
    erase_plan_fini(&p);
    return rc;
}

static bool
is_refusal(enum rc rc)
{
    return rc == RC_NO || rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_STALE;
}

static bool
turn(struct world *w, unsigned i, const char *name, enum rc (*work)(struct world *w))
{
    struct member *m = w->node[i].m;
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = work != NULL ? work(w) : erase_acknowledge(m->l, &m->ack);
    if (rc == RC_OK)
        rc = ledger_commit(m->l);
    else
        ledger_rollback(m->l);
    world_note(w, "%s %u %d", name, i, (int)rc);
    if (rc == RC_OK) {
        guard_after(w, i);
        node_changed(w, i);
    } else if (!is_refusal(rc) || disk_has_crashed(i)) {
        node_trouble(w, i, rc);
    }
    return rc == RC_OK;
}

void
erase_tick(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    if (i == 0 && w->is_chaos && rng_chance(&w->rng, 6) && turn(w, 0, "erase", order))
        w->out->erased++;
    if (!w->node[i].is_up || !guard_lets_acknowledge(w, i) ||
        !erase_is_due(m->l, &m->ack) || !rng_chance(&w->rng, 100))
        return;
    enum rc rc = erase_sweep(m->l);
    if (rc == RC_OK)
        (void)turn(w, i, "acknowledge", NULL);
    else if (rc != RC_BUSY)
        node_trouble(w, i, rc);
}

bool
erase_is_done(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    return !w->node[i].is_up || !guard_lets_acknowledge(w, i) ||
           !erase_is_due(m->l, &m->ack);
}

/* ---- I13: what is named is nowhere; I14: everybody has said so */

struct look {
    const struct erased_name *name;
    bool is_there;
};

static bool
look_at(void *arg, const struct stored *s)
{
    struct look *k = arg;
    struct entry e;
    struct entry_item item;
    if (s->seq != k->name->seq || entry_decode(s->bytes, &e) != RC_OK)
        return s->seq < k->name->seq;
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++)
        k->is_there = k->is_there || (i == k->name->index && !item.is_erased);
    return true;
}

static bool
all_done(void *arg, const struct erase_row *r)
{
    struct world *w = arg;
    for (size_t k = 0; k < r->nodes_n; k++) {
        bool is_liar = w->setup->has_liar && r->node[k].node == w->setup->nodes;
        /* Numbers follow the order of birth. Whose disk went back may not say so. */
        bool may_say = guard_lets_acknowledge(w, r->node[k].node - 1);
        if (!r->node[k].has_done && !r->node[k].is_lost && !is_liar && may_say)
            world_fail(w, "I14 node number %u has not acknowledged", r->node[k].node);
    }
    return w->out->is_fine;
}

void
erase_check(struct world *w, unsigned i)
{
    struct ledger *l = w->node[i].m->l;
    struct replica *r = ledger_replica(l);
    const struct authority *a = replica_authority(r);
    const struct sync_store *store = replica_store(r);
    for (size_t n = 0; n < authority_erased_items_n(a) && w->out->is_fine; n++) {
        struct look k = {.name = authority_erased_item_at(a, n)};
        const struct log_state *log = replica_log(r, k.name->log_no);
        if (log == NULL)
            continue;
        if (store->trunk(store->self, &log->key, k.name->seq, look_at, &k) != RC_OK ||
            store->loose_each(store->self, &log->key, look_at, &k) != RC_OK)
            world_fail(w, "I13 node %u cannot read log %u", i, log->no);
        if (k.is_there)
            world_fail(w, "I13 node %u still holds item %u of log %u seq %llu", i,
                       k.name->index, log->no, (unsigned long long)k.name->seq);
    }
    if (erase_each(l, all_done, w) != RC_OK)
        world_fail(w, "I14 node %u cannot tell who has", i);
}
