/* The rows of a report: units, as the org_unit records say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/report_in.h"
#include "schema/type.h"

/* A unit as far as a report needs it. Fields by name: the type may not have them. */
struct unit {
    uint32_t code;
    char name[96];
    uint8_t id[RECORD_ID_BYTES];
    struct record_key above; /* its parent, else its compound */
    bool has_above;
    bool is_group;
};
struct units {
    const struct field *code, *name, *kind, *parent, *compound;
    struct unit *unit;
    size_t n, cap;
    const struct field *above_name; /* of the compound type */
};

static void
copy_text(char *to, size_t size, struct slice text)
{
    size_t n = text.n < size ? text.n : size - 1;
    while (n < text.n && n > 0 && (text.p[n] & 0xc0) == 0x80)
        n--; /* whole characters */
    if (n > 0)
        memcpy(to, text.p, n);
    to[n] = '\0';
}

static uint32_t
code_of(struct slice text)
{
    uint32_t unit = 0;
    for (size_t i = 0; i < text.n; i++)
        unit = unit * 10 + (uint32_t)(text.p[i] - '0');
    return unit;
}

static bool
read_ref(const struct asof_row *r, const struct field *f, struct record_key *out)
{
    struct cell cell = {0};
    struct value v;
    if (f == NULL)
        return false;
    asof_cell(r, f, &cell);
    if (!cell.is_set || !value_decode(VALUE_RECORD, cell.value, &v) || v.is_nil)
        return false;
    *out = v.as.record;
    return true;
}

static bool
take_unit(void *arg, const struct asof_row *r)
{
    struct units *us = arg;
    struct cell cell = {0};
    if (us->n == us->cap) {
        us->cap = us->cap * 2 + 128;
        us->unit = mem_grow(us->unit, us->cap * sizeof(*us->unit));
    }
    struct unit *u = &us->unit[us->n];
    *u = (struct unit){0};
    memcpy(u->id, r->key.id, sizeof(u->id));
    asof_cell(r, us->code, &cell);
    if (!cell.is_set)
        return true;
    u->code = code_of(cell.value);
    asof_cell(r, us->name, &cell);
    copy_text(u->name, sizeof(u->name), cell.value);
    asof_cell(r, us->kind, &cell);
    const struct choice *kind = choice_by_code(us->kind, (uint16_t)cell.num);
    u->is_group = kind != NULL && strcmp(kind->name, "group") == 0;
    u->has_above =
        read_ref(r, us->parent, &u->above) || read_ref(r, us->compound, &u->above);
    us->n++;
    return true;
}

static int
by_code(const void *a, const void *b)
{
    const struct unit *x = a;
    const struct unit *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return memcmp(x->id, y->id, sizeof(x->id)); /* two with one code: a case elsewhere */
}

struct above { /* compounds by their own records */
    struct report_work *w;
    struct units *us;
};

static bool
take_above(void *arg, const struct asof_row *r)
{
    struct above *a = arg;
    struct cell cell = {0};
    asof_cell(r, a->us->above_name, &cell);
    for (size_t i = 0; i < a->us->n; i++) {
        const struct unit *u = &a->us->unit[i];
        if (!u->has_above || memcmp(u->above.id, r->key.id, RECORD_ID_BYTES) != 0)
            continue;
        for (size_t k = 0; k < a->w->out->lines_n; k++)
            if (a->w->out->line[k].unit == u->code && !a->w->out->line[k].is_total)
                copy_text(a->w->out->line[k].compound,
                          sizeof(a->w->out->line[k].compound), cell.value);
    }
    return true;
}

static void
name_above(struct report_work *w, const struct units *us)
{
    for (size_t i = 0; i < us->n; i++)
        for (size_t k = 0; us->unit[i].has_above && k < us->n; k++) {
            if (memcmp(us->unit[i].above.id, us->unit[k].id, RECORD_ID_BYTES) != 0)
                continue;
            for (size_t n = 0; n < w->out->lines_n; n++)
                if (w->out->line[n].unit == us->unit[i].code && !w->out->line[n].is_total)
                    copy_text(w->out->line[n].compound, sizeof(w->out->line[n].compound),
                              slice_text(us->unit[k].name));
        }
}

/* What was received last of a unit's logs, as seals say. */
static void
last_of(const struct report_work *w, struct report_line *line)
{
    const struct replica *r = ledger_replica(w->l);
    line->last_day = INT64_MIN;
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *log = replica_log_at(r, i);
        const struct log_grant *g = log_grant_at(log, log->head_seq);
        if (g == NULL || log->is_assumed || log->seals_n == 0 ||
            (!line->is_total && g->unit != line->unit))
            continue;
        int64_t day = asof_day(log->seals[log->seals_n - 1].clock >> 16);
        line->last_day = day > line->last_day ? day : line->last_day;
    }
    line->is_silent = w->span.has && line->last_day < w->span.from;
}

static void
line_init(const struct report_work *w, struct report_line *line)
{
    size_t n = (w->report->figures_n + 1) * sizeof(struct report_cell);
    line->sealed = mem_new(n);
    line->now = mem_new(n);
    last_of(w, line);
}

static void
make_lines(struct report_work *w, struct units *us)
{
    struct report_result *out = w->out;
    if (us->n > 1)
        qsort(us->unit, us->n, sizeof(*us->unit), by_code);
    out->line = mem_new((us->n + 1) * sizeof(*out->line));
    for (size_t i = 0; i < us->n && w->report->by == BY_UNIT; i++) {
        const struct unit *u = &us->unit[i];
        if (!u->is_group || (i > 0 && us->unit[i - 1].code == u->code) ||
            (w->unit != UINT32_MAX && u->code != w->unit))
            continue;
        struct report_line *line = &out->line[out->lines_n++];
        line->unit = u->code;
        copy_text(line->name, sizeof(line->name), slice_text(u->name));
        line_init(w, line);
    }
    struct report_line *total = &out->line[out->lines_n++];
    total->is_total = true;
    line_init(w, total);
}

enum rc
report_lines(struct report_work *w)
{
    const struct types *types = ledger_types(w->l);
    const struct type *t = type_by_name(types, "org_unit");
    const struct type *compound = type_by_name(types, "compound");
    struct units us = {0};
    enum rc rc = RC_OK;
    if (t != NULL) {
        us.code = field_by_name(t, "code");
        us.name = field_by_name(t, "name");
        us.kind = field_by_name(t, "kind");
        us.parent = field_by_name(t, "parent");
        us.compound = field_by_name(t, "compound");
    }
    if (us.code != NULL && us.name != NULL && us.kind != NULL)
        rc = asof_each(w->asof, t, false, take_unit, &us);
    make_lines(w, &us);
    name_above(w, &us);
    if (rc == RC_OK && compound != NULL) {
        struct above a = {w, &us};
        us.above_name = field_by_name(compound, "name");
        if (us.above_name != NULL)
            rc = asof_each(w->asof, compound, false, take_above, &a);
    }
    mem_free(us.unit);
    return rc;
}
