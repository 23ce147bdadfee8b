/* Erasing on request (ENTRY.md section 6, AUTHORITY.md 2.11): the hub names every item of
 * a record, each node drops them and says so in its acknowledgement log. */
#ifndef LINJULI_ERASE_H
#define LINJULI_ERASE_H

#include "schema/order.h"

/* Why the law asks for it. Codes are written into orders: they are never used again. */
struct erase_ground {
    uint8_t code;
    const char *name, *zh, *en;
};
extern const struct erase_ground erase_grounds[]; /* closed by a NULL name */
const struct erase_ground *erase_ground_by_name(const char *name);
const struct erase_ground *erase_ground_by_code(uint8_t code);
/* Digits, letters, - / . : 1 to 32 of them. */
bool erase_request_is_good(const char *text);

/* What is to go: the record and its private half, with every item of either that is held
 * anywhere, with effect or without. What was named before is not named again. */
#define ERASE_KEYS_MAX 2
struct erase_plan {
    struct record_key key[ERASE_KEYS_MAX];
    struct buf items[ERASE_KEYS_MAX]; /* struct erased_name, ascending */
    size_t keys_n;
    char number[40]; /* "" when not known */
    bool was_erased; /* before: these are items that came later */
    uint64_t items_n, entries_n, logs_n;
};
/* `id` as in query_find_one, or what erase_find knows. Reads every log. RC_DENIED: this
 * node cannot read the record whole. */
enum rc erase_plan(struct ledger *l, const char *id, struct erase_plan *out,
                   struct fault *why) MUST_USE;
void erase_plan_fini(struct erase_plan *p);
struct erase_words {
    uint8_t ground;
    const char *request; /* number of the request */
    const char *who;     /* asks for it, a name for people */
};
/* Orders it, as any order (order.h), for each half of the record; inside the caller's
 * transaction. `out`: of an order that waits, if one does; then items beyond what one
 * operation can name are left for another time. */
enum rc erase_order(struct ledger *l, const struct hub *h, const struct erase_plan *p,
                    const struct erase_words *words, struct order_result *out,
                    struct fault *why) MUST_USE;

/* This node's part. due: a counted order that its own acknowledgement log does not name
 * yet. The shell commits (what is named leaves the logs and tables in the settle that
 * brings the order), then erase_sweep until it is not RC_BUSY, then, in a transaction,
 * erase_acknowledge. */
bool erase_is_due(struct ledger *l, const struct pair *ack);
enum rc erase_sweep(struct ledger *l) MUST_USE; /* outside a transaction; never waits */
enum rc erase_acknowledge(struct ledger *l, const struct pair *ack) MUST_USE;

/* An erased record by id in hex (or its beginning), or by the number it had here.
 * RC_NOTFOUND. */
enum rc erase_find(struct ledger *l, const char *text, struct erase_info *out) MUST_USE;
/* The order about this record; NULL: it is not erased. */
const struct erase_info *erase_of(const struct ledger *l, const struct record_key *key);

struct erase_node {
    uint32_t node;
    bool is_lost, has_done;
};
struct erase_row { /* one request about one record, halves and later items together */
    const struct erase_info *first;
    char number[40]; /* "" */
    uint64_t items_n;
    const struct erase_node *node; /* every counted node */
    size_t nodes_n, done_n;
};
enum rc erase_each(struct ledger *l, bool (*each)(void *arg, const struct erase_row *r),
                   void *arg) MUST_USE;

#endif
