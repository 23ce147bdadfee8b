/* Key pairs, valid keys, sealed and wrapped keys (KEYS.md sections 1 and 3). */
#include "crypto/key.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519 seed");
_Static_assert(KEY_BYTES == crypto_box_PUBLICKEYBYTES, "X25519 public key");
_Static_assert(SEALED_KEY_BYTES == KEY_BYTES + crypto_box_SEALBYTES, "sealed key");
_Static_assert(WRAPPED_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                        KEY_BYTES +
                                        crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "wrapped key");

#define WRAP_NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define WRAP_TAG_BYTES 16

static const char wrap_tag[WRAP_TAG_BYTES + 1] = "linjuli-wrap--v1";

/* L, the order of the prime-order group (RFC 8032, section 5.1), little-endian. */
static const uint8_t group_order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
    0xa2, 0xde, 0xf9, 0xde, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
};

enum rc
crypto_init(void)
{
    return sodium_init() < 0 ? RC_BUG : RC_OK;
}

void
bytes_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void
pair_new_random(enum pair_kind kind, struct pair *out)
{
    uint8_t seed[SEED_BYTES];

    bytes_random(seed, sizeof seed);
    pair_from_seed(kind, seed, out);
    mem_wipe(seed, sizeof seed);
}

/* The scalar is kept clamped (RFC 7748, section 5), so that it has one form only. */
static void
box_from_seed(const uint8_t seed[static SEED_BYTES], struct pair *out)
{
    memset(out->secret, 0, sizeof out->secret);
    memcpy(out->secret, seed, SEED_BYTES);
    out->secret[0] &= 0xf8;
    out->secret[31] = (uint8_t)((out->secret[31] & 0x7f) | 0x40);
    (void)crypto_scalarmult_curve25519_base(out->pub.b, out->secret);
}

void
pair_from_seed(enum pair_kind kind, const uint8_t seed[static SEED_BYTES],
               struct pair *out)
{
    assert(kind == PAIR_SIGN || kind == PAIR_BOX);
    out->kind = kind;
    if (kind == PAIR_SIGN) {
        (void)crypto_sign_seed_keypair(out->pub.b, out->secret, seed);
    } else {
        box_from_seed(seed, out);
    }
}

void
pair_wipe(struct pair *p)
{
    mem_wipe(p, sizeof *p);
}

/* libsodium 1.0.18 without Debian's patch takes a point of order 2L for one of order L
 * (CVE-2025-69277: it looks at x alone, and the point of order 2 has x = 0 like the
 * neutral one). So the point is multiplied by L once more: this call refuses a neutral
 * result. */
bool
key_is_valid(const struct key *k)
{
    struct key q;

    return crypto_core_ed25519_is_valid_point(k->b) == 1 &&
           crypto_scalarmult_ed25519_noclamp(q.b, group_order, k->b) != 0;
}

bool
key_eq(const struct key *a, const struct key *b)
{
    return memcmp(a->b, b->b, KEY_BYTES) == 0;
}

int
key_cmp(const struct key *a, const struct key *b)
{
    return memcmp(a->b, b->b, KEY_BYTES);
}

void
key_seal_random(const struct key *scope_key, const struct key *to,
                uint8_t out[static SEALED_KEY_BYTES])
{
    if (crypto_box_seal(out, scope_key->b, KEY_BYTES, to->b) != 0) {
        memset(out, 0, SEALED_KEY_BYTES); /* a low-order key: nobody shall open it */
    }
}

enum rc
key_unseal(const uint8_t in[static SEALED_KEY_BYTES], const struct pair *to,
           struct key *out)
{
    assert(to->kind == PAIR_BOX);
    memset(out, 0, sizeof *out);
    return crypto_box_seal_open(out->b, in, SEALED_KEY_BYTES, to->pub.b, to->secret) == 0
               ? RC_OK
               : RC_FORGED;
}

void
key_wrap_random(const struct key *k, const struct key *under,
                uint8_t out[static WRAPPED_KEY_BYTES])
{
    bytes_random(out, WRAP_NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + WRAP_NONCE_BYTES, NULL, k->b,
                                                     KEY_BYTES, (const uint8_t *)wrap_tag,
                                                     WRAP_TAG_BYTES, NULL, out, under->b);
}

enum rc
key_unwrap(const uint8_t in[static WRAPPED_KEY_BYTES], const struct key *under,
           struct key *out)
{
    memset(out, 0, sizeof *out);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               out->b, NULL, NULL, in + WRAP_NONCE_BYTES,
               WRAPPED_KEY_BYTES - WRAP_NONCE_BYTES, (const uint8_t *)wrap_tag,
               WRAP_TAG_BYTES, in, under->b) == 0
               ? RC_OK
               : RC_FORGED;
}
