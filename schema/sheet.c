/* Spreadsheets: rows into records. */
#include "schema/sheet.h"

#include <string.h>

#include "schema/rows.h"
#include "schema/sheet_in.h"
#include "schema/type.h"

/* ---- what a spreadsheet would run */

/* Of CSV: a cell that begins like a formula gets an apostrophe in front; so does one that
 * begins with apostrophes and then like a formula, so that taking one away again is
 * always right, also where a person wrote it. */
bool
sheet_is_formula(struct slice s)
{
    static const char *const begins[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                         "\n", "＝", "＋", "－", "＠"};
    while (s.n > 0 && s.p[0] == '\'')
        s = slice_of(s.p + 1, s.n - 1);
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        struct slice b = slice_text(begins[i]);
        if (s.n >= b.n && memcmp(s.p, b.p, b.n) == 0)
            return true;
    }
    return false;
}

/* ---- in */

enum column_kind {
    COLUMN_OF_FIELD,
    COLUMN_OF_UNIT,
    COLUMN_PASSED_OVER, /* an export's own: number, state */
    COLUMN_NAMELESS     /* nothing may stand in it */
};
struct column {
    enum column_kind kind;
    const char *field; /* COLUMN_OF_FIELD */
    bool is_day;
};

struct reading {
    struct ledger *l;
    const struct type *type;
    struct rows *rows;
    struct column column[CSV_COLUMNS_MAX];
    size_t columns_n;
    struct buf heads; /* as they stand in the file, one NUL behind each */
    uint32_t unit;
    struct edit_bulk *bulk;
    sheet_refused refused;
    void *arg;
    struct sheet_report *report;
};

static bool
is_unit_name(const char *name)
{
    return strcmp(name, "unit") == 0 || strcmp(name, "单位") == 0 ||
           strcmp(name, "组号") == 0;
}

/* What an export writes besides the fields; the program gives them anew. */
static bool
is_given_anew(const char *name)
{
    static const char *const names[] = {"number", "state", "编号", "状态"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* A column by the field's name or either label. */
static const struct field *
field_of(const struct type *t, const char *name)
{
    const struct field *f = field_by_name(t, name);
    if (f != NULL && f->code < FIELD_FIRST_OWN)
        return NULL;
    for (size_t i = 0; f == NULL && i < t->fields_n; i++)
        if (strcmp(t->field[i].label.zh, name) == 0 ||
            strcmp(t->field[i].label.en, name) == 0)
            f = &t->field[i];
    return f;
}

static void
trim(struct slice *s)
{
    static const char wide[] = "\xe3\x80\x80"; /* U+3000 */
    for (;;) {
        if (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
            *s = slice_of(s->p + 1, s->n - 1);
        else if (s->n > 0 && (s->p[s->n - 1] == ' ' || s->p[s->n - 1] == '\t'))
            s->n--;
        else if (s->n >= 3 && memcmp(s->p, wide, 3) == 0)
            *s = slice_of(s->p + 3, s->n - 3);
        else if (s->n >= 3 && memcmp(s->p + s->n - 3, wide, 3) == 0)
            s->n -= 3;
        else
            return;
    }
}

/* False: the type has no such field, and it is none of an export's own. */
static bool
name_column(const struct type *t, const char *name, struct column *out)
{
    const struct field *f = field_of(t, name);
    if (f != NULL)
        *out = (struct column){COLUMN_OF_FIELD, f->name, f->kind == VALUE_DATE};
    else if (is_unit_name(name))
        *out = (struct column){.kind = COLUMN_OF_UNIT};
    else
        *out = (struct column){.kind = name[0] == '\0' ? COLUMN_NAMELESS
                                                       : COLUMN_PASSED_OVER};
    return f != NULL || out->kind == COLUMN_OF_UNIT || name[0] == '\0' ||
           is_given_anew(name);
}

static bool
is_twice(const struct reading *r, size_t i)
{
    const struct column *c = &r->column[i];
    if (c->kind == COLUMN_PASSED_OVER || c->kind == COLUMN_NAMELESS)
        return false;
    for (size_t k = 0; k < i; k++)
        if (r->column[k].kind == c->kind &&
            (c->field == NULL || strcmp(r->column[k].field, c->field) == 0))
            return true;
    return false;
}

static enum rc
read_names(struct reading *r, const struct cells *row, struct fault *why)
{
    struct buf name = BUF_NONE;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < row->n; i++) {
        struct slice cell = slice_text(row->cell[i]);
        trim(&cell);
        name.n = 0;
        buf_add_slice(&name, cell);
        buf_add(&r->heads, buf_text(&name), name.n + 1);
        if (!name_column(r->type, buf_text(&name), &r->column[i])) {
            rc = fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", buf_text(&name));
            fault_want(why, "%s", r->type->name);
        } else if (is_twice(r, i)) {
            rc = fault_set(why, RC_INVALID, FAULT_FIELD_TWICE, "%s", buf_text(&name));
        }
        if (rc != RC_OK)
            fault_at(why, row->line, (uint32_t)i + 1);
    }
    r->columns_n = row->n;
    buf_free(&name);
    return rc;
}

/* What the file calls that column, counted from 1; "" beside them. */
static const char *
head_of(struct reading *r, uint32_t column)
{
    const char *head = buf_text(&r->heads);
    if (column == 0 || column > r->columns_n)
        return "";
    while (--column > 0)
        head += strlen(head) + 1;
    return head;
}

static enum rc
read_head(struct reading *r, struct fault *why)
{
    struct cells row = {.line = 1};
    enum rc rc = rows_next(r->rows, &row, why);
    if (rc == RC_NO) { /* nothing is in it */
        rc = fault_set(why, RC_MALFORMED, FAULT_BAD_TEXT, "%s", rows_format(r->rows));
        fault_at(why, row.line, 0);
    }
    return rc == RC_OK ? read_names(r, &row, why) : rc;
}

static bool
read_unit(const char *text, uint32_t *unit)
{
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return false;
    *unit = 0;
    for (const char *p = text; *p != '\0'; p++)
        *unit = *unit * 10 + (uint32_t)(*p - '0');
    return true;
}

/* Which column a fault is about, by what it names. */
static uint32_t
column_of(const struct reading *r, const struct fault *why)
{
    for (size_t i = 0; i < r->columns_n; i++) {
        const struct column *c = &r->column[i];
        bool is_units = why->code == FAULT_NO_SCOPE || why->code == FAULT_NOT_READABLE ||
                        strcmp(why->what, r->type->name) == 0;
        if ((c->kind == COLUMN_OF_UNIT && is_units) ||
            (c->kind == COLUMN_OF_FIELD && strcmp(c->field, why->what) == 0))
            return (uint32_t)i + 1;
    }
    return 0;
}

/* Other programs write a day as a time of it, at midnight. */
static void
cut_midnight(char *cell)
{
    static const char midnight[] = " 00:00";
    size_t n = strlen(cell), m = sizeof(midnight) - 1;
    if (n > m && strcmp(cell + n - m, midnight) == 0)
        cell[n - m] = '\0';
}

static enum rc
take_cell(struct reading *r, size_t i, char *cell, uint32_t *unit, struct assign *assign,
          size_t *used, struct fault *why)
{
    enum column_kind kind = i < r->columns_n ? r->column[i].kind : COLUMN_NAMELESS;
    enum rc rc = RC_OK;
    switch (kind) {
    case COLUMN_OF_FIELD: {
        bool is_guarded = rows_is_guarded(r->rows) && cell[0] == '\'' &&
                          sheet_is_formula(slice_text(cell));
        if (r->column[i].is_day && !rows_is_guarded(r->rows))
            cut_midnight(cell);
        assign[(*used)++] = (struct assign){r->column[i].field, cell + is_guarded};
        break;
    }
    case COLUMN_OF_UNIT:
        if (!read_unit(cell, unit))
            rc = fault_set(why, RC_INVALID, FAULT_BAD_CODE, "unit");
        break;
    case COLUMN_PASSED_OVER:
        break;
    case COLUMN_NAMELESS:
        rc = fault_set(why, RC_MALFORMED, FAULT_FILE_SYNTAX, "%s", rows_format(r->rows));
        break;
    }
    if (rc != RC_OK)
        fault_at(why, 0, (uint32_t)i + 1);
    return rc;
}

static enum rc
take_row(struct reading *r, const struct cells *row, struct fault *why)
{
    struct assign assign[CSV_COLUMNS_MAX];
    uint32_t unit = r->unit;
    size_t used = 0;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < row->n; i++)
        if (row->cell[i][0] != '\0')
            rc = take_cell(r, i, row->cell[i], &unit, assign, &used, why);
    if (rc != RC_OK)
        return rc;
    rc = edit_bulk_add(r->bulk, unit, assign, used, why);
    if (rc != RC_OK && why->column == 0)
        fault_at(why, 0, column_of(r, why));
    return rc;
}

/* A row can be wrong; the world being wrong (disk, database, log) ends the import. */
static bool
is_rows_fault(const struct fault *f)
{
    return f->code != FAULT_NONE && f->code != FAULT_DATABASE &&
           f->code != FAULT_DISK_FULL && f->code != FAULT_NODE_IO &&
           f->code != FAULT_NO_LOG;
}

/* Nothing to read: rows of commas where a row was emptied, and a template's hints. */
static bool
is_passed_over(const struct cells *row)
{
    for (size_t i = 0; i < row->n; i++)
        if (row->cell[i][0] != '\0' &&
            strncmp(row->cell[i], SHEET_HINT, strlen(SHEET_HINT)) != 0)
            return false;
    return true;
}

static enum rc
read_rows(struct reading *r, struct fault *why)
{
    for (;;) {
        struct cells row = {.line = 0};
        struct fault about = {.rc = RC_OK};
        enum rc rc = rows_next(r->rows, &row, &about);
        if (rc == RC_NO)
            return RC_OK;
        if (rc == RC_OK && is_passed_over(&row))
            continue;
        bool is_read = rc == RC_OK || rc == RC_MALFORMED;
        if (rc == RC_OK)
            rc = take_row(r, &row, &about);
        if (rc == RC_OK) {
            r->report->rows++;
            r->report->taken++;
            continue;
        }
        if (!is_read || !is_rows_fault(&about)) {
            if (why != NULL)
                *why = about;
            return rc;
        }
        fault_at(&about, row.line, about.column);
        r->report->rows++;
        r->report->refused++;
        r->refused(r->arg, &about, head_of(r, about.column));
    }
}

enum rc
sheet_import(struct ledger *l, const struct author *a, const char *type, uint32_t unit,
             int fd, bool dry, sheet_refused refused, void *arg, struct sheet_report *out,
             struct fault *why)
{
    struct reading r = {
        .l = l, .unit = unit, .refused = refused, .arg = arg, .report = out};
    *out = (struct sheet_report){0};
    bytes_random(out->batch, sizeof(out->batch));
    enum rc rc = edit_bulk_begin(l, a, type, out->batch, &r.bulk, why);
    if (rc != RC_OK)
        return rc;
    if (dry)
        edit_bulk_try(r.bulk);
    r.type = type_by_name(ledger_types(l), type);
    rc = rows_open(fd, &r.rows, why);
    if (rc == RC_OK)
        rc = read_head(&r, why);
    if (rc == RC_OK)
        rc = read_rows(&r, why);
    out->is_gb18030 = r.rows != NULL && rows_is_gb18030(r.rows);
    rows_close(r.rows);
    buf_free(&r.heads);
    if (rc != RC_OK || dry) {
        edit_bulk_drop(&r.bulk);
        return rc;
    }
    rc = edit_bulk_end(&r.bulk);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}
