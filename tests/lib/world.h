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

struct world_setup {
    uint64_t seed;
    unsigned nodes;  /* the hub and the others; 3 to 90 */
    unsigned writes; /* in the chaos phase */
    enum planted planted;
    bool has_liar; /* the last node sends what is false */
    /* What upsets the order of things, in the chaos phase: */
    bool forks;     /* the liar tells everybody another branch of its log */
    bool erases;    /* the hub erases records */
    bool revokes;   /* the hub ends logs, forked or not, at whatever it holds of them */
    unsigned joins; /* so many of the others join over the wire, not at birth */
};

struct world_result {
    bool is_fine;
    char why[256]; /* the first property that does not hold */
    uint8_t trace[16];
    uint64_t sim_ms, steps, sends, crashes, errors, writes, acked, lies, seals;
    uint64_t branches, revoked, joined, erased;
    uint64_t wire_bytes, most_unsent;
};

/* Everything, from birth to verdict. */
void world_run(const struct world_setup *setup, struct world_result *out);

#endif
