/* The strict canonical msgpack subset in which everything of linjuli is written (ENTRY.md
 * section 1), and its walker, which runs before msgpack-c sees a byte from outside. */
#ifndef LINJULI_PACK_H
#define LINJULI_PACK_H

#include "crypto/crypto.h"
#include "sync/limits.h"

/* nil, bool, unsigned and negative integers in their shortest form, str (valid UTF-8, no
 * NUL), bin, array; no float, no map; ext only type 1 of 32 bytes, only as an element of
 * the outermost array and only where `ext` says so. Shortest head everywhere. At most
 * PACK_DEPTH_MAX arrays inside one another. `used` gets the bytes of the one value at the
 * front; what follows is the caller's affair. RC_MALFORMED; RC_LIMIT: too deep. */
enum rc pack_walk(struct slice s, bool ext, size_t *used) MUST_USE;
/* Exactly one value, nothing behind it. */
enum rc pack_check(struct slice s) MUST_USE;

enum pack_kind {
    PACK_NONE, /* nothing left, or nothing of the subset */
    PACK_NIL,
    PACK_BOOL,
    PACK_UINT,
    PACK_INT, /* below zero */
    PACK_TEXT,
    PACK_BIN,
    PACK_ARRAY,
    PACK_EXT
};

/* Reading walked bytes, value by value; a wrong kind sets `bad`, and everything read from
 * then on is zero. */
struct unpack {
    struct slice rest;
    bool bad;
};
struct unpack unpack_of(struct slice walked);
enum pack_kind unpack_kind(const struct unpack *u);   /* of the next value, not taken */
uint32_t unpack_array(struct unpack *u);              /* number of elements that follow */
uint64_t unpack_uint(struct unpack *u, uint64_t max); /* bad above max */
int64_t unpack_int(struct unpack *u);
bool unpack_bool(struct unpack *u);
struct slice unpack_text(struct unpack *u, size_t max);
struct slice unpack_bin(struct unpack *u, size_t max);
void unpack_fixed(struct unpack *u, void *out, size_t n); /* bin of exactly n bytes */
void unpack_ext(struct unpack *u, uint8_t out[static 32]);
struct slice unpack_raw(struct unpack *u);  /* one whole value as it stands */
bool unpack_is_nil(const struct unpack *u); /* the next value, not taken */
void unpack_skip(struct unpack *u);
bool unpack_done(const struct unpack *u);

/* Writing canonical msgpack behind a buffer (msgpack-c's packer underneath). */
void pack_array(struct buf *b, uint32_t n);
void pack_uint(struct buf *b, uint64_t v);
void pack_int(struct buf *b, int64_t v);
void pack_bool(struct buf *b, bool v);
void pack_nil(struct buf *b);
void pack_text(struct buf *b, struct slice s);
void pack_bin(struct buf *b, struct slice s);
void pack_ext(struct buf *b, const uint8_t in[static 32]);

#endif
