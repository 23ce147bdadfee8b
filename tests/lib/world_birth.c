/* How a simulated community comes into being: a hub, its groups, a leader and a helper
 * for each, everybody up to date. Where there are acts it is the same for many seeds, so
 * it is born once, and each world begins on copies of the disks. */
#include "tests/lib/world_impl.h"

#include <string.h>

#define KEPT_NODES_MAX 8
#define KEPT_BIRTHS 16 /* so many different sets of keys */

static void
be_born(struct world *w)
{
    unsigned n = w->setup->nodes;
    community_init_on(&w->c, "sim", few_types());
    community_groups(&w->c, (n + 1) / 2);
    for (unsigned i = 1; i < n; i++) {
        /* Two to a group: its leader and its helper write the same records. */
        struct member *m = community_invite(&w->c, FIXTURE_GROUP + (i - 1) / 2,
                                            i % 2 == 1 ? ROLE_LEADER : ROLE_HELPER);
        w->node[i].is_late = i <= w->setup->joins;
        if (!w->node[i].is_late && community_join(&w->c, m) != RC_OK)
            world_fail(w, "birth: node %u does not join", i);
    }
    for (unsigned i = 0; i < (n + 1) / 2 && i < SHARED_MAX; i++)
        w->shared[w->shared_n++] =
            member_add(&w->c.m[0], "household", FIXTURE_GROUP + i, "door", "3-2-501");
    community_sync(&w->c);
}

/* ---- born before */

struct birth {
    unsigned nodes; /* 0: not yet */
    struct community c;
    struct disk *disk[KEPT_NODES_MAX];
    struct record_key shared[SHARED_MAX];
    size_t shared_n;
};

static void
copy_buf(struct buf *b)
{
    struct slice old = buf_slice(b);
    *b = BUF_NONE;
    buf_add_slice(b, old);
}

/* The parents' world is another one: nothing that is drawn here is drawn from the seed.
 */
static void
keep_birth(const struct world_setup *setup, struct birth *b)
{
    struct world *w = mem_new(sizeof(*w));
    struct world_result out = {.is_fine = true};
    w->setup = setup;
    w->out = &out;
    w->rng.s = w->dice.s = setup->seed % KEPT_BIRTHS + 1;
    world_dice(&w->dice);
    sim_vfs_reset(&w->rng);
    be_born(w);
    if (out.is_fine)
        b->nodes = setup->nodes;
    b->c = w->c;
    memcpy(b->shared, w->shared, sizeof(b->shared));
    b->shared_n = w->shared_n;
    for (unsigned i = 0; i < setup->nodes; i++) {
        ledger_close(b->c.m[i].l);
        b->c.m[i].l = NULL;
        disk_keep(i, &b->disk[i]);
    }
    mem_free(w);
}

static void
give_birth(struct world *w, const struct birth *b)
{
    w->c = b->c;
    w->c.hub.hub = &w->c.hub_key;
    w->c.hub.officer = &w->c.officer;
    memcpy(w->shared, b->shared, sizeof(w->shared));
    w->shared_n = b->shared_n;
    for (unsigned i = 0; i < b->nodes; i++) {
        struct member *m = &w->c.m[i];
        m->c = &w->c;
        copy_buf(&m->invite.grant_op);
        copy_buf(&m->invite.addresses);
        copy_buf(&m->invite.authority);
        copy_buf(&m->invite.keys);
        disk_give(b->disk[i], i);
        if (member_open(m) != RC_OK)
            world_fail(w, "birth: node %u does not open", i);
    }
}

void
world_birth(struct world *w)
{
    static struct birth kept[KEPT_BIRTHS];
    struct birth *b = &kept[w->setup->seed % KEPT_BIRTHS];
    unsigned n = w->setup->nodes;
    bool is_kept = w->setup->acts != 0 && w->setup->joins == 0 && n <= KEPT_NODES_MAX &&
                   (b->nodes == 0 || b->nodes == n);
    if (is_kept && b->nodes == 0) {
        keep_birth(w->setup, b);
        world_dice(&w->dice);
        sim_vfs_reset(&w->rng);
    }
    if (is_kept && b->nodes == n)
        give_birth(w, b);
    else
        be_born(w);
    for (unsigned i = 0; i < n; i++)
        w->node[i] = (struct wnode){.m = &w->c.m[i],
                                    .is_up = true,
                                    .is_late = w->node[i].is_late,
                                    .sure_to = UINT64_MAX};
    if (w->setup->acts != 0)
        guards_begin(w);
    for (unsigned i = 0; i < n && w->setup->acts != 0; i++)
        guard_birth(w, i);
}
