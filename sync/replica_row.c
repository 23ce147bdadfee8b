/* Questions to a replica: logs, rows, the digest. */
#include "sync/replica_impl.h"

#include <stdlib.h>
#include <string.h>

/* Granted logs by number with the assumed ones among them. The list is made again where
 * the replica changes (replica_list), so that questions need not write. */
static int
log_cmp(const void *a, const void *b)
{
    const struct log_state *x = *(const struct log_state *const *)a;
    const struct log_state *y = *(const struct log_state *const *)b;

    if (x->no != y->no) {
        return x->no < y->no ? -1 : 1;
    }
    return (int)x->is_assumed - (int)y->is_assumed;
}

void
replica_list(struct replica *r)
{
    size_t n = 0;

    r->log = authority_room(r->log, r->authority->logs_n + r->assumed_n, &r->logs_cap,
                            sizeof(struct log_state *));
    for (size_t i = 0; i < r->authority->logs_n; i++) {
        r->log[n++] = &r->authority->log[i]->log;
    }
    for (size_t i = 0; i < r->held_n && r->assumed_n > 0; i++) {
        if (r->held[i]->state == &r->held[i]->own && r->held[i]->own.is_assumed) {
            r->log[n++] = &r->held[i]->own;
        }
    }
    if (n > 1) {
        qsort(r->log, n, sizeof(struct log_state *), log_cmp);
    }
    r->logs_n = n;
}

size_t
replica_logs_n(const struct replica *r)
{
    return r->logs_n;
}

const struct log_state *
replica_log_at(const struct replica *r, size_t i)
{
    return r->log[i];
}

const struct log_state *
replica_log(const struct replica *r, uint32_t log_no)
{
    size_t lo = 0;
    size_t hi = r->logs_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->log[mid]->no < log_no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < r->logs_n && r->log[lo]->no == log_no ? r->log[lo] : NULL;
}

static const struct held *
find(const struct replica *r, const struct key *key)
{
    uint64_t at = idmap_at(key->b);
    size_t it = 0;
    uint32_t i = idmap_next(&r->keys, at, &it);

    while (i != IDMAP_NONE && !key_eq(&r->held[i]->key, key)) {
        i = idmap_next(&r->keys, at, &it);
    }
    return i == IDMAP_NONE ? NULL : r->held[i];
}

const struct log_state *
replica_log_by_key(const struct replica *r, const struct key *log)
{
    const struct held *h = find(r, log);

    return h != NULL ? h->state : NULL;
}

uint64_t
replica_trunk_n(const struct replica *r, const struct key *log)
{
    const struct held *h = find(r, log);

    return h != NULL ? h->trunk_n : 0;
}

bool
replica_trunk_head(const struct replica *r, const struct key *log, struct hash *id)
{
    const struct held *h = find(r, log);

    if (h == NULL || h->trunk_n == 0) {
        return false;
    }
    *id = h->top;
    return true;
}

const struct authority *
replica_authority(const struct replica *r)
{
    return r->authority;
}

bool
replica_effective(const struct replica *r, const struct log_state *log, uint64_t seq,
                  uint32_t scope, enum op_code code)
{
    (void)r;
    return log_effective(log, seq, scope, code);
}

bool
replica_is_erased(const struct replica *r, const struct record_key *record)
{
    return authority_is_erased(r->authority, record);
}

bool
replica_is_item_erased(const struct replica *r, uint32_t log_no, uint64_t seq,
                       uint16_t index)
{
    struct erased_name name = {log_no, seq, index};

    return authority_is_item_erased(r->authority, &name);
}

/* ---- proofs */

struct head_copy {
    const struct hash *id;
    size_t head_n;
    struct buf *out;
    bool found;
};

static bool
copy_head(void *arg, const struct stored *e)
{
    struct head_copy *c = arg;

    if (hash_eq(&e->id, c->id)) {
        buf_add(c->out, e->bytes.p, c->head_n);
        c->found = true;
    }
    return false;
}

static bool
copy_loose(void *arg, const struct stored *e)
{
    struct head_copy *c = arg;

    copy_head(arg, e);
    return !c->found;
}

enum rc
replica_proof(const struct replica *r, const struct key *log, struct buf *out)
{
    const struct held *h = find(r, log);
    const struct sync_store *s = r->store;
    enum rc rc = RC_OK;

    if (h == NULL || h->proof.seq == 0) {
        return RC_NOTFOUND;
    }
    for (size_t i = 0; i < 2 && rc == RC_OK; i++) {
        struct head_copy c = {&h->proof.id[i], r->codec.head_n, out, false};

        rc = s->trunk(s->self, &h->key, h->proof.seq, copy_head, &c);
        if (rc == RC_OK && !c.found) {
            rc = s->loose_each(s->self, &h->key, copy_loose, &c);
        }
        if (rc == RC_OK && !c.found) {
            rc = RC_CORRUPT;
        }
    }
    return rc;
}

/* ---- rows */

size_t
replica_rows_n(const struct replica *r)
{
    return r->rows_n + r->authority->logs_n + r->acks_n;
}

void
replica_row_at(const struct replica *r, size_t i, struct row *out)
{
    *out = (struct row){0};
    if (i < r->rows_n) {
        const struct auth_row *a = &r->row[i];

        out->is_authority = true;
        out->no = a->reign;
        out->log = r->held[a->key]->key;
        out->head_seq = a->head_seq;
        out->head = a->head;
        out->proof_seq = a->proof.seq;
        memcpy(out->proof, a->proof.id, sizeof out->proof);
    } else {
        size_t at = i - r->rows_n;
        const struct log_state *s = at < r->authority->logs_n
                                        ? &r->authority->log[at]->log
                                        : r->ack[at - r->authority->logs_n]->state;

        out->is_ack = s->is_ack;
        out->no = s->no;
        out->log = s->key;
        out->head_seq = s->head_seq;
        out->head = s->head;
        out->proof_seq = s->proof.seq;
        memcpy(out->proof, s->proof.id, sizeof out->proof);
        out->passed = s->passed;
    }
    out->has_proof = out->proof_seq > 0;
}

static void
row_hash(const struct row *row, struct hash_run *run)
{
    uint8_t b[1 + 4 + HASH_BYTES + 1 + 2 * HASH_BYTES + 8] = {row->is_authority ? 1
                                                              : row->is_ack     ? 3
                                                                                : 2};
    size_t n = 1 + 4 + HASH_BYTES;

    put_u32(b + 1, row->no);
    memcpy(b + 5, row->head.b, HASH_BYTES);
    b[n++] = row->has_proof;
    if (row->has_proof) {
        memcpy(b + n, row->proof[0].b, HASH_BYTES);
        n += HASH_BYTES;
        memcpy(b + n, row->proof[1].b, HASH_BYTES);
        n += HASH_BYTES;
    }
    put_u64(b + n, row->passed);
    hash_add(run, slice_of(b, n + 8));
}

void
replica_digest(const struct replica *r, uint8_t out[static 16])
{
    struct digest_memo *memo = r->memo;
    struct hash_run run;

    if (!memo->is_known) {
        struct hash h;

        hash_init(&run);
        hash_add(&run, slice_text("linjuli-state-v1"));
        for (size_t i = 0; i < replica_rows_n(r); i++) {
            struct row row;

            replica_row_at(r, i, &row);
            if (!row.is_ack || row.head_seq > 0 || row.has_proof) {
                row_hash(&row, &run);
            }
        }
        h = hash_done(&run);
        memcpy(memo->b, h.b, sizeof memo->b);
        memo->is_known = true;
    }
    memcpy(out, memo->b, sizeof memo->b);
}

/* ---- assumed logs */

void
replica_assume(struct replica *r, const struct grant *invite)
{
    struct held *h = held_get(r, &invite->log, ENTRY_DATA);

    if (h->state != NULL || h->kind != ENTRY_DATA) {
        return; /* granted already, or of another use */
    }
    h->own.no = invite->log_no;
    h->own.key = invite->log;
    memcpy(h->own.person, invite->person, RECORD_ID_BYTES);
    h->own.post = invite->post;
    h->own.node = invite->node;
    h->own.is_assumed = true;
    h->own.held = h;
    log_grant_add(&h->own, invite);
    h->state = &h->own;
    r->assumed_n++;
    data_undecide(r, h);
    h->keep = UINT64_MAX; /* what was told before a restart need not be told again */
    replica_list(r);
}
