/* Shared by rights.c and rights_decide.c only. */
#ifndef LINJULI_RIGHTS_IMPL_H
#define LINJULI_RIGHTS_IMPL_H

#include "sync/rights.h"

#define RIGHTS_NONE UINT32_MAX

/* What the fold knows of a lane while it runs. */
struct rights_run {
    uint32_t first, n; /* its operations: order[first .. first + n) */
    uint32_t done;     /* of these are decided */
    uint32_t next;     /* the next lane that waits for the same operation */
    uint64_t issued;
    bool is_firm;
};

struct rights_work {
    struct rights_item *item;
    size_t n;
    const struct rights_view *view;
    struct rights *out;
    uint32_t *order;        /* items by lane, then name */
    uint32_t *lane_of;      /* by item */
    uint32_t *waiter;       /* by item: the first lane that waits for it */
    uint32_t *lane_at;      /* by asset: its first lane; one more at the end */
    struct rights_run *run; /* by lane */
    uint32_t *ready;        /* lanes to run */
    size_t ready_n;
};

struct rights_verdict {
    bool is_ok, is_firm;
    bool is_pending;
    uint32_t wait; /* pending: until this item is decided; RIGHTS_NONE: for good, as it
                      stands */
    uint64_t add;  /* to the balance */
    uint64_t take; /* from the balance */
};

int rights_item_cmp(const void *a, const void *b);
const struct rights_log *rights_log_at(const struct rights_work *w, uint32_t log_no);
/* The operation is the next of its lane. What it uses up (a give, a spend, a balance, the
 * allowance to issue) is used up by this. */
struct rights_verdict rights_decide(const struct rights_work *w,
                                    const struct rights_item *o);

#endif
