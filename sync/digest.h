/* The bytes that `digest` is over (schema/TYPES.md section 6): records in the order of
 * unit, id, type; of each its fields by code; of each its surviving versions in order. */
#ifndef LINJULI_DIGEST_H
#define LINJULI_DIGEST_H

#include "sync/record.h"

#define DIGEST_BYTES 16

/* Appended, one after the other: the record, then each field, then each of its versions
 * (log number never 0). `value` is canonical msgpack. */
void digest_record(struct buf *out, const uint8_t id[static RECORD_ID_BYTES],
                   uint32_t unit, uint16_t type, uint16_t fields_n);
void digest_field(struct buf *out, uint16_t code, enum field_state state,
                  uint16_t versions_n);
void digest_version(struct buf *out, const struct version *at, bool is_shown,
                    struct slice value);
/* All three for a folded record. */
void digest_fold(struct buf *out, const struct record_item *items,
                 const struct record *r);
/* SHA-256 over everything that was appended, cut to 16 bytes. */
void digest_done(struct hash_run *run, uint8_t out[static DIGEST_BYTES]);

#endif
