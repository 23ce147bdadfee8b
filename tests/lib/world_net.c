/* The wire: bytes in order, until a fault. Sessions are stepped as node/peer.c steps
 * them. */
#include "tests/lib/world_impl.h"

#include <string.h>

#include "schema/peer.h"

#define DIAL_MS 3000

static void
stop_end(struct wend *e)
{
    session_free(e->s);
    e->s = NULL;
    e->wire.n = 0;
    e->is_changed = e->is_synced = false;
}

void
link_close(struct world *w, struct wlink *l)
{
    if (l->end[0].s == NULL && l->end[1].s == NULL)
        return;
    stop_end(&l->end[0]);
    stop_end(&l->end[1]);
    l->dial_ms = w->now_ms + 200 + rng_below(&w->rng, DIAL_MS);
    world_note(w, "close %u-%u", l->node[0], l->node[1]);
}

bool
link_is_rest(const struct wlink *l)
{
    return l->end[0].s == NULL || (l->end[0].wire.n == 0 && l->end[1].wire.n == 0);
}

static void
open_end(struct world *w, struct wlink *l, unsigned e)
{
    struct member *m = w->node[l->node[e]].m;
    struct session_setup setup = {.replica = ledger_replica(m->l),
                                  .is_initiator = e == 0,
                                  .pattern = NOISE_XX,
                                  .self = &m->box,
                                  .schema = ledger_types(m->l)->version,
                                  .now_ms = w->now_ms};
    setup.community = *replica_community(setup.replica);
    pair_new_random(PAIR_BOX, &setup.ephemeral);
    upset_setup(w, l, e, &setup);
    l->end[e].s = session_new(&setup);
}

/* What the peer says that it has committed. */
static enum rc
take_acks(const struct wend *me, struct ledger *ledger)
{
    struct session_info info;
    enum rc rc = RC_OK;
    session_info(me->s, &info);
    for (size_t i = 0; rc == RC_OK && i < me->fx.acks_n; i++)
        rc = peer_ack(ledger, info.node, &me->fx.acks[i].log, me->fx.acks[i].seq);
    return rc;
}

static enum rc
step_once(struct world *w, struct wend *me, struct ledger *ledger,
          const struct session_event *event, bool *did_change)
{
    enum rc rc = session_step(me->s, event, &me->fx);
    if (rc == RC_OK && me->fx.changes.n > 0) {
        *did_change = true;
        rc = ledger_project(ledger, &me->fx.changes);
    }
    /* Only here, so that the seeds without acts stay what they were. */
    return rc == RC_OK && w->setup->acts != 0 ? take_acks(me, ledger) : rc;
}

/* One turn, in the shell's order: begin, step, project, commit, and only then the wire.
 */
static void
step(struct world *w, struct wlink *l, unsigned e, enum session_event_kind kind,
     struct slice bytes)
{
    struct wend *me = &l->end[e], *other = &l->end[1 - e];
    unsigned i = l->node[e];
    struct ledger *ledger = w->node[i].m->l;
    struct session_event event = {.kind = kind,
                                  .now_ms = w->now_ms,
                                  .wall_ms = ledger_wall_ms(ledger),
                                  .bytes = bytes,
                                  .unsent_bytes = other->wire.n};
    bool did_change = false;
    enum rc rc = ledger_begin(ledger);
    if (rc == RC_OK) {
        rc = step_once(w, me, ledger, &event, &did_change);
        if (rc == RC_OK && me->fx.has_join) {
            did_change = true;
            rc = hub_join(ledger, &w->c.hub, &me->fx.join, NULL);
            event.kind = SESSION_JOINED;
            if (rc == RC_OK)
                rc = step_once(w, me, ledger, &event, &did_change);
        }
        if (rc == RC_OK)
            rc = ledger_commit(ledger);
        else
            ledger_rollback(ledger);
    }
    if (rc == RC_DENIED) {
        link_close(w, l);
        return;
    }
    if (rc != RC_OK) {
        node_trouble(w, i, rc);
        return;
    }
    guard_after(w, i);
    if (did_change)
        node_changed(w, i);
    me->is_synced = me->fx.is_synced;
    buf_add_slice(&other->wire, buf_slice(&me->fx.out));
    w->out->wire_bytes += me->fx.out.n;
    w->out->sends += me->fx.out.n > 0;
    if (other->wire.n > w->out->most_unsent)
        w->out->most_unsent = other->wire.n;
    if (me->fx.close != CLOSE_NONE) {
        world_note(w, "bye %u-%u %d", l->node[0], l->node[1], (int)me->fx.close);
        link_close(w, l);
    }
}

/* Some of the bytes on the wire arrive, whole or not. */
static void
deliver(struct world *w, struct wlink *l, unsigned e)
{
    struct wend *me = &l->end[e];
    uint8_t chunk[65536];
    size_t n = me->wire.n < sizeof(chunk) ? me->wire.n : sizeof(chunk);
    if (n > 1 && rng_chance(&w->rng, 300))
        n = 1 + rng_below(&w->rng, (uint32_t)n);
    memcpy(chunk, me->wire.p, n);
    buf_drop(&me->wire, n);
    if (rng_chance(&w->rng, w->flip))
        chunk[rng_below(&w->rng, (uint32_t)n)] ^= (uint8_t)(1u << rng_below(&w->rng, 8));
    if (rng_chance(&w->rng, w->drop))
        return;
    bool twice = rng_chance(&w->rng, w->twice);
    step(w, l, e, SESSION_BYTES, slice_of(chunk, n));
    if (twice && me->s != NULL)
        step(w, l, e, SESSION_BYTES, slice_of(chunk, n));
    if (rng_chance(&w->rng, w->cut))
        link_close(w, l);
}

static void
end_tick(struct world *w, struct wlink *l, unsigned e)
{
    struct wend *me = &l->end[e];
    if (me->s == NULL || w->node[l->node[e]].is_mute)
        return;
    /* While a session has work left it is stepped before anything more is read. */
    for (unsigned k = 0; k < 64 && me->s != NULL && me->fx.deadline_ms <= w->now_ms; k++)
        step(w, l, e, SESSION_TIMER, slice_of(NULL, 0));
    if (me->s != NULL && me->is_changed) {
        me->is_changed = false;
        step(w, l, e, SESSION_CHANGED, slice_of(NULL, 0));
    }
    if (me->s != NULL && me->wire.n > 0 && !l->is_cut)
        deliver(w, l, e);
    if (me->s != NULL && l->end[1 - e].wire.n == 0 && rng_chance(&w->rng, 100))
        step(w, l, e, SESSION_DRAINED, slice_of(NULL, 0));
    if (me->s != NULL && rng_chance(&w->rng, 3))
        step(w, l, e, SESSION_REPAIR, slice_of(NULL, 0));
}

void
link_tick(struct world *w, struct wlink *l)
{
    bool up = w->node[l->node[0]].is_up && w->node[l->node[1]].is_up;
    if (l->end[0].s == NULL) {
        if (!up || l->is_cut || w->now_ms < l->dial_ms)
            return;
        open_end(w, l, 0);
        open_end(w, l, 1);
        step(w, l, 0, SESSION_TIMER, slice_of(NULL, 0));
    }
    end_tick(w, l, 0);
    end_tick(w, l, 1);
}
