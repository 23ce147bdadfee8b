/* Sixteen digits that stand for an invite (CODE.md): how they are written, what is made
 * of them, and the two datagrams by which a joiner finds whoever gave them out. */
#ifndef LINJULI_CODE_H
#define LINJULI_CODE_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define CODE_DIGITS 16
#define CODE_NAME_DIGITS 3    /* said in clear: which invite */
#define CODE_SECRET_DIGITS 12 /* then one to check the others by */
#define CODE_TEXT_BYTES 20    /* four groups and a NUL */

struct code {
    char digit[CODE_DIGITS + 1]; /* NUL-terminated; code_wipe when done */
};
struct code_name {
    char digit[CODE_NAME_DIGITS + 1];
};

/* Digits with hyphens and spaces between them, as people type them; full-width ones too.
 * RC_NO: not 16 digits (it may be a file's name); RC_INVALID: mistyped, the check digit
 * says so. */
enum rc code_parse(const char *text, struct code *out) MUST_USE;
/* Out of 15 digits: the check digit is put behind them. */
void code_finish(struct code *c);
/* From random bytes; uniform. False: these do not do (one time in 2^14), draw again. */
#define CODE_RANDOM_BYTES 8
bool code_draw(const uint8_t random[static CODE_RANDOM_BYTES], struct code *out);
void code_print(const struct code *c, char out[static CODE_TEXT_BYTES]);
void code_wipe(struct code *c);
void code_name_of(const struct code *c, struct code_name *out);
bool code_name_is(const char *text); /* three digits */
/* The pre-shared key of the talk (code_talk.h): Argon2id, some 0.2 s and 64 MiB. */
void code_stretch(const struct code *c, struct key *psk);

/* ---- datagrams */
#define CODE_ASK_KIND 2
#define CODE_ANSWER_KIND 3
#define CODE_NONCE_BYTES 12
#define CODE_DATAGRAM_BYTES (1 + CODE_NAME_DIGITS + CODE_NONCE_BYTES + 2)

struct code_ask {
    struct code_name name;
    uint8_t nonce[CODE_NONCE_BYTES]; /* random: an answer repeats it */
    uint16_t port;                   /* of the answer: TCP; zero in an ask */
};
/* Appends CODE_DATAGRAM_BYTES. */
void code_ask_encode(const struct code_ask *a, bool is_answer, struct buf *out);
enum rc code_ask_decode(struct slice datagram, bool is_answer,
                        struct code_ask *out) MUST_USE;

#endif
