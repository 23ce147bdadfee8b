/* One durable turn of one person. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "cli/people.h"
#include "schema/invite_text.h"

struct hub
cli_hub(const struct cli *c)
{
    return (struct hub){.hub = &c->node->hub,
                        .officer = c->node->officer,
                        .officers_n = c->node->officers_n};
}

/* May it write, but for a lock? */
static bool
may_write(struct node *n, size_t i)
{
    struct author a;
    struct fault why = {0};
    enum rc rc = node_author_at(n, i, &a, &why);
    return rc == RC_OK || why.code == FAULT_LOG_LOCKED;
}

/* The newest own log that is meant; first among those that may write. `by_log`: a log
 * number, else a name or post. */
static bool
find_place(struct cli *c, bool by_log, bool writes, size_t *out)
{
    struct node *n = c->node;
    for (size_t i = n->logs_n; i-- > 0;) {
        const struct log_state *log =
            replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        bool is = c->as == NULL;
        if (!is && log != NULL && by_log)
            is = strspn(c->as, "0123456789") == strlen(c->as) &&
                 strtoul(c->as, NULL, 10) == log->no;
        else if (!is && log != NULL)
            is = who_is(n->ledger, log, c->as);
        if (is && (!writes || may_write(n, i))) {
            *out = i;
            return true;
        }
    }
    return false;
}

enum rc
cli_place(struct cli *c, size_t *out, struct fault *why)
{
    for (int writes = 1; writes >= 0; writes--)
        for (int by_log = 0; by_log <= (c->as != NULL); by_log++)
            if (find_place(c, by_log != 0, writes != 0, out))
                return RC_OK;
    if (c->as == NULL)
        return fault_set(why, RC_DENIED, FAULT_NO_LOG, "%s", c->node->dir);
    return fault_set(why, RC_DENIED, FAULT_NO_LOG_OF, "%s", c->as);
}

enum rc
cli_author(struct cli *c, struct author *out, struct fault *why)
{
    size_t i = 0;
    if (c->as == NULL)
        return node_author(c->node, out, why);
    enum rc rc = cli_place(c, &i, why);
    return rc == RC_OK ? node_author_at(c->node, i, out, why) : rc;
}

/* --pin-file: the log is open for this command and no longer. *out: which one to lock
 * again; SIZE_MAX: none. */
static enum rc
unlock(struct cli *c, size_t *out, struct fault *why)
{
    size_t i = 0;
    *out = SIZE_MAX;
    if (c->pin == NULL)
        return RC_OK;
    enum rc rc = cli_place(c, &i, why);
    if (rc == RC_OK && c->node->lock[i] == LOG_LOCKED) {
        rc = node_unlock(c->node, i, c->pin, why);
        *out = i;
    }
    return rc;
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
    enum rc rc = cli_author(w->c, &a, &w->why);
    /* What was given to this log is taken first: the work may need it. */
    if (rc == RC_OK && rights_take_is_due(n->ledger, &a))
        rc = rights_take(n->ledger, &a);
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
    size_t again = SIZE_MAX;
    enum rc rc = unlock(c, &again, &w.why);
    if (rc == RC_OK)
        rc = node_turn(c->node, do_work, &w);
    if (again != SIZE_MAX)
        node_lock(c->node, again);
    if (rc == RC_OK)
        return 0;
    int status = fail(c, rc, &w.why);
    if (node_needs_join(c->node) && invite_is_small(&c->node->invite))
        note(c, WORD_STATUS_JOIN, NULL);
    return status;
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
