/* Spreadsheets: CSV rows into records and back. */
#include "schema/sheet.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <unistd.h>

#include "schema/csv.h"
#include "schema/query.h"
#include "schema/text.h"
#include "schema/type.h"

/* ---- what a spreadsheet would run */

/* A cell that begins like a formula gets an apostrophe in front; so does one that begins
 * with apostrophes and then like a formula, so that taking one away again is always
 * right, also where a person wrote it. */
static bool
is_formula(struct slice s)
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
};

struct reading {
    struct ledger *l;
    const struct type *type;
    struct csv *csv;
    struct column column[CSV_COLUMNS_MAX];
    size_t columns_n;
    uint32_t unit;
    struct edit_bulk *bulk;
    void (*refused)(void *arg, const struct fault *why);
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
        *out = (struct column){COLUMN_OF_FIELD, f->name};
    else if (is_unit_name(name))
        *out = (struct column){COLUMN_OF_UNIT, NULL};
    else
        *out =
            (struct column){name[0] == '\0' ? COLUMN_NAMELESS : COLUMN_PASSED_OVER, NULL};
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
read_names(struct reading *r, char *const *cells, size_t n, uint32_t line,
           struct fault *why)
{
    struct buf name = BUF_NONE;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct slice cell = slice_text(cells[i]);
        trim(&cell);
        name.n = 0;
        buf_add_slice(&name, cell);
        if (!name_column(r->type, buf_text(&name), &r->column[i])) {
            rc = fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", buf_text(&name));
            fault_want(why, "%s", r->type->name);
        } else if (is_twice(r, i)) {
            rc = fault_set(why, RC_INVALID, FAULT_FIELD_TWICE, "%s", buf_text(&name));
        }
        if (rc != RC_OK)
            fault_at(why, line, (uint32_t)i + 1);
    }
    r->columns_n = n;
    buf_free(&name);
    return rc;
}

/* What ends an import: not what one row says. */
static enum rc
say_unread(enum rc rc, uint32_t line, uint32_t bad, struct fault *why)
{
    if (rc == RC_AMBIGUOUS) { /* UTF-8 or GB18030: the file does not tell */
        fault_set(why, rc, FAULT_BAD_TEXT, "csv");
        fault_want(why, "UTF-8, BOM");
    } else if (rc == RC_LIMIT) {
        fault_set(why, rc, FAULT_FILE_SIZE, "csv");
        fault_want(why, "%d",
                   bad > CSV_COLUMNS_MAX ? CSV_COLUMNS_MAX : CSV_LINE_BYTES_MAX);
        fault_at(why, line, bad);
    } else {
        fault_set(why, rc, FAULT_NODE_IO, "csv");
    }
    return rc;
}

static enum rc
read_head(struct reading *r, struct fault *why)
{
    char *const *cells = NULL;
    size_t n = 0;
    uint32_t line = 1, bad = 0;
    enum rc rc = csv_next(r->csv, &cells, &n, &line, &bad);
    if (rc == RC_NO || rc == RC_MALFORMED) {
        fault_set(why, RC_MALFORMED, FAULT_BAD_TEXT, "csv");
        fault_at(why, line, bad);
        return RC_MALFORMED;
    }
    return rc == RC_OK ? read_names(r, cells, n, line, why)
                       : say_unread(rc, line, bad, why);
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

static enum rc
take_cell(struct reading *r, size_t i, const char *cell, uint32_t *unit,
          struct assign *assign, size_t *used, struct fault *why)
{
    enum column_kind kind = i < r->columns_n ? r->column[i].kind : COLUMN_NAMELESS;
    enum rc rc = RC_OK;
    switch (kind) {
    case COLUMN_OF_FIELD: {
        bool is_guarded = cell[0] == '\'' && is_formula(slice_text(cell));
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
        rc = fault_set(why, RC_MALFORMED, FAULT_FILE_SYNTAX, "csv");
        break;
    }
    if (rc != RC_OK)
        fault_at(why, 0, (uint32_t)i + 1);
    return rc;
}

static enum rc
take_row(struct reading *r, char *const *cells, size_t n, struct fault *why)
{
    struct assign assign[CSV_COLUMNS_MAX];
    uint32_t unit = r->unit;
    size_t used = 0;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (cells[i][0] != '\0')
            rc = take_cell(r, i, cells[i], &unit, assign, &used, why);
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

/* Spreadsheets write rows of commas where a row was emptied. */
static bool
is_blank(char *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i][0] != '\0')
            return false;
    return true;
}

static enum rc
read_rows(struct reading *r, struct fault *why)
{
    for (;;) {
        char *const *cells = NULL;
        size_t n = 0;
        uint32_t line = 0, bad = 0;
        struct fault row = {.rc = RC_OK};
        enum rc rc = csv_next(r->csv, &cells, &n, &line, &bad);
        if (rc == RC_NO)
            return RC_OK;
        if (rc == RC_MALFORMED) {
            fault_set(&row, rc, FAULT_BAD_TEXT, "csv");
            fault_at(&row, line, bad);
        } else if (rc != RC_OK) {
            return say_unread(rc, line, bad, why);
        } else if (is_blank(cells, n)) {
            continue;
        } else {
            rc = take_row(r, cells, n, &row);
        }
        r->report->rows++;
        if (rc == RC_OK) {
            r->report->taken++;
            continue;
        }
        if (!is_rows_fault(&row)) {
            if (why != NULL)
                *why = row;
            return rc;
        }
        fault_at(&row, line, row.column);
        r->report->refused++;
        r->refused(r->arg, &row);
    }
}

enum rc
sheet_import(struct ledger *l, const struct author *a, const char *type, uint32_t unit,
             int fd, bool dry, void (*refused)(void *arg, const struct fault *why),
             void *arg, struct sheet_report *out, struct fault *why)
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
    rc = csv_open(fd, &r.csv);
    if (rc != RC_OK)
        say_unread(rc, 1, 0, why);
    else
        rc = read_head(&r, why);
    if (rc == RC_OK)
        rc = read_rows(&r, why);
    out->is_gb18030 = r.csv != NULL && csv_is_gb18030(r.csv);
    csv_close(r.csv);
    if (rc != RC_OK || dry) {
        edit_bulk_drop(&r.bulk);
        return rc;
    }
    rc = edit_bulk_end(&r.bulk);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* ---- out */

struct writing {
    struct ledger *l;
    const struct type *type;
    int fd;
    bool labels, gb18030;
    iconv_t gb;
    struct buf out, cell;
    uint64_t rows;
    enum rc rc;
};

static enum rc
flush(struct writing *w)
{
    size_t at = 0;
    while (at < w->out.n) {
        ssize_t n = write(w->fd, w->out.p + at, w->out.n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC ? RC_FULL : RC_IO;
        at += (size_t)n;
    }
    w->out.n = 0;
    return RC_OK;
}

/* UTF-8 into what the sheet is written in; GB18030 has every character of Unicode. */
static void
add_text(struct writing *w, struct slice s)
{
    if (!w->gb18030 || s.n == 0) {
        buf_add_slice(&w->out, s);
        return;
    }
    struct buf copy = BUF_NONE;
    buf_add_slice(&copy, s);
    char *in = (char *)copy.p;
    size_t left = copy.n, room = 2 * s.n + 8, had = room;
    buf_reserve(&w->out, room);
    char *out = (char *)w->out.p + w->out.n;
    iconv(w->gb, NULL, NULL, NULL, NULL);
    if (iconv(w->gb, &in, &left, &out, &room) == (size_t)-1)
        w->rc = RC_MALFORMED;
    w->out.n += had - room;
    buf_free(&copy);
}

/* Quoted where it must be; what a spreadsheet would run as a formula gets an apostrophe.
 */
static void
add_cell(struct writing *w, struct slice s, bool is_first)
{
    if (!is_first)
        buf_add_u8(&w->out, ',');
    bool is_guarded = is_formula(s);
    bool quote = is_guarded;
    for (size_t i = 0; i < s.n; i++)
        quote = quote || memchr(",\"\r\n", s.p[i], 4) != NULL;
    if (!quote) {
        add_text(w, s);
        return;
    }
    buf_add(&w->out, is_guarded ? "\"'" : "\"", is_guarded ? 2 : 1);
    for (size_t i = 0, from = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '"')
            continue;
        add_text(w, slice_of(s.p + from, i - from));
        if (i < s.n)
            buf_add(&w->out, "\"\"", 2);
        from = i + 1;
    }
    buf_add_u8(&w->out, '"');
}

static void
add_head(struct writing *w)
{
    static const char *const common[2][3] = {{"number", "unit", "state"},
                                             {"编号", "单位", "状态"}};
    if (!w->gb18030)
        buf_add(&w->out, "\xef\xbb\xbf", 3);
    for (size_t i = 0; i < 3; i++)
        add_cell(w, slice_text(common[w->labels][i]), i == 0);
    for (size_t i = 0; i < w->type->fields_n; i++) {
        const struct field *f = &w->type->field[i];
        add_cell(w, slice_text(w->labels ? f->label.zh : f->name), false);
    }
    buf_add(&w->out, "\r\n", 2);
}

static void
show_ref(void *arg, const struct record_key *key, struct buf *out)
{
    char hex[2 * RECORD_ID_BYTES + 1];
    (void)arg;
    hex_print(key->id, RECORD_ID_BYTES, hex);
    buf_add(out, hex, 2 * RECORD_ID_BYTES);
}

static bool
add_row(void *arg, const struct record_row *r)
{
    struct writing *w = arg;
    struct text_refs refs = {.show = show_ref};
    enum text_lang lang = w->labels ? TEXT_ZH : TEXT_NAME;
    add_cell(w, slice_text(r->number), true);
    w->cell.n = 0;
    buf_addf(&w->cell, "%04u", r->key.unit);
    add_cell(w, buf_slice(&w->cell), false);
    add_cell(w,
             slice_text(r->state == NULL
                            ? ""
                            : label_text(&r->state->label, r->state->name, lang)),
             false);
    for (size_t i = 0; i < r->values_n; i++) {
        w->cell.n = 0;
        text_print(r->type, r->value[i].field, r->value[i].value, lang, &refs, &w->cell);
        add_cell(w, buf_slice(&w->cell), false);
    }
    buf_add(&w->out, "\r\n", 2);
    w->rows++;
    if (w->rc == RC_OK && w->out.n > 65536)
        w->rc = flush(w);
    return w->rc == RC_OK;
}

enum rc
sheet_export(struct ledger *l, const char *type, int fd, bool gb18030, bool labels,
             uint64_t *rows, struct fault *why)
{
    struct writing w = {.l = l,
                        .type = type_by_name(ledger_types(l), type),
                        .fd = fd,
                        .labels = labels,
                        .gb18030 = gb18030};
    if (w.type == NULL || w.type->private_of != 0)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", type);
    w.gb = iconv_open("GB18030", "UTF-8");
    if (w.gb == (iconv_t)-1)
        return fault_set(why, RC_IO, FAULT_NODE_IO, "GB18030");
    add_head(&w);
    enum rc rc = query_list(l, type, NULL, 0, 0, add_row, &w, why);
    if (rc == RC_OK)
        rc = w.rc;
    if (rc == RC_OK)
        rc = flush(&w);
    if (rc != RC_OK && why != NULL && why->rc == RC_OK)
        fault_set(why, rc, FAULT_NODE_IO, "csv");
    iconv_close(w.gb);
    buf_free(&w.out);
    buf_free(&w.cell);
    *rows = w.rows;
    return rc;
}
