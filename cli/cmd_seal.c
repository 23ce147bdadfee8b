#include "cli/commands.h"
#include "cli/out.h"

#define SEALS_MAX 1000 /* what does not fit one is cut into several */

static enum rc
work(struct node *n, void *arg)
{
    struct hub hub = {.hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
    return hub_seal(n->ledger, &hub, arg);
}

static void
not_hub(struct cli *c)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    if (node_awaits_succession(c->node))
        complain(c, WORD_SEAL_RESTORED, NULL);
    else if (c->node->has_hub && !hub_is_here(c->node->ledger, &c->node->hub.pub))
        complain(c, WORD_SEAL_REPLACED, num(c, authority_reign(a)), NULL);
    else
        complain(c, WORD_NOT_HUB, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    uint64_t no = 0, n = 0;
    enum rc rc = RC_OK;
    (void)argc;
    (void)argv;
    if (!node_may_seal(c->node)) {
        not_hub(c);
        return rc_exit(RC_DENIED);
    }
    while (rc == RC_OK && n < SEALS_MAX) {
        uint64_t one = 0;
        rc = node_turn(c->node, work, &one);
        if (rc == RC_OK) {
            no = one;
            n++;
        }
    }
    if (rc != RC_OK && rc != RC_NO)
        return fail(c, rc, NULL);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "seals", json_of_u64(n));
        json_object_set_new(json, "no", n > 0 ? json_of_u64(no) : json_null());
        out_json(c->out, json);
    } else if (n == 0) {
        say(c, WORD_NOTHING_TO_SEAL, NULL);
    } else {
        say(c, WORD_SEALED_NO, num(c, no), NULL);
    }
    return 0;
}

const struct cmd cmd_seal = {
    .name = "seal",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "",
    .about = WORD_ABOUT_SEAL,
    .details = WORD_DETAILS_SEAL,
    .max = 0,
    .has_json = true,
    .exits = {66, 75, 77},
    .example = "  linjuli seal\n",
    .run = run,
};
