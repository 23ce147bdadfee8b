#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

#define NAME_COLUMNS 16
#define LABEL_COLUMNS 22

/* What belongs together stands together: told by the code, so that a new type falls into
 * its place by itself. */
static const struct {
    uint16_t from;
    enum word title;
} part[] = {
    {0, WORD_TYPES_PLACES},    {110, WORD_TYPES_PEOPLE}, {180, WORD_TYPES_MATTERS},
    {290, WORD_TYPES_VENUES},  {340, WORD_TYPES_PEOPLE}, {350, WORD_TYPES_VENUES},
    {410, WORD_TYPES_POINTS},  {480, WORD_TYPES_GARDEN}, {520, WORD_TYPES_PROOF},
    {570, WORD_TYPES_MATTERS}, {590, WORD_TYPES_PROOF},
};
static const enum word titles[] = {
    WORD_TYPES_PLACES, WORD_TYPES_PEOPLE, WORD_TYPES_MATTERS, WORD_TYPES_VENUES,
    WORD_TYPES_POINTS, WORD_TYPES_GARDEN, WORD_TYPES_PROOF,
};
#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static enum word
title_of(const struct type *t)
{
    size_t i = N_OF(part) - 1;
    while (i > 0 && t->code < part[i].from)
        i--;
    return part[i].title;
}

static void
add(struct cli *c, const struct type *t)
{
    buf_addf(c->out, "  %3u  ", t->code);
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

static void
add_titled(struct cli *c, const struct types *types, enum word title)
{
    bool is_first = true;
    for (size_t i = 0; i < types->n; i++) {
        const struct type *t = &types->type[i];
        if (t->private_of != 0 || title_of(t) != title)
            continue; /* people see both halves as one */
        if (is_first)
            say(c, title, NULL);
        is_first = false;
        add(c, t);
    }
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
    for (size_t i = 0; c->json && i < types->n; i++)
        if (types->type[i].private_of == 0)
            json_array_append_new(all, to_json(&types->type[i]));
    for (size_t i = 0; !c->json && i < N_OF(titles); i++)
        add_titled(c, types, titles[i]);
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
