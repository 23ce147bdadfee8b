#include "tests/lib/ledger_fixture.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "schema/fold.h"
#include "schema/hub_in.h"
#include "schema/type.h"

#define WALL_START UINT64_C(1767225600000) /* 2026-01-01 */

#define must(call) must_be_ok((call), #call, __LINE__)

static void
must_be_ok(enum rc rc, const char *what, int line)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "# ledger_fixture:%d: %s: %s\n", line, what, rc_name(rc));
    assert(rc == RC_OK);
}

static uint64_t
wall(void *arg)
{
    const struct member *m = arg;
    return m->c->wall_ms + (uint64_t)m->skew_ms;
}

/* By the list they come from; never freed. */
struct shared_types {
    bool is_read;
    const struct embed_file *files;
    struct types *rules[8];
    uint16_t n;
};

static const struct shared_types *
types_once(const struct embed_file *files)
{
    static struct shared_types kept[3];
    struct shared_types *k = kept;
    while (k->is_read && k->files != files) {
        k++;
        assert(k < kept + 3);
    }
    if (k->is_read)
        return k;
    const struct embed_file *list = files != NULL ? files : embed_types;
    struct types *newest = NULL;
    must(types_parse(list, &newest, NULL));
    k->n = newest->version;
    assert(k->n <= 8);
    for (uint16_t v = 1; v < k->n; v++)
        must(types_parse_at(list, v, &k->rules[v - 1], NULL));
    k->rules[k->n - 1] = newest;
    k->files = files;
    k->is_read = true;
    return k;
}

static enum rc
open_ledger(struct member *m, enum ledger_mode mode)
{
    struct community *c = m->c;
    size_t no = (size_t)(m - c->m);
    char path[256] = ":memory:";
    if (c->vfs != NULL)
        snprintf(path, sizeof(path), "%zu/linjuli.db", no);
    else if (c->dir != NULL)
        snprintf(path, sizeof(path), "%s/%zu.db", c->dir, no);
    struct ledger_setup setup = {.path = path,
                                 .mode = mode,
                                 .vfs = c->vfs,
                                 .types = m->types != NULL ? m->types : c->types,
                                 .box = &m->box,
                                 .wall_ms = wall,
                                 .arg = m};
    if (c->reads_types_once) {
        const struct shared_types *k = types_once(setup.types);
        setup.rules = k->rules;
        setup.rules_n = k->n;
    }
    return ledger_open(&setup, &m->l, NULL);
}

enum rc
member_open(struct member *m)
{
    return open_ledger(m, LEDGER_WRITE);
}

static struct member *
member_new(struct community *c)
{
    assert(c->n < FIXTURE_MAX);
    struct member *m = &c->m[c->n++];
    m->c = c;
    m->types = c->types;
    pair_new_random(PAIR_BOX, &m->box);
    pair_new_random(PAIR_SIGN, &m->log);
    pair_new_random(PAIR_SIGN, &m->ack);
    must(open_ledger(m, LEDGER_CREATE));
    return m;
}

static void be_born(struct community *c);

void
community_init(struct community *c)
{
    community_init_at(c, NULL);
}

void
community_init_at(struct community *c, const char *dir)
{
    memset(c, 0, sizeof(*c));
    c->dir = dir;
    be_born(c);
}

void
community_init_types(struct community *c, const struct embed_file *types)
{
    memset(c, 0, sizeof(*c));
    c->types = types;
    be_born(c);
}

void
community_init_on(struct community *c, const char *vfs, const struct embed_file *types)
{
    memset(c, 0, sizeof(*c));
    c->vfs = vfs;
    c->types = types;
    c->reads_types_once = types != NULL;
    be_born(c);
}

static void
be_born(struct community *c)
{
    must(crypto_init());
    c->wall_ms = WALL_START;
    pair_new_random(PAIR_SIGN, &c->hub_key);
    pair_new_random(PAIR_SIGN, &c->officer);
    pair_new_random(PAIR_SIGN, &c->root);
    c->hub = (struct hub){.hub = &c->hub_key, .officer = &c->officer, .officers_n = 1};
    struct member *m = member_new(c);
    struct hub_birth birth = {.community = "绿洲",
                              .person = "中心",
                              .hub = &c->hub_key,
                              .officer = &c->officer,
                              .root = &c->root,
                              .box = &m->box,
                              .ack = &m->ack,
                              .log = &m->log};
    must(ledger_begin(m->l));
    must(hub_create(m->l, &birth, NULL));
    must(ledger_commit(m->l));
}

void
community_fini(struct community *c)
{
    for (size_t i = 0; i < c->n; i++) {
        ledger_close(c->m[i].l);
        invite_fini(&c->m[i].invite);
    }
}

static void
put_unit(struct member *hub, struct author_run *run, const char *code, const char *name,
         const char *kind)
{
    uint8_t id[RECORD_ID_BYTES];
    const struct hub_field f[] = {{.name = "code", .text = code},
                                  {.name = "name", .text = name},
                                  {.name = "kind", .num = hub_kind(hub->l, kind)}};
    ledger_new_id(hub->l, id);
    must(hub_put(run, hub->l, "org_unit", id, f, 3));
}

struct author_run *
member_begin(struct member *m)
{
    struct author author;
    struct author_run *run = NULL;
    must(ledger_begin(m->l));
    must(author_of(m->l, &m->log, &author));
    must(author_begin(m->l, &author, &run));
    return run;
}

void
member_end(struct member *m, struct author_run *run)
{
    must(author_end(&run));
    must(ledger_commit(m->l));
}

const struct log_state *
member_log(const struct member *m)
{
    return replica_log_by_key(ledger_replica(m->l), &m->log.pub);
}

void
community_unit(struct community *c, const char *code, const char *kind)
{
    struct author_run *run = member_begin(&c->m[0]);
    put_unit(&c->m[0], run, code, code, kind);
    must(author_end(&run));
    must(ledger_commit(c->m[0].l));
}

void
community_groups(struct community *c, size_t n)
{
    struct member *hub = &c->m[0];
    struct author_run *run = member_begin(hub);
    for (size_t i = 0; i < n; i++) {
        char code[16];
        char name[32];
        snprintf(code, sizeof(code), "%04u", FIXTURE_GROUP + (unsigned)i);
        snprintf(name, sizeof(name), "第%u党小组", (unsigned)i + 1);
        put_unit(hub, run, code, name, "group");
    }
    must(author_end(&run));
    bool did = false;
    must(hub_upkeep(hub->l, &c->hub, &did));
    assert(did);
    must(ledger_commit(hub->l));
}

static void
take_invite(struct community *c, struct member *m, struct grant *g)
{
    struct auth_op *op = mem_new(sizeof(*op));
    struct pair once;
    must(auth_op_decode(buf_slice(&m->invite.grant_op), op));
    *g = op->grant;
    g->log = m->log.pub;
    g->join_box = m->box.pub;
    g->has_join = true;
    pair_from_seed(PAIR_SIGN, m->invite.once_seed, &once);
    auth_join_sign(g, &m->invite.community, &once, &m->join.sig);
    g->join_sig = m->join.sig;
    memcpy(m->join.invite, m->invite.no, INVITE_NO_BYTES);
    m->join.box_key = m->box.pub;
    m->join.log_key = m->log.pub;
    m->join.ack_key = m->ack.pub;
    m->unit = g->unit;
    mem_free(op);
    (void)c;
}

struct member *
community_invite(struct community *c, uint32_t unit, enum role role)
{
    struct member *hub = &c->m[0];
    struct member *m = member_new(c);
    struct author author;
    struct grant g;
    must(ledger_begin(hub->l));
    must(author_of(hub->l, &hub->log, &author));
    must(hub_invite(hub->l, &c->hub, &author, "李组长", unit, role, 7 * 86400000ull,
                    &m->invite, NULL));
    must(ledger_commit(hub->l));
    take_invite(c, m, &g);
    must(ledger_begin(m->l));
    must(ledger_set_community(m->l, &m->invite.community));
    struct reader r = reader_of(buf_slice(&m->invite.keys));
    while (r.n > 0) {
        struct key key;
        uint32_t scope = read_u32(&r);
        uint32_t epoch = read_u32(&r);
        read_into(&r, key.b, KEY_BYTES);
        must(ledger_put_key(m->l, scope, epoch, &key));
    }
    must(ledger_commit(m->l));
    must(ledger_assume(m->l, &g, buf_slice(&m->invite.authority)));
    return m;
}

enum rc
community_join(struct community *c, const struct member *m)
{
    struct member *hub = &c->m[0];
    must(ledger_begin(hub->l));
    enum rc rc = hub_join(hub->l, &c->hub, &m->join, NULL);
    if (rc == RC_OK)
        rc = ledger_commit(hub->l);
    else
        ledger_rollback(hub->l);
    return rc;
}

void
community_of(struct community *c, size_t n)
{
    community_init(c);
    community_groups(c, n);
    for (size_t i = 0; i < n; i++) {
        struct member *m = community_invite(c, FIXTURE_GROUP + (uint32_t)i, ROLE_LEADER);
        must(community_join(c, m));
    }
    community_sync(c);
}

/* ---- exchange */

struct pull {
    struct member *to;
    size_t moved;
};

static bool
offer(void *arg, const struct stored *e)
{
    struct pull *p = arg;
    enum offer what = OFFER_HAVE;
    must(replica_offer(ledger_replica(p->to->l), e->bytes, &what));
    p->moved += what == OFFER_TAKEN;
    return what != OFFER_UNKNOWN;
}

static size_t
pull(struct member *to, struct member *from)
{
    struct pull p = {.to = to};
    struct replica *r = ledger_replica(from->l);
    const struct sync_store *store = replica_store(r);
    must(ledger_begin(to->l));
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row row;
        replica_row_at(r, i, &row);
        uint64_t have = replica_trunk_n(ledger_replica(to->l), &row.log);
        must(store->trunk(store->self, &row.log, have + 1, offer, &p));
        if (row.is_authority)
            must(ledger_settle(to->l));
    }
    must(ledger_settle(to->l));
    must(ledger_commit(to->l));
    return p.moved;
}

void
member_pull(struct member *to, struct member *from)
{
    (void)pull(to, from);
}

void
community_sync(struct community *c)
{
    size_t moved = 1;
    while (moved > 0) {
        moved = 0;
        for (size_t i = 0; i < c->n; i++)
            for (size_t k = 0; k < c->n; k++)
                if (i != k)
                    moved += pull(&c->m[i], &c->m[k]);
    }
}

void
community_seal(struct community *c)
{
    uint64_t no = 0;
    must(ledger_begin(c->m[0].l));
    enum rc rc = hub_seal(c->m[0].l, &c->hub, &no);
    if (rc != RC_NO)
        must(rc);
    must(ledger_commit(c->m[0].l));
}

/* ---- orders */

static void
order(struct community *c, struct decree *d)
{
    struct hash seen;
    uint64_t pos = 0;
    if (!authority_head(replica_authority(ledger_replica(c->m[0].l)), &seen, &pos))
        must(RC_BUG);
    decree_sign(d, &c->officer, &seen);
    must(decree_add(d));
    must(decree_end(d));
    must(ledger_settle(c->m[0].l));
    must(ledger_commit(c->m[0].l));
}

static bool
id_of(void *arg, const struct stored *e)
{
    struct hash *id = arg;
    *id = e->id;
    return false;
}

void
community_revoke(struct community *c, const struct member *m, uint64_t seq)
{
    community_revoke_to(c, m, seq, 0);
}

void
community_revoke_to(struct community *c, const struct member *m, uint64_t seq,
                    uint32_t heir)
{
    struct ledger *l = c->m[0].l;
    const struct sync_store *store = replica_store(ledger_replica(l));
    struct decree d;
    must(ledger_begin(l));
    must(decree_begin(&d, l, &c->hub_key));
    struct line *line = &decree_next(&d, AUTH_REVOKE)->line;
    line->log_no = m->invite.log_no;
    line->seq = seq;
    line->heir = heir;
    if (seq > 0)
        must(store->trunk(store->self, &m->log.pub, seq, id_of, &line->id));
    order(c, &d);
}

void
community_erase(struct community *c, const struct record_key *key)
{
    struct ledger *l = c->m[0].l;
    struct decree d;
    must(ledger_begin(l));
    must(decree_begin(&d, l, &c->hub_key));
    struct auth_op *op = decree_next(&d, AUTH_ERASE);
    op->scope = key->scope;
    op->unit = key->unit;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    op->reason = 1;
    op->request = slice_text("2026-1");
    order(c, &d);
}

void
community_send_key(struct community *c, const struct member *m, uint32_t scope,
                   const struct key *key)
{
    struct ledger *l = c->m[0].l;
    const struct key *right = ledger_scope_key(l, scope, 1);
    struct decree d;
    uint8_t sealed[SEALED_KEY_BYTES];
    struct buf receivers = BUF_NONE;
    must(ledger_begin(l));
    must(decree_begin(&d, l, &c->hub_key));
    key_seal_random(key, &m->box.pub, sealed);
    auth_receiver_add(&receivers, m->invite.node, sealed);
    struct auth_op *op = decree_next(&d, AUTH_EPOCH);
    op->scope = scope;
    op->epoch = 1;
    op->hash = hash_of(slice_of(right->b, KEY_BYTES));
    op->receivers = buf_slice(&receivers);
    op->receivers_n = 1;
    must(decree_add(&d));
    must(decree_end(&d));
    must(ledger_settle(l));
    must(ledger_commit(l));
    buf_free(&receivers);
}

void
community_regrant(struct community *c, const struct member *m, enum role role,
                  uint64_t from)
{
    struct ledger *l = c->m[0].l;
    struct auth_op *old = mem_new(sizeof(*old));
    const struct log_state *log = replica_log(ledger_replica(l), m->invite.log_no);
    struct decree d;
    must(auth_op_decode(buf_slice(&m->invite.grant_op), old));
    must(ledger_begin(l));
    must(decree_begin(&d, l, &c->hub_key));
    struct grant *g = &decree_next(&d, AUTH_GRANT)->grant;
    g->log_no = log->no;
    g->log = log->key;
    g->node = log->node;
    memcpy(g->person, log->person, RECORD_ID_BYTES);
    g->post = log->post;
    g->unit = m->unit;
    g->role = role;
    g->scopes = old->grant.scopes;
    g->from = from;
    order(c, &d);
    mem_free(old);
}

/* ---- records */

static const struct type *
type_of(const struct member *m, const char *name)
{
    const struct type *t = type_by_name(ledger_types(m->l), name);
    assert(t != NULL);
    return t;
}

static void
write_put(struct member *m, uint32_t scope, const struct op *op)
{
    struct author_run *run = member_begin(m);
    must(author_put(run, scope, op));
    must(author_end(&run));
    must(ledger_commit(m->l));
}

struct record_key
member_add(struct member *m, const char *type, uint32_t unit, const char *field,
           const char *text)
{
    const struct type *t = type_of(m, type);
    const struct field *f = field_by_name(t, field);
    struct record_key key = {.unit = unit};
    struct op *op = mem_new(sizeof(*op));
    struct value state = {.kind = VALUE_STATE, .as.move.to = t->state[0].code};
    struct value v = {.kind = f->kind, .as.text = slice_text(text)};
    struct buf a = BUF_NONE;
    struct buf b = BUF_NONE;
    must(ledger_scope_of(m->l, t, unit, &key.scope));
    ledger_new_id(m->l, key.id);
    value_encode(&state, &a);
    value_encode(&v, &b);
    op->code = OP_PUT;
    op->unit = unit;
    memcpy(op->record, key.id, RECORD_ID_BYTES);
    op->type = t->code;
    op->fields_n = 2;
    op->field[0] = (struct put_field){.code = FIELD_STATE, .value = buf_slice(&a)};
    op->field[1] = (struct put_field){.code = f->code, .value = buf_slice(&b)};
    write_put(m, key.scope, op);
    buf_free(&a);
    buf_free(&b);
    mem_free(op);
    return key;
}

static int64_t
find_no(struct member *m, const struct record_key *key, uint16_t type)
{
    sqlite3_stmt *s = db_stmt(m->l->db, STMT_PROJECT_FIND);
    bool row = false;
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->scope);
    sqlite3_bind_int64(s, 3, key->unit);
    sqlite3_bind_int64(s, 4, type);
    must(db_step(m->l->db, s, &row));
    int64_t no = row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return no;
}

static bool
read_image(struct member *m, const struct record_key *key, uint16_t type,
           struct image *im)
{
    int64_t no = find_no(m, key, type);
    if (no == 0)
        return false;
    must(fold_read(m->l, no, im));
    return true;
}

void
member_set(struct member *m, const struct record_key *key, const char *type,
           const char *field, const char *text)
{
    const struct type *t = type_of(m, type);
    const struct field *f = field_by_name(t, field);
    struct image im = {0};
    struct op *op = mem_new(sizeof(*op));
    struct value v = {.kind = f->kind, .is_nil = text == NULL};
    struct buf b = BUF_NONE;
    if (text != NULL)
        v.as.text = slice_text(text);
    bool there = read_image(m, key, t->code, &im);
    assert(there);
    value_encode(&v, &b);
    op->code = OP_PUT;
    op->unit = key->unit;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    op->type = t->code;
    op->fields_n = 1;
    const struct image_field *have = image_field(&im, f->code);
    for (uint32_t i = 0; have != NULL && i < have->n; i++)
        op->pool[op->pool_n++] = im.choice[have->first + i].at;
    op->field[0] = (struct put_field){.code = f->code,
                                      .replaces_n = op->pool_n,
                                      .replaces = op->pool,
                                      .value = buf_slice(&b)};
    write_put(m, key->scope, op);
    buf_free(&b);
    image_fini(&im);
    mem_free(op);
}

static bool
head_of(void *arg, const struct stored *e)
{
    struct entry *head = arg;
    must(entry_decode(e->bytes, head));
    head->bytes = head->header = head->body = (struct slice){NULL, 0};
    return false;
}

void
member_fork(struct member *m, const struct record_key *key, const char *type,
            const char *field, const char *text, struct buf *out)
{
    struct ledger *l = m->l;
    const struct sync_store *store = replica_store(ledger_replica(l));
    const struct field *f = field_by_name(type_of(m, type), field);
    struct op *op = mem_new(sizeof(*op));
    struct value v = {.kind = f->kind, .as.text = slice_text(text)};
    struct item_place at = {.log = m->log.pub, .seq = member_log(m)->head_seq};
    uint8_t nonce[ITEM_NONCE_BYTES] = {7};
    struct buf b = BUF_NONE;
    struct buf plain = BUF_NONE;
    struct buf item = BUF_NONE;
    struct entry_writer w;
    struct entry head;
    struct hash id;
    must(store->trunk(store->self, &m->log.pub, at.seq, head_of, &head));
    value_encode(&v, &b);
    op->code = OP_PUT;
    op->unit = key->unit;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    op->type = type_of(m, type)->code;
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = f->code, .value = buf_slice(&b)};
    op_encode(op, &plain);
    item_seal(key->scope, 1, ledger_scope_key(l, key->scope, 1), nonce, &at,
              buf_slice(&plain), &item);
    entry_writer_init(&w);
    entry_add(&w, buf_slice(&item));
    head.clock++;
    entry_finish(&w, &head, replica_community(ledger_replica(l)), &m->log, out, &id);
    entry_writer_fini(&w);
    buf_free(&b);
    buf_free(&plain);
    buf_free(&item);
    mem_free(op);
}

bool
member_field(struct member *m, const struct record_key *key, const char *type,
             const char *field, enum field_state *state, char text[static 64],
             size_t *versions)
{
    const struct type *t = type_of(m, type);
    const struct field *f = field_by_name(t, field);
    struct image im = {0};
    text[0] = '\0';
    *versions = 0;
    bool there = read_image(m, key, t->code, &im);
    const struct image_field *have = there ? image_field(&im, f->code) : NULL;
    if (have != NULL) {
        struct slice raw = image_value(&im, &im.choice[have->first + have->shown]);
        struct value v;
        *state = have->state;
        *versions = have->n;
        if (value_decode(f->kind, raw, &v) && !v.is_nil && v.as.text.n < 64) {
            memcpy(text, v.as.text.p, v.as.text.n);
            text[v.as.text.n] = '\0';
        }
    }
    image_fini(&im);
    return there;
}

bool
member_is_parallel(struct member *m, const struct record_key *key, const char *type)
{
    struct image im = {0};
    bool there = read_image(m, key, type_of(m, type)->code, &im);
    bool is = there && im.is_parallel;
    image_fini(&im);
    return is;
}

/* ---- digests */

static void
take_digest(void *arg, uint32_t scope, const uint8_t digest[16])
{
    struct digests *d = arg;
    assert(d->n < 64);
    d->scope[d->n] = scope;
    memcpy(d->digest[d->n], digest, 16);
    d->n++;
}

void
member_digests(struct member *m, struct digests *out)
{
    out->n = 0;
    must(ledger_begin(m->l));
    must(ledger_digest(m->l, take_digest, out));
    ledger_rollback(m->l);
}

bool
digests_agree(const struct digests *a, const struct digests *b)
{
    size_t both = 0;
    for (size_t i = 0; i < a->n; i++) {
        for (size_t k = 0; k < b->n; k++) {
            if (a->scope[i] != b->scope[k])
                continue;
            both++;
            if (memcmp(a->digest[i], b->digest[k], 16) != 0)
                return false;
        }
    }
    return both > 0;
}
