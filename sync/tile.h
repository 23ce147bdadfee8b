/* A tree cut into tiles (C2SP tlog-tiles): which there are, what they are called, what is
 * in them. Leaves come in one by one, whatever is full goes out; what is held meanwhile
 * is one tile a level. Pure; CHECKPOINT.md section 4. */
#ifndef LINJULI_TILE_H
#define LINJULI_TILE_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define TILE_WIDTH 256
#define TILE_LEVELS 8 /* 256^8: more than there can be */
#define TILE_ENTRIES (-1)

struct tile {
    int level; /* TILE_ENTRIES: a bundle of entries */
    uint64_t n;
    unsigned width; /* TILE_WIDTH: full */
    struct slice bytes;
};
/* "tile/0/x001/234.p/17", "tile/entries/000": below the folder they lie in. */
void tile_path(const struct tile *t, struct buf *out);

typedef enum rc (*tile_fn)(void *arg, const struct tile *t);
struct tiles {
    uint64_t size, since;
    struct buf row[TILE_LEVELS];
    struct buf entries;
    tile_fn each;
    void *arg;
};
/* What a tree of `since` leaves consisted of is not told again. */
void tiles_init(struct tiles *t, uint64_t since, tile_fn each, void *arg);
/* The next leaf and its hash. What `each` fails with ends it. */
enum rc tiles_add(struct tiles *t, struct slice leaf, const struct hash *id) MUST_USE;
/* No more leaves: the partial tiles, those that the tree of `since` had excepted. */
enum rc tiles_end(struct tiles *t) MUST_USE;
void tiles_fini(struct tiles *t);

#endif
