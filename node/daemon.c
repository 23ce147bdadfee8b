/* The daemon: one loop, one writing connection, everything in turns. */
#include "node/daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "node/clock.h"

uint32_t
jitter_ms(uint32_t min, uint32_t max)
{
    uint32_t r;
    bytes_random(&r, sizeof(r));
    return max > min ? min + r % (max - min) : min;
}

void
timer_set(struct event *e, uint64_t in_ms)
{
    struct timeval tv = {.tv_sec = (time_t)(in_ms / 1000),
                         .tv_usec = (suseconds_t)(in_ms % 1000 * 1000)};
    event_add(e, &tv);
}

static uint64_t
now_us(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

enum rc
daemon_turn(struct daemon *d, enum rc (*work)(void *arg), void *arg)
{
    uint64_t start = now_us();
    enum rc rc = ledger_begin(d->node->ledger);
    if (rc == RC_OK) {
        rc = work(arg);
        if (rc == RC_OK)
            rc = ledger_commit(d->node->ledger);
        else
            ledger_rollback(d->node->ledger);
    }
    if (rc == RC_OK)
        rc = node_after_commit(d->node);
    uint64_t held = now_us() - start;
    if (held > d->max_hold_us)
        d->max_hold_us = held;
    if (rc != RC_OK && rc != RC_NO && rc != RC_DENIED && rc != RC_INVALID) {
        log_warn("turn.failed rc=%s", rc_name(rc));
        daemon_drop_peers(d, "this node could not store");
    }
    return rc;
}

void
daemon_drop_peers(struct daemon *d, const char *why)
{
    for (struct peer *p = d->peers; p != NULL; p = p->next)
        p->is_closing = true;
    /* Closing a peer takes it out of the list: start over until none is left. */
    while (d->peers != NULL)
        peer_close(d->peers, why);
}

void
daemon_changed(struct daemon *d)
{
    if (!d->is_stopping)
        event_active(d->changed, EV_TIMEOUT, 0);
}

static struct hub
hub_of(struct daemon *d)
{
    return (struct hub){.hub = &d->node->hub,
                        .officer = d->node->has_officer ? &d->node->officer : NULL};
}

static enum rc
work_upkeep(void *arg)
{
    struct daemon *d = arg;
    struct hub hub = hub_of(d);
    return hub_upkeep(d->node->ledger, &hub, NULL);
}

static enum rc
work_seal(void *arg)
{
    struct daemon *d = arg;
    struct hub hub = hub_of(d);
    uint64_t no = 0;
    enum rc rc = hub_seal(d->node->ledger, &hub, &no);
    if (rc == RC_OK)
        log_info("seal no=%llu", (unsigned long long)no);
    return rc;
}

/* Every session looks for what it has not sent yet. Stepping one may close any: the list
 * is walked again from the front, each peer once by its mark. */
static void
push_all(struct daemon *d)
{
    struct peer **all = mem_new((d->peers_n + 1) * sizeof(struct peer *));
    size_t n = 0;
    for (struct peer *p = d->peers; p != NULL; p = p->next)
        all[n++] = p;
    for (size_t i = 0; i < n; i++) {
        bool is_there = false;
        for (struct peer *p = d->peers; p != NULL; p = p->next)
            is_there = is_there || p == all[i];
        if (is_there && all[i]->is_open)
            peer_step(all[i], SESSION_CHANGED);
    }
    mem_free(all);
}

static void
on_changed(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    if (node_may_seal(d->node)) {
        enum rc rc = daemon_turn(d, work_upkeep, d);
        if (rc != RC_OK)
            log_warn("upkeep.failed rc=%s", rc_name(rc));
    }
    push_all(d);
}

static void
on_seal(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    enum rc rc = daemon_turn(d, work_seal, d);
    if (rc == RC_OK)
        daemon_changed(d);
    else if (rc != RC_NO)
        log_warn("seal.failed rc=%s", rc_name(rc));
    timer_set(d->seal, (uint64_t)d->node->conf.seal_s * 1000);
}

/* Digests are compared every repair_s to 2 repair_s: 88 nodes must not fall into step. */
static void
on_repair(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    for (struct peer *p = d->peers, *next; p != NULL; p = next) {
        next = p->next;
        if (p->is_open)
            peer_step(p, SESSION_REPAIR);
        if (d->peers == NULL)
            break; /* a failed turn has closed them all */
    }
    uint32_t base = d->node->conf.repair_s * 1000;
    timer_set(d->repair, jitter_ms(base, 2 * base));
}

static void
on_stop(evutil_socket_t signo, short what, void *arg)
{
    struct daemon *d = arg;
    (void)what;
    log_info("stop signal=%d", (int)signo);
    d->is_stopping = true;
    event_base_loopexit(d->base, NULL);
}

static enum rc
make_events(struct daemon *d)
{
    d->stop[0] = evsignal_new(d->base, SIGTERM, on_stop, d);
    d->stop[1] = evsignal_new(d->base, SIGINT, on_stop, d);
    d->seal = evtimer_new(d->base, on_seal, d);
    d->repair = evtimer_new(d->base, on_repair, d);
    d->changed = evtimer_new(d->base, on_changed, d);
    if (d->stop[0] == NULL || d->stop[1] == NULL || d->seal == NULL ||
        d->repair == NULL || d->changed == NULL)
        return RC_IO;
    event_add(d->stop[0], NULL);
    event_add(d->stop[1], NULL);
    if (node_may_seal(d->node))
        timer_set(d->seal, (uint64_t)d->node->conf.seal_s * 1000);
    timer_set(d->repair,
              jitter_ms(d->node->conf.repair_s * 500, d->node->conf.repair_s * 1000));
    return RC_OK;
}

enum rc
daemon_new(struct node *n, const struct serve *s, struct daemon **out, struct fault *why)
{
    struct daemon *d = mem_new(sizeof(*d));
    d->node = n;
    d->serve = *s;
    d->base = event_base_new();
    *out = d;
    signal(SIGPIPE, SIG_IGN);
    if (d->base == NULL || make_events(d) != RC_OK)
        return fault_set(why, RC_IO, FAULT_NODE_IO, "libevent");
    return RC_OK;
}

void
daemon_free(struct daemon *d)
{
    if (d == NULL)
        return;
    d->is_stopping = true;
    daemon_drop_peers(d, "this node stops");
    while (d->dials != NULL)
        dial_free(d->dials);
    net_stop(d);
    control_stop(d);
    struct event *const events[] = {d->stop[0], d->stop[1], d->seal, d->repair,
                                    d->changed};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i] != NULL)
            event_free(events[i]);
    if (d->base != NULL)
        event_base_free(d->base);
    buf_free(&d->scratch);
    mem_free(d);
}
