/* Reading a hostile file where there is nothing to take: in a process of its own that has
 * the file, one end of a pipe, and next to no system calls. */
#ifndef LINJULI_JAIL_H
#define LINJULI_JAIL_H

#include "crypto/crypto.h"

#define JAIL_MEMORY_BYTES (1024ll << 20)
#define JAIL_CPU_S 60

/* What it does there: in is 0, out is 1, and there is no other descriptor. Its exit
 * status is what this returns. */
typedef int (*jail_fn)(void *arg, int in, int out);

struct jail {
    int pid;
    int fd; /* what comes out of it */
};
/* Called before keys are read and databases opened: a forked process has its parent's
 * memory. `secret` (NULL, or `secret_n` bytes) is wiped in it. in is lent. RC_IO. */
enum rc jail_begin(int in, jail_fn work, void *arg, void *secret, size_t secret_n,
                   struct jail *out) MUST_USE;
/* Closes, ends it, waits. Whether it was done, its output says. */
void jail_end(struct jail *j);

/* Gives up everything for good; false: this machine cannot. Descriptors 0 and 1 stay. */
bool jail_lock(void) MUST_USE;

#endif
