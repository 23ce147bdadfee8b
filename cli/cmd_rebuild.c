#include "cli/commands.h"

#define STEP 1000

/* A line that writes over itself, for somebody who looks. */
static void
progress(void *arg, uint64_t done, uint64_t all)
{
    struct cli *c = arg;
    if (!c->sees_progress || (done % STEP != 0 && done != all))
        return;
    buf_addf(c->err, "\r%llu / %llu ", (unsigned long long)done, (unsigned long long)all);
    if (done == all)
        buf_addf(c->err, "\n");
    c->show(c);
}

static int
run(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    enum rc rc = ledger_rebuild(c->node->ledger, progress, c);
    if (rc != RC_OK)
        return fail(c, rc, NULL);
    say(c, WORD_REBUILT, NULL);
    return 0;
}

const struct cmd cmd_rebuild = {
    .name = "rebuild",
    .kind = CMD_WRITE,
    .group = GROUP_CARE,
    .usage = "",
    .about = WORD_ABOUT_REBUILD,
    .details = WORD_DETAILS_REBUILD,
    .max = 0,
    .exits = {66, 75},
    .example = "  linjuli rebuild\n",
    .run = run,
};
