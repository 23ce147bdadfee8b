#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"
#include "cli/right_show.h"

#define ID_BYTES 48

struct told {
    struct cli *c;
    json_t *json;     /* NULL: text */
    bool with_ops;    /* one asset was asked for */
    json_t *ops;      /* of the asset in hand */
    bool is_final;    /* nothing of it is tentative */
    struct buf lines; /* of its operations */
    uint64_t n;
};

static const char *
op_word(enum op_code code)
{
    static const char *const words[] = {
        [OP_OPEN] = "open", [OP_ISSUE] = "issue", [OP_GIVE] = "give",
        [OP_TAKE] = "take", [OP_SPEND] = "spend", [OP_RETURN] = "return"};
    return words[code];
}

static void
op_id(const struct item_name *n, char out[static ID_BYTES])
{
    char log[24], seq[24], index[24];
    struct buf text = BUF_NONE;
    out_number(log, sizeof(log), n->at.log_no);
    out_number(seq, sizeof(seq), n->at.seq);
    out_number(index, sizeof(index), n->index);
    buf_addf(&text, "%s:%s:%s", log, seq, index);
    for (size_t i = 0; i <= text.n && i < ID_BYTES; i++)
        out[i] = i < text.n ? (char)text.p[i] : '\0';
    buf_free(&text);
}

static json_t *
op_json(const struct rights_op_row *o)
{
    static const char *const state[] = {"pending", "void", "ok"};
    json_t *json = json_object();
    char id[ID_BYTES];
    op_id(&o->name, id);
    json_object_set_new(json, "id", json_string(id));
    json_object_set_new(json, "kind", json_string(op_word(o->code)));
    json_object_set_new(json, "log", json_integer(o->name.at.log_no));
    if (o->amount > 0)
        json_object_set_new(json, "amount", json_of_u64(o->amount));
    if (o->code == OP_GIVE)
        json_object_set_new(json, "to", json_integer(o->party));
    if (o->code == OP_SPEND)
        json_object_set_new(json, "record", json_of_hex(o->subject.id, RECORD_ID_BYTES));
    if (o->code == OP_RETURN || (o->code == OP_TAKE && o->of.at.seq > 0)) {
        op_id(&o->of, id);
        json_object_set_new(json, "of", json_string(id));
    }
    json_object_set_new(json, "state", json_string(state[o->state]));
    json_object_set_new(json, "final", json_boolean(o->is_confirmed));
    json_object_set_new(json, "used", json_boolean(o->is_used));
    return json;
}

static void
who_of(struct cli *c, uint32_t log_no, struct buf *out)
{
    const struct log_state *log = replica_log(ledger_replica(c->node->ledger), log_no);
    if (log == NULL)
        buf_addf(out, "%03u", (unsigned)log_no);
    else
        who_add(c, log, log->head_seq + 1, out);
}

static bool
take_op(void *arg, const struct rights_op_row *o)
{
    struct told *t = arg;
    struct cli *c = t->c;
    struct buf who = BUF_NONE;
    char id[ID_BYTES];
    t->is_final = t->is_final && o->is_confirmed;
    if (t->ops != NULL)
        json_array_append_new(t->ops, op_json(o));
    op_id(&o->name, id);
    if (t->json != NULL) {
        buf_free(&who);
        return true;
    }
    if (o->code == OP_GIVE && o->state == RIGHTS_OK && !o->is_used) {
        who_of(c, o->party, &who);
        add_words(c, &t->lines, WORD_RIGHT_GIVEN, buf_text(&who), num(c, o->amount),
                  NULL);
        buf_add_u8(&t->lines, '\n');
    } else if (t->with_ops && o->code == OP_SPEND) {
        right_subject_add(c, &o->subject, &who);
        add_words(c, &t->lines, WORD_RIGHT_SPENT, id, num(c, o->amount), buf_text(&who),
                  word(c, o->is_used ? WORD_RIGHT_RETURNED : right_state_word(o)), NULL);
        buf_add_u8(&t->lines, '\n');
    } else if (t->with_ops && o->state == RIGHTS_VOID) {
        add_words(c, &t->lines, WORD_RIGHT_OTHER, id, op_word(o->code),
                  word(c, WORD_RIGHT_VOID), NULL);
        buf_add_u8(&t->lines, '\n');
    }
    buf_free(&who);
    return true;
}

static void
add_text(struct told *t, const struct rights_asset_row *a)
{
    struct cli *c = t->c;
    struct buf text = BUF_NONE;
    if (a->has_subject)
        right_subject_add(c, &a->subject, &text);
    say(c, WORD_RIGHT_TOTAL, buf_text(&text), num(c, a->issued), num(c, a->held),
        num(c, a->transit), num(c, a->spent),
        word(c, t->is_final ? WORD_CONF : WORD_TENT), NULL);
    if (!a->is_proper)
        say(c, WORD_RIGHT_IMPROPER, NULL);
    for (size_t i = 0; i < a->lanes_n; i++) {
        const struct rights_lane_row *l = &a->lane[i];
        if (l->balance == 0 || l->where == RIGHTS_TAKEN)
            continue;
        text.n = 0;
        who_of(c, l->log_no, &text);
        say(c, l->where == RIGHTS_LEFT ? WORD_RIGHT_LEFT : WORD_RIGHT_HOLDS,
            buf_text(&text), num(c, l->balance), NULL);
    }
    if (t->lines.n > 0)
        buf_add_slice(c->out, buf_slice(&t->lines));
    buf_free(&text);
}

static json_t *
holder_json(const struct told *t, const struct rights_lane_row *l)
{
    const struct log_state *log =
        replica_log(ledger_replica(t->c->node->ledger), l->log_no);
    json_t *json = json_object();
    who_json(t->c, log, log != NULL ? log->head_seq + 1 : 0, json);
    json_object_set_new(json, "amount", json_of_u64(l->balance));
    json_object_set_new(json, "transit", json_boolean(l->where == RIGHTS_LEFT));
    return json;
}

static json_t *
asset_json(struct told *t, const struct rights_asset_row *a)
{
    json_t *json = json_object();
    json_t *holders = json_array();
    struct buf text = BUF_NONE;
    char id[ID_BYTES];
    op_id(&a->name, id);
    json_object_set_new(json, "asset", json_string(id));
    if (a->has_subject) {
        right_subject_add(t->c, &a->subject, &text);
        json_object_set_new(json, "record", json_of_hex(a->subject.id, RECORD_ID_BYTES));
        json_object_set_new(json, "name", json_of_text(buf_slice(&text)));
    }
    json_object_set_new(json, "issued", json_of_u64(a->issued));
    json_object_set_new(json, "held", json_of_u64(a->held));
    json_object_set_new(json, "transit", json_of_u64(a->transit));
    json_object_set_new(json, "spent", json_of_u64(a->spent));
    json_object_set_new(json, "final", json_boolean(t->is_final));
    json_object_set_new(json, "proper", json_boolean(a->is_proper));
    for (size_t i = 0; i < a->lanes_n; i++)
        if (a->lane[i].balance > 0 && a->lane[i].where != RIGHTS_TAKEN)
            json_array_append_new(holders, holder_json(t, &a->lane[i]));
    json_object_set_new(json, "holders", holders);
    if (t->ops != NULL)
        json_object_set_new(json, "operations", json_incref(t->ops));
    buf_free(&text);
    return json;
}

static bool
take(void *arg, const struct rights_asset_row *a)
{
    struct told *t = arg;
    t->is_final = true;
    t->lines.n = 0;
    t->ops = t->with_ops && t->json != NULL ? json_array() : NULL;
    if (rights_ops(t->c->node->ledger, a->no, take_op, t) == RC_OK) {
        if (t->json != NULL)
            json_array_append_new(t->json, asset_json(t, a));
        else
            add_text(t, a);
        t->n++;
    }
    json_decref(t->ops);
    t->ops = NULL;
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct told t = {.c = c, .json = c->json ? json_array() : NULL, .with_ops = argc > 0};
    struct record_key key;
    struct fault why = {0};
    struct ledger *l = c->node->ledger;
    enum rc rc = argc > 0 ? query_find_one(l, argv[0], &key, &why) : RC_OK;
    if (rc == RC_OK)
        rc = rights_assets(l, argc > 0 ? &key : NULL, take, &t);
    buf_free(&t.lines);
    if (rc == RC_OK && argc > 0 && t.n == 0)
        rc = fault_set(&why, RC_NOTFOUND, FAULT_RIGHT_NONE, "%s", argv[0]);
    if (rc != RC_OK) {
        json_decref(t.json);
        return fail(c, rc, &why);
    }
    if (t.json != NULL)
        out_json(c->out, t.json);
    else if (t.n == 0)
        note(c, WORD_RIGHT_NOTHING, NULL);
    return 0;
}

const struct cmd cmd_rights = {
    .name = "rights",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "[ASSET]",
    .about = WORD_ABOUT_RIGHTS,
    .details = WORD_DETAILS_RIGHTS,
    .max = 1,
    .has_json = true,
    .exits = {65, 66},
    .example = "  linjuli rights\n"
               "  linjuli rights 0302-017-26-0001 --json\n",
    .run = run,
};
