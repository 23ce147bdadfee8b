/* CSV in and out (RFC 4180): UTF-8 with or without BOM, GB18030. Streaming: memory does
 * not grow with the file; a line over CSV_LINE_BYTES_MAX is refused before it is
 * stored. */
#ifndef LINJULI_SHEET_H
#define LINJULI_SHEET_H

#include "schema/csv.h"
#include "schema/edit.h"

struct sheet_report {
    uint64_t rows, taken, refused;
    bool is_gb18030;
    uint8_t batch[RECORD_ID_BYTES];
};
/* Reads from fd, first line names the fields (name, zh or en label; plus `unit`); the
 * columns `number` and `state` of an export are passed over, as are rows without a value.
 * A refused row is one call with row and column in `why`; the others go in. dry: nothing
 * is written. */
enum rc sheet_import(struct ledger *l, const struct author *a, const char *type,
                     uint32_t unit, int fd, bool dry,
                     void (*refused)(void *arg, const struct fault *why), void *arg,
                     struct sheet_report *out, struct fault *why) MUST_USE;
/* Header line of zh labels or names, then one line a record; UTF-8 with BOM, or GB18030.
 * Cells that a spreadsheet would take for a formula get a leading apostrophe, which an
 * import takes away again. */
enum rc sheet_export(struct ledger *l, const char *type, int fd, bool gb18030,
                     bool labels, uint64_t *rows, struct fault *why) MUST_USE;

#endif
