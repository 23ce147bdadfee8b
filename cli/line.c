/* From a line to a command: here, or in the daemon that has the node. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/hand.h"

#define DIR_BYTES 4096
#define LOCK_TRIES 200 /* with LOCK_WAIT_MS between: what another command takes */
#define LOCK_WAIT_MS 50

struct typed { /* what stands before the command's own words */
    const char *dir, *as, *pin_file;
    bool json, help, version;
    int argc;
    char **argv; /* argv[0]: the command's name */
};

/* ---- which directory */

/* $LINJULI_DIR, else the user's data directory. */
static bool
default_dir(char out[static DIR_BYTES])
{
    const char *dir = getenv("LINJULI_DIR");
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (dir != NULL && dir[0] != '\0')
        n = snprintf(out, DIR_BYTES, "%s", dir);
    else if (xdg != NULL && xdg[0] == '/')
        n = snprintf(out, DIR_BYTES, "%s/linjuli", xdg);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, DIR_BYTES, "%s/.local/share/linjuli", home);
    return n > 0 && n < DIR_BYTES;
}

/* Absolute: the daemon may stand somewhere else. */
static bool
absolute(const char *dir, char out[static DIR_BYTES])
{
    char cwd[DIR_BYTES];
    int n = -1;
    if (dir[0] == '/')
        n = snprintf(out, DIR_BYTES, "%s", dir);
    else if (dir[0] != '\0' && getcwd(cwd, sizeof(cwd)) != NULL)
        n = snprintf(out, DIR_BYTES, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, dir);
    return n > 0 && n < DIR_BYTES;
}

/* ---- taking the line apart */

static bool
read_line(struct cli *c, int argc, char **argv, struct typed *l)
{
    int i = 0;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *o = argv[i];
        if (strcmp(o, "-C") == 0 && i + 1 < argc)
            l->dir = argv[++i];
        else if (strcmp(o, "--as") == 0 && i + 1 < argc)
            l->as = argv[++i];
        else if (strcmp(o, "--pin-file") == 0 && i + 1 < argc)
            l->pin_file = argv[++i];
        else if (strcmp(o, "--json") == 0)
            l->json = true;
        else if (strcmp(o, "--help") == 0 || strcmp(o, "-h") == 0)
            l->help = true;
        else if (strcmp(o, "--version") == 0)
            l->version = true;
        else {
            complain(c, WORD_BAD_OPTION, o, NULL);
            return false;
        }
    }
    l->argc = argc - i;
    l->argv = argv + i;
    return true;
}

static bool
say_args_fault(struct cli *c, enum args_fault f, const char *bad)
{
    switch (f) {
    case ARGS_FINE:
        return true;
    case ARGS_UNKNOWN:
        complain(c, WORD_BAD_OPTION, bad, NULL);
        break;
    case ARGS_NO_VALUE:
        complain(c, WORD_OPTION_NO_VALUE, bad, NULL);
        break;
    case ARGS_VALUE:
        complain(c, WORD_OPTION_VALUE, bad, NULL);
        break;
    case ARGS_TOO_MANY:
        complain(c, WORD_OPTIONS_MANY, bad, NULL);
        break;
    }
    return false;
}

/* The command's own words. -1: fine; else the exit status. */
static int
read_words(struct cli *c, const struct cmd *cmd, const struct typed *l, struct args *args)
{
    const char *bad = NULL;
    enum args_fault f = args_parse(l->argc - 1, l->argv + 1, cmd->opts, args, &bad);
    if (l->help || args_has(args, "--help")) {
        help_one(c, cmd);
        return 0;
    }
    if (!say_args_fault(c, f, bad))
        return misuse(c, cmd);
    if (args->argc < cmd->min || (cmd->max >= 0 && args->argc > cmd->max)) {
        if (args->argc < cmd->min)
            complain(c, WORD_TOO_FEW, cmd->name, NULL);
        else
            complain(c, WORD_TOO_MANY, args->argv[cmd->max], NULL);
        return misuse(c, cmd);
    }
    c->args = args;
    c->json = l->json || args_has(args, "--json");
    c->as = args_has(args, "--as") ? args_value(args, "--as") : l->as;
    if (c->json && !cmd->has_json) {
        complain(c, WORD_NO_JSON, cmd->name, NULL);
        return rc_exit(RC_USAGE);
    }
    return -1;
}

/* ---- running it */

/* The daemon reads the line as it was typed: `words` are untouched copies. RC_OFFLINE:
 * there is none. */
static enum rc
through_daemon(struct cli *c, const struct typed *l, char **words, int words_n,
               int *status)
{
    char json[] = "--json", as[] = "--as", end[] = "";
    char *who = l->as != NULL ? mem_text(l->as) : NULL;
    char **argv = mem_new(((size_t)words_n + 4) * sizeof(char *));
    int n = 0;
    if (l->json)
        argv[n++] = json;
    if (who != NULL) {
        argv[n++] = as;
        argv[n++] = who;
    }
    for (int i = 0; i < words_n; i++)
        argv[n++] = words[i];
    argv[n] = end;
    struct command command = {.argc = n,
                              .argv = argv,
                              .in_fd = c->fd,
                              .lang = lang_name(c->lang),
                              .pin = c->pin,
                              .new_pin = c->new_pin};
    enum rc rc = control_run(c->dir, &command, c->out, c->err, status);
    mem_free(argv);
    mem_free(who);
    return rc;
}

static void
wait_a_little(void)
{
    struct timespec t = {.tv_nsec = LOCK_WAIT_MS * 1000000l};
    (void)nanosleep(&t, NULL);
}

static bool
is_locked(enum rc rc, const struct fault *why)
{
    return rc == RC_BUSY && why->code == FAULT_NODE_LOCKED;
}

/* Opens the node, or has the daemon run the line (*done: its exit status is there). While
 * a command of another window has the node, it waits a moment. */
static enum rc
open_or_pass_on(struct cli *c, const struct cmd *cmd, const struct typed *l, char **words,
                int *status, bool *done, struct fault *why)
{
    enum node_mode mode = cmd->kind == CMD_WRITE ? NODE_WRITE : NODE_READ;
    enum rc rc = RC_BUSY;
    *done = false;
    for (unsigned i = 0; i < LOCK_TRIES; i++) {
        rc = node_open(c->dir, mode, &c->node, why);
        if (mode != NODE_WRITE || !is_locked(rc, why))
            return rc;
        if (c->fd >= 0 && (rc = file_spool(&c->fd, why)) != RC_OK)
            return rc;
        enum rc passed = through_daemon(c, l, words, l->argc, status);
        *done = passed == RC_OK;
        if (passed != RC_OFFLINE) {
            *why = (struct fault){0};
            return passed;
        }
        wait_a_little();
    }
    return fault_set(why, RC_BUSY, FAULT_NODE_LOCKED, "%s", c->dir);
}

static int
run_with_node(struct cli *c, const struct cmd *cmd, const struct typed *l, char **words)
{
    struct fault why = {0};
    int status = 0;
    bool done = false;
    enum rc rc = open_or_pass_on(c, cmd, l, words, &status, &done, &why);
    if (done)
        return status;
    if (rc == RC_BUSY && why.code == FAULT_NONE) { /* it died before it had answered */
        complain(c, WORD_DAEMON_GONE, NULL);
        return rc_exit(rc);
    }
    if (rc != RC_OK)
        return fail(c, rc, &why);
    status = cmd->run(c, c->args->argc, c->args->argv);
    node_close(c->node);
    c->node = NULL;
    return status;
}

/* --pin-file, before the command or behind it. 0: none, or c->pin is there. */
static int
read_pin(struct cli *c, const struct typed *l, const struct args *args,
         char pin[static PIN_BYTES_MAX + 1])
{
    struct fault why = {0};
    const char *path = args_common(args, "--pin-file");
    if (path == NULL)
        path = l->pin_file;
    enum rc rc = path != NULL ? pin_take(path, pin, &why) : RC_OK;
    c->pin = rc == RC_OK && path != NULL ? pin : NULL;
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static int
run_command(struct cli *c, const struct cmd *cmd, const struct typed *l)
{
    char pin[PIN_BYTES_MAX + 1];
    struct args *args = mem_new(sizeof(*args));
    char **words = mem_copy(l->argv, ((size_t)l->argc + 1) * sizeof(char *));
    int status = read_words(c, cmd, l, args);
    int read = status < 0 ? read_pin(c, l, args, pin) : 0;
    if (read != 0)
        status = read;
    if (status < 0) {
        status = cmd->before != NULL ? cmd->before(c) : 0;
        if (status == 0) {
            status = cmd->kind == CMD_PLAIN ? cmd->run(c, args->argc, args->argv)
                                            : run_with_node(c, cmd, l, words);
            if (cmd->after != NULL)
                status = cmd->after(c, status);
        }
    }
    if (c->fd > STDERR_FILENO)
        close(c->fd);
    c->args = NULL;
    c->pin = NULL;
    mem_wipe(pin, sizeof(pin));
    mem_free(words);
    mem_free(args);
    return status;
}

/* `linjuli help [COMMAND]`, for those who try it first. */
static int
help_line(struct cli *c, const struct typed *l)
{
    const struct cmd *cmd = l->argc > 1 ? command_find(l->argv[1]) : NULL;
    if (cmd != NULL)
        help_one(c, cmd);
    else
        help_all(c);
    return 0;
}

int
line_run(struct cli *c, int argc, char **argv)
{
    char dir[DIR_BYTES], given[DIR_BYTES];
    struct typed l = {0};
    if (!read_line(c, argc - 1, argv + 1, &l))
        return rc_exit(RC_USAGE);
    if (l.version) {
        say(c, WORD_VERSION, LINJULI_VERSION, NULL);
        return 0;
    }
    if (l.argc == 0 && !l.help) {
        complain(c, WORD_NO_COMMAND_GIVEN, NULL);
        return rc_exit(RC_USAGE);
    }
    if (l.argc == 0 || strcmp(l.argv[0], "help") == 0)
        return help_line(c, &l);
    const struct cmd *cmd = command_find(l.argv[0]);
    if (cmd == NULL) {
        complain(c, WORD_NO_COMMAND, l.argv[0], NULL);
        return rc_exit(RC_USAGE);
    }
    bool has_dir = l.dir != NULL || default_dir(given);
    if (!has_dir || !absolute(l.dir != NULL ? l.dir : given, dir)) {
        complain(c, WORD_NO_DIR, NULL);
        return rc_exit(RC_CONFIG);
    }
    c->dir = dir;
    int status = run_command(c, cmd, &l);
    c->dir = NULL;
    return status;
}

static void
show_nothing(struct cli *c)
{
    (void)c;
}

int
cli_run(struct node *n, const struct command *command, struct buf *out, struct buf *err)
{
    struct cli c = {.node = n,
                    .dir = n->dir,
                    .lang = lang_of_name(command->lang),
                    .fd = command->in_fd,
                    .pin = command->pin,
                    .new_pin = command->new_pin,
                    .is_daemon = command->is_daemon,
                    .out = out,
                    .err = err,
                    .show = show_nothing};
    struct typed l = {0};
    struct args *args = mem_new(sizeof(*args));
    int status = rc_exit(RC_USAGE);
    if (read_line(&c, command->argc, command->argv, &l) && l.argc > 0) {
        const struct cmd *cmd = command_find(l.argv[0]);
        int read = cmd != NULL ? read_words(&c, cmd, &l, args) : status;
        if (read >= 0)
            status = read;
        else if (cmd->kind == CMD_WRITE)
            status = cmd->run(&c, args->argc, args->argv);
    }
    mem_free(args);
    return status;
}
