/* Compares the rights of a golden history with what is wanted. */
#ifndef LINJULI_TEST_RIGHTS_CHECK_H
#define LINJULI_TEST_RIGHTS_CHECK_H

#include "tests/lib/fold.h"

/* The rights fold over what `v` accepts of the history, in an order of `seed`. NULL: all
 * is as wanted; otherwise what differs first (static). */
const char *rights_check(const struct golden *g, const struct fold *v, uint64_t seed);

#endif
