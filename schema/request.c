/* The two files of joining without a network (JOIN.md). */
#include "schema/request.h"

#include <string.h>

#define MAGIC_BYTES 8
#define VERSION 1
#define HEAD_BYTES (MAGIC_BYTES + 1 + 4)
#define ELEMENTS 7
#define ANSWER_ABOUT_BYTES (HEAD_BYTES + HASH_BYTES + SEALED_KEY_BYTES)
#define ANSWER_HEAD_BYTES (ANSWER_ABOUT_BYTES + AEAD_NONCE_BYTES)

static const uint8_t request_magic[MAGIC_BYTES] = {'l', 'j', 'r', 'e',
                                                   'q', 's', 't', '\n'};
static const uint8_t answer_magic[MAGIC_BYTES] = {'l', 'j', 'a', 'n',
                                                  's', 'w', 'r', '\n'};
/* Who asks knows no community yet. */
static const struct hash no_community;

/* Magic, version, a length n, and in all `more` bytes besides the head and the n. */
static enum rc
check_frame(struct slice file, const uint8_t *magic, size_t more, uint32_t *n)
{
    size_t seen = file.n < MAGIC_BYTES ? file.n : MAGIC_BYTES;
    if (file.n == 0 || memcmp(file.p, magic, seen) != 0)
        return RC_MALFORMED;
    if (file.n > MAGIC_BYTES && file.p[MAGIC_BYTES] != VERSION)
        return RC_STALE;
    if (file.n < HEAD_BYTES)
        return RC_CORRUPT;
    *n = get_u32(file.p + MAGIC_BYTES + 1);
    uint64_t want = (uint64_t)HEAD_BYTES + more + *n;
    if (file.n != want)
        return file.n < want ? RC_CORRUPT : RC_MALFORMED;
    return RC_OK;
}

/* ---- request */

static void
sign(const struct pair *by, struct slice message, struct buf *out)
{
    struct sig sig;
    sign_make(TAG_REQUEST, &no_community, message, by, &sig);
    buf_add(out, sig.b, SIG_BYTES);
}

void
request_encode(const struct request *r, const struct pair *log, const struct pair *ack,
               struct buf *out)
{
    struct buf b = BUF_NONE;
    buf_add(&b, request_magic, MAGIC_BYTES);
    buf_add_u8(&b, VERSION);
    buf_add_u32(&b, 0); /* length, below */
    pack_array(&b, ELEMENTS);
    pack_bin(&b, slice_of(r->box.b, KEY_BYTES));
    pack_bin(&b, slice_of(r->log.b, KEY_BYTES));
    pack_bin(&b, slice_of(r->ack.b, KEY_BYTES));
    pack_text(&b, slice_text(r->person));
    pack_text(&b, slice_text(r->unit));
    pack_text(&b, slice_text(r->role));
    pack_uint(&b, r->made_ms);
    put_u32(b.p + MAGIC_BYTES + 1, (uint32_t)(b.n - HEAD_BYTES));
    buf_add_slice(out, buf_slice(&b));
    sign(log, buf_slice(&b), out);
    sign(ack, buf_slice(&b), out);
    buf_free(&b);
}

static void
unpack_word(struct unpack *u, size_t max, char *out)
{
    struct slice s = unpack_text(u, max);
    u->bad |= s.n == 0;
    if (s.n > 0)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
}

static bool
holds(const struct key *by, struct slice message, const uint8_t *at)
{
    struct sig sig;
    memcpy(sig.b, at, SIG_BYTES);
    return sign_check(TAG_REQUEST, &no_community, message, by, &sig);
}

enum rc
request_decode(struct slice file, struct request *out, struct hash *name)
{
    uint32_t n = 0;
    *out = (struct request){0};
    if (file.n > REQUEST_FILE_BYTES_MAX)
        return RC_MALFORMED;
    enum rc rc = check_frame(file, request_magic, 2 * (size_t)SIG_BYTES, &n);
    if (rc != RC_OK)
        return rc;
    struct slice body = slice_of(file.p + HEAD_BYTES, n);
    if (pack_check(body) != RC_OK)
        return RC_MALFORMED;
    struct unpack u = unpack_of(body);
    u.bad |= unpack_array(&u) != ELEMENTS;
    unpack_fixed(&u, out->box.b, KEY_BYTES);
    unpack_fixed(&u, out->log.b, KEY_BYTES);
    unpack_fixed(&u, out->ack.b, KEY_BYTES);
    unpack_word(&u, NAME_BYTES_MAX, out->person);
    unpack_word(&u, REQUEST_WORD_BYTES_MAX, out->unit);
    unpack_word(&u, REQUEST_WORD_BYTES_MAX, out->role);
    out->made_ms = unpack_uint(&u, UINT64_MAX);
    if (!unpack_done(&u) || key_eq(&out->log, &out->ack) || !key_is_valid(&out->log) ||
        !key_is_valid(&out->ack))
        return RC_MALFORMED;
    struct slice message = slice_of(file.p, HEAD_BYTES + (size_t)n);
    const uint8_t *sigs = file.p + message.n;
    if (!holds(&out->log, message, sigs) || !holds(&out->ack, message, sigs + SIG_BYTES))
        return RC_FORGED;
    if (name != NULL)
        *name = hash_of(file);
    return RC_OK;
}

/* ---- answer */

void
answer_encode_random(const struct invite *i, const struct hash *request,
                     const struct key *box, struct buf *out)
{
    struct buf body = BUF_NONE;
    struct key key;
    uint8_t sealed[SEALED_KEY_BYTES], nonce[AEAD_NONCE_BYTES];
    size_t start = out->n;
    invite_encode(i, &body);
    bytes_random(key.b, KEY_BYTES);
    bytes_random(nonce, sizeof(nonce));
    key_seal_random(&key, box, sealed);
    buf_reserve(out, ANSWER_HEAD_BYTES + body.n + AEAD_MAC_BYTES);
    buf_add(out, answer_magic, MAGIC_BYTES);
    buf_add_u8(out, VERSION);
    buf_add_u32(out, (uint32_t)(body.n + AEAD_MAC_BYTES));
    buf_add(out, request->b, HASH_BYTES);
    buf_add(out, sealed, sizeof(sealed));
    buf_add(out, nonce, sizeof(nonce));
    struct slice about = slice_of(out->p + start, ANSWER_ABOUT_BYTES);
    aead_seal(&key, nonce, about, buf_slice(&body), out);
    mem_wipe(&key, sizeof(key));
    mem_wipe(body.p, body.n);
    buf_free(&body);
}

/* The body, out of its seal. */
static enum rc
open_sealed(struct slice file, uint32_t n, const struct pair *box, struct buf *out)
{
    struct key key;
    const uint8_t *nonce = file.p + ANSWER_ABOUT_BYTES;
    struct slice cipher = slice_of(file.p + ANSWER_HEAD_BYTES, n);
    if (n < AEAD_MAC_BYTES)
        return RC_MALFORMED;
    if (key_unseal(file.p + HEAD_BYTES + HASH_BYTES, box, &key) != RC_OK)
        return RC_FORGED;
    buf_reserve(out, n);
    enum rc rc =
        aead_open(&key, nonce, slice_of(file.p, ANSWER_ABOUT_BYTES), cipher, out->p);
    mem_wipe(&key, sizeof(key));
    if (rc == RC_OK)
        out->n = n - AEAD_MAC_BYTES;
    return rc;
}

enum rc
answer_decode(struct slice file, const struct hash *request, const struct pair *box,
              struct invite *out)
{
    struct buf body = BUF_NONE;
    uint32_t n = 0;
    *out = (struct invite){0};
    if (file.n > ANSWER_FILE_BYTES_MAX)
        return RC_MALFORMED;
    enum rc rc = check_frame(file, answer_magic, ANSWER_HEAD_BYTES - HEAD_BYTES, &n);
    if (rc != RC_OK)
        return rc;
    if (memcmp(file.p + HEAD_BYTES, request->b, HASH_BYTES) != 0)
        return RC_INVALID;
    rc = open_sealed(file, n, box, &body);
    if (rc == RC_OK && invite_decode(buf_slice(&body), out) != RC_OK)
        rc = RC_MALFORMED;
    if (body.p != NULL)
        mem_wipe(body.p, body.n);
    buf_free(&body);
    return rc;
}
