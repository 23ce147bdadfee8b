/* LAN beacon (BEACON.md): one datagram that tells members of the community where a node
 * can be called, and strangers nothing. A hint only: who is called proves itself. */
#ifndef LINJULI_BEACON_H
#define LINJULI_BEACON_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define BEACON_KIND 1 /* first byte */
#define BEACON_PLAIN_BYTES 24
#define BEACON_BYTES (1 + AEAD_NONCE_BYTES + BEACON_PLAIN_BYTES + AEAD_MAC_BYTES)
#define BEACON_DIGEST_BYTES 8
#define BEACON_KEYS_MAX 8 /* newest epochs that a receiver tries */

struct beacon {
    bool is_hub;
    uint16_t port; /* TCP, from 1 */
    uint32_t node; /* from 1 */
    uint64_t wall_ms;
    uint8_t digest[BEACON_DIGEST_BYTES]; /* first bytes of PROTOCOL.md section 5 */
};

/* What beacons of this epoch are under. */
void beacon_key(const struct hash *community, uint32_t epoch, const struct key *scope_key,
                struct key *out);
/* Appends BEACON_BYTES. The nonce is random, fresh for each. */
void beacon_encode(const struct beacon *b, const struct key *key,
                   const uint8_t nonce[static AEAD_NONCE_BYTES], struct buf *out);
/* The question whether anybody speaks here: who hears it says its beacon soon. */
#define BEACON_ASK_KIND 4
#define BEACON_ASK_BYTES 8
void beacon_ask_encode(struct buf *out); /* appends */
bool beacon_ask_is(struct slice datagram);
/* Under the first of n keys that fits. RC_MALFORMED: no beacon; RC_FORGED: not under any
 * of them. */
enum rc beacon_decode(struct slice datagram, const struct key *key, size_t n,
                      struct beacon *out) MUST_USE;

#endif
