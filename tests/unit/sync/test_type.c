/* The rules engine (schema/TYPES.md section 3), rule by rule, on types made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/pack.h"
#include "sync/type.h"

#define BIT(role) (1u << (role))

enum { OPEN = 1, CLAIMED, DONE, LATE }; /* states */
enum { TITLE = 10, COUNT, KIND, MARKS, SECRET, DEADLINE };
enum { TASK = 180, TASK_PRIVATE, NOTE, HELP };

static const struct choice choices[] = {{0, "none", {"无", "none"}},
                                        {4, "big", {"大", "big"}},
                                        {9, "small", {"小", "small"}}};
static const struct field fields[] = {
    {.code = TITLE,
     .name = "title",
     .kind = VALUE_TEXT,
     .is_required = true,
     .min = 1,
     .max = 5,
     .visible = VISIBLE_ALL},
    {.code = COUNT,
     .name = "count",
     .kind = VALUE_INT,
     .min = -2,
     .max = 7,
     .visible = VISIBLE_ALL},
    {.code = KIND,
     .name = "kind",
     .kind = VALUE_CHOICE,
     .choice = choices,
     .choices_n = 3,
     .visible = VISIBLE_ALL},
    {.code = MARKS,
     .name = "marks",
     .kind = VALUE_CHOICES,
     .choice = choices,
     .choices_n = 3,
     .visible = VISIBLE_ALL},
    {.code = SECRET,
     .name = "secret",
     .kind = VALUE_TEXT,
     .min = 1,
     .max = 9,
     .visible = VISIBLE_CARE},
    {.code = DEADLINE,
     .name = "deadline",
     .kind = VALUE_DATE,
     .roles = BIT(ROLE_CLERK),
     .visible = VISIBLE_ALL},
};
static const struct field note_fields[] = {{.code = TITLE,
                                            .name = "title",
                                            .kind = VALUE_TEXT,
                                            .is_required = true,
                                            .min = 1,
                                            .max = 5,
                                            .is_long = true,
                                            .visible = VISIBLE_HOME}};
static const struct state states[] = {
    {OPEN, "open", {"开", "open"}, true, false},
    {CLAIMED, "claimed", {"领", "claimed"}, false, false},
    {DONE, "done", {"完", "done"}, false, true},
    {LATE, "late", {"迟", "late"}, true, true},
};
static const struct move moves[] = {
    {OPEN, CLAIMED, BIT(ROLE_LEADER), WHO_UNIT},
    {OPEN, CLAIMED, BIT(ROLE_CLERK), WHO_CENTRE},
    {CLAIMED, DONE, BIT(ROLE_CLERK), WHO_CENTRE},
    {CLAIMED, OPEN, BIT(ROLE_GRID) | BIT(ROLE_LEADER), WHO_UNIT | WHO_AREA},
    {CLAIMED, LATE, BIT(ROLE_LEADER), WHO_ANY},
};
static const struct type type[] = {
    {.code = TASK,
     .name = "task",
     .visible = VISIBLE_ALL,
     .private_code = TASK_PRIVATE,
     .create_roles =
         BIT(ROLE_LEADER) | BIT(ROLE_HELPER) | BIT(ROLE_CLERK) | BIT(ROLE_GRID),
     .create_who = WHO_UNIT | WHO_CENTRE | WHO_AREA,
     .edit_roles = BIT(ROLE_LEADER) | BIT(ROLE_CLERK),
     .edit_who = WHO_UNIT | WHO_CENTRE,
     .field = fields,
     .fields_n = 6,
     .state = states,
     .states_n = 4,
     .move = moves,
     .moves_n = 5},
    {.code = TASK_PRIVATE,
     .name = "task_private",
     .visible = VISIBLE_CARE,
     .private_of = TASK,
     .create_roles = BIT(ROLE_LEADER) | BIT(ROLE_HELPER),
     .create_who = WHO_UNIT,
     .edit_roles = BIT(ROLE_LEADER),
     .edit_who = WHO_UNIT,
     .field = &fields[4],
     .fields_n = 1},
    {.code = NOTE,
     .name = "note",
     .visible = VISIBLE_HOME,
     .create_roles = BIT(ROLE_LEADER),
     .create_who = WHO_UNIT,
     .edit_roles = BIT(ROLE_LEADER) | BIT(ROLE_CLERK),
     .edit_who = WHO_UNIT | WHO_CENTRE,
     .field = note_fields,
     .fields_n = 1,
     .state = states,
     .states_n = 4,
     .move = moves,
     .moves_n = 5},
};
static const struct types types = {.version = 1, .type = type, .n = 3};

static const struct writer leader = {ROLE_LEADER, 302}, helper = {ROLE_HELPER, 302},
                           stranger = {ROLE_LEADER, 303}, grid = {ROLE_GRID, 901},
                           clerk = {ROLE_CLERK, CENTRE_UNIT},
                           outer_clerk = {ROLE_CLERK, 77},
                           chief = {ROLE_SECRETARY, CENTRE_UNIT},
                           outer_secretary = {ROLE_SECRETARY, 302},
                           auditor = {ROLE_AUDITOR, CENTRE_UNIT};

/* ---- a put under construction */

static struct op put;
static struct buf bytes[PUT_FIELDS_MAX];
static const struct version replaced[3] = {{1, 1, {1}}, {1, 2, {2}}, {2, 1, {3}}};

static void
begin(uint16_t type_code)
{
    for (size_t i = 0; i < PUT_FIELDS_MAX; i++) {
        buf_free(&bytes[i]);
    }
    put.code = OP_PUT;
    put.unit = 302;
    put.type = type_code;
    put.fields_n = 0;
}

static struct buf *
add(uint16_t code, uint16_t replaces_n)
{
    struct buf *b = &bytes[put.fields_n];

    put.field[put.fields_n] =
        (struct put_field){code, replaces_n, replaced, slice_of(NULL, 0)};
    put.fields_n++;
    return b;
}

static void
seal_fields(void)
{
    for (uint16_t i = 0; i < put.fields_n; i++) {
        put.field[i].value = buf_slice(&bytes[i]);
    }
}

static void
add_text(uint16_t code, uint16_t replaces_n, const char *text)
{
    pack_text(add(code, replaces_n), slice_text(text));
}

static void
add_state(uint16_t from, uint16_t to, uint16_t replaces_n)
{
    struct value v = {.kind = VALUE_STATE, .as.move = {from, to, {NULL, 0}}};

    value_encode(&v, add(FIELD_STATE, replaces_n));
}

static void
add_link(void)
{
    struct value v = {.kind = VALUE_LINK, .as.link = {LINK_MOVED_FROM, {1, 303, {7}}}};

    value_encode(&v, add(FIELD_LINK, 0));
}

static enum breach
judge_in(const struct writer *by, enum scope_kind scope, uint32_t scope_unit,
         uint16_t *about)
{
    seal_fields();
    return type_check(&types, &put, scope, scope_unit, by, about);
}

static enum breach
judge(const struct writer *by)
{
    uint16_t about;

    return judge_in(by, SCOPE_COMMUNITY, 0, &about);
}

#define assert_breach(by, want)                                                          \
    assert_string_equal(breach_name(judge(by)), breach_name(BREACH_##want))

/* ---- the rules */

static void
unknown_types_and_fields_have_no_effect(void **state)
{
    uint16_t about = 77;

    (void)state;
    begin(999);
    add_text(TITLE, 0, "a");
    assert_int_equal(judge_in(&leader, SCOPE_COMMUNITY, 0, &about), BREACH_TYPE);
    assert_int_equal(about, 0);
    for (uint16_t code = 0; code < 100; code++) {
        bool is_known = (code >= FIELD_GONE && code <= FIELD_FROM) ||
                        (code >= TITLE && code <= DEADLINE && code != SECRET);

        begin(TASK);
        pack_nil(add(code, 1));
        if (is_known) {
            assert_int_not_equal(judge(&chief), BREACH_FIELD);
        } else {
            assert_int_equal(judge_in(&chief, SCOPE_COMMUNITY, 0, &about), BREACH_FIELD);
            assert_int_equal(about, code);
        }
    }
}

static void
each_visibility_has_its_scopes(void **state)
{
    static const struct {
        uint16_t type;
        bool community, compound, group, care, desk;
    } row[] = {{TASK, true, false, false, false, false},
               {TASK_PRIVATE, false, true, false, true, true},
               {NOTE, false, true, true, false, true}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        bool want[] = {false,        row[i].community, row[i].compound,
                       row[i].group, row[i].care,      row[i].desk};

        for (int kind = SCOPE_COMMUNITY; kind <= SCOPE_DESK; kind++) {
            uint32_t unit = kind == SCOPE_COMMUNITY ? 0 : 302;

            begin(row[i].type);
            add_text(row[i].type == TASK_PRIVATE ? SECRET : TITLE, 1, "a");
            assert_int_equal(judge_in(&leader, (enum scope_kind)kind, unit, NULL),
                             want[kind] ? BREACH_NONE : BREACH_SCOPE);
            if (kind != SCOPE_COMMUNITY) { /* another unit's scope */
                assert_int_equal(judge_in(&leader, (enum scope_kind)kind, 303, NULL),
                                 BREACH_SCOPE);
            }
        }
    }
    assert_int_equal(type_scope_kind(&type[0], SCOPE_GROUP), SCOPE_COMMUNITY);
    assert_int_equal(type_scope_kind(&type[1], SCOPE_GROUP), SCOPE_GROUP_CARE);
    assert_int_equal(type_scope_kind(&type[1], SCOPE_COMPOUND), SCOPE_COMPOUND);
    assert_int_equal(type_scope_kind(&type[2], SCOPE_GROUP), SCOPE_GROUP);
    assert_int_equal(type_scope_kind(&type[2], SCOPE_DESK), SCOPE_DESK);
}

static void
values_must_fit_their_field(void **state)
{
    static const struct {
        uint16_t code;
        const char *hex;
        bool is_good;
    } row[] = {
        {TITLE, "a161", true},
        {TITLE, "a56162636465", true},
        {TITLE, "a6616263646566", false},                  /* six characters */
        {TITLE, "afe4b880e4ba8ce4b889e59b9be4ba94", true}, /* five, of three bytes each */
        {TITLE,
         "a1"
         "0a",
         false},
        {TITLE, "c0", false}, /* required: not to be taken away */
        {TITLE, "05", false},
        {COUNT, "fe", true},
        {COUNT, "fd", false},
        {COUNT, "07", true},
        {COUNT, "08", false},
        {COUNT, "c0", true},
        {KIND, "00", true},
        {KIND, "04", true},
        {KIND, "05", false},
        {MARKS, "920409", true},
        {MARKS, "920405", false},
        {MARKS, "920904", false},
        {DEADLINE, "00", true},
        {DEADLINE, "d2ffff0d75", true}, /* 1800-01-01 */
        {DEADLINE, "d2ffff0d74", false},
        {DEADLINE, "ce00014825", true}, /* 2199-12-31 */
        {DEADLINE, "ce00014826", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        uint8_t raw[64];
        size_t n = strlen(row[i].hex) / 2;
        uint16_t about;

        assert_true(hex_parse(row[i].hex, n, raw));
        assert_int_equal(pack_check(slice_of(raw, n)), RC_OK);
        begin(TASK);
        buf_add(add(row[i].code, 1), raw, n);
        if (judge_in(&clerk, SCOPE_COMMUNITY, 0, &about) !=
            (row[i].is_good ? BREACH_NONE : BREACH_VALUE)) {
            fail_msg("field %u, value %s", row[i].code, row[i].hex);
        }
        assert_int_equal(about, row[i].code);
        assert_int_equal(
            value_check(field_by_code(&type[0], row[i].code), slice_of(raw, n)),
            row[i].is_good);
    }
}

static void
several_lines_only_where_the_field_has_them(void **state)
{
    (void)state;
    begin(NOTE);
    add_text(TITLE, 1, "a\nb");
    assert_int_equal(judge_in(&leader, SCOPE_GROUP, 302, NULL), BREACH_NONE);
}

static void
creating_asks_for_the_creators(void **state)
{
    static const struct {
        const struct writer *by;
        enum breach want;
    } row[] = {{&leader, BREACH_NONE},
               {&helper, BREACH_NONE},
               {&grid, BREACH_NONE}, /* in any unit */
               {&clerk, BREACH_NONE},
               {&chief, BREACH_NONE},
               {&stranger, BREACH_UNIT},
               {&outer_clerk, BREACH_UNIT},
               {&outer_secretary, BREACH_ROLE},
               {&auditor, BREACH_ROLE}};

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        begin(TASK);
        add_state(0, OPEN, 0);
        add_text(TITLE, 0, "a");
        assert_string_equal(breach_name(judge(row[i].by)), breach_name(row[i].want));
    }
}

static void
a_record_begins_in_a_state_to_begin_in(void **state)
{
    (void)state;
    begin(TASK);
    add_state(0, LATE, 0);
    assert_breach(&leader, NONE);
    begin(TASK);
    add_state(0, CLAIMED, 0);
    assert_breach(&leader, MOVE);
    assert_breach(&chief, MOVE); /* the life cycle binds him too */
    begin(TASK);
    add_state(0, CLAIMED, 0); /* it goes on where another record ended */
    add_link();
    assert_breach(&leader, NONE);
    begin(TASK);
    add_state(0, CLAIMED, 0);
    pack_nil(add(FIELD_LINK, 0));
    assert_breach(&leader, MOVE);
    begin(TASK);
    add_state(0, 55, 0);
    assert_breach(&leader, STATE);
    begin(TASK);
    add_state(0, OPEN, 1); /* what is made replaces nothing */
    assert_breach(&leader, MOVE);
}

static void
editing_asks_for_the_editors(void **state)
{
    static const uint16_t code[] = {FIELD_GONE, FIELD_LINK, TITLE};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        begin(TASK);
        if (code[i] == TITLE) {
            add_text(TITLE, 1, "a");
        } else {
            pack_nil(add(code[i], 1));
        }
        assert_breach(&leader, NONE);
        assert_breach(&clerk, NONE);
        assert_breach(&chief, NONE);
        assert_breach(&helper, ROLE); /* may make one, not change it */
        assert_breach(&grid, ROLE);
        assert_breach(&stranger, UNIT);
        assert_breach(&outer_clerk, UNIT);
    }
    begin(TASK);
    assert_breach(&helper, ROLE); /* an empty put changes nothing, and still asks */
}

static void
a_field_may_have_its_own_writers(void **state)
{
    uint16_t about = 0;

    (void)state;
    begin(TASK);
    pack_int(add(DEADLINE, 1), 5);
    assert_breach(&clerk, NONE);
    assert_breach(&chief, NONE);
    assert_breach(&leader, ROLE);
    begin(TASK);
    add_state(0, OPEN, 0);
    add_text(TITLE, 0, "a");
    pack_int(add(DEADLINE, 0), 5);
    assert_int_equal(judge_in(&leader, SCOPE_COMMUNITY, 0, &about), BREACH_ROLE);
    assert_int_equal(about, DEADLINE);
}

static void
a_move_asks_for_the_table(void **state)
{
    static const struct {
        uint16_t from, to;
        const struct writer *by;
        enum breach want;
    } row[] = {
        {OPEN, CLAIMED, &leader, BREACH_NONE},
        {OPEN, CLAIMED, &clerk, BREACH_NONE},
        {OPEN, CLAIMED, &chief, BREACH_NONE},
        {OPEN, CLAIMED, &stranger, BREACH_UNIT},
        {OPEN, CLAIMED, &outer_clerk, BREACH_UNIT},
        {OPEN, CLAIMED, &helper, BREACH_ROLE},
        {CLAIMED, DONE, &leader, BREACH_ROLE},
        {CLAIMED, DONE, &clerk, BREACH_NONE},
        {CLAIMED, OPEN, &grid, BREACH_NONE},
        {CLAIMED, OPEN, &leader, BREACH_NONE},
        {CLAIMED, OPEN, &stranger, BREACH_UNIT}, /* WHO_AREA is not for leaders */
        {CLAIMED, LATE, &stranger, BREACH_NONE}, /* whatever the unit */
        {CLAIMED, LATE, &clerk, BREACH_ROLE},    /* but not whatever the role */
        {OPEN, DONE, &leader, BREACH_MOVE},
        {OPEN, DONE, &chief, BREACH_MOVE},
        {DONE, OPEN, &clerk, BREACH_MOVE},
        {OPEN, 55, &chief, BREACH_STATE},
        {55, OPEN, &chief, BREACH_STATE},
        {OPEN, OPEN, &leader, BREACH_MOVE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        begin(TASK);
        add_state(row[i].from, row[i].to, 1);
        if (judge(row[i].by) != row[i].want) {
            fail_msg("row %zu: %s", i, breach_name(judge(row[i].by)));
        }
        if (row[i].want != BREACH_STATE) {
            assert_int_equal(
                move_is_legal(&type[0], row[i].from, row[i].to, row[i].by, 302),
                row[i].want == BREACH_NONE);
        }
        begin(TASK); /* a missing replaced state makes a case, not a void move */
        add_state(row[i].from, row[i].to, 0);
        assert_int_equal(judge(row[i].by), row[i].want);
    }
}

static void
a_move_with_other_fields_asks_for_both(void **state)
{
    uint16_t about;

    (void)state;
    begin(TASK);
    add_state(CLAIMED, OPEN, 1);
    assert_breach(&grid, NONE);
    add_text(TITLE, 1, "a");
    assert_int_equal(judge_in(&grid, SCOPE_COMMUNITY, 0, &about), BREACH_ROLE);
    assert_int_equal(about, TITLE);
    assert_breach(&leader, NONE);
}

static void
only_the_home_unit_and_the_centre_settle(void **state)
{
    static const struct writer roaming = {ROLE_CLERK, 303};

    (void)state;
    begin(TASK);
    add_text(TITLE, 2, "a");
    assert_breach(&leader, NONE);
    assert_breach(&clerk, NONE);
    assert_breach(&chief, NONE);
    assert_breach(&stranger, CONFLICT);
    assert_breach(&roaming, CONFLICT);
    begin(TASK);
    add_state(CLAIMED, OPEN, 2);
    assert_breach(&leader, NONE);
    assert_breach(&grid, CONFLICT); /* may move, may not settle */
}

static void
a_settle_keeps_a_state_or_makes_a_legal_move(void **state)
{
    (void)state;
    begin(TASK);
    add_state(DONE, DONE, 2);
    assert_breach(&leader, NONE);
    assert_breach(&helper, ROLE);
    begin(TASK);
    add_state(DONE, DONE, 1);
    assert_breach(&leader, MOVE);
    begin(TASK);
    add_state(OPEN, CLAIMED, 3);
    assert_breach(&leader, NONE);
    begin(TASK);
    add_state(OPEN, DONE, 3);
    assert_breach(&leader, MOVE);
}

static void
a_private_half_has_no_state_and_either_right(void **state)
{
    (void)state;
    begin(TASK_PRIVATE);
    add_text(SECRET, 0, "a");
    assert_int_equal(judge_in(&helper, SCOPE_GROUP_CARE, 302, NULL), BREACH_NONE);
    assert_int_equal(judge_in(&stranger, SCOPE_GROUP_CARE, 302, NULL), BREACH_UNIT);
    begin(TASK_PRIVATE);
    add_text(SECRET, 1, "a");
    assert_int_equal(judge_in(&helper, SCOPE_GROUP_CARE, 302, NULL), BREACH_ROLE);
    assert_int_equal(judge_in(&leader, SCOPE_GROUP_CARE, 302, NULL), BREACH_NONE);
    begin(TASK_PRIVATE);
    add_state(0, OPEN, 0);
    assert_int_equal(judge_in(&leader, SCOPE_GROUP_CARE, 302, NULL), BREACH_FIELD);
    begin(TASK);
    add_text(SECRET, 1, "a"); /* it does not stand in the public half */
    assert_breach(&leader, FIELD);
}

/* The first type once more, as a fact or with a rule over its records. */
static enum breach
judge_as(const struct type *t, const struct writer *by, uint16_t *about)
{
    struct types one = {.version = 1, .type = t, .n = 1};

    seal_fields();
    return type_check(&one, &put, SCOPE_COMMUNITY, 0, by, about);
}

static void
a_fact_is_never_changed(void **state)
{
    struct type fact = type[0];
    uint16_t about = 0;

    (void)state;
    fact.merge = MERGE_FACT;
    begin(TASK);
    add_text(TITLE, 1, "a");
    assert_int_equal(judge_as(&fact, &leader, &about), BREACH_FACT);
    assert_int_equal(about, TITLE);
    assert_int_equal(judge_as(&fact, &chief, NULL), BREACH_FACT);
    assert_int_equal(judge_as(&type[0], &leader, NULL), BREACH_NONE);
    begin(TASK);
    add_text(TITLE, 0, "a"); /* what was left out */
    assert_int_equal(judge_as(&fact, &leader, NULL), BREACH_NONE);
    begin(TASK);
    add_text(TITLE, 2, "a"); /* what two wrote apart */
    assert_int_equal(judge_as(&fact, &leader, NULL), BREACH_NONE);
    assert_int_equal(judge_as(&fact, &stranger, NULL), BREACH_CONFLICT);
    begin(TASK);
    add_state(OPEN, CLAIMED, 1); /* its life goes on */
    assert_int_equal(judge_as(&fact, &leader, NULL), BREACH_NONE);
    begin(TASK);
    struct value gone = {.kind = VALUE_GONE, .as.gone = {.reason = GONE_MISTAKE}};
    value_encode(&gone, add(FIELD_GONE, 1));
    assert_int_equal(judge_as(&fact, &leader, NULL), BREACH_NONE);
}

static void
where_steps_are_judged_nobody_begins_behind_them(void **state)
{
    static const struct apart apart[] = {
        {{"r", {"规", "r"}, BREACH_APART}, {STEP_CREATE, CLAIMED}, 2, COUNT}};
    struct type ruled = type[0];
    uint16_t about = 0;

    (void)state;
    ruled.apart = apart;
    ruled.aparts_n = 1;
    begin(TASK);
    add_state(0, CLAIMED, 0);
    add_link();
    assert_int_equal(judge_as(&type[0], &leader, NULL), BREACH_NONE);
    assert_int_equal(judge_as(&ruled, &leader, NULL), BREACH_MOVE);
    begin(TASK);
    add_state(0, LATE, 0); /* a start */
    assert_int_equal(judge_as(&ruled, &leader, NULL), BREACH_NONE);
    begin(TASK);
    add_state(OPEN, CLAIMED, 1);
    add_link();
    pack_int(add(COUNT, 0), 3); /* something is put down beside what is judged */
    assert_int_equal(judge_as(&type[0], &leader, NULL), BREACH_NONE);
    assert_int_equal(judge_as(&ruled, &leader, &about), BREACH_FIELD);
    assert_int_equal(about, COUNT);
    begin(TASK);
    add_state(OPEN, CLAIMED, 1);
    add_link();
    assert_int_equal(judge_as(&ruled, &leader, NULL), BREACH_NONE);
}

static void
roles_out_of_range_may_nothing(void **state)
{
    static const struct writer odd = {(enum role)40, 302};

    (void)state;
    begin(TASK);
    add_text(TITLE, 1, "a");
    assert_breach(&odd, ROLE);
}

static void
things_are_found_by_code_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < types.n; i++) {
        assert_ptr_equal(type_by_code(&types, type[i].code), &type[i]);
        assert_ptr_equal(type_by_name(&types, type[i].name), &type[i]);
    }
    assert_null(type_by_code(&types, 0));
    assert_null(type_by_code(&types, HELP));
    assert_null(type_by_name(&types, "help"));
    assert_string_equal(field_by_code(&type[0], FIELD_LINK)->name, "link");
    assert_ptr_equal(field_by_name(&type[0], "kind"), &fields[2]);
    assert_int_equal(field_by_name(&type[0], "gone")->code, FIELD_GONE);
    assert_null(field_by_name(&type[0], "what"));
    assert_null(field_by_code(&type[0], 6));
    assert_null(field_by_code(&type[0], 16));
    assert_int_equal(state_by_name(&type[0], "done")->code, DONE);
    assert_null(state_by_name(&type[0], "gone"));
    assert_null(state_by_code(&type[0], 9));
    assert_null(choice_by_code(&fields[2], 1));
    assert_true(field_is_private(&type[0], &fields[4]));
    assert_false(field_is_private(&type[0], &fields[0]));
    assert_false(field_is_private(&type[1], &fields[4]));
    assert_false(field_is_private(&type[2], field_by_code(&type[2], FIELD_GONE)));
    assert_string_equal(breach_name((enum breach)99), "?");
}

static int
forget(void **state)
{
    (void)state;
    begin(0);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_types_and_fields_have_no_effect),
        cmocka_unit_test(each_visibility_has_its_scopes),
        cmocka_unit_test(values_must_fit_their_field),
        cmocka_unit_test(several_lines_only_where_the_field_has_them),
        cmocka_unit_test(creating_asks_for_the_creators),
        cmocka_unit_test(a_record_begins_in_a_state_to_begin_in),
        cmocka_unit_test(editing_asks_for_the_editors),
        cmocka_unit_test(a_field_may_have_its_own_writers),
        cmocka_unit_test(a_move_asks_for_the_table),
        cmocka_unit_test(a_move_with_other_fields_asks_for_both),
        cmocka_unit_test(only_the_home_unit_and_the_centre_settle),
        cmocka_unit_test(a_settle_keeps_a_state_or_makes_a_legal_move),
        cmocka_unit_test(a_private_half_has_no_state_and_either_right),
        cmocka_unit_test(a_fact_is_never_changed),
        cmocka_unit_test(where_steps_are_judged_nobody_begins_behind_them),
        cmocka_unit_test(roles_out_of_range_may_nothing),
        cmocka_unit_test(things_are_found_by_code_and_name),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
