/* The pieces that prove a contradiction, as they were signed. */
#include "schema/audit_in.h"

#include <string.h>

#define PROOFS_MAX 256

static const struct key *
hub_of(const struct replica *r, uint32_t reign, struct row *row)
{
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        replica_row_at(r, i, row);
        if (row->is_authority && row->no == reign)
            return &row->log;
    }
    return NULL;
}

/* A whole entry of the hub. */
static enum rc
hub_entry(struct audit *a, const struct replica *r, uint32_t reign, uint64_t seq,
          struct buf *out)
{
    struct row row;
    const struct key *key = hub_of(r, reign, &row);
    const struct audit_plan_log *plan = key != NULL ? audit_log_of(a, key) : NULL;
    if (plan == NULL || seq == 0)
        return RC_OK;
    enum rc rc = log_entry_at(a->store, log_row(plan->n, seq), out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* A signature that does not hold, and the seal above it. */
static enum rc
sealed_badly(struct audit *a, const struct replica *r, const struct verify_finding *f,
             struct audit_proof *p)
{
    const struct log_state *log = replica_log_by_key(r, &f->log);
    const struct audit_plan_log *plan = audit_log_of(a, &f->log);
    uint8_t head[ENTRY_HEAD_BYTES];
    if (log == NULL || plan == NULL)
        return RC_OK;
    enum rc rc = audit_head(a, plan->n, f->seq, head);
    if (rc != RC_OK)
        return rc;
    buf_add(&p->part[0], head, sizeof(head));
    for (size_t i = 0; i < log->seals_n; i++) {
        if (log->seals[i].seq < f->seq)
            continue;
        uint64_t pos = log->seals[i].pos;
        struct row row;
        for (uint32_t reign = 1; hub_of(r, reign, &row) != NULL; reign++) {
            if (pos < row.head_seq)
                return hub_entry(a, r, reign, pos + 1, &p->part[1]);
            pos -= row.head_seq;
        }
        break;
    }
    return RC_OK;
}

/* The entries by which two hubs succeed in one reign. */
static enum rc
successors(struct audit *a, const struct replica *r, struct audit_proof *p)
{
    enum rc rc = RC_OK;
    size_t n = 0;
    for (size_t i = 0; i < a->logs_n && n < 2 && rc == RC_OK; i++) {
        struct row row;
        bool counts = false;
        for (size_t k = 0; k < replica_rows_n(r) && !counts; k++) {
            replica_row_at(r, k, &row);
            counts =
                row.is_authority && row.head_seq > 0 && key_eq(&row.log, &a->log[i].key);
        }
        if (a->log[i].kind == ENTRY_AUTHORITY && a->log[i].top > 0 && !counts)
            rc = log_entry_at(a->store, log_row(a->log[i].n, 1), &p->part[n++]);
    }
    return rc;
}

static enum rc
two_heads(const struct replica *r, const struct verify_finding *f, struct audit_proof *p)
{
    struct buf both = BUF_NONE;
    enum rc rc = replica_proof(r, &f->log, &both);
    if (rc == RC_OK && both.n == 2 * ENTRY_HEAD_BYTES) {
        buf_add(&p->part[0], both.p, ENTRY_HEAD_BYTES);
        buf_add(&p->part[1], both.p + ENTRY_HEAD_BYTES, ENTRY_HEAD_BYTES);
    }
    buf_free(&both);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static bool
is_fork(enum verify_kind kind)
{
    return kind == VERIFY_IS_FORK || kind == VERIFY_IS_HUB_FORK ||
           kind == VERIFY_IS_FORK_ENDED || kind == VERIFY_IS_REIGN_ENDED;
}

enum rc
audit_prove(struct audit *a, const struct replica *r, struct audit_report *out)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < out->findings_n && rc == RC_OK; i++) {
        const struct verify_finding *f = &out->finding[i];
        struct audit_proof p = {.finding = i};
        if ((verify_class(f->kind) != VERIFY_PROVEN && !is_fork(f->kind)) ||
            out->proofs_n == PROOFS_MAX)
            continue;
        if (is_fork(f->kind))
            rc = two_heads(r, f, &p);
        else if (f->kind == VERIFY_IS_FROZEN)
            rc = successors(a, r, &p);
        else if (f->kind == VERIFY_IS_SEAL_SIGNATURE)
            rc = sealed_badly(a, r, f, &p);
        else
            rc = hub_entry(a, r, f->log_no, f->seq, &p.part[0]);
        if (rc == RC_OK &&
            (f->kind == VERIFY_IS_SEAL_TWICE || f->kind == VERIFY_IS_SEAL_ROOTS) &&
            f->to > 0)
            rc = hub_entry(a, r, f->log_no, f->to, &p.part[1]);
        out->proof = mem_grow(out->proof, (out->proofs_n + 1) * sizeof(*out->proof));
        out->proof[out->proofs_n++] = p;
    }
    return rc;
}
