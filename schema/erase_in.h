/* Private to erase*.c. */
#ifndef LINJULI_ERASE_IN_H
#define LINJULI_ERASE_IN_H

#include "schema/erase.h"
#include "schema/ledger_in.h"

/* Names in one order: with their heads at most 20 bytes each, so it fits an entry beside
 * sixteen signatures. What is more is cut into several. */
#define ERASE_ITEMS_MAX 3000

#endif
