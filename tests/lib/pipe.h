/* Two sessions joined by a fake wire. No time passes but what a test says. */
#ifndef LINJULI_TESTS_PIPE_H
#define LINJULI_TESTS_PIPE_H

#include "sync/session.h"
#include "tests/lib/town.h"

/* side[0] is the initiator. What a side says lies on the wire to the other. */
struct side {
    struct home *home;
    struct session *session;
    struct session_effects fx;
    struct buf wire; /* towards this side */
    size_t took;     /* bytes of it that were handed over */
    enum close_reason close;
    bool is_synced, opened, has_join; /* at any step so far */
    struct join join;
    size_t acks_n;
    struct session_ack ack; /* the last */
    uint64_t sent;          /* bytes, in all */
    size_t sends;           /* steps that said something */
    size_t changes_n;
    uint64_t deadline_ms;
    size_t longest;           /* most bytes that one step said */
    struct buf cipher, plain; /* everything it said, with keeps_tape */
    bool keeps_tape;
};
struct pipe {
    struct side side[2];
    bool is_begun; /* the initiator has opened */
    uint64_t now_ms;
    size_t piece;     /* at most so many bytes are handed over at once; 0: all */
    uint64_t random;  /* not zero: pieces of 1 to `piece` bytes, drawn from this */
    struct buf story; /* with keeps_tape: who said what, a line a step */
    size_t count[2][256];
    uint64_t budget; /* bytes that still pass, both ways together */
};
void pipe_setup(const struct town *t, const struct home *h, bool initiates,
                struct session_setup *out);
void pipe_init(struct pipe *p, const struct town *t, struct home *a, struct home *b);
/* The same with setups made by hand. */
void pipe_init_with(struct pipe *p, struct home *a, const struct session_setup *as,
                    struct home *b, const struct session_setup *bs);
void pipe_fini(struct pipe *p);
/* One event to one side; its output goes on the wire. */
void pipe_step(struct pipe *p, int side, enum session_event_kind kind);
/* Keeps what both say, as bytes and as a story. */
void pipe_tape(struct pipe *p);
size_t pipe_count(const struct pipe *p, int side, uint8_t type); /* with a tape */
/* One thing that this side has to do, if there is any. */
bool pipe_turn(struct pipe *p, int side);
/* Until nobody has anything to say, time standing still. */
void pipe_run(struct pipe *p);
/* Both ends see the other gone. */
void pipe_cut(struct pipe *p);
/* Everything from opening to the end. */
void pipe_sync(const struct town *t, struct home *a, struct home *b);

#endif
