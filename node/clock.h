/* The two clocks, never mixed: monotonic for timers, civil for what people read. */
#ifndef LINJULI_NODE_CLOCK_H
#define LINJULI_NODE_CLOCK_H

#include <stdint.h>

uint64_t now_ms(void);  /* monotonic */
uint64_t wall_ms(void); /* ms since 1970, as this machine believes */

#endif
