/* Private to node/: how a node directory comes to be, for `init`, `join` and `restore`.
 */
#ifndef LINJULI_BIRTH_H
#define LINJULI_BIRTH_H

#include "node/open.h"

#define PATH_BYTES 4096

struct birth {
    char dir[PATH_BYTES];
    char fresh[PATH_BYTES]; /* DIR.unfinished */
    int fresh_fd;           /* locked: this birth's alone; -1: it is not ours */
    struct pair box, ack, log, hub, officer, root;
    struct ledger *ledger;
};

/* DIR.unfinished with node.key, ack.key and log-01.key. */
enum rc birth_begin(struct birth *b, const char *dir, struct fault *why) MUST_USE;
/* Is it a good time to join by this invite? RC_DENIED: expired, or the clock is wrong. */
enum rc birth_invite_check(const struct invite *i, uint64_t now_ms,
                           struct fault *why) MUST_USE;
enum rc birth_ledger(struct birth *b, struct fault *why) MUST_USE;
enum rc birth_guard(const struct birth *b, const struct key *log, const char *name,
                    struct fault *why) MUST_USE;
enum rc birth_write(const struct birth *b, const char *name, struct slice bytes,
                    struct fault *why) MUST_USE;
/* The last step, with what came of the others: DIR is there, or nothing is. */
enum rc birth_end(struct birth *b, enum rc rc, struct fault *why) MUST_USE;

#endif
