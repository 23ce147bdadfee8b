/* Reading an XLSX workbook (ECMA-376) of any program: its first visible sheet, or one
 * that is named as asked, into a stream of rows (rows.h). The file is hostile: read it
 * where there is nothing to take (node/jail.h). No state outside, no file but fd.
 *
 * Read are: shared, inline and rich text (without its phonetic part), numbers, booleans,
 * dates of both calendars by the cell's format, the last computed value of a formula.
 * Merged cells are what stands in their first one. A number comes as people typed it,
 * up to the 15 digits that a spreadsheet keeps: never with an exponent. A format of
 * zeros only ("0000") fills up with zeros. */
#ifndef LINJULI_XLSX_H
#define LINJULI_XLSX_H

#include "schema/rows.h"

#define XLSX_PARTS_MAX 4096                /* files in the archive */
#define XLSX_SMALL_BYTES_MAX (4 << 20)     /* unpacked: workbook, relations, styles */
#define XLSX_LARGE_BYTES_MAX (512ll << 20) /* unpacked: strings, sheet */
#define XLSX_STRINGS_BYTES_MAX (64 << 20)  /* their text, together */
#define XLSX_STRINGS_MAX 1048576
#define XLSX_TOKEN_BYTES_MAX (1 << 20) /* a tag with its attributes */
#define XLSX_DEPTH_MAX 32
#define XLSX_ROWS_MAX 1048576 /* the format has no more */
#define XLSX_STYLES_MAX 65536
#define XLSX_FORMATS_MAX 1024
#define XLSX_NAME_BYTES_MAX 512 /* paths, ids, names */

/* libarchive, loaded where files can still be opened. RC_CONFIG: it is not there. */
struct xlsx_lib;
enum rc xlsx_lib_load(struct xlsx_lib **out) MUST_USE;
void xlsx_lib_free(struct xlsx_lib *lib);
/* fd: from the beginning, able to seek. names: sheets that are asked for, closed by NULL.
 * What is wrong with the file goes into the stream; the rc is of `put`. */
enum rc xlsx_read(const struct xlsx_lib *lib, int fd, const char *const *names,
                  struct rows_out *out) MUST_USE;

/* Does it begin like a workbook (a ZIP archive)? Like what old programs and locked files
 * are (a compound file)? */
#define XLSX_HEAD_BYTES 8
bool xlsx_is(struct slice head);
bool xlsx_is_old(struct slice head);

#endif
