/* The table of commands: what it says of a command is what the command does. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* Behind cli.h: both have a `fail`. */
#include <cmocka.h>

static void
show_nothing(struct cli *c)
{
    (void)c;
}

static void
every_command_is_whole_and_its_name_its_own(void **state)
{
    (void)state;
    for (const struct cmd *const *c = commands; *c != NULL; c++) {
        assert_ptr_equal(command_find((*c)->name), *c);
        assert_non_null((*c)->run);
        assert_non_null((*c)->usage);
        assert_non_null((*c)->example);
        assert_true((*c)->about != WORD_NOTHING);
        assert_true((unsigned)(*c)->group < GROUP_N);
        assert_true((*c)->max < 0 || (*c)->min <= (*c)->max);
        assert_true((*c)->before == NULL || (*c)->kind != CMD_PLAIN);
        assert_int_equal(strncmp((*c)->example, "  linjuli ", 10), 0);
        assert_int_equal((*c)->example[strlen((*c)->example) - 1], '\n');
    }
    assert_null(command_find("nosuch"));
    assert_null(command_find(""));
}

/* Ten come first, and groups stand together. */
static void
the_most_used_come_first(void **state)
{
    size_t daily = 0;
    enum cmd_group last = GROUP_DAILY;
    (void)state;
    for (const struct cmd *const *c = commands; *c != NULL; c++) {
        daily += (*c)->group == GROUP_DAILY;
        assert_true((*c)->group >= last);
        last = (*c)->group;
    }
    assert_int_equal(daily, 10);
}

static bool
usage_names(const struct cmd *c, const char *option)
{
    size_t n = strlen(option);
    for (const char *p = strstr(c->usage, option); p != NULL; p = strstr(p + 1, option))
        if (p[n] == ' ' || p[n] == ']' || p[n] == '\0')
            return true;
    return false;
}

/* Options that a later version knows are answered, and not advertised. */
static bool
is_for_later(const struct opt *o)
{
    return o->about == WORD_OPT_REQUEST || o->about == WORD_OPT_ANSWER;
}

static void
usage_and_options_say_the_same(void **state)
{
    (void)state;
    for (const struct cmd *const *c = commands; *c != NULL; c++) {
        for (const struct opt *o = (*c)->opts; o != NULL && o->name != NULL; o++) {
            assert_true(word_of(o->about, LANG_ZH)[0] != '\0');
            if (!is_for_later(o) && !usage_names(*c, o->name))
                fail_msg("%s: usage is silent about %s", (*c)->name, o->name);
        }
        for (const char *p = strstr((*c)->usage, "--"); p != NULL;
             p = strstr(p + 2, "--")) {
            bool known = strncmp(p, "--pin-file", 10) == 0; /* with any command */
            for (const struct opt *o = (*c)->opts; o != NULL && o->name != NULL; o++)
                known = known || strncmp(p, o->name, strlen(o->name)) == 0;
            if (!known)
                fail_msg("%s: no option for %s", (*c)->name, p);
        }
    }
}

/* Capital words outside of brackets are the words that a command wants. */
static void
usage_wants_as_many_words_as_the_parser(void **state)
{
    (void)state;
    for (const struct cmd *const *c = commands; *c != NULL; c++) {
        int wanted = 0, depth = 0;
        bool is_option = false;
        for (const char *p = (*c)->usage; *p != '\0'; p++) {
            depth += *p == '[';
            depth -= *p == ']';
            if (p > (*c)->usage && p[-1] != ' ')
                continue;
            bool is_choice = *p != '|' && p[strcspn(p, "| ")] == '|'; /* set|clear */
            wanted +=
                depth == 0 && (isupper((unsigned char)*p) || is_choice) && !is_option;
            is_option = strncmp(p, "--", 2) == 0;
        }
        bool is_first_many = (*c)->max < 0 && wanted > (*c)->min; /* FIELD=VALUE... */
        if (wanted != (*c)->min && !is_first_many && strcmp((*c)->name, "join") != 0)
            fail_msg("%s: usage wants %d, the parser %d", (*c)->name, wanted, (*c)->min);
    }
}

static void
help_names_every_command_option_and_exit_status(void **state)
{
    struct buf out = BUF_NONE, err = BUF_NONE;
    (void)state;
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        struct cli cli = {
            .lang = (enum lang)lang, .out = &out, .err = &err, .show = show_nothing};
        out.n = 0;
        help_all(&cli);
        for (const struct cmd *const *c = commands; *c != NULL; c++)
            assert_non_null(strstr(buf_text(&out), (*c)->name));
        for (const struct cmd *const *c = commands; *c != NULL; c++) {
            out.n = 0;
            help_one(&cli, *c);
            const char *text = buf_text(&out);
            for (const struct opt *o = (*c)->opts; o != NULL && o->name != NULL; o++)
                assert_non_null(strstr(text, o->name));
            for (size_t i = 0; (*c)->exits[i] != 0; i++) {
                char line[16];
                (void)snprintf(line, sizeof(line), "\n  %u ", (*c)->exits[i]);
                assert_non_null(strstr(text, line));
            }
            assert_non_null(strstr(text, word_of((*c)->about, (enum lang)lang)));
            assert_non_null(strstr(text, (*c)->example));
        }
        assert_int_equal(err.n, 0);
    }
    buf_free(&out);
    buf_free(&err);
}

/* The daemon runs what writes, and nothing else: not even reading, which needs no lock.
 */
static void
the_daemon_refuses_what_is_not_for_it(void **state)
{
    struct buf out = BUF_NONE, err = BUF_NONE;
    char list[] = "list", need[] = "need", nosuch[] = "nosuch", serve[] = "serve",
         flag[] = "--bad", add[] = "add", help[] = "--help";
    char *lines[][3] = {{list, need, NULL}, {nosuch, NULL, NULL}, {serve, NULL, NULL},
                        {flag, NULL, NULL}, {add, flag, NULL},    {NULL, NULL, NULL}};
    char *asks[] = {add, help, NULL};
    char dir[] = "/nowhere";
    struct node n = {.dir = dir};
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        int argc = 0;
        while (lines[i][argc] != NULL)
            argc++;
        struct command c = {.argc = argc, .argv = lines[i], .in_fd = -1, .lang = "en"};
        assert_int_equal(cli_run(&n, &c, &out, &err), 64);
        assert_int_equal(out.n, 0);
    }
    struct command c = {.argc = 2, .argv = asks, .in_fd = -1, .lang = "en"};
    assert_int_equal(cli_run(&n, &c, &out, &err), 0);
    assert_true(out.n > 0);
    buf_free(&out);
    buf_free(&err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_whole_and_its_name_its_own),
        cmocka_unit_test(the_most_used_come_first),
        cmocka_unit_test(usage_and_options_say_the_same),
        cmocka_unit_test(usage_wants_as_many_words_as_the_parser),
        cmocka_unit_test(help_names_every_command_option_and_exit_status),
        cmocka_unit_test(the_daemon_refuses_what_is_not_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
