/* Signatures inside operations of the authority log (AUTHORITY.md section 4). */
#include "sync/auth_op.h"

#include <assert.h>
#include <string.h>

#define JOIN_BYTES (4 + 2 * KEY_BYTES)
#define ROOT_BYTES (4 + 8 + HASH_BYTES + KEY_BYTES + HASH_BYTES)

/* seen ‖ operation without signatures. */
static void
order_message(const struct auth_op *op, const struct hash *seen, struct buf *out)
{
    buf_add(out, seen->b, HASH_BYTES);
    auth_op_unsigned(op, out);
}

static void
join_message(const struct grant *g, uint8_t out[static JOIN_BYTES])
{
    put_u32(out, g->log_no);
    memcpy(out + 4, g->log.b, KEY_BYTES);
    memcpy(out + 4 + KEY_BYTES, g->join_box.b, KEY_BYTES);
}

static void
root_message(const struct auth_op *op, const struct auth_op *beside,
             uint8_t out[static ROOT_BYTES])
{
    struct hash hash = {{0}};

    if (beside != NULL) {
        struct buf b = BUF_NONE;

        assert(beside->code == AUTH_OFFICERS);
        auth_op_unsigned(beside, &b);
        hash = hash_of(buf_slice(&b));
        buf_free(&b);
    }
    put_u32(out, op->reign);
    put_u64(out + 4, op->reign_seq);
    memcpy(out + 12, op->reign_id.b, HASH_BYTES);
    memcpy(out + 12 + HASH_BYTES, op->hub_key.b, KEY_BYTES);
    memcpy(out + 12 + HASH_BYTES + KEY_BYTES, hash.b, HASH_BYTES);
}

/* Is every signing key that the operation enrols one? */
static bool
keys_hold(const struct auth_op *op)
{
    const struct grant *g = &op->grant;
    bool has_officers = op->code == AUTH_CREATE || op->code == AUTH_OFFICERS;

    for (uint16_t i = 0; has_officers && i < op->officers.n; i++) {
        if (!key_is_valid(&op->officers.key[i])) {
            return false;
        }
    }
    if (op->code == AUTH_CREATE) {
        return key_is_valid(&op->root_key) && key_is_valid(&op->hub_key);
    }
    if (op->code == AUTH_NODE) {
        return key_is_valid(&op->ack_key);
    }
    if (op->code == AUTH_GRANT) {
        return (!g->is_invite || key_is_valid(&g->once)) &&
               ((g->is_invite && !g->has_join) || key_is_valid(&g->log));
    }
    return true;
}

static void
order_verify(struct auth_op *op, const struct hash *community)
{
    struct buf message = BUF_NONE;
    struct order *o = &op->order;

    order_message(op, &o->seen, &message);
    for (uint16_t i = 0; i < o->n; i++) {
        o->holds[i] =
            op->keys_hold &&
            sign_check(TAG_ORDER, community, buf_slice(&message), &o->by[i], &o->sig[i]);
    }
    buf_free(&message);
}

static bool
join_holds(const struct grant *g, const struct hash *community)
{
    uint8_t message[JOIN_BYTES];

    join_message(g, message);
    return sign_check(TAG_JOIN, community, slice_of(message, sizeof message), &g->once,
                      &g->join_sig);
}

static bool
root_holds(const struct auth_op *op, const struct hash *community,
           const struct key *root_key, const struct auth_op *beside)
{
    uint8_t message[ROOT_BYTES];

    if (root_key == NULL) {
        return false;
    }
    root_message(op, beside, message);
    return sign_check(TAG_ROOT, community, slice_of(message, sizeof message), root_key,
                      &op->root_sig);
}

void
auth_op_verify(struct auth_op *op, const struct hash *community,
               const struct key *root_key, const struct auth_op *beside)
{
    op->keys_hold = keys_hold(op);
    if (op->order.n > 0) {
        order_verify(op, community);
    }
    if (op->code == AUTH_GRANT) {
        op->grant.is_joined =
            op->keys_hold && op->grant.has_join && join_holds(&op->grant, community);
    }
    if (op->code == AUTH_SUCCEED) {
        op->root_holds = root_holds(op, community, root_key, beside);
    }
}

void
auth_order_sign(const struct auth_op *op, const struct hash *community,
                const struct hash *seen, const struct pair *officer, struct sig *out)
{
    struct buf message = BUF_NONE;

    order_message(op, seen, &message);
    sign_make(TAG_ORDER, community, buf_slice(&message), officer, out);
    buf_free(&message);
}

void
auth_join_sign(const struct grant *grant, const struct hash *community,
               const struct pair *once, struct sig *out)
{
    uint8_t message[JOIN_BYTES];

    join_message(grant, message);
    sign_make(TAG_JOIN, community, slice_of(message, sizeof message), once, out);
}

void
auth_root_sign(const struct auth_op *succeed, const struct hash *community,
               const struct auth_op *beside, const struct pair *root, struct sig *out)
{
    uint8_t message[ROOT_BYTES];

    root_message(succeed, beside, message);
    sign_make(TAG_ROOT, community, slice_of(message, sizeof message), root, out);
}
