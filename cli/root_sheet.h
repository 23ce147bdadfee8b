/* The root key sheet: the one thing of a community that must outlive its hub. */
#ifndef LINJULI_CLI_ROOT_SHEET_H
#define LINJULI_CLI_ROOT_SHEET_H

#include "schema/schema.h"

#define ROOT_SHEET_NAME "root-key-sheet.txt"
#define ROOT_PAGE_NAME "root-key-sheet.html"
#define ROOT_SHEET_BYTES_MAX 65536 /* of what is typed */

/* For node_init. Both languages, whatever the person's: it is read years later. */
void root_sheet(struct buf *out, const char *community, const struct pair *root);
/* The same as a page to print: two sheets, each with the lines, their QR code and places
 * for two signatures. Self-contained, without scripts. */
void root_page(struct buf *out, const char *community, const struct pair *root);

/* The four lines as somebody typed or scanned them, in any order, whatever else stands
 * around them: blanks, hyphens, capitals and the wide digits of a Chinese keyboard are
 * fine, and o and l are read as 0 and 1. RC_MALFORMED: `why` names the lines that do not
 * fit their check digits, else those that are not there. pair_wipe when done. */
enum rc root_sheet_read(struct slice text, struct pair *out, struct fault *why) MUST_USE;

#endif
