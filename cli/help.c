/* Help, all of it from the table of commands. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli/out.h"

#define NAME_COLUMNS 10
#define OPTION_COLUMNS 24
#define EXIT_COLUMNS 4

static const enum word group_words[GROUP_N] = {
    [GROUP_DAILY] = WORD_GROUP_DAILY,   [GROUP_READ] = WORD_GROUP_READ,
    [GROUP_SHEETS] = WORD_GROUP_SHEETS, [GROUP_NODE] = WORD_GROUP_NODE,
    [GROUP_HUB] = WORD_GROUP_HUB,       [GROUP_CARE] = WORD_GROUP_CARE};

static void
add_group(struct cli *c, enum cmd_group group)
{
    buf_addf(c->out, "\n%s\n", word(c, group_words[group]));
    for (const struct cmd *const *cmd = commands; *cmd != NULL; cmd++) {
        if ((*cmd)->group != group)
            continue;
        buf_addf(c->out, "  ");
        out_padded(c->out, (*cmd)->name, NAME_COLUMNS);
        buf_addf(c->out, "  %s\n", word(c, (*cmd)->about));
    }
}

void
help_all(struct cli *c)
{
    say(c, WORD_HELP_TITLE, LINJULI_VERSION, NULL);
    buf_add_u8(c->out, '\n');
    say(c, WORD_HELP_USAGE, NULL);
    for (int g = 0; g < GROUP_N; g++)
        add_group(c, (enum cmd_group)g);
    buf_add_u8(c->out, '\n');
    say(c, WORD_HELP_OPTIONS, NULL);
    buf_add_u8(c->out, '\n');
    say(c, WORD_HELP_MORE, NULL);
}

static void
add_option(struct cli *c, const struct opt *o)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%s%s%s", o->name, o->arg != NULL ? " " : "",
                   o->arg != NULL ? o->arg : "");
    buf_addf(c->out, "  ");
    out_padded(c->out, text, OPTION_COLUMNS);
    buf_addf(c->out, "  %s\n", word(c, o->about));
}

static void
add_options(struct cli *c, const struct cmd *cmd)
{
    buf_addf(c->out, "\n%s\n", word(c, WORD_HELP_OPTIONS_OF));
    for (const struct opt *o = cmd->opts; o != NULL && o->name != NULL; o++)
        add_option(c, o);
    for (const struct opt *o = opts_common; o->name != NULL; o++)
        if ((strcmp(o->name, "--json") != 0 || cmd->has_json) &&
            (strcmp(o->name, "--as") != 0 || cmd->kind == CMD_WRITE))
            add_option(c, o);
}

static enum word
exit_word(uint8_t status)
{
    static const struct {
        uint8_t status;
        enum word word;
    } rows[] = {{0, WORD_EXIT_0},   {1, WORD_EXIT_1},   {3, WORD_EXIT_3},
                {4, WORD_EXIT_4},   {5, WORD_EXIT_5},   {64, WORD_EXIT_64},
                {65, WORD_EXIT_65}, {66, WORD_EXIT_66}, {69, WORD_EXIT_69},
                {70, WORD_EXIT_70}, {74, WORD_EXIT_74}, {75, WORD_EXIT_75},
                {77, WORD_EXIT_77}, {78, WORD_EXIT_78}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status)
            return rows[i].word;
    return WORD_NOTHING;
}

static void
add_exit(struct cli *c, uint8_t status)
{
    char text[8];
    (void)snprintf(text, sizeof(text), "%u", status);
    buf_addf(c->out, "  ");
    out_padded(c->out, text, EXIT_COLUMNS);
    buf_addf(c->out, "%s\n", word(c, exit_word(status)));
}

static void
add_exits(struct cli *c, const struct cmd *cmd)
{
    static const uint8_t always[] = {64, 70, 74};
    buf_addf(c->out, "\n%s\n", word(c, WORD_HELP_EXITS));
    add_exit(c, 0);
    for (unsigned status = 1; status < 256; status++) {
        bool is = memchr(always, (int)status, sizeof(always)) != NULL ||
                  memchr(cmd->exits, (int)status, sizeof(cmd->exits)) != NULL;
        if (is)
            add_exit(c, (uint8_t)status);
    }
}

void
help_one(struct cli *c, const struct cmd *cmd)
{
    say(c, WORD_USAGE, cmd->name, cmd->usage, NULL);
    buf_addf(c->out, "\n%s\n", word(c, cmd->about));
    if (cmd->details != WORD_NOTHING)
        buf_addf(c->out, "%s\n", word(c, cmd->details));
    add_options(c, cmd);
    add_exits(c, cmd);
    if (cmd->example != NULL)
        buf_addf(c->out, "\n%s\n%s", word(c, WORD_HELP_EXAMPLE), cmd->example);
}
