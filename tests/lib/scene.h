/* A small community with real keys, whose hub and people write real entries. */
#ifndef LINJULI_TEST_SCENE_H
#define LINJULI_TEST_SCENE_H

#include "sync/auth_op.h"
#include "sync/entry.h"

#define SCENE_LOGS 8
#define SCENE_OFFICERS 3

/* Where the next entry of a chain goes. */
struct scene_tip {
    uint64_t seq; /* of the last one */
    struct hash id;
};

struct scene {
    struct hash community;
    struct pair hub, next_hub, root;
    struct pair officer[SCENE_OFFICERS], log[SCENE_LOGS];
    struct scene_tip hub_tip, tip[SCENE_LOGS];
    uint64_t clock, drawn;
    uint64_t seal_no;
    struct buf ops[16]; /* of the authority entry being made */
    size_t ops_n;
    struct buf entry; /* the last one made */
};

/* Keys, and the community's first entry (grants for the first `logs` logs, number i + 1)
 * in `entry`. */
void scene_init(struct scene *s, size_t logs);
void scene_fini(struct scene *s);

/* Operations of the next authority entry. */
void scene_grant(struct scene *s, uint32_t no, uint64_t from);
void scene_scope(struct scene *s, uint32_t no, enum scope_kind kind, uint32_t unit,
                 const char *name);
void scene_node(struct scene *s, uint32_t no);
void scene_seal(struct scene *s, const struct line *lines, size_t n, uint64_t size,
                const struct hash *root);
void scene_revoke(struct scene *s, uint32_t no, uint64_t seq, const struct hash *id);
void scene_erase(struct scene *s, uint32_t no, uint64_t seq, uint16_t index);
void scene_succeed(struct scene *s, uint32_t reign, uint64_t seq, const struct hash *id);
/* The same with an officers operation beside it, which the root signs as well. */
void scene_succeed_beside(struct scene *s, uint32_t reign, uint64_t seq,
                          const struct hash *id, const struct key *officer);
/* One officer from here on, without any signature. */
void scene_officers(struct scene *s, const struct key *officer);
/* The authority entry of these operations, by this key behind this tip, which moves. */
struct slice scene_say(struct scene *s, const struct pair *by, struct scene_tip *tip);
/* The next data entry of log i behind a tip, which moves; of `items` items. */
struct slice scene_write(struct scene *s, size_t i, struct scene_tip *tip,
                         uint16_t items);
/* The last entry with a broken signature, in place; its id goes into the tip. */
struct slice scene_break(struct scene *s, struct scene_tip *tip);

#endif
