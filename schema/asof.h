/* Records as of the last counted seal: what stands above it is as if it were not there
 * yet. So two nodes that hold the same seals, and read the same scopes, see the same.
 * Schema/ only. */
#ifndef LINJULI_ASOF_H
#define LINJULI_ASOF_H

#include "schema/fold.h"

struct asof;

/* One record; borrowed during the call. */
struct asof_row {
    struct record_key key;
    const struct table *table;
    bool is_loose;  /* something about it is written and not sealed */
    bool has_seal;  /* false: loose, and only so (with `loose` asked for) */
    int64_t number; /* packed, or -1 */
    uint16_t state; /* 0: none */
    /* private */
    sqlite3_stmt *at;
    const struct image *image;
    int64_t no, entry;
};
struct cell {
    bool is_set;
    int64_t num;        /* integers and bools */
    struct slice value; /* texts as text; the rest as canonical msgpack */
};

/* Which records are touched by what is not sealed. */
enum rc asof_new(struct ledger *l, struct asof **out) MUST_USE;
void asof_free(struct asof *a);              /* NULL is fine */
uint32_t asof_seal_no(const struct asof *a); /* 0: nothing is sealed yet */
uint64_t asof_ms(const struct asof *a);      /* of that seal */

/* Is there a record of the type about which something is not sealed? */
bool asof_is_loose(const struct asof *a, const struct type *type);

/* Every record of the type that is there and not gone; false stops. now: as it stands,
 * with what is not sealed. By unit, number and place, loose ones behind. */
enum rc asof_each(struct asof *a, const struct type *type, bool now,
                  bool (*each)(void *arg, const struct asof_row *r), void *arg) MUST_USE;
void asof_cell(const struct asof_row *r, const struct field *f, struct cell *out);
/* When its first item, or its state, was received: ms of the first covering seal.
 * UINT64_MAX: it is not sealed. */
enum rc asof_made_ms(struct asof *a, const struct asof_row *r, uint64_t *ms) MUST_USE;
enum rc asof_state_ms(struct asof *a, const struct asof_row *r, uint64_t *ms) MUST_USE;
/* The day of a moment in China: since 1970-01-01. */
int64_t asof_day(uint64_t ms);

#endif
