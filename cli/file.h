/* Files of the person at the keyboard: opened in their own process, with their rights and
 * relative to where they stand. */
#ifndef LINJULI_CLI_FILE_H
#define LINJULI_CLI_FILE_H

#include "cli/cli.h"

#define FILE_PATH_BYTES 4096

/* For reading into c->fd; `-` is stdin. Returns the exit status, has complained. */
int file_open(struct cli *c, const char *path);
/* What is no regular file is copied into one that has no name: a daemon does not wait for
 * whoever types into a pipe. At most FILE_SPOOL_BYTES_MAX. */
enum rc file_spool(int *fd, struct fault *why) MUST_USE;
/* A whole file of at most `max` bytes. */
enum rc file_take(const char *path, size_t max, struct buf *out,
                  struct fault *why) MUST_USE;
/* The same of what is open already; it stays so. */
enum rc file_take_fd(int fd, const char *path, size_t max, struct buf *out,
                     struct fault *why) MUST_USE;

/* A file that is there whole or not at all: written beside its place, then renamed. */
struct file_out {
    char path[FILE_PATH_BYTES]; /* its place; "" until it is known */
    char temp[FILE_PATH_BYTES];
    int fd;
};
/* Beside `path`, or in the working directory where path is NULL. What is there already is
 * not written over unless `over`. */
enum rc file_out_begin(struct file_out *f, const char *path, bool over,
                       struct fault *why) MUST_USE;
enum rc file_out_end(struct file_out *f, struct fault *why) MUST_USE; /* closes */
/* The folder remembers the new name, also when the stick is pulled out now. */
enum rc file_out_settle(const char *path, struct fault *why) MUST_USE;
void file_out_drop(struct file_out *f);

#endif
