/* Record types: their parts by code and by name, and what follows from one of them alone.
 */
#include "sync/type.h"

#include <string.h>

static const struct choice gone_choice[] = {
    {GONE_UNDONE, "undone", {"撤销", "taken back"}},
    {GONE_TWIN, "twin", {"重复", "entered twice"}},
    {GONE_MISTAKE, "mistake", {"录错", "entered by mistake"}},
    {GONE_MOVED, "moved", {"转走", "moved away"}},
    {GONE_OTHER, "other", {"其他", "other"}},
};
static const struct choice link_choice[] = {
    {LINK_MOVED_FROM, "moved_from", {"转自", "moved from"}},
    {LINK_MOVED_TO, "moved_to", {"转到", "moved to"}},
    {LINK_TURNED_FROM, "turned_from", {"由此转类", "reclassified from"}},
    {LINK_TURNED_INTO, "turned_into", {"已转为", "reclassified as"}},
    {LINK_SAME_AS, "same_as", {"同一个", "same as"}},
    {LINK_RAISED_BY, "raised_by", {"发现于", "raised by"}},
};

/* The five fields that all types have, by code. */
static const struct field common[] = {
    {.code = FIELD_GONE,
     .name = "gone",
     .label = {"作废", "gone"},
     .kind = VALUE_GONE,
     .choice = gone_choice,
     .choices_n = sizeof(gone_choice) / sizeof(gone_choice[0])},
    {.code = FIELD_NUMBER,
     .name = "number",
     .label = {"编号", "number"},
     .kind = VALUE_NUMBER,
     .is_required = true},
    {.code = FIELD_STATE,
     .name = "state",
     .label = {"状态", "state"},
     .kind = VALUE_STATE,
     .is_required = true},
    {.code = FIELD_LINK,
     .name = "link",
     .label = {"关联", "link"},
     .kind = VALUE_LINK,
     .choice = link_choice,
     .choices_n = sizeof(link_choice) / sizeof(link_choice[0])},
    {.code = FIELD_FROM,
     .name = "from",
     .label = {"出处", "from entry"},
     .kind = VALUE_ENTRY,
     .is_required = true},
};

const char *
breach_name(enum breach b)
{
    static const char *const name[] = {
        [BREACH_NONE] = "NONE",     [BREACH_TYPE] = "TYPE",
        [BREACH_FIELD] = "FIELD",   [BREACH_VALUE] = "VALUE",
        [BREACH_ROLE] = "ROLE",     [BREACH_UNIT] = "UNIT",
        [BREACH_MOVE] = "MOVE",     [BREACH_STATE] = "STATE",
        [BREACH_SCOPE] = "SCOPE",   [BREACH_CONFLICT] = "CONFLICT",
        [BREACH_FACT] = "FACT",     [BREACH_APART] = "APART",
        [BREACH_SECOND] = "SECOND",
    };

    return (size_t)b < sizeof(name) / sizeof(name[0]) ? name[b] : "?";
}

const struct type *
type_by_code(const struct types *t, uint16_t code)
{
    size_t low = 0;
    size_t high = t->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (t->type[mid].code < code) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < t->n && t->type[low].code == code ? &t->type[low] : NULL;
}

const struct type *
type_by_name(const struct types *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->type[i].name, name) == 0) {
            return &t->type[i];
        }
    }
    return NULL;
}

static const struct field *
common_field(uint16_t code)
{
    return code >= FIELD_GONE && code <= FIELD_FROM ? &common[code - FIELD_GONE] : NULL;
}

const struct field *
field_by_code(const struct type *t, uint16_t code)
{
    if (code < FIELD_FIRST_OWN) {
        return common_field(code);
    }
    for (size_t i = 0; i < t->fields_n && t->field[i].code <= code; i++) {
        if (t->field[i].code == code) {
            return &t->field[i];
        }
    }
    return NULL;
}

const struct field *
field_by_name(const struct type *t, const char *name)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (strcmp(common[i].name, name) == 0) {
            return &common[i];
        }
    }
    for (size_t i = 0; i < t->fields_n; i++) {
        if (strcmp(t->field[i].name, name) == 0) {
            return &t->field[i];
        }
    }
    return NULL;
}

const struct state *
state_by_code(const struct type *t, uint16_t code)
{
    for (size_t i = 0; i < t->states_n; i++) {
        if (t->state[i].code == code) {
            return &t->state[i];
        }
    }
    return NULL;
}

const struct state *
state_by_name(const struct type *t, const char *name)
{
    for (size_t i = 0; i < t->states_n; i++) {
        if (strcmp(t->state[i].name, name) == 0) {
            return &t->state[i];
        }
    }
    return NULL;
}

bool
right_rule_has(const struct type *t, const struct right_rule *r, uint16_t state)
{
    if (!r->is_there) {
        return false;
    }
    for (size_t i = 0; i < t->states_n && i < 64; i++) {
        if (t->state[i].code == state) {
            return (r->states >> i & 1) != 0;
        }
    }
    return false;
}

const struct choice *
choice_by_code(const struct field *f, uint16_t code)
{
    for (size_t i = 0; i < f->choices_n; i++) {
        if (f->choice[i].code == code) {
            return &f->choice[i];
        }
    }
    return NULL;
}

bool
type_has_rules(const struct type *t)
{
    return t->aparts_n > 0 || t->seconds_n > 0;
}

bool
field_is_private(const struct type *t, const struct field *f)
{
    return t->private_of == 0 && f->code >= FIELD_FIRST_OWN && f->visible != t->visible;
}

enum scope_kind
type_scope_kind(const struct type *t, enum scope_kind own)
{
    if (t->visible <= VISIBLE_ALL) {
        return SCOPE_COMMUNITY;
    }
    return t->visible == VISIBLE_CARE && own == SCOPE_GROUP ? SCOPE_GROUP_CARE : own;
}
