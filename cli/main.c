#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DIR_BYTES 4096

struct line { /* what stands before the command */
    const char *dir, *as;
    bool json, help;
    int argc;
    char **argv; /* argv[0]: the command's name */
};

static void
write_out(int fd, struct buf *b)
{
    size_t at = 0;
    while (at < b->n) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    b->n = 0;
}

static void
show(struct cli *c)
{
    write_out(STDOUT_FILENO, c->out);
    write_out(STDERR_FILENO, c->err);
}

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
    int n = dir[0] == '/' ? snprintf(out, DIR_BYTES, "%s", dir)
            : getcwd(cwd, sizeof(cwd)) != NULL
                ? snprintf(out, DIR_BYTES, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, dir)
                : -1;
    return n > 0 && n < DIR_BYTES;
}

static bool
read_line(struct cli *c, int argc, char **argv, struct line *l)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *o = argv[i];
        if (strcmp(o, "-C") == 0 && i + 1 < argc)
            l->dir = argv[++i];
        else if (strcmp(o, "--as") == 0 && i + 1 < argc)
            l->as = argv[++i];
        else if (strcmp(o, "--json") == 0)
            l->json = true;
        else if (strcmp(o, "--help") == 0 || strcmp(o, "-h") == 0)
            l->help = true;
        else if (strcmp(o, "--version") == 0)
            l->argv = NULL;
        else {
            complain(c, WORD_BAD_OPTION, o);
            return false;
        }
    }
    l->argc = argc - i;
    l->argv = argv + i;
    return true;
}

static int
run_here(struct cli *c, const struct cmd *cmd, const struct line *l)
{
    return cmd->run(c, l->argc - 1, l->argv + 1);
}

static int
through_daemon(struct cli *c, const struct line *l)
{
    int status = 0;
    /* The daemon sees the whole line, so that both ways read options alike. */
    char **argv = mem_new(((size_t)l->argc + 4) * sizeof(char *));
    int n = 0;
    char json[] = "--json";
    char as[] = "--as";
    char *who = l->as != NULL ? mem_text(l->as) : NULL;
    if (l->json)
        argv[n++] = json;
    if (who != NULL) {
        argv[n++] = as;
        argv[n++] = who;
    }
    for (int i = 0; i < l->argc; i++)
        argv[n++] = l->argv[i];
    struct command command = {
        .argc = n, .argv = argv, .in_fd = c->in_fd, .lang = lang_name(c->lang)};
    enum rc rc = control_run(c->dir, &command, c->out, c->err, &status);
    mem_free(argv);
    mem_free(who);
    if (rc == RC_OFFLINE) {
        /* Locked, but nobody answers: a command of another window is at work. */
        struct fault why;
        return fail(c, fault_set(&why, RC_BUSY, FAULT_NODE_LOCKED, "%s", c->dir), &why);
    }
    return rc == RC_OK ? status : fail(c, rc, NULL);
}

static int
run_with_node(struct cli *c, const struct cmd *cmd, const struct line *l)
{
    struct fault why = {0};
    enum node_mode mode = cmd->kind == CMD_WRITE ? NODE_WRITE : NODE_READ;
    enum rc rc = node_open(c->dir, mode, &c->node, &why);
    if (rc == RC_BUSY && mode == NODE_WRITE)
        return through_daemon(c, l);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    int status = run_here(c, cmd, l);
    node_close(c->node);
    c->node = NULL;
    return status;
}

static const struct cmd *
find(const char *name)
{
    for (const struct cmd *cmd = commands; cmd->name != NULL; cmd++)
        if (strcmp(cmd->name, name) == 0)
            return cmd;
    return NULL;
}

static bool
wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int
run_line(struct cli *c, const struct line *l)
{
    char dir[DIR_BYTES], given[DIR_BYTES];
    c->json = l->json;
    c->as = l->as;
    if (l->argv == NULL) {
        say(c, WORD_VERSION, LINJULI_VERSION);
        return 0;
    }
    if (l->argc == 0) {
        help_all(c);
        return l->help ? 0 : rc_exit(RC_USAGE);
    }
    const struct cmd *cmd = find(l->argv[0]);
    if (cmd == NULL) {
        complain(c, WORD_NO_COMMAND, l->argv[0]);
        return rc_exit(RC_USAGE);
    }
    if (l->help || wants_help(l->argc - 1, l->argv + 1)) {
        help_one(c, cmd);
        return 0;
    }
    if (l->dir == NULL && !default_dir(given)) {
        complain(c, WORD_NO_DIR);
        return rc_exit(RC_CONFIG);
    }
    if (!absolute(l->dir != NULL ? l->dir : given, dir)) {
        complain(c, WORD_NO_DIR);
        return rc_exit(RC_CONFIG);
    }
    c->dir = dir;
    return cmd->kind == CMD_PLAIN ? run_here(c, cmd, l) : run_with_node(c, cmd, l);
}

/* The daemon's side: the node is open, the line came over the control socket. */
int
cli_run(struct node *n, const struct command *command, struct buf *out, struct buf *err)
{
    struct cli c = {.node = n,
                    .dir = n->dir,
                    .lang = lang_of_name(command->lang),
                    .in_fd = command->in_fd,
                    .out = out,
                    .err = err};
    struct line l = {0};
    char **argv = mem_new(((size_t)command->argc + 2) * sizeof(char *));
    for (int i = 0; i < command->argc; i++)
        argv[i + 1] = command->argv[i];
    int status = rc_exit(RC_USAGE);
    if (read_line(&c, command->argc + 1, argv, &l) && l.argv != NULL && l.argc > 0) {
        const struct cmd *cmd = find(l.argv[0]);
        c.json = l.json;
        c.as = l.as;
        if (cmd != NULL && cmd->kind == CMD_WRITE)
            status = run_here(&c, cmd, &l);
    }
    mem_free(argv);
    return status;
}

int
main(int argc, char **argv)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    struct line l = {0};
    struct cli c = {.lang = lang_of_environment(),
                    .in_fd = STDIN_FILENO,
                    .is_terminal = isatty(STDIN_FILENO) == 1,
                    .out = &out,
                    .err = &err,
                    .show = show};
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core); /* keys stay out of core files */
    int status = rc_exit(RC_BUG);
    if (crypto_init() == RC_OK)
        status = read_line(&c, argc, argv, &l) ? run_line(&c, &l) : rc_exit(RC_USAGE);
    show(&c);
    buf_free(&out);
    buf_free(&err);
    return status;
}
