/* Private to crypto/: Noise's cipher state and symmetric state (rev. 34, sections 5.1 and
 * 5.2) for ChaChaPoly and BLAKE2b. */
#ifndef LINJULI_NOISE_STATE_H
#define LINJULI_NOISE_STATE_H

#include "noise.h"

struct noise_cipher {
    uint8_t k[KEY_BYTES];
    uint64_t n; /* the next nonce; the last value is never used (section 5.1) */
    bool has_key;
};

struct noise_symmetric {
    uint8_t ck[NOISE_HASH_BYTES];
    uint8_t h[NOISE_HASH_BYTES];
    struct noise_cipher cipher;
};

/* HMAC-BLAKE2b (RFC 2104, block of 128 bytes) of a ‖ b under a key of 64 bytes. */
void noise_hmac(const uint8_t key[static NOISE_HASH_BYTES], struct slice a,
                struct slice b, uint8_t out[static NOISE_HASH_BYTES]);
/* HKDF of section 4.3: the first `n` (2 or 3) of the outputs, 64 bytes each. */
void noise_hkdf(const uint8_t ck[static NOISE_HASH_BYTES], struct slice ikm, size_t n,
                uint8_t out[static 3 * NOISE_HASH_BYTES]);

void cipher_init(struct noise_cipher *c, const uint8_t key[static KEY_BYTES]);
/* Appends the ciphertext (without a key: the plaintext). RC_LIMIT: nonces used up. */
enum rc cipher_seal(struct noise_cipher *c, struct slice ad, struct slice plain,
                    struct buf *out) MUST_USE;
/* Appends the plaintext. RC_LIMIT, RC_MALFORMED (too short), RC_FORGED. */
enum rc cipher_open(struct noise_cipher *c, struct slice ad, struct slice cipher,
                    struct buf *out) MUST_USE;

void symmetric_init(struct noise_symmetric *s, struct slice protocol_name);
void symmetric_mix_key(struct noise_symmetric *s, struct slice ikm);
void symmetric_mix_hash(struct noise_symmetric *s, struct slice data);
void symmetric_mix_key_and_hash(struct noise_symmetric *s, struct slice ikm);
enum rc symmetric_seal(struct noise_symmetric *s, struct slice plain,
                       struct buf *out) MUST_USE;
enum rc symmetric_open(struct noise_symmetric *s, struct slice cipher,
                       struct buf *out) MUST_USE;
/* The ciphers of the initiator and of the responder. */
void symmetric_split(const struct noise_symmetric *s, struct noise_cipher *first,
                     struct noise_cipher *second);

#endif
