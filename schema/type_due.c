/* Deadlines of a type: from which step to which others, by which kind of rule. */
#include "schema/type_build.h"

#include <string.h>

#define RULE_TYPE "deadline_rule"

/* A field of the public half, of one of two kinds; none: 0. */
static enum rc
get_due_field(const struct build *b, const struct section *sec, const char *key,
              enum value_kind one, enum value_kind other, uint16_t *out)
{
    const char *name = data_file_get(sec, key);
    const struct field *f = name == NULL ? NULL : field_by_name(b->type, name);

    *out = 0;
    if (name == NULL) {
        return RC_OK;
    }
    if (f == NULL) {
        return refuse(b, FAULT_NO_SUCH_NAME, sec, key, name);
    }
    if ((f->kind != one && f->kind != other) || field_is_private(b->type, f)) {
        return refuse(b, FAULT_KEY_VALUE, sec, key,
                      one == VALUE_DATE ? "a public date or time" : "a public choice");
    }
    *out = f->code;
    return RC_OK;
}

/* One step, and `create` only as the first: the one it runs from. */
static enum rc
get_due_steps(const struct build *b, const struct section *sec, struct deadline *d)
{
    uint16_t step[RULE_STEPS_MAX];
    size_t n = 0;
    enum rc rc = get_steps(b, sec, "from", step, &n);

    if (rc == RC_OK && n != 1) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "from", "create, STATE");
    }
    if (rc == RC_OK) {
        d->from = step[0];
        rc = get_steps(b, sec, "until", d->until, &d->untils_n);
    }
    if (rc == RC_OK && (d->untils_n == 0 || d->until[0] == STEP_CREATE)) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "until", "STATE, ...");
    }
    n = 0;
    if (rc == RC_OK && data_file_get(sec, "extend") != NULL) {
        rc = get_steps(b, sec, "extend", step, &n);
        if (rc == RC_OK && (n != 1 || step[0] == STEP_CREATE)) {
            rc = refuse(b, FAULT_KEY_VALUE, sec, "extend", "STATE");
        }
        d->extend = rc == RC_OK ? step[0] : 0;
    }
    return rc;
}

static enum rc
get_deadline(const struct build *b, const struct section *sec, struct deadline *d)
{
    const char *kind = data_file_get(sec, "rule");
    enum rc rc;

    if (!name_is_good(data_file_title(sec))) {
        return refuse(b, FAULT_KEY_VALUE, sec, NULL, "a-z 0-9 _");
    }
    if (kind == NULL || !name_is_good(kind)) {
        return refuse(b, kind == NULL ? FAULT_KEY_MISSING : FAULT_KEY_VALUE, sec, "rule",
                      "a-z 0-9 _");
    }
    d->name = set_text(b->set, data_file_title(sec));
    d->kind = set_text(b->set, kind);
    rc = get_label(b, sec, &d->label);
    if (rc == RC_OK) {
        rc = get_due_steps(b, sec, d);
    }
    if (rc == RC_OK) {
        rc = get_due_field(b, sec, "to", VALUE_DATE, VALUE_TIME, &d->to);
    }
    if (rc == RC_OK) {
        rc = get_due_field(b, sec, "stated", VALUE_DATE, VALUE_TIME, &d->stated);
    }
    return rc == RC_OK
               ? get_due_field(b, sec, "level", VALUE_CHOICE, VALUE_CHOICE, &d->level)
               : rc;
}

/* `until` names states here: a deadline begins with a version, and stays. */
enum rc
build_deadlines(struct build *b)
{
    unsigned n = data_file_n(b->root, "deadline");
    struct deadline *d = set_new(b->set, n * sizeof(*d));
    size_t kept = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct section *sec = data_file_at(b->root, "deadline", i);
        int64_t since = 1;
        enum rc rc = get_int(b, sec, "since", 1, UINT16_MAX, &since);

        if (rc == RC_OK && kept == RULES_MAX) {
            rc = refuse(b, FAULT_KEY_VALUE, sec, NULL, "8 deadlines");
        }
        if (rc == RC_OK && since <= b->version) {
            rc = get_deadline(b, sec, &d[kept++]);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    b->type->deadline = d;
    b->type->deadlines_n = kept;
    return RC_OK;
}

enum rc
check_deadlines(const struct build *b, const struct types *all, const struct type *t)
{
    const struct type *rule = type_by_name(all, RULE_TYPE);
    const struct field *kind = rule == NULL ? NULL : field_by_name(rule, "kind");

    for (size_t i = 0; i < t->deadlines_n; i++) {
        const struct deadline *d = &t->deadline[i];
        bool is_there = false;

        for (size_t k = 0; kind != NULL && k < kind->choices_n; k++) {
            is_there = is_there || strcmp(kind->choice[k].name, d->kind) == 0;
        }
        if (!is_there) {
            return refuse(b, FAULT_NO_SUCH_NAME,
                          data_file_titled(b->root, "deadline", d->name), "rule",
                          d->kind);
        }
    }
    return RC_OK;
}
