#include "cli/commands.h"
#include "cli/out.h"

#include <stdlib.h>
#include <string.h>

struct deed {
    struct hub hub;
    uint32_t unit;
    bool has_unit;
    size_t n;
};

/* A unit's own scope and, of a group, its care scope. */
static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    const struct authority *a = replica_authority(ledger_replica(n->ledger));
    enum rc rc = RC_NOTFOUND;
    if (!d->has_unit)
        return hub_rotate(n->ledger, &d->hub, SCOPE_ALL, &d->n);
    for (size_t i = 0; i < authority_scopes_n(a); i++) {
        const struct scope_info *s = authority_scope_at(a, i);
        size_t one = 0;
        if (s->unit != d->unit || s->kind == SCOPE_COMMUNITY)
            continue;
        rc = hub_rotate(n->ledger, &d->hub, s->no, &one);
        if (rc != RC_OK)
            return rc;
        d->n += one;
        a = replica_authority(ledger_replica(n->ledger));
    }
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.hub = cli_hub(c), .has_unit = argc > 0};
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    if (argc > 0 && !unit_parse(argv[0], &d.unit))
        return misuse(c, &cmd_rotate);
    enum rc rc = node_turn(c->node, work, &d);
    if (rc != RC_OK) {
        struct fault why = {0};
        return fail(c,
                    fault_set(&why, rc, FAULT_NOT_FOUND, "%s", argc > 0 ? argv[0] : ""),
                    rc == RC_NOTFOUND ? &why : NULL);
    }
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "scopes", json_of_u64(d.n));
        out_json(c->out, json);
    } else {
        say(c, WORD_ROTATED, num(c, d.n), NULL);
    }
    return 0;
}

const struct cmd cmd_rotate = {
    .name = "rotate",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "[UNIT]",
    .about = WORD_ABOUT_ROTATE,
    .details = WORD_DETAILS_ROTATE,
    .max = 1,
    .has_json = true,
    .exits = {66, 75, 77},
    .example = "  linjuli rotate\n"
               "  linjuli rotate 0302\n",
    .run = run,
};
