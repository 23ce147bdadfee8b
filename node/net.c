/* Listening and calling. An address is a number or a name. Numbers are never looked up; a
 * name is, each time it is called, and holds the loop for as long as the resolver takes:
 * where that is slow or away, write numbers. */
#include "node/daemon.h"

#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/hostport.h"

#define DIAL_FIRST_MS 500u
#define DIAL_MAX_MS 60000
#define CONNECT_MS 5000
#define RESUME_MS 1000
#define BACKLOG 128
#define STRANGER_MS 500  /* a handshake takes less */
#define REFUSED_MS 10000 /* between two lines of the log */
#define LAN_PORT 7431    /* TCP, where nothing else is set */

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *from, int n, void *arg);

static struct addrinfo *
look_up(const struct hostport *at, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    const char *host = at->host[0] != '\0' ? at->host : NULL;
    return getaddrinfo(host, at->port, &hints, &list) == 0 ? list : NULL;
}

enum rc
net_resolve(const char *address, bool is_listen, unsigned nth,
            struct sockaddr_storage *out, socklen_t *n)
{
    struct hostport at;
    int flags = is_listen ? AI_PASSIVE : 0;
    if (!hostport_parse(address, is_listen, &at))
        return RC_MALFORMED;
    struct addrinfo *list = look_up(&at, flags | AI_NUMERICHOST);
    if (list == NULL)
        list = look_up(&at, flags);
    const struct addrinfo *a = list;
    while (a != NULL && nth-- > 0)
        a = a->ai_next;
    enum rc rc = a != NULL && a->ai_addrlen <= sizeof(*out) ? RC_OK : RC_NOTFOUND;
    if (rc == RC_OK) {
        memset(out, 0, sizeof(*out));
        memcpy(out, a->ai_addr, a->ai_addrlen);
        *n = a->ai_addrlen;
    }
    if (list != NULL)
        freeaddrinfo(list);
    return rc;
}

/* ---- doors */

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    door_resume(arg);
}

void
door_pause(struct door *door, unsigned ms)
{
    evconnlistener_disable(door->listener);
    door->is_paused = true;
    timer_set(door->resume, ms);
}

void
door_resume(struct door *door)
{
    if (door->listener == NULL || !door->is_paused)
        return;
    door->is_paused = false;
    evconnlistener_enable(door->listener);
}

/* Out of descriptors, say: libevent would spin; pause, serve those who are in. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct daemon *d = arg;
    struct door *door = listener == d->net.listener ? &d->net : &d->control;
    log_warn("accept.pause door=%s errno=%d", door->name, errno);
    door_pause(door, RESUME_MS);
}

bool
door_open(struct daemon *d, struct door *door, const struct sockaddr *at, socklen_t n)
{
    evconnlistener_cb fn = door == &d->net ? on_accept : control_accept;
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
    door->resume = evtimer_new(d->base, on_resume, door);
    if (door->resume == NULL)
        return false;
    door->listener = evconnlistener_new_bind(d->base, fn, d, flags, BACKLOG, at, (int)n);
    if (door->listener == NULL)
        return false;
    evconnlistener_set_error_cb(door->listener, on_accept_error);
    return true;
}

void
door_close(struct door *door)
{
    int no = errno; /* of why it is closed */
    if (door->resume != NULL)
        event_free(door->resume);
    if (door->listener != NULL)
        evconnlistener_free(door->listener);
    door->resume = NULL;
    door->listener = NULL;
    errno = no;
}

/* ---- listening */

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
is_stranger(const struct peer *p)
{
    return !p->is_open && !p->is_initiator;
}

static size_t
strangers_of(const struct daemon *d, const struct sockaddr_storage *from)
{
    size_t n = 0;
    for (const struct peer *p = d->peers; p != NULL; p = p->next)
        n += is_stranger(p) && same_host(&p->from, from);
    return n;
}

/* When all places are taken, whoever has been a stranger longest leaves: those who are
 * known cannot be kept out by those who never say who they are. */
static bool
make_room(struct daemon *d)
{
    struct peer *oldest = NULL;
    if (d->peers_n < d->peers_max)
        return true;
    for (struct peer *p = d->peers; p != NULL; p = p->next)
        if (is_stranger(p) && (oldest == NULL || p->made_ms <= oldest->made_ms))
            oldest = p;
    if (oldest == NULL || now_ms() - oldest->made_ms < STRANGER_MS)
        return false;
    peer_close(oldest, "gave its place to another");
    return true;
}

/* One line for many: a flood must not fill the log. */
static void
refuse(struct daemon *d, const char *why)
{
    uint64_t now = now_ms();
    d->refused++;
    if (d->refused_ms != 0 && now - d->refused_ms < REFUSED_MS)
        return;
    log_warn("accept.refused n=%zu why=\"%s\"", d->refused, why);
    d->refused = 0;
    d->refused_ms = now;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
          int n, void *arg)
{
    struct daemon *d = arg;
    struct sockaddr_storage address = {0};
    (void)listener;
    memcpy(&address, from, (size_t)n < sizeof(address) ? (size_t)n : sizeof(address));
    const char *why = NULL;
    if (strangers_of(d, &address) >= STRANGERS_PER_ADDRESS_MAX)
        why = "too many strangers from one address";
    else if (!make_room(d))
        why = "too many connections";
    if (why == NULL) {
        (void)peer_new(d, fd, &address, NULL);
        return;
    }
    close(fd);
    refuse(d, why);
}

enum rc
net_listen(struct daemon *d, const char *address, struct fault *why)
{
    struct sockaddr_storage at;
    socklen_t n = 0;
    if (net_resolve(address, true, 0, &at, &n) != RC_OK)
        return fault_set(why, RC_CONFIG, FAULT_ADDRESS, "%s", address);
    if (!door_open(d, &d->net, (struct sockaddr *)&at, n)) {
        int no = errno;
        fault_set(why, RC_IO, FAULT_ADDRESS, "%s", address);
        fault_want(why, "%s", strerror(no));
        return RC_IO;
    }
    log_info("listen address=%s", address);
    return RC_OK;
}

/* Nobody said where, and neighbours look for us. */
enum rc
net_listen_anywhere(struct daemon *d, struct fault *why)
{
    static const uint16_t ports[] = {LAN_PORT, 0};
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(ports[i])};
        if (door_open(d, &d->net, (struct sockaddr *)&at, sizeof(at))) {
            log_info("listen lan=1 port=%u", ports[i]);
            return RC_OK;
        }
        door_close(&d->net);
    }
    return fault_set(why, RC_IO, FAULT_ADDRESS, "0.0.0.0:%u", LAN_PORT);
}

void
net_stop(struct daemon *d)
{
    if (d->refused > 0)
        log_warn("accept.refused n=%zu why=\"the same\"", d->refused);
    d->refused = 0;
    door_close(&d->net);
}

/* ---- calling */

struct call { /* a connect under way */
    struct dial *dial;
    struct event *event;
    int fd;
    struct sockaddr_storage to;
};

static void on_connected(evutil_socket_t fd, short what, void *arg);

static enum rc
call_start(struct dial *dial)
{
    struct sockaddr_storage to;
    socklen_t n = 0;
    enum rc rc = net_resolve(dial->address, false, dial->at, &to, &n);
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

/* A name may stand for several addresses: the next one, until none is left. */
static void
call_next(struct dial *dial)
{
    enum rc rc;
    while ((rc = call_start(dial)) == RC_OFFLINE)
        dial->at++;
    if (rc == RC_OK)
        return;
    dial->at = 0;
    dial_lost(dial, NULL);
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
    struct call *c = arg;
    struct dial *dial = c->dial;
    struct daemon *d = dial->daemon;
    struct sockaddr_storage to = c->to;
    int error = 0;
    socklen_t n = sizeof(error);
    bool ok = (what & EV_WRITE) != 0 &&
              getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
    event_free(c->event);
    mem_free(c);
    dial->call = NULL;
    if (!ok) {
        close(fd);
        dial->at++;
        call_next(dial);
        return;
    }
    struct peer *p = peer_new(d, fd, &to, dial);
    if (p != NULL) /* else dial_lost has been told already */
        dial->peer = p;
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
    if (dial->lan_node != 0 && knows_node_of(dial)) {
        dial_lost(dial, NULL);
        return;
    }
    if (!dial->is_once && knows_node_of(dial)) {
        timer_set(dial->timer, jitter_ms(DIAL_MAX_MS / 2, DIAL_MAX_MS));
        return;
    }
    call_next(dial);
}

struct dial *
dial_new(struct daemon *d, const char *address, bool is_once)
{
    for (struct dial *k = d->dials; !is_once && k != NULL; k = k->next)
        if (!k->is_once && strcmp(k->address, address) == 0)
            return k;
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
finish_once(struct dial *dial, const struct sync_report *report)
{
    struct daemon *d = dial->daemon;
    if (dial->waiter != NULL)
        control_synced(dial->waiter, report);
    if (d->is_visit) {
        d->report = *report;
        event_base_loopexit(d->base, NULL);
    }
    dial_free(dial);
}

void
dial_lost(struct dial *dial, const struct sync_report *report)
{
    static const struct sync_report nobody = {.close = CLOSE_NONE};
    struct daemon *d = dial->daemon;
    if (dial->is_once) {
        finish_once(dial, report != NULL ? report : &nobody);
        return;
    }
    dial->peer = NULL;
    if (dial->lan_node != 0) { /* the next beacon tells where, if at all */
        lan_lost(dial);
        dial_free(dial);
        return;
    }
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
