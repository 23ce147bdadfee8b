/* Private to node/: what open.c and birth.c share. */
#ifndef LINJULI_NODE_OPEN_H
#define LINJULI_NODE_OPEN_H

#include "node/node.h"

#define LOG_NAME_BYTES 16

#define NODE_REQUEST "request" /* in DIR: what waits for the centre's answer */

uint64_t node_wall(void *arg); /* civil clock for ledger_setup */
void node_log_name(size_t i, char out[static LOG_NAME_BYTES]);

/* ---- person.c */
enum rc node_read_logs(struct node *n, struct fault *why) MUST_USE;
/* Keeps the node's keys out of core files and swap, where the system lets. */
void node_keep_secret(struct node *n);
/* New key files that never took their place. */
void node_sweep_logs(struct node *n);
/* For a reader: logs whose key is to go write no more. */
void node_mark_handed(struct node *n);

/* ---- join_person.c */
enum rc node_read_invites(struct node *n, struct fault *why) MUST_USE;
enum rc node_assume_invites(struct node *n, bool may_write, struct fault *why) MUST_USE;
/* The log that DIR/invite is for: the newest without an invite of its own. */
size_t node_invite_place(const struct node *n);
enum rc node_assume_one(struct node *n, size_t i, const struct invite *invite,
                        struct fault *why) MUST_USE;
/* The one-time key of the invite signs a log's key and ours. */
void node_sign_join(const struct node *n, size_t i, const struct invite *invite,
                    struct join *out);
/* Keys of scopes that an invite brings; inside a turn. */
enum rc node_take_keys(struct ledger *l, const struct invite *i) MUST_USE;

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
