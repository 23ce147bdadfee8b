#include "cli/commands.h"
#include "cli/due_show.h"
#include "cli/out.h"
#include "cli/right_show.h"
#include "cli/show.h"

struct got {
    struct cli *c;
    enum rc rc;
};

static bool
take(void *arg, const struct record_row *r)
{
    struct got *g = arg;
    struct cli *c = g->c;
    json_t *json = c->json ? record_json(c, r) : NULL;
    struct record_key key = r->key;
    bool has_deadlines = r->type->deadlines_n > 0;
    if (json != NULL) {
        right_backing_json(c, &r->key, json);
    } else {
        record_add(c, r);
        right_backing_add(c, &r->key);
    }
    if (has_deadlines)
        g->rc = due_show_of(c, &key, json);
    if (json != NULL)
        out_json(c->out, json);
    return true;
}

/* A record that was erased on request is no mistake of whoever asks for it. */
static int
show_erased(struct cli *c, const struct erase_info *e)
{
    const struct erase_ground *g = erase_ground_by_code(e->ground);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "erased", json_true());
        json_object_set_new(json, "id", json_of_hex(e->record.id, RECORD_ID_BYTES));
        json_object_set_new(json, "request", json_of_text(slice_text(e->request)));
        json_object_set_new(json, "ground",
                            g != NULL ? json_of_text(slice_text(g->name)) : json_null());
        json_object_set_new(json, "time_ms", json_of_time(clock_ms(e->clock)));
        out_json(c->out, json);
    } else {
        say(c, WORD_ERASED, e->request,
            g == NULL            ? "?"
            : c->lang == LANG_ZH ? g->zh
                                 : g->en,
            NULL);
    }
    return 0;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct record_key key;
    struct erase_info erased;
    (void)argc;
    enum rc rc = query_find_one(c->node->ledger, argv[0], &key, &why);
    if (rc == RC_NOTFOUND && erase_find(c->node->ledger, argv[0], &erased) == RC_OK)
        return show_erased(c, &erased);
    struct got got = {c, RC_OK};
    if (rc == RC_OK)
        rc = query_get(c->node->ledger, &key, take, &got);
    if (rc == RC_OK)
        rc = got.rc;
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

const struct cmd cmd_get = {
    .name = "get",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "ID",
    .about = WORD_ABOUT_GET,
    .details = WORD_DETAILS_ID,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 77},
    .example = "  linjuli get 0302-017-26-0001\n"
               "  linjuli get 0192f3 --json\n",
    .run = run,
};
