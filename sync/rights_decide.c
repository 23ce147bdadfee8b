/* What becomes of one operation (RECORDS.md section 3). */
#include "sync/rights_impl.h"

#include <assert.h>
#include <stdlib.h>

static const struct rights_verdict yes = {
    .is_ok = true, .is_firm = true, .wait = RIGHTS_NONE};

static struct rights_verdict
no(bool is_firm)
{
    return (struct rights_verdict){.is_firm = is_firm, .wait = RIGHTS_NONE};
}

static struct rights_verdict
pending(uint32_t wait)
{
    return (struct rights_verdict){.is_pending = true, .wait = wait};
}

/* ---- looking up */

int
rights_item_cmp(const void *a, const void *b)
{
    const struct rights_item *x = a;
    const struct rights_item *y = b;

    return item_name_cmp(&x->name, &y->name);
}

struct rights_item *
rights_item_at(struct rights_item *items, size_t n, const struct item_name *name)
{
    struct rights_item key = {.name = *name};

    return n == 0 ? NULL : bsearch(&key, items, n, sizeof *items, rights_item_cmp);
}

static int
log_cmp(const void *a, const void *b)
{
    const struct rights_log *x = a;
    const struct rights_log *y = b;

    return (x->no > y->no) - (x->no < y->no);
}

const struct rights_log *
rights_log_at(const struct rights_work *w, uint32_t log_no)
{
    struct rights_log key = {.no = log_no};

    if (w->view->logs_n == 0) {
        return NULL;
    }
    return bsearch(&key, w->view->logs, w->view->logs_n, sizeof key, log_cmp);
}

/* The lane of that log on the asset, or RIGHTS_NONE. */
static uint32_t
lane_at(const struct rights_work *w, uint32_t asset, uint32_t log_no)
{
    uint32_t low = w->lane_at[asset];
    uint32_t high = w->lane_at[asset + 1];
    uint32_t end = high;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (w->out->lane[mid].log_no < log_no) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < end && w->out->lane[low].log_no == log_no ? low : RIGHTS_NONE;
}

static uint32_t
index_of(const struct rights_work *w, const struct rights_item *o)
{
    return (uint32_t)(o - w->item);
}

static bool
same_asset(const struct rights_item *a, const struct rights_item *b)
{
    return item_name_cmp(&a->asset, &b->asset) == 0;
}

/* ---- deciding */

/* May the operation act for that log? Its own log may (rule 7), or the heir, in an entry
 * whose mark is at or after the revoke; and who stood before it in line speaks first. */
static struct rights_verdict
acts_for(const struct rights_work *w, const struct rights_item *o, uint32_t log_no)
{
    uint32_t asset = w->out->lane[w->lane_of[index_of(w, o)]].asset;
    const struct rights_log *seen = NULL; /* a circle of heirs comes back to it */
    bool is_firm = true;
    struct rights_verdict v = yes;

    for (size_t step = 0, again = 1; log_no != o->name.at.log_no; step++) {
        const struct rights_log *log = rights_log_at(w, log_no);
        uint32_t lane;

        if (log == NULL || log == seen) {
            return no(false);
        }
        if (!log->is_revoked || o->mark < log->cut_pos) {
            return no(is_firm && log->undecided_pos > o->mark);
        }
        if (step == again) {
            seen = log;
            again *= 2;
        }
        is_firm = is_firm && log->is_closed;
        lane = lane_at(w, asset, log_no);
        if (lane != RIGHTS_NONE) {
            const struct rights_run *r = &w->run[lane];
            v.is_firm = v.is_firm && r->is_firm;
            if (r->done < r->n) {
                v.is_pending = true;
                v.wait = w->order[r->first + r->n - 1];
            }
        }
        log_no = log->heir;
    }
    v.is_firm = v.is_firm && is_firm;
    return v;
}

static bool
is_amount(const struct rights_item *o)
{
    return o->amount >= 1 && o->amount <= RIGHTS_AMOUNT_MAX;
}

static struct rights_verdict
decide_out(const struct rights_work *w, const struct rights_item *o)
{
    struct rights_verdict v = yes;

    v.is_ok =
        is_amount(o) && w->out->lane[w->lane_of[index_of(w, o)]].balance >= o->amount;
    v.take = o->amount;
    return v;
}

static struct rights_verdict
decide_issue(const struct rights_work *w, const struct rights_item *o)
{
    struct rights_verdict v = acts_for(w, o, o->asset.at.log_no);
    struct rights_run *r = &w->run[w->lane_of[index_of(w, o)]];
    const struct rights_item *open;

    if (v.is_pending) {
        return v;
    }
    open = rights_item_at(w->item, w->n, &o->asset);
    v.is_ok = v.is_ok && is_amount(o) && open != NULL && open->code == OP_OPEN &&
              open->state == RIGHTS_OK && r->issued + o->amount <= RIGHTS_ISSUED_MAX;
    if (v.is_ok) {
        r->issued += o->amount;
    }
    v.add = o->amount;
    return v;
}

static struct rights_verdict
decide_return(const struct rights_work *w, const struct rights_item *o)
{
    struct rights_item *s = rights_item_at(w->item, w->n, &o->of);
    struct rights_verdict v = yes;

    if (s == NULL || s->code != OP_SPEND || s->name.at.log_no != o->name.at.log_no ||
        !same_asset(s, o) || s->state != RIGHTS_OK || s->is_used) {
        return no(true);
    }
    s->is_used = true;
    v.add = s->amount;
    return v;
}

/* A give that is not there: can it still come? */
static struct rights_verdict
missing(const struct rights_work *w, const struct version *give)
{
    const struct rights_log *log = rights_log_at(w, give->log_no);
    uint32_t log_no;
    uint64_t seq;

    if (w->view->find(w->view->self, give, &log_no, &seq)) {
        return no(log != NULL && log_no == give->log_no && seq <= log->seal_seq);
    }
    if (log != NULL && give->seq <= log->seal_seq) {
        return no(true);
    }
    return log != NULL && log->is_revoked ? no(log->is_closed) : pending(RIGHTS_NONE);
}

static struct rights_verdict
decide_take(const struct rights_work *w, const struct rights_item *o)
{
    struct rights_item *g = rights_item_at(w->item, w->n, &o->of);
    struct rights_verdict v;

    if (g == NULL) {
        return missing(w, &o->of.at);
    }
    if (g->code != OP_GIVE || !same_asset(g, o)) {
        return no(g->is_sealed);
    }
    if (g->state == RIGHTS_PENDING) {
        return pending(index_of(w, g));
    }
    v = acts_for(w, o, g->party);
    if (v.is_pending) {
        return v;
    }
    v.is_ok = v.is_ok && g->state == RIGHTS_OK && !g->is_used;
    v.is_firm = v.is_firm && g->is_confirmed;
    v.add = g->amount;
    g->is_used = g->is_used || v.is_ok;
    return v;
}

static struct rights_verdict
decide_inherit(const struct rights_work *w, const struct rights_item *o)
{
    uint32_t asset = w->out->lane[w->lane_of[index_of(w, o)]].asset;
    uint32_t lane = lane_at(w, asset, o->party);
    struct rights_lane *from = lane != RIGHTS_NONE ? &w->out->lane[lane] : NULL;
    struct rights_verdict v = acts_for(w, o, o->party);

    if (v.is_pending) {
        return v;
    }
    v.is_ok = v.is_ok && o->party != o->name.at.log_no && from != NULL &&
              from->balance > 0 && from->where != RIGHTS_TAKEN;
    if (v.is_ok) {
        from->where = RIGHTS_TAKEN;
        v.add = from->balance;
    }
    return v;
}

struct rights_verdict
rights_decide(const struct rights_work *w, const struct rights_item *o)
{
    switch (o->code) {
    case OP_OPEN:
        return yes;
    case OP_ISSUE:
        return decide_issue(w, o);
    case OP_GIVE:
    case OP_SPEND:
        return decide_out(w, o);
    case OP_TAKE:
        return o->is_inherited ? decide_inherit(w, o) : decide_take(w, o);
    case OP_RETURN:
        return decide_return(w, o);
    case OP_PUT:
    case OP_ERASED:
        break;
    }
    assert(o->code == OP_OPEN); /* only operations of rights are folded */
    return no(false);
}
