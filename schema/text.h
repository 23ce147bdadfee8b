/* Field values as people type and read them (TYPES.md section 4): text to the canonical
 * bytes of sync/value.h and back. No locale, no clock. */
#ifndef LINJULI_TEXT_H
#define LINJULI_TEXT_H

#include "schema/fault.h"
#include "sync/sync.h"

enum text_lang {
    TEXT_ZH,
    TEXT_EN,
    TEXT_NAME /* names, as the command line takes them */
};

#define NUMBER_TEXT_BYTES 40 /* of a printed record number, NUL included */

/* References are the caller's: only the database knows which record is meant. */
struct text_refs {
    void *arg;
    /* `of_type` NULL: of any. Sets its own fault; what it refuses is refused. */
    enum rc (*find)(void *arg, const char *of_type, const char *text,
                    struct record_key *out, struct fault *why);
    void (*show)(void *arg, const struct record_key *key, struct buf *out);
};

/* Appends the value. Empty text takes an optional value away (nil); a required one is
 * refused. refs NULL: references are refused. RC_INVALID, with field and expectation. */
enum rc text_parse(const struct field *f, struct slice text, const struct text_refs *refs,
                   struct buf *out, struct fault *why) MUST_USE;
/* Appends the text; nothing for nil and for what is not a value of the field. `t` names
 * the states and may be NULL for other fields; refs NULL: a reference is its id in hex.
 */
void text_print(const struct type *t, const struct field *f, struct slice value,
                enum text_lang lang, const struct text_refs *refs, struct buf *out);

/* 0302-017-26-0047, 0302-xABCD-26-0001. Strict: what number_print writes, hex of either
 * case. */
bool number_parse(struct slice text, struct number *out);
void number_print(const struct number *n, char out[static NUMBER_TEXT_BYTES]);

/* The label of that language, or the name. */
const char *label_text(const struct label *label, const char *name, enum text_lang lang);
/* A choice by code, name, zh or en label (ASCII letters of either case), or NULL. */
const struct choice *choice_find(const struct field *f, struct slice text);

#endif
