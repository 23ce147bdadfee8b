/* A command's line, taken apart: options by name wherever they stand, the rest in order.
 */
#ifndef LINJULI_CLI_ARGS_H
#define LINJULI_CLI_ARGS_H

#include "cli/words.h"

#define ARGS_OPTIONS_MAX 64

struct opt {
    const char *name; /* "--unit" */
    const char *arg;  /* what its value is called; NULL: a flag */
    enum word about;
};

struct given {
    const struct opt *opt;
    const char *value; /* "" for a flag */
};

struct args {
    int argc; /* what is no option, in order */
    char **argv;
    struct given given[ARGS_OPTIONS_MAX];
    size_t given_n;
};

enum args_fault {
    ARGS_FINE,
    ARGS_UNKNOWN,  /* no such option */
    ARGS_NO_VALUE, /* it needs one */
    ARGS_VALUE,    /* a flag with =VALUE */
    ARGS_TOO_MANY
};

/* Every command knows these: --json, --as PERSON, --pin-file FILE, --help; one of its own
 * name goes before. */
extern const struct opt opts_common[];

/* Moves the plain words of argv[0..argc) to the front, where out->argv stands. `--` ends
 * the options, `-` alone is a plain word. `opts` (NULL: none) closed by a NULL name.
 * `bad` gets the word that is wrong. */
enum args_fault args_parse(int argc, char **argv, const struct opt *opts,
                           struct args *out, const char **bad);
/* The last value given; NULL: not there. */
const char *args_value(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);
/* The i-th value of an option that may stand several times; NULL: no more. */
const char *args_nth(const struct args *a, const char *name, size_t i);

/* The last value of a common option, given as such; NULL: not there. */
const char *args_common(const struct args *a, const char *name);

#endif
