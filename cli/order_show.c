#include "cli/order_show.h"

#include <string.h>

#include "cli/out.h"
#include "cli/people.h"

const char *
order_kind(const struct auth_op *op)
{
    switch ((int)op->code) {
    case AUTH_GRANT:
        return "grant";
    case AUTH_REVOKE:
        return "revoke";
    case AUTH_LOST:
        return "lost";
    case AUTH_OFFICERS:
        return "officers";
    case AUTH_ERASE:
        return "erase";
    default:
        return "?";
    }
}

static void
add_log(struct cli *c, uint32_t no, enum word w, struct buf *out)
{
    struct buf who = BUF_NONE;
    const struct log_state *log = replica_log(ledger_replica(c->node->ledger), no);
    who_add(c, log, log != NULL ? log->head_seq + 1 : 1, &who);
    add_words(c, out, w, buf_text(&who), num(c, no), NULL);
    buf_free(&who);
}

const char *
order_state(enum order_state state)
{
    static const char *const names[] = {[ORDER_WAITS] = "waits",
                                        [ORDER_READY] = "ready",
                                        [ORDER_STALE] = "stale",
                                        [ORDER_WRITTEN] = "written"};
    return names[state];
}

void
order_about(struct cli *c, const struct auth_op *op, struct buf *out)
{
    struct buf text = BUF_NONE;
    switch ((int)op->code) {
    case AUTH_GRANT:
        person_name(c->node->ledger, op->grant.person, &text);
        add_words(c, out, WORD_ORDER_GRANT, buf_text(&text), unit_text(c, op->grant.unit),
                  word(c, role_word(op->grant.role)), NULL);
        break;
    case AUTH_REVOKE:
        add_log(c, op->line.log_no, WORD_ORDER_REVOKE, out);
        break;
    case AUTH_LOST:
        add_words(c, out, WORD_ORDER_LOST, num(c, op->node), NULL);
        break;
    case AUTH_OFFICERS:
        add_words(c, out, WORD_ORDER_OFFICERS, num(c, op->officers.n), NULL);
        break;
    case AUTH_ERASE:
        out_escaped(&text, op->request, false);
        add_words(c, out, WORD_ORDER_ERASE, buf_text(&text), num(c, op->items_n), NULL);
        break;
    default:
        break;
    }
    buf_free(&text);
}

void
order_json(json_t *json, const struct order_result *r)
{
    json_object_set_new(json, "order", json_string(r->name));
    json_object_set_new(json, "state", json_string(order_state(r->state)));
    json_object_set_new(json, "have", json_integer(r->have));
    json_object_set_new(json, "need", json_integer(r->need));
}

int
order_say(struct cli *c, const struct order_result *r)
{
    bool is_done = r->state == ORDER_WRITTEN || r->state == ORDER_READY;
    if (c->json) {
        json_t *json = json_object();
        order_json(json, r);
        out_json(c->out, json);
    } else if (r->state == ORDER_READY) {
        say(c, WORD_ORDER_READY, r->name, NULL);
    } else if (is_done) {
        say(c, WORD_ORDER_WRITTEN, r->name, NULL);
    } else {
        say(c, WORD_ORDER_WAITS, r->name, num(c, r->have), num(c, r->need), NULL);
    }
    return is_done ? 0 : rc_exit(RC_NO);
}

void
order_asker(struct cli *c, struct buf *out)
{
    struct author a;
    if (cli_author(c, &a, NULL) == RC_OK) {
        const struct log_state *log =
            replica_log(ledger_replica(c->node->ledger), a.log_no);
        if (log != NULL)
            person_name(c->node->ledger, log->person, out);
    }
    if (out->n > ORDER_WHO_BYTES_MAX)
        out->n = 0;
}
