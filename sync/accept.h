/* Acceptance of one log's entries (design section 6; the executable rule is pinned by
 * tests/golden/model). */
#ifndef LINJULI_ACCEPT_H
#define LINJULI_ACCEPT_H

#include "sync/auth_op.h"

/* What the rule needs to know of an entry. */
struct fact {
    struct hash id;
    struct hash prev; /* zero for seq 1 */
    uint64_t seq;
    uint64_t clock;
    bool sig; /* own signature valid */
};

/* A seal or revoke line as the authority prefix says it, with its place there. 64 bytes:
 * a community of five years has millions. */
struct log_line {
    struct hash id;
    uint64_t seq;     /* revoke: 0, with a zero id: nothing of this log is good */
    uint64_t clock;   /* of its entry */
    uint32_t pos;     /* place of its entry in the prefix */
    uint32_t seal_no; /* seal only */
    uint32_t heir;    /* revoke only */
    bool is_revoke;
};

struct seal_point { /* a seal line that counts */
    uint64_t seq;
    uint64_t clock;
    uint32_t pos;
    uint32_t seal_no;
};

struct proof {
    uint64_t seq; /* 0: none */
    struct hash id[2];
};

struct log_grant { /* from which seq, what */
    uint64_t from;
    uint32_t unit;
    enum role role;
    struct scopes scopes;
};

/* Everything about one granted log. */
struct log_state {
    uint32_t no;
    struct key key;
    uint8_t person[RECORD_ID_BYTES];
    uint32_t post;
    uint32_t node;
    bool is_assumed;
    bool is_ack; /* a node's acknowledgement log: `no` is the node's number */
    struct log_grant *grants;
    size_t grants_n, grants_cap; /* in the authority log's order */
    struct log_line *lines;
    size_t lines_n, lines_cap;
    size_t passed; /* lines decided */
    bool waiting;  /* a line's chain is not held yet */
    struct seal_point *seals;
    size_t seals_n, seals_cap; /* ascending seq */
    uint64_t head_seq;
    struct hash head; /* last accepted; seq 0: none */
    uint64_t head_clock;
    uint64_t seal_seq;
    struct hash seal; /* effective seal; seq 0: none */
    bool is_revoked;
    uint64_t cut_seq;
    struct hash cut;
    uint32_t heir;
    uint64_t cut_pos;
    bool is_closed; /* sealed at its cut */
    struct proof proof;
    /* What replica.c keeps of it: places in `lines` of the holding revoke and of seal
     * lines decided without effect, ascending. */
    uint32_t cut_line;
    uint32_t *empty;
    size_t empty_n, empty_cap;
    struct held *held;
};

/* The grant that rules at seq (the last with from <= seq), or NULL. */
const struct log_grant *log_grant_at(const struct log_state *log, uint64_t seq);
/* May the item of this scope and operation at seq take effect, for all that acceptance,
 * grant and role say? */
bool log_effective(const struct log_state *log, uint64_t seq, uint32_t scope,
                   enum op_code code);
/* Clock of the first covering seal of seq, or UINT64_MAX. */
uint64_t log_sealed_clock(const struct log_state *log, uint64_t seq);

/* The rule from scratch: facts held of the log in any order, its lines in order. Sets
 * passed, waiting, seals, head, seal, revoke, closed, proof of `log`; `accepted` (NULL or
 * room for `n` pointers) gets the accepted facts by seq, *accepted_n their number. */
void accept_log(struct log_state *log, const struct fact *facts, size_t n,
                const struct fact **accepted, size_t *accepted_n);

/* The same, going on from where `log` stands: lines decided, effective seal, holding
 * revoke and proof are taken as they are. */
struct tree;
struct accept_run {
    const struct tree
        *tree; /* of the facts above the effective seal, which is its base */
    uint64_t base_clock;
    /* Seq at which the chain up to the base has this id; 0: not there. */
    uint64_t (*below)(void *arg, const struct hash *id);
    void *arg;
    uint32_t *path; /* out: indices of accepted facts above the base; room for all */
    size_t path_n;
};
void accept_from(struct log_state *log, struct accept_run *run);
/* Appends to the log's lists; what a log_state owns is freed by log_state_fini. */
void log_line_add(struct log_state *log, const struct log_line *line);
void log_seal_add(struct log_state *log, const struct log_line *line);
void log_grant_add(struct log_state *log, const struct grant *grant);
void log_empty_add(struct log_state *log, uint32_t line);
void log_revoke_set(struct log_state *log, uint32_t line);
/* Forgets every decision, keeps grants, lines and proof. */
void log_undecide(struct log_state *log);
void log_state_fini(struct log_state *log);

#endif
