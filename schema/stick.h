/* USB sticks: what goes into a bundle for a node, what comes out of one, and what is
 * known of both afterwards (sync/BUNDLE.md). */
#ifndef LINJULI_STICK_H
#define LINJULI_STICK_H

#include "schema/ledger.h"

#define STICK_HUB 1u /* by birth (design section 6) */

/* ---- writing */
struct stick_setup {
    uint32_t receiver;      /* node, or 0: everybody */
    const struct pair *log; /* own logs: the newest that counts signs the receipt */
    size_t logs_n;
    enum rc (*put)(void *arg, struct slice bytes);
    void *arg;
};
struct stick_written {
    uint32_t node; /* this one */
    uint64_t entries, bytes;
};
/* Everything that the receiver is not known to have, from the reading transaction that is
 * open. RC_BUSY: this node does not count yet. RC_NOTFOUND: no such receiver. RC_INVALID:
 * it is this node. */
enum rc stick_write(struct ledger *l, const struct stick_setup *s,
                    struct stick_written *out) MUST_USE;
/* A bundle of ours is on a stick: what it says that we hold now waits for a receipt.
 * Inside a transaction. */
enum rc stick_note(struct ledger *l, const struct bundle_head *head) MUST_USE;

/* ---- reading, inside a transaction */
struct stick_log { /* what came of one log */
    struct key key;
    uint32_t no; /* 0: nobody granted it here */
    bool is_authority, is_ack;
    uint64_t fresh, had; /* entries taken, and there already */
    uint64_t sealed;     /* of the fresh: nothing in them can be read here */
    uint64_t gap;        /* not taken: something is missing before them */
    uint64_t unknown;    /* not taken: their log does not count here yet */
    uint64_t refused;    /* not taken: they do not hold, or there is no room */
};
struct stick_taken {
    struct stick_log *log;
    size_t n, cap;
};
void stick_taken_fini(struct stick_taken *t);
/* Offers a chunk's content and settles it. What does not hold is counted. */
enum rc stick_take(struct ledger *l, struct slice chunk, struct stick_taken *t) MUST_USE;
/* The receipt, and what may be judged now that nothing more is coming. *believed: signed
 * by a log of the node that it speaks for. */
enum rc stick_end(struct ledger *l, const struct bundle_head *head,
                  bool *believed) MUST_USE;

/* ---- questions */
/* How much of what the exporter says to hold is not held here. */
uint64_t stick_missing(struct ledger *l, const struct bundle_head *head);
/* Up to which seq of the log something for the node lies on a stick. */
uint64_t stick_on(struct ledger *l, uint32_t node, const struct key *log);
/* Entries of others that came by stick, and of which it is not known that the centre has
 * them. */
enum rc stick_carried(struct ledger *l, uint64_t *out) MUST_USE;

#endif
