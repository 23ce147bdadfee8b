/* Open cases: what there is to decide, by whom, and what telling it survives. */
#include <stdio.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/ledger_in.h"
#include "schema/query_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

static struct record_key
conflict(struct community *c, const char *title)
{
    struct record_key key = member_add(&c->m[1], "need", 301, "title", title);
    community_sync(c);
    member_set(&c->m[0], &key, "need", "title", "a");
    c->wall_ms += 60000;
    member_set(&c->m[1], &key, "need", "title", "b");
    community_sync(c);
    return key;
}

struct seen {
    struct member *m;
    size_t n;
    bool is_ours, settle;
    char name[8][9];
    uint64_t clock[2];
    uint32_t log[2];
};

static enum rc
settle(struct member *m, const char *name, unsigned choice)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    enum rc rc = edit_settle(m->l, &a, name, choice, NULL);
    if (rc == RC_OK)
        assert_ok(ledger_commit(m->l));
    else
        ledger_rollback(m->l);
    return rc;
}

static bool
take(void *arg, const struct case_row *c)
{
    struct seen *s = arg;
    assert_string_equal(c->kind, "conflict");
    assert_string_equal(c->field->name, "title");
    assert_int_equal(c->choices_n, 2);
    memcpy(s->name[s->n++], c->name, 9);
    s->is_ours = c->is_ours;
    for (size_t i = 0; i < 2; i++) {
        s->clock[i] = c->choice[i].clock;
        s->log[i] = c->choice[i].log->no;
        assert_int_equal(c->choice[i].at.log_no, c->choice[i].log->no);
    }
    /* Whoever is told ends all of them: there is nothing more to tell. */
    if (s->settle) {
        struct seen all = {.m = s->m};
        assert_ok(query_cases(s->m->l, take, &all));
        for (size_t k = 0; k < all.n; k++)
            assert_ok(settle(s->m, all.name[k], 1));
    }
    return s->n < 8;
}

static void
a_case_tells_who_decides_and_choices_in_version_order(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 2);
    conflict(&c, "灯");
    for (size_t i = 0; i < c.n; i++) {
        struct seen s = {.m = &c.m[i]};
        assert_ok(query_cases(c.m[i].l, take, &s));
        assert_int_equal(s.n, 1);
        assert_int_equal(s.is_ours, i == 1);
        assert_int_equal(s.log[0], 1);
        assert_int_equal(s.log[1], 2);
        assert_true(s.clock[0] < s.clock[1]);
        assert_int_equal(query_cases_n(c.m[i].l), 1);
    }
    community_fini(&c);
}

static void
whoever_is_told_may_settle_the_ones_to_come(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    conflict(&c, "a1");
    conflict(&c, "a2");
    conflict(&c, "a3");
    struct seen s = {.m = &c.m[1], .settle = true};
    assert_int_equal(query_cases_n(c.m[1].l), 3);
    assert_ok(query_cases(c.m[1].l, take, &s));
    assert_int_equal(s.n, 1);
    assert_int_equal(query_cases_n(c.m[1].l), 0);
    community_fini(&c);
}

static void
a_case_is_named_by_its_digits_in_either_case_and_no_others(void **state)
{
    static struct community c;
    int64_t no = 0;
    uint16_t field = 0;
    char name[16];
    (void)state;
    community_of(&c, 1);
    conflict(&c, "灯");
    struct seen s = {.m = &c.m[1]};
    assert_ok(query_cases(c.m[1].l, take, &s));
    assert_ok(query_case(c.m[1].l, s.name[0], &no, &field));
    assert_int_equal(field, 10);
    for (size_t i = 0; i < 9; i++)
        name[i] = s.name[0][i] >= 'a' ? (char)(s.name[0][i] - 32) : s.name[0][i];
    assert_ok(query_case(c.m[1].l, name, &no, &field));
    snprintf(name, sizeof(name), "%s0", s.name[0]);
    assert_int_equal(query_case(c.m[1].l, name, &no, &field), RC_NOTFOUND);
    name[7] = '\0';
    assert_int_equal(query_case(c.m[1].l, name, &no, &field), RC_NOTFOUND);
    assert_int_equal(query_case(c.m[1].l, "", &no, &field), RC_NOTFOUND);
    community_fini(&c);
}

/* 32 bits: whoever tries long enough makes a record whose case has another one's name. */
static void
two_cases_of_one_name_are_not_guessed_between(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    conflict(&c, "a1");
    conflict(&c, "a2");
    struct seen s = {.m = &c.m[1]};
    assert_ok(query_cases(c.m[1].l, take, &s));
    assert_int_equal(s.n, 2);
    assert_ok(db_exec(c.m[1].l->db, "UPDATE conflict SET name = 1"));
    assert_int_equal(settle(&c.m[1], "00000001", 1), RC_AMBIGUOUS);
    assert_int_equal(query_cases_n(c.m[1].l), 2);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_tells_who_decides_and_choices_in_version_order),
        cmocka_unit_test(whoever_is_told_may_settle_the_ones_to_come),
        cmocka_unit_test(a_case_is_named_by_its_digits_in_either_case_and_no_others),
        cmocka_unit_test(two_cases_of_one_name_are_not_guessed_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
