/* Every table against a second set, made from the logs alone. Schema/ only. */
#ifndef LINJULI_DOCTOR_H
#define LINJULI_DOCTOR_H

#include "schema/fold.h"

/* One place where tables and logs disagree. */
struct table_diff {
    const char *table; /* which has rows too many or too few; NULL: values of a scope */
    int64_t have, want;
    uint32_t scope;
    bool has_record; /* the first record of the scope that differs */
    struct record_key record;
};
struct doctor_told {
    void (*differs)(void *arg, const struct table_diff *d);
    /* A look at the second set before it goes; may be NULL. */
    enum rc (*again)(void *arg, struct ledger *again);
    void *arg;
};
/* Inside a transaction; nothing is damaged. */
enum rc doctor_compare(struct ledger *l, const struct doctor_told *told) MUST_USE;

#endif
