/* The fields of a type: their keys, kind by kind, and what must hold among them. */
#include "schema/type_build.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_CHARS_MAX 4000
#define CODE_DIGITS_MAX 32
#define MONEY_FEN_MAX 100000000000 /* a billion yuan */
#define INT_LIMIT 1000000000000

/* Names that mean something else on the command line and in spreadsheets. */
static bool
is_reserved(const char *name)
{
    static const char *const words[] = {"gone",  "number", "state", "link",
                                        "from",  "unit",   "id",    "type",
                                        "scope", "case",   "batch", NULL};

    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A key that means nothing for this kind of field is a slip of the pen. */
static enum rc
check_keys(const struct build *b, const struct section *sec, enum value_kind kind)
{
    struct {
        const char *key;
        bool is_fine;
    } rule[] = {
        {"max", kind == VALUE_TEXT || kind == VALUE_INT || kind == VALUE_MONEY},
        {"min", kind == VALUE_TEXT || kind == VALUE_INT || kind == VALUE_MONEY},
        {"length", kind == VALUE_CODE},
        {"lines", kind == VALUE_TEXT},
        {"of", kind == VALUE_RECORD},
    };

    for (size_t i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
        if (!rule[i].is_fine && data_file_get(sec, rule[i].key) != NULL) {
            return refuse(b, FAULT_KEY_MISPLACED, sec, rule[i].key,
                          value_kind_name(kind));
        }
    }
    return RC_OK;
}

static enum rc
need(const struct build *b, const struct section *sec, const char *key)
{
    return data_file_get(sec, key) != NULL ? RC_OK
                                           : refuse(b, FAULT_KEY_MISSING, sec, key, NULL);
}

static enum rc
get_range(const struct build *b, const struct section *sec, struct field *f)
{
    int64_t low = f->kind == VALUE_TEXT ? 1 : f->kind == VALUE_INT ? -INT_LIMIT : 0;
    int64_t high = f->kind == VALUE_TEXT  ? TEXT_CHARS_MAX
                   : f->kind == VALUE_INT ? INT_LIMIT
                                          : MONEY_FEN_MAX;
    enum rc rc = RC_OK;

    f->min = f->kind == VALUE_INT ? 0 : low;
    f->max = high;
    if (f->kind != VALUE_MONEY) {
        rc = need(b, sec, "max");
    }
    if (rc == RC_OK) {
        rc = get_int(b, sec, "min", low, high, &f->min);
    }
    return rc == RC_OK ? get_int(b, sec, "max", f->min, high, &f->max) : rc;
}

static enum rc
get_kind(const struct build *b, const struct section *sec, struct field *f)
{
    const char *text = data_file_get(sec, "kind");
    enum rc rc = need(b, sec, "kind");

    if (rc == RC_OK && !kind_parse(text, &f->kind)) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "kind",
                    "text, int, bool, date, time, choice, choices, phone, code, money, "
                    "record");
    }
    if (rc == RC_OK) {
        rc = check_keys(b, sec, f->kind);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (f->kind == VALUE_TEXT || f->kind == VALUE_INT || f->kind == VALUE_MONEY) {
        return get_range(b, sec, f);
    }
    if (f->kind == VALUE_CODE) {
        rc = need(b, sec, "length");
        if (rc == RC_OK) {
            rc = get_int(b, sec, "length", 1, CODE_DIGITS_MAX, &f->max);
        }
        f->min = f->max;
        return rc;
    }
    if (f->kind == VALUE_RECORD && data_file_get(sec, "of") != NULL) {
        f->of_type = set_text(b->set, data_file_get(sec, "of"));
    }
    return RC_OK;
}

/* The label of a `purpose` or `keep` section that the field names. */
static enum rc
get_term(const struct build *b, const struct section *sec, const char *key,
         struct label *out)
{
    const char *name = data_file_get(sec, key);
    const struct section *term;

    if (name == NULL) {
        return refuse(b, FAULT_KEY_MISSING, sec, key, NULL);
    }
    term = data_file_titled(b->root, key, name);
    return term == NULL ? refuse(b, FAULT_NO_SUCH_NAME, sec, key, name)
                        : get_label(b, term, out);
}

static enum rc
get_personal(const struct build *b, const struct section *sec, struct field *f)
{
    const char *text = data_file_get(sec, "personal");
    enum rc rc;

    if (text != NULL && !personal_parse(text, &f->personal)) {
        return refuse(b, FAULT_KEY_VALUE, sec, "personal", "yes, sensitive, no");
    }
    if (f->personal == PERSONAL_NONE) {
        const char *stray = data_file_get(sec, "purpose") != NULL ? "purpose" : "keep";

        return data_file_get(sec, stray) != NULL
                   ? refuse(b, FAULT_KEY_MISPLACED, sec, stray, "personal")
                   : RC_OK;
    }
    rc = get_term(b, sec, "purpose", &f->purpose);
    return rc == RC_OK ? get_term(b, sec, "keep", &f->keep) : rc;
}

static enum rc
get_visible(const struct build *b, const struct section *sec, struct field *f)
{
    const char *text = data_file_get(sec, "visible");

    f->visible = b->type->visible;
    if (text == NULL) {
        return RC_OK;
    }
    if (!visibility_parse(text, &f->visible) || f->visible < VISIBLE_HOME) {
        return refuse(b, FAULT_KEY_VALUE, sec, "visible", "home, care");
    }
    if (b->type->visible > VISIBLE_ALL) {
        return refuse(b, FAULT_KEY_MISPLACED, sec, "visible", "wall, all");
    }
    return RC_OK;
}

/* ---- choices */

static enum rc
check_choices(const struct build *b, const struct section *sec, const struct choice *c,
              size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            bool same_code = c[i].code == c[k].code;
            bool same_zh = strcmp(c[i].label.zh, c[k].label.zh) == 0;

            if (same_code || same_zh || strcmp(c[i].label.en, c[k].label.en) == 0) {
                return refuse(b, same_code ? FAULT_CODE_TWICE : FAULT_LABEL_TWICE,
                              data_file_titled(sec, "choice", c[i].name),
                              same_code ? "code"
                              : same_zh ? "zh"
                                        : "en",
                              c[k].name);
            }
        }
    }
    return RC_OK;
}

static enum rc
get_choices(const struct build *b, const struct section *sec, struct field *f)
{
    unsigned n = data_file_n(sec, "choice");
    bool is_wanted = f->kind == VALUE_CHOICE || f->kind == VALUE_CHOICES;
    struct choice *c = set_new(b->set, n * sizeof(*c));
    enum rc rc = RC_OK;

    if (is_wanted != (n > 0)) {
        return refuse(b, is_wanted ? FAULT_KEY_MISSING : FAULT_KEY_MISPLACED, sec, NULL,
                      "choice");
    }
    if (f->kind == VALUE_CHOICES && n > VALUE_CHOICES_MAX) {
        return refuse(b, FAULT_KEY_VALUE, sec, NULL, "32 choices");
    }
    for (unsigned i = 0; i < n && rc == RC_OK; i++) {
        const struct section *at = data_file_at(sec, "choice", i);
        struct choice *one = &c[f->choices_n];
        bool is_in = false;

        if (!name_is_good(data_file_title(at))) {
            return refuse(b, FAULT_KEY_VALUE, at, NULL, "a-z 0-9 _");
        }
        rc = is_in_force(b, at, &is_in);
        if (rc == RC_OK) {
            rc = get_code(b, at, 0, &one->code);
        }
        if (rc == RC_OK) {
            rc = get_label(b, at, &one->label);
        }
        one->name = set_text(b->set, data_file_title(at));
        f->choices_n += is_in;
    }
    f->choice = c;
    return rc == RC_OK ? check_choices(b, sec, c, f->choices_n) : rc;
}

/* ---- fields */

static enum rc
get_field(const struct build *b, const struct section *sec, struct field *f)
{
    enum rc rc;

    if (!name_is_good(data_file_title(sec)) || is_reserved(data_file_title(sec))) {
        return refuse(b, FAULT_KEY_VALUE, sec, NULL, "a-z 0-9 _");
    }
    f->name = set_text(b->set, data_file_title(sec));
    rc = get_code(b, sec, FIELD_FIRST_OWN, &f->code);
    if (rc == RC_OK) {
        rc = get_label(b, sec, &f->label);
    }
    if (rc == RC_OK) {
        rc = get_kind(b, sec, f);
    }
    if (rc == RC_OK) {
        rc = get_choices(b, sec, f);
    }
    if (rc == RC_OK) {
        rc = get_flag(b, sec, "required", &f->is_required);
    }
    if (rc == RC_OK) {
        rc = get_flag(b, sec, "title", &f->is_title);
    }
    if (rc == RC_OK) {
        rc = get_flag(b, sec, "lines", &f->is_long);
    }
    if (rc == RC_OK) {
        rc = get_visible(b, sec, f);
    }
    if (rc == RC_OK) {
        rc = get_personal(b, sec, f);
    }
    if (rc == RC_OK) {
        rc = get_roles(b, sec, &f->roles);
    }
    if (rc == RC_OK && (f->roles & ~(b->type->create_roles | b->type->edit_roles)) != 0) {
        rc = refuse(b, FAULT_KEY_MISPLACED, sec, "roles", "create, edit");
    }
    return rc;
}

/* One field is what a record is called in lists: required, and open to all its readers.
 */
static enum rc
check_title(const struct build *b)
{
    const struct field *title = NULL;

    for (size_t i = 0; i < b->type->fields_n; i++) {
        const struct field *f = &b->type->field[i];
        const struct section *sec;

        if (!f->is_title) {
            continue;
        }
        sec = data_file_titled(b->root, "field", f->name);
        if (title != NULL || !f->is_required || f->visible != b->type->visible ||
            (f->kind != VALUE_TEXT && f->kind != VALUE_CODE)) {
            return refuse(b, FAULT_KEY_MISPLACED, sec, "title", "required text");
        }
        title = f;
    }
    return title == NULL ? refuse(b, FAULT_KEY_MISSING, NULL, NULL, "title") : RC_OK;
}

static enum rc
check_fields(const struct build *b)
{
    const struct field *f = b->type->field;
    const struct field *hidden = NULL;

    for (size_t i = 0; i < b->type->fields_n; i++) {
        const struct section *sec = data_file_titled(b->root, "field", f[i].name);

        if (i > 0 && f[i].code == f[i - 1].code) {
            return refuse(b, FAULT_CODE_TWICE, sec, "code", f[i - 1].name);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(f[i].label.zh, f[k].label.zh) == 0) {
                return refuse(b, FAULT_LABEL_TWICE, sec, "zh", f[k].name);
            }
            if (strcmp(f[i].label.en, f[k].label.en) == 0) {
                return refuse(b, FAULT_LABEL_TWICE, sec, "en", f[k].name);
            }
        }
        if (f[i].visible != b->type->visible) {
            if (hidden != NULL && hidden->visible != f[i].visible) {
                return refuse(b, FAULT_KEY_MISPLACED, sec, "visible",
                              visibility_name(hidden->visible));
            }
            hidden = &f[i];
        }
    }
    if ((hidden != NULL) != (b->type->private_code != 0)) {
        return refuse(b, hidden != NULL ? FAULT_KEY_MISSING : FAULT_KEY_MISPLACED, NULL,
                      "private_code", NULL);
    }
    return check_title(b);
}

static int
by_code(const void *a, const void *b)
{
    const struct field *x = a;
    const struct field *y = b;

    if (x->code != y->code) {
        return x->code < y->code ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

enum rc
build_fields(struct build *b)
{
    unsigned n = data_file_n(b->root, "field");
    struct field *f = set_new(b->set, n * sizeof(*f));
    size_t kept = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct section *sec = data_file_at(b->root, "field", i);
        bool is_in = false;
        enum rc rc = is_in_force(b, sec, &is_in);

        if (rc == RC_OK) {
            rc = get_field(b, sec, &f[kept]);
        }
        if (rc != RC_OK) {
            return rc;
        }
        if (is_in) {
            kept++;
        } else {
            f[kept] = (struct field){.code = 0};
        }
    }
    if (kept > PUT_FIELDS_MAX - FIELD_FIRST_OWN) {
        return refuse(b, FAULT_KEY_VALUE, NULL, NULL, "54 fields");
    }
    qsort(f, kept, sizeof(*f), by_code);
    b->type->field = f;
    b->type->fields_n = kept;
    return check_fields(b);
}
