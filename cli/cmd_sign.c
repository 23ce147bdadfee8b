#include "cli/commands.h"
#include "cli/file.h"
#include "cli/hand.h"
#include "cli/order_show.h"
#include "cli/out.h"

#include <string.h>

/* An order that waits here, by its name; anything else is a file from another machine. */
static bool
is_name(const char *text)
{
    return strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8;
}

struct deed {
    struct hub hub;
    const char *name;
    struct pair officer;
    bool is_lost; /* it reports a computer lost */
    struct order_result is;
    struct fault why;
};

static void
look(void *arg, const struct order_row *r)
{
    struct deed *d = arg;
    d->is_lost =
        d->is_lost || (strcmp(r->name, d->name) == 0 && r->op->code == AUTH_LOST);
}

static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    enum rc rc = order_each(n->ledger, look, d);
    return rc != RC_OK
               ? rc
               : order_sign(n->ledger, &d->hub, d->name, &d->officer, &d->is, &d->why);
}

/* Signs the words of a file, for this node's own community only; out is the file anew. */
static enum rc
sign_file(struct cli *c, struct slice file, const struct deed *d, struct buf *out,
          struct fault *why)
{
    struct order_file f;
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf bytes = BUF_NONE;
    struct buf about = BUF_NONE;
    const struct hash *here = replica_community(ledger_replica(c->node->ledger));
    enum rc rc = order_file_decode(file, &f);
    if (rc == RC_OK && (auth_op_decode(f.op, op) != RC_OK || !op->order.is_there))
        rc = RC_MALFORMED;
    if (rc == RC_OK && (here == NULL || !hash_eq(here, &f.community)))
        rc = RC_INVALID;
    if (rc == RC_OK)
        rc = order_add(op, &f.community, &d->officer);
    if (rc == RC_OK) {
        auth_op_encode(op, &bytes);
        f.op = buf_slice(&bytes);
        order_file_encode(&f, out);
        order_about(c, op, &about);
        say(c, WORD_ORDER_SIGNED_FILE, buf_text(&about), NULL);
    } else {
        fault_set(why, rc, FAULT_ORDER_FILE, "%s", rc_text(rc));
    }
    buf_free(&about);
    buf_free(&bytes);
    mem_free(op);
    return rc;
}

static int
sign(struct cli *c, const char *what, struct hand *hand, struct deed *d)
{
    struct buf file = BUF_NONE;
    enum rc rc = node_officer_open(c->node, args_value(c->args, "--officer"),
                                   hand_pin(hand), &d->officer, &d->why);
    if (rc == RC_OK && is_name(what)) {
        d->name = what;
        rc = node_turn(c->node, work, d);
    } else if (rc == RC_OK) {
        rc = sign_file(c, buf_slice(&hand->file), d, &file, &d->why);
        if (rc == RC_OK)
            rc = hand_give(c, buf_slice(&file), &d->why);
    }
    pair_wipe(&d->officer);
    buf_free(&file);
    if (rc != RC_OK)
        return fail(c, rc, &d->why);
    if (!is_name(what))
        return 0;
    int status = order_say(c, &d->is);
    if (status == 0 && d->is_lost && !c->json)
        say(c, WORD_LOST_DONE, NULL);
    return status;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.hub = cli_hub(c)};
    struct hand hand;
    (void)argc;
    enum rc rc = hand_read(c, &hand, &d.why);
    int status = rc == RC_OK ? sign(c, argv[0], &hand, &d) : fail(c, rc, &d.why);
    hand_fini(&hand);
    return status;
}

static int
before(struct cli *c)
{
    const char *what = c->args->argv[0];
    return hand_begin(c, is_name(what) ? NULL : what, ORDER_FILE_BYTES_MAX);
}

/* The file becomes the one with the signature in it. */
static int
after(struct cli *c, int status)
{
    const char *what = c->args->argv[0];
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct file_out f;
    if (status != 0 || is_name(what))
        return status;
    enum rc rc = hand_take(c, &file, &why);
    if (rc == RC_OK)
        rc = file_out_begin(&f, what, true, &why);
    if (rc == RC_OK) {
        rc = fd_write(f.fd, buf_slice(&file));
        if (rc == RC_OK)
            rc = file_out_end(&f, &why);
        else
            file_out_drop(&f);
    }
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--officer", "KEY", WORD_OPT_OFFICER},
                                  {"--pin-file", "FILE", WORD_OPT_PIN_FILE},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_sign = {
    .name = "sign",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "ORDER|FILE [--officer KEY] [--pin-file FILE]",
    .about = WORD_ABOUT_SIGN,
    .details = WORD_DETAILS_SIGN,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli sign 3f0c11aa --pin-file pin.txt\n"
               "  linjuli sign revoke.order\n",
    .before = before,
    .run = run,
    .after = after,
};
