/* Private to node/: what open.c and birth.c share. */
#ifndef LINJULI_NODE_OPEN_H
#define LINJULI_NODE_OPEN_H

#include "node/node.h"

#define LOG_NAME_BYTES 16

uint64_t node_wall(void *arg); /* civil clock for ledger_setup */
void node_log_name(size_t i, char out[static LOG_NAME_BYTES]);

/* What the system said (errno) of this path. */
enum rc node_io_fault(struct fault *why, const char *path);
/* The same of the state directory. */
enum rc node_guard_fault(struct fault *why, enum rc rc);

#endif
