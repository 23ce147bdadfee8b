/* PINs tried at this machine: wrong ones are counted here, in the database, so that a
 * restart forgives nobody. A try is counted before it is made, and forgotten when it was
 * the right one: whoever stops the program amid a try has had it. */
#ifndef LINJULI_PIN_H
#define LINJULI_PIN_H

#include "schema/ledger.h"

#define PIN_TRIES                                                                        \
    5u /* wrong ones before the first delay, one minute; then it doubles                 \
        */

struct pin_state {
    unsigned left;    /* how often it may be tried at once */
    uint64_t wait_ms; /* until it may be tried at all; 0: now */
};
enum rc pin_look(struct ledger *l, const struct key *log, struct pin_state *out) MUST_USE;
/* Inside a turn. */
enum rc pin_try(struct ledger *l, const struct key *log) MUST_USE;
enum rc pin_right(struct ledger *l, const struct key *log) MUST_USE;

#endif
