/* What is known of sticks: what lies on them, what was carried, what came back. */
#include "schema/stick_in.h"

#include "schema/peer.h"

static bool
is_row(const struct row *r, const struct bundle_row *row)
{
    enum bundle_kind kind = r->is_authority ? BUNDLE_REIGN
                            : r->is_ack     ? BUNDLE_ACK
                                            : BUNDLE_DATA;
    return kind == row->kind && r->no == row->no;
}

bool
stick_find(const struct replica *r, const struct bundle_row *row, struct key *out)
{
    const struct log_state *log = NULL;
    struct row have;
    if (row->kind == BUNDLE_DATA)
        log = replica_log(r, row->no);
    else if (row->kind == BUNDLE_ACK)
        log = replica_ack(r, row->no);
    if (log != NULL)
        *out = log->key;
    for (size_t i = 0; row->kind == BUNDLE_REIGN && i < replica_rows_n(r); i++) {
        replica_row_at(r, i, &have);
        if (!have.is_authority)
            return false; /* reigns come first */
        if (is_row(&have, row)) {
            *out = have.log;
            return true;
        }
    }
    return log != NULL;
}

/* ---- what lies on a stick */

enum rc
stick_note(struct ledger *l, const struct bundle_head *head)
{
    enum rc rc = RC_OK;
    for (uint32_t i = 0; rc == RC_OK && i < head->rows_n; i++) {
        struct bundle_row row;
        struct key key;
        bundle_row_at(head, i, &row);
        uint32_t n = row.kind == BUNDLE_DATA && stick_find(l->replica, &row, &key)
                         ? log_number(l->log, &key)
                         : 0;
        if (n == 0)
            continue;
        sqlite3_stmt *s = db_stmt(l->db, STMT_STICK_PUT);
        sqlite3_bind_int64(s, 1, head->receiver);
        sqlite3_bind_int64(s, 2, n);
        sqlite3_bind_int64(s, 3, (int64_t)row.seq);
        rc = db_run(l->db, s);
    }
    return rc;
}

uint64_t
stick_on(struct ledger *l, uint32_t node, const struct key *log)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_STICK_GET);
    bool row = false;
    sqlite3_bind_int64(s, 1, node);
    sqlite3_bind_int64(s, 2, log_number(l->log, log));
    enum rc rc = db_step(l->db, s, &row);
    uint64_t seq = rc == RC_OK && row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return seq;
}

/* ---- what is carried */

enum rc
stick_carry(struct ledger *l, const struct key *log, uint64_t since, uint64_t seq)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_STICK_CARRY);
    sqlite3_bind_int64(s, 1, log_number(l->log, log));
    sqlite3_bind_int64(s, 2, (int64_t)since);
    sqlite3_bind_int64(s, 3, (int64_t)seq);
    return db_run(l->db, s);
}

enum rc
stick_carried(struct ledger *l, uint64_t *out)
{
    struct buf rows = BUF_NONE;
    sqlite3_stmt *s = db_stmt(l->db, STMT_STICK_CARRIED);
    bool row = false;
    enum rc rc;
    *out = 0;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row)
        for (int i = 0; i < 3; i++)
            buf_add_u64(&rows, (uint64_t)sqlite3_column_int64(s, i));
    sqlite3_reset(s);
    struct reader r = reader_of(buf_slice(&rows));
    while (rc == RC_OK && r.n > 0) {
        const struct key *key = log_key(l->log, (uint32_t)read_u64(&r));
        uint64_t since = read_u64(&r);
        uint64_t seq = read_u64(&r);
        uint64_t acked = key != NULL ? peer_acked(l, STICK_HUB, key) : seq;
        since = acked > since ? acked : since;
        *out += seq > since ? seq - since : 0;
    }
    buf_free(&rows);
    return rc;
}

/* ---- what came back */

static bool
id_each(void *arg, const struct stored *e)
{
    *(struct hash *)arg = e->id;
    return false;
}

/* The node holds our log up to here, if it is our log that it holds. */
static enum rc
believe(struct ledger *l, uint32_t node, const struct bundle_row *row)
{
    const struct sync_store *store = replica_store(l->replica);
    struct key key;
    struct hash id = {{0}};
    if (!stick_find(l->replica, row, &key) ||
        row->seq > replica_trunk_n(l->replica, &key))
        return RC_OK;
    enum rc rc = store->trunk(store->self, &key, row->seq, id_each, &id);
    if (rc != RC_OK || !hash_eq(&id, &row->id))
        return rc;
    return peer_ack(l, node, &key, row->seq);
}

/* Speaks the head for the node that it names? A stranger makes nothing "delivered". */
static bool
is_believed(const struct ledger *l, const struct bundle_head *head)
{
    const struct node_info *node =
        authority_node(replica_authority(l->replica), head->node);
    const struct log_state *log = replica_log_by_key(l->replica, &head->log);
    return node != NULL && !node->is_lost && log != NULL && !log->is_assumed &&
           !log->is_revoked && log->node == head->node && bundle_head_check(head);
}

/* What the centre has sealed it holds in full. */
static enum rc
believe_seals(struct ledger *l)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < replica_logs_n(l->replica); i++) {
        const struct log_state *log = replica_log_at(l->replica, i);
        if (log->seal_seq > 0)
            rc = peer_ack(l, STICK_HUB, &log->key, log->seal_seq);
    }
    return rc;
}

enum rc
stick_end(struct ledger *l, const struct bundle_head *head, bool *believed)
{
    replica_final(l->replica);
    enum rc rc = ledger_settle(l);
    *believed = rc == RC_OK && is_believed(l, head);
    for (uint32_t i = 0; rc == RC_OK && *believed && i < head->rows_n; i++) {
        struct bundle_row row;
        bundle_row_at(head, i, &row);
        rc = believe(l, head->node, &row);
    }
    return rc == RC_OK ? believe_seals(l) : rc;
}

uint64_t
stick_missing(struct ledger *l, const struct bundle_head *head)
{
    uint64_t missing = 0;
    for (uint32_t i = 0; i < head->rows_n; i++) {
        struct bundle_row row;
        struct key key;
        bundle_row_at(head, i, &row);
        uint64_t have =
            stick_find(l->replica, &row, &key) ? replica_trunk_n(l->replica, &key) : 0;
        missing += row.seq > have ? row.seq - have : 0;
    }
    return missing;
}
