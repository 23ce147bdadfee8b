/* What records of a type have to do with rights: the sections asset, costs and adds. */
#include "schema/type_build.h"

#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX (INT64_C(1) << 40)

/* A field of the public half, or NULL. */
static const struct field *
public_field(const struct type *t, const char *name)
{
    const struct field *f = name != NULL ? field_by_name(t, name) : NULL;

    return f != NULL && f->code >= FIELD_FIRST_OWN && !field_is_private(t, f) ? f : NULL;
}

/* A number, or the name of a field that holds one. */
static enum rc
get_amount(const struct build *b, const struct section *sec, struct right_rule *r)
{
    const char *text = data_file_get(sec, "amount");
    const struct field *f = public_field(b->type, text);
    int64_t v = 0;

    if (text == NULL) {
        return refuse(b, FAULT_KEY_MISSING, sec, "amount", NULL);
    }
    if (f == NULL && strspn(text, "0123456789") == strlen(text)) {
        enum rc rc = get_int(b, sec, "amount", 1, AMOUNT_MAX, &v);

        r->amount = (uint64_t)v;
        return rc;
    }
    if (f == NULL) {
        return refuse(b, FAULT_NO_SUCH_NAME, sec, "amount", text);
    }
    if ((f->kind != VALUE_INT && f->kind != VALUE_MONEY) || f->min < 0 ||
        f->max > AMOUNT_MAX) {
        return refuse(b, FAULT_KEY_VALUE, sec, "amount", "int, money: 0..2^40");
    }
    r->field = f->code;
    return RC_OK;
}

static enum rc
get_states(const struct build *b, const struct section *sec, struct right_rule *r)
{
    const struct type *t = b->type;
    const char *list = data_file_get(sec, "state");
    char word[TYPE_NAME_BYTES_MAX + 1];

    if (list == NULL) {
        r->states = UINT64_MAX;
        return RC_OK;
    }
    while (next_word(&list, word)) {
        const struct state *s = state_by_name(t, word);

        if (s == NULL) {
            return refuse(b, FAULT_NO_SUCH_NAME, sec, "state", word);
        }
        r->states |= UINT64_C(1) << (s - t->state);
    }
    return r->states == 0 ? refuse(b, FAULT_KEY_VALUE, sec, "state", NULL) : RC_OK;
}

/* What was issued stays issued: who could leave and come back would issue it again. */
static enum rc
check_stays(const struct build *b, const struct section *sec, const struct right_rule *r)
{
    const struct type *t = b->type;

    for (size_t i = 0; i < t->moves_n; i++) {
        if (right_rule_has(t, r, t->move[i].from) &&
            !right_rule_has(t, r, t->move[i].to)) {
            return refuse(b, FAULT_KEY_VALUE, sec, "state",
                          state_by_code(t, t->move[i].to)->name);
        }
    }
    return RC_OK;
}

static enum rc
get_rule(const struct build *b, const char *kind, struct right_rule *r)
{
    const struct section *sec = data_file_at(b->root, kind, 0);
    bool is_asset = strcmp(kind, "asset") == 0;
    enum rc rc;

    if (sec == NULL) {
        return RC_OK;
    }
    r->is_there = true;
    rc = get_amount(b, sec, r);
    if (rc == RC_OK && !is_asset) {
        const char *name = data_file_get(sec, "of");
        const struct field *f = public_field(b->type, name);

        if (name == NULL) {
            return refuse(b, FAULT_KEY_MISSING, sec, "of", NULL);
        }
        if (f == NULL || f->kind != VALUE_RECORD || f->of_type == NULL) {
            return refuse(b, FAULT_NO_SUCH_NAME, sec, "of", name);
        }
        r->of = f->code;
        rc = get_states(b, sec, r);
    }
    return rc == RC_OK && strcmp(kind, "adds") == 0 ? check_stays(b, sec, r) : rc;
}

enum rc
build_right(struct build *b)
{
    enum rc rc = get_rule(b, "asset", &b->type->asset);

    if (rc == RC_OK) {
        rc = get_rule(b, "costs", &b->type->costs);
    }
    return rc == RC_OK ? get_rule(b, "adds", &b->type->adds) : rc;
}

static enum rc
check_one(const struct build *b, const struct types *all, const struct type *t,
          const char *kind, const struct right_rule *r)
{
    const struct field *f = r->is_there ? field_by_code(t, r->of) : NULL;
    const struct type *of = f != NULL ? type_by_name(all, f->of_type) : NULL;

    return f == NULL || (of != NULL && of->asset.is_there)
               ? RC_OK
               : refuse(b, FAULT_NO_SUCH_NAME, data_file_at(b->root, kind, 0), "of",
                        "asset");
}

enum rc
check_right(const struct build *b, const struct types *all, const struct type *t)
{
    enum rc rc = check_one(b, all, t, "costs", &t->costs);

    return rc == RC_OK ? check_one(b, all, t, "adds", &t->adds) : rc;
}
