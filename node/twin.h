/* Private to node/: whether another machine speaks as this node (BEACON.md section 4). */
#ifndef LINJULI_TWIN_H
#define LINJULI_TWIN_H

#include <netinet/in.h>

#include "sync/beacon.h"

#define TWIN_SAID_N 64
#define TWIN_TEXT_BYTES 24

struct twin {
    uint64_t since_ms; /* civil: nothing of ours was said before, by this process */
    uint64_t said_ms[TWIN_SAID_N]; /* civil: what our last beacons say; a ring */
    size_t said_n;
    struct in_addr at; /* of the other one */
    uint16_t port;
    uint64_t heard_ms; /* monotonic; 0: never */
};

void twin_said(struct twin *t, uint64_t wall_ms);
/* A beacon of this node's number, from an address that is not this machine's. True: not
 * one of ours that somebody says again, so there is another one. */
bool twin_heard(struct twin *t, const struct beacon *b, const struct sockaddr_in *from,
                uint64_t at_ms) MUST_USE;
/* The same from the network, whose beacon may be our own: one that begins is logged. */
void twin_hear(struct twin *t, const struct beacon *b, const struct sockaddr_in *from);
/* HOST:PORT of whoever was heard within two minutes; false: nobody. */
bool twin_at(const struct twin *t, uint64_t at_ms,
             char out[static TWIN_TEXT_BYTES]) MUST_USE;

#endif
