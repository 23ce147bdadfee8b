/* Operations of the authority log (AUTHORITY.md): bytes in, struct out, and back.
 * Signatures inside become verdicts, so that the fold (authority.h) needs no key. */
#ifndef LINJULI_AUTH_OP_H
#define LINJULI_AUTH_OP_H

#include "crypto/crypto.h"
#include "sync/limits.h"
#include "sync/op.h"

enum auth_code {
    AUTH_CREATE = 1,
    AUTH_SCHEMA,
    AUTH_SCOPE,
    AUTH_NODE,
    AUTH_GRANT,
    AUTH_EPOCH,
    AUTH_SEAL,
    AUTH_REVOKE,
    AUTH_LOST,
    AUTH_OFFICERS,
    AUTH_ERASE,
    AUTH_SUCCEED
};

enum role {
    ROLE_LEADER = 2, /* R2 of domain.md, and so on */
    ROLE_HELPER,
    ROLE_GRID,
    ROLE_AREA,
    ROLE_CLERK,
    ROLE_ADMIN,
    ROLE_SECRETARY,
    ROLE_PARTNER,
    ROLE_AUDITOR,
    ROLE_PRIVACY
};
enum role_class { CLASS_READER, CLASS_MEMBER, CLASS_KEEPER };
enum role_class role_class(enum role role);

enum scope_kind {
    SCOPE_COMMUNITY = 1,
    SCOPE_COMPOUND,
    SCOPE_GROUP,
    SCOPE_GROUP_CARE,
    SCOPE_DESK
};
#define NODE_NO_HUB 1u /* by birth */
#define SCOPE_ALL 0u
#define SCOPE_NO_COMMUNITY 1u
#define SCOPE_NO_CENTRE 2u

enum need_code { NEED_GRANT, NEED_REVOKE, NEED_LOST, NEED_ERASE, NEED_N };

struct scopes {
    uint16_t n;
    uint32_t no[GRANT_SCOPES_MAX]; /* ascending; 0 alone means every one */
};
bool scopes_has(const struct scopes *s, uint32_t scope);

struct officers {
    uint16_t n;
    struct key key[OFFICERS_MAX]; /* ascending, all different */
    uint8_t need[NEED_N];         /* 0: missing, taken as 1 */
};

struct grant {
    uint32_t log_no;
    struct key log;
    uint32_t node;
    uint8_t person[RECORD_ID_BYTES];
    uint32_t post;
    uint32_t unit;
    enum role role;
    struct scopes scopes;
    uint64_t from; /* seq from which it rules */
    bool is_invite;
    struct key once; /* invite: the one-time key that the officers signed */
    bool has_join;   /* invite: the joiner's part is there: log, join_box, join_sig */
    bool is_joined;  /* invite: the one-time key has signed log and box key (a verdict) */
    struct key join_box; /* invite: the joiner's X25519 key */
    struct sig join_sig;
};

struct line { /* of a seal; of a revoke; of each log of a lost node */
    uint32_t log_no;
    uint64_t seq; /* revoke, lost: 0, with a zero id: nothing of this log is good */
    struct hash id;
    uint32_t heir; /* revoke, lost; 0: nobody */
};

struct order {     /* under operations that need officers */
    bool is_there; /* officers: may be missing (beside a succeed); else always true */
    struct hash seen;
    uint16_t n;
    struct key by[OFFICERS_MAX]; /* whose signatures are there */
    struct sig sig[OFFICERS_MAX];
    bool holds[OFFICERS_MAX]; /* verdicts, by auth_op_verify */
};

/* A decoded operation. Arrays that can be long are borrowed, walked bytes with a count;
 * read them with the functions below. */
struct auth_op {
    enum auth_code code;
    struct slice bytes; /* the whole operation */
    struct order order;
    struct grant grant;
    struct officers officers;     /* create, officers */
    struct slice name;            /* create, scope */
    struct key root_key, hub_key; /* create; succeed: hub_key is the key that opens the
                                     reign, set from the entry by the caller */
    uint32_t scope, epoch, unit, node;
    enum scope_kind scope_kind;
    struct key box_key, ack_key; /* node */
    struct scopes scopes;        /* node: may read */
    uint16_t schema;
    struct hash hash; /* schema: of the type files; epoch: of the key; seal: root */
    uint64_t seal_no, tree_size;
    uint32_t lines_n;                /* seal, lost */
    struct slice lines;              /* packed; auth_line reads them */
    struct line line;                /* revoke */
    uint8_t reason;                  /* revoke: reason code; erase: ground code */
    uint8_t record[RECORD_ID_BYTES]; /* erase */
    uint32_t items_n;
    struct slice items;   /* erase: packed; auth_erased reads them */
    struct slice request; /* erase */
    uint32_t receivers_n;
    struct slice receivers; /* epoch: (node, sealed key); auth_receiver */
    bool has_previous;
    uint8_t previous[WRAPPED_KEY_BYTES]; /* epoch: last key under this one */
    uint32_t reign;
    uint64_t reign_seq;
    struct hash reign_id; /* succeed */
    struct sig root_sig;
    bool root_holds; /* succeed: verdict */
    bool keys_hold;  /* verdict: each signing key that it enrols is one (key_is_valid);
                        an operation that enrols another is void */
};

struct erased_name {
    uint32_t log_no;
    uint64_t seq;
    uint16_t index;
};

/* RC_MALFORMED for anything that is not exactly one canonical operation, RC_NOTFOUND for
 * an unknown code: neither has any effect, and both are carried. Verdicts come out false.
 * Lists were walked whole: counts and order are right. */
enum rc auth_op_decode(struct slice bytes, struct auth_op *out) MUST_USE;
/* Appended. What is written must decode again: the caller keeps ranges and order. */
void auth_op_encode(const struct auth_op *op, struct buf *out);
/* What officers sign, without `seen`: the operation as it is encoded, less the officers'
 * signatures and less what a joiner added. Appended. */
void auth_op_unsigned(const struct auth_op *op, struct buf *out);

/* May this valid UTF-8 stand as a name in an operation (AUTHORITY.md section 3, 7)? */
bool auth_name_is_good(struct slice utf8);

/* Take one off the front of a list; false at its end. */
bool auth_line(struct slice *lines, struct line *out);
bool auth_erased(struct slice *items, struct erased_name *out);
bool auth_receiver(struct slice *receivers, uint32_t *node, struct slice *sealed);
/* Append one to a list that is being written, in ascending order. */
void auth_line_add(struct buf *lines, const struct line *line); /* of a seal */
void auth_lost_add(struct buf *lines, const struct line *line); /* of a lost node */
void auth_erased_add(struct buf *items, const struct erased_name *item);
void auth_receiver_add(struct buf *receivers, uint32_t node,
                       const uint8_t sealed[static SEALED_KEY_BYTES]);

/* Fills the verdicts: keys, officers' signatures, the one-time key's, the root key's.
 * Where keys_hold is false all others are. `community` is zero for what stands in the
 * community's own first entry. `root_key` (NULL: none known) and `beside` are looked at
 * for a succeed only: `beside` is the officers operation in the same entry, or NULL. An
 * entry with more than one is the caller's to void: the root has not spoken. */
void auth_op_verify(struct auth_op *op, const struct hash *community,
                    const struct key *root_key, const struct auth_op *beside);
/* What an officer signs: tag order ‖ community ‖ seen ‖ operation without signatures. */
void auth_order_sign(const struct auth_op *op, const struct hash *community,
                     const struct hash *seen, const struct pair *officer,
                     struct sig *out);
/* What the one-time key signs: tag join ‖ community ‖ log number ‖ log ‖ box key. */
void auth_join_sign(const struct grant *grant, const struct hash *community,
                    const struct pair *once, struct sig *out);
/* What the root key signs: tag root ‖ community ‖ reign ‖ seq ‖ id ‖ hub key ‖ hash of
 * `beside` without signatures, or zeros. */
void auth_root_sign(const struct auth_op *succeed, const struct hash *community,
                    const struct auth_op *beside, const struct pair *root,
                    struct sig *out);

#endif
