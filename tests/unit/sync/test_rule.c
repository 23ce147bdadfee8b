/* Rules over a record: the golden histories in every order, and random ones against the
 * definition written down once more, the long way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/pack.h"
#include "sync/rule.h"
#include "tests/lib/fold.h"

#define VECTORS "tests/golden/rule/apart.txt"
#define ITEMS 8
#define NAMED 20
#define NUMBER 21

struct history {
    char name[64];
    struct apart apart[RULES_MAX];
    struct second second[RULES_MAX];
    uint16_t step[16];
    struct type type;
    struct op op[ITEMS];
    struct buf value[ITEMS][3];
    char item_name[ITEMS];
    struct record_item item[ITEMS];
    size_t n;
    char is_void[ITEMS + 1]; /* names, ascending */
    unsigned state;
    enum field_state is;
};

static void
history_clear(struct history *h)
{
    for (size_t i = 0; i < ITEMS; i++) {
        buf_free(&h->value[i][0]);
        buf_free(&h->value[i][1]);
        buf_free(&h->value[i][2]);
    }
    memset(h, 0, sizeof *h);
    h->type.apart = h->apart;
    h->type.second = h->second;
    h->type.step = h->step;
}

/* ---- making histories */

static struct version
version_of(uint32_t no, uint64_t seq)
{
    struct version v = {no, seq, {0}};

    put_u32(v.id8, no);
    put_u32(v.id8 + 4, (uint32_t)seq);
    return v;
}

static void
person_of(const char *name, uint8_t out[static RECORD_ID_BYTES])
{
    memset(out, 0, RECORD_ID_BYTES);
    if (strcmp(name, "-") != 0) {
        memcpy(out, name, strlen(name));
    }
}

static struct op *
add_item(struct history *h, uint32_t log_no, uint64_t seq, const char *person)
{
    struct op *op = &h->op[h->n];
    struct record_item *item = &h->item[h->n];

    assert_true(h->n < ITEMS);
    op->code = OP_PUT;
    *item = (struct record_item){
        .at = version_of(log_no, seq), .rank = 10, .put = op, .type = &h->type};
    memcpy(item->id.b, item->at.id8, 8);
    person_of(person, item->person);
    h->n++;
    return op;
}

static void
give_state(struct history *h, struct op *op, unsigned from, unsigned to,
           const struct version *replaces)
{
    struct value v = {.kind = VALUE_STATE,
                      .as.move = {(uint16_t)from, (uint16_t)to, {NULL, 0}}};
    struct put_field *f = &op->field[op->fields_n++];
    struct buf *b = &h->value[op - h->op][0];

    value_encode(&v, b);
    *f = (struct put_field){.code = FIELD_STATE, .value = buf_slice(b)};
    if (replaces != NULL) {
        op->pool[op->pool_n] = *replaces;
        f->replaces = &op->pool[op->pool_n++];
        f->replaces_n = 1;
    }
}

static void
give_name(struct history *h, struct op *op, const char *person)
{
    struct value v = {.kind = VALUE_RECORD, .as.record = {.scope = 1, .unit = 0}};
    struct buf *b = &h->value[op - h->op][1];

    person_of(person, v.as.record.id);
    value_encode(&v, b);
    op->field[op->fields_n++] = (struct put_field){.code = NAMED, .value = buf_slice(b)};
}

static void
give_number(struct history *h, struct op *op, int64_t number)
{
    struct buf *b = &h->value[op - h->op][2];

    pack_int(b, number);
    op->field[op->fields_n++] = (struct put_field){.code = NUMBER, .value = buf_slice(b)};
}

/* Every step of every rule once, in their order: the histories' rules never disagree. */
static void
order_steps(struct history *h)
{
    for (uint16_t s = 0; s < 8; s++) {
        bool is_used = false;

        for (size_t i = 0; i < h->type.aparts_n; i++) {
            for (size_t k = 0; k < h->apart[i].steps_n; k++) {
                is_used |= h->apart[i].step[k] == s;
            }
        }
        for (size_t i = 0; i < h->type.seconds_n; i++) {
            for (size_t k = 0; k < h->second[i].steps_n; k++) {
                is_used |= h->second[i].step[k] == s;
            }
            for (size_t k = 0; k < h->second[i].befores_n; k++) {
                is_used |= h->second[i].before[k] == s;
            }
        }
        if (is_used) {
            h->step[h->type.steps_n++] = s;
        }
    }
}

/* ---- the golden file */

static size_t
read_steps(const char *p, uint16_t *step)
{
    size_t n = 0;

    while (p != NULL && n < RULE_STEPS_MAX) {
        step[n++] = (uint16_t)strtoul(p, NULL, 10);
        p = strchr(p, ',');
        if (p != NULL) {
            p++;
        }
    }
    return n;
}

static void
read_apart(struct history *h, const char *args)
{
    struct apart *a = &h->apart[h->type.aparts_n++];

    a->rule = (struct rule){"apart", {"分", "apart"}, BREACH_APART};
    a->alone = strchr(args, ' ') != NULL ? NAMED : 0;
    a->steps_n = read_steps(args, a->step);
}

static void
read_second(struct history *h, const char *args)
{
    struct second *a = &h->second[h->type.seconds_n++];
    unsigned over = 0;
    char steps[32], before[32];
    int n = sscanf(args, "%31s %31s %u", steps, before, &over);

    assert_true(n == 2 || n == 3);
    a->rule = (struct rule){"second", {"二", "second"}, BREACH_SECOND};
    a->field = n == 3 ? NUMBER : 0;
    a->over = over;
    a->befores_n = read_steps(before, a->before);
    a->steps_n = read_steps(steps, a->step);
}

static void
read_item(struct history *h, const char *args)
{
    char name, person[17], from[8], to[8], of, named[17];
    unsigned log_no, seq, number;
    struct version v = {0, 0, {9}};
    int n = sscanf(args, "%c %u %u %16s %7s %7s %c %16s %u", &name, &log_no, &seq, person,
                   from, to, &of, named, &number);

    assert_true(n == 8 || n == 9);
    for (size_t i = 0; i < h->n; i++) {
        if (h->item_name[i] == of) {
            v = h->item[i].at;
        }
    }
    h->item_name[h->n] = name;
    struct op *op = add_item(h, log_no, seq, person);
    if (from[0] != '-') {
        give_state(h, op, (unsigned)strtoul(from, NULL, 10),
                   (unsigned)strtoul(to, NULL, 10), of == '-' ? NULL : &v);
    }
    if (named[0] != '-') {
        give_name(h, op, named);
    }
    if (n == 9) {
        give_number(h, op, number);
    }
}

/* The next history of the file; false: there is none. */
static bool
read_history(FILE *f, struct history *h)
{
    char line[256];
    char is[16];

    history_clear(h);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5) == 0) {
            snprintf(h->name, sizeof h->name, "%.60s", line + 5);
        } else if (strncmp(line, "apart ", 6) == 0) {
            read_apart(h, line + 6);
        } else if (strncmp(line, "second ", 7) == 0) {
            read_second(h, line + 7);
        } else if (strncmp(line, "item ", 5) == 0) {
            read_item(h, line + 5);
        } else if (strncmp(line, "void ", 5) == 0) {
            size_t n = 0;
            for (const char *p = line + 5; *p != '\0'; p++) {
                if (*p >= 'a' && *p <= 'z') {
                    h->is_void[n++] = *p;
                }
            }
        } else if (strncmp(line, "state ", 6) == 0) {
            assert_int_equal(sscanf(line + 6, "%u %15s", &h->state, is), 2);
            h->is = strcmp(is, "clean") == 0 ? FIELD_CLEAN : FIELD_CONFLICT;
            order_steps(h);
            return true;
        }
    }
    return false;
}

static void
check(const struct history *h, const struct record_item *item, const char *names,
      struct record *r)
{
    char is_void[ITEMS + 1] = {0};
    const struct record_field *f = NULL;
    struct value v;
    size_t n = 0;

    record_fold(item, h->n, r);
    for (char c = 'a'; c <= 'z'; c++) {
        for (size_t i = 0; i < h->n; i++) {
            if (names[i] == c && record_void_by(r, i) != NULL) {
                is_void[n++] = c;
            }
        }
    }
    if (strcmp(is_void, h->is_void) != 0) {
        fail_msg("%s, order %.8s: void %s, not %s", h->name, names, is_void, h->is_void);
    }
    for (size_t i = 0; i < r->fields_n; i++) {
        f = r->field[i].code == FIELD_STATE ? &r->field[i] : f;
    }
    if (f == NULL) {
        fail_msg("%s: no state", h->name);
        return;
    }
    assert_true(
        value_decode(VALUE_STATE, put_field(item[f->shown].put, FIELD_STATE)->value, &v));
    if (f->state != h->is || v.as.move.to != h->state) {
        fail_msg("%s, order %.8s: shows %u", h->name, names, v.as.move.to);
    }
}

/* Each order of the items (Heap's algorithm, unrolled by a counter). */
static size_t
check_orders(const struct history *h, struct record *r)
{
    struct record_item item[ITEMS];
    char names[ITEMS];
    size_t c[ITEMS] = {0};
    size_t orders = 1;
    size_t i = 0;

    memcpy(item, h->item, sizeof item);
    memcpy(names, h->item_name, sizeof names);
    check(h, item, names, r);
    while (i < h->n) {
        if (c[i] >= i) {
            c[i++] = 0;
            continue;
        }
        size_t k = i % 2 == 0 ? 0 : c[i];
        struct record_item t = item[k];
        char name = names[k];
        item[k] = item[i];
        item[i] = t;
        names[k] = names[i];
        names[i] = name;
        check(h, item, names, r);
        orders++;
        c[i]++;
        i = 0;
    }
    return orders;
}

static void
the_golden_histories_hold_in_every_order(void **state)
{
    static struct history h;
    struct record r = {0};
    FILE *f = fopen(VECTORS, "r");
    size_t orders = 0;
    size_t n = 0;

    (void)state;
    assert_non_null(f);
    while (read_history(f, &h)) {
        orders += check_orders(&h, &r);
        n++;
    }
    history_clear(&h);
    fclose(f);
    record_fini(&r);
    assert_int_equal(n, 24);
    assert_int_equal(orders, 386 + 6 * 6 + 3 * 24 + 1);
}

/* ---- random ones */

static const char *const persons[] = {"wang", "li", "zhao", "-"};

/* Steps 0 to 4, three rules that agree in one order, items of four persons on six logs.
 */
static void
make_random(struct history *h, uint64_t *rnd)
{
    size_t n = 1 + rnd_below(rnd, ITEMS);

    history_clear(h);
    for (size_t i = rnd_below(rnd, 3) + 1; i > 0; i--) {
        struct apart *a = &h->apart[h->type.aparts_n++];

        a->rule.name = "rule";
        a->alone = rnd_below(rnd, 3) == 0 ? NAMED : 0;
        for (uint16_t s = 0; s < 5; s++) {
            if (s != 1 && rnd_below(rnd, 2) == 0) {
                a->step[a->steps_n++] = s;
            }
        }
    }
    for (size_t i = rnd_below(rnd, 3); i > 0; i--) {
        struct second *a = &h->second[h->type.seconds_n++];

        a->rule.name = "second";
        a->field = rnd_below(rnd, 2) == 0 ? NUMBER : 0;
        a->over = rnd_below(rnd, 4);
        a->before[a->befores_n++] = 4;
        a->step[a->steps_n++] = (uint16_t)(2 + rnd_below(rnd, 2));
    }
    order_steps(h);
    for (size_t i = 0; i < n; i++) {
        uint32_t log_no = 1 + rnd_below(rnd, 6);
        struct version v =
            h->n > 0 ? h->item[rnd_below(rnd, (uint32_t)h->n)].at : version_of(0, 0);
        struct op *op = add_item(h, log_no, 1 + i, persons[log_no % 4]);
        uint32_t what = rnd_below(rnd, 6);

        if (what < 5) {
            give_state(h, op, what == 0 ? 0 : 1, what == 0 ? 1 : what,
                       i > 0 && what > 0 ? &v : NULL);
        }
        if (what == 0 || what == 5) {
            give_name(h, op, persons[rnd_below(rnd, 4)]);
            give_number(h, op, rnd_below(rnd, 6));
        }
    }
}

static bool
are_one(const struct record_item *a, const struct record_item *b)
{
    static const uint8_t nobody[RECORD_ID_BYTES];

    if (memcmp(a->person, nobody, RECORD_ID_BYTES) == 0) {
        return memcmp(b->person, nobody, RECORD_ID_BYTES) == 0 &&
               a->at.log_no == b->at.log_no;
    }
    return memcmp(a->person, b->person, RECORD_ID_BYTES) == 0;
}

static int
step_of(const struct record_item *item)
{
    const struct put_field *f = put_field(item->put, FIELD_STATE);
    struct value v;

    if (f == NULL) {
        return -1;
    }
    assert_true(value_decode(VALUE_STATE, f->value, &v));
    return v.as.move.from == 0 ? 0 : v.as.move.to;
}

/* One of those who count as having made the record. */
static bool
has_made_it(const struct history *h, size_t i)
{
    for (size_t x = 0; x < h->n; x++) {
        if (step_of(&h->item[x]) == 0) {
            return step_of(&h->item[i]) == 0;
        }
    }
    return put_field(h->item[i].put, NAMED) != NULL;
}

static bool
makes(const struct history *h, size_t i, uint16_t step)
{
    return step == STEP_CREATE ? has_made_it(h, i) : step_of(&h->item[i]) == step;
}

static bool
names_him(const struct record_item *by, const struct record_item *whom)
{
    static const uint8_t nobody[RECORD_ID_BYTES];
    const struct put_field *f = put_field(by->put, NAMED);
    struct value v;

    return f != NULL && value_decode(VALUE_RECORD, f->value, &v) &&
           memcmp(v.as.record.id, whom->person, RECORD_ID_BYTES) == 0 &&
           memcmp(whom->person, nobody, RECORD_ID_BYTES) != 0;
}

static bool has_effect(const struct history *h, size_t i);

static bool
lacks_approval(const struct history *h, const struct second *s, int step)
{
    bool is_over = false;

    for (size_t x = 0; step == s->before[0] && x < h->n; x++) {
        const struct put_field *f = put_field(h->item[x].put, NUMBER);
        struct value v;

        is_over |= f != NULL && s->field != 0 && value_decode(VALUE_INT, f->value, &v) &&
                   v.as.num > s->over;
        is_over |= s->field == 0 && (f != NULL || step_of(&h->item[x]) == 0);
    }
    for (size_t x = 0; is_over && x < h->n; x++) {
        for (size_t k = 0; k < s->steps_n; k++) {
            if (step_of(&h->item[x]) == s->step[k] && has_effect(h, x)) {
                return false;
            }
        }
    }
    return is_over;
}

/* The text, word for word: an item asks for those before it, and so on down. */
static bool
has_effect(const struct history *h, size_t i)
{
    int step = step_of(&h->item[i]);

    for (size_t r = 0; r < h->type.seconds_n; r++) {
        if (lacks_approval(h, &h->second[r], step)) {
            return false;
        }
    }

    for (size_t r = 0; r < h->type.aparts_n && step > 0; r++) {
        const struct apart *a = &h->apart[r];
        size_t k = 0;

        while (k < a->steps_n && a->step[k] != step) {
            k++;
        }
        for (size_t x = 0; k < a->steps_n && x < h->n; x++) {
            bool is_before = false;

            for (size_t e = 0; e < k; e++) {
                is_before |= makes(h, x, a->step[e]);
            }
            if (is_before && are_one(&h->item[x], &h->item[i]) && has_effect(h, x)) {
                return false;
            }
            if (a->alone != 0 && names_him(&h->item[x], &h->item[i])) {
                return false;
            }
        }
    }
    return true;
}

static void
shuffle(struct history *h, uint64_t *rnd, size_t *place)
{
    for (size_t i = h->n; i > 1; i--) {
        size_t k = rnd_below(rnd, (uint32_t)i);
        struct record_item t = h->item[k];
        size_t p = place[k];

        h->item[k] = h->item[i - 1];
        h->item[i - 1] = t;
        place[k] = place[i - 1];
        place[i - 1] = p;
    }
}

static void
random_histories_follow_the_text(void **state)
{
    static struct history h;
    struct record r = {0};
    uint64_t rnd = 20261124;
    size_t voids = 0;

    (void)state;
    for (int run = 0; run < 20000; run++) {
        bool want[ITEMS];
        size_t place[ITEMS];
        size_t effective = 0;

        make_random(&h, &rnd);
        for (size_t i = 0; i < h.n; i++) {
            want[i] = has_effect(&h, i);
            place[i] = i;
            effective += want[i];
            voids += !want[i];
        }
        assert_true(effective > 0); /* a record never loses all */
        for (int turn = 0; turn < 4; turn++) {
            shuffle(&h, &rnd, place);
            record_fold(h.item, h.n, &r);
            for (size_t i = 0; i < h.n; i++) {
                assert_int_equal(record_void_by(&r, i) == NULL, want[place[i]]);
            }
            assert_true(r.fields_n > 0);
        }
    }
    history_clear(&h);
    record_fini(&r);
    assert_true(voids > 5000); /* else it says little */
}

/* ---- what the histories do not say */

static void
an_item_is_judged_by_its_own_version(void **state)
{
    static struct history h;
    struct record r = {0};
    struct type later = {0};

    (void)state;
    history_clear(&h);
    h.type.aparts_n = 0; /* version 1 had no such rule */
    h.apart[0] = (struct apart){{"later", {"后", "later"}, BREACH_APART}, {0, 2}, 2, 0};
    h.step[1] = 2;
    h.type.steps_n = 2;
    later = h.type;
    later.aparts_n = 1;
    give_state(&h, add_item(&h, 17, 1, "wang"), 0, 1, NULL);
    give_state(&h, add_item(&h, 17, 2, "wang"), 1, 2, NULL);
    give_state(&h, add_item(&h, 17, 3, "wang"), 1, 2, NULL);
    record_fold(h.item, h.n, &r);
    assert_false(r.is_judged);
    h.item[2].type = &later;
    record_fold(h.item, h.n, &r);
    assert_null(record_void_by(&r, 1));
    assert_string_equal(record_void_by(&r, 2)->name, "later");
    assert_int_equal(record_void_by(&r, 2)->breach, BREACH_APART);
    h.item[2].type = NULL; /* not of a type that is known */
    record_fold(h.item, h.n, &r);
    assert_null(record_void_by(&r, 2));
    history_clear(&h);
    record_fini(&r);
}

static void
nothing_of_the_entry_counts_instead(void **state)
{
    static struct history h;
    struct record r = {0};

    (void)state;
    history_clear(&h);
    h.type.aparts_n = 1;
    h.apart[0] = (struct apart){{"r", {"规", "r"}, BREACH_APART}, {0, 2}, 2, 0};
    order_steps(&h);
    give_state(&h, add_item(&h, 17, 1, "wang"), 0, 1, NULL);
    give_state(&h, add_item(&h, 17, 2, "wang"), 1, 2, NULL);
    give_state(&h, add_item(&h, 17, 2, "wang"), 1, 3, NULL); /* the same entry's next */
    h.item[2].index = 1;
    record_fold(h.item, h.n, &r);
    assert_non_null(record_void_by(&r, 1));
    assert_int_equal(r.field[0].n, 1);
    assert_int_equal(r.field[0].shown, 0);
    history_clear(&h);
    record_fini(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_histories_hold_in_every_order),
        cmocka_unit_test(random_histories_follow_the_text),
        cmocka_unit_test(an_item_is_judged_by_its_own_version),
        cmocka_unit_test(nothing_of_the_entry_counts_instead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
