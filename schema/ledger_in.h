/* Private to the ledger's own files (ledger, author, hub, project, fold, digest, rebuild,
 * doctor): what a ledger consists of. */
#ifndef LINJULI_LEDGER_IN_H
#define LINJULI_LEDGER_IN_H

#include "schema/db.h"
#include "schema/ledger.h"
#include "schema/log.h"
#include "schema/table.h"

struct ring_key {
    uint32_t scope, epoch;
    struct key key;
};
/* A scope as an invite's hints tell it: until the authority log is here. */
struct hint_scope {
    uint32_t no, unit;
    enum scope_kind kind;
};

struct project;

#define ID_TIME_BYTES 6
#define ID_RANDOM_BYTES (RECORD_ID_BYTES - ID_TIME_BYTES)
#define ID_RANDOM_N 64 /* drawn ahead: one system call for so many */

struct ledger {
    struct db *db;
    struct db *log_db; /* where the logs are: the same, but for doctor's second set */
    enum ledger_mode mode;
    struct log_store *log;
    struct replica *replica;
    struct types *types;  /* newest version: what tables are made from */
    struct types **rules; /* by version - 1: what entries are judged by */
    struct tables *tables;
    struct project *project; /* its buffers, kept between calls */
    struct pinyin *pinyin;   /* NULL until somebody searches or sorts */
    uint64_t (*wall_ms)(void *arg);
    void *arg;
    struct pair box;
    bool has_box;
    struct hash community;
    bool has_community;
    bool shares_types;     /* they are the caller's */
    bool types_differ;     /* from those that the authority log tells */
    uint16_t unit_type;    /* code of org_unit; 0: no such type */
    bool units_changed;    /* since hub_upkeep looked */
    size_t erases_acked;   /* counted orders to erase when this node's log named all */
    bool must_settle;      /* the next begin decides what is assumed */
    enum rc broken;        /* a rollback could not load again: the next begin tries */
    struct ring_key *ring; /* ascending (scope, epoch) */
    size_t ring_n, ring_cap;
    size_t ring_last; /* asked for last */
    struct grant *assumed;
    size_t assumed_n;
    struct hint_scope *hint; /* ascending number */
    size_t hints_n;
    uint8_t hint_mark[8]; /* of the newest hinted entry: what a mark says meanwhile */
    /* remembered answers, good until something is offered, settled or loaded */
    int64_t version_row;
    struct version version;
    uint32_t log_n;
    const struct log_state *log_state;
    uint8_t random[ID_RANDOM_N][ID_RANDOM_BYTES]; /* for new ids; each used once */
    size_t random_n;                              /* left */
};

/* The remembered answers go. */
void ledger_forget(struct ledger *l);
/* Loads replica and keys again, from what the database says now. */
enum rc ledger_load(struct ledger *l) MUST_USE;

/* Puts a key into memory and table; *fresh: it was not held. */
enum rc ledger_hold_key(struct ledger *l, uint32_t scope, uint32_t epoch,
                        const struct key *key, bool *fresh) MUST_USE;
enum rc ledger_load_keys(struct ledger *l) MUST_USE;

/* A scope by number, counted or hinted; false: unknown. */
bool ledger_scope(const struct ledger *l, uint32_t no, struct hint_scope *out);
/* A unit's own scope, never its care scope; false: none. */
bool ledger_scope_of_unit(const struct ledger *l, uint32_t unit, struct hint_scope *out);
void ledger_hint(struct ledger *l, struct slice hints);

/* The log whose entries stand at this row; NULL: it has no grant (any more). */
const struct log_state *ledger_log_at(struct ledger *l, int64_t row);
/* The version that an item at this row has. Log number 0: its log has no grant. */
enum rc ledger_version_at(struct ledger *l, int64_t row, struct version *out) MUST_USE;
/* A new record id: 6 bytes of time, then random. */
void ledger_new_id(struct ledger *l, uint8_t out[static RECORD_ID_BYTES]);
/* Does the authority log tell another hash for this release's version of the record
 * types? At the hub never: what it tells is what it has, and it tells that before
 * anything else. Asked anew; what was answered last is types_differ, and the tables are
 * made by that. */
bool ledger_types_are_other(const struct ledger *l);
/* The types that entries of this schema version are judged by; NULL: unknown here, or not
 * what the authority log tells. */
const struct types *ledger_rules(const struct ledger *l, uint16_t version);

#endif
