/* The paper alone gives the root key back, and a slip shows in the line where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/root_sheet.h"

static struct pair root;
static char line[4][40]; /* as they are printed, without the blanks before */
static struct buf sheet, page;

static int
print(void **state)
{
    uint8_t seed[SEED_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(seed); i++)
        seed[i] = (uint8_t)(i * 7 + 1);
    pair_from_seed(PAIR_SIGN, seed, &root);
    root_sheet(&sheet, "绿洲社区", &root);
    root_page(&page, "绿洲<&>社区", &root);
    size_t n = 0;
    for (const char *p = strstr(buf_text(&sheet), "\n    "); p != NULL;
         p = strstr(p + 1, "\n    ")) {
        assert_true(n < 4);
        snprintf(line[n++], sizeof(line[0]), "%.*s", (int)strcspn(p + 5, "\n"), p + 5);
    }
    assert_int_equal(n, 4);
    return 0;
}

static int
leave(void **state)
{
    (void)state;
    buf_free(&sheet);
    buf_free(&page);
    return 0;
}

/* What is printed is what KEYS and the page say it is: found out without the code. */
static void
each_line_is_eight_bytes_and_their_check(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char group[4][5], check[5], want[5];
        uint8_t text[9];
        unsigned no = 0;
        assert_int_equal(sscanf(line[i], "%u   %4s %4s %4s %4s   %4s", &no, group[0],
                                group[1], group[2], group[3], check),
                         6);
        assert_int_equal(no, i + 1);
        text[0] = (uint8_t)no;
        for (size_t k = 0; k < 4; k++)
            assert_true(hex_parse(group[k], 2, text + 1 + 2 * k));
        struct hash h = hash_of(slice_of(text, sizeof(text)));
        hex_print(h.b, 2, want);
        assert_string_equal(check, want);
        assert_memory_equal(text + 1, root.secret + (size_t)i * 8, 8);
    }
}

static enum rc
read_back(const char *text, struct pair *out, struct fault *why)
{
    *why = (struct fault){0};
    *out = (struct pair){0};
    return root_sheet_read(slice_text(text), out, why);
}

static void
right(const char *what, const char *text)
{
    struct pair back;
    struct fault why;
    if (read_back(text, &back, &why) != RC_OK)
        fail_msg("%s: line %s in\n%s", what, why.what, text);
    assert_true(key_eq(&back.pub, &root.pub));
    assert_memory_equal(back.secret, root.secret, sizeof(root.secret));
}

static void
wrong(const char *text, enum fault_code code, const char *lines)
{
    struct pair back;
    struct fault why;
    assert_int_equal(read_back(text, &back, &why), RC_MALFORMED);
    assert_int_equal(why.code, code);
    assert_string_equal(why.what, lines);
    static const struct pair none;
    assert_memory_equal(&back, &none, sizeof(none)); /* nothing of it is given out */
}

/* The four lines in this order, each changed by a function or not. */
static char typed_text[8192];
static const char *
typed(const char *a, const char *b, const char *c, const char *d)
{
    snprintf(typed_text, sizeof(typed_text), "%s\n%s\n%s\n%s\n", a, b, c, d);
    return typed_text;
}

static void
the_sheet_is_read_however_it_was_typed(void **state)
{
    char tight[4][40], loud[4][40], wide[4][128];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t n = 0, m = 0, w = 0;
        for (const char *p = line[i]; *p != '\0'; p++) {
            char up = *p >= 'a' && *p <= 'f' ? (char)(*p - 'a' + 'A') : *p;
            if (*p != ' ')
                tight[i][n++] = *p;
            loud[i][m++] = *p == '0' ? 'O' : *p == '1' && p != line[i] ? 'l' : up;
            bool blank = *p == ' ', digit = *p <= '9';
            const uint8_t one[3] = {blank ? 0xe3 : 0xef,
                                    blank   ? 0x80
                                    : digit ? 0xbc
                                            : 0xbd,
                                    (uint8_t)(blank   ? 0x80
                                              : digit ? *p + 0x60
                                                      : *p + 0x20)};
            memcpy(wide[i] + w, one, 3);
            w += 3;
        }
        tight[i][n] = loud[i][m] = wide[i][w] = '\0';
    }
    right("the file itself", buf_text(&sheet));
    right("as it stands", typed(line[0], line[1], line[2], line[3]));
    right("in another order", typed(line[3], line[1], line[0], line[2]));
    right("without blanks", typed(tight[0], tight[1], tight[2], tight[3]));
    right("capitals, O and l", typed(loud[0], loud[1], loud[2], loud[3]));
    right("one of them twice", typed(line[0], line[1], line[2], buf_text(&sheet)));
    right("on a Chinese keyboard", typed(wide[0], wide[1], wide[2], wide[3]));
}

static void
a_slip_shows_in_its_line(void **state)
{
    char bad[40];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char no[2] = {(char)('1' + i), '\0'};
        const char *const l[] = {line[0], line[1], line[2], line[3]};
        for (size_t at = 1; line[i][at] != '\0'; at++) {
            const char *use[4];
            if (line[i][at] == ' ')
                continue;
            memcpy(bad, line[i], sizeof(bad));
            bad[at] = bad[at] == '7' ? '8' : '7'; /* another digit */
            memcpy(use, l, sizeof(use));
            use[i] = bad;
            wrong(typed(use[0], use[1], use[2], use[3]), FAULT_SHEET_LINE, no);
            memmove(bad + at, bad + at + 1, strlen(bad + at)); /* one digit short */
            wrong(typed(use[0], use[1], use[2], use[3]), FAULT_SHEET_LINE, no);
        }
        const char *use[4];
        memcpy(use, l, sizeof(use));
        use[i] = "";
        wrong(typed(use[0], use[1], use[2], use[3]), FAULT_SHEET_MISSING, no);
    }
    char swapped[40];
    memcpy(swapped, line[1], sizeof(swapped));
    swapped[0] = '3'; /* line 2 under the number 3: both are told */
    wrong(typed(line[0], swapped, line[2], line[3]), FAULT_SHEET_LINE, "3");
    wrong(typed(line[0], "2 ", "3 zz", line[3]), FAULT_SHEET_LINE, "2, 3");
    wrong("", FAULT_SHEET_MISSING, "1, 2, 3, 4");
    wrong("nothing of the kind\n", FAULT_SHEET_MISSING, "1, 2, 3, 4");
}

static void
what_is_too_long_is_not_looked_at(void **state)
{
    struct buf b = BUF_NONE;
    struct pair back;
    struct fault why = {0};
    (void)state;
    while (b.n <= ROOT_SHEET_BYTES_MAX)
        buf_add_slice(&b, buf_slice(&sheet));
    assert_int_equal(root_sheet_read(buf_slice(&b), &back, &why), RC_LIMIT);
    buf_free(&b);
}

static size_t
count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

static void
the_page_stands_alone_and_prints_two_sheets(void **state)
{
    const char *text = buf_text(&page);
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(count(text, line[i]), 2);
    assert_int_equal(count(text, "<section>"), 2);
    assert_int_equal(count(text, "<svg "), 2);
    assert_int_equal(count(text, "绿洲&#60;&#38;&#62;社区"), 5); /* title, 2 × (zh, en) */
    assert_int_equal(count(text, "<script"), 0);
    assert_int_equal(count(text, "http"), 3); /* http-equiv, and what SVG is called */
    assert_int_equal(count(text, "size: A4"), 1);
    right("the page itself", text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_eight_bytes_and_their_check),
        cmocka_unit_test(the_sheet_is_read_however_it_was_typed),
        cmocka_unit_test(a_slip_shows_in_its_line),
        cmocka_unit_test(what_is_too_long_is_not_looked_at),
        cmocka_unit_test(the_page_stands_alone_and_prints_two_sheets),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, print, leave) : 70;
}
