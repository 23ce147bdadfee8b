/* Derived tables made anew, and the doctor that compares them with the logs. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <string.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"

/* A history with everything in it: care and desk, changes, a conflict, a seal. */
static struct record_key
lively(struct community *c)
{
    community_of(c, 2);
    struct record_key k = member_add(&c->m[1], "need", 301, "title", "a");
    (void)member_add(&c->m[1], "household", 301, "door", "1-1-101");
    (void)member_add(&c->m[0], "problem", 0, "title", "井盖");
    community_sync(c);
    community_seal(c);
    member_set(&c->m[0], &k, "need", "title", "hub");
    member_set(&c->m[1], &k, "need", "title", "group");
    community_sync(c);
    return k;
}

struct findings {
    size_t n;
    char last[256];
};

static void
find(void *arg, const char *what)
{
    struct findings *f = arg;
    f->n++;
    snprintf(f->last, sizeof(f->last), "%s", what);
}

static struct findings
doctor(struct member *m)
{
    struct findings f = {.n = 0};
    enum rc rc = ledger_doctor(m->l, find, &f);
    assert_int_equal(rc, f.n == 0 ? RC_OK : RC_NO);
    return f;
}

static void
harm(struct member *m, const char *sql)
{
    assert_ok(ledger_begin(m->l));
    assert_ok(db_exec(m->l->db, sql));
    assert_true(sqlite3_changes(db_handle(m->l->db)) > 0);
    assert_ok(ledger_commit(m->l));
}

struct steps {
    uint64_t last, all;
};

static void
progress(void *arg, uint64_t done, uint64_t all)
{
    struct steps *s = arg;
    s->last = done;
    s->all = all;
}

static void
a_rebuild_tells_the_same(void **state)
{
    struct community c;
    struct steps s = {0};
    (void)state;
    (void)lively(&c);
    for (size_t i = 0; i < c.n; i++) {
        struct digests before;
        struct digests after;
        member_digests(&c.m[i], &before);
        assert_ok(ledger_rebuild(c.m[i].l, progress, &s));
        assert_true(s.all > 0);
        assert_int_equal(s.last, s.all);
        member_digests(&c.m[i], &after);
        assert_int_equal(before.n, after.n);
        assert_true(digests_agree(&before, &after));
    }
    community_fini(&c);
}

static void
a_rebuild_mends_what_was_harmed(void **state)
{
    struct community c;
    struct digests before;
    struct digests after;
    (void)state;
    (void)lively(&c);
    member_digests(&c.m[0], &before);
    harm(&c.m[0], "DELETE FROM t_need");
    harm(&c.m[0], "DELETE FROM record");
    assert_ok(ledger_rebuild(c.m[0].l, NULL, NULL));
    member_digests(&c.m[0], &after);
    assert_true(digests_agree(&before, &after));
    assert_int_equal(doctor(&c.m[0]).n, 0);
    community_fini(&c);
}

static void
a_healthy_ledger_has_no_findings(void **state)
{
    struct community c;
    (void)state;
    (void)lively(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(doctor(&c.m[i]).n, 0);
    community_fini(&c);
}

static void
the_doctor_finds_a_wrong_row(void **state)
{
    static const char *const sql[] = {
        "UPDATE t_need SET f_title = 'x'",
        "UPDATE t_problem SET f_title = 'x'",
        "UPDATE t_household SET f_door = 'x'",
        "UPDATE t_need SET state = 2",
        "UPDATE record SET number = 5 WHERE number IS NOT NULL AND type = 60",
        "UPDATE conflict_choice SET value = x'a178'",
        "UPDATE conflict_choice SET is_shown = 1 - is_shown",
        "UPDATE t_need SET versions = NULL WHERE versions IS NOT NULL",
        "DELETE FROM conflict",
        "DELETE FROM t_household",
        "INSERT INTO t_need(no) VALUES (999)",
        "DELETE FROM record_item",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
        struct community c;
        (void)lively(&c);
        harm(&c.m[0], sql[i]);
        struct findings f = doctor(&c.m[0]);
        if (f.n == 0)
            fail_msg("not found: %s", sql[i]);
        assert_non_null(strstr(f.last, "table"));
        community_fini(&c);
    }
}

static void
the_doctor_finds_a_wrong_log(void **state)
{
    static const char *const sql[] = {
        /* Its last byte is of a random tag: one in 256 is the other byte already. */
        "UPDATE log_entry SET body = CAST(substr(body, 1, length(body) - 1) ||"
        " CASE substr(body, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB)"
        " WHERE k = (SELECT max(k) FROM log_entry)",
        "UPDATE log_entry SET head = CAST(substr(head, 1, 191) || x'ff' AS BLOB)"
        " WHERE k = (SELECT max(k) FROM log_entry)",
        "DELETE FROM log_entry WHERE k = (SELECT max(k) FROM log_entry)",
        "DELETE FROM log_entry WHERE k = (SELECT min(k) FROM log_entry)",
        "UPDATE log_entry SET head = CAST(substr(head, 1, 80) || x'ffffffffffffffff' ||"
        " substr(head, 89) AS BLOB) WHERE k = (SELECT min(k) FROM log_entry)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
        struct community c;
        (void)lively(&c);
        harm(&c.m[0], sql[i]);
        struct findings f = doctor(&c.m[0]);
        if (f.n == 0)
            fail_msg("not found: %s", sql[i]);
        assert_non_null(strstr(f.last, "log "));
        community_fini(&c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rebuild_tells_the_same),
        cmocka_unit_test(a_rebuild_mends_what_was_harmed),
        cmocka_unit_test(a_healthy_ledger_has_no_findings),
        cmocka_unit_test(the_doctor_finds_a_wrong_row),
        cmocka_unit_test(the_doctor_finds_a_wrong_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
