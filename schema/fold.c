#include "schema/fold.h"

#include <string.h>

void
image_fini(struct image *im)
{
    mem_free(im->field);
    mem_free(im->choice);
    buf_free(&im->bytes);
    *im = (struct image){0};
}

void
image_clear(struct image *im)
{
    im->is_parallel = false;
    im->fields_n = 0;
    im->choices_n = 0;
    im->bytes.n = 0;
}

struct slice
image_value(const struct image *im, const struct image_choice *c)
{
    return slice_of(im->bytes.p + c->value_at, c->value_n);
}

const struct image_field *
image_field(const struct image *im, uint16_t code)
{
    for (size_t i = 0; i < im->fields_n; i++)
        if (im->field[i].code == code)
            return &im->field[i];
    return NULL;
}

struct slice
image_shown(const struct image *im, uint16_t code)
{
    const struct image_field *f = image_field(im, code);
    return f == NULL ? slice_of(NULL, 0)
                     : image_value(im, &im->choice[f->first + f->shown]);
}

struct image_field *
image_add_field(struct image *im, uint16_t code, enum field_state state)
{
    if (im->fields_n == im->fields_cap) {
        im->fields_cap = im->fields_cap * 2 + 16;
        im->field = mem_grow(im->field, im->fields_cap * sizeof(*im->field));
    }
    struct image_field *f = &im->field[im->fields_n++];
    *f = (struct image_field){
        .code = code, .state = state, .first = (uint32_t)im->choices_n};
    return f;
}

void
image_add_choice(struct image *im, const struct image_choice *where, struct slice value)
{
    if (im->choices_n == im->choices_cap) {
        im->choices_cap = im->choices_cap * 2 + 16;
        im->choice = mem_grow(im->choice, im->choices_cap * sizeof(*im->choice));
    }
    struct image_choice *c = &im->choice[im->choices_n++];
    *c = *where;
    c->value_at = (uint32_t)im->bytes.n;
    c->value_n = (uint32_t)value.n;
    buf_add_slice(&im->bytes, value);
    im->field[im->fields_n - 1].n++;
}

static uint32_t
name_of(const struct record_key *key, uint16_t field, uint8_t kind)
{
    uint8_t in[4 + 4 + RECORD_ID_BYTES + 2 + 1];
    put_u32(in, key->scope);
    put_u32(in + 4, key->unit);
    memcpy(in + 8, key->id, RECORD_ID_BYTES);
    put_u16(in + 8 + RECORD_ID_BYTES, field);
    in[10 + RECORD_ID_BYTES] = kind;
    struct hash h = hash_of(slice_of(in, sizeof(in)));
    return get_u32(h.b);
}

uint32_t
fold_case_name(const struct record_key *key, uint16_t field, enum field_state state)
{
    return name_of(key, field, state == FIELD_CYCLE ? 2 : 1);
}

uint32_t
fold_unbacked_name(const struct record_key *key)
{
    return name_of(key, FIELD_STATE, 3);
}

void
fold_items(const struct record_item *item, const struct fold_item *fold, size_t n,
           struct record *work, struct image *out)
{
    image_clear(out);
    record_fold(item, n, work);
    out->is_parallel = work->is_parallel;
    for (size_t i = 0; i < work->fields_n; i++) {
        const struct record_field *f = &work->field[i];
        struct image_field *to = image_add_field(out, f->code, f->state);
        for (uint32_t k = 0; k < f->n; k++) {
            uint32_t at = work->index_of[f->first + k];
            struct image_choice c = {.at = item[at].at,
                                     .entry = fold[at].row,
                                     .item = item[at].index,
                                     .clock = fold[at].clock};
            if (at == f->shown)
                to->shown = k;
            image_add_choice(out, &c, put_field(item[at].put, f->code)->value);
        }
    }
    for (size_t i = 0; i < n; i++)
        if (fold[i].row == out->entry && item[i].index == out->item)
            out->at = item[i].at;
}
