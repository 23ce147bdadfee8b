#include "node/twin.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "node/cast.h"
#include "node/clock.h"
#include "node/log.h"

#define FORGET_MS 120000

void
twin_said(struct twin *t, uint64_t wall_ms)
{
    t->said_ms[t->said_n++ % TWIN_SAID_N] = wall_ms;
}

/* Every beacon of ours has its time in it. What is older than those remembered may be. */
static bool
may_be_ours(const struct twin *t, uint64_t wall_ms)
{
    size_t n = t->said_n < TWIN_SAID_N ? t->said_n : TWIN_SAID_N;
    uint64_t oldest = t->since_ms;
    if (t->said_n > TWIN_SAID_N)
        oldest = t->said_ms[t->said_n % TWIN_SAID_N];
    for (size_t i = 0; i < n; i++)
        if (t->said_ms[i] == wall_ms)
            return true;
    return wall_ms <= oldest;
}

bool
twin_heard(struct twin *t, const struct beacon *b, const struct sockaddr_in *from,
           uint64_t at_ms)
{
    if (may_be_ours(t, b->wall_ms))
        return false;
    t->at = from->sin_addr;
    t->port = b->port;
    t->heard_ms = at_ms;
    return true;
}

bool
twin_at(const struct twin *t, uint64_t at_ms, char out[static TWIN_TEXT_BYTES])
{
    char host[INET_ADDRSTRLEN];
    if (t->heard_ms == 0 || at_ms - t->heard_ms >= FORGET_MS ||
        inet_ntop(AF_INET, &t->at, host, sizeof(host)) == NULL)
        return false;
    (void)snprintf(out, TWIN_TEXT_BYTES, "%s:%u", host, t->port);
    return true;
}

/* A copy of this node's directory, or the machine in whose place it is. Nobody stops for
 * a hint: it is told to whoever looks. */
void
twin_hear(struct twin *t, const struct beacon *b, const struct sockaddr_in *from)
{
    char at[TWIN_TEXT_BYTES];
    bool was = twin_at(t, now_ms(), at);
    if (!cast_is_own(from->sin_addr) && twin_heard(t, b, from, now_ms()) && !was &&
        twin_at(t, now_ms(), at))
        log_warn("lan.twin node=%u at=%s hub=%d", b->node, at, b->is_hub);
}
