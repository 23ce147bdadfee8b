/* Reading CSV (RFC 4180) from a descriptor: bounded, streaming, in UTF-8 or GB18030. */
#ifndef LINJULI_CSV_H
#define LINJULI_CSV_H

#include "crypto/crypto.h"

#define CSV_LINE_BYTES_MAX 65536
#define CSV_COLUMNS_MAX 128

struct csv;

/* The encoding is read off the first 64 KiB: a byte order mark says UTF-8; else whichever
 * of UTF-8 and GB18030 has fewer broken places there, UTF-8 first. fd is lent. */
enum rc csv_open(int fd, struct csv **out) MUST_USE;
void csv_close(struct csv *c);
bool csv_is_gb18030(const struct csv *c);
/* The next record: *n cells, UTF-8, borrowed until the next call, each NUL-terminated;
 * *line is where it begins, from 1. Blank lines are passed over. RC_NO: the end.
 * RC_LIMIT: a line over CSV_LINE_BYTES_MAX or too many columns; RC_MALFORMED: broken
 * quotes or text, *bad is the column, from 1. After RC_MALFORMED reading may go on behind
 * the record. */
enum rc csv_next(struct csv *c, char *const **cells, size_t *n, uint32_t *line,
                 uint32_t *bad) MUST_USE;

#endif
