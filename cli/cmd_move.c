#include "cli/commands.h"

struct move_to {
    const char *id, *state;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct move_to *x = arg;
    struct record_key key;
    struct ledger *l = c->node->ledger;
    enum rc rc = query_find_one(l, x->id, &key, why);
    return rc == RC_OK
               ? edit_move(l, a, &key, x->state, args_value(c->args, "--why"), why)
               : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct move_to x = {argv[0], argv[1]};
    (void)argc;
    int status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_SAVED, NULL);
    return status;
}

static const struct opt opts[] = {{"--why", "TEXT", WORD_OPT_WHY},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_move = {
    .name = "move",
    .kind = CMD_WRITE,
    .group = GROUP_DAILY,
    .usage = "ID STATE [--why TEXT]",
    .about = WORD_ABOUT_MOVE,
    .details = WORD_DETAILS_MOVE,
    .opts = opts,
    .min = 2,
    .max = 2,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli move 0302-017-26-0001 claimed --why 物业认领\n",
    .run = run,
};
