/* Prints every entry that a database holds, so that two can be compared byte for byte.
 *
 * entries DB
 * A line for each, by log and seq: the log's key, its seq, SHA-256 over header, signature
 * and body as they are stored. Exit 0; 74: it cannot be read; 64: usage. */
#include <sqlite3.h>
#include <stdio.h>

#include "crypto/crypto.h"

static const char text[] = "SELECT e.k & 1099511627775, n.key, e.head, e.body"
                           " FROM log_entry e JOIN log_name n ON n.n = e.k >> 40"
                           " ORDER BY n.key, e.k";

static void
print(sqlite3_stmt *s)
{
    struct buf all = BUF_NONE;
    char key[2 * KEY_BYTES + 1];
    char sum[2 * HASH_BYTES + 1];
    for (int i = 2; i <= 3; i++)
        buf_add(&all, sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i));
    struct hash h = hash_of(buf_slice(&all));
    hex_print(sqlite3_column_blob(s, 1), KEY_BYTES, key);
    hex_print(h.b, HASH_BYTES, sum);
    printf("%s %lld %s\n", key, (long long)sqlite3_column_int64(s, 0), sum);
    buf_free(&all);
}

int
main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_ERROR;
    if (argc != 2)
        return 64;
    if (crypto_init() == RC_OK &&
        sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, text, -1, &s, NULL);
    while (rc != SQLITE_ERROR && (rc = sqlite3_step(s)) == SQLITE_ROW)
        print(s);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return rc == SQLITE_DONE ? 0 : 74;
}
