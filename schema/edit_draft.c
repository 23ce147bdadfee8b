/* Putting a put together. */
#include "schema/edit_in.h"

#include <stdlib.h>
#include <string.h>

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
