/* Rules over a record as a whole. Sorted once, so that a record that a dishonest node has
 * blown up costs no more than its sorting. */
#include "sync/rule.h"

#include <stdlib.h>
#include <string.h>

/* Whoever makes steps: a person, or a log that nobody is known of. */
struct who_id {
    uint8_t person[RECORD_ID_BYTES];
    uint32_t log_no; /* 0: a person */
};

/* An item that makes a step. */
struct maker {
    uint16_t step;
    struct who_id who;
    uint32_t item;
    bool is_first; /* of this step by this one */
    bool has_any;  /* is_first: one of theirs has effect */
};

/* A field of some item names a person. */
struct named {
    uint16_t code;
    uint8_t person[RECORD_ID_BYTES];
};

/* The highest value that any item gives a field. */
struct most {
    uint16_t code;
    int64_t value;
};

void *
rule_room(void *p, size_t n, size_t *cap, size_t each)
{
    if (n <= *cap) {
        return p;
    }
    *cap = n + n / 2 + 16;
    return mem_grow(p, *cap * each);
}

void
rule_work_fini(struct rule_work *w)
{
    mem_free(w->maker);
    mem_free(w->named);
    mem_free(w->most);
    *w = (struct rule_work){0};
}

bool
rules_have_any(const struct record_item *items, const uint32_t *good, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct type *t = items[good[i]].type;

        if (t != NULL && type_has_rules(t)) {
            return true;
        }
    }
    return false;
}

/* ---- who made which step */

static struct who_id
who_of(const struct record_item *item)
{
    static const uint8_t nobody[RECORD_ID_BYTES];
    struct who_id who = {.log_no = 0};

    memcpy(who.person, item->person, RECORD_ID_BYTES);
    if (memcmp(who.person, nobody, RECORD_ID_BYTES) == 0) {
        who.log_no = item->at.log_no;
    }
    return who;
}

static int
who_cmp(const struct who_id *a, const struct who_id *b)
{
    if (a->log_no != b->log_no) {
        return a->log_no < b->log_no ? -1 : 1;
    }
    return memcmp(a->person, b->person, RECORD_ID_BYTES);
}

static int
step_cmp(const struct maker *a, const struct maker *b)
{
    if (a->step != b->step) {
        return a->step < b->step ? -1 : 1;
    }
    return who_cmp(&a->who, &b->who);
}

static int
maker_cmp(const void *a, const void *b)
{
    const struct maker *x = a;
    const struct maker *y = b;
    int by_step = step_cmp(x, y);

    return by_step != 0 ? by_step : (x->item > y->item) - (x->item < y->item);
}

static int
named_cmp(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;

    if (x->code != y->code) {
        return x->code < y->code ? -1 : 1;
    }
    return memcmp(x->person, y->person, RECORD_ID_BYTES);
}

/* The step that an item makes: create, or a move (or a settle) into a state. */
static bool
step_of(const struct op *put, uint16_t *step)
{
    const struct put_field *f = put_field(put, FIELD_STATE);
    struct value v;

    if (f == NULL || !value_decode(VALUE_STATE, f->value, &v) || v.is_nil) {
        return false;
    }
    *step = v.as.move.from == 0 ? STEP_CREATE : v.as.move.to;
    return true;
}

static void
collect_named(struct rule_work *w, const struct record_item *item)
{
    for (size_t i = 0; i < item->type->aparts_n; i++) {
        uint16_t code = item->type->apart[i].alone;
        const struct put_field *f = code == 0 ? NULL : put_field(item->put, code);
        struct value v;

        if (f == NULL || !value_decode(VALUE_RECORD, f->value, &v) || v.is_nil) {
            continue;
        }
        w->named = rule_room(w->named, w->named_n + 1, &w->named_cap, sizeof *w->named);
        w->named[w->named_n].code = code;
        memcpy(w->named[w->named_n++].person, v.as.record.id, RECORD_ID_BYTES);
    }
}

static void
note_most(struct rule_work *w, uint16_t code, int64_t value)
{
    for (size_t i = 0; i < w->most_n; i++) {
        if (w->most[i].code == code) {
            if (w->most[i].value < value) {
                w->most[i].value = value;
            }
            return;
        }
    }
    w->most = rule_room(w->most, w->most_n + 1, &w->most_cap, sizeof *w->most);
    w->most[w->most_n++] = (struct most){code, value};
}

static void
collect_most(struct rule_work *w, const struct record_item *item)
{
    for (size_t i = 0; i < item->type->seconds_n; i++) {
        uint16_t code = item->type->second[i].field;
        const struct put_field *f = code == 0 ? NULL : put_field(item->put, code);
        struct value v;

        /* money is written as an int is */
        if (f != NULL && value_decode(VALUE_INT, f->value, &v) && !v.is_nil) {
            note_most(w, code, v.as.num);
        }
    }
}

static bool
has_own(const struct op *put)
{
    return put->fields_n > 0 && put->field[put->fields_n - 1].code >= FIELD_FIRST_OWN;
}

/* Where nobody made the record, whoever put something down in it is taken for that. */
static bool
is_made_by_none(const struct record_item *items, const uint32_t *good, size_t n)
{
    uint16_t step = 0;

    for (size_t i = 0; i < n; i++) {
        if (step_of(items[good[i]].put, &step) && step == STEP_CREATE) {
            return false;
        }
    }
    return true;
}

static void
collect(struct rule_work *w, const struct record_item *items, const uint32_t *good,
        size_t n)
{
    bool is_unmade = is_made_by_none(items, good, n);

    w->makers_n = 0;
    w->named_n = 0;
    w->most_n = 0;
    w->has_content = !is_unmade;
    w->maker = rule_room(w->maker, n, &w->makers_cap, sizeof *w->maker);
    for (size_t i = 0; i < n; i++) {
        const struct record_item *item = &items[good[i]];
        struct maker m = {.who = who_of(item), .item = good[i]};

        if (item->type == NULL) {
            continue;
        }
        w->has_content |= has_own(item->put);
        if (step_of(item->put, &m.step) || (is_unmade && has_own(item->put))) {
            w->maker[w->makers_n++] = m;
        }
        collect_named(w, item);
        collect_most(w, item);
    }
    if (w->makers_n > 1) {
        qsort(w->maker, w->makers_n, sizeof *w->maker, maker_cmp);
    }
    if (w->named_n > 1) {
        qsort(w->named, w->named_n, sizeof *w->named, named_cmp);
    }
    for (size_t i = 0; i < w->makers_n; i++) {
        w->maker[i].is_first = i == 0 || step_cmp(&w->maker[i - 1], &w->maker[i]) != 0;
    }
}

/* The first maker at or behind this (step, who). */
static size_t
maker_at(const struct rule_work *w, const struct maker *want)
{
    size_t lo = 0;
    size_t hi = w->makers_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (step_cmp(&w->maker[mid], want) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* ---- one item */

static bool
has_made(const struct rule_work *w, uint16_t step, const struct who_id *who)
{
    struct maker want = {.step = step, .who = *who};
    size_t at = maker_at(w, &want);

    return at < w->makers_n && step_cmp(&w->maker[at], &want) == 0 &&
           w->maker[at].has_any;
}

static bool
is_named(const struct rule_work *w, uint16_t code, const struct who_id *who)
{
    struct named want = {.code = code};

    memcpy(want.person, who->person, RECORD_ID_BYTES);
    return code != 0 && who->log_no == 0 && w->named_n > 0 &&
           bsearch(&want, w->named, w->named_n, sizeof want, named_cmp) != NULL;
}

static bool
is_apart(const struct rule_work *w, const struct apart *a, const struct maker *m)
{
    size_t k = 0;

    while (k < a->steps_n && a->step[k] != m->step) {
        k++;
    }
    if (k == a->steps_n || m->step == STEP_CREATE) {
        return true; /* none of its steps, or one that nothing is before */
    }
    for (size_t i = 0; i < k; i++) {
        if (has_made(w, a->step[i], &m->who)) {
            return false;
        }
    }
    return !is_named(w, a->alone, &m->who);
}

/* Has anybody made the step, with effect? */
static bool
is_made(const struct rule_work *w, uint16_t step)
{
    struct maker lowest = {.step = step};

    for (size_t i = maker_at(w, &lowest); i < w->makers_n && w->maker[i].step == step;
         i++) {
        if (w->maker[i].has_any) {
            return true;
        }
    }
    return false;
}

static bool
is_approved(const struct rule_work *w, const struct second *s, const struct maker *m)
{
    bool is_asked = s->field == 0 && w->has_content;
    bool is_before = false;

    for (size_t i = 0; i < s->befores_n; i++) {
        is_before |= m->step == s->before[i];
    }
    if (!is_before) {
        return true;
    }
    for (size_t i = 0; i < w->most_n; i++) {
        is_asked |= w->most[i].code == s->field && w->most[i].value > s->over;
    }
    for (size_t i = 0; is_asked && i < s->steps_n; i++) {
        is_asked = !is_made(w, s->step[i]);
    }
    return !is_asked;
}

static const struct rule *
judge_maker(const struct rule_work *w, const struct type *t, const struct maker *m)
{
    for (size_t i = 0; i < t->aparts_n; i++) {
        if (!is_apart(w, &t->apart[i], m)) {
            return &t->apart[i].rule;
        }
    }
    for (size_t i = 0; i < t->seconds_n; i++) {
        if (!is_approved(w, &t->second[i], m)) {
            return &t->second[i].rule;
        }
    }
    return NULL;
}

/* ---- all of them, step by step */

static void
judge_step(struct rule_work *w, const struct record_item *items, uint16_t step,
           const struct rule **void_by)
{
    static const struct maker lowest;
    struct maker from = lowest;
    struct maker *first = NULL;

    from.step = step;
    for (size_t i = maker_at(w, &from); i < w->makers_n && w->maker[i].step == step;
         i++) {
        struct maker *m = &w->maker[i];

        if (m->is_first) {
            first = m;
        }
        void_by[m->item] = judge_maker(w, items[m->item].type, m);
        first->has_any |= void_by[m->item] == NULL;
    }
}

void
rules_judge(struct rule_work *w, const struct record_item *items, const uint32_t *good,
            size_t n, const struct rule **void_by)
{
    const struct type *t = NULL;

    /* Which type's list of steps is all the same: it is made of all versions' rules. */
    for (size_t i = 0; i < n && t == NULL; i++) {
        t = items[good[i]].type;
        t = t != NULL && t->steps_n > 0 ? t : NULL;
    }
    collect(w, items, good, n);
    for (size_t i = 0; t != NULL && i < t->steps_n; i++) {
        judge_step(w, items, t->step[i], void_by);
    }
}
