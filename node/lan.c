/* Neighbours on the local network (sync/BEACON.md, sync/CODE.md). What is heard is a hint
 * where to call, nothing more; a flood costs a bounded number of looks a second. */
#include "node/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cast.h"
#include "node/clock.h"

#define SEND_MS 30000   /* between two beacons, about */
#define SOON_MS 300     /* after the start, after the network changed */
#define NEWS_MS 5000    /* between two because there is something new */
#define ASKED_MS 1000   /* between two because somebody asks */
#define LOOKS_PER_S 100 /* datagrams that are looked at */
#define READS_PER_TURN 32
#define HEARD_MAX 256
#define FORGET_MS 120000    /* unheard for so long, its clock may be any */
#define DIALS_MAX 5         /* at a time */
#define KEEP_MS 60000       /* connected for so long, it may give its place */
#define DIAL_FIRST_MS 2000u /* doubles, at most: */
#define DIAL_MAX_MS 300000
#define SPREAD_MS 1500 /* a newcomer is not called by everybody at once */

struct heard { /* a member, by its last beacon */
    struct beacon beacon;
    struct in_addr at;
    uint64_t heard_ms, next_ms; /* monotonic; next: not called before */
    unsigned tries;
};

struct lan {
    struct daemon *daemon;
    int fd, netlink_fd;
    struct event *readable, *send, *resume, *netlink, *again;
    struct cast_face face[CAST_FACES_MAX];
    size_t faces_n;
    struct key key[BEACON_KEYS_MAX]; /* newest first */
    size_t keys_n;
    uint32_t epoch;                    /* that they begin with */
    uint8_t told[BEACON_DIGEST_BYTES]; /* what the last beacon said */
    uint64_t told_ms;
    uint64_t window_ms;
    unsigned looks;
    struct heard heard[HEARD_MAX];
    size_t heard_n;
    struct twin twin;
};

/* ---- keys */

/* Of the newest epochs held: a node that was removed is not told the next one. */
static void
refresh_keys(struct lan *lan)
{
    struct ledger *l = lan->daemon->node->ledger;
    const struct hash *community = replica_community(ledger_replica(l));
    uint32_t epoch = 0;
    const struct key *k = ledger_newest_key(l, SCOPE_NO_COMMUNITY, &epoch);
    if (community == NULL || epoch == 0 || (k != NULL && epoch == lan->epoch))
        return;
    lan->keys_n = 0;
    lan->epoch = k != NULL ? epoch : 0;
    for (uint32_t e = epoch; e > 0 && epoch - e < BEACON_KEYS_MAX; e--) {
        k = ledger_scope_key(l, SCOPE_NO_COMMUNITY, e);
        if (k != NULL)
            beacon_key(community, e, k, &lan->key[lan->keys_n++]);
    }
}

/* ---- speaking */

/* Where others can call; false: nowhere, or not by IPv4. */
static bool
own_address(const struct daemon *d, struct sockaddr_in *out)
{
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof(at);
    if (d->net.listener == NULL || getsockname(evconnlistener_get_fd(d->net.listener),
                                               (struct sockaddr *)&at, &n) != 0)
        return false;
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    if (at.ss_family == AF_INET) {
        memcpy(out, &at, sizeof(*out));
        return true;
    }
    struct sockaddr_in6 six;
    memcpy(&six, &at, sizeof(six));
    out->sin_port = six.sin6_port;
    return at.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six.sin6_addr);
}

static void
own_digest(const struct daemon *d, uint8_t out[static BEACON_DIGEST_BYTES])
{
    uint8_t digest[16];
    replica_digest(ledger_replica(d->node->ledger), digest);
    memcpy(out, digest, BEACON_DIGEST_BYTES);
}

static uint32_t
own_node(const struct node *n)
{
    const struct authority *a = replica_authority(ledger_replica(n->ledger));
    const struct node_info *node =
        a != NULL ? authority_node_by_box(a, &n->box.pub) : NULL;
    return node != NULL ? node->no : 0;
}

static void
tell(struct lan *lan)
{
    struct daemon *d = lan->daemon;
    struct sockaddr_in at;
    struct beacon b = {.is_hub = node_may_seal(d->node),
                       .node = own_node(d->node),
                       .wall_ms = wall_ms()};
    if (lan->epoch == 0 || b.node == 0 || !own_address(d, &at))
        return;
    b.port = ntohs(at.sin_port);
    own_digest(d, b.digest);
    for (size_t i = 0; i < lan->faces_n; i++) {
        uint8_t nonce[AEAD_NONCE_BYTES];
        struct buf out = BUF_NONE;
        if (at.sin_addr.s_addr != INADDR_ANY &&
            at.sin_addr.s_addr != lan->face[i].at.s_addr)
            continue; /* nobody reaches us there */
        bytes_random(nonce, sizeof(nonce));
        beacon_encode(&b, &lan->key[0], nonce, &out);
        cast_send(lan->fd, &lan->face[i], buf_slice(&out));
        buf_free(&out);
    }
    memcpy(lan->told, b.digest, sizeof(lan->told));
    lan->told_ms = now_ms();
    twin_said(&lan->twin, b.wall_ms);
}

static void
on_send(evutil_socket_t fd, short what, void *arg)
{
    struct lan *lan = arg;
    (void)fd;
    (void)what;
    refresh_keys(lan);
    lan->faces_n = cast_faces(lan->face);
    cast_join(lan->fd, lan->face, lan->faces_n);
    tell(lan);
    timer_set(lan->send, jitter_ms(SEND_MS * 3 / 4, SEND_MS * 5 / 4));
}

void
lan_changed(struct daemon *d)
{
    struct lan *lan = d->lan;
    uint8_t digest[BEACON_DIGEST_BYTES];
    if (lan == NULL)
        return;
    if (lan->told_ms == 0 && own_node(d->node) != 0) /* it counts from now on */
        timer_set(lan->send, SOON_MS);
    if (lan->told_ms == 0)
        return;
    own_digest(d, digest);
    uint64_t now = now_ms(), due = lan->told_ms + NEWS_MS;
    if (memcmp(digest, lan->told, sizeof(digest)) != 0)
        timer_set(lan->send, due > now ? due - now : SOON_MS);
}

/* ---- calling whom we heard */

static struct heard *
find(struct lan *lan, uint32_t node)
{
    for (size_t i = 0; i < lan->heard_n; i++)
        if (lan->heard[i].beacon.node == node)
            return &lan->heard[i];
    return NULL;
}

/* A place for a node not heard before: the one unheard for longest gives its own. */
static struct heard *
place_for(struct lan *lan)
{
    struct heard *oldest = &lan->heard[0];
    if (lan->heard_n < HEARD_MAX)
        return &lan->heard[lan->heard_n++];
    for (size_t i = 1; i < lan->heard_n; i++)
        if (lan->heard[i].heard_ms < oldest->heard_ms)
            oldest = &lan->heard[i];
    return oldest;
}

static bool
is_connected(const struct daemon *d, uint32_t node)
{
    for (const struct peer *p = d->peers; p != NULL; p = p->next)
        if (p->is_open && p->node == node)
            return true;
    return false;
}

static bool
is_equal(const struct daemon *d, const struct heard *h)
{
    uint8_t digest[BEACON_DIGEST_BYTES];
    own_digest(d, digest);
    return memcmp(digest, h->beacon.digest, sizeof(digest)) == 0;
}

/* One of them that has nothing more to say gives its place. */
static bool
make_room(struct lan *lan)
{
    struct daemon *d = lan->daemon;
    struct dial *rest = NULL;
    size_t n = 0;
    for (struct dial *k = d->dials; k != NULL; k = k->next) {
        if (k->lan_node == 0)
            continue;
        n++;
        const struct heard *h = find(lan, k->lan_node);
        if (k->peer != NULL && k->peer->is_open &&
            now_ms() - k->peer->opened_ms >= KEEP_MS && h != NULL && !h->beacon.is_hub &&
            is_equal(d, h))
            rest = k;
    }
    if (n < DIALS_MAX)
        return true;
    if (rest == NULL)
        return false;
    peer_close(rest->peer, "gave its place to another neighbour");
    return true;
}

/* The hub is always called; others when they say something else. */
static void
consider(struct lan *lan, struct heard *h)
{
    struct daemon *d = lan->daemon;
    char address[64], host[INET_ADDRSTRLEN];
    uint64_t now = now_ms();
    if (now < h->next_ms || is_connected(d, h->beacon.node) ||
        (!h->beacon.is_hub && (node_needs_join(d->node) || is_equal(d, h))) ||
        inet_ntop(AF_INET, &h->at, host, sizeof(host)) == NULL)
        return;
    (void)snprintf(address, sizeof(address), "%s:%u", host, h->beacon.port);
    for (const struct dial *k = d->dials; k != NULL; k = k->next)
        if (k->lan_node == h->beacon.node || strcmp(k->address, address) == 0)
            return;
    if (!make_room(lan))
        return;
    uint32_t wait = DIAL_FIRST_MS << (h->tries < 8 ? h->tries : 8);
    if (wait > DIAL_MAX_MS)
        wait = DIAL_MAX_MS;
    h->next_ms = now + jitter_ms(wait, wait + wait / 2);
    h->tries++;
    struct dial *dial = dial_new(d, address, false);
    dial->lan_node = h->beacon.node;
    dial->node = h->beacon.node;
    dial->tries = h->tries;
    timer_set(dial->timer, jitter_ms(0, h->beacon.is_hub ? SOON_MS : SPREAD_MS));
}

/* Those whose call failed and whose wait is over. */
static void
on_again(evutil_socket_t fd, short what, void *arg)
{
    struct lan *lan = arg;
    uint64_t now = now_ms();
    (void)fd;
    (void)what;
    for (size_t i = 0; i < lan->heard_n; i++)
        if (now - lan->heard[i].heard_ms < FORGET_MS)
            consider(lan, &lan->heard[i]);
}

void
lan_lost(struct dial *dial)
{
    struct lan *lan = dial->daemon->lan;
    struct heard *h = lan != NULL ? find(lan, dial->lan_node) : NULL;
    uint64_t now = now_ms();
    if (h == NULL)
        return;
    h->tries = dial->tries;
    timer_set(lan->again, h->next_ms > now ? h->next_ms - now : SOON_MS);
}

/* ---- hearing */

bool
lan_twin(const struct daemon *d, char at[static TWIN_TEXT_BYTES])
{
    return d->lan != NULL && twin_at(&d->lan->twin, now_ms(), at);
}

static void
hear_beacon(struct lan *lan, struct slice datagram, const struct sockaddr_in *from)
{
    struct daemon *d = lan->daemon;
    const struct authority *a = replica_authority(ledger_replica(d->node->ledger));
    struct beacon b;
    uint64_t now = now_ms();
    if (beacon_decode(datagram, lan->key, lan->keys_n, &b) != RC_OK)
        return;
    if (b.node == own_node(d->node)) {
        twin_hear(&lan->twin, &b, from);
        return;
    }
    const struct node_info *node = a != NULL ? authority_node(a, b.node) : NULL;
    if (node_needs_join(d->node) ? !b.is_hub : node == NULL || node->is_lost)
        return;
    struct heard *h = find(lan, b.node);
    /* Said before, or said again by somebody else: an old address. */
    if (h != NULL && b.wall_ms <= h->beacon.wall_ms && now - h->heard_ms < FORGET_MS)
        return;
    if (h == NULL) {
        h = place_for(lan);
        *h = (struct heard){.tries = 0};
    }
    if (h->at.s_addr != from->sin_addr.s_addr || h->beacon.port != b.port) {
        h->next_ms = 0; /* what failed was somewhere else */
        h->tries = 0;
    }
    h->beacon = b;
    h->at = from->sin_addr;
    h->heard_ms = now;
    consider(lan, h);
}

/* A joiner looks for whoever gave out its digits: the hub, if it did. */
static void
hear_ask(struct lan *lan, struct slice datagram, const struct sockaddr_in *from)
{
    struct daemon *d = lan->daemon;
    struct code_ask ask;
    struct hub_code code;
    struct sockaddr_in at;
    struct buf out = BUF_NONE;
    if (!node_may_seal(d->node) || !own_address(d, &at) ||
        code_ask_decode(datagram, false, &ask) != RC_OK)
        return;
    enum rc rc = hub_code_get(d->node->ledger, &ask.name, &code);
    mem_wipe(&code, sizeof(code));
    if (rc != RC_OK)
        return;
    ask.port = ntohs(at.sin_port);
    code_ask_encode(&ask, true, &out);
    (void)sendto(lan->fd, out.p, out.n, MSG_NOSIGNAL, (const struct sockaddr *)from,
                 sizeof(*from));
    buf_free(&out);
}

void
lan_hear(struct daemon *d, struct slice datagram, const struct sockaddr_in *from)
{
    refresh_keys(d->lan);
    if (datagram.n > 0 && datagram.p[0] == BEACON_KIND)
        hear_beacon(d->lan, datagram, from);
    else if (datagram.n > 0 && datagram.p[0] == CODE_ASK_KIND)
        hear_ask(d->lan, datagram, from);
    else if (beacon_ask_is(datagram) && d->lan->told_ms + ASKED_MS <= now_ms())
        timer_set(d->lan->send, jitter_ms(0, SOON_MS));
}

/* So many looks a second; then nothing is read until it is over, and what the kernel has
 * no room for is lost: a hint. */
static bool
may_look(struct lan *lan)
{
    uint64_t now = now_ms();
    if (now - lan->window_ms >= 1000) {
        lan->window_ms = now;
        lan->looks = 0;
    }
    if (lan->looks++ < LOOKS_PER_S)
        return true;
    event_del(lan->readable);
    timer_set(lan->resume, 1000 - (now - lan->window_ms));
    return false;
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct lan *lan = arg;
    (void)fd;
    (void)what;
    event_add(lan->readable, NULL);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct lan *lan = arg;
    uint8_t bytes[CAST_BYTES_MAX];
    struct sockaddr_in from;
    (void)what;
    for (unsigned i = 0; i < READS_PER_TURN && may_look(lan); i++) {
        socklen_t n = sizeof(from);
        ssize_t got =
            recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC, (struct sockaddr *)&from, &n);
        if (got < 0)
            return;
        if (got == 0 || (size_t)got > sizeof(bytes) || n < sizeof(from))
            continue;
        lan_hear(lan->daemon, slice_of(bytes, (size_t)got), &from);
    }
}

/* ---- the network changes */

/* What exactly is no matter: look at all interfaces anew. */
static void
on_netlink(evutil_socket_t fd, short what, void *arg)
{
    struct lan *lan = arg;
    char bytes[4096];
    (void)what;
    for (unsigned i = 0; i < READS_PER_TURN; i++)
        if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) < 0)
            break;
    timer_set(lan->send, SOON_MS);
}

static void
watch_network(struct lan *lan)
{
    struct sockaddr_nl at = {.nl_family = AF_NETLINK,
                             .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
    lan->netlink_fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (lan->netlink_fd < 0 ||
        bind(lan->netlink_fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        log_info("lan.blind errno=%d", errno); /* the next beacon looks anyway */
        return;
    }
    lan->netlink = event_new(lan->daemon->base, lan->netlink_fd, EV_READ | EV_PERSIST,
                             on_netlink, lan);
    event_add(lan->netlink, NULL);
}

/* ---- beginning and end */

void
lan_start(struct daemon *d)
{
    int fd = cast_listen();
    if (fd < 0) {
        log_warn("lan.none errno=%d", errno);
        return;
    }
    struct lan *lan = mem_new(sizeof(*lan));
    lan->daemon = d;
    lan->fd = fd;
    lan->netlink_fd = -1;
    lan->twin.since_ms = wall_ms();
    lan->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_readable, lan);
    lan->send = evtimer_new(d->base, on_send, lan);
    lan->resume = evtimer_new(d->base, on_resume, lan);
    lan->again = evtimer_new(d->base, on_again, lan);
    d->lan = lan;
    lan->faces_n = cast_faces(lan->face);
    cast_join(fd, lan->face, lan->faces_n);
    watch_network(lan);
    event_add(lan->readable, NULL);
    timer_set(lan->send, jitter_ms(0, SOON_MS));
    log_info("lan.start interfaces=%zu", lan->faces_n);
}

size_t
lan_heard_n(const struct daemon *d)
{
    return d->lan != NULL ? d->lan->heard_n : 0;
}

void
lan_stop(struct daemon *d)
{
    struct lan *lan = d->lan;
    if (lan == NULL)
        return;
    d->lan = NULL;
    struct event *const events[] = {lan->readable, lan->send, lan->resume, lan->netlink,
                                    lan->again};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i] != NULL)
            event_free(events[i]);
    close(lan->fd);
    if (lan->netlink_fd >= 0)
        close(lan->netlink_fd);
    mem_wipe(lan, sizeof(*lan));
    mem_free(lan);
}
