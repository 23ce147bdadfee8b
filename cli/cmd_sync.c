#include "cli/commands.h"
#include "cli/address.h"
#include "cli/join.h"
#include "cli/out.h"

/* The exit status of an exchange that was reached. */
static enum rc
rc_of(enum close_reason close)
{
    switch (close) {
    case CLOSE_DONE:
        return RC_OK;
    case CLOSE_STRANGER:
    case CLOSE_INVITE:
    case CLOSE_USED:
    case CLOSE_EXPIRED:
        return RC_DENIED;
    case CLOSE_HANDSHAKE:
    case CLOSE_VERSION:
    case CLOSE_MALFORMED:
    case CLOSE_FORGED:
        return RC_PROTOCOL;
    case CLOSE_STORE:
        return RC_IO;
    case CLOSE_SELF:
        return RC_INVALID;
    case CLOSE_NONE:
    case CLOSE_EOF:
    case CLOSE_LIMIT:
    case CLOSE_IDLE:
    case CLOSE_SLOW:
    case CLOSE_USELESS:
    case CLOSE_N:
        break;
    }
    return RC_STALE;
}

static void
tell_json(struct cli *c, const struct sync_report *r, const char *address)
{
    static const char *const names[CLOSE_N] = {
#define X(name, text) #name,
        CLOSE_LIST(X)
#undef X
    };
    json_t *json = json_object();
    json_object_set_new(json, "address", json_of_text(slice_text(address)));
    json_object_set_new(json, "reached", json_boolean(r->is_reached));
    json_object_set_new(json, "done", json_boolean(r->close == CLOSE_DONE));
    json_object_set_new(
        json, "close", json_string((unsigned)r->close < CLOSE_N ? names[r->close] : "?"));
    json_object_set_new(json, "close_ms", json_of_time(r->close_ms));
    json_object_set_new(json, "skew_ms", json_integer((json_int_t)r->skew_ms));
    json_object_set_new(json, "in_entries", json_of_u64(r->in_entries));
    json_object_set_new(json, "out_entries", json_of_u64(r->out_entries));
    json_object_set_new(json, "in_bytes", json_of_u64(r->in_bytes));
    json_object_set_new(json, "out_bytes", json_of_u64(r->out_bytes));
    out_json(c->out, json);
}

/* A hub that does not know the invite, or another secret of it, hangs up after the
 * handshake and says nothing: to a stranger it does not speak. */
static bool
is_invite_refused(const struct sync_report *r, bool needs_join)
{
    return needs_join && r->is_reached && r->close == CLOSE_EOF && r->in_entries == 0 &&
           r->in_bytes > 0;
}

/* The first message of a joiner is bound to his community: another one's does not hold.
 */
static bool
is_other_community(const struct sync_report *r, bool needs_join)
{
    return needs_join && r->is_reached && r->close == CLOSE_EOF && r->in_bytes == 0;
}

static int
tell(struct cli *c, const struct sync_report *r, const char *address)
{
    enum rc rc = r->is_reached ? rc_of(r->close) : RC_OFFLINE;
    if (c->json) {
        tell_json(c, r, address);
        return rc_exit(rc);
    }
    if (rc == RC_OFFLINE)
        complain(c, WORD_SYNC_OFFLINE, address, NULL);
    else if (rc == RC_OK)
        say(c, WORD_SYNC_DONE, num(c, r->in_entries), num(c, r->out_entries), NULL);
    else if (rc != RC_STALE && rc != RC_IO)
        complain_refused(c, r);
    else
        complain(c, WORD_SYNC_CUT, word(c, close_word(r->close)), num(c, r->in_entries),
                 num(c, r->out_entries), NULL);
    return rc_exit(rc);
}

static enum rc
sync_here(struct cli *c, const char *address, struct sync_report *report,
          bool *needs_join, struct fault *why)
{
    enum rc rc = node_open(c->dir, NODE_WRITE, &c->node, why);
    if (rc != RC_OK)
        return rc;
    *needs_join = node_needs_join(c->node);
    rc = node_sync(c->node, address, report, why);
    node_close(c->node);
    c->node = NULL;
    return rc;
}

static enum rc
sync_by_daemon(struct cli *c, const char *address, struct sync_report *report,
               bool *needs_join, struct fault *why)
{
    enum rc rc = node_open(c->dir, NODE_READ, &c->node, why);
    if (rc != RC_OK)
        return rc;
    *needs_join = node_needs_join(c->node);
    node_close(c->node);
    c->node = NULL;
    *why = (struct fault){0};
    rc = control_sync(c->dir, address, report);
    /* Locked, and no daemon: another command is at work. */
    return rc == RC_OFFLINE ? fault_set(why, RC_BUSY, FAULT_NODE_LOCKED, "%s", c->dir)
                            : rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct sync_report report = {.close = CLOSE_NONE};
    bool needs_join = false;
    (void)argc;
    if (!address_is(argv[0])) {
        complain(c, WORD_OPTION_BAD, "HOST:PORT", argv[0], "192.168.1.10:7400", NULL);
        return misuse(c, &cmd_sync);
    }
    enum rc rc = sync_here(c, argv[0], &report, &needs_join, &why);
    if (rc == RC_BUSY && why.code == FAULT_NODE_LOCKED)
        rc = sync_by_daemon(c, argv[0], &report, &needs_join, &why);
    if (rc == RC_BUSY && why.code == FAULT_NONE) { /* it died before it had answered */
        complain(c, WORD_DAEMON_GONE, NULL);
        return rc_exit(rc);
    }
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (is_invite_refused(&report, needs_join))
        report.close = CLOSE_INVITE;
    else if (is_other_community(&report, needs_join))
        report.close = CLOSE_HANDSHAKE;
    int status = tell(c, &report, argv[0]);
    if (!c->json)
        note_clock(c, report.skew_ms);
    return status;
}

const struct cmd cmd_sync = {
    .name = "sync",
    .kind = CMD_PLAIN,
    .group = GROUP_DAILY,
    .usage = "HOST:PORT",
    .about = WORD_ABOUT_SYNC,
    .details = WORD_DETAILS_SYNC,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {66, 69, 75, 77},
    .example = "  linjuli sync 192.168.1.10:7400\n",
    .run = run,
};
