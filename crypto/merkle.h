/* Merkle trees of RFC 6962 section 2.1: root, inclusion, consistency. */
#ifndef LINJULI_MERKLE_H
#define LINJULI_MERKLE_H

#include "hash.h"

#define MERKLE_LEVELS 64
#define MERKLE_PROOF_MAX 128 /* hashes in any proof of a tree of up to 2^63 leaves */

/* A tree that only grows: the roots of its perfect subtrees, largest first. By value. */
struct merkle {
    uint64_t size;
    struct hash peak[MERKLE_LEVELS];
};

struct hash merkle_leaf(struct slice data); /* SHA-256(0x00 ‖ data) */
struct hash merkle_node(const struct hash *l,
                        const struct hash *r); /* SHA-256(0x01 ‖ l ‖ r) */

void merkle_init(struct merkle *m);
void merkle_add(struct merkle *m, const struct hash *leaf);
struct hash merkle_root(const struct merkle *m); /* of no leaf: SHA-256 of nothing */
/* The number of peaks is the number of one bits of size; a tree is restored from both. */

/* Root over n leaf hashes. */
struct hash merkle_root_of(const struct hash *leaf, size_t n);
/* Audit path (RFC 6962, 2.1.1) of leaf i among n; out holds MERKLE_PROOF_MAX. */
size_t merkle_prove(const struct hash *leaf, uint64_t n, uint64_t i, struct hash *out);
/* Consistency proof (2.1.2) from the first m of n leaves. */
size_t merkle_prove_growth(const struct hash *leaf, uint64_t n, uint64_t m,
                           struct hash *out);
/* RFC 9162, 2.1.3.2 and 2.1.4.2. */
bool merkle_check(const struct hash *leaf, uint64_t i, uint64_t n,
                  const struct hash *path, size_t path_n, const struct hash *root);
bool merkle_check_growth(uint64_t m, uint64_t n, const struct hash *old_root,
                         const struct hash *new_root, const struct hash *path,
                         size_t path_n);

#endif
