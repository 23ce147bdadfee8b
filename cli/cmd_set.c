#include "cli/commands.h"
#include "cli/out.h"

struct set {
    const char *id;
    struct assign *f;
    size_t n;
};

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct set *x = arg;
    struct record_key key;
    struct ledger *l = c->node->ledger;
    enum rc rc = query_find_one(l, x->id, &key, why);
    return rc == RC_OK ? edit_set(l, a, &key, x->f, x->n, why) : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct set x = {.id = argv[0], .n = (size_t)argc - 1};
    x.f = mem_new((x.n + 1) * sizeof(*x.f));
    int status = rc_exit(RC_USAGE);
    if (assigns_parse(c, argc - 1, argv + 1, x.f))
        status = turn(c, work, &x);
    if (status == 0)
        note(c, WORD_SAVED, NULL);
    mem_free(x.f);
    return status;
}

const struct cmd cmd_set = {
    .name = "set",
    .kind = CMD_WRITE,
    .group = GROUP_DAILY,
    .usage = "ID FIELD=VALUE...",
    .about = WORD_ABOUT_SET,
    .details = WORD_DETAILS_SET,
    .min = 2,
    .max = -1,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli set 0302-017-26-0001 title=三单元楼道灯坏了\n"
               "  linjuli set 0302-017-26-0001 wanted_by=\n",
    .run = run,
};
