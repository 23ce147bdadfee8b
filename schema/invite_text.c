/* Small invites as text (INVITE.md section 7). */
#include "schema/invite_text.h"

#include <string.h>

#define MARK_BYTES 5
#define NAMES_BYTES 4
#define CHECK_BYTES 4
#define HEAD_BYTES (2 + NAMES_BYTES)
#define PART_BYTES_MAX (HEAD_BYTES + INVITE_SHARE_BYTES_MAX + CHECK_BYTES)

static const char mark[] = "LJI1:";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void
invite_small(const struct invite *i, struct buf *out)
{
    struct invite small = *i; /* borrowed */
    small.authority = BUF_NONE;
    small.keys = BUF_NONE;
    buf_reserve(out, 2048 + i->grant_op.n + i->addresses.n); /* grows nowhere else */
    invite_encode(&small, out);
    mem_wipe(&small, sizeof(small));
}

bool
invite_is_small(const struct invite *i)
{
    return i->authority.n == 0 && i->keys.n == 0;
}

/* ---- writing */

static void
add_base32(struct buf *out, struct slice s)
{
    uint32_t bits = 0;
    unsigned n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bits = (bits << 8 | s.p[i]) & 0xfff;
        for (n += 8; n >= 5; n -= 5)
            buf_add_u8(out, (uint8_t)letters[bits >> (n - 5) & 31]);
    }
    if (n > 0)
        buf_add_u8(out, (uint8_t)letters[bits << (5 - n) & 31]);
}

enum rc
invite_part(struct slice file, unsigned k, unsigned n, struct buf *out)
{
    uint8_t part[PART_BYTES_MAX];
    if (n == 0 || n > INVITE_PARTS_MAX || k == 0 || k > n || file.n < HASH_BYTES)
        return RC_LIMIT;
    size_t each = (file.n + n - 1) / n;
    size_t from = (k - 1) * each;
    if (each > INVITE_SHARE_BYTES_MAX || from >= file.n)
        return RC_LIMIT;
    size_t share = file.n - from < each ? file.n - from : each;
    part[0] = (uint8_t)k;
    part[1] = (uint8_t)n;
    memcpy(part + 2, file.p + file.n - HASH_BYTES, NAMES_BYTES);
    memcpy(part + HEAD_BYTES, file.p + from, share);
    struct hash h = hash_of(slice_of(part, HEAD_BYTES + share));
    memcpy(part + HEAD_BYTES + share, h.b, CHECK_BYTES);
    buf_reserve(out, 2 * PART_BYTES_MAX);
    buf_add(out, mark, MARK_BYTES);
    add_base32(out, slice_of(part, HEAD_BYTES + share + CHECK_BYTES));
    mem_wipe(part, sizeof(part));
    return RC_OK;
}

/* ---- reading */

static uint8_t
upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The mark here, as long as there is text for it. */
static bool
begins(struct slice s)
{
    size_t n = s.n < MARK_BYTES ? s.n : MARK_BYTES;
    for (size_t i = 0; i < n; i++)
        if (upper(s.p[i]) != (uint8_t)mark[i])
            return false;
    return n > 0;
}

static struct slice
skip_blanks(struct slice s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = slice_of(s.p + 1, s.n - 1);
    return s;
}

bool
invite_text_is(struct slice text)
{
    text = skip_blanks(text);
    return text.n >= MARK_BYTES && begins(text);
}

struct part {
    uint8_t b[PART_BYTES_MAX];
    size_t n;
};

/* False: not the letters of one part, whole. */
static bool
parse_base32(struct slice s, struct part *out)
{
    uint32_t bits = 0;
    unsigned n = 0;
    out->n = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = NULL;
        if (is_blank(s.p[i]))
            continue;
        at = memchr(letters, upper(s.p[i]), sizeof(letters) - 1);
        if (at == NULL)
            return false;
        bits = (bits << 5 | (uint32_t)(at - letters)) & 0xfff;
        n += 5;
        if (n < 8)
            continue;
        if (out->n == sizeof(out->b))
            return false;
        n -= 8;
        out->b[out->n++] = (uint8_t)(bits >> n);
    }
    return n < 5 && (bits & ((1u << n) - 1)) == 0;
}

static bool
is_part(const struct part *p)
{
    if (p->n <= HEAD_BYTES + CHECK_BYTES || p->b[1] == 0 || p->b[1] > INVITE_PARTS_MAX ||
        p->b[0] == 0 || p->b[0] > p->b[1])
        return false;
    struct hash h = hash_of(slice_of(p->b, p->n - CHECK_BYTES));
    return memcmp(h.b, p->b + p->n - CHECK_BYTES, CHECK_BYTES) == 0;
}

struct collected {
    struct part part[INVITE_PARTS_MAX];
    struct part *first; /* that names n and tag; NULL: none yet */
};

static void
take(struct collected *all, struct slice text, struct invite_seen *seen)
{
    struct part p;
    seen->is_complete = parse_base32(text, &p) && is_part(&p);
    if (!seen->is_complete) {
        seen->is_torn = true;
    } else if (all->first != NULL &&
               memcmp(all->first->b + 1, p.b + 1, 1 + NAMES_BYTES) != 0) {
        seen->is_mixed = true;
    } else {
        struct part *to = &all->part[p.b[0] - 1];
        *to = p;
        seen->n = p.b[1];
        seen->have |= 1u << (p.b[0] - 1);
        all->first = to;
    }
    mem_wipe(&p, sizeof(p));
}

/* Every mark begins a part; its first byte is in no part. */
static void
collect(struct collected *all, struct slice text, struct invite_seen *seen)
{
    text = slice_of(text.p + MARK_BYTES, text.n - MARK_BYTES);
    for (bool more = true; more;) {
        size_t n = 0;
        while (n < text.n &&
               !(text.n - n >= MARK_BYTES && begins(slice_of(text.p + n, text.n - n))))
            n++;
        more = n < text.n;
        take(all, slice_of(text.p, n), seen);
        if (more)
            text = slice_of(text.p + n + MARK_BYTES, text.n - n - MARK_BYTES);
    }
}

/* The shares behind each other, and the hash at the file's end is the one that each part
 * names. */
static enum rc
join_parts(const struct collected *all, unsigned n, struct buf *file)
{
    struct buf out = BUF_NONE;
    buf_reserve(&out, INVITE_PARTS_MAX * INVITE_SHARE_BYTES_MAX);
    for (unsigned k = 0; k < n; k++)
        buf_add(&out, all->part[k].b + HEAD_BYTES,
                all->part[k].n - HEAD_BYTES - CHECK_BYTES);
    bool is = out.n >= HASH_BYTES &&
              memcmp(out.p + out.n - HASH_BYTES, all->first->b + 2, NAMES_BYTES) == 0;
    if (is) {
        buf_reserve(file, out.n);
        buf_add_slice(file, buf_slice(&out));
    }
    mem_wipe(out.p, out.n);
    buf_free(&out);
    return is ? RC_OK : RC_MALFORMED;
}

enum rc
invite_text_parse(struct slice text, struct invite_seen *seen, struct buf *file)
{
    enum rc rc = RC_NO;
    *seen = (struct invite_seen){.n = 0};
    if (text.n > INVITE_TEXT_BYTES_MAX)
        return RC_LIMIT;
    text = skip_blanks(text);
    if (!invite_text_is(text))
        return RC_MALFORMED;
    struct collected *all = mem_new(sizeof(*all));
    collect(all, text, seen);
    if (seen->is_mixed)
        rc = RC_MALFORMED;
    else if (seen->n > 0 && seen->have == (1u << seen->n) - 1)
        rc = join_parts(all, seen->n, file);
    mem_wipe(all, sizeof(*all));
    mem_free(all);
    return rc;
}
