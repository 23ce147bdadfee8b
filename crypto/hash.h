/* SHA-256 (FIPS 180-4), wherever an auditor looks. */
#ifndef LINJULI_HASH_H
#define LINJULI_HASH_H

#include "bytes.h"

#define HASH_BYTES 32

/* A hash value that is copied by value. */
struct hash {
    uint8_t b[HASH_BYTES];
};

/* An unfinished hash; the inside belongs to hash.c. */
struct hash_run {
    uint64_t opaque[14];
};

struct hash hash_of(struct slice s);
void hash_init(struct hash_run *run);
void hash_add(struct hash_run *run, struct slice s);
struct hash hash_done(struct hash_run *run);
bool hash_eq(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *a);
int hash_cmp(const struct hash *a, const struct hash *b); /* memcmp's order */

#endif
