/* Where this machine can be called. */
#ifndef LINJULI_CLI_ADDRESS_H
#define LINJULI_CLI_ADDRESS_H

#include "crypto/crypto.h"

/* Appends NUL-terminated HOST:PORT for what `listen` means: itself, or, where it listens
 * everywhere (0.0.0.0, [::], no host), each address of this machine; loopback only where
 * there is nothing else. False: no address in it. */
bool address_add(const char *listen, struct buf *out);
/* Is it HOST:PORT? */
bool address_is(const char *text);

#endif
