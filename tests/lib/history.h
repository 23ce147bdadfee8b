/* Random histories of a fabricated community: logs, forks, bad signatures, seals and
 * revocations on branches, regrants, lost nodes, erases, forks of the hub, succeeds. */
#ifndef LINJULI_TEST_HISTORY_H
#define LINJULI_TEST_HISTORY_H

#include "tests/lib/golden.h"

/* End with golden_fini. A part of it is missing, half of the time. */
void history_init(struct golden *g, uint64_t seed);

#endif
