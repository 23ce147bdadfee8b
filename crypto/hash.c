/* SHA-256 by libsodium. */
#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(struct hash_run) >= sizeof(crypto_hash_sha256_state),
               "the state fits into struct hash_run");
_Static_assert(_Alignof(struct hash_run) >= _Alignof(crypto_hash_sha256_state),
               "and stands where it may");
_Static_assert(HASH_BYTES == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");

static crypto_hash_sha256_state *
state_of(struct hash_run *run)
{
    return (crypto_hash_sha256_state *)(void *)run->opaque;
}

struct hash
hash_of(struct slice s)
{
    struct hash h;

    (void)crypto_hash_sha256(h.b, s.p, s.n);
    return h;
}

void
hash_init(struct hash_run *run)
{
    (void)crypto_hash_sha256_init(state_of(run));
}

void
hash_add(struct hash_run *run, struct slice s)
{
    if (s.n > 0) {
        (void)crypto_hash_sha256_update(state_of(run), s.p, s.n);
    }
}

struct hash
hash_done(struct hash_run *run)
{
    struct hash h;

    (void)crypto_hash_sha256_final(state_of(run), h.b);
    return h;
}

bool
hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

bool
hash_is_zero(const struct hash *a)
{
    static const struct hash zero;

    return hash_eq(a, &zero);
}

int
hash_cmp(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_BYTES);
}
