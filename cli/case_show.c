/* Both sides of a case, with who and when. */
#include "cli/case_show.h"

#include <string.h>

#include "cli/out.h"
#include "cli/people.h"

static enum word
kind_word(const struct case_row *row)
{
    if (strcmp(row->kind, "unbacked") == 0)
        return WORD_CASE_UNBACKED;
    return strcmp(row->kind, "cycle") == 0 ? WORD_CASE_CYCLE : WORD_CASE;
}

static void
add_choice(struct cli *c, const struct case_row *row, size_t i)
{
    const struct case_choice *x = &row->choice[i];
    char when[TIME_TEXT_BYTES];
    out_time(x->clock >> 16, when);
    buf_addf(c->out, "  %zu  ", i + 1);
    value_add(c, row->type, row->field, x->value, false, c->out);
    buf_addf(c->out, "  · ");
    who_add(c, x->log, x->at.seq, c->out);
    buf_addf(c->out, " · %s\n", when);
}

void
case_add(struct cli *c, const struct case_row *row)
{
    buf_addf(c->out, "%s  %s  %s  %s%s%s\n", row->name, row->number,
             type_label(c, row->type),
             row->field != NULL ? label_of(c, &row->field->label, row->field->name) : "",
             row->field != NULL ? "  " : "", word(c, kind_word(row)));
    for (size_t i = 0; row->field != NULL && i < row->choices_n; i++)
        add_choice(c, row, i);
    if (!row->is_ours)
        say(c, WORD_TENT_WHO, unit_text(c, row->key.unit), NULL);
}

json_t *
case_json(struct cli *c, const struct case_row *row)
{
    json_t *json = json_object();
    json_t *choices = json_array();
    for (size_t i = 0; row->field != NULL && i < row->choices_n; i++) {
        const struct case_choice *x = &row->choice[i];
        json_t *one = json_object();
        json_object_set_new(one, "choice", json_integer((json_int_t)i + 1));
        json_object_set_new(one, "value", value_json(c, row->type, row->field, x->value));
        json_object_set_new(one, "written_ms", json_of_time(x->clock >> 16));
        json_object_set_new(one, "seq", json_of_u64(x->at.seq));
        who_json(c, x->log, x->at.seq, one);
        json_array_append_new(choices, one);
    }
    json_object_set_new(json, "case", json_string(row->name));
    json_object_set_new(json, "kind", json_string(row->kind));
    json_object_set_new(json, "id", json_of_hex(row->key.id, RECORD_ID_BYTES));
    json_object_set_new(json, "number", json_of_text(slice_text(row->number)));
    json_object_set_new(json, "type", json_string(row->type->name));
    json_object_set_new(json, "unit", json_of_unit(row->key.unit));
    json_object_set_new(json, "field",
                        row->field != NULL ? json_string(row->field->name) : json_null());
    json_object_set_new(json, "ours", json_boolean(row->is_ours));
    json_object_set_new(json, "choices", choices);
    return json;
}
