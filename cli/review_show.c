#include "cli/review_show.h"

#include <string.h>

#include "cli/out.h"
#include "cli/people.h"
#include "cli/show.h"

const char *
review_answer_name(enum review_answer a)
{
    switch (a) {
    case HELD_ADOPTED:
        return "adopted";
    case HELD_DECLINED:
        return "declined";
    case HELD_OPEN:
        break;
    }
    return "waits";
}

void
review_place(const struct review_row *row, struct buf *out)
{
    buf_addf(out, "%u:%llu", (unsigned)row->log->no, (unsigned long long)row->seq);
}

/* ---- one item */

/* The number it gives, or has by now. */
static bool
take_number(void *arg, const struct record_row *r)
{
    buf_add_slice(arg, slice_text(r->number));
    return true;
}

static void
add_number(struct cli *c, const struct review_item *it, struct buf *out)
{
    const struct put_field *f = put_field(it->op, FIELD_NUMBER);
    char text[NUMBER_TEXT_BYTES];
    struct value v;
    size_t before = out->n;
    if (f != NULL && value_decode(VALUE_NUMBER, f->value, &v) && !v.is_nil) {
        number_print(&v.as.number, text);
        buf_add_slice(out, slice_text(text));
        return;
    }
    if (query_get(c->node->ledger, &it->key, take_number, out) == RC_OK &&
        out->n > before)
        return;
    char hex[2 * RECORD_ID_BYTES + 1];
    hex_print(it->key.id, RECORD_ID_BYTES, hex);
    out->n = before;
    buf_add_slice(out, slice_text(hex));
}

static void
add_put(struct cli *c, const struct review_item *it, struct buf *out)
{
    bool is_first = true;
    buf_addf(out, "%s ", type_label(c, it->type));
    add_number(c, it, out);
    for (uint16_t i = 0; i < it->op->fields_n; i++) {
        const struct put_field *p = &it->op->field[i];
        const struct field *f = field_by_code(it->type, p->code);
        if (f == NULL || p->code == FIELD_NUMBER || p->code == FIELD_FROM)
            continue;
        buf_addf(out, "%s%s ", is_first ? ": " : "; ", label_of(c, &f->label, f->name));
        is_first = false;
        size_t before = out->n;
        value_add(c, it->type, f, p->value, false, out);
        if (out->n == before)
            buf_addf(out, "%s", word(c, WORD_EMPTIED));
    }
}

static enum word
kind_word(enum review_kind kind)
{
    switch (kind) {
    case HELD_GONE:
        return WORD_HELD_GONE;
    case HELD_LOCKED:
        return WORD_HELD_LOCKED;
    case HELD_NEWER:
        return WORD_HELD_NEWER;
    case HELD_RIGHTS:
        return WORD_HELD_RIGHTS;
    case HELD_PUT:
    case HELD_BROKEN:
        break;
    }
    return WORD_HELD_BROKEN;
}

static void
add_item(struct cli *c, const struct review_item *it, struct buf *out)
{
    if (it->kind == HELD_PUT)
        add_put(c, it, out);
    else
        buf_addf(out, "%s", word(c, kind_word(it->kind)));
}

void
review_left_add(struct cli *c, const struct review_item *it, const struct fault *why,
                struct buf *out)
{
    struct buf what = BUF_NONE, reason = BUF_NONE;
    add_item(c, it, &what);
    fault_say(why, why->rc, c->lang, &reason);
    while (reason.n > 0 && reason.p[reason.n - 1] == '\n')
        reason.n--;
    buf_addf(out, "    ");
    buf_addf(out, "%s", word(c, WORD_HELD_LEFT_OUT));
    buf_add_slice(out, buf_slice(&what));
    buf_addf(out, "  · ");
    buf_add_slice(out, buf_slice(&reason));
    buf_add_u8(out, '\n');
    buf_free(&what);
    buf_free(&reason);
}

/* ---- one entry, as text */

struct showing {
    struct cli *c;
    uint64_t left; /* items still to be shown */
    json_t *json;
};

static bool
show_item(void *arg, const struct review_item *it)
{
    struct showing *s = arg;
    buf_addf(s->c->out, "    ");
    add_item(s->c, it, s->c->out);
    buf_add_u8(s->c->out, '\n');
    return --s->left > 0;
}

static void
add_answer(struct cli *c, const struct review_row *row)
{
    struct buf who = BUF_NONE, words = BUF_NONE;
    who_add(c, row->by, row->by_seq, &who);
    out_escaped(&words, row->words, false);
    if (row->answer == HELD_OPEN)
        say(c, WORD_HELD_WAITS, NULL);
    else if (row->answer == HELD_ADOPTED)
        say(c, WORD_HELD_ADOPTED, buf_text(&who), NULL);
    else
        say(c, WORD_HELD_DECLINED, buf_text(&who), buf_text(&words), NULL);
    if (row->answer == HELD_ADOPTED && row->left_out > 0)
        say(c, WORD_HELD_LEFT_N, num(c, row->left_out), NULL);
    if (row->is_disputed)
        say(c, WORD_HELD_DISPUTED, NULL);
    buf_free(&who);
    buf_free(&words);
}

void
review_add(struct cli *c, const struct review_row *row, uint64_t items)
{
    struct showing s = {.c = c, .left = items == 0 ? UINT64_MAX : items};
    char when[TIME_TEXT_BYTES], id[9];
    struct buf who = BUF_NONE, place = BUF_NONE;
    hex_print(row->id.b, 4, id);
    out_time(clock_ms(row->clock), when);
    who_add(c, row->log, row->seq, &who);
    review_place(row, &place);
    if (row->is_here)
        say(c, WORD_HELD_ROW, buf_text(&place), id, buf_text(&who), when,
            num(c, row->bytes.n), NULL);
    else
        say(c, WORD_HELD_ELSEWHERE, buf_text(&place), id, buf_text(&who), NULL);
    if (row->is_here && review_items(c->node->ledger, row, show_item, &s) != RC_OK)
        buf_addf(c->out, "    %s\n", word(c, WORD_HELD_BROKEN));
    if (row->is_here && items > 0 && row->items_n > items)
        say(c, WORD_HELD_MORE_ITEMS, num(c, row->items_n - items), buf_text(&place),
            NULL);
    add_answer(c, row);
    buf_free(&who);
    buf_free(&place);
}

/* ---- as JSON */

static const char *
kind_name(enum review_kind kind)
{
    static const char *const names[] = {
        [HELD_PUT] = "put",     [HELD_GONE] = "erased",   [HELD_LOCKED] = "locked",
        [HELD_NEWER] = "newer", [HELD_BROKEN] = "broken", [HELD_RIGHTS] = "rights"};
    return names[kind];
}

static json_t *
item_json(struct cli *c, const struct review_item *it)
{
    json_t *json = json_object();
    json_object_set_new(json, "kind", json_string(kind_name(it->kind)));
    json_object_set_new(json, "index", json_integer(it->index));
    if (it->kind != HELD_PUT)
        return json;
    struct buf number = BUF_NONE;
    json_t *fields = json_object();
    for (uint16_t i = 0; i < it->op->fields_n; i++) {
        const struct put_field *p = &it->op->field[i];
        const struct field *f = field_by_code(it->type, p->code);
        if (f != NULL)
            json_object_set_new(fields, f->name, value_json(c, it->type, f, p->value));
    }
    add_number(c, it, &number);
    json_object_set_new(json, "type", json_string(it->type->name));
    json_object_set_new(json, "number", json_of_text(buf_slice(&number)));
    json_object_set_new(json, "record", json_of_hex(it->key.id, RECORD_ID_BYTES));
    json_object_set_new(json, "unit", json_of_unit(it->key.unit));
    json_object_set_new(json, "breach",
                        it->breach == BREACH_NONE ? json_null()
                                                  : json_string(breach_name(it->breach)));
    json_object_set_new(json, "fields", fields);
    buf_free(&number);
    return json;
}

static bool
collect_item(void *arg, const struct review_item *it)
{
    struct showing *s = arg;
    json_array_append_new(s->json, item_json(s->c, it));
    return --s->left > 0;
}

json_t *
review_json(struct cli *c, const struct review_row *row, uint64_t items)
{
    struct showing s = {.c = c, .left = items == 0 ? UINT64_MAX : items};
    struct buf place = BUF_NONE;
    json_t *json = json_object();
    json_t *by = json_object();
    review_place(row, &place);
    s.json = json_array();
    if (row->is_here && review_items(c->node->ledger, row, collect_item, &s) != RC_OK)
        json_array_clear(s.json);
    who_json(c, row->log, row->seq, json);
    who_json(c, row->by, row->by_seq, by);
    json_object_set_new(json, "place", json_string(buf_text(&place)));
    json_object_set_new(json, "seq", json_of_u64(row->seq));
    json_object_set_new(json, "id", json_of_hex(row->id.b, HASH_BYTES));
    json_object_set_new(json, "here", json_boolean(row->is_here));
    json_object_set_new(json, "written_ms", json_of_time(clock_ms(row->clock)));
    json_object_set_new(json, "bytes", json_of_u64(row->bytes.n));
    json_object_set_new(json, "items_n", json_integer(row->items_n));
    json_object_set_new(json, "items", s.json);
    json_object_set_new(json, "answer", json_string(review_answer_name(row->answer)));
    json_object_set_new(json, "disputed", json_boolean(row->is_disputed));
    json_object_set_new(json, "words", json_of_text(row->words));
    json_object_set_new(json, "left_out", json_of_u64(row->left_out));
    json_object_set_new(json, "by", by);
    buf_free(&place);
    return json;
}

/* ---- to whom it belongs */

/* Somebody who was invited anew is the same where name and unit are. */
static bool
is_same_person(struct ledger *l, const struct log_state *a, const struct log_state *b)
{
    struct buf x = BUF_NONE, y = BUF_NONE;
    const struct log_grant *ga = log_grant_at(a, a->head_seq + 1);
    const struct log_grant *gb = log_grant_at(b, b->head_seq + 1);
    person_name(l, a->person, &x);
    person_name(l, b->person, &y);
    bool is = memcmp(a->person, b->person, RECORD_ID_BYTES) == 0 ||
              (ga != NULL && gb != NULL && ga->unit == gb->unit && x.n > 0 &&
               slice_eq(buf_slice(&x), buf_slice(&y)));
    buf_free(&x);
    buf_free(&y);
    return is;
}

bool
review_is_own(struct cli *c, const struct review_row *row)
{
    struct node *n = c->node;
    for (size_t i = 0; i < n->logs_n; i++) {
        const struct log_state *own =
            replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        if (own == NULL || (c->as != NULL && !who_is(n->ledger, own, c->as)))
            continue;
        if (is_same_person(n->ledger, own, row->log))
            return true;
    }
    return false;
}

void
review_tell(struct cli *c, const struct review_row *row)
{
    struct buf place = BUF_NONE, who = BUF_NONE, words = BUF_NONE;
    review_place(row, &place);
    who_add(c, row->by, row->by_seq, &who);
    out_escaped(&words, row->words, false);
    if (row->answer == HELD_ADOPTED)
        say(c, WORD_HELD_TOLD_ADOPTED, buf_text(&place), buf_text(&who), NULL);
    else
        say(c, WORD_HELD_TOLD_DECLINED, buf_text(&place), buf_text(&who),
            buf_text(&words), NULL);
    buf_free(&place);
    buf_free(&who);
    buf_free(&words);
}
