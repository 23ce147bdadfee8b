/* Two ways to one result: the folds from scratch, and the incremental engine fed with
 * fabricated entries in some order of arrival. */
#ifndef LINJULI_TEST_FOLD_H
#define LINJULI_TEST_FOLD_H

#include "sync/replica_impl.h"
#include "tests/lib/golden.h"
#include "tests/lib/mem_store.h"

/* What came out; borrowed from whoever made it. */
struct fold {
    const struct authority *authority;
    struct row *rows; /* authority rows by reign, then data rows by number */
    size_t rows_n;
    const struct log_state **logs; /* granted ones, by number */
    size_t logs_n;
    bool *accepted; /* by entry */
    /* whose memory it is */
    struct authority *own;
    struct replica *replica;
    struct mem_store *store;
    struct fake *fake;
};
void fold_fini(struct fold *f);

/* A small generator with a seed (splitmix64). */
uint64_t rnd_next(uint64_t *state);
uint32_t rnd_below(uint64_t *state, uint32_t n);

void fold_scratch(const struct golden *g, struct fold *out);
/* Everything is offered in random order, with settles and restarts in between; what is
 * refused is offered again until nothing changes. NULL, or what went wrong (static). */
const char *fold_engine(const struct golden *g, uint64_t seed, struct fold *out);
/* NULL: both say the same. */
const char *fold_same(const struct golden *g, const struct fold *a, const struct fold *b);

#endif
