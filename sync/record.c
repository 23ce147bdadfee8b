/* The record fold (schema/TYPES.md section 6). */
#include "sync/rule.h"

#include <stdlib.h>
#include <string.h>

/* Fields looked at for parallel edits: one bit each. */
#define SHOWN_MAX 64

/* A version somebody replaces, or an item that counts, in one field. */
struct cell {
    struct version at;
    uint32_t item;
    uint16_t code;
};
struct cells {
    struct cell *p;
    size_t n, cap;
};

struct record_work {
    uint32_t *good; /* items that count, by version */
    size_t good_n, good_cap;
    struct cells live, dead; /* by code, then version */
    struct cells order;
    uint64_t *seen; /* of each good item: bit per shown item that has seen it */
    size_t seen_cap;
    uint32_t *pending;
    size_t pending_cap;
    struct rule_work rules;
};

static void *
room(void *p, size_t n, size_t *cap, size_t each)
{
    return rule_room(p, n, cap, each);
}

static struct cell *
cell_add(struct cells *c)
{
    c->p = room(c->p, c->n + 1, &c->cap, sizeof *c->p);
    return &c->p[c->n++];
}

static int
cell_cmp(const void *a, const void *b)
{
    const struct cell *x = a;
    const struct cell *y = b;

    if (x->code != y->code) {
        return x->code < y->code ? -1 : 1;
    }
    return version_cmp(&x->at, &y->at);
}

/* By version, then index in the entry, which stands in `code`. */
static int
order_cmp(const void *a, const void *b)
{
    const struct cell *x = a;
    const struct cell *y = b;
    int by_version = version_cmp(&x->at, &y->at);

    return by_version != 0 ? by_version : (x->code > y->code) - (x->code < y->code);
}

/* Mostly in order already, and then nothing is copied or allocated. */
static void
cells_sort(struct cells *c, int (*cmp)(const void *, const void *))
{
    for (size_t i = 1; i < c->n; i++) {
        if (cmp(&c->p[i - 1], &c->p[i]) > 0) {
            qsort(c->p, c->n, sizeof *c->p, cmp);
            return;
        }
    }
}

/* An own version is written with log number 0. */
static struct version
meant(const struct record_item *item, const struct version *v)
{
    struct version out = *v;

    if (out.log_no == 0) {
        out.log_no = item->at.log_no;
    }
    return out;
}

/* Replaces an own version at or above its own seq: void as a whole. */
static bool
is_void(const struct record_item *item)
{
    for (uint16_t f = 0; f < item->put->fields_n; f++) {
        const struct put_field *field = &item->put->field[f];

        for (uint16_t i = 0; i < field->replaces_n; i++) {
            struct version v = meant(item, &field->replaces[i]);

            if (v.log_no == item->at.log_no && v.seq >= item->at.seq) {
                return true;
            }
        }
    }
    return false;
}

/* Of several items of one entry the lowest index that takes effect counts. */
static void
pick_good(struct record_work *w, const struct record_item *items, size_t n)
{
    w->order.n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_void(&items[i])) {
            *cell_add(&w->order) =
                (struct cell){items[i].at, (uint32_t)i, items[i].index};
        }
    }
    cells_sort(&w->order, order_cmp);
    w->good = room(w->good, w->order.n, &w->good_cap, sizeof *w->good);
    w->good_n = 0;
    for (size_t i = 0; i < w->order.n; i++) {
        const struct cell *c = &w->order.p[i];

        if (i == 0 || version_cmp(&c->at, &w->order.p[i - 1].at) != 0) {
            w->good[w->good_n++] = c->item;
        }
    }
}

/* What a rule over the record takes away counts no more, and nothing of its entry
 * instead: what stands in was never to be judged by what it would be judged against. */
static void
judge(struct record *out, const struct record_item *items, size_t n)
{
    struct record_work *w = out->work;
    size_t kept = 0;

    out->is_judged = rules_have_any(items, w->good, w->good_n);
    if (!out->is_judged) {
        return;
    }
    out->void_by = room(out->void_by, n, &out->void_cap, sizeof *out->void_by);
    memset(out->void_by, 0, n * sizeof *out->void_by);
    rules_judge(&w->rules, items, w->good, w->good_n, out->void_by);
    for (size_t i = 0; i < w->good_n; i++) {
        if (out->void_by[w->good[i]] == NULL) {
            w->good[kept++] = w->good[i];
        }
    }
    w->good_n = kept;
}

static void
spread(struct record_work *w, const struct record_item *items)
{
    w->live.n = 0;
    w->dead.n = 0;
    for (size_t g = 0; g < w->good_n; g++) {
        const struct record_item *item = &items[w->good[g]];

        for (uint16_t f = 0; f < item->put->fields_n; f++) {
            const struct put_field *field = &item->put->field[f];

            *cell_add(&w->live) = (struct cell){item->at, w->good[g], field->code};
            for (uint16_t i = 0; i < field->replaces_n; i++) {
                *cell_add(&w->dead) =
                    (struct cell){meant(item, &field->replaces[i]), 0, field->code};
            }
        }
    }
    cells_sort(&w->live, cell_cmp);
    cells_sort(&w->dead, cell_cmp);
}

static bool
is_shown_over(const struct record_item *a, const struct record_item *b)
{
    return a->rank != b->rank ? a->rank > b->rank : hash_cmp(&a->id, &b->id) > 0;
}

/* One field: its candidates live[from..to), the replaced versions from *dead on. */
static void
fold_field(struct record *out, const struct record_item *items, size_t from, size_t to,
           size_t *dead)
{
    struct record_work *w = out->work;
    struct record_field *field = &out->field[out->fields_n++];
    bool is_cycle;

    field->code = w->live.p[from].code;
    field->first = (uint32_t)out->index_n;
    for (size_t i = from; i < to; i++) {
        while (*dead < w->dead.n && cell_cmp(&w->dead.p[*dead], &w->live.p[i]) < 0) {
            ++*dead;
        }
        if (*dead == w->dead.n || cell_cmp(&w->dead.p[*dead], &w->live.p[i]) != 0) {
            out->index_of[out->index_n++] = w->live.p[i].item;
        }
    }
    is_cycle = out->index_n == field->first;
    for (size_t i = from; i < to && is_cycle; i++) {
        out->index_of[out->index_n++] = w->live.p[i].item;
    }
    field->n = (uint32_t)(out->index_n - field->first);
    field->state = is_cycle ? FIELD_CYCLE : field->n > 1 ? FIELD_CONFLICT : FIELD_CLEAN;
    field->shown = out->index_of[field->first];
    for (uint32_t i = 1; i < field->n; i++) {
        uint32_t other = out->index_of[field->first + i];

        if (is_shown_over(&items[other], &items[field->shown])) {
            field->shown = other;
        }
    }
}

/* ---- parallel edits */

/* Place among the good ones of a version; good_n: not there. */
static size_t
good_at(const struct record_work *w, const struct record_item *items,
        const struct version *v)
{
    size_t lo = 0;
    size_t hi = w->good_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (version_cmp(&items[w->good[mid]].at, v) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < w->good_n && version_cmp(&items[w->good[lo]].at, v) == 0 ? lo : w->good_n;
}

/* Good item `to` has been seen by whoever has seen `from`. */
static void
see(struct record_work *w, size_t from, size_t to, size_t *pending_n)
{
    if (to < w->good_n && (w->seen[from] & ~w->seen[to]) != 0) {
        w->seen[to] |= w->seen[from];
        w->pending =
            room(w->pending, *pending_n + 1, &w->pending_cap, sizeof *w->pending);
        w->pending[(*pending_n)++] = (uint32_t)to;
    }
}

/* Passes on what item g has seen: what it replaces, and the item before it in its log. */
static void
look(struct record_work *w, const struct record_item *items, size_t g, size_t *pending_n)
{
    const struct record_item *item = &items[w->good[g]];

    if (g > 0 && items[w->good[g - 1]].at.log_no == item->at.log_no) {
        see(w, g, g - 1, pending_n);
    }
    for (uint16_t f = 0; f < item->put->fields_n; f++) {
        const struct put_field *field = &item->put->field[f];

        for (uint16_t i = 0; i < field->replaces_n; i++) {
            struct version v = meant(item, &field->replaces[i]);

            see(w, g, good_at(w, items, &v), pending_n);
        }
    }
}

static bool
is_parallel(const struct record *r, const struct record_item *items)
{
    struct record_work *w = r->work;
    size_t pending_n = 0;
    size_t n = r->fields_n;
    size_t same = 0;

    if (n > SHOWN_MAX) {
        n = SHOWN_MAX;
    }
    while (same < n && r->field[same].shown == r->field[0].shown) {
        same++;
    }
    if (same == n) {
        return false; /* all shown come from one item */
    }
    w->seen = room(w->seen, w->good_n, &w->seen_cap, sizeof *w->seen);
    memset(w->seen, 0, w->good_n * sizeof *w->seen);
    for (size_t i = 0; i < n; i++) {
        size_t g = good_at(w, items, &items[r->field[i].shown].at);

        w->seen[g] |= UINT64_C(1) << i;
        w->pending = room(w->pending, pending_n + 1, &w->pending_cap, sizeof *w->pending);
        w->pending[pending_n++] = (uint32_t)g;
    }
    while (pending_n > 0) {
        look(w, items, w->pending[--pending_n], &pending_n);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t at_i = w->seen[good_at(w, items, &items[r->field[i].shown].at)];

        for (size_t k = 0; k < i; k++) {
            uint64_t at_k = w->seen[good_at(w, items, &items[r->field[k].shown].at)];

            if ((at_i >> k & 1) == 0 && (at_k >> i & 1) == 0) {
                return true;
            }
        }
    }
    return false;
}

void
record_fold(const struct record_item *items, size_t n, struct record *out)
{
    struct record_work *w;
    size_t dead = 0;
    size_t from = 0;

    if (out->work == NULL) {
        out->work = mem_new(sizeof *out->work);
    }
    w = out->work;
    pick_good(w, items, n);
    judge(out, items, n);
    spread(w, items);
    out->field = room(out->field, w->live.n, &out->fields_cap, sizeof *out->field);
    out->index_of =
        room(out->index_of, w->live.n, &out->index_cap, sizeof *out->index_of);
    out->fields_n = 0;
    out->index_n = 0;
    while (from < w->live.n) {
        size_t to = from + 1;

        while (to < w->live.n && w->live.p[to].code == w->live.p[from].code) {
            to++;
        }
        fold_field(out, items, from, to, &dead);
        from = to;
    }
    out->is_parallel = is_parallel(out, items);
}

void
record_fini(struct record *r)
{
    struct record_work *w = r->work;

    if (w != NULL) {
        mem_free(w->good);
        mem_free(w->live.p);
        mem_free(w->dead.p);
        mem_free(w->order.p);
        mem_free(w->seen);
        mem_free(w->pending);
        rule_work_fini(&w->rules);
        mem_free(w);
    }
    mem_free(r->void_by);
    mem_free(r->field);
    mem_free(r->index_of);
    *r = (struct record){0};
}

const struct rule *
record_void_by(const struct record *r, size_t item)
{
    return r->is_judged ? r->void_by[item] : NULL;
}

const struct put_field *
put_field(const struct op *op, uint16_t code)
{
    for (uint16_t i = 0; i < op->fields_n && op->field[i].code <= code; i++) {
        if (op->field[i].code == code) {
            return &op->field[i];
        }
    }
    return NULL;
}
