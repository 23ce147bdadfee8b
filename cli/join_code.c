/* `join` by sixteen digits: the invite is fetched from the hub over the local network,
 * and the first exchange follows at once. */
#include "cli/address.h"
#include "cli/commands.h"
#include "cli/join.h"

#include <string.h>

#define TYPED_BYTES 64

/* The words with a space between; false: too long for digits. */
static bool
typed(int argc, char **argv, char out[static TYPED_BYTES])
{
    size_t n = 0;
    for (int i = 0; i < argc; i++) {
        size_t len = strlen(argv[i]);
        if (n + len + 2 > TYPED_BYTES)
            return false;
        memcpy(out + n, argv[i], len);
        n += len;
        out[n++] = ' ';
    }
    out[n] = '\0';
    return true;
}

bool
join_is_code(int argc, char **argv)
{
    char text[TYPED_BYTES];
    struct code code = {{0}};
    bool is = typed(argc, argv, text) && code_parse(text, &code) != RC_NO;
    code_wipe(&code);
    mem_wipe(text, sizeof(text));
    return is;
}

struct sync_report
join_at(struct cli *c, const char *hub)
{
    struct sync_report report = {.close = CLOSE_NONE};
    struct fault why = {0};
    if (node_open(c->dir, NODE_WRITE, &c->node, &why) != RC_OK)
        return report;
    if (node_sync(c->node, hub, &report, &why) != RC_OK)
        report.close = CLOSE_NONE;
    node_close(c->node);
    c->node = NULL;
    return report;
}

static enum rc
fetch(struct cli *c, const char *text, struct buf *file,
      char hub[static HOSTPORT_TEXT_BYTES], struct fault *why)
{
    struct code code = {{0}};
    enum rc rc = code_parse(text, &code);
    if (rc != RC_OK)
        return fault_set(why, RC_INVALID, FAULT_CODE_DIGITS, " ");
    rc = node_dir_check(c->dir, why);
    if (rc != RC_OK)
        return rc;
    note(c, WORD_JOIN_LOOKS, NULL);
    c->show(c);
    rc = node_code_fetch(&code, args_value(c->args, "--at"), file, hub, why);
    code_wipe(&code);
    return rc;
}

int
join_by_code(struct cli *c, int argc, char **argv)
{
    char text[TYPED_BYTES], hub[HOSTPORT_TEXT_BYTES];
    const char *at = args_value(c->args, "--at");
    struct fault why = {0};
    struct buf file = BUF_NONE;
    if (at != NULL && !address_is(at)) {
        complain(c, WORD_OPTION_BAD, "--at", at, "192.168.1.10:7431", NULL);
        return misuse(c, &cmd_join);
    }
    enum rc rc = typed(argc, argv, text) ? fetch(c, text, &file, hub, &why) : RC_INVALID;
    if (rc == RC_OK)
        rc = join_file(c, hub, buf_slice(&file), &why);
    if (why.code == FAULT_INVITE_EXPIRED) /* the hub has just said that it has not */
        fault_set(&why, rc, FAULT_INVITE_AHEAD, " ");
    if (rc == RC_OK) {
        struct sync_report report = join_at(c, hub);
        join_end(c, hub, &report);
    }
    mem_wipe(text, sizeof(text));
    if (file.p != NULL)
        mem_wipe(file.p, file.cap);
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}
