/* The port through which sync/ reaches storage. schema/log.c implements it on SQLite,
 * tests/lib/mem_store.c in memory. Every call happens inside a transaction that the shell
 * opened; when one fails the shell rolls back and loads the replica again.
 *
 * Per log (data and authority alike, named by its key) storage keeps
 *   the trunk: one chain, contiguous from seq 1, at least as long as what is accepted;
 *   loose entries: whatever else is held (branches of a fork, headers of a proof);
 *   state: one small blob that replica.c writes and reads back at start. */
#ifndef LINJULI_STORE_H
#define LINJULI_STORE_H

#include "crypto/crypto.h"

/* One entry as the store hands it out; borrowed until the callback returns. */
struct stored {
    uint64_t seq;
    struct hash id;
    struct slice
        bytes; /* whole entry; a loose fork header may be without body: 192 bytes */
};
/* Returns false to stop. */
typedef bool (*store_each_fn)(void *arg, const struct stored *e);
typedef bool (*store_log_fn)(void *arg, const struct key *log, struct slice state);

struct sync_store {
    void *self;
    /* seq is trunk length + 1. */
    enum rc (*append)(void *self, const struct key *log, uint64_t seq,
                      const struct hash *id, struct slice entry);
    /* Entries seq >= from in order, until the callback stops or the trunk ends. */
    enum rc (*trunk)(void *self, const struct key *log, uint64_t from, store_each_fn each,
                     void *arg);
    /* The same, with ids left zero: each costs a hash, and who hands entries on needs
     * few. */
    enum rc (*run)(void *self, const struct key *log, uint64_t from, store_each_fn each,
                   void *arg);
    /* The same, ids and nothing else, where they lie ready; NULL: trunk is asked. */
    enum rc (*ids)(void *self, const struct key *log, uint64_t from, store_each_fn each,
                   void *arg);
    /* Takes trunk entries with seq >= from away (replica.c has made them loose if
     * wanted). */
    enum rc (*cut)(void *self, const struct key *log, uint64_t from);
    /* The trunk's entry at seq written anew, its head the same: an item of it was erased.
     * What stood there before is to be overwritten, not only let go. */
    enum rc (*rewrite)(void *self, const struct key *log, uint64_t seq,
                       struct slice entry);
    /* Loose entries: by id, of any seq. Putting one that is there is fine. */
    enum rc (*loose_put)(void *self, const struct key *log, const struct stored *e);
    enum rc (*loose_each)(void *self, const struct key *log, store_each_fn each,
                          void *arg);
    enum rc (*loose_del)(void *self, const struct key *log, const struct hash *id);
    /* State blob (replica.c's, opaque to storage) of a log; each known log once. */
    enum rc (*state_put)(void *self, const struct key *log, struct slice state);
    enum rc (*state_each)(void *self, store_log_fn each, void *arg);
};

#endif
