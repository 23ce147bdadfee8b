/* A database of the first release is carried over, and cut short at every write of that,
 * in every way that a disk has: the next opening does it, and the ledger says what it
 * said before. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/sim_vfs.h"

#define OLD_DISK 100u /* holds the first release's file; never opened by this one */
#define OLD_NAME "100/linjuli.db"
#define WRITES_MOST 2000

static struct community c;

static void
run(sqlite3 *h, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(h, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
}

static sqlite3 *
raw_open(const char *name)
{
    sqlite3 *h = NULL;
    assert_int_equal(
        sqlite3_open_v2(name, &h,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        "sim"),
        SQLITE_OK);
    return h;
}

static int64_t
version_of(const char *name)
{
    sqlite3 *h = raw_open(name);
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &s, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t version = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(h);
    return version;
}

/* What the first release would hold of the same logs: its tables as 001_base.sql makes
 * them, and no derived ones. */
static void
make_old(void)
{
    sqlite3 *h = raw_open(OLD_NAME);
    run(h, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL");
    run(h, (const char *)embed_sql[0].p);
    run(h, "ATTACH '0/linjuli.db' AS now");
    run(h, "BEGIN;"
           "INSERT INTO main.log_name SELECT * FROM now.log_name;"
           "INSERT INTO main.log_entry SELECT * FROM now.log_entry;"
           "INSERT INTO main.log_loose SELECT * FROM now.log_loose;"
           "INSERT INTO main.local_scope_key SELECT * FROM now.local_scope_key;"
           "INSERT INTO main.local_setting SELECT * FROM now.local_setting"
           " WHERE name <> 'types';"
           "COMMIT; DETACH now");
    run(h, "PRAGMA application_id = 1818913897; PRAGMA user_version = 1");
    assert_int_equal(sqlite3_close(h), SQLITE_OK);
}

struct said {
    uint8_t held[16];
    struct digests shown;
};

static void
say(struct member *m, struct said *out)
{
    memset(out, 0, sizeof(*out));
    replica_digest(ledger_replica(m->l), out->held);
    member_digests(m, &out->shown);
}

static void
close_it(struct member *m)
{
    ledger_close(m->l);
    m->l = NULL;
}

/* Cut short at the n-th write, then opened again. False: it had fewer. */
static bool
cut_at(enum disk_fault fault, enum crash_mode mode, uint32_t n, const struct said *want)
{
    struct member *hub = &c.m[0];
    struct said have;
    disk_copy(OLD_DISK, 0);
    assert_int_equal(version_of("0/linjuli.db"), 1);
    disk_plan(0, fault, n);
    enum rc rc = member_open(hub);
    if (rc == RC_OK)
        close_it(hub); /* which writes, too */
    bool was_cut = rc != RC_OK || disk_has_crashed(0);
    disk_plan(0, fault, 0);
    disk_space_again(0);
    if (disk_has_crashed(0))
        disk_restart(0, mode);
    int64_t version = version_of("0/linjuli.db");
    assert_true(version == 1 || version == 2);
    assert_ok(member_open(hub));
    say(hub, &have);
    assert_memory_equal(&have, want, sizeof(have));
    assert_ok(db_check(hub->l->db));
    close_it(hub);
    assert_int_equal(version_of("0/linjuli.db"), 2);
    return was_cut;
}

static void
begin(struct said *want)
{
    static struct rng rng; /* the disks draw from it later */
    rng.s = 12;
    sim_vfs_init();
    sim_vfs_reset(&rng);
    community_init_on(&c, "sim", few_types());
    community_groups(&c, 2);
    for (unsigned i = 0; i < 12; i++)
        (void)member_add(&c.m[0], "need", 301, "title", "路灯不亮");
    community_seal(&c);
    say(&c.m[0], want);
    assert_true(want->shown.n >= 2);
    close_it(&c.m[0]);
    make_old();
}

static void
a_migration_cut_at_any_write_is_done_by_the_next_opening(void **state)
{
    static const struct {
        const char *name;
        enum disk_fault fault;
        enum crash_mode mode;
        uint32_t step; /* 1: at every write */
    } way[] = {{"power, nothing unsynced survives", DISK_CRASH, CRASH_LOSE, 1},
               {"power, all of it does", DISK_CRASH, CRASH_KEEP, 7},
               {"power, some of it does", DISK_CRASH, CRASH_SOME, 3},
               {"an error", DISK_ERROR, CRASH_LOSE, 5},
               {"a full disk", DISK_FULL, CRASH_LOSE, 7}};
    struct said want;
    (void)state;
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        begin(&want);
        uint32_t n = 1;
        unsigned quiet = 0; /* an error may hit what nobody needs: a checkpoint */
        unsigned cuts = 0;
        while (quiet < 8 && n < WRITES_MOST) {
            bool was_cut = cut_at(way[i].fault, way[i].mode, n, &want);
            n += way[i].step;
            cuts += was_cut;
            quiet = was_cut ? 0 : quiet + 1;
        }
        print_message("# %s: cut %u times, of %u writes\n", way[i].name, cuts, n);
        assert_true(n < WRITES_MOST);
        assert_true(cuts >= 10);
        community_fini(&c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_migration_cut_at_any_write_is_done_by_the_next_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
