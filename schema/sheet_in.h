/* Private to sheet*.c. */
#ifndef LINJULI_SHEET_IN_H
#define LINJULI_SHEET_IN_H

#include "schema/query.h"
#include "schema/text.h"

/* Every filled cell of a template's row of hints begins with it. */
#define SHEET_HINT "※"

/* Would a spreadsheet run it, apostrophes in front taken away? */
bool sheet_is_formula(struct slice s);
/* All of it; RC_FULL, RC_IO. */
enum rc sheet_write(int fd, struct slice bytes) MUST_USE;

/* CSV, cell by cell; what goes wrong is told at the end of a row. */
struct sheet_csv;
enum rc sheet_csv_new(int fd, bool gb18030, struct sheet_csv **out) MUST_USE;
void sheet_csv_free(struct sheet_csv *w);
void sheet_csv_cell(struct sheet_csv *w, struct slice s);
enum rc sheet_csv_row(struct sheet_csv *w, bool is_last) MUST_USE;

/* XLSX, the same way; a row is left out where nothing is written in it. */
struct sheet_xlsx;
enum rc sheet_xlsx_new(const char *title, struct sheet_xlsx **out) MUST_USE;
void sheet_xlsx_free(struct sheet_xlsx *w);
enum sheet_kind {
    SHEET_IS_TEXT,
    SHEET_IS_INT,
    SHEET_IS_MONEY,
    SHEET_IS_DATE,
    SHEET_IS_TIME
};
/* One column more: its name in the head, how wide, and what its cells are. */
void sheet_xlsx_column(struct sheet_xlsx *w, const char *name, unsigned width,
                       enum sheet_kind kind);
/* Only these are taken in the last column; not many. */
void sheet_xlsx_choice(struct sheet_xlsx *w, const char *text);
void sheet_xlsx_skip(struct sheet_xlsx *w); /* an empty cell */
void sheet_xlsx_text(struct sheet_xlsx *w, struct slice text);
/* By the column's kind: a number, hundredths, days since 1970, minutes since 1970. */
void sheet_xlsx_number(struct sheet_xlsx *w, int64_t n);
enum rc sheet_xlsx_row(struct sheet_xlsx *w) MUST_USE;
enum rc sheet_xlsx_end(struct sheet_xlsx *w, int fd) MUST_USE;

#endif
