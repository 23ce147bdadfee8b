#include "cli/commands.h"
#include "cli/out.h"

struct add {
    const char *type;
    struct assign *f;
    size_t n;
    uint32_t unit;
    struct made made;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct add *x = arg;
    enum rc rc = unit_given(c, a, &x->unit, why);
    return rc != RC_OK ? rc
                       : edit_add(c->node->ledger, a, x->type, x->unit, x->f, x->n,
                                  &x->made, why);
}

static void
tell(struct cli *c, const struct add *x)
{
    char id[2 * RECORD_ID_BYTES + 1];
    hex_print(x->made.key.id, RECORD_ID_BYTES, id);
    if (!c->json) {
        buf_addf(c->out, "%s %s\n", x->made.number, id);
        note(c, WORD_SAVED_AS, x->made.number, NULL);
        return;
    }
    json_t *json = json_object();
    json_object_set_new(json, "number", json_string(x->made.number));
    json_object_set_new(json, "id", json_string(id));
    json_object_set_new(json, "type", json_of_text(slice_text(x->type)));
    json_object_set_new(json, "unit", json_of_unit(x->unit));
    out_json(c->out, json);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct add x = {.type = argv[0], .n = (size_t)argc - 1};
    x.f = mem_new((x.n + 1) * sizeof(*x.f));
    int status = rc_exit(RC_USAGE);
    if (assigns_parse(c, argc - 1, argv + 1, x.f))
        status = turn(c, work, &x);
    if (status == 0)
        tell(c, &x);
    mem_free(x.f);
    return status;
}

static const struct opt opts[] = {{"--unit", "UNIT", WORD_OPT_UNIT},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_add = {
    .name = "add",
    .kind = CMD_WRITE,
    .group = GROUP_DAILY,
    .usage = "TYPE FIELD=VALUE... [--unit UNIT]",
    .about = WORD_ABOUT_ADD,
    .details = WORD_DETAILS_ADD,
    .opts = opts,
    .min = 1,
    .max = -1,
    .has_json = true,
    .exits = {65, 66, 75, 77},
    .example =
        "  linjuli add need title=楼道灯坏了 urgency=urgent\n"
        "  linjuli add org_unit code=0302 name=星火党小组 kind=group --unit 0000\n",
    .run = run,
};
