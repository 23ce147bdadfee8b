/* What people ask for about rights: each one entry of their own log. */
#include "schema/rights_in.h"

#include <stdio.h>
#include <string.h>

#include "schema/query_in.h"

/* One entry by the author: `work` puts into it. */
static enum rc
one_entry(struct ledger *l, const struct author *a, struct fault *why,
          enum rc (*work)(const struct rights_pen *pen, void *arg), void *arg)
{
    struct rights_pen pen = {.l = l, .a = a, .why = why};
    enum rc rc = author_begin(l, a, &pen.run);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    rc = work(&pen, arg);
    if (rc != RC_OK) {
        author_drop(&pen.run);
        return rc;
    }
    rc = author_end(&pen.run);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

struct asked {
    const char *asset, *record;
    uint64_t amount;
    uint32_t log_no;
};

static enum rc
give(const struct rights_pen *pen, void *arg)
{
    const struct asked *x = arg;
    struct record_key of;
    enum rc rc = query_find_one(pen->l, x->asset, &of, pen->why);
    return rc == RC_OK ? rights_pen_give(pen, &of, x->amount, x->log_no) : rc;
}

enum rc
rights_give(struct ledger *l, const struct author *a, const char *asset, uint64_t amount,
            uint32_t to_log, struct fault *why)
{
    struct asked x = {.asset = asset, .amount = amount, .log_no = to_log};
    return one_entry(l, a, why, give, &x);
}

static enum rc
spend(const struct rights_pen *pen, void *arg)
{
    const struct asked *x = arg;
    struct record_key of, key;
    enum rc rc = query_find_one(pen->l, x->asset, &of, pen->why);
    if (rc == RC_OK)
        rc = query_find_one(pen->l, x->record, &key, pen->why);
    return rc == RC_OK ? rights_pen_spend(pen, &of, x->amount, &key) : rc;
}

enum rc
rights_spend(struct ledger *l, const struct author *a, const char *asset, uint64_t amount,
             const char *record, struct fault *why)
{
    struct asked x = {.asset = asset, .amount = amount, .record = record};
    return one_entry(l, a, why, spend, &x);
}

/* LOG:SEQ:INDEX. */
static bool
parse_name(const char *text, struct item_name *out)
{
    unsigned log_no = 0, index = 0;
    unsigned long long seq = 0;
    int end = 0;
    if (strspn(text, "0123456789:") != strlen(text) || strlen(text) > 40 ||
        sscanf(text, "%9u:%18llu:%5u%n", &log_no, &seq, &index, &end) != 3 ||
        text[end] != '\0')
        return false;
    *out = (struct item_name){.at = {.log_no = log_no, .seq = seq},
                              .index = (uint16_t)index};
    return index < ENTRY_ITEMS_MAX;
}

static enum rc
give_back(const struct rights_pen *pen, void *arg)
{
    const struct asked *x = arg;
    struct item_name name;
    struct record_key key;
    size_t n = 0;
    enum rc rc = RC_OK;
    if (parse_name(x->record, &name)) {
        rc = rights_pen_return_at(pen, &name, &n);
    } else {
        rc = query_find_one(pen->l, x->record, &key, pen->why);
        if (rc == RC_OK)
            rc = rights_pen_return(pen, &key, NULL, &n);
    }
    return rc == RC_OK && n == 0
               ? fault_set(pen->why, RC_NOTFOUND, FAULT_RIGHT_SPEND, "%s", x->record)
               : rc;
}

enum rc
rights_return(struct ledger *l, const struct author *a, const char *spend_text,
              struct fault *why)
{
    struct asked x = {.record = spend_text};
    return one_entry(l, a, why, give_back, &x);
}

/* ---- taking */

struct taking {
    const struct rights_pen *pen;
    struct op *op;
    int64_t asset; /* 0: any */
    size_t n;
    enum rc rc;
};

static bool
take_one(void *arg, const struct rights_op_row *o)
{
    struct taking *t = arg;
    if (t->asset != 0 && o->asset != t->asset)
        return true;
    t->op->code = OP_TAKE;
    t->op->is_inherited = false;
    t->op->of = o->name;
    t->rc = rights_asset_name(t->pen->l, o->asset, &t->op->asset);
    if (t->rc == RC_OK)
        t->rc = rights_pen_put(t->pen, t->op);
    t->n++;
    return t->rc == RC_OK;
}

static bool
take_lane(void *arg, const struct rights_asset_row *a)
{
    struct taking *t = arg;
    uint32_t log_no = t->op->from;
    for (size_t i = 0; i < a->lanes_n; i++) {
        if (a->lane[i].log_no != log_no || a->lane[i].balance == 0 ||
            a->lane[i].where != RIGHTS_LEFT)
            continue;
        t->op->code = OP_TAKE;
        t->op->is_inherited = true;
        t->op->asset = a->name;
        t->rc = rights_pen_put(t->pen, t->op);
        t->n++;
    }
    t->asset = a->no;
    if (t->rc == RC_OK) {
        enum rc rc = rights_gives_to(t->pen->l, log_no, take_one, t);
        t->rc = t->rc == RC_OK ? rc : t->rc;
    }
    return t->rc == RC_OK;
}

/* Heirs chain. */
static bool
is_heir(struct ledger *l, uint32_t log_no, uint32_t own)
{
    for (size_t i = 0; i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log(l->replica, log_no);
        if (log == NULL || !log->is_revoked)
            return false;
        if (log->heir == own)
            return true;
        log_no = log->heir;
    }
    return false;
}

static enum rc
take_over(const struct rights_pen *pen, void *arg)
{
    const struct asked *x = arg;
    struct record_key of;
    enum rc rc = query_find_one(pen->l, x->asset, &of, pen->why);
    if (rc != RC_OK)
        return rc;
    struct taking t = {.pen = pen, .op = mem_new(sizeof(*t.op))};
    t.op->from = x->log_no;
    if (is_heir(pen->l, x->log_no, pen->a->log_no))
        rc = rights_assets(pen->l, &of, take_lane, &t);
    mem_free(t.op);
    rc = rc == RC_OK ? t.rc : rc;
    return rc == RC_OK && t.n == 0 ? fault_set(pen->why, RC_NOTFOUND, FAULT_RIGHT_HEIR,
                                               "%03u", (unsigned)x->log_no)
                                   : rc;
}

enum rc
rights_take_over(struct ledger *l, const struct author *a, const char *asset,
                 uint32_t log_no, struct fault *why)
{
    struct asked x = {.asset = asset, .log_no = log_no};
    return one_entry(l, a, why, take_over, &x);
}

static bool
note_any(void *arg, const struct rights_op_row *o)
{
    (void)o;
    *(bool *)arg = true;
    return false;
}

bool
rights_take_is_due(struct ledger *l, const struct author *a)
{
    bool any = false;
    return rights_gives_to(l, a->log_no, note_any, &any) == RC_OK && any;
}

static enum rc
take_all(const struct rights_pen *pen, void *arg)
{
    struct taking t = {.pen = pen, .op = mem_new(sizeof(*t.op))};
    (void)arg;
    enum rc rc = rights_gives_to(pen->l, pen->a->log_no, take_one, &t);
    mem_free(t.op);
    return rc != RC_OK ? rc : t.rc;
}

enum rc
rights_take(struct ledger *l, const struct author *a)
{
    return one_entry(l, a, NULL, take_all, NULL);
}
