/* Writing a backup (BACKUP.md). */
#include "schema/backup_in.h"

#include <string.h>

struct log_list { /* every log of which anything is held */
    struct key *key;
    size_t n, cap;
};

struct making {
    struct ledger *l;
    const struct backup_setup *setup;
    struct stream *stream;
    struct buf head; /* bound to the first frame */
    struct buf plain, sealed, chunk;
    uint64_t done, all;
    bool is_first;
    enum rc rc;
};

/* ---- frames */

/* What is in m->plain, under its kind. */
static void
put(struct making *m, bool is_last)
{
    struct slice with = m->is_first ? buf_slice(&m->head) : slice_of(NULL, 0);
    m->sealed.n = 0;
    buf_add_u32(&m->sealed, (uint32_t)(m->plain.n + STREAM_EXTRA_BYTES));
    stream_seal(m->stream, buf_slice(&m->plain), with, is_last, &m->sealed);
    if (m->rc == RC_OK)
        m->rc = m->setup->put(m->setup->arg, buf_slice(&m->sealed));
    m->is_first = false;
    m->plain.n = 0;
}

static void
begin(struct making *m, enum backup_kind kind)
{
    m->plain.n = 0;
    buf_add_u8(&m->plain, (uint8_t)kind);
}

void
backup_head_end(struct buf *head)
{
    struct hash check = hash_of(buf_slice(head));
    buf_add(head, check.b, BACKUP_CHECK_BYTES);
}

static void
add_head(struct making *m)
{
    uint8_t drawn[BACKUP_SALT_BYTES], start[STREAM_HEAD_BYTES];
    struct key key;
    bytes_random(drawn, sizeof(drawn));
    if (m->setup->drawn != NULL)
        memcpy(drawn, m->setup->drawn, sizeof(drawn));
    pass_stretch(m->setup->pass, drawn, &key);
    if (m->setup->drawn != NULL) {
        memcpy(start, m->setup->drawn + sizeof(drawn), sizeof(start));
        m->stream = stream_new(&key, start);
    } else {
        m->stream = stream_new_random(&key, start);
    }
    mem_wipe(&key, sizeof(key));
    buf_add(&m->head, BACKUP_MAGIC, BACKUP_MAGIC_BYTES);
    buf_add_u8(&m->head, BACKUP_VERSION);
    buf_add(&m->head, drawn, sizeof(drawn));
    buf_add(&m->head, start, sizeof(start));
    backup_head_end(&m->head);
    m->rc = m->setup->put(m->setup->arg, buf_slice(&m->head));
}

/* ---- counting */

static bool
list_each(void *arg, const struct key *log, struct slice state)
{
    struct log_list *list = arg;
    (void)state;
    if (list->n == list->cap) {
        list->cap = 2 * list->cap + 64;
        list->key = mem_grow(list->key, list->cap * sizeof(*list->key));
    }
    list->key[list->n++] = *log;
    return true;
}

static bool
count_each(void *arg, const struct stored *e)
{
    *(uint64_t *)arg += e->bytes.n > ENTRY_HEAD_BYTES;
    return true;
}

static enum rc
count_log(const struct sync_store *store, const struct replica *r, const struct key *log,
          struct backup_about *out)
{
    uint64_t loose = 0, trunk = replica_trunk_n(r, log);
    enum rc rc = store->loose_each(store->self, log, count_each, &loose);
    out->entries += trunk + loose;
    out->logs += trunk + loose > 0;
    return rc;
}

enum rc
backup_count(struct ledger *l, struct backup_about *out)
{
    const struct sync_store *store = log_store_port(l->log);
    const struct authority *a = replica_authority(l->replica);
    struct log_list list = {0};
    sqlite3_stmt *s = db_stmt(l->db, STMT_BACKUP_RECORDS);
    bool row = false;
    enum rc rc = store->state_each(store->self, list_each, &list);
    out->entries = out->logs = 0;
    for (size_t i = 0; i < list.n && rc == RC_OK; i++)
        rc = count_log(store, l->replica, &list.key[i], out);
    mem_free(list.key);
    if (rc == RC_OK)
        rc = db_step(l->db, s, &row);
    out->records = row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    out->community = l->community;
    out->seal_no = authority_seal_no(a);
    replica_digest(l->replica, out->digest);
    return rc;
}

/* ---- what is no entry */

static enum rc
about(struct making *m, struct backup_about *out)
{
    struct ledger *l = m->l;
    const struct authority *a = replica_authority(l->replica);
    const struct node_info *self = authority_node_by_box(a, &l->box.pub);
    struct slice name = authority_name(a);
    struct backup_numbers n = {0};
    enum rc rc = backup_count(l, out);
    if (rc == RC_OK)
        rc = local_invited(l->db, &n.node, &n.log_no, &n.post);
    if (rc != RC_OK)
        return rc;
    if (self == NULL) /* nothing of it would be believed anywhere */
        return RC_BUSY;
    out->made_ms = ledger_wall_ms(l);
    out->node = self->no;
    out->is_hub = m->setup->is_hub;
    memcpy(out->name, name.p, name.n < NAME_BYTES_MAX ? name.n : NAME_BYTES_MAX);
    m->all = out->entries;
    begin(m, BACKUP_ABOUT);
    buf_add(&m->plain, out->community.b, HASH_BYTES);
    buf_add_u64(&m->plain, out->made_ms);
    buf_add_u32(&m->plain, out->node);
    buf_add_u8(&m->plain, out->is_hub);
    buf_add_u64(&m->plain, out->entries);
    buf_add_u64(&m->plain, out->logs);
    buf_add_u64(&m->plain, out->records);
    buf_add_u64(&m->plain, out->seal_no);
    buf_add(&m->plain, out->digest, sizeof(out->digest));
    buf_add_u32(&m->plain, n.node);
    buf_add_u32(&m->plain, n.log_no);
    buf_add_u32(&m->plain, n.post);
    buf_add_slice(&m->plain, name);
    put(m, false);
    return RC_OK;
}

static void
add_keys(struct making *m)
{
    const struct ledger *l = m->l;
    for (size_t i = 0; i < l->ring_n;) {
        begin(m, BACKUP_KEYS);
        for (size_t k = 0; k < BACKUP_LIST_MAX && i < l->ring_n; k++, i++) {
            buf_add_u32(&m->plain, l->ring[i].scope);
            buf_add_u32(&m->plain, l->ring[i].epoch);
            buf_add(&m->plain, l->ring[i].key.b, KEY_BYTES);
        }
        put(m, false);
        mem_wipe(m->plain.p, m->plain.cap);
    }
}

static enum rc
add_erased(struct making *m)
{
    sqlite3_stmt *s = db_stmt(m->l->db, STMT_BACKUP_ERASED);
    size_t n = 0;
    bool row = false;
    enum rc rc;
    while ((rc = db_step(m->l->db, s, &row)) == RC_OK && row) {
        if (n % BACKUP_LIST_MAX == 0) {
            if (n > 0)
                put(m, false);
            begin(m, BACKUP_ERASED);
        }
        struct slice id = db_column_slice(s, 0);
        if (id.n != RECORD_ID_BYTES)
            continue;
        bool has = sqlite3_column_type(s, 3) != SQLITE_NULL;
        buf_add_slice(&m->plain, id);
        buf_add_u32(&m->plain, (uint32_t)sqlite3_column_int64(s, 1));
        buf_add_u32(&m->plain, (uint32_t)sqlite3_column_int64(s, 2));
        buf_add_u8(&m->plain, has);
        buf_add_u64(&m->plain, has ? (uint64_t)sqlite3_column_int64(s, 3) : 0);
        n++;
    }
    sqlite3_reset(s);
    if (n > 0)
        put(m, false);
    return rc;
}

static void
add_list(struct making *m, enum backup_kind kind, const struct key *key, size_t n)
{
    if (n == 0)
        return;
    begin(m, kind);
    for (size_t i = 0; i < n && i < BACKUP_LIST_MAX; i++)
        buf_add(&m->plain, key[i].b, KEY_BYTES);
    put(m, false);
}

/* Own logs without a grant: what they say is carried, and goes on being shown. */
static void
add_assumed(struct making *m)
{
    const struct ledger *l = m->l;
    for (size_t i = 0; i < l->assumed_n; i++) {
        const struct log_state *log = replica_log_by_key(l->replica, &l->assumed[i].log);
        if (log == NULL || !log->is_assumed)
            continue;
        struct auth_op *op = mem_new(sizeof(*op));
        op->code = AUTH_GRANT;
        op->grant = l->assumed[i];
        op->grant.is_invite = op->grant.has_join = false;
        op->order.is_there = true;
        begin(m, BACKUP_ASSUMED);
        auth_op_encode(op, &m->plain);
        put(m, false);
        mem_free(op);
    }
}

/* ---- entries */

static void
flush(struct making *m)
{
    if (m->chunk.n == 0)
        return;
    begin(m, BACKUP_ENTRIES);
    buf_add_slice(&m->plain, buf_slice(&m->chunk));
    m->chunk.n = 0;
    put(m, false);
    if (m->setup->progress != NULL)
        m->setup->progress(m->setup->arg, m->done, m->all);
}

/* A head without its body goes with the proof that it belongs to. */
static bool
add_entry(void *arg, const struct stored *e)
{
    struct making *m = arg;
    if (e->bytes.n <= ENTRY_HEAD_BYTES)
        return m->rc == RC_OK;
    if (!bundle_run_add(&m->chunk, e->bytes)) {
        flush(m);
        (void)bundle_run_add(&m->chunk, e->bytes);
    }
    m->done++;
    return m->rc == RC_OK;
}

static enum rc
add_log(struct making *m, const struct key *log)
{
    const struct sync_store *store = log_store_port(m->l->log);
    struct buf heads = BUF_NONE;
    enum rc rc = replica_proof(m->l->replica, log, &heads);
    if (rc == RC_OK) {
        bundle_proof(&m->chunk, slice_of(heads.p, ENTRY_HEAD_BYTES),
                     slice_of(heads.p + ENTRY_HEAD_BYTES, ENTRY_HEAD_BYTES));
        flush(m);
    }
    buf_free(&heads);
    if (rc == RC_OK || rc == RC_NOTFOUND)
        rc = store->trunk(store->self, log, 1, add_entry, m);
    flush(m);
    if (rc == RC_OK)
        rc = store->loose_each(store->self, log, add_entry, m);
    flush(m);
    return rc == RC_OK ? m->rc : rc;
}

static bool
kind_each(void *arg, const struct stored *e)
{
    *(enum entry_kind *)arg = (enum entry_kind)e->bytes.p[1];
    return false;
}

static enum rc
kind_of(const struct sync_store *store, const struct key *log, enum entry_kind *kind)
{
    *kind = ENTRY_DATA;
    enum rc rc = store->loose_each(store->self, log, kind_each, kind);
    return rc == RC_OK ? store->trunk(store->self, log, 1, kind_each, kind) : rc;
}

static bool
has_row(const struct replica *r, const struct key *log)
{
    struct row row;
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        replica_row_at(r, i, &row);
        if (!row.is_authority)
            break; /* reigns come first */
        if (key_eq(&row.log, log))
            return true;
    }
    return false;
}

/* The authority log first, reign by reign, for it grants what follows; then what else its
 * keys have signed; then the rest. */
static enum rc
add_logs(struct making *m, const struct log_list *list)
{
    const struct sync_store *store = log_store_port(m->l->log);
    const struct replica *r = m->l->replica;
    struct row row;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_rows_n(r) && rc == RC_OK; i++) {
        replica_row_at(r, i, &row);
        if (row.is_authority)
            rc = add_log(m, &row.log);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < list->n && rc == RC_OK; i++) {
            enum entry_kind kind = ENTRY_DATA;
            rc = kind_of(store, &list->key[i], &kind);
            if (rc == RC_OK && (kind == ENTRY_AUTHORITY) == (pass == 0) &&
                !has_row(r, &list->key[i]))
                rc = add_log(m, &list->key[i]);
        }
    }
    return rc;
}

static enum rc
add_all(struct making *m, struct backup_about *out)
{
    const struct backup_setup *s = m->setup;
    const struct sync_store *store = log_store_port(m->l->log);
    struct log_list list = {0};
    enum rc rc = about(m, out);
    if (rc != RC_OK)
        return rc;
    begin(m, BACKUP_CONF);
    buf_add_slice(&m->plain, s->conf);
    put(m, false);
    add_keys(m);
    add_list(m, BACKUP_OWN, s->own, s->own_n);
    add_list(m, BACKUP_OFFICERS, s->officer, s->officers_n);
    rc = add_erased(m);
    add_assumed(m);
    if (rc == RC_OK)
        rc = store->state_each(store->self, list_each, &list);
    if (rc == RC_OK)
        rc = add_logs(m, &list);
    mem_free(list.key);
    begin(m, BACKUP_END);
    put(m, true);
    return rc == RC_OK ? m->rc : rc;
}

enum rc
backup_write(struct ledger *l, const struct backup_setup *s, struct backup_about *out)
{
    struct making m = {.l = l, .setup = s, .is_first = true};
    *out = (struct backup_about){0};
    if (s->conf.n > BACKUP_CONF_BYTES_MAX)
        return RC_LIMIT;
    add_head(&m);
    enum rc rc = m.rc == RC_OK ? add_all(&m, out) : m.rc;
    stream_free(m.stream);
    if (m.plain.p != NULL)
        mem_wipe(m.plain.p, m.plain.cap);
    buf_free(&m.head);
    buf_free(&m.plain);
    buf_free(&m.sealed);
    buf_free(&m.chunk);
    return rc;
}
