#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

struct export
{
    struct cli *c;
    const char *type;
    struct sheet_form form;
    uint64_t rows;
};

/* ---- a template's row of hints */

static void
add_choices(const struct export *x, const struct field *f, struct buf *out)
{
    for (size_t i = 0; i < f->choices_n; i++) {
        const struct choice *c = &f->choice[i];
        const char *text =
            label_text(&c->label, c->name, x->form.labels ? TEXT_ZH : TEXT_NAME);
        buf_addf(out, "%s%s", i == 0 ? "" : x->form.labels ? "、" : ", ", text);
    }
}

static enum word
hint_word(const struct field *f)
{
    switch (f->kind) {
    case VALUE_TEXT:
        return WORD_HINT_TEXT;
    case VALUE_PHONE:
        return WORD_HINT_PHONE;
    case VALUE_CODE:
        return WORD_HINT_CODE;
    case VALUE_INT:
        return WORD_HINT_INT;
    case VALUE_MONEY:
        return WORD_HINT_MONEY;
    case VALUE_BOOL:
        return WORD_HINT_BOOL;
    case VALUE_DATE:
        return WORD_HINT_DATE;
    case VALUE_TIME:
        return WORD_HINT_TIME;
    case VALUE_CHOICE:
        return WORD_HINT_CHOICE;
    case VALUE_CHOICES:
        return WORD_HINT_CHOICES;
    case VALUE_RECORD:
        return WORD_HINT_RECORD;
    case VALUE_GONE:
    case VALUE_NUMBER:
    case VALUE_STATE:
    case VALUE_LINK:
    case VALUE_ENTRY:
        break;
    }
    return WORD_HINT_NOTHING;
}

static void
add_hint(void *arg, const struct type *t, const struct field *f, struct buf *out)
{
    struct export *x = arg;
    struct cli *c = x->c;
    struct buf choices = BUF_NONE;
    char from[24], to[24];
    (void)t;
    if (f == NULL) {
        add_words(c, out, WORD_HINT_UNIT, NULL);
        return;
    }
    out_number(from, sizeof(from), f->min < 0 ? 0 : (uint64_t)f->min);
    out_number(to, sizeof(to), f->max < 0 ? 0 : (uint64_t)f->max);
    add_choices(x, f, &choices);
    if (f->is_required)
        add_words(c, out, WORD_HINT_REQUIRED, NULL);
    if (f->kind == VALUE_CHOICE || f->kind == VALUE_CHOICES)
        add_words(c, out, hint_word(f), buf_text(&choices), NULL);
    else if (f->kind == VALUE_RECORD)
        add_words(c, out, hint_word(f), f->of_type != NULL ? f->of_type : "", NULL);
    else
        add_words(c, out, hint_word(f), from, to, NULL);
    buf_free(&choices);
}

/* ---- the command */

static enum rc
write_rows(struct export *x, int fd, struct fault *why)
{
    return sheet_export(x->c->node->ledger, x->type, fd, &x->form, &x->rows, why);
}

static enum rc
to_file(struct export *x, const char *path, struct fault *why)
{
    struct file_out f;
    enum rc rc = file_out_begin(&f, path, args_has(x->c->args, "--force"), why);
    if (rc != RC_OK)
        return rc;
    rc = write_rows(x, f.fd, why);
    if (rc == RC_OK)
        return file_out_end(&f, why);
    file_out_drop(&f);
    return rc;
}

static bool
is_called_xlsx(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcasecmp(path + n - 5, ".xlsx") == 0;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct export x = {.c = c, .type = argv[0]};
    bool is_stdout = strcmp(argv[1], "-") == 0;
    bool is_template = args_has(c->args, "--template");
    (void)argc;
    if (args_has(c->args, "--xlsx") || is_called_xlsx(argv[1]))
        x.form.format = SHEET_XLSX;
    else if (args_has(c->args, "--gb18030"))
        x.form.format = SHEET_GB18030;
    x.form.labels = args_has(c->args, "--labels") || (is_template && c->lang == LANG_ZH);
    x.form.hint = is_template ? add_hint : NULL;
    x.form.arg = &x;
    c->show(c);
    enum rc rc =
        is_stdout ? write_rows(&x, STDOUT_FILENO, &why) : to_file(&x, argv[1], &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (!is_stdout && is_template)
        say(c, WORD_TEMPLATE_WRITTEN, argv[1], NULL);
    else if (!is_stdout)
        say(c, WORD_EXPORTED, num(c, x.rows), argv[1], NULL);
    return 0;
}

static const struct opt opts[] = {
    {"--xlsx", NULL, WORD_OPT_XLSX},     {"--gb18030", NULL, WORD_OPT_GB18030},
    {"--labels", NULL, WORD_OPT_LABELS}, {"--template", NULL, WORD_OPT_TEMPLATE},
    {"--force", NULL, WORD_OPT_FORCE},   {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_export = {
    .name = "export",
    .kind = CMD_READ,
    .group = GROUP_SHEETS,
    .usage = "TYPE FILE|- [--xlsx | --gb18030] [--labels] [--template] [--force]",
    .about = WORD_ABOUT_EXPORT,
    .details = WORD_DETAILS_EXPORT,
    .opts = opts,
    .min = 2,
    .max = 2,
    .exits = {65, 66},
    .example = "  linjuli export need 需求.xlsx --labels\n"
               "  linjuli export need - | head\n"
               "  linjuli export household 空表.xlsx --template\n",
    .run = run,
};
