/* Bundles. LINJULI_GOLDEN=write makes the figures anew. */
#include "sync/bundle.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES "tests/golden/bundle/bundles.txt"
#define ENTRIES "tests/golden/entry/entries.txt"

static const struct hash community = {{4, 4, 4, 4}};

/* The entries of ENTRIES: a log of three, its second one after an erasure. */
struct given {
    struct pair by;
    struct buf entry[3], erased, other; /* other: a rival of the first */
    struct hash top;
};

static void
given_init(struct given *g)
{
    static const struct hash none = {{0}};
    struct buf file = BUF_NONE;
    struct entry_writer w;
    struct entry e;
    struct hash id;
    uint8_t seed[SEED_BYTES];
    const char *at;

    memset(seed, 1, sizeof seed);
    pair_from_seed(PAIR_SIGN, seed, &g->by);
    tree_read(ENTRIES, &file);
    (void)buf_text(&file);
    at = strstr((const char *)file.p, "\n# the first");
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(at);
        at = strstr(at + 1, "\nitem0");
        assert_non_null(at);
        g->entry[i] = figure(at + 1, "entry");
        if (i == 1) {
            g->erased = figure(at + 1, "erased1");
        }
    }
    g->top = entry_id(buf_slice(&g->entry[2]));
    assert_int_equal(entry_decode(buf_slice(&g->entry[0]), &e), RC_OK);
    e.prev = none;
    e.clock++;
    entry_writer_init(&w);
    entry_add(&w, slice_of(e.body.p + 3, e.body.n - 3));
    g->other = BUF_NONE;
    entry_finish(&w, &e, &community, &g->by, &g->other, &id);
    entry_writer_fini(&w);
    buf_free(&file);
}

static void
given_fini(struct given *g)
{
    for (size_t i = 0; i < 3; i++) {
        buf_free(&g->entry[i]);
    }
    buf_free(&g->erased);
    buf_free(&g->other);
}

/* `chunks`: 1 for the example of the page, 3 for a run, an odd run and a proof. */
static void
make(const struct given *g, uint64_t seq, const struct hash *top, int chunks,
     struct buf *out)
{
    struct bundle_head head = {.community = community,
                               .node = 2,
                               .receiver = 1,
                               .clock = 0x018bcfe568000000ull,
                               .rows_n = 1};
    struct bundle_row row = {.kind = BUNDLE_DATA, .no = 1, .seq = seq, .id = *top};
    struct bundle_writer w;
    struct buf chunk = BUF_NONE;

    bundle_begin(&w, &head, &row, &g->by, out);
    assert_true(bundle_run_add(&chunk, buf_slice(&g->entry[0])));
    bundle_chunk(&w, buf_slice(&chunk), out);
    if (chunks > 1) {
        assert_false(bundle_run_add(&chunk, buf_slice(&g->erased)));
        chunk.n = 0;
        assert_true(bundle_run_add(&chunk, buf_slice(&g->erased)));
        assert_true(bundle_run_add(&chunk, buf_slice(&g->entry[2])));
        bundle_chunk(&w, buf_slice(&chunk), out);
        chunk.n = 0;
        bundle_proof(&chunk, slice_of(g->entry[0].p, ENTRY_HEAD_BYTES),
                     slice_of(g->other.p, ENTRY_HEAD_BYTES));
        bundle_chunk(&w, buf_slice(&chunk), out);
    }
    bundle_end(&w, out);
    assert_int_equal(w.bytes, out->n);
    buf_free(&chunk);
}

/* How a file reads, `step` bytes at a time: entries of whole chunks, and how it ends. */
struct read {
    enum bundle_got end;
    uint64_t entries, at, to;
    bool has_head, holds;
};

static struct read
read_all(struct slice file, size_t step)
{
    struct read x = {.end = BUNDLE_PART};
    struct bundle_reader r;
    struct slice part, entry;

    bundle_reader_init(&r);
    while (file.n > 0 && (x.end == BUNDLE_PART || x.end == BUNDLE_END)) {
        struct slice s = slice_of(file.p, step < file.n ? step : file.n);

        file = slice_of(file.p + s.n, file.n - s.n);
        while (s.n > 0) {
            enum bundle_got got = bundle_next(&r, &s, &part);
            struct bundle_head head;

            if (got == BUNDLE_HEAD) {
                x.has_head = bundle_head_decode(part, &head) == RC_OK;
                x.holds = x.has_head && bundle_head_check(&head);
            } else if (got == BUNDLE_CHUNK) {
                struct bundle_items it = bundle_items(part);

                while (bundle_items_next(&it, &entry)) {
                    x.entries += !it.is_proof;
                }
                assert_false(it.r.bad);
            } else if (got != BUNDLE_PART) {
                x.end = got;
                s.n = got == BUNDLE_END ? s.n : 0;
            }
        }
    }
    x.at = r.at;
    x.to = r.to;
    assert_true(r.part.cap <= 2 * (BUNDLE_CHUNK_BYTES_MAX + 64));
    bundle_reader_fini(&r);
    return x;
}

static void
it_reads_the_same_in_whatever_pieces(void **state)
{
    static const size_t steps[] = {1, 7, 192, 4096, SIZE_MAX};
    struct given g;
    struct buf file = BUF_NONE;

    (void)state;
    given_init(&g);
    make(&g, 3, &g.top, 3, &file);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct read x = read_all(buf_slice(&file), steps[i]);

        assert_int_equal(x.end, BUNDLE_END);
        assert_int_equal(x.entries, 3);
        assert_true(x.has_head && x.holds);
    }
    given_fini(&g);
    buf_free(&file);
}

static void
what_is_cut_gives_its_whole_chunks_and_no_end(void **state)
{
    struct given g;
    struct buf file = BUF_NONE;
    uint64_t last = 0;

    (void)state;
    given_init(&g);
    make(&g, 3, &g.top, 3, &file);
    for (size_t n = 0; n < file.n; n++) {
        struct read x = read_all(slice_of(file.p, n), SIZE_MAX);

        assert_int_equal(x.end, BUNDLE_PART);
        assert_true(x.entries >= last && x.entries <= 3);
        last = x.entries;
    }
    assert_int_equal(last, 3);
    given_fini(&g);
    buf_free(&file);
}

static void
a_flipped_bit_anywhere_is_found(void **state)
{
    struct given g;
    struct buf file = BUF_NONE;

    (void)state;
    given_init(&g);
    make(&g, 3, &g.top, 3, &file);
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        struct read x;

        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        x = read_all(buf_slice(&file), SIZE_MAX);
        assert_int_not_equal(x.end, BUNDLE_END);
        if (x.end == BUNDLE_BAD) {
            assert_true(x.at <= bit / 8 && bit / 8 < x.to);
        }
        file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_add_u8(&file, 0);
    assert_int_equal(read_all(buf_slice(&file), SIZE_MAX).end, BUNDLE_BAD);
    given_fini(&g);
    buf_free(&file);
}

static void
what_is_none_or_newer_is_told_at_once(void **state)
{
    struct given g;
    struct buf file = BUF_NONE;
    static const uint8_t zeros[100000];

    (void)state;
    given_init(&g);
    make(&g, 1, &g.top, 1, &file);
    file.p[16] = 2;
    assert_int_equal(read_all(buf_slice(&file), 1).end, BUNDLE_NEWER);
    file.p[16] = 0;
    assert_int_equal(read_all(buf_slice(&file), 1).end, BUNDLE_NONE);
    assert_int_equal(read_all(slice_of(zeros, sizeof zeros), 65536).end, BUNDLE_NONE);
    assert_int_equal(read_all(slice_of(zeros, 1), 1).end, BUNDLE_NONE);
    assert_int_equal(read_all(slice_text("linjuli-bundle\n"), 99).end, BUNDLE_NONE);
    given_fini(&g);
    buf_free(&file);
}

/* A length is judged before anything is kept. */
static void
lengths_are_bounded(void **state)
{
    struct given g;
    struct buf file = BUF_NONE;
    size_t head;

    (void)state;
    given_init(&g);
    make(&g, 1, &g.top, 1, &file);
    put_u32(file.p + 97, BUNDLE_ROWS_MAX + 1);
    assert_int_equal(read_all(buf_slice(&file), 64).end, BUNDLE_BAD);
    put_u32(file.p + 97, 1);
    head = 101 + 45 + 64 + 32;
    put_u32(file.p + head, BUNDLE_CHUNK_BYTES_MAX + 1);
    assert_int_equal(read_all(buf_slice(&file), 64).end, BUNDLE_BAD);
    given_fini(&g);
    buf_free(&file);
}

static void
rows_ascend_and_the_signature_covers_them(void **state)
{
    struct given g;
    struct pair by;
    struct buf file = BUF_NONE;
    struct bundle_head head = {.community = community, .node = 2, .rows_n = 2};
    struct bundle_row row[2] = {{BUNDLE_DATA, 2, 5, {{1}}}, {BUNDLE_DATA, 1, 5, {{1}}}};
    struct bundle_writer w;
    struct bundle_head out;

    (void)state;
    given_init(&g);
    by = g.by;
    bundle_begin(&w, &head, row, &by, &file);
    assert_int_equal(bundle_head_decode(slice_of(file.p, file.n - 32), &out),
                     RC_MALFORMED);
    row[1].no = 3;
    file.n = 0;
    bundle_begin(&w, &head, row, &by, &file);
    assert_int_equal(bundle_head_decode(slice_of(file.p, file.n - 32), &out), RC_OK);
    assert_true(bundle_head_check(&out));
    assert_true(bundle_is_of(buf_slice(&file), &community, 2));
    assert_false(bundle_is_of(buf_slice(&file), &community, 3));
    bundle_row_at(&out, 1, &row[0]);
    assert_int_equal(row[0].no, 3);
    file.p[101 + 12]++; /* the seq of a row */
    assert_int_equal(bundle_head_decode(slice_of(file.p, file.n - 32), &out), RC_OK);
    assert_false(bundle_head_check(&out));
    given_fini(&g);
    buf_free(&file);
}

static void
add_hex(struct buf *out, const char *key, struct slice s)
{
    char *text = mem_new(2 * s.n + 1);

    hex_print(s.p, s.n, text);
    buf_addf(out, "%s %s\n", key, text);
    mem_free(text);
}

static void
bundles_are_the_figures_of_the_tree(void **state)
{
    const char *mode = getenv("LINJULI_GOLDEN");
    struct given g;
    struct buf made = BUF_NONE;
    struct buf file = BUF_NONE;
    struct buf want = BUF_NONE;

    (void)state;
    given_init(&g);
    make(&g, 3, &g.top, 3, &made);
    buf_addf(&file,
             "# A bundle (sync/BUNDLE.md) of the log in ../entry/entries.txt: a run, a\n"
             "# run with lengths, a proof.\n\n");
    add_hex(&file, "bundle", buf_slice(&made));
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *f = fopen(FIGURES, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(file.p, 1, file.n, f), file.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(FIGURES, &want);
    assert_bytes(buf_slice(&file), buf_slice(&want));
    given_fini(&g);
    buf_free(&made);
    buf_free(&file);
    buf_free(&want);
}

/* BUNDLE.md section 6. */
static void
the_example_of_the_page_is_what_is_written(void **state)
{
    static const char *const names[] = {"head", "chunk", "trailer"};
    struct given g;
    struct hash top;
    struct buf document = BUF_NONE;
    struct buf page = BUF_NONE;
    struct buf made = BUF_NONE;

    (void)state;
    given_init(&g);
    top = entry_id(buf_slice(&g.entry[0]));
    make(&g, 1, &top, 1, &made);
    tree_read("sync/BUNDLE.md", &document);
    for (size_t i = 0; i < 3; i++) {
        struct buf block = document_hex((const char *)document.p, names[i]);

        buf_add_slice(&page, buf_slice(&block));
        buf_free(&block);
    }
    assert_bytes(buf_slice(&made), buf_slice(&page));
    assert_int_equal(read_all(buf_slice(&page), 10).end, BUNDLE_END);
    given_fini(&g);
    buf_free(&document);
    buf_free(&page);
    buf_free(&made);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_the_same_in_whatever_pieces),
        cmocka_unit_test(what_is_cut_gives_its_whole_chunks_and_no_end),
        cmocka_unit_test(a_flipped_bit_anywhere_is_found),
        cmocka_unit_test(what_is_none_or_newer_is_told_at_once),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(rows_ascend_and_the_signature_covers_them),
        cmocka_unit_test(bundles_are_the_figures_of_the_tree),
        cmocka_unit_test(the_example_of_the_page_is_what_is_written),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
