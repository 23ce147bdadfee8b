/* Sixteen digits: as people type them, what is made of them, and the two datagrams. */
#include "sync/code.h"
#include "tests/unit/crypto/figures.h"

#define PAGE "sync/CODE.md"
#define WHOLE "1234567890123459"

static void
show(const char *name, const void *p, size_t n)
{
    char hex[256];

    if (getenv("LINJULI_GOLDEN") != NULL) {
        hex_print(p, n, hex);
        print_message("%s %s\n", name, hex);
    }
}

static void
the_page_shows_the_bytes(void **state)
{
    struct code_ask ask = {.name = {"123"}, .port = 7431};
    struct buf page = BUF_NONE;
    struct buf bytes[2] = {BUF_NONE, BUF_NONE};
    struct code c;
    struct key key;

    (void)state;
    assert_int_equal(code_parse(WHOLE, &c), RC_OK);
    code_stretch(&c, &key);
    for (size_t i = 0; i < CODE_NONCE_BYTES; i++) {
        ask.nonce[i] = (uint8_t)(0x60 + i);
    }
    code_ask_encode(&ask, false, &bytes[0]);
    code_ask_encode(&ask, true, &bytes[1]);
    show("code", c.digit, CODE_DIGITS);
    show("key", key.b, KEY_BYTES);
    show("ask", bytes[0].p, bytes[0].n);
    show("answer", bytes[1].p, bytes[1].n);
    tree_read(PAGE, &page);
    struct buf want[4] = {document_hex((const char *)page.p, "code"),
                          document_hex((const char *)page.p, "key"),
                          document_hex((const char *)page.p, "ask"),
                          document_hex((const char *)page.p, "answer")};
    assert_bytes(slice_of(c.digit, CODE_DIGITS), buf_slice(&want[0]));
    assert_bytes(slice_of(key.b, KEY_BYTES), buf_slice(&want[1]));
    assert_bytes(buf_slice(&bytes[0]), buf_slice(&want[2]));
    assert_bytes(buf_slice(&bytes[1]), buf_slice(&want[3]));
    for (size_t i = 0; i < 4; i++) {
        buf_free(&want[i]);
    }
    buf_free(&bytes[0]);
    buf_free(&bytes[1]);
    buf_free(&page);
}

static void
people_type_digits_in_many_ways(void **state)
{
    static const char *const good[] = {
        WHOLE,
        "1234-5678-9012-3459",
        "1234 5678 9012 3459 ",
        "-1-2 3456789012345 9",
        "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94 5678 9012 345\xef\xbc\x99",
    };
    static const char *const none[] = {"",
                                       "123456789012345",
                                       "12345678901234590",
                                       "1234_5678_9012_3459",
                                       "0302.lji",
                                       "1234-5678-9012-345a",
                                       "\xef\xbc",
                                       "\xef\xbc\x8f",
                                       "12\n34567890123459"};
    struct code c;
    char text[CODE_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(code_parse(good[i], &c), RC_OK);
        assert_string_equal(c.digit, WHOLE);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(code_parse(none[i], &c), RC_NO);
    }
    code_print(&c, text);
    assert_string_equal(text, "1234-5678-9012-3459");
}

static void
a_digit_mistyped_shows_at_once(void **state)
{
    struct code c;

    (void)state;
    for (size_t i = 0; i < CODE_DIGITS; i++) {
        char text[] = WHOLE;

        for (char d = '0'; d <= '9'; d++) {
            text[i] = d;
            assert_int_equal(code_parse(text, &c), d == WHOLE[i] ? RC_OK : RC_INVALID);
        }
    }
    for (size_t i = 0; i + 1 < CODE_DIGITS; i++) { /* two that changed places */
        char text[] = WHOLE;

        text[i] = WHOLE[i + 1];
        text[i + 1] = WHOLE[i];
        assert_int_equal(code_parse(text, &c), RC_INVALID);
    }
}

static void
drawn_codes_hold_and_use_all_digits(void **state)
{
    uint8_t random[CODE_RANDOM_BYTES] = {0};
    struct code c, again;

    (void)state;
    assert_true(code_draw(random, &c));
    assert_memory_equal(c.digit, "000000000000000", 15);
    put_u64(random, 999999999999999u);
    assert_true(code_draw(random, &c));
    assert_memory_equal(c.digit, "999999999999999", 15);
    put_u64(random, 1000000000000001u);
    assert_true(code_draw(random, &c));
    assert_memory_equal(c.digit, "000000000000001", 15);
    put_u64(random, UINT64_MAX); /* the last ones would come more often */
    assert_false(code_draw(random, &c));
    for (unsigned i = 0; i < 1000; i++) {
        bytes_random(random, sizeof random);
        if (code_draw(random, &c)) {
            assert_int_equal(code_parse(c.digit, &again), RC_OK);
        }
    }
}

/* Name, secret: another one is another key. The check digit is in none. */
static void
each_digit_makes_another_key(void **state)
{
    struct code c;
    struct key first, other;

    (void)state;
    assert_int_equal(code_parse(WHOLE, &c), RC_OK);
    code_stretch(&c, &first);
    for (size_t i = 0; i < CODE_DIGITS; i += 3) { /* 0 in the name, 15 the check digit */
        char was = c.digit[i];

        c.digit[i] = was == '9' ? '0' : (char)(was + 1);
        code_stretch(&c, &other);
        assert_int_equal(key_eq(&first, &other), i == CODE_DIGITS - 1);
        c.digit[i] = was;
    }
}

static void
a_datagram_is_what_the_page_says_or_nothing(void **state)
{
    const struct code_ask ask = {.name = {"007"}, .port = 1};
    struct code_ask got;

    (void)state;
    for (unsigned is_answer = 0; is_answer < 2; is_answer++) {
        struct buf b = BUF_NONE;

        code_ask_encode(&ask, is_answer != 0, &b);
        assert_int_equal(code_ask_decode(buf_slice(&b), is_answer != 0, &got), RC_OK);
        assert_string_equal(got.name.digit, "007");
        assert_int_equal(got.port, is_answer);
        assert_int_equal(code_ask_decode(buf_slice(&b), is_answer == 0, &got),
                         RC_MALFORMED);
        for (size_t n = 0; n < b.n; n++) {
            assert_int_equal(code_ask_decode(slice_of(b.p, n), is_answer != 0, &got),
                             RC_MALFORMED);
        }
        b.p[1] = 'x';
        assert_int_equal(code_ask_decode(buf_slice(&b), is_answer != 0, &got),
                         RC_MALFORMED);
        b.p[1] = '0';
        b.p[b.n - 1] ^= 1; /* a port in a question, none in an answer */
        assert_int_equal(code_ask_decode(buf_slice(&b), is_answer != 0, &got),
                         RC_MALFORMED);
        b.p[b.n - 1] ^= 1;
        buf_add_u8(&b, 0);
        assert_int_equal(code_ask_decode(buf_slice(&b), is_answer != 0, &got),
                         RC_MALFORMED);
        buf_free(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_shows_the_bytes),
        cmocka_unit_test(people_type_digits_in_many_ways),
        cmocka_unit_test(a_digit_mistyped_shows_at_once),
        cmocka_unit_test(drawn_codes_hold_and_use_all_digits),
        cmocka_unit_test(each_digit_makes_another_key),
        cmocka_unit_test(a_datagram_is_what_the_page_says_or_nothing),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
