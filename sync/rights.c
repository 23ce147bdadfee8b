/* The rights fold (RECORDS.md section 3). */
#include "sync/rights_impl.h"

#include <assert.h>
#include <stdlib.h>

static uint64_t
sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void
rights_item_of(const struct op *op, struct rights_item *out)
{
    *out = (struct rights_item){.asset = op->asset,
                                .of = op->of,
                                .amount = op->amount,
                                .mark = -1,
                                .code = op->code,
                                .party = op->code == OP_TAKE ? op->from : op->to,
                                .is_inherited = op->is_inherited,
                                .subject = op->subject};
}

void
rights_log_of(const struct log_state *log, struct rights_log *out)
{
    bool is_waiting = log->passed < log->lines_n;

    *out = (struct rights_log){.no = log->no,
                               .heir = log->heir,
                               .seal_seq = log->seal_seq,
                               .cut_pos = (int64_t)log->cut_pos,
                               .undecided_pos =
                                   is_waiting ? log->lines[log->passed].pos : INT64_MAX,
                               .is_revoked = log->is_revoked,
                               .is_closed = log->is_closed};
}

/* ---- running */

static void
wake(struct rights_work *w, uint32_t item)
{
    uint32_t lane = w->waiter[item];

    w->waiter[item] = RIGHTS_NONE;
    while (lane != RIGHTS_NONE) {
        w->ready[w->ready_n++] = lane;
        lane = w->run[lane].next;
    }
}

/* Runs a lane until it is done or has to wait. */
static void
lane_run(struct rights_work *w, uint32_t lane)
{
    struct rights_run *r = &w->run[lane];
    uint64_t *balance = &w->out->lane[lane].balance;

    while (r->done < r->n) {
        uint32_t at = w->order[r->first + r->done];
        struct rights_item *o = &w->item[at];
        struct rights_verdict v = rights_decide(w, o);

        if (v.is_pending) {
            if (v.wait != RIGHTS_NONE) {
                r->next = w->waiter[v.wait];
                w->waiter[v.wait] = lane;
            }
            return;
        }
        r->is_firm = r->is_firm && v.is_firm && o->is_sealed;
        o->state = v.is_ok ? RIGHTS_OK : RIGHTS_VOID;
        o->is_confirmed = r->is_firm;
        if (v.is_ok) {
            *balance = sum(*balance - v.take, v.add);
        }
        r->done++;
        wake(w, at);
    }
}

/* ---- setting up: lanes and assets */

struct place {
    struct item_name asset;
    uint32_t item;
};

static int
place_cmp(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    int c = item_name_cmp(&x->asset, &y->asset);

    return c != 0 ? c : (x->item > y->item) - (x->item < y->item);
}

static void
lane_add(struct rights_work *w, uint32_t at, bool is_new_asset,
         const struct rights_item *o)
{
    struct rights *out = w->out;

    if (is_new_asset) {
        w->lane_at[out->assets_n] = (uint32_t)out->lanes_n;
        out->asset[out->assets_n++] = (struct rights_asset){.name = o->asset};
    }
    w->run[out->lanes_n] =
        (struct rights_run){.first = at, .next = RIGHTS_NONE, .is_firm = true};
    out->lane[out->lanes_n++] = (struct rights_lane){.asset = (uint32_t)out->assets_n - 1,
                                                     .log_no = o->name.at.log_no};
}

/* Items are in order of their names, so those of a lane are too. */
static void
lanes_make(struct rights_work *w)
{
    struct place *place = mem_new(w->n * sizeof *place);

    for (uint32_t i = 0; i < w->n; i++) {
        place[i] = (struct place){w->item[i].asset, i};
    }
    if (w->n > 0) {
        qsort(place, w->n, sizeof *place, place_cmp);
    }
    for (uint32_t i = 0; i < w->n; i++) {
        const struct rights_item *o = &w->item[place[i].item];
        bool is_new = i == 0 || item_name_cmp(&place[i].asset, &place[i - 1].asset) != 0;

        if (is_new || w->out->lane[w->out->lanes_n - 1].log_no != o->name.at.log_no) {
            lane_add(w, i, is_new, o);
        }
        w->order[i] = place[i].item;
        w->lane_of[place[i].item] = (uint32_t)w->out->lanes_n - 1;
        w->run[w->out->lanes_n - 1].n++;
    }
    w->lane_at[w->out->assets_n] = (uint32_t)w->out->lanes_n;
    mem_free(place);
}

static void
items_begin(struct rights_item *items, size_t n)
{
    if (n > 0) {
        qsort(items, n, sizeof *items, rights_item_cmp);
    }
    for (size_t i = 0; i < n; i++) {
        assert(i == 0 || rights_item_cmp(&items[i - 1], &items[i]) < 0);
        items[i].state = RIGHTS_PENDING;
        items[i].is_confirmed = false;
        items[i].is_used = false;
        if (items[i].code == OP_OPEN) {
            items[i].asset = items[i].name;
        }
    }
}

/* ---- totals */

static int
key_sort(const void *a, const void *b)
{
    return record_key_cmp(a, b);
}

static void
count_items(struct rights_work *w)
{
    struct rights *out = w->out;
    size_t n = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        const struct rights_item *o = &w->item[i];
        struct rights_asset *a = &out->asset[out->lane[w->lane_of[i]].asset];

        if (o->state != RIGHTS_OK) {
            continue;
        }
        if (o->code == OP_ISSUE) {
            a->issued = sum(a->issued, o->amount);
        } else if (o->code == OP_GIVE && !o->is_used) {
            a->transit = sum(a->transit, o->amount);
        } else if (o->code == OP_SPEND && !o->is_used) {
            a->spent = sum(a->spent, o->amount);
            out->backed[out->backed_n++] = o->subject;
        }
    }
    if (out->backed_n > 0) {
        qsort(out->backed, out->backed_n, sizeof *out->backed, key_sort);
    }
    for (size_t i = 0; i < out->backed_n; i++) {
        if (n == 0 || record_key_cmp(&out->backed[i], &out->backed[n - 1]) != 0) {
            out->backed[n++] = out->backed[i];
        }
    }
    out->backed_n = n;
}

static void
count_lanes(struct rights_work *w)
{
    for (size_t i = 0; i < w->out->lanes_n; i++) {
        struct rights_lane *l = &w->out->lane[i];
        struct rights_asset *a = &w->out->asset[l->asset];
        const struct rights_log *log = rights_log_at(w, l->log_no);

        if (l->where == RIGHTS_TAKEN) {
            continue;
        }
        if (log != NULL && log->is_revoked) {
            l->where = RIGHTS_LEFT;
            a->transit = sum(a->transit, l->balance);
        } else {
            a->held = sum(a->held, l->balance);
        }
    }
}

void
rights_fold(struct rights_item *items, size_t n, const struct rights_view *view,
            struct rights *out)
{
    struct rights_work w = {.item = items, .n = n, .view = view, .out = out};

    assert(n < RIGHTS_NONE);
    rights_fini(out);
    out->asset = mem_new(n * sizeof *out->asset);
    out->lane = mem_new(n * sizeof *out->lane);
    out->backed = mem_new(n * sizeof *out->backed);
    w.order = mem_new(n * sizeof *w.order);
    w.lane_of = mem_new(n * sizeof *w.lane_of);
    w.waiter = mem_new(n * sizeof *w.waiter);
    w.lane_at = mem_new((n + 1) * sizeof *w.lane_at);
    w.run = mem_new(n * sizeof *w.run);
    items_begin(items, n);
    lanes_make(&w);
    w.ready = mem_new(out->lanes_n * sizeof *w.ready);
    for (size_t i = 0; i < n; i++) {
        w.waiter[i] = RIGHTS_NONE;
    }
    for (size_t i = out->lanes_n; i > 0; i--) {
        w.ready[w.ready_n++] = (uint32_t)i - 1;
    }
    while (w.ready_n > 0) { /* a lane is there at most once: it waits for one item */
        lane_run(&w, w.ready[--w.ready_n]);
    }
    count_items(&w);
    count_lanes(&w);
    mem_free(w.order);
    mem_free(w.lane_of);
    mem_free(w.waiter);
    mem_free(w.lane_at);
    mem_free(w.run);
    mem_free(w.ready);
}

void
rights_fini(struct rights *r)
{
    mem_free(r->asset);
    mem_free(r->lane);
    mem_free(r->backed);
    *r = (struct rights){0};
}
