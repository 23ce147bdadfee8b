/* Tables against the replay (doctor.c compares), items without effect, clocks, records
 * drawn for comparison with paper. */
#include "schema/audit_in.h"
#include "schema/doctor.h"
#include "schema/erase.h"
#include "schema/hub.h"
#include "schema/project_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_MAX 4096

struct tables_run {
    struct ledger *l;
    audit_find_fn find;
    void *arg;
    size_t refused;
    enum rc rc;
    /* the log in hand */
    struct ledger *again;
    const struct log_state *log;
    uint32_t n;
    struct op *op;
    struct buf plain;
};

static void
on_diff(void *arg, const struct table_diff *d)
{
    struct tables_run *t = arg;
    struct verify_finding f = {.kind = VERIFY_IS_SCOPE, .fact = {d->scope}};
    if (d->table != NULL) {
        f.kind = VERIFY_IS_TABLE;
        f.fact[0] = (uint64_t)d->have;
        f.fact[1] = (uint64_t)d->want;
        (void)snprintf(f.name, sizeof(f.name), "%s", d->table);
    }
    f.has_record = d->has_record;
    if (d->has_record)
        f.record = d->record;
    t->find(t->arg, &f);
}

/* ---- items without effect */

static void
tell_item(struct tables_run *t, const struct context *c, uint16_t index, uint32_t scope,
          enum carried why)
{
    struct verify_finding f = {.kind = why == CARRIED_VERSION ? VERIFY_IS_ITEM_VERSION
                                       : why == CARRIED_UNREADABLE
                                           ? VERIFY_IS_ITEM_UNREADABLE
                                           : VERIFY_IS_ITEM_REFUSED,
                               .log_no = c->log->no,
                               .log = c->log->key,
                               .seq = c->e.seq,
                               .has_index = true,
                               .index = index};
    if (why == CARRIED_REFUSED) {
        f.has_record = true;
        f.record.scope = scope;
        f.record.unit = t->op->unit;
        memcpy(f.record.id, t->op->record, RECORD_ID_BYTES);
    }
    if (t->refused++ < REFUSED_MAX)
        t->find(t->arg, &f);
}

static bool
judge_entry(void *arg, const struct stored *s)
{
    struct tables_run *t = arg;
    struct project *p = t->again->project;
    struct entry e;
    struct context c;
    struct entry_item item;
    if (s->seq > t->log->head_seq)
        return false;
    if (entry_decode(s->bytes, &e) != RC_OK)
        return true; /* told where it stands */
    context_of(p, t->log, &e, &s->id, log_row(t->n, s->seq), &c);
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        uint32_t scope = 0;
        uint32_t epoch = 0;
        enum carried why = 0;
        if (item.is_erased ||
            project_judge(p, &c, i, item.bytes, t->op, &t->plain, &scope, &epoch, &why))
            continue;
        if (why == CARRIED_VERSION || why == CARRIED_UNREADABLE || why == CARRIED_REFUSED)
            tell_item(t, &c, i, scope, why);
    }
    return true;
}

/* ---- items that a rule over their record takes the effect from */

struct judged {
    struct tables_run *t;
    const struct type *type;
};

static void
tell_void(void *arg, int64_t row, uint16_t item, const struct rule *by)
{
    struct judged *j = arg;
    struct ledger *l = j->t->again;
    const struct log_state *log = ledger_log_at(l, row);
    struct verify_finding f = {.kind = VERIFY_IS_ITEM_RULE,
                               .seq = log_row_seq(row),
                               .has_index = true,
                               .index = item,
                               .has_record = true,
                               .record = l->project->image.key};
    if (log != NULL) {
        f.log_no = log->no;
        f.log = log->key;
    }
    (void)snprintf(f.name, sizeof(f.name), "%s.%s", j->type->name, by->name);
    if (j->t->refused++ < REFUSED_MAX)
        j->t->find(j->t->arg, &f);
}

static enum rc
judge_records(struct tables_run *t, const struct type *type)
{
    struct judged j = {t, type};
    sqlite3_stmt *s = db_stmt(t->again->db, STMT_AUDIT_JUDGED);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, type->code);
    while ((rc = db_step(t->again->db, s, &row)) == RC_OK && row) {
        rc = project_voids(t->again, sqlite3_column_int64(s, 0), tell_void, &j);
        if (rc != RC_OK)
            break;
    }
    sqlite3_reset(s);
    return rc;
}

/* Only where the replay left anything lying is every item judged once more, by itself. */
static enum rc
on_again(void *arg, struct ledger *again)
{
    struct tables_run *t = arg;
    const struct sync_store *store = log_store_port(again->log);
    sqlite3_stmt *s = db_stmt(again->db, STMT_AUDIT_CARRIED);
    bool row = false;
    sqlite3_bind_int64(s, 1, CARRIED_NO_KEY);
    enum rc rc = db_step(again->db, s, &row);
    bool any = row && sqlite3_column_int64(s, 0) > 0;
    sqlite3_reset(s);
    t->again = again;
    for (size_t i = 0; any && i < replica_logs_n(again->replica) && rc == RC_OK; i++) {
        t->log = replica_log_at(again->replica, i);
        t->n = log_number(again->log, &t->log->key);
        rc = store->trunk(store->self, &t->log->key, 1, judge_entry, t);
    }
    for (size_t i = 0; i < again->types->n && rc == RC_OK; i++)
        if (type_has_rules(&again->types->type[i]))
            rc = judge_records(t, &again->types->type[i]);
    return rc;
}

struct own { /* the log of this node that has no grant yet */
    struct audit *a;
    const struct replica *r;
    bool is_there;
    struct key key;
};

static bool
own_one(void *arg, const struct key *key, struct slice state)
{
    struct own *own = arg;
    uint8_t head[ENTRY_HEAD_BYTES];
    (void)state;
    if (replica_log_by_key(own->r, key) != NULL ||
        audit_head(own->a, log_number(own->a->store, key), 1, head) != RC_OK ||
        head[1] != ENTRY_DATA)
        return true;
    own->is_there = true;
    own->key = *key;
    return false;
}

/* An own log that works under its invite is in the tables as if granted. */
static enum rc
assume(struct audit *a, struct ledger *l)
{
    const struct sync_store *store = log_store_port(a->store);
    struct own own = {.a = a, .r = ledger_replica(l)};
    struct invite invite = {0};
    if (a->setup.invite.n == 0 || invite_decode(a->setup.invite, &invite) != RC_OK)
        return RC_OK;
    struct auth_op *op = mem_new(sizeof(*op));
    enum rc rc = auth_op_decode(buf_slice(&invite.grant_op), op);
    bool is = rc == RC_OK && op->code == AUTH_GRANT &&
              replica_log(own.r, op->grant.log_no) == NULL;
    if (is)
        rc = store->state_each(store->self, own_one, &own);
    if (is && rc == RC_OK && own.is_there) {
        op->grant.log = own.key;
        rc = ledger_assume(l, &op->grant, buf_slice(&invite.authority));
    }
    mem_free(op);
    invite_fini(&invite);
    return rc == RC_MALFORMED || rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Which nodes have not said that they carried it out. */
static bool
on_erase(void *arg, const struct erase_row *e)
{
    struct tables_run *t = arg;
    for (size_t i = 0; i < e->nodes_n; i++) {
        struct verify_finding f = {.kind = VERIFY_IS_ERASE_UNTOLD,
                                   .has_record = true,
                                   .record = e->first->record,
                                   .fact = {e->node[i].node, e->items_n}};
        if (!e->node[i].has_done && !e->node[i].is_lost)
            t->find(t->arg, &f);
    }
    return true;
}

enum rc
audit_tables(struct audit *a, audit_find_fn find, void *arg)
{
    struct tables_run t = {.find = find, .arg = arg};
    struct doctor_told told = {.differs = on_diff, .again = on_again, .arg = &t};
    struct ledger_setup setup = {.path = a->setup.path,
                                 .mode = LEDGER_READ,
                                 .vfs = a->setup.vfs,
                                 .only_looks = true,
                                 .wall_ms = a->setup.wall_ms,
                                 .arg = a->setup.arg};
    enum rc rc = ledger_open(&setup, &t.l, NULL);
    if (rc == RC_BUSY) {
        struct verify_finding f = {.kind = VERIFY_IS_TYPES};
        find(arg, &f);
        return RC_OK;
    }
    if (rc == RC_OK)
        rc = assume(a, t.l);
    if (rc == RC_OK)
        rc = ledger_begin(t.l);
    if (rc == RC_OK) {
        t.op = mem_new(sizeof(*t.op));
        rc = doctor_compare(t.l, &told);
        if (rc == RC_OK)
            rc = erase_each(t.l, on_erase, &t);
        ledger_rollback(t.l);
    }
    ledger_close(t.l);
    mem_free(t.op);
    buf_free(&t.plain);
    /* What cannot be replayed is damaged where the ranges say so. */
    return rc == RC_CORRUPT || rc == RC_MALFORMED ? RC_OK : rc;
}

/* ---- clocks */

struct clocks {
    const struct replica *r;
    const struct log_state *log; /* NULL: an authority log */
    const uint64_t *clock;       /* of the prefix */
    struct verify_finding at;
    struct audit_report *out;
    uint64_t last, to;
    size_t seal;                  /* the first that covers the entry in hand */
    struct verify_finding run[3]; /* open ranges, by kind */
    size_t runs_n[3];
};

static const enum verify_kind clock_kind[3] = {
    VERIFY_IS_CLOCK_BACK, VERIFY_IS_CLOCK_EARLY, VERIFY_IS_CLOCK_LATE};

static void
clock_flush(struct clocks *c, size_t i)
{
    if (c->run[i].kind != VERIFY_NONE)
        audit_add(c->out, &c->run[i]);
    c->run[i].kind = VERIFY_NONE;
}

/* Neighbours become one range; after AUDIT_RUNS_MAX everything that follows does. */
static void
clock_note(struct clocks *c, size_t i, uint64_t seq, uint64_t off_ms)
{
    struct verify_finding *f = &c->run[i];
    uint64_t end = f->to > 0 ? f->to : f->seq;
    if (f->kind == VERIFY_NONE || (end + 1 < seq && c->runs_n[i] < AUDIT_RUNS_MAX)) {
        clock_flush(c, i);
        *f = c->at;
        f->kind = clock_kind[i];
        f->seq = seq;
        c->runs_n[i]++;
    } else {
        f->to = seq;
    }
    if (off_ms > f->fact[0])
        f->fact[0] = off_ms;
}

static void
clock_bracket(struct clocks *c, uint64_t seq, uint64_t ms, const uint8_t mark[8])
{
    int64_t pos = authority_pos(replica_authority(c->r), mark);
    uint64_t from = pos >= 0 ? clock_ms(c->clock[pos]) : 0;
    if (ms + CLOCK_STEP_MS < from)
        clock_note(c, 1, seq, from - ms);
    while (c->seal < c->log->seals_n && c->log->seals[c->seal].seq < seq)
        c->seal++;
    if (c->seal == c->log->seals_n)
        return;
    uint64_t to = clock_ms(c->log->seals[c->seal].clock);
    if (ms > to + CLOCK_STEP_MS)
        clock_note(c, 2, seq, ms - to);
}

static enum rc
clock_log(struct audit *a, struct clocks *c, const struct audit_plan_log *plan)
{
    sqlite3_stmt *s = db_stmt(a->db, STMT_AUDIT_HEADS);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, log_row(plan->n, plan->since > 0 ? plan->since : 1));
    sqlite3_bind_int64(s, 2, log_row(plan->n, c->to));
    while ((rc = db_step(a->db, s, &row)) == RC_OK && row) {
        struct slice head = db_column_slice(s, 1);
        uint64_t seq = log_row_seq(sqlite3_column_int64(s, 0));
        if (head.n != ENTRY_HEAD_BYTES)
            continue;
        uint64_t clock = get_u64(head.p + 80);
        if (clock <= c->last)
            clock_note(c, 0, seq, clock_ms(c->last) - clock_ms(clock));
        c->last = clock;
        if (c->log != NULL && seq > plan->since)
            clock_bracket(c, seq, clock_ms(clock), head.p + 88);
    }
    sqlite3_reset(s);
    for (size_t i = 0; i < 3; i++)
        clock_flush(c, i);
    return rc;
}

enum rc
audit_clocks(struct audit *a, const struct replica *r, const uint64_t *clock,
             struct audit_report *out)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_rows_n(r) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(r, i, &row);
        const struct audit_plan_log *plan = audit_log_of(a, &row.log);
        struct clocks c = {.r = r,
                           .log =
                               row.is_authority ? NULL : replica_log_by_key(r, &row.log),
                           .clock = clock,
                           .at = {.is_authority = row.is_authority,
                                  .log_no = audit_row_no(&row),
                                  .log = row.log},
                           .out = out,
                           .to = row.head_seq};
        if (plan != NULL && row.head_seq > 0)
            rc = clock_log(a, &c, plan);
    }
    return rc;
}
