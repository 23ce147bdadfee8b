/* The authority fold (design section 6): which entries form the prefix, which operations
 * in it count, and what they say. Pure: no order of arrival, no clock. */
#ifndef LINJULI_AUTHORITY_H
#define LINJULI_AUTHORITY_H

#include "sync/accept.h"
#include "sync/auth_op.h"

struct authority; /* what the counted prefix says */

/* ---- questions */
const struct officers *authority_officers(const struct authority *a);
bool authority_is_frozen(const struct authority *a);
struct slice authority_name(const struct authority *a);
const struct key *authority_hub_key(const struct authority *a); /* of the open reign */
uint32_t authority_reign(const struct authority *a);
uint64_t authority_head_seq(const struct authority *a);          /* in its reign */
const struct key *authority_root_key(const struct authority *a); /* NULL: no create */
uint16_t authority_schema(const struct authority *a,
                          struct hash *types); /* newest counted */
/* The hash last told for this version; NULL: none. */
const struct hash *authority_types(const struct authority *a, uint16_t version);
/* The newest entry of the prefix, its id and place: marks name it. */
bool authority_head(const struct authority *a, struct hash *id, uint64_t *pos);
/* Place in the prefix of the entry whose id begins with these 8 bytes, or -1. */
int64_t authority_pos(const struct authority *a, const uint8_t mark[8]);

struct scope_info {
    uint32_t no;
    enum scope_kind kind;
    uint32_t unit;
    struct slice name;
    uint32_t epoch;       /* newest counted */
    uint64_t epoch_clock; /* of the entry that began it */
};
size_t authority_scopes_n(const struct authority *a);
const struct scope_info *authority_scope_at(const struct authority *a, size_t i);
const struct scope_info *authority_scope(const struct authority *a, uint32_t no);
struct node_info {
    uint32_t no;
    struct key box_key, ack_key;
    uint32_t unit;
    struct scopes scopes;
    bool is_lost;
};
size_t authority_nodes_n(const struct authority *a);
const struct node_info *authority_node_at(const struct authority *a, size_t i);
const struct node_info *authority_node(const struct authority *a, uint32_t no);
const struct node_info *authority_node_by_box(const struct authority *a,
                                              const struct key *box);
/* Hash of the key of (scope, epoch), fixed by the first counted epoch; NULL: none. */
const struct hash *authority_epoch_hash(const struct authority *a, uint32_t scope,
                                        uint32_t epoch);
uint64_t
authority_seal_no(const struct authority *a); /* of the newest counted seal; 0: none */
/* Entries in the prefix; the id of the one at a place below that. */
uint64_t authority_n(const struct authority *a);
const struct hash *authority_id_at(const struct authority *a, uint64_t pos);
/* Does the operation `index` of the entry at `pos` count? (A succeed does where its entry
 * is in the prefix; an index past the operations is not asked for.) */
bool authority_counts(const struct authority *a, uint64_t pos, uint32_t index);
/* How many officers must sign an order of this kind: at least 1; 0: there are none, and
 * nothing that needs them counts. */
uint16_t authority_need(const struct authority *a, enum auth_code code);
/* Those of the officers appointed now whose signature under it holds (auth_op_verify). */
uint16_t authority_signed_n(const struct authority *a, const struct auth_op *op);
/* Could it still count if it came next: `seen` is in the prefix, and no order about the
 * same subject counted after it (AUTHORITY.md section 6, 6)? */
bool authority_is_fresh(const struct authority *a, const struct auth_op *op);
/* Counted orders to erase, in order. */
struct erase_info {
    uint64_t pos; /* place of its entry, and index of the operation in it */
    uint32_t index;
    uint64_t clock; /* of its entry */
    struct record_key record;
    uint8_t ground;
    char request[REQUEST_BYTES_MAX + 1];
    uint32_t items_n; /* named by it */
};
size_t authority_erases_n(const struct authority *a);
const struct erase_info *authority_erase_at(const struct authority *a, size_t i);
/* The last one about this record; NULL: it is not erased. */
const struct erase_info *authority_erase_of(const struct authority *a,
                                            const struct record_key *record);
/* Every item that they name, each once, in order. */
size_t authority_erased_items_n(const struct authority *a);
const struct erased_name *authority_erased_item_at(const struct authority *a, size_t i);
bool authority_is_erased(const struct authority *a, const struct record_key *record);
bool authority_is_item_erased(const struct authority *a, const struct erased_name *item);

#endif
