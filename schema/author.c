#include "schema/ledger_in.h"

#include <string.h>

#include "schema/author.h"
#include "schema/date.h"

#define NONCES_MAX 512
#define RUNNING_MAX VALUE_RUNNING_MAX

struct counter { /* numbers given in this run, by unit */
    uint32_t unit;
    uint8_t year;
    uint32_t running;
};

struct opened { /* in this run; issued when its entry has an id */
    struct item_name name;
    uint64_t issue;
};
struct used {
    int64_t asset;
    uint64_t amount;
};

struct author_run {
    struct ledger *l;
    struct author a;
    struct entry_writer writer;
    uint64_t seq; /* of the entry being filled */
    struct hash prev;
    uint64_t clock; /* the highest that ours has to pass */
    struct buf plain, item, entry;
    struct op *relative; /* the operation with own versions as 0 */
    /* Drawn ahead: few for a single record, many for an import. */
    uint8_t nonce[NONCES_MAX * ITEM_NONCE_BYTES];
    size_t nonces_n, nonces_drawn;
    struct counter *counter;
    size_t counters_n;
    struct opened *opened;
    size_t opened_n;
    struct used *used;
    size_t used_n;
    bool has_last;
    struct version last;
};

static const struct log_grant *
may_write(const struct log_state *log, uint64_t seq)
{
    if (log == NULL || log->is_revoked || log->is_closed || log->proof.seq != 0)
        return NULL;
    return log_grant_at(log, seq);
}

enum rc
author_of(struct ledger *l, const struct pair *log, struct author *out)
{
    const struct log_state *state = replica_log_by_key(l->replica, &log->pub);
    const struct log_grant *g = may_write(state, state != NULL ? state->head_seq + 1 : 1);
    if (g == NULL)
        return RC_DENIED;
    *out = (struct author){
        .log = log, .log_no = state->no, .unit = g->unit, .role = g->role};
    return RC_OK;
}

/* Our clock follows what was received, but only as far as a wrong clock elsewhere can be
 * trusted to be right (design section 7, Times). */
static uint64_t
merged_clock(struct ledger *l, const struct log_state *own)
{
    uint64_t wall = ledger_wall_ms(l);
    uint64_t clock = own->head_clock;
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        if (log->head_seq > 0)
            clock = clock_merge(clock, log->head_clock, wall);
    }
    return clock;
}

enum rc
author_begin(struct ledger *l, const struct author *a, struct author_run **out)
{
    const struct log_state *log = replica_log_by_key(l->replica, &a->log->pub);
    if (log == NULL || may_write(log, log->head_seq + 1) == NULL)
        return RC_DENIED;
    /* Something of ours is held that does not count: writing on top of it would fork. */
    if (replica_trunk_n(l->replica, &a->log->pub) != log->head_seq)
        return RC_DENIED;
    struct author_run *run = mem_new(sizeof(*run));
    run->l = l;
    run->a = *a;
    run->seq = log->head_seq + 1;
    run->prev = log->head;
    run->clock = merged_clock(l, log);
    entry_writer_init(&run->writer);
    *out = run;
    return RC_OK;
}

void
author_drop(struct author_run **run)
{
    struct author_run *r = *run;
    if (r == NULL)
        return;
    entry_writer_fini(&r->writer);
    buf_free(&r->plain);
    buf_free(&r->item);
    buf_free(&r->entry);
    mem_free(r->relative);
    mem_free(r->counter);
    mem_free(r->opened);
    mem_free(r->used);
    mem_wipe(r->nonce, sizeof(r->nonce));
    mem_free(r);
    *run = NULL;
}

/* Random, each used once, and not one system call an item: as many as the entry has items
 * already, so a single record draws one. */
static const uint8_t *
next_nonce(struct author_run *run)
{
    if (run->nonces_n == 0) {
        size_t n = (size_t)run->writer.items_n + 1;
        run->nonces_drawn = n < NONCES_MAX ? n : NONCES_MAX;
        run->nonces_n = run->nonces_drawn;
        bytes_random(run->nonce, run->nonces_drawn * ITEM_NONCE_BYTES);
    }
    run->nonces_n--;
    return run->nonce + run->nonces_n * ITEM_NONCE_BYTES;
}

static bool
names_own(const struct op *op, uint32_t log_no)
{
    for (uint16_t i = 0; op->code == OP_PUT && i < op->pool_n; i++)
        if (op->pool[i].log_no == log_no)
            return true;
    return false;
}

/* A field's versions with own ones as 0: those come first then, in the order they had. */
static void
relative_field(const struct put_field *from, uint32_t log_no, struct version *to)
{
    size_t n = 0;
    for (int own = 1; own >= 0; own--) {
        for (uint16_t i = 0; i < from->replaces_n; i++) {
            bool is_own = from->replaces[i].log_no == log_no;
            if (is_own != (own != 0))
                continue;
            to[n] = from->replaces[i];
            if (is_own)
                to[n].log_no = 0;
            n++;
        }
    }
}

/* Of an operation on rights, what it names. */
static bool
right_names_own(const struct op *op, uint32_t log_no)
{
    return op->code != OP_PUT &&
           (op->asset.at.log_no == log_no || op->of.at.log_no == log_no);
}

static const struct op *
relative_right(struct author_run *run, const struct op *op)
{
    struct op *to = run->relative;
    to->code = op->code;
    to->asset = op->asset;
    to->amount = op->amount;
    to->to = op->to;
    to->is_inherited = op->is_inherited;
    to->from = op->from;
    to->of = op->of;
    to->has_subject = op->has_subject;
    to->subject = op->subject;
    if (to->asset.at.log_no == run->a.log_no)
        to->asset.at.log_no = 0;
    if (to->of.at.log_no == run->a.log_no)
        to->of.at.log_no = 0;
    return to;
}

/* An operation as it must be written: edit knows versions as tables tell them. */
static const struct op *
relative(struct author_run *run, const struct op *op)
{
    uint32_t log_no = run->a.log_no;
    bool is_right = right_names_own(op, log_no);
    if (log_no == 0 || (!is_right && !names_own(op, log_no)))
        return op;
    if (run->relative == NULL)
        run->relative = mem_new(sizeof(*run->relative));
    if (is_right)
        return relative_right(run, op);
    struct op *to = run->relative;
    to->code = op->code;
    to->unit = op->unit;
    memcpy(to->record, op->record, RECORD_ID_BYTES);
    to->type = op->type;
    to->fields_n = op->fields_n;
    to->pool_n = 0;
    for (uint16_t i = 0; i < op->fields_n; i++) {
        to->field[i] = op->field[i];
        to->field[i].replaces = &to->pool[to->pool_n];
        relative_field(&op->field[i], log_no, &to->pool[to->pool_n]);
        to->pool_n = (uint16_t)(to->pool_n + op->field[i].replaces_n);
    }
    return to;
}

enum rc
author_put(struct author_run *run, uint32_t scope, const struct op *op)
{
    uint32_t epoch = 0;
    const struct key *key = ledger_newest_key(run->l, scope, &epoch);
    if (key == NULL)
        return RC_DENIED;
    run->plain.n = 0;
    op_encode(relative(run, op), &run->plain);
    size_t n = item_sealed_bytes(run->plain.n);
    if (!entry_room(&run->writer, n)) {
        enum rc rc = run->writer.items_n > 0 ? author_cut(run) : RC_LIMIT;
        if (rc == RC_OK && !entry_room(&run->writer, n))
            rc = RC_LIMIT;
        if (rc != RC_OK)
            return rc;
    }
    struct item_place at = {
        .log = run->a.log->pub, .seq = run->seq, .index = run->writer.items_n};
    run->item.n = 0;
    item_seal(scope, epoch, key, next_nonce(run), &at, buf_slice(&run->plain),
              &run->item);
    entry_add(&run->writer, buf_slice(&run->item));
    return RC_OK;
}

static void
set_mark(const struct ledger *l, uint8_t out[static 8])
{
    struct hash id;
    uint64_t pos = 0;
    if (authority_head(replica_authority(l->replica), &id, &pos))
        memcpy(out, id.b, 8);
    else
        memcpy(out, l->hint_mark, 8);
}

enum rc
author_cut(struct author_run *run)
{
    if (run->writer.items_n == 0)
        return RC_OK;
    struct ledger *l = run->l;
    struct hash id;
    enum offer what = OFFER_HAVE;
    run->clock = clock_next(run->clock, ledger_wall_ms(l));
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = l->types->version,
                         .log = run->a.log->pub,
                         .seq = run->seq,
                         .prev = run->prev,
                         .clock = run->clock};
    set_mark(l, head.mark);
    run->entry.n = 0;
    entry_finish(&run->writer, &head, &l->community, run->a.log, &run->entry, &id);
    enum rc rc = replica_offer_own(l->replica, buf_slice(&run->entry), run->a.log, &what);
    if (rc != RC_OK)
        return rc;
    if (what != OFFER_TAKEN)
        return RC_STALE; /* our own log is longer elsewhere, or not ours any more */
    ledger_forget(l);
    for (size_t i = 0; i < run->opened_n; i++)
        if (run->opened[i].name.at.seq == run->seq)
            memcpy(run->opened[i].name.at.id8, id.b, 8);
    run->has_last = true;
    run->last = (struct version){.log_no = 0, .seq = run->seq};
    memcpy(run->last.id8, id.b, sizeof(run->last.id8));
    run->seq++;
    run->prev = id;
    return RC_OK;
}

bool
author_last(const struct author_run *run, struct version *out)
{
    *out = run->last;
    return run->has_last;
}

/* ---- rights */

enum rc
author_open(struct author_run *run, const struct record_key *subject, uint64_t issue)
{
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_OPEN;
    op->has_subject = true;
    op->subject = *subject;
    enum rc rc = author_put(run, SCOPE_NO_COMMUNITY, op);
    mem_free(op);
    if (rc != RC_OK)
        return rc;
    run->opened = mem_grow(run->opened, (run->opened_n + 1) * sizeof(*run->opened));
    run->opened[run->opened_n++] = (struct opened){
        .name = {.at = {.seq = run->seq}, .index = (uint16_t)(run->writer.items_n - 1)},
        .issue = issue};
    return RC_OK;
}

static enum rc
issue_opened(struct author_run *run)
{
    struct op *op = mem_new(sizeof(*op));
    enum rc rc = run->opened_n > 0 ? author_cut(run) : RC_OK;
    op->code = OP_ISSUE;
    for (size_t i = 0; i < run->opened_n && rc == RC_OK; i++) {
        op->asset = run->opened[i].name;
        op->amount = run->opened[i].issue;
        if (op->amount > 0)
            rc = author_put(run, SCOPE_NO_COMMUNITY, op);
    }
    run->opened_n = 0;
    mem_free(op);
    return rc;
}

uint64_t
author_spent(const struct author_run *run, int64_t asset)
{
    for (size_t i = 0; i < run->used_n; i++)
        if (run->used[i].asset == asset)
            return run->used[i].amount;
    return 0;
}

void
author_note_spent(struct author_run *run, int64_t asset, uint64_t amount)
{
    for (size_t i = 0; i < run->used_n; i++) {
        if (run->used[i].asset == asset) {
            run->used[i].amount += amount;
            return;
        }
    }
    run->used = mem_grow(run->used, (run->used_n + 1) * sizeof(*run->used));
    run->used[run->used_n++] = (struct used){asset, amount};
}

enum rc
author_end(struct author_run **run)
{
    struct ledger *l = (*run)->l;
    enum rc rc = issue_opened(*run);
    if (rc == RC_OK)
        rc = author_cut(*run);
    author_drop(run);
    return rc != RC_OK ? rc : ledger_settle(l);
}

/* ---- numbers */

#define CHINA_MS (UINT64_C(8) * 3600 * 1000) /* one time zone for all of it */
#define DAY_MS (UINT64_C(86400) * 1000)

static uint8_t
year_of(uint64_t wall_ms)
{
    struct date d = date_of((int64_t)((wall_ms + CHINA_MS) / DAY_MS));
    return (uint8_t)(d.year % 100);
}

/* Highest running number that the tables know under this beginning. */
static enum rc
highest(struct ledger *l, struct number *n)
{
    struct number last = *n;
    last.running = (1u << 24) - 1;
    n->running = 0;
    sqlite3_stmt *s = db_stmt(l->db, STMT_AUTHOR_NUMBER);
    sqlite3_bind_int64(s, 1, number_pack(n));
    sqlite3_bind_int64(s, 2, number_pack(&last));
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK && row && sqlite3_column_type(s, 0) != SQLITE_NULL)
        number_unpack(sqlite3_column_int64(s, 0), n);
    sqlite3_reset(s);
    return rc;
}

static struct counter *
counter_of(struct author_run *run, uint32_t unit, uint8_t year)
{
    for (size_t i = 0; i < run->counters_n; i++)
        if (run->counter[i].unit == unit && run->counter[i].year == year)
            return &run->counter[i];
    return NULL;
}

enum rc
author_number(struct author_run *run, uint32_t unit, struct number *out)
{
    const struct log_state *log = replica_log_by_key(run->l->replica, &run->a.log->pub);
    bool counted = log != NULL && !log->is_assumed;
    *out = (struct number){.unit = unit,
                           .log_no = counted ? log->no : 0,
                           .mark = counted ? 0 : get_u16(run->a.log->pub.b),
                           .year = year_of(ledger_wall_ms(run->l))};
    struct counter *c = counter_of(run, unit, out->year);
    if (c == NULL) {
        struct number n = *out;
        enum rc rc = highest(run->l, &n);
        if (rc != RC_OK)
            return rc;
        run->counter =
            mem_grow(run->counter, (run->counters_n + 1) * sizeof(*run->counter));
        c = &run->counter[run->counters_n++];
        *c = (struct counter){.unit = unit, .year = out->year, .running = n.running};
    }
    if (c->running >= RUNNING_MAX)
        return RC_LIMIT;
    out->running = ++c->running;
    return RC_OK;
}
