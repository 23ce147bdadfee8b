/* Private to world*.c. */
#ifndef LINJULI_TESTS_WORLD_IMPL_H
#define LINJULI_TESTS_WORLD_IMPL_H

#include "schema/schema.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/sim_vfs.h"
#include "tests/lib/world.h"

#define SHARED_MAX 16
#define TIPS_MAX 12

struct acked { /* a write that its command called saved */
    unsigned node;
    uint64_t seq;
    struct hash id;
};

struct wnode {
    struct member *m;
    bool is_up;
    bool is_late;     /* joins over the wire */
    uint64_t back_ms; /* down: when it starts again */
    bool is_mute;     /* the process hangs: nothing is taken, nothing sent */
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

/* world_net.c */
void link_tick(struct world *w, struct wlink *l);
void link_close(struct world *w, struct wlink *l);
bool link_is_rest(const struct wlink *l);
/* world_write.c */
void write_something(struct world *w, unsigned i);
void write_seal(struct world *w);
void write_upkeep(struct world *w);
/* world_liar.c: the liar says something false to whoever it is connected to. */
void liar_tick(struct world *w, unsigned i);
/* An entry as a RUN, behind whatever the session was going to say. */
void liar_tell(struct world *w, struct wlink *l, unsigned e, struct slice entry,
               bool aside);
/* A whole entry of log `log` behind `prev`, signed by whoever `by` is. */
void liar_entry(struct world *w, const struct key *log, uint64_t seq,
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
/* world_check.c: the properties, at the end. */
bool world_is_equal(struct world *w);
void world_explain(struct world *w); /* the first row that differs; fails */
void world_check(struct world *w);

#endif
