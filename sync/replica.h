/* A replica: what one node holds of a community's logs and what follows from it. It puts
 * authority, acceptance and storage together: entries are offered, then decided.
 *
 * Memory follows storage: after a failed or rolled back transaction call replica_load. */
#ifndef LINJULI_REPLICA_H
#define LINJULI_REPLICA_H

#include "sync/accept.h"
#include "sync/authority.h"
#include "sync/entry.h"
#include "sync/store.h"

struct replica;

struct replica *replica_new(const struct sync_store *store);
void replica_free(struct replica *r);
/* Reads everything again. `community` is the id of the community's entry 1 (NULL: none is
 * held yet; the first authority entry offered that has it as its id makes it known).
 * `own_log` of pending grants: see replica_assume. */
enum rc replica_load(struct replica *r, const struct hash *community) MUST_USE;
/* The state of a log of which is known only how long its trunk is (from 1), its last id
 * and clock: what a store says for it under which all is to be decided anew. */
void replica_blank(enum entry_kind kind, uint64_t trunk_n, const struct hash *top,
                   uint64_t top_clock, struct buf *out);
const struct hash *replica_community(const struct replica *r); /* NULL: none */

enum offer {
    OFFER_TAKEN,   /* extends a trunk, or makes a branch or a proof */
    OFFER_HAVE,    /* held already: no effect */
    OFFER_GAP,     /* its predecessor is not held: not kept */
    OFFER_UNKNOWN, /* its log has no grant here: not kept */
    OFFER_HELD, /* kept out of sight: quarantined, or unverified below a waiting line */
    OFFER_OVER_QUOTA /* would be held, no room: not kept */
};
/* Takes one whole entry, of either kind, from anyone. Bad bytes: RC_MALFORMED; bad root
 * or (where it must be checked now) signature: RC_FORGED, nothing kept. */
enum rc replica_offer(struct replica *r, struct slice entry, enum offer *what) MUST_USE;
/* The same for one that was signed here and now with `by`. Its signature is checked by
 * making it again, which costs a third of a verification: Ed25519 is deterministic (RFC
 * 8032, 5.1.6), so the same bytes hold. Others are verified like anybody's. */
enum rc replica_offer_own(struct replica *r, struct slice entry, const struct pair *by,
                          enum offer *what) MUST_USE;
/* A fork proof: two headers with signatures (192 bytes each), standing alone. */
enum rc replica_offer_proof(struct replica *r, struct slice one,
                            struct slice two) MUST_USE;

/* What changed since the last settle, for projection, push and people. Borrowed until the
 * next call on r. Ranges of one log are ascending and do not overlap. */
enum change_kind {
    CHANGE_ACCEPTED,  /* data entries from..to of log_no count now */
    CHANGE_WITHDRAWN, /* they no longer do: fold their records again */
    CHANGE_SEALED,    /* they are covered by a seal now */
    CHANGE_AUTHORITY, /* the counted authority prefix grew: entries from..to of reign
                         log_no */
    CHANGE_REFOLD, /* the authority prefix changed below its end: project everything again
                    */
    CHANGE_ACK,    /* entries from..to of node log_no's acknowledgement log count now */
    CHANGE_FORK,   /* a proof for log_no is known now (0: of an authority log) */
    CHANGE_WRONG_ROOT /* the seal at place `from` of the prefix has a wrong root: it
                         changes no acceptance, but contradicts what is held */
};
struct change {
    enum change_kind kind;
    uint32_t log_no;
    uint64_t from, to;
};
struct changes {
    const struct change *p;
    size_t n;
};
enum rc replica_settle(struct replica *r, struct changes *out) MUST_USE;
/* Nothing was taken since the last settle. Only so may a transaction be committed. */
bool replica_is_settled(const struct replica *r);
/* Nothing more is coming for now (a session ended, a bundle was read): the next settle
 * checks one by one what is held unverified below waiting lines. */
void replica_final(struct replica *r);

/* Project our own log as if granted until its grant counts (design section 6). */
void replica_assume(struct replica *r, const struct grant *invite);

/* ---- questions; borrowed until the next offer, settle or load */

/* The acknowledgement log of a node: no grant, no lines, `no` is the node's number. NULL:
 * no such node, or its key has another use. */
const struct log_state *replica_ack(const struct replica *r, uint32_t node);
/* Logs by number, ascending (granted ones; assumed ones have is_assumed set). */
size_t replica_logs_n(const struct replica *r);
const struct log_state *replica_log_at(const struct replica *r, size_t i);
const struct log_state *replica_log(const struct replica *r, uint32_t log_no);
const struct log_state *replica_log_by_key(const struct replica *r,
                                           const struct key *log);
/* The authority fold: officers, scopes, nodes, schema version, frozen, newest entry. */
const struct authority *replica_authority(const struct replica *r);
/* May the item of this scope and operation code at seq of the log take effect?
 * (acceptance, grant, role class; not the record-type rules). */
bool replica_effective(const struct replica *r, const struct log_state *log, uint64_t seq,
                       uint32_t scope, enum op_code code);
bool replica_is_erased(const struct replica *r, const struct record_key *record);
bool replica_is_item_erased(const struct replica *r, uint32_t log_no, uint64_t seq,
                            uint16_t index);

/* The two headers (192 bytes each) that prove the log's fork, appended; RC_NOTFOUND.
 * Where one key opens a reign twice there is no such proof: both entries are needed. */
enum rc replica_proof(const struct replica *r, const struct key *log,
                      struct buf *out) MUST_USE;

/* State replicated per log (design section 10): head, proof, lines decided. Authority
 * rows first, by reign, then data logs by number, then acknowledgement logs by node. */
struct row {
    bool is_authority;
    bool is_ack; /* a node's acknowledgement log */
    uint32_t no; /* reign, log number, or node number */
    struct key log;
    uint64_t head_seq; /* 0: none */
    struct hash head;
    bool has_proof;
    uint64_t proof_seq;
    struct hash proof[2];
    uint64_t passed; /* lines decided */
};
size_t replica_rows_n(const struct replica *r);
void replica_row_at(const struct replica *r, size_t i, struct row *out);
/* 16 bytes over all rows (PROTOCOL.md section 5). */
void replica_digest(const struct replica *r, uint8_t out[static 16]);
/* Trunk length: accepted head plus what is held behind it, out of sight: unverified below
 * a waiting line, above a fork or a cut. */
uint64_t replica_trunk_n(const struct replica *r, const struct key *log);
/* Id of the trunk's last entry; false when there is none. */
bool replica_trunk_head(const struct replica *r, const struct key *log, struct hash *id);
/* Since the last load others have brought an entry of this log that was not held: if we
 * sign it, then more of it than we know has been signed elsewhere. */
bool replica_has_come(const struct replica *r, const struct key *log);
const struct sync_store *replica_store(const struct replica *r);

/* For the hub: lines a seal would have now: each log whose accepted head is above its
 * seal. */
struct seal_draft {
    uint64_t tree_size;
    struct hash root;
    const struct line *line; /* by log number */
    size_t n;
};
/* The community's Merkle tree as of the next seal: authority entries up to now, then each
 * changed log's entries by seq (AUTHORITY.md section 8). At most as many lines as fit one
 * entry, by log number: seal and ask again for the rest. RC_STALE: a line of an earlier
 * seal waits here. */
enum rc replica_draft_seal(struct replica *r, struct seal_draft *out) MUST_USE;
/* The tree in order: runs of entries, and behind what a counted seal added that seal. Up
 * to the first that has a line undecided here. The callbacks leave r alone; false stops.
 */
struct tree_run {
    bool is_authority;
    struct key log;
    uint64_t from, to;
};
struct tree_seal {
    uint64_t no, size, pos; /* pos: place of its entry in the prefix */
    struct hash root;
};
struct tree_sink {
    bool (*run)(void *arg, const struct tree_run *run);
    bool (*seal)(void *arg, const struct tree_seal *seal);
    void *arg;
};
enum rc replica_tree(struct replica *r, const struct tree_sink *sink) MUST_USE;
/* Computes every root that can be, now. */
enum rc replica_check_seals(struct replica *r) MUST_USE;
/* Tree size and root of the counted seals in the entry at this place of the prefix,
 * against what is held. Roots are computed a portion per settle, in order. */
enum seal_verdict { SEAL_UNKNOWN, SEAL_RIGHT, SEAL_WRONG };
enum seal_verdict replica_check_seal(const struct replica *r, uint64_t pos);
/* Those found wrong so far: their places. */
size_t replica_wrong_n(const struct replica *r);
uint64_t replica_wrong_at(const struct replica *r, size_t i);

#endif
