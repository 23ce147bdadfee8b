/* Showing records. */
#include "cli/show.h"

#include <stdio.h>
#include <string.h>

#include "cli/out.h"

#define NUMBER_COLUMNS 18
#define STATE_COLUMNS 10
#define LABEL_COLUMNS 16
#define SHOW_EVERY_BYTES (1 << 20)

static enum text_lang
text_lang_of(const struct cli *c)
{
    return c->json ? TEXT_NAME : c->lang == LANG_EN ? TEXT_EN : TEXT_ZH;
}

const char *
label_of(const struct cli *c, const struct label *label, const char *name)
{
    return label_text(label, name, text_lang_of(c));
}

const char *
type_label(const struct cli *c, const struct type *t)
{
    return label_of(c, &t->label, t->name);
}

/* ---- values */

static bool
take_number(void *arg, const struct record_row *r)
{
    struct buf *out = arg;
    if (r->number[0] != '\0')
        buf_add_slice(out, slice_text(r->number));
    return true;
}

/* A reference by its number; by id where the record is not held. */
static void
show_ref(void *arg, const struct record_key *key, struct buf *out)
{
    struct cli *c = arg;
    char hex[2 * RECORD_ID_BYTES + 1];
    size_t before = out->n;
    if (c->node != NULL && query_get(c->node->ledger, key, take_number, out) == RC_OK &&
        out->n > before)
        return;
    const struct erase_info *e = c->node != NULL ? erase_of(c->node->ledger, key) : NULL;
    if (e != NULL) {
        add_words(c, out, WORD_ERASED_REF, e->request, NULL);
        return;
    }
    hex_print(key->id, RECORD_ID_BYTES, hex);
    buf_add_slice(out, slice_text(hex));
}

void
value_add(struct cli *c, const struct type *t, const struct field *f, struct slice value,
          bool lines, struct buf *out)
{
    struct buf text = BUF_NONE;
    struct text_refs refs = {.arg = c, .show = show_ref};
    text_print(t, f, value, text_lang_of(c), &refs, &text);
    out_escaped(out, buf_slice(&text), lines);
    buf_free(&text);
}

bool
value_is_filled(const struct field *f, struct slice value)
{
    struct value v;
    return value.n > 0 && value_decode(f->kind, value, &v) && !v.is_nil;
}

static json_t *
choices_json(const struct field *f, const struct value *v)
{
    json_t *all = json_array();
    for (size_t i = 0; i < v->as.codes.n; i++) {
        const struct choice *x = choice_by_code(f, v->as.codes.code[i]);
        json_array_append_new(all, json_string(x != NULL ? x->name : "?"));
    }
    return all;
}

json_t *
value_json(struct cli *c, const struct type *t, const struct field *f, struct slice value)
{
    struct value v;
    struct buf text = BUF_NONE;
    struct text_refs refs = {.arg = c, .show = show_ref};
    if (value.n == 0 || !value_decode(f->kind, value, &v) || v.is_nil)
        return json_null();
    if (f->kind == VALUE_INT)
        return json_integer(v.as.num);
    if (f->kind == VALUE_BOOL)
        return json_boolean(v.as.yes);
    if (f->kind == VALUE_CHOICES)
        return choices_json(f, &v);
    text_print(t, f, value, TEXT_NAME, &refs, &text);
    json_t *json = json_of_text(buf_slice(&text));
    buf_free(&text);
    return json;
}

/* ---- text */

void
title_add(struct cli *c, const struct record_row *r, struct buf *out)
{
    for (size_t i = 0; i < r->values_n; i++)
        if (r->value[i].field->is_title && r->value[i].value.n > 0)
            value_add(c, r->type, r->value[i].field, r->value[i].value, false, out);
}

static const char *
state_label(const struct cli *c, const struct record_row *r)
{
    return r->state != NULL ? label_of(c, &r->state->label, r->state->name) : "";
}

void
row_add(struct cli *c, const struct record_row *r, bool typed)
{
    char id[2 * RECORD_ID_BYTES + 1];
    hex_print(r->key.id, RECORD_ID_BYTES, id);
    out_padded(c->out, r->number[0] != '\0' ? r->number : id, NUMBER_COLUMNS);
    if (typed) {
        buf_addf(c->out, "  ");
        out_padded(c->out, type_label(c, r->type), STATE_COLUMNS);
    }
    buf_addf(c->out, "  ");
    out_padded(c->out, state_label(c, r), STATE_COLUMNS);
    buf_addf(c->out, "  ");
    title_add(c, r, c->out);
    if (r->has_conflict)
        buf_addf(c->out, "  ? %s", word(c, WORD_CASE));
    if (!r->is_counted)
        buf_addf(c->out, "  ○ %s", word(c, WORD_TENT));
    buf_add_u8(c->out, '\n');
}

static void
line_begin(struct cli *c, const char *label)
{
    out_padded(c->out, label, LABEL_COLUMNS);
    buf_addf(c->out, "  ");
}

static void
add_field(struct cli *c, const struct record_row *r, const struct value_row *x)
{
    struct buf text = BUF_NONE;
    value_add(c, r->type, x->field, x->value, true, &text);
    line_begin(c, label_of(c, &x->field->label, x->field->name));
    for (size_t i = 0; i < text.n; i++) {
        buf_add_u8(c->out, text.p[i]);
        if (text.p[i] == '\n') /* what goes on stands under its beginning */
            buf_addf(c->out, "%*s", LABEL_COLUMNS + 2, "");
    }
    if (x->state != FIELD_CLEAN)
        buf_addf(c->out, "  ? %s", word(c, WORD_CASE));
    buf_add_u8(c->out, '\n');
    buf_free(&text);
}

/* Reclassified, moved: from what, as what. */
static void
add_link(struct cli *c, const struct record_row *r)
{
    const struct field *f = field_by_code(r->type, FIELD_LINK);
    struct buf text = BUF_NONE;
    if (!value_is_filled(f, r->link))
        return;
    value_add(c, r->type, f, r->link, false, &text);
    line_begin(c, label_of(c, &f->label, f->name));
    buf_addf(c->out, "%s\n", buf_text(&text));
    buf_free(&text);
}

void
record_add(struct cli *c, const struct record_row *r)
{
    char id[2 * RECORD_ID_BYTES + 1];
    hex_print(r->key.id, RECORD_ID_BYTES, id);
    buf_addf(c->out, "%s  %s  %s\n", r->number, type_label(c, r->type),
             state_label(c, r));
    line_begin(c, word(c, WORD_LABEL_ID));
    buf_addf(c->out, "%s\n", id);
    line_begin(c, word(c, WORD_LABEL_UNIT));
    buf_addf(c->out, "%04u\n", r->key.unit);
    add_link(c, r);
    for (size_t i = 0; i < r->values_n; i++)
        if (value_is_filled(r->value[i].field, r->value[i].value) ||
            r->value[i].state != FIELD_CLEAN)
            add_field(c, r, &r->value[i]);
    if (r->is_parallel)
        say(c, WORD_PARALLEL, NULL);
    if (r->is_gone)
        say(c, WORD_GONE, NULL);
    if (!r->is_counted)
        say(c, WORD_TENT, NULL);
}

/* ---- JSON */

json_t *
record_json(struct cli *c, const struct record_row *r)
{
    json_t *fields = json_object();
    json_t *conflicts = json_array();
    for (size_t i = 0; i < r->values_n; i++) {
        const struct value_row *x = &r->value[i];
        if (value_is_filled(x->field, x->value))
            json_object_set_new(fields, x->field->name,
                                value_json(c, r->type, x->field, x->value));
        if (x->state != FIELD_CLEAN)
            json_array_append_new(conflicts, json_string(x->field->name));
    }
    json_t *json = json_object();
    json_object_set_new(json, "id", json_of_hex(r->key.id, RECORD_ID_BYTES));
    json_object_set_new(json, "number", json_of_text(slice_text(r->number)));
    json_object_set_new(json, "type", json_string(r->type->name));
    json_object_set_new(json, "unit", json_of_unit(r->key.unit));
    json_object_set_new(json, "scope", json_integer(r->key.scope));
    json_object_set_new(json, "state",
                        r->state != NULL ? json_string(r->state->name) : json_null());
    json_object_set_new(json, "gone", json_boolean(r->is_gone));
    const struct field *link = field_by_code(r->type, FIELD_LINK);
    if (value_is_filled(link, r->link))
        json_object_set_new(json, "link", value_json(c, r->type, link, r->link));
    json_object_set_new(json, "parallel", json_boolean(r->is_parallel));
    json_object_set_new(json, "conflict", json_boolean(r->has_conflict));
    json_object_set_new(json, "counted", json_boolean(r->is_counted));
    json_object_set_new(json, "conflicts", conflicts);
    json_object_set_new(json, "fields", fields);
    return json;
}

/* ---- many */

bool
rows_show(void *arg, const struct record_row *r)
{
    struct rows *rows = arg;
    rows->n++;
    if (rows->json != NULL) {
        json_array_append_new(rows->json, record_json(rows->c, r));
        return true;
    }
    row_add(rows->c, r, rows->typed);
    if (rows->c->out->n > SHOW_EVERY_BYTES)
        rows->c->show(rows->c);
    return true;
}

void
rows_done(struct rows *rows)
{
    if (rows->json != NULL)
        out_json(rows->c->out, rows->json);
    else if (rows->n == 0)
        note(rows->c, WORD_NOTHING_FOUND, NULL);
}
