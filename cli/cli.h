/* cli/: what people and auditors type. One table of commands, one file a command. A
 * command writes into buffers, never to the terminal: the same code runs in the daemon
 * when one is there, and prints the same. */
#ifndef LINJULI_CLI_H
#define LINJULI_CLI_H

#include "cli/args.h"
#include "node/node.h"

#define LINJULI_VERSION "0.1.0"

enum cmd_kind {
    CMD_PLAIN, /* opens no node, or opens it itself: init, join, serve */
    CMD_READ,  /* a read-only view, daemon or not */
    CMD_WRITE  /* the node to itself; through the daemon when one runs */
};

enum cmd_group { /* sections of `linjuli --help`, in this order */
                 GROUP_DAILY,
                 GROUP_READ,
                 GROUP_SHEETS,
                 GROUP_NODE,
                 GROUP_HUB,
                 GROUP_CARE,
                 GROUP_N
};

#define NUM_RING 8

struct cli {
    struct node *node; /* CMD_READ, CMD_WRITE: open */
    const char *dir;
    const char *as; /* --as PERSON, or NULL */
    /* --pin-file: opens the log that writes, for this command; and the new one of `pin`.
     * NULL: none given. */
    const char *pin, *new_pin;
    bool is_daemon; /* this process goes on when the command is done */
    enum lang lang;
    bool json;
    bool is_terminal;   /* somebody who could answer sits at stdin */
    bool sees_progress; /* somebody looks at stderr */
    int fd;             /* what before() opened, here or handed to the daemon; or -1 */
    void *own;          /* before()'s, for after() */
    const struct args *args;
    struct buf *out, *err;
    /* Shows what has been written so far at once: progress of long work. Does nothing in
     * the daemon, where everything is answered at the end. */
    void (*show)(struct cli *c);
    char num[NUM_RING][24];
    unsigned num_at;
};

struct cmd {
    const char *name;
    enum cmd_kind kind;
    enum cmd_group group;
    const char *usage;      /* behind the name; the person fills in what is in capitals */
    enum word about;        /* one line */
    enum word details;      /* some more */
    const struct opt *opts; /* closed by a NULL name; NULL: none of its own */
    int min, max;           /* plain words; max -1: any number */
    bool has_json;
    uint8_t exits[8];    /* beyond those of every command; closed by 0 */
    const char *example; /* whole lines */
    /* In the person's own process, before and after run(), which may be in the daemon:
     * opens and closes files. Both return the exit status; before() not 0 ends it. */
    int (*before)(struct cli *c);
    int (*run)(struct cli *c, int argc, char **argv); /* plain words behind the name */
    int (*after)(struct cli *c, int status);
};
extern const struct cmd *const commands[]; /* in the order of --help; closed by NULL */
const struct cmd *command_find(const char *name);

/* ---- help.c */
void help_all(struct cli *c);
void help_one(struct cli *c, const struct cmd *cmd);

/* ---- say.c: words of the person's language; arguments are text, the last one NULL */
void say(struct cli *c, enum word w, ...) __attribute__((sentinel)); /* a line to out */
void complain(struct cli *c, enum word w, ...) __attribute__((sentinel)); /* to err */
void note(struct cli *c, enum word w, ...)
    __attribute__((sentinel)); /* to err, no complaint */
void add_words(struct cli *c, struct buf *out, enum word w, ...)
    __attribute__((sentinel));                      /* no newline */
const char *word(const struct cli *c, enum word w); /* one without arguments */
/* A number as an argument; good for the next seven. */
const char *num(struct cli *c, uint64_t n);
const char *unit_text(struct cli *c, uint32_t unit);
/* A fault in words; returns the exit status of its code. */
int fail(struct cli *c, enum rc rc, const struct fault *why);
/* What is wrong with the line, its usage, exit status 64. */
int misuse(struct cli *c, const struct cmd *cmd);

/* ---- turn.c */
/* The own log this command writes as: --as, else the newest that may write. */
enum rc cli_author(struct cli *c, struct author *out, struct fault *why) MUST_USE;
/* Its place among the own logs, locked or not. */
enum rc cli_place(struct cli *c, size_t *out, struct fault *why) MUST_USE;
/* Work of one person in one durable turn; a refusal takes everything back and has been
 * said. The hub then does what fell due. Returns the exit status. */
typedef enum rc (*turn_fn)(struct cli *c, const struct author *a, void *arg,
                           struct fault *why);
int turn(struct cli *c, turn_fn work, void *arg);
struct hub cli_hub(const struct cli *c);
/* "0302", or complains about the option. */
bool unit_parse(const char *text, uint32_t *out);
/* --unit, else the author's own. */
enum rc unit_given(struct cli *c, const struct author *a, uint32_t *out,
                   struct fault *why) MUST_USE;
/* FIELD=VALUE words; the names are cut off in place. False: has complained. */
bool assigns_parse(struct cli *c, int argc, char **argv, struct assign *out);

/* ---- line.c */
/* A whole line of the person's own process; argv[0] is the program. */
int line_run(struct cli *c, int argc, char **argv);
/* The daemon's side: the node is open, the line came over the control socket. */
int cli_run(struct node *n, const struct command *command, struct buf *out,
            struct buf *err);

#endif
