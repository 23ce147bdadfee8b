#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"

#define NAME_COLUMNS 12
#define ROLE_COLUMNS 10

static enum word
standing(const struct log_state *log)
{
    if (log->is_assumed)
        return WORD_TENT;
    return log->is_closed       ? WORD_LOG_CLOSED
           : log->is_revoked    ? WORD_LOG_REVOKED
           : log->proof.seq > 0 ? WORD_FORK
                                : WORD_LOG_OPEN;
}

static void
add(struct cli *c, const struct log_state *log)
{
    struct buf name = BUF_NONE;
    const struct log_grant *g = grant_now(log);
    person_name(c->node->ledger, log->person, &name);
    buf_addf(c->out, "%03u  ", log->no);
    out_padded(c->out, buf_text(&name), NAME_COLUMNS);
    if (g != NULL) {
        buf_addf(c->out, "  %04u  ", g->unit);
        out_padded(c->out, word(c, role_word(g->role)), ROLE_COLUMNS);
    }
    buf_addf(c->out, "  ");
    add_words(c, c->out, WORD_MEMBER, num(c, log->post), num(c, log->node),
              num(c, log->head_seq), NULL);
    buf_addf(c->out, "  %s\n", word(c, standing(log)));
    buf_free(&name);
}

static json_t *
to_json(struct cli *c, const struct log_state *log)
{
    json_t *json = json_object();
    who_json(c, log, log->head_seq + 1, json);
    json_object_set_new(json, "key", json_of_hex(log->key.b, KEY_BYTES));
    json_object_set_new(json, "entries", json_of_u64(log->head_seq));
    json_object_set_new(json, "sealed", json_of_u64(log->seal_seq));
    json_object_set_new(json, "counted", json_boolean(!log->is_assumed));
    json_object_set_new(json, "revoked", json_boolean(log->is_revoked));
    json_object_set_new(json, "closed", json_boolean(log->is_closed));
    json_object_set_new(json, "forked", json_boolean(log->proof.seq > 0));
    return json;
}

static int
run(struct cli *c, int argc, char **argv)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    json_t *all = json_array();
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *log = replica_log_at(r, i);
        if (c->json)
            json_array_append_new(all, to_json(c, log));
        else
            add(c, log);
    }
    if (c->json)
        out_json(c->out, json_incref(all));
    json_decref(all);
    return 0;
}

const struct cmd cmd_members = {
    .name = "members",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "",
    .about = WORD_ABOUT_MEMBERS,
    .details = WORD_DETAILS_MEMBERS,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli members\n",
    .run = run,
};
