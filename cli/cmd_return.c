#include "cli/commands.h"
#include "cli/out.h"
#include "cli/right_show.h"

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    return rights_return(c->node->ledger, a, arg, why);
}

static int
run(struct cli *c, int argc, char **argv)
{
    (void)argc;
    int status = turn(c, work, argv[0]);
    if (status == 0)
        note(c, WORD_RIGHT_BACK, argv[0], NULL);
    return status;
}

const struct cmd cmd_return = {
    .name = "return",
    .kind = CMD_WRITE,
    .group = GROUP_READ,
    .usage = "SPEND|RECORD",
    .about = WORD_ABOUT_RETURN,
    .details = WORD_DETAILS_RETURN,
    .min = 1,
    .max = 1,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli rights 0000-001-26-0007\n"
               "  linjuli return 17:40:1\n",
    .run = run,
};
