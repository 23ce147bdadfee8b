/* The simulator (design.md, faults): a whole community in one process and one thread.
 * Real ledgers on simulated disks, real sessions over a simulated wire, one virtual
 * clock, one seed. The same seed gives the same trace, byte for byte.
 *
 * Two phases: chaos, with whichever faults this seed has switched on; then all faults
 * off, everybody restarted, and a bounded time to converge. */
#ifndef LINJULI_TESTS_WORLD_H
#define LINJULI_TESTS_WORLD_H

#include "crypto/crypto.h"

/* Faults of the shell that a test plants; the product has no such switch. */
enum planted {
    PLANT_NONE,
    PLANT_ACK_EARLY, /* told "saved" before the commit */
    PLANT_LYING_DISK /* every disk says "synced" and is not */
};

/* What happens to machines and people, in the chaos phase; each at a moment of its own.
 */
enum act {
    ACT_LOST = 1u << 0,     /* a computer is lost: an order, by the product's own way */
    ACT_THIEF = 1u << 1,    /* it was stolen before: who has the copy goes on with it */
    ACT_CLONE = 1u << 2,    /* a directory is copied and used twice, without its guard */
    ACT_IMAGE = 1u << 3,    /* the same, guard and all: nothing on the machine tells */
    ACT_RESTORE = 1u << 4,  /* a disk goes back to an older state; the guard does not */
    ACT_ROLLBACK = 1u << 5, /* both go back */
    ACT_FACE = 1u << 6,     /* an old copy of the hub answers beside it, and says less */
    ACT_TWO_HUBS = 1u << 7, /* and it writes too: two authority entries at one seq */
    ACT_WRONG = 1u << 8,    /* the hub seals a wrong root */
    ACT_STICK = 1u << 9,    /* bundles are carried about, some of them damaged */
    ACT_UPGRADE = 1u << 10  /* half of the nodes get a newer release first */
};

struct world_setup {
    uint64_t seed;
    unsigned nodes;  /* the hub and the others; 3 to 90 */
    unsigned writes; /* in the chaos phase */
    bool is_told;    /* the trace, on stderr */
    enum planted planted;
    bool has_liar; /* the last node sends what is false */
    /* What upsets the order of things, in the chaos phase: */
    bool forks;     /* the liar tells everybody another branch of its log */
    bool erases;    /* the hub erases records */
    bool rights;    /* half of what people write is about rights */
    bool revokes;   /* the hub ends logs, forked or not, at whatever it holds of them */
    unsigned acts;  /* enum act, or-ed */
    unsigned joins; /* so many of the others join over the wire, not at birth */
};

struct world_result {
    bool is_fine;
    char why[256]; /* the first property that does not hold */
    uint8_t trace[16];
    uint64_t sim_ms, steps, sends, crashes, errors, writes, acked, lies, seals;
    uint64_t branches, revoked, joined, erased;
    uint64_t rights, takes,
        finals; /* finals: operations seen to be final, at every look */
    /* by the acts: */
    uint64_t lost, thefts, stolen_writes, clones, images, restores, rollbacks;
    uint64_t noticed; /* copies that the guard kept from writing */
    uint64_t stops;   /* logs that stopped because a peer had more of them */
    uint64_t faces, hub_forks, wrong_seals, wrong_seen;
    uint64_t sticks, sticks_hurt, stick_entries;
    uint64_t upgrades, newer_writes, held;
    uint64_t wire_bytes, most_unsent;
};

/* Everything, from birth to verdict. */
void world_run(const struct world_setup *setup, struct world_result *out);

#endif
