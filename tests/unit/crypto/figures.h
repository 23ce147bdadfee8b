/* For the tests of crypto/: cmocka, and files of figures ("key hex" lines; an empty line
 * ends a case, # starts a remark), found from LINJULI_ROOT or the current directory. */
#ifndef LINJULI_FIGURES_H
#define LINJULI_FIGURES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"

/* The whole file; false when there is none. */
static inline bool
file_read(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t part[4096];
    size_t n;

    if (f == NULL) {
        return false;
    }
    do {
        n = fread(part, 1, sizeof part, f);
        buf_add(out, part, n);
    } while (n > 0);
    (void)fclose(f);
    return true;
}

/* A file of the tree that has to be there. */
static inline void
tree_read(const char *path, struct buf *out)
{
    const char *root = getenv("LINJULI_ROOT");
    struct buf name = BUF_NONE;

    buf_addf(&name, "%s/%s", root != NULL ? root : ".", path);
    if (!file_read(buf_text(&name), out)) {
        fail_msg("no file %s", buf_text(&name));
    }
    buf_free(&name);
    (void)buf_text(out);
}

/* A file of published vectors, which need not be there: from LINJULI_VECTORS, else from
 * beside the tree. */
static inline bool
vectors_read(const char *file, struct buf *out)
{
    const char *dir = getenv("LINJULI_VECTORS");
    const char *root = getenv("LINJULI_ROOT");
    struct buf name = BUF_NONE;
    bool is_there;

    if (dir != NULL) {
        buf_addf(&name, "%s/%s", dir, file);
    } else {
        buf_addf(&name, "%s/../shared/vectors/%s", root != NULL ? root : ".", file);
    }
    is_there = file_read(buf_text(&name), out);
    if (!is_there) {
        printf("# %s is not here: only the figures of the tree are tested\n", file);
    }
    buf_free(&name);
    return is_there;
}

/* n hex digits behind p, appended as bytes. */
static inline void
hex_add(const char *p, size_t n, struct buf *out)
{
    char pair[3] = {0};
    uint8_t b;

    assert_int_equal(n % 2, 0);
    for (size_t i = 0; i < n; i += 2) {
        memcpy(pair, p + i, 2);
        assert_true(hex_parse(pair, 1, &b));
        buf_add_u8(out, b);
    }
}

static inline struct buf
hex_buf(const char *text)
{
    struct buf b = BUF_NONE;

    hex_add(text, strlen(text), &b);
    return b;
}

static inline void
hex_fill(const char *text, void *out, size_t n)
{
    assert_true(hex_parse(text, n, out));
}

/* The value of `key` in the case that starts at `at`; false when it has none. */
static inline bool
figure_find(const char *at, const char *key, struct slice *out)
{
    size_t n = strlen(key);

    while (*at != 0 && *at != '\n') {
        const char *end = strchr(at, '\n');
        size_t line_n = end != NULL ? (size_t)(end - at) : strlen(at);

        if (line_n >= n && memcmp(at, key, n) == 0 && (line_n == n || at[n] == ' ')) {
            *out = line_n > n ? slice_of(at + n + 1, line_n - n - 1) : slice_of(at, 0);
            return true;
        }
        at += line_n + (end != NULL ? 1 : 0);
    }
    return false;
}

/* The bytes of `key`, which the case must have. */
static inline struct buf
figure(const char *at, const char *key)
{
    struct buf b = BUF_NONE;
    struct slice s = {NULL, 0};

    if (!figure_find(at, key, &s)) {
        fail_msg("no figure '%s'", key);
    }
    hex_add((const char *)s.p, s.n, &b);
    return b;
}

static inline void
figure_fill(const char *at, const char *key, void *out, size_t n)
{
    struct buf b = figure(at, key);

    assert_int_equal(b.n, n);
    memcpy(out, b.p, n);
    buf_free(&b);
}

/* The case behind the one that starts at `at`, NULL when that was the last. */
static inline const char *
figure_next(const char *at)
{
    const char *end = strstr(at, "\n\n");

    return end != NULL && end[2] != 0 ? end + 2 : NULL;
}

/* The block of hex in a document that stands between "```hex NAME" and "```". */
static inline struct buf
document_hex(const char *document, const char *name)
{
    struct buf fence = BUF_NONE;
    struct buf digits = BUF_NONE;
    struct buf out = BUF_NONE;
    const char *p;

    buf_addf(&fence, "```hex %s\n", name);
    p = strstr(document, buf_text(&fence));
    if (p == NULL) {
        fail_msg("the document has no block '%s'", name);
    }
    for (p += fence.n; *p != 0 && *p != '`'; p++) {
        if (*p != ' ' && *p != '\n') {
            buf_add_u8(&digits, (uint8_t)*p);
        }
    }
    hex_add(buf_text(&digits), digits.n, &out);
    buf_free(&fence);
    buf_free(&digits);
    return out;
}

static inline void
assert_bytes(struct slice a, struct slice b)
{
    assert_int_equal(a.n, b.n);
    if (a.n > 0) {
        assert_memory_equal(a.p, b.p, a.n);
    }
}

static inline int
start_crypto(void **state)
{
    (void)state;
    return crypto_init() == RC_OK ? 0 : -1;
}

#endif
