#include "cli/commands.h"
#include "cli/case_show.h"
#include "cli/review_show.h"
#include "cli/out.h"
#include "cli/people.h"

#include <string.h>

/* Own words that a settle has put aside. The person learns it here: nothing is lost, and
 * it says who chose what. */

struct mine { /* an own version of the record at hand */
    struct version at;
    uint16_t code;
    struct buf value;
};

struct inbox {
    struct cli *c;
    json_t *cases, *lost, *held; /* NULL: text */
    uint64_t n;
    uint64_t waits;              /* held for review, no answer yet */
    const struct log_state *own; /* the log at hand */
    const struct type *type;
    char number[40];
    struct mine *mine;
    size_t mine_n;
};

static bool
take_case(void *arg, const struct case_row *row)
{
    struct inbox *x = arg;
    if (!row->is_ours)
        return true;
    x->n++;
    if (x->cases != NULL)
        json_array_append_new(x->cases, case_json(x->c, row));
    else
        case_add(x->c, row);
    return true;
}

static void
forget_mine(struct inbox *x)
{
    for (size_t i = 0; i < x->mine_n; i++)
        buf_free(&x->mine[i].value);
    x->mine_n = 0;
}

static void
keep_mine(struct inbox *x, const struct history_row *h, const struct put_field *p)
{
    x->mine = mem_grow(x->mine, (x->mine_n + 1) * sizeof(*x->mine));
    struct mine *m = &x->mine[x->mine_n++];
    *m = (struct mine){.at = h->at, .code = p->code};
    buf_add_slice(&m->value, p->value);
}

static void
tell_lost(struct inbox *x, const struct history_row *h, const struct put_field *p,
          const struct mine *m)
{
    struct cli *c = x->c;
    const struct field *f = field_by_code(x->type, p->code);
    struct buf who = BUF_NONE;
    if (f == NULL)
        return;
    x->n++;
    if (x->lost != NULL) {
        json_t *one = json_object();
        who_json(c, h->log, h->at.seq, one);
        json_object_set_new(one, "number", json_of_text(slice_text(x->number)));
        json_object_set_new(one, "field", json_string(f->name));
        json_object_set_new(one, "mine", value_json(c, x->type, f, buf_slice(&m->value)));
        json_object_set_new(one, "chosen", value_json(c, x->type, f, p->value));
        json_object_set_new(one, "written_ms", json_of_time(h->clock >> 16));
        json_array_append_new(x->lost, one);
        return;
    }
    who_add(c, h->log, h->at.seq, &who);
    buf_addf(c->out, "%s  %s  ", x->number, label_of(c, &f->label, f->name));
    say(c, WORD_CASE_LOST, buf_text(&who), NULL);
    buf_addf(c->out, "    ");
    value_add(c, x->type, f, buf_slice(&m->value), false, c->out);
    buf_addf(c->out, " → ");
    value_add(c, x->type, f, p->value, false, c->out);
    buf_add_u8(c->out, '\n');
    buf_free(&who);
}

static void
look_for_lost(struct inbox *x, const struct history_row *h, const struct put_field *p)
{
    for (uint16_t k = 0; k < p->replaces_n; k++)
        for (size_t i = 0; i < x->mine_n; i++)
            if (x->mine[i].code == p->code &&
                version_cmp(&x->mine[i].at, &p->replaces[k]) == 0 &&
                !slice_eq(buf_slice(&x->mine[i].value), p->value))
                tell_lost(x, h, p, &x->mine[i]);
}

static bool
take_step(void *arg, const struct history_row *h)
{
    struct inbox *x = arg;
    bool is_own = h->log != NULL && h->log->no == x->own->no;
    for (uint16_t i = 0; h->is_effective && i < h->put->fields_n; i++) {
        const struct put_field *p = &h->put->field[i];
        if (is_own)
            keep_mine(x, h, p);
        else if (p->replaces_n > 1)
            look_for_lost(x, h, p);
    }
    return true;
}

static bool
take_record(void *arg, const struct record_row *r)
{
    struct inbox *x = arg;
    x->type = r->type;
    memcpy(x->number, r->number, sizeof(x->number));
    return true;
}

static bool
take_key(void *arg, const struct record_key *key)
{
    struct inbox *x = arg;
    struct ledger *l = x->c->node->ledger;
    x->type = NULL;
    forget_mine(x);
    if (query_get(l, key, take_record, x) == RC_OK && x->type != NULL)
        (void)!query_history(l, key, take_step, x);
    return true;
}

/* Own work that came too late to count, and what became of it. */
static bool
take_held(void *arg, const struct review_row *row)
{
    struct inbox *x = arg;
    x->waits += row->answer == HELD_OPEN;
    if (row->answer == HELD_OPEN || !review_is_own(x->c, row))
        return true;
    x->n++;
    if (x->held != NULL)
        json_array_append_new(x->held, review_json(x->c, row, HELD_ITEMS_SHOWN));
    else
        review_tell(x->c, row);
    return true;
}

static enum rc
look_for_held(struct inbox *x)
{
    struct cli *c = x->c;
    enum rc rc = review_each(c->node->ledger, take_held, x);
    if (rc != RC_OK || x->waits == 0)
        return rc;
    x->n++;
    if (x->held == NULL)
        say(c, WORD_HELD_WAIT_N, num(c, x->waits), NULL);
    return RC_OK;
}

static enum rc
look(struct inbox *x)
{
    struct node *n = x->c->node;
    enum rc rc = query_cases(n->ledger, take_case, x);
    if (rc == RC_OK)
        rc = look_for_held(x);
    for (size_t i = 0; rc == RC_OK && i < n->logs_n; i++) {
        x->own = replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        if (x->own == NULL || (x->c->as != NULL && !who_is(n->ledger, x->own, x->c->as)))
            continue;
        rc = query_touched(n->ledger, &n->log[i].pub, take_key, x);
    }
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct inbox x = {.c = c};
    (void)argc;
    (void)argv;
    if (c->json) {
        x.cases = json_array();
        x.lost = json_array();
        x.held = json_array();
    }
    enum rc rc = look(&x);
    forget_mine(&x);
    mem_free(x.mine);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "cases", x.cases);
        json_object_set_new(json, "lost", x.lost);
        json_object_set_new(json, "held", x.held);
        json_object_set_new(json, "held_waits", json_of_u64(x.waits));
        if (rc == RC_OK)
            out_json(c->out, json_incref(json));
        json_decref(json);
    } else if (rc == RC_OK && x.n == 0) {
        note(c, WORD_INBOX_EMPTY, NULL);
    }
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

const struct cmd cmd_inbox = {
    .name = "inbox",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "",
    .about = WORD_ABOUT_INBOX,
    .details = WORD_DETAILS_INBOX,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli inbox\n",
    .run = run,
};
