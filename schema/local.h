/* This node's own tables (local_*): settings, keys of scopes, acknowledgements, peers,
 * invites. Never replicated, never rebuilt. Schema/ only: others go through the ledger.
 */
#ifndef LINJULI_LOCAL_H
#define LINJULI_LOCAL_H

#include "schema/db.h"
#include "schema/peer.h"
#include "sync/sync.h"

#define SETTING_COMMUNITY "community" /* its id; the ledger keeps it */

/* RC_NOTFOUND: never set. Value into out (cleared first). */
enum rc local_setting(struct db *db, const char *name, struct buf *out) MUST_USE;
enum rc local_put_setting(struct db *db, const char *name, struct slice value) MUST_USE;

/* Putting a key that is there changes nothing. */
enum rc local_put_key(struct db *db, uint32_t scope, uint32_t epoch,
                      const struct key *key) MUST_USE;
enum rc local_keys(struct db *db,
                   void (*each)(void *arg, uint32_t scope, uint32_t epoch,
                                const struct key *key),
                   void *arg) MUST_USE;

/* n: this node's short number of the log (log.h). Never goes back. */
enum rc local_put_ack(struct db *db, uint32_t node, uint32_t n, uint64_t seq) MUST_USE;
enum rc local_acks(struct db *db,
                   void (*each)(void *arg, uint32_t node, uint32_t n, uint64_t seq),
                   void *arg) MUST_USE;

enum rc local_put_peer(struct db *db, const struct peer_row *p) MUST_USE;
enum rc local_peers(struct db *db, void (*each)(void *arg, const struct peer_row *p),
                    void *arg) MUST_USE;

struct invite_row {
    uint8_t no[INVITE_NO_BYTES];
    struct key secret;
    struct slice grant_op; /* borrowed */
    uint32_t node, log_no, post;
    uint64_t until_ms;
    bool is_used;
    uint64_t used_ms; /* since when; 0: not known */
};
enum rc local_put_invite(struct db *db, const struct invite_row *i) MUST_USE;
/* grant_op is copied into `grant_op` (cleared first). RC_NOTFOUND. */
enum rc local_invite(struct db *db, const uint8_t no[static INVITE_NO_BYTES],
                     struct invite_row *out, struct buf *grant_op) MUST_USE;
enum rc local_use_invite(struct db *db, const uint8_t no[static INVITE_NO_BYTES],
                         uint64_t now_ms) MUST_USE;
/* Highest numbers ever given away with an invite, used or not; 0: none. */
enum rc local_invited(struct db *db, uint32_t *node, uint32_t *log_no,
                      uint32_t *post) MUST_USE;

#endif
