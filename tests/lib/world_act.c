/* What happens to machines while people work: computers are lost and stolen, directories
 * copied, disks put back, releases installed. Each at a tick that the seed draws. */
#include "tests/lib/world_impl.h"

#include <string.h>

#define KEPT_DISK 100 /* the kept state of machine i is on disk KEPT_DISK + i */
#define ACTS 11

unsigned
extra_of(const struct world *w, enum extra e)
{
    return w->setup->nodes + (unsigned)e;
}

static unsigned *
due_of(struct world *w, enum act act)
{
    unsigned k = 0;
    while ((1u << k) != (unsigned)act)
        k++;
    return &w->due[k];
}

static bool
has(const struct world *w, unsigned acts)
{
    return (w->setup->acts & acts) != 0;
}

void
act_draw(struct world *w)
{
    unsigned others = w->setup->nodes - 1;
    for (unsigned k = 0; k < ACTS; k++)
        if (has(w, 1u << k))
            w->due[k] = 10 + rng_below(&w->rng, 160);
    w->victim = 1 + rng_below(&w->rng, others);
    w->twice_n = 1 + (w->victim + rng_below(&w->rng, others - 1)) % others;
    if (has(w, ACT_THIEF)) /* it takes a while until somebody notices */
        *due_of(w, ACT_LOST) = *due_of(w, ACT_THIEF) + 5 + rng_below(&w->rng, 120);
}

static uint32_t
node_no(const struct world *w, unsigned i)
{
    return i == 0 ? 1 : w->node[i].m->invite.node;
}

bool
is_out(const struct world *w, unsigned i)
{
    if (w->setup->has_liar && i == w->setup->nodes - 1)
        return true;
    if (i >= w->setup->nodes)
        return true;
    if (!w->is_lost || i != w->victim || !w->node[0].is_up)
        return false;
    const struct node_info *node =
        authority_node(replica_authority(ledger_replica(w->node[0].m->l)), node_no(w, i));
    return node != NULL && node->is_lost;
}

/* ---- copies */

/* A file is copied between two transactions. What a failed one has left in the WAL would
 * count in the copy: then somebody else has signed what the original never did. */
static bool
can_copy(const struct world *w, unsigned i)
{
    return w->node[i].is_up && !w->node[i].is_torn && !disk_has_crashed(i);
}

static uint64_t
own_seq(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    return replica_trunk_n(ledger_replica(m->l), &m->log.pub);
}

static void
make_copy(struct world *w, enum extra e, unsigned from)
{
    unsigned i = extra_of(w, e);
    struct member *to = &w->c.m[i];
    const struct member *m = w->node[from].m;
    *to = (struct member){.c = &w->c,
                          .box = m->box,
                          .log = m->log,
                          .ack = m->ack,
                          .unit = m->unit,
                          .types = m->types};
    disk_copy(from, i);
    disk_copy(from, KEPT_DISK + i);
    w->node[i] = (struct wnode){
        .m = to, .back_ms = w->now_ms + rng_below(&w->rng, 2000), .sure_to = UINT64_MAX};
    world_note(w, "copy %u to %u", from, i);
}

/* From here on two hold the pen. */
static void
signs_twice(struct world *w, unsigned i, unsigned copy)
{
    uint64_t seq = own_seq(w, i);
    w->node[i].may_fork = w->node[copy].may_fork = true;
    w->node[copy].sure_to = seq;
    if (seq < w->node[i].sure_to)
        w->node[i].sure_to = seq;
}

static bool
steal(struct world *w)
{
    if (!can_copy(w, w->victim))
        return false;
    make_copy(w, EXTRA_THIEF, w->victim);
    signs_twice(w, w->victim, extra_of(w, EXTRA_THIEF));
    w->out->thefts++;
    return true;
}

static bool
clone(struct world *w, bool is_image)
{
    unsigned i = extra_of(w, EXTRA_COPY);
    if (!can_copy(w, w->twice_n))
        return false;
    make_copy(w, EXTRA_COPY, w->twice_n);
    guard_copy(w, w->twice_n, i, is_image);
    if (is_image)
        signs_twice(w, w->twice_n, i);
    if (is_image)
        w->out->images++;
    else
        w->out->clones++;
    return true;
}

static bool
show_face(struct world *w)
{
    if (!can_copy(w, 0))
        return false;
    make_copy(w, EXTRA_FACE, 0);
    w->out->faces++;
    return true;
}

/* First the state is kept, then, later, put back. */
static bool
put_back(struct world *w, bool with_guard)
{
    unsigned i = w->twice_n;
    struct wnode *n = &w->node[i];
    if (!can_copy(w, i))
        return false;
    if (!w->is_kept) {
        disk_copy(i, KEPT_DISK + i);
        guard_keep(w, i);
        w->is_kept = true;
        w->kept_seq = own_seq(w, i);
        *due_of(w, with_guard ? ACT_ROLLBACK : ACT_RESTORE) =
            w->ticks + 10 + rng_below(&w->rng, 120);
        return false; /* not yet */
    }
    node_down(w, i, 100 + rng_below(&w->rng, 5000));
    disk_copy(KEPT_DISK + i, i);
    n->is_restored = true;
    memset(n->sealed, 0, sizeof(n->sealed));
    if (w->kept_seq < n->sure_to)
        n->sure_to = w->kept_seq;
    if (with_guard) {
        guard_back(w, i);
        n->may_fork = true;
        w->out->rollbacks++;
    } else {
        w->out->restores++;
    }
    world_note(w, "put back %u", i);
    return true;
}

static bool
upgrade(struct world *w)
{
    for (unsigned i = 0; i < w->setup->nodes; i++) {
        if (i % 2 != w->setup->seed / 2 % 2)
            continue;
        w->node[i].m->types = newer_types();
        node_down(w, i, 200 + rng_below(&w->rng, 2000));
        w->out->upgrades++;
    }
    return true;
}

static bool
happens(struct world *w, enum act act)
{
    switch (act) {
    case ACT_THIEF:
        return steal(w);
    case ACT_CLONE:
    case ACT_IMAGE:
        return clone(w, act == ACT_IMAGE);
    case ACT_RESTORE:
    case ACT_ROLLBACK:
        return put_back(w, act == ACT_ROLLBACK);
    case ACT_FACE:
        return show_face(w);
    case ACT_UPGRADE:
        return upgrade(w);
    case ACT_LOST:
    case ACT_WRONG:
        return hub_tick(w, act);
    case ACT_TWO_HUBS: /* the face does it */
    case ACT_STICK:    /* all the time */
        return true;
    }
    return true;
}

/* ---- what the machines beside do */

/* He writes by the rules as long as they let him, and then without. */
static void
thief_writes(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct hash id = {{0}};
    struct author a;
    enum offer what;
    if (author_of(m->l, &m->log, &a) == RC_OK) {
        write_something(w, i);
        w->out->stolen_writes++;
        return;
    }
    if (own_seq(w, i) == 0 || !replica_trunk_head(ledger_replica(m->l), &m->log.pub, &id))
        return;
    struct buf entry = BUF_NONE;
    liar_entry(m, &m->log.pub, own_seq(w, i) + 1, &id, &m->log, &entry, &id);
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = replica_offer(ledger_replica(m->l), buf_slice(&entry), &what);
    if (rc == RC_OK)
        rc = ledger_settle(m->l);
    if (rc == RC_OK)
        rc = ledger_commit(m->l);
    else
        ledger_rollback(m->l);
    world_note(w, "stolen %u %d", i, (int)rc);
    if (rc == RC_OK) {
        w->out->stolen_writes++;
        node_changed(w, i);
    }
    buf_free(&entry);
}

/* The false hub shows what it was again, or writes what the true one does not know. */
static void
face_acts(struct world *w, unsigned i)
{
    uint64_t before = w->out->seals;
    if (rng_chance(&w->rng, 8)) {
        node_down(w, i, 500);
        disk_copy(KEPT_DISK + i, i);
    } else if (has(w, ACT_TWO_HUBS) && rng_chance(&w->rng, 30)) {
        write_seal(w, i);
        w->out->hub_forks += w->out->seals > before;
    }
}

static void
extra_tick(struct world *w, enum extra e)
{
    unsigned i = extra_of(w, e);
    struct wnode *n = &w->node[i];
    if (n->m == NULL || (!n->is_up && w->now_ms < n->back_ms))
        return;
    if (!node_up(w, i) || !w->is_chaos)
        return;
    if (rng_chance(&w->rng, 30))
        n->is_mute = !n->is_mute; /* often out of reach */
    if (e == EXTRA_FACE)
        face_acts(w, i);
    else if (e == EXTRA_THIEF && rng_chance(&w->rng, 60))
        thief_writes(w, i);
    else if (e == EXTRA_COPY && rng_chance(&w->rng, 50))
        write_something(w, i);
}

void
act_tick(struct world *w)
{
    w->ticks++;
    for (unsigned k = 0; k < ACTS && w->is_chaos; k++)
        if (w->due[k] > 0 && w->ticks >= w->due[k] && happens(w, (enum act)(1u << k)))
            w->due[k] = 0;
    for (enum extra e = EXTRA_THIEF; e <= EXTRA_FACE; e++)
        extra_tick(w, e);
    if (has(w, ACT_STICK))
        stick_tick(w);
    act_check_always(w);
}

void
act_heal(struct world *w)
{
    unsigned face = extra_of(w, EXTRA_FACE);
    if (w->node[face].m != NULL) {
        node_down(w, face, 0);
        w->node[face].back_ms = UINT64_MAX;
    }
    for (unsigned i = 0; i < w->setup->nodes + EXTRAS; i++)
        w->node[i].is_mute = false;
    /* Or half of them keep the old release: they carry all the same. */
    for (unsigned i = 0; i < w->setup->nodes && has(w, ACT_UPGRADE); i++)
        if (w->setup->seed % 8 < 4)
            w->node[i].m->types = newer_types();
}
