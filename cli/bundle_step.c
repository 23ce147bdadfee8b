/* A step of `bundle`: here, or in the daemon that has the node. */
#include "cli/bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define TRIES 200 /* with WAIT_MS between: what another command takes */
#define WAIT_MS 50

static enum rc
try_once(struct bundle_worker *w, const struct command *command, struct buf *out,
         struct buf *err, int *status, struct fault *why)
{
    struct cli *c = w->c;
    enum rc rc = w->node != NULL ? RC_OK : node_open(c->dir, NODE_WRITE, &w->node, why);
    if (rc == RC_OK)
        *status = cli_run(w->node, command, out, err);
    if (rc != RC_BUSY || why->code != FAULT_NODE_LOCKED)
        return rc;
    rc = control_run(c->dir, command, out, err, status);
    if (rc == RC_OFFLINE) { /* another command has it, and will be done soon */
        const struct timespec t = {.tv_nsec = WAIT_MS * 1000000l};
        (void)nanosleep(&t, NULL);
    }
    return rc;
}

/* A whole line, here or there. */
int
bundle_line(struct bundle_worker *w, const struct command *command, struct buf *answer)
{
    struct fault why = {0};
    int status = 0;
    enum rc rc = RC_OFFLINE;
    for (int i = 0; i < TRIES && rc == RC_OFFLINE; i++)
        rc = try_once(w, command, answer, w->c->err, &status, &why);
    return rc == RC_OK ? status : fail(w->c, rc == RC_OFFLINE ? RC_BUSY : rc, &why);
}

int
bundle_pin_check(struct bundle_worker *w)
{
    char pin[] = "pin", check[] = "check", as[] = "--as";
    char *who = w->c->as != NULL ? mem_text(w->c->as) : NULL;
    char *argv[] = {pin, check, who != NULL ? as : NULL, who, NULL};
    struct command command = {.argc = who != NULL ? 4 : 2,
                              .argv = argv,
                              .in_fd = -1,
                              .lang = lang_name(w->c->lang),
                              .pin = w->c->pin};
    struct buf said = BUF_NONE;
    int status = bundle_line(w, &command, &said);
    buf_free(&said);
    mem_free(who);
    return status;
}

int
bundle_step(struct bundle_worker *w, const char *what, int fd, uint64_t from, uint64_t to,
            json_t **out)
{
    char name[] = "bundle-step", step[16], a[24], b[24];
    char *argv[] = {name, step, a, b, NULL};
    struct command command = {
        .argc = 4, .argv = argv, .in_fd = fd, .lang = lang_name(w->c->lang)};
    struct buf answer = BUF_NONE;
    (void)snprintf(step, sizeof(step), "%s", what);
    (void)snprintf(a, sizeof(a), "%" PRIu64, from);
    (void)snprintf(b, sizeof(b), "%" PRIu64, to);
    int status = bundle_line(w, &command, &answer);
    *out = NULL;
    if (status == 0)
        *out = json_loadb((const char *)answer.p, answer.n, 0, NULL);
    if (status == 0 && *out == NULL)
        status = fail(w->c, RC_BUG, NULL);
    buf_free(&answer);
    return status;
}

void
bundle_worker_fini(struct bundle_worker *w)
{
    if (w->node != NULL)
        node_close(w->node);
    w->node = NULL;
}
