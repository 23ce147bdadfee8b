/* Checkpoints and proofs, against figures that another implementation has made
 * (tests/golden/checkpoint), and against CHECKPOINT.md. */
#include "sync/sync.h"
#include "tests/unit/crypto/figures.h"

#define GOLDEN "tests/golden/checkpoint/"
#define LEAVES 6

struct tree {
    uint8_t head[LEAVES][ENTRY_HEAD_BYTES];
    struct hash id[LEAVES];
    struct hash community;
    struct pair hub;
};
static struct tree t;

static int
plant(void **state)
{
    static const uint8_t seed[SEED_BYTES] = {'h', 1};
    struct buf file = BUF_NONE;
    size_t n = 0;

    if (start_crypto(state) != 0) {
        return -1;
    }
    tree_read("tests/golden/authority/seals.txt", &file);
    figure_fill((const char *)file.p, "community", t.community.b, HASH_BYTES);
    for (const char *at = (const char *)file.p; at != NULL && n < LEAVES;
         at = figure_next(at)) {
        struct slice s;

        if (figure_find(at, "entry", &s)) {
            struct buf entry = figure(at, "entry");

            memcpy(t.head[n], entry.p, ENTRY_HEAD_BYTES);
            t.id[n] = entry_id(buf_slice(&entry));
            n++;
            buf_free(&entry);
        }
    }
    pair_from_seed(PAIR_SIGN, seed, &t.hub);
    buf_free(&file);
    return n == LEAVES ? 0 : -1;
}

static struct checkpoint
point(size_t size)
{
    return (struct checkpoint){t.community, size, merkle_root_of(t.id, size)};
}

static void
assert_golden(const struct buf *have, const char *name)
{
    struct buf path = BUF_NONE;
    struct buf want = BUF_NONE;

    buf_addf(&path, GOLDEN "%s", name);
    tree_read(buf_text(&path), &want);
    assert_bytes(buf_slice(have), buf_slice(&want));
    buf_free(&path);
    buf_free(&want);
}

static void
notes_are_those_of_another_implementation(void **state)
{
    static const struct {
        size_t size;
        const char *name;
    } notes[] = {{6, "checkpoint"}, {3, "checkpoint-3"}};
    struct buf b = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct checkpoint c = point(notes[i].size);

        b.n = 0;
        checkpoint_sign(&c, &t.hub, &b);
        assert_golden(&b, notes[i].name);
    }
    b.n = 0;
    checkpoint_key(&t.community, &t.hub.pub, &b);
    buf_addf(&b, "\n");
    assert_golden(&b, "key");
    buf_free(&b);
}

static void
proofs_are_those_of_another_implementation(void **state)
{
    struct hash path[MERKLE_PROOF_MAX];
    struct checkpoint c = point(LEAVES);
    struct checkpoint old = point(3);
    struct buf note = BUF_NONE;
    struct buf b = BUF_NONE;
    size_t n;

    (void)state;
    checkpoint_sign(&c, &t.hub, &note);
    n = merkle_prove(t.id, LEAVES, 4, path);
    assert_true(merkle_check(&t.id[4], 4, LEAVES, path, n, &c.root));
    checkpoint_prove(4, slice_of(t.head[4], ENTRY_HEAD_BYTES), path, n, buf_slice(&note),
                     &b);
    assert_golden(&b, "4.tlog-proof");
    b.n = 0;
    n = merkle_prove_growth(t.id, LEAVES, 3, path);
    assert_true(merkle_check_growth(3, LEAVES, &old.root, &c.root, path, n));
    checkpoint_prove_growth(3, path, n, buf_slice(&note), &b);
    assert_golden(&b, "growth-3");
    buf_free(&note);
    buf_free(&b);
}

static void
the_document_shows_the_same(void **state)
{
    static const char *const names[] = {"checkpoint", "key", "4.tlog-proof", "growth-3"};
    struct buf document = BUF_NONE;
    struct buf bundle = BUF_NONE;
    struct buf figures = BUF_NONE;
    struct buf shown;

    (void)state;
    tree_read("sync/CHECKPOINT.md", &document);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf path = BUF_NONE;
        struct buf text = BUF_NONE;

        buf_addf(&path, GOLDEN "%s", names[i]);
        tree_read(buf_text(&path), &text);
        if (strstr((const char *)document.p, (const char *)text.p) == NULL) {
            fail_msg("not in the document: %s", names[i]);
        }
        buf_free(&path);
        buf_free(&text);
    }
    tree_read(GOLDEN "tiles.txt", &figures);
    bundle = figure((const char *)figures.p, "entries");
    shown = document_hex((const char *)document.p, "bundle-begin");
    assert_true(shown.n > 194 && shown.n <= bundle.n);
    assert_memory_equal(shown.p, bundle.p, shown.n);
    buf_free(&document);
    buf_free(&bundle);
    buf_free(&figures);
    buf_free(&shown);
}

static void
a_note_is_read_back_with_its_signature(void **state)
{
    struct checkpoint c = point(LEAVES);
    struct checkpoint back;
    struct buf b = BUF_NONE;
    struct pair other;
    struct sig sig;

    (void)state;
    pair_new_random(PAIR_SIGN, &other);
    checkpoint_print(&c, &b);
    assert_int_equal(checkpoint_parse(buf_slice(&b), &back), RC_OK);
    assert_memory_equal(&back, &c, sizeof c);
    assert_int_equal(checkpoint_check(buf_slice(&b), &t.hub.pub, NULL),
                     CHECKPOINT_UNSIGNED);
    b.n = 0;
    checkpoint_sign(&c, &t.hub, &b);
    assert_int_equal(checkpoint_parse(buf_slice(&b), &back), RC_OK);
    assert_memory_equal(&back, &c, sizeof c);
    assert_int_equal(checkpoint_check(buf_slice(&b), &t.hub.pub, &sig),
                     CHECKPOINT_SIGNED);
    assert_int_equal(checkpoint_check(buf_slice(&b), &other.pub, NULL),
                     CHECKPOINT_UNSIGNED);
    buf_addf(&b, "\xe2\x80\x94 witness.example AAAAAAAAAAAAAAAAAAAAAA==\n");
    assert_int_equal(checkpoint_check(buf_slice(&b), &t.hub.pub, NULL),
                     CHECKPOINT_SIGNED); /* others may sign beside */
    buf_free(&b);
}

static void
no_changed_bit_leaves_it_signed(void **state)
{
    struct checkpoint c = point(LEAVES);
    struct checkpoint back;
    struct buf b = BUF_NONE;

    (void)state;
    checkpoint_sign(&c, &t.hub, &b);
    for (size_t i = 0; i < b.n * 8; i++) {
        b.p[i / 8] ^= (uint8_t)(1u << i % 8);
        if (checkpoint_parse(buf_slice(&b), &back) == RC_OK) {
            assert_int_not_equal(checkpoint_check(buf_slice(&b), &t.hub.pub, NULL),
                                 CHECKPOINT_SIGNED);
        }
        b.p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = 0; n < b.n; n++) {
        assert_int_not_equal(checkpoint_check(slice_of(b.p, n), &t.hub.pub, NULL),
                             CHECKPOINT_SIGNED);
    }
    buf_free(&b);
}

#define ORIGIN "linjuli/12374d880f1bd89c8e97ff475dc88122d9b6ad9273c25a5dcfc421dea4a536f4"
#define ROOT "AfEfxEfUzLJsyT1KXaJ33MkpZdRP1rnnZxpGcfOchk4="
#define DASH "\xe2\x80\x94"

static void
what_is_no_checkpoint_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        ORIGIN "\n6\n",
        ORIGIN "\n6\n" ROOT, /* no newline */
        ORIGIN "\n06\n" ROOT "\n",
        ORIGIN "\n+6\n" ROOT "\n",
        ORIGIN "\n\n" ROOT "\n",
        ORIGIN "\n9223372036854775808\n" ROOT "\n", /* 2^63 */
        ORIGIN "\n99999999999999999999\n" ROOT "\n",
        ORIGIN "x\n6\n" ROOT "\n",
        "linjuli/"
        "12374D880F1BD89C8E97FF475DC88122D9B6AD9273C25A5DCFC421DEA4A536F4\n6\n" ROOT "\n",
        "linjuli-"
        "12374d880f1bd89c8e97ff475dc88122d9b6ad9273c25a5dcfc421dea4a536f4\n6\n" ROOT "\n",
        "example.com/log\n6\n" ROOT "\n",
        ORIGIN "\n6\nAfEfxEfUzLJsyT1KXaJ33MkpZdRP1rnnZxpGcfOchk5=\n", /* loose bits */
        ORIGIN "\n6\nAfEfxEfUzLJsyT1KXaJ33MkpZdRP1rnnZxpGcfOchk4\n",
        ORIGIN "\n6\n" ROOT "\nextension\n",
        ORIGIN "\n6\n" ROOT "\n\n",
        ORIGIN "\n6\n" ROOT "\n\nno signature\n",
        ORIGIN "\n6\n" ROOT "\n\n" DASH " x\n",
        ORIGIN "\n6\n" ROOT "\n\n" DASH " x AA==", /* no newline */
        ORIGIN "\n6\n" ROOT "\n\n" DASH " x AA==\n\n",
        ORIGIN "\n6\n" ROOT "\n\n\n" DASH " x AA==\n",
        ORIGIN "\r\n6\r\n" ROOT "\r\n",
    };
    struct checkpoint c;
    struct buf many = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (checkpoint_parse(slice_text(bad[i]), &c) != RC_MALFORMED) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    buf_addf(&many, ORIGIN "\n6\n" ROOT "\n\n");
    for (size_t i = 0; i <= CHECKPOINT_SIGS_MAX; i++) {
        buf_addf(&many, DASH " x AA==\n");
    }
    assert_int_equal(checkpoint_parse(buf_slice(&many), &c), RC_LIMIT);
    while (many.n <= CHECKPOINT_BYTES_MAX) {
        buf_addf(&many, DASH " x AA==\n");
    }
    assert_int_equal(checkpoint_parse(buf_slice(&many), &c), RC_LIMIT);
    buf_free(&many);
}

/* A signature under anything else that is signed here never passes for one under a note,
 * though it is one under the same bytes. */
static void
no_tagged_message_passes_for_a_note(void **state)
{
    static const char *const tags[] = {"linjuli-entry-v1", "linjuli-order-v1",
                                       "linjuli-join--v1", "linjuli-root--v1",
                                       "linjuli-stick-v1"};
    struct buf b = BUF_NONE;
    struct sig sig;

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        enum tag tag = (enum tag)i;
        struct slice message = slice_of(t.head[3], ENTRY_HEADER_BYTES);

        sign_make(tag, &t.community, message, &t.hub, &sig);
        assert_true(sign_check(tag, &t.community, message, &t.hub.pub, &sig));
        b.n = 0;
        buf_addf(&b, "%s", tags[i]);
        buf_add(&b, t.community.b, HASH_BYTES);
        buf_add_slice(&b, message);
        assert_false(sign_note_check(buf_slice(&b), &t.hub.pub, &sig));
    }
    /* and the other way round: a note begins with no tag */
    b.n = 0;
    buf_addf(&b, ORIGIN "\n6\n" ROOT "\n");
    sign_note_make(buf_slice(&b), &t.hub, &sig);
    assert_true(sign_note_check(buf_slice(&b), &t.hub.pub, &sig));
    for (size_t i = 0; i < TAG_N; i++) {
        struct hash community;

        memcpy(community.b, b.p + TAG_BYTES, HASH_BYTES);
        assert_false(sign_check(
            (enum tag)i, &community,
            slice_of(b.p + TAG_BYTES + HASH_BYTES, b.n - TAG_BYTES - HASH_BYTES),
            &t.hub.pub, &sig));
    }
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_those_of_another_implementation),
        cmocka_unit_test(proofs_are_those_of_another_implementation),
        cmocka_unit_test(the_document_shows_the_same),
        cmocka_unit_test(a_note_is_read_back_with_its_signature),
        cmocka_unit_test(no_changed_bit_leaves_it_signed),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(no_tagged_message_passes_for_a_note),
    };

    return cmocka_run_group_tests(tests, plant, NULL);
}
