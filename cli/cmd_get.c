#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

static bool
take(void *arg, const struct record_row *r)
{
    struct cli *c = arg;
    if (c->json)
        out_json(c->out, record_json(c, r));
    else
        record_add(c, r);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct record_key key;
    (void)argc;
    enum rc rc = query_find_one(c->node->ledger, argv[0], &key, &why);
    if (rc == RC_OK)
        rc = query_get(c->node->ledger, &key, take, c);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

const struct cmd cmd_get = {
    .name = "get",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "ID",
    .about = WORD_ABOUT_GET,
    .details = WORD_DETAILS_ID,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 77},
    .example = "  linjuli get 0302-017-26-0001\n"
               "  linjuli get 0192f3 --json\n",
    .run = run,
};
