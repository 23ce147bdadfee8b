#include "schema/report_run.h"

#include <stdlib.h>
#include <string.h>

#include "schema/date.h"
#include "schema/report_in.h"

#define MINUTES_A_DAY 1440

/* ---- periods */

struct report_span
report_span_of(const struct report *r, int64_t day)
{
    struct report_span s = {.has = r->period != PERIOD_NONE, .from = day, .to = day};
    struct date d = date_of(day);
    if (r->period == PERIOD_WEEK) { /* 1970-01-01 was a Thursday; weeks begin on Monday */
        s.from = day - ((day + 3) % 7 + 7) % 7;
        s.to = s.from + 6;
    } else if (r->period == PERIOD_MONTH) {
        struct date next = d.month == 12 ? (struct date){d.year + 1, 1, 1}
                                         : (struct date){d.year, d.month + 1, 1};
        s.from = date_days(&(struct date){d.year, d.month, 1});
        s.to = date_days(&next) - 1;
    } else if (r->period == PERIOD_YEAR) {
        s.from = date_days(&(struct date){d.year, 1, 1});
        s.to = date_days(&(struct date){d.year, 12, 31});
    }
    return s;
}

/* ---- conditions */

static bool
has_code(const struct condition *c, const struct asof_row *r, const struct cell *cell)
{
    int64_t is = c->field == NULL ? r->state : cell->num;
    struct value v;
    if (c->field != NULL && c->field->kind == VALUE_CHOICES) {
        if (!cell->is_set || !value_decode(VALUE_CHOICES, cell->value, &v) || v.is_nil)
            return false;
        for (size_t i = 0; i < c->codes_n; i++)
            for (size_t k = 0; k < v.as.codes.n; k++)
                if (v.as.codes.code[k] == c->code[i])
                    return true;
        return false;
    }
    if (c->field != NULL && c->field->kind == VALUE_BOOL && !cell->is_set)
        is = 0; /* not said is no */
    else if (c->field != NULL && !cell->is_set)
        return false;
    for (size_t i = 0; i < c->codes_n; i++)
        if (c->code[i] == is)
            return true;
    return false;
}

bool
conditions_hold(const struct conditions *all, const struct asof_row *r)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct condition *c = &all->c[i];
        struct cell cell = {0};
        bool holds = false;
        if (c->field != NULL)
            asof_cell(r, c->field, &cell);
        switch (c->how) {
        case CONDITION_IS:
            holds = has_code(c, r, &cell);
            break;
        case CONDITION_NOT:
            holds = !has_code(c, r, &cell);
            break;
        case CONDITION_OVER:
            holds = cell.is_set && cell.num > c->than;
            break;
        case CONDITION_UNDER:
            holds = cell.is_set && cell.num < c->than;
            break;
        case CONDITION_SET:
            holds = c->field != NULL ? cell.is_set : r->state != 0;
            break;
        case CONDITION_UNSET:
            holds = c->field != NULL ? !cell.is_set : r->state == 0;
            break;
        }
        if (!holds)
            return false;
    }
    return true;
}

enum rc
report_is_in(struct report_work *w, const struct asof_row *r, enum figure_when when,
             const struct field *field, bool *in)
{
    struct cell cell = {0};
    uint64_t ms = 0;
    int64_t day = 0;
    enum rc rc = RC_OK;
    *in = true;
    if (!w->span.has || when == WHEN_ANY)
        return RC_OK;
    if (when == WHEN_FIELD) {
        asof_cell(r, field, &cell);
        *in = cell.is_set;
        day = field->kind == VALUE_TIME
                  ? (cell.num -
                     (cell.num % MINUTES_A_DAY + MINUTES_A_DAY) % MINUTES_A_DAY) /
                        MINUTES_A_DAY
                  : cell.num;
    } else {
        rc = when == WHEN_MADE ? asof_made_ms(w->asof, r, &ms)
                               : asof_state_ms(w->asof, r, &ms);
        /* what no seal covers yet will be received, at the earliest, after the last one
         */
        day = asof_day(ms != UINT64_MAX ? ms : asof_ms(w->asof));
    }
    *in = *in && day >= w->span.from && day <= w->span.to;
    return rc;
}

/* ---- cells */

static void
add(struct report_cell *c, int64_t value)
{
    if (c->n == 0 || value < c->low)
        c->low = value;
    if (c->n == 0 || value > c->high)
        c->high = value;
    if (__builtin_add_overflow(c->sum, value, &c->sum))
        c->sum = value < 0 ? INT64_MIN : INT64_MAX;
    c->n++;
}

static void
mark(struct report_work *w, size_t figure, size_t line, const struct hash *of)
{
    if (w->marks_n == w->marks_cap) {
        w->marks_cap = w->marks_cap * 2 + 256;
        w->mark = mem_grow(w->mark, w->marks_cap * sizeof(*w->mark));
    }
    struct report_mark *m = &w->mark[w->marks_n++];
    memset(m, 0, sizeof(*m)); /* compared as bytes */
    m->figure = (uint32_t)figure;
    m->line = (uint32_t)line;
    m->now = w->now;
    memcpy(m->of, of->b, sizeof(m->of));
}

static struct hash
hash_of_cell(const struct cell *c)
{
    uint8_t num[8];
    put_u64(num, (uint64_t)c->num);
    return hash_of(c->value.n > 0 ? c->value : slice_of(num, sizeof(num)));
}

static void
count(struct report_work *w, const struct asof_row *r, size_t figure, size_t line)
{
    const struct figure *f = &w->report->figure[figure];
    struct report_line *to = &w->out->line[line];
    struct report_cell *c = w->now ? &to->now[figure] : &to->sealed[figure];
    struct cell cell = {0};
    if (f->has_of) {
        c->of_n += conditions_hold(&f->of, r);
        if (!conditions_hold(&f->of, r) || !conditions_hold(&f->where, r))
            return;
    }
    if (f->field != NULL)
        asof_cell(r, f->field, &cell);
    if (f->kind == FIGURE_COUNT) {
        c->n++;
    } else if (cell.is_set && f->kind == FIGURE_DISTINCT) {
        struct hash h = hash_of_cell(&cell);
        mark(w, figure, line, &h);
    } else if (cell.is_set) {
        add(c, cell.num);
    }
}

static bool
take(void *arg, const struct asof_row *r)
{
    struct report_work *w = arg;
    size_t total = w->out->lines_n - 1;
    size_t line = total;
    if (w->unit != UINT32_MAX && r->key.unit != w->unit)
        return true;
    for (size_t i = 0; i < total; i++)
        if (w->out->line[i].unit == r->key.unit)
            line = i;
    for (size_t i = 0; i < w->report->figures_n && w->rc == RC_OK; i++) {
        const struct figure *f = &w->report->figure[i];
        bool in = false;
        if (f->type != w->type || (!f->has_of && !conditions_hold(&f->where, r)))
            continue;
        w->rc = report_is_in(w, r, f->when, f->when_field, &in);
        if (w->rc != RC_OK || !in)
            continue;
        count(w, r, i, total);
        if (line != total)
            count(w, r, i, line);
    }
    return w->rc == RC_OK;
}

static int
by_mark(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct report_mark));
}

static void
count_marks(struct report_work *w)
{
    if (w->marks_n > 1)
        qsort(w->mark, w->marks_n, sizeof(*w->mark), by_mark);
    for (size_t i = 0; i < w->marks_n; i++) {
        const struct report_mark *m = &w->mark[i];
        if (i > 0 && by_mark(m, m - 1) == 0)
            continue;
        struct report_line *to = &w->out->line[m->line];
        (m->now ? to->now : to->sealed)[m->figure].n++;
    }
}

/* Nodes that are not lost, and of them those of which something was received in the days
 * up to the last seal. */
static void
count_seen(struct report_work *w, const struct figure *f, struct report_cell *c)
{
    const struct replica *r = ledger_replica(w->l);
    const struct authority *a = replica_authority(r);
    uint64_t since = asof_ms(w->asof) - (uint64_t)f->days * 86400000;
    for (size_t i = 0; i < authority_nodes_n(a); i++) {
        const struct node_info *n = authority_node_at(a, i);
        bool seen = false;
        if (n->is_lost || (w->unit != UINT32_MAX && n->unit != w->unit))
            continue;
        for (size_t k = 0; k < replica_logs_n(r) && !seen; k++) {
            const struct log_state *log = replica_log_at(r, k);
            seen = log->node == n->no && !log->is_assumed && log->seals_n > 0 &&
                   log->seals[log->seals_n - 1].clock >> 16 >= since;
        }
        c->of_n++;
        c->n += seen;
    }
}

/* Where all is sealed, what is now is what is sealed: such a type is read once. */
static void
same_now(struct report_work *w)
{
    for (size_t i = 0; i < w->report->figures_n; i++) {
        const struct type *t = w->report->figure[i].type;
        for (size_t k = 0; k < w->out->lines_n; k++)
            if (t != NULL && !asof_is_loose(w->asof, t))
                w->out->line[k].now[i] = w->out->line[k].sealed[i];
    }
}

static enum rc
count_all(struct report_work *w)
{
    const struct report *r = w->report;
    for (size_t i = 0; i < r->figures_n && w->rc == RC_OK; i++) {
        bool is_done = r->figure[i].type == NULL;
        for (size_t k = 0; k < i; k++) /* a type is read once, for all of its figures */
            is_done = is_done || r->figure[k].type == r->figure[i].type;
        w->type = r->figure[i].type;
        int passes = !is_done && asof_is_loose(w->asof, w->type) ? 2 : 1;
        for (int now = 0; now < passes && !is_done && w->rc == RC_OK; now++) {
            w->now = now != 0;
            enum rc rc = asof_each(w->asof, w->type, w->now, take, w);
            w->rc = w->rc != RC_OK ? w->rc : rc;
        }
    }
    count_marks(w);
    same_now(w);
    for (size_t i = 0; i < r->figures_n && w->rc == RC_OK; i++) {
        struct report_line *total = &w->out->line[w->out->lines_n - 1];
        if (r->figure[i].kind != FIGURE_SEEN)
            continue;
        count_seen(w, &r->figure[i], &total->sealed[i]);
        total->now[i] = total->sealed[i];
    }
    return w->rc;
}

enum rc
report_run(struct ledger *l, const struct report *r, const struct report_span *span,
           uint32_t unit, enum text_lang lang, struct report_result **out)
{
    struct report_work w = {
        .l = l, .report = r, .span = *span, .unit = unit, .lang = lang};
    w.out = mem_new(sizeof(*w.out));
    w.out->span = *span;
    w.out->figures_n = r->figures_n;
    w.out->tables_n = r->lists_n;
    enum rc rc = asof_new(l, &w.asof);
    if (rc == RC_OK) {
        w.out->seal_no = asof_seal_no(w.asof);
        w.out->seal_ms = asof_ms(w.asof);
        rc = report_lines(&w);
    }
    if (rc == RC_OK)
        rc = count_all(&w);
    if (rc == RC_OK)
        rc = report_lists(&w);
    asof_free(w.asof);
    mem_free(w.mark);
    if (rc == RC_OK) {
        *out = w.out;
        w.out = NULL;
    }
    report_result_free(w.out);
    return rc;
}

void
report_result_free(struct report_result *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->lines_n; i++) {
        mem_free(r->line[i].sealed);
        mem_free(r->line[i].now);
    }
    for (size_t i = 0; r->table != NULL && i < r->tables_n; i++) {
        for (size_t k = 0; k < r->table[i].n; k++) {
            for (size_t c = 0; c < r->table[i].columns_n; c++)
                buf_free(&r->table[i].entry[k].cell[c]);
            mem_free(r->table[i].entry[k].cell);
        }
        mem_free(r->table[i].entry);
    }
    mem_free(r->table);
    mem_free(r->line);
    mem_free(r);
}
