/* One record: as its items say (folded), and as its tables say (read and written). Both
 * are an image, so that a digest over tables notices what a digest over items would not.
 *
 * t_TYPE.versions, canonical msgpack:
 *   [is_parallel, [log number, seq, id8, ...], [[field, state, shown, i, ...], ...]]
 * The first list holds each version that survives anywhere, ascending; a field's i are
 * its survivors as places in that list, ascending; shown is the place of the one shown;
 * state 0 clean, 1 conflict, 2 cycle (then the i are all candidates). The value of a
 * clean field stands in its column, where NULL is nil; other values in conflict_choice.
 */
#ifndef LINJULI_FOLD_H
#define LINJULI_FOLD_H

#include "schema/ledger_in.h"

struct image_choice {
    struct version at;
    uint32_t value_at, value_n; /* in bytes: canonical msgpack */
    /* where it stands; read from tables only for fields that are not clean */
    int64_t entry;
    uint16_t item;
    uint64_t clock;
};
struct image_field {
    uint16_t code;
    enum field_state state;
    uint32_t shown;    /* which of its choices */
    uint32_t first, n; /* choice[first .. first + n), by version */
};

/* Start as {0}, end with image_fini; kept between records. */
struct image {
    struct record_key key;
    uint16_t type;
    int64_t entry; /* the record's first item */
    uint16_t item;
    struct version at; /* of that item */
    bool is_parallel;
    struct image_field *field; /* ascending code */
    size_t fields_n, fields_cap;
    struct image_choice *choice;
    size_t choices_n, choices_cap;
    struct buf bytes;
};
void image_fini(struct image *im);
void image_clear(struct image *im);
struct slice image_value(const struct image *im, const struct image_choice *c);
const struct image_field *image_field(const struct image *im, uint16_t code);
/* The shown value of a field; {NULL, 0}: the record has no such field. */
struct slice image_shown(const struct image *im, uint16_t code);
struct image_field *image_add_field(struct image *im, uint16_t code,
                                    enum field_state state);
void image_add_choice(struct image *im, const struct image_choice *where,
                      struct slice value);

/* Name, type and first item of record `no`, and its packed number (-1: none). Anything
 * else of `out` stays. RC_NOTFOUND. */
enum rc fold_read_record(struct ledger *l, int64_t no, struct image *out,
                         int64_t *number) MUST_USE;
/* What the tables say of record `no`. RC_NOTFOUND; RC_CORRUPT: they contradict each
 * other. */
enum rc fold_read(struct ledger *l, int64_t no, struct image *out) MUST_USE;
/* Makes the tables of record `no` say this. */
enum rc fold_write(struct ledger *l, int64_t no, const struct image *im) MUST_USE;
/* Takes the record out of every table. */
enum rc fold_delete(struct ledger *l, int64_t no, uint16_t type) MUST_USE;
/* Conflicts and cycles go first: they hang on the record's row. */
enum rc fold_delete_conflicts(struct ledger *l, int64_t no) MUST_USE;

/* Binds a value to its column of TABLE_PUT. A number goes to *number if it fits there
 * (else to the column, and *number stays -1). False: the value is nil. */
bool fold_bind(sqlite3_stmt *put, const struct table *t, uint16_t code,
               struct slice value, int64_t *number);

/* The name people see of a case: its 8 hex digits as a number. */
uint32_t fold_case_name(const struct record_key *key, uint16_t field,
                        enum field_state state);
/* The same of a record that needs a right and has none. */
uint32_t fold_unbacked_name(const struct record_key *key);

/* One effective item, ready to be folded. */
struct fold_item {
    int64_t row; /* of its entry */
    uint64_t clock;
    struct op *op; /* resolved */
    struct buf plain;
};
/* Folds items (of one record) into an image; `item` runs beside `fold`. The first item of
 * the image is the one at (entry, item) of `out`, set by the caller. */
void fold_items(const struct record_item *item, const struct fold_item *fold, size_t n,
                struct record *work, struct image *out);

#endif
