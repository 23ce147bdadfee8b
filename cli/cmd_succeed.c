/* succeed: this restored machine becomes the centre by the root key on paper. Without
 * --yes it opens the door to nodes that do not know it, and says whom it has heard. */
#include "cli/commands.h"
#include "cli/hand.h"
#include "cli/order_show.h"
#include "cli/out.h"
#include "cli/root_sheet.h"

#define SHEET_BYTES_MAX 65536

struct claim {
    struct pair root;
    size_t heard;
    bool old; /* the centre in whose place it would be is alive */
    struct succeeded is;
};

static void
tell(struct cli *c, const struct claim *s, bool done)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    char hex[9];
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "done", json_boolean(done));
        json_object_set_new(json, "heard", json_of_u64(s->heard));
        json_object_set_new(json, "nodes", json_of_u64(authority_nodes_n(a)));
        json_object_set_new(json, "old_centre_heard", json_boolean(s->old));
        json_object_set_new(json, "reign", json_integer(authority_reign(a)));
        if (done) {
            json_object_set_new(json, "log", json_integer(s->is.log_no));
            json_object_set_new(json, "old_node", json_integer(s->is.node));
            json_object_set_new(json, "old_log", json_of_hex(s->is.old_log.b, 8));
            json_object_set_new(json, "granted", json_boolean(s->is.is_granted));
        }
        out_json(c->out, json);
        return;
    }
    say(c, WORD_SUCCEED_HEARD, num(c, s->heard), num(c, authority_nodes_n(a)),
        num(c, authority_seal_no(a)), NULL);
    if (!done) {
        say(c, WORD_SUCCEED_FIRST, NULL);
        return;
    }
    say(c, WORD_SUCCEED_DONE, num(c, s->is.reign), num(c, s->is.seq), NULL);
    if (!s->is.is_granted)
        say(c, WORD_SUCCEED_WAITS, NULL);
    hex_print(s->is.old_log.b, 4, hex);
    say(c, WORD_SUCCEED_THEN, num(c, s->is.log_no), num(c, s->is.node), hex, NULL);
}

static int
refuse(struct cli *c, enum word w, enum rc rc)
{
    complain(c, w, NULL);
    return rc_exit(rc);
}

static int
decide(struct cli *c, struct claim *s)
{
    struct fault why = {0};
    struct buf who = BUF_NONE;
    bool alone = args_has(c->args, "--alone");
    enum rc rc = node_door_open(c->node, &s->root, &why);
    s->heard = node_heard_n(c->node, &s->old);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (s->old && !alone)
        return refuse(c, WORD_SUCCEED_OLD, RC_DENIED);
    if (!args_has(c->args, "--yes")) {
        tell(c, s, false);
        return rc_exit(RC_NO);
    }
    if (s->heard == 0 && !alone)
        return refuse(c, WORD_SUCCEED_NOBODY, RC_STALE);
    order_asker(c, &who);
    rc = node_succeed(c->node, &s->root, buf_text(&who), &s->is, &why);
    buf_free(&who);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    tell(c, s, true);
    return 0;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct hand hand;
    struct claim s = {.heard = 0};
    (void)argc;
    (void)argv;
    if (!args_has(c->args, "--sheet"))
        return misuse(c, &cmd_succeed);
    if (!node_awaits_succession(c->node))
        return refuse(c, c->node->has_hub ? WORD_SUCCEED_IS_HUB : WORD_SUCCEED_NO_HUB,
                      RC_DENIED);
    enum rc rc = hand_read(c, &hand, &why);
    if (rc == RC_OK)
        rc = root_sheet_read(buf_slice(&hand.file), &s.root, &why);
    if (hand.file.p != NULL)
        mem_wipe(hand.file.p, hand.file.cap);
    hand_fini(&hand);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    int status = decide(c, &s);
    pair_wipe(&s.root);
    return status;
}

static int
before(struct cli *c)
{
    const char *sheet = args_value(c->args, "--sheet");
    return sheet != NULL ? hand_begin(c, sheet, SHEET_BYTES_MAX) : 0;
}

static const struct opt opts[] = {{"--sheet", "FILE", WORD_OPT_SHEET},
                                  {"--alone", NULL, WORD_OPT_ALONE},
                                  {"--yes", NULL, WORD_OPT_SUCCEED_YES},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_succeed = {
    .name = "succeed",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "--sheet FILE [--alone] [--yes]",
    .about = WORD_ABOUT_SUCCEED,
    .details = WORD_DETAILS_SUCCEED,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli succeed --sheet typed.txt\n"
               "  linjuli succeed --sheet typed.txt --yes\n",
    .before = before,
    .run = run,
};
