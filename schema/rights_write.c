/* Own operations on rights. An honest node writes none that would be void: what the
 * balance does not reach is refused, and whoever asked is told where the rest is. */
#include "schema/rights_in.h"

#include <stdio.h>
#include <string.h>

#include "schema/query_in.h"

/* ---- balances */

/* What the author's log has of the asset, less what this run has used. *waits: something
 * of its own there waits for what has not come. */
static enum rc
own_balance(const struct rights_pen *pen, int64_t asset, uint64_t *out, bool *waits)
{
    struct ledger *l = pen->l;
    uint32_t n = log_number(l->log, &pen->a->log->pub);
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_LANE);
    bool row = false;
    sqlite3_bind_int64(s, 1, asset);
    sqlite3_bind_int64(s, 2, pen->a->log_no);
    enum rc rc = db_step(l->db, s, &row);
    uint64_t has = row && sqlite3_column_int(s, 1) == RIGHTS_HELD
                       ? (uint64_t)sqlite3_column_int64(s, 0)
                       : 0;
    uint64_t used = author_spent(pen->run, asset);
    sqlite3_reset(s);
    *out = has > used ? has - used : 0;
    *waits = false;
    if (rc != RC_OK || n == 0)
        return rc;
    s = db_stmt(l->db, STMT_RIGHTS_WAITING);
    sqlite3_bind_int64(s, 1, asset);
    sqlite3_bind_int64(s, 2, log_row(n, 0));
    sqlite3_bind_int64(s, 3, log_row(n, LOG_SEQ_MAX));
    rc = db_step(l->db, s, &row);
    *waits = row && sqlite3_column_int64(s, 0) > 0;
    sqlite3_reset(s);
    return rc;
}

/* An asset of a record, and what can be done with it here. */
struct choice_of {
    const struct rights_pen *pen;
    enum rc rc;
    bool any, is_ours; /* is_ours: this log opened it */
    int64_t no;
    struct item_name name;
    uint64_t has;
    bool waits;
    struct buf *elsewhere; /* "003 20, 005 3"; NULL: not asked */
};

static void
add_holder(struct choice_of *c, uint32_t log_no, uint64_t n)
{
    buf_addf(c->elsewhere, "%s%03u: %llu", c->elsewhere->n > 0 ? ", " : "",
             (unsigned)log_no, (unsigned long long)n);
}

static bool
add_give(void *arg, const struct rights_op_row *o)
{
    struct choice_of *c = arg;
    if (o->code == OP_GIVE && o->state == RIGHTS_OK && !o->is_used)
        add_holder(c, o->party, o->amount);
    return true;
}

/* Who has the rest: in a log, or on the way to one. */
static void
tell_elsewhere(struct choice_of *c, const struct rights_asset_row *a)
{
    for (size_t i = 0; i < a->lanes_n; i++)
        if (a->lane[i].log_no != c->pen->a->log_no && a->lane[i].balance > 0 &&
            a->lane[i].where != RIGHTS_TAKEN)
            add_holder(c, a->lane[i].log_no, a->lane[i].balance);
    c->rc = rights_ops(c->pen->l, a->no, add_give, c);
}

/* The one with the most that can be used here; of equal ones the first by name. */
static bool
choose(void *arg, const struct rights_asset_row *a)
{
    struct choice_of *c = arg;
    uint64_t has = 0;
    bool waits = false;
    if (!a->is_proper)
        return true;
    c->rc = own_balance(c->pen, a->no, &has, &waits);
    if (c->rc == RC_OK && c->elsewhere != NULL)
        tell_elsewhere(c, a);
    if (c->rc == RC_OK && (!c->any || has > c->has)) {
        c->any = true;
        c->no = a->no;
        c->name = a->name;
        c->has = has;
        c->waits = waits;
    }
    return c->rc == RC_OK;
}

/* The one that this log opened. */
static bool
choose_own(void *arg, const struct rights_asset_row *a)
{
    struct choice_of *c = arg;
    if (a->is_proper && a->name.at.log_no == c->pen->a->log_no) {
        c->any = c->is_ours = true;
        c->no = a->no;
        c->name = a->name;
        c->rc = own_balance(c->pen, a->no, &c->has, &c->waits);
        return false;
    }
    if (a->is_proper && !c->any) {
        c->any = true;
        c->name = a->name;
    }
    return true;
}

static void
record_text(const struct record_key *key, char out[static 2 * RECORD_ID_BYTES + 1])
{
    hex_print(key->id, RECORD_ID_BYTES, out);
}

static enum rc
refuse_none(const struct rights_pen *pen, const struct record_key *of)
{
    char id[2 * RECORD_ID_BYTES + 1];
    record_text(of, id);
    return fault_set(pen->why, RC_NOTFOUND, FAULT_RIGHT_NONE, "%s", id);
}

/* Which asset of the record `amount` can be taken out of; refused in words. */
static enum rc
choose_for(const struct rights_pen *pen, const struct record_key *of, uint64_t amount,
           struct choice_of *out)
{
    struct buf elsewhere = BUF_NONE;
    char id[2 * RECORD_ID_BYTES + 1];
    *out = (struct choice_of){.pen = pen};
    enum rc rc = rights_assets(pen->l, of, choose, out);
    rc = rc == RC_OK ? out->rc : rc;
    if (rc != RC_OK)
        return fault_set(pen->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    if (!out->any)
        return refuse_none(pen, of);
    if (out->waits) {
        record_text(of, id);
        return fault_set(pen->why, RC_BUSY, FAULT_RIGHT_WAITS, "%s", id);
    }
    if (out->has >= amount)
        return RC_OK;
    struct choice_of ask = {.pen = pen, .elsewhere = &elsewhere};
    rc = rights_assets(pen->l, of, choose, &ask);
    if (rc == RC_OK) {
        rc = fault_set(pen->why, RC_NO, FAULT_RIGHT_SHORT, "%llu",
                       (unsigned long long)out->has);
        if (elsewhere.n > 0)
            fault_want(pen->why, "%s", buf_text(&elsewhere));
    }
    buf_free(&elsewhere);
    return rc;
}

static enum rc
check_amount(const struct rights_pen *pen, uint64_t amount)
{
    return amount >= 1 && amount <= RIGHTS_AMOUNT_MAX
               ? RC_OK
               : fault_set(pen->why, RC_INVALID, FAULT_RIGHT_AMOUNT, "%llu",
                           (unsigned long long)amount);
}

enum rc
rights_pen_put(const struct rights_pen *pen, const struct op *op)
{
    enum rc rc = pen->is_try ? RC_OK : author_put(pen->run, SCOPE_NO_COMMUNITY, op);
    return rc == RC_OK ? RC_OK
                       : fault_set(pen->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* ---- into a run */

enum rc
rights_pen_spend(const struct rights_pen *pen, const struct record_key *of, uint64_t need,
                 const struct record_key *key)
{
    struct choice_of c;
    enum rc rc = check_amount(pen, need);
    if (rc == RC_OK)
        rc = choose_for(pen, of, need, &c);
    if (rc != RC_OK)
        return rc;
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_SPEND;
    op->asset = c.name;
    op->amount = need;
    op->subject = *key;
    rc = rights_pen_put(pen, op);
    mem_free(op);
    if (rc == RC_OK)
        author_note_spent(pen->run, c.no, need);
    return rc;
}

struct returns {
    const struct rights_pen *pen;
    struct op *op;
    int64_t keep[16];
    size_t keep_n;
    size_t n;
    enum rc rc;
};

static bool
keep_asset(void *arg, const struct rights_asset_row *a)
{
    struct returns *r = arg;
    if (r->keep_n < 16)
        r->keep[r->keep_n++] = a->no;
    return true;
}

enum rc
rights_asset_name(struct ledger *l, int64_t asset, struct item_name *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_ASSET_AT);
    bool row = false;
    sqlite3_bind_int64(s, 1, asset);
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK && row)
        rights_read_name(s, 0, out);
    sqlite3_reset(s);
    return rc == RC_OK && !row ? RC_NOTFOUND : rc;
}

static bool
return_one(void *arg, const struct rights_op_row *o)
{
    struct returns *r = arg;
    for (size_t i = 0; i < r->keep_n; i++)
        if (r->keep[i] == o->asset)
            return true;
    if (o->code != OP_SPEND || o->state != RIGHTS_OK || o->is_used ||
        o->name.at.log_no != r->pen->a->log_no)
        return true;
    r->op->code = OP_RETURN;
    r->op->of = o->name;
    r->rc = rights_asset_name(r->pen->l, o->asset, &r->op->asset);
    if (r->rc == RC_OK)
        r->rc = rights_pen_put(r->pen, r->op);
    r->n++;
    return r->rc == RC_OK;
}

enum rc
rights_pen_return(const struct rights_pen *pen, const struct record_key *key,
                  const struct record_key *kept, size_t *n)
{
    struct returns r = {.pen = pen, .op = mem_new(sizeof(*r.op))};
    enum rc rc = kept != NULL ? rights_assets(pen->l, kept, keep_asset, &r) : RC_OK;
    if (rc == RC_OK)
        rc = rights_spends_for(pen->l, key, return_one, &r);
    mem_free(r.op);
    *n = r.n;
    return rc != RC_OK ? rc : r.rc;
}

enum rc
rights_pen_return_at(const struct rights_pen *pen, const struct item_name *name,
                     size_t *n)
{
    struct returns r = {.pen = pen, .op = mem_new(sizeof(*r.op))};
    uint32_t log = log_number(pen->l->log, &pen->a->log->pub);
    enum rc rc = RC_OK;
    if (name->at.log_no == pen->a->log_no && log != 0)
        rc =
            rights_op_at(pen->l, log_row(log, name->at.seq), name->index, return_one, &r);
    mem_free(r.op);
    *n = r.n;
    return rc != RC_OK ? rc : r.rc;
}

enum rc
rights_pen_issue(const struct rights_pen *pen, const struct record_key *of,
                 uint64_t amount)
{
    struct choice_of c = {.pen = pen};
    enum rc rc = check_amount(pen, amount);
    if (rc == RC_OK)
        rc = rights_assets(pen->l, of, choose_own, &c);
    rc = rc == RC_OK ? c.rc : rc;
    if (rc == RC_OK && !c.any)
        return refuse_none(pen, of);
    if (rc == RC_OK && !c.is_ours)
        return fault_set(pen->why, RC_DENIED, FAULT_RIGHT_ISSUE, "%03u",
                         (unsigned)c.name.at.log_no);
    if (rc != RC_OK)
        return rc;
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_ISSUE;
    op->asset = c.name;
    op->amount = amount;
    rc = rights_pen_put(pen, op);
    mem_free(op);
    return rc;
}

/* Lowered: the difference is used up for the record itself. */
static enum rc
use_up(const struct rights_pen *pen, const struct record_key *of, uint64_t amount)
{
    struct choice_of c = {.pen = pen};
    enum rc rc = rights_assets(pen->l, of, choose_own, &c);
    rc = rc == RC_OK ? c.rc : rc;
    if (rc == RC_OK && !c.any)
        return refuse_none(pen, of);
    if (rc == RC_OK && !c.is_ours)
        return fault_set(pen->why, RC_DENIED, FAULT_RIGHT_ISSUE, "%03u",
                         (unsigned)c.name.at.log_no);
    return rc == RC_OK ? rights_pen_spend(pen, of, amount, of) : rc;
}

enum rc
rights_pen_change(const struct rights_pen *pen, const struct record_key *of, uint64_t was,
                  uint64_t is)
{
    if (is > was)
        return rights_pen_issue(pen, of, is - was);
    return is < was ? use_up(pen, of, was - is) : RC_OK;
}

enum rc
rights_pen_give(const struct rights_pen *pen, const struct record_key *of,
                uint64_t amount, uint32_t to_log)
{
    struct choice_of c;
    enum rc rc = check_amount(pen, amount);
    if (rc == RC_OK)
        rc = choose_for(pen, of, amount, &c);
    if (rc != RC_OK)
        return rc;
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_GIVE;
    op->asset = c.name;
    op->amount = amount;
    op->to = to_log;
    rc = rights_pen_put(pen, op);
    mem_free(op);
    if (rc == RC_OK)
        author_note_spent(pen->run, c.no, amount);
    return rc;
}
