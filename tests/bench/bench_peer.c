/* The other columns of `make bench`: plain SQLite, and SQLite with a peer's extension.
 *
 *   bench_peer bulk EXT DB N        N rows, 10,000 a transaction
 *   bench_peer single EXT DB N      N rows, each in its own transaction, FULL, page 8192
 *   bench_peer apply EXT DB N       the change sets of bulk, applied to an empty replica
 *
 * EXT: `plain`, or `sqlite-sync=FILE`, or `cr-sqlite=FILE`. Same rows, same table, same
 * temp_store and cache for everybody; bulk and apply with synchronous=NORMAL, which is
 * the peers' best. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define TURN 10000u
#define WARM 600u /* as in bench_ours.c */

enum peer { PLAIN, SQLITE_SYNC, CR_SQLITE };

static enum peer peer;
static const char *library;

static double
wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void
die(sqlite3 *db, const char *what)
{
    fprintf(stderr, "bench_peer: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(db, sql);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK)
        die(db, sql);
    return s;
}

static void
done(sqlite3 *db, sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        die(db, sqlite3_sql(s));
    sqlite3_reset(s);
}

static sqlite3 *
open_at(const char *path, bool durable)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die(db, path);
    if (durable)
        run(db, "PRAGMA page_size = 8192");
    run(db, "PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY;"
            "PRAGMA cache_size = -8192");
    run(db, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run(db, "CREATE TABLE r(id TEXT PRIMARY KEY NOT NULL, name TEXT, place TEXT,"
            " contact TEXT, phone TEXT)");
    if (peer == PLAIN)
        return db;
    sqlite3_enable_load_extension(db, 1);
    if (sqlite3_load_extension(db, library, NULL, NULL) != SQLITE_OK)
        die(db, library);
    run(db,
        peer == SQLITE_SYNC ? "SELECT cloudsync_init('r')" : "SELECT crsql_as_crr('r')");
    return db;
}

static void
close_at(sqlite3 *db)
{
    if (peer == CR_SQLITE)
        run(db, "SELECT crsql_finalize()");
    if (peer == SQLITE_SYNC)
        run(db, "SELECT cloudsync_terminate()");
    sqlite3_close_v2(db); /* checkpoints */
}

/* 16 bytes as hex, time first. */
static void
new_id(char out[33])
{
    uint8_t b[16];
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
        exit(1);
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    for (int i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", b[i]);
}

static void
insert(sqlite3 *db, sqlite3_stmt *s, unsigned i)
{
    char id[33], text[4][64];
    new_id(id);
    snprintf(text[0], 64, "商户%u", i);
    snprintf(text[1], 64, "%u号", i % 997);
    snprintf(text[2], 64, "李%u", i % 4999);
    snprintf(text[3], 64, "138%08u", i);
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    for (int k = 0; k < 4; k++)
        sqlite3_bind_text(s, k + 2, text[k], -1, SQLITE_STATIC);
    done(db, s);
}

static void
write_all(sqlite3 *db, unsigned from, unsigned n, unsigned turn)
{
    sqlite3_stmt *s = prepare(db, "INSERT INTO r VALUES (?1, ?2, ?3, ?4, ?5)");
    for (unsigned i = from; i < n; i++) {
        if (i % turn == 0)
            run(db, "BEGIN IMMEDIATE");
        insert(db, s, i);
        if (i % turn == turn - 1 || i == n - 1)
            run(db, "COMMIT");
    }
    sqlite3_finalize(s);
}

static void
local(const char *path, unsigned n, unsigned turn, bool durable)
{
    sqlite3 *db = open_at(path, durable);
    struct stat st = {0};
    unsigned first = durable ? WARM : 0;
    write_all(db, 0, first, turn);
    double t = wall(), c = cpu();
    write_all(db, first, first + n, turn);
    double took = wall() - t, used = cpu() - c;
    close_at(db);
    stat(path, &st);
    printf("rows_per_s %.2f\ncpu_us %.2f\nfile_bytes %.2f\n", n / took, used / n * 1e6,
           (double)st.st_size / (first + n));
}

/* ---- change sets: made beforehand, only their application is timed */

static double took, used;
static double bytes;

/* One payload a transaction of the source. */
static void
apply_sqlite_sync(sqlite3 *from, sqlite3 *to)
{
    sqlite3_stmt *versions = prepare(
        from, "SELECT DISTINCT db_version FROM cloudsync_changes ORDER BY db_version");
    sqlite3_stmt *encode = prepare(
        from, "SELECT cloudsync_payload_encode(tbl, pk, col_name, col_value, col_version,"
              " db_version, site_id, cl, seq) FROM cloudsync_changes"
              " WHERE db_version = ?1");
    sqlite3_stmt *decode = prepare(to, "SELECT cloudsync_payload_decode(?1)");
    while (sqlite3_step(versions) == SQLITE_ROW) {
        sqlite3_bind_int64(encode, 1, sqlite3_column_int64(versions, 0));
        if (sqlite3_step(encode) != SQLITE_ROW)
            die(from, "encode");
        int n = sqlite3_column_bytes(encode, 0);
        bytes += n;
        sqlite3_bind_blob(decode, 1, sqlite3_column_blob(encode, 0), n, SQLITE_TRANSIENT);
        double t = wall(), c = cpu();
        if (sqlite3_step(decode) != SQLITE_ROW)
            die(to, "decode");
        sqlite3_reset(decode);
        took += wall() - t;
        used += cpu() - c;
        sqlite3_reset(encode);
    }
    sqlite3_finalize(versions);
    sqlite3_finalize(encode);
    sqlite3_finalize(decode);
}

/* Rows of crsql_changes; plain SQLite: its own rows. Reading them is not timed. */
static void
apply_rows(sqlite3 *from, sqlite3 *to, const char *select, const char *sql, int columns,
           unsigned turn)
{
    sqlite3_stmt *s = prepare(from, select);
    sqlite3_stmt *d = prepare(to, sql);
    unsigned i = 0;
    bool more = sqlite3_step(s) == SQLITE_ROW;
    while (more) {
        double t = wall(), c = cpu();
        run(to, "BEGIN IMMEDIATE");
        do {
            for (int k = 0; k < columns; k++) {
                sqlite3_bind_value(d, k + 1, sqlite3_column_value(s, k));
                bytes += sqlite3_column_bytes(s, k);
            }
            done(to, d);
            more = sqlite3_step(s) == SQLITE_ROW;
        } while (more && ++i % turn != 0);
        run(to, "COMMIT");
        took += wall() - t;
        used += cpu() - c;
    }
    sqlite3_finalize(s);
    sqlite3_finalize(d);
}

static void
apply(const char *path, unsigned n)
{
    char other[4096];
    snprintf(other, sizeof(other), "%s-replica", path);
    sqlite3 *from = open_at(path, false);
    sqlite3 *to = open_at(other, false);
    write_all(from, 0, n, TURN);
    if (peer == SQLITE_SYNC)
        apply_sqlite_sync(from, to);
    else if (peer == CR_SQLITE)
        apply_rows(
            from, to,
            "SELECT \"table\", pk, cid, val, col_version, db_version, site_id, cl,"
            " seq FROM crsql_changes",
            "INSERT INTO crsql_changes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", 9,
            4 * TURN);
    else
        apply_rows(from, to, "SELECT * FROM r", "INSERT INTO r VALUES (?1,?2,?3,?4,?5)",
                   5, TURN);
    sqlite3_stmt *count = prepare(to, "SELECT count(*) FROM r WHERE phone IS NOT NULL");
    if (sqlite3_step(count) != SQLITE_ROW || sqlite3_column_int64(count, 0) != n)
        die(to, "rows are missing");
    sqlite3_finalize(count);
    close_at(from);
    close_at(to);
    printf("rows_per_s %.2f\ncpu_us %.2f\nwire_bytes %.2f\n", n / took, used / n * 1e6,
           bytes / n);
}

int
main(int argc, char **argv)
{
    const char *ext = argc == 5 ? argv[2] : "";
    library = strchr(ext, '=') != NULL ? strchr(ext, '=') + 1 : "";
    peer = strncmp(ext, "sqlite-sync=", 12) == 0 ? SQLITE_SYNC
           : strncmp(ext, "cr-sqlite=", 10) == 0 ? CR_SQLITE
                                                 : PLAIN;
    unsigned n = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    if (n == 0) {
        fprintf(stderr, "usage: bench_peer bulk|single|apply EXT DB N\n");
        return 64;
    }
    if (strcmp(argv[1], "apply") == 0)
        apply(argv[3], n);
    else if (strcmp(argv[1], "single") == 0)
        local(argv[3], n, 1, true);
    else
        local(argv[3], n, TURN, false);
    return 0;
}
