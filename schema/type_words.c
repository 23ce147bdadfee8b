/* The words of type files for the enums of the rules engine. */
#include <string.h>

#include "schema/type.h"
#include "schema/type_build.h"

static const char *const role_words[] = {
    [ROLE_LEADER] = "leader",       [ROLE_HELPER] = "helper",
    [ROLE_GRID] = "grid",           [ROLE_AREA] = "area",
    [ROLE_CLERK] = "clerk",         [ROLE_ADMIN] = "admin",
    [ROLE_SECRETARY] = "secretary", [ROLE_PARTNER] = "partner",
    [ROLE_AUDITOR] = "auditor",     [ROLE_PRIVACY] = "privacy",
};
static const char *const kind_words[] = {
    [VALUE_TEXT] = "text",       [VALUE_INT] = "int",       [VALUE_BOOL] = "bool",
    [VALUE_DATE] = "date",       [VALUE_TIME] = "time",     [VALUE_CHOICE] = "choice",
    [VALUE_CHOICES] = "choices", [VALUE_PHONE] = "phone",   [VALUE_CODE] = "code",
    [VALUE_MONEY] = "money",     [VALUE_RECORD] = "record", [VALUE_GONE] = "gone",
    [VALUE_NUMBER] = "number",   [VALUE_STATE] = "state",   [VALUE_LINK] = "link",
    [VALUE_ENTRY] = "entry",
};
static const char *const visibility_words[] = {
    [VISIBLE_WALL] = "wall",
    [VISIBLE_ALL] = "all",
    [VISIBLE_HOME] = "home",
    [VISIBLE_CARE] = "care",
};
static const char *const personal_words[] = {
    [PERSONAL_NONE] = "no",
    [PERSONAL_YES] = "yes",
    [PERSONAL_SENSITIVE] = "sensitive",
};
static const char *const who_words[] = {
    [WHO_UNIT] = "unit",
    [WHO_CENTRE] = "centre",
    [WHO_AREA] = "area",
    [WHO_ANY] = "any",
};
static const char *const merge_words[] = {
    [MERGE_RECORD] = "record", [MERGE_FACT] = "fact", [MERGE_OWNED] = "owned",
    [MERGE_SCARCE] = "scarce", [MERGE_HUB] = "hub",
};

#define N(words) (sizeof(words) / sizeof((words)[0]))

static int
word_at(const char *const *words, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (words[i] != NULL && strcmp(words[i], text) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static const char *
word_of(const char *const *words, size_t n, size_t i)
{
    return i < n && words[i] != NULL ? words[i] : "?";
}

const char *
role_name(enum role role)
{
    return word_of(role_words, N(role_words), (size_t)role);
}

bool
role_parse(const char *text, enum role *out)
{
    int i = word_at(role_words, N(role_words), text);

    if (i >= 0) {
        *out = (enum role)i;
    }
    return i >= 0;
}

const char *
value_kind_name(enum value_kind kind)
{
    return word_of(kind_words, N(kind_words), (size_t)kind);
}

const char *
visibility_name(enum visibility v)
{
    return word_of(visibility_words, N(visibility_words), (size_t)v);
}

const char *
merge_name(enum merge m)
{
    return word_of(merge_words, N(merge_words), (size_t)m);
}

bool
merge_parse(const char *text, enum merge *out)
{
    int i = word_at(merge_words, N(merge_words), text);

    if (i >= 0) {
        *out = (enum merge)i;
    }
    return i >= 0;
}

bool
kind_parse(const char *text, enum value_kind *out)
{
    int i = word_at(kind_words, VALUE_RECORD + 1, text); /* those a file may declare */

    if (i >= 0) {
        *out = (enum value_kind)i;
    }
    return i >= 0;
}

bool
visibility_parse(const char *text, enum visibility *out)
{
    int i = word_at(visibility_words, N(visibility_words), text);

    if (i >= 0) {
        *out = (enum visibility)i;
    }
    return i >= 0;
}

bool
personal_parse(const char *text, enum personal *out)
{
    int i = word_at(personal_words, N(personal_words), text);

    if (i >= 0) {
        *out = (enum personal)i;
    }
    return i >= 0;
}

bool
who_parse(const char *text, uint8_t *bit)
{
    int i = word_at(who_words, N(who_words), text);

    if (i >= 0) {
        *bit = (uint8_t)i;
    }
    return i >= 0;
}
