/* The root key sheet: the one thing of a community that must outlive its hub. */
#ifndef LINJULI_CLI_ROOT_SHEET_H
#define LINJULI_CLI_ROOT_SHEET_H

#include "crypto/crypto.h"

#define ROOT_SHEET_NAME "root-key-sheet.txt"

/* For node_init. Both languages, whatever the person's: it is read years later. */
void root_sheet(struct buf *out, const char *community, const struct pair *root);

#endif
