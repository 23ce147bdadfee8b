#include "cli/commands.h"
#include "cli/out.h"

static int
run(struct cli *c, int argc, char **argv)
{
    struct types *types = NULL;
    (void)argc;
    (void)argv;
    if (!c->json) {
        say(c, WORD_VERSION, LINJULI_VERSION, NULL);
        return 0;
    }
    enum rc rc = types_load_builtin(&types);
    if (rc != RC_OK)
        return fail(c, rc, NULL);
    json_t *json = json_object();
    json_object_set_new(json, "version", json_string(LINJULI_VERSION));
    json_object_set_new(json, "schema", json_integer(types->version));
    json_object_set_new(json, "schema_hash", json_of_hex(types->hash.b, HASH_BYTES));
    out_json(c->out, json);
    types_free(types);
    return 0;
}

const struct cmd cmd_version = {
    .name = "version",
    .kind = CMD_PLAIN,
    .group = GROUP_CARE,
    .usage = "",
    .about = WORD_ABOUT_VERSION,
    .details = WORD_NOTHING,
    .max = 0,
    .has_json = true,
    .example = "  linjuli --version\n",
    .run = run,
};
