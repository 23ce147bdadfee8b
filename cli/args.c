/* Options. */
#include "cli/args.h"

#include <string.h>

const struct opt opts_common[] = {{"--json", NULL, WORD_OPT_JSON},
                                  {"--as", "PERSON", WORD_OPT_AS},
                                  {"--pin-file", "FILE", WORD_OPT_LOG_PIN_FILE},
                                  {"--help", NULL, WORD_OPT_HELP},
                                  {NULL, NULL, WORD_NOTHING}};

static const struct opt *
find_in(const struct opt *opts, const char *name, size_t n)
{
    for (const struct opt *o = opts; o != NULL && o->name != NULL; o++)
        if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
            return o;
    return NULL;
}

static const struct opt *
find(const struct opt *opts, const char *name, size_t n)
{
    if (n == 2 && name[1] == 'h')
        return find_in(opts_common, "--help", 6);
    const struct opt *o = find_in(opts, name, n);
    return o != NULL ? o : find_in(opts_common, name, n);
}

/* One option at argv[*i]; its value may be the next word. */
static enum args_fault
take_option(int argc, char **argv, int *i, const struct opt *opts, struct args *out)
{
    const char *word = argv[*i];
    const char *equals = strchr(word, '=');
    size_t n = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct opt *o = find(opts, word, n);
    if (o == NULL)
        return ARGS_UNKNOWN;
    if (out->given_n == ARGS_OPTIONS_MAX)
        return ARGS_TOO_MANY;
    struct given *g = &out->given[out->given_n];
    *g = (struct given){.opt = o, .value = ""};
    if (o->arg == NULL && equals != NULL)
        return ARGS_VALUE;
    if (o->arg != NULL && equals != NULL)
        g->value = equals + 1;
    else if (o->arg != NULL && *i + 1 < argc)
        g->value = argv[++*i];
    else if (o->arg != NULL)
        return ARGS_NO_VALUE;
    out->given_n++;
    return ARGS_FINE;
}

enum args_fault
args_parse(int argc, char **argv, const struct opt *opts, struct args *out,
           const char **bad)
{
    bool is_over = false;
    *out = (struct args){.argv = argv};
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (is_over || word[0] != '-' || word[1] == '\0') {
            argv[out->argc++] = word;
        } else if (strcmp(word, "--") == 0) {
            is_over = true;
        } else {
            enum args_fault f = take_option(argc, argv, &i, opts, out);
            if (f != ARGS_FINE) {
                *bad = word;
                return f;
            }
        }
    }
    return ARGS_FINE;
}

const char *
args_nth(const struct args *a, const char *name, size_t i)
{
    for (size_t k = 0; k < a->given_n; k++)
        if (strcmp(a->given[k].opt->name, name) == 0 && i-- == 0)
            return a->given[k].value;
    return NULL;
}

const char *
args_value(const struct args *a, const char *name)
{
    const char *last = NULL;
    for (size_t k = 0; k < a->given_n; k++)
        if (strcmp(a->given[k].opt->name, name) == 0)
            last = a->given[k].value;
    return last;
}

bool
args_has(const struct args *a, const char *name)
{
    return args_value(a, name) != NULL;
}

const char *
args_common(const struct args *a, const char *name)
{
    const struct opt *o = find_in(opts_common, name, strlen(name));
    const char *last = NULL;
    for (size_t k = 0; k < a->given_n; k++)
        if (a->given[k].opt == o)
            last = a->given[k].value;
    return last;
}
