/* Orders: what the officers of a community decide (grant, revoke, lost, officers, erase).
 *
 * An order needs the signatures of as many officers as AUTHORITY.md section 6, 5 says.
 * The hub collects them: with enough at hand the order is written at once, otherwise it
 * waits in this node's own table until the last one is there. All signatures of one order
 * are over the same `seen`, so an order that waited too long, because another one about
 * the same subject counted meanwhile or the prefix left what its signers saw, is stale:
 * it is dropped, or asked anew. What would not count is never written.
 *
 * An officer at another machine signs a file (ORDER.md) and gives it back.
 *
 * The grant of an invite is an order that is not written: signed by all who are needed it
 * is ready, and the invite is handed out with it. */
#ifndef LINJULI_ORDER_H
#define LINJULI_ORDER_H

#include "schema/hub.h"

/* An order's name: the first 8 hex digits of SHA-256 of the operation without signatures,
 * and a NUL. The same order asked twice has the same name, and is one order. */
#define ORDER_NAME_BYTES 9
#define ORDER_WHO_BYTES_MAX 256
#define ORDER_FILE_BYTES_MAX (ENTRY_BYTES_MAX + 128)

enum order_state {
    ORDER_WAITS,  /* for signatures */
    ORDER_READY,  /* an invite that has its signatures, and is to be handed out */
    ORDER_STALE,  /* can no longer count: drop it, or ask anew */
    ORDER_WRITTEN /* it stands in the authority log and counts */
};
struct order_result {
    char name[ORDER_NAME_BYTES];
    enum order_state state;
    uint16_t have, need; /* signatures; need 0: this community has no officers */
};

/* Asks for an order; inside the caller's transaction. `op`: the operation, without order;
 * its `order` is filled in here. Signed with every officer key of `h` that is appointed;
 * if these are enough it is written and settled (and the keys of scopes change with a
 * revoke or lost, see hub_after_order), else it waits. `who`: who asks, a name for
 * people.
 *
 * RC_OK: out->state is WAITS, READY or WRITTEN. An order of that name that waits already
 * gets the signatures that it lacks; a stale one is asked anew. RC_DENIED: this machine
 * is not the hub, there is no officer, or the order would not count whoever signs it
 * (FAULT_ORDER). */
enum rc hub_order(struct ledger *l, const struct hub *h, struct auth_op *op,
                  const char *who, struct order_result *out, struct fault *why) MUST_USE;

/* Adds the signature of this officer to an order that waits; the one that completes it
 * writes it. RC_NOTFOUND: none of that name; RC_STALE; RC_DENIED: he is no officer. */
enum rc order_sign(struct ledger *l, const struct hub *h, const char *name,
                   const struct pair *officer, struct order_result *out,
                   struct fault *why) MUST_USE;
enum rc order_drop(struct ledger *l, const char *name, struct fault *why) MUST_USE;

/* What is handed out with an invite lies beside its order until then. take: the operation
 * with its signatures and that file, and the order is gone. RC_NOTFOUND: none of that
 * name, or no invite's; RC_BUSY: not signed by all yet; RC_STALE. */
enum rc order_attach(struct ledger *l, const char *name, struct slice file,
                     struct fault *why) MUST_USE;
enum rc order_take(struct ledger *l, const char *name, struct buf *op, struct buf *file,
                   struct fault *why) MUST_USE;

/* What waits, by name. `op` is decoded, its signatures judged; borrowed for the call. */
struct order_row {
    char name[ORDER_NAME_BYTES];
    enum order_state state;
    uint16_t have, need;
    uint64_t made_ms; /* civil time */
    const char *who;
    const struct auth_op *op;
};
enum rc order_each(struct ledger *l, void (*each)(void *arg, const struct order_row *row),
                   void *arg) MUST_USE;

/* The file (ORDER.md): out for an officer elsewhere, and in with what he added. import
 * takes signatures that hold, of officers, over the same operation and `seen` as the
 * order that waits here; the one that completes it writes it. RC_INVALID: of another
 * community; RC_MALFORMED; RC_NOTFOUND: no such order waits here. */
enum rc order_export(struct ledger *l, const char *name, struct buf *out,
                     struct fault *why) MUST_USE;
enum rc order_import(struct ledger *l, const struct hub *h, struct slice file,
                     struct order_result *out, struct fault *why) MUST_USE;

/* A file on its own, for the officer who signs it at his own machine. */
struct order_file {
    struct hash community;
    struct slice op; /* with the order in it; borrowed */
};
void order_file_encode(const struct order_file *f, struct buf *out);
enum rc order_file_decode(struct slice file, struct order_file *out) MUST_USE;
/* Adds a signature to the operation (in place of an older one of the same key); `op` has
 * been decoded from bytes that outlive it. RC_LIMIT: sixteen are there. */
enum rc order_add(struct auth_op *op, const struct hash *community,
                  const struct pair *officer) MUST_USE;
/* Ends the log here, at the last entry of it that counts; heir 0: nobody inherits. */
enum rc hub_revoke(struct ledger *l, const struct hub *h, uint32_t log_no, uint32_t heir,
                   uint8_t reason, const char *who, struct order_result *out,
                   struct fault *why) MUST_USE;
/* The node and every log of it. The hub's own node cannot be lost: RC_DENIED. */
enum rc hub_lost(struct ledger *l, const struct hub *h, uint32_t node, uint32_t heir,
                 const char *who, struct order_result *out, struct fault *why) MUST_USE;
/* A fresh key for this scope (0: every one), settled; *n: how many. RC_NOTFOUND. */
enum rc hub_rotate(struct ledger *l, const struct hub *h, uint32_t scope,
                   size_t *n) MUST_USE;

void order_name(const struct auth_op *op, char out[static ORDER_NAME_BYTES]);

#endif
