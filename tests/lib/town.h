/* For tests of the session: a community whose keys the test holds, and replicas of it in
 * memory. */
#ifndef LINJULI_TESTS_TOWN_H
#define LINJULI_TESTS_TOWN_H

#include "sync/replica.h"
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
    struct chain ack[TOWN_MAX + 1]; /* by node */
    uint32_t nodes_n, logs_n;
    struct pair box[TOWN_MAX + 1];
    uint64_t clock;
    uint64_t seal_no;
    struct entry_writer writer; /* for the next entry */
    struct auth_op op;
};

/* A pair from a letter and a number. */
struct pair town_pair(enum pair_kind kind, char letter, uint32_t no);
/* Appends entry 1 of the authority log: create, nodes and grants. */
void town_init(struct town *t, uint32_t nodes, uint32_t logs, struct buf *entry);
void town_fini(struct town *t);
/* Each appends one whole entry. */
/* The next entry of a node's acknowledgement log. */
void town_ack(struct town *t, uint32_t node, struct buf *entry);
void town_write(struct town *t, uint32_t log, size_t bytes, struct buf *entry);
void town_seal(struct town *t, uint32_t from, uint32_t to, struct buf *entry);
/* A seal line for what another copy of a log has. */
void town_seal_at(struct town *t, uint32_t log, const struct chain *at,
                  struct buf *entry);
void town_revoke(struct town *t, uint32_t log, const struct chain *at, struct buf *entry);
void town_lost(struct town *t, uint32_t node, struct buf *entry);
/* Names item 0 of entries from to `to` of a log as erased. */
void town_erase(struct town *t, uint32_t log, uint64_t from, uint64_t to,
                struct buf *entry);
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

/* A town and some homes that hold its first entry. Masks: bit i is home[i]. */
#define HOMES_MAX 6
struct street {
    struct town town;
    struct home home[HOMES_MAX];
    size_t homes_n;
    struct buf e; /* the entry written last */
    uint64_t random;
};
void street_init(struct street *s, size_t homes, uint32_t logs);
void street_fini(struct street *s);
void street_gives(struct street *s, unsigned homes); /* e */
/* n entries of a log, into the homes of the mask. */
void street_writes(struct street *s, uint32_t log, size_t n, size_t bytes,
                   unsigned homes);
void street_seals(struct street *s, unsigned homes); /* all that was written */
void street_seals_at(struct street *s, uint32_t log, const struct chain *at,
                     unsigned homes);
struct row street_row(const struct street *s, size_t home, bool is_authority,
                      uint32_t no);
uint64_t street_draw(struct street *s, uint64_t n); /* 0 to n - 1 */

#endif
