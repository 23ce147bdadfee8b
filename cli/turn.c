/* One durable turn of one person. */
#include "cli/cli.h"

#include <string.h>

#include "cli/people.h"

struct hub
cli_hub(const struct cli *c)
{
    return (struct hub){.hub = &c->node->hub,
                        .officer = c->node->officer,
                        .officers_n = c->node->officers_n};
}

static enum rc
author_as(struct cli *c, struct author *out, struct fault *why)
{
    struct node *n = c->node;
    enum rc rc = RC_NOTFOUND;
    for (size_t i = n->logs_n; rc != RC_OK && i-- > 0;) {
        const struct log_state *log =
            replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        if (log != NULL && who_is(n->ledger, log, c->as))
            rc = node_author_at(n, i, out, why);
    }
    if (rc == RC_NOTFOUND)
        return fault_set(why, RC_DENIED, FAULT_NO_LOG_OF, "%s", c->as);
    return rc;
}

enum rc
cli_author(struct cli *c, struct author *out, struct fault *why)
{
    return c->as != NULL ? author_as(c, out, why) : node_author(c->node, out, why);
}

struct work {
    struct cli *c;
    turn_fn work;
    void *arg;
    struct fault why;
};

static enum rc
do_work(struct node *n, void *arg)
{
    struct work *w = arg;
    struct author a;
    (void)n;
    enum rc rc = cli_author(w->c, &a, &w->why);
    return rc == RC_OK ? w->work(w->c, &a, w->arg, &w->why) : rc;
}

int
turn(struct cli *c, turn_fn work, void *arg)
{
    struct work w = {.c = c, .work = work, .arg = arg};
    if (c->as == NULL && node_must_renew(c->node)) {
        enum rc made = node_renew(c->node, &w.why);
        if (made != RC_OK)
            return fail(c, made, &w.why);
        note(c, WORD_COPY, NULL);
        note(c, WORD_COPY_INVITE, NULL);
    }
    enum rc rc = node_turn(c->node, do_work, &w);
    return rc == RC_OK ? 0 : fail(c, rc, &w.why);
}

bool
unit_parse(const char *text, uint32_t *out)
{
    uint32_t unit = 0;
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return false;
    for (const char *p = text; *p != '\0'; p++)
        unit = unit * 10 + (uint32_t)(*p - '0');
    *out = unit;
    return true;
}

enum rc
unit_given(struct cli *c, const struct author *a, uint32_t *out, struct fault *why)
{
    const char *text = args_value(c->args, "--unit");
    *out = a->unit;
    if (text == NULL || unit_parse(text, out))
        return RC_OK;
    fault_set(why, RC_USAGE, FAULT_BAD_CODE, "--unit");
    fault_want(why, "0000..9999");
    return RC_USAGE;
}

bool
assigns_parse(struct cli *c, int argc, char **argv, struct assign *out)
{
    for (int i = 0; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL || equals == argv[i]) {
            complain(c, WORD_NO_ASSIGN, argv[i], NULL);
            return false;
        }
        *equals = '\0';
        out[i] = (struct assign){.field = argv[i], .value = equals + 1};
    }
    return true;
}
