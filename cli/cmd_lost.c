#include "cli/commands.h"
#include "cli/order_show.h"
#include "cli/out.h"
#include "cli/people.h"

#include <stdlib.h>
#include <string.h>

/* What people have to know before they say it: what that machine can open, what the
 * centre has of it, and what it said it had. */
struct page {
    const struct node_info *node;
    uint64_t households, residents, wishes;
    uint64_t received, announced, last_ms, seen_ms;
};

static bool
count_one(void *arg, const struct record_row *r)
{
    (void)r;
    (*(uint64_t *)arg)++;
    return true;
}

static uint64_t
count(struct cli *c, const char *type, uint32_t unit)
{
    uint64_t n = 0;
    const struct filter f = {.field = "unit", .value = unit_text(c, unit)};
    enum rc rc = query_list(c->node->ledger, type, &f, unit != CENTRE_UNIT, 0, count_one,
                            &n, NULL);
    return rc == RC_OK ? n : 0;
}

static void
take_peer(void *arg, const struct peer_row *p)
{
    struct page *page = arg;
    if (p->node == page->node->no)
        page->seen_ms = p->seen_ms;
}

/* What any node has said that it holds of this log: its own word, or a neighbour's. */
static void
add_log(struct cli *c, struct page *p, const struct log_state *log)
{
    uint64_t told = peer_acked(c->node->ledger, 0, &log->key);
    uint64_t trunk = replica_trunk_n(ledger_replica(c->node->ledger), &log->key);
    p->received += log->head_seq;
    p->announced += told > trunk ? told : trunk;
    if (clock_ms(log->head_clock) > p->last_ms)
        p->last_ms = clock_ms(log->head_clock);
}

static enum rc
gather(struct cli *c, struct page *p)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    p->households = count(c, "household", p->node->unit);
    p->residents = count(c, "resident", p->node->unit);
    p->wishes = count(c, "wish", p->node->unit);
    for (size_t i = 0; i < replica_logs_n(r); i++)
        if (replica_log_at(r, i)->node == p->node->no)
            add_log(c, p, replica_log_at(r, i));
    return peer_each(c->node->ledger, take_peer, p);
}

static void
show(struct cli *c, const struct page *p)
{
    char last[TIME_TEXT_BYTES], seen[TIME_TEXT_BYTES];
    uint64_t missing = p->announced - p->received;
    if (c->json)
        return;
    out_moment(p->last_ms, false, c->lang, last);
    out_moment(p->seen_ms, true, c->lang, seen);
    say(c, WORD_LOST_OPENS, unit_text(c, p->node->unit), num(c, p->households),
        num(c, p->residents), num(c, p->wishes), NULL);
    say(c, WORD_LOST_RECEIVED, num(c, p->received), last, NULL);
    say(c, WORD_LOST_ANNOUNCED, num(c, p->announced), seen, NULL);
    if (missing > 0)
        say(c, WORD_LOST_MISSING, num(c, missing), NULL);
    say(c, WORD_LOST_NO_WIPE, NULL);
}

static void
page_json(struct cli *c, const struct page *p)
{
    json_t *json = json_object();
    json_object_set_new(json, "node", json_integer(p->node->no));
    json_object_set_new(json, "unit", json_of_unit(p->node->unit));
    json_object_set_new(json, "households", json_of_u64(p->households));
    json_object_set_new(json, "residents", json_of_u64(p->residents));
    json_object_set_new(json, "wishes", json_of_u64(p->wishes));
    json_object_set_new(json, "received", json_of_u64(p->received));
    json_object_set_new(json, "announced", json_of_u64(p->announced));
    json_object_set_new(json, "missing", json_of_u64(p->announced - p->received));
    json_object_set_new(json, "seen_ms", json_of_time(p->seen_ms));
    out_json(c->out, json);
}

struct deed {
    struct cli *c;
    struct hub hub;
    uint32_t node, heir;
    struct order_result is;
    struct fault why;
};

static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    struct buf who = BUF_NONE;
    order_asker(d->c, &who);
    enum rc rc =
        hub_lost(n->ledger, &d->hub, d->node, d->heir, buf_text(&who), &d->is, &d->why);
    buf_free(&who);
    return rc;
}

static bool
number(const char *text, uint32_t *out)
{
    if (text == NULL)
        return true;
    if (text[0] == '\0' || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
        return false;
    *out = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct deed d = {.c = c, .hub = cli_hub(c)};
    struct page p = {0};
    (void)argc;
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    if (!number(argv[0], &d.node) || !number(args_value(c->args, "--heir"), &d.heir))
        return misuse(c, &cmd_lost);
    p.node = authority_node(replica_authority(ledger_replica(c->node->ledger)), d.node);
    if (p.node == NULL)
        return fail(c, fault_set(&d.why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", argv[0]),
                    &d.why);
    if (p.node->is_lost) {
        complain(c, WORD_LOST_ALREADY, argv[0], NULL);
        return rc_exit(RC_NO);
    }
    enum rc rc = gather(c, &p);
    if (rc != RC_OK)
        return fail(c, rc, NULL);
    show(c, &p);
    if (!args_has(c->args, "--yes")) {
        if (c->json)
            page_json(c, &p);
        note(c, WORD_LOST_ASK, NULL);
        return rc_exit(RC_NO);
    }
    rc = node_turn(c->node, work, &d);
    if (rc != RC_OK)
        return fail(c, rc, &d.why);
    int status = order_say(c, &d.is);
    if (status == 0 && !c->json)
        say(c, WORD_LOST_DONE, NULL);
    return status;
}

static const struct opt opts[] = {{"--heir", "LOG", WORD_OPT_HEIR},
                                  {"--yes", NULL, WORD_OPT_LOST_YES},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_lost = {
    .name = "lost",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "NODE [--heir LOG] [--yes]",
    .about = WORD_ABOUT_LOST,
    .details = WORD_DETAILS_LOST,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli lost 5\n"
               "  linjuli lost 5 --heir 21 --yes\n",
    .run = run,
};
