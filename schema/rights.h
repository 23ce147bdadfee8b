/* Rights as people see them: what there is of a scarce thing, who holds it, what was
 * spent for what, and is it final. Writing is by an own log, inside the caller's
 * transaction: what its balance does not reach is refused before anything is signed, and
 * never written to be void. Callbacks get borrowed data; false stops. */
#ifndef LINJULI_SCHEMA_RIGHTS_H
#define LINJULI_SCHEMA_RIGHTS_H

#include "schema/author.h"
#include "schema/fault.h"

struct rights_lane_row {
    uint32_t log_no;
    uint64_t balance;
    enum rights_where where;
};
struct rights_asset_row {
    int64_t no;
    struct item_name name;
    bool has_subject;
    struct record_key subject; /* whose rights these are */
    bool is_proper; /* whoever opened it may make such records there; false too where the
                       record is not readable here */
    uint64_t issued, held, transit, spent;
    const struct rights_lane_row *lane; /* with a balance, by log number */
    size_t lanes_n;
};
/* Every asset that was opened; `subject` (NULL: any) of that record alone. */
enum rc rights_assets(struct ledger *l, const struct record_key *subject,
                      bool (*each)(void *arg, const struct rights_asset_row *a),
                      void *arg) MUST_USE;

struct rights_op_row {
    struct item_name name;
    int64_t asset;
    enum op_code code;
    uint64_t amount;           /* open, take, return: 0 */
    uint32_t party;            /* give: to whom; take of a balance: of whom */
    struct record_key subject; /* open, spend */
    struct item_name of;       /* take of a give, return */
    enum rights_state state;
    bool is_confirmed, is_used;
};
/* All of one asset, by where they stand here. */
enum rc rights_ops(struct ledger *l, int64_t asset,
                   bool (*each)(void *arg, const struct rights_op_row *o),
                   void *arg) MUST_USE;

/* What a record has used up of others. */
struct rights_backing {
    bool needs; /* its type costs a right in the state it is in */
    uint64_t amount, backed;
    bool is_final; /* all of it confirmed */
    size_t spends_n;
};
enum rc rights_backing(struct ledger *l, const struct record_key *key,
                       struct rights_backing *out) MUST_USE;
/* Records that need a right and have none. */
struct rights_unbacked {
    struct record_key key;
    const struct type *type;
    uint32_t name; /* of its case */
    uint64_t amount, backed;
};
enum rc rights_unbacked(struct ledger *l,
                        bool (*each)(void *arg, const struct rights_unbacked *u),
                        void *arg) MUST_USE;
/* 16 bytes over all operations, lanes and totals, free of row numbers and order of
 * arrival: equal where the same is accepted. */
enum rc rights_digest(struct ledger *l, uint8_t out[static 16]) MUST_USE;

/* ---- writing: each one entry of the author's own. `record`, `asset`: as in
 * query_find_one. RC_NO: the balance does not reach (FAULT_RIGHT_SHORT; what: what is
 * held here, want: where the rest is). RC_BUSY: something before it has not come yet. */
enum rc rights_give(struct ledger *l, const struct author *a, const char *asset,
                    uint64_t amount, uint32_t to_log, struct fault *why) MUST_USE;
enum rc rights_spend(struct ledger *l, const struct author *a, const char *asset,
                     uint64_t amount, const char *record, struct fault *why) MUST_USE;
/* `spend`: LOG:SEQ:INDEX as `rights` shows it, or the record that it was for. */
enum rc rights_return(struct ledger *l, const struct author *a, const char *spend,
                      struct fault *why) MUST_USE;
/* The heir takes over what a revoked log had of the asset, and gives addressed to it. */
enum rc rights_take_over(struct ledger *l, const struct author *a, const char *asset,
                         uint32_t log_no, struct fault *why) MUST_USE;
/* Is there a give addressed to this log that nobody took? rights_take takes all of them.
 */
bool rights_take_is_due(struct ledger *l, const struct author *a);
enum rc rights_take(struct ledger *l, const struct author *a) MUST_USE;

#endif
