/* Addresses of this machine. */
#include "cli/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define HOST_BYTES 256

static bool
is_port(const char *text)
{
    size_t n = strlen(text);
    unsigned port = 0;
    if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
        return false;
    for (; *text != '\0'; text++)
        port = port * 10 + (unsigned)(*text - '0');
    return port > 0 && port <= 65535;
}

bool
address_is(const char *text)
{
    const char *colon = strrchr(text, ':');
    return colon != NULL && colon > text && strlen(text) < HOST_BYTES &&
           is_port(colon + 1);
}

static bool
is_everywhere(const char *host, size_t n)
{
    static const char *const names[] = {"", "0.0.0.0", "[::]", "::", "*"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == n && strncmp(names[i], host, n) == 0)
            return true;
    return false;
}

/* The address of one interface as a host; false: none that others could call. */
static bool
host_of(const struct ifaddrs *i, bool loopback, char out[static HOST_BYTES])
{
    char text[INET6_ADDRSTRLEN];
    if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0 ||
        ((i->ifa_flags & IFF_LOOPBACK) != 0) != loopback)
        return false;
    if (i->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in a;
        memcpy(&a, i->ifa_addr, sizeof(a));
        if (inet_ntop(AF_INET, &a.sin_addr, text, sizeof(text)) == NULL)
            return false;
        (void)snprintf(out, HOST_BYTES, "%s", text);
        return true;
    }
    if (i->ifa_addr->sa_family != AF_INET6 || loopback)
        return false;
    struct sockaddr_in6 a;
    memcpy(&a, i->ifa_addr, sizeof(a));
    if (IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr) ||
        inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text)) == NULL)
        return false;
    (void)snprintf(out, HOST_BYTES, "[%s]", text);
    return true;
}

static void
add_all(const char *port, bool loopback, struct buf *out)
{
    struct ifaddrs *list = NULL;
    char host[HOST_BYTES];
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
        if (!host_of(i, loopback, host))
            continue;
        buf_addf(out, "%s:%s", host, port);
        buf_add_u8(out, '\0');
    }
    freeifaddrs(list);
}

bool
address_add(const char *listen, struct buf *out)
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || !is_port(colon + 1))
        return false;
    size_t before = out->n;
    if (!is_everywhere(listen, (size_t)(colon - listen))) {
        buf_add(out, listen, strlen(listen) + 1);
        return true;
    }
    add_all(colon + 1, false, out);
    if (out->n == before)
        add_all(colon + 1, true, out);
    return out->n > before;
}
