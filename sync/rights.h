/* The rights fold (RECORDS.md section 3; design section 8): what became of each rights
 * operation, and what everybody holds, as a pure function of the operations that take
 * effect and of what acceptance says of their logs, whatever order they come in.
 *
 * Time: O(n log n), and for an operation of an heir the length of its chain of heirs.
 * Memory: about 100 bytes an operation beside what the caller lends. No recursion. */
#ifndef LINJULI_RIGHTS_H
#define LINJULI_RIGHTS_H

#include "sync/accept.h"
#include "sync/op.h"

#define RIGHTS_AMOUNT_MAX (1ull << 40) /* F: one issue, give or spend; at least 1 */
#define RIGHTS_ISSUED_MAX (1ull << 52) /* F: the issues of one log on one asset */

enum rights_state {
    RIGHTS_PENDING, /* something it rests on, or before it in its lane, may still come */
    RIGHTS_VOID,
    RIGHTS_OK
};

/* One operation that takes effect: an item of the community scope, of an accepted entry,
 * of a log whose grant and role allow it there. Each is given once. Names are resolved
 * (op_resolve): no log number 0. */
struct rights_item {
    struct item_name name;
    struct item_name asset; /* open: the fold puts its own name */
    struct item_name of;    /* take: the give; return: the spend */
    uint64_t amount;        /* issue, give, spend */
    int64_t mark; /* place in the authority prefix of the entry its mark names; -1: not
                     in it */
    enum op_code code;
    uint32_t party;    /* give: to whom; inheriting take: the revoked log */
    bool is_inherited; /* take: of a balance, not of a give */
    bool is_sealed;    /* its entry is at or below the effective seal of its log */
    struct record_key subject; /* spend: the record */
    /* out */
    bool is_confirmed; /* void or ok: for good, while the authority log is not cut */
    bool is_used;      /* give: taken; spend: returned */
    enum rights_state state;
};
/* All but place (name, mark, sealed) of a resolved operation of a right. */
void rights_item_of(const struct op *op, struct rights_item *out);

/* What acceptance says of a granted log. */
struct rights_log {
    uint32_t no;
    uint32_t heir;
    uint64_t seal_seq;     /* effective seal; 0: none */
    int64_t cut_pos;       /* place of the revoke that holds */
    int64_t undecided_pos; /* place of the first line not decided; INT64_MAX: none */
    bool is_revoked;
    bool is_closed; /* sealed at its cut */
};
void rights_log_of(const struct log_state *log, struct rights_log *out);

struct rights_view {
    const struct rights_log *logs; /* ascending numbers */
    size_t logs_n;
    /* Is an entry with these first 8 bytes of its id accepted, in any log? Then its log
     * and seq: of several that of at->log_no. at->seq is only what somebody wrote. */
    bool (*find)(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq);
    void *self;
};

enum rights_where {
    RIGHTS_HELD,
    RIGHTS_LEFT, /* its log is revoked and no heir has taken it: in transit */
    RIGHTS_TAKEN /* by an heir: what is said here counts there */
};
struct rights_lane { /* of one log on one asset */
    uint32_t asset;  /* index into `asset` */
    uint32_t log_no;
    uint64_t balance;
    enum rights_where where;
};
struct rights_asset { /* issued = held + transit + spent */
    struct item_name name;
    uint64_t issued, held, transit, spent;
};

/* Start as {0}, end with rights_fini. Totals stop at UINT64_MAX, which needs more than
 * 4,095 logs that issued one asset, each all that it may. */
struct rights {
    struct rights_asset *asset; /* by name */
    size_t assets_n;
    struct rights_lane *lane; /* by asset, then log number */
    size_t lanes_n;
    struct record_key *backed; /* named by a spend that holds; ascending, once each */
    size_t backed_n;
};
/* Sorts `items` by name, sets their out part, and fills `out` anew. */
void rights_fold(struct rights_item *items, size_t n, const struct rights_view *view,
                 struct rights *out);
void rights_fini(struct rights *r);
/* The operation of that name in folded items, or NULL. */
struct rights_item *rights_item_at(struct rights_item *items, size_t n,
                                   const struct item_name *name);

#endif
