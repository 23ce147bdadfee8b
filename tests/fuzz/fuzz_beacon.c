/* Datagrams from the local network: no key opens what it did not seal, and what a key has
 * sealed is refused or comes back byte for byte. The first byte chooses which. */
#include <assert.h>
#include <string.h>

#include "sync/beacon.h"
#include "sync/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A member's plaintext, whatever stands in it, sealed as it must be. */
static void
from_member(const struct key *key, struct slice said)
{
    const uint8_t kind = BEACON_KIND;
    uint8_t plain[BEACON_PLAIN_BYTES] = {0};
    uint8_t nonce[AEAD_NONCE_BYTES] = {1};
    struct buf datagram = BUF_NONE;
    struct buf again = BUF_NONE;
    struct beacon b;

    memcpy(plain, said.p, said.n < sizeof plain ? said.n : sizeof plain);
    buf_add_u8(&datagram, kind);
    buf_add(&datagram, nonce, sizeof nonce);
    aead_seal(key, nonce, slice_of(&kind, 1), slice_of(plain, sizeof plain), &datagram);
    if (beacon_decode(buf_slice(&datagram), key, 1, &b) == RC_OK) {
        assert(b.port > 0 && b.node > 0);
        beacon_encode(&b, key, nonce, &again);
        assert(slice_eq(buf_slice(&datagram), buf_slice(&again)));
    }
    buf_free(&datagram);
    buf_free(&again);
}

static void
from_anybody(const struct key *key, struct slice said)
{
    struct beacon b;
    struct code_ask a;

    assert(beacon_decode(said, key, 2, &b) != RC_OK);
    for (int is_answer = 0; is_answer < 2; is_answer++) {
        if (code_ask_decode(said, is_answer != 0, &a) == RC_OK) {
            struct buf again = BUF_NONE;

            code_ask_encode(&a, is_answer != 0, &again);
            assert(slice_eq(said, buf_slice(&again)));
            buf_free(&again);
        }
    }
}

static void
from_keyboard(struct slice said)
{
    char text[64] = {0};
    char printed[CODE_TEXT_BYTES];
    struct code c, again;

    memcpy(text, said.p, said.n < sizeof text - 1 ? said.n : sizeof text - 1);
    if (code_parse(text, &c) == RC_OK) {
        code_print(&c, printed);
        assert(code_parse(printed, &again) == RC_OK);
        assert(memcmp(&c, &again, sizeof c) == 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct key key[2] = {{{1}}, {{2}}};
    struct slice said = slice_of(data + 1, size > 0 ? size - 1 : 0);

    if (size == 0) {
        return 0;
    }
    if (data[0] % 3 == 0) {
        from_anybody(key, said);
    } else if (data[0] % 3 == 1) {
        from_member(key, said);
    } else {
        from_keyboard(said);
    }
    return 0;
}
