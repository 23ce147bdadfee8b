/* cli/: what people and auditors type. One table of commands, one file a command. A
 * command writes into buffers, never to the terminal: the same code runs in the daemon
 * when one is there, and prints the same. */
#ifndef LINJULI_CLI_H
#define LINJULI_CLI_H

#include "cli/words.h"
#include "node/node.h"

enum cmd_kind {
    CMD_PLAIN, /* opens no node, or opens it itself: init, join, demo */
    CMD_READ,  /* a read-only view, daemon or not */
    CMD_WRITE  /* the node to itself; through the daemon when one runs */
};

struct cli {
    struct node *node; /* CMD_READ, CMD_WRITE: open */
    const char *dir;
    const char *as; /* --as PERSON, or NULL */
    enum lang lang;
    bool json;
    bool is_terminal; /* somebody who could answer sits at stdin */
    int in_fd;        /* what `-` reads */
    struct buf *out, *err;
    /* Shows what has been written so far at once: progress of long work. A no-op in the
     * daemon, where everything is answered at the end. */
    void (*show)(struct cli *c);
};

struct cmd {
    const char *name;
    enum cmd_kind kind;
    enum word usage; /* one line behind the name */
    enum word about; /* first line: one sentence; then details */
    int (*run)(struct cli *c, int argc,
               char **argv); /* argv[0] is the first after the name */
};
extern const struct cmd commands[]; /* closed by a NULL name */

#define LINJULI_VERSION "0.1.0"

/* `linjuli --help`: the table; `linjuli COMMAND --help`. */
void help_all(struct cli *c);
void help_one(struct cli *c, const struct cmd *cmd);

/* Words of the person's language, formatted, into c->out or c->err (one line, newline
 * added). */
void say(struct cli *c, enum word w, ...);
void complain(struct cli *c, enum word w, ...);
/* A fault in words; returns the exit status of its code. */
int fail(struct cli *c, enum rc rc, const struct fault *why);
/* "usage: ..." to c->err, exit status 64. */
int misuse(struct cli *c, const char *name);

/* Options: takes `--name VALUE` (value true) or `--name` out of argv, wherever it stands
 * before a `--`. NULL: not there. Unknown ones: opt_done gives false and has complained.
 */
const char *opt_value(int *argc, char **argv, const char *name);
bool opt_flag(int *argc, char **argv, const char *name);
bool opt_done(struct cli *c, int argc, char **argv);

/* Runs one command line in-process with an open node (the daemon's side too). */
int cli_run(struct node *n, const struct command *command, struct buf *out,
            struct buf *err);

#endif
