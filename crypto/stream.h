/* A sealed stream: messages in order under one key, of which none can be changed, left
 * out, moved or added, and whose end is marked (KEYS.md section 3.3). */
#ifndef LINJULI_STREAM_H
#define LINJULI_STREAM_H

#include "crypto/key.h"

#define STREAM_HEAD_BYTES 24
#define STREAM_EXTRA_BYTES 17 /* a sealed message is longer by so many */

struct stream;

/* To write under a fresh head, and to read under the one that was written. */
struct stream *stream_new_random(const struct key *key,
                                 uint8_t head[static STREAM_HEAD_BYTES]);
struct stream *stream_new(const struct key *key,
                          const uint8_t head[static STREAM_HEAD_BYTES]);
void stream_free(struct stream *s); /* wipes; NULL is fine */

/* `with` is bound to the message without being in it. Appended. */
void stream_seal(struct stream *s, struct slice message, struct slice with, bool is_last,
                 struct buf *out);
/* RC_FORGED: not the next message of this stream; then none is opened any more. Appended.
 */
enum rc stream_open(struct stream *s, struct slice sealed, struct slice with,
                    bool *is_last, struct buf *out) MUST_USE;

#endif
