/* Noise's cipher and symmetric state. Names follow rev. 34 of the framework. */
#include "crypto/noise_state.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define HMAC_BLOCK_BYTES 128 /* BLAKE2b's block */
#define NONCE_BYTES crypto_aead_chacha20poly1305_ietf_NPUBBYTES

_Static_assert(NOISE_HASH_BYTES == crypto_generichash_blake2b_BYTES_MAX, "BLAKE2b, 64");
_Static_assert(NOISE_MAC_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(KEY_BYTES == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");

static void
blake_add(crypto_generichash_blake2b_state *st, struct slice s)
{
    if (s.n > 0) {
        (void)crypto_generichash_blake2b_update(st, s.p, s.n);
    }
}

/* BLAKE2b of a ‖ b ‖ c. */
static void
blake(struct slice a, struct slice b, struct slice c,
      uint8_t out[static NOISE_HASH_BYTES])
{
    crypto_generichash_blake2b_state st;

    (void)crypto_generichash_blake2b_init(&st, NULL, 0, NOISE_HASH_BYTES);
    blake_add(&st, a);
    blake_add(&st, b);
    blake_add(&st, c);
    (void)crypto_generichash_blake2b_final(&st, out, NOISE_HASH_BYTES);
    mem_wipe(&st, sizeof st);
}

void
noise_hmac(const uint8_t key[static NOISE_HASH_BYTES], struct slice a, struct slice b,
           uint8_t out[static NOISE_HASH_BYTES])
{
    uint8_t inner[HMAC_BLOCK_BYTES];
    uint8_t outer[HMAC_BLOCK_BYTES];
    uint8_t mid[NOISE_HASH_BYTES];

    memset(inner, 0x36, sizeof inner);
    memset(outer, 0x5c, sizeof outer);
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++) {
        inner[i] ^= key[i];
        outer[i] ^= key[i];
    }
    blake(slice_of(inner, sizeof inner), a, b, mid);
    blake(slice_of(outer, sizeof outer), slice_of(mid, sizeof mid), slice_of(NULL, 0),
          out);
    mem_wipe(inner, sizeof inner);
    mem_wipe(outer, sizeof outer);
    mem_wipe(mid, sizeof mid);
}

void
noise_hkdf(const uint8_t ck[static NOISE_HASH_BYTES], struct slice ikm, size_t n,
           uint8_t out[static 3 * NOISE_HASH_BYTES])
{
    uint8_t temp[NOISE_HASH_BYTES];
    struct slice before = {NULL, 0};

    assert(n == 2 || n == 3);
    noise_hmac(ck, ikm, slice_of(NULL, 0), temp);
    for (size_t i = 0; i < n; i++) {
        uint8_t count = (uint8_t)(i + 1);

        noise_hmac(temp, before, slice_of(&count, 1), out + i * NOISE_HASH_BYTES);
        before = slice_of(out + i * NOISE_HASH_BYTES, NOISE_HASH_BYTES);
    }
    mem_wipe(temp, sizeof temp);
}

void
cipher_init(struct noise_cipher *c, const uint8_t key[static KEY_BYTES])
{
    memcpy(c->k, key, KEY_BYTES);
    c->n = 0;
    c->has_key = true;
}

/* 32 zero bits, then the counter, little-endian (section 12.3). */
static void
nonce_of(uint64_t n, uint8_t out[static NONCE_BYTES])
{
    memset(out, 0, NONCE_BYTES);
    for (size_t i = 0; i < 8; i++) {
        out[4 + i] = (uint8_t)(n >> (8 * i));
    }
}

enum rc
cipher_seal(struct noise_cipher *c, struct slice ad, struct slice plain, struct buf *out)
{
    uint8_t nonce[NONCE_BYTES];

    if (!c->has_key) {
        buf_add_slice(out, plain);
        return RC_OK;
    }
    if (c->n == UINT64_MAX) {
        return RC_LIMIT;
    }
    nonce_of(c->n, nonce);
    buf_reserve(out, plain.n + NOISE_MAC_BYTES);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out->p + out->n, NULL, plain.p, plain.n, ad.p, ad.n, NULL, nonce, c->k);
    out->n += plain.n + NOISE_MAC_BYTES;
    c->n++;
    return RC_OK;
}

enum rc
cipher_open(struct noise_cipher *c, struct slice ad, struct slice cipher, struct buf *out)
{
    uint8_t nonce[NONCE_BYTES];

    if (!c->has_key) {
        buf_add_slice(out, cipher);
        return RC_OK;
    }
    if (cipher.n < NOISE_MAC_BYTES) {
        return RC_MALFORMED;
    }
    if (c->n == UINT64_MAX) {
        return RC_LIMIT;
    }
    nonce_of(c->n, nonce);
    buf_reserve(out, cipher.n - NOISE_MAC_BYTES);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out->p + out->n, NULL, NULL, cipher.p,
                                                  cipher.n, ad.p, ad.n, nonce,
                                                  c->k) != 0) {
        return RC_FORGED;
    }
    out->n += cipher.n - NOISE_MAC_BYTES;
    c->n++;
    return RC_OK;
}

void
symmetric_init(struct noise_symmetric *s, struct slice protocol_name)
{
    assert(protocol_name.n <= NOISE_HASH_BYTES);
    memset(s, 0, sizeof *s);
    memcpy(s->h, protocol_name.p, protocol_name.n);
    memcpy(s->ck, s->h, sizeof s->ck);
}

void
symmetric_mix_key(struct noise_symmetric *s, struct slice ikm)
{
    uint8_t out[3 * NOISE_HASH_BYTES];

    noise_hkdf(s->ck, ikm, 2, out);
    memcpy(s->ck, out, sizeof s->ck);
    cipher_init(&s->cipher, out + NOISE_HASH_BYTES);
    mem_wipe(out, sizeof out);
}

void
symmetric_mix_hash(struct noise_symmetric *s, struct slice data)
{
    blake(slice_of(s->h, sizeof s->h), data, slice_of(NULL, 0), s->h);
}

void
symmetric_mix_key_and_hash(struct noise_symmetric *s, struct slice ikm)
{
    uint8_t out[3 * NOISE_HASH_BYTES];

    noise_hkdf(s->ck, ikm, 3, out);
    memcpy(s->ck, out, sizeof s->ck);
    symmetric_mix_hash(s, slice_of(out + NOISE_HASH_BYTES, NOISE_HASH_BYTES));
    cipher_init(&s->cipher, out + 2 * (size_t)NOISE_HASH_BYTES);
    mem_wipe(out, sizeof out);
}

enum rc
symmetric_seal(struct noise_symmetric *s, struct slice plain, struct buf *out)
{
    size_t start = out->n;
    enum rc rc = cipher_seal(&s->cipher, slice_of(s->h, sizeof s->h), plain, out);

    if (rc == RC_OK) {
        symmetric_mix_hash(s, slice_of(out->p + start, out->n - start));
    }
    return rc;
}

enum rc
symmetric_open(struct noise_symmetric *s, struct slice cipher, struct buf *out)
{
    enum rc rc = cipher_open(&s->cipher, slice_of(s->h, sizeof s->h), cipher, out);

    if (rc == RC_OK) {
        symmetric_mix_hash(s, cipher);
    }
    return rc;
}

void
symmetric_split(const struct noise_symmetric *s, struct noise_cipher *first,
                struct noise_cipher *second)
{
    uint8_t out[3 * NOISE_HASH_BYTES];

    noise_hkdf(s->ck, slice_of(NULL, 0), 2, out);
    cipher_init(first, out);
    cipher_init(second, out + NOISE_HASH_BYTES);
    mem_wipe(out, sizeof out);
}
