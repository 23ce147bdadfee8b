/* The parts of `bundle`: writing, reading, and what both ask of whoever has the node. */
#ifndef LINJULI_CLI_BUNDLE_H
#define LINJULI_CLI_BUNDLE_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/file.h"

#define BUNDLE_SUFFIX ".llj"

/* Exit statuses of their own (linjuli.1). */
enum bundle_exit {
    BUNDLE_EXIT_DAMAGED = 65,
    BUNDLE_EXIT_NONE = 66,
    BUNDLE_EXIT_IO = 74,
    BUNDLE_EXIT_TORN = 75,
    BUNDLE_EXIT_FOREIGN = 77,
    BUNDLE_EXIT_NEWER = 78
};

/* Whoever has the node does the work in short turns: this process while nobody else holds
 * it, the daemon otherwise. */
struct bundle_worker {
    struct cli *c;
    struct node *node; /* NULL: not open here */
};
/* One step over bytes from..to of the file; *out is its answer. Returns the exit status,
 * has complained. */
int bundle_step(struct bundle_worker *w, const char *what, int fd, uint64_t from,
                uint64_t to, json_t **out);
/* A whole line there; `answer` gets what it prints. Returns the exit status, has
 * complained. */
int bundle_line(struct bundle_worker *w, const struct command *command,
                struct buf *answer);
/* Is c->pin the PIN of the log that writes? Counted, and said, where the node is. */
int bundle_pin_check(struct bundle_worker *w);
void bundle_worker_fini(struct bundle_worker *w);

/* bundle_write.c. `near` is a file or a folder; `reply`: an answer, whose name says for
 * whom. `path` gets where it lies. Returns the exit status, has complained. */
int bundle_write(struct cli *c, uint32_t receiver, const char *near, bool reply,
                 char path[static FILE_PATH_BYTES], uint64_t *entries);
#define BUNDLE_TO_DEFAULT UINT32_MAX /* the centre; at the centre everybody */

/* bundle_read.c. One file; *is_own: nothing was done with it. Appends to `all`. */
int bundle_read(struct bundle_worker *w, const char *path, json_t *all, bool *is_own);
/* A plain file, opened without following anything; or -1, has complained (*status). */
int bundle_open(struct cli *c, const char *path, int *status);
/* `path` as people may see it; good until the next call's buffer is freed. */
const char *bundle_shown(const char *path, struct buf *out);

#endif
