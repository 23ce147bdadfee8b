/* People by their logs. */
#include "cli/people.h"

#include <stdio.h>
#include <string.h>

#include "cli/out.h"

struct naming {
    struct buf *out;
    const char *field; /* NULL: the title */
};

static bool
take_name(void *arg, const struct record_row *r)
{
    struct naming *n = arg;
    struct value v;
    for (size_t i = 0; i < r->values_n; i++) {
        const struct value_row *x = &r->value[i];
        bool is =
            n->field == NULL ? x->field->is_title : strcmp(x->field->name, n->field) == 0;
        if (is && x->value.n > 0 && value_decode(x->field->kind, x->value, &v) &&
            !v.is_nil)
            out_escaped(n->out, v.as.text, false);
    }
    return true;
}

void
centre_phone(struct ledger *l, struct buf *out)
{
    const struct replica *r = ledger_replica(l);
    for (size_t i = 0, was = out->n; i < replica_logs_n(r) && out->n == was; i++)
        if (replica_log_at(r, i)->node == NODE_NO_HUB)
            person_phone(l, replica_log_at(r, i)->person, out);
}

void
person_name(struct ledger *l, const uint8_t id[static RECORD_ID_BYTES], struct buf *out)
{
    struct record_key key = {.scope = SCOPE_NO_COMMUNITY, .unit = CENTRE_UNIT};
    struct naming n = {.out = out};
    memcpy(key.id, id, RECORD_ID_BYTES);
    if (query_get(l, &key, take_name, &n) != RC_OK)
        return; /* the record comes later than the log */
}

void
person_phone(struct ledger *l, const uint8_t id[static RECORD_ID_BYTES], struct buf *out)
{
    struct record_key key = {.scope = SCOPE_NO_COMMUNITY, .unit = CENTRE_UNIT};
    struct naming n = {.out = out, .field = "phone"};
    memcpy(key.id, id, RECORD_ID_BYTES);
    if (query_get(l, &key, take_name, &n) != RC_OK)
        return;
}

const struct log_grant *
grant_now(const struct log_state *log)
{
    return log_grant_at(log, log->head_seq + 1);
}

bool
who_is(struct ledger *l, const struct log_state *log, const char *person)
{
    char post[16];
    struct buf name = BUF_NONE;
    out_number(post, sizeof(post), log->post);
    bool is = strcmp(post, person) == 0;
    if (!is) {
        person_name(l, log->person, &name);
        is = name.n > 0 && strcmp(buf_text(&name), person) == 0;
    }
    buf_free(&name);
    return is;
}

void
who_add(struct cli *c, const struct log_state *log, uint64_t seq, struct buf *out)
{
    if (log == NULL) {
        buf_addf(out, "?");
        return;
    }
    size_t before = out->n;
    const struct log_grant *g = log_grant_at(log, seq);
    person_name(c->node->ledger, log->person, out);
    if (out->n == before)
        add_words(c, out, WORD_POST, num(c, log->post), NULL);
    if (g != NULL)
        buf_addf(out, " %04u %s", g->unit, word(c, role_word(g->role)));
    if (log->is_assumed && log->no > UINT32_MAX / 2) /* no number yet: as on its slips */
        buf_addf(out, " (x%02X%02X)", log->key.b[0], log->key.b[1]);
    else
        buf_addf(out, " (%03u)", log->no);
}

void
who_json(struct cli *c, const struct log_state *log, uint64_t seq, json_t *to)
{
    struct buf name = BUF_NONE;
    if (log == NULL)
        return;
    const struct log_grant *g = log_grant_at(log, seq);
    person_name(c->node->ledger, log->person, &name);
    json_object_set_new(to, "person", json_of_text(buf_slice(&name)));
    json_object_set_new(to, "log", json_integer(log->no));
    json_object_set_new(to, "post", json_integer(log->post));
    json_object_set_new(to, "node", json_integer(log->node));
    json_object_set_new(to, "unit", g != NULL ? json_of_unit(g->unit) : json_null());
    json_object_set_new(to, "role",
                        g != NULL ? json_string(role_name(g->role)) : json_null());
    buf_free(&name);
}
