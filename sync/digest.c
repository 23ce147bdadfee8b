/* The bytes that `digest` is over (schema/TYPES.md section 6). */
#include "sync/digest.h"

#include <assert.h>
#include <string.h>

void
digest_record(struct buf *out, const uint8_t id[static RECORD_ID_BYTES], uint32_t unit,
              uint16_t type, uint16_t fields_n)
{
    buf_add(out, id, RECORD_ID_BYTES);
    buf_add_u32(out, unit);
    buf_add_u16(out, type);
    buf_add_u16(out, fields_n);
}

void
digest_field(struct buf *out, uint16_t code, enum field_state state, uint16_t versions_n)
{
    buf_add_u16(out, code);
    buf_add_u8(out, (uint8_t)state);
    buf_add_u16(out, versions_n);
}

void
digest_version(struct buf *out, const struct version *at, bool is_shown,
               struct slice value)
{
    assert(at->log_no != 0);
    buf_add_u32(out, at->log_no);
    buf_add_u64(out, at->seq);
    buf_add(out, at->id8, sizeof(at->id8));
    buf_add_u8(out, is_shown);
    buf_add_u32(out, (uint32_t)value.n);
    buf_add_slice(out, value);
}

void
digest_fold(struct buf *out, const struct record_item *items, const struct record *r)
{
    const struct op *put = items[0].put;

    digest_record(out, put->record, put->unit, put->type, (uint16_t)r->fields_n);
    for (size_t i = 0; i < r->fields_n; i++) {
        const struct record_field *f = &r->field[i];

        digest_field(out, f->code, f->state, (uint16_t)f->n);
        for (uint32_t k = f->first; k < f->first + f->n; k++) {
            const struct record_item *item = &items[r->index_of[k]];

            digest_version(out, &item->at, r->index_of[k] == f->shown,
                           put_field(item->put, f->code)->value);
        }
    }
}

void
digest_done(struct hash_run *run, uint8_t out[static DIGEST_BYTES])
{
    struct hash h = hash_done(run);

    memcpy(out, h.b, DIGEST_BYTES);
}
