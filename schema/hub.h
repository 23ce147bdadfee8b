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
    uint64_t until_ms, made_ms;
    struct buf grant_op; /* officer-signed, unjoined */
    uint32_t log_no, node;
    char community_name[NAME_BYTES_MAX + 1], person_name[NAME_BYTES_MAX + 1];
    struct buf addresses; /* NUL-terminated HOST:PORT, one after the other */
    struct buf authority; /* authority entries without seals: u32 length ‖ bytes, hints */
    struct buf keys; /* scope u32 ‖ epoch u32 ‖ key 32: present keys of its scopes */
};
void invite_fini(struct invite *i);
void invite_encode(const struct invite *i,
                   struct buf *out); /* the file; its secrets are in it */
enum rc invite_decode(struct slice file, struct invite *out) MUST_USE;
/* Post, unit and role stand in the grant that the officers signed. False: none there. */
bool invite_grant(const struct invite *i, struct grant *out);

/* A new node, log number, post and person record, and the officer-signed grant. RC_BUSY:
 * the unit's scope does not exist yet. */
enum rc hub_invite(struct ledger *l, const struct hub *h, const struct author *by,
                   const char *person, uint32_t unit, enum role role, uint64_t valid_ms,
                   struct invite *out, struct fault *why) MUST_USE;
struct order_result; /* order.h */
struct invitee {     /* whom to invite */
    const char *person;
    uint32_t unit;
    enum role role;
    uint32_t node; /* one more person at this node, of that unit; 0: a new node */
    uint64_t valid_ms;
    const char *who; /* who asks, a name for people */
};
/* The same, and where more officers have to sign than are at hand, it waits for them as
 * an order: is->state is ORDER_WAITS, and *out is empty. FAULT_NODE_UNIT: the node is
 * another unit's. */
enum rc hub_invite_at(struct ledger *l, const struct hub *h, const struct author *by,
                      const struct invitee *w, struct invite *out,
                      struct order_result *is, struct fault *why) MUST_USE;
/* Hands out the invite whose order is ready, once: good for valid_ms from now. RC_BUSY:
 * it waits for officers still. */
enum rc hub_invite_signed(struct ledger *l, const struct hub *h, const char *order,
                          uint64_t valid_ms, struct invite *out,
                          struct fault *why) MUST_USE;
/* The secret of an invite of this hub, used and expired ones too: whoever joined by it
 * may not have heard so, and others may hear why they are refused. hub_join tells which
 * keys it is good for. */
bool hub_psk(struct ledger *l, const uint8_t invite[INVITE_NO_BYTES], struct key *psk);
/* Joins both: node, grant, epochs of its scopes, in one authority entry. RC_DENIED: used,
 * expired, or the one-time signature does not hold; `no` (may be NULL) tells. */
struct refusal {
    enum close_reason reason; /* CLOSE_USED, CLOSE_EXPIRED, else CLOSE_INVITE */
    uint64_t when_ms;         /* since when */
};
enum rc hub_join(struct ledger *l, const struct hub *h, const struct join *j,
                 struct refusal *no) MUST_USE;
/* Does the authority log lack what this release's record types are? */
bool hub_types_due(const struct ledger *l);
/* Could hub_upkeep have something to write? Asked after every turn, so that the answer no
 * costs no transaction. */
bool hub_is_due(const struct ledger *l);
/* Writes what is due: the record types of this release, scope and epoch for new units,
 * keys for those who came to read more, a fresh key for each scope whose newest is a
 * quarter old. `did` (may be NULL) tells. */
enum rc hub_upkeep(struct ledger *l, const struct hub *h, bool *did) MUST_USE;
/* A seal over everything accepted; RC_NO: nothing new. */
enum rc hub_seal(struct ledger *l, const struct hub *h, uint64_t *seal_no) MUST_USE;
bool hub_is_here(struct ledger *l, const struct key *hub_key);

/* ---- succession (AUTHORITY.md 2.12): a new reign, by the root's word */

/* Keys of the machine that becomes the centre; borrowed. */
struct succession {
    const struct pair *root;          /* from the root key sheet */
    const struct pair *hub, *officer; /* fresh */
    const struct pair *box, *ack, *log;
    const char *who; /* who asks for the grant, a name for people */
};
struct succeeded {
    uint32_t reign;
    uint64_t seq; /* of the entry of the last reign that it names */
    struct hash id;
    uint32_t log_no, node; /* of the new centre's log; node: the old centre's machine */
    struct key old_log;    /* in whose place the new one is; it has not ended */
    bool is_granted;       /* else other officers have to sign: an order waits */
    uint16_t officers_n;
    size_t scopes_n; /* that got a fresh key */
};
/* Is this the community's root key? */
bool hub_root_is(struct ledger *l, const struct key *root);
/* Opens the reign after the last valid entry held, appoints this machine's officer beside
 * those whose keys were not on the machine that was lost, becomes node 1 (the old
 * machine, of which nobody says that it is gone, gets a number that reads nothing), is
 * granted a log in the old centre's place, and gives every scope a fresh key. RC_DENIED:
 * another root key, or this key has an office already; RC_STALE: a reign is open already
 * whose beginning is not held, or the root contradicts itself. */
enum rc hub_succeed(struct ledger *l, const struct succession *s, struct succeeded *out,
                    struct fault *why) MUST_USE;
/* Keys of scopes that the authority log tells and this node lacks, as SESSION_WANT takes
 * them; and the answer to such a list. */
void hub_missing_keys(const struct ledger *l, struct buf *out);
void hub_answer_keys(const struct ledger *l, struct slice wanted, struct buf *out);
enum rc hub_take_keys(struct ledger *l, struct slice keys) MUST_USE;

#endif
