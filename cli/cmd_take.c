#include "cli/commands.h"
#include "cli/out.h"
#include "cli/right_show.h"

struct take {
    const char *asset, *from;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    const struct take *x = arg;
    uint32_t log_no = 0;
    enum rc rc = right_log_find(c, x->from, &log_no, why);
    return rc == RC_OK ? rights_take_over(c->node->ledger, a, x->asset, log_no, why) : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct take x = {.asset = argv[0], .from = argv[1]};
    (void)argc;
    int status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_RIGHT_TOOK, x.from, NULL);
    return status;
}

const struct cmd cmd_take = {
    .name = "take",
    .kind = CMD_WRITE,
    .group = GROUP_READ,
    .usage = "ASSET LOG",
    .about = WORD_ABOUT_TAKE,
    .details = WORD_DETAILS_TAKE,
    .min = 2,
    .max = 2,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli take 0000-001-26-0007 003\n",
    .run = run,
};
