/* Compares what somebody made of a golden history with what is wanted. */
#ifndef LINJULI_TEST_GOLDEN_CHECK_H
#define LINJULI_TEST_GOLDEN_CHECK_H

#include "tests/lib/fold.h"

/* NULL: all is as wanted; otherwise what differs first (static). */
const char *golden_check(const struct golden *g, const struct fold *v);

#endif
