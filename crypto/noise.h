/* Noise_XX and Noise_XXpsk3, _25519_ChaChaPoly_BLAKE2b (Noise Protocol Framework rev.
 * 34), on libsodium primitives. A machine without I/O: messages in, messages out. */
#ifndef LINJULI_NOISE_H
#define LINJULI_NOISE_H

#include "key.h"

#define NOISE_HASH_BYTES 64
#define NOISE_MAC_BYTES 16
#define NOISE_MESSAGE_MAX 65535
#define NOISE_PLAIN_MAX (NOISE_MESSAGE_MAX - NOISE_MAC_BYTES)

enum noise_pattern { NOISE_XX = 1, NOISE_XXPSK3 = 2 };

struct noise; /* opaque: handshake, then transport */

/* `ephemeral` comes from outside (randomness is the caller's); psk NULL with NOISE_XX. */
struct noise *noise_new(enum noise_pattern pattern, bool is_initiator,
                        const struct pair *self, const struct pair *ephemeral,
                        const struct key *psk, struct slice prologue);
void noise_free(struct noise *n);             /* wipes; NULL is fine */
bool noise_is_my_turn(const struct noise *n); /* in the handshake: ours to write */
bool noise_is_open(const struct noise *n);    /* handshake complete: transport */
/* A psk that is looked up after message 1: responder of XXpsk3, before message 3. */
void noise_set_psk(struct noise *n, const struct key *psk);

/* Next handshake message, appended. */
enum rc noise_write(struct noise *n, struct slice payload, struct buf *out) MUST_USE;
/* Takes the peer's message; its payload is appended. RC_FORGED, RC_MALFORMED; RC_DENIED
 * when a psk is needed and none is set. Any failure leaves the machine dead: every later
 * call gives RC_PROTOCOL. */
enum rc noise_read(struct noise *n, struct slice message, struct buf *payload) MUST_USE;

/* When open: the peer's static key; the handshake hash (channel binding). */
const struct key *noise_peer(const struct noise *n);
const uint8_t *noise_hash(const struct noise *n); /* NOISE_HASH_BYTES */
/* Transport: at most NOISE_PLAIN_MAX bytes a message; the ciphertext is appended. */
enum rc noise_seal(struct noise *n, struct slice plain, struct buf *out) MUST_USE;
enum rc noise_open(struct noise *n, struct slice cipher, struct buf *plain) MUST_USE;

#endif
