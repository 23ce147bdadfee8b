/* Private to sync/: the inside of a replica. One `held` per log; entries come in as
 * arrivals, so that tests can feed fabricated ones through the very same engine (only
 * the codec is another). */
#ifndef LINJULI_REPLICA_IMPL_H
#define LINJULI_REPLICA_IMPL_H

#include "sync/authority_impl.h"
#include "sync/replica.h"

/* What an entry's head says. */
struct arrival {
    enum entry_kind kind;
    struct key log;
    struct fact fact;   /* sig is not set */
    struct slice bytes; /* whole, or the head alone */
};

/* How bytes are understood: entries of ENTRY.md, or a test's. */
struct codec {
    void *self;
    size_t head_n; /* bytes of a head that stands alone; a whole entry has more */
    /* All but the id, of well-formed bytes (whole or head); false: they are not. */
    bool (*read)(void *self, struct slice bytes, struct arrival *out);
    /* Does the entry's own signature hold? */
    bool (*check)(void *self, const struct arrival *a);
    /* Operations of a whole authority entry; the bytes stay until the next call. */
    uint32_t (*ops)(void *self, const struct arrival *a);
    void (*op)(void *self, uint32_t index, struct auth_op *out);
    /* A whole data entry without the items that an erase names, into out (replaced);
     * false: it names none that is still there. NULL: entries without items. */
    bool (*without)(void *self, uint32_t log_no, struct slice bytes, struct buf *out);
};

enum verdict { VERDICT_NONE, VERDICT_GOOD, VERDICT_BAD };

/* An entry beside the trunk: attached to what is held, or a head that proves a fork. */
struct loose {
    struct fact fact;
    enum verdict sig;
    uint32_t bytes_n;
    bool is_head;
    bool is_moving; /* about to leave: see held_loose_moved */
};

/* A head whose predecessor is not held, remembered for a while: another one at its seq
 * makes a fork. In memory only. */
#define GAPS_MAX 64
struct gap {
    struct fact fact;
    uint8_t head[ENTRY_HEAD_BYTES];
};

/* Everything held of one log. */
struct held {
    struct key key;
    enum entry_kind kind;
    uint32_t index;          /* in the replica's list */
    struct log_state *state; /* data: NULL without a grant */
    struct log_state own;    /* data: assumed, or a node's acknowledgement log */
    /* the trunk */
    uint64_t trunk_n;
    struct hash top;
    uint64_t top_clock;
    uint64_t good_from, good_to; /* signatures of (good_from, good_to] were checked */
    uint64_t held_bytes;         /* of the trunk above what is accepted, about */
    uint64_t extra;              /* room beside the quota, as long as a line waits */
    /* loose */
    struct loose *loose;
    size_t loose_n, loose_cap;
    struct idmap loose_ids, loose_seqs;
    uint64_t loose_bytes;
    size_t bodies_n; /* those that are no heads */
    struct gap *gap; /* a ring */
    uint32_t gaps_n, gap_next;
    struct proof proof;
    /* lines not decided yet */
    size_t lines_seen;
    uint64_t ahead;      /* highest seq any of them names */
    uint64_t ahead_seal; /* of a seal */
    size_t sought;       /* line that was looked for in the whole trunk, plus 1 */
    /* since the last settle */
    bool is_active, is_dirty, must_check, has_fork;
    bool has_come; /* since the last load: something of it, from others */
    bool has_blob;
    bool is_behind; /* loaded: its state is older than its trunk */
    struct {        /* what the blob says, so that not every entry writes it anew */
        bool is_plain;
        uint64_t trunk_n, good_from;
        size_t passed, empty_n;
    } saved;
    uint64_t was_head, was_seal, keep;
    /* of the community's tree */
    uint64_t tree_seq;
    bool is_placed; /* tree_seq is what it must be */
};

struct segment { /* a reign's part of the prefix */
    uint32_t held;
    uint64_t pos; /* of its entry 1 */
};

struct tree_walk {
    struct merkle tree;
    uint64_t pos;      /* authority entries in it */
    uint32_t seal;     /* counted seals in it */
    uint32_t op, line; /* done inside the next one */
};

struct digest_memo {
    bool is_known;
    uint8_t b[16];
};

struct opened { /* the authority entry whose operations are being read */
    struct entry entry;
    struct hash id;
    struct entry_items items;
    uint32_t n, next;
};

struct replica {
    const struct sync_store *store;
    struct codec codec;
    bool has_community;
    struct hash community;
    struct authority *authority;
    struct held **held;
    size_t held_n, held_cap;
    struct idmap keys;
    struct held *last; /* asked for last */
    /* authority */
    bool is_auth_dirty, is_open, is_refolded, is_auth_unsaved;
    struct auth_row *row; /* keys are indices of held */
    size_t rows_n;
    struct segment *segment;
    size_t segments_n;
    uint64_t was_n;  /* entries of the prefix at the last settle */
    uint32_t *wrong; /* places of seals with a wrong root */
    size_t wrong_n, wrong_cap, wrong_told;
    struct tree_walk walk, walked; /* now; at the end of the last whole entry */
    struct held *first;            /* of the community's entry 1 */
    const struct pair *own;        /* while what it has signed is offered */
    bool has_root;
    struct key root_key;
    struct auth_op op; /* one that is looked at */
    struct line *draft;
    size_t draft_cap;
    /* settle */
    bool is_final;
    struct held **active;
    size_t active_n, active_cap;
    struct change *change;
    size_t changes_n, changes_cap;
    const struct log_state **log; /* by number */
    size_t logs_n, logs_cap, assumed_n;
    struct held **ack; /* acknowledgement logs, by node */
    size_t acks_n, acks_cap;
    uint64_t acks_of;   /* the authority's `people` at the last look */
    size_t erased_done; /* items named by an erase that are gone from what is held */
    struct buf rewritten;
    struct digest_memo *memo;
    struct opened opened;
    struct {
        uint64_t from;
        struct hash id[64];
        uint32_t n;
        const struct held *of;
    } near;            /* ids read ahead, for duplicates */
    uint64_t checks_n; /* signatures checked, for tests */
    struct buf scratch;
};

/* ---- replica.c */
struct replica *replica_new_with(const struct sync_store *store, const struct codec *c);
/* What replica_offer does behind the codec. */
enum rc replica_take(struct replica *r, const struct arrival *a,
                     enum offer *what) MUST_USE;
enum rc replica_take_proof(struct replica *r, const struct arrival *one,
                           const struct arrival *two) MUST_USE;
void replica_reset(struct replica *r);
enum rc replica_current(struct replica *r) MUST_USE;
/* Makes the list of logs again. */
void replica_list(struct replica *r);
void replica_activate(struct replica *r, struct held *h);
void replica_change(struct replica *r, struct change c);
bool replica_check(struct replica *r, const struct arrival *a);

/* ---- replica_codec.c: real entries */
struct codec replica_codec(struct replica *r);

/* ---- replica_held.c: trunk, loose entries, forks */
struct held *held_find(struct replica *r, const struct key *key);
struct held *held_get(struct replica *r, const struct key *key, enum entry_kind kind);
void held_free(struct held *h);
/* Id of the trunk's entry at seq; RC_CORRUPT if the store has none. */
enum rc held_id_at(struct replica *r, const struct held *h, uint64_t seq,
                   struct hash *id) MUST_USE;
enum rc held_append(struct replica *r, struct held *h, const struct arrival *a) MUST_USE;
enum rc held_cut(struct replica *r, struct held *h, uint64_t from) MUST_USE;
struct loose *held_loose(const struct held *h, const struct hash *id);
bool held_has_rival(const struct held *h, uint64_t seq);
void held_loose_note(struct held *h, const struct arrival *a, enum verdict sig,
                     bool is_head);
enum rc held_loose_put(struct replica *r, struct held *h, const struct arrival *a,
                       enum verdict sig) MUST_USE;
enum rc held_loose_del(struct replica *r, struct held *h, const struct hash *id) MUST_USE;
/* Takes away all that are moving. */
enum rc held_loose_moved(struct replica *r, struct held *h) MUST_USE;
/* The same, but of those in the proof the heads stay. */
enum rc held_loose_drop(struct replica *r, struct held *h) MUST_USE;
bool held_room(const struct held *h, size_t bytes_n);
/* Is the entry held whole? */
enum rc held_has(struct replica *r, const struct held *h, const struct arrival *a,
                 bool *has) MUST_USE;
/* Is its predecessor? */
enum rc held_is_attached(struct replica *r, const struct held *h, const struct arrival *a,
                         bool *is) MUST_USE;
/* An entry whose predecessor is not held. */
enum rc held_gap(struct replica *r, struct held *h, const struct arrival *a,
                 enum offer *what) MUST_USE;
/* One with a good signature, held or not: does it prove a fork with what is held? */
enum rc held_prove(struct replica *r, struct held *h, const struct arrival *a) MUST_USE;
/* The path, loose from `from` on, becomes the trunk: path[i] is at seq from + i. */
enum rc held_swap(struct replica *r, struct held *h, uint64_t from,
                  const struct hash *path, size_t n) MUST_USE;

/* ---- replica_room.c */
/* An entry that a waiting line can need, and no room: other branches make it. */
enum rc held_make_room(struct replica *r, struct held *h,
                       const struct arrival *a) MUST_USE;

/* ---- replica_data.c */
enum rc data_take(struct replica *r, struct held *h, const struct arrival *a,
                  enum offer *what) MUST_USE;
/* The prefix said something new about the log. */
enum rc data_lines(struct replica *r, struct held *h) MUST_USE;
enum rc data_settle(struct replica *r, struct held *h) MUST_USE;
/* Everything about it is to be decided again. */
void data_undecide(struct replica *r, struct held *h);

/* ---- replica_auth.c */
enum rc auth_take(struct replica *r, const struct arrival *a, enum offer *what) MUST_USE;
enum rc auth_refold(struct replica *r) MUST_USE;
/* Links logs that the prefix has touched to what is held of them. */
enum rc auth_link(struct replica *r) MUST_USE;
/* Where an entry of the prefix stands. */
struct held *auth_place(const struct replica *r, uint64_t pos, uint64_t *seq);

/* ---- replica_ack.c */
/* Nodes came or changed: which acknowledgement logs there are. */
enum rc ack_link(struct replica *r) MUST_USE;
void ack_forget(struct replica *r);

/* ---- replica_erase.c */
/* Items that an erase names leave the entry before it is stored; false: there are none.
 */
bool erase_arrival(struct replica *r, const struct log_state *s, struct slice *entry);
bool erase_without(void *self, uint32_t log_no, struct slice bytes, struct buf *out);
/* What is held is written anew without the items named since the last time. */
enum rc erase_held(struct replica *r) MUST_USE;

/* ---- replica_state.c */
enum rc state_save(struct replica *r, struct held *h) MUST_USE;

/* ---- replica_seal.c */
enum rc seal_walk(struct replica *r, uint64_t leaves_max) MUST_USE;
void seal_walk_reset(struct replica *r);
/* How far into the log the tree has come, found anew. */
void seal_place(const struct replica *r, struct held *h);

#endif
