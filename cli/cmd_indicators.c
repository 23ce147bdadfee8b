#include "cli/commands.h"
#include "cli/report_show.h"

static int
run(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return report_say(c, "indicators");
}

static const struct opt opts[] = {{"--unit", "UNIT", WORD_OPT_REPORT_UNIT},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_indicators = {
    .name = "indicators",
    .kind = CMD_READ,
    .group = GROUP_SHEETS,
    .usage = "[--unit UNIT]",
    .about = WORD_ABOUT_INDICATORS,
    .details = WORD_DETAILS_INDICATORS,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .example = "  linjuli indicators\n",
    .run = run,
};
