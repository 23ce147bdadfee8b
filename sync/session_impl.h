/* Private to sync/session*.c, sync/message.c and sync/on_*.c (and to tests that look
 * inside): what a session remembers. PROTOCOL.md names the sections. */
#ifndef LINJULI_SESSION_IMPL_H
#define LINJULI_SESSION_IMPL_H

#include "sync/frame.h"
#include "sync/session.h"
#include "sync/vector.h"

#define PREFACE_BYTES 17
#define PROLOGUE_BYTES (16 + HASH_BYTES + PREFACE_BYTES)
#define PROTOCOL_VERSION 1
#define PROTOCOL_OLDEST 1

/* Bounds of one step and of one session; those of the format are in limits.h. */
#define RUN_BYTES (CHUNK_BYTES - 1024) /* streamed in one step: one Noise message */
#define STEP_CHECKS_MAX 100            /* entries whose signature is checked */
#define STEP_LOGS_MAX 256              /* logs looked up in the store */
#define REST_BYTES 4096             /* buffers keep no more when there is nothing to do */
#define BACKLOG_BYTES_MAX (4 << 20) /* received, not worked through */
#define IDS_COST_BYTES (CHUNK_BYTES / 4) /* an IDS counts like so many bytes */
#define ASKS_MAX 2                       /* a log, between two comparisons */
#define SEARCHES_MAX 8                   /* a log, without anything new */
#define ROUNDS_MAX 16                    /* VECTORs of one repair */
#define LIES_MAX 3 /* comparisons after which nothing claimed came */
#define PING_MS 20000
#define SLOW_MS 30000
#define ANSWER_MS 60000

/*   name       may be followed by */
#define STATE_LIST(X)                                                                    \
    X(PREFACE, TO(HANDSHAKE))                                                            \
    X(HANDSHAKE, TO(JOIN) | TO(HELLO))                                                   \
    X(JOIN, TO(WRITING) | TO(HELLO))                                                     \
    X(WRITING, TO(HELLO))                                                                \
    X(HELLO, TO(MEET) | TO(WRITING))                                                     \
    X(MEET, TO(REST) | TO(ASKED) | TO(VECTOR) | TO(STREAM))                              \
    X(REST, TO(ASKED) | TO(VECTOR) | TO(STREAM))                                         \
    X(ASKED, TO(MEET) | TO(REST) | TO(VECTOR) | TO(STREAM))                              \
    X(VECTOR, TO(STREAM))                                                                \
    X(STREAM, TO(REST) | TO(ASKED) | TO(STREAM))                                         \
    X(CLOSED, 0u)

enum session_state {
#define X(name, to) STATE_##name,
    STATE_LIST(X)
#undef X
        STATE_N
};

/* What this session knows of one log (or reign): ours as we would tell it, what we told,
 * what the peer told; and how far we have streamed. */
struct peer_log {
    struct key log;
    struct vrow ours;
    uint8_t
        raw[4 * KEYED_BYTES]; /* beginnings of our head and proof: has ours changed? */
    struct vrow told;         /* no 0: nothing yet */
    struct vrow theirs;       /* no 0: nothing yet */
    uint64_t next;            /* seq to stream next; 0: to be found from `theirs` */
    bool has_last;            /* `last` is the id of next - 1, which they have */
    bool is_held_other;       /* what they hold behind their head is not of our trunk */
    bool is_searching;        /* an IDS or a head of ours is under way */
    uint8_t asked, asks;      /* ASKs sent, answered since the last comparison */
    uint8_t searches;
    struct keyed last;
    bool is_held_asked;       /* the hub has asked for what is behind our head: `next` */
    struct keyed held_sent;   /* the hub was told of this one behind our head */
    uint64_t lines_sent;      /* chains of lines up to here were streamed aside */
    size_t aside;             /* entries of them so far */
    struct keyed others_sent; /* with this proof the branches went, for people to judge */
    struct keyed proof_sent;
    uint64_t ack_step; /* step in which acks[ack] was made for it */
    size_t ack;
};

struct session {
    enum session_state state;
    enum close_reason close;
    struct session_setup setup;
    struct noise *noise;
    uint8_t preface[PREFACE_BYTES];
    size_t preface_n;
    unsigned shakes; /* responder: number of the handshake message it waits for */
    struct wire wire;
    struct buf plain; /* frames received */
    size_t plain_at;  /* worked through so far */
    size_t run_at;    /* inside the RUN at the front: next entry; 0: at its beginning */
    struct key run_log;
    struct hash run_id; /* of its last entry, with is_run_new */
    enum entry_kind run_kind;
    uint64_t run_seq;
    bool is_run_new;   /* its reign is none yet: see rows_late */
    bool run_skip;     /* the rest of it is of no use */
    struct buf frames; /* to send: not yet enciphered */
    struct buf scratch;
    struct buf *tape; /* tests: frames as they are sent, in plaintext; else NULL */

    /* the peer */
    uint32_t node;
    bool is_lost, had_hello, is_joined_due;
    bool has_asked_keys;
    struct buf wanted, keys; /* what this step's effects lend */
    uint16_t schema;
    int64_t skew_ms;
    enum close_reason bye;
    uint64_t bye_ms, refused_ms; /* told by the peer; to be told */
    struct join join;
    struct join more[LOGS_PER_NODE_MAX]; /* to be told before HELLO */
    size_t more_n, persons_n;            /* persons_n: that the peer has told */
    bool is_person; /* the shell writes the grant of one more at a known node */
    bool must_ask;  /* what was told may have changed what the peer says */

    /* rows */
    struct peer_log *log; /* in the order of rows */
    size_t logs_n;
    uint64_t missing_unknown; /* entries of logs that nobody granted here */
    bool knows_rows;          /* theirs and told mean something */
    bool is_whole;            /* the last VECTOR was */
    bool wants_whole;         /* the next one shall be */
    bool has_news;            /* something changed since the last comparison */
    bool is_compared; /* rows were, since the peer was last taken to have told all */
    bool has_come;    /* entries we lacked came since then */
    bool owes_digest, wants_repair;
    bool was_equal; /* the digests; told to the shell when all is acknowledged */
    unsigned lies, rounds;
    size_t cursor;     /* logs below it have nothing to be streamed */
    bool is_streaming; /* something is left to be streamed */
    size_t stream_at;  /* of this step in `frames` */

    /* counts */
    uint64_t runs_out, runs_acked, runs_in;
    bool owes_ack;
    uint64_t in_bytes, out_bytes, in_entries, out_entries;

    /* this step */
    uint64_t steps_n;
    uint64_t now_ms, wall_ms;
    size_t unsent;
    struct session_effects *out;
    size_t work;      /* bytes of entries offered */
    unsigned checks;  /* of them with a signature to check */
    unsigned lookups; /* logs looked up in the store */
    bool has_offered, has_authority, is_waiting, is_unequal;
    struct session_ack *acks;
    size_t acks_n, acks_cap;

    /* time */
    uint64_t heard_ms, pinged_ms, asked_ms, acked_ms, taken_ms;
    uint64_t acks_seen; /* runs_acked at the step before */
    size_t expected;    /* unsent bytes if the socket takes nothing */
};

/* ---- session_state.c */
void session_move(struct session *s, enum session_state to);
bool session_is_open(const struct session *s); /* meet to stream */
const char *session_state_name(enum session_state state);
/* Says BYE where a frame can still be said; later calls change nothing. */
void session_close(struct session *s, enum close_reason reason);
void session_check(const struct session *s); /* the invariant */

/* ---- session_shake.c */
void shake_start(struct session *s);
/* Takes what belongs to the handshake off the front of *bytes. */
void shake_read(struct session *s, struct slice *bytes);
void shake_joined(struct session *s);
void shake_hello(struct session *s); /* HELLO and DIGEST */
/* Straight into the state after the handshake; for tests that speak in plaintext. */
void shake_skip(struct session *s, uint32_t node);
const uint8_t *session_hash(const struct session *s);

/* ---- session_rows.c */
void rows_refresh(struct session *s); /* ours anew from the replica */
struct peer_log *rows_find(struct session *s, const struct vrow *at); /* kind, number */
struct peer_log *rows_find_key(struct session *s, bool is_authority,
                               const struct key *log);
void rows_equal(struct session *s); /* the digests were: theirs and told are ours */
/* A comparison begins anew: what was asked; and what was streamed, if it all arrived. */
void rows_forget(struct session *s, bool streamed);
void rows_take(struct session *s, struct peer_log *l, const struct vrow *row);
/* An acknowledgement log of which nothing is held and nothing was told: most of them,
 * always. It is not named. */
bool rows_is_silent(const struct peer_log *l);
bool rows_is_open_to(const struct session *s, const struct peer_log *l);
/* After a RUN its receiver has the last entry, and so does its sender: `row` is theirs or
 * told. */
void rows_assume(struct session *s, struct vrow *row, const struct peer_log *l,
                 uint64_t seq, const struct hash *id);
/* The same for a reign that only this step's settle has made one. */
void rows_late(struct session *s);
void rows_claims(const struct session *s, uint64_t *here, uint64_t *there);

/* ---- session_stream.c: what the peer lacks, in turns */
enum rc stream_step(struct session *s) MUST_USE;
bool stream_is_idle(const struct session *s); /* all sent, all acknowledged */
/* Does what is held of this log behind our head go to the peer? */
bool stream_is_for_hub(const struct session *s, const struct peer_log *l);
bool stream_has_room(const struct session *s);
/* Our trunk's entry at seq into `out` (replaced); RC_NOTFOUND. */
enum rc stream_entry(struct session *s, const struct key *log, uint64_t seq,
                     struct buf *out) MUST_USE;

/* ---- session_branch.c: what stands beside a trunk */
/* Sends our proof: two heads, or of the authority log two entries. */
enum rc branch_proof(struct session *s, struct peer_log *l) MUST_USE;
/* Streams the chains of lines that we have decided and the peer has not, as far as they
 * are no part of our trunk; *more: not all of it yet. */
enum rc branch_lines(struct session *s, struct peer_log *l, bool *more) MUST_USE;
/* What both know to be a fork: its branches, aside, once; a little to anyone, all of it
 * to the hub. */
enum rc branch_others(struct session *s, struct peer_log *l, bool *more) MUST_USE;
/* An entry alone in a RUN, aside: it says nothing of our head. */
void branch_run(struct session *s, struct slice entry);

/* ---- session_search.c: where two chains part */
struct search {
    uint64_t low;  /* both have the same entry here, or 0 */
    uint64_t high; /* and others here */
};
size_t search_points(const struct search *at); /* ids between them, at most FORK_RANGE */
enum rc search_start(struct session *s, struct peer_log *l) MUST_USE;
/* The peer's ids at the points are in r: narrows, and answers. */
enum rc search_narrow(struct session *s, struct peer_log *l, struct search *at,
                      struct reader *r) MUST_USE;

#endif
