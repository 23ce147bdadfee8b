#include "cli/commands.h"
#include "cli/out.h"

#include <unistd.h>

#define SERVE_WAIT_MS 3000 /* for a command of another window to end */

struct ready {
    struct cli *c;
    const char *listen;
    bool is_lan;
};

/* One line, at once: scripts wait for it. "ready" comes first in either language. */
static void
tell_ready(void *arg)
{
    struct ready *r = arg;
    struct cli *c = r->c;
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "ready", json_true());
        json_object_set_new(json, "listen", json_of_text(slice_text(r->listen)));
        json_object_set_new(json, "lan", json_boolean(r->is_lan));
        json_object_set_new(json, "pid", json_integer((json_int_t)getpid()));
        out_json(c->out, json);
    } else if (r->listen[0] == '\0' && r->is_lan) {
        say(c, WORD_READY_LAN, c->dir, NULL);
    } else if (r->listen[0] == '\0') {
        say(c, WORD_READY_SILENT, c->dir, NULL);
    } else {
        say(c, WORD_READY, r->listen, NULL);
    }
    c->show(c);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    const char *peers[ARGS_OPTIONS_MAX];
    struct serve s = {.listen = args_value(c->args, "--listen"),
                      .web = args_value(c->args, "--web"),
                      .peers = peers,
                      .no_lan = args_has(c->args, "--no-lan"),
                      .run = cli_run,
                      .ready = tell_ready};
    (void)argc;
    (void)argv;
    for (const char *p; (p = args_nth(c->args, "--peer", s.peers_n)) != NULL;)
        peers[s.peers_n++] = p;
    enum rc rc = node_open_wait(c->dir, NODE_WRITE, SERVE_WAIT_MS, &c->node, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    struct ready r = {c, s.listen != NULL ? s.listen : c->node->conf.listen,
                      c->node->conf.lan && !s.no_lan};
    s.ready_arg = &r;
    rc = node_serve(c->node, &s, &why);
    node_close(c->node);
    c->node = NULL;
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--listen", "HOST:PORT", WORD_OPT_LISTEN},
                                  {"--web", "HOST:PORT", WORD_OPT_WEB},
                                  {"--peer", "HOST:PORT", WORD_OPT_PEER},
                                  {"--no-lan", NULL, WORD_OPT_NO_LAN},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_serve = {
    .name = "serve",
    .kind = CMD_PLAIN,
    .group = GROUP_NODE,
    .usage = "[--listen HOST:PORT] [--web HOST:PORT] [--peer HOST:PORT]... [--no-lan]",
    .about = WORD_ABOUT_SERVE,
    .details = WORD_DETAILS_SERVE,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {66, 75, 78},
    .example = "  linjuli serve\n"
               "  linjuli serve --listen 192.168.1.10:7400 --no-lan\n",
    .run = run,
};
