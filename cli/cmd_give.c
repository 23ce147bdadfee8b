#include "cli/commands.h"
#include "cli/out.h"
#include "cli/right_show.h"

struct give {
    const char *asset, *to;
    uint64_t amount;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    const struct give *x = arg;
    uint32_t log_no = 0;
    enum rc rc = right_log_find(c, x->to, &log_no, why);
    return rc == RC_OK ? rights_give(c->node->ledger, a, x->asset, x->amount, log_no, why)
                       : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct give x = {.asset = argv[0], .to = argv[2]};
    (void)argc;
    if (!right_amount_parse(c, argv[1], &x.amount))
        return rc_exit(RC_USAGE);
    int status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_RIGHT_GAVE, num(c, x.amount), x.to, NULL);
    return status;
}

const struct cmd cmd_give = {
    .name = "give",
    .kind = CMD_WRITE,
    .group = GROUP_READ,
    .usage = "ASSET AMOUNT MEMBER|LOG",
    .about = WORD_ABOUT_GIVE,
    .details = WORD_DETAILS_GIVE,
    .min = 3,
    .max = 3,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli give 0000-001-26-0007 20 王芳\n"
               "  linjuli give 0000-001-26-0007 20 003\n",
    .run = run,
};
