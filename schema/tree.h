/* The community's tree (AUTHORITY.md section 8) up to the newest seal whose root is right
 * here, for whoever publishes it. Leaves are read in short transactions, so that nobody
 * is held up; what is sealed does not move meanwhile. */
#ifndef LINJULI_TREE_H
#define LINJULI_TREE_H

#include "schema/ledger.h"

#define TREE_ROWS 4096 /* leaves read in one transaction */

struct tree;
struct tree_leaf {
    uint64_t index;
    const struct key *log;
    uint64_t seq;
    struct hash id;     /* also the leaf hash */
    struct slice bytes; /* header and signature */
};
/* RC_STALE: no seal yet that could be checked. */
enum rc tree_open(struct ledger *l, struct tree **out) MUST_USE;
void tree_close(struct tree *t); /* NULL is fine */
uint64_t tree_seal_no(const struct tree *t);
uint64_t tree_size(const struct tree *t);
const struct hash *tree_root(const struct tree *t);
/* A later seal has another root than what it seals here: a contradiction. */
bool tree_is_contradicted(const struct tree *t);
/* All leaves in order. At the end they have made the root, else RC_CORRUPT; what `each`
 * fails with ends it. */
typedef enum rc (*tree_fn)(void *arg, const struct tree_leaf *leaf);
enum rc tree_each(struct tree *t, tree_fn each, void *arg) MUST_USE;

#endif
