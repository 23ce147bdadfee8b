#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

/* --limit N; 0: all. */
static bool
limit_given(struct cli *c, uint64_t *out)
{
    const char *text = args_value(c->args, "--limit");
    *out = 0;
    if (text == NULL)
        return true;
    if (text[0] == '\0' || strlen(text) > 9 ||
        strspn(text, "0123456789") != strlen(text)) {
        complain(c, WORD_BAD_NUMBER, "--limit", text, NULL);
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    size_t n = (size_t)argc - 1;
    uint64_t limit = 0;
    struct assign *f = mem_new((n + 1) * sizeof(*f));
    struct filter *filters = mem_new((n + 1) * sizeof(*filters));
    struct rows rows = {.c = c};
    int status = rc_exit(RC_USAGE);
    if (limit_given(c, &limit) && assigns_parse(c, argc - 1, argv + 1, f)) {
        for (size_t i = 0; i < n; i++)
            filters[i] = (struct filter){f[i].field, f[i].value};
        rows.json = c->json ? json_array() : NULL;
        struct wanted_list want = {.f = filters,
                                   .n = n,
                                   .like = args_value(c->args, "--like"),
                                   .sort = args_value(c->args, "--sort"),
                                   .limit = limit};
        enum rc rc =
            query_listing(c->node->ledger, argv[0], &want, rows_show, &rows, &why);
        status = rc == RC_OK ? 0 : fail(c, rc, &why);
        if (status == 0)
            rows_done(&rows);
        else
            json_decref(rows.json);
    }
    mem_free(filters);
    mem_free(f);
    return status;
}

static const struct opt opts[] = {{"--like", "TEXT", WORD_OPT_LIKE},
                                  {"--sort", "FIELD", WORD_OPT_SORT},
                                  {"--limit", "N", WORD_OPT_LIMIT},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_list = {
    .name = "list",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "TYPE [FIELD=VALUE...] [--like TEXT] [--sort FIELD] [--limit N]",
    .about = WORD_ABOUT_LIST,
    .details = WORD_DETAILS_LIST,
    .opts = opts,
    .min = 1,
    .max = -1,
    .has_json = true,
    .exits = {65, 66},
    .example = "  linjuli list need state=listed unit=0302\n"
               "  linjuli list resident --like wf --sort name\n",
    .run = run,
};
