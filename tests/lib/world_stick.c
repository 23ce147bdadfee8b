/* Bundles on USB sticks: written by one node, carried for a while, damaged or not, read
 * by another one as `bundle read` does. */
#include "tests/lib/world_impl.h"

#include <string.h>

#include "schema/stick.h"
#include "sync/bundle.h"

static enum rc
put(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

/* The first part of a bundle: its head. */
static bool
head_of(struct slice bytes, struct bundle_reader *r, struct bundle_head *head)
{
    struct slice part = {NULL, 0};
    bundle_reader_init(r);
    return bundle_next(r, &bytes, &part) == BUNDLE_HEAD &&
           bundle_head_decode(part, head) == RC_OK;
}

static enum rc
write_stick(struct world *w, unsigned i, uint32_t receiver, struct buf *out)
{
    struct member *m = w->node[i].m;
    struct stick_setup setup = {
        .receiver = receiver, .log = &m->log, .logs_n = 1, .put = put, .arg = out};
    struct stick_written written;
    struct bundle_reader r;
    struct bundle_head head;
    enum rc rc = ledger_begin(m->l);
    if (rc != RC_OK)
        return rc;
    rc = stick_write(m->l, &setup, &written);
    if (rc == RC_OK) {
        if (head_of(buf_slice(out), &r, &head))
            rc = stick_note(m->l, &head);
        else
            world_fail(w, "a bundle by node %u cannot be read", i);
        bundle_reader_fini(&r);
    }
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static void
hurt(struct world *w, struct buf *b)
{
    if (rng_chance(&w->rng, 250)) {
        b->n = rng_below(&w->rng, (uint32_t)b->n);
        w->out->sticks_hurt++;
    } else if (rng_chance(&w->rng, 150)) {
        b->p[rng_below(&w->rng, (uint32_t)b->n)] ^=
            (uint8_t)(1u << rng_below(&w->rng, 8));
        w->out->sticks_hurt++;
    }
}

static void
pack_stick(struct world *w)
{
    unsigned n = w->setup->nodes;
    unsigned thief = extra_of(w, EXTRA_THIEF);
    unsigned to = rng_below(&w->rng, n);
    unsigned from = (to + 1 + rng_below(&w->rng, n - 1)) % n;
    if (w->node[thief].m != NULL && rng_chance(&w->rng, 300))
        from = thief;
    if (!w->node[from].is_up || w->sticks_n == STICKS_MAX)
        return;
    struct stick *s = &w->stick[w->sticks_n];
    *s = (struct stick){.to = to, .due_ms = w->now_ms + rng_below(&w->rng, 15000)};
    /* One for everybody tells whoever finds it who wrote how much: not given to him. */
    bool for_all = rng_chance(&w->rng, 500) && to != w->victim;
    uint32_t receiver = for_all ? 0 : to == 0 ? 1 : w->node[to].m->invite.node;
    enum rc rc = write_stick(w, from, receiver, &s->bytes);
    world_note(w, "stick %u to %u %d", from, to, (int)rc);
    if (rc != RC_OK) {
        buf_free(&s->bytes);
        if (disk_has_crashed(from))
            node_trouble(w, from, rc);
        return;
    }
    hurt(w, &s->bytes);
    w->sticks_n++;
    w->out->sticks++;
}

/* ---- reading */

struct reading {
    struct world *w;
    unsigned node;
    struct bundle_head head;
    struct stick_taken taken;
};

static enum rc
turn(struct reading *x, const struct slice *chunk)
{
    struct ledger *l = x->w->node[x->node].m->l;
    bool believed = false;
    enum rc rc = ledger_begin(l);
    if (rc != RC_OK)
        return rc;
    rc = chunk != NULL ? stick_take(l, *chunk, &x->taken)
                       : stick_end(l, &x->head, &believed);
    if (rc == RC_OK)
        rc = ledger_commit(l);
    else
        ledger_rollback(l);
    if (rc == RC_OK)
        guard_after(x->w, x->node);
    return rc;
}

static enum rc
read_all(struct reading *x, struct slice bytes, bool *has_head)
{
    struct bundle_reader r;
    struct buf kept = BUF_NONE;
    enum bundle_got got = BUNDLE_PART;
    enum rc rc = RC_OK;
    bundle_reader_init(&r);
    *has_head = false;
    while (rc == RC_OK && bytes.n > 0 && got <= BUNDLE_CHUNK) {
        struct slice part = {NULL, 0};
        got = bundle_next(&r, &bytes, &part);
        if (got == BUNDLE_HEAD) {
            buf_add_slice(&kept, part);
            *has_head =
                bundle_head_decode(buf_slice(&kept), &x->head) == RC_OK &&
                hash_eq(&x->head.community,
                        replica_community(ledger_replica(x->w->node[x->node].m->l)));
            if (!*has_head)
                break;
        }
        if (got == BUNDLE_CHUNK)
            rc = turn(x, &part);
    }
    /* What is on a damaged stick before the damage is taken too. */
    if (rc == RC_OK && *has_head)
        rc = turn(x, NULL);
    bundle_reader_fini(&r);
    buf_free(&kept);
    return rc;
}

static void
read_stick(struct world *w, struct stick *s)
{
    struct reading x = {.w = w, .node = s->to};
    bool has_head = false;
    enum rc rc = read_all(&x, buf_slice(&s->bytes), &has_head);
    world_note(w, "read %u %d", s->to, (int)rc);
    for (size_t i = 0; i < x.taken.n; i++)
        w->out->stick_entries += x.taken.log[i].fresh;
    if (rc == RC_MALFORMED)
        world_fail(w, "a whole part of a bundle is called malformed by node %u", s->to);
    else if (rc != RC_OK)
        node_trouble(w, s->to, rc);
    else
        node_changed(w, s->to);
    stick_taken_fini(&x.taken);
    buf_free(&s->bytes);
}

void
stick_tick(struct world *w)
{
    if (w->is_chaos && rng_chance(&w->rng, 25))
        pack_stick(w);
    for (size_t i = 0; i < w->sticks_n;) {
        struct stick *s = &w->stick[i];
        if (w->now_ms < s->due_ms || !w->node[s->to].is_up) {
            i++;
            continue;
        }
        read_stick(w, s);
        *s = w->stick[--w->sticks_n];
    }
}
