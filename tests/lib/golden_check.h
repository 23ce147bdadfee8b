/* Compares what somebody made of a golden history with what is wanted. */
#ifndef LINJULI_TEST_GOLDEN_CHECK_H
#define LINJULI_TEST_GOLDEN_CHECK_H

#include "sync/replica.h"
#include "tests/lib/golden.h"

struct golden_view {
    const struct authority *authority;
    const struct row *rows; /* authority rows by reign, then data rows by number */
    size_t rows_n;
    const struct log_state *const *logs; /* granted ones */
    size_t logs_n;
    bool (*is_accepted)(void *arg, const struct golden_entry *e);
    void *arg;
};
/* NULL: all is as wanted; otherwise what differs first (static). */
const char *golden_check(const struct golden *g, const struct golden_view *v);

#endif
