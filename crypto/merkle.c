/* Merkle trees of RFC 6962. Proofs are cut from the root down, without recursion, and
 * then turned round: a proof lists the hashes from the leaf up. */
#include "crypto/merkle.h"

#include <assert.h>
#include <string.h>

struct hash
merkle_leaf(struct slice data)
{
    static const uint8_t mark = 0;
    struct hash_run run;

    hash_init(&run);
    hash_add(&run, slice_of(&mark, 1));
    hash_add(&run, data);
    return hash_done(&run);
}

struct hash
merkle_node(const struct hash *l, const struct hash *r)
{
    uint8_t b[1 + 2 * HASH_BYTES];

    b[0] = 1;
    memcpy(b + 1, l->b, HASH_BYTES);
    memcpy(b + 1 + HASH_BYTES, r->b, HASH_BYTES);
    return hash_of(slice_of(b, sizeof b));
}

static size_t
peaks_of(uint64_t size)
{
    size_t n = 0;

    for (; size != 0; size &= size - 1) {
        n++;
    }
    return n;
}

void
merkle_init(struct merkle *m)
{
    memset(m, 0, sizeof *m);
}

void
merkle_add(struct merkle *m, const struct hash *leaf)
{
    size_t n = peaks_of(m->size);
    struct hash h = *leaf;

    for (uint64_t size = m->size; (size & 1) != 0; size >>= 1) {
        n--;
        h = merkle_node(&m->peak[n], &h);
    }
    m->peak[n] = h;
    m->size++;
}

struct hash
merkle_root(const struct merkle *m)
{
    size_t n = peaks_of(m->size);
    struct hash h;

    if (n == 0) {
        return hash_of(slice_of("", 0));
    }
    h = m->peak[n - 1];
    for (size_t i = n - 1; i > 0; i--) {
        h = merkle_node(&m->peak[i - 1], &h);
    }
    return h;
}

struct hash
merkle_root_of(const struct hash *leaf, size_t n)
{
    struct merkle m;

    merkle_init(&m);
    for (size_t i = 0; i < n; i++) {
        merkle_add(&m, &leaf[i]);
    }
    return merkle_root(&m);
}

/* The largest power of two below n; n ≥ 2. */
static uint64_t
split_of(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k) {
        k *= 2;
    }
    return k;
}

static void
turn_round(struct hash *h, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct hash t = h[i];

        h[i] = h[n - 1 - i];
        h[n - 1 - i] = t;
    }
}

size_t
merkle_prove(const struct hash *leaf, uint64_t n, uint64_t i, struct hash *out)
{
    size_t got = 0;

    assert(i < n);
    while (n > 1) {
        uint64_t k = split_of(n);

        if (i < k) {
            out[got++] = merkle_root_of(leaf + k, n - k);
            n = k;
        } else {
            out[got++] = merkle_root_of(leaf, k);
            leaf += k;
            i -= k;
            n -= k;
        }
    }
    turn_round(out, got);
    return got;
}

size_t
merkle_prove_growth(const struct hash *leaf, uint64_t n, uint64_t m, struct hash *out)
{
    bool is_whole = true; /* what is left of the old tree is the old tree itself */
    size_t got = 0;

    assert(m <= n);
    if (m == 0) {
        return 0;
    }
    while (m != n) {
        uint64_t k = split_of(n);

        if (m <= k) {
            out[got++] = merkle_root_of(leaf + k, n - k);
            n = k;
        } else {
            out[got++] = merkle_root_of(leaf, k);
            leaf += k;
            m -= k;
            n -= k;
            is_whole = false;
        }
    }
    if (!is_whole) {
        out[got++] = merkle_root_of(leaf, m);
    }
    turn_round(out, got);
    return got;
}

/* One step up: past a left edge where the node has no right sibling of its own size. */
static void
climb(uint64_t *fn, uint64_t *sn)
{
    while ((*fn & 1) == 0 && *fn != 0) {
        *fn >>= 1;
        *sn >>= 1;
    }
}

bool
merkle_check(const struct hash *leaf, uint64_t i, uint64_t n, const struct hash *path,
             size_t path_n, const struct hash *root)
{
    struct hash r = *leaf;
    uint64_t fn = i;
    uint64_t sn = n - 1;

    if (i >= n) {
        return false;
    }
    for (size_t k = 0; k < path_n; k++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            r = merkle_node(&path[k], &r);
            climb(&fn, &sn);
        } else {
            r = merkle_node(&r, &path[k]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&r, root);
}

/* The walk of RFC 9162, 2.1.4.2, for 0 < m < n: old and new root at once. */
static bool
check_walk(uint64_t m, uint64_t n, const struct hash *start, const struct hash *path,
           size_t path_n, const struct hash *old_root, const struct hash *new_root)
{
    struct hash fr = *start;
    struct hash sr = *start;
    uint64_t fn = m - 1;
    uint64_t sn = n - 1;

    for (; (fn & 1) != 0; fn >>= 1) {
        sn >>= 1;
    }
    for (size_t k = 0; k < path_n; k++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            fr = merkle_node(&path[k], &fr);
            sr = merkle_node(&path[k], &sr);
            climb(&fn, &sn);
        } else {
            sr = merkle_node(&sr, &path[k]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&fr, old_root) && hash_eq(&sr, new_root);
}

bool
merkle_check_growth(uint64_t m, uint64_t n, const struct hash *old_root,
                    const struct hash *new_root, const struct hash *path, size_t path_n)
{
    struct hash none = hash_of(slice_of("", 0));

    if (m > n) {
        return false;
    }
    if (m == n) {
        return path_n == 0 && hash_eq(old_root, new_root) &&
               (n > 0 || hash_eq(old_root, &none));
    }
    if (m == 0) {
        return path_n == 0 && hash_eq(old_root, &none);
    }
    if (path_n == 0) {
        return false;
    }
    if ((m & (m - 1)) == 0) { /* the old tree is a node of the new one: not repeated */
        return check_walk(m, n, old_root, path, path_n, old_root, new_root);
    }
    return check_walk(m, n, &path[0], path + 1, path_n - 1, old_root, new_root);
}
