#include "sync/tile.h"

#include <assert.h>
#include <string.h>

void
tile_path(const struct tile *t, struct buf *out)
{
    uint64_t unit = 1;

    if (t->level == TILE_ENTRIES) {
        buf_addf(out, "tile/entries");
    } else {
        buf_addf(out, "tile/%d", t->level);
    }
    while (t->n / unit >= 1000) {
        unit *= 1000;
    }
    for (; unit > 0; unit /= 1000) {
        buf_addf(out, "/%s%03u", unit > 1 ? "x" : "", (unsigned)(t->n / unit % 1000));
    }
    if (t->width < TILE_WIDTH) {
        buf_addf(out, ".p/%u", t->width);
    }
}

void
tiles_init(struct tiles *t, uint64_t since, tile_fn each, void *arg)
{
    *t = (struct tiles){.since = since, .each = each, .arg = arg};
}

void
tiles_fini(struct tiles *t)
{
    for (int i = 0; i < TILE_LEVELS; i++) {
        buf_free(&t->row[i]);
    }
    buf_free(&t->entries);
}

/* Hashes at this level of a tree of so many leaves. */
static uint64_t
hashes_at(uint64_t leaves, int level)
{
    return leaves >> (8 * level);
}

/* The tile in hand at this level, with its bundle at level 0, unless it is old. */
static enum rc
tell(struct tiles *t, int level)
{
    uint64_t end = hashes_at(t->size, level);
    struct tile tile = {.level = level,
                        .n = (end - 1) / TILE_WIDTH,
                        .width = (unsigned)((end - 1) % TILE_WIDTH + 1),
                        .bytes = buf_slice(&t->row[level])};
    struct tile bundle = tile;
    enum rc rc;

    if (hashes_at(t->since, level) >= end) {
        return RC_OK;
    }
    bundle.level = TILE_ENTRIES;
    bundle.bytes = buf_slice(&t->entries);
    rc = level == 0 ? t->each(t->arg, &bundle) : RC_OK;
    return rc == RC_OK ? t->each(t->arg, &tile) : rc;
}

/* Root of a full tile. */
static struct hash
root_of(const struct buf *row)
{
    struct merkle m;
    struct hash h;

    merkle_init(&m);
    for (size_t i = 0; i < row->n; i += HASH_BYTES) {
        memcpy(h.b, row->p + i, HASH_BYTES);
        merkle_add(&m, &h);
    }
    return merkle_root(&m);
}

enum rc
tiles_add(struct tiles *t, struct slice leaf, const struct hash *id)
{
    struct hash up = *id;
    enum rc rc = RC_OK;

    assert(leaf.n <= UINT16_MAX && t->size < INT64_MAX);
    buf_add_u16(&t->entries, (uint16_t)leaf.n);
    buf_add_slice(&t->entries, leaf);
    t->size++;
    for (int level = 0; level < TILE_LEVELS && rc == RC_OK; level++) {
        buf_add(&t->row[level], up.b, HASH_BYTES);
        if (t->row[level].n < (size_t)TILE_WIDTH * HASH_BYTES) {
            break;
        }
        rc = tell(t, level);
        up = root_of(&t->row[level]);
        t->row[level].n = 0;
        t->entries.n = 0;
    }
    return rc;
}

enum rc
tiles_end(struct tiles *t)
{
    enum rc rc = RC_OK;

    for (int level = 0; level < TILE_LEVELS && rc == RC_OK; level++) {
        if (t->row[level].n > 0) {
            rc = tell(t, level);
        }
    }
    return rc;
}
