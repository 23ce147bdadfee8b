/* Private to node/: the running daemon and its peers. */
#ifndef LINJULI_DAEMON_H
#define LINJULI_DAEMON_H

#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "node/node.h"
#include "node/twin.h"

struct daemon;
struct control;
struct call;
struct lan;
struct guest;

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
    bool has_heard;              /* its first bytes */
    uint32_t node;               /* 0: not known yet */
    struct dial *dial;           /* who called; NULL: the other side did */
    uint64_t made_ms, opened_ms; /* monotonic */
    uint64_t synced_ms;          /* wall clock, for people; 0: not in this connection */
    bool has_asked_keys;
    struct refusal refusal; /* of a joiner, for BYE */
};
/* Takes the fd. NULL: the session could not start. */
struct peer *peer_new(struct daemon *d, int fd, const struct sockaddr_storage *from,
                      struct dial *dial);
/* One step of its session in a turn of its own. The peer may be gone afterwards. */
void peer_step(struct peer *p, enum session_event_kind kind);
void peer_close(struct peer *p, const char *why);
/* The peer is gone without a word; its descriptor is the caller's. */
int peer_release(struct peer *p);
/* What people want to know of a peer later; inside a turn. */
enum rc peer_note(struct peer *p) MUST_USE;
/* Another connection to the same node is the one that stays. `is_settled`: both are old
 * enough for this one to be nobody's short visit. */
bool peer_is_double(const struct peer *p, bool is_settled);

/* ---- peer_keys.c: keys that a restored centre lacks */
/* Does the session have to be stepped with this, now? `list` keeps its bytes. */
bool peer_keys(struct peer *p, struct session_event *next, struct buf *list);

/* ---- net.c: listening and calling */
struct door { /* accepts; pauses when it cannot, so that the loop does not spin */
    struct evconnlistener *listener;
    struct event *resume;
    const char *name;
    bool is_paused;
};
bool door_open(struct daemon *d, struct door *door, const struct sockaddr *at,
               socklen_t n) MUST_USE;
void door_pause(struct door *door, unsigned ms); /* or until door_resume */
void door_resume(struct door *door);
void door_close(struct door *door);

struct dial {
    struct dial *next;
    struct daemon *daemon;
    char address[256];
    struct event *timer;
    struct peer *peer;      /* NULL: not connected */
    struct call *call;      /* a connect under way; net.c */
    uint32_t node;          /* who answered last; 0: nobody yet */
    uint32_t lan_node;      /* whose beacon told the address; 0: nobody's */
    unsigned at;            /* which of the addresses of its name */
    struct control *waiter; /* `sync` over the control socket waits for the end */
    unsigned tries;
    bool is_once;
};
enum rc net_listen(struct daemon *d, const char *address, struct fault *why) MUST_USE;
/* Wherever a neighbour may call: the usual port, or another one where that is taken. */
enum rc net_listen_anywhere(struct daemon *d, struct fault *why) MUST_USE;
void net_stop(struct daemon *d);
/* The nth address that HOST:PORT stands for. RC_NOTFOUND: there are fewer. */
enum rc net_resolve(const char *address, bool is_listen, unsigned nth,
                    struct sockaddr_storage *out, socklen_t *n) MUST_USE;
/* An address that is called already is not called twice. */
struct dial *dial_new(struct daemon *d, const char *address, bool is_once);
/* The connection is gone, or (NULL) nobody answered: call again later, with jitter, or
 * (once) be done. */
void dial_lost(struct dial *d, const struct sync_report *report);
void dial_free(struct dial *d);

/* ---- lan.c: neighbours by UDP multicast; without it nothing is lost but their addresses
 */
void lan_start(struct daemon *d);
void lan_stop(struct daemon *d);
void lan_changed(struct daemon *d); /* there is something new to tell, perhaps */
void lan_lost(struct dial *dial);   /* a call that a beacon led to has ended */
/* A datagram to the group; the daemon has its lan. */
void lan_hear(struct daemon *d, struct slice datagram, const struct sockaddr_in *from);
size_t lan_heard_n(const struct daemon *d);
/* HOST:PORT of another machine that speaks as this node; false: none was heard. */
bool lan_twin(const struct daemon *d, char at[static TWIN_TEXT_BYTES]);

/* ---- code_serve.c: joiners with sixteen digits, at the hub */
/* Takes the fd and what has been read from it. */
void guest_new(struct daemon *d, int fd, struct slice bytes);
void guest_stop(struct daemon *d);

/* ---- control.c: DIR/control.sock */
#define CONTROLS_MAX 32 /* at a time; further ones wait outside */
enum rc control_listen(struct daemon *d, struct fault *why) MUST_USE;
void control_stop(struct daemon *d);
void control_accept(struct evconnlistener *listener, evutil_socket_t fd,
                    struct sockaddr *from, int n, void *arg);
/* The exchange that a client waits for has ended. */
void control_synced(struct control *c, const struct sync_report *report);

/* ---- daemon.c */
struct daemon {
    struct node *node;
    struct event_base *base;
    struct serve serve;
    struct door net, control;
    struct control *controls;
    size_t controls_n, controls_max;
    struct event *stop[3], *seal, *repair, *changed, *erase;
    struct peer *peers;
    struct dial *dials;
    struct lan *lan; /* NULL: not wanted, or not possible */
    struct guest *guests;
    size_t guests_n;
    size_t peers_n, peers_max;
    size_t refused; /* at the door, since the log was told */
    uint64_t refused_ms;
    struct buf scratch; /* what one read takes from a socket */
    /* Longest so far: a turn of the network, of it before the commit, a command. */
    uint64_t max_hold_us, max_work_us, max_command_us;
    bool is_stopping;
    bool is_visit;             /* node_sync: the loop ends with the exchange */
    struct sync_report report; /* of the exchange of node_sync */
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
void daemon_drop_peers(struct daemon *d, enum close_reason reason, const char *why);
struct hub daemon_hub(struct daemon *d);
uint64_t daemon_now_us(void);
/* min..max, evenly; jitter only. */
uint32_t jitter_ms(uint32_t min, uint32_t max);
void timer_set(struct event *e, uint64_t in_ms);
/* What a running node says of itself: JSON text, appended. */
void daemon_status(struct daemon *d, struct buf *out);

#endif
