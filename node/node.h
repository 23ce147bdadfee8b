/* node/: the machine around the ledger. Directory, lock, keys, guard, event loop, peers,
 * control socket. Everything that touches the operating system is here. */
#ifndef LINJULI_NODE_H
#define LINJULI_NODE_H

#include "node/audit.h"
#include "node/fd.h"
#include "node/guard.h"
#include "node/jail.h"
#include "node/log.h"
#include "schema/schema.h"

#define OWN_LOGS_MAX LOGS_PER_NODE_MAX

/* node.conf: what can be set; read at start, unknown names are refused with their line.
 */
struct conf {
    char listen[256]; /* HOST:PORT; empty: does not listen */
    char web[256];
    struct buf peers; /* NUL-terminated HOST:PORT, one after the other */
    bool lan;
    unsigned seal_s;   /* hub: seconds between seals while there is something new */
    unsigned repair_s; /* digests are compared about this often */
};
/* Text of node.conf (libconfuse); why gets file line and name. */
enum rc conf_parse(const char *text, struct conf *out, struct fault *why) MUST_USE;
void conf_fini(struct conf *c);
void conf_print(const struct conf *c, struct buf *out);

enum log_lock {
    LOG_OPEN,     /* its person has set no PIN */
    LOG_LOCKED,   /* behind a PIN; it writes nothing until it is unlocked */
    LOG_UNLOCKED, /* by its PIN, in this process */
    LOG_HANDED    /* its post was handed over: the key is gone, the log stays */
};

/* A node directory, open: lock held, keys read, ledger open, guard compared. */
struct node {
    char *dir;
    int lock_fd;
    struct conf conf;
    struct ledger *ledger;
    struct pair box; /* node.key */
    /* Own logs, each of one person. The secret half of a locked one is not here. */
    struct pair log[OWN_LOGS_MAX];
    enum log_lock lock[OWN_LOGS_MAX];
    size_t logs_n;
    bool has_hub;
    struct pair hub;
    /* Officers' keys of this machine that may be used: without a PIN, or unlocked. The
     * names of all of them: officer-KEY.key, KEY being 16 hex digits of it. */
    struct pair officer[OFFICERS_MAX];
    size_t officers_n;
    bool has_ack;
    struct pair ack; /* of this node's acknowledgement log */
    bool has_invite; /* it lies in DIR from the joining on */
    struct invite invite;
    /* Of further persons, by place of their log; NULL: none waits. */
    struct invite *invite_of[OWN_LOGS_MAX];
    bool has_newcomer; /* the daemon has not told others of him yet */
    bool has_door; /* the root's word for this machine as the centre (PROTOCOL.md 2, 7) */
    struct sig door;
    /* Guards by place: own logs, then (hub) the authority log, then the acknowledgement
     * log. NULL: must not write. */
    struct guard *guard[OWN_LOGS_MAX + 2];
    enum guard_word word[OWN_LOGS_MAX + 2];
};

enum node_mode { NODE_WRITE, NODE_READ };
/* RC_BUSY: another process holds the lock (the daemon runs). NODE_READ takes no lock. */
enum rc node_open(const char *dir, enum node_mode mode, struct node **out,
                  struct fault *why) MUST_USE;
/* The same, but waits up to so long for whoever holds the lock. */
enum rc node_open_wait(const char *dir, enum node_mode mode, unsigned wait_ms,
                       struct node **out, struct fault *why) MUST_USE;
void node_close(struct node *n);

struct node_birth {
    const char *dir, *community, *person;
    const char *listen; /* NULL: as node.conf's default */
    /* The words of the root key sheet, which lies in DIR/root-key-sheet.txt before DIR is
     * there at all: the key stands nowhere else. */
    void (*sheet)(struct buf *out, const char *community, const struct pair *root);
    /* The same to print, in DIR/root-key-sheet.html; NULL: none. */
    void (*page)(struct buf *out, const char *community, const struct pair *root);
};
/* `init`: directory, keys, root key sheet, the community's birth; all of it or nothing.
 */
enum rc node_init(const struct node_birth *b, struct fault *why) MUST_USE;
/* `join FILE`: directory, keys, the invite's hints and scope keys. Works without the hub.
 */
enum rc node_join(const char *dir, struct slice invite_file, struct fault *why) MUST_USE;
/* `join --request`: directory and keys, and the file to carry to the centre, appended. A
 * directory that waits already gives the same one again, whatever the wish. */
enum rc node_request(const char *dir, const struct request *wish, struct buf *out,
                     struct fault *why) MUST_USE;
/* Is there one that waits for the centre's answer? */
bool node_waits(const char *dir);
/* `join --answer`: the node is there, and counts. `named`: the file, for a fault; *out:
 * who is who, invite_fini when done. Refused: nothing has changed. */
enum rc node_answer(const char *dir, const char *named, struct slice file,
                    struct invite *out, struct fault *why) MUST_USE;
/* Would a birth find room there? Asked before something is spent that is good once. */
enum rc node_dir_check(const char *dir, struct fault *why) MUST_USE;

/* `join` by sixteen digits: finds who gave them out (NULL: on the local network) and
 * fetches the invite file, appended. `found`: where. No node is needed. */
#define HOSTPORT_TEXT_BYTES 256
enum rc node_code_fetch(const struct code *code, const char *at, struct buf *file,
                        char found[static HOSTPORT_TEXT_BYTES],
                        struct fault *why) MUST_USE;

/* `init`: does a linjuli of another machine speak on this network? Listens 2 s at most,
 * not at all where there is no network. `at`: its address. A hint: true proves nothing,
 * and false neither. */
#define ANYBODY_TEXT_BYTES 16
bool node_lan_anybody(char at[static ANYBODY_TEXT_BYTES]) MUST_USE;

/* A backup, from a node that was opened to be read. */
struct node_backup {
    const char *pass;
    enum rc (*put)(void *arg, struct slice bytes);
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    void *arg;
};
enum rc node_backup(struct node *n, const struct node_backup *b,
                    struct backup_about *out) MUST_USE;
/* A new node directory out of a backup, whole or not at all; with keys of its own. RC_NO:
 * it is there, and differs from what the backup says of itself. */
struct node_restore {
    const char *dir;
    int fd; /* lent: the file from its beginning */
    const char *name, *pass;
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    void *arg;
};
enum rc node_restore(const struct node_restore *r, struct backup_about *was,
                     struct backup_about *now, struct fault *why) MUST_USE;

/* This machine was restored from a backup of the centre, and no new reign has begun. */
bool node_awaits_succession(struct node *n);
/* Nodes heard since this machine was restored; *old: the old centre's machine is one. */
size_t node_heard_n(struct node *n, bool *old);
/* The root's word lets nodes in that have not heard of this machine. A turn. */
enum rc node_door_open(struct node *n, const struct pair *root,
                       struct fault *why) MUST_USE;
/* hub_succeed with fresh keys, in a turn; this node is the centre from then on. */
enum rc node_succeed(struct node *n, const struct pair *root, const char *who,
                     struct succeeded *out, struct fault *why) MUST_USE;

/* No log of this machine may write, because it is a copy, was restored, or forked: work
 * goes on in a new one, which counts when it is granted. renew makes it, in a turn. */
bool node_must_renew(struct node *n);
enum rc node_renew(struct node *n, struct fault *why) MUST_USE;
/* `join FILE` where such a node lies already. RC_INVALID: there is another one. */
enum rc node_join_again(const char *dir, struct slice invite_file,
                        struct fault *why) MUST_USE;

/* The author a person's command writes as: the newest own log that may write. */
enum rc node_author(struct node *n, struct author *out, struct fault *why) MUST_USE;
/* The own log in place i, if it may write. */
enum rc node_author_at(struct node *n, size_t i, struct author *out,
                       struct fault *why) MUST_USE;
/* How the guard of the own log in place i compares, without keeping it open: for a node
 * that was opened to be read. */
enum rc node_guard_word(const struct node *n, size_t i, enum guard_word *out) MUST_USE;

/* The person's part: a log locked or handed over does not write; RC_OK: it is neither. */
enum rc node_log_fault(const struct node *n, size_t i, struct fault *why) MUST_USE;
/* Opens the key of the own log in place i, until node_lock or the end of the process.
 * Wrong PINs are counted, and make everybody wait (schema/pin.h). Not inside a turn, nor
 * are the next ones. */
enum rc node_unlock(struct node *n, size_t i, const char *pin,
                    struct fault *why) MUST_USE;
void node_lock(struct node *n, size_t i);
/* The key of a log by its PIN, uncounted: for a reader, who has asked the node whether it
 * is the right one. pair_wipe when done. */
enum rc node_log_key(const struct node *n, size_t i, const char *pin, struct pair *out,
                     struct fault *why) MUST_USE;
/* Its key file anew behind another PIN (NULL: none); `old` where it has one. Whoever
 * stops the machine amid it has a file that opens by the old PIN or by the new one. */
enum rc node_set_pin(struct node *n, size_t i, const char *old, const char *fresh,
                     struct fault *why) MUST_USE;
/* The post of this log is handed over: noted inside the turn that writes its last entry;
 * then its key goes, at once or when the node is opened next. */
enum rc node_note_handed(struct node *n, size_t i) MUST_USE;
enum rc node_end_handed(struct node *n, struct fault *why) MUST_USE;

/* Officers' keys of this machine. */
enum officer_place { OFFICER_ELSEWHERE, OFFICER_HERE, OFFICER_LOCKED };
enum officer_place node_officer_place(const struct node *n, const struct key *key);
/* The key of an appointed officer, for one signature; pair_wipe when done. `which`: the
 * beginning of the key in hex, NULL: any; with a PIN one that it opens, else one without.
 * RC_NOTFOUND: none here; RC_DENIED: a PIN is needed, or it is another one. */
enum rc node_officer_open(const struct node *n, const char *which, const char *pin,
                          struct pair *out, struct fault *why) MUST_USE;
/* A new officer's key file; without a PIN it may be used at once. drop: he is not
 * appointed after all, or no more. */
enum rc node_officer_new(struct node *n, const char *pin, struct pair *out,
                         struct fault *why) MUST_USE;
void node_officer_drop(struct node *n, const struct key *key);

/* This node's number, or the one that its own invite names; 0: none yet. */
uint32_t node_number(const struct node *n);
/* `join FILE` for one more person at this node: a new log in the same store, which may
 * write at once. */
enum rc node_join_person(struct node *n, struct slice invite_file,
                         struct fault *why) MUST_USE;
/* Persons whose grants do not count yet, as sessions tell them. */
size_t node_persons(const struct node *n, struct join out[static OWN_LOGS_MAX]);

/* The hub has not answered our invite yet: sessions go out as XXpsk3 with a JOIN. */
bool node_needs_join(const struct node *n);
/* This node is the hub and its authority log may be written. */
bool node_may_seal(const struct node *n);
/* The guards learn the new heads: after every COMMIT, before anything is sent or said. */
enum rc node_after_commit(struct node *n) MUST_USE;
/* One durable turn: begin, work, commit, then guard. `work` returns a code; not RC_OK
 * rolls back. */
enum rc node_turn(struct node *n, enum rc (*work)(struct node *n, void *arg),
                  void *arg) MUST_USE;

/* This node's part in erasing what a counted order names: the settle that brought it took
 * it out of logs and tables; here the old pages go, and only then the node's
 * acknowledgement log says so. After every turn; goes on where it was cut off. RC_BUSY: a
 * reader still holds old pages, try again later. */
enum rc node_erase(struct node *n) MUST_USE;

/* What others have given to own logs that may write is taken (schema/rights.h). RC_NO:
 * nothing was. The daemon does so whenever something has changed; without one the next
 * own write takes it. */
enum rc node_take(struct node *n) MUST_USE;

/* The daemon: until SIGTERM or SIGINT. `run` executes one command line that came over the
 * control socket (cli/ gives it); its output goes into out and err. */
struct command {
    int argc;
    char **argv;
    int in_fd;
    const char *lang;
    bool is_daemon;            /* set by the daemon: it goes on afterwards */
    const char *pin, *new_pin; /* of the person whose log writes; NULL: none */
};
typedef int (*command_fn)(struct node *n, const struct command *c, struct buf *out,
                          struct buf *err);
struct serve {
    const char *listen, *web;
    const char *const *peers;
    size_t peers_n;
    bool no_lan;
    command_fn run;
    void (*ready)(void *arg); /* NULL, or told once everything listens */
    void *ready_arg;
};
enum rc node_serve(struct node *n, const struct serve *s, struct fault *why) MUST_USE;

/* One exchange with one peer, then leave; RC_OFFLINE not reached, RC_STALE cut off. */
struct sync_report {
    uint64_t in_entries, out_entries, in_bytes, out_bytes;
    enum close_reason close;
    uint64_t close_ms; /* with USED and EXPIRED: since when, civil time */
    int64_t skew_ms;   /* the peer's clock minus ours; 0: as ours, or not heard */
    bool is_reached;   /* somebody answered */
};
enum rc node_sync(struct node *n, const char *address, struct sync_report *out,
                  struct fault *why) MUST_USE;

/* Client side of DIR/control.sock. RC_OFFLINE: no daemon listens there. */
/* The command runs in the daemon; *status is its exit status. in_fd (-1: none) is lent.
 */
enum rc control_run(const char *dir, const struct command *c, struct buf *out,
                    struct buf *err, int *status) MUST_USE;
/* What the daemon says of itself, as JSON text. */
enum rc control_status(const char *dir, struct buf *json) MUST_USE;
enum rc control_sync(const char *dir, const char *address,
                     struct sync_report *out) MUST_USE;

#endif
