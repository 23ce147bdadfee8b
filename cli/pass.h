/* A passphrase: from a file, or typed by whoever sits there. */
#ifndef LINJULI_CLI_PASS_H
#define LINJULI_CLI_PASS_H

#include "cli/cli.h"

#define PASS_BYTES_MAX 512
#define PASS_BYTES_MIN 8 /* of one that is chosen here */

/* --passphrase-file, else from the terminal, where `twice` asks a second time. Returns
 * the exit status, has complained. pass_wipe when done. */
struct pass {
    char text[PASS_BYTES_MAX + 1];
};
/* One line from the terminal, not shown; its length, 0: nothing or too long. */
size_t pass_ask(struct cli *c, enum word w, char out[static PASS_BYTES_MAX + 1]);
int pass_take(struct cli *c, bool twice, struct pass *out);
void pass_wipe(struct pass *p);

#endif
