/* Private to node/: UDP multicast on the local network. IPv4, one hop, never routed. */
#ifndef LINJULI_CAST_H
#define LINJULI_CAST_H

#include <netinet/in.h>

#include "crypto/crypto.h"

/* Administratively scoped (RFC 2365, 6.1): within one building's network. */
#define CAST_GROUP "239.255.74.32"
#define CAST_PORT 7432
#define CAST_FACES_MAX 16
#define CAST_BYTES_MAX 128 /* longer datagrams are nobody's here */

/* An interface to speak through. */
struct cast_face {
    unsigned index;
    struct in_addr at;
};
/* Every one that is up and speaks multicast; the loopback only where there is no other.
 * $LINJULI_LAN_IFACE names the only one to use. */
size_t cast_faces(struct cast_face out[static CAST_FACES_MAX]);

/* The same without the loopback: where other machines are. */
size_t cast_faces_out(struct cast_face out[static CAST_FACES_MAX]);
/* Is it an address of this machine, up or not? */
bool cast_is_own(struct in_addr at);

/* Hears the group; several daemons of one machine may. -1: errno. */
int cast_listen(void);
/* Asks the group, and hears answers. -1: errno. */
int cast_ask(void);
/* Hears the group on these, too; those it does already are no matter. */
void cast_join(int fd, const struct cast_face *face, size_t n);
void cast_send(int fd, const struct cast_face *face, struct slice datagram);

#endif
