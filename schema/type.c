/* Record types from their files: each file a type (and its private half), all of them a
 * version of the rules. */
#include "schema/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/type_build.h"

#define FILE_NAME_DIGITS 3
#define ROOT_CODE_MAX 999 /* three digits in front of the file's name */

struct hash
types_hash(const struct embed_file *files)
{
    struct hash_run run;

    hash_init(&run);
    for (; files->name != NULL; files++) {
        hash_add(&run, slice_of(files->p, files->n));
    }
    return hash_done(&run);
}

void
types_free(struct types *t)
{
    struct type_set *set = (struct type_set *)(void *)t;

    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < set->blocks_n; i++) {
        mem_free(set->block[i]);
    }
    mem_free(set->block);
    mem_free(set);
}

static enum rc
get_rights(const struct build *b, const char *key, uint32_t *roles, uint8_t *who)
{
    const struct section *sec = data_file_at(b->root, key, 0);
    enum rc rc;

    if (sec == NULL) {
        char missing[16];

        (void)snprintf(missing, sizeof(missing), "%s roles", key);
        return refuse(b, FAULT_KEY_MISSING, NULL, missing, NULL);
    }
    if (data_file_get(sec, "roles") == NULL) {
        return refuse(b, FAULT_KEY_MISSING, sec, "roles", NULL);
    }
    rc = get_roles(b, sec, roles);
    return rc == RC_OK ? get_who(b, sec, *roles, who) : rc;
}

/* 180-need holds code 180, name need: a copied file cannot pass for another. */
static enum rc
get_name(const struct build *b)
{
    const char *name = data_file_get(b->root, "name");
    char want[TYPE_NAME_BYTES_MAX + 8];

    if (name == NULL || !name_is_good(name)) {
        return refuse(b, name == NULL ? FAULT_KEY_MISSING : FAULT_KEY_VALUE, NULL, "name",
                      "a-z 0-9 _");
    }
    (void)snprintf(want, sizeof(want), "%0*u-%s", FILE_NAME_DIGITS,
                   (unsigned)b->type->code, name);
    if (strcmp(want, b->file) != 0) {
        return refuse(b, FAULT_FILE_NAME, NULL, "name", want);
    }
    b->type->name = set_text(b->set, name);
    return RC_OK;
}

static enum rc
get_head(const struct build *b)
{
    struct type *t = b->type;
    const char *visible = data_file_get(b->root, "visible");
    int64_t since = 0;
    int64_t private_code = 0;
    enum rc rc = get_int(b, b->root, "since", 1, UINT16_MAX, &since);

    if (rc == RC_OK && since == 0) {
        rc = refuse(b, FAULT_KEY_MISSING, NULL, "since", NULL);
    }
    if (rc == RC_OK) {
        rc = get_code(b, b->root, 1, &t->code);
    }
    if (rc == RC_OK && t->code > ROOT_CODE_MAX) {
        rc = refuse(b, FAULT_KEY_VALUE, NULL, "code", "1..999");
    }
    if (rc == RC_OK) {
        rc = get_name(b);
    }
    if (rc == RC_OK) {
        rc = get_label(b, b->root, &t->label);
    }
    if (rc == RC_OK && (visible == NULL || !visibility_parse(visible, &t->visible))) {
        rc = refuse(b, visible == NULL ? FAULT_KEY_MISSING : FAULT_KEY_VALUE, NULL,
                    "visible", "wall, all, home, care");
    }
    if (rc == RC_OK) {
        rc = get_int(b, b->root, "private_code", 1, ROOT_CODE_MAX, &private_code);
    }
    t->since = (uint16_t)since;
    t->private_code = (uint16_t)private_code;
    return rc;
}

/* The second type behind a public one: its fields of another visibility. */
static void
add_private(struct build *b, struct type *half)
{
    const struct type *t = b->type;
    struct field *f = set_new(b->set, t->fields_n * sizeof(*f));
    char text[FAULT_WHAT_BYTES];
    size_t n = 0;

    *half = *t;
    for (size_t i = 0; i < t->fields_n; i++) {
        if (field_is_private(t, &t->field[i])) {
            f[n++] = t->field[i];
            half->visible = t->field[i].visible;
        }
    }
    half->code = t->private_code;
    half->private_of = t->code;
    half->private_code = 0;
    (void)snprintf(text, sizeof(text), "%s_private", t->name);
    half->name = set_text(b->set, text);
    (void)snprintf(text, sizeof(text), "%s（不公开）", t->label.zh);
    half->label.zh = set_text(b->set, text);
    (void)snprintf(text, sizeof(text), "%s (private)", t->label.en);
    half->label.en = set_text(b->set, text);
    half->field = f;
    half->fields_n = n;
    half->state = NULL;
    half->states_n = 0;
    half->move = NULL;
    half->moves_n = 0;
    half->asset = half->costs = half->adds = (struct right_rule){.is_there = false};
    half->apart = NULL; /* rules are about states, and those are the public half's */
    half->aparts_n = 0;
    half->second = NULL;
    half->seconds_n = 0;
    half->deadline = NULL;
    half->deadlines_n = 0;
    half->step = NULL;
    half->steps_n = 0;
}

/* What the centre publishes nobody else writes. */
static enum rc
get_merge(const struct build *b)
{
    struct type *t = b->type;
    const char *merge = data_file_get(b->root, "merge");
    bool is_good = merge == NULL || merge_parse(merge, &t->merge);

    if (!is_good) {
        return refuse(b, FAULT_KEY_VALUE, NULL, "merge",
                      "fact, record, owned, scarce, hub");
    }
    if (t->merge == MERGE_HUB && t->create_who != WHO_CENTRE) {
        return refuse(b, FAULT_KEY_VALUE, data_file_at(b->root, "create", 0), "who",
                      "centre");
    }
    if (t->merge == MERGE_HUB && t->edit_who != WHO_CENTRE) {
        return refuse(b, FAULT_KEY_VALUE, data_file_at(b->root, "edit", 0), "who",
                      "centre");
    }
    return RC_OK;
}

static enum rc
build_type(struct build *b)
{
    enum rc rc = get_head(b);

    if (rc == RC_OK) {
        rc = get_rights(b, "create", &b->type->create_roles, &b->type->create_who);
    }
    if (rc == RC_OK) {
        rc = get_rights(b, "edit", &b->type->edit_roles, &b->type->edit_who);
    }
    if (rc == RC_OK) {
        rc = get_merge(b);
    }
    if (rc == RC_OK) {
        rc = build_fields(b);
    }
    if (rc == RC_OK) {
        rc = build_life(b);
    }
    if (rc == RC_OK) {
        rc = build_rules(b);
    }
    if (rc == RC_OK) {
        rc = build_deadlines(b);
    }
    return rc == RC_OK ? build_right(b) : rc;
}

/* ---- all files together */

struct sources {
    const struct embed_file *file;
    struct section **root;
    size_t n;
};

static size_t
source_of(const struct sources *src, const struct type *t)
{
    uint16_t code = t->private_of != 0 ? t->private_of : t->code;
    size_t i = 0;

    while (i + 1 < src->n && strtoul(src->file[i].name, NULL, 10) != code) {
        i++;
    }
    return i;
}

static enum rc
refuse_type(const struct sources *src, const struct type *t, enum fault_code code,
            const char *key, const char *want, struct fault *why)
{
    size_t i = source_of(src, t);
    struct build b = {.file = src->file[i].name, .root = src->root[i], .why = why};

    return refuse(&b, code, NULL, key, want);
}

static enum rc
check_references(const struct types *all, const struct sources *src, const struct type *t,
                 struct fault *why)
{
    for (size_t i = 0; i < t->fields_n; i++) {
        const char *of = t->field[i].of_type;

        if (of != NULL && type_by_name(all, of) == NULL) {
            size_t at = source_of(src, t);
            struct build b = {
                .file = src->file[at].name, .root = src->root[at], .why = why};

            return refuse(&b, FAULT_NO_SUCH_NAME,
                          data_file_titled(b.root, "field", t->field[i].name), "of", of);
        }
    }
    size_t at = source_of(src, t);
    struct build b = {.file = src->file[at].name, .root = src->root[at], .why = why};

    enum rc rc = check_right(&b, all, t);
    return rc == RC_OK ? check_deadlines(&b, all, t) : rc;
}

static enum rc
check_all(const struct types *all, const struct sources *src, struct fault *why)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct type *t = &all->type[i];
        enum rc rc = check_references(all, src, t, why);

        if (rc != RC_OK) {
            return rc;
        }
        if (i > 0 && t->code == t[-1].code) {
            return refuse_type(src, t, FAULT_CODE_TWICE,
                               t->private_of != 0 ? "private_code" : "code", t[-1].name,
                               why);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(t->name, all->type[k].name) == 0) {
                return refuse_type(src, t, FAULT_NAME_TWICE, "name", t->name, why);
            }
            if (strcmp(t->label.zh, all->type[k].label.zh) == 0) {
                return refuse_type(src, t, FAULT_LABEL_TWICE, "zh", all->type[k].name,
                                   why);
            }
            if (strcmp(t->label.en, all->type[k].label.en) == 0) {
                return refuse_type(src, t, FAULT_LABEL_TWICE, "en", all->type[k].name,
                                   why);
            }
        }
    }
    return RC_OK;
}

static int
by_code(const void *a, const void *b)
{
    const struct type *x = a;
    const struct type *y = b;

    if (x->code != y->code) {
        return x->code < y->code ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static void
raise_to(const struct section *sec, const char *key, uint16_t *newest)
{
    const char *text = data_file_get(sec, key);
    unsigned long v = text == NULL ? 0 : strtoul(text, NULL, 10);

    if (v <= UINT16_MAX && v > *newest) {
        *newest = (uint16_t)v;
    }
}

/* The highest `since` of a section and those in it, two levels deep as the files are. */
static uint16_t
newest_of(const struct section *root)
{
    static const char *const kinds[] = {"field",  "state",    "move", "apart",
                                        "second", "deadline", NULL};
    uint16_t newest = 1;

    raise_to(root, "since", &newest);
    for (size_t k = 0; kinds[k] != NULL; k++) {
        for (unsigned i = 0; i < data_file_n(root, kinds[k]); i++) {
            const struct section *sec = data_file_at(root, kinds[k], i);

            raise_to(sec, "since", &newest);
            for (unsigned c = 0; k == 0 && c < data_file_n(sec, "choice"); c++) {
                raise_to(data_file_at(sec, "choice", c), "since", &newest);
            }
        }
    }
    return newest;
}

static enum rc
build_all(const struct sources *src, uint16_t version, struct type_set *set,
          struct fault *why)
{
    struct type *type = set_new(set, 2 * src->n * sizeof(*type));
    size_t n = 0;

    for (size_t i = 0; i < src->n; i++) {
        struct build b = {.set = set,
                          .file = src->file[i].name,
                          .root = src->root[i],
                          .version = version,
                          .why = why,
                          .type = &type[n]};
        bool is_in = false;
        enum rc rc = is_in_force(&b, b.root, &is_in);

        if (rc == RC_OK && is_in) {
            rc = build_type(&b);
            n++;
        }
        if (rc != RC_OK) {
            return rc;
        }
        if (is_in && b.type->private_code != 0) {
            add_private(&b, &type[n++]);
        }
    }
    qsort(type, n, sizeof(*type), by_code);
    set->types.version = version;
    set->types.type = type;
    set->types.n = n;
    return check_all(&set->types, src, why);
}

/* version 0: the newest. */
static enum rc
parse(const struct embed_file *files, uint16_t version, struct types **out,
      struct fault *why)
{
    struct sources src = {files, NULL, 0};
    struct type_set *set = mem_new(sizeof(*set));
    uint16_t newest = 1;
    enum rc rc = RC_OK;

    src.root = mem_new((TYPE_FILES_MAX + 1) * sizeof(struct section *));
    for (size_t i = 0; files[i].name != NULL && rc == RC_OK; i++) {
        if (src.n == TYPE_FILES_MAX) {
            rc = fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%s", files[i].name);
            break;
        }
        rc = data_file_open(&files[i], &type_grammar, &src.root[i], why);
        if (rc == RC_OK) {
            uint16_t since = newest_of(src.root[i]);

            newest = since > newest ? since : newest;
            src.n++;
        }
    }
    if (rc == RC_OK && version > newest) {
        rc = RC_NOTFOUND;
    }
    if (rc == RC_OK) {
        rc = build_all(&src, version == 0 ? newest : version, set, why);
    }
    if (rc == RC_OK) {
        if (set->types.version == newest) {
            set->types.hash = types_hash(files);
        }
        *out = &set->types;
        set = NULL;
    }
    for (size_t i = 0; i < src.n; i++) {
        data_file_close(src.root[i]);
    }
    mem_free(src.root);
    types_free(set == NULL ? NULL : &set->types);
    return rc;
}

enum rc
types_parse(const struct embed_file *files, struct types **out, struct fault *why)
{
    return parse(files, 0, out, why);
}

enum rc
types_parse_at(const struct embed_file *files, uint16_t version, struct types **out,
               struct fault *why)
{
    return version == 0 ? RC_NOTFOUND : parse(files, version, out, why);
}

enum rc
types_load_builtin(struct types **out)
{
    struct fault why;
    enum rc rc = types_parse(embed_types, out, &why);

    if (rc != RC_OK) {
        (void)fprintf(stderr, "types: %s (%s) line %u %s\n", why.what,
                      fault_name(why.code), why.line, why.want);
        abort();
    }
    return rc;
}
