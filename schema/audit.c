/* Jobs: pages, ranges of entries, what lies beside, tables. */
#include "schema/audit_in.h"

#include <stdlib.h>
#include <string.h>

#include "schema/local.h"

void
audit_since_fini(struct audit_since *s)
{
    mem_free(s->head);
    *s = (struct audit_since){0};
}

void
audit_report_fini(struct audit_report *r)
{
    for (size_t i = 0; i < r->proofs_n; i++) {
        buf_free(&r->proof[i].part[0]);
        buf_free(&r->proof[i].part[1]);
    }
    mem_free(r->proof);
    mem_free(r->finding);
    mem_free(r->log);
    buf_free(&r->name);
    *r = (struct audit_report){0};
}

void
audit_add(struct audit_report *r, const struct verify_finding *f)
{
    if (verify_class(f->kind) > r->verdict)
        r->verdict = verify_class(f->kind);
    if (r->findings_n == AUDIT_FINDINGS_MAX) {
        r->unsaid++;
        return;
    }
    if (r->findings_n == r->findings_cap) {
        r->findings_cap = r->findings_cap * 2 + 64;
        r->finding = mem_grow(r->finding, r->findings_cap * sizeof(*r->finding));
    }
    r->finding[r->findings_n++] = *f;
}

/* ---- opening */

static enum rc
load_community(struct audit *a)
{
    struct buf value = BUF_NONE;
    enum rc rc = local_setting(a->db, SETTING_COMMUNITY, &value);
    a->has_community = rc == RC_OK && value.n == HASH_BYTES;
    if (a->has_community)
        memcpy(a->community.b, value.p, HASH_BYTES);
    buf_free(&value);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
audit_open(const struct audit_setup *s, struct audit **out)
{
    struct audit *a = mem_new(sizeof(*a));
    a->setup = *s;
    enum rc rc = db_open(s->path, DB_LOOK, s->vfs, &a->db);
    if (rc == RC_OK) {
        a->store = log_store_new(a->db);
        rc = load_community(a);
    }
    if (rc != RC_OK) {
        audit_close(a);
        return rc;
    }
    *out = a;
    return RC_OK;
}

void
audit_close(struct audit *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->logs_n; i++)
        buf_free(&a->log[i].state);
    mem_free(a->log);
    mem_free(a->hashed);
    log_store_free(a->store);
    db_close(a->db);
    mem_free(a);
}

struct audit_plan_log *
audit_log_of(struct audit *a, const struct key *key)
{
    size_t lo = 0;
    size_t hi = a->logs_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (key_cmp(&a->log[mid].key, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < a->logs_n && key_eq(&a->log[lo].key, key) ? &a->log[lo] : NULL;
}

enum rc
audit_head(struct audit *a, uint32_t n, uint64_t seq,
           uint8_t out[static ENTRY_HEAD_BYTES])
{
    sqlite3_stmt *s = db_stmt(a->db, STMT_AUDIT_HEADS);
    bool row = false;
    sqlite3_bind_int64(s, 1, log_row(n, seq));
    sqlite3_bind_int64(s, 2, log_row(n, seq));
    enum rc rc = db_step(a->db, s, &row);
    struct slice head = row ? db_column_slice(s, 1) : slice_of(NULL, 0);
    if (rc == RC_OK && head.n == ENTRY_HEAD_BYTES)
        memcpy(out, head.p, ENTRY_HEAD_BYTES);
    else if (rc == RC_OK)
        rc = RC_NOTFOUND;
    sqlite3_reset(s);
    return rc;
}

/* ---- the plan */

static bool
plan_log(void *arg, const struct key *key, struct slice state)
{
    struct audit *a = arg;
    a->log = mem_grow(a->log, (a->logs_n + 1) * sizeof(*a->log));
    struct audit_plan_log *log = &a->log[a->logs_n++];
    *log = (struct audit_plan_log){.key = *key, .kind = ENTRY_DATA};
    buf_add_slice(&log->state, state);
    return true;
}

static int
by_key(const void *a, const void *b)
{
    const struct audit_plan_log *x = a;
    const struct audit_plan_log *y = b;
    return key_cmp(&x->key, &y->key);
}

/* Where its rows end, and of what kind its entries are. */
static enum rc
plan_rows(struct audit *a, struct audit_plan_log *log)
{
    uint8_t head[ENTRY_HEAD_BYTES];
    bool row = false;
    log->n = log_number(a->store, &log->key);
    sqlite3_stmt *s = db_stmt(a->db, STMT_AUDIT_TOP);
    sqlite3_bind_int64(s, 1, log_row(log->n, 0));
    sqlite3_bind_int64(s, 2, log_row(log->n, LOG_SEQ_MAX));
    enum rc rc = db_step(a->db, s, &row);
    log->top = row ? log_row_seq(sqlite3_column_int64(s, 0)) : 0; /* NULL reads as 0 */
    log->good = log->top;
    sqlite3_reset(s);
    if (rc != RC_OK || log->top == 0)
        return rc;
    rc = audit_head(a, log->n, 1, head);
    if (rc == RC_NOTFOUND)
        rc = audit_head(a, log->n, log->top, head);
    if (rc == RC_OK && head[1] == ENTRY_AUTHORITY)
        log->kind = ENTRY_AUTHORITY;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void
plan_since(struct audit *a, const struct audit_since *since)
{
    for (size_t i = 0; since != NULL && i < since->heads_n; i++) {
        struct audit_plan_log *log = audit_log_of(a, &since->head[i].log);
        if (log != NULL && since->head[i].seq <= log->top) {
            log->since = since->head[i].seq;
            log->since_id = since->head[i].id;
        }
    }
}

enum rc
audit_plan(struct audit *a, struct audit_report *r, uint64_t *entries)
{
    const struct sync_store *store = log_store_port(a->store);
    r->has_community = a->has_community;
    r->community = a->community;
    r->is_chain = a->setup.chain;
    r->is_growth = a->setup.since != NULL;
    enum rc rc = db_read_begin(a->db);
    if (rc != RC_OK)
        return rc;
    rc = store->state_each(store->self, plan_log, a);
    for (size_t i = 0; i < a->logs_n && rc == RC_OK; i++)
        rc = plan_rows(a, &a->log[i]);
    if (rc == RC_OK && a->logs_n > 1)
        qsort(a->log, a->logs_n, sizeof(*a->log), by_key);
    for (size_t i = 1; i < a->logs_n; i++)
        a->log[i].ids_at = a->log[i - 1].ids_at + a->log[i - 1].top;
    plan_since(a, a->setup.since);
    db_read_end(a->db);
    if (entries != NULL)
        *entries = 0;
    for (size_t i = 0; i < a->logs_n && entries != NULL; i++)
        *entries += a->log[i].top - a->log[i].since;
    return rc;
}

bool
audit_next(struct audit *a, struct audit_job *out)
{
    bool tables = !a->setup.chain && a->setup.since == NULL;
    *out = (struct audit_job){0};
    while (a->next_task < AUDIT_RANGE) {
        /* replaying the tables takes longest */
        static const enum audit_task order[] = {AUDIT_TABLES, AUDIT_PAGES, AUDIT_BESIDE};
        out->task = order[a->next_task++];
        if (out->task != AUDIT_TABLES || tables)
            return true;
    }
    while (a->next_log < a->logs_n) {
        const struct audit_plan_log *log = &a->log[a->next_log];
        uint64_t from = a->next_seq > log->since ? a->next_seq + 1 : log->since + 1;
        if (from > log->top) {
            a->next_log++;
            a->next_seq = 0;
            continue;
        }
        uint64_t left = log->top - from;
        *out = (struct audit_job){
            .task = AUDIT_RANGE,
            .place = (uint32_t)a->next_log,
            .log = log->key,
            .kind = log->kind,
            .from = from,
            .to = left < AUDIT_JOB_ENTRIES ? log->top : from + AUDIT_JOB_ENTRIES - 1,
            .ids_at = log->ids_at + from - 1};
        out->with_sig = !a->setup.chain || log->kind == ENTRY_AUTHORITY;
        a->next_seq = out->to;
        return true;
    }
    return false;
}

/* ---- a range of entries */

struct range {
    struct audit *a;
    const struct audit_job *job;
    audit_find_fn find;
    void *arg;
    struct audit_done *done;
    struct verify_at at;
    bool has_prev; /* the entry before was there */
    bool is_gapless;
    size_t found;
};

static void
range_find(struct range *g, enum verify_kind kind, uint64_t seq, uint64_t to,
           const uint16_t *index)
{
    struct verify_finding f = {.kind = kind,
                               .is_authority = g->job->kind == ENTRY_AUTHORITY,
                               .log = g->job->log,
                               .seq = seq,
                               .to = to,
                               .has_index = index != NULL,
                               .index = index != NULL ? *index : 0};
    if (g->found++ < AUDIT_JOB_FINDINGS_MAX)
        g->find(g->arg, &f);
}

static void
range_items(struct range *g, const struct entry *e)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;
    g->done->items += e->items_n;
    for (uint16_t i = 0; e->kind == ENTRY_DATA && entry_items_next(&it, &item); i++)
        if (item.is_erased)
            range_find(g, VERIFY_IS_GONE, e->seq, 0, &i);
}

static bool
range_entry(void *arg, const struct stored *s)
{
    static const struct hash none;
    struct range *g = arg;
    struct entry e;
    if (s->seq > g->job->to)
        return false;
    if (s->seq != g->at.seq) { /* some are missing; the next one has nothing to follow */
        range_find(g, VERIFY_IS_PLACE, g->at.seq, s->seq - 1, NULL);
        g->at.seq = s->seq;
        g->has_prev = false;
        g->is_gapless = false;
    }
    if (!g->has_prev) /* its own word is all there is */
        memcpy(g->at.prev.b, s->bytes.p + 48, HASH_BYTES);
    g->at.community = hash_eq(&s->id, &g->a->community) ? &none : &g->a->community;
    enum verify_kind kind = verify_entry(s->bytes, &g->at, &e);
    if (kind != VERIFY_NONE)
        range_find(g, kind, s->seq, 0, NULL);
    if (kind != VERIFY_IS_BYTES)
        range_items(g, &e);
    g->a->hashed[s->seq - g->job->from] = s->id;
    g->done->entries++;
    g->at.seq++;
    g->at.prev = s->id;
    g->has_prev = true;
    return s->seq < g->job->to;
}

static enum rc
work_range(struct range *g)
{
    const struct sync_store *store = log_store_port(g->a->store);
    const struct audit_ids *ids = g->a->setup.ids;
    const struct audit_job *job = g->job;
    uint8_t head[ENTRY_HEAD_BYTES];
    uint32_t n = log_number(g->a->store, &job->log);
    g->at = (struct verify_at){
        .log = job->log, .kind = job->kind, .seq = job->from, .with_sig = job->with_sig};
    g->has_prev = job->from == 1;
    g->is_gapless = true;
    if (g->a->hashed == NULL)
        g->a->hashed = mem_new(AUDIT_JOB_ENTRIES * sizeof(*g->a->hashed));
    enum rc rc = RC_OK;
    if (job->from > 1) {
        rc = audit_head(g->a, n, job->from - 1, head);
        g->has_prev = rc == RC_OK;
        if (g->has_prev)
            g->at.prev = entry_id(slice_of(head, sizeof(head)));
    }
    if (rc == RC_OK || rc == RC_NOTFOUND)
        rc = store->trunk(store->self, &job->log, job->from, range_entry, g);
    if (rc == RC_OK && g->at.seq <= job->to)
        range_find(g, VERIFY_IS_PLACE, g->at.seq, job->to, NULL);
    else if (rc == RC_OK && g->is_gapless && ids != NULL)
        g->done->has_ids =
            ids->put(ids->arg, job->ids_at, g->a->hashed, job->to - job->from + 1);
    return rc;
}

/* ---- what lies beside the trunks */

static bool
beside_is_right(const struct stored *s)
{
    struct entry e;
    struct hash id;
    if (s->bytes.n < ENTRY_HEAD_BYTES)
        return false;
    id = entry_id(s->bytes);
    if (!hash_eq(&id, &s->id) || get_u64(s->bytes.p + 40) != s->seq)
        return false;
    if (s->bytes.n == ENTRY_HEAD_BYTES)
        return true; /* half of a proof */
    return entry_decode(s->bytes, &e) == RC_OK && entry_check_root(&e) == RC_OK;
}

static enum rc
work_beside(struct audit *a, audit_find_fn find, void *arg)
{
    sqlite3_stmt *s = db_stmt(a->db, STMT_AUDIT_LOOSE);
    bool row = false;
    size_t found = 0;
    enum rc rc;
    while ((rc = db_step(a->db, s, &row)) == RC_OK && row) {
        const struct key *key = log_key(a->store, (uint32_t)sqlite3_column_int64(s, 0));
        struct stored e = {.seq = (uint64_t)sqlite3_column_int64(s, 2),
                           .bytes = db_column_slice(s, 3)};
        struct reader r = reader_of(db_column_slice(s, 1));
        read_into(&r, e.id.b, HASH_BYTES);
        if (key != NULL && beside_is_right(&e) &&
            key_eq(key, (const void *)(e.bytes.p + 8)))
            continue;
        struct verify_finding f = {.kind = VERIFY_IS_BESIDE, .seq = e.seq};
        f.id[0] = e.id;
        if (key != NULL)
            f.log = *key;
        if (found++ < AUDIT_JOB_FINDINGS_MAX)
            find(arg, &f);
    }
    sqlite3_reset(s);
    return rc;
}

static enum rc
work_pages(struct audit *a, audit_find_fn find, void *arg)
{
    struct verify_finding f = {.kind = VERIFY_IS_DATABASE};
    enum rc rc = db_check(a->db);
    if (rc == RC_CORRUPT)
        find(arg, &f);
    return rc == RC_CORRUPT ? RC_OK : rc;
}

void
audit_work(struct audit *a, const struct audit_job *job, audit_find_fn find, void *arg,
           struct audit_done *done)
{
    struct range g = {.a = a, .job = job, .find = find, .arg = arg, .done = done};
    struct verify_finding f = {.kind = VERIFY_IS_DATABASE, .log = job->log};
    *done = (struct audit_done){.rc = RC_OK};
    if (job->task == AUDIT_TABLES) {
        done->rc = audit_tables(a, find, arg);
    } else {
        done->rc = db_read_begin(a->db); /* a short one */
        if (done->rc != RC_OK)
            return;
        log_store_forget(a->store);
        done->rc = job->task == AUDIT_RANGE    ? work_range(&g)
                   : job->task == AUDIT_BESIDE ? work_beside(a, find, arg)
                                               : work_pages(a, find, arg);
        db_read_end(a->db);
    }
    if (done->rc == RC_CORRUPT) { /* a page of the file says so: that is an answer */
        find(arg, &f);
        done->rc = RC_OK;
    }
}

/* ---- all of it here */

static void
into_report(void *arg, const struct verify_finding *f)
{
    audit_add(arg, f);
}

enum rc
audit_run(const struct audit_setup *s, struct audit_report *r)
{
    struct audit *a = NULL;
    struct audit_job job;
    struct audit_done done = {0};
    bool has_ids = s->ids != NULL;
    enum rc rc = audit_open(s, &a);
    if (rc == RC_OK)
        rc = audit_plan(a, r, NULL);
    while (rc == RC_OK && audit_next(a, &job)) {
        audit_work(a, &job, into_report, r, &done);
        r->entries += done.entries;
        r->items += done.items;
        has_ids = has_ids && (job.task != AUDIT_RANGE || done.has_ids);
        rc = done.rc;
    }
    if (rc == RC_OK)
        rc = audit_judge(a, has_ids, r);
    audit_close(a);
    if (rc == RC_CORRUPT) {
        struct verify_finding f = {.kind = VERIFY_IS_DATABASE};
        audit_add(r, &f);
        rc = RC_OK;
    }
    return rc;
}
