/* Items: the unit of encryption and of erasure (sync/ENTRY.md section 4).
 * scope u32 ‖ epoch u32 ‖ nonce 24 ‖ XChaCha20-Poly1305(operation padded to 16). */
#ifndef LINJULI_ITEM_H
#define LINJULI_ITEM_H

#include "key.h"

#define ITEM_HEAD_BYTES 8
#define ITEM_NONCE_BYTES 24
#define ITEM_MAC_BYTES 16
#define ITEM_OVERHEAD_BYTES (ITEM_HEAD_BYTES + ITEM_NONCE_BYTES + ITEM_MAC_BYTES)

/* Where an item stands: its associated data is log ‖ seq u64 ‖ index u16. */
struct item_place {
    struct key log;
    uint64_t seq;
    uint16_t index;
};

/* Bytes of a sealed item whose operation has n bytes. */
size_t item_sealed_bytes(size_t n);
/* Appends the sealed item. The nonce is random and never derived: one call of
 * bytes_random for the nonces of a whole entry. */
void item_seal(uint32_t scope, uint32_t epoch, const struct key *key,
               const uint8_t nonce[static ITEM_NONCE_BYTES], const struct item_place *at,
               struct slice op, struct buf *out);
/* Scope and epoch of an item; RC_MALFORMED when it is shorter than its head. */
enum rc item_head(struct slice item, uint32_t *scope, uint32_t *epoch) MUST_USE;
/* The operation, written into out (cleared first; capacity is kept between calls).
 * RC_FORGED if key or place are not the right ones, RC_MALFORMED if it cannot be one. */
enum rc item_open(struct slice item, const struct key *key, const struct item_place *at,
                  struct buf *out) MUST_USE;

#endif
