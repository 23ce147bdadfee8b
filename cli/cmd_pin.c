/* `pin`, `unlock` and `lock`: a person's PIN at this machine. */
#include "cli/commands.h"
#include "cli/hand.h"
#include "cli/out.h"
#include "cli/pass.h"
#include "cli/people.h"
#include "cli/status.h"

#include <string.h>

/* Both as before() read them; they lie here until the command has ended. */
struct pins {
    struct pass old, fresh;
};

static bool
is(const struct cli *c, const char *what)
{
    return strcmp(c->args->argv[0], what) == 0;
}

/* ---- in the person's process */

static int
needed(struct cli *c)
{
    complain(c, WORD_PIN_NEEDED, NULL);
    return rc_exit(RC_USAGE);
}

static int
too_long(struct cli *c)
{
    complain(c, WORD_PIN_LONG, num(c, PIN_BYTES_MAX), NULL);
    return rc_exit(RC_INVALID);
}

static int
take_old(struct cli *c, struct pass *out)
{
    if (c->pin != NULL)
        return 0;
    if (!c->is_terminal || pass_ask(c, WORD_PIN_ASK, out->text) == 0)
        return needed(c);
    c->pin = out->text;
    return strlen(out->text) > PIN_BYTES_MAX ? too_long(c) : 0;
}

static int
take_new(struct cli *c, struct pass *out)
{
    const char *path = args_value(c->args, "--new-pin-file");
    struct fault why = {0};
    struct pass again;
    int status = 0;
    c->new_pin = out->text;
    if (path != NULL) {
        enum rc rc = pin_take(path, out->text, &why);
        return rc == RC_OK ? 0 : fail(c, rc, &why);
    }
    if (!c->is_terminal || pass_ask(c, WORD_PIN_NEW, out->text) == 0)
        return needed(c);
    if (strlen(out->text) > PIN_BYTES_MAX)
        return too_long(c);
    if (pass_ask(c, WORD_PASS_AGAIN, again.text) == 0 ||
        strcmp(again.text, out->text) != 0) {
        complain(c, WORD_PASS_DIFFERS, NULL);
        status = rc_exit(RC_INVALID);
    }
    pass_wipe(&again);
    return status;
}

static int
before_pin(struct cli *c)
{
    if (!is(c, "set") && !is(c, "change") && !is(c, "clear") && !is(c, "check"))
        return misuse(c, &cmd_pin);
    if ((is(c, "clear") || is(c, "check")) && args_has(c->args, "--new-pin-file")) {
        complain(c, WORD_BAD_OPTION, "--new-pin-file", NULL);
        return misuse(c, &cmd_pin);
    }
    struct pins *p = mem_new(sizeof(*p));
    c->own = p;
    int status = is(c, "set") ? 0 : take_old(c, &p->old);
    if (status == 0 && !is(c, "clear") && !is(c, "check"))
        status = take_new(c, &p->fresh);
    if (status != 0)
        (void)cmd_pin.after(c, status);
    return status;
}

static int
before_unlock(struct cli *c)
{
    struct pins *p = mem_new(sizeof(*p));
    c->own = p;
    int status = take_old(c, &p->old);
    if (status != 0)
        (void)cmd_unlock.after(c, status);
    return status;
}

static int
after(struct cli *c, int status)
{
    struct pins *p = c->own;
    c->own = NULL;
    c->new_pin = NULL;
    c->pin = NULL;
    mem_wipe(p, sizeof(*p));
    mem_free(p);
    return status;
}

/* ---- in the node's process */

static void
tell(struct cli *c, size_t i, enum word w)
{
    const struct log_state *log =
        replica_log_by_key(ledger_replica(c->node->ledger), &c->node->log[i].pub);
    if (c->json) {
        json_t *json = json_object();
        who_json(c, log, log != NULL ? log->head_seq + 1 : 1, json);
        json_object_set_new(json, "lock", json_string(lock_name(c->node->lock[i])));
        out_json(c->out, json);
        return;
    }
    struct buf who = BUF_NONE, phone = BUF_NONE;
    who_add(c, log, log != NULL ? log->head_seq + 1 : 1, &who);
    centre_phone(c->node->ledger, &phone);
    say(c, w, buf_text(&who), buf_text(&phone), NULL);
    buf_free(&phone);
    buf_free(&who);
}

/* Also of a log that is unlocked: whoever sits there is asked. */
static int
check(struct cli *c, size_t i)
{
    struct fault why = {0};
    bool was_open = c->node->lock[i] == LOG_UNLOCKED;
    node_lock(c->node, i);
    enum rc rc = node_unlock(c->node, i, c->pin, &why);
    if (rc == RC_OK && !was_open)
        node_lock(c->node, i);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    tell(c, i, WORD_PIN_RIGHT);
    return 0;
}

static int
run_pin(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    size_t i = 0;
    (void)argc;
    (void)argv;
    enum rc rc = cli_place(c, &i, &why);
    bool has =
        rc == RC_OK && c->node->lock[i] != LOG_OPEN && c->node->lock[i] != LOG_HANDED;
    if (rc == RC_OK && has && is(c, "set") && c->pin == NULL) {
        complain(c, WORD_PIN_THERE, NULL);
        return rc_exit(RC_INVALID);
    }
    if (rc == RC_OK && c->node->lock[i] == LOG_HANDED)
        rc = node_log_fault(c->node, i, &why);
    if (rc == RC_OK && !has && !is(c, "set"))
        rc = node_unlock(c->node, i, c->pin, &why); /* says that there is none */
    if (rc == RC_OK && is(c, "check"))
        return check(c, i);
    if (rc == RC_OK)
        rc = node_set_pin(c->node, i, c->pin, is(c, "clear") ? NULL : c->new_pin, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    tell(c, i, is(c, "clear") ? WORD_PIN_CLEARED : WORD_PIN_SET);
    return 0;
}

static int
run_unlock(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    size_t i = 0;
    (void)argc;
    (void)argv;
    if (!c->is_daemon) {
        complain(c, WORD_UNLOCK_ALONE, NULL);
        return rc_exit(RC_OFFLINE);
    }
    enum rc rc = cli_place(c, &i, &why);
    if (rc == RC_OK)
        rc = node_unlock(c->node, i, c->pin, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    tell(c, i, WORD_UNLOCKED);
    return 0;
}

static int
run_lock(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    size_t i = 0;
    (void)argc;
    (void)argv;
    enum rc rc = cli_place(c, &i, &why);
    if (rc == RC_OK && c->node->lock[i] == LOG_OPEN)
        rc = node_unlock(c->node, i, "", &why); /* says that there is no PIN */
    if (rc != RC_OK)
        return fail(c, rc, &why);
    node_lock(c->node, i);
    tell(c, i, WORD_LOCKED_NOW);
    return 0;
}

static const struct opt opts_pin[] = {{"--new-pin-file", "FILE", WORD_OPT_NEW_PIN_FILE},
                                      {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_pin = {
    .name = "pin",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "set|change|clear|check [--pin-file FILE] [--new-pin-file FILE]",
    .about = WORD_ABOUT_PIN,
    .details = WORD_DETAILS_PIN,
    .opts = opts_pin,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 74, 75, 77},
    .example =
        "  linjuli pin set\n"
        "  linjuli --as 李某 pin change --pin-file old.txt --new-pin-file new.txt\n",
    .before = before_pin,
    .run = run_pin,
    .after = after,
};

const struct cmd cmd_unlock = {
    .name = "unlock",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "[--pin-file FILE]",
    .about = WORD_ABOUT_UNLOCK,
    .details = WORD_DETAILS_UNLOCK,
    .max = 0,
    .has_json = true,
    .exits = {65, 66, 69, 75, 77},
    .example = "  linjuli unlock\n"
               "  linjuli --as 李某 unlock --pin-file pin.txt\n",
    .before = before_unlock,
    .run = run_unlock,
    .after = after,
};

const struct cmd cmd_lock = {
    .name = "lock",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "",
    .about = WORD_ABOUT_LOCK,
    .details = WORD_DETAILS_LOCK,
    .max = 0,
    .has_json = true,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli lock\n",
    .run = run_lock,
};
