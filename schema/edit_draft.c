/* Putting a put together. */
#include "schema/edit_in.h"

#include <string.h>

#include "schema/query_in.h"
#include "schema/type.h"

void
draft_init(struct draft *d, const struct type *type)
{
    *d = (struct draft){.type = type, .op = mem_new(sizeof(*d->op))};
}

void
draft_fini(struct draft *d)
{
    mem_wipe(d->values.p, d->values.cap);
    buf_free(&d->values);
    mem_free(d->op);
}

void
draft_clear(struct draft *d, const struct type *type)
{
    d->type = type;
    d->fields_n = 0;
    d->versions_n = 0;
    d->values.n = 0;
}

bool
draft_has(const struct draft *d, uint16_t code)
{
    for (size_t i = 0; i < d->fields_n; i++)
        if (d->field[i].code == code)
            return true;
    return false;
}

enum rc
draft_add(struct draft *d, uint16_t code, struct slice value, const struct image *im)
{
    const struct image_field *old = im != NULL ? image_field(im, code) : NULL;
    size_t n = old != NULL ? old->n : 0;
    if (d->fields_n == PUT_FIELDS_MAX || d->versions_n + n > OP_VERSIONS_MAX)
        return RC_LIMIT;
    size_t at = d->fields_n++;
    while (at > 0 && d->field[at - 1].code > code) { /* ascending codes */
        d->field[at] = d->field[at - 1];
        at--;
    }
    d->field[at] = (struct draft_field){.code = code,
                                        .value_at = d->values.n,
                                        .value_n = value.n,
                                        .first = d->versions_n,
                                        .n = n};
    buf_add_slice(&d->values, value);
    for (size_t i = 0; i < n; i++) /* choices stand in version order */
        d->version[d->versions_n++] = im->choice[old->first + i].at;
    return RC_OK;
}

enum rc
draft_add_value(struct draft *d, uint16_t code, const struct value *v,
                const struct image *im, struct fault *why)
{
    struct buf bytes = BUF_NONE;
    value_encode(v, &bytes);
    enum rc rc = draft_add(d, code, buf_slice(&bytes), im);
    buf_free(&bytes);
    if (rc == RC_OK)
        return rc;
    const struct field *f = field_by_code(d->type, code);
    return fault_set(why, rc, FAULT_BAD_LENGTH, "%s", f != NULL ? f->name : "?");
}

const struct op *
draft_op(struct draft *d, uint32_t unit, const uint8_t record[RECORD_ID_BYTES])
{
    struct op *op = d->op;
    op->code = OP_PUT;
    op->unit = unit;
    memcpy(op->record, record, RECORD_ID_BYTES);
    op->type = d->type->code;
    op->fields_n = (uint16_t)d->fields_n;
    memcpy(op->pool, d->version, d->versions_n * sizeof(d->version[0]));
    op->pool_n = (uint16_t)d->versions_n;
    for (size_t i = 0; i < d->fields_n; i++)
        op->field[i] = (struct put_field){
            .code = d->field[i].code,
            .replaces_n = (uint16_t)d->field[i].n,
            .replaces = op->pool + d->field[i].first,
            .value = slice_of(d->values.p + d->field[i].value_at, d->field[i].value_n)};
    return op;
}

/* ---- references: FIELD=ID */

static enum rc
find_ref(void *arg, const char *of_type, const char *text, struct record_key *out,
         struct fault *why)
{
    struct ledger *l = arg;
    struct image im = {0};
    int64_t no = 0, number = 0;
    enum rc rc = query_resolve(l, text, &no, why);
    if (rc != RC_OK)
        return rc;
    rc = fold_read_record(l, no, &im, &number);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    const struct type *t = type_by_code(ledger_types(l), im.type);
    if (of_type != NULL && (t == NULL || strcmp(t->name, of_type) != 0)) {
        rc = fault_set(why, RC_INVALID, FAULT_BAD_RECORD, "%s", text);
        fault_want(why, "%s", of_type);
    }
    *out = im.key;
    image_fini(&im);
    return rc;
}

/* ---- fields */

const struct type *
edit_half_of(struct ledger *l, const struct type *type)
{
    return type->private_code != 0 ? type_by_code(ledger_types(l), type->private_code)
                                   : NULL;
}

#define MSGPACK_NIL 0xc0

/* Nothing would be different: nothing is written, for a person who saves a form as it
 * stands has changed nothing. What is in conflict is never the same: all of it goes. */
bool
draft_is_same(struct slice value, const struct image *im, uint16_t code)
{
    const struct image_field *f = im != NULL ? image_field(im, code) : NULL;
    if (f == NULL)
        return value.n == 1 && value.p[0] == MSGPACK_NIL;
    return f->state == FIELD_CLEAN && slice_eq(value, image_shown(im, code));
}

/* A new record may begin in any start of its type: which one is said like a field. */
static enum rc
assign_start(const struct type *type, const char *name, struct draft *d,
             struct fault *why)
{
    struct value v = {.kind = VALUE_STATE};
    const struct state *s = query_state(type, name);
    if (s == NULL)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_STATE, "%s", name);
    v.as.move = (struct state_move){.from = 0, .to = s->code};
    return draft_add_value(d, FIELD_STATE, &v, NULL, why);
}

static enum rc
assign_one(struct ledger *l, const struct type *type, const struct assign *f,
           const struct image *im, const struct image *im_half, struct draft *d,
           struct draft *half, struct fault *why)
{
    const struct field *field = field_by_name(type, f->field);
    struct text_refs find = {.arg = l, .find = find_ref};
    struct buf value = BUF_NONE;
    uint32_t scope = 0;
    if (field == NULL) {
        fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", f->field);
        fault_want(why, "%s", type->name);
        return RC_INVALID;
    }
    if (field->code == FIELD_STATE && im == NULL)
        return assign_start(type, f->value, d, why);
    if (field->code < FIELD_FIRST_OWN)
        return fault_set(why, RC_INVALID, FAULT_NOT_SETTABLE, "%s", f->field);
    bool is_private = field_is_private(type, field);
    if (is_private)
        im = im_half;
    enum rc rc = RC_OK;
    if (is_private && im != NULL) /* what cannot be read cannot be compared with */
        rc = edit_scope(l, half->type, im->key.unit, &scope, why);
    if (rc == RC_OK)
        rc = text_parse(field, slice_text(f->value), &find, &value, why);
    if (rc == RC_OK && !draft_is_same(buf_slice(&value), im, field->code)) {
        rc = draft_add(is_private ? half : d, field->code, buf_slice(&value), im);
        if (rc != RC_OK)
            fault_set(why, rc, FAULT_BAD_LENGTH, "%s", f->field);
    }
    mem_wipe(value.p, value.cap);
    buf_free(&value);
    return rc;
}

static bool
is_twice(const struct assign *f, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(f[k].field, f[i].field) == 0)
            return true;
    return false;
}

enum rc
edit_assign(struct ledger *l, const struct type *type, const struct assign *f, size_t n,
            const struct image *im, const struct image *im_half, struct draft *d,
            struct draft *half, struct fault *why)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = is_twice(f, i)
                 ? fault_set(why, RC_INVALID, FAULT_FIELD_TWICE, "%s", f[i].field)
                 : assign_one(l, type, &f[i], im, im_half, d, half, why);
    return rc;
}
