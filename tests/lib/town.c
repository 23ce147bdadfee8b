/* A community whose keys the test holds. */
#include "tests/lib/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
must(bool is_so, const char *what)
{
    if (!is_so) {
        (void)fprintf(stderr, "town: %s\n", what);
        abort();
    }
}

struct pair
town_pair(enum pair_kind kind, char letter, uint32_t no)
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
    t->box[no] = town_pair(PAIR_BOX, 'b', no);
    op->node = no;
    op->box_key = t->box[no].pub;
    t->ack[no].key = town_pair(PAIR_SIGN, 'a', no);
    op->ack_key = t->ack[no].key.pub;
    op->scopes.n = 1;
    item(t, op);
}

static void
add_grant(struct town *t)
{
    struct auth_op *op = fresh(t, AUTH_GRANT);
    uint32_t no = ++t->logs_n;

    must(no <= TOWN_MAX, "too many logs");
    t->log[no] = (struct chain){.key = town_pair(PAIR_SIGN, 'l', no)};
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
    t->officer = town_pair(PAIR_SIGN, 'o', 1);
    t->root = town_pair(PAIR_SIGN, 'r', 1);
    t->hub.key = town_pair(PAIR_SIGN, 'h', 1);
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

static void
write_item(struct town *t, struct chain *c, uint32_t log, size_t bytes, struct buf *entry)
{
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

void
town_write(struct town *t, uint32_t log, size_t bytes, struct buf *entry)
{
    write_item(t, &t->log[log], log, bytes, entry);
}

void
town_ack(struct town *t, uint32_t node, struct buf *entry)
{
    write_item(t, &t->ack[node], node, 40, entry);
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
town_erase(struct town *t, uint32_t log, uint64_t from, uint64_t to, struct buf *entry)
{
    struct auth_op *op = fresh(t, AUTH_ERASE);
    struct buf items = BUF_NONE;

    for (uint64_t seq = from; seq <= to; seq++) {
        struct erased_name name = {log, seq, 0};

        auth_erased_add(&items, &name);
        op->items_n++;
    }
    op->items = buf_slice(&items);
    op->scope = 1;
    op->unit = 301;
    op->reason = 1;
    op->request = slice_text("2026-1");
    order(t, op);
    item(t, op);
    finish(t, &t->hub, ENTRY_AUTHORITY, entry);
    buf_free(&items);
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
    h->box = town_pair(PAIR_BOX, 'b', node);
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

/* ---- a street */
void
street_init(struct street *s, size_t homes, uint32_t logs)
{
    memset(s, 0, sizeof *s);
    town_init(&s->town, (uint32_t)homes, logs, &s->e);
    for (size_t i = 0; i < homes; i++) {
        home_init(&s->home[i], &s->town, (uint32_t)i + 1);
        home_take(&s->home[i], &s->e);
    }
    s->homes_n = homes;
    s->random = 88172645463325252ull;
}

void
street_fini(struct street *s)
{
    for (size_t i = 0; i < s->homes_n; i++) {
        home_fini(&s->home[i]);
    }
    buf_free(&s->e);
    town_fini(&s->town);
}

void
street_gives(struct street *s, unsigned homes)
{
    for (size_t i = 0; i < s->homes_n; i++) {
        if ((homes & (1u << i)) != 0) {
            home_take(&s->home[i], &s->e);
        }
    }
}

void
street_writes(struct street *s, uint32_t log, size_t n, size_t bytes, unsigned homes)
{
    for (size_t k = 0; k < n; k++) {
        s->e.n = 0;
        town_write(&s->town, log, bytes, &s->e);
        street_gives(s, homes);
    }
}

void
street_seals(struct street *s, unsigned homes)
{
    s->e.n = 0;
    town_seal(&s->town, 1, s->town.logs_n, &s->e);
    street_gives(s, homes);
}

void
street_seals_at(struct street *s, uint32_t log, const struct chain *at, unsigned homes)
{
    s->e.n = 0;
    town_seal_at(&s->town, log, at, &s->e);
    street_gives(s, homes);
}

struct row
street_row(const struct street *s, size_t home, bool is_authority, uint32_t no)
{
    const struct home *h = &s->home[home];
    struct row row;

    for (size_t i = 0; i < replica_rows_n(h->replica); i++) {
        replica_row_at(h->replica, i, &row);
        if (row.is_authority == is_authority && row.no == no) {
            return row;
        }
    }
    return (struct row){0};
}

uint64_t
street_draw(struct street *s, uint64_t n)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % n;
}
