#include "node/clock.h"

#include <time.h>

static uint64_t
read_ms(clockid_t id)
{
    struct timespec t = {0};
    if (clock_gettime(id, &t) != 0 || t.tv_sec < 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
now_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

uint64_t
wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}
