#include "cli/commands.h"
#include "cli/out.h"

struct reclassify {
    const char *id, *type;
    struct assign *f;
    size_t n;
    struct made made;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct reclassify *x = arg;
    struct record_key key;
    struct ledger *l = c->node->ledger;
    enum rc rc = query_find_one(l, x->id, &key, why);
    return rc == RC_OK ? edit_turn(l, a, &key, x->type, x->f, x->n,
                                   args_value(c->args, "--why"), &x->made, why)
                       : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct reclassify x = {.id = argv[0], .type = argv[1], .n = (size_t)argc - 2};
    x.f = mem_new((x.n + 1) * sizeof(*x.f));
    int status = rc_exit(RC_USAGE);
    if (assigns_parse(c, argc - 2, argv + 2, x.f))
        status = turn(c, work, &x);
    if (status == 0) {
        char id[2 * RECORD_ID_BYTES + 1];
        hex_print(x.made.key.id, RECORD_ID_BYTES, id);
        buf_addf(c->out, "%s %s\n", x.made.number, id);
        note(c, WORD_SAVED_AS, x.made.number, NULL);
    }
    mem_free(x.f);
    return status;
}

static const struct opt opts[] = {{"--why", "TEXT", WORD_OPT_WHY},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_reclassify = {
    .name = "reclassify",
    .kind = CMD_WRITE,
    .group = GROUP_SHEETS,
    .usage = "ID TYPE [FIELD=VALUE...] [--why TEXT]",
    .about = WORD_ABOUT_RECLASSIFY,
    .details = WORD_DETAILS_RECLASSIFY,
    .opts = opts,
    .min = 2,
    .max = -1,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli reclassify 0302-017-26-0001 need --why 居民要的是长椅\n",
    .run = run,
};
