/* linjuli, the program. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
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
    bool whole = at == b->n;
    b->n = 0;
    return whole;
}

static void
show(struct cli *c)
{
    (void)write_out(STDOUT_FILENO, c->out);
    (void)write_out(STDERR_FILENO, c->err);
}

int
main(int argc, char **argv)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    struct cli c = {.lang = lang_of_environment(),
                    .fd = -1,
                    .is_terminal = isatty(STDIN_FILENO) == 1,
                    .sees_progress = isatty(STDERR_FILENO) == 1,
                    .out = &out,
                    .err = &err,
                    .show = show};
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core); /* keys stay out of core files */
    (void)signal(SIGPIPE,
                 SIG_IGN); /* a reader that has left is no reason to die amid a write */
    int status = rc_exit(RC_BUG);
    (void)umask(077); /* whatever a node writes is its owner's alone */
    if (crypto_init() == RC_OK)
        status = line_run(&c, argc, argv);
    bool told = write_out(STDOUT_FILENO, c.out);
    (void)write_out(STDERR_FILENO, c.err);
    buf_free(&out);
    buf_free(&err);
    /* Done, and nobody could be told: a full disk behind stdout is no success. */
    return status == 0 && !told ? rc_exit(RC_IO) : status;
}
