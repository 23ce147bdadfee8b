/* Is everything here as it was written? Truth against itself, tables against truth. */
#include "schema/doctor.h"

#include "schema/digest.h"
#include "schema/project.h"
#include "schema/rights.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FINDING_BYTES 200

struct doctor {
    struct ledger *l;
    void (*finding)(void *arg, const char *what);
    void *arg;
    bool any;
};

static void find_thing(struct doctor *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
find_thing(struct doctor *d, const char *fmt, ...)
{
    char text[FINDING_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    d->any = true;
    d->finding(d->arg, text);
}

/* ---- truth: links, ids, roots, signatures */

struct chain {
    struct doctor *d;
    const char *name; /* of the log, short */
    bool is_authority;
    uint64_t sealed; /* signatures at or below were vouched for by the seal */
    uint64_t head_seq;
    struct hash head;
    uint64_t seq;
    struct hash prev;
    bool is_bad;
};

static void
check_entry(struct chain *c, const struct stored *s, const struct entry *e)
{
    struct ledger *l = c->d->l;
    static const struct hash none;
    bool is_first = c->is_authority && hash_eq(&s->id, &l->community);
    if (e->seq != c->seq + 1 || !hash_eq(&e->prev, &c->prev))
        find_thing(c->d, "log %s: entry %llu does not follow the one before", c->name,
                   (unsigned long long)s->seq);
    if (entry_check_root(e) != RC_OK)
        find_thing(c->d, "log %s: body of entry %llu is not what was signed", c->name,
                   (unsigned long long)s->seq);
    if (e->seq > c->sealed && !entry_check_sig(e, is_first ? &none : &l->community))
        find_thing(c->d, "log %s: signature of entry %llu does not hold", c->name,
                   (unsigned long long)s->seq);
    if (e->seq == c->head_seq && !hash_eq(&s->id, &c->head))
        find_thing(c->d, "log %s: entry %llu is not the head that was accepted", c->name,
                   (unsigned long long)s->seq);
}

static bool
on_entry(void *arg, const struct stored *s)
{
    struct chain *c = arg;
    struct entry e;
    struct stored now = *s; /* its id from what lies there, not from memory */
    if (entry_decode(s->bytes, &e) != RC_OK) {
        find_thing(c->d, "log %s: entry %llu is damaged", c->name,
                   (unsigned long long)s->seq);
        c->is_bad = true;
        return false;
    }
    now.id = entry_id(s->bytes);
    check_entry(c, &now, &e);
    c->seq = s->seq;
    c->prev = now.id;
    return true;
}

static enum rc
check_log(struct doctor *d, const struct row *row)
{
    const struct sync_store *store = log_store_port(d->l->log);
    const struct log_state *log =
        row->is_authority || row->is_ack ? NULL : replica_log(d->l->replica, row->no);
    char name[17];
    hex_print(row->log.b, 8, name);
    struct chain c = {.d = d,
                      .name = name,
                      .is_authority = row->is_authority,
                      .sealed = log != NULL ? log->seal_seq : 0,
                      .head_seq = row->head_seq,
                      .head = row->head};
    enum rc rc = store->trunk(store->self, &row->log, 1, on_entry, &c);
    if (rc == RC_OK && !c.is_bad && c.seq < row->head_seq)
        find_thing(d, "log %s: ends at %llu, %llu was accepted", name,
                   (unsigned long long)c.seq, (unsigned long long)row->head_seq);
    return rc;
}

/* ---- tables against a second set, made from the logs alone */

struct told {
    uint32_t *scope;
    uint8_t (*digest)[16];
    size_t n;
};

static void
tell(void *arg, uint32_t scope, const uint8_t digest[16])
{
    struct told *t = arg;
    t->scope = mem_grow(t->scope, (t->n + 1) * sizeof(*t->scope));
    t->digest = mem_grow(t->digest, (t->n + 1) * sizeof(*t->digest));
    t->scope[t->n] = scope;
    memcpy(t->digest[t->n], digest, 16);
    t->n++;
}

static void
told_fini(struct told *t)
{
    mem_free(t->scope);
    mem_free(t->digest);
}

static enum rc
one_count(struct ledger *l, uint16_t type, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum rc rc = table_stmt(l->tables, type, TABLE_ROWS, &s);
    if (rc != RC_OK)
        return rc;
    rc = db_step(l->db, s, &row);
    *out = row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc;
}

static void
count_differs(const struct doctor_told *told, const char *table, int64_t have,
              int64_t want)
{
    struct table_diff diff = {.table = table, .have = have, .want = want};
    if (have != want)
        told->differs(told->arg, &diff);
}

static enum rc
compare_counts(struct ledger *l, struct ledger *again, const struct doctor_told *told)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < l->types->n && rc == RC_OK; i++) {
        int64_t have = 0;
        int64_t want = 0;
        rc = one_count(l, l->types->type[i].code, &have);
        if (rc == RC_OK)
            rc = one_count(again, l->types->type[i].code, &want);
        if (rc == RC_OK)
            count_differs(told, l->types->type[i].name, have, want);
    }
    static const char *const name[] = {"record", "record_item", "conflict",
                                       "conflict_choice"};
    sqlite3_stmt *a = db_stmt(l->db, STMT_DOCTOR_RECORDS);
    sqlite3_stmt *b = db_stmt(again->db, STMT_DOCTOR_RECORDS);
    bool row = false;
    if (rc == RC_OK)
        rc = db_step(l->db, a, &row);
    if (rc == RC_OK)
        rc = db_step(again->db, b, &row);
    for (int i = 0; i < 4 && rc == RC_OK; i++)
        count_differs(told, name[i], sqlite3_column_int64(a, i),
                      sqlite3_column_int64(b, i));
    sqlite3_reset(a);
    sqlite3_reset(b);
    return rc;
}

/* ---- which record it is */

struct walk { /* the records of a scope in one of the two sets */
    struct ledger *l;
    sqlite3_stmt *s;
    bool row;
    struct record_key key;
    struct image image;
    struct buf bytes; /* what the digest hashes of it */
};

static enum rc
walk_next(struct walk *w)
{
    enum rc rc = db_step(w->l->db, w->s, &w->row);
    w->bytes.n = 0;
    if (rc != RC_OK || !w->row)
        return rc;
    struct reader id = reader_of(db_column_slice(w->s, 1));
    w->key.unit = (uint32_t)sqlite3_column_int64(w->s, 2);
    read_into(&id, w->key.id, RECORD_ID_BYTES);
    rc = fold_read(w->l, sqlite3_column_int64(w->s, 0), &w->image);
    if (rc == RC_OK)
        digest_record(&w->image, &w->bytes);
    return rc == RC_CORRUPT || rc == RC_NOTFOUND ? RC_OK : rc; /* then it differs */
}

static enum rc
walk_begin(struct walk *w, struct ledger *l, uint32_t scope)
{
    *w = (struct walk){.l = l, .key = {.scope = scope}};
    w->s = db_stmt(l->db, STMT_DOCTOR_SCOPE);
    sqlite3_bind_int64(w->s, 1, scope);
    return walk_next(w);
}

static void
walk_end(struct walk *w)
{
    sqlite3_reset(w->s);
    image_fini(&w->image);
    buf_free(&w->bytes);
}

/* Both run in one order; the first place where they part is told. */
static enum rc
find_record(struct ledger *l, struct ledger *again, struct table_diff *diff)
{
    struct walk have = {0};
    struct walk want = {0};
    enum rc rc = walk_begin(&have, l, diff->scope);
    if (rc == RC_OK)
        rc = walk_begin(&want, again, diff->scope);
    while (rc == RC_OK && have.row && want.row &&
           memcmp(&have.key, &want.key, sizeof(have.key)) == 0 &&
           slice_eq(buf_slice(&have.bytes), buf_slice(&want.bytes))) {
        rc = walk_next(&have);
        if (rc == RC_OK)
            rc = walk_next(&want);
    }
    diff->has_record = rc == RC_OK && (have.row || want.row);
    bool first = have.row && (!want.row || have.key.unit < want.key.unit ||
                              (have.key.unit == want.key.unit &&
                               memcmp(have.key.id, want.key.id, RECORD_ID_BYTES) < 0));
    diff->record = first ? have.key : want.row ? want.key : have.key;
    if (have.s != NULL)
        walk_end(&have);
    if (want.s != NULL)
        walk_end(&want);
    return rc;
}

static enum rc
compare_digests(struct ledger *l, struct ledger *again, const struct doctor_told *told)
{
    struct told have = {0};
    struct told want = {0};
    enum rc rc = ledger_digest(again, tell, &want);
    if (rc == RC_OK)
        rc = ledger_digest(l, tell, &have);
    bool torn = rc == RC_CORRUPT || rc == RC_NOTFOUND;
    bool any = false;
    rc = torn ? RC_OK : rc; /* they contradict each other: whose place is looked for */
    for (size_t i = 0; rc == RC_OK && i < want.n; i++) {
        struct table_diff diff = {.scope = want.scope[i]};
        if (i < have.n && memcmp(have.digest[i], want.digest[i], 16) == 0)
            continue;
        rc = find_record(l, again, &diff);
        if (rc == RC_OK && (!torn || diff.has_record)) {
            told->differs(told->arg, &diff);
            any = true;
        }
    }
    struct table_diff diff = {.table = "record"};
    if (rc == RC_OK && torn && !any)
        told->differs(told->arg, &diff);
    told_fini(&have);
    told_fini(&want);
    return rc;
}

/* A ledger over the same logs and keys whose tables are in a database of its own, in a
 * temporary file that nobody else sees. */
static enum rc
second_set(struct ledger *l, struct ledger *again)
{
    *again = (struct ledger){.mode = LEDGER_WRITE,
                             .log_db = l->db,
                             .types_differ = l->types_differ,
                             .log = l->log,
                             .replica = l->replica,
                             .types = l->types,
                             .rules = l->rules,
                             .wall_ms = l->wall_ms,
                             .arg = l->arg,
                             .community = l->community,
                             .has_community = l->has_community,
                             .ring = mem_new((l->ring_n + 1) * sizeof(*l->ring)),
                             .ring_n = l->ring_n,
                             .ring_cap = l->ring_n + 1,
                             .hint = l->hint,
                             .hints_n = l->hints_n};
    if (l->ring_n > 0)
        memcpy(again->ring, l->ring, l->ring_n * sizeof(*l->ring));
    enum rc rc = db_open("", DB_CREATE, NULL, &again->db);
    if (rc == RC_OK)
        rc = db_exec(again->db, "PRAGMA temp_store = FILE");
    if (rc != RC_OK)
        return rc;
    again->tables = tables_new(again->db, again->types);
    again->project = project_new(again);
    rc = db_begin(again->db);
    if (rc == RC_OK)
        rc = tables_make(again->tables);
    if (rc == RC_OK)
        rc = project_replay(again, NULL, NULL);
    return rc;
}

static void
second_fini(struct ledger *again)
{
    project_free(again->project);
    tables_free(again->tables);
    db_close(again->db);
    mem_wipe(again->ring, again->ring_cap * sizeof(*again->ring));
    mem_free(again->ring);
}

/* Rights: rows, then what they say. */
static enum rc
compare_rights(struct ledger *l, struct ledger *again, const struct doctor_told *told)
{
    static const char *const name[] = {"right_op", "right_asset", "right_lane",
                                       "right_watch", "right_wait"};
    uint8_t have[16], want[16];
    bool row = false;
    bool same = true;
    sqlite3_stmt *a = db_stmt(l->db, STMT_DOCTOR_RIGHTS);
    sqlite3_stmt *b = db_stmt(again->db, STMT_DOCTOR_RIGHTS);
    enum rc rc = db_step(l->db, a, &row);
    if (rc == RC_OK)
        rc = db_step(again->db, b, &row);
    for (int i = 0; i < 5 && rc == RC_OK; i++) {
        count_differs(told, name[i], sqlite3_column_int64(a, i),
                      sqlite3_column_int64(b, i));
        same = same && sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
    }
    sqlite3_reset(a);
    sqlite3_reset(b);
    if (rc == RC_OK)
        rc = rights_digest(l, have);
    if (rc == RC_OK)
        rc = rights_digest(again, want);
    struct table_diff diff = {.scope = SCOPE_NO_COMMUNITY};
    if (rc == RC_OK && same && memcmp(have, want, sizeof(have)) != 0)
        told->differs(told->arg, &diff);
    return rc;
}

enum rc
doctor_compare(struct ledger *l, const struct doctor_told *told)
{
    struct ledger again = {0};
    enum rc rc = second_set(l, &again);
    if (rc == RC_OK)
        rc = compare_digests(l, &again, told);
    if (rc == RC_OK)
        rc = compare_counts(l, &again, told);
    if (rc == RC_OK)
        rc = compare_rights(l, &again, told);
    if (rc == RC_OK && told->again != NULL)
        rc = told->again(told->arg, &again);
    second_fini(&again);
    return rc;
}

static void
on_diff(void *arg, const struct table_diff *diff)
{
    char id[2 * RECORD_ID_BYTES + 1] = "";
    if (diff->table != NULL) {
        find_thing(arg, "table of %s: %lld rows, %lld by replay", diff->table,
                   (long long)diff->have, (long long)diff->want);
        return;
    }
    if (diff->has_record)
        hex_print(diff->record.id, RECORD_ID_BYTES, id);
    find_thing(arg, "tables: scope %u is not what the logs say%s%s",
               (unsigned)diff->scope, diff->has_record ? ", record " : "", id);
}

/* What the hub signed against what is held: it changes nothing, and must not stay unseen.
 */
static void
check_seals(struct doctor *d)
{
    const struct replica *r = d->l->replica;
    for (size_t i = 0; i < replica_wrong_n(r); i++)
        find_thing(d,
                   "authority entry %llu: a seal's size or root is not that of what is "
                   "held",
                   (unsigned long long)replica_wrong_at(r, i) + 1);
    if (authority_is_frozen(replica_authority(r)))
        find_thing(d, "authority: two successors of one reign, the community is frozen");
}

enum rc
ledger_doctor(struct ledger *l, void (*finding)(void *arg, const char *what), void *arg)
{
    struct doctor d = {.l = l, .finding = finding, .arg = arg};
    bool own = !db_in_transaction(l->db); /* nobody writes while it compares */
    enum rc rc = own ? ledger_begin(l) : RC_OK;
    if (rc != RC_OK)
        return rc;
    rc = db_check(l->db);
    if (rc == RC_CORRUPT) { /* nothing else can be read with confidence */
        find_thing(&d, "database: %s", db_error(l->db));
        rc = RC_NO;
    }
    for (size_t i = 0; i < replica_rows_n(l->replica) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(l->replica, i, &row);
        if (row.head_seq > 0)
            rc = check_log(&d, &row);
    }
    if (rc == RC_OK && !d.any) { /* what is damaged cannot be replayed */
        struct doctor_told told = {.differs = on_diff, .arg = &d};
        rc = doctor_compare(l, &told);
    }
    if (rc == RC_OK)
        check_seals(&d);
    if (rc == RC_OK && l->types_differ)
        find_thing(&d,
                   "record types: this program's are not those of the community; what "
                   "version %u wrote is kept and passed on, and not shown",
                   (unsigned)l->types->version);
    ledger_forget(l);
    if (own)
        ledger_rollback(l);
    return rc == RC_OK && d.any ? RC_NO : rc;
}
