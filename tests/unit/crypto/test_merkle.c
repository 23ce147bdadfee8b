/* Merkle trees: published roots, and proofs against the definitions of RFC 6962, section
 * 2.1, written down here once more as recursion. */
#include "tests/unit/crypto/figures.h"

#define LEAF_N 33

/* The leaves and roots of certificate-transparency's own tests (merkle_tree_test.cc). */
static const char *const ct_leaf[8] = {"",
                                       "00",
                                       "10",
                                       "2021",
                                       "3031",
                                       "40414243",
                                       "5051525354555657",
                                       "606162636465666768696a6b6c6d6e6f"};
static const char *const ct_root[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static struct hash leaves[LEAF_N];

static void
leaves_fill(void)
{
    for (size_t i = 0; i < LEAF_N; i++) {
        uint8_t b = (uint8_t)i;

        leaves[i] = merkle_leaf(slice_of(&b, 1));
    }
}

/* MTH, PATH and SUBPROOF as RFC 6962 writes them. */
static struct hash
naive_root(const struct hash *d, size_t n)
{
    size_t k = 1;
    struct hash l;
    struct hash r;

    if (n == 0) {
        return hash_of(slice_text(""));
    }
    if (n == 1) {
        return d[0];
    }
    while (2 * k < n) {
        k *= 2;
    }
    l = naive_root(d, k);
    r = naive_root(d + k, n - k);
    return merkle_node(&l, &r);
}

static size_t
naive_path(const struct hash *d, size_t n, size_t m, struct hash *out)
{
    size_t k = 1;
    size_t got;

    if (n == 1) {
        return 0;
    }
    while (2 * k < n) {
        k *= 2;
    }
    if (m < k) {
        got = naive_path(d, k, m, out);
        out[got] = naive_root(d + k, n - k);
    } else {
        got = naive_path(d + k, n - k, m - k, out);
        out[got] = naive_root(d, k);
    }
    return got + 1;
}

static size_t
naive_growth(const struct hash *d, size_t n, size_t m, bool is_whole, struct hash *out)
{
    size_t k = 1;
    size_t got;

    if (m == n) {
        out[0] = naive_root(d, n);
        return is_whole ? 0 : 1;
    }
    while (2 * k < n) {
        k *= 2;
    }
    if (m <= k) {
        got = naive_growth(d, k, m, is_whole, out);
        out[got] = naive_root(d + k, n - k);
    } else {
        got = naive_growth(d + k, n - k, m - k, false, out);
        out[got] = naive_root(d, k);
    }
    return got + 1;
}

static void
assert_hashes(const struct hash *a, size_t a_n, const struct hash *b, size_t b_n)
{
    assert_int_equal(a_n, b_n);
    for (size_t i = 0; i < a_n; i++) {
        assert_true(hash_eq(&a[i], &b[i]));
    }
}

static void
the_published_roots_come_out(void **state)
{
    struct hash d[8];
    struct merkle m;

    (void)state;
    merkle_init(&m);
    for (size_t n = 0; n <= 8; n++) {
        struct hash grown = merkle_root(&m);
        struct hash whole = merkle_root_of(d, n);
        struct hash want;

        hex_fill(ct_root[n], want.b, HASH_BYTES);
        assert_true(hash_eq(&grown, &want));
        assert_true(hash_eq(&whole, &want));
        if (n < 8) {
            struct buf b = hex_buf(ct_leaf[n]);

            d[n] = merkle_leaf(buf_slice(&b));
            merkle_add(&m, &d[n]);
            buf_free(&b);
        }
    }
}

static void
a_grown_tree_has_the_root_of_its_leaves(void **state)
{
    struct merkle m;

    (void)state;
    merkle_init(&m);
    for (size_t n = 0; n < LEAF_N; n++) {
        struct hash want = naive_root(leaves, n);
        struct hash got = merkle_root(&m);

        assert_true(hash_eq(&got, &want));
        assert_true(m.size == n);
        merkle_add(&m, &leaves[n]);
    }
}

static void
a_tree_is_restored_from_size_and_peaks(void **state)
{
    struct merkle m;
    struct merkle back;
    struct hash want = naive_root(leaves, LEAF_N);
    struct hash got;

    (void)state;
    merkle_init(&m);
    for (size_t n = 0; n < 23; n++) { /* 10111: four peaks */
        merkle_add(&m, &leaves[n]);
    }
    memset(&back, 0xee, sizeof back);
    back.size = m.size;
    memcpy(back.peak, m.peak, 4 * sizeof m.peak[0]);
    for (size_t n = 23; n < LEAF_N; n++) {
        merkle_add(&back, &leaves[n]);
    }
    got = merkle_root(&back);
    assert_true(hash_eq(&got, &want));
}

static void
every_inclusion_is_proved_and_no_other_place(void **state)
{
    (void)state;
    for (size_t n = 1; n <= LEAF_N; n++) {
        struct hash root = naive_root(leaves, n);

        for (size_t i = 0; i < n; i++) {
            struct hash path[MERKLE_PROOF_MAX];
            struct hash want[MERKLE_PROOF_MAX];
            size_t path_n = merkle_prove(leaves, n, i, path);

            assert_hashes(path, path_n, want, naive_path(leaves, n, i, want));
            for (size_t k = 0; k < n + 2; k++) {
                assert_int_equal(merkle_check(&leaves[i], k, n, path, path_n, &root),
                                 k == i);
            }
            for (size_t k = 0; k < n; k++) {
                assert_int_equal(merkle_check(&leaves[k], i, n, path, path_n, &root),
                                 k == i);
            }
        }
    }
}

static void
every_growth_is_proved(void **state)
{
    (void)state;
    for (size_t n = 0; n <= LEAF_N; n++) {
        struct hash new_root = naive_root(leaves, n);

        for (size_t m = 0; m <= n; m++) {
            struct hash old_root = naive_root(leaves, m);
            struct hash path[MERKLE_PROOF_MAX];
            struct hash want[MERKLE_PROOF_MAX];
            size_t path_n = merkle_prove_growth(leaves, n, m, path);

            if (m > 0) {
                assert_hashes(path, path_n, want, naive_growth(leaves, n, m, true, want));
            }
            assert_true(merkle_check_growth(m, n, &old_root, &new_root, path, path_n));
            assert_int_equal(
                merkle_check_growth(n, m, &new_root, &old_root, path, path_n), m == n);
        }
    }
}

/* Every bit of `h`, turned over, makes `claim` false. */
struct claim {
    bool is_growth;
    uint64_t m;
    uint64_t n;
    struct hash a; /* leaf or old root */
    struct hash b; /* root or new root */
    struct hash path[MERKLE_PROOF_MAX];
    size_t path_n;
};

static bool
claim_holds(const struct claim *c)
{
    return c->is_growth
               ? merkle_check_growth(c->m, c->n, &c->a, &c->b, c->path, c->path_n)
               : merkle_check(&c->a, c->m, c->n, c->path, c->path_n, &c->b);
}

static void
refuse_each_bit(struct claim *c, struct hash *h)
{
    for (size_t bit = 0; bit < 8 * HASH_BYTES; bit++) {
        h->b[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(claim_holds(c));
        h->b[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
}

static void
refuse_each_change(struct claim *c)
{
    assert_true(claim_holds(c));
    refuse_each_bit(c, &c->a);
    refuse_each_bit(c, &c->b);
    for (size_t i = 0; i < c->path_n; i++) {
        refuse_each_bit(c, &c->path[i]);
    }
    c->path[c->path_n] = c->b;
    c->path_n++;
    assert_false(claim_holds(c));
    c->path_n--;
    if (c->path_n > 0) {
        c->path_n--;
        assert_false(claim_holds(c));
        c->path_n++;
    }
}

static void
each_changed_bit_of_an_inclusion_is_refused(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 13, LEAF_N};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t i = 0; i < sizes[s]; i++) {
            struct claim c = {.is_growth = false, .m = i, .n = sizes[s]};

            c.a = leaves[i];
            c.b = naive_root(leaves, sizes[s]);
            c.path_n = merkle_prove(leaves, c.n, i, c.path);
            refuse_each_change(&c);
        }
    }
}

static void
each_changed_bit_of_a_growth_is_refused(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 13, LEAF_N};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t m = 1; m < sizes[s]; m++) {
            struct claim c = {.is_growth = true, .m = m, .n = sizes[s]};

            c.a = naive_root(leaves, m);
            c.b = naive_root(leaves, sizes[s]);
            c.path_n = merkle_prove_growth(leaves, c.n, m, c.path);
            refuse_each_change(&c);
        }
    }
}

static void
trees_of_one_size_are_the_same_and_of_none_empty(void **state)
{
    struct hash none = merkle_root_of(NULL, 0);
    struct hash a = leaves[0];
    struct hash b = leaves[1];

    (void)state;
    assert_true(merkle_check_growth(0, 0, &none, &none, NULL, 0));
    assert_false(merkle_check_growth(0, 0, &a, &a, NULL, 0));
    assert_true(merkle_check_growth(0, 1, &none, &a, NULL, 0));
    assert_false(merkle_check_growth(0, 1, &b, &a, NULL, 0));
    assert_false(merkle_check_growth(0, 1, &none, &a, &b, 1));
    assert_false(merkle_check_growth(1, 1, &a, &b, NULL, 0));
    assert_false(merkle_check_growth(1, 1, &a, &a, &b, 1));
    assert_false(merkle_check_growth(2, 1, &a, &a, NULL, 0));
    assert_false(merkle_check_growth(1, 2, &a, &b, NULL, 0));
    assert_false(merkle_check(&a, 0, 0, NULL, 0, &none));
    assert_false(merkle_check(&a, UINT64_MAX, UINT64_MAX, NULL, 0, &a));
}

static int
start(void **state)
{
    int bad = start_crypto(state);

    leaves_fill();
    return bad;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_roots_come_out),
        cmocka_unit_test(a_grown_tree_has_the_root_of_its_leaves),
        cmocka_unit_test(a_tree_is_restored_from_size_and_peaks),
        cmocka_unit_test(every_inclusion_is_proved_and_no_other_place),
        cmocka_unit_test(every_growth_is_proved),
        cmocka_unit_test(each_changed_bit_of_an_inclusion_is_refused),
        cmocka_unit_test(each_changed_bit_of_a_growth_is_refused),
        cmocka_unit_test(trees_of_one_size_are_the_same_and_of_none_empty),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
