/* Collecting a bundle. */
#include "schema/stick_in.h"

#include "schema/local.h"

struct export
{
    struct ledger *l;
    const struct stick_setup *setup;
    struct bundle_writer w;
    struct buf chunk, out;
    uint64_t *acked; /* by this node's short number of the log */
    size_t acked_n;
    enum rc rc;
};

static void
take_ack(void *arg, uint32_t node, uint32_t n, uint64_t seq)
{
    struct export *x = arg;
    if (node != x->setup->receiver || node == 0)
        return;
    if (n >= x->acked_n) {
        x->acked = mem_grow(x->acked, (n + 1) * sizeof(*x->acked));
        while (x->acked_n <= n)
            x->acked[x->acked_n++] = 0;
    }
    x->acked[n] = seq;
}

/* Where the receiver's own writing is not given back, what it has acknowledged is not
 * repeated, and what the centre has sealed it holds. UINT64_MAX: nothing of the log. */
static uint64_t
from(const struct export *x, const struct row *row)
{
    uint32_t to = x->setup->receiver;
    uint32_t n = log_number(x->l->log, &row->log);
    uint64_t have = n < x->acked_n ? x->acked[n] : 0;
    const struct log_state *log =
        row->is_authority || row->is_ack ? NULL : replica_log(x->l->replica, row->no);
    bool is_theirs = row->is_authority ? to == STICK_HUB
                     : row->is_ack     ? to == row->no
                                       : log != NULL && log->node == to;
    if (is_theirs && to != 0)
        return UINT64_MAX;
    if (to == STICK_HUB && log != NULL && log->seal_seq > have)
        have = log->seal_seq;
    return have + 1;
}

/* ---- pieces */

static void
put(struct export *x)
{
    if (x->rc == RC_OK)
        x->rc = x->setup->put(x->setup->arg, buf_slice(&x->out));
    x->out.n = 0;
}

static void
flush(struct export *x)
{
    if (x->chunk.n == 0)
        return;
    bundle_chunk(&x->w, buf_slice(&x->chunk), &x->out);
    x->chunk.n = 0;
    put(x);
}

static bool
add_each(void *arg, const struct stored *e)
{
    struct export *x = arg;
    if (!bundle_run_add(&x->chunk, e->bytes)) {
        flush(x);
        (void)bundle_run_add(&x->chunk, e->bytes);
    }
    return x->rc == RC_OK;
}

/* Beside the trunk there is no order: each for itself. Heads of a proof go with it. */
static bool
loose_each(void *arg, const struct stored *e)
{
    struct export *x = arg;
    if (e->bytes.n > ENTRY_HEAD_BYTES) {
        (void)bundle_run_add(&x->chunk, e->bytes);
        flush(x);
    }
    return x->rc == RC_OK;
}

static void
add_proof(struct export *x, const struct row *row)
{
    struct buf heads = BUF_NONE;
    enum rc rc = replica_proof(x->l->replica, &row->log, &heads);
    if (rc == RC_OK) {
        bundle_proof(&x->chunk, slice_of(heads.p, ENTRY_HEAD_BYTES),
                     slice_of(heads.p + ENTRY_HEAD_BYTES, ENTRY_HEAD_BYTES));
        flush(x);
    } else if (rc != RC_NOTFOUND) {
        x->rc = rc;
    }
    buf_free(&heads);
}

static void
add_log(struct export *x, const struct row *row)
{
    const struct sync_store *store = replica_store(x->l->replica);
    uint64_t first = from(x, row);
    enum rc rc = RC_OK;
    if (first != UINT64_MAX)
        rc = store->trunk(store->self, &row->log, first, add_each, x);
    flush(x);
    if (rc == RC_OK && x->rc == RC_OK && row->has_proof)
        rc = store->loose_each(store->self, &row->log, loose_each, x);
    if (x->rc == RC_OK)
        x->rc = rc;
}

/* ---- the whole */

static const struct pair *
signer(struct ledger *l, const struct stick_setup *s, uint32_t node)
{
    for (size_t i = s->logs_n; i-- > 0;) {
        const struct log_state *log = replica_log_by_key(l->replica, &s->log[i].pub);
        if (log != NULL && !log->is_assumed && !log->is_revoked && log->node == node)
            return &s->log[i];
    }
    return NULL;
}

static void
add_head(struct export *x, uint32_t node, const struct pair *by)
{
    const struct replica *r = x->l->replica;
    size_t n = replica_rows_n(r);
    struct bundle_row *row = mem_new((n + 1) * sizeof(*row));
    struct bundle_head head = {.community = x->l->community,
                               .node = node,
                               .receiver = x->setup->receiver,
                               .clock = clock_next(0, ledger_wall_ms(x->l))};
    for (size_t i = 0; i < n && head.rows_n < BUNDLE_ROWS_MAX; i++) {
        struct row have;
        replica_row_at(r, i, &have);
        if (have.head_seq == 0)
            continue;
        row[head.rows_n++] = (struct bundle_row){.kind = have.is_authority ? BUNDLE_REIGN
                                                         : have.is_ack     ? BUNDLE_ACK
                                                                           : BUNDLE_DATA,
                                                 .no = have.no,
                                                 .seq = have.head_seq,
                                                 .id = have.head};
    }
    bundle_begin(&x->w, &head, row, by, &x->out);
    mem_free(row);
    put(x);
}

/* The authority log first: it grants what follows. Then what forbids, then the rest. A
 * lost node is given the authority log alone. */
static void
add_all(struct export *x, bool is_lost)
{
    const struct replica *r = x->l->replica;
    struct row row;
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < replica_rows_n(r) && x->rc == RC_OK; i++) {
            replica_row_at(r, i, &row);
            if ((pass == 0) != row.is_authority || (is_lost && !row.is_authority))
                continue;
            if (pass < 2 && row.has_proof)
                add_proof(x, &row);
            if (pass != 1)
                add_log(x, &row);
        }
    }
    bundle_end(&x->w, &x->out);
    put(x);
}

enum rc
stick_write(struct ledger *l, const struct stick_setup *s, struct stick_written *out)
{
    const struct authority *a = replica_authority(l->replica);
    const struct node_info *self = authority_node_by_box(a, &l->box.pub);
    const struct node_info *to = authority_node(a, s->receiver);
    const struct pair *by = self != NULL ? signer(l, s, self->no) : NULL;
    struct export x = {.l = l, .setup = s, .chunk = BUF_NONE, .out = BUF_NONE};
    if (by == NULL)
        return RC_BUSY;
    if (to == NULL && s->receiver != 0)
        return RC_NOTFOUND;
    if (to == self)
        return RC_INVALID;
    x.rc = local_acks(l->db, take_ack, &x);
    if (x.rc == RC_OK) {
        add_head(&x, self->no, by);
        add_all(&x, to != NULL && to->is_lost);
    }
    *out = (struct stick_written){
        .node = self->no, .entries = x.w.entries, .bytes = x.w.bytes};
    mem_free(x.acked);
    buf_free(&x.chunk);
    buf_free(&x.out);
    return x.rc;
}
