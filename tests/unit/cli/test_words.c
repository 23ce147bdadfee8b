/* Words: both languages say everything, with the same places, and nothing else drives a
 * terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/out.h"
#include "cli/words.h"

/* Bit k: %k+1 stands in it. Fails on a lone % and on %0. */
static unsigned
places(const char *text)
{
    unsigned bits = 0;
    for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] == '%')
            continue;
        if (p[1] < '1' || p[1] > '9')
            fail_msg("a lone %% in: %s", text);
        bits |= 1u << (p[1] - '1');
    }
    return bits;
}

static bool
has_chinese(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p >= 0xe4 && *p <= 0xe9)
            return true;
    return false;
}

static void
every_word_has_both_languages_and_the_same_places(void **state)
{
    (void)state;
    for (int i = 1; i < WORD_N; i++) {
        const char *zh = word_of((enum word)i, LANG_ZH);
        const char *en = word_of((enum word)i, LANG_EN);
        if ((zh[0] == '\0') != (en[0] == '\0'))
            fail_msg("%s is said in one language only", word_name((enum word)i));
        if (places(zh) != places(en))
            fail_msg("%s: %s | %s", word_name((enum word)i), zh, en);
        /* %1 before %2: nobody counts arguments that are not there. */
        if ((places(zh) & (places(zh) + 1)) != 0)
            fail_msg("%s: a place is left out: %s", word_name((enum word)i), zh);
    }
}

static void
every_word_is_plain_text(void **state)
{
    (void)state;
    for (int i = 0; i < WORD_N; i++)
        for (int k = LANG_ZH; k <= LANG_EN; k++) {
            struct slice s = slice_text(word_of((enum word)i, (enum lang)k));
            if (!utf8_is_valid(s) || !value_text_is_clean(s, true))
                fail_msg("%s", word_name((enum word)i));
        }
}

/* What is a sentence in English is one in Chinese; what is the same in both is made of
 * places, signs and names only. */
static void
no_sentence_is_left_untranslated(void **state)
{
    (void)state;
    for (int i = 1; i < WORD_N; i++) {
        const char *zh = word_of((enum word)i, LANG_ZH);
        const char *en = word_of((enum word)i, LANG_EN);
        bool is_same = strcmp(zh, en) == 0;
        bool is_names = (enum word)i == WORD_ROLES;
        if (!is_same && strchr(en, ' ') != NULL && !has_chinese(zh) && places(zh) == 0)
            fail_msg("%s: %s", word_name((enum word)i), zh);
        if (is_same && !is_names && strpbrk(en, "abcdefghijklmnopqrstuvwxyz") != NULL)
            fail_msg("%s: %s", word_name((enum word)i), en);
    }
}

static void
every_fault_close_reason_result_and_role_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < FAULT_N; i++)
        assert_true(word_of(fault_word((enum fault_code)i), LANG_ZH)[0] != '\0');
    for (int i = 0; i < CLOSE_N; i++)
        assert_true(word_of(close_word((enum close_reason)i), LANG_ZH)[0] != '\0');
    for (int i = 0; i < RC_N; i++)
        assert_true(word_of(rc_word((enum rc)i), LANG_ZH)[0] != '\0');
    for (int i = ROLE_LEADER; i <= ROLE_PRIVACY; i++)
        assert_true(role_word((enum role)i) != WORD_ROLE_NONE);
    assert_int_equal(fault_word(FAULT_BAD_DATE), WORD_FAULT_BAD_DATE);
    assert_int_equal(close_word(CLOSE_INVITE), WORD_CLOSE_INVITE);
    assert_int_equal(rc_word(RC_FULL), WORD_RC_FULL);
}

static const char *
said(enum word w, enum lang lang, const char *a, const char *b, struct buf *out)
{
    const char *const arg[] = {a, b};
    out->n = 0;
    word_add(out, w, lang, arg, a == NULL ? 0 : b == NULL ? 1 : 2);
    return buf_text(out);
}

static void
arguments_stand_in_their_places_and_are_escaped(void **state)
{
    struct buf b = BUF_NONE;
    (void)state;
    assert_string_equal(said(WORD_USAGE, LANG_EN, "add", "TYPE", &b),
                        "usage: linjuli add TYPE");
    assert_string_equal(said(WORD_USAGE, LANG_ZH, "add", "TYPE", &b),
                        "用法：linjuli add TYPE");
    assert_string_equal(said(WORD_NO_COMMAND_GIVEN, LANG_EN, NULL, NULL, &b),
                        word_of(WORD_NO_COMMAND_GIVEN, LANG_EN));
    assert_string_equal(said(WORD_BAD_OPTION, LANG_EN, "\x1b[2J\xe2\x80\xae", NULL, &b),
                        "no such option: \\x1b[2J\\xe2\\x80\\xae");
    /* An argument is no format, and a missing one is nothing. */
    assert_string_equal(said(WORD_BAD_OPTION, LANG_EN, "%1%n", NULL, &b),
                        "no such option: %1%n");
    assert_string_equal(said(WORD_BAD_OPTION, LANG_EN, NULL, NULL, &b),
                        "no such option: ");
    buf_free(&b);
}

static const char *
fault_words(const struct fault *f, enum rc rc, struct buf *out)
{
    out->n = 0;
    fault_say(f, rc, LANG_EN, out);
    return buf_text(out);
}

static void
a_fault_says_where_what_and_what_would_do(void **state)
{
    struct fault f;
    struct buf b = BUF_NONE;
    (void)state;
    fault_set(&f, RC_INVALID, FAULT_BAD_DATE, "%s", "birth");
    assert_string_equal(fault_words(&f, RC_INVALID, &b), "birth: not a date");
    fault_want(&f, "2026-11-24");
    fault_at(&f, 3, 0);
    assert_string_equal(fault_words(&f, RC_INVALID, &b),
                        "line 3: birth: not a date; expected: 2026-11-24");
    fault_at(&f, 3, 2);
    assert_string_equal(fault_words(&f, RC_INVALID, &b),
                        "line 3, column 2: birth: not a date; expected: 2026-11-24");
    fault_set(&f, RC_DENIED, FAULT_IN_CONFLICT, "title");
    fault_want(&f, "3fa2b1c0");
    assert_non_null(strstr(fault_words(&f, RC_DENIED, &b), "linjuli settle 3fa2b1c0"));
    buf_free(&b);
}

/* Something went well after it, or the disk is full: then it is not what happened. */
static void
a_fault_left_over_is_not_told(void **state)
{
    struct fault f;
    struct buf b = BUF_NONE;
    (void)state;
    fault_set(&f, RC_DENIED, FAULT_NO_LOG, "dir");
    assert_string_equal(fault_words(&f, RC_DB, &b), word_of(WORD_RC_DB, LANG_EN));
    assert_string_equal(fault_words(NULL, RC_DB, &b), word_of(WORD_RC_DB, LANG_EN));
    fault_set(&f, RC_FULL, FAULT_DATABASE, "x");
    assert_string_equal(fault_words(&f, RC_FULL, &b), word_of(WORD_RC_FULL, LANG_EN));
    assert_non_null(strstr(buf_text(&b), "nothing saved before is lost"));
    buf_free(&b);
}

static void
the_language_comes_from_ours_then_the_locale_and_is_chinese(void **state)
{
    static const char *const names[] = {"LINJULI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        unsetenv(names[i]);
    assert_int_equal(lang_of_environment(), LANG_ZH);
    setenv("LANG", "en_GB.UTF-8", 1);
    assert_int_equal(lang_of_environment(), LANG_EN);
    setenv("LC_ALL", "zh_CN.UTF-8", 1);
    assert_int_equal(lang_of_environment(), LANG_ZH);
    setenv("LINJULI_LANG", "en", 1);
    assert_int_equal(lang_of_environment(), LANG_EN);
    setenv("LINJULI_LANG", "", 1);
    assert_int_equal(lang_of_environment(), LANG_ZH);
    assert_int_equal(lang_of_name(lang_name(LANG_EN)), LANG_EN);
    assert_int_equal(lang_of_name(NULL), LANG_ZH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_has_both_languages_and_the_same_places),
        cmocka_unit_test(every_word_is_plain_text),
        cmocka_unit_test(no_sentence_is_left_untranslated),
        cmocka_unit_test(every_fault_close_reason_result_and_role_has_words),
        cmocka_unit_test(arguments_stand_in_their_places_and_are_escaped),
        cmocka_unit_test(a_fault_says_where_what_and_what_would_do),
        cmocka_unit_test(a_fault_left_over_is_not_told),
        cmocka_unit_test(the_language_comes_from_ours_then_the_locale_and_is_chinese),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
