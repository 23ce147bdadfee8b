#include "cli/commands.h"
#include "cli/out.h"

#include <stdio.h>

struct told {
    struct cli *c;
    json_t *scopes; /* NULL: text */
};

static void
take(void *arg, uint32_t scope, const uint8_t digest[16])
{
    struct told *t = arg;
    char hex[33], no[16];
    hex_print(digest, 16, hex);
    (void)snprintf(no, sizeof(no), "%u", scope);
    if (t->scopes != NULL)
        json_object_set_new(t->scopes, no, json_string(hex));
    else
        buf_addf(t->c->out, "scope %s %s\n", no, hex);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct told t = {.c = c, .scopes = c->json ? json_object() : NULL};
    uint8_t log[16];
    char hex[33];
    (void)argc;
    (void)argv;
    replica_digest(ledger_replica(c->node->ledger), log);
    hex_print(log, sizeof(log), hex);
    if (!c->json)
        buf_addf(c->out, "log %s\n", hex);
    bool only_log = args_has(c->args, "--log");
    enum rc rc = only_log ? RC_OK : ledger_digest(c->node->ledger, take, &t);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "log", json_string(hex));
        json_object_set_new(json, "scopes", t.scopes);
        if (rc == RC_OK)
            out_json(c->out, json_incref(json));
        json_decref(json);
    }
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

static const struct opt opts[] = {{"--log", NULL, WORD_OPT_DIGEST_LOG},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_digest = {
    .name = "digest",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "[--log]",
    .about = WORD_ABOUT_DIGEST,
    .details = WORD_DETAILS_DIGEST,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli digest\n",
    .run = run,
};
