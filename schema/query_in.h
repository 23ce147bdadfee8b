/* Private to edit*.c, query*.c and sheet*.c: from what people say to rows. */
#ifndef LINJULI_QUERY_IN_H
#define LINJULI_QUERY_IN_H

#include "schema/fold.h"
#include "schema/pinyin.h"
#include "schema/query.h"

/* record.no of what a person typed: number, id in hex, or an unambiguous beginning of
 * either (4 characters at least). Private halves are not meant. RC_NOTFOUND,
 * RC_AMBIGUOUS. */
enum rc query_resolve(struct ledger *l, const char *text, int64_t *no,
                      struct fault *why) MUST_USE;
/* record.no of a key; type 0: the public record of that key. RC_NOTFOUND. */
enum rc query_no_of(struct ledger *l, const struct record_key *key, uint16_t type,
                    int64_t *no) MUST_USE;
/* Record and field of an open case by its 8 hex digits. RC_NOTFOUND; RC_AMBIGUOUS: two
 * have that name (somebody may have looked for it). */
enum rc query_case(struct ledger *l, const char *name, int64_t *no,
                   uint16_t *field) MUST_USE;
/* Effective items of a record. */
enum rc query_items_n(struct ledger *l, int64_t no, uint64_t *n) MUST_USE;
/* record.no (u64 each, appended) of records, private halves too, that have an item in
 * these rows. */
enum rc query_records_in(struct ledger *l, int64_t from, int64_t to,
                         struct buf *out) MUST_USE;
/* A state by its name or either label, or NULL. */
const struct state *query_state(const struct type *t, const char *text);

/* Rows by a column of theirs. */
struct sorting {
    const struct pinyin *readings;
    bool is_text;
    struct buf text;
    struct sort_row {
        int64_t no, number;
        size_t at, n, place; /* of its text; among all as they came */
        bool is_null;
    } * row;
    size_t rows_n, rows_cap;
};
void query_sort_add(struct sorting *s, sqlite3_stmt *row, int column, int64_t no);
/* record.no of all, u64 each, appended; frees. */
void query_sort_end(struct sorting *s, struct buf *out);

#endif
