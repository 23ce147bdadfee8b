/* What is due, and whether it was in time: the deadlines of record types by the rules and
 * the calendar that the centre publishes, as of the newest seal (TYPES.md section 10). */
#ifndef LINJULI_DUE_H
#define LINJULI_DUE_H

#include "schema/ledger.h"

struct due_row {
    struct record_key key;
    const struct type *type;
    const struct deadline *deadline;
    uint64_t begin, end;         /* end: with what was granted */
    uint64_t done_from, done_to; /* 0, 0: not done */
    struct due due;
};

/* Calendar and rules, read once. */
struct due_book;
enum rc due_open(struct ledger *l, struct due_book **out) MUST_USE;
void due_close(struct due_book *b); /* NULL is fine */
uint64_t due_as_of(const struct due_book *b);

/* Of one record (its public half): each deadline that has begun and has a rule. */
enum rc due_of_record(struct due_book *b, const struct record_key *key,
                      bool (*each)(void *arg, const struct due_row *r),
                      void *arg) MUST_USE;
/* Of all records that are not gone, by type, unit and number. */
enum rc due_each(struct due_book *b, bool (*each)(void *arg, const struct due_row *r),
                 void *arg) MUST_USE;

#endif
