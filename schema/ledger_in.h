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

struct project;

struct ledger {
    struct db *db;
    enum ledger_mode mode;
    struct log_store *log;
    struct replica *replica;
    const struct types *types;
    struct tables *tables;
    struct project *project; /* its buffers, kept between calls */
    uint64_t (*wall_ms)(void *arg);
    void *arg;
    struct pair box;
    bool has_box;
    struct hash community;
    bool has_community;
    struct ring_key *ring; /* ascending (scope, epoch) */
    size_t ring_n, ring_cap, ring_last;
};

/* Puts a key into memory and table; *fresh: it was not held. */
enum rc ledger_hold_key(struct ledger *l, uint32_t scope, uint32_t epoch,
                        const struct key *key, bool *fresh) MUST_USE;
/* Newest epoch of the scope whose key is held and which the authority log knows. NULL:
 * none. */
const struct key *ledger_newest_key(const struct ledger *l, uint32_t scope,
                                    uint32_t *epoch);
/* The log whose entries stand at these rows; NULL: it has no grant (any more). */
const struct log_state *ledger_log_at(const struct ledger *l, int64_t row);
/* A new record id: 6 bytes of time, then random. */
void ledger_new_id(struct ledger *l, uint8_t out[static RECORD_ID_BYTES]);

#endif
