#include "cli/commands.h"
#include "cli/order_show.h"
#include "cli/out.h"
#include "cli/people.h"

#include <stdlib.h>
#include <string.h>

#define REASON_MAX 255

struct deed {
    struct cli *c;
    struct hub hub;
    uint32_t log_no, heir;
    uint8_t reason;
    struct order_result is;
    struct fault why;
};

static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    struct buf who = BUF_NONE;
    order_asker(d->c, &who);
    enum rc rc = hub_revoke(n->ledger, &d->hub, d->log_no, d->heir, d->reason,
                            buf_text(&who), &d->is, &d->why);
    buf_free(&who);
    return rc;
}

static bool
is_log(const struct log_state *log, const char *what)
{
    char hex[2 * KEY_BYTES + 1];
    char *end = NULL;
    unsigned long no = strtoul(what, &end, 10);
    hex_print(log->key.b, KEY_BYTES, hex);
    return (*end == '\0' && no == log->no) || /* a key may well begin with digits */
           (strlen(what) >= 8 && strncmp(hex, what, strlen(what)) == 0);
}

/* A person's name or post, else a log's number or the beginning of its key; of logs that
 * still write. */
static enum rc
find(struct cli *c, const char *what, uint32_t *out, struct fault *why)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    size_t found = 0;
    for (int by_log = 0; by_log < 2 && found == 0; by_log++) {
        for (size_t i = 0; i < replica_logs_n(r); i++) {
            const struct log_state *log = replica_log_at(r, i);
            bool is = by_log ? is_log(log, what) : who_is(c->node->ledger, log, what);
            if (!is || log->is_assumed || log->is_revoked)
                continue;
            *out = log->no;
            found++;
        }
    }
    if (found == 1)
        return RC_OK;
    return found > 1 ? fault_set(why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", what)
                     : fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", what);
}

static bool
number(struct cli *c, const char *option, unsigned long max, unsigned long *out)
{
    const char *text = args_value(c->args, option);
    *out = 0;
    if (text == NULL)
        return true;
    if (strlen(text) > 9 || text[0] == '\0' ||
        strspn(text, "0123456789") != strlen(text) ||
        (*out = strtoul(text, NULL, 10)) > max) {
        complain(c, WORD_OPTION_BAD, option, text, word(c, WORD_A_NUMBER), NULL);
        return false;
    }
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.c = c, .hub = cli_hub(c)};
    unsigned long heir = 0, reason = 0;
    (void)argc;
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    if (!number(c, "--heir", UINT32_MAX, &heir) ||
        !number(c, "--reason", REASON_MAX, &reason))
        return rc_exit(RC_USAGE);
    d.heir = (uint32_t)heir;
    d.reason = (uint8_t)reason;
    enum rc rc = find(c, argv[0], &d.log_no, &d.why);
    if (rc == RC_OK)
        rc = node_turn(c->node, work, &d);
    return rc == RC_OK ? order_say(c, &d.is) : fail(c, rc, &d.why);
}

static const struct opt opts[] = {{"--heir", "LOG", WORD_OPT_HEIR},
                                  {"--reason", "CODE", WORD_OPT_REASON},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_revoke = {
    .name = "revoke",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "PERSON|POST|LOG [--heir LOG] [--reason CODE]",
    .about = WORD_ABOUT_REVOKE,
    .details = WORD_DETAILS_REVOKE,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli revoke 王某 --heir 21\n",
    .run = run,
};
