/* The derived tables: everything people see. Dropped and made again at will; what they
 * hold follows from the accepted entries, the keys held and the record types.
 *
 * record: one row a record. (id, scope, unit, type) is its name, `no` its place. entry
 * and item: log_entry.k and index of its first effective item (first to come here, not
 * first by any clock). number: packed, see number_pack.
 *
 * record_item: the second and later effective items of a record. Items that have no
 * effect stand nowhere: whatever could change that (a grant, a key, a re-acceptance)
 * projects their entries again.
 *
 * t_TYPE: one row a record of that type, keyed by `no`, values as shown.
 *
 * conflict: one row a (record, field) in conflict (kind 1) or cycle (2), with its case's
 * name as a number. conflict_choice: its survivors (cycle: all candidates) in version
 * order.
 *
 * carried: what was met and could not be projected, by reason (project.h). newer: the
 * entries that have such an item because of their version.
 *
 * Values in t_TYPE: INTEGER for INT, DATE, TIME, MONEY, CHOICE, BOOL; TEXT for TEXT,
 * PHONE, CODE; BLOB of canonical msgpack for all others. The common five: gone, link,
 * from_entry are the msgpack value; state is the state's code, and `move` the msgpack
 * value unless that is [0, state]; `number` the msgpack value only if record.number
 * cannot hold it. `versions` is NULL when every field's only survivor is the record's
 * first item and no value is nil; else fold.h says what it holds.
 *
 * Schema/ only. SQL for t_TYPE is made in table.c and table_*.c, from names that the type
 * parser has checked, and nowhere else. */
#ifndef LINJULI_TABLE_H
#define LINJULI_TABLE_H

#include "schema/db.h"
#include "sync/sync.h"

enum table_column {
    COLUMN_NO,
    COLUMN_GONE,
    COLUMN_NUMBER,
    COLUMN_STATE,
    COLUMN_MOVE,
    COLUMN_LINK,
    COLUMN_FROM,
    COLUMN_FIRST_OWN /* the type's own fields; versions is the last column */
};

/* One t_TYPE. */
struct table {
    const struct type *type;
    const struct field *own[PUT_FIELDS_MAX * 2]; /* by column, from COLUMN_FIRST_OWN */
    int own_n;
    int versions; /* column number */
};

struct tables;

/* For the types of one version; makes no table yet. */
struct tables *tables_new(struct db *db, const struct types *types);
void tables_free(struct tables *t); /* finalizes; NULL is fine */
/* Are the derived tables there, exactly as this program makes them? */
enum rc tables_check(struct tables *t, bool *same) MUST_USE;
/* Drops every table that is neither truth nor local, whatever its name, and makes ours.
 */
enum rc tables_make(struct tables *t) MUST_USE;

/* NULL: no such type. */
const struct table *table_of(const struct tables *t, uint16_t type);
/* Column of a field's value, or -1. */
int table_column_of(const struct table *t, uint16_t code);
bool table_is_integer(enum value_kind kind);
bool table_is_text(enum value_kind kind);

enum table_stmt {
    TABLE_PUT, /* INSERT OR REPLACE; parameter i+1 is column i */
    TABLE_GET, /* all columns of row ?1 */
    TABLE_DEL, /* row ?1 */
    /* record.no, id, scope, unit, number, entry, then all columns of t_TYPE; ?1: unit or
     * NULL for all; gone records left out; by unit, number, no */
    TABLE_LIST,
    TABLE_COUNT,  /* of records that are not gone; ?1: unit or NULL */
    TABLE_ROWS,   /* of all */
    TABLE_STATES, /* no and state of those that are not gone */
    TABLE_STMT_N
};
#define TABLE_LIST_FIRST 6 /* t_TYPE's first column in TABLE_LIST */
/* Reset and unbound; prepared once. RC_NOTFOUND: no such type. */
enum rc table_stmt(struct tables *t, uint16_t type, enum table_stmt which,
                   sqlite3_stmt **out) MUST_USE;
/* Resets every statement: before a commit, after a failure. */
void tables_reset(struct tables *t);

/* A number as one integer whose order is unit, log, year, running:
 *   unit << 49 | granted ? 0 : 1 << 48 | (log number or mark) << 31 | year << 24 |
 * running -1: does not fit (log number above 131071). */
int64_t number_pack(const struct number *n);
void number_unpack(int64_t packed, struct number *out);

#endif
