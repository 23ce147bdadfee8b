/* Writing operations of the authority log (AUTHORITY.md section 3). */
#include "sync/auth_op.h"

#include "sync/auth_shape.h"
#include "sync/pack.h"

static void
key_pack(const struct key *key, struct buf *out)
{
    pack_bin(out, slice_of(key->b, KEY_BYTES));
}

static void
hash_pack(const struct hash *hash, struct buf *out)
{
    pack_bin(out, slice_of(hash->b, HASH_BYTES));
}

static void
sig_pack(const struct sig *sig, struct buf *out)
{
    pack_bin(out, slice_of(sig->b, SIG_BYTES));
}

static void
scopes_pack(const struct scopes *s, struct buf *out)
{
    pack_array(out, s->n);
    for (uint16_t i = 0; i < s->n; i++) {
        pack_uint(out, s->no[i]);
    }
}

static void
officers_pack(const struct officers *o, struct buf *out)
{
    pack_array(out, o->n);
    for (uint16_t i = 0; i < o->n; i++) {
        key_pack(&o->key[i], out);
    }
    pack_array(out, NEED_N);
    for (size_t i = 0; i < NEED_N; i++) {
        pack_uint(out, o->need[i]);
    }
}

static void
order_pack(const struct order *o, struct buf *out)
{
    pack_array(out, 2);
    hash_pack(&o->seen, out);
    pack_array(out, 2u * o->n);
    for (uint16_t i = 0; i < o->n; i++) {
        key_pack(&o->by[i], out);
        sig_pack(&o->sig[i], out);
    }
}

static void
list_pack(uint32_t elements_n, struct slice packed, struct buf *out)
{
    pack_array(out, elements_n);
    buf_add_slice(out, packed);
}

void
auth_line_add(struct buf *lines, const struct line *line)
{
    pack_uint(lines, line->log_no);
    pack_uint(lines, line->seq);
    hash_pack(&line->id, lines);
}

void
auth_lost_add(struct buf *lines, const struct line *line)
{
    pack_array(lines, 4);
    auth_line_add(lines, line);
    pack_uint(lines, line->heir);
}

void
auth_erased_add(struct buf *items, const struct erased_name *item)
{
    pack_uint(items, item->log_no);
    pack_uint(items, item->seq);
    pack_uint(items, item->index);
}

void
auth_receiver_add(struct buf *receivers, uint32_t node,
                  const uint8_t sealed[static SEALED_KEY_BYTES])
{
    pack_uint(receivers, node);
    pack_bin(receivers, slice_of(sealed, SEALED_KEY_BYTES));
}

/* The elements of a grant behind its code, as far as officers sign them. */
static void
grant_pack(const struct grant *g, struct buf *out)
{
    pack_uint(out, g->log_no);
    if (g->is_invite) {
        pack_nil(out);
    } else {
        key_pack(&g->log, out);
    }
    pack_uint(out, g->node);
    pack_bin(out, slice_of(g->person, RECORD_ID_BYTES));
    pack_uint(out, g->post);
    pack_uint(out, g->unit);
    pack_uint(out, g->role);
    scopes_pack(&g->scopes, out);
    pack_uint(out, g->from);
    if (g->is_invite) {
        key_pack(&g->once, out);
    } else {
        pack_nil(out);
    }
}

static void
join_pack(const struct grant *g, struct buf *out)
{
    if (!g->has_join) {
        pack_nil(out);
        return;
    }
    pack_array(out, 3);
    key_pack(&g->log, out);
    key_pack(&g->join_box, out);
    sig_pack(&g->join_sig, out);
}

static void
said_pack(const struct auth_op *op, struct buf *out)
{
    if (op->code == AUTH_CREATE) {
        pack_text(out, op->name);
        key_pack(&op->root_key, out);
        key_pack(&op->hub_key, out);
        officers_pack(&op->officers, out);
    } else if (op->code == AUTH_SCHEMA) {
        pack_uint(out, op->schema);
        hash_pack(&op->hash, out);
    } else if (op->code == AUTH_SCOPE) {
        pack_uint(out, op->scope);
        pack_uint(out, op->scope_kind);
        pack_uint(out, op->unit);
        pack_text(out, op->name);
    } else {
        pack_uint(out, op->node);
        key_pack(&op->box_key, out);
        pack_uint(out, op->unit);
        scopes_pack(&op->scopes, out);
        key_pack(&op->ack_key, out);
    }
}

static void
epoch_pack(const struct auth_op *op, struct buf *out)
{
    pack_uint(out, op->scope);
    pack_uint(out, op->epoch);
    hash_pack(&op->hash, out);
    list_pack(2 * op->receivers_n, op->receivers, out);
    if (op->has_previous) {
        pack_bin(out, slice_of(op->previous, WRAPPED_KEY_BYTES));
    } else {
        pack_nil(out);
    }
}

/* The elements behind the code, as far as officers sign them. */
static void
fields_pack(const struct auth_op *op, struct buf *out)
{
    switch (op->code) {
    case AUTH_CREATE:
    case AUTH_SCHEMA:
    case AUTH_SCOPE:
    case AUTH_NODE:
        said_pack(op, out);
        break;
    case AUTH_GRANT:
        grant_pack(&op->grant, out);
        break;
    case AUTH_EPOCH:
        epoch_pack(op, out);
        break;
    case AUTH_SEAL:
        pack_uint(out, op->seal_no);
        list_pack(3 * op->lines_n, op->lines, out);
        pack_uint(out, op->tree_size);
        hash_pack(&op->hash, out);
        break;
    case AUTH_REVOKE:
        auth_line_add(out, &op->line);
        pack_uint(out, op->line.heir);
        pack_uint(out, op->reason);
        break;
    case AUTH_LOST:
        pack_uint(out, op->node);
        list_pack(op->lines_n, op->lines, out);
        break;
    case AUTH_OFFICERS:
        officers_pack(&op->officers, out);
        break;
    case AUTH_ERASE:
        list_pack(3 * op->items_n, op->items, out);
        pack_uint(out, op->scope);
        pack_uint(out, op->unit);
        pack_bin(out, slice_of(op->record, RECORD_ID_BYTES));
        pack_uint(out, op->reason);
        pack_text(out, op->request);
        break;
    case AUTH_SUCCEED:
        pack_uint(out, op->reign);
        pack_uint(out, op->reign_seq);
        hash_pack(&op->reign_id, out);
        sig_pack(&op->root_sig, out);
        break;
    }
}

void
auth_op_unsigned(const struct auth_op *op, struct buf *out)
{
    pack_array(out, shapes[op->code].signed_n);
    pack_uint(out, op->code);
    fields_pack(op, out);
}

void
auth_op_encode(const struct auth_op *op, struct buf *out)
{
    const struct shape *shape = &shapes[op->code];
    bool has_order =
        shape->behind_n > 0 && (op->code != AUTH_OFFICERS || op->order.is_there);

    pack_array(out, (uint32_t)shape->signed_n + (has_order ? shape->behind_n : 0));
    pack_uint(out, op->code);
    fields_pack(op, out);
    if (op->code == AUTH_GRANT) {
        join_pack(&op->grant, out);
    }
    if (has_order) {
        order_pack(&op->order, out);
    }
}
