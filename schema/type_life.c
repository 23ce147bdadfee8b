/* The life cycle of a type: its states and the moves between them. */
#include "schema/type_build.h"

#include <string.h>

#define STATES_MAX 64
#define MOVES_MAX 512

static enum rc
get_state(const struct build *b, const struct section *sec, struct state *s)
{
    enum rc rc;

    if (!name_is_good(data_file_title(sec))) {
        return refuse(b, FAULT_KEY_VALUE, sec, NULL, "a-z 0-9 _");
    }
    s->name = set_text(b->set, data_file_title(sec));
    rc = get_code(b, sec, 1, &s->code);
    if (rc == RC_OK) {
        rc = get_label(b, sec, &s->label);
    }
    if (rc == RC_OK) {
        rc = get_flag(b, sec, "start", &s->is_start);
    }
    return rc == RC_OK ? get_flag(b, sec, "end", &s->is_end) : rc;
}

static enum rc
get_states(struct build *b)
{
    unsigned n = data_file_n(b->root, "state");
    struct state *s = set_new(b->set, n * sizeof(*s));
    size_t kept = 0;

    if (n == 0 || n > STATES_MAX) {
        return refuse(b, FAULT_KEY_MISSING, NULL, NULL, "state");
    }
    for (unsigned i = 0; i < n; i++) {
        const struct section *sec = data_file_at(b->root, "state", i);
        bool is_in = false;
        enum rc rc = is_in_force(b, sec, &is_in);

        if (rc == RC_OK) {
            rc = get_state(b, sec, &s[kept]);
        }
        if (rc != RC_OK) {
            return rc;
        }
        for (size_t k = 0; is_in && k < kept; k++) {
            if (s[k].code == s[kept].code) {
                return refuse(b, FAULT_CODE_TWICE, sec, "code", s[k].name);
            }
            if (strcmp(s[k].label.zh, s[kept].label.zh) == 0) {
                return refuse(b, FAULT_LABEL_TWICE, sec, "zh", s[k].name);
            }
            if (strcmp(s[k].label.en, s[kept].label.en) == 0) {
                return refuse(b, FAULT_LABEL_TWICE, sec, "en", s[k].name);
            }
        }
        kept += is_in;
    }
    s[0].is_start = true;
    b->type->state = s;
    b->type->states_n = kept;
    return kept == 0 ? refuse(b, FAULT_KEY_MISSING, NULL, NULL, "state") : RC_OK;
}

/* Every pair of a state in `from` and one in `to`. */
static enum rc
add_moves(struct build *b, const struct section *sec, const struct move *m,
          struct move *out, size_t *n)
{
    const char *from_list = data_file_get(sec, "from");
    char from[TYPE_NAME_BYTES_MAX + 1];
    char to[TYPE_NAME_BYTES_MAX + 1];

    while (next_word(&from_list, from)) {
        const struct state *x = state_by_name(b->type, from);
        const char *to_list = data_file_get(sec, "to");

        if (x == NULL) {
            return refuse(b, FAULT_NO_SUCH_NAME, sec, "from", from);
        }
        while (next_word(&to_list, to)) {
            const struct state *y = state_by_name(b->type, to);

            if (y == NULL || y == x) {
                return refuse(b, FAULT_NO_SUCH_NAME, sec, "to", to);
            }
            if (*n == MOVES_MAX) {
                return refuse(b, FAULT_KEY_VALUE, sec, NULL, "512 moves");
            }
            out[*n] = *m;
            out[*n].from = x->code;
            out[(*n)++].to = y->code;
        }
    }
    return RC_OK;
}

static enum rc
get_move(struct build *b, const struct section *sec, struct move *out, size_t *n)
{
    static const char *const keys[] = {"from", "to", "roles", "who", NULL};
    struct move m = {.from = 0};
    size_t before = *n;
    enum rc rc;

    for (size_t i = 0; keys[i] != NULL; i++) {
        if (data_file_get(sec, keys[i]) == NULL) {
            return refuse(b, FAULT_KEY_MISSING, sec, keys[i], NULL);
        }
    }
    rc = get_roles(b, sec, &m.roles);
    if (rc == RC_OK) {
        rc = get_who(b, sec, m.roles, &m.who);
    }
    if (rc == RC_OK) {
        rc = add_moves(b, sec, &m, out, n);
    }
    if (rc == RC_OK && *n == before) {
        return refuse(b, FAULT_KEY_VALUE, sec, "to", NULL);
    }
    return rc;
}

static enum rc
get_moves(struct build *b)
{
    unsigned n = data_file_n(b->root, "move");
    struct move *all = mem_new(MOVES_MAX * sizeof(*all));
    struct move *kept;
    size_t all_n = 0;
    enum rc rc = RC_OK;

    for (unsigned i = 0; i < n && rc == RC_OK; i++) {
        const struct section *sec = data_file_at(b->root, "move", i);
        bool is_in = false;

        rc = is_in_force(b, sec, &is_in);
        if (rc == RC_OK && is_in) {
            rc = get_move(b, sec, all, &all_n);
        }
    }
    kept = set_new(b->set, all_n * sizeof(*kept));
    if (all_n > 0) {
        memcpy(kept, all, all_n * sizeof(*kept));
    }
    b->type->move = kept;
    b->type->moves_n = all_n;
    mem_free(all);
    return rc;
}

/* Each state can be reached from a start, and left unless it is an end. */
static enum rc
check_life(const struct build *b)
{
    const struct type *t = b->type;
    bool is_reached[STATES_MAX] = {false};
    bool has_exit[STATES_MAX] = {false};
    bool is_growing = true;

    for (size_t i = 0; i < t->states_n; i++) {
        is_reached[i] = t->state[i].is_start;
    }
    while (is_growing) {
        is_growing = false;
        for (size_t i = 0; i < t->moves_n; i++) {
            size_t from = (size_t)(state_by_code(t, t->move[i].from) - t->state);
            size_t to = (size_t)(state_by_code(t, t->move[i].to) - t->state);

            has_exit[from] = true;
            is_growing |= is_reached[from] && !is_reached[to];
            is_reached[to] |= is_reached[from];
        }
    }
    for (size_t i = 0; i < t->states_n; i++) {
        const struct section *sec = data_file_titled(b->root, "state", t->state[i].name);

        if (!is_reached[i]) {
            return refuse(b, FAULT_NO_WAY_IN, sec, NULL, NULL);
        }
        if (!has_exit[i] && !t->state[i].is_end) {
            return refuse(b, FAULT_NO_EXIT, sec, NULL, NULL);
        }
    }
    return RC_OK;
}

enum rc
build_life(struct build *b)
{
    enum rc rc = get_states(b);

    if (rc == RC_OK) {
        rc = get_moves(b);
    }
    return rc == RC_OK ? check_life(b) : rc;
}
