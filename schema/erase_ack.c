/* Acknowledging what was erased, and telling who has not. */
#include <stdio.h>
#include <string.h>

#include "schema/erase_in.h"
#include "schema/text.h"

/* ---- what a node's log names */

struct acks {
    struct ledger *l;
    const struct log_state *log;
    bool *has; /* by counted order */
    size_t n;
    struct op *op;
    struct buf plain;
};

static void
note(struct acks *k)
{
    const struct authority *a = replica_authority(k->l->replica);
    for (size_t i = 0; i < k->n; i++) {
        const struct erase_info *e = authority_erase_at(a, i);
        if (e->index == k->op->erase_index &&
            hash_eq(authority_id_at(a, e->pos), &k->op->erase))
            k->has[i] = true;
    }
}

static bool
on_entry(void *arg, const struct stored *stored)
{
    struct acks *k = arg;
    struct entry e;
    struct entry_item item;
    if (stored->seq > k->log->head_seq || entry_decode(stored->bytes, &e) != RC_OK)
        return false;
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        struct item_place at = {.log = k->log->key, .seq = e.seq, .index = i};
        uint32_t scope = 0, epoch = 0;
        const struct key *key = NULL;
        if (!item.is_erased && item_head(item.bytes, &scope, &epoch) == RC_OK)
            key = ledger_scope_key(k->l, scope, epoch);
        if (key != NULL && item_open(item.bytes, key, &at, &k->plain) == RC_OK &&
            op_decode(buf_slice(&k->plain), k->op) == RC_OK &&
            replica_effective(k->l->replica, k->log, e.seq, scope, k->op->code))
            note(k);
    }
    return stored->seq < k->log->head_seq;
}

/* has[i]: the node has acknowledged counted order i. */
static enum rc
read_acks(struct ledger *l, uint32_t node, bool *has, size_t n)
{
    const struct sync_store *store = log_store_port(l->log);
    struct acks k = {.l = l, .log = replica_ack(l->replica, node), .has = has, .n = n};
    memset(has, 0, n * sizeof(*has));
    if (k.log == NULL || k.log->head_seq == 0)
        return RC_OK;
    k.op = mem_new(sizeof(*k.op));
    enum rc rc = store->trunk(store->self, &k.log->key, 1, on_entry, &k);
    buf_free(&k.plain);
    mem_free(k.op);
    return rc;
}

/* ---- this node's own */

static const struct log_state *
own_log(const struct ledger *l, const struct pair *ack)
{
    const struct authority *a = replica_authority(l->replica);
    const struct node_info *node =
        l->has_box ? authority_node_by_box(a, &l->box.pub) : NULL;
    const struct log_state *log = node != NULL ? replica_ack(l->replica, node->no) : NULL;
    return log != NULL && key_eq(&log->key, &ack->pub) && log->proof.seq == 0 &&
                   replica_trunk_n(l->replica, &ack->pub) == log->head_seq
               ? log
               : NULL;
}

bool
erase_is_due(struct ledger *l, const struct pair *ack)
{
    size_t n = authority_erases_n(replica_authority(l->replica));
    uint32_t epoch = 0;
    return n > 0 && n != l->erases_acked && own_log(l, ack) != NULL &&
           ledger_newest_key(l, SCOPE_NO_COMMUNITY, &epoch) != NULL;
}

enum rc
erase_sweep(struct ledger *l)
{
    return db_checkpoint_now(l->db);
}

struct pen {
    struct ledger *l;
    const struct pair *ack;
    struct entry_writer writer;
    uint64_t seq, clock;
    struct hash prev;
    struct buf plain, item, entry;
};

static enum rc
cut(struct pen *p)
{
    struct ledger *l = p->l;
    struct hash id, mark;
    uint64_t pos = 0;
    enum offer what = OFFER_HAVE;
    if (p->writer.items_n == 0)
        return RC_OK;
    p->clock = clock_next(p->clock, ledger_wall_ms(l));
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = l->types->version,
                         .log = p->ack->pub,
                         .seq = p->seq,
                         .prev = p->prev,
                         .clock = p->clock};
    if (authority_head(replica_authority(l->replica), &mark, &pos))
        memcpy(head.mark, mark.b, sizeof(head.mark));
    p->entry.n = 0;
    entry_finish(&p->writer, &head, &l->community, p->ack, &p->entry, &id);
    enum rc rc = replica_offer(l->replica, buf_slice(&p->entry), &what);
    p->seq++;
    p->prev = id;
    return rc == RC_OK && what != OFFER_TAKEN ? RC_STALE : rc;
}

static enum rc
add(struct pen *p, const struct erase_info *e, struct op *op)
{
    uint32_t epoch = 0;
    const struct key *key = ledger_newest_key(p->l, SCOPE_NO_COMMUNITY, &epoch);
    uint8_t nonce[ITEM_NONCE_BYTES];
    if (key == NULL)
        return RC_DENIED;
    op->code = OP_ERASED;
    op->erase = *authority_id_at(replica_authority(p->l->replica), e->pos);
    op->erase_index = (uint16_t)e->index;
    p->plain.n = 0;
    op_encode(op, &p->plain);
    if (!entry_room(&p->writer, item_sealed_bytes(p->plain.n))) {
        enum rc rc = cut(p);
        if (rc != RC_OK)
            return rc;
    }
    struct item_place at = {
        .log = p->ack->pub, .seq = p->seq, .index = p->writer.items_n};
    bytes_random(nonce, sizeof(nonce));
    p->item.n = 0;
    item_seal(SCOPE_NO_COMMUNITY, epoch, key, nonce, &at, buf_slice(&p->plain), &p->item);
    entry_add(&p->writer, buf_slice(&p->item));
    return RC_OK;
}

enum rc
erase_acknowledge(struct ledger *l, const struct pair *ack)
{
    const struct authority *a = replica_authority(l->replica);
    const struct log_state *log = own_log(l, ack);
    size_t n = authority_erases_n(a);
    if (log == NULL)
        return RC_DENIED;
    struct pen p = {.l = l,
                    .ack = ack,
                    .seq = log->head_seq + 1,
                    .prev = log->head,
                    .clock = log->head_clock};
    bool *has = mem_new((n + 1) * sizeof(*has));
    struct op *op = mem_new(sizeof(*op));
    entry_writer_init(&p.writer);
    enum rc rc = read_acks(l, log->no, has, n);
    for (size_t i = 0; i < n && rc == RC_OK; i++)
        if (!has[i])
            rc = add(&p, authority_erase_at(a, i), op);
    if (rc == RC_OK)
        rc = cut(&p);
    entry_writer_fini(&p.writer);
    buf_free(&p.plain);
    buf_free(&p.item);
    buf_free(&p.entry);
    mem_free(op);
    mem_free(has);
    if (rc == RC_OK)
        rc = ledger_settle(l);
    if (rc == RC_OK)
        l->erases_acked = n;
    return rc;
}

/* ---- telling */

/* The number that the record had here; false: none. */
static enum rc
number_of(struct ledger *l, const struct record_key *key, char out[static 40])
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_ERASE_ACK_NUMBER);
    struct number n;
    bool row = false;
    out[0] = '\0';
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->unit);
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK && row) {
        number_unpack(sqlite3_column_int64(s, 0), &n);
        number_print(&n, out);
    }
    sqlite3_reset(s);
    return rc;
}

const struct erase_info *
erase_of(const struct ledger *l, const struct record_key *key)
{
    return authority_erase_of(replica_authority(l->replica), key);
}

enum rc
erase_find(struct ledger *l, const char *text, struct erase_info *out)
{
    const struct authority *a = replica_authority(l->replica);
    size_t n = strlen(text);
    if (n < 4)
        return RC_NOTFOUND;
    for (size_t i = 0; i < authority_erases_n(a); i++) {
        const struct erase_info *e = authority_erase_at(a, i);
        char hex[2 * RECORD_ID_BYTES + 1], number[40];
        hex_print(e->record.id, RECORD_ID_BYTES, hex);
        enum rc rc = number_of(l, &e->record, number);
        if (rc != RC_OK)
            return rc;
        if (strncmp(hex, text, n) == 0 || strcmp(number, text) == 0) {
            *out = *e;
            return RC_OK;
        }
    }
    return RC_NOTFOUND;
}

static bool
is_same(const struct erase_info *a, const struct erase_info *b)
{
    return strcmp(a->request, b->request) == 0 && a->record.unit == b->record.unit &&
           memcmp(a->record.id, b->record.id, RECORD_ID_BYTES) == 0;
}

/* has: by node, then by order. */
static enum rc
tell(struct ledger *l, size_t at, const bool *has, struct erase_node *node,
     size_t nodes_n, bool (*each)(void *arg, const struct erase_row *r), void *arg,
     bool *more)
{
    const struct authority *a = replica_authority(l->replica);
    size_t n = authority_erases_n(a);
    struct erase_row row = {
        .first = authority_erase_at(a, at), .node = node, .nodes_n = nodes_n};
    for (size_t k = 0; k < nodes_n; k++) {
        node[k].has_done = true;
        for (size_t i = at; i < n; i++)
            if (is_same(row.first, authority_erase_at(a, i)) && !has[k * n + i])
                node[k].has_done = false;
        row.done_n += node[k].has_done;
    }
    for (size_t i = at; i < n; i++)
        if (is_same(row.first, authority_erase_at(a, i)))
            row.items_n += authority_erase_at(a, i)->items_n;
    enum rc rc = number_of(l, &row.first->record, row.number);
    if (rc == RC_OK)
        *more = each(arg, &row);
    return rc;
}

enum rc
erase_each(struct ledger *l, bool (*each)(void *arg, const struct erase_row *r),
           void *arg)
{
    const struct authority *a = replica_authority(l->replica);
    size_t n = authority_erases_n(a), nodes_n = authority_nodes_n(a);
    bool *has = mem_new((n * nodes_n + 1) * sizeof(*has));
    struct erase_node *node = mem_new((nodes_n + 1) * sizeof(*node));
    bool more = true;
    enum rc rc = RC_OK;
    for (size_t k = 0; k < nodes_n && rc == RC_OK; k++) {
        const struct node_info *info = authority_node_at(a, k);
        node[k] = (struct erase_node){.node = info->no, .is_lost = info->is_lost};
        rc = read_acks(l, info->no, has + k * n, n);
    }
    for (size_t i = 0; i < n && rc == RC_OK && more; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || is_same(authority_erase_at(a, k), authority_erase_at(a, i));
        if (!seen)
            rc = tell(l, i, has, node, nodes_n, each, arg, &more);
    }
    mem_free(node);
    mem_free(has);
    return rc;
}
