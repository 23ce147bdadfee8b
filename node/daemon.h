/* Private to node/: the running daemon and its peers. */
#ifndef LINJULI_DAEMON_H
#define LINJULI_DAEMON_H

#include <event2/event.h>
#include <sys/socket.h>

#include "node/node.h"

struct daemon;
struct control;
struct call;

/* ---- peer.c: one connection and its session */
struct peer {
    struct peer *next;
    struct daemon *daemon;
    struct session *session;
    struct session_effects effects;
    int fd;
    struct event *readable, *writable, *timer;
    struct buf out; /* committed, not yet taken by the socket */
    struct sockaddr_storage from;
    bool is_initiator, is_open, is_closing;
    uint32_t node;     /* 0: not known yet */
    struct dial *dial; /* who called; NULL: the other side did */
    uint64_t read_bytes;
};
/* Takes the fd. NULL: the session could not start. */
struct peer *peer_new(struct daemon *d, int fd, const struct sockaddr_storage *from,
                      struct dial *dial);
/* One step of its session in a turn of its own. The peer may be gone afterwards. */
void peer_step(struct peer *p, enum session_event_kind kind);
void peer_close(struct peer *p, const char *why);

/* ---- net.c: listening and calling */
struct dial {
    struct dial *next;
    struct daemon *daemon;
    char address[256];
    struct event *timer;
    struct peer *peer; /* NULL: not connected */
    struct call *call; /* a connect under way; net.c */
    uint32_t node;     /* who answered last; 0: nobody yet */
    struct control
        *waiter; /* `sync` over the control socket waits for the end; or NULL */
    unsigned tries;
    bool is_once;
};
enum rc net_listen(struct daemon *d, const char *address, struct fault *why) MUST_USE;
void net_stop(struct daemon *d);
struct dial *dial_new(struct daemon *d, const char *address, bool is_once);
/* The connection is gone: call again later, with jitter, or (once) be done. */
void dial_lost(struct dial *d, enum close_reason reason);
void dial_free(struct dial *d);

/* ---- control.c: DIR/control.sock */
enum rc control_listen(struct daemon *d, struct fault *why) MUST_USE;
void control_stop(struct daemon *d);
/* The exchange that a client waits for has ended. */
void control_synced(struct control *c, const struct sync_report *report);

/* ---- daemon.c */
struct daemon {
    struct node *node;
    struct event_base *base;
    struct serve serve;
    struct evconnlistener *listener; /* net.c */
    struct event *resume;            /* net.c: accept again */
    struct evconnlistener *control;  /* control.c */
    struct control *controls;
    struct event *stop[2], *seal, *repair, *changed;
    struct peer *peers;
    struct dial *dials;
    size_t peers_n;
    struct buf scratch;   /* what one read takes from a socket */
    uint64_t max_hold_us; /* longest turn of the loop so far */
    bool is_stopping;
    struct sync_report report; /* of the exchange of node_sync */
    bool has_report;
};
enum rc daemon_new(struct node *n, const struct serve *s, struct daemon **out,
                   struct fault *why) MUST_USE;
void daemon_free(struct daemon *d);
/* Work that writes: begin, work, commit, guard. A failure rolls back, closes every
 * session (their state may be ahead of the database) and is returned. */
enum rc daemon_turn(struct daemon *d, enum rc (*work)(void *arg), void *arg) MUST_USE;
/* Something was written: other sessions push it, the hub does what is due. Soon, not now.
 */
void daemon_changed(struct daemon *d);
void daemon_drop_peers(struct daemon *d, const char *why);
/* min..max, evenly; jitter only. */
uint32_t jitter_ms(uint32_t min, uint32_t max);
void timer_set(struct event *e, uint64_t in_ms);
/* What a running node says of itself: JSON text, appended. */
void daemon_status(struct daemon *d, struct buf *out);

#endif
