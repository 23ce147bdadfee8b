/* Sealed streams: libsodium's secretstream, XChaCha20-Poly1305 (KEYS.md section 3.3). */
#include "crypto/stream.h"

#include <sodium.h>

_Static_assert(STREAM_HEAD_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "the head");
_Static_assert(STREAM_EXTRA_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES,
               "tag and MAC");
_Static_assert(KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES, "the key");

struct stream {
    crypto_secretstream_xchacha20poly1305_state state;
    bool is_dead;
};

struct stream *
stream_new_random(const struct key *key, uint8_t head[static STREAM_HEAD_BYTES])
{
    struct stream *s = mem_new(sizeof *s);

    (void)crypto_secretstream_xchacha20poly1305_init_push(&s->state, head, key->b);
    return s;
}

/* Both directions start from the same state. */
struct stream *
stream_new(const struct key *key, const uint8_t head[static STREAM_HEAD_BYTES])
{
    struct stream *s = mem_new(sizeof *s);

    (void)crypto_secretstream_xchacha20poly1305_init_pull(&s->state, head, key->b);
    return s;
}

void
stream_free(struct stream *s)
{
    if (s != NULL) {
        mem_wipe(s, sizeof *s);
        mem_free(s);
    }
}

void
stream_seal(struct stream *s, struct slice message, struct slice with, bool is_last,
            struct buf *out)
{
    uint8_t tag = is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                          : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

    buf_reserve(out, message.n + STREAM_EXTRA_BYTES);
    (void)crypto_secretstream_xchacha20poly1305_push(
        &s->state, out->p + out->n, NULL, message.p, message.n, with.p, with.n, tag);
    out->n += message.n + STREAM_EXTRA_BYTES;
}

enum rc
stream_open(struct stream *s, struct slice sealed, struct slice with, bool *is_last,
            struct buf *out)
{
    uint8_t tag = 0;
    size_t n = sealed.n - STREAM_EXTRA_BYTES;

    *is_last = false;
    if (s->is_dead || sealed.n < STREAM_EXTRA_BYTES) {
        s->is_dead = true;
        return RC_FORGED;
    }
    buf_reserve(out, n + 1);
    if (crypto_secretstream_xchacha20poly1305_pull(&s->state, out->p + out->n, NULL, &tag,
                                                   sealed.p, sealed.n, with.p,
                                                   with.n) != 0 ||
        (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE &&
         tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL)) {
        s->is_dead = true;
        return RC_FORGED;
    }
    out->n += n;
    *is_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    s->is_dead = *is_last;
    return RC_OK;
}
