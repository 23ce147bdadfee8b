/* Bytes under a key: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce
 * of 24 bytes, which the caller draws. */
#ifndef LINJULI_AEAD_H
#define LINJULI_AEAD_H

#include "key.h"

#define AEAD_NONCE_BYTES 24
#define AEAD_MAC_BYTES 16

/* Appends plain.n + AEAD_MAC_BYTES bytes. */
void aead_seal(const struct key *key, const uint8_t nonce[static AEAD_NONCE_BYTES],
               struct slice about, struct slice plain, struct buf *out);
/* `out` has room for cipher.n - AEAD_MAC_BYTES bytes. RC_FORGED: another key, another
 * `about`, or changed; nothing is given out. */
enum rc aead_open(const struct key *key, const uint8_t nonce[static AEAD_NONCE_BYTES],
                  struct slice about, struct slice cipher, uint8_t *out) MUST_USE;

#endif
