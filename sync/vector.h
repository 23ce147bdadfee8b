/* Rows of the version vector as they stand in a message (PROTOCOL.md section 6). */
#ifndef LINJULI_VECTOR_H
#define LINJULI_VECTOR_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define KEYED_BYTES 8    /* of an id, keyed with the handshake hash */
#define ROW_BYTES_MAX 66 /* in a message */

struct keyed {
    uint8_t b[KEYED_BYTES];
};

struct vrow {
    bool is_authority;
    bool is_ack; /* a node's acknowledgement log */
    uint32_t no; /* reign, log or node number, from 1; 0: no row */
    uint64_t head_seq;
    struct keyed head;  /* zero when head_seq is 0 */
    uint64_t passed;    /* 0 in all rows but those of data logs */
    uint64_t proof_seq; /* 0: none */
    struct keyed proof;
    uint64_t held;    /* entries held behind the head: unverified, or of another branch */
    struct keyed top; /* the last of them */
};

/* First 8 bytes of SHA-256(handshake hash ‖ id), or of both ids of a proof. */
struct keyed keyed_id(const uint8_t hash[static NOISE_HASH_BYTES], const struct hash *id);
struct keyed keyed_proof(const uint8_t hash[static NOISE_HASH_BYTES],
                         const struct hash ids[static 2]);
bool keyed_eq(const struct keyed *a, const struct keyed *b);

/* Authority rows first, acknowledgement logs last, then by number: <0, 0, >0. */
int vrow_cmp(const struct vrow *a, const struct vrow *b);
/* Do both say the same? `held` counts only where it is the question. */
bool vrow_eq(const struct vrow *a, const struct vrow *b);

void vrow_add(struct buf *out, const struct vrow *row);
/* Takes the next row; it must come behind `last` (no 0: none before). Sets bad. */
void vrow_read(struct reader *r, const struct vrow *last, struct vrow *out);

#endif
