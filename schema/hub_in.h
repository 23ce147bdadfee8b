/* Private to hub*.c: how the hub writes into the authority log, and records of its own.
 */
#ifndef LINJULI_HUB_IN_H
#define LINJULI_HUB_IN_H

#include "schema/hub.h"
#include "schema/ledger_in.h"
#include "schema/local.h"

/* A run of authority operations: as few entries as hold them. */
struct decree {
    struct ledger *l;
    const struct pair *hub;
    struct auth_op *op; /* the operation in hand, cleared by decree_next */
    struct entry_writer writer;
    uint64_t seq;
    struct hash prev;
    struct hash named; /* by the succeed of an entry 1: what its mark says */
    uint64_t clock;
    struct buf item, entry;
};
/* The first entry of the next reign, under a fresh hub key: the succeed stands first. */
enum rc decree_reign(struct decree *d, struct ledger *l, const struct pair *hub,
                     const struct hash *named) MUST_USE;
/* RC_DENIED: this key does not open the running reign, or more is held of its log than
 * counts. */
enum rc decree_begin(struct decree *d, struct ledger *l, const struct pair *hub) MUST_USE;
struct auth_op *decree_next(struct decree *d, enum auth_code code);
/* Adds d->op; slices in it only have to live until here. */
enum rc decree_add(struct decree *d) MUST_USE;
/* Writes what is left; does not settle. The decree is gone either way. */
enum rc decree_end(struct decree *d) MUST_USE;
void decree_drop(struct decree *d);

/* scope, then its first epoch under a fresh key, sealed to every node that may read it.
 */
enum rc decree_scope(struct decree *d, uint32_t no, enum scope_kind kind, uint32_t unit,
                     struct slice name) MUST_USE;
/* An epoch of the scope under a fresh key, which wraps the key of the epoch before and is
 * sealed to every node that may read it, but node `without` (0: to all). */
enum rc decree_epoch(struct decree *d, uint32_t scope, uint32_t epoch,
                     uint32_t without) MUST_USE;
/* Every epoch of the scope whose key is held, sealed to this one node. */
enum rc decree_keys(struct decree *d, uint32_t scope, uint32_t node,
                    const struct key *box) MUST_USE;
/* Signs d->op as an order of this one officer. */
void decree_sign(struct decree *d, const struct pair *officer, const struct hash *seen);
/* A grant with fresh numbers, as an invite; RC_BUSY: the unit's scope is not there yet.
 */
enum rc hub_new_grant(struct ledger *l, uint32_t unit, enum role role, uint32_t node,
                      struct grant *out, struct fault *why) MUST_USE;
enum rc hub_write_person(struct ledger *l, const struct author *by, const char *name,
                         const uint8_t id[static RECORD_ID_BYTES]) MUST_USE;
void hub_copy_name(char out[static NAME_BYTES_MAX + 1], struct slice name);
/* A new node, and the keys of the scopes of this grant for it. */
enum rc hub_place(struct decree *d, const struct grant *g, const struct join *j) MUST_USE;
/* Who asked by file brought a box key and an ack key that nobody has: two requests that
 * wait side by side may name the same. */
bool hub_may_seat(const struct ledger *l, const struct grant *g);
/* The same for who asked by file, now that the grant of his log counts; nothing where
 * nobody did. */
enum rc hub_seat(struct ledger *l, const struct hub *h, const struct grant *g) MUST_USE;
/* Every authority entry: u32 length and bytes each, appended. */
enum rc hub_all_authority(struct ledger *l, struct buf *out) MUST_USE;
/* What the hub alone does once this order counts: keys change, or go out. */
enum rc hub_after_order(struct ledger *l, const struct hub *h,
                        const struct auth_op *op) MUST_USE;

/* One record of the hub's own: number and first state, and these fields. */
struct hub_field {
    const char *name;
    const char *text; /* TEXT and CODE; NULL: `num` (CHOICE, INT) */
    int64_t num;
};
enum rc hub_put(struct author_run *run, struct ledger *l, const char *type,
                const uint8_t id[static RECORD_ID_BYTES], const struct hub_field *f,
                size_t n) MUST_USE;
/* Would this text do as the field's value? Sets the fault. */
enum rc hub_check_text(const struct ledger *l, const char *type, const char *field,
                       const char *text, struct fault *why) MUST_USE;

/* One org_unit record that is there. */
struct unit_row {
    uint8_t id[RECORD_ID_BYTES];
    uint8_t parent[RECORD_ID_BYTES];   /* zero: none */
    uint8_t compound[RECORD_ID_BYTES]; /* where it lies; zero: not told */
    uint32_t unit;
    int64_t kind; /* choice code */
    bool is_ended;
    char name[NAME_BYTES_MAX + 1];
};
struct units {
    struct unit_row *row; /* in the order in which they got their numbers */
    size_t n;
};
enum rc hub_units(struct ledger *l, struct units *out) MUST_USE;
void hub_units_fini(struct units *u);
const struct unit_row *hub_unit(const struct units *u, uint32_t unit);
/* Code of a choice of org_unit's kind, by name. */
int64_t hub_kind(const struct ledger *l, const char *name);
/* Scopes of a role in a unit (design section 6, Roles). RC_BUSY: not there yet. */
enum rc hub_scopes(struct ledger *l, const struct units *u, enum role role, uint32_t unit,
                   struct scopes *out) MUST_USE;
/* Lets the reading of every grid worker and area secretary follow the units under theirs,
 * and asks officers for grants to match. Settles; *did is set where anything was written.
 */
enum rc hub_reach(struct ledger *l, const struct hub *h, const struct units *u,
                  bool *did) MUST_USE;

#endif
