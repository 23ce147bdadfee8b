#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"
#include "cli/show.h"

#define LABEL_COLUMNS 14

struct told {
    struct cli *c;
    struct record_key key;
    const struct type *type;
    json_t *json; /* NULL: text */
};

static enum word
breach_word(enum breach b)
{
    static const enum word words[] = {
        [BREACH_NONE] = WORD_BREACH_NONE,    [BREACH_TYPE] = WORD_BREACH_TYPE,
        [BREACH_FIELD] = WORD_BREACH_FIELD,  [BREACH_VALUE] = WORD_BREACH_VALUE,
        [BREACH_ROLE] = WORD_BREACH_ROLE,    [BREACH_UNIT] = WORD_BREACH_UNIT,
        [BREACH_MOVE] = WORD_BREACH_MOVE,    [BREACH_STATE] = WORD_BREACH_STATE,
        [BREACH_SCOPE] = WORD_BREACH_SCOPE,  [BREACH_CONFLICT] = WORD_BREACH_CONFLICT,
        [BREACH_FACT] = WORD_BREACH_FACT,    [BREACH_APART] = WORD_BREACH_APART,
        [BREACH_SECOND] = WORD_BREACH_SECOND};
    return (unsigned)b < sizeof(words) / sizeof(words[0]) ? words[b] : WORD_BREACH_NONE;
}

/* ---- text */

static void
add_state_words(struct cli *c, const struct type *t, struct slice value)
{
    struct value v;
    if (!value_decode(VALUE_STATE, value, &v) || v.is_nil)
        return;
    const struct state *from = state_by_code(t, v.as.move.from);
    if (from != NULL)
        buf_addf(c->out, "%s → ", label_of(c, &from->label, from->name));
    const struct state *to = state_by_code(t, v.as.move.to);
    buf_addf(c->out, "%s", to != NULL ? label_of(c, &to->label, to->name) : "?");
    if (v.as.move.why.n > 0) {
        buf_addf(c->out, "  · ");
        out_escaped(c->out, v.as.move.why, false);
    }
}

static void
add_change(struct told *t, const struct put_field *p)
{
    struct cli *c = t->c;
    const struct field *f = field_by_code(t->type, p->code);
    buf_addf(c->out, "    ");
    out_padded(c->out, f != NULL ? label_of(c, &f->label, f->name) : "?", LABEL_COLUMNS);
    buf_addf(c->out, "  ");
    size_t before = c->out->n;
    if (f != NULL && p->code == FIELD_STATE)
        add_state_words(c, t->type, p->value);
    else if (f != NULL)
        value_add(c, t->type, f, p->value, false, c->out);
    if (c->out->n == before)
        buf_addf(c->out, "%s", word(c, WORD_EMPTIED));
    if (p->replaces_n > 1)
        add_words(c, c->out, WORD_SETTLES_N, num(c, p->replaces_n), NULL);
    buf_add_u8(c->out, '\n');
}

static void
add_reason(struct cli *c, const struct history_row *h)
{
    struct buf why = BUF_NONE;
    const char *rule = h->rule != NULL ? label_of(c, &h->rule->label, h->rule->name) : "";
    add_words(c, &why, breach_word(h->breach), rule, NULL);
    say(c, WORD_NO_EFFECT, buf_text(&why), NULL);
    buf_free(&why);
}

static void
add_step(struct told *t, const struct history_row *h)
{
    struct cli *c = t->c;
    char when[TIME_TEXT_BYTES], sealed[TIME_TEXT_BYTES];
    out_time(h->clock >> 16, when);
    buf_addf(c->out, "%s  ", when);
    who_add(c, h->log, h->at.seq, c->out);
    buf_addf(c->out, "  #%llu  ", (unsigned long long)h->at.seq);
    if (h->log == NULL || h->log->is_assumed) {
        buf_addf(c->out, "%s", word(c, WORD_TENT));
    } else if (h->sealed_clock == UINT64_MAX) {
        buf_addf(c->out, "%s", word(c, WORD_NOT_SEALED));
    } else {
        out_time(h->sealed_clock >> 16, sealed);
        add_words(c, c->out, WORD_SEALED_AT, sealed, NULL);
    }
    buf_add_u8(c->out, '\n');
    if (!h->is_effective)
        add_reason(c, h);
    for (uint16_t i = 0; i < h->put->fields_n; i++)
        add_change(t, &h->put->field[i]);
}

/* ---- JSON */

static json_t *
version_json(const struct version *v)
{
    json_t *json = json_object();
    json_object_set_new(json, "log", json_integer(v->log_no));
    json_object_set_new(json, "seq", json_of_u64(v->seq));
    json_object_set_new(json, "id8", json_of_hex(v->id8, sizeof(v->id8)));
    return json;
}

static json_t *
change_json(struct told *t, const struct put_field *p)
{
    const struct field *f = field_by_code(t->type, p->code);
    json_t *json = json_object();
    json_t *replaces = json_array();
    struct value v;
    for (uint16_t i = 0; i < p->replaces_n; i++)
        json_array_append_new(replaces, version_json(&p->replaces[i]));
    json_object_set_new(json, "value",
                        f != NULL ? value_json(t->c, t->type, f, p->value) : json_null());
    json_object_set_new(json, "replaces", replaces);
    if (p->code == FIELD_STATE && value_decode(VALUE_STATE, p->value, &v) && !v.is_nil) {
        const struct state *from = state_by_code(t->type, v.as.move.from);
        json_object_set_new(json, "from",
                            from != NULL ? json_string(from->name) : json_null());
        json_object_set_new(json, "why", json_of_text(v.as.move.why));
    }
    return json;
}

static json_t *
step_json(struct told *t, const struct history_row *h)
{
    json_t *json = version_json(&h->at);
    json_t *changes = json_object();
    for (uint16_t i = 0; i < h->put->fields_n; i++) {
        const struct field *f = field_by_code(t->type, h->put->field[i].code);
        json_object_set_new(changes, f != NULL ? f->name : "?",
                            change_json(t, &h->put->field[i]));
    }
    who_json(t->c, h->log, h->at.seq, json);
    json_object_set_new(json, "index", json_integer(h->index));
    json_object_set_new(json, "written_ms", json_of_time(h->clock >> 16));
    json_object_set_new(json, "sealed_ms",
                        h->sealed_clock == UINT64_MAX
                            ? json_null()
                            : json_of_time(h->sealed_clock >> 16));
    json_object_set_new(json, "counted",
                        json_boolean(h->log != NULL && !h->log->is_assumed));
    json_object_set_new(json, "effective", json_boolean(h->is_effective));
    json_object_set_new(json, "breach",
                        h->breach == BREACH_NONE ? json_null()
                                                 : json_string(breach_name(h->breach)));
    json_object_set_new(json, "rule",
                        h->rule == NULL ? json_null() : json_string(h->rule->name));
    json_object_set_new(json, "changes", changes);
    return json;
}

static bool
take(void *arg, const struct history_row *h)
{
    struct told *t = arg;
    if (t->json != NULL)
        json_array_append_new(t->json, step_json(t, h));
    else
        add_step(t, h);
    return true;
}

static bool
take_type(void *arg, const struct record_row *r)
{
    struct told *t = arg;
    t->type = r->type;
    if (t->json == NULL)
        row_add(t->c, r, true);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct told t = {.c = c, .json = c->json ? json_array() : NULL};
    struct ledger *l = c->node->ledger;
    (void)argc;
    enum rc rc = query_find_one(l, argv[0], &t.key, &why);
    if (rc == RC_OK)
        rc = query_get(l, &t.key, take_type, &t);
    if (rc == RC_OK && t.type != NULL)
        rc = query_history(l, &t.key, take, &t);
    if (rc == RC_OK && t.json != NULL)
        out_json(c->out, json_incref(t.json));
    json_decref(t.json);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

const struct cmd cmd_history = {
    .name = "history",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "ID",
    .about = WORD_ABOUT_HISTORY,
    .details = WORD_DETAILS_HISTORY,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 77},
    .example = "  linjuli history 0302-017-26-0001\n",
    .run = run,
};
