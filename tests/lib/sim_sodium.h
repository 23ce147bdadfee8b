/* What libsodium has answered once it need not compute again: a community of five checks
 * each signature and each key some twenty times, at every node and after every restart.
 * Whoever calls sim_sodium_init gets, in place of three functions of libsodium, the same
 * functions with a memory: of all arguments, whole or by their hash, so that no answer
 * differs. What the product asks, and whether it asks, stays its own. Its guarded memory
 * comes from the ordinary heap, which the sanitizers watch. */
#ifndef LINJULI_SIM_SODIUM_H
#define LINJULI_SIM_SODIUM_H

#include <stdint.h>

void sim_sodium_init(void);
/* How often the answer was remembered. */
uint64_t sim_sodium_hits(void);

#endif
