/* A session: two replicas exchange what the other lacks (PROTOCOL.md). A pure machine:
 * bytes and other events in, effects out; Noise runs inside, so that the simulator and
 * the fuzzer drive everything that a stranger can reach.
 *
 * Order of effects, the shell's part: begin, step, project the changes, commit, guard,
 * THEN send `out`, tell people, and step the other sessions with SESSION_CHANGED. When
 * the commit fails: roll back, replica_load, close every session. */
#ifndef LINJULI_SESSION_H
#define LINJULI_SESSION_H

#include "sync/replica.h"

struct session;

#define INVITE_NO_BYTES 16

/* What a joiner says first (XXpsk3 only). */
struct join {
    uint8_t invite[INVITE_NO_BYTES];
    struct key box_key; /* X25519: the session's static key as well */
    struct key log_key;
    struct key ack_key; /* of the node's acknowledgement log */
    struct sig sig;     /* by the one-time key, see AUTHORITY.md, grant */
};

struct session_setup {
    struct replica *replica;
    bool is_initiator;
    enum noise_pattern pattern;      /* initiator: its choice; responder: ignored */
    const struct pair *self;         /* this node's X25519 pair; borrowed, must outlive */
    struct pair ephemeral;           /* fresh and random, from the shell */
    uint8_t invite[INVITE_NO_BYTES]; /* initiator with XXPSK3 */
    struct key psk;                  /* initiator with XXPSK3 */
    const struct join *join;         /* initiator: sent first; NULL: nothing to join */
    const struct join *more; /* persons who come to this node; box_key is the node's */
    size_t more_n;           /* at most LOGS_PER_NODE_MAX */
    bool takes_persons;      /* the hub: writes grants for such persons of others */
    struct hash community;   /* expected; zero only for a joiner that knows it from its
                                invite: never */
    /* Responder: the secret of an invite, false if there is none. Of one that is used or
     * expired too: whoever knows it may hear why he is refused. */
    bool (*psk_of)(void *arg, const uint8_t invite[INVITE_NO_BYTES], struct key *psk);
    void *psk_arg;
    uint16_t schema; /* of the record types this node projects */
    uint64_t now_ms;
    /* NULL, or the root's word for the box key of a centre that was restored or replaced
     * and of which not every node has heard yet (door_sign). */
    const struct sig *door;
};

/* Root key: in this community the box key speaks for the centre, to whoever has not heard
 * of the reign yet (PROTOCOL.md section 2, 7). */
void door_sign(const struct hash *community, uint32_t reign, const struct key *box,
               const struct pair *root, struct sig *out);

struct session *session_new(const struct session_setup *setup);
void session_free(struct session *s); /* wipes; NULL is fine */

enum session_event_kind {
    SESSION_BYTES,   /* from the socket */
    SESSION_TIMER,   /* the deadline came */
    SESSION_CHANGED, /* the replica changed by another's doing: push what is new */
    SESSION_DRAINED, /* the socket took what it had: room for more */
    SESSION_REPAIR,  /* compare digests now (every 30-60 s with jitter, or `sync`) */
    SESSION_JOINED,  /* responder: the shell has written the joiner's node and grant */
    SESSION_REFUSED, /* responder: it will not; `reason` is told, INVITE, USED or EXPIRED
                      */
    SESSION_WANT,    /* bytes: scope u32 and epoch u32 each: ask for their keys */
    SESSION_KEYS,    /* bytes: scope u32, epoch u32, key each: the answer to `wanted` */
    SESSION_EOF,     /* the socket was closed */
    SESSION_END      /* this node wants to leave: says goodbye, then close is DONE */
};

struct session_event {
    enum session_event_kind kind;
    uint64_t now_ms;  /* monotonic */
    uint64_t wall_ms; /* civil: told to the peer in HELLO, decides nothing */
    struct slice bytes;
    size_t unsent_bytes; /* output that the socket has not taken yet */
    unsigned reason;     /* enum close_reason */
    uint64_t when_ms;    /* civil: since when; told with USED and EXPIRED */
};

/* Why a session ended; X-list: code, English words for the log file. */
#define CLOSE_LIST(X)                                                                    \
    X(NONE, "open")                                                                      \
    X(DONE, "both sides have everything")                                                \
    X(EOF, "the peer went away")                                                         \
    X(HANDSHAKE, "the handshake does not hold: another community, or not linjuli")       \
    X(STRANGER, "the peer's key is not a node of this community")                        \
    X(INVITE, "the invite is unknown, used or expired")                                  \
    X(VERSION, "the peer speaks another version of the protocol")                        \
    X(MALFORMED, "the peer sent a message that is not well formed")                      \
    X(FORGED, "the peer sent an entry that does not hold")                               \
    X(LIMIT, "the peer went over a limit")                                               \
    X(IDLE, "nothing was heard for too long")                                            \
    X(SLOW, "the peer does not take what it asked for")                                  \
    X(USELESS, "the peer does not deliver what it claims")                               \
    X(STORE, "this node could not store")                                                \
    X(SELF, "the peer is this node itself")                                              \
    X(USED, "the invite is used")                                                        \
    X(EXPIRED, "the invite is expired")

enum close_reason {
#define X(name, text) CLOSE_##name,
    CLOSE_LIST(X)
#undef X
        CLOSE_N
};
const char *close_text(enum close_reason reason);

/* What the peer has committed of a log (after its commit): for "delivered". */
struct session_ack {
    struct key log;
    uint64_t seq;
};

struct session_effects {
    struct buf out;          /* to send, after the commit */
    uint64_t deadline_ms;    /* next SESSION_TIMER, monotonic; UINT64_MAX: none */
    enum close_reason close; /* not NONE: send out, then close */
    struct changes changes;  /* the replica settled these: project before the commit */
    bool has_join;           /* responder: write node and grant, then SESSION_JOINED */
    bool is_person; /* has_join of one more person at a node: refused or not, JOINED */
    struct join join;
    struct session_ack *acks; /* since the last step; owned by the session */
    size_t acks_n;
    bool is_synced; /* digests were equal at this step, nothing unacknowledged either way
                     */
    bool opened;    /* the handshake completed in this step: peer known */
    /* Borrowed until the next step. The centre has lost these keys: (scope, epoch) each;
     * step SESSION_KEYS. And: those that it was given, (scope, epoch, key) each, whose
     * hash is the counted one. */
    struct slice wanted, keys;
};

/* The initiator's first step, of any kind, opens: step it with SESSION_TIMER at once.
 * While deadline_ms is not later than now, the session has work left that a single step
 * must not do: step SESSION_TIMER before reading on, or what was read piles up.
 *
 * One step. RC_OK also when the session wants to close; anything else is storage failing:
 * roll back. Effects are cleared first; buffers keep their capacity. */
enum rc session_step(struct session *s, const struct session_event *event,
                     struct session_effects *out) MUST_USE;
void session_effects_fini(struct session_effects *out);

/* For status: what the peer said and did. */
struct session_info {
    bool is_open, is_initiator;
    uint32_t node; /* 0 while joining */
    struct key box_key;
    uint16_t schema;
    int64_t skew_ms;                      /* peer's wall clock minus ours, at HELLO */
    uint64_t missing_here, missing_there; /* entries, as far as the rows told */
    uint64_t in_bytes, out_bytes, in_entries, out_entries;
    enum close_reason bye; /* the peer's reason for ending it, if it told one */
    uint64_t bye_ms;       /* with USED and EXPIRED: since when */
    bool has_hello;        /* then the skew means something */
};
void session_info(const struct session *s, struct session_info *out);

#endif
