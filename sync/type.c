/* The rules engine (schema/TYPES.md section 3): one put against its type's table. Called
 * for every item ever replayed, so it allocates nothing and looks at each byte once. */
#include "sync/type.h"

static bool
scope_fits(const struct type *t, enum scope_kind scope, uint32_t scope_unit,
           uint32_t unit)
{
    if (t->visible <= VISIBLE_ALL) {
        return scope == SCOPE_COMMUNITY;
    }
    if (scope_unit != unit) {
        return false;
    }
    if (scope == SCOPE_COMPOUND || scope == SCOPE_DESK) {
        return true;
    }
    return scope == (t->visible == VISIBLE_CARE ? SCOPE_GROUP_CARE : SCOPE_GROUP);
}

static bool
text_fits(const struct field *f, struct slice text)
{
    size_t n = value_chars(text);

    return (int64_t)n >= f->min && (int64_t)n <= f->max &&
           value_text_is_clean(text, f->is_long);
}

static bool
digits_fit(const struct field *f, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
    }
    return (int64_t)text.n >= f->min && (int64_t)text.n <= f->max;
}

static bool
codes_fit(const struct field *f, const struct value *v)
{
    for (uint16_t i = 0; i < v->as.codes.n; i++) {
        if (choice_by_code(f, v->as.codes.code[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool
is_between(int64_t v, int64_t min, int64_t max)
{
    return v >= min && v <= max;
}

/* value_check, and what it decoded. */
static bool
value_fits(const struct field *f, struct slice bytes, struct value *v)
{
    if (!value_decode(f->kind, bytes, v)) {
        return false;
    }
    if (v->is_nil) {
        return !f->is_required;
    }
    switch (f->kind) {
    case VALUE_TEXT:
        return text_fits(f, v->as.text);
    case VALUE_CODE:
        return digits_fit(f, v->as.text);
    case VALUE_PHONE:
        return value_phone_is_clean(v->as.text);
    case VALUE_INT:
    case VALUE_MONEY:
        return is_between(v->as.num, f->min, f->max);
    case VALUE_DATE:
        return is_between(v->as.num, VALUE_DAY_MIN, VALUE_DAY_MAX);
    case VALUE_TIME:
        return is_between(v->as.num, (int64_t)VALUE_DAY_MIN * DAY_MINUTES,
                          ((int64_t)VALUE_DAY_MAX + 1) * DAY_MINUTES - 1);
    case VALUE_CHOICE:
        return choice_by_code(f, (uint16_t)v->as.num) != NULL;
    case VALUE_CHOICES:
        return codes_fit(f, v);
    case VALUE_BOOL:
    case VALUE_RECORD:
    case VALUE_GONE:
    case VALUE_NUMBER:
    case VALUE_STATE:
    case VALUE_LINK:
    case VALUE_ENTRY:
        return true; /* decoding has said it all */
    }
    return false;
}

bool
value_check(const struct field *f, struct slice value)
{
    struct value v;

    return value_fits(f, value, &v);
}

static bool
has_role(uint32_t roles, const struct writer *by)
{
    return (unsigned)by->role < 32 && (roles >> by->role & 1) != 0;
}

static bool
is_placed(uint8_t who, const struct writer *by, uint32_t unit)
{
    if ((who & WHO_ANY) != 0 || ((who & WHO_UNIT) != 0 && by->unit == unit)) {
        return true;
    }
    if ((who & WHO_CENTRE) != 0 && by->unit == CENTRE_UNIT) {
        return true;
    }
    return (who & WHO_AREA) != 0 && (by->role == ROLE_GRID || by->role == ROLE_AREA);
}

/* The centre's secretary may do whatever anyone may. */
static bool
is_chief(const struct writer *by)
{
    return by->role == ROLE_SECRETARY && by->unit == CENTRE_UNIT;
}

static enum breach
may(uint32_t roles, uint8_t who, const struct writer *by, uint32_t unit)
{
    if (is_chief(by)) {
        return BREACH_NONE;
    }
    if (!has_role(roles, by)) {
        return BREACH_ROLE;
    }
    return is_placed(who, by, unit) ? BREACH_NONE : BREACH_UNIT;
}

/* Several lines of the table may allow the same move to different roles: any will do, and
 * of several refusals the one that came furthest is told. */
static enum breach
check_move(const struct type *t, uint16_t from, uint16_t to, const struct writer *by,
           uint32_t unit)
{
    enum breach worst = BREACH_MOVE;

    for (size_t i = 0; i < t->moves_n; i++) {
        const struct move *m = &t->move[i];
        enum breach b;

        if (m->from != from || m->to != to) {
            continue;
        }
        b = may(m->roles, m->who, by, unit);
        if (b == BREACH_NONE) {
            return BREACH_NONE;
        }
        if (worst == BREACH_MOVE || b == BREACH_UNIT) {
            worst = b;
        }
    }
    return worst;
}

bool
type_may_create(const struct type *t, const struct writer *by, uint32_t unit)
{
    return may(t->create_roles, t->create_who, by, unit) == BREACH_NONE;
}

bool
move_is_legal(const struct type *t, uint16_t from, uint16_t to, const struct writer *by,
              uint32_t unit)
{
    return check_move(t, from, to, by, unit) == BREACH_NONE;
}

/* What a put turns out to be, field by field. */
struct deed {
    const struct put_field *state; /* NULL: none */
    struct state_move move;
    uint16_t other; /* code of the first field beside the state; 0: none */
    uint16_t own;   /* code of the first own field; 0: none */
    bool has_link;
    bool is_first; /* it replaces nothing at all */
};

static enum breach
check_field(const struct type *t, const struct field *f, const struct put_field *p,
            const struct op *put, const struct writer *by, struct deed *deed)
{
    struct value v;

    if (f == NULL || (t->private_of != 0 && f->kind == VALUE_STATE) ||
        field_is_private(t, f)) {
        return BREACH_FIELD;
    }
    if (!value_fits(f, p->value, &v)) {
        return BREACH_VALUE;
    }
    if (p->replaces_n >= 2 && by->unit != put->unit && by->unit != CENTRE_UNIT) {
        return BREACH_CONFLICT;
    }
    if (t->merge == MERGE_FACT && f->code >= FIELD_FIRST_OWN && p->replaces_n == 1) {
        return BREACH_FACT;
    }
    if (f->roles != 0 && !has_role(f->roles, by) && !is_chief(by)) {
        return BREACH_ROLE;
    }
    if (f->kind == VALUE_STATE) {
        deed->state = p;
        deed->move = v.as.move;
    } else if (deed->other == 0) {
        deed->other = p->code;
    }
    if (deed->own == 0 && p->code >= FIELD_FIRST_OWN) {
        deed->own = p->code;
    }
    deed->has_link |= f->kind == VALUE_LINK && !v.is_nil;
    deed->is_first &= p->replaces_n == 0;
    return BREACH_NONE;
}

/* All fields of the put, and of the type, ascend: one pass over both. */
static enum breach
check_fields(const struct type *t, const struct op *put, const struct writer *by,
             struct deed *deed, uint16_t *field)
{
    size_t at = 0;

    for (uint16_t i = 0; i < put->fields_n; i++) {
        const struct put_field *p = &put->field[i];
        const struct field *f = NULL;
        enum breach b;

        if (p->code < FIELD_FIRST_OWN) {
            f = field_by_code(t, p->code);
        } else {
            while (at < t->fields_n && t->field[at].code < p->code) {
                at++;
            }
            if (at < t->fields_n && t->field[at].code == p->code) {
                f = &t->field[at];
            }
        }
        *field = p->code;
        b = check_field(t, f, p, put, by, deed);
        if (b != BREACH_NONE) {
            return b;
        }
    }
    return BREACH_NONE;
}

static enum breach
check_creation(const struct type *t, const struct deed *deed, const struct writer *by,
               uint32_t unit)
{
    const struct state *to = state_by_code(t, deed->move.to);

    if (to == NULL) {
        return BREACH_STATE;
    }
    /* Where steps are judged nobody begins behind them. */
    if (deed->state->replaces_n != 0 ||
        (!to->is_start && (!deed->has_link || type_has_rules(t)))) {
        return BREACH_MOVE;
    }
    return may(t->create_roles, t->create_who, by, unit);
}

static enum breach
check_state(const struct type *t, const struct deed *deed, const struct writer *by,
            uint32_t unit)
{
    const struct state_move *m = &deed->move;

    if (state_by_code(t, m->from) == NULL || state_by_code(t, m->to) == NULL) {
        return BREACH_STATE;
    }
    if (m->from != m->to) {
        return check_move(t, m->from, m->to, by, unit);
    }
    return deed->state->replaces_n >= 2 ? may(t->edit_roles, t->edit_who, by, unit)
                                        : BREACH_MOVE;
}

enum breach
type_check(const struct types *types, const struct op *put, enum scope_kind scope,
           uint32_t scope_unit, const struct writer *by, uint16_t *field)
{
    const struct type *t = type_by_code(types, put->type);
    struct deed deed = {.is_first = true};
    uint16_t about;
    enum breach b;

    field = field == NULL ? &about : field;
    *field = 0;
    if (t == NULL) {
        return BREACH_TYPE;
    }
    if (!scope_fits(t, scope, scope_unit, put->unit)) {
        return BREACH_SCOPE;
    }
    b = check_fields(t, put, by, &deed, field);
    if (b != BREACH_NONE) {
        return b;
    }
    *field = FIELD_STATE;
    if (deed.state != NULL && deed.move.from == 0) {
        return check_creation(t, &deed, by, put->unit);
    }
    if (deed.state != NULL) {
        b = check_state(t, &deed, by, put->unit);
        if (b != BREACH_NONE || deed.other == 0) {
            return b;
        }
        /* A step that a rule may void never carries what the record is about. */
        if (deed.own != 0 && type_has_rules(t)) {
            *field = deed.own;
            return BREACH_FIELD;
        }
    }
    *field = deed.other;
    if (t->private_of != 0 && deed.is_first &&
        may(t->create_roles, t->create_who, by, put->unit) == BREACH_NONE) {
        return BREACH_NONE;
    }
    return may(t->edit_roles, t->edit_who, by, put->unit);
}
