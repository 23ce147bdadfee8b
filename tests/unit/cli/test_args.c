/* Options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/args.h"

static const struct opt opts[] = {{"--unit", "UNIT", WORD_OPT_UNIT},
                                  {"--dry-run", NULL, WORD_OPT_DRY_RUN},
                                  {NULL, NULL, WORD_NOTHING}};
#define WORDS_MAX 80

struct typed {
    char text[WORDS_MAX][24];
    char *argv[WORDS_MAX];
    int argc;
    struct args args;
    const char *bad;
};

/* Words between blanks. */
static enum args_fault
parse(struct typed *l, const char *text)
{
    *l = (struct typed){.argc = 0};
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        memcpy(l->text[l->argc], text, n);
        l->argv[l->argc] = l->text[l->argc];
        l->argc++;
        text += n + strspn(text + n, " ");
    }
    return args_parse(l->argc, l->argv, opts, &l->args, &l->bad);
}

static void
options_stand_anywhere_and_words_keep_their_order(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "need --unit 0302 title=x --dry-run more"), ARGS_FINE);
    assert_int_equal(l.args.argc, 3);
    assert_string_equal(l.args.argv[0], "need");
    assert_string_equal(l.args.argv[1], "title=x");
    assert_string_equal(l.args.argv[2], "more");
    assert_string_equal(args_value(&l.args, "--unit"), "0302");
    assert_true(args_has(&l.args, "--dry-run"));
    assert_false(args_has(&l.args, "--json"));
    assert_null(args_value(&l.args, "--json"));
}

static void
a_value_may_stand_behind_a_sign_and_begin_with_one(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "--unit=0302"), ARGS_FINE);
    assert_string_equal(args_value(&l.args, "--unit"), "0302");
    assert_int_equal(parse(&l, "--unit="), ARGS_FINE);
    assert_string_equal(args_value(&l.args, "--unit"), "");
    assert_int_equal(parse(&l, "--unit --dry-run"), ARGS_FINE);
    assert_string_equal(args_value(&l.args, "--unit"), "--dry-run");
    assert_false(args_has(&l.args, "--dry-run"));
}

static void
two_dashes_end_the_options_and_one_is_a_word(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "- --json -- --unit -x --"), ARGS_FINE);
    assert_int_equal(l.args.argc, 4);
    assert_string_equal(l.args.argv[0], "-");
    assert_string_equal(l.args.argv[1], "--unit");
    assert_string_equal(l.args.argv[3], "--");
    assert_true(args_has(&l.args, "--json"));
    assert_null(args_value(&l.args, "--unit"));
}

static void
what_is_wrong_is_named(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "a --nosuch b"), ARGS_UNKNOWN);
    assert_string_equal(l.bad, "--nosuch");
    assert_int_equal(parse(&l, "-x"), ARGS_UNKNOWN);
    assert_int_equal(parse(&l, "--uni 0302"), ARGS_UNKNOWN); /* no guessing */
    assert_int_equal(parse(&l, "--units 0302"), ARGS_UNKNOWN);
    assert_int_equal(parse(&l, "a --unit"), ARGS_NO_VALUE);
    assert_string_equal(l.bad, "--unit");
    assert_int_equal(parse(&l, "--dry-run=yes"), ARGS_VALUE);
    assert_int_equal(parse(&l, "--json="), ARGS_VALUE);
}

static void
an_option_may_stand_several_times(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "--unit a --unit b --dry-run --unit c"), ARGS_FINE);
    assert_string_equal(args_value(&l.args, "--unit"), "c");
    assert_string_equal(args_nth(&l.args, "--unit", 0), "a");
    assert_string_equal(args_nth(&l.args, "--unit", 2), "c");
    assert_null(args_nth(&l.args, "--unit", 3));
}

static void
there_is_an_end_to_options(void **state)
{
    char flag[] = "--dry-run";
    char *argv[ARGS_OPTIONS_MAX + 1];
    struct args args;
    const char *bad = NULL;
    (void)state;
    for (size_t i = 0; i <= ARGS_OPTIONS_MAX; i++)
        argv[i] = flag;
    assert_int_equal(args_parse(ARGS_OPTIONS_MAX, argv, opts, &args, &bad), ARGS_FINE);
    assert_int_equal(args_parse(ARGS_OPTIONS_MAX + 1, argv, opts, &args, &bad),
                     ARGS_TOO_MANY);
}

static void
help_has_a_short_name_and_every_command_the_common_ones(void **state)
{
    struct typed l;
    (void)state;
    assert_int_equal(parse(&l, "-h"), ARGS_FINE);
    assert_true(args_has(&l.args, "--help"));
    l.argc = 0;
    char as[] = "--as", who[] = "Wang";
    char *argv[] = {as, who};
    assert_int_equal(args_parse(2, argv, NULL, &l.args, &l.bad), ARGS_FINE);
    assert_string_equal(args_value(&l.args, "--as"), "Wang");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_and_words_keep_their_order),
        cmocka_unit_test(a_value_may_stand_behind_a_sign_and_begin_with_one),
        cmocka_unit_test(two_dashes_end_the_options_and_one_is_a_word),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(an_option_may_stand_several_times),
        cmocka_unit_test(there_is_an_end_to_options),
        cmocka_unit_test(help_has_a_short_name_and_every_command_the_common_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
