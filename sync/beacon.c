#include "sync/beacon.h"

#include <string.h>

#define VERSION 1
#define FLAG_HUB 1

static const char tag[16] = "linjuli-beacon1";
static const uint8_t kind = BEACON_KIND;

_Static_assert(BEACON_BYTES == 65, "as BEACON.md says");

void
beacon_key(const struct hash *community, uint32_t epoch, const struct key *scope_key,
           struct key *out)
{
    uint8_t number[4];
    struct hash_run run;
    struct hash h;

    put_u32(number, epoch);
    hash_init(&run);
    hash_add(&run, slice_of(tag, sizeof tag));
    hash_add(&run, slice_of(community->b, HASH_BYTES));
    hash_add(&run, slice_of(number, sizeof number));
    hash_add(&run, slice_of(scope_key->b, KEY_BYTES));
    h = hash_done(&run);
    memcpy(out->b, h.b, KEY_BYTES);
    mem_wipe(&h, sizeof h);
    mem_wipe(&run, sizeof run);
}

void
beacon_encode(const struct beacon *b, const struct key *key,
              const uint8_t nonce[static AEAD_NONCE_BYTES], struct buf *out)
{
    uint8_t plain[BEACON_PLAIN_BYTES];

    plain[0] = VERSION;
    plain[1] = b->is_hub ? FLAG_HUB : 0;
    put_u16(plain + 2, b->port);
    put_u32(plain + 4, b->node);
    put_u64(plain + 8, b->wall_ms);
    memcpy(plain + 16, b->digest, BEACON_DIGEST_BYTES);
    buf_add_u8(out, kind);
    buf_add(out, nonce, AEAD_NONCE_BYTES);
    aead_seal(key, nonce, slice_of(&kind, 1), slice_of(plain, sizeof plain), out);
}

/* BEACON.md section 3, conditions 3 to 6. */
static enum rc
plain_decode(const uint8_t plain[static BEACON_PLAIN_BYTES], struct beacon *out)
{
    struct beacon b = {.is_hub = (plain[1] & FLAG_HUB) != 0,
                       .port = get_u16(plain + 2),
                       .node = get_u32(plain + 4),
                       .wall_ms = get_u64(plain + 8)};

    if (plain[0] != VERSION || (plain[1] & ~FLAG_HUB) != 0 || b.port == 0 ||
        b.node == 0) {
        return RC_MALFORMED;
    }
    memcpy(b.digest, plain + 16, BEACON_DIGEST_BYTES);
    *out = b;
    return RC_OK;
}

enum rc
beacon_decode(struct slice datagram, const struct key *key, size_t n, struct beacon *out)
{
    uint8_t plain[BEACON_PLAIN_BYTES];

    if (datagram.n != BEACON_BYTES || datagram.p[0] != BEACON_KIND) {
        return RC_MALFORMED;
    }
    for (size_t i = 0; i < n; i++) {
        if (aead_open(&key[i], datagram.p + 1, slice_of(datagram.p, 1),
                      slice_of(datagram.p + 1 + AEAD_NONCE_BYTES,
                               BEACON_PLAIN_BYTES + AEAD_MAC_BYTES),
                      plain) == RC_OK) {
            return plain_decode(plain, out);
        }
    }
    return RC_FORGED;
}

/* ---- the question */

static const uint8_t ask[BEACON_ASK_BYTES] = {
    BEACON_ASK_KIND, 'l', 'i', 'n', 'j', 'u', 'l', 'i'};

void
beacon_ask_encode(struct buf *out)
{
    buf_add(out, ask, sizeof(ask));
}

bool
beacon_ask_is(struct slice datagram)
{
    return slice_eq(datagram, slice_of(ask, sizeof(ask)));
}
