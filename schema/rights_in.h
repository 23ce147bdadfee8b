/* Private to rights*.c, project*.c and edit*.c: rights in the derived tables.
 *
 * right_op: one row an operation on rights that takes effect, keyed by where it stands
 * (entry, item: as in record_item); what it says, and what the fold (sync/rights.h) made
 * of it: state (0 pending, 1 void, 2 ok), confirmed, used. right_asset: one row an asset
 * that any of them names, with its totals; subject, role and unit are of its `open`.
 * right_lane: who has how much of it (place: enum rights_where).
 *
 * An asset is folded again from all its operations, and only when something about it
 * changed: an operation came or went, a seal covers one now, or a log that it rests on
 * stands otherwise. right_watch says on which logs it rests (kind: WATCH_*); log 0 is the
 * authority prefix, for marks that are not in it yet. right_wait: takes whose give does
 * not take effect here, by the entry that they name, and where such an entry is (NULL:
 * not here). right_id: the accepted entries by the first 8 bytes of their ids; a row may
 * outlive its entry, so who reads it looks whether that one is still there. */
#ifndef LINJULI_RIGHTS_IN_H
#define LINJULI_RIGHTS_IN_H

#include "schema/project_in.h"
#include "schema/rights.h"

#define WATCH_STAND 0   /* is it revoked, closed, who is its heir */
#define WATCH_LINES 1   /* the same, and its first line not decided */
#define WATCH_ENTRIES 2 /* the same, and how far it is held and sealed */

struct rights_row { /* beside its rights_item */
    int64_t entry;
    uint16_t index;
    int state;
    bool is_confirmed, is_used;
};
struct rights_wait {
    struct version at;
    int64_t entry; /* -1: not here */
};
struct rights_proj {
    struct ledger *l;
    int64_t *dirty; /* assets */
    size_t dirty_n, dirty_cap;
    struct rights_log *log; /* as they were when the tables were made */
    size_t logs_n;
    struct rights_log *now; /* while they are made */
    size_t now_n;
    bool has_logs;
    bool has_grown; /* the authority prefix, since */
    /* of the asset in hand */
    struct rights_item *item;
    struct rights_row *row;
    size_t items_n, items_cap;
    struct rights rights;
    struct rights_wait *wait;
    size_t waits_n, waits_cap;
    enum rc rc; /* of what the fold asked for */
};

struct rights_proj *rights_proj_new(struct ledger *l);
void rights_proj_free(struct rights_proj *p); /* NULL is fine */
void rights_proj_forget(struct rights_proj *p);
/* The replica was loaded: the tables are of what it says now. */
void rights_proj_unload(struct rights_proj *p);
enum rc rights_proj_begin(struct rights_proj *p) MUST_USE;
/* An entry is accepted: somebody may wait for it. */
enum rc rights_proj_entry(struct rights_proj *p, int64_t row,
                          const struct hash *id) MUST_USE;
/* An operation that takes effect, not resolved yet. */
enum rc rights_proj_put(struct rights_proj *p, const struct context *c, uint16_t index,
                        struct op *op) MUST_USE;
/* What stands in these rows is gone, or is about to be judged again. */
enum rc rights_proj_drop(struct rights_proj *p, int64_t from, int64_t to) MUST_USE;
enum rc rights_proj_drop_item(struct rights_proj *p, int64_t row,
                              uint16_t index) MUST_USE;
enum rc rights_proj_sealed(struct rights_proj *p, int64_t from, int64_t to) MUST_USE;
void rights_proj_grown(struct rights_proj *p);
/* Folds what is dirty. */
enum rc rights_proj_flush(struct rights_proj *p) MUST_USE;
void rights_proj_dirty(struct rights_proj *p, int64_t asset);

/* rights_fold.c */
enum rc rights_fold_asset(struct rights_proj *p, int64_t no) MUST_USE;
const struct rights_log *rights_fold_log(const struct rights_proj *p, uint32_t log_no);

/* Name parts of an item, into four parameters from `at` on, and out of four columns. */
void rights_bind_name(sqlite3_stmt *s, int at, const struct item_name *name);
void rights_read_name(sqlite3_stmt *s, int at, struct item_name *name);
bool rights_is_op(enum op_code code);

/* rights_query.c */
/* What the rule says of how many, the field's value being this. */
uint64_t rights_rule_amount(const struct right_rule *r, struct slice value);
enum rc rights_spends_for(struct ledger *l, const struct record_key *key,
                          bool (*each)(void *arg, const struct rights_op_row *o),
                          void *arg) MUST_USE;
enum rc rights_op_at(struct ledger *l, int64_t entry, uint16_t index,
                     bool (*each)(void *arg, const struct rights_op_row *o),
                     void *arg) MUST_USE;
enum rc rights_gives_to(struct ledger *l, uint32_t log_no,
                        bool (*each)(void *arg, const struct rights_op_row *o),
                        void *arg) MUST_USE;
/* How much of the thing `of` holds spends for the record. */
enum rc rights_backed_by(struct ledger *l, const struct record_key *key,
                         const struct record_key *of,
                         struct rights_backing *out) MUST_USE;

/* rights_write.c: into a run. is_try: judged, and not put. */
struct rights_pen {
    struct ledger *l;
    struct author_run *run;
    const struct author *a;
    bool is_try;
    struct fault *why;
};
/* `need` of the thing, for the record. */
enum rc rights_pen_spend(const struct rights_pen *pen, const struct record_key *of,
                         uint64_t need, const struct record_key *key) MUST_USE;
/* Own spends for the record, but for those on `kept` (NULL: none); *n: how many. */
enum rc rights_pen_return(const struct rights_pen *pen, const struct record_key *key,
                          const struct record_key *kept, size_t *n) MUST_USE;
enum rc rights_pen_return_at(const struct rights_pen *pen, const struct item_name *name,
                             size_t *n) MUST_USE;
enum rc rights_pen_give(const struct rights_pen *pen, const struct record_key *of,
                        uint64_t amount, uint32_t to_log) MUST_USE;
enum rc rights_pen_put(const struct rights_pen *pen, const struct op *op) MUST_USE;
enum rc rights_asset_name(struct ledger *l, int64_t asset,
                          struct item_name *out) MUST_USE;
enum rc rights_pen_issue(const struct rights_pen *pen, const struct record_key *of,
                         uint64_t amount) MUST_USE;
/* The record's amount was `was` and is `is` now. */
enum rc rights_pen_change(const struct rights_pen *pen, const struct record_key *of,
                          uint64_t was, uint64_t is) MUST_USE;

#endif
