#include "node/cast.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_BYTES 65536 /* what a flood may pile up in the kernel */

static struct sockaddr_in
group(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(CAST_PORT)};
    (void)inet_pton(AF_INET, CAST_GROUP, &a.sin_addr);
    return a;
}

static bool
has_face(const struct cast_face *face, size_t n, unsigned index)
{
    for (size_t i = 0; i < n; i++)
        if (face[i].index == index)
            return true;
    return false;
}

static bool
is_wanted(const struct ifaddrs *i, const char *only, bool loopback)
{
    if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
        (i->ifa_flags & IFF_UP) == 0)
        return false;
    if (only != NULL)
        return strcmp(i->ifa_name, only) == 0;
    bool is_loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
    return is_loopback == loopback && (loopback || (i->ifa_flags & IFF_MULTICAST) != 0);
}

static size_t
pick(const struct ifaddrs *list, const char *only, bool loopback,
     struct cast_face out[static CAST_FACES_MAX])
{
    size_t n = 0;
    for (const struct ifaddrs *i = list; i != NULL && n < CAST_FACES_MAX;
         i = i->ifa_next) {
        struct sockaddr_in a;
        unsigned index = if_nametoindex(i->ifa_name);
        if (!is_wanted(i, only, loopback) || index == 0 || has_face(out, n, index))
            continue;
        memcpy(&a, i->ifa_addr, sizeof(a));
        out[n++] = (struct cast_face){.index = index, .at = a.sin_addr};
    }
    return n;
}

size_t
cast_faces(struct cast_face out[static CAST_FACES_MAX])
{
    struct ifaddrs *list = NULL;
    const char *only = getenv("LINJULI_LAN_IFACE");
    if (only != NULL && only[0] == '\0')
        only = NULL;
    if (getifaddrs(&list) != 0)
        return 0;
    size_t n = pick(list, only, false, out);
    if (n == 0 && only == NULL)
        n = pick(list, NULL, true, out);
    freeifaddrs(list);
    return n;
}

size_t
cast_faces_out(struct cast_face out[static CAST_FACES_MAX])
{
    size_t n = cast_faces(out), k = 0;
    for (size_t i = 0; i < n; i++)
        if (ntohl(out[i].at.s_addr) >> 24 != IN_LOOPBACKNET)
            out[k++] = out[i];
    return k;
}

bool
cast_is_own(struct in_addr at)
{
    struct ifaddrs *list = NULL;
    bool is = false;
    if (getifaddrs(&list) != 0)
        return true; /* nobody can tell, and nothing rests on it */
    for (const struct ifaddrs *i = list; i != NULL && !is; i = i->ifa_next) {
        struct sockaddr_in a;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&a, i->ifa_addr, sizeof(a));
        is = a.sin_addr.s_addr == at.s_addr;
    }
    freeifaddrs(list);
    return is;
}

static int
udp(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1, none = 0, queue = QUEUE_BYTES;
    if (fd < 0)
        return -1;
    /* Only groups that this socket has joined; one hop; what is sent is heard by others
     * on this machine. */
    (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &none, sizeof(none));
    (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    return fd;
}

int
cast_listen(void)
{
    struct sockaddr_in at = group();
    int one = 1;
    int fd = udp();
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int
cast_ask(void)
{
    return udp();
}

void
cast_join(int fd, const struct cast_face *face, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ip_mreqn m = {.imr_multiaddr = group().sin_addr,
                             .imr_address = face[i].at,
                             .imr_ifindex = (int)face[i].index};
        (void)setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m));
    }
}

void
cast_send(int fd, const struct cast_face *face, struct slice datagram)
{
    struct sockaddr_in to = group();
    struct ip_mreqn m = {.imr_address = face->at, .imr_ifindex = (int)face->index};
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)) == 0)
        (void)sendto(fd, datagram.p, datagram.n, MSG_NOSIGNAL, (struct sockaddr *)&to,
                     sizeof(to));
}
