/* Rules over a record as a whole (schema/TYPES.md section 6.1): which of its items have
 * no effect because of who wrote others. A pure function of the items, in any order: each
 * step is judged by the steps that stand before it, and none of those by it. */
#ifndef LINJULI_RULE_H
#define LINJULI_RULE_H

#include "sync/record.h"

/* Reused between records; start as {0}. */
struct rule_work {
    struct maker *maker;
    size_t makers_n, makers_cap;
    struct named *named;
    size_t named_n, named_cap;
    struct most *most;
    size_t most_n, most_cap;
    bool has_content; /* it was made, or something is put down in it */
};
void rule_work_fini(struct rule_work *w);

/* Is one of the items that count judged by such rules at all? */
bool rules_have_any(const struct record_item *items, const uint32_t *good, size_t n);
/* Of the items that count (good[0..n) are places in items): void_by[place] becomes the
 * rule that takes its effect away. It is all NULL before. */
void rules_judge(struct rule_work *w, const struct record_item *items,
                 const uint32_t *good, size_t n, const struct rule **void_by);

/* Memory for n things, kept if it is enough. */
void *rule_room(void *p, size_t n, size_t *cap, size_t each);

#endif
