/* The record fold (design section 7): a record is a pure function of its effective items,
 * in any order. */
#ifndef LINJULI_RECORD_H
#define LINJULI_RECORD_H

#include "sync/type.h"

struct record_item {
    struct version at; /* log number (never 0), seq, id8 */
    struct hash id;    /* of the entry: breaks ties of rank */
    uint16_t index;    /* in the entry */
    uint64_t rank;     /* min(own clock, clock of the first covering seal) */
    uint64_t sealed;   /* clock of the first covering seal; UINT64_MAX: none */
    const struct op *put;
    /* The put's type as the rules of its entry's schema version have it; NULL: its items
     * are judged one by one only. */
    const struct type *type;
    uint8_t
        person[RECORD_ID_BYTES]; /* who wrote it; zeros: not known, the log is its own */
};

enum field_state { FIELD_CLEAN, FIELD_CONFLICT, FIELD_CYCLE };

struct record_field {
    uint16_t code;
    enum field_state state;
    uint32_t shown;    /* index into the items given */
    uint32_t first, n; /* survivors: index_of[first .. first + n), by version */
};

/* Reused between folds; start as {0}, end with record_fini. */
struct record {
    struct record_field *field;
    size_t fields_n, fields_cap; /* ascending code */
    uint32_t *index_of;
    size_t index_n, index_cap;
    /* The items shown in two fields are of two logs and neither has seen the other, as
     * far as items tell: by replacing it, by what it replaced, or in its own log. */
    bool is_parallel;
    bool is_judged; /* steps were judged: void_by has a place for each item given */
    const struct rule **void_by;
    size_t void_cap;
    struct record_work *work; /* record.c's own */
};
void record_fold(const struct record_item *items, size_t n, struct record *out);
void record_fini(struct record *r);
/* The rule that takes the item's effect away; NULL: none does. */
const struct rule *record_void_by(const struct record *r, size_t item);
/* The put's field of that code, or NULL. */
const struct put_field *put_field(const struct op *op, uint16_t code);

#endif
