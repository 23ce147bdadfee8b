/* The talk by which sixteen digits become an invite file (CODE.md section 4): a pure
 * machine on both sides, bytes in, bytes out. It decides nothing: what the digits are
 * good for, and how often they may be tried, the shell says. */
#ifndef LINJULI_CODE_TALK_H
#define LINJULI_CODE_TALK_H

#include "sync/code.h"

#define CODE_PATTERN 3 /* the first byte of the connection */
#define CODE_FILE_BYTES_MAX (16 << 20)
#define CODE_NUMBER_BYTES 16 /* behind it: the name, then zeros */

struct code_talk;

/* What the giver tells whoever has not proved the digits; a hint in clear. */
enum code_no {
    CODE_NO_WRONG = 1, /* value: how often they may still be tried at once */
    CODE_NO_WAIT = 2,  /* value: minutes until they may be tried again */
    CODE_NO_NOBODY = 3 /* no invite of this name */
};
/* What it tells whoever has. */
enum code_yes {
    CODE_YES_FILE = 0, /* the file follows */
    CODE_YES_USED = 1,
    CODE_YES_EXPIRED = 2
};

enum code_heard {
    CODE_MORE,     /* nothing to do but to wait for more bytes */
    CODE_ASKED,    /* giver: message 3 is here, judge it: code_talk_judge or _refuse */
    CODE_TAKEN,    /* giver: the joiner has the whole file */
    CODE_REFUSED,  /* joiner: code_talk_no */
    CODE_ANSWERED, /* joiner: code_talk_yes, and the file if that is FILE */
    CODE_BROKEN    /* not linjuli, or torn: close */
};

/* `ephemeral` and `self` are fresh and random, from the shell; the giver's `self` is its
 * node's pair. */
struct code_talk *code_talk_join(const struct code_name *name, const struct key *psk,
                                 const struct pair *self, const struct pair *ephemeral,
                                 struct buf *out);
struct code_talk *code_talk_give(const struct pair *self, const struct pair *ephemeral);
void code_talk_free(struct code_talk *t); /* wipes; NULL is fine */

/* Bytes from the socket; what is to be sent is appended. */
enum code_heard code_talk_hear(struct code_talk *t, struct slice bytes, struct buf *out);

/* Giver: the name that was asked for; good from CODE_ASKED on. */
const struct code_name *code_talk_name(const struct code_talk *t);
/* Giver, after CODE_ASKED: do the joiner's digits give this key? Once. */
bool code_talk_judge(struct code_talk *t, const struct key *psk);
/* Giver, after CODE_ASKED or a judge that said no: the last thing that is said. */
void code_talk_refuse(struct code_talk *t, enum code_no no, uint16_t value,
                      struct buf *out);
/* Giver, after a judge that said yes. The file is at most CODE_FILE_BYTES_MAX. */
void code_talk_answer(struct code_talk *t, enum code_yes yes, struct slice file,
                      struct buf *out);

/* Joiner. */
enum code_no code_talk_no(const struct code_talk *t, uint16_t *value);
enum code_yes code_talk_yes(const struct code_talk *t, struct slice *file); /* borrowed */

#endif
