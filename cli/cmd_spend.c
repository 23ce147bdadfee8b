#include "cli/commands.h"
#include "cli/out.h"
#include "cli/right_show.h"

struct spend {
    const char *asset, *record;
    uint64_t amount;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    const struct spend *x = arg;
    return rights_spend(c->node->ledger, a, x->asset, x->amount, x->record, why);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct spend x = {.asset = argv[0], .record = argv[2]};
    (void)argc;
    if (!right_amount_parse(c, argv[1], &x.amount))
        return rc_exit(RC_USAGE);
    int status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_RIGHT_USED, num(c, x.amount), x.record, NULL);
    return status;
}

const struct cmd cmd_spend = {
    .name = "spend",
    .kind = CMD_WRITE,
    .group = GROUP_READ,
    .usage = "ASSET AMOUNT RECORD",
    .about = WORD_ABOUT_SPEND,
    .details = WORD_DETAILS_SPEND,
    .min = 3,
    .max = 3,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli spend 0000-001-26-0007 60 0302-017-26-0012\n",
    .run = run,
};
