/* Golden histories (tests/golden/model): entries held, in no order, and what follows from
 * them. Ids and keys are short strings, padded with zeros; signatures are verdicts. */
#ifndef LINJULI_TEST_GOLDEN_H
#define LINJULI_TEST_GOLDEN_H

#include <jansson.h>

#include "sync/accept.h"
#include "sync/auth_op.h"
#include "sync/rights.h"

struct golden_item {
    enum op_code code;
    uint32_t scope;
    struct op *put;           /* NULL for rights */
    struct rights_item right; /* without place */
};

/* An entry of either kind. */
struct golden_entry {
    bool is_authority;
    struct key log;
    struct fact fact;
    /* authority: a succeed is operation 0 */
    bool has_succeed;
    struct auth_op *ops;
    uint32_t ops_n;
    /* data */
    uint8_t mark[8];
    struct golden_item *items;
    size_t items_n;
    struct buf packed; /* lists of operations, values of fields */
};

struct golden {
    const char *name;
    struct hash community;
    struct golden_entry *entry;
    size_t n;
    uint32_t scope[16]; /* what the reader may read beside scope 1 */
    size_t scopes_n;
    json_t *want; /* borrowed */
};

/* One history out of its JSON, which must outlive it. */
void golden_init(struct golden *g, json_t *history);
void golden_fini(struct golden *g);
struct hash golden_hash(const char *text);
struct key golden_key(const char *text);
/* The string an id or key was made of; valid until 16 more calls. */
const char *golden_text(const uint8_t b[32]);
/* A record as "scope/unit/id" into out. */
void golden_record_text(const struct record_key *k, char out[64]);
struct record_key golden_record(const struct golden_item *item);

#endif
