/* Spreadsheets: records into XLSX, by libxlsxwriter. The only file that knows it. Rows go
 * to an unnamed file as they come (constant_memory), so that only one is in memory; what
 * is made of them, packed, is in memory until it is whole. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "schema/lazy.h"
#include "schema/sheet_in.h"

#define ROWS_MAX 1048576u /* of the format */
/* Not today's: the same records make the same bytes. 2000-01-01. */
#define MADE_AT 946684800
#define SERIAL_1970 25569
#define SERIAL_MIN                                                                       \
    61 /* 1900-03-01: before it spreadsheets count a day that never was                  \
        */
#define DAY_MINUTES 1440
#define EXACT_MAX 999999999999999 /* 15 digits */
#define COLUMNS_MAX 128
#define TITLE_BYTES 128

/* clang-format off */
#define LIB(X)                                                                           \
    X(workbook_new_opt) X(workbook_close) X(lxw_workbook_free) X(workbook_add_worksheet) \
    X(workbook_add_format) X(workbook_set_properties) X(format_set_num_format)           \
    X(format_set_bold) X(worksheet_freeze_panes) X(worksheet_set_column)                 \
    X(worksheet_write_string) X(worksheet_write_number)                                  \
    X(worksheet_data_validation_range) X(lxw_rowcol_to_cell_abs)
/* clang-format on */

struct sheet_xlsx {
    struct lib {
        LIB(LAZY_POINTER)
    } lib;
    lxw_workbook *book;
    lxw_worksheet *sheet, *lists;
    lxw_format *head, *text, *day, *minute, *money;
    int made; /* the library writes it here, by name */
    char path[32];
    lxw_row_t row, list;
    lxw_col_t column, list_n;
    enum sheet_kind kind[COLUMNS_MAX];
    lxw_col_t columns_n;
    struct buf cell;
    enum rc rc;
};

static void
note(struct sheet_xlsx *w, lxw_error e)
{
    if (e == LXW_NO_ERROR || w->rc != RC_OK)
        return;
    w->rc = e == LXW_ERROR_CREATING_TMPFILE || e == LXW_ERROR_CREATING_XLSX_FILE
                ? RC_IO
                : RC_LIMIT;
}

/* A sheet's name: at most 31 characters, without []:*?/\. */
static void
title_of(const char *title, char out[static TITLE_BYTES])
{
    size_t n = 0;
    for (unsigned chars = 0; title[n] != '\0' && n + 1 < TITLE_BYTES; n++) {
        chars += ((unsigned char)title[n] & 0xc0) != 0x80;
        if (chars > 31)
            break;
        out[n] = strchr("[]:*?/\\'", title[n]) != NULL ? ' ' : title[n];
    }
    out[n] = '\0';
}

static enum rc
load(struct lib *lib)
{
    static const char *const names[] = {LIB(LAZY_NAME)};
    void *f[sizeof(names) / sizeof(names[0])];
    enum rc rc = lazy_load(XLSXWRITER_SO, names, f, sizeof(f) / sizeof(f[0]));
    assert(sizeof(f) == sizeof(*lib));
    if (rc == RC_OK)
        memcpy(lib, f, sizeof(f));
    return rc;
}

static lxw_format *
format_of(struct sheet_xlsx *w, const char *number)
{
    lxw_format *f = w->lib.workbook_add_format(w->book);
    if (f != NULL && number != NULL)
        w->lib.format_set_num_format(f, number);
    return f;
}

enum rc
sheet_xlsx_new(const char *title, struct sheet_xlsx **out)
{
    struct sheet_xlsx *w = mem_new(sizeof(*w));
    char name[TITLE_BYTES];
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_doc_properties about = {.created = MADE_AT};
    if (load(&w->lib) != RC_OK) {
        mem_free(w);
        return RC_CONFIG;
    }
    w->made = memfd_create("xlsx", MFD_CLOEXEC);
    (void)snprintf(w->path, sizeof(w->path), "/proc/self/fd/%d", w->made);
    if (w->made >= 0)
        w->book = w->lib.workbook_new_opt(w->path, &options);
    if (w->book == NULL) {
        sheet_xlsx_free(w);
        return RC_IO;
    }
    title_of(title, name);
    note(w, w->lib.workbook_set_properties(w->book, &about));
    w->sheet = w->lib.workbook_add_worksheet(w->book, name);
    w->head = format_of(w, "@");
    w->text = format_of(w, "@");
    w->day = format_of(w, "yyyy-mm-dd");
    w->minute = format_of(w, "yyyy-mm-dd hh:mm");
    w->money = format_of(w, "0.00");
    if (w->sheet == NULL || w->money == NULL || w->head == NULL) {
        sheet_xlsx_free(w);
        return RC_IO;
    }
    w->lib.format_set_bold(w->head);
    w->lib.worksheet_freeze_panes(w->sheet, 1, 0);
    *out = w;
    return RC_OK;
}

void
sheet_xlsx_free(struct sheet_xlsx *w)
{
    if (w == NULL)
        return;
    if (w->book != NULL) /* else it has been closed */
        w->lib.lxw_workbook_free(w->book);
    if (w->made >= 0)
        close(w->made);
    buf_free(&w->cell);
    mem_free(w);
}

/* _x0041_ is how the format writes a character by its number: text that looks like it
 * gets its first line escaped, so that it stays what it was. */
static const char *
escaped(struct sheet_xlsx *w, struct slice text)
{
    w->cell.n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool looks = text.n - i >= 7 && text.p[i] == '_' && text.p[i + 1] == 'x' &&
                     text.p[i + 6] == '_';
        for (size_t k = 2; looks && k < 6; k++)
            looks = strchr("0123456789abcdefABCDEF", text.p[i + k]) != NULL;
        if (looks)
            buf_addf(&w->cell, "_x005F");
        buf_add_u8(&w->cell, text.p[i]);
    }
    return buf_text(&w->cell);
}

/* The last column's list is whole. */
static void
end_list(struct sheet_xlsx *w)
{
    char to[16], formula[64];
    if (w->list_n == 0)
        return;
    w->lib.lxw_rowcol_to_cell_abs(to, w->list, (lxw_col_t)(w->list_n - 1), 1, 1);
    (void)snprintf(formula, sizeof(formula), "='_'!$A$%u:%s", w->list + 1, to);
    lxw_data_validation rule = {.validate = LXW_VALIDATION_TYPE_LIST_FORMULA,
                                .value_formula = formula};
    lxw_col_t column = (lxw_col_t)(w->column - 1);
    note(w, w->lib.worksheet_data_validation_range(w->sheet, 1, column, ROWS_MAX - 1,
                                                   column, &rule));
    w->list++;
    w->list_n = 0;
}

void
sheet_xlsx_column(struct sheet_xlsx *w, const char *name, unsigned width,
                  enum sheet_kind kind)
{
    lxw_format *f = kind == SHEET_IS_TEXT ? w->text : NULL;
    end_list(w);
    if (w->columns_n == COLUMNS_MAX) {
        w->rc = RC_LIMIT;
        return;
    }
    w->kind[w->columns_n++] = kind;
    note(w, w->lib.worksheet_set_column(w->sheet, w->column, w->column, width, f));
    note(w, w->lib.worksheet_write_string(w->sheet, 0, w->column++,
                                          escaped(w, slice_text(name)), w->head));
}

/* Lists stand on a sheet of their own, one in a row: a list within the cell's rule may
 * have 255 characters, and no comma in a choice. */
void
sheet_xlsx_choice(struct sheet_xlsx *w, const char *text)
{
    if (w->lists == NULL)
        w->lists = w->lib.workbook_add_worksheet(w->book, "_");
    if (w->lists == NULL) {
        w->rc = RC_IO;
        return;
    }
    note(w, w->lib.worksheet_write_string(w->lists, w->list, w->list_n++,
                                          escaped(w, slice_text(text)), w->text));
}

void
sheet_xlsx_skip(struct sheet_xlsx *w)
{
    w->column++;
}

void
sheet_xlsx_text(struct sheet_xlsx *w, struct slice text)
{
    note(w, w->lib.worksheet_write_string(w->sheet, w->row, w->column++, escaped(w, text),
                                          w->text));
}

/* Where a spreadsheet cannot hold the number it gets its digits, as text. */
static void
add_digits(struct sheet_xlsx *w, int64_t n)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld", (long long)n);
    sheet_xlsx_text(w, slice_text(text));
}

void
sheet_xlsx_number(struct sheet_xlsx *w, int64_t n)
{
    enum sheet_kind kind = w->column < w->columns_n ? w->kind[w->column] : SHEET_IS_INT;
    lxw_format *format = NULL;
    double x = (double)n;
    switch (kind) {
    case SHEET_IS_MONEY:
        format = w->money;
        x /= 100.0;
        break;
    case SHEET_IS_DATE:
        format = w->day;
        x += SERIAL_1970;
        break;
    case SHEET_IS_TIME:
        format = w->minute;
        x = x / DAY_MINUTES + SERIAL_1970;
        break;
    case SHEET_IS_TEXT:
    case SHEET_IS_INT:
        break;
    }
    if (n > EXACT_MAX || n < -EXACT_MAX) {
        add_digits(w, n);
        return;
    }
    note(w, w->lib.worksheet_write_number(w->sheet, w->row, w->column++, x, format));
}

enum rc
sheet_xlsx_row(struct sheet_xlsx *w)
{
    end_list(w);
    w->column = 0;
    if (++w->row == ROWS_MAX)
        w->rc = RC_LIMIT;
    return w->rc;
}

static enum rc
copy(int from, int to)
{
    uint8_t block[16384];
    enum rc rc = lseek(from, 0, SEEK_SET) == 0 ? RC_OK : RC_IO;
    for (ssize_t n = 1; rc == RC_OK && n != 0;) {
        n = read(from, block, sizeof(block));
        if (n > 0)
            rc = sheet_write(to, slice_of(block, (size_t)n));
        else if (n < 0 && errno != EINTR)
            rc = RC_IO;
    }
    return rc;
}

enum rc
sheet_xlsx_end(struct sheet_xlsx *w, int fd)
{
    lxw_workbook *book = w->book;
    if (w->rc != RC_OK)
        return w->rc;
    w->book = NULL;
    note(w, w->lib.workbook_close(book)); /* frees it, whatever it says */
    return w->rc == RC_OK ? copy(w->made, fd) : w->rc;
}
