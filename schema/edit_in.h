/* Private to edit*.c: a put being put together. */
#ifndef LINJULI_EDIT_IN_H
#define LINJULI_EDIT_IN_H

#include "schema/edit.h"
#include "schema/fold.h"
#include "schema/text.h"

struct draft_field {
    uint16_t code;
    size_t value_at, value_n;
    size_t first, n; /* replaced versions */
};
/* One put of one type: values and replaced versions are collected, then laid into an op.
 */
struct draft {
    const struct type *type;
    struct draft_field field[PUT_FIELDS_MAX];
    size_t fields_n;
    struct buf values;
    struct version version[OP_VERSIONS_MAX];
    size_t versions_n;
    struct op *op;
};
void draft_init(struct draft *d, const struct type *type);
void draft_fini(struct draft *d);
void draft_clear(struct draft *d, const struct type *type); /* keeps memory */
bool draft_has(const struct draft *d, uint16_t code);
/* Takes the value; replaces every survivor that `im` (NULL: a new record) has of the
 * field. RC_LIMIT. */
enum rc draft_add(struct draft *d, uint16_t code, struct slice value,
                  const struct image *im) MUST_USE;
/* The same, of a value; refused in words. */
enum rc draft_add_value(struct draft *d, uint16_t code, const struct value *v,
                        const struct image *im, struct fault *why) MUST_USE;
/* Is that what the record says already? `im` NULL: a new one. */
bool draft_is_same(struct slice value, const struct image *im, uint16_t code);
/* The op, valid until the draft changes. */
const struct op *draft_op(struct draft *d, uint32_t unit,
                          const uint8_t record[RECORD_ID_BYTES]);

/* FIELD=VALUE pairs into two drafts, by the visibility of the field; `half` is not
 * touched if the type has none. A value that is there already is left out. `im`,
 * `im_half`: the present state, key always set; NULL for a new record. */
enum rc edit_assign(struct ledger *l, const struct type *type, const struct assign *f,
                    size_t n, const struct image *im, const struct image *im_half,
                    struct draft *d, struct draft *half, struct fault *why) MUST_USE;
/* Is each field there that an `add` cannot do without? */
enum rc edit_required(const struct type *type, const struct draft *d,
                      const struct draft *half, struct fault *why) MUST_USE;
/* The put judged as every node will judge it; breaches in words. */
enum rc edit_judge(struct ledger *l, const struct author *a, uint32_t scope,
                   struct draft *d, uint32_t unit, const uint8_t record[RECORD_ID_BYTES],
                   struct fault *why) MUST_USE;
/* A breach in words. */
enum rc edit_breach(enum breach b, const struct type *type, uint16_t code, uint32_t unit,
                    struct fault *why) MUST_USE;
/* May it be sealed, does it meet a conflict that others have to settle, and is it legal?
 * `im` is where the draft goes: its key, and what it says now. */
enum rc edit_check(struct ledger *l, const struct author *a, const struct image *im,
                   struct draft *d, struct fault *why) MUST_USE;
/* Writes what has been judged. */
enum rc edit_put(struct author_run *run, uint32_t scope, struct draft *d, uint32_t unit,
                 const uint8_t record[RECORD_ID_BYTES], struct fault *why) MUST_USE;
/* Rights that the put has to do with (edit_right.c): after it was judged, before or after
 * it is written. `im` NULL: a new record. */
struct rights_pen;
enum rc edit_right(const struct rights_pen *pen, const struct type *t,
                   const struct record_key *key, const struct draft *d,
                   const struct image *im) MUST_USE;
enum rc edit_scope(struct ledger *l, const struct type *type, uint32_t unit,
                   uint32_t *scope, struct fault *why) MUST_USE;
const struct type *edit_half_of(struct ledger *l,
                                const struct type *type); /* NULL: none */
/* A new record: number, first state, what was given. is_try: judged and not put. */
enum rc edit_make(struct ledger *l, struct author_run *run, const struct author *a,
                  bool is_try, const struct type *type, uint32_t unit,
                  const struct assign *f, size_t n, struct draft *d, struct draft *half,
                  struct made *out, struct fault *why) MUST_USE;

#endif
