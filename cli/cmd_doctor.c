#include "cli/commands.h"
#include "cli/out.h"

struct told {
    struct cli *c;
    json_t *json; /* NULL: text */
    uint64_t n;
};

static void
take(void *arg, const char *what)
{
    struct told *t = arg;
    t->n++;
    if (t->json != NULL) {
        json_array_append_new(t->json, json_of_text(slice_text(what)));
        return;
    }
    out_escaped(t->c->out, slice_text(what), false);
    buf_add_u8(t->c->out, '\n');
    t->c->show(t->c);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct told t = {.c = c, .json = c->json ? json_array() : NULL};
    (void)argc;
    (void)argv;
    if (c->sees_progress && !c->json) {
        note(c, WORD_DOCTOR_LOOKS, NULL);
        c->show(c);
    }
    enum rc rc = ledger_doctor(c->node->ledger, take, &t);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "fine", json_boolean(rc == RC_OK));
        json_object_set_new(json, "findings", t.json);
        out_json(c->out, json);
    } else if (rc == RC_OK) {
        say(c, WORD_DOCTOR_FINE, NULL);
    } else if (rc == RC_NO) {
        say(c, WORD_DOCTOR_FOUND, num(c, t.n), NULL);
    }
    return rc == RC_OK || rc == RC_NO ? rc_exit(rc) : fail(c, rc, NULL);
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .kind = CMD_READ,
    .group = GROUP_CARE,
    .usage = "",
    .about = WORD_ABOUT_DOCTOR,
    .details = WORD_DETAILS_DOCTOR,
    .max = 0,
    .has_json = true,
    .exits = {1, 66},
    .example = "  linjuli doctor\n",
    .run = run,
};
