/* What only the community's hub does: it writes the authority log. Everything here runs
 * inside the caller's transaction and settles. */
#ifndef LINJULI_HUB_H
#define LINJULI_HUB_H

#include "schema/author.h"

struct hub { /* keys of this machine, borrowed */
    const struct pair *hub;
    const struct pair *officer; /* officers_n of them, those that may be used now */
    size_t officers_n;
};

struct hub_birth {
    const char *community, *person; /* names */
    const struct pair *hub, *officer, *root, *box, *ack, *log;
};
/* design section 6, Birth: entry 1 of the authority log, then data entry 1: person,
 * community, org_unit 0000. Sets the community. */
enum rc hub_create(struct ledger *l, const struct hub_birth *b,
                   struct fault *why) MUST_USE;

struct invite { /* also as bytes: INVITE.md */
    uint8_t no[INVITE_NO_BYTES];
    struct key secret; /* psk of the handshake */
    uint8_t once_seed[SEED_BYTES];
    struct hash community;
    struct key hub_key;
    uint64_t until_ms;
    struct buf grant_op; /* officer-signed, unjoined */
    uint32_t log_no, node;
    char community_name[NAME_BYTES_MAX + 1], person_name[NAME_BYTES_MAX + 1];
    struct buf addresses; /* NUL-terminated HOST:PORT, one after the other */
    struct buf authority; /* authority entries without seals: u32 length ‖ bytes, hints */
    struct buf keys; /* scope u32 ‖ epoch u32 ‖ key 32: present keys of its scopes */
};
void invite_fini(struct invite *i);
/* The key of the invited node's acknowledgement log, made from the invite's seed: the hub
 * enrols it before it has heard of the node. pair_wipe when done. */
void invite_ack(const struct invite *i, struct pair *out);
void invite_encode(const struct invite *i,
                   struct buf *out); /* the file; its secrets are in it */
enum rc invite_decode(struct slice file, struct invite *out) MUST_USE;

/* A new node, log number, post and person record, and the officer-signed grant. RC_BUSY:
 * the unit's scope does not exist yet. */
enum rc hub_invite(struct ledger *l, const struct hub *h, const struct author *by,
                   const char *person, uint32_t unit, enum role role, uint64_t valid_ms,
                   struct invite *out, struct fault *why) MUST_USE;
/* The secret of an invite that can still be used, or that somebody has joined by: he may
 * not have heard it. hub_join tells which keys it is good for. */
bool hub_psk(struct ledger *l, const uint8_t invite[INVITE_NO_BYTES], struct key *psk);
/* Joins both: node, grant, epochs of its scopes, in one authority entry. RC_DENIED: used,
 * expired, or the one-time signature does not hold. */
enum rc hub_join(struct ledger *l, const struct hub *h, const struct join *j) MUST_USE;
/* Could hub_upkeep have something to write? Asked after every turn, so that the answer no
 * costs no transaction. */
bool hub_is_due(const struct ledger *l);
/* Writes what is due: scope and epoch for new units. `did` (may be NULL) tells. */
enum rc hub_upkeep(struct ledger *l, const struct hub *h, bool *did) MUST_USE;
/* A seal over everything accepted; RC_NO: nothing new. */
enum rc hub_seal(struct ledger *l, const struct hub *h, uint64_t *seal_no) MUST_USE;
bool hub_is_here(struct ledger *l, const struct key *hub_key);

#endif
