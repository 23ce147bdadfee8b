/* Two sessions joined by a fake wire. */
#include "tests/lib/pipe.h"

#include "sync/session_impl.h"

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

/* A pair from a letter and a number. */
static struct pair
pair_of(enum pair_kind kind, char letter, uint32_t no)
{
    uint8_t seed[SEED_BYTES] = {(uint8_t)letter};
    struct pair p;

    put_u32(seed + 1, no);
    pair_from_seed(kind, seed, &p);
    return p;
}

/* ---- writing */
static void
finish(struct town *t, struct chain *c, enum entry_kind kind, struct buf *out)
{
    static const struct hash none;
    struct entry head = {.kind = kind, .schema = 1, .log = c->key.pub};
    bool is_first = kind == ENTRY_AUTHORITY && t->reign == 1 && c->seq == 0;

    t->clock += 1u << 16;
    head.seq = c->seq + 1;
    head.prev = c->seq > 0 ? c->id : none;
    head.clock = t->clock;
    if (t->hub.seq > 0) {
        memcpy(head.mark, t->hub.id.b, sizeof head.mark);
    }
    entry_finish(&t->writer, &head, is_first ? &none : &t->id, &c->key, out, &c->id);
    c->seq = head.seq;
    if (is_first) {
        t->id = c->id;
    }
}

static void
item(struct town *t, const struct auth_op *op)
{
    struct buf b = BUF_NONE;

    buf_add_u64(&b, 0);
    auth_op_encode(op, &b);
    entry_add(&t->writer, buf_slice(&b));
    buf_free(&b);
}

/* Signs as the one officer, at the present head of the authority log. */
static void
order(struct town *t, struct auth_op *op)
{
    static const struct hash none;

    op->order.is_there = true;
    op->order.seen = t->hub.seq > 0 ? t->hub.id : none;
    op->order.n = 1;
    op->order.by[0] = t->officer.pub;
    auth_order_sign(op, t->hub.seq > 0 ? &t->id : &none, &op->order.seen, &t->officer,
                    &op->order.sig[0]);
}

static struct auth_op *
fresh(struct town *t, enum auth_code code)
{
    memset(&t->op, 0, sizeof t->op);
    t->op.code = code;
    return &t->op;
}

static void
officers(const struct town *t, struct auth_op *op)
{
    op->officers.n = 1;
    op->officers.key[0] = t->officer.pub;
    memset(op->officers.need, 1, sizeof op->officers.need);
}

static void
add_node(struct town *t)
{
    struct auth_op *op = fresh(t, AUTH_NODE);
    uint32_t no = ++t->nodes_n;

    must(no <= TOWN_MAX, "too many nodes");
    t->box[no] = pair_of(PAIR_BOX, 'b', no);
    op->node = no;
    op->box_key = t->box[no].pub;
    op->ack_key = pair_of(PAIR_SIGN, 'a', no).pub;
    op->scopes.n = 1;
    item(t, op);
}

static void
add_grant(struct town *t)
{
    struct auth_op *op = fresh(t, AUTH_GRANT);
    uint32_t no = ++t->logs_n;

    must(no <= TOWN_MAX, "too many logs");
    t->log[no] = (struct chain){.key = pair_of(PAIR_SIGN, 'l', no)};
    op->grant.log_no = no;
    op->grant.log = t->log[no].key.pub;
    op->grant.node = no < t->nodes_n ? no : t->nodes_n;
    op->grant.post = no;
    op->grant.unit = 301;
    op->grant.role = ROLE_SECRETARY;
    op->grant.scopes.n = 1;
    op->grant.from = 1;
    put_u32(op->grant.person, no);
    order(t, op);
    item(t, op);
}

void
town_init(struct town *t, uint32_t nodes, uint32_t logs, struct buf *entry)
{
    struct auth_op *op;

    memset(t, 0, sizeof *t);
    must(crypto_init() == RC_OK, "crypto");
    entry_writer_init(&t->writer);
    t->clock = 1700000000000ull << 16;
    t->reign = 1;
    t->officer = pair_of(PAIR_SIGN, 'o', 1);
    t->root = pair_of(PAIR_SIGN, 'r', 1);
    t->hub.key = pair_of(PAIR_SIGN, 'h', 1);
    op = fresh(t, AUTH_CREATE);
    op->name = slice_text("Linjuli");
    op->root_key = t->root.pub;
    op->hub_key = t->hub.key.pub;
    officers(t, op);
    item(t, op);
    for (uint32_t i = 0; i < nodes; i++) {
        add_node(t);
    }
    for (uint32_t i = 0; i < logs; i++) {
        add_grant(t);
    }
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_fini(struct town *t)
{
    entry_writer_fini(&t->writer);
}

void
town_write(struct town *t, uint32_t log, size_t bytes, struct buf *entry)
{
    struct chain *c = &t->log[log];
    uint8_t *p;

    bytes = ITEM_OVERHEAD_BYTES + 16 + bytes / 16 * 16; /* as a sealed item has */
    p = mem_new(bytes);
    for (size_t i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(i * 7 + c->seq * 13 + log);
    }
    put_u32(p, 1); /* a scope and an epoch stand in front */
    put_u32(p + 4, 1);
    entry_add(&t->writer, slice_of(p, bytes));
    finish(t, c, ENTRY_DATA, entry);
    mem_free(p);
}

static void
seal(struct town *t, const struct buf *lines, uint32_t n, struct buf *entry)
{
    struct auth_op *op = fresh(t, AUTH_SEAL);

    op->seal_no = ++t->seal_no;
    op->lines_n = n;
    op->lines = buf_slice(lines);
    item(t, op);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_seal(struct town *t, uint32_t from, uint32_t to, struct buf *entry)
{
    struct buf lines = BUF_NONE;
    uint32_t n = 0;

    for (uint32_t i = from; i <= to; i++) {
        struct line l = {.log_no = i, .seq = t->log[i].seq, .id = t->log[i].id};

        if (l.seq > 0) {
            auth_line_add(&lines, &l);
            n++;
        }
    }
    seal(t, &lines, n, entry);
    buf_free(&lines);
}

void
town_seal_at(struct town *t, uint32_t log, const struct chain *at, struct buf *entry)
{
    struct line l = {.log_no = log, .seq = at->seq, .id = at->id};
    struct buf lines = BUF_NONE;

    auth_line_add(&lines, &l);
    seal(t, &lines, 1, entry);
    buf_free(&lines);
}

void
town_revoke(struct town *t, uint32_t log, const struct chain *at, struct buf *entry)
{
    struct auth_op *op = fresh(t, AUTH_REVOKE);

    op->line = (struct line){.log_no = log, .seq = at->seq, .id = at->id};
    op->reason = 1;
    order(t, op);
    item(t, op);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_lost(struct town *t, uint32_t node, struct buf *entry)
{
    struct auth_op *op = fresh(t, AUTH_LOST);
    struct buf lines = BUF_NONE;
    struct line l = {.log_no = node, .seq = t->log[node].seq, .id = t->log[node].id};

    if (node <= t->logs_n) {
        auth_lost_add(&lines, &l);
        op->lines_n = 1;
    }
    op->node = node;
    op->lines = buf_slice(&lines);
    order(t, op);
    item(t, op);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
    buf_free(&lines);
}

void
town_grant(struct town *t, struct buf *entry)
{
    add_grant(t);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_node(struct town *t, struct buf *entry)
{
    add_node(t);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_succeed(struct town *t, const struct pair *hub, const struct chain *last,
             struct buf *entry)
{
    struct auth_op *op = fresh(t, AUTH_SUCCEED);

    op->reign = ++t->reign;
    op->reign_seq = last->seq;
    op->reign_id = last->id;
    op->hub_key = hub->pub;
    auth_root_sign(op, &t->id, NULL, &t->root, &op->root_sig);
    item(t, op);
    t->hub = (struct chain){.key = *hub};
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
}

void
town_join(const struct town *t, const struct pair *once, struct grant *grant,
          struct join *out)
{
    grant->is_invite = true;
    grant->once = once->pub;
    grant->log = out->log_key;
    grant->join_box = out->box_key;
    auth_join_sign(grant, &t->id, once, &out->sig);
}

/* ---- a node */
void
home_init(struct home *h, const struct town *t, uint32_t node)
{
    memset(h, 0, sizeof *h);
    h->node = node;
    h->box = pair_of(PAIR_BOX, 'b', node);
    h->store = mem_store_new();
    h->replica = replica_new(mem_store_port(h->store));
    must(replica_load(h->replica, &t->id) == RC_OK, "load");
}

void
home_fini(struct home *h)
{
    replica_free(h->replica);
    mem_store_free(h->store);
}

void
home_offer(struct home *h, const struct buf *entry)
{
    enum offer what;

    enum rc rc = replica_offer(h->replica, buf_slice(entry), &what);

    must(rc == RC_OK, rc_name(rc));
}

bool
home_offer_any(struct home *h, const struct buf *entry)
{
    enum offer what;

    return replica_offer(h->replica, buf_slice(entry), &what) == RC_OK;
}

void
home_settle(struct home *h)
{
    struct changes c;

    must(replica_settle(h->replica, &c) == RC_OK, "settle");
}

void
home_take(struct home *h, const struct buf *entry)
{
    home_offer(h, entry);
    home_settle(h);
}

bool
home_same(const struct home *a, const struct home *b)
{
    uint8_t x[16], y[16];

    replica_digest(a->replica, x);
    replica_digest(b->replica, y);
    return memcmp(x, y, sizeof x) == 0;
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
    out->ephemeral = pair_of(PAIR_BOX, 'e', ++fresh_no);
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
}

/* ---- the trace */
static void
tell_rows(struct reader *r)
{
    struct vrow row = {0};

    while (r->n > 0 && !r->bad) {
        struct vrow last = row;

        vrow_read(r, &last, &row);
        (void)printf(" %s%u:%llu/%llu", row.is_authority ? "a" : "", (unsigned)row.no,
                     (unsigned long long)row.head_seq, (unsigned long long)row.passed);
        if (row.proof_seq > 0) {
            (void)printf("!%llu", (unsigned long long)row.proof_seq);
        }
        if (row.held > 0) {
            (void)printf("+%llu", (unsigned long long)row.held);
        }
    }
}

static void
tell_frame(const struct frame *f)
{
    static const char *const name[] = {"?",    "HELLO",  "DIGEST", "VECTOR", "ROWS",
                                       "RUN",  "PROOF",  "ACK",    "IDS",    "ASK",
                                       "JOIN", "JOINED", "PING",   "PONG",   "BYE"};
    struct reader r = reader_of(f->payload);

    (void)printf(" %s", f->type < 15 ? name[f->type] : "?");
    if (f->type == 2) {
        (void)printf("(%u %02x)", f->payload.p[0], f->payload.p[1]);
    } else if (f->type == 3 || f->type == 4 || f->type == 7) {
        if (f->type == 3) {
            (void)printf("(%u)", read_u8(&r));
        }
        (void)printf("(%llu)", (unsigned long long)number_read(&r));
        tell_rows(&r);
    } else if (f->type == 5) {
        (void)printf("(%u %zu %u:%llu)", f->payload.p[0], f->payload.n, f->payload.p[2],
                     (unsigned long long)get_u64(f->payload.p + 41));
    } else if (f->type == 8 || f->type == 9) {
        read_u8(&r);
        (void)printf("(%llu", (unsigned long long)number_read(&r));
        (void)printf(" %llu", (unsigned long long)number_read(&r));
        (void)printf(" %llu)", (unsigned long long)(f->type == 8 ? number_read(&r) : 0));
    } else if (f->type == 14) {
        (void)printf("(%u)", f->payload.p[0]);
    }
}

static void
tell(const struct pipe *p, int i, struct slice frames)
{
    struct frame f;
    size_t used;

    if (frames.n == 0) {
        return;
    }
    (void)printf("[%llu] %d >", (unsigned long long)p->now_ms, i);
    while (frame_next(frames, &f, &used) == FRAME_WHOLE) {
        tell_frame(&f);
        frames.p += used;
        frames.n -= used;
    }
    (void)printf("\n");
}

void
pipe_tell(struct pipe *p)
{
    p->tells = true;
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

    me->session->tape = me->keeps_tape ? &me->plain : NULL;
    must(session_step(me->session, &e, &me->fx) == RC_OK, "step");
    if (p->tells) {
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

void
pipe_run(struct pipe *p)
{
    bool moved = true;

    if (p->side[0].deadline_ms == 0) {
        p->side[1].deadline_ms = UINT64_MAX;
        pipe_step(p, 0, SESSION_TIMER);
    }
    for (size_t n = 0; moved; n++) {
        moved = false;
        must(n < 10000000, "it never ends");
        for (int i = 0; i < 2; i++) {
            if (p->side[i].close == CLOSE_NONE && p->side[i].deadline_ms <= p->now_ms) {
                pipe_step(p, i, SESSION_TIMER);
                moved = true;
            } else {
                moved = deliver(p, i) || moved;
            }
        }
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
