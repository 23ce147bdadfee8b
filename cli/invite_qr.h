/* `invite --qr` and `--svg`: a small invite for a camera or a scanner. */
#ifndef LINJULI_CLI_INVITE_QR_H
#define LINJULI_CLI_INVITE_QR_H

#include "cli/cli.h"

/* Before and after the node has made it, in the person's process; both return the exit
 * status and have complained. */
int invite_qr_begin(struct cli *c);
int invite_qr_end(struct cli *c, int status);

#endif
