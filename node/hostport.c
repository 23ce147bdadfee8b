#include "node/hostport.h"

#include <string.h>

#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%"

static bool
port_parse(const char *text, char out[static 6])
{
    size_t n = strlen(text);
    unsigned port = 0;
    if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
        return false;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (unsigned)(text[i] - '0');
    memcpy(out, text, n + 1);
    return port > 0 && port <= 65535;
}

bool
hostport_parse(const char *text, bool is_listen, struct hostport *out)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof(out->host) ||
        strlen(text) >= HOSTPORT_BYTES || !port_parse(colon + 1, out->port))
        return false;
    size_t n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
        if (n == 0)
            return false;
    }
    if (is_listen && n == 1 && text[0] == '*')
        n = 0;
    memcpy(out->host, text, n);
    out->host[n] = '\0';
    return strspn(out->host, HOST_CHARS) == n && (n > 0 || is_listen);
}
