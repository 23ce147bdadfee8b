/* Private to project*.c. */
#ifndef LINJULI_PROJECT_IN_H
#define LINJULI_PROJECT_IN_H

#include "schema/project.h"

struct rights_proj;

#define CACHE_N 8
#define CARRY_N 64

/* One entry and what its items are judged by. */
struct context {
    const struct log_state *log;
    int64_t row;
    struct entry e; /* borrows */
    struct hash id;
    const struct types *rules; /* NULL: its schema version is unknown here */
    struct writer by;
    bool has_writer;
};
/* An entry that was needed lately, taken apart once: records of one import share it. */
struct cached {
    int64_t row; /* -1: empty */
    uint64_t used;
    struct buf bytes;
    struct entry e; /* borrows from bytes, as the items do */
    struct hash id;
    struct slice *item; /* {NULL, 0}: erased */
    size_t items_cap;
};
struct carry {
    enum carried why;
    uint32_t scope, epoch;
    uint64_t n;
};

struct project {
    struct ledger *l;
    struct op *op; /* the item in hand */
    struct buf plain;
    struct hint_scope scope; /* asked for last; number 0: none */
    struct cached cache[CACHE_N];
    uint64_t used;
    int64_t *dirty; /* records to fold again at the end */
    size_t dirty_n, dirty_cap;
    struct carry carry[CARRY_N];
    size_t carry_n;
    struct fold_item *fold;
    struct record_item *item;
    size_t items_n, items_cap;
    struct record record;
    struct image image;
    struct auth_op *auth;
    uint32_t *scopes; /* whose key or name came */
    size_t scopes_n;
    uint32_t *logs; /* whose grant changed */
    size_t logs_n;
    struct rights_proj *rights; /* rights_in.h */
};

void context_of(struct project *p, const struct log_state *log, const struct entry *e,
                const struct hash *id, int64_t row, struct context *out);
/* Judges one item. True: it takes effect, and `op` is its put, unresolved, borrowing from
 * `plain`. False: *why and scope and epoch; *why 0: it is no record's affair, and `op` is
 * what it says. */
bool project_judge(struct project *p, const struct context *c, uint16_t index,
                   struct slice item, struct op *op, struct buf *plain, uint32_t *scope,
                   uint32_t *epoch, enum carried *why);
/* Projects every item of an entry; scope 0: of any scope. */
enum rc project_entry(struct project *p, const struct context *c, uint32_t scope);
void project_carry(struct project *p, enum carried why, uint32_t scope, uint32_t epoch);
enum rc project_carry_flush(struct project *p);
void project_dirty(struct project *p, int64_t no);
/* Folds all dirty records. */
enum rc project_flush(struct project *p);
/* Makes dirty what a statement with two bound row numbers finds. */
enum rc project_dirty_between(struct project *p, enum stmt id, int64_t from, int64_t to);
/* Earlier keys hang under later ones: who may read now may read what was. Takes in every
 * key of an earlier epoch that a held one opens. */
enum rc project_chain(struct project *p) MUST_USE;
/* Authority entries from..to of a reign: keys, scopes, grants, erasures. */
enum rc project_authority(struct project *p, uint32_t reign, uint64_t from, uint64_t to);

#endif
