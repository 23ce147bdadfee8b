/* `invite --code`: sixteen digits instead of a file. They are drawn and stretched in the
 * person's own process; the node gets the first three and what the others stretch to. */
#ifndef LINJULI_CLI_INVITE_CODE_H
#define LINJULI_CLI_INVITE_CODE_H

#include "cli/cli.h"

/* before(): two codes to choose from, of which one may be taken. Returns the exit status.
 */
int invite_code_begin(struct cli *c);
/* run(), in the turn that made the invite. */
enum rc invite_code_keep(struct cli *c, const struct invite *i,
                         struct fault *why) MUST_USE;
/* after(): tells the digits, this once. */
int invite_code_end(struct cli *c, int status);

#endif
