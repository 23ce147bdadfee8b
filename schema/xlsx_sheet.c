/* A workbook's strings, and the rows of one sheet. */
#include <string.h>

#include "schema/xlsx_in.h"

/* ---- text, where it is asked for */

static void
stop_here(struct xlsx *x, enum row_stop stop)
{
    x->stop_line = x->line;
    xml_stop(&x->xml, stop);
}

static void
take_text(void *self, const char *text, size_t n)
{
    struct xlsx *x = self;
    if (!x->in_text)
        return;
    if (x->text.n + n > CSV_LINE_BYTES_MAX)
        stop_here(x, ROWS_LARGE);
    else
        buf_add(&x->text, text, n);
}

/* ---- shared strings */

static void
strings_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    (void)atts;
    if (strcmp(name, "si") == 0) {
        x->in_string = true;
        x->phonetic = 0;
        x->text.n = 0;
    } else if (strcmp(name, "rPh") == 0) {
        x->phonetic++;
    } else if (strcmp(name, "t") == 0) {
        x->in_text = x->in_string && x->phonetic == 0;
    }
}

static void
strings_end(void *self, const char *name)
{
    struct xlsx *x = self;
    if (strcmp(name, "t") == 0)
        x->in_text = false;
    if (strcmp(name, "rPh") == 0 && x->phonetic > 0)
        x->phonetic--;
    if (strcmp(name, "si") != 0 || !x->in_string)
        return;
    x->in_string = false;
    if (x->strings_n == XLSX_STRINGS_MAX ||
        x->strings.n + x->text.n > XLSX_STRINGS_BYTES_MAX) {
        xml_stop(&x->xml, ROWS_LARGE);
        return;
    }
    if (x->strings_n == x->strings_cap) {
        x->strings_cap = 2 * x->strings_cap + 256;
        x->string_end = mem_grow(x->string_end, x->strings_cap * sizeof(uint32_t));
    }
    buf_add_slice(&x->strings, buf_slice(&x->text));
    x->string_end[x->strings_n++] = (uint32_t)x->strings.n;
}

void
xlsx_strings(struct xlsx *x)
{
    x->xml.start = strings_start;
    x->xml.end = strings_end;
    x->xml.text = take_text;
    (void)xlsx_part(x, x->strings_path, XLSX_LARGE_BYTES_MAX);
    x->in_string = x->in_text = false;
    x->phonetic = 0;
}

static bool
string_at(const struct xlsx *x, struct slice index, struct slice *out)
{
    char text[16];
    uint32_t i = 0;
    if (index.n == 0 || index.n >= sizeof(text))
        return false;
    memcpy(text, index.p, index.n);
    text[index.n] = '\0';
    if (!xlsx_digits(text, XLSX_STRINGS_MAX, &i) || i >= x->strings_n)
        return false;
    uint32_t from = i > 0 ? x->string_end[i - 1] : 0;
    *out = slice_of(x->strings.p + from, x->string_end[i] - from);
    return true;
}

/* ---- rows */

static void
begin_row(struct xlsx *x, const char **atts)
{
    uint32_t line = x->line + 1;
    const char *r = xml_att(atts, "r");
    if (x->in_row || x->line == XLSX_ROWS_MAX ||
        (r != NULL && !xlsx_digits(r, XLSX_ROWS_MAX, &line)) || line <= x->line) {
        stop_here(x, ROWS_BROKEN);
        return;
    }
    x->line = line;
    x->in_row = true;
    x->row.n = 0;
    x->cells_n = 0;
    x->last_column = 0;
    x->bad = ROW_FINE;
}

static void
end_row(struct xlsx *x)
{
    struct slice cell[CSV_COLUMNS_MAX];
    x->in_row = false;
    if (x->bad != ROW_FINE) {
        x->rc = rows_put_bad(x->out, x->line, x->bad_column, x->bad);
    } else if (x->cells_n > 0) {
        for (size_t i = 0; i < x->cells_n; i++)
            cell[i] = slice_of(x->row.p + x->cell[i].at, x->cell[i].n);
        x->rc = rows_put(x->out, x->line, cell, x->cells_n);
    }
    if (x->rc != RC_OK) /* nobody reads on */
        xml_stop(&x->xml, ROWS_BROKEN);
}

/* "AB12": the column, from 1; 0: not a cell of this row. */
static uint32_t
column_of(const struct xlsx *x, const char *r)
{
    uint32_t column = 0, line = 0;
    for (; *r >= 'A' && *r <= 'Z' && column <= ROWS_COLUMN_MAX; r++)
        column = column * 26 + (uint32_t)(*r - 'A') + 1;
    return xlsx_digits(r, XLSX_ROWS_MAX, &line) && line == x->line &&
                   column <= ROWS_COLUMN_MAX
               ? column
               : 0;
}

static void
begin_cell(struct xlsx *x, const char **atts)
{
    const char *r = xml_att(atts, "r"), *kind = xml_att(atts, "t");
    x->column = r != NULL ? column_of(x, r) : x->last_column + 1;
    x->style_at = 0;
    if (!x->in_row || x->in_cell || x->column <= x->last_column ||
        x->column > ROWS_COLUMN_MAX ||
        (kind != NULL && strlen(kind) >= sizeof(x->kind))) {
        stop_here(x, ROWS_BROKEN);
        return;
    }
    memcpy(x->kind, kind != NULL ? kind : "n", strlen(kind != NULL ? kind : "n") + 1);
    (void)xlsx_digits(xml_att(atts, "s"), XLSX_STYLES_MAX, &x->style_at);
    x->last_column = x->column;
    x->in_cell = true;
    x->has_formula = x->has_value = false;
    x->text.n = 0;
}

static enum row_reason
add_bool(struct slice v, struct buf *out)
{
    if (v.n != 1 || (v.p[0] != '0' && v.p[0] != '1'))
        return ROW_ERROR;
    buf_addf(out, v.p[0] == '1' ? "TRUE" : "FALSE");
    return ROW_FINE;
}

/* What the cell says, appended to the row. */
static enum row_reason
add_value(struct xlsx *x)
{
    struct slice v = buf_slice(&x->text);
    struct xlsx_format format = {LOOK_PLAIN, 0};
    if (x->style_at < x->styles_n)
        format = x->style[x->style_at];
    if (strcmp(x->kind, "inlineStr") == 0 || strcmp(x->kind, "str") == 0)
        return xlsx_text(v, &x->row);
    if (v.n == 0)
        return x->has_formula ? ROW_FORMULA : ROW_FINE;
    if (strcmp(x->kind, "s") == 0)
        return string_at(x, v, &v) ? xlsx_text(v, &x->row) : ROW_ERROR;
    if (strcmp(x->kind, "b") == 0)
        return add_bool(v, &x->row);
    if (strcmp(x->kind, "d") == 0)
        return xlsx_iso_date(v, &x->row);
    if (strcmp(x->kind, "n") == 0)
        return xlsx_number(v, format, x->is_1904, &x->row);
    return ROW_ERROR; /* "e", and what nobody knows */
}

static void
end_cell(struct xlsx *x)
{
    size_t at = x->row.n;
    x->in_cell = false;
    enum row_reason reason = add_value(x);
    size_t n = x->row.n - at;
    if (reason != ROW_FINE && x->bad == ROW_FINE) {
        x->bad = reason;
        x->bad_column = (uint16_t)x->column;
    }
    if (n == 0)
        return;
    if (x->row.n > CSV_LINE_BYTES_MAX || x->column > CSV_COLUMNS_MAX) {
        x->stop_column = (uint16_t)x->column;
        stop_here(x, x->column > CSV_COLUMNS_MAX ? ROWS_WIDE : ROWS_LARGE);
        return;
    }
    while (x->cells_n < x->column) {
        x->cell[x->cells_n].at = at;
        x->cell[x->cells_n++].n = 0;
    }
    x->cell[x->column - 1].n = n;
}

static void
sheet_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    if (strcmp(name, "row") == 0) {
        begin_row(x, atts);
    } else if (strcmp(name, "c") == 0) {
        begin_cell(x, atts);
    } else if (!x->in_cell) {
        return;
    } else if (strcmp(name, "f") == 0) {
        x->has_formula = true;
    } else if (strcmp(name, "rPh") == 0) {
        x->phonetic++;
    } else if (strcmp(name, "v") == 0 || (strcmp(name, "t") == 0 && x->phonetic == 0)) {
        x->in_text = true;
    }
}

static void
sheet_end(void *self, const char *name)
{
    struct xlsx *x = self;
    if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        x->in_text = false;
    else if (strcmp(name, "rPh") == 0 && x->phonetic > 0)
        x->phonetic--;
    else if (strcmp(name, "c") == 0 && x->in_cell)
        end_cell(x);
    else if (strcmp(name, "row") == 0 && x->in_row)
        end_row(x);
}

void
xlsx_sheet(struct xlsx *x)
{
    x->xml.start = sheet_start;
    x->xml.end = sheet_end;
    x->xml.text = take_text;
    if (!xlsx_part(x, x->sheet, XLSX_LARGE_BYTES_MAX) && x->stop == ROWS_FINE)
        x->stop = ROWS_BROKEN;
}
