/* Ed25519 over tag ‖ community ‖ message (KEYS.md section 4). */
#include "crypto/sign.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crypto/sign_raw.h"

#define PREFIX_BYTES (TAG_BYTES + HASH_BYTES)
#define STACK_BYTES 512      /* a header has 128: nothing is allocated for it */
#define TAG_BEGIN "linjuli-" /* of every tag */

_Static_assert(SIG_BYTES == crypto_sign_BYTES, "Ed25519 has 64 bytes");
_Static_assert(sizeof((struct pair *)0)->secret == crypto_sign_SECRETKEYBYTES,
               "the secret of a pair is what libsodium signs with");

static const char tag_text[TAG_N][TAG_BYTES + 1] = {
    [TAG_ENTRY] = "linjuli-entry-v1",   [TAG_ORDER] = "linjuli-order-v1",
    [TAG_JOIN] = "linjuli-join--v1",    [TAG_ROOT] = "linjuli-root--v1",
    [TAG_STICK] = "linjuli-stick-v1",   [TAG_DOOR] = "linjuli-door--v1",
    [TAG_REQUEST] = "linjuli-reqst-v1",
};

/* What is signed, in `small` if it fits there; else allocated, in *big. */
static struct slice
signed_bytes(enum tag tag, const struct hash *community, struct slice message,
             uint8_t small[static STACK_BYTES], uint8_t **big)
{
    size_t n = PREFIX_BYTES + message.n;
    uint8_t *p = small;

    assert((size_t)tag < TAG_N && message.n <= SIZE_MAX - PREFIX_BYTES);
    assert(memcmp(tag_text[tag], TAG_BEGIN, strlen(TAG_BEGIN)) ==
           0); /* never NOTE_BEGIN */
    if (n > STACK_BYTES) {
        *big = mem_new(n);
        p = *big;
    }
    memcpy(p, tag_text[tag], TAG_BYTES);
    memcpy(p + TAG_BYTES, community->b, HASH_BYTES);
    if (message.n > 0) {
        memcpy(p + PREFIX_BYTES, message.p, message.n);
    }
    return slice_of(p, n);
}

void
sign_make(enum tag tag, const struct hash *community, struct slice message,
          const struct pair *by, struct sig *out)
{
    uint8_t small[STACK_BYTES];
    uint8_t *big = NULL;
    struct slice s = signed_bytes(tag, community, message, small, &big);

    assert(by->kind == PAIR_SIGN);
    (void)crypto_sign_detached(out->b, NULL, s.p, s.n, by->secret);
    mem_free(big);
}

bool
sign_check_raw(struct slice message, struct slice sig, const struct key *by)
{
    return sig.n == SIG_BYTES &&
           crypto_sign_verify_detached(sig.p, message.p, message.n, by->b) == 0;
}

bool
sign_check(enum tag tag, const struct hash *community, struct slice message,
           const struct key *by, const struct sig *sig)
{
    uint8_t small[STACK_BYTES];
    uint8_t *big = NULL;
    struct slice s = signed_bytes(tag, community, message, small, &big);
    bool holds = sign_check_raw(s, slice_of(sig->b, SIG_BYTES), by);

    mem_free(big);
    return holds;
}

static bool
is_note(struct slice text)
{
    size_t n = strlen(NOTE_BEGIN);

    return text.n >= n && memcmp(text.p, NOTE_BEGIN, n) == 0;
}

void
sign_note_make(struct slice text, const struct pair *by, struct sig *out)
{
    assert(by->kind == PAIR_SIGN && is_note(text));
    (void)crypto_sign_detached(out->b, NULL, text.p, text.n, by->secret);
}

bool
sign_note_check(struct slice text, const struct key *by, const struct sig *sig)
{
    return is_note(text) && sign_check_raw(text, slice_of(sig->b, SIG_BYTES), by);
}
