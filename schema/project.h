/* The projection: from accepted entries to tables. What is settled is projected in the
 * same transaction. An item is judged (acceptance, grant, key, erasure, rules of its
 * entry's schema version); the first of a record is written straight into its row, every
 * later one makes the record be folded again from all its items, never patched. Schema/
 * only. */
#ifndef LINJULI_PROJECT_H
#define LINJULI_PROJECT_H

#include "schema/fold.h"

/* Why an item stands in no table; as told in table `carried`. */
enum carried {
    CARRIED_NO_KEY = 1, /* its scope is not readable here (yet) */
    CARRIED_VERSION,    /* written under rules or an operation this release lacks */
    CARRIED_UNREADABLE, /* does not decrypt, or is no operation */
    CARRIED_REFUSED,    /* no effect: the writer's grant or the type's rules */
    CARRIED_N
};

struct project *project_new(struct ledger *l);
void project_free(struct project *p); /* NULL is fine */
/* Before anything is offered: what the tables of rights were made from. unload: the
 * replica was loaded anew. NULL is fine. */
enum rc project_begin(struct project *p) MUST_USE;
void project_unload(struct project *p);
void project_forget(struct project *p); /* entries it remembers; NULL is fine */

/* Everything accepted, and every key the authority log has for us, into tables that are
 * empty. `progress` may be NULL. */
enum rc project_replay(struct ledger *l,
                       void (*progress)(void *arg, uint64_t done, uint64_t all),
                       void *arg) MUST_USE;
/* A key of this scope came: what was carried of it is projected. */
enum rc project_scope(struct ledger *l, uint32_t scope) MUST_USE;
enum project_of {
    PROJECT_ALL,     /* those of own logs without a counted grant too */
    PROJECT_COUNTED, /* what everybody counts */
    PROJECT_SEALED   /* what a seal covers */
};
/* Folds a record from its items without touching a table. *any false: nothing of it is
 * effective. */
enum rc project_image(struct ledger *l, int64_t no, enum project_of which,
                      struct image *out, bool *any) MUST_USE;
/* Which rule over the record would take the effect away from one more item: this put by
 * the person of this log. NULL: none. */
enum rc project_rule_against(struct ledger *l, int64_t no, const struct key *log,
                             const struct op *op, const struct rule **out) MUST_USE;
/* The items that have effect of those that a seal covers. */
enum rc project_sealed_items(struct ledger *l, int64_t no,
                             void (*each)(void *arg, int64_t row,
                                          const struct record_item *item),
                             void *arg) MUST_USE;
/* The record's items that such a rule takes the effect from. */
enum rc project_voids(struct ledger *l, int64_t no,
                      void (*each)(void *arg, int64_t row, uint16_t item,
                                   const struct rule *by),
                      void *arg) MUST_USE;

#endif
