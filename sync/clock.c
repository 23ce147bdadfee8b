/* The hybrid logical clock (Kulkarni et al. 2014): 48 bit of milliseconds, 16 bit of
 * counter, so that comparing two clocks is comparing two numbers. */
#include "sync/entry.h"

#define MS_MAX ((1ull << 48) - 1)

uint64_t
clock_ms(uint64_t clock)
{
    return clock >> 16;
}

uint64_t
clock_next(uint64_t last, uint64_t wall_ms)
{
    uint64_t wall = (wall_ms < MS_MAX ? wall_ms : MS_MAX) << 16;
    uint64_t next = last < UINT64_MAX ? last + 1 : last;

    return next > wall ? next : wall;
}

uint64_t
clock_merge(uint64_t last, uint64_t received, uint64_t wall_ms)
{
    uint64_t received_ms = clock_ms(received);

    /* Written as a difference: a wall clock at its end must not wrap round. */
    if (received_ms > wall_ms && received_ms - wall_ms > CLOCK_STEP_MS) {
        return last;
    }
    return received > last ? received : last;
}
