/* Private to node/: what open.c and birth.c share. */
#ifndef LINJULI_NODE_OPEN_H
#define LINJULI_NODE_OPEN_H

#include "node/node.h"

#define LOG_NAME_BYTES 16

uint64_t node_wall(void *arg); /* civil clock for ledger_setup */
void node_log_name(size_t i, char out[static LOG_NAME_BYTES]);

/* The guards once more: keys have come or gone. */
enum rc node_reguard(struct node *n, struct fault *why) MUST_USE;
/* Others hold more of this log than was signed here: it never writes again. */
bool node_is_stopped(const struct node *n, const struct key *log);
/* Inside a turn, before its commit: what others have brought of own logs stops them. */
enum rc node_note_stopped(struct node *n) MUST_USE;

enum rc node_door_read(struct node *n, struct fault *why) MUST_USE;
/* A setting: this machine was restored, when, and from whose backup. */
enum rc node_note_restored(struct ledger *l, const struct backup_about *was) MUST_USE;

/* What the system said (errno) of this path. */
enum rc node_io_fault(struct fault *why, const char *path);
/* The same of the state directory. */
enum rc node_guard_fault(struct fault *why, enum rc rc);

#endif
