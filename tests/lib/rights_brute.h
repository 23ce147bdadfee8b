/* What the logs say of rights, by the plain way: every operation of every accepted entry,
 * folded at once over all assets, beside what the tables say. */
#ifndef LINJULI_TEST_RIGHTS_BRUTE_H
#define LINJULI_TEST_RIGHTS_BRUTE_H

#include "schema/ledger.h"

/* NULL: the same; otherwise what differs first (static). */
const char *rights_brute(struct ledger *l);

#endif
