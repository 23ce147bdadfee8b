/* Signatures with a domain tag: what is signed is tag (16 bytes) ‖ community id ‖
 * message, so that a signature made for one use or community never holds in another. */
#ifndef LINJULI_SIGN_H
#define LINJULI_SIGN_H

#include "key.h"

#define TAG_BYTES 16
enum tag {
    TAG_ENTRY,   /* "linjuli-entry-v1": an entry's header */
    TAG_ORDER,   /* "linjuli-order-v1": an officer under an operation */
    TAG_JOIN,    /* "linjuli-join--v1": the one-time key under a joiner's keys */
    TAG_ROOT,    /* "linjuli-root--v1": the root key under a succeed */
    TAG_STICK,   /* "linjuli-stick-v1": a log under the head of a bundle */
    TAG_DOOR,    /* "linjuli-door--v1": the root key under a box key */
    TAG_REQUEST, /* "linjuli-reqst-v1": who asks to join, under the request file */
    TAG_N
};

void sign_make(enum tag tag, const struct hash *community, struct slice message,
               const struct pair *by, struct sig *out);
/* True if the signature holds (strict: no small-order key, no S ≥ L). */
bool sign_check(enum tag tag, const struct hash *community, struct slice message,
                const struct key *by, const struct sig *sig) MUST_USE;

/* A signed note (C2SP signed-note) has no tag: what is signed is its text. The text
 * begins with NOTE_BEGIN, which no tag begins with, so that neither passes for the other
 * (KEYS.md section 4). */
#define NOTE_BEGIN "linjuli/"
void sign_note_make(struct slice text, const struct pair *by, struct sig *out);
/* False also for a text that begins otherwise. */
bool sign_note_check(struct slice text, const struct key *by,
                     const struct sig *sig) MUST_USE;

#endif
