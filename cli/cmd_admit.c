#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/address.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/hand.h"
#include "cli/order_show.h"
#include "cli/out.h"
#include "cli/people.h"
#include "cli/request_show.h"

struct deed {
    struct request request;
    struct hash name;
    struct admit_wish wish;
    struct admitted is;
    struct buf person, answer; /* as the record has the name */
};

/* What the request asks for, unless the line says otherwise. */
static enum rc
read_wish(struct cli *c, const struct request *r, struct admit_wish *w, struct fault *why)
{
    const char *person = args_value(c->args, "--person");
    const char *unit = args_value(c->args, "--unit");
    const char *role = args_value(c->args, "--role");
    w->person = person != NULL ? person : r->person;
    w->is_unit_said = unit != NULL;
    w->is_role_said = role != NULL;
    if (!role_parse(role != NULL ? role : r->role, &w->role))
        return fault_set(why, role != NULL ? RC_USAGE : RC_INVALID, FAULT_ADMIT_ROLE,
                         "%s", role != NULL ? role : r->role);
    if (!unit_parse(unit != NULL ? unit : r->unit, &w->unit))
        return fault_set(why, unit != NULL ? RC_USAGE : RC_INVALID, FAULT_ADMIT_UNIT,
                         "%s", unit != NULL ? unit : r->unit);
    return RC_OK;
}

/* ---- in the node's process */

static enum rc
add_addresses(struct cli *c, struct buf *out, struct fault *why)
{
    const char *given = NULL;
    for (size_t i = 0; (given = args_nth(c->args, "--address", i)) != NULL; i++) {
        if (!address_is(given))
            return fault_set(why, RC_USAGE, FAULT_ADDRESS, "%s", given);
        buf_add(out, given, strlen(given) + 1);
    }
    if (out->n == 0)
        (void)address_add(c->node->conf.listen, out); /* who is met by stick needs none */
    return RC_OK;
}

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct deed *d = arg;
    struct ledger *l = c->node->ledger;
    struct hub hub = cli_hub(c);
    struct buf who = BUF_NONE, addresses = BUF_NONE;
    enum rc rc = add_addresses(c, &addresses, why);
    if (rc == RC_OK)
        rc = hub_upkeep(l, &hub, NULL);
    order_asker(c, &who);
    if (rc == RC_OK)
        rc = hub_admit(l, &hub, a, &d->request, &d->wish, buf_text(&who), &d->is, why);
    if (rc == RC_OK && d->is.is.state == ORDER_WRITTEN) {
        person_name(l, d->is.grant.person, &d->person);
        rc = hub_answer(l, &d->request, &d->name, buf_text(&d->person),
                        buf_slice(&addresses), &d->answer);
        if (rc == RC_LIMIT)
            fault_set(why, rc, FAULT_FILE_SIZE, "--answer");
    }
    buf_free(&who);
    buf_free(&addresses);
    return rc;
}

static void
tell(struct cli *c, struct deed *d)
{
    bool is_done = d->is.is.state == ORDER_WRITTEN;
    if (c->json) {
        json_t *json = request_json(&d->request, &d->name, c->lang);
        if (!d->is.was_there)
            order_json(json, &d->is.is);
        json_object_set_new(json, "admitted", json_boolean(is_done));
        json_object_set_new(json, "before", json_boolean(d->is.was_there));
        json_object_set_new(json, "log", json_integer(d->is.log_no));
        json_object_set_new(json, "node", json_integer(d->is.node));
        json_object_set_new(json, "unit", json_of_unit(d->is.grant.unit));
        json_object_set_new(json, "role", json_string(role_name(d->is.grant.role)));
        out_json(c->out, json);
        return;
    }
    if (is_done) {
        say(c, d->is.was_there ? WORD_ADMIT_WAS : WORD_ADMIT_MADE, buf_text(&d->person),
            unit_text(c, d->is.grant.unit), word(c, role_word(d->is.grant.role)),
            num(c, d->is.log_no), NULL);
        words_say(c, WORD_COMMUNITY_WORDS,
                  replica_community(ledger_replica(c->node->ledger)));
        return;
    }
    say(c, WORD_ORDER_WAITS, d->is.is.name, num(c, d->is.is.have), num(c, d->is.is.need),
        NULL);
    say(c, WORD_ADMIT_AGAIN, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.person = BUF_NONE};
    struct hand hand;
    struct fault why = {0};
    (void)argc;
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    enum rc rc = hand_read(c, &hand, &why);
    if (rc == RC_OK)
        rc = request_read(buf_slice(&hand.file), argv[0], &d.request, &d.name, &why);
    if (rc == RC_OK)
        rc = read_wish(c, &d.request, &d.wish, &why);
    hand_fini(&hand);
    int status = rc == RC_OK ? turn(c, work, &d) : fail(c, rc, &why);
    if (status == 0) {
        tell(c, &d);
        rc = hand_give(c, buf_slice(&d.answer), &why);
        status = rc != RC_OK                      ? fail(c, rc, &why)
                 : d.is.is.state == ORDER_WRITTEN ? 0
                                                  : rc_exit(RC_NO);
    }
    buf_free(&d.person);
    buf_free(&d.answer);
    return status;
}

/* ---- in the person's process */

/* Whoever brought the stick reads the words aloud. */
static int
agree(struct cli *c, const struct request *r, const struct hash *name)
{
    char line[16];
    if (args_has(c->args, "--yes"))
        return 0;
    if (!c->json)
        request_say(c, r, name);
    if (!c->is_terminal || c->json) { /* who reads JSON sees no words */
        complain(c, WORD_ADMIT_YES, NULL);
        return rc_exit(RC_USAGE);
    }
    note(c, WORD_ADMIT_ASK, NULL);
    c->show(c);
    if (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "yes\n") == 0)
        return 0;
    complain(c, WORD_ADMIT_NOT, NULL);
    return rc_exit(RC_NO);
}

static bool
answer_path(const struct cli *c, char out[static FILE_PATH_BYTES])
{
    const char *given = args_value(c->args, "--answer");
    int n =
        snprintf(out, FILE_PATH_BYTES, "%s%s", given != NULL ? given : c->args->argv[0],
                 given != NULL ? "" : ".answer");
    return n >= 0 && n < FILE_PATH_BYTES;
}

static int
before(struct cli *c)
{
    const char *path = c->args->argv[0];
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct request r;
    struct hash name;
    struct admit_wish w;
    char answer[FILE_PATH_BYTES];
    if (!answer_path(c, answer))
        return misuse(c, &cmd_admit);
    enum rc rc = file_take(path, REQUEST_FILE_BYTES_MAX, &file, &why);
    if (rc == RC_LIMIT)
        fault_set(&why, rc, FAULT_REQUEST_FILE, "%s", path);
    if (rc == RC_OK)
        rc = request_read(buf_slice(&file), path, &r, &name, &why);
    if (rc == RC_OK)
        rc = read_wish(c, &r, &w, &why);
    int status = rc == RC_OK ? agree(c, &r, &name) : fail(c, rc, &why);
    if (status == 0)
        status = hand_file(c, buf_slice(&file));
    buf_free(&file);
    return status;
}

static int
after(struct cli *c, int status)
{
    char path[FILE_PATH_BYTES];
    struct fault why = {0};
    struct buf file = BUF_NONE;
    if (status != 0)
        return status;
    if (!answer_path(c, path)) /* before() has looked */
        return rc_exit(RC_BUG);
    enum rc rc = hand_take(c, &file, &why);
    if (rc == RC_OK)
        rc = file_put(path, buf_slice(&file), &why);
    if (rc == RC_OK && !c->json)
        say(c, WORD_ADMIT_DONE, path, NULL);
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--yes", NULL, WORD_OPT_ADMIT_YES},
                                  {"--answer", "FILE", WORD_OPT_ADMIT_ANSWER},
                                  {"--person", "NAME", WORD_OPT_ADMIT_OTHER},
                                  {"--unit", "UNIT", WORD_OPT_ADMIT_OTHER},
                                  {"--role", "ROLE", WORD_OPT_ADMIT_OTHER},
                                  {"--address", "HOST:PORT", WORD_OPT_ADDRESS},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_admit = {
    .name = "admit",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "FILE [--yes] [--answer FILE] [--person NAME] [--unit UNIT] [--role ROLE]"
             " [--address HOST:PORT]...",
    .about = WORD_ABOUT_ADMIT,
    .details = WORD_DETAILS_ADMIT,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli admit wang.ljr\n"
               "  linjuli admit wang.ljr --yes --unit 0303 --answer wang.lja\n",
    .before = before,
    .run = run,
    .after = after,
};
