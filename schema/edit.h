/* Writing records: the checks a person is owed before anything is signed, then the put.
 * Each call runs inside the caller's transaction. Faults name field and reason. */
#ifndef LINJULI_EDIT_H
#define LINJULI_EDIT_H

#include "schema/author.h"

struct assign { /* FIELD=VALUE */
    const char *field;
    const char *value;
};
struct made {
    struct record_key key;
    char number[40]; /* 0302-017-26-0047 */
};

/* One record; fields of another visibility go to its private half by themselves. */
enum rc edit_add(struct ledger *l, const struct author *a, const char *type,
                 uint32_t unit, const struct assign *f, size_t n, struct made *out,
                 struct fault *why) MUST_USE;
/* Many, packed into few entries: an import's rows. `batch` marks them for undo. */
struct edit_bulk;
enum rc edit_bulk_begin(struct ledger *l, const struct author *a, const char *type,
                        const uint8_t batch[RECORD_ID_BYTES], struct edit_bulk **out,
                        struct fault *why) MUST_USE;
enum rc edit_bulk_add(struct edit_bulk *b, uint32_t unit, const struct assign *f,
                      size_t n,
                      struct fault *why) MUST_USE; /* a refused row changes nothing */
/* From here on rows are only judged, and nothing is put: then end with edit_bulk_drop. */
void edit_bulk_try(struct edit_bulk *b);
enum rc edit_bulk_end(struct edit_bulk **b) MUST_USE;
void edit_bulk_drop(struct edit_bulk **b);

/* Fields whose value is there already are left out; if all are, nothing is written and
 * there is no new version. An empty value takes a field away. */
enum rc edit_set(struct ledger *l, const struct author *a, const struct record_key *key,
                 const struct assign *f, size_t n, struct fault *why) MUST_USE;
/* A state by name or label. `why_text` may be NULL; it stands beside the state. */
enum rc edit_move(struct ledger *l, const struct author *a, const struct record_key *key,
                  const char *state, const char *why_text, struct fault *why) MUST_USE;
/* Goes on as a record of another type, with the same number (TYPES.md 9); `f` is what is
 * not to be copied. */
enum rc edit_turn(struct ledger *l, const struct author *a, const struct record_key *key,
                  const char *type, const struct assign *f, size_t n, const char *words,
                  struct made *out, struct fault *why) MUST_USE;
/* choice 1..n, survivors in version order. RC_AMBIGUOUS: two open cases of that name. */
enum rc edit_settle(struct ledger *l, const struct author *a, const char *case_name,
                    unsigned choice, struct fault *why) MUST_USE;
/* Takes a batch back: gone for each of its records that nobody changed since in either
 * half; the others stay and are counted in *kept. Those that are gone already are in
 * neither count. By any author of this node whom the rules let. RC_NOTFOUND: no batch of
 * that name was written here. */
enum rc edit_undo(struct ledger *l, const struct author *a,
                  const uint8_t batch[RECORD_ID_BYTES], uint64_t *undone, uint64_t *kept,
                  struct fault *why) MUST_USE;
/* One record, whoever built on it: gone. It may be gone already. */
enum rc edit_take_back(struct ledger *l, const struct author *a,
                       const struct record_key *key, struct fault *why) MUST_USE;

#endif
