/* The audit's checks: one entry against its place, the authority prefix against itself,
 * and what is wrong as one value. Pure; schema/audit.c leads entries here. */
#ifndef LINJULI_VERIFY_H
#define LINJULI_VERIFY_H

#include "sync/replica.h"

/* Five verdicts; the number is the exit status. Of several the highest is said. */
enum verify_class {
    VERIFY_CLEAN = 0,
    VERIFY_EXPLAINED = 1,  /* an exception that the history itself explains */
    VERIFY_INCOMPLETE = 3, /* something is not here; what is here is right */
    VERIFY_DAMAGED = 4,    /* what is stored here is not what was signed or derived */
    VERIFY_PROVEN = 5      /* somebody signed two things that cannot both be */
};

/* name, class. The sentences are in cli/words_audit.def, under the same names. */
#define VERIFY_LIST(X)                                                                   \
    X(DATABASE, DAMAGED)       /* pages or indexes of the file */                        \
    X(BYTES, DAMAGED)          /* the entry is not well-formed */                        \
    X(PLACE, DAMAGED)          /* another entry than this seq of this log, or none */    \
    X(LINK, DAMAGED)           /* prev is not the id of the entry before */              \
    X(ROOT, DAMAGED)           /* the items are not those that were signed */            \
    X(SIGNATURE, DAMAGED)      /* does not hold, and nothing vouches for it */           \
    X(WITHHELD, DAMAGED)       /* an item is missing that no counted erase names */      \
    X(BESIDE, DAMAGED)         /* an entry held beside a log is not what it is called */ \
    X(STATE, DAMAGED)          /* what this node noted is not what follows */            \
    X(TRUNK, DAMAGED)          /* the chain kept is not the one that was decided */      \
    X(SCOPE, DAMAGED)          /* the tables of a scope are not what the logs say */     \
    X(TABLE, DAMAGED)          /* a table has rows too many or too few */                \
    X(NOTHING, INCOMPLETE)     /* no history here */                                     \
    X(WAITING, INCOMPLETE)     /* a seal or revoke names an entry that is not here */    \
    X(TYPES, INCOMPLETE)       /* tables made by another release: not compared */        \
    X(WALL_NEWER, INCOMPLETE)  /* what hangs on the wall is newer than what is here */   \
    X(SINCE_NEWER, INCOMPLETE) /* so is the earlier report */                            \
    X(ORDER_UNREADABLE, EXPLAINED) /* malformed, or of a later release */                \
    X(ORDER_KEY, EXPLAINED)        /* enrols a key that is none */                       \
    X(ORDER_PLACE, EXPLAINED)      /* create or succeed where they say nothing */        \
    X(ORDER_FEW, EXPLAINED)        /* too few officers */                                \
    X(ORDER_STRANGER, EXPLAINED)   /* signed by one who is no officer */                 \
    X(ORDER_FORGED, EXPLAINED)     /* an officer's signature does not hold */            \
    X(ORDER_STALE, EXPLAINED)      /* names no earlier authority entry */                \
    X(ORDER_REPLAYED, EXPLAINED)   /* another order about the same came between */       \
    X(ORDER_NO_LOG, EXPLAINED)     /* revokes a log that has no grant */                 \
    X(GRANT_FORGED, EXPLAINED)     /* the invited one's signature does not hold */       \
    X(GRANT_USED, EXPLAINED)       /* the invite was used before */                      \
    X(GRANT_OTHER, EXPLAINED)      /* number or key belong to another log */             \
    X(GRANT_BELOW_SEAL, EXPLAINED) /* reaches below what was sealed */                   \
    X(REVOKED, EXPLAINED)          /* a log was ended */                                 \
    X(LOST, EXPLAINED)             /* a node was reported lost */                        \
    X(QUARANTINED, EXPLAINED)      /* entries above the end of a log */                  \
    X(FORK_ENDED, EXPLAINED)       /* two entries at one place; an order decided */      \
    X(REIGN_ENDED, EXPLAINED)      /* the same of the hub; a successor decided */        \
    X(SUCCEEDED, EXPLAINED)        /* another hub took over, by the root's word */       \
    X(NOT_GRANTED, EXPLAINED)      /* entries of a log that has no grant */              \
    X(CLOCK_BACK, EXPLAINED)       /* the clock went back along the log */               \
    X(CLOCK_EARLY, EXPLAINED)      /* before what its mark names */                      \
    X(CLOCK_LATE, EXPLAINED)       /* after the seal that covers it */                   \
    X(ITEM_VERSION, EXPLAINED)     /* written under rules this release lacks */          \
    X(ITEM_UNREADABLE, EXPLAINED)  /* does not decrypt, or is no operation */            \
    X(ITEM_REFUSED, EXPLAINED)     /* the writer's grant or the type's rules */          \
    X(ITEM_RULE, EXPLAINED)        /* a rule over its record: who wrote others */        \
    X(ERASE_PENDING, EXPLAINED)    /* named by a counted erase, and still here */        \
    X(ERASE_UNTOLD, EXPLAINED) /* a node has not said that it carried an erase out */    \
    X(FORK, PROVEN)            /* two entries of a log at one place */                   \
    X(HUB_FORK, PROVEN)        /* the same of the hub */                                 \
    X(FROZEN, PROVEN)          /* two successors of one reign */                         \
    X(SEAL_ROOT, PROVEN)       /* size or root of a seal is not what is sealed */        \
    X(SEAL_TWICE, PROVEN)      /* two seals of one number */                             \
    X(SEAL_ROOTS, PROVEN)      /* two roots of one size */                               \
    X(SEAL_SIGNATURE, PROVEN)  /* sealed without a signature that holds */               \
    X(WALL, PROVEN)            /* another root than hangs on the wall */                 \
    X(SINCE, PROVEN)           /* another history than the earlier report saw */         \
    X(GONE, CLEAN)             /* an erased item, before it is known if it may be */

enum verify_kind {
    VERIFY_NONE,
#define X(name, class) VERIFY_IS_##name,
    VERIFY_LIST(X)
#undef X
        VERIFY_N
};
enum verify_class verify_class(enum verify_kind kind);
const char *verify_name(enum verify_kind kind); /* "SEAL_ROOT" */

/* One thing that is wrong, or that an auditor has to hear. What is not said is zero. */
struct verify_finding {
    enum verify_kind kind;
    bool is_authority;
    uint32_t log_no; /* reign of an authority log; 0: no grant, or no log's affair */
    struct key log;
    uint64_t seq, to; /* from seq to `to` (0: this one alone) */
    bool has_index;
    uint16_t index; /* of the item, or of the operation */
    bool has_record;
    struct record_key record;
    uint64_t fact[2]; /* by kind: counts, sizes, numbers */
    bool has_ids;
    struct hash id[2]; /* the two that contradict each other */
    char name[56];     /* of a table; TYPE.RULE */
};
/* The order of reports: authority first, then by log, place, kind. */
int verify_order(const struct verify_finding *a, const struct verify_finding *b);

/* ---- one entry */

/* Where it stands, and what it is held against. */
struct verify_at {
    struct key log;
    enum entry_kind kind;
    uint64_t seq;
    struct hash prev;             /* id of the entry before; zero for seq 1 */
    const struct hash *community; /* zeros for the community's first entry */
    bool with_sig;
};
/* The first thing that is wrong; VERIFY_NONE: nothing. SIGNATURE comes last: all else is
 * right then. `e` (out) is decoded unless BYTES. */
enum verify_kind verify_entry(struct slice bytes, const struct verify_at *at,
                              struct entry *e);

/* ---- the authority prefix, entry by entry */

struct verify_seal {
    uint64_t no, size, pos;
    uint32_t reign;
    uint64_t seq; /* of its entry in its reign */
    struct hash root;
};
struct verify_walk;
/* `r` is settled; it lends its codec and says what counts. `erased` (told of every item
 * that a counted erase names) and `each` may not touch it. */
struct verify_sink {
    void (*finding)(void *arg, const struct verify_finding *f);
    void (*erased)(void *arg, const struct erased_name *item, const struct auth_op *op);
    void *arg;
};
struct verify_walk *verify_walk_new(struct replica *r, const struct verify_sink *sink);
/* The next entry of the prefix, of this reign. */
enum rc verify_walk_entry(struct verify_walk *w, uint32_t reign,
                          const struct stored *e) MUST_USE;
/* All seals against each other, and against what the replica computed. */
void verify_walk_seals(struct verify_walk *w);
/* Counted seals in order. */
size_t verify_seals(const struct verify_walk *w, const struct verify_seal **out);
void verify_walk_free(struct verify_walk *w); /* NULL is fine */

#endif
