/* Tiles: which there are, what is in them, what is new. */
#include "sync/sync.h"
#include "tests/unit/crypto/figures.h"

#define TOLD_MAX 2048

struct told {
    struct tile tile;
    struct buf bytes;
};
struct listener {
    struct told told[TOLD_MAX];
    size_t n;
    size_t fail_at; /* 0: never */
};
static struct listener one, two;

static enum rc
hear(void *arg, const struct tile *t)
{
    struct listener *l = arg;

    assert_true(l->n < TOLD_MAX);
    if (l->fail_at > 0 && l->n + 1 == l->fail_at) {
        return RC_FULL;
    }
    l->told[l->n].tile = *t;
    l->told[l->n].bytes.n = 0;
    buf_add_slice(&l->told[l->n].bytes, t->bytes);
    l->n++;
    return RC_OK;
}

static void
forget(struct listener *l)
{
    for (size_t i = 0; i < TOLD_MAX; i++) {
        buf_free(&l->told[i].bytes);
    }
    *l = (struct listener){0};
}

/* Leaf i is its number; lengths differ, so that a bundle's are looked at. */
static struct slice
leaf(uint64_t i, uint8_t out[static 16])
{
    put_u64(out, i);
    put_u64(out + 8, ~i);
    return slice_of(out, 8 + (size_t)(i % 9));
}

static enum rc
grow(struct listener *l, uint64_t since, uint64_t size)
{
    struct tiles t;
    enum rc rc = RC_OK;

    tiles_init(&t, since, hear, l);
    for (uint64_t i = 0; i < size && rc == RC_OK; i++) {
        uint8_t b[16];
        struct slice s = leaf(i, b);
        struct hash id = merkle_leaf(s);

        rc = tiles_add(&t, s, &id);
    }
    if (rc == RC_OK) {
        rc = tiles_end(&t);
    }
    tiles_fini(&t);
    return rc;
}

static const struct told *
find(const struct listener *l, int level, uint64_t n, unsigned width)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct tile *t = &l->told[i].tile;

        if (t->level == level && t->n == n && t->width == width) {
            return &l->told[i];
        }
    }
    return NULL;
}

static void
names_are_those_of_the_specification(void **state)
{
    static const struct {
        struct tile tile;
        const char *path;
    } cases[] = {
        {{0, 0, 256, {NULL, 0}}, "tile/0/000"},
        {{0, 273, 112, {NULL, 0}}, "tile/0/273.p/112"},
        {{1, 999, 256, {NULL, 0}}, "tile/1/999"},
        {{2, 1000, 1, {NULL, 0}}, "tile/2/x001/000.p/1"},
        {{0, 1234067, 256, {NULL, 0}}, "tile/0/x001/x234/067"},
        {{TILE_ENTRIES, 1234067, 255, {NULL, 0}}, "tile/entries/x001/x234/067.p/255"},
        {{TILE_ENTRIES, 0, 256, {NULL, 0}}, "tile/entries/000"},
        {{7, UINT64_MAX, 256, {NULL, 0}}, "tile/7/x018/x446/x744/x073/x709/x551/615"},
    };
    struct buf b = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        b.n = 0;
        tile_path(&cases[i].tile, &b);
        assert_string_equal(buf_text(&b), cases[i].path);
    }
    buf_free(&b);
}

/* The example of the specification: 70,000 leaves. */
static void
seventy_thousand_leaves_make_what_the_specification_says(void **state)
{
    static struct hash id[70000];
    size_t n[3] = {0};

    (void)state;
    for (uint64_t i = 0; i < 70000; i++) {
        uint8_t b[16];

        id[i] = merkle_leaf(leaf(i, b));
    }
    assert_int_equal(grow(&one, 0, 70000), RC_OK);
    for (size_t i = 0; i < one.n; i++) {
        const struct told *told = &one.told[i];
        uint64_t span = UINT64_C(1)
                        << (8 * (told->tile.level > 0 ? told->tile.level : 0));

        if (told->tile.level == TILE_ENTRIES) {
            continue;
        }
        n[told->tile.level] += told->tile.width == TILE_WIDTH;
        assert_int_equal(told->bytes.n, told->tile.width * (size_t)HASH_BYTES);
        for (unsigned k = 0; k < told->tile.width; k++) {
            uint64_t at = (told->tile.n * TILE_WIDTH + k) * span;
            struct hash want = merkle_root_of(id + at, (size_t)span);

            assert_memory_equal(told->bytes.p + (size_t)k * HASH_BYTES, want.b,
                                HASH_BYTES);
        }
    }
    assert_int_equal(n[0], 273);
    assert_int_equal(n[1], 1);
    assert_int_equal(n[2], 0);
    assert_non_null(find(&one, 0, 273, 112));
    assert_non_null(find(&one, 1, 1, 17));
    assert_non_null(find(&one, 2, 0, 1));
    assert_int_equal(one.n, 2 * 274 + 3);
    forget(&one);
}

static void
a_bundle_holds_its_leaves_with_their_lengths(void **state)
{
    (void)state;
    assert_int_equal(grow(&one, 0, 300), RC_OK);
    for (uint64_t n = 0; n < 2; n++) {
        const struct told *told = find(&one, TILE_ENTRIES, n, n == 0 ? 256 : 44);
        struct reader r;

        assert_non_null(told);
        r = reader_of(buf_slice(&told->bytes));
        for (uint64_t i = n * 256; i < (n == 0 ? 256 : 300); i++) {
            uint8_t b[16];
            struct slice want = leaf(i, b);
            uint16_t len = read_u16(&r);

            assert_true(slice_eq(read_slice(&r, len), want));
        }
        assert_true(read_done(&r));
    }
    forget(&one);
}

/* What is told from one size to the next is exactly what the first did not have. */
static void
growth_is_what_was_not_there(void **state)
{
    static const uint64_t sizes[] = {0,   1,   2,   255,   256,   257,   511,  512,
                                     600, 700, 768, 65535, 65536, 65537, 65793};
    size_t n = sizeof sizes / sizeof sizes[0];

    (void)state;
    for (size_t i = 0; i + 1 < n; i++) {
        for (size_t k = i; k < n && k < i + 3; k++) {
            forget(&one);
            forget(&two);
            assert_int_equal(grow(&one, 0, sizes[i]), RC_OK);
            assert_int_equal(grow(&two, 0, sizes[k]), RC_OK);
            size_t all = two.n;
            size_t kept = 0;

            for (size_t j = 0; j < two.n; j++) {
                const struct tile *t = &two.told[j].tile;
                const struct told *old = find(&one, t->level, t->n, t->width);

                kept += old != NULL;
                if (old != NULL) { /* what is there never changes */
                    assert_bytes(buf_slice(&old->bytes), buf_slice(&two.told[j].bytes));
                }
            }
            forget(&one);
            assert_int_equal(grow(&one, sizes[i], sizes[k]), RC_OK);
            assert_int_equal(one.n, all - kept);
            for (size_t j = 0; j < one.n; j++) {
                const struct tile *t = &one.told[j].tile;
                const struct told *same = find(&two, t->level, t->n, t->width);

                assert_non_null(same);
                assert_bytes(buf_slice(&same->bytes), buf_slice(&one.told[j].bytes));
            }
        }
    }
    forget(&one);
    forget(&two);
}

static void
a_writer_that_fails_ends_it(void **state)
{
    (void)state;
    for (size_t at = 1; at <= 6; at++) { /* two full bundles and tiles, one row above */
        one.fail_at = at;
        assert_int_equal(grow(&one, 0, 600), RC_FULL);
        assert_int_equal(one.n, at - 1);
        forget(&one);
    }
}

static void
the_golden_tile_is_that_of_another_implementation(void **state)
{
    struct buf file = BUF_NONE;
    struct buf want = BUF_NONE;
    struct tiles t;
    struct buf tile, entries;
    struct reader r;

    (void)state;
    tree_read("tests/golden/checkpoint/tiles.txt", &file);
    tile = figure((const char *)file.p, "tile");
    entries = figure((const char *)file.p, "entries");
    tiles_init(&t, 0, hear, &one);
    r = reader_of(buf_slice(&entries));
    while (r.n > 0) {
        struct slice s = read_slice(&r, read_u16(&r));
        struct hash id = merkle_leaf(s);

        assert_false(r.bad);
        assert_int_equal(tiles_add(&t, s, &id), RC_OK);
    }
    assert_int_equal(tiles_end(&t), RC_OK);
    assert_int_equal(one.n, 2);
    assert_bytes(buf_slice(&find(&one, 0, 0, 6)->bytes), buf_slice(&tile));
    assert_bytes(buf_slice(&find(&one, TILE_ENTRIES, 0, 6)->bytes), buf_slice(&entries));
    tiles_fini(&t);
    forget(&one);
    buf_free(&file);
    buf_free(&want);
    buf_free(&tile);
    buf_free(&entries);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_specification),
        cmocka_unit_test(seventy_thousand_leaves_make_what_the_specification_says),
        cmocka_unit_test(a_bundle_holds_its_leaves_with_their_lengths),
        cmocka_unit_test(growth_is_what_was_not_there),
        cmocka_unit_test(a_writer_that_fails_ends_it),
        cmocka_unit_test(the_golden_tile_is_that_of_another_implementation),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
