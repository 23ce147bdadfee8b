/* What people do: through the same code as the command line. */
#include "tests/lib/world_impl.h"

#include <stdio.h>
#include <string.h>

struct deed {
    struct world *w;
    unsigned node;
    struct author author;
    char text[64];
    bool is_new;
    uint64_t before; /* the length of its log */
};

/* What only the next release knows (world_newer.c). */
static enum rc
do_newer(struct deed *d)
{
    struct ledger *l = d->w->node[d->node].m->l;
    struct made made;
    struct fault why = {0};
    struct assign visit[] = {{"words", d->text}, {"way", "door"}, {"mood", "good"}};
    struct assign placard[] = {{"title", d->text}};
    d->w->out->newer_writes++;
    return rng_chance(&d->w->rng, 500)
               ? edit_add(l, &d->author, "visit", d->author.unit, visit, 3, &made, &why)
               : edit_add(l, &d->author, "placard", d->author.unit, placard, 1, &made,
                          &why);
}

static enum rc
do_add(struct deed *d)
{
    struct ledger *l = d->w->node[d->node].m->l;
    struct made made;
    struct fault why = {0};
    struct assign visit[] = {{"words", d->text}, {"way", "door"}};
    struct assign need[] = {{"title", d->text}};
    struct assign wish[] = {{"title", d->text}, {"beneficiary", "一位老人"}};
    d->is_new = true;
    if (d->w->node[d->node].m->types == newer_types() && rng_chance(&d->w->rng, 500))
        return do_newer(d);
    switch (rng_below(&d->w->rng, 3)) {
    case 0:
        return edit_add(l, &d->author, "visit", d->author.unit, visit, 2, &made, &why);
    case 1:
        return edit_add(l, &d->author, "need", d->author.unit, need, 1, &made, &why);
    default:
        return edit_add(l, &d->author, "wish", d->author.unit, wish, 2, &made, &why);
    }
}

/* The record that this node shares with others: its unit's household. */
static enum rc
do_set(struct deed *d)
{
    static const char *const field[] = {"phone", "size", "head", "door"};
    struct world *w = d->w;
    struct fault why = {0};
    size_t k =
        d->node == 0 ? rng_below(&w->rng, (uint32_t)w->shared_n) : (d->node - 1) / 2;
    const char *f = field[rng_below(&w->rng, 4)];
    char value[32];
    snprintf(value, sizeof(value), strcmp(f, "size") == 0 ? "%u" : "1380%07u",
             rng_below(&w->rng, 40));
    struct assign a = {f, value};
    if (k >= w->shared_n)
        return RC_NO;
    return edit_set(w->node[d->node].m->l, &d->author, &w->shared[k], &a, 1, &why);
}

struct first_case {
    char name[9];
    bool is_there;
};

static bool
take_case(void *arg, const struct case_row *c)
{
    struct first_case *f = arg;
    if (!c->is_ours)
        return true;
    memcpy(f->name, c->name, sizeof(f->name));
    f->is_there = true;
    return false;
}

static enum rc
do_settle(struct deed *d)
{
    struct ledger *l = d->w->node[d->node].m->l;
    struct first_case f = {.is_there = false};
    struct fault why = {0};
    enum rc rc = query_cases(l, take_case, &f);
    if (rc != RC_OK || !f.is_there)
        return rc != RC_OK ? rc : RC_NO;
    return edit_settle(l, &d->author, f.name, 1 + rng_below(&d->w->rng, 2), &why);
}

static enum rc
do_deed(struct deed *d)
{
    if (d->w->setup->rights && rng_chance(&d->w->rng, 600))
        return rights_deed(d->w, d->node, &d->author);
    uint32_t r = rng_below(&d->w->rng, 100);
    if (r < 45)
        return do_add(d);
    return r < 90 ? do_set(d) : do_settle(d);
}

static void
remember(struct world *w, unsigned i, const struct deed *d)
{
    struct acked a = {.node = i, .text = w->texts, .is_new = d->is_new};
    const struct authority *authority =
        replica_authority(ledger_replica(w->node[i].m->l));
    const struct node_info *lost = authority_node(authority, w->victim + 1);
    a.knew_of_loss = lost != NULL && lost->is_lost;
    /* What the record says already is no entry. */
    if (!own_head(w, i, &a.seq, &a.id) || a.seq == d->before)
        return;
    w->acked = mem_grow(w->acked, (w->acked_n + 1) * sizeof(*w->acked));
    w->acked[w->acked_n++] = a;
}

/* A refusal is a person's mistake and rolls back; anything else is the world's trouble.
 */
static bool
is_refusal(enum rc rc)
{
    return rc == RC_NO || rc == RC_INVALID || rc == RC_DENIED || rc == RC_NOTFOUND;
}

/* Two entries of its own log at one seq are known here. */
static bool
is_proven(const struct member *m)
{
    const struct log_state *log = replica_log_by_key(ledger_replica(m->l), &m->log.pub);
    return log != NULL && log->proof.seq > 0;
}

void
write_something(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct deed d = {.w = w, .node = i};
    bool acts = w->setup->acts != 0;
    if (acts && !guard_lets_write(w, i)) {
        w->out->noticed++;
        return;
    }
    /* What would be refused is not begun: a rollback reads everything again. */
    if (acts && author_of(m->l, &m->log, &d.author) != RC_OK) {
        w->writes_left -= i < w->setup->nodes;
        return;
    }
    snprintf(d.text, sizeof(d.text), "第%u件，%u号写的",
             acts ? ++w->texts : w->writes_left, i);
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = author_of(m->l, &m->log, &d.author);
    struct hash id;
    if (rc == RC_OK && !own_head(w, i, &d.before, &id))
        d.before = 0;
    if (rc == RC_OK)
        rc = do_deed(&d);
    if (rc == RC_OK && w->setup->planted == PLANT_ACK_EARLY)
        remember(w, i, &d);
    if (rc == RC_OK)
        rc = ledger_commit(m->l);
    else
        ledger_rollback(m->l);
    world_note(w, "write %u %d", i, (int)rc);
    if (i < w->setup->nodes)
        w->writes_left--;
    if (rc == RC_OK) {
        if (w->setup->planted != PLANT_ACK_EARLY)
            remember(w, i, &d);
        if (is_proven(m))
            world_fail(w, "I4 node %u writes on, and its log is known to fork", i);
        guard_after(w, i);
        node_changed(w, i);
    } else if (!is_refusal(rc) || disk_has_crashed(i)) {
        node_trouble(w, i, rc);
    }
}

void
write_seal(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    uint64_t no = 0;
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = hub_seal(m->l, &w->c.hub, &no);
    if (rc == RC_OK)
        rc = ledger_commit(m->l);
    else
        ledger_rollback(m->l);
    world_note(w, "seal %d", (int)rc);
    if (rc == RC_OK) {
        w->out->seals++;
        node_changed(w, i);
    } else if (!(is_refusal(rc) || (rc == RC_STALE && w->setup->acts != 0)) ||
               disk_has_crashed(i)) {
        node_trouble(w, i, rc);
    }
}
