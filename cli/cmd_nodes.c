#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"

#include <string.h>

struct seen { /* what is known of one node by having met it */
    uint32_t node;
    struct peer_row row;
    char address[256];
    bool is_there;
};

static void
take_peer(void *arg, const struct peer_row *p)
{
    struct seen *s = arg;
    if (p->node != s->node)
        return;
    s->row = *p;
    size_t n = strnlen(p->address, sizeof(s->address) - 1);
    memcpy(s->address, p->address, n);
    s->address[n] = '\0';
    s->row.address = s->address;
    s->is_there = true;
}

static uint64_t
entries_of(const struct replica *r, uint32_t node)
{
    uint64_t n = 0;
    for (size_t i = 0; i < replica_logs_n(r); i++)
        if (replica_log_at(r, i)->node == node)
            n += replica_log_at(r, i)->head_seq;
    return n;
}

static void
add(struct cli *c, const struct node_info *n, const struct seen *s, bool is_self)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    char seen[TIME_TEXT_BYTES];
    out_time(s->row.seen_ms, seen);
    buf_addf(c->out, "%3u  %04u  ", n->no, n->unit);
    add_words(c, c->out, WORD_NODE, num(c, entries_of(r, n->no)), seen, NULL);
    if (is_self)
        buf_addf(c->out, "  ● %s", word(c, WORD_THIS_NODE));
    if (n->is_lost)
        buf_addf(c->out, "  ✕ %s", word(c, WORD_NODE_LOST));
    buf_addf(c->out, "\n");
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *log = replica_log_at(r, i);
        if (log->node != n->no)
            continue;
        buf_addf(c->out, "       ");
        who_add(c, log, log->head_seq + 1, c->out);
        buf_add_u8(c->out, '\n');
    }
}

static json_t *
to_json(struct cli *c, const struct node_info *n, const struct seen *s, bool is_self)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    json_t *json = json_object();
    json_t *logs = json_array();
    for (size_t i = 0; i < replica_logs_n(r); i++)
        if (replica_log_at(r, i)->node == n->no)
            json_array_append_new(logs, json_integer(replica_log_at(r, i)->no));
    json_object_set_new(json, "node", json_integer(n->no));
    json_object_set_new(json, "key", json_of_hex(n->box_key.b, KEY_BYTES));
    json_object_set_new(json, "unit", json_of_unit(n->unit));
    json_object_set_new(json, "lost", json_boolean(n->is_lost));
    json_object_set_new(json, "self", json_boolean(is_self));
    json_object_set_new(json, "entries", json_of_u64(entries_of(r, n->no)));
    json_object_set_new(json, "logs", logs);
    json_object_set_new(json, "seen_ms", json_of_time(s->row.seen_ms));
    json_object_set_new(json, "synced_ms", json_of_time(s->row.synced_ms));
    json_object_set_new(json, "address", json_of_text(slice_text(s->address)));
    return json;
}

static int
run(struct cli *c, int argc, char **argv)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    json_t *all = json_array();
    enum rc rc = RC_OK;
    (void)argc;
    (void)argv;
    for (size_t i = 0; rc == RC_OK && i < authority_nodes_n(a); i++) {
        const struct node_info *n = authority_node_at(a, i);
        struct seen s = {.node = n->no};
        bool is_self = key_eq(&n->box_key, &c->node->box.pub);
        rc = peer_each(c->node->ledger, take_peer, &s);
        if (rc == RC_OK && c->json)
            json_array_append_new(all, to_json(c, n, &s, is_self));
        else if (rc == RC_OK)
            add(c, n, &s, is_self);
    }
    if (rc == RC_OK && c->json)
        out_json(c->out, json_incref(all));
    json_decref(all);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

const struct cmd cmd_nodes = {
    .name = "nodes",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "",
    .about = WORD_ABOUT_NODES,
    .details = WORD_DETAILS_NODES,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli nodes --json\n",
    .run = run,
};
