/* A ledger: everything one node keeps. The database, the replica over it, the record
 * types, the keys of scopes, and the projection that turns signed items into tables.
 *
 * All writing is: ledger_begin, work, ledger_commit; after any failure ledger_rollback,
 * which also loads the replica again. */
#ifndef LINJULI_LEDGER_H
#define LINJULI_LEDGER_H

#include "schema/embed.h"
#include "schema/fault.h"
#include "sync/sync.h"

enum ledger_mode { LEDGER_CREATE, LEDGER_WRITE, LEDGER_READ };

struct ledger_setup {
    const char *path; /* of linjuli.db */
    enum ledger_mode mode;
    const char *vfs; /* NULL: the default one */
    bool only_looks; /* LEDGER_READ, and nothing beside the file changes either */
    /* The files that record types are made from, closed by a NULL name; they outlive the
     * ledger. NULL: those that this program was built with. */
    const struct embed_file *types;
    /* The same, read before, by version, the newest last; they outlive the ledger. NULL:
     * read here. Who opens one ledger after the other reads them once. */
    struct types *const *rules;
    uint16_t rules_n;
    const struct pair
        *box; /* the node's X25519 pair, to unseal scope keys; NULL: only keys held */
    /* Civil time, ms since 1970; the only clock here. */
    uint64_t (*wall_ms)(void *arg);
    void *arg;
};

struct ledger;

enum rc ledger_open(const struct ledger_setup *setup, struct ledger **out,
                    struct fault *why) MUST_USE;
void ledger_close(struct ledger *l); /* NULL is fine */

enum rc ledger_begin(struct ledger *l) MUST_USE;
enum rc ledger_commit(struct ledger *l) MUST_USE; /* failed: it has been rolled back */
void ledger_rollback(struct ledger *l);

struct replica *ledger_replica(struct ledger *l);
const struct types *ledger_types(const struct ledger *l);
/* The authority log tells other record types for this release's version: what was written
 * by that version is carried, and stands in no table. */
bool ledger_types_differ(const struct ledger *l);
/* Entries in whose readable part something waits for another release. */
enum rc ledger_newer_n(struct ledger *l, uint64_t *n) MUST_USE;
uint64_t ledger_wall_ms(struct ledger *l);
/* Which community; fails until one is known. Set once, by init or join. */
enum rc ledger_set_community(struct ledger *l, const struct hash *community) MUST_USE;
/* Work under an invite until its grant counts: the grant with our own log key in it, and
 * the invite's authority entries (u32 length and bytes each), which tell the names of
 * scopes and nothing else; they never count. Outside a transaction, after each
 * ledger_open. */
enum rc ledger_assume(struct ledger *l, const struct grant *g,
                      struct slice hints) MUST_USE;
/* Projects what settled: records, keys, scopes, cases. Inside the transaction of the
 * settle. */
enum rc ledger_project(struct ledger *l, const struct changes *changes) MUST_USE;
/* replica_settle and ledger_project in one. */
enum rc ledger_settle(struct ledger *l) MUST_USE;
/* Drops every derived table and replays the log, in one transaction. `progress` (may be
 * NULL) is told entries done and in all. */
enum rc ledger_rebuild(struct ledger *l,
                       void (*progress)(void *arg, uint64_t done, uint64_t all),
                       void *arg) MUST_USE;

/* Keys of scopes. has: for any epoch. */
bool ledger_can_read(const struct ledger *l, uint32_t scope);
const struct key *ledger_scope_key(const struct ledger *l, uint32_t scope,
                                   uint32_t epoch);
/* The key that new items of the scope are sealed under; NULL: not held. */
const struct key *ledger_newest_key(const struct ledger *l, uint32_t scope,
                                    uint32_t *epoch);
/* A key that came with an invite; kept. */
enum rc ledger_put_key(struct ledger *l, uint32_t scope, uint32_t epoch,
                       const struct key *key) MUST_USE;

/* The scope a record of this type and unit belongs to; RC_BUSY: the hub has not made it
 * yet. */
enum rc ledger_scope_of(const struct ledger *l, const struct type *type, uint32_t unit,
                        uint32_t *scope) MUST_USE;

/* `digest` of design section 12: one call per readable scope, ascending. */
enum rc ledger_digest(struct ledger *l,
                      void (*each)(void *arg, uint32_t scope, const uint8_t digest[16]),
                      void *arg) MUST_USE;

/* Settings, by name; value NULL-terminated when read into buf_text. RC_NOTFOUND. */
enum rc ledger_setting(struct ledger *l, const char *name, struct buf *out) MUST_USE;
enum rc ledger_set_setting(struct ledger *l, const char *name,
                           struct slice value) MUST_USE;

/* Checks without changing: database pages, each trunk's links and ids against its state,
 * signatures above seals, and that every table equals the replay. Each finding is one
 * call; RC_NO when there was any. */
enum rc ledger_doctor(struct ledger *l, void (*finding)(void *arg, const char *what),
                      void *arg) MUST_USE;

#endif
