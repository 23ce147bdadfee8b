/* Private to world*.c. */
#ifndef LINJULI_TESTS_WORLD_IMPL_H
#define LINJULI_TESTS_WORLD_IMPL_H

#include "schema/schema.h"
#include "node/guard.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/sim_vfs.h"
#include "tests/lib/world.h"

#define EXTRAS                                                                           \
    3 /* machines beside the community's nodes: a thief's, a copy, a false hub */
#define STICKS_MAX 8
#define SHARED_MAX 16
#define TIPS_MAX 12

struct acked { /* a write that its command called saved */
    unsigned node;
    uint64_t seq;
    struct hash id;
    unsigned text;     /* its number, in what was written */
    bool is_new;       /* a record was added that says so */
    bool knew_of_loss; /* the writer held the order about who is lost */
};

enum extra { EXTRA_THIEF, EXTRA_COPY, EXTRA_FACE };

struct wnode {
    struct member *m;
    bool is_up;
    bool is_late;     /* joins over the wire */
    uint64_t back_ms; /* down: when it starts again */
    bool is_mute;     /* the process hangs: nothing is taken, nothing sent */
    /* The guard, where there are acts (world_guard.c). */
    struct guard *guard;     /* NULL: its log does not write */
    struct guard *ack_guard; /* the same of its acknowledgements */
    bool is_ack_stopped;
    bool is_torn;     /* a commit has failed: what is in its WAL may come back */
    bool is_stopped;  /* a peer had more of its log: it never writes again */
    bool is_restored; /* its disk is an older one: the guard may well be ahead */
    bool may_fork;    /* its log is signed in two places */
    uint64_t sure_to; /* what is above may be lost, or contradicted */
    uint64_t sealed[FIXTURE_MAX]; /* by log number: how far, as seen last */
    struct final *final;          /* operations on rights that were final, by name */
    size_t finals_n;
    bool is_forgetful; /* started again since: its disk may be an older one */
};

struct wend { /* one end of a link */
    struct session *s;
    struct session_effects fx;
    struct buf wire; /* on its way to this end */
    bool is_changed; /* owes the session a CHANGED */
    bool is_synced;
};
struct wlink {
    unsigned node[2];
    struct wend end[2];
    uint64_t dial_ms;
    bool is_cut;
};

struct tip { /* of a branch that the liar has told somebody */
    uint64_t seq;
    struct hash id;
};

struct stick {
    struct buf bytes;
    unsigned to; /* index of the node that gets it */
    uint64_t due_ms;
};

struct world {
    const struct world_setup *setup;
    struct world_result *out;
    struct rng rng;  /* everything that happens */
    struct rng dice; /* keys, nonces, ids: apart, so that a fault shifts no key */
    struct community c;
    struct wnode node[FIXTURE_MAX];
    struct wlink *link;
    size_t links_n;
    uint64_t now_ms;
    bool is_chaos;
    /* this seed's faults, per mille a tick or a delivery */
    uint32_t crash, error, full, flip, drop, twice, cut, stall, partition, tear;
    unsigned writes_left;
    struct acked *acked;
    size_t acked_n;
    struct record_key shared[SHARED_MAX]; /* records that several nodes change */
    size_t shared_n;
    struct tip tip[TIPS_MAX];
    size_t tips_n;
    struct hash_run trace;
    /* acts: when each is due, in ticks; 0: it has been, or never will */
    unsigned due[16];
    unsigned ticks;
    unsigned texts;   /* written so far */
    unsigned victim;  /* of loss and theft */
    unsigned twice_n; /* who is copied or put back */
    bool is_lost;     /* the order is written */
    struct stick stick[STICKS_MAX];
    size_t sticks_n;
    bool is_kept; /* a state to put back */
    uint64_t kept_seq;
    struct hash wrong_id; /* of the entry with the wrong seal */
};

/* One line of the trace. */
void world_note(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void world_fail(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The node's transaction went wrong, or its disk crashed: sessions go, and maybe the
 * node. */
void node_trouble(struct world *w, unsigned i, enum rc rc);
void node_down(struct world *w, unsigned i, uint64_t for_ms);
bool node_up(struct world *w, unsigned i);
/* Sessions at this node shall look for what is new. */
void node_changed(struct world *w, unsigned i);
/* The newest entry of the node's own log. */
bool own_head(struct world *w, unsigned i, uint64_t *seq, struct hash *id);

/* From here on libsodium's randomness is this generator's. */
void world_dice(struct rng *r);
/* world_birth.c: the community, and its nodes up. */
void world_birth(struct world *w);

/* world_net.c */
void link_tick(struct world *w, struct wlink *l);
void link_close(struct world *w, struct wlink *l);
bool link_is_rest(const struct wlink *l);
/* world_write.c */
void write_something(struct world *w, unsigned i);
void write_seal(struct world *w, unsigned i);
void write_upkeep(struct world *w);
/* world_liar.c: the liar says something false to whoever it is connected to. */
void liar_tick(struct world *w, unsigned i);
/* An entry as a RUN, behind whatever the session was going to say. */
void liar_tell(struct world *w, struct wlink *l, unsigned e, struct slice entry,
               bool aside);
/* A whole entry, made on m, of log `log` behind `prev`, signed by whoever `by` is. */
void liar_entry(struct member *m, const struct key *log, uint64_t seq,
                const struct hash *prev, const struct pair *by, struct buf *out,
                struct hash *id);
/* world_upset.c: forks, revokes, joins. */
void upset_fork(struct world *w, unsigned i);
void upset_revoke(struct world *w);
bool upset_needs_join(const struct world *w, unsigned i);
/* A node that still needs to join works under its invite, after each start. */
enum rc upset_assume(struct world *w, unsigned i) MUST_USE;
/* The session of an end that joins, or answers joiners. */
void upset_setup(struct world *w, struct wlink *l, unsigned e,
                 struct session_setup *setup);
/* world_erase.c: orders of the hub, and what each node does with them; only with
 * `erases`. */
void erase_tick(struct world *w, unsigned i);
bool erase_is_done(struct world *w, unsigned i);
void erase_check(struct world *w, unsigned i);
/* world_guard.c: the product's guard (node/guard.h), one state directory a machine. */
void guards_begin(struct world *w);
void guards_end(struct world *w);
void guard_birth(struct world *w, unsigned i);
/* A machine has a copy of another one's keys: as files, or as a whole image. */
void guard_copy(struct world *w, unsigned from, unsigned to, bool with_state);
void guard_keep(struct world *w, unsigned i); /* for guard_back */
void guard_back(struct world *w, unsigned i);
/* Its ledger has been opened. */
void guard_up(struct world *w, unsigned i);
void guard_down(struct world *w, unsigned i);
/* After each commit, before anything is sent. */
void guard_after(struct world *w, unsigned i);
bool guard_lets_write(const struct world *w, unsigned i);
bool guard_lets_acknowledge(const struct world *w, unsigned i);
/* world_act.c: what happens to machines. */
void act_draw(struct world *w);
void act_tick(struct world *w);
void act_heal(struct world *w);
/* A node of the community that the authority has cut off, or that lies. */
bool is_out(const struct world *w, unsigned i);
unsigned extra_of(const struct world *w, enum extra e);
/* world_hub.c */
bool hub_tick(struct world *w, enum act act);
/* world_stick.c */
void stick_tick(struct world *w);
/* world_newer.c: the record types of the next release. */
const struct embed_file *newer_types(void);
/* world_act_check.c */
void act_check_always(struct world *w);
void act_check(struct world *w, unsigned i);
/* Two entries at one seq of the authority log are known here. */
bool has_authority_fork(const struct replica *r);
/* world_rights.c, only with `rights` */
enum rc rights_deed(struct world *w, unsigned i, const struct author *a) MUST_USE;
void rights_look(struct world *w, unsigned i); /* I6 at one node */
void rights_agree(struct world *w);
/* world_check.c: the properties, at the end. */
bool world_is_equal(struct world *w);
void world_explain(struct world *w); /* the first row that differs; fails */
void world_check(struct world *w);

#endif
