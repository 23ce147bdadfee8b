#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"

#include <string.h>
#include <unistd.h>

static enum rc
write_rows(struct cli *c, const char *type, int fd, uint64_t *rows, struct fault *why)
{
    return sheet_export(c->node->ledger, type, fd, args_has(c->args, "--gb18030"),
                        args_has(c->args, "--labels"), rows, why);
}

static enum rc
to_file(struct cli *c, const char *type, const char *path, uint64_t *rows,
        struct fault *why)
{
    struct file_out f;
    enum rc rc = file_out_begin(&f, path, args_has(c->args, "--force"), why);
    if (rc != RC_OK)
        return rc;
    rc = write_rows(c, type, f.fd, rows, why);
    if (rc == RC_OK)
        return file_out_end(&f, why);
    file_out_drop(&f);
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    uint64_t rows = 0;
    bool is_stdout = strcmp(argv[1], "-") == 0;
    (void)argc;
    c->show(c);
    enum rc rc = is_stdout ? write_rows(c, argv[0], STDOUT_FILENO, &rows, &why)
                           : to_file(c, argv[0], argv[1], &rows, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (!is_stdout)
        say(c, WORD_EXPORTED, num(c, rows), argv[1], NULL);
    return 0;
}

static const struct opt opts[] = {{"--gb18030", NULL, WORD_OPT_GB18030},
                                  {"--labels", NULL, WORD_OPT_LABELS},
                                  {"--force", NULL, WORD_OPT_FORCE},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_export = {
    .name = "export",
    .kind = CMD_READ,
    .group = GROUP_SHEETS,
    .usage = "TYPE FILE|- [--gb18030] [--labels] [--force]",
    .about = WORD_ABOUT_EXPORT,
    .details = WORD_DETAILS_EXPORT,
    .opts = opts,
    .min = 2,
    .max = 2,
    .exits = {65, 66},
    .example = "  linjuli export need 需求.csv --labels\n"
               "  linjuli export need - | head\n",
    .run = run,
};
