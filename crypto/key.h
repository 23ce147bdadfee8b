/* Keys: Ed25519 (RFC 8032) for signing, X25519 (RFC 7748) for the handshake and for
 * receiving scope keys; their files (KEYS.md); a passphrase or PIN stretched by Argon2id.
 */
#ifndef LINJULI_KEY_H
#define LINJULI_KEY_H

#include "hash.h"

#define KEY_BYTES 32
#define SEED_BYTES 32
#define SIG_BYTES 64
#define SEALED_KEY_BYTES 80 /* a 32-byte key sealed to an X25519 key: 32 + 32 + 16 */
#define KEY_FILE_BYTES_MAX 256

struct key {
    uint8_t b[KEY_BYTES];
};
struct sig {
    uint8_t b[SIG_BYTES];
};

/* A pair. `secret` is Ed25519's seed ‖ public (64 bytes) or X25519's scalar (first 32).
 * pair_wipe when done. */
enum pair_kind { PAIR_SIGN = 1, PAIR_BOX = 2 };
struct pair {
    enum pair_kind kind;
    struct key pub;
    uint8_t secret[64];
};

/* Once, before anything else here; RC_BUG when libsodium cannot start. */
enum rc crypto_init(void) MUST_USE;
/* n random bytes from the operating system. */
void bytes_random(void *out, size_t n);

void pair_new_random(enum pair_kind kind, struct pair *out);
void pair_from_seed(enum pair_kind kind, const uint8_t seed[static SEED_BYTES],
                    struct pair *out);
void pair_wipe(struct pair *p);
/* A key that may be enrolled: a canonical Ed25519 point of the prime-order group. */
bool key_is_valid(const struct key *k);
/* Of public keys: what they hold is no secret, and the time tells it. */
bool key_eq(const struct key *a, const struct key *b);
int key_cmp(const struct key *a, const struct key *b);

/* A 32-byte scope key sealed to an X25519 public key (libsodium's sealed box); to one of
 * low order: zeros, which nobody opens. */
void key_seal_random(const struct key *scope_key, const struct key *to,
                     uint8_t out[static SEALED_KEY_BYTES]);
enum rc key_unseal(const uint8_t in[static SEALED_KEY_BYTES], const struct pair *to,
                   struct key *out) MUST_USE;
/* A 32-byte key under another one: nonce 24 ‖ XChaCha20-Poly1305, 72 bytes. */
#define WRAPPED_KEY_BYTES 72
void key_wrap_random(const struct key *k, const struct key *under,
                     uint8_t out[static WRAPPED_KEY_BYTES]);
enum rc key_unwrap(const uint8_t in[static WRAPPED_KEY_BYTES], const struct key *under,
                   struct key *out) MUST_USE;

/* Key file as bytes (KEYS.md section 2). pass NULL: no passphrase. Decoding a protected
 * file without or with the wrong passphrase: RC_DENIED; damaged: RC_MALFORMED. */
void pair_encode_random(const struct pair *p, const char *pass, struct buf *out);
enum rc pair_decode(struct slice file, const char *pass, struct pair *out) MUST_USE;
bool pair_is_locked(struct slice file);
/* Kind and public key alone, which no passphrase hides; RC_MALFORMED. */
enum rc pair_public(struct slice file, struct pair *out) MUST_USE;

/* Argon2id (RFC 9106), 64 MiB, 3 passes: a passphrase and a 16-byte salt into a key. */
void pass_stretch(const char *pass, const uint8_t salt[static 16], struct key *out);

#endif
