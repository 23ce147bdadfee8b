/* The log store on SQLite: sync/store.h's port, and reading entries by their row key. */
#ifndef LINJULI_LOG_H
#define LINJULI_LOG_H

#include "schema/db.h"
#include "sync/store.h"

#define LOG_SEQ_BITS 40
#define LOG_SEQ_MAX ((UINT64_C(1) << LOG_SEQ_BITS) - 1)

struct log_store;

struct log_store *log_store_new(struct db *db);
void log_store_free(struct log_store *s);
/* Forgets what it remembers of names and lengths: after a rollback. */
void log_store_forget(struct log_store *s);
const struct sync_store *log_store_port(struct log_store *s);

/* This node's short number for a log; 0 if it holds nothing of it. */
uint32_t log_number(struct log_store *s, const struct key *log);
/* Row key of (short number, seq), and back. */
int64_t log_row(uint32_t n, uint64_t seq);
uint32_t log_row_number(int64_t row);
uint64_t log_row_seq(int64_t row);
/* The log's key of a short number; NULL: none. */
const struct key *log_key(struct log_store *s, uint32_t n);
/* The whole entry at a row, into out (cleared first). RC_NOTFOUND. */
enum rc log_entry_at(struct log_store *s, int64_t row, struct buf *out) MUST_USE;
/* Length of the trunk. */
enum rc log_trunk_n(struct log_store *s, uint32_t n, uint64_t *out) MUST_USE;

#endif
