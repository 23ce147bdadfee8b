/* root-sheet: is what was typed from the paper the community's root key? */
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/root_sheet.h"

static int
before(struct cli *c)
{
    if (!args_has(c->args, "--check")) {
        complain(c, WORD_OPTION_NEEDED, "--check", NULL);
        return misuse(c, &cmd_root_sheet);
    }
    return file_open(c, c->args->argc > 0 ? c->args->argv[0] : "-");
}

static enum rc
take(struct cli *c, struct pair *out, struct fault *why)
{
    const char *path = c->args->argc > 0 ? c->args->argv[0] : "-";
    struct buf text = BUF_NONE;
    if (c->fd == 0 && c->is_terminal) {
        note(c, WORD_SHEET_TYPE, NULL);
        c->show(c);
    }
    buf_reserve(&text, 2 * ROOT_SHEET_BYTES_MAX); /* it does not move */
    enum rc rc = file_take_fd(c->fd, path, ROOT_SHEET_BYTES_MAX, &text, why);
    if (rc == RC_OK)
        rc = root_sheet_read(buf_slice(&text), out, why);
    mem_wipe(text.p, text.cap);
    buf_free(&text);
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    const struct key *key = authority_root_key(a);
    struct fault why = {0};
    struct pair root;
    (void)argc;
    (void)argv;
    enum rc rc = key != NULL ? take(c, &root, &why) : RC_STALE;
    if (rc != RC_OK)
        return fail(c, rc, &why);
    bool is_ours = key_eq(&root.pub, key);
    pair_wipe(&root);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "root_key", json_of_hex(key->b, KEY_BYTES));
        json_object_set_new(json, "matches", json_boolean(is_ours));
        out_json(c->out, json);
    } else {
        struct buf name = BUF_NONE;
        buf_add_slice(&name, authority_name(a));
        say(c, is_ours ? WORD_SHEET_RIGHT : WORD_SHEET_OTHER, buf_text(&name), NULL);
        buf_free(&name);
    }
    return is_ours ? 0 : rc_exit(RC_NO);
}

static const struct opt opts[] = {{"--check", NULL, WORD_OPT_SHEET_CHECK},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_root_sheet = {
    .name = "root-sheet",
    .kind = CMD_READ,
    .group = GROUP_HUB,
    .usage = "--check [FILE]",
    .about = WORD_ABOUT_ROOT_SHEET,
    .details = WORD_DETAILS_ROOT_SHEET,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75},
    .example = "  linjuli root-sheet --check root-key-sheet.txt\n",
    .before = before,
    .run = run,
};
