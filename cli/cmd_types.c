#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

#define NAME_COLUMNS 14
#define LABEL_COLUMNS 22

static void
add(struct cli *c, const struct type *t)
{
    buf_addf(c->out, "%3u  ", t->code);
    out_padded(c->out, t->name, NAME_COLUMNS);
    buf_addf(c->out, "  ");
    out_padded(c->out, type_label(c, t), LABEL_COLUMNS);
    buf_addf(c->out, "  %s\n", visibility_name(t->visible));
}

static json_t *
to_json(const struct type *t)
{
    json_t *json = json_object();
    json_object_set_new(json, "code", json_integer(t->code));
    json_object_set_new(json, "name", json_string(t->name));
    json_object_set_new(json, "zh", json_string(t->label.zh));
    json_object_set_new(json, "en", json_string(t->label.en));
    json_object_set_new(json, "visible", json_string(visibility_name(t->visible)));
    json_object_set_new(json, "since", json_integer(t->since));
    return json;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct types *types = NULL;
    (void)argc;
    (void)argv;
    enum rc rc = types_load_builtin(&types);
    if (rc != RC_OK)
        return fail(c, rc, NULL);
    json_t *all = json_array();
    for (size_t i = 0; i < types->n; i++) {
        if (types->type[i].private_of != 0)
            continue; /* people see both halves as one */
        if (c->json)
            json_array_append_new(all, to_json(&types->type[i]));
        else
            add(c, &types->type[i]);
    }
    if (c->json)
        out_json(c->out, json_incref(all));
    json_decref(all);
    types_free(types);
    return 0;
}

const struct cmd cmd_types = {
    .name = "types",
    .kind = CMD_PLAIN,
    .group = GROUP_READ,
    .usage = "",
    .about = WORD_ABOUT_TYPES,
    .details = WORD_DETAILS_TYPES,
    .max = 0,
    .has_json = true,
    .example = "  linjuli types\n",
    .run = run,
};
