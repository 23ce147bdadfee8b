#include "cli/commands.h"
#include "cli/case_show.h"
#include "cli/out.h"

struct told {
    struct cli *c;
    json_t *json;
    uint64_t n;
};

static bool
take(void *arg, const struct case_row *row)
{
    struct told *t = arg;
    if (t->json != NULL)
        json_array_append_new(t->json, case_json(t->c, row));
    else
        case_add(t->c, row);
    t->n++;
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct told t = {.c = c, .json = c->json ? json_array() : NULL};
    (void)argc;
    (void)argv;
    enum rc rc = query_cases(c->node->ledger, take, &t);
    if (rc != RC_OK) {
        json_decref(t.json);
        return fail(c, rc, NULL);
    }
    if (t.json != NULL)
        out_json(c->out, t.json);
    else if (t.n == 0)
        note(c, WORD_NO_CASES, NULL);
    else
        note(c, WORD_CASES_NEXT, NULL);
    return 0;
}

const struct cmd cmd_cases = {
    .name = "cases",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "",
    .about = WORD_ABOUT_CASES,
    .details = WORD_DETAILS_CASES,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli cases --json\n",
    .run = run,
};
