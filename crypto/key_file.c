/* Key files and passphrases (KEYS.md sections 2 and 5). */
#include "crypto/key_file.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FILE_VERSION 1
#define FILE_CHECK_BYTES 8
#define SEALED_SEED_BYTES (SEED_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define FILE_HEAD_BYTES (2 + 2 + 1 + 1 + 2 + KEY_BYTES)
#define FILE_OPEN_BYTES (FILE_HEAD_BYTES + SEED_BYTES + FILE_CHECK_BYTES)
#define FILE_LOCKED_BYTES                                                                \
    (FILE_HEAD_BYTES + FILE_SALT_BYTES + FILE_NONCE_BYTES + SEALED_SEED_BYTES +          \
     FILE_CHECK_BYTES)

#define PASS_OPS 3
#define PASS_MEM_BYTES ((size_t)64 * 1024 * 1024)

_Static_assert(FILE_OPEN_BYTES == 80 && FILE_LOCKED_BYTES == 136, "as KEYS.md says");
_Static_assert(FILE_LOCKED_BYTES <= KEY_FILE_BYTES_MAX, "and within the limit");
_Static_assert(FILE_SALT_BYTES == crypto_pwhash_SALTBYTES, "Argon2id's salt");
_Static_assert(FILE_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");

static const char lock_none[3] = "00";
static const char lock_pass[3] = "A1";

/* The two letters of a kind; NULL for none of ours. */
static const char *
algorithm_of(unsigned kind)
{
    return kind == PAIR_SIGN ? "Ed" : kind == PAIR_BOX ? "X2" : NULL;
}

void
pass_stretch(const char *pass, const uint8_t salt[static 16], struct key *out)
{
    if (crypto_pwhash(out->b, KEY_BYTES, pass, strlen(pass), salt, PASS_OPS,
                      PASS_MEM_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        abort(); /* out of memory */
    }
}

static void
head_add(const struct pair *p, const char *lock, struct buf *out)
{
    buf_add(out, algorithm_of(p->kind), 2);
    buf_add(out, lock, 2);
    buf_add_u8(out, FILE_VERSION);
    buf_add_u8(out, (uint8_t)p->kind);
    buf_add_u16(out, 0);
    buf_add(out, p->pub.b, KEY_BYTES);
}

/* Salt, nonce and the seed under the passphrase; everything before is bound to it. */
static void
seed_add_locked(const struct pair *p, const char *pass, const uint8_t *drawn,
                size_t start, struct buf *out)
{
    const uint8_t *nonce = drawn + FILE_SALT_BYTES;
    struct key k;

    buf_add(out, drawn, FILE_SALT_BYTES + FILE_NONCE_BYTES);
    buf_reserve(out, SEALED_SEED_BYTES);
    pass_stretch(pass, drawn, &k);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out->p + out->n, NULL, p->secret,
                                                     SEED_BYTES, out->p + start,
                                                     out->n - start, NULL, nonce, k.b);
    out->n += SEALED_SEED_BYTES;
    mem_wipe(&k, sizeof k);
}

void
pair_encode_with(const struct pair *p, const char *pass,
                 const uint8_t drawn[static FILE_SALT_BYTES + FILE_NONCE_BYTES],
                 struct buf *out)
{
    size_t start = out->n;
    struct hash check;

    assert(p->kind == PAIR_SIGN || p->kind == PAIR_BOX);
    buf_reserve(out, FILE_LOCKED_BYTES); /* growing would leave a copy of the seed */
    head_add(p, pass != NULL ? lock_pass : lock_none, out);
    if (pass != NULL) {
        seed_add_locked(p, pass, drawn, start, out);
    } else {
        buf_add(out, p->secret, SEED_BYTES);
    }
    check = hash_of(slice_of(out->p + start, out->n - start));
    buf_add(out, check.b, FILE_CHECK_BYTES);
}

void
pair_encode_random(const struct pair *p, const char *pass, struct buf *out)
{
    uint8_t drawn[FILE_SALT_BYTES + FILE_NONCE_BYTES];

    bytes_random(drawn, sizeof drawn);
    pair_encode_with(p, pass, drawn, out);
}

bool
pair_is_locked(struct slice file)
{
    return file.n == FILE_LOCKED_BYTES && memcmp(file.p + 2, lock_pass, 2) == 0;
}

/* KEYS.md section 2, conditions 1 to 6: everything but the seed. */
static bool
head_is_valid(struct slice file)
{
    bool is_locked = pair_is_locked(file);
    const char *algorithm;
    struct hash check;

    if (!is_locked &&
        (file.n != FILE_OPEN_BYTES || memcmp(file.p + 2, lock_none, 2) != 0)) {
        return false;
    }
    algorithm = algorithm_of(file.p[5]);
    check = hash_of(slice_of(file.p, file.n - FILE_CHECK_BYTES));
    return algorithm != NULL && memcmp(file.p, algorithm, 2) == 0 &&
           file.p[4] == FILE_VERSION && get_u16(file.p + 6) == 0 &&
           memcmp(check.b, file.p + file.n - FILE_CHECK_BYTES, FILE_CHECK_BYTES) == 0;
}

enum rc
pair_public(struct slice file, struct pair *out)
{
    memset(out, 0, sizeof *out);
    if (!head_is_valid(file)) {
        return RC_MALFORMED;
    }
    out->kind = (enum pair_kind)file.p[5];
    memcpy(out->pub.b, file.p + FILE_HEAD_BYTES - KEY_BYTES, KEY_BYTES);
    return RC_OK;
}

static enum rc
seed_unlock(struct slice file, const char *pass, uint8_t seed[static SEED_BYTES])
{
    const uint8_t *salt = file.p + FILE_HEAD_BYTES;
    const uint8_t *nonce = salt + FILE_SALT_BYTES;
    const uint8_t *sealed = nonce + FILE_NONCE_BYTES;
    enum rc rc = RC_OK;
    struct key k;

    if (pass == NULL) {
        return RC_DENIED;
    }
    pass_stretch(pass, salt, &k);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            seed, NULL, NULL, sealed, SEALED_SEED_BYTES, file.p,
            FILE_HEAD_BYTES + FILE_SALT_BYTES + FILE_NONCE_BYTES, nonce, k.b) != 0) {
        rc = RC_DENIED;
    }
    mem_wipe(&k, sizeof k);
    return rc;
}

enum rc
pair_decode(struct slice file, const char *pass, struct pair *out)
{
    uint8_t seed[SEED_BYTES] = {0};
    enum rc rc = RC_OK;

    memset(out, 0, sizeof *out);
    if (!head_is_valid(file)) {
        return RC_MALFORMED;
    }
    if (pair_is_locked(file)) {
        rc = seed_unlock(file, pass, seed);
    } else {
        memcpy(seed, file.p + FILE_HEAD_BYTES, SEED_BYTES);
    }
    if (rc != RC_OK) {
        goto out;
    }
    pair_from_seed((enum pair_kind)file.p[5], seed, out);
    if (memcmp(out->pub.b, file.p + FILE_HEAD_BYTES - KEY_BYTES, KEY_BYTES) != 0 ||
        sodium_memcmp(out->secret, seed, SEED_BYTES) != 0) {
        pair_wipe(out);
        rc = RC_MALFORMED;
    }
out:
    mem_wipe(seed, sizeof seed);
    return rc;
}
