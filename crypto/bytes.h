/* Bytes: borrowed slices, owned buffers, bounded big-endian reading and writing, hex.
 *
 * Out of memory ends the process: every length from outside is compared with a named
 * limit before anything is allocated, so it can only mean that the machine is full. */
#ifndef LINJULI_BYTES_H
#define LINJULI_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rc.h"

/* Borrowed bytes: valid only as long as whoever lent them says. */
struct slice {
    const uint8_t *p;
    size_t n;
};

/* Owned bytes: start as BUF_NONE, end with buf_free. Growing may move p. */
struct buf {
    uint8_t *p;
    size_t n;
    size_t cap;
};
#define BUF_NONE ((struct buf){NULL, 0, 0})

/* A reader over borrowed bytes. The first read past the end sets `bad`; everything read
 * from then on is zero, so that one test at the end suffices. */
struct reader {
    const uint8_t *p;
    size_t n;
    bool bad;
};

/* Memory that is there, or the process ends (abort). mem_free(NULL) is fine. */
void *mem_new(size_t n);                 /* zeroed */
void *mem_grow(void *p, size_t n);       /* realloc */
void *mem_copy(const void *p, size_t n); /* a copy of n bytes */
char *mem_text(const char *text);        /* a copy of a string */
void mem_free(void *p);
/* Overwrites n bytes so that no compiler takes it away. */
void mem_wipe(void *p, size_t n);

struct slice slice_of(const void *p, size_t n);
struct slice slice_text(const char *text);
bool slice_eq(struct slice a, struct slice b);
/* Order of memcmp, the shorter of two equal beginnings first: <0, 0, >0. */
int slice_cmp(struct slice a, struct slice b);

void buf_free(struct buf *b);
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_u16(struct buf *b, uint16_t v);
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
/* Appends formatted text, without its closing NUL. */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The content with a NUL behind it, which does not count in n. */
const char *buf_text(struct buf *b);
struct slice buf_slice(const struct buf *b);
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);

struct reader reader_of(struct slice s);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
struct slice read_slice(struct reader *r, size_t n); /* borrowed; {NULL, 0} when bad */
void read_into(struct reader *r, void *out, size_t n);
bool read_done(const struct reader *r); /* nothing bad, nothing left */

void put_u16(uint8_t out[static 2], uint16_t v);
void put_u32(uint8_t out[static 4], uint32_t v);
void put_u64(uint8_t out[static 8], uint64_t v);
uint16_t get_u16(const uint8_t in[static 2]);
uint32_t get_u32(const uint8_t in[static 4]);
uint64_t get_u64(const uint8_t in[static 8]);

/* Lower-case hex of n bytes into out[2n + 1], NUL-terminated. */
void hex_print(const void *p, size_t n, char *out);
/* Exactly n bytes from 2n hex digits of either case; false otherwise. */
bool hex_parse(const char *text, size_t n, uint8_t *out);

/* Base64 of RFC 4648, section 4, with its padding. */
void base64_add(struct buf *out, const void *p, size_t n);
/* Exactly n bytes, from the one text that base64_add makes of them; false otherwise. */
bool base64_parse(struct slice text, size_t n, uint8_t *out);

/* Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. */
bool utf8_is_valid(struct slice s);

#endif
