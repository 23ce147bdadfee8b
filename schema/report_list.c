/* The lists of a report: one line a record, by unit and number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/date.h"
#include "schema/query_in.h"
#include "schema/report_in.h"

struct fill {
    struct report_work *w;
    const struct list *list;
    struct report_table *table;
    enum rc rc;
};

static void
show_ref(void *arg, const struct record_key *key, struct buf *out)
{
    struct ledger *l = arg;
    struct image im = {0};
    int64_t no = 0;
    int64_t packed = -1;
    struct number n;
    char text[NUMBER_TEXT_BYTES];
    if (query_no_of(l, key, 0, &no) == RC_OK &&
        fold_read_record(l, no, &im, &packed) == RC_OK && packed >= 0) {
        number_unpack(packed, &n);
        number_print(&n, text);
        buf_addf(out, "%s", text);
    } else {
        char hex[2 * RECORD_ID_BYTES + 1];
        hex_print(key->id, RECORD_ID_BYTES, hex);
        buf_addf(out, "%s", hex);
    }
    image_fini(&im);
}

/* The cell as canonical bytes, whichever way the row has it. */
static void
field_text(struct fill *f, const struct asof_row *r, const struct field *field,
           struct buf *out)
{
    struct text_refs refs = {.arg = f->w->l, .show = show_ref};
    struct buf bytes = BUF_NONE;
    struct cell cell = {0};
    asof_cell(r, field, &cell);
    if (!cell.is_set)
        return;
    if (table_is_integer(field->kind) || table_is_text(field->kind)) {
        struct value v = {.kind = field->kind};
        if (field->kind == VALUE_BOOL)
            v.as.yes = cell.num != 0;
        else if (table_is_integer(field->kind))
            v.as.num = cell.num;
        else
            v.as.text = cell.value;
        value_encode(&v, &bytes);
    } else {
        buf_add_slice(&bytes, cell.value);
    }
    text_print(f->list->type, field, buf_slice(&bytes), f->w->lang, &refs, out);
    buf_free(&bytes);
}

static void
day_text(int64_t day, struct buf *out)
{
    struct date d = date_of(day);
    buf_addf(out, "%04d-%02u-%02u", (int)d.year, (unsigned)d.month, (unsigned)d.day);
}

static enum rc
cell_text(struct fill *f, const struct asof_row *r, size_t column, struct buf *out)
{
    const struct list *l = f->list;
    uint64_t ms = 0;
    enum rc rc = RC_OK;
    if (l->field[column] != NULL) {
        field_text(f, r, l->field[column], out);
        return RC_OK;
    }
    const struct state *s = state_by_code(l->type, r->state);
    struct number n;
    char text[NUMBER_TEXT_BYTES];
    switch (l->common[column]) {
    case LIST_FIELD:
        break;
    case LIST_NUMBER:
        if (r->number >= 0) {
            number_unpack(r->number, &n);
            number_print(&n, text);
            buf_addf(out, "%s", text);
        }
        break;
    case LIST_STATE:
        if (s != NULL)
            buf_addf(out, "%s", label_text(&s->label, s->name, f->w->lang));
        break;
    case LIST_UNIT:
        buf_addf(out, "%04u", r->key.unit);
        break;
    case LIST_COMPOUND:
        for (size_t i = 0; i < f->w->out->lines_n; i++)
            if (f->w->out->line[i].unit == r->key.unit && !f->w->out->line[i].is_total)
                buf_addf(out, "%s", f->w->out->line[i].compound);
        break;
    case LIST_MADE:
        rc = asof_made_ms(f->w->asof, r, &ms);
        if (rc == RC_OK && ms != UINT64_MAX)
            day_text(asof_day(ms), out);
        break;
    case LIST_TENTATIVE:
        buf_addf(out, "%s", r->is_loose ? "?" : "");
        break;
    }
    return rc;
}

static bool
take(void *arg, const struct asof_row *r)
{
    struct fill *f = arg;
    struct report_table *t = f->table;
    bool in = false;
    if ((f->w->unit != UINT32_MAX && r->key.unit != f->w->unit) ||
        !conditions_hold(&f->list->where, r))
        return true;
    f->rc = report_is_in(f->w, r, f->list->when, f->list->when_field, &in);
    if (f->rc != RC_OK || !in)
        return f->rc == RC_OK;
    if (t->n == t->cap) {
        t->cap = t->cap * 2 + 64;
        t->entry = mem_grow(t->entry, t->cap * sizeof(*t->entry));
    }
    struct report_entry *e = &t->entry[t->n++];
    *e = (struct report_entry){.unit = r->key.unit, .number = r->number};
    memcpy(e->id, r->key.id, sizeof(e->id));
    e->cell = mem_new((t->columns_n + 1) * sizeof(*e->cell));
    for (size_t i = 0; i < t->columns_n && f->rc == RC_OK; i++)
        f->rc = cell_text(f, r, i, &e->cell[i]);
    return f->rc == RC_OK;
}

static int
by_number(const void *a, const void *b)
{
    const struct report_entry *x = a;
    const struct report_entry *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return memcmp(x->id, y->id, sizeof(x->id));
}

enum rc
report_lists(struct report_work *w)
{
    const struct report *r = w->report;
    enum rc rc = RC_OK;
    w->out->table = mem_new((r->lists_n + 1) * sizeof(*w->out->table));
    for (size_t i = 0; i < r->lists_n && rc == RC_OK; i++) {
        struct report_table *t = &w->out->table[i];
        struct fill f = {.w = w, .list = &r->list[i], .table = t};
        t->columns_n = r->list[i].columns_n;
        rc = asof_each(w->asof, r->list[i].type, false, take, &f);
        rc = f.rc != RC_OK ? f.rc : rc;
        if (t->n > 1)
            qsort(t->entry, t->n, sizeof(*t->entry), by_number);
    }
    return rc;
}
