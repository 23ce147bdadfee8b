/* What may stand in a type file (TYPES.md section 1). */
#include "schema/type_build.h"

#include <stddef.h>

static const char *const root_keys[] = {"code",  "name",  "zh",           "en", "visible",
                                        "merge", "since", "private_code", NULL};
static const char *const right_keys[] = {"roles", "who", NULL};
static const char *const label_keys[] = {"zh", "en", NULL};
static const char *const field_keys[] = {
    "code",    "zh",     "en",    "kind",  "required", "title",   "min",
    "max",     "length", "lines", "roles", "of",       "visible", "personal",
    "purpose", "keep",   "since", "until", NULL};
static const char *const choice_keys[] = {"code", "zh", "en", "since", "until", NULL};
static const char *const state_keys[] = {"code", "zh",    "en",    "start",
                                         "end",  "since", "until", NULL};
static const char *const move_keys[] = {"from",  "to",    "roles", "who",
                                        "since", "until", NULL};
static const char *const asset_keys[] = {"amount", NULL};
static const char *const spend_keys[] = {"of", "amount", "state", NULL};
static const char *const apart_keys[] = {"zh",    "en",    "steps", "alone",
                                         "since", "until", NULL};
static const char *const second_keys[] = {"zh",    "en",    "field", "over", "before",
                                          "steps", "since", "until", NULL};
static const char *const deadline_keys[] = {"zh",     "en",     "rule", "from",
                                            "until",  "extend", "to",   "level",
                                            "stated", "since",  NULL};

static const struct grammar in_field[] = {{"choice", choice_keys, NULL, GRAMMAR_TITLED},
                                          {NULL, NULL, NULL, GRAMMAR_ONCE}};
static const struct grammar in_file[] = {
    {"create", right_keys, NULL, GRAMMAR_ONCE},
    {"edit", right_keys, NULL, GRAMMAR_ONCE},
    {"purpose", label_keys, NULL, GRAMMAR_TITLED},
    {"keep", label_keys, NULL, GRAMMAR_TITLED},
    {"field", field_keys, in_field, GRAMMAR_TITLED},
    {"state", state_keys, NULL, GRAMMAR_TITLED},
    {"move", move_keys, NULL, GRAMMAR_MANY},
    {"asset", asset_keys, NULL, GRAMMAR_ONCE},
    {"costs", spend_keys, NULL, GRAMMAR_ONCE},
    {"adds", spend_keys, NULL, GRAMMAR_ONCE},
    {"apart", apart_keys, NULL, GRAMMAR_TITLED},
    {"second", second_keys, NULL, GRAMMAR_TITLED},
    {"deadline", deadline_keys, NULL, GRAMMAR_TITLED},
    {NULL, NULL, NULL, GRAMMAR_ONCE}};
const struct grammar type_grammar = {"type", root_keys, in_file, GRAMMAR_ONCE};
