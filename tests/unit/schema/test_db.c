/* The one door to SQLite, and every registered statement. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/table.h"
#include "schema/type.h"

static char dir[64];
static char path[96];

static int
make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/linjuli-db-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/a.db", dir);
    return crypto_init() == RC_OK ? 0 : -1;
}

static int
drop_dir(void **state)
{
    static const char *const tail[] = {"", "-wal", "-shm"};
    char name[128];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, tail[i]);
        (void)unlink(name);
    }
    return rmdir(dir);
}

static struct db *
created(void)
{
    struct db *db = NULL;
    assert_ok(db_open(path, DB_CREATE, NULL, &db));
    return db;
}

static void
change(const char *sql)
{
    sqlite3 *h = NULL;
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
}

static enum rc
opens(enum db_mode mode)
{
    struct db *db = NULL;
    enum rc rc = db_open(path, mode, NULL, &db);
    if (rc == RC_OK)
        db_close(db);
    return rc;
}

static void
a_new_file_opens_again_and_is_not_made_twice(void **state)
{
    (void)state;
    db_close(created());
    assert_int_equal(opens(DB_CREATE), RC_INVALID);
    assert_ok(opens(DB_WRITE));
    assert_ok(opens(DB_READ));
}

static void
a_file_that_is_not_there_is_not_made_by_opening(void **state)
{
    (void)state;
    assert_int_equal(opens(DB_WRITE), RC_IO);
    assert_int_equal(access(path, F_OK), -1);
}

static void
a_smuggled_trigger_is_refused(void **state)
{
    (void)state;
    db_close(created());
    change("CREATE TRIGGER t AFTER INSERT ON log_name BEGIN DELETE FROM local_setting; "
           "END");
    assert_int_equal(opens(DB_WRITE), RC_CORRUPT);
}

static void
a_changed_table_is_refused(void **state)
{
    (void)state;
    db_close(created());
    change("ALTER TABLE local_setting ADD COLUMN more TEXT");
    assert_int_equal(opens(DB_WRITE), RC_CORRUPT);
}

static void
a_newer_release_file_is_left_alone(void **state)
{
    (void)state;
    db_close(created());
    change("PRAGMA user_version = 99");
    assert_int_equal(opens(DB_WRITE), RC_STALE);
}

static void
another_programs_file_is_refused(void **state)
{
    (void)state;
    change("CREATE TABLE log_name(n); PRAGMA user_version = 1");
    assert_int_equal(opens(DB_WRITE), RC_CORRUPT);
}

static void
a_reader_cannot_write(void **state)
{
    struct db *db = NULL;
    (void)state;
    db_close(created());
    assert_ok(db_open(path, DB_READ, NULL, &db));
    sqlite3_stmt *s = db_stmt(db, STMT_LOG_NAME_ADD);
    uint8_t key[32] = {1};
    db_bind_slice(s, 1, slice_of(key, 32));
    assert_int_not_equal(db_run(db, s), RC_OK);
    db_close(db);
}

static void
what_is_rolled_back_has_not_happened(void **state)
{
    struct db *db = created();
    struct buf out = BUF_NONE;
    bool row = false;
    (void)state;
    assert_ok(db_begin(db));
    sqlite3_stmt *s = db_stmt(db, STMT_LOCAL_SETTING_PUT);
    sqlite3_bind_text(s, 1, "a", -1, SQLITE_STATIC);
    db_bind_slice(s, 2, slice_text("b"));
    assert_ok(db_run(db, s));
    db_rollback(db);
    s = db_stmt(db, STMT_LOCAL_SETTING);
    sqlite3_bind_text(s, 1, "a", -1, SQLITE_STATIC);
    assert_ok(db_step(db, s, &row));
    assert_false(row);
    buf_free(&out);
    db_close(db);
}

static struct db *
with_tables(struct types **types, struct tables **tables)
{
    struct db *db = created();
    assert_ok(types_load_builtin(types));
    *tables = tables_new(db, *types);
    assert_ok(db_begin(db));
    assert_ok(tables_make(*tables));
    assert_ok(db_commit(db));
    return db;
}

static void
every_statement_can_be_prepared(void **state)
{
    struct types *types = NULL;
    struct tables *tables = NULL;
    struct db *db = with_tables(&types, &tables);
    (void)state;
    for (int i = 0; i < STMT_N; i++)
        assert_non_null(db_stmt(db, (enum stmt)i));
    for (size_t i = 0; i < types->n; i++) {
        for (int k = 0; k < TABLE_STMT_N; k++) {
            sqlite3_stmt *s = NULL;
            assert_ok(table_stmt(tables, types->type[i].code, (enum table_stmt)k, &s));
            assert_non_null(s);
        }
    }
    tables_free(tables);
    types_free(types);
    db_close(db);
}

/* These go through a large table because they are about all of it, or about what happens
 * once in a while (a fork, a revocation, an import taken back). */
static bool
may_scan(const char *sql)
{
    static const char *const whole[] = {
        "SELECT no FROM record WHERE entry BETWEEN",
        "SELECT no, type FROM record WHERE entry BETWEEN", /* undo of an import */
        "SELECT DISTINCT no FROM record_item WHERE entry",
        "SELECT no, scope FROM record ORDER BY",
        "SELECT (SELECT count(*) FROM record)",
        "SELECT no, id, unit FROM record WHERE scope = ?1", /* after a difference */
        "SELECT id, scope, unit FROM record ORDER BY", /* every record may be drawn */
        "SELECT count(*) FROM record",                 /* a backup says how many */
    };
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (strncmp(sql, whole[i], strlen(whole[i])) == 0)
            return true;
    return false;
}

static void
no_statement_scans_a_large_table_unasked(void **state)
{
    static const char *const large[] = {"log_entry", "record", "record_item"};
    struct types *types = NULL;
    struct tables *tables = NULL;
    struct db *db = with_tables(&types, &tables);
    (void)state;
    for (int i = 0; i < STMT_N; i++) {
        const char *sql = sqlite3_sql(db_stmt(db, (enum stmt)i));
        struct buf text = BUF_NONE;
        sqlite3_stmt *s = NULL;
        bool row = false;
        buf_addf(&text, "EXPLAIN QUERY PLAN %s", sql);
        assert_ok(db_prepare(db, buf_text(&text), &s));
        while (db_step(db, s, &row) == RC_OK && row) {
            const char *plan = (const char *)sqlite3_column_text(s, 3);
            for (size_t k = 0; k < 3; k++) {
                char scan[64];
                size_t n = (size_t)snprintf(scan, sizeof(scan), "SCAN %s", large[k]);
                if (strncmp(plan, scan, n) == 0 && (plan[n] == '\0' || plan[n] == ' ') &&
                    !may_scan(sql))
                    fail_msg("%s: %s", plan, sql);
            }
        }
        sqlite3_finalize(s);
        buf_free(&text);
    }
    tables_free(tables);
    types_free(types);
    db_close(db);
}

static void
tables_another_hand_shaped_are_noticed(void **state)
{
    struct types *types = NULL;
    struct tables *tables = NULL;
    struct db *db = with_tables(&types, &tables);
    bool same = false;
    (void)state;
    assert_ok(tables_check(tables, &same));
    assert_true(same);
    assert_ok(db_exec(db, "ALTER TABLE t_need ADD COLUMN more TEXT"));
    assert_ok(tables_check(tables, &same));
    assert_false(same);
    assert_ok(db_begin(db));
    assert_ok(db_exec(db, "CREATE TABLE \"od\"\"d\"(a)"));
    assert_ok(tables_make(tables));
    assert_ok(db_commit(db));
    assert_ok(tables_check(tables, &same));
    assert_true(same);
    tables_free(tables);
    types_free(types);
    db_close(db);
}

static void
numbers_keep_their_parts_and_their_order(void **state)
{
    static const struct number n[] = {
        {.unit = 0, .log_no = 1, .year = 26, .running = 1},
        {.unit = 0, .log_no = 1, .year = 26, .running = 2},
        {.unit = 0, .log_no = 2, .year = 26, .running = 1},
        {.unit = 302, .log_no = 17, .year = 26, .running = 47},
        {.unit = 302, .log_no = 131071, .year = 99, .running = 9999999},
        {.unit = 302, .mark = 0x0001, .year = 0, .running = 1},
        {.unit = 302, .mark = 0xffff, .year = 99, .running = 9999999},
        {.unit = 9999, .log_no = 1, .year = 26, .running = 1}};
    int64_t last = -1;
    (void)state;
    for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
        struct number back;
        int64_t packed = number_pack(&n[i]);
        assert_true(packed > last);
        number_unpack(packed, &back);
        assert_int_equal(back.unit, n[i].unit);
        assert_int_equal(back.log_no, n[i].log_no);
        assert_int_equal(back.mark, n[i].mark);
        assert_int_equal(back.year, n[i].year);
        assert_int_equal(back.running, n[i].running);
        last = packed;
    }
    assert_true(number_pack(&(struct number){.log_no = 131072, .running = 1}) < 0);
}

#define in_dir(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        in_dir(a_new_file_opens_again_and_is_not_made_twice),
        in_dir(a_file_that_is_not_there_is_not_made_by_opening),
        in_dir(a_smuggled_trigger_is_refused),
        in_dir(a_changed_table_is_refused),
        in_dir(a_newer_release_file_is_left_alone),
        in_dir(another_programs_file_is_refused),
        in_dir(a_reader_cannot_write),
        in_dir(what_is_rolled_back_has_not_happened),
        in_dir(every_statement_can_be_prepared),
        in_dir(no_statement_scans_a_large_table_unasked),
        in_dir(tables_another_hand_shaped_are_noticed),
        cmocka_unit_test(numbers_keep_their_parts_and_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
