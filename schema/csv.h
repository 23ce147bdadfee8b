/* Reading CSV (RFC 4180) from a descriptor: bounded, streaming, in UTF-8 or GB18030. */
#ifndef LINJULI_CSV_H
#define LINJULI_CSV_H

#include "crypto/crypto.h"

#define CSV_LINE_BYTES_MAX 65536
#define CSV_COLUMNS_MAX 128

struct csv;

/* A byte order mark tells the encoding; else the first byte that is not ASCII and up to
 * 64 KiB behind it do: UTF-8 where that is what they are or what they are mostly, else
 * GB18030 where that has fewer broken places. Where both are as likely (only characters
 * of two bytes, well-formed in both) RC_AMBIGUOUS: nobody's name is guessed. fd is lent.
 * RC_IO. */
enum rc csv_open(int fd, struct csv **out) MUST_USE;
/* The same where somebody has read the first bytes from fd already. */
enum rc csv_open_behind(int fd, struct slice head, struct csv **out) MUST_USE;
void csv_close(struct csv *c);
bool csv_is_gb18030(const struct csv *c);
/* The next record: *n cells, UTF-8, borrowed until the next call, each NUL-terminated;
 * *line is where it begins, from 1. Blank lines are passed over. RC_NO: the end.
 * RC_LIMIT: a record over CSV_LINE_BYTES_MAX or too many columns; RC_MALFORMED: broken
 * quotes or text, *bad is the column, from 1. RC_AMBIGUOUS and RC_IO as in csv_open.
 * After RC_MALFORMED reading may go on behind the record. CR, LF and CRLF end a line. */
enum rc csv_next(struct csv *c, char *const **cells, size_t *n, uint32_t *line,
                 uint32_t *bad) MUST_USE;

#endif
