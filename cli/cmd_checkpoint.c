/* checkpoint: the newest seal, in the formats of public logs. */
#include "cli/checkpoint.h"
#include "cli/commands.h"
#include "cli/out.h"

static const char *const kinds[] = {"--tiles", "--prove", "--from", "--key"};

/* One thing at a time. */
static bool
is_one(struct cli *c)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        n += args_has(c->args, kinds[i]);
    n += args_has(c->args, "--qr") || args_has(c->args, "--svg");
    if (n > 1)
        complain(c, WORD_CHECKPOINT_ONE, NULL);
    return n <= 1;
}

static int
show_key(struct cli *c, const struct hash *community, const struct key *hub)
{
    struct buf line = BUF_NONE;
    checkpoint_key(community, hub, &line);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "key", json_of_text(buf_slice(&line)));
        out_json(c->out, json);
    } else {
        buf_addf(c->out, "%s\n", buf_text(&line));
    }
    buf_free(&line);
    return 0;
}

static int
show_note(struct cli *c, const struct published *p)
{
    if (!c->json) {
        buf_add_slice(c->out, buf_slice(&p->note));
        return 0;
    }
    json_t *json = json_object();
    char origin[CHECKPOINT_ORIGIN_BYTES + 1];
    checkpoint_origin(&p->at.community, origin);
    json_object_set_new(json, "origin", json_string(origin));
    json_object_set_new(json, "seal", json_of_u64(tree_seal_no(p->tree)));
    json_object_set_new(json, "size", json_of_u64(p->at.size));
    json_object_set_new(json, "root", json_of_hex(p->at.root.b, HASH_BYTES));
    json_object_set_new(json, "signed", json_boolean(p->is_signed));
    json_object_set_new(json, "note", json_stringn((const char *)p->note.p, p->note.n));
    out_json(c->out, json);
    return 0;
}

static int
show(struct cli *c, const struct published *p)
{
    const struct args *a = c->args;
    int status = 0;
    if (args_has(a, "--tiles"))
        return tiles_write(c, p, args_value(a, "--tiles"));
    if (args_has(a, "--prove"))
        return prove_entries(c, p, args_value(a, "--prove"));
    if (args_has(a, "--from"))
        return prove_growth(c, p, args_value(a, "--from"));
    if (args_has(a, "--svg"))
        status = wall_svg(c, p, args_value(a, "--svg"));
    if (status == 0 && args_has(a, "--qr") && !c->json)
        return wall_text(c, p);
    return status == 0 ? show_note(c, p) : status;
}

/* Signed by the key of the open reign, which only the hub has. Nothing is said anew: size
 * and root stand in a seal that counts (CHECKPOINT.md section 2). */
static void
sign(struct cli *c, struct published *p, const struct key *hub)
{
    p->is_signed = c->node->has_hub && key_eq(&c->node->hub.pub, hub);
    if (p->is_signed)
        checkpoint_sign(&p->at, &c->node->hub, &p->note);
    else
        checkpoint_print(&p->at, &p->note);
    if (!p->is_signed)
        note(c, WORD_CHECKPOINT_UNSIGNED, num(c, tree_seal_no(p->tree)), NULL);
    if (tree_is_contradicted(p->tree))
        note(c, WORD_CHECKPOINT_CONTRADICTED, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct ledger *l = c->node->ledger;
    struct published p = {.tree = NULL};
    (void)argc;
    (void)argv;
    if (!is_one(c))
        return misuse(c, &cmd_checkpoint);
    enum rc rc = tree_open(l, &p.tree);
    const struct hash *community = replica_community(ledger_replica(l));
    const struct key *hub = authority_hub_key(replica_authority(ledger_replica(l)));
    int status = 0;
    if (args_has(c->args, "--key") && community != NULL && hub != NULL) {
        status = show_key(c, community, hub);
    } else if (rc == RC_STALE) {
        complain(c, WORD_CHECKPOINT_NONE, NULL);
        status = rc_exit(rc);
    } else if (rc != RC_OK) {
        status = fail(c, rc, NULL);
    } else {
        p.at = (struct checkpoint){*community, tree_size(p.tree), *tree_root(p.tree)};
        sign(c, &p, hub);
        status = show(c, &p);
    }
    tree_close(p.tree);
    buf_free(&p.note);
    return status;
}

static const struct opt opts[] = {
    {"--tiles", "DIR", WORD_OPT_TILES}, {"--prove", "ID", WORD_OPT_PROVE},
    {"--from", "SIZE", WORD_OPT_FROM},  {"--qr", NULL, WORD_OPT_QR},
    {"--svg", "FILE", WORD_OPT_SVG},    {"--key", NULL, WORD_OPT_KEY},
    {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_checkpoint = {
    .name = "checkpoint",
    .kind = CMD_READ,
    .group = GROUP_HUB,
    .usage = "[--tiles DIR | --prove ID | --from SIZE | --key | [--qr] [--svg FILE]]",
    .about = WORD_ABOUT_CHECKPOINT,
    .details = WORD_DETAILS_CHECKPOINT,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {65, 66, 74, 75, 77},
    .example = "  linjuli checkpoint --qr\n"
               "  linjuli checkpoint --tiles /srv/www/log\n"
               "  linjuli checkpoint --prove 0302-017-26-0047 > 0047.tlog-proof\n",
    .run = run,
};
