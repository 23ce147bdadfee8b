#include "cli/commands.h"
#include "cli/file.h"
#include "cli/invite_show.h"
#include "cli/out.h"

#include <string.h>

/* 16 digits in four groups: an invite by voice, which this version does not take. */
static bool
is_code(const char *text)
{
    size_t digits = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            digits++;
        else if (*p != '-' && *p != ' ')
            return false;
    }
    return digits == 16;
}

static void
tell(struct cli *c, const struct invite *i, const struct grant *g)
{
    const char *hub = i->addresses.n > 0 ? (const char *)i->addresses.p : "";
    if (c->json) {
        json_t *json = invite_json(i, g);
        json_object_set_new(json, "dir", json_of_text(slice_text(c->dir)));
        out_json(c->out, json);
        return;
    }
    invite_add(c, i, g);
    say(c, WORD_JOIN_DONE, c->dir, NULL);
    say(c, WORD_JOIN_NEXT, hub, NULL);
}

static enum rc
join(struct cli *c, struct slice file, struct fault *why)
{
    struct invite i;
    struct grant *g = mem_new(sizeof(*g));
    enum rc rc = invite_decode(file, &i);
    if (rc == RC_OK && !invite_grant(&i, g)) {
        invite_fini(&i);
        rc = RC_MALFORMED;
    }
    if (rc != RC_OK) {
        enum fault_code code = rc == RC_CORRUPT ? FAULT_INVITE_TORN : FAULT_INVITE_FILE;
        mem_free(g);
        return fault_set(why, RC_INVALID, code, "%s", c->args->argv[0]);
    }
    rc = node_join(c->dir, file, why);
    if (rc == RC_OK)
        tell(c, &i, g);
    invite_fini(&i);
    mem_free(g);
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct buf file = BUF_NONE;
    if (args_has(c->args, "--request") || args_has(c->args, "--answer") ||
        (argc == 1 && is_code(argv[0]))) {
        complain(c, WORD_JOIN_LATER, NULL);
        return rc_exit(RC_USAGE);
    }
    if (argc == 0) {
        complain(c, WORD_TOO_FEW, "join", NULL);
        return misuse(c, &cmd_join);
    }
    enum rc rc = file_take(argv[0], INVITE_FILE_BYTES_MAX, &file, &why);
    if (rc == RC_OK)
        rc = join(c, buf_slice(&file), &why);
    mem_wipe(file.p, file.n);
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--request", "FILE", WORD_OPT_REQUEST},
                                  {"--answer", "FILE", WORD_OPT_ANSWER},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_join = {
    .name = "join",
    .kind = CMD_PLAIN,
    .group = GROUP_NODE,
    .usage = "FILE",
    .about = WORD_ABOUT_JOIN,
    .details = WORD_DETAILS_JOIN,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 77},
    .example = "  linjuli join 0302-leader-3.lji\n",
    .run = run,
};
