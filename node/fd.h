/* Descriptors. */
#ifndef LINJULI_FD_H
#define LINJULI_FD_H

#include "crypto/crypto.h"

/* All of it, however little is taken at a time; RC_FULL, RC_IO. Does not fsync. */
enum rc fd_write(int fd, struct slice bytes) MUST_USE;

#endif
