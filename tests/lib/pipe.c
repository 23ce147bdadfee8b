/* Two sessions joined by a fake wire. */
#include "tests/lib/pipe.h"

#include "sync/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
must(bool is_so, const char *what)
{
    if (!is_so) {
        (void)fprintf(stderr, "pipe: %s\n", what);
        abort();
    }
}

/* ---- the wire */
void
pipe_setup(const struct town *t, const struct home *h, bool initiates,
           struct session_setup *out)
{
    static uint32_t fresh_no;

    memset(out, 0, sizeof *out);
    out->replica = h->replica;
    out->is_initiator = initiates;
    out->pattern = NOISE_XX;
    out->self = &h->box;
    out->ephemeral = town_pair(PAIR_BOX, 'e', ++fresh_no);
    out->community = t->id;
    out->schema = 1;
    out->now_ms = 1000;
}

void
pipe_init_with(struct pipe *p, struct home *a, const struct session_setup *as,
               struct home *b, const struct session_setup *bs)
{
    memset(p, 0, sizeof *p);
    p->now_ms = 1000;
    p->budget = UINT64_MAX;
    p->side[0].home = a;
    p->side[0].session = session_new(as);
    p->side[1].home = b;
    p->side[1].session = session_new(bs);
}

void
pipe_init(struct pipe *p, const struct town *t, struct home *a, struct home *b)
{
    struct session_setup as, bs;

    pipe_setup(t, a, true, &as);
    pipe_setup(t, b, false, &bs);
    pipe_init_with(p, a, &as, b, &bs);
}

void
pipe_fini(struct pipe *p)
{
    for (int i = 0; i < 2; i++) {
        session_free(p->side[i].session);
        session_effects_fini(&p->side[i].fx);
        buf_free(&p->side[i].wire);
        buf_free(&p->side[i].cipher);
        buf_free(&p->side[i].plain);
    }
    buf_free(&p->story);
}

/* ---- the story: who says what, a line a step */
static void
tell_rows(struct buf *b, struct reader *r)
{
    struct vrow row = {0};

    while (r->n > 0 && !r->bad) {
        struct vrow last = row;

        vrow_read(r, &last, &row);
        buf_addf(b, " %s%u:%llu/%llu", row.is_authority ? "a" : "", (unsigned)row.no,
                 (unsigned long long)row.head_seq, (unsigned long long)row.passed);
        if (row.proof_seq > 0) {
            buf_addf(b, "!%llu", (unsigned long long)row.proof_seq);
        }
        if (row.held > 0) {
            buf_addf(b, "+%llu", (unsigned long long)row.held);
        }
    }
}

/* Flags, and the first entry by log number and seq. */
static void
tell_run(struct buf *b, const struct home *by, const uint8_t *p)
{
    const uint8_t *entry = p + 1;
    const struct log_state *log;
    struct key key;

    memcpy(key.b, entry + 8, KEY_BYTES);
    log = replica_log_by_key(by->replica, &key);
    buf_addf(b, "(%u %s%u:%llu)", p[0], entry[1] == ENTRY_AUTHORITY ? "a" : "",
             log != NULL ? (unsigned)log->no : 0,
             (unsigned long long)get_u64(entry + 40));
}

static void
tell_frame(struct buf *b, const struct home *by, const struct frame *f)
{
    struct reader r = reader_of(f->payload);

    buf_addf(b, " %s", message_text(f->type));
    switch ((int)f->type) {
    case MESSAGE_VECTOR:
    case MESSAGE_ROWS:
    case MESSAGE_ACK:
        if (f->type == MESSAGE_VECTOR) {
            buf_addf(b, "(%u)", read_u8(&r));
        }
        buf_addf(b, "(%llu)", (unsigned long long)number_read(&r));
        tell_rows(b, &r);
        break;
    case MESSAGE_DIGEST:
    case MESSAGE_BYE:
        buf_addf(b, "(%u)", read_u8(&r));
        break;
    case MESSAGE_RUN:
        tell_run(b, by, f->payload.p);
        break;
    default:
        break;
    }
}

static void
tell(struct pipe *p, int i, struct slice frames)
{
    struct frame f;
    size_t used;

    if (frames.n == 0) {
        return;
    }
    buf_addf(&p->story, "[%llu] %d >", (unsigned long long)p->now_ms, i);
    while (frame_next(frames, &f, &used) == FRAME_WHOLE) {
        tell_frame(&p->story, p->side[i].home, &f);
        p->count[i][f.type]++;
        frames.p += used;
        frames.n -= used;
    }
    buf_addf(&p->story, "\n");
}

void
pipe_tape(struct pipe *p)
{
    p->side[0].keeps_tape = true;
    p->side[1].keeps_tape = true;
}

static void
step(struct pipe *p, int i, enum session_event_kind kind, struct slice bytes)
{
    struct side *me = &p->side[i];
    struct side *other = &p->side[1 - i];
    struct session_event e = {.kind = kind,
                              .now_ms = p->now_ms,
                              .wall_ms = 1700000000000ull + p->now_ms,
                              .bytes = bytes,
                              .unsent_bytes = other->wire.n - other->took};
    size_t before = me->plain.n;
    size_t n;

    p->is_begun = p->is_begun || i == 0;
    me->session->tape = me->keeps_tape ? &me->plain : NULL;
    must(session_step(me->session, &e, &me->fx) == RC_OK, "step");
    if (me->plain.n > before) {
        tell(p, i, slice_of(me->plain.p + before, me->plain.n - before));
    }
    n = me->fx.out.n;
    me->sent += n;
    me->sends += n > 0;
    me->longest = n > me->longest ? n : me->longest;
    if (me->keeps_tape) {
        buf_add_slice(&me->cipher, buf_slice(&me->fx.out));
    }
    n = n < p->budget ? n : (size_t)p->budget;
    p->budget -= p->budget == UINT64_MAX ? 0 : n;
    buf_add(&other->wire, me->fx.out.p, n);
    me->close = me->fx.close;
    me->is_synced = me->is_synced || me->fx.is_synced;
    me->opened = me->opened || me->fx.opened;
    if (me->fx.has_join) {
        me->has_join = true;
        me->join = me->fx.join;
    }
    me->acks_n += me->fx.acks_n;
    if (me->fx.acks_n > 0) {
        me->ack = me->fx.acks[me->fx.acks_n - 1];
    }
    me->changes_n += me->fx.changes.n;
    me->deadline_ms = me->fx.deadline_ms;
}

void
pipe_step(struct pipe *p, int side, enum session_event_kind kind)
{
    step(p, side, kind, slice_of(NULL, 0));
}

static size_t
draw(struct pipe *p)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (size_t)(p->random % p->piece) + 1;
}

size_t
pipe_count(const struct pipe *p, int side, uint8_t type)
{
    return p->count[side][type];
}

/* Hands bytes over, and tells the sender when all are gone. */
static bool
deliver(struct pipe *p, int i)
{
    struct side *me = &p->side[i];
    size_t n = me->wire.n - me->took;
    size_t piece = p->random != 0 ? draw(p) : p->piece;
    struct buf bytes = BUF_NONE;

    if (n == 0 || me->close != CLOSE_NONE) {
        return false;
    }
    if (piece > 0 && n > piece) {
        n = piece;
    }
    buf_add(&bytes, me->wire.p + me->took, n); /* exactly so many, for the sanitizer */
    me->took += n;
    if (me->took == me->wire.n) {
        me->took = 0;
        me->wire.n = 0;
    }
    step(p, i, SESSION_BYTES, buf_slice(&bytes));
    buf_free(&bytes);
    if (me->wire.n == 0 && p->side[1 - i].close == CLOSE_NONE) {
        pipe_step(p, 1 - i, SESSION_DRAINED);
    }
    return true;
}

bool
pipe_turn(struct pipe *p, int i)
{
    if (i == 0 && !p->is_begun) {
        p->is_begun = true;
        p->side[1].deadline_ms = UINT64_MAX;
        pipe_step(p, 0, SESSION_TIMER);
        return true;
    }
    if (p->side[i].close == CLOSE_NONE && p->side[i].deadline_ms <= p->now_ms) {
        pipe_step(p, i, SESSION_TIMER);
        return true;
    }
    return deliver(p, i);
}

void
pipe_run(struct pipe *p)
{
    bool moved = true;

    for (size_t n = 0; moved; n++) {
        must(n < 10000000, "it never ends");
        moved = pipe_turn(p, 0);
        moved = pipe_turn(p, 1) || moved;
    }
}

void
pipe_cut(struct pipe *p)
{
    for (int i = 0; i < 2; i++) {
        p->side[i].took = 0;
        p->side[i].wire.n = 0;
        pipe_step(p, i, SESSION_EOF);
    }
}

void
pipe_sync(const struct town *t, struct home *a, struct home *b)
{
    struct pipe p;

    pipe_init(&p, t, a, b);
    pipe_run(&p);
    pipe_fini(&p);
}
