/* Reports from their files (REPORTS.md section 1). */
#include "schema/report_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/type.h"

/* ---- what may stand there */

static const char *const root_keys[] = {"name", "zh", "en", "by", "period", NULL};
static const char *const figure_keys[] = {"zh",       "en",    "count", "sum", "range",
                                          "distinct", "seen",  "where", "of",  "when",
                                          "goal",     "scale", NULL};
static const char *const list_keys[] = {"zh",   "en",      "type", "where",
                                        "when", "columns", NULL};
static const struct grammar in_file[] = {{"figure", figure_keys, NULL, GRAMMAR_TITLED},
                                         {"list", list_keys, NULL, GRAMMAR_TITLED},
                                         {NULL, NULL, NULL, GRAMMAR_ONCE}};
const struct grammar report_grammar = {"report", root_keys, in_file, GRAMMAR_ONCE};

struct parse {
    const struct types *types;
    const char *file;
    const struct section *root;
    struct fault *why;
};

static enum rc
slip(const struct parse *p, const struct section *sec, enum fault_code code,
     const char *key, const char *want)
{
    const char *title = sec == p->root ? NULL : data_file_title(sec);
    fault_set(p->why, RC_INVALID, code, "%s: %s%s%s", p->file, title != NULL ? title : "",
              title != NULL ? " " : "", key);
    if (want != NULL)
        fault_want(p->why, "%s", want);
    fault_at(p->why, data_file_line(sec, key), 0);
    return RC_INVALID;
}

static enum rc
parse_label(const struct parse *p, const struct section *sec, struct label *out)
{
    out->zh = data_file_get(sec, "zh");
    out->en = data_file_get(sec, "en");
    if (out->zh == NULL || *out->zh == '\0')
        return slip(p, sec, FAULT_KEY_MISSING, "zh", NULL);
    if (out->en == NULL || *out->en == '\0')
        return slip(p, sec, FAULT_KEY_MISSING, "en", NULL);
    return RC_OK;
}

/* ---- words */

#define WORD_BYTES 48

/* The next word: letters, digits, _ . -; a comma is a word of its own. Too long comes
 * out cut and matches nothing. */
static bool
next(const char **at, char out[static WORD_BYTES])
{
    size_t n = 0;
    *at += strspn(*at, " ");
    if (**at == '\0')
        return false;
    if (**at == ',') {
        out[n++] = *(*at)++;
    } else {
        for (; **at != '\0' && **at != ' ' && **at != ','; ++*at)
            if (n < WORD_BYTES - 1)
                out[n++] = **at;
    }
    out[n] = '\0';
    return true;
}

static bool
number_of(const char *text, int64_t *out)
{
    char *end = NULL;
    size_t n = strlen(text);
    if (n == 0 || n > 15 || strspn(text, "-0123456789") != n)
        return false;
    *out = strtoll(text, &end, 10);
    return *end == '\0';
}

/* A field of the type that stands in its public half, by name. */
static const struct field *
field_here(const struct type *t, const char *name)
{
    const struct field *f = field_by_name(t, name);
    return f == NULL || f->code < FIELD_FIRST_OWN || field_is_private(t, f) ? NULL : f;
}

static const struct type *
type_here(const struct parse *p, const char *name)
{
    return name == NULL ? NULL : type_by_name(p->types, name);
}

/* ---- conditions: FIELD is a, b and FIELD over 480 and state not closed */

static bool
code_of(const struct type *t, const struct condition *c, const char *word, uint16_t *out)
{
    if (c->field == NULL) {
        const struct state *s = state_by_name(t, word);
        *out = s != NULL ? s->code : 0;
        return s != NULL;
    }
    if (c->field->kind == VALUE_BOOL) {
        *out = strcmp(word, "yes") == 0;
        return *out != 0 || strcmp(word, "no") == 0;
    }
    for (size_t i = 0; i < c->field->choices_n; i++)
        if (strcmp(c->field->choice[i].name, word) == 0) {
            *out = c->field->choice[i].code;
            return true;
        }
    return false;
}

static bool
parse_how(const char *word, enum condition_how *out)
{
    static const char *const name[] = {"is", "not", "over", "under", "set", "unset"};
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        if (strcmp(name[i], word) == 0) {
            *out = (enum condition_how)i;
            return true;
        }
    return false;
}

/* The words behind `is` and `not`, up to `and` or the end; *word: what comes next. */
static bool
parse_codes(const struct type *t, const char **at, struct condition *c,
            char word[static WORD_BYTES], bool *more)
{
    do {
        if (!next(at, word) || c->codes_n == REPORT_CODES_MAX ||
            !code_of(t, c, word, &c->code[c->codes_n]))
            return false;
        c->codes_n++;
        *more = next(at, word);
    } while (*more && strcmp(word, ",") == 0);
    return true;
}

static bool
is_ordered(const struct field *f)
{
    return f != NULL && (f->kind == VALUE_INT || f->kind == VALUE_MONEY ||
                         f->kind == VALUE_DATE || f->kind == VALUE_TIME);
}

/* One condition; *more: an `and` follows. On false, word holds what is wrong. */
static bool
parse_condition(const struct type *t, const char **at, struct condition *c,
                char word[static WORD_BYTES], bool *more)
{
    if (!next(at, word))
        return false;
    c->field = field_here(t, word);
    if (c->field == NULL && strcmp(word, "state") != 0)
        return false;
    if (!next(at, word) || !parse_how(word, &c->how))
        return false;
    if (c->how == CONDITION_IS || c->how == CONDITION_NOT) {
        if (!parse_codes(t, at, c, word, more))
            return false;
    } else if (c->how == CONDITION_OVER || c->how == CONDITION_UNDER) {
        if (!is_ordered(c->field) || !next(at, word) || !number_of(word, &c->than))
            return false;
        *more = next(at, word);
    } else {
        *more = next(at, word);
    }
    return !*more || strcmp(word, "and") == 0;
}

static enum rc
parse_conditions(const struct parse *p, const struct section *sec, const char *key,
                 const struct type *t, struct conditions *out)
{
    const char *at = data_file_get(sec, key);
    char word[WORD_BYTES] = "";
    bool more = at != NULL;
    while (more) {
        if (out->n == REPORT_CONDITIONS_MAX ||
            !parse_condition(t, &at, &out->c[out->n], word, &more))
            return slip(p, sec, FAULT_KEY_VALUE, key, word);
        out->n++;
    }
    return RC_OK;
}

static enum rc
parse_when(const struct parse *p, const struct section *sec, const struct type *t,
           enum figure_when *when, const struct field **field)
{
    const char *text = data_file_get(sec, "when");
    *when = WHEN_ANY;
    if (text == NULL)
        return RC_OK;
    *when = strcmp(text, "made") == 0    ? WHEN_MADE
            : strcmp(text, "state") == 0 ? WHEN_STATE
                                         : WHEN_FIELD;
    if (*when != WHEN_FIELD)
        return RC_OK;
    *field = field_here(t, text);
    if (*field == NULL || ((*field)->kind != VALUE_DATE && (*field)->kind != VALUE_TIME))
        return slip(p, sec, FAULT_KEY_VALUE, "when", "made, state, a date of the type");
    return RC_OK;
}

/* ---- figures */

static const char *const kind_key[] = {"count", "sum", "range", "distinct", "seen"};
#define KINDS_N (sizeof(kind_key) / sizeof(kind_key[0]))

/* TYPE, or TYPE.FIELD where there is something to add up. */
static enum rc
parse_subject(const struct parse *p, const struct section *sec, struct figure *f)
{
    const char *key = kind_key[f->kind];
    const char *text = data_file_get(sec, key);
    const char *dot = strchr(text, '.');
    char name[WORD_BYTES] = "";
    size_t n = dot != NULL ? (size_t)(dot - text) : strlen(text);
    if (n < sizeof(name))
        memcpy(name, text, n);
    f->type = type_here(p, name);
    if (f->type == NULL || (dot == NULL) != (f->kind == FIGURE_COUNT))
        return slip(p, sec, FAULT_KEY_VALUE, key,
                    f->kind == FIGURE_COUNT ? "TYPE" : "TYPE.FIELD");
    if (dot != NULL) {
        f->field = field_here(f->type, dot + 1);
        if (f->field == NULL || (f->kind != FIGURE_DISTINCT && !is_ordered(f->field)))
            return slip(p, sec, FAULT_KEY_VALUE, key, "TYPE.FIELD");
    }
    return RC_OK;
}

static enum rc
parse_int(const struct parse *p, const struct section *sec, const char *key, int64_t min,
          int64_t *out)
{
    const char *text = data_file_get(sec, key);
    if (text != NULL && (!number_of(text, out) || *out < min))
        return slip(p, sec, FAULT_KEY_VALUE, key, "0..");
    return RC_OK;
}

static enum rc
parse_figure(const struct parse *p, const struct section *sec, struct figure *f)
{
    size_t kinds = 0;
    f->name = data_file_title(sec);
    f->goal = GOAL_NONE;
    f->scale = 1;
    for (size_t i = 0; i < KINDS_N; i++)
        if (data_file_get(sec, kind_key[i]) != NULL) {
            f->kind = (enum figure_kind)i;
            kinds++;
        }
    if (kinds != 1)
        return slip(p, sec, FAULT_KEY_MISSING, "count",
                    "count, sum, range, distinct, seen");
    enum rc rc = parse_label(p, sec, &f->label);
    if (rc == RC_OK)
        rc = parse_int(p, sec, "goal", 0, &f->goal);
    if (rc == RC_OK)
        rc = parse_int(p, sec, "scale", 1, &f->scale);
    if (rc == RC_OK && f->kind == FIGURE_SEEN)
        return parse_int(p, sec, "seen", 1, &f->days);
    if (rc == RC_OK)
        rc = parse_subject(p, sec, f);
    if (rc == RC_OK)
        rc = parse_conditions(p, sec, "where", f->type, &f->where);
    if (rc == RC_OK)
        rc = parse_conditions(p, sec, "of", f->type, &f->of);
    f->has_of = data_file_get(sec, "of") != NULL;
    if (rc == RC_OK && f->has_of && f->kind != FIGURE_COUNT)
        rc = slip(p, sec, FAULT_KEY_MISPLACED, "of", "count");
    return rc == RC_OK ? parse_when(p, sec, f->type, &f->when, &f->when_field) : rc;
}

/* ---- lists */

static bool
parse_column(const struct type *t, const char *word, struct list *l)
{
    static const struct {
        const char *name;
        enum list_column column;
    } common[] = {{"number", LIST_NUMBER}, {"state", LIST_STATE},
                  {"unit", LIST_UNIT},     {"compound", LIST_COMPOUND},
                  {"made", LIST_MADE},     {"tentative", LIST_TENTATIVE}};
    size_t at = l->columns_n;
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (strcmp(common[i].name, word) == 0) {
            l->common[at] = common[i].column;
            return true;
        }
    l->field[at] = field_here(t, word);
    return l->field[at] != NULL;
}

static enum rc
parse_list(const struct parse *p, const struct section *sec, struct list *l)
{
    const char *at = data_file_get(sec, "columns");
    char word[WORD_BYTES] = "";
    l->name = data_file_title(sec);
    l->type = type_here(p, data_file_get(sec, "type"));
    if (l->type == NULL)
        return slip(p, sec, FAULT_KEY_VALUE, "type", "TYPE");
    enum rc rc = parse_label(p, sec, &l->label);
    if (rc == RC_OK)
        rc = parse_conditions(p, sec, "where", l->type, &l->where);
    if (rc == RC_OK)
        rc = parse_when(p, sec, l->type, &l->when, &l->when_field);
    while (rc == RC_OK && at != NULL && next(&at, word)) {
        if (strcmp(word, ",") == 0)
            continue;
        if (l->columns_n == REPORT_COLUMNS_MAX || !parse_column(l->type, word, l))
            return slip(p, sec, FAULT_KEY_VALUE, "columns", word);
        l->columns_n++;
    }
    if (rc == RC_OK && l->columns_n == 0)
        rc = slip(p, sec, FAULT_KEY_MISSING, "columns", NULL);
    return rc;
}

/* ---- a file */

static enum rc
parse_word(const struct parse *p, const char *key, const char *const *word, size_t n,
           int *out)
{
    const char *text = data_file_get(p->root, key);
    for (size_t i = 0; text != NULL && i < n; i++)
        if (strcmp(text, word[i]) == 0) {
            *out = (int)i;
            return RC_OK;
        }
    return text == NULL ? RC_OK : slip(p, p->root, FAULT_KEY_VALUE, key, word[n - 1]);
}

enum rc
report_file_parse(const char *file, const struct section *root, const struct types *types,
                  struct report *out, struct fault *why)
{
    static const char *const by[] = {"none", "unit"};
    static const char *const period[] = {"none", "week", "month", "year"};
    struct parse p = {types, file, root, why};
    int n = 0;
    out->name = data_file_get(root, "name");
    if (out->name == NULL)
        return slip(&p, root, FAULT_KEY_MISSING, "name", NULL);
    enum rc rc = parse_label(&p, root, &out->label);
    if (rc == RC_OK)
        rc = parse_word(&p, "by", by, 2, &n);
    out->by = (enum report_by)n;
    n = 0;
    if (rc == RC_OK)
        rc = parse_word(&p, "period", period, 4, &n);
    out->period = (enum report_period)n;
    out->figures_n = data_file_n(root, "figure");
    out->figure = mem_new((out->figures_n + 1) * sizeof(*out->figure));
    for (size_t i = 0; i < out->figures_n && rc == RC_OK; i++)
        rc = parse_figure(&p, data_file_at(root, "figure", (unsigned)i), &out->figure[i]);
    out->lists_n = data_file_n(root, "list");
    out->list = mem_new((out->lists_n + 1) * sizeof(*out->list));
    for (size_t i = 0; i < out->lists_n && rc == RC_OK; i++)
        rc = parse_list(&p, data_file_at(root, "list", (unsigned)i), &out->list[i]);
    if (rc == RC_OK && out->figures_n + out->lists_n == 0)
        rc = slip(&p, root, FAULT_KEY_MISSING, "name", "figure, list");
    return rc;
}
