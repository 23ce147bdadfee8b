/* Authors: whoever writes into an own log on this node. Operations become sealed items,
 * items become signed entries, entries go through the replica's one door. */
#ifndef LINJULI_AUTHOR_H
#define LINJULI_AUTHOR_H

#include "schema/ledger.h"

struct author {
    const struct pair *log; /* Ed25519, borrowed */
    uint32_t log_no;        /* 0: not known yet (not joined) */
    uint32_t unit;
    enum role role;
};
/* The author of an own log: number, unit and role from the ruling (or assumed) grant.
 * RC_DENIED: no grant, revoked, closed or forked: this log does not write. */
enum rc author_of(struct ledger *l, const struct pair *log, struct author *out) MUST_USE;

/* A run of operations by one author inside one transaction. Items are packed into as few
 * entries as fit; author_end writes what is left and settles. */
struct author_run;
enum rc author_begin(struct ledger *l, const struct author *a,
                     struct author_run **out) MUST_USE;
/* Where the next item will stand, for versions that name it: entry seq (of the entry that
 * is being filled) and index. */
enum rc author_put(struct author_run *run, uint32_t scope, const struct op *op) MUST_USE;
/* Ends the entry being filled, so that the next item starts another one. */
enum rc author_cut(struct author_run *run) MUST_USE;
enum rc
author_end(struct author_run **run) MUST_USE; /* also when it fails, run is gone */
void author_drop(struct author_run **run);    /* nothing more is written */

#endif
