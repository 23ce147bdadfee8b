/* Rules of a type over a record as a whole: whose steps are kept apart, and which take a
 * second approval. The order in
 * which steps are judged is made here, over the rules of all versions together, so that
 * items of different versions in one record never wait for each other. */
#include "schema/type_build.h"

#include <string.h>

#define NODES_MAX 65 /* states of a file, and create */
#define CREATE "create"

/* ---- steps by name */

/* The states of the file, whether in force or not, then create. */
struct steps {
    const struct build *b;
    unsigned states_n;
    bool is_used[NODES_MAX];
    bool before[NODES_MAX][NODES_MAX]; /* [a][b]: b is judged by a */
};

static bool
node_of(const struct steps *s, const char *name, unsigned *out)
{
    for (unsigned i = 0; i < s->states_n; i++) {
        if (strcmp(data_file_title(data_file_at(s->b->root, "state", i)), name) == 0) {
            *out = i;
            return true;
        }
    }
    *out = s->states_n;
    return strcmp(name, CREATE) == 0;
}

/* The steps that a list names; they count as used. */
static enum rc
nodes_of(struct steps *s, const struct section *sec, const char *key,
         unsigned node[NODES_MAX], size_t *n)
{
    const char *list = data_file_get(sec, key);
    char word[TYPE_NAME_BYTES_MAX + 1];

    *n = 0;
    while (list != NULL && *n < NODES_MAX && next_word(&list, word)) {
        if (!node_of(s, word, &node[*n])) {
            return refuse(s->b, FAULT_NO_SUCH_NAME, sec, key, word);
        }
        s->is_used[node[(*n)++]] = true;
    }
    return RC_OK;
}

/* Each of an apart's steps is judged by those before it in the list. */
static enum rc
link_apart(struct steps *s, const struct section *sec)
{
    unsigned node[NODES_MAX];
    size_t n = 0;
    enum rc rc = nodes_of(s, sec, "steps", node, &n);

    for (size_t i = 1; rc == RC_OK && i < n; i++) {
        s->before[node[i - 1]][node[i]] = true;
    }
    return rc;
}

/* All of a second's `before` are judged by all of its steps. */
static enum rc
link_second(struct steps *s, const struct section *sec)
{
    unsigned from[NODES_MAX];
    unsigned to[NODES_MAX];
    size_t from_n = 0;
    size_t to_n = 0;
    enum rc rc = nodes_of(s, sec, "steps", from, &from_n);

    if (rc == RC_OK) {
        rc = nodes_of(s, sec, "before", to, &to_n);
    }
    for (size_t i = 0; rc == RC_OK && i < from_n; i++) {
        for (size_t k = 0; k < to_n; k++) {
            s->before[from[i]][to[k]] = true;
        }
    }
    return rc;
}

static bool
is_ready(const struct steps *s, const bool *is_done, unsigned node)
{
    for (unsigned i = 0; i <= s->states_n; i++) {
        if (s->before[i][node] && !is_done[i]) {
            return false;
        }
    }
    return s->is_used[node] && !is_done[node];
}

static enum rc
step_code(const struct steps *s, unsigned node, uint16_t *out)
{
    *out = STEP_CREATE;
    return node == s->states_n
               ? RC_OK
               : get_code(s->b, data_file_at(s->b->root, "state", node), 1, out);
}

/* All used ones, each behind those it is judged by; none ready although some are left:
 * two rules want two orders. */
static enum rc
put_in_order(struct steps *s, struct build *b, const struct section *last)
{
    bool is_done[NODES_MAX] = {false};
    uint16_t *step = set_new(b->set, NODES_MAX * sizeof(*step));
    size_t used = 0;
    size_t n = 0;
    bool is_moving = true;

    for (unsigned i = 0; i <= s->states_n; i++) {
        used += s->is_used[i];
    }
    while (is_moving) {
        is_moving = false;
        for (unsigned i = 0; i <= s->states_n; i++) {
            if (!is_ready(s, is_done, i)) {
                continue;
            }
            enum rc rc = step_code(s, i, &step[n]);
            if (rc != RC_OK) {
                return rc;
            }
            is_done[i] = true;
            is_moving = true;
            n++;
        }
    }
    b->type->step = step;
    b->type->steps_n = n;
    return n == used ? RC_OK
                     : refuse(b, FAULT_KEY_VALUE, last, "steps",
                              "one order of steps in all rules");
}

/* ---- apart */

static enum rc
get_rule(const struct build *b, const struct section *sec, enum breach breach,
         struct rule *out)
{
    if (!name_is_good(data_file_title(sec))) {
        return refuse(b, FAULT_KEY_VALUE, sec, NULL, "a-z 0-9 _");
    }
    out->name = set_text(b->set, data_file_title(sec));
    out->breach = breach;
    return get_label(b, sec, &out->label);
}

/* create or states, each once; never a start: records are made there, not moved. */
enum rc
get_steps(const struct build *b, const struct section *sec, const char *key,
          uint16_t *step, size_t *n)
{
    const char *list = data_file_get(sec, key);
    char word[TYPE_NAME_BYTES_MAX + 1];

    if (list == NULL) {
        return refuse(b, FAULT_KEY_MISSING, sec, key, NULL);
    }
    while (next_word(&list, word)) {
        const struct state *s = state_by_name(b->type, word);
        bool is_create = s == NULL && strcmp(word, CREATE) == 0;
        uint16_t code = is_create || s == NULL ? STEP_CREATE : s->code;

        if (s == NULL && !is_create) {
            return refuse(b, FAULT_NO_SUCH_NAME, sec, key, word);
        }
        if (is_create && *n > 0) {
            return refuse(b, FAULT_KEY_VALUE, sec, key, "create, ...");
        }
        if (!is_create && s->is_start) {
            return refuse(b, FAULT_KEY_VALUE, sec, key, "no start state");
        }
        for (size_t i = 0; i < *n; i++) {
            if (step[i] == code) {
                return refuse(b, FAULT_NAME_TWICE, sec, key, word);
            }
        }
        if (*n == RULE_STEPS_MAX) {
            return refuse(b, FAULT_KEY_VALUE, sec, key, "8");
        }
        step[(*n)++] = code;
    }
    return RC_OK;
}

/* Whose own affair it is: a record of type person, in the public half, where the items of
 * the record have it. */
static enum rc
get_alone(const struct build *b, const struct section *sec, uint16_t *out)
{
    const char *name = data_file_get(sec, "alone");
    const struct field *f = name == NULL ? NULL : field_by_name(b->type, name);

    *out = 0;
    if (name == NULL) {
        return RC_OK;
    }
    if (f == NULL) {
        return refuse(b, FAULT_NO_SUCH_NAME, sec, "alone", name);
    }
    if (f->kind != VALUE_RECORD || f->of_type == NULL ||
        strcmp(f->of_type, "person") != 0 || field_is_private(b->type, f)) {
        return refuse(b, FAULT_KEY_VALUE, sec, "alone", "a public record of person");
    }
    *out = f->code;
    return RC_OK;
}

static enum rc
get_apart(const struct build *b, const struct section *sec, struct apart *a)
{
    enum rc rc = get_rule(b, sec, BREACH_APART, &a->rule);

    if (rc == RC_OK) {
        rc = get_steps(b, sec, "steps", a->step, &a->steps_n);
    }
    if (rc == RC_OK) {
        rc = get_alone(b, sec, &a->alone);
    }
    /* One step alone is kept from nobody, create is judged by nothing. */
    if (rc == RC_OK && (a->steps_n == 0 || a->step[a->steps_n - 1] == STEP_CREATE ||
                        (a->steps_n == 1 && a->alone == 0))) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "steps", "create, STATE, ...");
    }
    return rc;
}

static enum rc
build_aparts(struct build *b, struct steps *s, const struct section **last)
{
    unsigned n = data_file_n(b->root, "apart");
    struct apart *a = set_new(b->set, n * sizeof(*a));
    size_t kept = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct section *sec = data_file_at(b->root, "apart", i);
        bool is_in = false;
        enum rc rc = is_in_force(b, sec, &is_in);

        *last = sec;
        if (rc == RC_OK) {
            rc = link_apart(s, sec);
        }
        if (rc == RC_OK && is_in) {
            rc = get_apart(b, sec, &a[kept++]);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    b->type->apart = a;
    b->type->aparts_n = kept;
    return n <= RULES_MAX ? RC_OK : refuse(b, FAULT_KEY_VALUE, *last, NULL, "8 rules");
}

/* ---- second */

/* How much, if that matters: a number in the public half, and a limit. */
static enum rc
get_limit(const struct build *b, const struct section *sec, struct second *a)
{
    const char *name = data_file_get(sec, "field");
    const struct field *f = name == NULL ? NULL : field_by_name(b->type, name);

    if ((name == NULL) != (data_file_get(sec, "over") == NULL)) {
        return refuse(b, FAULT_KEY_MISSING, sec, name == NULL ? "field" : "over", NULL);
    }
    if (name == NULL) {
        return RC_OK;
    }
    if (f == NULL) {
        return refuse(b, FAULT_NO_SUCH_NAME, sec, "field", name);
    }
    if ((f->kind != VALUE_INT && f->kind != VALUE_MONEY) ||
        field_is_private(b->type, f)) {
        return refuse(b, FAULT_KEY_VALUE, sec, "field", "a public int or money");
    }
    a->field = f->code;
    return get_int(b, sec, "over", 0, INT64_MAX / 2, &a->over);
}

static enum rc
get_second(const struct build *b, const struct section *sec, struct second *a)
{
    enum rc rc = get_rule(b, sec, BREACH_SECOND, &a->rule);

    if (rc == RC_OK) {
        rc = get_limit(b, sec, a);
    }
    if (rc == RC_OK) {
        rc = get_steps(b, sec, "before", a->before, &a->befores_n);
    }
    if (rc == RC_OK && (a->befores_n == 0 || a->before[0] == STEP_CREATE)) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "before", "STATE, ...");
    }
    if (rc == RC_OK) {
        rc = get_steps(b, sec, "steps", a->step, &a->steps_n);
    }
    if (rc == RC_OK && (a->steps_n == 0 || a->step[0] == STEP_CREATE)) {
        rc = refuse(b, FAULT_KEY_VALUE, sec, "steps", "STATE, ...");
    }
    return rc;
}

static enum rc
build_seconds(struct build *b, struct steps *s, const struct section **last)
{
    unsigned n = data_file_n(b->root, "second");
    struct second *a = set_new(b->set, n * sizeof(*a));
    size_t kept = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct section *sec = data_file_at(b->root, "second", i);
        bool is_in = false;
        enum rc rc = is_in_force(b, sec, &is_in);

        *last = sec;
        if (rc == RC_OK && is_in) {
            rc = get_second(b, sec, &a[kept++]);
        }
        if (rc == RC_OK) {
            rc = link_second(s, sec);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    b->type->second = a;
    b->type->seconds_n = kept;
    return n <= RULES_MAX ? RC_OK : refuse(b, FAULT_KEY_VALUE, *last, NULL, "8 rules");
}

enum rc
build_rules(struct build *b)
{
    struct steps s = {.b = b, .states_n = data_file_n(b->root, "state")};
    const struct section *last = NULL;
    enum rc rc = build_aparts(b, &s, &last);

    if (rc == RC_OK) {
        rc = build_seconds(b, &s, &last);
    }
    return rc == RC_OK && last != NULL ? put_in_order(&s, b, last) : rc;
}
