/* Where an import's rows come from: CSV (csv.h), or a stream of rows that another process
 * has read out of a spreadsheet (xlsx.h). The stream is judged like anything else from
 * outside: whoever read a hostile file may have been taken over by it.
 *
 * The stream, big-endian:
 *
 *   offset size
 *   0      16   "linjuli rows 1\n" and a zero byte
 *   16          records, one after the other; the first byte is the kind
 *
 *   kind 1, a row:        line u32, cells u8, per cell: bytes u16, text
 *   kind 2, a bad row:    line u32, column u16, reason u8 (enum row_reason)
 *   kind 3, the end:      rows u32, of kinds 1 and 2
 *   kind 4, the file is refused: line u32, column u16, stop u8 (enum row_stop)
 *
 * A stream is good if 1. lines are at least 1 and ascend; 2. a row has 1 to
 * CSV_COLUMNS_MAX cells of at most CSV_LINE_BYTES_MAX bytes together; 3. their text is
 * UTF-8 without a zero byte; 4. columns are at most ROWS_COLUMN_MAX, reasons and stops
 * are known ones; 5. the number at the end is right; 6. it ends with kind 3 or 4 and
 * nothing follows. Else it is broken from there on, and so is the import.
 *
 * A head of two cells, a bad row, the end:
 *
 *   6c696e6a756c6920726f777320310a00 01 00000001 02 0004 6e616d65 0005 70686f6e65
 *   02 00000003 0002 03 03 00000002
 *
 * tests/golden/rows/v1 has it. */
#ifndef LINJULI_ROWS_H
#define LINJULI_ROWS_H

#include "schema/csv.h"
#include "schema/fault.h"

#define ROWS_MAGIC "linjuli rows 1\n"
#define ROWS_MAGIC_BYTES 16
#define ROWS_COLUMN_MAX 16384 /* XFD */

enum row_reason { /* why a row cannot be read */
                  ROW_FINE,
                  ROW_TEXT,    /* characters that no text has */
                  ROW_ERROR,   /* a cell says #REF! or the like */
                  ROW_DIGITS,  /* a number with more digits than a spreadsheet keeps */
                  ROW_FORMULA, /* never computed */
                  ROW_DATE,    /* no day of the calendar */
                  ROW_REASONS_N
};
enum row_stop { /* why a file cannot be read */
                ROWS_FINE,
                ROWS_BROKEN,
                ROWS_LARGE, /* unpacked, over a limit */
                ROWS_WIDE,  /* a cell behind column CSV_COLUMNS_MAX */
                ROWS_OTHER, /* not the format that its beginning promises */
                ROWS_STOPS_N
};

struct cells {
    char *const *cell; /* UTF-8, NUL-terminated, borrowed until the next row */
    size_t n;
    uint32_t line; /* from 1 */
};

struct rows;
/* Tells by the first bytes which it is. fd is lent. RC_IO, RC_AMBIGUOUS (csv.h). */
enum rc rows_open(int fd, struct rows **out, struct fault *why) MUST_USE;
void rows_close(struct rows *r);
/* RC_NO: the end. RC_MALFORMED: this row cannot be read, and reading goes on behind it;
 * what else is not RC_OK ends it. `why` says what, with line and column. */
enum rc rows_next(struct rows *r, struct cells *out, struct fault *why) MUST_USE;
const char *rows_format(const struct rows *r); /* "csv", "xlsx" */
bool rows_is_gb18030(const struct rows *r);
/* Does an apostrophe in front of a formula guard it, instead of being text? */
bool rows_is_guarded(const struct rows *r);

/* ---- writing a stream */

struct rows_out {
    enum rc (*put)(void *arg, struct slice bytes);
    void *arg;
    struct buf b;
    uint32_t n;
};
void rows_out_init(struct rows_out *o, enum rc (*put)(void *arg, struct slice bytes),
                   void *arg);
void rows_out_fini(struct rows_out *o);
enum rc rows_flush(struct rows_out *o) MUST_USE;
/* cell[i] of at most 65535 bytes, n at most 255. */
enum rc rows_put(struct rows_out *o, uint32_t line, const struct slice *cell,
                 size_t n) MUST_USE;
enum rc rows_put_bad(struct rows_out *o, uint32_t line, uint16_t column,
                     enum row_reason reason) MUST_USE;
enum rc rows_put_end(struct rows_out *o) MUST_USE;
enum rc rows_put_stop(struct rows_out *o, uint32_t line, uint16_t column,
                      enum row_stop stop) MUST_USE;

#endif
