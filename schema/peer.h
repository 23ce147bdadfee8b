/* What this node knows of the others: acknowledgements, addresses, when seen. Local;
 * writing happens inside the caller's transaction. */
#ifndef LINJULI_PEER_H
#define LINJULI_PEER_H

#include "schema/ledger.h"

struct peer_row {
    uint32_t node;
    const char *address;         /* borrowed; "" when not known */
    uint64_t seen_ms, synced_ms; /* wall clock, for people only; 0: never */
    int64_t skew_ms;
    const char *trouble; /* borrowed; "" when none */
};

/* The node has committed the log up to seq. Never goes back. */
enum rc peer_ack(struct ledger *l, uint32_t node, const struct key *log,
                 uint64_t seq) MUST_USE;
/* Highest seq of the log that `node` has acknowledged; node 0: that any node has. */
uint64_t peer_acked(struct ledger *l, uint32_t node, const struct key *log);
/* Replaces what is known of a node. */
enum rc peer_put(struct ledger *l, const struct peer_row *p) MUST_USE;
enum rc peer_each(struct ledger *l, void (*each)(void *arg, const struct peer_row *p),
                  void *arg) MUST_USE;

#endif
