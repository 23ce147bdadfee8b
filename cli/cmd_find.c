#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

#define FOUND_MAX 1000

static int
run(struct cli *c, int argc, char **argv)
{
    struct rows rows = {.c = c, .typed = true, .json = c->json ? json_array() : NULL};
    (void)argc;
    enum rc rc = query_text(c->node->ledger, argv[0], FOUND_MAX, rows_show, &rows);
    if (rc != RC_OK) {
        json_decref(rows.json);
        return fail(c, rc, NULL);
    }
    rows_done(&rows);
    return rows.n > 0 ? 0 : rc_exit(RC_NO);
}

const struct cmd cmd_find = {
    .name = "find",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "TEXT",
    .about = WORD_ABOUT_FIND,
    .details = WORD_DETAILS_FIND,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1},
    .example = "  linjuli find 楼道灯\n",
    .run = run,
};
