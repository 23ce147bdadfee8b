/* Private to sync/: how the authority fold is fed. Entries held are facts; the rule picks
 * the prefix from them (authority_prefix), whose operations are then applied in order. */
#ifndef LINJULI_AUTHORITY_IMPL_H
#define LINJULI_AUTHORITY_IMPL_H

#include "sync/authority.h"
#include "sync/chain.h"

/* What the rule needs to know of an authority entry. */
struct auth_fact {
    struct fact fact;
    uint32_t key;   /* index into the keys */
    bool is_head;   /* a header without its body: proves a fork, never counts */
    bool is_loose;  /* the feeder's own: beside the trunk */
    bool has_root;  /* a succeed stands in it, and the root's signature holds */
    uint32_t reign; /* of the succeed, and below what it names */
    uint64_t to_seq;
    struct hash to;
};

struct auth_row { /* one reign */
    uint32_t reign;
    uint32_t key; /* of its first entry (the first of two that freeze) */
    uint64_t head_seq;
    struct hash head; /* seq 0: nothing of it counts */
    struct proof proof;
};

/* The prefix as indices of facts, and the rows by reign. Reusable; start as {0}. */
struct prefix {
    uint32_t *at;
    size_t n;
    struct auth_row *row;
    size_t rows_n, rows_cap;
    bool is_frozen;
    bool is_open; /* the last counted reign may simply go on: no fork, no waiting */
};
void authority_prefix(const struct auth_fact *facts, size_t n,
                      const struct hash *community, struct prefix *out);
void prefix_fini(struct prefix *p);

/* One log as the prefix says it. Its `log` also keeps what acceptance decides. */
struct auth_log {
    struct log_state log; /* must stay first */
    uint64_t sealed_to;   /* highest seq of any seal line, plus 1; 0: no line */
    uint64_t last;        /* place of the last order about it, plus 1 */
    bool is_touched;      /* new lines or grants since authority_touched */
};

/* Orders about a record, by record. */
struct auth_erased {
    struct record_key record;
    uint64_t last; /* place of the last order about it, plus 1 */
};
struct auth_epoch {
    uint32_t scope, epoch;
    struct hash hash;
    uint64_t clock;
};
struct auth_schema {
    uint16_t version;
    struct hash types;
};
struct auth_void { /* an operation of the prefix that does not count */
    uint32_t pos, index;
};

/* Lists grow; maps hold indices into them. */
struct authority {
    bool is_frozen, has_create;
    struct buf name;
    struct key root_key, hub_key;
    uint32_t reign;
    uint64_t head_seq;
    struct officers officers;
    uint64_t officers_last;    /* place of the last order about them, plus 1 */
    struct auth_schema schema; /* told last */
    struct auth_schema *told;  /* the last word for each version */
    size_t told_n, told_cap;
    uint64_t seal_no;
    struct hash *id; /* of the prefix, by place */
    size_t n, id_cap;
    struct idmap id_map;
    struct scope_info *scope; /* by number */
    uint8_t **scope_name;     /* of the same place */
    size_t scopes_n, scopes_cap, names_cap;
    struct node_info *node; /* by number */
    size_t nodes_n, nodes_cap;
    uint32_t *lost; /* nodes */
    size_t lost_n, lost_cap;
    struct auth_epoch *epoch;
    size_t epochs_n, epochs_cap;
    struct idmap epoch_map;
    struct auth_log **log; /* by number */
    size_t logs_n, logs_cap;
    struct auth_log **born; /* by first grant */
    size_t born_cap;
    struct idmap key_map; /* into born */
    struct key *once;     /* one-time keys used */
    size_t once_n, once_cap;
    struct idmap once_map;
    struct auth_erased *erased;
    size_t erased_n, erased_cap;
    struct idmap erased_map;
    struct erased_name *item;
    size_t items_n, items_cap;
    struct idmap item_map;
    struct erase_info *erase; /* in order */
    size_t erases_n, erases_cap;
    uint64_t people;         /* counts up with each node and first grant */
    struct auth_void *empty; /* ascending */
    size_t empty_n, empty_cap;
    uint32_t *seal; /* places of counted seals, ascending */
    size_t seals_n, seals_cap;
    struct auth_log **touched;
    size_t touched_n, touched_cap;
    struct auth_op op; /* the one being applied */
};

struct authority *authority_new(void);
void authority_free(struct authority *a);
/* Forgets everything. */
void authority_reset(struct authority *a);
void authority_freeze(struct authority *a, bool is_frozen);

/* The next entry of the prefix. `op` gives its operations in order, verdicts filled in;
 * one that cannot be decoded comes as code 0. */
struct auth_entry {
    struct hash id;
    struct key key;
    uint64_t seq, clock;
    uint32_t reign;
    uint32_t ops_n;
    void (*op)(void *self, uint32_t index, struct auth_op *out);
    void *self;
};
void authority_apply(struct authority *a, const struct auth_entry *e);

size_t authority_logs_n(const struct authority *a);
struct auth_log *authority_log_at(const struct authority *a, size_t i); /* by number */
struct auth_log *authority_log(const struct authority *a, uint32_t no);
struct auth_log *authority_log_by_key(const struct authority *a, const struct key *key);
/* The next log touched since it was last asked for; NULL at the end. */
struct auth_log *authority_touched(struct authority *a);

/* Within authority*.c. */
void *authority_room(void *p, size_t n, size_t *cap, size_t each);
/* Place of an id in the prefix, plus 1; 0: not there. */
uint64_t authority_seen(const struct authority *a, const struct hash *id);
struct auth_erased *authority_erased(const struct authority *a,
                                     const struct record_key *record);
bool authority_take_erase(struct authority *a, const struct auth_entry *e,
                          const struct auth_op *op, const struct record_key *record,
                          struct auth_void at);
void authority_touch(struct authority *a, struct auth_log *log);
struct auth_log *authority_log_new(struct authority *a, const struct grant *g);

#endif
