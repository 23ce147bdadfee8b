#include "cli/report_show.h"

#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "cli/show.h"

#define DAY_MS UINT64_C(86400000)
#define CHINA_MS                                                                         \
    (UINT64_C(8) * 3600 * 1000) /* reports are the same in every time zone               \
                                 */
#define NAME_COLUMNS 36
#define CELL_TEXT 64

static void
day_text(int64_t day, char out[static CELL_TEXT])
{
    struct date d = date_of(day);
    (void)snprintf(out, CELL_TEXT, "%04d-%02u-%02u", (int)d.year, (unsigned)d.month,
                   (unsigned)d.day);
}

static void
moment_text(uint64_t ms, char out[static CELL_TEXT])
{
    uint64_t minute = (ms + CHINA_MS) % DAY_MS / 60000;
    char day[CELL_TEXT];
    day_text((int64_t)((ms + CHINA_MS) / DAY_MS), day);
    (void)snprintf(out, CELL_TEXT, "%.10s %02u:%02u", day, (unsigned)(minute / 60),
                   (unsigned)(minute % 60));
}

/* ---- one figure */

/* value / scale with up to three decimals, cut; money in yuan with two. */
static void
amount_text(const struct figure *f, int64_t value, char *out, size_t size)
{
    bool is_money = f->field != NULL && f->field->kind == VALUE_MONEY;
    uint64_t scale = f->scale == 1 && is_money ? 100 : (uint64_t)f->scale;
    uint64_t v = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int n = snprintf(out, size, "%s%llu", value < 0 ? "-" : "",
                     (unsigned long long)(v / scale));
    if (is_money && scale == 100) {
        (void)snprintf(out + n, size - (size_t)n, ".%02u", (unsigned)(v % 100));
        return;
    }
    uint64_t rest = v % scale;
    for (int digits = 0; rest > 0 && digits < 3; digits++) {
        rest *= 10; /* a scale has at most 15 digits */
        n += snprintf(out + n, size - (size_t)n, "%s%u", digits == 0 ? "." : "",
                      (unsigned)(rest / scale));
        rest %= scale;
    }
}

/* Tenths of a percent, cut: never more than it is. */
static void
share_text(struct cli *c, uint64_t n, uint64_t of, struct buf *out)
{
    char percent[32] = "-";
    if (of > 0)
        (void)snprintf(percent, sizeof(percent), "%u.%u%%",
                       (unsigned)((double)n * 100 / (double)of),
                       (unsigned)(n * 1000 / of % 10));
    add_words(c, out, WORD_REPORT_SHARE, percent, num(c, n), num(c, of), NULL);
}

static void
figure_text(struct cli *c, const struct figure *f, const struct report_cell *cell,
            struct buf *out)
{
    char text[CELL_TEXT] = "";
    if (f->has_of || f->kind == FIGURE_SEEN) {
        share_text(c, cell->n, cell->of_n, out);
        return;
    }
    switch (f->kind) {
    case FIGURE_COUNT:
    case FIGURE_DISTINCT:
    case FIGURE_SEEN:
        amount_text(f, (int64_t)cell->n, text, sizeof(text));
        break;
    case FIGURE_SUM:
        amount_text(f, cell->sum, text, sizeof(text));
        break;
    case FIGURE_RANGE:
        if (cell->n == 0)
            break;
        amount_text(f, cell->low, text, sizeof(text));
        buf_addf(out, "%s–", text);
        amount_text(f, cell->high, text, sizeof(text));
        break;
    }
    buf_addf(out, "%s", *text != '\0' ? text : "-");
}

static bool
is_same(const struct report_cell *a, const struct report_cell *b)
{
    return a->n == b->n && a->of_n == b->of_n && a->sum == b->sum && a->low == b->low &&
           a->high == b->high;
}

/* The figure, and what it would be with what is not sealed yet, if that is another. */
static void
cell_add(struct cli *c, const struct figure *f, const struct report_line *l, size_t i,
         struct buf *out)
{
    figure_text(c, f, &l->sealed[i], out);
    if (is_same(&l->sealed[i], &l->now[i]))
        return;
    struct buf now = BUF_NONE;
    figure_text(c, f, &l->now[i], &now);
    buf_addf(out, " ");
    add_words(c, out, WORD_REPORT_TENTATIVE, buf_text(&now), NULL);
    buf_free(&now);
}

/* ---- text */

static void
head_add(struct cli *c, const struct report *r, const struct report_result *is)
{
    struct slice name =
        authority_name(replica_authority(ledger_replica(c->node->ledger)));
    struct buf community = BUF_NONE;
    char from[CELL_TEXT], to[CELL_TEXT];
    buf_add_slice(&community, name);
    say(c, WORD_REPORT_HEAD, buf_text(&community), label_of(c, &r->label, r->name), NULL);
    buf_free(&community);
    if (is->span.has) {
        day_text(is->span.from, from);
        day_text(is->span.to, to);
        say(c, WORD_REPORT_SPAN, from, to, NULL);
    }
    moment_text(is->seal_ms, from);
    if (is->seal_no > 0)
        say(c, WORD_REPORT_ASOF, num(c, is->seal_no), from, NULL);
    else
        say(c, WORD_REPORT_NO_SEAL, NULL);
}

static void
figures_add(struct cli *c, const struct report *r, const struct report_line *l)
{
    for (size_t i = 0; i < r->figures_n; i++) {
        const struct figure *f = &r->figure[i];
        out_padded(c->out, f->name, 6);
        out_padded(c->out, label_of(c, &f->label, f->name), NAME_COLUMNS);
        cell_add(c, f, l, i, c->out);
        buf_addf(c->out, "\n");
    }
}

static void
silent_add(struct cli *c, const struct report_line *l, struct buf *out)
{
    char day[CELL_TEXT];
    if (l->last_day == INT64_MIN) {
        add_words(c, out, WORD_REPORT_NEVER, NULL);
        return;
    }
    day_text(l->last_day, day);
    add_words(c, out, WORD_REPORT_SILENT, day, NULL);
}

/* A tab between the cells: it pastes into a spreadsheet, and columns need no guess. */
static void
line_add(struct cli *c, const struct report *r, const struct report_line *l)
{
    if (l->is_total)
        buf_addf(c->out, "\t%s\t", word(c, WORD_REPORT_TOTAL));
    else {
        out_escaped(c->out, slice_text(l->compound), false);
        buf_addf(c->out, "\t%s\t", unit_text(c, l->unit));
    }
    out_escaped(c->out, slice_text(l->name), false);
    if (l->is_silent && !l->is_total) {
        buf_addf(c->out, "\t");
        silent_add(c, l, c->out);
    }
    for (size_t i = 0; i < r->figures_n && (l->is_total || !l->is_silent); i++) {
        buf_addf(c->out, "\t");
        cell_add(c, &r->figure[i], l, i, c->out);
    }
    buf_addf(c->out, "\n");
}

static void
units_add(struct cli *c, const struct report *r, const struct report_result *is)
{
    size_t silent = 0;
    buf_addf(c->out, "%s\t%s\t", word(c, WORD_REPORT_COMPOUND),
             word(c, WORD_REPORT_UNIT));
    for (size_t i = 0; i < r->figures_n; i++)
        buf_addf(c->out, "\t%s", label_of(c, &r->figure[i].label, r->figure[i].name));
    buf_addf(c->out, "\n");
    for (size_t i = 0; i < is->lines_n; i++) {
        line_add(c, r, &is->line[i]);
        silent += is->line[i].is_silent && !is->line[i].is_total;
    }
    if (silent > 0)
        say(c, WORD_REPORT_MISSING, num(c, silent), NULL);
}

static const char *
column_label(struct cli *c, const struct list *l, size_t i)
{
    static const enum word common[] = {[LIST_FIELD] = WORD_NOTHING,
                                       [LIST_NUMBER] = WORD_REPORT_NUMBER,
                                       [LIST_STATE] = WORD_REPORT_STATE,
                                       [LIST_UNIT] = WORD_REPORT_UNIT,
                                       [LIST_COMPOUND] = WORD_REPORT_COMPOUND,
                                       [LIST_MADE] = WORD_REPORT_MADE,
                                       [LIST_TENTATIVE] = WORD_REPORT_FINAL};
    return l->field[i] != NULL ? label_of(c, &l->field[i]->label, l->field[i]->name)
                               : word(c, common[l->common[i]]);
}

static void
list_cell_add(struct cli *c, const struct list *l, const struct report_entry *e, size_t i,
              struct buf *out)
{
    bool is_mark = l->field[i] == NULL && l->common[i] == LIST_TENTATIVE;
    if (is_mark)
        buf_addf(
            out, "%s",
            word(c, e->cell[i].n > 0 ? WORD_REPORT_IS_TENTATIVE : WORD_REPORT_IS_FINAL));
    else
        out_escaped(out, buf_slice(&e->cell[i]), false);
}

static void
list_add(struct cli *c, const struct list *l, const struct report_table *t)
{
    buf_addf(c->out, "\n%s %zu\n", label_of(c, &l->label, l->name), t->n);
    for (size_t i = 0; i < l->columns_n; i++)
        buf_addf(c->out, "%s%s", i > 0 ? "\t" : "", column_label(c, l, i));
    buf_addf(c->out, "\n");
    for (size_t k = 0; k < t->n; k++) {
        for (size_t i = 0; i < l->columns_n; i++) {
            buf_addf(c->out, "%s", i > 0 ? "\t" : "");
            list_cell_add(c, l, &t->entry[k], i, c->out);
        }
        buf_addf(c->out, "\n");
    }
}

void
report_add(struct cli *c, const struct report *r, const struct report_result *is)
{
    head_add(c, r, is);
    if (r->by == BY_UNIT)
        units_add(c, r, is);
    else
        figures_add(c, r, &is->line[is->lines_n - 1]);
    for (size_t i = 0; i < r->lists_n; i++)
        list_add(c, &r->list[i], &is->table[i]);
}

/* ---- JSON */

static json_t *
cell_json(const struct figure *f, const struct report_cell *cell)
{
    json_t *j = json_object();
    if (f->has_of || f->kind == FIGURE_SEEN)
        json_object_set_new(j, "of", json_of_u64(cell->of_n));
    if (f->kind == FIGURE_SUM)
        json_object_set_new(j, "sum", json_integer(cell->sum));
    if (f->kind == FIGURE_RANGE && cell->n > 0) {
        json_object_set_new(j, "low", json_integer(cell->low));
        json_object_set_new(j, "high", json_integer(cell->high));
    }
    json_object_set_new(j, "n", json_of_u64(cell->n));
    return j;
}

static json_t *
line_json(const struct report *r, const struct report_line *l)
{
    json_t *j = json_object();
    json_t *figures = json_object();
    char day[CELL_TEXT];
    for (size_t i = 0; i < r->figures_n; i++) {
        json_t *cell = cell_json(&r->figure[i], &l->sealed[i]);
        if (!is_same(&l->sealed[i], &l->now[i]))
            json_object_set_new(cell, "now", cell_json(&r->figure[i], &l->now[i]));
        json_object_set_new(figures, r->figure[i].name, cell);
    }
    json_object_set_new(j, "figures", figures);
    if (l->is_total)
        return j;
    json_object_set_new(j, "unit", json_of_unit(l->unit));
    json_object_set_new(j, "name", json_of_text(slice_text(l->name)));
    json_object_set_new(j, "compound", json_of_text(slice_text(l->compound)));
    json_object_set_new(j, "silent", json_boolean(l->is_silent));
    if (l->last_day != INT64_MIN)
        day_text(l->last_day, day);
    json_object_set_new(j, "last",
                        l->last_day != INT64_MIN ? json_string(day) : json_null());
    return j;
}

static json_t *
list_json(struct cli *c, const struct list *l, const struct report_table *t)
{
    json_t *rows = json_array();
    for (size_t k = 0; k < t->n; k++) {
        json_t *row = json_array();
        for (size_t i = 0; i < l->columns_n; i++) {
            bool is_mark = l->field[i] == NULL && l->common[i] == LIST_TENTATIVE;
            json_array_append_new(
                row, is_mark ? json_boolean(t->entry[k].cell[i].n > 0)
                             : json_of_text(buf_slice(&t->entry[k].cell[i])));
        }
        json_array_append_new(rows, row);
    }
    json_t *columns = json_array();
    for (size_t i = 0; i < l->columns_n; i++)
        json_array_append_new(columns, json_string(column_label(c, l, i)));
    return json_pack("{s:o, s:o}", "columns", columns, "rows", rows);
}

json_t *
report_json(struct cli *c, const struct report *r, const struct report_result *is)
{
    json_t *j = json_object();
    json_t *lines = json_array();
    json_t *lists = json_object();
    char day[CELL_TEXT];
    json_object_set_new(j, "report", json_string(r->name));
    json_object_set_new(j, "seal", json_integer(is->seal_no));
    json_object_set_new(j, "seal_ms", json_of_time(is->seal_ms));
    if (is->span.has) {
        day_text(is->span.from, day);
        json_object_set_new(j, "from", json_string(day));
        day_text(is->span.to, day);
        json_object_set_new(j, "to", json_string(day));
    }
    for (size_t i = 0; i + 1 < is->lines_n; i++)
        json_array_append_new(lines, line_json(r, &is->line[i]));
    for (size_t i = 0; i < r->lists_n; i++)
        json_object_set_new(lists, r->list[i].name,
                            list_json(c, &r->list[i], &is->table[i]));
    json_object_set_new(j, "units", lines);
    json_object_set_new(j, "total", line_json(r, &is->line[is->lines_n - 1]));
    json_object_set_new(j, "lists", lists);
    return j;
}

/* ---- asking for one */

static bool
day_given(struct cli *c, const char *option, int64_t *out, bool *given)
{
    static const struct field date = {.code = FIELD_FIRST_OWN, .kind = VALUE_DATE};
    const char *text = args_value(c->args, option);
    struct buf bytes = BUF_NONE;
    struct value v;
    *given = text != NULL;
    if (text == NULL)
        return true;
    bool good = text_parse(&date, slice_text(text), NULL, &bytes, NULL) == RC_OK &&
                value_decode(VALUE_DATE, buf_slice(&bytes), &v) && !v.is_nil;
    if (good)
        *out = v.as.num;
    else
        complain(c, WORD_REPORT_DATE, text, NULL);
    buf_free(&bytes);
    return good;
}

static bool
span_given(struct cli *c, const struct report *r, struct report_span *out)
{
    uint64_t now = ledger_wall_ms(c->node->ledger);
    int64_t from = 0, to = 0;
    bool has_from = false, has_to = false;
    if (!day_given(c, "--from", &from, &has_from) || !day_given(c, "--to", &to, &has_to))
        return false;
    *out = report_span_of(r, has_from ? from
                             : has_to ? to
                                      : (int64_t)((now + CHINA_MS) / DAY_MS));
    if (has_from || has_to) {
        out->from = has_from ? from : out->has ? out->from : INT64_MIN / 2;
        out->to = has_to ? to : out->has ? out->to : INT64_MAX / 2;
        out->has = true;
    }
    if (out->from > out->to)
        complain(c, WORD_REPORT_DATE, args_value(c->args, "--from"), NULL);
    return out->from <= out->to;
}

int
report_say(struct cli *c, const char *name)
{
    struct fault why = {0};
    struct reports *all = NULL;
    struct report_result *is = NULL;
    struct report_span span;
    uint32_t unit = UINT32_MAX;
    const char *said = args_value(c->args, "--unit");
    int status = 0;
    enum rc rc = reports_parse(embed_reports, ledger_types(c->node->ledger), &all, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    const struct report *r = report_by_name(all, name);
    if (r == NULL) {
        complain(c, WORD_REPORT_NONE, name, NULL);
        status = rc_exit(RC_NOTFOUND);
    } else if ((said != NULL && !unit_parse(said, &unit)) || !span_given(c, r, &span)) {
        status = rc_exit(RC_USAGE);
    } else {
        rc = report_run(c->node->ledger, r, &span, unit,
                        c->lang == LANG_ZH ? TEXT_ZH : TEXT_EN, &is);
        status = rc == RC_OK ? 0 : fail(c, rc, NULL);
    }
    if (is != NULL && c->json)
        out_json(c->out, report_json(c, r, is));
    else if (is != NULL)
        report_add(c, r, is);
    report_result_free(is);
    reports_free(all);
    return status;
}
