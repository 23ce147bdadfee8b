#include "cli/commands.h"
#include "cli/out.h"

#include <string.h>

struct undo {
    uint8_t batch[RECORD_ID_BYTES];
    uint64_t undone, kept;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct undo *x = arg;
    return edit_undo(c->node->ledger, a, x->batch, &x->undone, &x->kept, why);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct undo x = {0};
    (void)argc;
    if (strlen(argv[0]) != 2 * RECORD_ID_BYTES ||
        !hex_parse(argv[0], RECORD_ID_BYTES, x.batch)) {
        complain(c, WORD_BAD_BATCH, argv[0], NULL);
        return rc_exit(RC_USAGE);
    }
    int status = turn(c, work, &x);
    if (status != 0)
        return status;
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "undone", json_of_u64(x.undone));
        json_object_set_new(json, "kept", json_of_u64(x.kept));
        out_json(c->out, json);
    } else {
        say(c, WORD_UNDONE, num(c, x.undone), num(c, x.kept), NULL);
    }
    return 0;
}

const struct cmd cmd_undo = {
    .name = "undo",
    .kind = CMD_WRITE,
    .group = GROUP_SHEETS,
    .usage = "BATCH",
    .about = WORD_ABOUT_UNDO,
    .details = WORD_DETAILS_UNDO,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli undo 0192f3a5c1d84b7e9f00112233445566\n",
    .run = run,
};
