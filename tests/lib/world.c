#include "tests/lib/world_impl.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 50
#define HEAL_MS (30 * 60 * 1000)
#define CHAOS_MS (60 * 60 * 1000)

/* libsodium's randomness comes from the seed as long as a world runs. */
static struct rng *dice;

static const char *
dice_name(void)
{
    return "simulator";
}

static void
dice_fill(void *const p, const size_t n)
{
    uint8_t *out = p;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = rng_next(dice);
        memcpy(out + i, &v, n - i < 8 ? n - i : 8);
    }
}

static uint32_t
dice_u32(void)
{
    return (uint32_t)rng_next(dice);
}

static struct randombytes_implementation loaded = {
    .implementation_name = dice_name, .random = dice_u32, .buf = dice_fill};

void
world_dice(struct rng *r)
{
    dice = r;
    randombytes_set_implementation(&loaded);
}

void
world_note(struct world *w, const char *fmt, ...)
{
    char line[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    hash_add(&w->trace, slice_of(line, n > 0 ? (size_t)n : 0));
    if (w->setup->is_told)
        fprintf(stderr, "%llu %s\n", (unsigned long long)w->now_ms, line);
}

void
world_fail(struct world *w, const char *fmt, ...)
{
    va_list args;
    if (!w->out->is_fine)
        return; /* the first one is the story */
    w->out->is_fine = false;
    va_start(args, fmt);
    (void)vsnprintf(w->out->why, sizeof(w->out->why), fmt, args);
    va_end(args);
}

/* ---- nodes */

bool
own_head(struct world *w, unsigned i, uint64_t *seq, struct hash *id)
{
    const struct member *m = w->node[i].m;
    *seq = replica_trunk_n(ledger_replica(m->l), &m->log.pub);
    return *seq > 0 && replica_trunk_head(ledger_replica(m->l), &m->log.pub, id);
}

void
node_changed(struct world *w, unsigned i)
{
    for (size_t k = 0; k < w->links_n; k++)
        for (size_t e = 0; e < 2; e++)
            if (w->link[k].node[e] == i && w->link[k].end[e].s != NULL)
                w->link[k].end[e].is_changed = true;
}

static void
close_links(struct world *w, unsigned i)
{
    for (size_t k = 0; k < w->links_n; k++)
        if (w->link[k].node[0] == i || w->link[k].node[1] == i)
            link_close(w, &w->link[k]);
}

void
node_down(struct world *w, unsigned i, uint64_t for_ms)
{
    struct wnode *n = &w->node[i];
    if (!n->is_up)
        return;
    close_links(w, i);
    guard_down(w, i);
    ledger_close(n->m->l);
    n->m->l = NULL;
    n->is_up = false;
    n->is_forgetful = true;
    n->back_ms = w->now_ms + for_ms;
    w->out->crashes++;
    world_note(w, "down %u", i);
}

bool
node_up(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    if (n->is_up)
        return true;
    disk_restart(i, w->is_chaos || w->setup->planted == PLANT_LYING_DISK
                        ? (enum crash_mode)rng_below(&w->rng, 3)
                        : CRASH_SOME);
    if (w->setup->planted == PLANT_LYING_DISK)
        disk_lie(i, true);
    enum rc rc = member_open(n->m);
    if (rc == RC_OK)
        rc = upset_assume(w, i);
    world_note(w, "up %u %d", i, (int)rc);
    if (rc != RC_OK) {
        world_fail(w, "I12 node %u does not open after a crash: %s", i, rc_name(rc));
        return false;
    }
    n->is_up = true;
    n->is_torn = false;
    guard_up(w, i);
    return true;
}

void
node_trouble(struct world *w, unsigned i, enum rc rc)
{
    w->out->errors++;
    w->node[i].is_torn = true;
    world_note(w, "trouble %u %d", i, (int)rc);
    close_links(w, i);
    if (disk_has_crashed(i))
        node_down(w, i, 500 + rng_below(&w->rng, 20000));
}

/* ---- the beginning */

static void
lay_links(struct world *w)
{
    unsigned n = w->setup->nodes;
    w->link = mem_new((n + EXTRAS) * n * sizeof(*w->link));
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = a + 1; b < n; b++)
            /* Everybody knows the hub; of the others a few each. */
            if (a == 0 || n <= 6 || rng_chance(&w->rng, 4000 / n))
                w->link[w->links_n++] = (struct wlink){.node = {b, a}};
    /* A false hub is called like the true one, the others call. */
    for (unsigned x = n; x < n + EXTRAS && w->setup->acts != 0; x++)
        for (unsigned a = 0; a < n; a++)
            w->link[w->links_n++] = x == extra_of(w, EXTRA_FACE)
                                        ? (struct wlink){.node = {a, x}}
                                        : (struct wlink){.node = {x, a}};
}

/* Each fault is on in half of the seeds, at a rate of its own. */
static uint32_t
maybe(struct world *w, uint32_t most)
{
    return rng_chance(&w->rng, 500) ? 1 + rng_below(&w->rng, most) : 0;
}

static void
draw_faults(struct world *w)
{
    w->crash = maybe(w, 12);
    w->error = maybe(w, 6);
    w->full = maybe(w, 3);
    w->flip = maybe(w, 15);
    w->drop = maybe(w, 15);
    w->twice = maybe(w, 15);
    w->cut = maybe(w, 15);
    w->stall = maybe(w, 10);
    w->partition = maybe(w, 10);
    w->tear = maybe(w, 30);
    for (unsigned i = 0; i < w->setup->nodes; i++)
        if (rng_chance(&w->rng, 200)) /* up to 20 years either way */
            w->node[i].m->skew_ms =
                ((int64_t)rng_below(&w->rng, 40 * 365) - 20 * 365) * 86400000 +
                rng_below(&w->rng, 1000);
    if (w->setup->planted == PLANT_ACK_EARLY || w->setup->planted == PLANT_LYING_DISK)
        w->crash = w->tear = 30; /* aimed at what is planted */
    for (unsigned i = 0; i < w->setup->nodes; i++)
        disk_lie(i, w->setup->planted == PLANT_LYING_DISK);
    if (w->setup->acts != 0)
        act_draw(w);
}

/* ---- a tick */

static void
disturb(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    if (rng_chance(&w->rng, w->crash) && rng_chance(&w->rng, 200))
        node_down(w, i, 200 + rng_below(&w->rng, 30000));
    if (!n->is_up)
        return;
    if (rng_chance(&w->rng, w->tear) && rng_chance(&w->rng, 200))
        disk_plan(i, DISK_CRASH, 1 + rng_below(&w->rng, 60));
    else if (rng_chance(&w->rng, w->error) && rng_chance(&w->rng, 200))
        disk_plan(i, DISK_ERROR, 1 + rng_below(&w->rng, 40));
    else if (rng_chance(&w->rng, w->full) && rng_chance(&w->rng, 200))
        disk_plan(i, DISK_FULL, 1 + rng_below(&w->rng, 40));
    else if (rng_chance(&w->rng, 20))
        disk_space_again(i);
    if (rng_chance(&w->rng, w->stall))
        n->is_mute = !n->is_mute;
    else if (rng_chance(&w->rng, 50))
        n->is_mute = false;
}

static void
part(struct world *w)
{
    if (!rng_chance(&w->rng, w->partition))
        return;
    bool heal = rng_chance(&w->rng, 500);
    unsigned side = rng_below(&w->rng, w->setup->nodes);
    for (size_t k = 0; k < w->links_n; k++) {
        struct wlink *l = &w->link[k];
        l->is_cut = !heal && ((l->node[0] <= side) != (l->node[1] <= side));
        if (l->is_cut && rng_chance(&w->rng, 500))
            link_close(w, l); /* or it hangs, half open */
    }
}

static void
tick(struct world *w)
{
    unsigned n = w->setup->nodes;
    w->now_ms += TICK_MS;
    w->c.wall_ms += TICK_MS;
    w->out->steps++;
    if (w->is_chaos)
        part(w);
    for (unsigned i = 0; i < n; i++) {
        if (!w->node[i].is_up && w->now_ms >= w->node[i].back_ms && !node_up(w, i))
            return;
        if (w->is_chaos)
            disturb(w, i);
        bool is_liar = w->setup->has_liar && i == n - 1;
        if (is_liar && w->is_chaos && w->node[i].is_up && rng_chance(&w->rng, 100))
            liar_tick(w, i);
        if (is_liar && w->setup->forks && w->is_chaos && w->node[i].is_up &&
            rng_chance(&w->rng, 60))
            upset_fork(w, i);
        if (w->writes_left > 0 && w->node[i].is_up && rng_chance(&w->rng, 60))
            write_something(w, i);
        if (w->setup->erases && w->node[i].is_up)
            erase_tick(w, i);
        if (w->setup->rights && w->node[i].is_up && !disk_has_crashed(i) &&
            rng_chance(&w->rng, 30))
            rights_look(w, i);
    }
    if (w->setup->acts != 0)
        act_tick(w);
    if (w->node[0].is_up && rng_chance(&w->rng, 8))
        write_seal(w, 0);
    if (w->setup->revokes && w->is_chaos && w->node[0].is_up && rng_chance(&w->rng, 3))
        upset_revoke(w);
    for (size_t k = 0; k < w->links_n; k++)
        link_tick(w, &w->link[k]);
}

static void
heal(struct world *w)
{
    w->is_chaos = false;
    w->crash = w->error = w->full = w->flip = w->drop = w->twice = 0;
    w->cut = w->stall = w->partition = w->tear = 0;
    world_note(w, "heal");
    for (unsigned i = 0; i < w->setup->nodes; i++) {
        w->node[i].is_mute = false;
        /* Everybody starts once more, with what the disk really holds. */
        node_down(w, i, 0);
        disk_plan(i, DISK_ERROR, 0);
        disk_lie(i, false);
        w->node[i].m->skew_ms = 0;
    }
    for (size_t k = 0; k < w->links_n; k++) {
        w->link[k].is_cut = false;
        w->link[k].dial_ms = 0;
    }
    if (w->setup->acts != 0)
        act_heal(w);
}

static void
converge(struct world *w)
{
    uint64_t until = w->now_ms + HEAL_MS;
    while (w->out->is_fine && w->now_ms < until) {
        for (unsigned k = 0; k < 20 && w->out->is_fine; k++)
            tick(w);
        if (w->out->is_fine && world_is_equal(w))
            return;
    }
    if (w->out->is_fine)
        world_explain(w);
}

static void
live(struct world *w)
{
    w->is_chaos = true;
    draw_faults(w);
    while (w->out->is_fine && w->writes_left > 0 && w->now_ms < CHAOS_MS)
        tick(w);
    w->writes_left = 0;
    for (unsigned k = 0; k < 200 && w->out->is_fine; k++)
        tick(w);
    if (w->out->is_fine)
        heal(w);
    converge(w);
    if (w->out->is_fine)
        world_check(w);
}

static void
end(struct world *w)
{
    for (size_t k = 0; k < w->links_n; k++) {
        link_close(w, &w->link[k]);
        for (size_t e = 0; e < 2; e++) {
            session_effects_fini(&w->link[k].end[e].fx);
            buf_free(&w->link[k].end[e].wire);
        }
    }
    if (w->setup->acts != 0) {
        guards_end(w);
        w->c.n = w->setup->nodes + EXTRAS;
    }
    community_fini(&w->c);
    for (unsigned i = 0; i < w->setup->nodes + EXTRAS; i++)
        mem_free(w->node[i].final);
    for (size_t i = 0; i < w->sticks_n; i++)
        buf_free(&w->stick[i].bytes);
    mem_free(w->link);
    mem_free(w->acked);
    struct hash h = hash_done(&w->trace);
    memcpy(w->out->trace, h.b, sizeof(w->out->trace));
    w->out->sim_ms = w->now_ms;
    w->out->acked = w->acked_n;
    w->out->writes = disk_writes();
}

void
world_run(const struct world_setup *setup, struct world_result *out)
{
    struct world *w = mem_new(sizeof(*w));
    *out = (struct world_result){.is_fine = true};
    w->setup = setup;
    w->out = out;
    w->rng.s = setup->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->dice.s = setup->seed ^ UINT64_C(0x6a09e667f3bcc908);
    w->now_ms = 1000;
    w->writes_left = setup->writes;
    hash_init(&w->trace);
    world_dice(&w->dice);
    sim_vfs_reset(&w->rng);
    world_birth(w);
    lay_links(w);
    if (out->is_fine)
        live(w);
    end(w);
    mem_free(w);
}
