/* Private to sync/: entries by id, and the forest that their links form. */
#ifndef LINJULI_CHAIN_H
#define LINJULI_CHAIN_H

#include "sync/accept.h"

/* A map from 64 bits (the front of an id or key, or a mix) to indices into the caller's
 * own array; the caller compares. Start as {0}. */
struct idmap {
    struct idmap_slot *slot;
    size_t cap; /* a power of two, or 0 */
    size_t n;
};
#define IDMAP_NONE UINT32_MAX

void idmap_fini(struct idmap *m);
void idmap_clear(struct idmap *m); /* keeps its memory */
void idmap_put(struct idmap *m, uint64_t at, uint32_t index);
/* Candidates, one after the other: start with *it = 0; IDMAP_NONE at the end. */
uint32_t idmap_next(const struct idmap *m, uint64_t at, size_t *it);
/* Where an id (or key) of 32 random bytes stands in a map. */
uint64_t idmap_at(const uint8_t id[static 32]);
uint64_t idmap_mix(uint64_t a, uint64_t b); /* for anything that is not random */

/* Facts by id and by (seq, id), with their links. What is at or below `base` is not among
 * the facts: a chain ends there. Base seq 0: chains end at seq 1. */
struct tree {
    const struct fact *fact;
    size_t n;
    uint64_t base_seq;
    struct hash base;
    struct idmap ids;
    uint32_t *order;  /* by seq, then id */
    uint32_t *parent; /* TREE_BASE, or TREE_NONE: not attached */
    uint32_t *jump;   /* an ancestor far below, for tree_above */
    uint32_t *depth;  /* below it in its own tree */
};
#define TREE_NONE UINT32_MAX
#define TREE_BASE (UINT32_MAX - 1) /* the base itself, and what lies below it */
#define TREE_SIDE (UINT32_MAX - 2) /* attached to the held chain below the base */

/* Facts must be all different; those with their bit in `side` (may be NULL) are attached
 * below the base. The facts are borrowed. Reusable; start as {0}. */
void tree_build(struct tree *t, const struct fact *facts, size_t n, uint64_t base_seq,
                const struct hash *base, const bool *side);
void tree_fini(struct tree *t);
uint32_t tree_find(const struct tree *t, const struct hash *id); /* TREE_NONE */
bool tree_is_attached(const struct tree *t, uint32_t i);
/* The ancestor of i (or i) at seq; TREE_BASE, TREE_SIDE where the chain leaves the facts
 * above it. i is attached. */
uint32_t tree_above(const struct tree *t, uint32_t i, uint64_t seq);
/* Where in `order` the facts of seq begin (the next higher seq if there are none). */
size_t tree_at(const struct tree *t, uint64_t seq);

#endif
