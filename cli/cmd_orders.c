#include "cli/commands.h"
#include "cli/file.h"
#include "cli/hand.h"
#include "cli/order_show.h"
#include "cli/out.h"

#include <string.h>

struct listing {
    struct cli *c;
    json_t *all;
    size_t n;
};

static void
take_json(struct listing *x, const struct order_row *r, const char *about)
{
    json_t *json = json_object();
    json_t *by = json_array();
    for (uint16_t i = 0; i < r->op->order.n; i++)
        if (r->op->order.holds[i])
            json_array_append_new(by, json_of_hex(r->op->order.by[i].b, KEY_BYTES));
    json_object_set_new(json, "order", json_string(r->name));
    json_object_set_new(json, "kind", json_string(order_kind(r->op)));
    json_object_set_new(json, "state", json_string(order_state(r->state)));
    json_object_set_new(json, "have", json_integer(r->have));
    json_object_set_new(json, "need", json_integer(r->need));
    json_object_set_new(json, "made_ms", json_of_time(r->made_ms));
    json_object_set_new(json, "who", json_of_text(slice_text(r->who)));
    json_object_set_new(json, "about", json_of_text(slice_text(about)));
    json_object_set_new(json, "signed_by", by);
    json_array_append_new(x->all, json);
}

static void
take(void *arg, const struct order_row *r)
{
    struct listing *x = arg;
    struct cli *c = x->c;
    struct buf about = BUF_NONE;
    char time[TIME_TEXT_BYTES];
    order_about(c, r->op, &about);
    x->n++;
    if (c->json) {
        take_json(x, r, buf_text(&about));
    } else {
        out_time(r->made_ms, time);
        say(c, WORD_ORDER_ROW, r->name, buf_text(&about), num(c, r->have),
            num(c, r->need), time, r->who, NULL);
        if (r->state == ORDER_STALE)
            say(c, WORD_ORDER_IS_STALE, NULL);
        if (r->state == ORDER_READY)
            say(c, WORD_ORDER_IS_READY, r->name, NULL);
    }
    buf_free(&about);
}

static int
list(struct cli *c)
{
    struct listing x = {.c = c, .all = json_array()};
    enum rc rc = order_each(c->node->ledger, take, &x);
    if (rc == RC_OK && c->json)
        out_json(c->out, json_incref(x.all));
    else if (rc == RC_OK && x.n == 0)
        say(c, WORD_ORDER_NONE, NULL);
    json_decref(x.all);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

struct deed {
    struct hub hub;
    const char *name;
    struct hand hand;
    struct order_result is;
    struct fault why;
};

static enum rc
work_drop(struct node *n, void *arg)
{
    struct deed *d = arg;
    return order_drop(n->ledger, d->name, &d->why);
}

static enum rc
work_import(struct node *n, void *arg)
{
    struct deed *d = arg;
    return order_import(n->ledger, &d->hub, buf_slice(&d->hand.file), &d->is, &d->why);
}

static int
take_in(struct cli *c, struct deed *d)
{
    enum rc rc = hand_read(c, &d->hand, &d->why);
    if (rc == RC_OK)
        rc = node_turn(c->node, work_import, d);
    hand_fini(&d->hand);
    return rc == RC_OK ? order_say(c, &d->is) : fail(c, rc, &d->why);
}

static int
give_out(struct cli *c, struct deed *d)
{
    struct buf file = BUF_NONE;
    enum rc rc = order_export(c->node->ledger, d->name, &file, &d->why);
    if (rc == RC_OK)
        rc = hand_give(c, buf_slice(&file), &d->why);
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &d->why);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.hub = cli_hub(c), .name = args_value(c->args, "--drop")};
    const char *out = args_value(c->args, "--export");
    (void)argv;
    if (args_has(c->args, "--import"))
        return argc == 0 ? take_in(c, &d) : misuse(c, &cmd_orders);
    if (out != NULL) {
        if (argc != 1)
            return misuse(c, &cmd_orders);
        d.name = out;
        return give_out(c, &d);
    }
    if (argc != 0)
        return misuse(c, &cmd_orders);
    if (d.name == NULL)
        return list(c);
    enum rc rc = node_turn(c->node, work_drop, &d);
    if (rc != RC_OK)
        return fail(c, rc, &d.why);
    say(c, WORD_ORDER_DROPPED, d.name, NULL);
    return 0;
}

/* ---- in the person's process */

static int
before(struct cli *c)
{
    if (args_has(c->args, "--import"))
        return hand_begin(c, args_value(c->args, "--import"), ORDER_FILE_BYTES_MAX);
    if (!args_has(c->args, "--export"))
        return 0;
    if (c->args->argc != 1)
        return misuse(c, &cmd_orders);
    return hand_empty(c);
}

static int
after(struct cli *c, int status)
{
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct file_out f;
    if (status != 0 || !args_has(c->args, "--export"))
        return status;
    enum rc rc = hand_take(c, &file, &why);
    if (rc == RC_OK)
        rc = file_out_begin(&f, c->args->argv[0], false, &why);
    if (rc == RC_OK) {
        rc = fd_write(f.fd, buf_slice(&file));
        if (rc == RC_OK)
            rc = file_out_end(&f, &why);
        else
            file_out_drop(&f);
    }
    buf_free(&file);
    if (rc == RC_OK)
        say(c, WORD_ORDER_EXPORTED, c->args->argv[0], NULL);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--export", "ORDER", WORD_OPT_ORDER_EXPORT},
                                  {"--import", "FILE", WORD_OPT_ORDER_IMPORT},
                                  {"--drop", "ORDER", WORD_OPT_ORDER_DROP},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_orders = {
    .name = "orders",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "[--export ORDER FILE] [--import FILE] [--drop ORDER]",
    .about = WORD_ABOUT_ORDERS,
    .details = WORD_DETAILS_ORDERS,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli orders --json\n"
               "  linjuli orders --export 3f0c11aa revoke.order\n"
               "  linjuli orders --import revoke.order\n",
    .before = before,
    .run = run,
    .after = after,
};
