/* Spreadsheets in and out: CSV (RFC 4180) in UTF-8 with or without BOM or GB18030, and
 * XLSX. Streaming: memory does not grow with the file; a row over CSV_LINE_BYTES_MAX is
 * refused before it is stored. */
#ifndef LINJULI_SHEET_H
#define LINJULI_SHEET_H

#include "schema/csv.h"
#include "schema/edit.h"

struct sheet_report {
    uint64_t rows, taken, refused;
    bool is_gb18030;
    uint8_t batch[RECORD_ID_BYTES];
};
/* One refused row; `head`: what the file calls the column that `why` names, or "". */
typedef void (*sheet_refused)(void *arg, const struct fault *why, const char *head);
/* Reads CSV or a stream of rows (rows.h) from fd; the first line names the fields (name,
 * zh or en label; plus `unit`); the columns `number` and `state` of an export are passed
 * over, as are rows without a value. A refused row is one call with row and column in
 * `why`; the others go in. dry: nothing is written. */
enum rc sheet_import(struct ledger *l, const struct author *a, const char *type,
                     uint32_t unit, int fd, bool dry, sheet_refused refused, void *arg,
                     struct sheet_report *out, struct fault *why) MUST_USE;
enum sheet_format {
    SHEET_UTF8,    /* CSV, with BOM */
    SHEET_GB18030, /* CSV */
    SHEET_XLSX
};
struct sheet_form {
    enum sheet_format format;
    bool labels; /* zh labels instead of names, of fields and choices */
    /* Not NULL: a template instead of records. The head, and below it what each field
     * takes, in words appended by this; an import passes over that row. */
    void (*hint)(void *arg, const struct type *t, const struct field *f, struct buf *out);
    void *arg;
};
/* A row of names, then a row for each record that is not gone. In CSV, cells that a
 * spreadsheet would take for a formula get a leading apostrophe, which an import takes
 * away again. In XLSX numbers and dates are such, all else is text, and nothing is ever a
 * formula; the same records make the same bytes. */
enum rc sheet_export(struct ledger *l, const char *type, int fd,
                     const struct sheet_form *form, uint64_t *rows,
                     struct fault *why) MUST_USE;

#endif
