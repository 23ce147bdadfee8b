/* Sealed items (sync/ENTRY.md section 4). The operation is padded where it stands and
 * enciphered where it stands, so that neither way needs memory of its own. */
#include "crypto/item.h"

#include <sodium.h>
#include <string.h>

#define PAD_BYTES 16
#define PLACE_BYTES (KEY_BYTES + 8 + 2)

_Static_assert(ITEM_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(ITEM_MAC_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

/* ISO/IEC 7816-4: 0x80, then zeros up to the next multiple of 16; never nothing. */
static size_t
padded_bytes(size_t n)
{
    return n + (PAD_BYTES - n % PAD_BYTES);
}

static void
place_encode(const struct item_place *at, uint8_t out[static PLACE_BYTES])
{
    memcpy(out, at->log.b, KEY_BYTES);
    put_u64(out + KEY_BYTES, at->seq);
    put_u16(out + KEY_BYTES + 8, at->index);
}

size_t
item_sealed_bytes(size_t n)
{
    return ITEM_OVERHEAD_BYTES + padded_bytes(n);
}

void
item_seal(uint32_t scope, uint32_t epoch, const struct key *key,
          const uint8_t nonce[static ITEM_NONCE_BYTES], const struct item_place *at,
          struct slice op, struct buf *out)
{
    size_t plain_n = padded_bytes(op.n);
    uint8_t place[PLACE_BYTES];
    uint8_t *p;

    place_encode(at, place);
    buf_reserve(out, item_sealed_bytes(op.n));
    buf_add_u32(out, scope);
    buf_add_u32(out, epoch);
    buf_add(out, nonce, ITEM_NONCE_BYTES);
    p = out->p + out->n;
    if (op.n > 0) {
        memcpy(p, op.p, op.n);
    }
    memset(p + op.n, 0, plain_n - op.n);
    p[op.n] = 0x80;
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(p, NULL, p, plain_n, place,
                                                     sizeof place, NULL, nonce, key->b);
    out->n += plain_n + ITEM_MAC_BYTES;
}

enum rc
item_head(struct slice item, uint32_t *scope, uint32_t *epoch)
{
    struct reader r = reader_of(item);

    *scope = read_u32(&r);
    *epoch = read_u32(&r);
    return r.bad ? RC_MALFORMED : RC_OK;
}

enum rc
item_open(struct slice item, const struct key *key, const struct item_place *at,
          struct buf *out)
{
    uint8_t place[PLACE_BYTES];
    const uint8_t *nonce;
    const uint8_t *c;
    size_t c_n;
    size_t n;

    out->n = 0;
    if (item.n < ITEM_OVERHEAD_BYTES + PAD_BYTES ||
        (item.n - ITEM_OVERHEAD_BYTES) % PAD_BYTES != 0) {
        return RC_MALFORMED;
    }
    nonce = item.p + ITEM_HEAD_BYTES;
    c = nonce + ITEM_NONCE_BYTES;
    c_n = item.n - ITEM_HEAD_BYTES - ITEM_NONCE_BYTES;
    place_encode(at, place);
    buf_reserve(out, c_n - ITEM_MAC_BYTES);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out->p, NULL, NULL, c, c_n, place,
                                                   sizeof place, nonce, key->b) != 0) {
        return RC_FORGED;
    }
    if (sodium_unpad(&n, out->p, c_n - ITEM_MAC_BYTES, PAD_BYTES) != 0) {
        return RC_MALFORMED;
    }
    out->n = n;
    return RC_OK;
}
