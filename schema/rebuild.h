/* Derived tables made anew. Schema/ only. */
#ifndef LINJULI_REBUILD_H
#define LINJULI_REBUILD_H

#include "schema/ledger_in.h"

/* Inside the caller's transaction. `progress` may be NULL. */
enum rc rebuild_all(struct ledger *l,
                    void (*progress)(void *arg, uint64_t done, uint64_t all),
                    void *arg) MUST_USE;

#endif
