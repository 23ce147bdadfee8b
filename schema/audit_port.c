/* The store that an audit decides everything anew over: rows up to the plan's, and up to
 * the first that is damaged. Of data entries only heads are read: their items have been
 * held against their roots by then. */
#include "schema/audit_in.h"

#include <string.h>

struct audit_loose {
    struct key log;
    uint64_t seq;
    struct hash id;
    struct buf bytes;
};

static uint64_t
end_of(const struct audit_plan_log *log)
{
    return log->good < log->top ? log->good : log->top;
}

/* From what the readers have hashed. */
static enum rc
id_of(struct audit *a, const struct audit_plan_log *log, uint64_t seq, struct hash *out)
{
    const struct audit_ids *ids = a->setup.ids;
    uint64_t at = log->ids_at + seq - 1;
    if (at < a->near.at || at >= a->near.at + a->near.n) {
        uint64_t left = log->top - seq + 1;
        a->near.at = at;
        a->near.n = left < AUDIT_IDS ? (size_t)left : AUDIT_IDS;
        if (!ids->get(ids->arg, at, a->near.id, a->near.n)) {
            a->near.n = 0;
            return RC_IO;
        }
    }
    *out = a->near.id[at - a->near.at];
    return RC_OK;
}

static enum rc
port_ids(void *self, const struct key *log, uint64_t from, store_each_fn each, void *arg)
{
    struct audit_port *p = self;
    const struct audit_plan_log *plan = audit_log_of(p->a, log);
    enum rc rc = RC_OK;
    p->last = *log;
    for (uint64_t seq = from; plan != NULL && seq <= end_of(plan) && rc == RC_OK; seq++) {
        struct stored e = {.seq = seq};
        rc = id_of(p->a, plan, seq, &e.id);
        if (rc == RC_OK && !each(arg, &e))
            break;
    }
    return rc;
}

static enum rc
heads(struct audit *a, const struct audit_plan_log *log, uint64_t from, uint64_t to,
      store_each_fn each, void *arg)
{
    sqlite3_stmt *s = db_stmt(a->db, STMT_AUDIT_HEADS);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, log_row(log->n, from));
    sqlite3_bind_int64(s, 2, log_row(log->n, to));
    while ((rc = db_step(a->db, s, &row)) == RC_OK && row) {
        struct stored e = {.seq = log_row_seq(sqlite3_column_int64(s, 0)),
                           .bytes = db_column_slice(s, 1)};
        if (e.bytes.n != ENTRY_HEAD_BYTES) {
            rc = RC_CORRUPT;
            break;
        }
        if (a->has_ids)
            rc = id_of(a, log, e.seq, &e.id);
        else
            e.id = entry_id(e.bytes);
        if (rc != RC_OK || !each(arg, &e))
            break;
    }
    sqlite3_reset(s);
    return rc;
}

struct bounded {
    store_each_fn each;
    void *arg;
    uint64_t to;
};

static bool
bounded_one(void *arg, const struct stored *e)
{
    struct bounded *b = arg;
    return e->seq <= b->to && b->each(b->arg, e) && e->seq < b->to;
}

static enum rc
port_trunk(void *self, const struct key *log, uint64_t from, store_each_fn each,
           void *arg)
{
    struct audit_port *p = self;
    const struct audit_plan_log *plan = audit_log_of(p->a, log);
    const struct sync_store *store = log_store_port(p->a->store);
    p->last = *log;
    if (plan == NULL || from > end_of(plan))
        return RC_OK;
    if (plan->kind == ENTRY_DATA)
        return heads(p->a, plan, from > 0 ? from : 1, end_of(plan), each, arg);
    struct bounded b = {each, arg, end_of(plan)};
    return store->trunk(store->self, log, from, bounded_one, &b);
}

static enum rc
port_append(void *self, const struct key *log, uint64_t seq, const struct hash *id,
            struct slice entry)
{
    struct audit_port *p = self;
    (void)seq;
    (void)id;
    (void)entry;
    p->has_written = true;
    p->last = *log;
    return RC_STALE;
}

static enum rc
port_cut(void *self, const struct key *log, uint64_t from)
{
    struct audit_port *p = self;
    (void)from;
    p->has_written = true;
    p->last = *log;
    return RC_STALE;
}

static enum rc
port_loose_put(void *self, const struct key *log, const struct stored *e)
{
    struct audit_port *p = self;
    for (size_t i = 0; i < p->loose_n; i++)
        if (hash_eq(&p->loose[i].id, &e->id) && key_eq(&p->loose[i].log, log) &&
            p->loose[i].bytes.n >= e->bytes.n)
            return RC_OK;
    if (p->loose_n == p->loose_cap) {
        p->loose_cap = p->loose_cap * 2 + 16;
        p->loose = mem_grow(p->loose, p->loose_cap * sizeof(*p->loose));
    }
    struct audit_loose *l = &p->loose[p->loose_n++];
    *l = (struct audit_loose){.log = *log, .seq = e->seq, .id = e->id};
    buf_add_slice(&l->bytes, e->bytes);
    return RC_OK;
}

static enum rc
port_loose_each(void *self, const struct key *log, store_each_fn each, void *arg)
{
    struct audit_port *p = self;
    const struct sync_store *store = log_store_port(p->a->store);
    p->last = *log;
    if (p->with_state)
        return store->loose_each(store->self, log, each, arg);
    for (size_t i = 0; i < p->loose_n; i++) {
        const struct audit_loose *l = &p->loose[i];
        struct stored e = {.seq = l->seq, .id = l->id, .bytes = buf_slice(&l->bytes)};
        if (key_eq(&l->log, log) && !each(arg, &e))
            break;
    }
    return RC_OK;
}

static enum rc
port_loose_del(void *self, const struct key *log, const struct hash *id)
{
    struct audit_port *p = self;
    for (size_t i = 0; i < p->loose_n; i++) {
        if (!hash_eq(&p->loose[i].id, id) || !key_eq(&p->loose[i].log, log))
            continue;
        buf_free(&p->loose[i].bytes);
        p->loose[i] = p->loose[--p->loose_n];
        break;
    }
    return RC_OK;
}

static enum rc
port_rewrite(void *self, const struct key *log, uint64_t seq, struct slice entry)
{
    (void)self;
    (void)log;
    (void)seq;
    (void)entry;
    return RC_OK; /* an item that is still there is told by itself */
}

static enum rc
port_state_put(void *self, const struct key *log, struct slice state)
{
    (void)self;
    (void)log;
    (void)state;
    return RC_OK;
}

/* How long the trunk is, and nothing decided. */
static enum rc
blank(struct audit *a, const struct audit_plan_log *log, struct buf *out)
{
    uint8_t head[ENTRY_HEAD_BYTES];
    if (end_of(log) == 0)
        return RC_OK;
    enum rc rc = audit_head(a, log->n, end_of(log), head);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_CORRUPT : rc;
    struct hash id = entry_id(slice_of(head, sizeof(head)));
    replica_blank(log->kind, end_of(log), &id, get_u64(head + 80), out);
    return RC_OK;
}

static enum rc
port_state_each(void *self, store_log_fn each, void *arg)
{
    struct audit_port *p = self;
    struct buf none = BUF_NONE;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < p->a->logs_n && rc == RC_OK; i++) {
        const struct audit_plan_log *log = &p->a->log[i];
        none.n = 0;
        if (!p->with_state)
            rc = blank(p->a, log, &none);
        p->last = log->key;
        if (rc == RC_OK &&
            !each(arg, &log->key, buf_slice(p->with_state ? &log->state : &none)))
            break;
    }
    buf_free(&none);
    return rc;
}

void
audit_port_init(struct audit_port *p, struct audit *a, bool with_state)
{
    *p = (struct audit_port){.a = a,
                             .with_state = with_state,
                             .port = {.self = p,
                                      .append = port_append,
                                      .trunk = port_trunk,
                                      .ids = a->has_ids ? port_ids : NULL,
                                      .cut = port_cut,
                                      .rewrite = port_rewrite,
                                      .loose_put = port_loose_put,
                                      .loose_each = port_loose_each,
                                      .loose_del = port_loose_del,
                                      .state_put = port_state_put,
                                      .state_each = port_state_each}};
}

void
audit_port_fini(struct audit_port *p)
{
    for (size_t i = 0; i < p->loose_n; i++)
        buf_free(&p->loose[i].bytes);
    mem_free(p->loose);
    *p = (struct audit_port){0};
}

uint64_t
audit_port_beside(const struct audit_port *p, const struct key *log)
{
    uint64_t n = 0;
    for (size_t i = 0; i < p->loose_n; i++)
        n += key_eq(&p->loose[i].log, log) && p->loose[i].bytes.n > ENTRY_HEAD_BYTES;
    return n;
}

/* ---- what lies beside, offered */

struct offering {
    struct audit_port *p;
    struct replica *r;
    struct key log;
    enum rc rc;
};

struct head_at {
    uint8_t b[ENTRY_HEAD_BYTES];
    bool has;
};

static bool
take_head(void *arg, const struct stored *e)
{
    struct head_at *h = arg;
    memcpy(h->b, e->bytes.p, ENTRY_HEAD_BYTES);
    h->has = true;
    return false;
}

static enum rc
offer_proof(struct offering *o, struct slice one, struct slice two)
{
    enum rc rc = replica_offer_proof(o->r, one, two);
    return rc == RC_MALFORMED || rc == RC_FORGED || rc == RC_NOTFOUND ? RC_OK : rc;
}

struct rival {
    struct offering *o;
    const struct stored *e;
};

static bool
offer_rival(void *arg, const struct stored *other)
{
    struct rival *r = arg;
    if (other->seq == r->e->seq && !hash_eq(&other->id, &r->e->id))
        r->o->rc = offer_proof(r->o, slice_of(r->e->bytes.p, ENTRY_HEAD_BYTES),
                               slice_of(other->bytes.p, ENTRY_HEAD_BYTES));
    return r->o->rc == RC_OK;
}

/* A head alone proves something beside the trunk's entry there, or beside another one. */
static void
offer_head(struct offering *o, const struct stored *e)
{
    struct head_at trunk = {.has = false};
    const struct audit_plan_log *plan = audit_log_of(o->p->a, &o->log);
    if (plan != NULL && e->seq <= end_of(plan))
        o->rc = o->p->port.trunk(o->p, &o->log, e->seq, take_head, &trunk);
    if (o->rc == RC_OK && trunk.has && memcmp(trunk.b, e->bytes.p, ENTRY_HEAD_BYTES) != 0)
        o->rc = offer_proof(o, slice_of(e->bytes.p, ENTRY_HEAD_BYTES),
                            slice_of(trunk.b, ENTRY_HEAD_BYTES));
}

/* The entries beside one log, copied: the replica reads on while it takes them. */
static bool
copy_one(void *arg, const struct stored *e)
{
    struct buf *out = arg;
    if (e->bytes.n < ENTRY_HEAD_BYTES)
        return true; /* told already */
    buf_add_u64(out, e->seq);
    buf_add(out, e->id.b, HASH_BYTES);
    buf_add_u32(out, (uint32_t)e->bytes.n);
    buf_add_slice(out, e->bytes);
    return true;
}

static bool
next_copy(struct reader *r, struct stored *e)
{
    if (r->n == 0)
        return false;
    e->seq = read_u64(r);
    read_into(r, e->id.b, HASH_BYTES);
    uint32_t n = read_u32(r);
    e->bytes = read_slice(r, n);
    return !r->bad;
}

static void
offer_whole(struct offering *o, const struct stored *e)
{
    enum offer what = OFFER_HAVE;
    enum rc rc = replica_offer(o->r, e->bytes, &what);
    o->rc = rc == RC_MALFORMED || rc == RC_FORGED ? RC_OK : rc;
}

static enum rc
offer_log(struct offering *o)
{
    const struct sync_store *store = log_store_port(o->p->a->store);
    struct buf all = BUF_NONE;
    struct stored e;
    struct stored other;
    o->rc = store->loose_each(store->self, &o->log, copy_one, &all);
    struct reader r = reader_of(buf_slice(&all));
    while (o->rc == RC_OK && next_copy(&r, &e)) /* by seq: predecessors first */
        if (e.bytes.n > ENTRY_HEAD_BYTES)
            offer_whole(o, &e);
    r = reader_of(buf_slice(&all));
    while (o->rc == RC_OK && next_copy(&r, &e)) {
        struct reader rest = r;
        struct rival rival = {o, &e};
        if (e.bytes.n == ENTRY_HEAD_BYTES)
            offer_head(o, &e);
        while (o->rc == RC_OK && next_copy(&rest, &other) && other.seq == e.seq)
            (void)offer_rival(&rival, &other);
    }
    buf_free(&all);
    return o->rc;
}

enum rc
audit_port_offer(struct audit_port *p, struct replica *r)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < p->a->logs_n && rc == RC_OK; i++) {
        struct offering o = {.p = p, .r = r, .log = p->a->log[i].key};
        rc = offer_log(&o);
    }
    return rc;
}
