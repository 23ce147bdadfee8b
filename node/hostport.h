/* HOST:PORT as people write it: HOST a name, a number, or a number in brackets. */
#ifndef LINJULI_HOSTPORT_H
#define LINJULI_HOSTPORT_H

#include <stdbool.h>

#define HOSTPORT_BYTES 256

struct hostport {
    char
        host[HOSTPORT_BYTES]; /* without brackets; empty: every address of this machine */
    char port[6];
};

/* False: it is none. Without a host it is one only to listen on; port 0 never is. What
 * passes has no byte that a settings file or a log line would read as its own. */
bool hostport_parse(const char *text, bool is_listen, struct hostport *out);

#endif
