/* Private to node/: what open.c and birth.c share. */
#ifndef LINJULI_NODE_OPEN_H
#define LINJULI_NODE_OPEN_H

#include "node/node.h"

#define LOG_NAME_BYTES 16

uint64_t node_wall(void *arg); /* civil clock for ledger_setup */
void node_log_name(size_t i, char out[static LOG_NAME_BYTES]);

#endif
