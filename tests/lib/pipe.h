/* For tests of the session: a community whose keys the test holds, replicas of it in
 * memory, and two sessions joined by a fake wire. No time passes but what a test says. */
#ifndef LINJULI_TESTS_PIPE_H
#define LINJULI_TESTS_PIPE_H

#include "sync/session.h"
#include "tests/lib/mem_store.h"

#define TOWN_MAX 128

struct chain { /* a log as its writer keeps it */
    struct pair key;
    uint64_t seq;
    struct hash id;
};

/* Who decides, and every log's writer. Nodes and logs have numbers 1 to n; log i is
 * written on node i, or on the last one. */
struct town {
    struct hash id;
    struct pair officer, root;
    struct chain hub;
    uint32_t reign;
    struct chain log[TOWN_MAX + 1];
    uint32_t nodes_n, logs_n;
    struct pair box[TOWN_MAX + 1];
    uint64_t clock;
    uint64_t seal_no;
    struct entry_writer writer; /* for the next entry */
    struct auth_op op;
};

/* Appends entry 1 of the authority log: create, nodes and grants. */
void town_init(struct town *t, uint32_t nodes, uint32_t logs, struct buf *entry);
void town_fini(struct town *t);
/* Each appends one whole entry. */
void town_write(struct town *t, uint32_t log, size_t bytes, struct buf *entry);
void town_seal(struct town *t, uint32_t from, uint32_t to, struct buf *entry);
/* A seal line for what another copy of a log has. */
void town_seal_at(struct town *t, uint32_t log, const struct chain *at,
                  struct buf *entry);
void town_revoke(struct town *t, uint32_t log, const struct chain *at, struct buf *entry);
void town_lost(struct town *t, uint32_t node, struct buf *entry);
void town_grant(struct town *t, struct buf *entry); /* one more log, of the last node */
void town_node(struct town *t, struct buf *entry);  /* one more node */
void town_succeed(struct town *t, const struct pair *hub, const struct chain *last,
                  struct buf *entry);
/* What an invite's joiner sends. */
void town_join(const struct town *t, const struct pair *once, struct grant *grant,
               struct join *out);

/* A node: its store and its replica. */
struct home {
    uint32_t node;
    struct mem_store *store;
    struct replica *replica;
    struct pair box;
};
void home_init(struct home *h, const struct town *t, uint32_t node);
void home_fini(struct home *h);
void home_take(struct home *h, const struct buf *entry);      /* one, and settled */
void home_offer(struct home *h, const struct buf *entry);     /* one, not settled */
bool home_offer_any(struct home *h, const struct buf *entry); /* may be refused */
void home_settle(struct home *h);
bool home_same(const struct home *a, const struct home *b); /* digests */

/* side[0] is the initiator. What a side says lies on the wire to the other. */
struct side {
    struct home *home;
    struct session *session;
    struct session_effects fx;
    struct buf wire; /* towards this side */
    size_t took;     /* bytes of it that were handed over */
    enum close_reason close;
    bool is_synced, opened, has_join; /* at any step so far */
    struct join join;
    size_t acks_n;
    uint64_t sent; /* bytes, in all */
    size_t sends;  /* steps that said something */
    size_t changes_n;
    uint64_t deadline_ms;
    size_t longest;           /* most bytes that one step said */
    struct buf cipher, plain; /* everything it said, with keeps_tape */
    bool keeps_tape;
};
struct pipe {
    struct side side[2];
    uint64_t now_ms;
    size_t piece;    /* at most so many bytes are handed over at once; 0: all */
    uint64_t random; /* not zero: pieces of 1 to `piece` bytes, drawn from this */
    bool tells;
    uint64_t budget; /* bytes that still pass, both ways together */
};
void pipe_setup(const struct town *t, const struct home *h, bool initiates,
                struct session_setup *out);
void pipe_init(struct pipe *p, const struct town *t, struct home *a, struct home *b);
/* The same with setups made by hand. */
void pipe_init_with(struct pipe *p, struct home *a, const struct session_setup *as,
                    struct home *b, const struct session_setup *bs);
void pipe_fini(struct pipe *p);
/* One event to one side; its output goes on the wire. */
void pipe_step(struct pipe *p, int side, enum session_event_kind kind);
/* Steps say what they sent on stdout. */
void pipe_tell(struct pipe *p);
/* Until nobody has anything to say, time standing still. */
void pipe_run(struct pipe *p);
/* Both ends see the other gone. */
void pipe_cut(struct pipe *p);
/* Everything from opening to the end. */
void pipe_sync(const struct town *t, struct home *a, struct home *b);

#endif
