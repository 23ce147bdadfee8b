/* Listening and calling. Addresses are numeric or names; names are looked up when called,
 * which may hold the loop for as long as the resolver takes: on a LAN they are numeric.
 */
#include "node/daemon.h"

#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "node/clock.h"

#define DIAL_FIRST_MS 500u
#define DIAL_MAX_MS 60000
#define CONNECT_MS 5000
#define RESUME_MS 1000

/* HOST:PORT or [HOST]:PORT. */
static enum rc
resolve(const char *address, bool is_listen, struct sockaddr_storage *out, socklen_t *n)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    size_t host_n = colon != NULL ? (size_t)(colon - address) : 0;
    if (colon == NULL || colon[1] == '\0' || host_n >= sizeof(host))
        return RC_MALFORMED;
    if (host_n >= 2 && address[0] == '[' && address[host_n - 1] == ']') {
        address++;
        host_n -= 2;
    }
    memcpy(host, address, host_n);
    host[host_n] = '\0';
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = is_listen ? AI_PASSIVE : 0};
    struct addrinfo *list = NULL;
    if (getaddrinfo(host_n > 0 ? host : NULL, colon + 1, &hints, &list) != 0 ||
        list == NULL)
        return RC_NOTFOUND;
    enum rc rc = list->ai_addrlen <= sizeof(*out) ? RC_OK : RC_LIMIT;
    if (rc == RC_OK) {
        memset(out, 0, sizeof(*out));
        memcpy(out, list->ai_addr, list->ai_addrlen);
        *n = list->ai_addrlen;
    }
    freeaddrinfo(list);
    return rc;
}

static bool
same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)(const void *)a)->sin_addr,
                      &((const struct sockaddr_in *)(const void *)b)->sin_addr,
                      sizeof(struct in_addr)) == 0;
    if (a->ss_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
                      &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr,
                      sizeof(struct in6_addr)) == 0;
    return true;
}

static bool
may_enter(struct daemon *d, const struct sockaddr_storage *from)
{
    size_t strangers = 0;
    for (const struct peer *p = d->peers; p != NULL; p = p->next)
        strangers += !p->is_open && !p->is_initiator && same_host(&p->from, from);
    return d->peers_n < CONNECTIONS_MAX && strangers < STRANGERS_PER_ADDRESS_MAX;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
          int n, void *arg)
{
    struct daemon *d = arg;
    struct sockaddr_storage address = {0};
    (void)listener;
    memcpy(&address, from, (size_t)n < sizeof(address) ? (size_t)n : sizeof(address));
    if (!may_enter(d, &address)) {
        close(fd);
        return;
    }
    (void)peer_new(d, fd, &address, NULL);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    evconnlistener_enable(d->listener);
}

/* Out of descriptors, say: libevent would spin; pause, serve those who are in. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct daemon *d = arg;
    log_warn("accept.pause errno=%d", errno);
    evconnlistener_disable(listener);
    timer_set(d->resume, RESUME_MS);
}

enum rc
net_listen(struct daemon *d, const char *address, struct fault *why)
{
    struct sockaddr_storage at;
    socklen_t n = 0;
    if (resolve(address, true, &at, &n) != RC_OK)
        return fault_set(why, RC_CONFIG, FAULT_ADDRESS, "%s", address);
    d->listener = evconnlistener_new_bind(d->base, on_accept, d,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                              LEV_OPT_REUSEABLE,
                                          64, (struct sockaddr *)&at, (int)n);
    d->resume = evtimer_new(d->base, on_resume, d);
    if (d->listener == NULL || d->resume == NULL) {
        fault_set(why, RC_IO, FAULT_ADDRESS, "%s", address);
        fault_want(why, "%s", strerror(errno));
        return RC_IO;
    }
    evconnlistener_set_error_cb(d->listener, on_accept_error);
    log_info("listen address=%s", address);
    return RC_OK;
}

void
net_stop(struct daemon *d)
{
    if (d->resume != NULL)
        event_free(d->resume);
    if (d->listener != NULL)
        evconnlistener_free(d->listener);
    d->resume = NULL;
    d->listener = NULL;
}

/* ---- calling */

struct call { /* a connect under way */
    struct dial *dial;
    struct event *event;
    int fd;
    struct sockaddr_storage to;
};

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
    struct call *c = arg;
    struct dial *dial = c->dial;
    int error = 0;
    socklen_t n = sizeof(error);
    bool ok = (what & EV_WRITE) != 0 &&
              getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
    event_free(c->event);
    dial->call = NULL;
    if (!ok) {
        close(fd);
        mem_free(c);
        dial_lost(dial, CLOSE_NONE);
        return;
    }
    struct sockaddr_storage to = c->to;
    mem_free(c);
    struct daemon *d = dial->daemon;
    struct peer *p = peer_new(d, fd, &to, dial);
    /* When the session ended in its first step dial_lost has been told already. */
    for (struct dial *k = d->dials; k != NULL; k = k->next)
        if (k == dial)
            dial->peer = p;
}

static enum rc
call_start(struct dial *dial)
{
    struct sockaddr_storage to;
    socklen_t n = 0;
    enum rc rc = resolve(dial->address, false, &to, &n);
    if (rc != RC_OK)
        return rc;
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return RC_IO;
    if (connect(fd, (struct sockaddr *)&to, n) != 0 && errno != EINPROGRESS) {
        close(fd);
        return RC_OFFLINE;
    }
    struct call *c = mem_new(sizeof(*c));
    struct timeval limit = {.tv_sec = CONNECT_MS / 1000};
    *c = (struct call){.dial = dial, .fd = fd, .to = to};
    c->event = event_new(dial->daemon->base, fd, EV_WRITE, on_connected, c);
    event_add(c->event, &limit);
    dial->call = c;
    return RC_OK;
}

static bool
knows_node_of(const struct dial *dial)
{
    for (const struct peer *p = dial->daemon->peers; p != NULL; p = p->next)
        if (p->is_open && p->node != 0 && p->node == dial->node)
            return true;
    return false;
}

static void
on_dial(evutil_socket_t fd, short what, void *arg)
{
    struct dial *dial = arg;
    (void)fd;
    (void)what;
    if (dial->peer != NULL || dial->call != NULL)
        return;
    /* They have called us meanwhile: one connection is enough. */
    if (!dial->is_once && knows_node_of(dial)) {
        timer_set(dial->timer, jitter_ms(DIAL_MAX_MS / 2, DIAL_MAX_MS));
        return;
    }
    if (call_start(dial) != RC_OK)
        dial_lost(dial, CLOSE_NONE);
}

struct dial *
dial_new(struct daemon *d, const char *address, bool is_once)
{
    struct dial *dial = mem_new(sizeof(*dial));
    dial->daemon = d;
    dial->is_once = is_once;
    size_t n = strlen(address);
    memcpy(dial->address, address,
           n < sizeof(dial->address) ? n : sizeof(dial->address) - 1);
    dial->timer = evtimer_new(d->base, on_dial, dial);
    dial->next = d->dials;
    d->dials = dial;
    timer_set(dial->timer, is_once ? 0 : jitter_ms(0, DIAL_FIRST_MS));
    return dial;
}

/* A `sync` is over: whoever waits is told, node_sync's loop ends. */
static void
finish_once(struct dial *dial, enum close_reason reason)
{
    struct daemon *d = dial->daemon;
    struct sync_report report = d->report;
    report.close = reason;
    report.is_reached = dial->peer != NULL || reason != CLOSE_NONE;
    if (dial->waiter != NULL) {
        control_synced(dial->waiter, &report);
    } else {
        d->report = report;
        d->has_report = true;
        event_base_loopexit(d->base, NULL);
    }
    dial_free(dial);
}

void
dial_lost(struct dial *dial, enum close_reason reason)
{
    struct daemon *d = dial->daemon;
    if (dial->is_once) {
        finish_once(dial, reason);
        return;
    }
    dial->peer = NULL;
    if (d->is_stopping)
        return;
    uint32_t wait = DIAL_FIRST_MS << (dial->tries < 7 ? dial->tries : 7);
    if (wait > DIAL_MAX_MS)
        wait = DIAL_MAX_MS;
    dial->tries++;
    timer_set(dial->timer, jitter_ms(wait / 2, wait + wait / 2));
}

void
dial_free(struct dial *dial)
{
    for (struct dial **at = &dial->daemon->dials; *at != NULL; at = &(*at)->next) {
        if (*at == dial) {
            *at = dial->next;
            break;
        }
    }
    if (dial->call != NULL) {
        event_free(dial->call->event);
        close(dial->call->fd);
        mem_free(dial->call);
    }
    event_free(dial->timer);
    mem_free(dial);
}
