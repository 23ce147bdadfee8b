/* Messages: one list from which codes, names, states and handlers are made (PROTOCOL.md
 * section 4). Private to the session. */
#ifndef LINJULI_MESSAGE_H
#define LINJULI_MESSAGE_H

#include "sync/session_impl.h"

/*   code, name, file's function, payload at least, states that it may come in */
#define MESSAGE_LIST(X)                                                                  \
    X(1, HELLO, on_hello, 13, IN(JOIN) | IN(HELLO))                                      \
    X(2, DIGEST, on_digest, 17, IN_OPEN)                                                 \
    X(3, VECTOR, on_vector, 2, IN_OPEN)                                                  \
    X(4, ROWS, on_rows, 1, IN(VECTOR))                                                   \
    X(5, RUN, on_run, 1, IN_OPEN)                                                        \
    X(6, PROOF, on_proof, 2 + ENTRY_HEAD_BYTES, IN_OPEN)                                 \
    X(7, ACK, on_ack, 1, IN_OPEN)                                                        \
    X(8, IDS, on_ids, 4, IN_OPEN)                                                        \
    X(9, ASK, on_ask, 3, IN_OPEN)                                                        \
    X(10, JOIN, on_join, 2 * KEY_BYTES + SIG_BYTES, IN(JOIN))                            \
    X(11, JOINED, on_joined, 0, IN(HELLO))                                               \
    X(12, PING, on_ping, 0, IN_TRANSPORT)                                                \
    X(13, PONG, on_pong, 0, IN_TRANSPORT)                                                \
    X(14, BYE, on_bye, 1, IN_TRANSPORT)                                                  \
    X(15, WANT, on_want, 8, IN_OPEN)                                                     \
    X(16, KEYS, on_keys, 0, IN_OPEN)                                                     \
    X(17, PERSON, on_person, INVITE_NO_BYTES + KEY_BYTES + SIG_BYTES, IN(HELLO))

enum message {
#define X(code, name, on, least, states) MESSAGE_##name = (code),
    MESSAGE_LIST(X)
#undef X
        MESSAGE_N
};

/* Each handler takes a payload of at least the listed length; RC_OK also when it has
 * closed the session; anything else is storage failing. */
#define X(code, name, on, least, states)                                                 \
    enum rc on(struct session *s, struct slice payload) MUST_USE;
MESSAGE_LIST(X)
#undef X

/* Handles frames until there is none whole, the step's budget is used up, or the rest
 * has to wait for a settle. */
enum rc message_read(struct session *s) MUST_USE;
/* "HELLO"; "?" for an unknown type. */
const char *message_text(uint8_t type);
/* Sends an empty message. */
void message_bare(struct session *s, enum message type);
/* kind ‖ number: how messages name a log. */
void message_name(struct buf *out, const struct peer_log *l);
/* The log so named, or NULL (unknown here); sets bad. */
struct peer_log *message_log(struct session *s, struct reader *r);
/* Our row of one log, as an ACK. */
void message_row(struct session *s, struct peer_log *l);
void message_digest(struct session *s, bool asks);
void message_want(struct session *s, struct slice list);
void message_keys(struct session *s, struct slice list);
void message_vector(struct session *s, bool whole);
/* ACK of everything worked through, with the rows that changed. */
void message_ack(struct session *s);
/* The peer is done: did what it claimed come? */
void message_judge(struct session *s);
/* The digests were not equal: compare rows, once more, or rest. */
void message_unequal(struct session *s);

#endif
