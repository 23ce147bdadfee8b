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

/* ---- in */

struct column {
    const char *field; /* NULL: see is_unit */
    bool is_unit; /* else the column is an export's own (number, state): passed over */
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
    for (size_t i = 0; f == NULL && i < t->fields_n; i++)
        if (strcmp(t->field[i].label.zh, name) == 0 ||
            strcmp(t->field[i].label.en, name) == 0)
            f = &t->field[i];
    return f;
}

static enum rc
read_head(struct reading *r, struct fault *why)
{
    char *const *cells = NULL;
    size_t n = 0;
    uint32_t line = 1, bad = 0;
    enum rc rc = csv_next(r->csv, &cells, &n, &line, &bad);
    if (rc != RC_OK) {
        fault_set(why, rc == RC_NO ? RC_MALFORMED : rc,
                  rc == RC_LIMIT ? FAULT_FILE_SIZE : FAULT_BAD_TEXT, "csv");
        fault_at(why, line, bad);
        return rc == RC_NO ? RC_MALFORMED : rc;
    }
    for (size_t i = 0; i < n; i++) {
        const struct field *f = field_of(r->type, cells[i]);
        char shown[FAULT_WHAT_BYTES];
        r->column[i] = (struct column){.is_unit = f == NULL && is_unit_name(cells[i])};
        if (f == NULL && !r->column[i].is_unit && !is_given_anew(cells[i])) {
            fault_escape(slice_text(cells[i]), shown, sizeof(shown));
            fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", shown);
            fault_want(why, "%s", r->type->name);
            fault_at(why, line, (uint32_t)i + 1);
            return RC_INVALID;
        }
        r->column[i].field = f != NULL ? f->name : NULL;
    }
    r->columns_n = n;
    return RC_OK;
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

/* Which column a fault is about, by the field it names. */
static uint32_t
column_of(const struct reading *r, const char *what)
{
    for (size_t i = 0; i < r->columns_n; i++)
        if (r->column[i].field != NULL && strcmp(r->column[i].field, what) == 0)
            return (uint32_t)i + 1;
    return 0;
}

static enum rc
take_row(struct reading *r, char *const *cells, size_t n, struct fault *why)
{
    struct assign assign[CSV_COLUMNS_MAX];
    uint32_t unit = r->unit;
    size_t used = 0;
    if (n > r->columns_n) {
        fault_set(why, RC_MALFORMED, FAULT_FILE_SYNTAX, "csv");
        fault_at(why, 0, (uint32_t)r->columns_n + 1);
        return RC_MALFORMED;
    }
    for (size_t i = 0; i < n; i++) {
        if (cells[i][0] == '\0')
            continue;
        if (r->column[i].field != NULL) {
            /* The apostrophe that an export put before what looked like a formula. */
            bool is_guarded =
                cells[i][0] == '\'' && memchr("=+-@", cells[i][1], 4) != NULL;
            assign[used++] = (struct assign){r->column[i].field, cells[i] + is_guarded};
        } else if (r->column[i].is_unit && !read_unit(cells[i], &unit)) {
            fault_set(why, RC_INVALID, FAULT_BAD_CODE, "unit");
            fault_at(why, 0, (uint32_t)i + 1);
            return RC_INVALID;
        }
    }
    enum rc rc = edit_bulk_add(r->bulk, unit, assign, used, why);
    if (rc != RC_OK && why->column == 0)
        fault_at(why, 0, column_of(r, why->what));
    return rc;
}

/* A row can be wrong; the world being wrong (disk, database, line limit) ends the import.
 */
static bool
is_rows_fault(enum rc rc)
{
    return rc == RC_INVALID || rc == RC_MALFORMED || rc == RC_DENIED ||
           rc == RC_NOTFOUND || rc == RC_AMBIGUOUS;
}

static enum rc
read_rows(struct reading *r, struct fault *why)
{
    for (;;) {
        char *const *cells = NULL;
        size_t n = 0;
        uint32_t line = 0, bad = 0;
        struct fault row = {0};
        enum rc rc = csv_next(r->csv, &cells, &n, &line, &bad);
        if (rc == RC_NO)
            return RC_OK;
        if (rc == RC_MALFORMED) {
            fault_set(&row, rc, FAULT_BAD_TEXT, "csv");
            fault_at(&row, line, bad);
        } else if (rc == RC_LIMIT) {
            fault_set(why, rc, FAULT_FILE_SIZE, "csv");
            fault_want(why, "%d", CSV_LINE_BYTES_MAX);
            fault_at(why, line, bad);
            return rc;
        } else if (rc != RC_OK) {
            return fault_set(why, rc, FAULT_NODE_IO, "csv");
        } else {
            rc = take_row(r, cells, n, &row);
        }
        r->report->rows++;
        if (rc == RC_OK) {
            r->report->taken++;
            continue;
        }
        if (!is_rows_fault(rc)) {
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
    r.type = type_by_name(ledger_types(l), type);
    rc = csv_open(fd, &r.csv);
    if (rc != RC_OK)
        fault_set(why, rc, FAULT_NODE_IO, "csv");
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
    bool is_formula = s.n > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL;
    bool quote = is_formula;
    for (size_t i = 0; i < s.n; i++)
        quote = quote || memchr(",\"\r\n", s.p[i], 4) != NULL;
    if (!quote) {
        add_text(w, s);
        return;
    }
    buf_add(&w->out, is_formula ? "\"'" : "\"", is_formula ? 2 : 1);
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
