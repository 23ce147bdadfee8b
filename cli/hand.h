/* What a command hands to the node besides its words: a PIN, a file; and what comes back.
 * It lies in memory that has no name, which goes over the control socket where a daemon
 * runs: a PIN stands in no argument, and files are opened with the person's rights. */
#ifndef LINJULI_CLI_HAND_H
#define LINJULI_CLI_HAND_H

#include "cli/cli.h"

#define PIN_BYTES_MAX 128

/* The first line of a file; an editor's newline is no part of a PIN. */
enum rc pin_take(const char *path, char out[static PIN_BYTES_MAX + 1],
                 struct fault *why) MUST_USE;
/* before(): reads the first line of the file that --pin-file names, and the file `path`
 * (NULL: none), into c->fd. Nothing is made where there is neither. Returns the exit
 * status. */
int hand_begin(struct cli *c, const char *path, size_t max);
/* before(): the bytes of a file that was read and shown; it is not opened again. */
int hand_file(struct cli *c, struct slice file);
/* An empty hand, for what comes back. */
int hand_empty(struct cli *c);
/* run(): pin "" where none was given. hand_fini when done. */
struct hand {
    bool has_pin;
    char pin[PIN_BYTES_MAX + 1];
    struct buf file;
};
enum rc hand_read(struct cli *c, struct hand *out, struct fault *why) MUST_USE;
const char *hand_pin(const struct hand *h); /* NULL: none */
void hand_fini(struct hand *h);
/* run(): this instead of what is there; after() takes it. */
enum rc hand_give(struct cli *c, struct slice bytes, struct fault *why) MUST_USE;
enum rc hand_take(struct cli *c, struct buf *out, struct fault *why) MUST_USE;

#endif
