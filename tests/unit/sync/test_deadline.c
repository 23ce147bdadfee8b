/* Deadlines: the calendar, the ends, and twelve cases with clocks that are off, nodes
 * that were off, more time asked for before and after the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/deadline.h"
#include "tests/lib/fold.h"

/* 2026: national day from Thursday 1 to Wednesday 7 October; Sunday 27 September and
 * Saturday 10 October are made up for. Days as numbers of October: 27 September is -3. */
#define OCT 20726 /* 2026-09-30: day + OCT is that of October */
static const struct special_day special[] = {
    {OCT - 3, true},  {OCT + 1, false}, {OCT + 2, false},
    {OCT + 3, false}, {OCT + 4, false}, {OCT + 5, false},
    {OCT + 6, false}, {OCT + 7, false}, {OCT + 10, true}};
static const struct calendar calendar = {special, 9};
static const struct calendar plain = {NULL, 0};

/* Day of October and hour, by the civil time. */
static uint64_t
at(int day, int hour)
{
    return civil_day_begin(OCT + day) + (uint64_t)hour * 3600 * 1000;
}

static void
days_are_worked_as_the_calendar_says(void **state)
{
    (void)state;
    assert_int_equal(civil_day(UINT64_C(1790697600000)),
                     OCT); /* 30 September, midnight */
    assert_int_equal(civil_day(UINT64_C(1790697600000) - 1), OCT - 1);
    assert_int_equal(civil_day(at(5, 23)), OCT + 5);
    assert_true(calendar_works(&plain, OCT));      /* a Wednesday */
    assert_false(calendar_works(&plain, OCT + 3)); /* Saturday */
    assert_false(calendar_works(&plain, OCT + 4));
    assert_true(calendar_works(&plain, OCT + 5));
    assert_true(calendar_works(&calendar, OCT - 3)); /* a Sunday that is made up for */
    assert_false(calendar_works(&calendar, OCT + 5));
    assert_true(calendar_works(&calendar, OCT + 8));
    assert_true(calendar_works(&calendar, OCT + 10));
    assert_false(calendar_works(&calendar, OCT + 11));
}

static void
ends_are_those_of_the_last_day(void **state)
{
    static const struct {
        const struct calendar *c;
        enum due_unit unit;
        uint32_t length;
        int day, hour;           /* from */
        int want_day, want_hour; /* first moment that is too late */
    } row[] = {
        {&plain, DUE_HOURS, 2, -1, 23, 0, 1},
        {&plain, DUE_WORKING_DAYS, 1, 0, 9, 2, 0},    /* Wednesday: Thursday's end */
        {&plain, DUE_WORKING_DAYS, 3, 0, 9, 6, 0},    /* over a weekend */
        {&plain, DUE_WORKING_DAYS, 1, 3, 9, 6, 0},    /* begun on a Saturday */
        {&calendar, DUE_WORKING_DAYS, 1, 0, 9, 9, 0}, /* over the holidays */
        {&calendar, DUE_WORKING_DAYS, 3, 0, 9, 11,
         0}, /* 8, 9 and the 10th, made up for */
        {&calendar, DUE_WORKING_DAYS, 1, -4, 9, -2, 0}, /* Saturday: the Sunday works */
        {&plain, DUE_DAYS, 2, 0, 9, 3, 0},
        {&plain, DUE_DAYS, 3, 0, 9, 6, 0},    /* ends on a Saturday: Monday */
        {&calendar, DUE_DAYS, 3, 0, 9, 9, 0}, /* ends in the holidays: the 8th */
        {&calendar, DUE_DAYS, 10, 0, 9, 11, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        uint64_t end =
            due_after(row[i].c, row[i].unit, row[i].length, at(row[i].day, row[i].hour));

        if (end != at(row[i].want_day, row[i].want_hour)) {
            fail_msg("row %zu: day %d, %d h", i, (int)(civil_day(end) - OCT),
                     (int)((end - civil_day_begin(civil_day(end))) / 3600000));
        }
    }
}

/* Due in three working days with five more at most, received on Monday 12 October at 9:
 * the end is that of Thursday the 15th, with what may be granted of Thursday the 22nd. */
static const struct {
    const char *what;
    int from, to;             /* days of the done bracket, at noon; 0: not done */
    int stated;               /* on paper; 0: nothing */
    int asked_from, asked_to; /* 0: more time was not granted */
    int until;                /* granted until the end of that day; 0: all */
    int as_of;
    enum due_verdict want;
    bool is_open;
} cases[12] = {
    {"done, sealed the same day", 14, 14, 0, 0, 0, 0, 30, DUE_ON_TIME, false},
    {"done a day late", 16, 16, 0, 0, 0, 0, 30, DUE_LATE, false},
    {"a clock two days ahead says 16, mark and seal say 14", 14, 14, 16, 0, 0, 0, 30,
     DUE_ON_TIME, false},
    {"a clock two days behind says 15, mark and seal say 17", 17, 17, 15, 0, 0, 0, 30,
     DUE_LATE, false},
    {"offline for four days, the paper says the 15th", 13, 17, 15, 0, 0, 0, 30,
     DUE_ON_TIME, false},
    {"offline for four days, the paper says the 16th", 13, 17, 16, 0, 0, 0, 30, DUE_LATE,
     false},
    {"offline for four days, nothing on paper", 13, 17, 0, 0, 0, 0, 30, DUE_UNDETERMINED,
     false},
    {"offline for four days, a paper from before it was there", 13, 17, 11, 0, 0, 0, 30,
     DUE_UNDETERMINED, false},
    {"more time asked for before the end", 19, 19, 0, 15, 15, 0, 30, DUE_ON_TIME, false},
    {"more time asked for after the end", 19, 19, 0, 16, 16, 0, 30, DUE_LATE, false},
    {"more time asked for while offline over the end", 19, 19, 0, 13, 17, 0, 30,
     DUE_UNDETERMINED, false},
    {"not done, the end over", 0, 0, 0, 0, 0, 0, 16, DUE_LATE, true},
};

static struct due_case
case_of(size_t i)
{
    struct due_case is = {
        .rule = {DUE_WORKING_DAYS, 3, 5},
        .begin = at(12, 9),
        .is_done = cases[i].to != 0,
        .done = {.from = at(cases[i].from, 12), .to = at(cases[i].to, 12) + 1},
        .is_extended = cases[i].asked_to != 0,
        .asked = {.from = at(cases[i].asked_from, 12),
                  .to = at(cases[i].asked_to, 12) + 1},
        .has_until = cases[i].until != 0,
        .until = at(cases[i].until + 1, 0),
        .as_of = at(cases[i].as_of, 12)};

    if (cases[i].stated != 0) {
        is.done.has_stated = true;
        is.done.stated_from = at(cases[i].stated, 0);
        is.done.stated_to = at(cases[i].stated + 1, 0);
    }
    return is;
}

static void
twelve_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        struct due_case is = case_of(i);
        struct due due;

        due_judge(&calendar, &is, &due);
        assert_true(due.end == at(16, 0));
        if (due.verdict != cases[i].want || due.is_open != cases[i].is_open) {
            fail_msg("%s: %s", cases[i].what, due_verdict_name(due.verdict));
        }
    }
}

/* What a node says changes with the seals that it holds, and with nothing else: as of any
 * later seal the same once it is done. */
static void
a_later_look_says_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < 11; i++) {
        for (int day = 20; day < 400; day += 7) {
            struct due_case is = case_of(i);
            struct due due;

            is.as_of = at(day, 3);
            due_judge(&calendar, &is, &due);
            assert_int_equal(due.verdict, cases[i].want);
        }
    }
}

static void
more_time_is_no_more_than_the_rule_allows(void **state)
{
    struct due_case is = case_of(8);
    struct due due;

    (void)state;
    due_judge(&calendar, &is, &due);
    assert_true(due.extended == at(23, 0));
    is.has_until = true;
    is.until = at(19, 0); /* less was granted */
    due_judge(&calendar, &is, &due);
    assert_true(due.extended == at(19, 0));
    assert_int_equal(due.verdict, DUE_LATE);
    is.until = at(40, 0);
    due_judge(&calendar, &is, &due);
    assert_true(due.extended == at(23, 0));
    is.until = at(13, 0); /* nothing is taken away by granting */
    due_judge(&calendar, &is, &due);
    assert_true(due.extended == due.end);
    is.rule.extension = 0;
    due_judge(&calendar, &is, &due);
    assert_int_equal(due.extended, 0);
    assert_int_equal(due.verdict, DUE_LATE);
    is = case_of(11);
    is.as_of = at(15, 23);
    due_judge(&calendar, &is, &due);
    assert_int_equal(due.verdict, DUE_RUNNING);
    assert_false(due.is_open);
    is.as_of = at(16, 0); /* the very moment */
    due_judge(&calendar, &is, &due);
    assert_int_equal(due.verdict, DUE_LATE);
}

/* A wider bracket never turns on time into late or back: it only makes less certain. */
static void
knowing_less_never_says_the_opposite(void **state)
{
    uint64_t rnd = 47;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct bracket narrow = {.from = at(10, 0) + rnd_below(&rnd, 700000000)};
        struct bracket wide;
        uint64_t end = at(10, 0) + rnd_below(&rnd, 700000000);

        narrow.to = narrow.from + rnd_below(&rnd, 200000000);
        wide = narrow;
        wide.from -= rnd_below(&rnd, 100000000);
        wide.to += rnd_below(&rnd, 100000000);
        enum in_time a = bracket_in_time(&narrow, end);
        enum in_time b = bracket_in_time(&wide, end);
        assert_true(b == TIME_UNCLEAR || a == b);
    }
}

static void
the_rule_is_that_in_force_when_it_began(void **state)
{
    static const struct due_version v[] = {{100, 1}, {300, 3}, {200, 2}, {300, 4}};

    (void)state;
    assert_int_equal(due_version_at(v, 4, 99), -1);
    assert_int_equal(due_version_at(v, 4, 100), 0);
    assert_int_equal(due_version_at(v, 4, 250), 2);
    assert_int_equal(due_version_at(v, 4, 1000), 3);
    assert_int_equal(due_version_at(v, 0, 1000), -1);
    assert_string_equal(due_verdict_name((enum due_verdict)9), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_worked_as_the_calendar_says),
        cmocka_unit_test(ends_are_those_of_the_last_day),
        cmocka_unit_test(twelve_cases),
        cmocka_unit_test(a_later_look_says_the_same),
        cmocka_unit_test(more_time_is_no_more_than_the_rule_allows),
        cmocka_unit_test(knowing_less_never_says_the_opposite),
        cmocka_unit_test(the_rule_is_that_in_force_when_it_began),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
