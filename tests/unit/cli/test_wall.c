/* The wall's text as people type or scan it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/checkpoint.h" /* before cmocka, which has a macro called fail */

#include <cmocka.h>

#define ORIGIN "linjuli/12374d880f1bd89c8e97ff475dc88122d9b6ad9273c25a5dcfc421dea4a536f4"
#define ROOT "AfEfxEfUzLJsyT1KXaJ33MkpZdRP1rnnZxpGcfOchk4="
#define TEXT ORIGIN "\n6\n" ROOT "\n"
#define SIG "\xe2\x80\x94 " ORIGIN " AA==\n"

static void
what_was_typed_becomes_the_note(void **state)
{
    static const struct {
        const char *typed, *note;
        uint64_t seal;
    } cases[] = {
        {TEXT, TEXT, 0},
        {ORIGIN "\n6\n" ROOT, TEXT, 0}, /* no newline at the end */
        {ORIGIN "\r\n6\r\n" ROOT "\r\n", TEXT, 0},
        {"  " ORIGIN " \n\t6\t\n\n" ROOT "  \n\n\n", TEXT, 0},
        {"绿洲社区 · 第 118 号章\n\n" TEXT, TEXT, 118},
        {"Oasis 3 · seal no. 118\n" TEXT, TEXT, 118},
        {"█▀▀▄\n█  █\n\n绿洲社区 · 第 4294967295 号章\n\n" TEXT, TEXT, 4294967295},
        {"第 99999999999999999999 号章\n" TEXT, TEXT, 9999999999},
        {TEXT "\n" SIG, TEXT "\n" SIG, 0},
        {"第 7 号章\n" ORIGIN "\n6\n" ROOT "\n\n\n" SIG SIG, TEXT "\n" SIG SIG, 7},
    };
    struct buf note = BUF_NONE;
    struct checkpoint at;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t seal = 1;
        if (wall_read(slice_text(cases[i].typed), &note, &seal, &at) != RC_OK)
            fail_msg("not taken: %s", cases[i].typed);
        assert_string_equal(buf_text(&note), cases[i].note);
        assert_int_equal(seal, cases[i].seal);
        assert_int_equal(at.size, 6);
    }
    buf_free(&note);
}

static void
what_is_no_checkpoint_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "第 118 号章\n",
        ORIGIN "\n",
        ORIGIN "\n6\n",
        "x" TEXT,
        TEXT "more\n",
        TEXT SIG, /* no empty line: a fourth line of the text */
        ORIGIN "\n6 \n7\n" ROOT "\n",
        ORIGIN "\nsix\n" ROOT "\n"};
    struct buf note = BUF_NONE;
    struct checkpoint at;
    uint64_t seal;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (wall_read(slice_text(bad[i]), &note, &seal, &at) != RC_MALFORMED)
            fail_msg("taken: %s", bad[i]);
    static char huge[1 << 17];
    memset(huge, ' ', sizeof(huge));
    assert_int_equal(wall_read(slice_of(huge, sizeof(huge)), &note, &seal, &at),
                     RC_LIMIT);
    buf_free(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_becomes_the_note),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
