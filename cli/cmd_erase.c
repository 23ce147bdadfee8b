#include "cli/commands.h"
#include "cli/order_show.h"
#include "cli/out.h"

#include <string.h>

/* ---- what would go, and the order */

struct deed {
    struct cli *c;
    struct erase_plan plan;
    const struct erase_ground *ground;
    const char *request;
    struct order_result is;
    struct fault why;
};

static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    struct hub hub = cli_hub(d->c);
    struct buf who = BUF_NONE;
    order_asker(d->c, &who);
    struct erase_words words = {d->ground->code, d->request, buf_text(&who)};
    enum rc rc = erase_order(n->ledger, &hub, &d->plan, &words, &d->is, &d->why);
    buf_free(&who);
    return rc;
}

static void
show_plan(struct cli *c, const struct deed *d, bool asked)
{
    bool done = asked && d->is.state == ORDER_WRITTEN;
    const struct erase_plan *p = &d->plan;
    char id[2 * RECORD_ID_BYTES + 1];
    hex_print(p->key[0].id, RECORD_ID_BYTES, id);
    if (!c->json) {
        say(c, WORD_ERASE_PLAN, p->number[0] != '\0' ? p->number : id, num(c, p->items_n),
            num(c, p->entries_n), num(c, p->logs_n), NULL);
        if (done)
            say(c, WORD_ERASE_DONE, d->request, NULL);
        else if (asked)
            (void)order_say(c, &d->is);
        if (asked && !done && p->keys_n > 1)
            say(c, WORD_ERASE_HALVES, NULL);
        return;
    }
    json_t *json = json_object();
    json_object_set_new(json, "id", json_of_hex(p->key[0].id, RECORD_ID_BYTES));
    json_object_set_new(json, "number", json_of_text(slice_text(p->number)));
    json_object_set_new(json, "items", json_of_u64(p->items_n));
    json_object_set_new(json, "entries", json_of_u64(p->entries_n));
    json_object_set_new(json, "logs", json_of_u64(p->logs_n));
    json_object_set_new(json, "ground", json_of_text(slice_text(d->ground->name)));
    json_object_set_new(json, "request", json_of_text(slice_text(d->request)));
    json_object_set_new(json, "done", json_boolean(done));
    if (asked)
        order_json(json, &d->is);
    out_json(c->out, json);
}

static int
order(struct cli *c, const char *id, struct deed *d)
{
    enum rc rc = erase_plan(c->node->ledger, id, &d->plan, &d->why);
    bool asked = false;
    if (rc == RC_OK && d->plan.was_erased && d->plan.items_n == 0) {
        complain(c, WORD_ERASE_NOTHING, id, NULL);
        return rc_exit(RC_NO);
    }
    if (rc == RC_OK && args_has(c->args, "--yes")) {
        rc = node_turn(c->node, work, d);
        asked = rc == RC_OK;
    }
    if (rc != RC_OK)
        return fail(c, rc, &d->why);
    show_plan(c, d, asked);
    if (asked)
        return d->is.state == ORDER_WRITTEN ? 0 : rc_exit(RC_NO);
    note(c, WORD_ERASE_ASK, NULL);
    return rc_exit(RC_NO);
}

static void
grounds(struct cli *c)
{
    for (const struct erase_ground *g = erase_grounds; g->name != NULL; g++)
        buf_addf(c->err, "  %-10s %s\n", g->name, c->lang == LANG_ZH ? g->zh : g->en);
}

/* ---- the list */

struct seen {
    uint32_t node;
    uint64_t ms;
};

static void
take_peer(void *arg, const struct peer_row *p)
{
    struct seen *s = arg;
    if (p->node == s->node)
        s->ms = p->seen_ms;
}

struct listing {
    struct cli *c;
    json_t *all;
    enum rc rc;
};

static uint64_t
seen_ms(struct listing *x, uint32_t node)
{
    struct seen s = {.node = node};
    enum rc rc = peer_each(x->c->node->ledger, take_peer, &s);
    x->rc = x->rc == RC_OK ? rc : x->rc;
    return s.ms;
}

static uint32_t
unit_of(const struct listing *x, uint32_t node)
{
    const struct authority *a = replica_authority(ledger_replica(x->c->node->ledger));
    const struct node_info *n = authority_node(a, node);
    return n != NULL ? n->unit : 0;
}

static void
list_json(struct listing *x, const struct erase_row *r)
{
    const struct erase_ground *g = erase_ground_by_code(r->first->ground);
    json_t *json = json_object();
    json_t *nodes = json_array();
    for (size_t i = 0; i < r->nodes_n; i++) {
        json_t *n = json_object();
        json_object_set_new(n, "node", json_of_u64(r->node[i].node));
        json_object_set_new(n, "unit", json_of_unit(unit_of(x, r->node[i].node)));
        json_object_set_new(n, "lost", json_boolean(r->node[i].is_lost));
        json_object_set_new(n, "done", json_boolean(r->node[i].has_done));
        json_object_set_new(n, "seen_ms", json_of_time(seen_ms(x, r->node[i].node)));
        json_array_append_new(nodes, n);
    }
    json_object_set_new(json, "request", json_of_text(slice_text(r->first->request)));
    json_object_set_new(json, "ground",
                        g != NULL ? json_of_text(slice_text(g->name)) : json_null());
    json_object_set_new(json, "id", json_of_hex(r->first->record.id, RECORD_ID_BYTES));
    json_object_set_new(json, "unit", json_of_unit(r->first->record.unit));
    json_object_set_new(json, "number", json_of_text(slice_text(r->number)));
    json_object_set_new(json, "time_ms", json_of_time(clock_ms(r->first->clock)));
    json_object_set_new(json, "items", json_of_u64(r->items_n));
    json_object_set_new(json, "nodes", nodes);
    json_array_append_new(x->all, json);
}

static bool
list_one(void *arg, const struct erase_row *r)
{
    struct listing *x = arg;
    struct cli *c = x->c;
    const struct erase_ground *g = erase_ground_by_code(r->first->ground);
    char time[TIME_TEXT_BYTES], id[2 * RECORD_ID_BYTES + 1];
    if (c->json) {
        list_json(x, r);
        return x->rc == RC_OK;
    }
    hex_print(r->first->record.id, RECORD_ID_BYTES, id);
    out_time(clock_ms(r->first->clock), time);
    say(c, WORD_ERASE_ROW, r->first->request, r->number[0] != '\0' ? r->number : id,
        g == NULL            ? "?"
        : c->lang == LANG_ZH ? g->zh
                             : g->en,
        time, num(c, r->done_n), num(c, r->nodes_n), NULL);
    for (size_t i = 0; i < r->nodes_n && x->rc == RC_OK; i++) {
        if (r->node[i].has_done)
            continue;
        out_time(seen_ms(x, r->node[i].node), time);
        say(c, r->node[i].is_lost ? WORD_ERASE_LOST : WORD_ERASE_OPEN,
            num(c, r->node[i].node), unit_text(c, unit_of(x, r->node[i].node)), time,
            NULL);
    }
    return x->rc == RC_OK;
}

static int
list(struct cli *c)
{
    struct listing x = {.c = c, .all = json_array()};
    enum rc rc = erase_each(c->node->ledger, list_one, &x);
    rc = rc == RC_OK ? x.rc : rc;
    if (rc == RC_OK && c->json)
        out_json(c->out, json_incref(x.all));
    else if (rc == RC_OK && c->out->n == 0)
        say(c, WORD_ERASE_NONE, NULL);
    json_decref(x.all);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    const char *ground = args_value(c->args, "--ground");
    struct deed d = {.c = c, .request = args_value(c->args, "--request")};
    if (args_has(c->args, "--list"))
        return argc == 0 ? list(c) : misuse(c, &cmd_erase);
    if (argc != 1)
        return misuse(c, &cmd_erase);
    if (!node_may_seal(c->node)) {
        complain(c, WORD_ERASE_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    d.ground = ground != NULL ? erase_ground_by_name(ground) : NULL;
    if (d.ground == NULL) {
        complain(c, WORD_ERASE_GROUNDS, NULL);
        grounds(c);
        return rc_exit(RC_USAGE);
    }
    if (d.request == NULL || !erase_request_is_good(d.request)) {
        complain(c, WORD_ERASE_REQUEST, NULL);
        return rc_exit(RC_USAGE);
    }
    int status = order(c, argv[0], &d);
    erase_plan_fini(&d.plan);
    return status;
}

static const struct opt opts[] = {{"--ground", "CODE", WORD_OPT_ERASE_GROUND},
                                  {"--request", "NO", WORD_OPT_ERASE_REQUEST},
                                  {"--yes", NULL, WORD_OPT_ERASE_YES},
                                  {"--list", NULL, WORD_OPT_ERASE_LIST},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_erase = {
    .name = "erase",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "[ID --ground CODE --request NO [--yes]] [--list]",
    .about = WORD_ABOUT_ERASE,
    .details = WORD_DETAILS_ERASE,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli erase 0302-017-26-0047 --ground consent --request 2026-003\n"
               "  linjuli erase --list --json\n",
    .run = run,
};
