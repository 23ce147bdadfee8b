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
/* Seals the operation into the entry that is being filled, or into a next one where it
 * does not fit. Versions of the author's own log may be given by its number: they are
 * written as 0, as they must be. RC_DENIED: the scope's newest key is not held. RC_LIMIT:
 * it fits no entry. The same of what an operation on rights names. */
enum rc author_put(struct author_run *run, uint32_t scope, const struct op *op) MUST_USE;
/* Ends the entry being filled, so that the next item starts another one. An item may
 * replace versions of earlier entries only, and a version is named by its entry's id: a
 * later item of one run that builds on an earlier one needs a cut between them, and
 * author_last tells the version. */
enum rc author_cut(struct author_run *run) MUST_USE;
/* Version of every item in the entry that was cut last (log number 0); false: none was.
 */
bool author_last(const struct author_run *run, struct version *out);
/* A new asset whose subject that is; its first issue (0: none) follows at the end of the
 * run, for an asset is named by its entry's id. */
enum rc author_open(struct author_run *run, const struct record_key *subject,
                    uint64_t issue) MUST_USE;
/* Rights that this run has used up, which no table knows yet. */
uint64_t author_spent(const struct author_run *run, int64_t asset);
void author_note_spent(struct author_run *run, int64_t asset, uint64_t amount);
/* The next number of a record of this unit: counted on within the run. */
enum rc author_number(struct author_run *run, uint32_t unit, struct number *out) MUST_USE;
enum rc
author_end(struct author_run **run) MUST_USE; /* also when it fails, run is gone */
void author_drop(struct author_run **run);    /* nothing more is written */

#endif
