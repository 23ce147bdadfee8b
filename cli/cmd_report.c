#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report_show.h"
#include "cli/show.h"

/* Which there are. */
static int
tell_all(struct cli *c)
{
    struct fault why = {0};
    struct reports *all = NULL;
    enum rc rc = reports_parse(embed_reports, ledger_types(c->node->ledger), &all, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    json_t *list = json_array();
    for (size_t i = 0; i < reports_n(all); i++) {
        const struct report *r = reports_at(all, i);
        const char *label = label_of(c, &r->label, r->name);
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", r->name, "label", label));
        if (c->json)
            continue;
        out_padded(c->out, r->name, 16);
        buf_addf(c->out, "%s\n", label);
    }
    if (c->json)
        out_json(c->out, json_incref(list));
    json_decref(list);
    reports_free(all);
    return 0;
}

static int
run(struct cli *c, int argc, char **argv)
{
    return argc == 0 ? tell_all(c) : report_say(c, argv[0]);
}

static const struct opt opts[] = {{"--from", "DATE", WORD_OPT_REPORT_FROM},
                                  {"--to", "DATE", WORD_OPT_REPORT_TO},
                                  {"--unit", "UNIT", WORD_OPT_REPORT_UNIT},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_report = {
    .name = "report",
    .kind = CMD_READ,
    .group = GROUP_SHEETS,
    .usage = "[NAME] [--from DATE] [--to DATE] [--unit UNIT]",
    .about = WORD_ABOUT_REPORT,
    .details = WORD_DETAILS_REPORT,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {1},
    .example = "  linjuli report\n"
               "  linjuli report weekly --from 2026-11-23\n",
    .run = run,
};
