#include "cli/commands.h"
#include "cli/due_show.h"
#include "cli/out.h"
#include "cli/show.h"

struct listing {
    struct cli *c;
    json_t *json; /* NULL: text */
    bool all;
    uint64_t n, overdue;
    const struct due_row *row;
};

static bool
add_record(void *arg, const struct record_row *r)
{
    struct listing *l = arg;
    struct cli *c = l->c;
    due_add(c, l->row, c->out);
    buf_addf(c->out, "  ");
    row_add(c, r, true);
    return true;
}

static bool
take(void *arg, const struct due_row *r)
{
    struct listing *l = arg;
    l->overdue += r->due.is_open;
    if (r->done_to != 0 && !l->all)
        return true;
    l->n++;
    l->row = r;
    if (l->json != NULL)
        json_array_append_new(l->json, due_json(r));
    else
        return query_get(l->c->node->ledger, &r->key, add_record, l) == RC_OK;
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct listing l = {
        .c = c, .json = c->json ? json_array() : NULL, .all = args_has(c->args, "--all")};
    struct due_book *book = NULL;
    struct fault why = {0};
    struct record_key key;
    enum rc rc = RC_OK;
    if (argc > 0)
        rc = query_find_one(c->node->ledger, argv[0], &key, &why);
    l.all = l.all || argc > 0;
    if (rc == RC_OK)
        rc = due_open(c->node->ledger, &book);
    if (rc == RC_OK)
        rc = argc > 0 ? due_of_record(book, &key, take, &l) : due_each(book, take, &l);
    if (rc == RC_OK && l.json != NULL) {
        json_t *json = json_object();
        json_object_set_new(json, "as_of_ms", json_of_time(due_as_of(book)));
        json_object_set(json, "due", l.json);
        out_json(c->out, json);
    } else if (rc == RC_OK) {
        say(c, WORD_DUE_N, num(c, l.n), num(c, l.overdue), NULL);
    }
    json_decref(l.json);
    due_close(book);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    return l.overdue > 0 ? rc_exit(RC_NO) : 0;
}

static const struct opt opts[] = {{"--all", NULL, WORD_OPT_DUE_ALL},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_due = {
    .name = "due",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "[ID] [--all]",
    .about = WORD_ABOUT_DUE,
    .details = WORD_DETAILS_DUE,
    .opts = opts,
    .min = 0,
    .max = 1,
    .has_json = true,
    .exits = {1, 66},
    .example = "  linjuli due\n"
               "  linjuli due 0302-017-26-0001\n",
    .run = run,
};
