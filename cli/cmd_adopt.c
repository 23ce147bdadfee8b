#include "cli/commands.h"
#include "cli/review_show.h"
#include "cli/out.h"

struct deed {
    const char *entry;
    const char *words; /* NULL: it is adopted */
    struct buf left;   /* what was left out, in words */
    json_t *left_json;
    struct review_result is;
};

struct teller {
    struct cli *c;
    struct deed *d;
};

static void
take_told(void *arg, const struct review_told *told)
{
    struct teller *t = arg;
    if (told->left_out == NULL)
        return;
    review_left_add(t->c, told->item, told->left_out, &t->d->left);
    json_t *one = json_object();
    json_object_set_new(one, "index", json_integer(told->item->index));
    json_object_set_new(one, "fault", json_string(fault_name(told->left_out->code)));
    json_array_append_new(t->d->left_json, one);
}

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct deed *d = arg;
    struct teller t = {c, d};
    if (d->words != NULL)
        return review_decline(c->node->ledger, a, d->entry, d->words, why);
    return review_adopt(c->node->ledger, a, d->entry, take_told, &t, &d->is, why);
}

static void
tell(struct cli *c, struct deed *d)
{
    bool is_adopted = d->words == NULL;
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "entry", json_of_text(slice_text(d->entry)));
        json_object_set_new(json, "answer",
                            json_string(is_adopted ? "adopted" : "declined"));
        json_object_set_new(json, "taken", json_of_u64(d->is.taken));
        json_object_set_new(json, "left_out", json_of_u64(d->is.left_out));
        json_object_set_new(json, "left", json_incref(d->left_json));
        out_json(c->out, json);
        return;
    }
    if (!is_adopted)
        say(c, WORD_ADOPT_DECLINED, d->entry, NULL);
    else
        say(c, WORD_ADOPT_DONE, d->entry, num(c, d->is.taken), NULL);
    buf_add_slice(c->out, buf_slice(&d->left));
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.entry = argv[0], .left_json = json_array()};
    const char *words = args_value(c->args, "--why");
    (void)argc;
    if (args_has(c->args, "--decline"))
        d.words = words;
    int status;
    if (args_has(c->args, "--decline") != (words != NULL) ||
        (words != NULL && words[0] == '\0')) {
        complain(c, WORD_ADOPT_WHY, NULL);
        status = rc_exit(RC_USAGE);
    } else {
        status = turn(c, work, &d);
        if (status == 0)
            tell(c, &d);
        else /* why nothing of it will do */
            buf_add_slice(c->err, buf_slice(&d.left));
    }
    buf_free(&d.left);
    json_decref(d.left_json);
    return status;
}

static const struct opt opts[] = {{"--decline", NULL, WORD_OPT_DECLINE},
                                  {"--why", "TEXT", WORD_OPT_DECLINE_WHY},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_adopt = {
    .name = "adopt",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "ENTRY [--decline --why TEXT]",
    .about = WORD_ABOUT_ADOPT,
    .details = WORD_DETAILS_ADOPT,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli adopt 5:413\n"
               "  linjuli adopt 5:415 --decline --why 重复了\n",
    .run = run,
};
