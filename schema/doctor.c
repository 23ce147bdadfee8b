/* Is everything here as it was written? Truth against itself, tables against truth. */
#include "schema/fold.h"
#include "schema/project.h"

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
    if (entry_decode(s->bytes, &e) != RC_OK) {
        find_thing(c->d, "log %s: entry %llu is damaged", c->name,
                   (unsigned long long)s->seq);
        c->is_bad = true;
        return false;
    }
    check_entry(c, s, &e);
    c->seq = s->seq;
    c->prev = s->id;
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

static enum rc
compare_counts(struct doctor *d, struct ledger *again)
{
    struct ledger *l = d->l;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < l->types->n && rc == RC_OK; i++) {
        int64_t have = 0;
        int64_t want = 0;
        rc = one_count(l, l->types->type[i].code, &have);
        if (rc == RC_OK)
            rc = one_count(again, l->types->type[i].code, &want);
        if (rc == RC_OK && have != want)
            find_thing(d, "table of %s: %lld rows, %lld by replay",
                       l->types->type[i].name, (long long)have, (long long)want);
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
        if (sqlite3_column_int64(a, i) != sqlite3_column_int64(b, i))
            find_thing(d, "table %s: %lld rows, %lld by replay", name[i],
                       (long long)sqlite3_column_int64(a, i),
                       (long long)sqlite3_column_int64(b, i));
    sqlite3_reset(a);
    sqlite3_reset(b);
    return rc;
}

static enum rc
compare_digests(struct doctor *d, struct ledger *again)
{
    struct told have = {0};
    struct told want = {0};
    enum rc rc = ledger_digest(again, tell, &want);
    if (rc == RC_OK)
        rc = ledger_digest(d->l, tell, &have);
    if (rc == RC_CORRUPT || rc == RC_NOTFOUND) {
        find_thing(d, "tables: contradict each other");
        rc = RC_OK;
    }
    for (size_t i = 0; rc == RC_OK && i < have.n && i < want.n; i++)
        if (memcmp(have.digest[i], want.digest[i], 16) != 0)
            find_thing(d, "tables: scope %u is not what the logs say",
                       (unsigned)want.scope[i]);
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
    struct ledger again = {0};
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
        rc = second_set(l, &again);
        if (rc == RC_OK)
            rc = compare_digests(&d, &again);
        if (rc == RC_OK)
            rc = compare_counts(&d, &again);
        second_fini(&again);
    }
    if (rc == RC_OK)
        check_seals(&d);
    ledger_forget(l);
    if (own)
        ledger_rollback(l);
    return rc == RC_OK && d.any ? RC_NO : rc;
}
