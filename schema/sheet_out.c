/* Spreadsheets: records into rows, and templates. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "schema/sheet.h"
#include "schema/sheet_in.h"
#include "schema/type.h"

#define WIDTH_MIN 8u
#define WIDTH_MAX 40u

struct writing {
    const struct type *type;
    const struct sheet_form *form;
    struct sheet_csv *csv; /* one of the two */
    struct sheet_xlsx *xlsx;
    struct buf cell;
    uint64_t rows;
    enum rc rc;
};

enum rc
sheet_write(int fd, struct slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC ? RC_FULL : RC_IO;
        bytes = slice_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return RC_OK;
}

/* ---- the head */

/* Columns of a screen: characters that are not ASCII take two. */
static unsigned
width_of(const char *text)
{
    unsigned n = 0;
    for (; *text != '\0'; text++)
        n += (unsigned char)*text < 0x80 ? 1u : (unsigned char)*text >= 0xc0 ? 2u : 0u;
    return n;
}

static unsigned
width_between(unsigned n)
{
    return n < WIDTH_MIN ? WIDTH_MIN : n > WIDTH_MAX ? WIDTH_MAX : n;
}

static enum sheet_kind
kind_of(const struct field *f)
{
    switch (f->kind) {
    case VALUE_INT:
        return SHEET_IS_INT;
    case VALUE_MONEY:
        return SHEET_IS_MONEY;
    case VALUE_DATE:
        return SHEET_IS_DATE;
    case VALUE_TIME:
        return SHEET_IS_TIME;
    case VALUE_TEXT:
    case VALUE_PHONE:
    case VALUE_CODE:
    case VALUE_BOOL:
    case VALUE_CHOICE:
    case VALUE_CHOICES:
    case VALUE_RECORD:
    case VALUE_GONE:
    case VALUE_NUMBER:
    case VALUE_STATE:
    case VALUE_LINK:
    case VALUE_ENTRY:
        break;
    }
    return SHEET_IS_TEXT;
}

static const char *
choice_text(const struct writing *w, const struct choice *c)
{
    return label_text(&c->label, c->name, w->form->labels ? TEXT_ZH : TEXT_NAME);
}

static unsigned
field_width(const struct writing *w, const struct field *f, const char *name)
{
    unsigned most = width_of(name) + 2;
    for (size_t i = 0; f->kind == VALUE_CHOICE && i < f->choices_n; i++)
        if (width_of(choice_text(w, &f->choice[i])) > most)
            most = width_of(choice_text(w, &f->choice[i]));
    unsigned own = f->kind == VALUE_TEXT     ? (unsigned)(f->max < 20 ? f->max : 20) * 2
                   : f->kind == VALUE_PHONE  ? 16
                   : f->kind == VALUE_DATE   ? 12
                   : f->kind == VALUE_TIME   ? 18
                   : f->kind == VALUE_RECORD ? 34
                                             : 0;
    return width_between(own > most ? own : most);
}

static void
add_choices(struct writing *w, const struct field *f)
{
    static const struct label yes_no[2] = {{"是", "yes"}, {"否", "no"}};
    for (size_t i = 0; f->kind == VALUE_CHOICE && i < f->choices_n; i++)
        sheet_xlsx_choice(w->xlsx, choice_text(w, &f->choice[i]));
    for (size_t i = 0; f->kind == VALUE_BOOL && i < 2; i++)
        sheet_xlsx_choice(w->xlsx, w->form->labels ? yes_no[i].zh : yes_no[i].en);
}

static void
add_head_cell(struct writing *w, const char *name, unsigned width, enum sheet_kind kind)
{
    if (w->xlsx != NULL)
        sheet_xlsx_column(w->xlsx, name, width, kind);
    else
        sheet_csv_cell(w->csv, slice_text(name));
}

/* What the program gives is in no template, except the unit: that may be another's. */
static void
add_head(struct writing *w)
{
    static const char *const common[3][2] = {
        {"number", "编号"}, {"unit", "单位"}, {"state", "状态"}};
    static const unsigned width[3] = {20, 8, 10};
    bool is_template = w->form->hint != NULL;
    for (size_t i = 0; i < 3; i++)
        if (!is_template || i == 1)
            add_head_cell(w, common[i][w->form->labels], width[i], SHEET_IS_TEXT);
    for (size_t i = 0; i < w->type->fields_n; i++) {
        const struct field *f = &w->type->field[i];
        const char *name = w->form->labels ? f->label.zh : f->name;
        add_head_cell(w, name, field_width(w, f, name), kind_of(f));
        if (is_template && w->xlsx != NULL)
            add_choices(w, f);
    }
}

/* ---- the rows */

static void
add_text(struct writing *w, struct slice text)
{
    if (w->csv != NULL)
        sheet_csv_cell(w->csv, text);
    else if (text.n > 0)
        sheet_xlsx_text(w->xlsx, text);
    else
        sheet_xlsx_skip(w->xlsx);
}

static void
show_ref(void *arg, const struct record_key *key, struct buf *out)
{
    char hex[2 * RECORD_ID_BYTES + 1];
    (void)arg;
    hex_print(key->id, RECORD_ID_BYTES, hex);
    buf_add(out, hex, 2 * RECORD_ID_BYTES);
}

static void
add_value(struct writing *w, const struct value_row *r)
{
    struct text_refs refs = {.show = show_ref};
    struct value v;
    if (w->xlsx != NULL && kind_of(r->field) != SHEET_IS_TEXT && r->value.n > 0 &&
        value_decode(r->field->kind, r->value, &v) && !v.is_nil) {
        sheet_xlsx_number(w->xlsx, v.as.num);
        return;
    }
    w->cell.n = 0;
    text_print(w->type, r->field, r->value, w->form->labels ? TEXT_ZH : TEXT_NAME, &refs,
               &w->cell);
    add_text(w, buf_slice(&w->cell));
}

static void
end_row(struct writing *w)
{
    if (w->rc == RC_OK)
        w->rc = w->csv != NULL ? sheet_csv_row(w->csv, false) : sheet_xlsx_row(w->xlsx);
}

static bool
add_row(void *arg, const struct record_row *r)
{
    struct writing *w = arg;
    enum text_lang lang = w->form->labels ? TEXT_ZH : TEXT_NAME;
    add_text(w, slice_text(r->number));
    w->cell.n = 0;
    buf_addf(&w->cell, "%04u", r->key.unit);
    add_text(w, buf_slice(&w->cell));
    add_text(w, slice_text(r->state == NULL
                               ? ""
                               : label_text(&r->state->label, r->state->name, lang)));
    for (size_t i = 0; i < r->values_n; i++)
        add_value(w, &r->value[i]);
    end_row(w);
    w->rows++;
    return w->rc == RC_OK;
}

static void
add_hints(struct writing *w)
{
    for (size_t i = 0; i <= w->type->fields_n; i++) {
        w->cell.n = 0;
        buf_addf(&w->cell, SHEET_HINT " ");
        w->form->hint(w->form->arg, w->type, i == 0 ? NULL : &w->type->field[i - 1],
                      &w->cell);
        add_text(w, buf_slice(&w->cell));
    }
    end_row(w);
}

/* ---- the whole */

static enum rc
begin(struct writing *w, int fd)
{
    const struct sheet_form *form = w->form;
    return form->format == SHEET_XLSX
               ? sheet_xlsx_new(form->labels ? w->type->label.zh : w->type->name,
                                &w->xlsx)
               : sheet_csv_new(fd, form->format == SHEET_GB18030, &w->csv);
}

enum rc
sheet_export(struct ledger *l, const char *type, int fd, const struct sheet_form *form,
             uint64_t *rows, struct fault *why)
{
    struct writing w = {.type = type_by_name(ledger_types(l), type), .form = form};
    const char *format = form->format == SHEET_XLSX ? "xlsx" : "csv";
    if (w.type == NULL || w.type->private_of != 0)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", type);
    enum rc rc = begin(&w, fd);
    if (rc == RC_OK) {
        add_head(&w);
        end_row(&w);
        if (form->hint != NULL)
            add_hints(&w);
        else
            rc = query_list(l, type, NULL, 0, 0, add_row, &w, why);
    }
    if (rc == RC_OK)
        rc = w.rc;
    if (rc == RC_OK)
        rc = w.csv != NULL ? sheet_csv_row(w.csv, true) : sheet_xlsx_end(w.xlsx, fd);
    if (rc != RC_OK && why != NULL && why->rc == RC_OK)
        fault_set(why, rc, FAULT_NODE_IO, "%s", format);
    sheet_csv_free(w.csv);
    sheet_xlsx_free(w.xlsx);
    buf_free(&w.cell);
    *rows = w.rows;
    return rc;
}
