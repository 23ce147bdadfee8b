#include "cli/commands.h"
#include "cli/out.h"
#include "cli/root_sheet.h"

#include <stdio.h>

#define LISTEN "0.0.0.0:7400" /* what groups call; `--listen` or node.conf change it */
#define PERSON "中心"

static void
tell(struct cli *c, const struct node_birth *b)
{
    char sheet[4096], page[4096];
    (void)snprintf(sheet, sizeof(sheet), "%s/" ROOT_SHEET_NAME, b->dir);
    (void)snprintf(page, sizeof(page), "%s/" ROOT_PAGE_NAME, b->dir);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "dir", json_of_text(slice_text(b->dir)));
        json_object_set_new(json, "community", json_of_text(slice_text(b->community)));
        json_object_set_new(json, "person", json_of_text(slice_text(b->person)));
        json_object_set_new(json, "listen", json_of_text(slice_text(b->listen)));
        json_object_set_new(json, "root_key_sheet", json_of_text(slice_text(sheet)));
        json_object_set_new(json, "root_key_page", json_of_text(slice_text(page)));
        out_json(c->out, json);
        return;
    }
    say(c, WORD_INIT_DONE, b->community, b->dir, NULL);
    say(c, WORD_INIT_SHEET, sheet, page, NULL);
    say(c, WORD_INIT_NEXT, b->listen, NULL);
}

/* Two centres by mistake are hard to make one again; a hint is enough to ask. */
static bool
is_second(struct cli *c)
{
    char at[ANYBODY_TEXT_BYTES];
    struct fault why = {0};
    if (args_has(c->args, "--no-lan") || args_has(c->args, "--another") ||
        node_dir_check(c->dir, &why) != RC_OK) /* which is told at once */
        return false;
    if (!node_lan_anybody(at))
        return false;
    complain(c, WORD_INIT_ANYBODY, at, NULL);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct node_birth b = {.dir = c->dir,
                           .community = args_value(c->args, "--name"),
                           .person = args_value(c->args, "--person"),
                           .listen = args_value(c->args, "--listen"),
                           .sheet = root_sheet,
                           .page = root_page};
    (void)argc;
    (void)argv;
    if (b.community == NULL) {
        complain(c, WORD_OPTION_NEEDED, "--name NAME", NULL);
        return misuse(c, &cmd_init);
    }
    if (b.person == NULL)
        b.person = PERSON;
    if (b.listen == NULL)
        b.listen = LISTEN;
    if (is_second(c))
        return rc_exit(RC_DENIED);
    enum rc rc = node_init(&b, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    tell(c, &b);
    return 0;
}

static const struct opt opts[] = {{"--name", "NAME", WORD_OPT_NAME},
                                  {"--person", "NAME", WORD_OPT_FIRST_PERSON},
                                  {"--listen", "HOST:PORT", WORD_OPT_LISTEN},
                                  {"--another", NULL, WORD_OPT_ANOTHER},
                                  {"--no-lan", NULL, WORD_OPT_INIT_NO_LAN},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_init = {
    .name = "init",
    .kind = CMD_PLAIN,
    .group = GROUP_HUB,
    .usage = "--name NAME [--person NAME] [--listen HOST:PORT] [--another] [--no-lan]",
    .about = WORD_ABOUT_INIT,
    .details = WORD_DETAILS_INIT,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {65, 77},
    .example = "  linjuli -C /srv/linjuli init --name 绿洲社区\n",
    .run = run,
};
