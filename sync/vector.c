/* Rows of the version vector as they stand in a message (PROTOCOL.md section 6). */
#include "sync/vector.h"

#include <assert.h>
#include <string.h>

#include "sync/frame.h"

enum { ROW_AUTHORITY = 1, ROW_PROOF = 2, ROW_HELD = 4, ROW_ACK = 8, ROW_FLAGS = 15 };

static struct keyed
keyed_of(const uint8_t *hash, const struct hash *ids, size_t n)
{
    struct hash_run run;
    struct hash h;
    struct keyed out;

    hash_init(&run);
    hash_add(&run, slice_of(hash, NOISE_HASH_BYTES));
    for (size_t i = 0; i < n; i++) {
        hash_add(&run, slice_of(ids[i].b, HASH_BYTES));
    }
    h = hash_done(&run);
    memcpy(out.b, h.b, KEYED_BYTES);
    return out;
}

struct keyed
keyed_id(const uint8_t hash[static NOISE_HASH_BYTES], const struct hash *id)
{
    return keyed_of(hash, id, 1);
}

struct keyed
keyed_proof(const uint8_t hash[static NOISE_HASH_BYTES], const struct hash ids[static 2])
{
    return keyed_of(hash, ids, 2);
}

bool
keyed_eq(const struct keyed *a, const struct keyed *b)
{
    return memcmp(a->b, b->b, KEYED_BYTES) == 0;
}

static int
rank(const struct vrow *row)
{
    return row->is_authority ? 0 : row->is_ack ? 2 : 1;
}

int
vrow_cmp(const struct vrow *a, const struct vrow *b)
{
    if (rank(a) != rank(b)) {
        return rank(a) - rank(b);
    }
    return (a->no > b->no) - (a->no < b->no);
}

bool
vrow_eq(const struct vrow *a, const struct vrow *b)
{
    return vrow_cmp(a, b) == 0 && a->head_seq == b->head_seq &&
           keyed_eq(&a->head, &b->head) && a->passed == b->passed &&
           a->proof_seq == b->proof_seq && keyed_eq(&a->proof, &b->proof);
}

void
vrow_add(struct buf *out, const struct vrow *row)
{
    unsigned flags = (row->is_authority ? ROW_AUTHORITY : 0u) |
                     (row->proof_seq > 0 ? ROW_PROOF : 0u) |
                     (row->held > 0 ? ROW_HELD : 0u) | (row->is_ack ? ROW_ACK : 0u);

    assert(row->no > 0);
    buf_add_u8(out, (uint8_t)flags);
    number_add(out, row->no);
    number_add(out, row->head_seq);
    if (row->head_seq > 0) {
        buf_add(out, row->head.b, KEYED_BYTES);
    }
    if (!row->is_authority && !row->is_ack) {
        number_add(out, row->passed);
    }
    if (row->proof_seq > 0) {
        number_add(out, row->proof_seq);
        buf_add(out, row->proof.b, KEYED_BYTES);
    }
    if (row->held > 0) {
        number_add(out, row->held);
        buf_add(out, row->top.b, KEYED_BYTES);
    }
}

void
vrow_read(struct reader *r, const struct vrow *last, struct vrow *out)
{
    uint8_t flags = read_u8(r);
    uint64_t no = number_read(r);
    struct vrow row = {.is_authority = (flags & ROW_AUTHORITY) != 0,
                       .is_ack = (flags & ROW_ACK) != 0};

    row.head_seq = number_read(r);
    if (row.head_seq > 0) {
        read_into(r, row.head.b, KEYED_BYTES);
    }
    if (!row.is_authority && !row.is_ack) {
        row.passed = number_read(r);
    }
    if ((flags & ROW_PROOF) != 0) {
        row.proof_seq = number_read(r);
        read_into(r, row.proof.b, KEYED_BYTES);
        r->bad = r->bad || row.proof_seq == 0;
    }
    if ((flags & ROW_HELD) != 0) {
        row.held = number_read(r);
        read_into(r, row.top.b, KEYED_BYTES);
        r->bad = r->bad || row.held == 0 || row.held > INT64_MAX - row.head_seq;
    }
    row.no = (uint32_t)no;
    if ((flags & ~(unsigned)ROW_FLAGS) != 0 || no == 0 || no > UINT32_MAX ||
        (row.is_authority && row.is_ack) ||
        (last->no != 0 && vrow_cmp(last, &row) >= 0)) {
        r->bad = true;
    }
    *out = row;
}
