#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"

#include <stdio.h>
#include <string.h>

#define NAME_COLUMNS 16
#define LABEL_COLUMNS 18
#define KIND_COLUMNS 8

/* ---- text */

static void
add_range(struct cli *c, const struct field *f)
{
    switch (f->kind) {
    case VALUE_TEXT:
        add_words(c, c->out, WORD_RANGE_CHARS, num(c, (uint64_t)f->max), NULL);
        break;
    case VALUE_CODE:
        add_words(c, c->out, WORD_RANGE_DIGITS, num(c, (uint64_t)f->max), NULL);
        break;
    case VALUE_INT:
        buf_addf(c->out, "%lld..%lld", (long long)f->min, (long long)f->max);
        break;
    case VALUE_CHOICE:
    case VALUE_CHOICES:
        for (size_t i = 0; i < f->choices_n; i++)
            buf_addf(c->out, "%s%s %s", i > 0 ? " | " : "", f->choice[i].name,
                     label_of(c, &f->choice[i].label, f->choice[i].name));
        break;
    case VALUE_RECORD:
        buf_addf(c->out, "%s", f->of_type != NULL ? f->of_type : "*");
        break;
    case VALUE_DATE:
        buf_addf(c->out, "2026-11-24");
        break;
    case VALUE_TIME:
        buf_addf(c->out, "2026-11-24 08:30");
        break;
    case VALUE_MONEY:
        buf_addf(c->out, "12.50");
        break;
    case VALUE_BOOL:
        buf_addf(c->out, "yes | no");
        break;
    case VALUE_PHONE:
    case VALUE_GONE:
    case VALUE_NUMBER:
    case VALUE_STATE:
    case VALUE_LINK:
    case VALUE_ENTRY:
        break;
    }
}

static void
add_roles(struct cli *c, uint32_t roles)
{
    bool is_next = false;
    for (int r = ROLE_LEADER; r <= ROLE_PRIVACY; r++) {
        if ((roles & (1u << r)) == 0)
            continue;
        buf_addf(c->out, "%s%s", is_next ? ", " : "", word(c, role_word((enum role)r)));
        is_next = true;
    }
}

static void
add_who(struct cli *c, uint8_t who)
{
    static const struct {
        uint8_t bit;
        enum word word;
    } each[] = {{WHO_UNIT, WORD_WHO_UNIT},
                {WHO_CENTRE, WORD_WHO_CENTRE},
                {WHO_AREA, WORD_WHO_AREA},
                {WHO_ANY, WORD_WHO_ANY}};
    bool is_next = false;
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        if ((who & each[i].bit) == 0)
            continue;
        buf_addf(c->out, "%s%s", is_next ? ", " : "", word(c, each[i].word));
        is_next = true;
    }
}

static void
add_field(struct cli *c, const struct type *t, const struct field *f)
{
    buf_addf(c->out, "  %s ", f->is_required ? "*" : " ");
    out_padded(c->out, f->name, NAME_COLUMNS);
    out_padded(c->out, label_of(c, &f->label, f->name), LABEL_COLUMNS);
    out_padded(c->out, value_kind_name(f->kind), KIND_COLUMNS);
    add_range(c, f);
    if (f->personal != PERSONAL_NONE)
        buf_addf(
            c->out, "  [%s]",
            word(c, f->personal == PERSONAL_SENSITIVE ? WORD_SENSITIVE : WORD_PERSONAL));
    if (field_is_private(t, f))
        buf_addf(c->out, "  [%s]", word(c, WORD_PRIVATE));
    if (f->roles != 0) {
        buf_addf(c->out, "  [");
        add_roles(c, f->roles);
        buf_addf(c->out, "]");
    }
    buf_add_u8(c->out, '\n');
}

/* What personal data are for, and how long they are kept: once for all fields that say
 * the same. */
static void
add_terms(struct cli *c, const struct type *t)
{
    for (size_t i = 0; i < t->fields_n; i++) {
        const struct field *f = &t->field[i];
        bool is_first = f->personal != PERSONAL_NONE;
        for (size_t k = 0; is_first && k < i; k++)
            is_first = t->field[k].personal == PERSONAL_NONE ||
                       strcmp(t->field[k].purpose.zh, f->purpose.zh) != 0 ||
                       strcmp(t->field[k].keep.zh, f->keep.zh) != 0;
        if (!is_first)
            continue;
        buf_addf(c->out, "    ");
        bool is_next = false;
        for (size_t k = i; k < t->fields_n; k++) {
            const struct field *g = &t->field[k];
            if (g->personal == PERSONAL_NONE ||
                strcmp(g->purpose.zh, f->purpose.zh) != 0 ||
                strcmp(g->keep.zh, f->keep.zh) != 0)
                continue;
            buf_addf(c->out, "%s%s", is_next ? ", " : "", g->name);
            is_next = true;
        }
        buf_addf(c->out, ": %s; %s\n", label_of(c, &f->purpose, ""),
                 label_of(c, &f->keep, ""));
    }
}

/* Who may, and in which unit. */
static void
add_rights(struct cli *c, enum word what, uint32_t roles, uint8_t who)
{
    buf_addf(c->out, "%s: ", word(c, what));
    add_roles(c, roles);
    buf_addf(c->out, " · ");
    add_who(c, who);
    buf_add_u8(c->out, '\n');
}

static void
add_move(struct cli *c, const struct type *t, const struct move *m)
{
    const struct state *to = state_by_code(t, m->to);
    buf_addf(c->out, "      → ");
    out_padded(c->out, to != NULL ? to->name : "?", NAME_COLUMNS - 4);
    add_roles(c, m->roles);
    buf_addf(c->out, " · ");
    add_who(c, m->who);
    buf_add_u8(c->out, '\n');
}

static void
add_state(struct cli *c, const struct type *t, const struct state *s)
{
    buf_addf(c->out, "  %s ", s->is_start ? "*" : " ");
    out_padded(c->out, s->name, NAME_COLUMNS);
    buf_addf(c->out, "%s\n", label_of(c, &s->label, s->name));
    for (size_t i = 0; i < t->moves_n; i++)
        if (t->move[i].from == s->code)
            add_move(c, t, &t->move[i]);
}

static enum word
merge_word(enum merge m)
{
    static const enum word words[] = {[MERGE_RECORD] = WORD_MERGE_RECORD,
                                      [MERGE_FACT] = WORD_MERGE_FACT,
                                      [MERGE_OWNED] = WORD_MERGE_OWNED,
                                      [MERGE_SCARCE] = WORD_MERGE_SCARCE,
                                      [MERGE_HUB] = WORD_MERGE_HUB};
    return words[m];
}

static const char *
step_name(const struct type *t, uint16_t step)
{
    const struct state *s = state_by_code(t, step);
    return step == STEP_CREATE ? "create" : s != NULL ? s->name : "?";
}

static void
add_steps(struct cli *c, const struct type *t, const uint16_t *step, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addf(c->out, "%s%s", i > 0 ? ", " : "", step_name(t, step[i]));
}

static void
add_apart(struct cli *c, const struct type *t, const struct apart *a)
{
    const struct field *alone = field_by_code(t, a->alone);
    buf_addf(c->out, "    ");
    out_padded(c->out, a->rule.name, NAME_COLUMNS);
    buf_addf(c->out, "%s  (", label_of(c, &a->rule.label, a->rule.name));
    add_steps(c, t, a->step, a->steps_n);
    buf_addf(c->out, ")%s", word(c, WORD_RULE_APART));
    if (alone != NULL)
        add_words(c, c->out, WORD_RULE_ALONE, label_of(c, &alone->label, alone->name),
                  NULL);
    buf_add_u8(c->out, '\n');
}

static void
add_second(struct cli *c, const struct type *t, const struct second *a)
{
    const struct field *f = field_by_code(t, a->field);
    buf_addf(c->out, "    ");
    out_padded(c->out, a->rule.name, NAME_COLUMNS);
    buf_addf(c->out, "%s  (", label_of(c, &a->rule.label, a->rule.name));
    add_steps(c, t, a->before, a->befores_n);
    buf_addf(c->out, ")%s", word(c, WORD_RULE_AFTER));
    add_steps(c, t, a->step, a->steps_n);
    if (f != NULL)
        add_words(c, c->out, WORD_RULE_OVER, label_of(c, &f->label, f->name),
                  num(c, (uint64_t)a->over), NULL);
    buf_add_u8(c->out, '\n');
}

static void
add_deadline(struct cli *c, const struct type *t, const struct deadline *d)
{
    buf_addf(c->out, "    ");
    out_padded(c->out, d->name, NAME_COLUMNS);
    buf_addf(c->out, "%s  %s → ", label_of(c, &d->label, d->name), step_name(t, d->from));
    add_steps(c, t, d->until, d->untils_n);
    buf_addf(c->out, "  (%s)\n", d->kind);
}

static void
add(struct cli *c, const struct type *t)
{
    buf_addf(c->out, "%s  %s  %s  %s (%s)\n", t->name, type_label(c, t),
             visibility_name(t->visible), merge_name(t->merge),
             word(c, merge_word(t->merge)));
    add_rights(c, WORD_MADE_BY, t->create_roles, t->create_who);
    add_rights(c, WORD_CHANGED_BY, t->edit_roles, t->edit_who);
    say(c, WORD_FIELDS, NULL);
    for (size_t i = 0; i < t->fields_n; i++)
        add_field(c, t, &t->field[i]);
    for (size_t i = 0; i < t->fields_n; i++) {
        if (t->field[i].personal == PERSONAL_NONE)
            continue;
        say(c, WORD_TERMS, NULL);
        add_terms(c, t);
        break;
    }
    if (t->states_n > 0)
        say(c, WORD_STATES, NULL);
    for (size_t i = 0; i < t->states_n; i++)
        add_state(c, t, &t->state[i]);
    if (type_has_rules(t))
        say(c, WORD_RULES, NULL);
    for (size_t i = 0; i < t->aparts_n; i++)
        add_apart(c, t, &t->apart[i]);
    for (size_t i = 0; i < t->seconds_n; i++)
        add_second(c, t, &t->second[i]);
    if (t->deadlines_n > 0)
        say(c, WORD_DEADLINES, NULL);
    for (size_t i = 0; i < t->deadlines_n; i++)
        add_deadline(c, t, &t->deadline[i]);
}

/* ---- JSON */

static json_t *
roles_json(uint32_t roles)
{
    json_t *all = json_array();
    for (int r = ROLE_LEADER; r <= ROLE_PRIVACY; r++)
        if ((roles & (1u << r)) != 0)
            json_array_append_new(all, json_string(role_name((enum role)r)));
    return all;
}

static json_t *
who_json(uint8_t who)
{
    static const char *const names[] = {"unit", "centre", "area", "any"};
    json_t *all = json_array();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((who & (1u << i)) != 0)
            json_array_append_new(all, json_string(names[i]));
    return all;
}

static void
set_label(json_t *to, const struct label *label)
{
    json_object_set_new(to, "zh", json_string(label->zh));
    json_object_set_new(to, "en", json_string(label->en));
}

static json_t *
field_json(const struct type *t, const struct field *f)
{
    static const char *const personal[] = {"no", "yes", "sensitive"};
    json_t *json = json_object();
    json_t *choices = json_array();
    json_object_set_new(json, "code", json_integer(f->code));
    json_object_set_new(json, "name", json_string(f->name));
    set_label(json, &f->label);
    json_object_set_new(json, "kind", json_string(value_kind_name(f->kind)));
    json_object_set_new(json, "required", json_boolean(f->is_required));
    json_object_set_new(json, "title", json_boolean(f->is_title));
    json_object_set_new(json, "lines", json_boolean(f->is_long));
    json_object_set_new(json, "personal", json_string(personal[f->personal]));
    if (f->personal != PERSONAL_NONE) {
        json_t *purpose = json_object(), *keep = json_object();
        set_label(purpose, &f->purpose);
        set_label(keep, &f->keep);
        json_object_set_new(json, "purpose", purpose);
        json_object_set_new(json, "keep", keep);
    }
    json_object_set_new(json, "private", json_boolean(field_is_private(t, f)));
    json_object_set_new(json, "roles", roles_json(f->roles));
    json_object_set_new(json, "min", json_integer(f->min));
    json_object_set_new(json, "max", json_integer(f->max));
    json_object_set_new(json, "of",
                        f->of_type != NULL ? json_string(f->of_type) : json_null());
    for (size_t i = 0; i < f->choices_n; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "code", json_integer(f->choice[i].code));
        json_object_set_new(one, "name", json_string(f->choice[i].name));
        set_label(one, &f->choice[i].label);
        json_array_append_new(choices, one);
    }
    json_object_set_new(json, "choices", choices);
    return json;
}

static json_t *
states_json(const struct type *t)
{
    json_t *all = json_array();
    for (size_t i = 0; i < t->states_n; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "code", json_integer(t->state[i].code));
        json_object_set_new(one, "name", json_string(t->state[i].name));
        set_label(one, &t->state[i].label);
        json_object_set_new(one, "start", json_boolean(t->state[i].is_start));
        json_object_set_new(one, "end", json_boolean(t->state[i].is_end));
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *
moves_json(const struct type *t)
{
    json_t *all = json_array();
    for (size_t i = 0; i < t->moves_n; i++) {
        const struct state *from = state_by_code(t, t->move[i].from);
        const struct state *to = state_by_code(t, t->move[i].to);
        json_t *one = json_object();
        json_object_set_new(one, "from", json_string(from != NULL ? from->name : "?"));
        json_object_set_new(one, "to", json_string(to != NULL ? to->name : "?"));
        json_object_set_new(one, "roles", roles_json(t->move[i].roles));
        json_object_set_new(one, "who", who_json(t->move[i].who));
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *
steps_json(const struct type *t, const uint16_t *step, size_t n)
{
    json_t *all = json_array();
    for (size_t k = 0; k < n; k++)
        json_array_append_new(all, json_string(step_name(t, step[k])));
    return all;
}

static json_t *
rule_json(const struct type *t, const struct rule *rule, const uint16_t *step, size_t n)
{
    json_t *one = json_object();
    json_object_set_new(one, "kind",
                        json_string(rule->breach == BREACH_APART ? "apart" : "second"));
    json_object_set_new(one, "name", json_string(rule->name));
    set_label(one, &rule->label);
    json_object_set_new(one, "steps", steps_json(t, step, n));
    return one;
}

static json_t *
rules_json(const struct type *t)
{
    json_t *all = json_array();
    for (size_t i = 0; i < t->aparts_n; i++) {
        const struct apart *a = &t->apart[i];
        const struct field *alone = field_by_code(t, a->alone);
        json_t *one = rule_json(t, &a->rule, a->step, a->steps_n);
        json_object_set_new(one, "alone",
                            alone != NULL ? json_string(alone->name) : json_null());
        json_array_append_new(all, one);
    }
    for (size_t i = 0; i < t->seconds_n; i++) {
        const struct second *a = &t->second[i];
        const struct field *f = field_by_code(t, a->field);
        json_t *one = rule_json(t, &a->rule, a->step, a->steps_n);
        json_object_set_new(one, "before", steps_json(t, a->before, a->befores_n));
        json_object_set_new(one, "over", f != NULL ? json_integer(a->over) : json_null());
        json_object_set_new(one, "field", f != NULL ? json_string(f->name) : json_null());
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *
type_json(const struct type *t)
{
    json_t *json = json_object();
    json_t *fields = json_array();
    for (size_t i = 0; i < t->fields_n; i++)
        json_array_append_new(fields, field_json(t, &t->field[i]));
    json_object_set_new(json, "code", json_integer(t->code));
    json_object_set_new(json, "name", json_string(t->name));
    set_label(json, &t->label);
    json_object_set_new(json, "visible", json_string(visibility_name(t->visible)));
    json_object_set_new(json, "merge", json_string(merge_name(t->merge)));
    json_object_set_new(json, "rules", rules_json(t));
    json_object_set_new(json, "create_roles", roles_json(t->create_roles));
    json_object_set_new(json, "create_who", who_json(t->create_who));
    json_object_set_new(json, "edit_roles", roles_json(t->edit_roles));
    json_object_set_new(json, "edit_who", who_json(t->edit_who));
    json_object_set_new(json, "fields", fields);
    json_object_set_new(json, "states", states_json(t));
    json_object_set_new(json, "moves", moves_json(t));
    return json;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct types *types = NULL;
    struct fault why = {0};
    (void)argc;
    enum rc rc = types_load_builtin(&types);
    const struct type *t = rc == RC_OK ? type_by_name(types, argv[0]) : NULL;
    if (rc == RC_OK && (t == NULL || t->private_of != 0))
        rc = fault_set(&why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", argv[0]);
    if (rc == RC_OK && c->json)
        out_json(c->out, type_json(t));
    else if (rc == RC_OK)
        add(c, t);
    types_free(types);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

const struct cmd cmd_describe = {
    .name = "describe",
    .kind = CMD_PLAIN,
    .group = GROUP_READ,
    .usage = "TYPE",
    .about = WORD_ABOUT_DESCRIBE,
    .details = WORD_DETAILS_DESCRIBE,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65},
    .example = "  linjuli describe need\n",
    .run = run,
};
