/* The daemon: one loop, one writing connection, everything in turns. */
#include "node/daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "node/clock.h"
#include "node/open.h"

/* Standard streams, lock, log, database, guards, loop, doors, one to spare. */
#define FILES_OWN 20
#define ERASE_AGAIN_MS 2000
#define CALLS_MAX 32 /* at a time, about */

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

uint64_t
daemon_now_us(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
note_hold(uint64_t *max, uint64_t start)
{
    uint64_t held = daemon_now_us() - start;
    if (held > *max)
        *max = held;
}

/* Work that refuses what a peer or a person asked for; everything else is this node
 * failing. */
static bool
is_refusal(enum rc rc)
{
    return rc == RC_NO || rc == RC_DENIED || rc == RC_INVALID;
}

enum rc
daemon_turn(struct daemon *d, enum rc (*work)(void *arg), void *arg)
{
    uint64_t start = daemon_now_us();
    enum rc rc = node_after_commit(d->node); /* of what a command committed, say */
    if (rc == RC_OK)
        rc = ledger_begin(d->node->ledger);
    if (rc == RC_OK) {
        rc = work(arg);
        note_hold(&d->max_work_us, start);
        if (rc == RC_OK)
            rc = node_note_stopped(d->node);
        if (rc == RC_OK)
            rc = ledger_commit(d->node->ledger);
        else
            ledger_rollback(d->node->ledger);
    }
    if (rc == RC_OK)
        rc = node_after_commit(d->node);
    note_hold(&d->max_hold_us, start);
    if (rc != RC_OK && !is_refusal(rc)) {
        log_warn("turn.failed rc=%s", rc_name(rc));
        daemon_drop_peers(d, CLOSE_STORE, close_text(CLOSE_STORE));
    }
    return rc;
}

void
daemon_drop_peers(struct daemon *d, enum close_reason reason, const char *why)
{
    for (struct peer *p = d->peers; p != NULL; p = p->next) {
        p->is_closing = true;
        if (p->effects.close == CLOSE_NONE)
            p->effects.close = reason;
    }
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

struct hub
daemon_hub(struct daemon *d)
{
    return (struct hub){.hub = &d->node->hub,
                        .officer = d->node->officer,
                        .officers_n = d->node->officers_n};
}

static enum rc
work_upkeep(void *arg)
{
    struct daemon *d = arg;
    struct hub hub = daemon_hub(d);
    return hub_upkeep(d->node->ledger, &hub, NULL);
}

static enum rc
work_seal(void *arg)
{
    struct daemon *d = arg;
    struct hub hub = daemon_hub(d);
    uint64_t no = 0;
    enum rc rc = hub_code_sweep(d->node->ledger);
    if (rc == RC_OK)
        rc = hub_upkeep(d->node->ledger, &hub, NULL); /* a quarter may be over */
    if (rc == RC_OK)
        rc = hub_seal(d->node->ledger, &hub, &no);
    if (rc == RC_OK)
        log_info("seal no=%llu", (unsigned long long)no);
    if (rc == RC_OK)
        daemon_changed(d);
    /* Nothing new is nothing to roll back, which would load all logs again. */
    return rc == RC_NO ? RC_OK : rc;
}

/* Stepping one peer may close any: each that is still there is visited once. */
static void
each_open(struct daemon *d, void (*visit)(struct peer *p))
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
            visit(all[i]);
    }
    mem_free(all);
}

static void
push(struct peer *p)
{
    peer_step(p, SESSION_CHANGED);
}

/* A reader that holds old pages is short: a report, a backup. */
static void
erase_due(struct daemon *d)
{
    if (node_erase(d->node) != RC_OK)
        timer_set(d->erase, ERASE_AGAIN_MS);
}

static void
on_erase(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    erase_due(d);
    daemon_changed(d);
}

static void
on_changed(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    if (node_may_seal(d->node) && hub_is_due(d->node->ledger)) {
        enum rc rc = daemon_turn(d, work_upkeep, d);
        if (rc != RC_OK)
            log_warn("upkeep.failed rc=%s", rc_name(rc));
    }
    erase_due(d);
    if (node_take(d->node) == RC_OK)
        log_info("rights taken=1");
    lan_changed(d);
    if (d->node->has_newcomer) { /* told before HELLO: every session begins anew */
        d->node->has_newcomer = false;
        daemon_drop_peers(d, CLOSE_DONE, "one more person writes here");
        return;
    }
    each_open(d, push);
}

static void
on_seal(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    enum rc rc = daemon_turn(d, work_seal, d);
    if (rc != RC_OK)
        log_warn("seal.failed rc=%s", rc_name(rc));
    timer_set(d->seal, (uint64_t)d->node->conf.seal_s * 1000);
}

static enum rc
work_note_all(void *arg)
{
    struct daemon *d = arg;
    enum rc rc = RC_OK;
    for (struct peer *p = d->peers; rc == RC_OK && p != NULL; p = p->next)
        rc = peer_note(p);
    return rc;
}

static void
note_all(struct daemon *d)
{
    bool has_open = false;
    for (const struct peer *p = d->peers; p != NULL; p = p->next)
        has_open = has_open || p->is_open;
    if (has_open && daemon_turn(d, work_note_all, d) != RC_OK)
        log_warn("peer.note failed=1");
}

static void
repair(struct peer *p)
{
    if (peer_is_double(p, true))
        peer_close(p, "connected twice");
    else
        peer_step(p, SESSION_REPAIR);
}

/* Digests are compared every repair_s to 2 repair_s: 88 nodes must not fall into step. */
static void
on_repair(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    each_open(d, repair);
    note_all(d);
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

static bool
is_ignored(int signo)
{
    struct sigaction now;
    return sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* As many peers and commands as descriptors allow; a small limit is shared three to one.
 */
static void
share_files(struct daemon *d)
{
    struct rlimit files = {0};
    const rlim_t want = CONNECTIONS_MAX + CONTROLS_MAX + CALLS_MAX + FILES_OWN;
    d->peers_max = CONNECTIONS_MAX;
    d->controls_max = CONTROLS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_cur < want && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < want ? files.rlim_max : want;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= want)
        return;
    size_t rest = files.rlim_cur > FILES_OWN ? (size_t)files.rlim_cur - FILES_OWN : 0;
    d->controls_max = rest / 4 < CONTROLS_MAX ? rest / 4 + 1 : CONTROLS_MAX;
    d->peers_max = rest * 3 / 4 < CONNECTIONS_MAX ? rest * 3 / 4 : CONNECTIONS_MAX;
}

static enum rc
make_events(struct daemon *d)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        d->stop[i] = evsignal_new(d->base, signals[i], on_stop, d);
        if (d->stop[i] == NULL)
            return RC_IO;
        if (signals[i] == SIGTERM || !is_ignored(signals[i])) /* nohup */
            event_add(d->stop[i], NULL);
    }
    d->seal = evtimer_new(d->base, on_seal, d);
    d->repair = evtimer_new(d->base, on_repair, d);
    d->changed = evtimer_new(d->base, on_changed, d);
    d->erase = evtimer_new(d->base, on_erase, d);
    if (d->seal == NULL || d->repair == NULL || d->changed == NULL || d->erase == NULL)
        return RC_IO;
    timer_set(d->erase, 0); /* what an earlier run did not finish */
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
    share_files(d);
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
    note_all(d);
    daemon_drop_peers(d, CLOSE_NONE, "this node stops");
    lan_stop(d);
    guest_stop(d);
    while (d->dials != NULL)
        dial_free(d->dials);
    net_stop(d);
    control_stop(d);
    struct event *const events[] = {d->stop[0], d->stop[1], d->stop[2], d->seal,
                                    d->repair,  d->changed, d->erase};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i] != NULL)
            event_free(events[i]);
    if (d->base != NULL)
        event_base_free(d->base);
    buf_free(&d->scratch);
    mem_free(d);
}
