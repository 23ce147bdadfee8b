#include "cli/commands.h"
#include "cli/out.h"

#include <string.h>

struct undo {
    const char *name;
    uint8_t batch[RECORD_ID_BYTES];
    uint64_t undone, kept;
};

static bool
is_batch(struct undo *x)
{
    return strlen(x->name) == 2 * RECORD_ID_BYTES &&
           hex_parse(x->name, RECORD_ID_BYTES, x->batch);
}

static enum rc
take_back(struct ledger *l, const struct author *a, struct undo *x, struct fault *why)
{
    struct record_key key;
    enum rc rc = query_find_one(l, x->name, &key, why);
    if (rc == RC_OK)
        rc = edit_take_back(l, a, &key, why);
    x->undone = 1;
    return rc;
}

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct undo *x = arg;
    struct ledger *l = c->node->ledger;
    enum rc rc =
        is_batch(x) ? edit_undo(l, a, x->batch, &x->undone, &x->kept, why) : RC_NOTFOUND;
    return rc == RC_NOTFOUND ? take_back(l, a, x, why) : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct undo x = {.name = argv[0]};
    (void)argc;
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
    .usage = "BATCH|ID",
    .about = WORD_ABOUT_UNDO,
    .details = WORD_DETAILS_UNDO,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli undo 0192f3a5c1d84b7e9f00112233445566\n"
               "  linjuli undo 0302-017-26-0001\n",
    .run = run,
};
