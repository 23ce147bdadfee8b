#include "cli/commands.h"

struct move_to {
    char **id;
    int n;
    const char *state;
};

/* All or none: the first that is refused takes the others back. */
static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct move_to *x = arg;
    struct record_key key;
    struct ledger *l = c->node->ledger;
    enum rc rc = RC_OK;
    for (int i = 0; i < x->n && rc == RC_OK; i++) {
        rc = query_find_one(l, x->id[i], &key, why);
        if (rc == RC_OK)
            rc = edit_move(l, a, &key, x->state, args_value(c->args, "--why"), why);
        if (rc != RC_OK && x->n > 1)
            complain(c, WORD_MOVE_STOPS, x->id[i], NULL);
    }
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct move_to x = {argv, argc - 1, argv[argc - 1]};
    int status = turn(c, work, &x);
    if (status == 0 && x.n > 1)
        note(c, WORD_MOVE_ALL, num(c, (uint64_t)x.n), NULL);
    else if (status == 0)
        note(c, WORD_SAVED, NULL);
    return status;
}

static const struct opt opts[] = {{"--why", "TEXT", WORD_OPT_WHY},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_move = {
    .name = "move",
    .kind = CMD_WRITE,
    .group = GROUP_DAILY,
    .usage = "ID... STATE [--why TEXT]",
    .about = WORD_ABOUT_MOVE,
    .details = WORD_DETAILS_MOVE,
    .opts = opts,
    .min = 2,
    .max = -1,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli move 0302-017-26-0001 claimed --why 物业认领\n"
               "  linjuli move 0302-017-26-0001 0302-017-26-0002 checked\n",
    .run = run,
};
