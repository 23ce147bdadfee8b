/* The talk about sixteen digits, both sides. */
#include "sync/code_talk.h"
#include "tests/unit/crypto/figures.h"

#define PAGE "sync/CODE.md"

struct both {
    struct code_talk *joiner, *giver;
    struct buf to_giver, to_joiner; /* what the one side has said */
    struct key psk;
};

static struct pair
pair_of(uint8_t fill)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    memset(seed, fill, sizeof seed);
    pair_from_seed(PAIR_BOX, seed, &p);
    return p;
}

static void
both_init(struct both *b, const struct key *psk)
{
    static const struct code_name name = {"123"};
    struct pair j = pair_of(0x11), je = pair_of(0x12);
    struct pair g = pair_of(0x21), ge = pair_of(0x22);

    memset(b, 0, sizeof *b);
    b->psk = *psk;
    b->joiner = code_talk_join(&name, psk, &j, &je, &b->to_giver);
    b->giver = code_talk_give(&g, &ge);
}

static void
both_fini(struct both *b)
{
    code_talk_free(b->joiner);
    code_talk_free(b->giver);
    buf_free(&b->to_giver);
    buf_free(&b->to_joiner);
}

/* Each side's bytes in pieces of `piece`; what it makes of the last one. */
static enum code_heard
carry(struct code_talk *to, struct buf *bytes, size_t piece, struct buf *back)
{
    enum code_heard heard = CODE_MORE;
    size_t at = 0;

    while (at < bytes->n && heard == CODE_MORE) {
        size_t n = bytes->n - at < piece ? bytes->n - at : piece;

        heard = code_talk_hear(to, slice_of(bytes->p + at, n), back);
        at += n;
    }
    assert_int_equal(at, bytes->n);
    bytes->n = 0;
    return heard;
}

/* Up to message 3. */
static void
shake(struct both *b, size_t piece)
{
    assert_int_equal(carry(b->giver, &b->to_giver, piece, &b->to_joiner), CODE_MORE);
    assert_int_equal(carry(b->joiner, &b->to_joiner, piece, &b->to_giver), CODE_MORE);
    assert_int_equal(carry(b->giver, &b->to_giver, piece, &b->to_joiner), CODE_ASKED);
    assert_string_equal(code_talk_name(b->giver)->digit, "123");
}

static void
page_has(const struct buf *page, const char *name, const struct buf *have)
{
    if (getenv("LINJULI_GOLDEN") != NULL) {
        char hex[1024];

        hex_print(have->p, have->n, hex);
        print_message("%s %s\n", name, hex);
        return;
    }
    struct buf want = document_hex((const char *)page->p, name);
    assert_bytes(buf_slice(have), buf_slice(&want));
    buf_free(&want);
}

static void
the_page_shows_the_bytes(void **state)
{
    struct buf page = BUF_NONE;
    struct both b;
    struct key psk;
    struct code c;

    (void)state;
    assert_int_equal(code_parse("1234567890123459", &c), RC_OK);
    code_stretch(&c, &psk);
    tree_read(PAGE, &page);
    both_init(&b, &psk);
    page_has(&page, "one", &b.to_giver);
    assert_int_equal(carry(b.giver, &b.to_giver, 1000, &b.to_joiner), CODE_MORE);
    page_has(&page, "two", &b.to_joiner);
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1000, &b.to_giver), CODE_MORE);
    page_has(&page, "three", &b.to_giver);
    assert_int_equal(carry(b.giver, &b.to_giver, 1000, &b.to_joiner), CODE_ASKED);
    assert_true(code_talk_judge(b.giver, &psk));
    code_talk_answer(b.giver, CODE_YES_FILE, slice_text("file"), &b.to_joiner);
    page_has(&page, "gives", &b.to_joiner);
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1000, &b.to_giver), CODE_ANSWERED);
    page_has(&page, "receipt", &b.to_giver);
    assert_int_equal(carry(b.giver, &b.to_giver, 1000, &b.to_joiner), CODE_TAKEN);
    both_fini(&b);
    buf_free(&page);
}

/* Whole files come over, in whatever pieces: none, some, more than one Noise message. */
static void
a_file_comes_over(void **state)
{
    static const size_t sizes[] = {0, 1, 70000, 300001};
    static const size_t pieces[] = {1, 3, 1000, 100000};
    const struct key psk = {{1}};
    uint8_t *bytes = mem_new(300001);

    (void)state;
    for (size_t i = 0; i < 300001; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    for (size_t i = 0; i < 4; i++) {
        struct slice file = slice_of(bytes, sizes[i]);
        struct slice got;
        struct both b;

        both_init(&b, &psk);
        shake(&b, pieces[i]);
        assert_true(code_talk_judge(b.giver, &psk));
        code_talk_answer(b.giver, CODE_YES_FILE, file, &b.to_joiner);
        assert_int_equal(carry(b.joiner, &b.to_joiner, pieces[i], &b.to_giver),
                         CODE_ANSWERED);
        assert_int_equal(code_talk_yes(b.joiner, &got), CODE_YES_FILE);
        assert_true(slice_eq(got, file));
        assert_int_equal(carry(b.giver, &b.to_giver, pieces[i], &b.to_joiner),
                         CODE_TAKEN);
        both_fini(&b);
    }
    mem_free(bytes);
}

static void
what_is_used_or_late_is_told_to_who_knows_the_digits(void **state)
{
    const struct key psk = {{1}};

    (void)state;
    for (unsigned yes = CODE_YES_USED; yes <= CODE_YES_EXPIRED; yes++) {
        struct slice got;
        struct both b;

        both_init(&b, &psk);
        shake(&b, 1000);
        assert_true(code_talk_judge(b.giver, &psk));
        code_talk_answer(b.giver, (enum code_yes)yes, slice_of(NULL, 0), &b.to_joiner);
        assert_int_equal(carry(b.joiner, &b.to_joiner, 1000, &b.to_giver), CODE_ANSWERED);
        assert_int_equal(code_talk_yes(b.joiner, &got), yes);
        assert_int_equal(got.n, 0);
        assert_int_equal(b.to_giver.n, 0);
        both_fini(&b);
    }
}

static void
other_digits_are_refused_and_told_how_often_still(void **state)
{
    const struct key psk = {{1}};
    const struct key other = {{2}};
    uint16_t value = 0;
    struct both b;

    (void)state;
    both_init(&b, &psk);
    shake(&b, 1);
    assert_false(code_talk_judge(b.giver, &other));
    code_talk_refuse(b.giver, CODE_NO_WRONG, 4, &b.to_joiner);
    assert_int_equal(b.to_joiner.n, 5);
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1, &b.to_giver), CODE_REFUSED);
    assert_int_equal(code_talk_no(b.joiner, &value), CODE_NO_WRONG);
    assert_int_equal(value, 4);
    both_fini(&b);
    both_init(&b, &psk);
    shake(&b, 1);
    code_talk_refuse(b.giver, CODE_NO_WAIT, 32, &b.to_joiner); /* without a judge */
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1, &b.to_giver), CODE_REFUSED);
    assert_int_equal(code_talk_no(b.joiner, &value), CODE_NO_WAIT);
    assert_int_equal(value, 32);
    both_fini(&b);
}

/* Before message 3 the giver has not asked for any key: who only listens, or leaves, has
 * nothing to test digits by. */
static void
the_first_two_messages_do_not_depend_on_the_digits(void **state)
{
    const struct key psk = {{1}};
    const struct key other = {{2}};
    struct both a, b;

    (void)state;
    both_init(&a, &psk);
    both_init(&b, &other);
    assert_true(slice_eq(buf_slice(&a.to_giver), buf_slice(&b.to_giver)));
    assert_int_equal(carry(a.giver, &a.to_giver, 99, &a.to_joiner), CODE_MORE);
    assert_int_equal(carry(b.giver, &b.to_giver, 99, &b.to_joiner), CODE_MORE);
    assert_true(slice_eq(buf_slice(&a.to_joiner), buf_slice(&b.to_joiner)));
    both_fini(&a);
    both_fini(&b);
}

/* Every byte of both sides, one at a time: nothing that was changed gives a file. */
static void
every_changed_byte_breaks_the_talk(void **state)
{
    const struct key psk = {{1}};
    struct both b;

    (void)state;
    for (unsigned turn = 0; turn < 4; turn++) {
        size_t n = 1;

        for (size_t at = 0; at < n; at++) {
            struct buf *said = turn % 2 == 0 ? &b.to_giver : &b.to_joiner;
            bool broke = false;

            both_init(&b, &psk);
            for (unsigned k = 0; k < 4 && !broke; k++) {
                struct buf *bytes = k % 2 == 0 ? &b.to_giver : &b.to_joiner;
                struct code_talk *to = k % 2 == 0 ? b.giver : b.joiner;
                struct buf *back = k % 2 == 0 ? &b.to_joiner : &b.to_giver;

                if (k == turn) {
                    n = said->n;
                    bytes->p[at] ^= 1;
                }
                enum code_heard heard = code_talk_hear(to, buf_slice(bytes), back);
                bytes->n = 0;
                if (heard == CODE_ASKED) {
                    broke = !code_talk_judge(b.giver, &psk);
                    if (!broke) {
                        code_talk_answer(b.giver, CODE_YES_FILE, slice_text("file"),
                                         back);
                    }
                } else {
                    /* A length that says more: waits for what never comes. */
                    broke = heard == CODE_BROKEN || heard == CODE_REFUSED ||
                            (k == turn && back->n == 0 && heard == CODE_MORE);
                }
            }
            assert_true(broke);
            both_fini(&b);
        }
        assert_true(n > 17);
    }
}

static void
a_name_that_is_none_is_not_answered(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } bad[] = {{0, 1}, {0, 2}, {1, 'x'}, {3, 0}, {4, '4'}, {16, 1}};
    const struct key psk = {{1}};
    struct both b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        both_init(&b, &psk);
        b.to_giver.p[bad[i].at] = bad[i].byte;
        assert_int_equal(code_talk_hear(b.giver, buf_slice(&b.to_giver), &b.to_joiner),
                         CODE_BROKEN);
        assert_int_equal(b.to_joiner.n, 0);
        both_fini(&b);
    }
}

/* The giver says that a file of 16 MiB and a byte comes: nothing is waited for. */
static void
a_file_that_is_too_long_is_not_waited_for(void **state)
{
    const struct key psk = {{1}};
    struct pair g = pair_of(0x21), ge = pair_of(0x22);
    struct buf prologue = BUF_NONE;
    struct buf plain = BUF_NONE;
    struct buf payload = BUF_NONE;
    struct both b;

    (void)state;
    both_init(&b, &psk);
    buf_add(&prologue, "linjuli-code-v1", 16);
    buf_add_slice(&prologue, slice_of((const uint8_t[32]){0}, 32));
    buf_add(&prologue, b.to_giver.p, 17);
    struct noise *n = noise_new(NOISE_XXPSK3, false, &g, &ge, &psk, buf_slice(&prologue));
    assert_int_equal(noise_read(n, slice_of(b.to_giver.p + 19, 48), &payload), RC_OK);
    buf_add_u16(&b.to_joiner, 96);
    assert_int_equal(noise_write(n, slice_of(NULL, 0), &b.to_joiner), RC_OK);
    b.to_giver.n = 0;
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1000, &b.to_giver), CODE_MORE);
    assert_int_equal(noise_read(n, slice_of(b.to_giver.p + 2, 64), &payload), RC_OK);
    buf_add_u8(&plain, CODE_YES_FILE);
    buf_add_u32(&plain, CODE_FILE_BYTES_MAX + 1);
    buf_add_u16(&b.to_joiner, 5 + NOISE_MAC_BYTES);
    assert_int_equal(noise_seal(n, buf_slice(&plain), &b.to_joiner), RC_OK);
    assert_int_equal(carry(b.joiner, &b.to_joiner, 1000, &b.to_giver), CODE_BROKEN);
    noise_free(n);
    buf_free(&prologue);
    buf_free(&plain);
    buf_free(&payload);
    both_fini(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_shows_the_bytes),
        cmocka_unit_test(a_file_comes_over),
        cmocka_unit_test(what_is_used_or_late_is_told_to_who_knows_the_digits),
        cmocka_unit_test(other_digits_are_refused_and_told_how_often_still),
        cmocka_unit_test(the_first_two_messages_do_not_depend_on_the_digits),
        cmocka_unit_test(every_changed_byte_breaks_the_talk),
        cmocka_unit_test(a_name_that_is_none_is_not_answered),
        cmocka_unit_test(a_file_that_is_too_long_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
