#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#define CHOICE_DIGITS_MAX 4

struct settle {
    const char *name;
    unsigned choice;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct settle *x = arg;
    return edit_settle(c->node->ledger, a, x->name, x->choice, why);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct settle x = {.name = argv[0]};
    size_t n = strlen(argv[1]);
    (void)argc;
    if (n == 0 || n > CHOICE_DIGITS_MAX || strspn(argv[1], "0123456789") != n) {
        complain(c, WORD_BAD_NUMBER, "CHOICE", argv[1], NULL);
        return rc_exit(RC_USAGE);
    }
    x.choice = (unsigned)strtoul(argv[1], NULL, 10);
    int status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_SETTLED, x.name, NULL);
    return status;
}

const struct cmd cmd_settle = {
    .name = "settle",
    .kind = CMD_WRITE,
    .group = GROUP_DAILY,
    .usage = "CASE CHOICE",
    .about = WORD_ABOUT_SETTLE,
    .details = WORD_DETAILS_SETTLE,
    .min = 2,
    .max = 2,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli cases\n"
               "  linjuli settle 3fa2b1c0 2\n",
    .run = run,
};
