#include "crypto/aead.h"

#include <sodium.h>

_Static_assert(AEAD_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(AEAD_MAC_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

void
aead_seal(const struct key *key, const uint8_t nonce[static AEAD_NONCE_BYTES],
          struct slice about, struct slice plain, struct buf *out)
{
    buf_reserve(out, plain.n + AEAD_MAC_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out->p + out->n, NULL, plain.p, plain.n, about.p, about.n, NULL, nonce, key->b);
    out->n += plain.n + AEAD_MAC_BYTES;
}

enum rc
aead_open(const struct key *key, const uint8_t nonce[static AEAD_NONCE_BYTES],
          struct slice about, struct slice cipher, uint8_t *out)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               out, NULL, NULL, cipher.p, cipher.n, about.p, about.n, nonce, key->b) == 0
               ? RC_OK
               : RC_FORGED;
}
