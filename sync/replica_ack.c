/* Acknowledgement logs (AUTHORITY.md section 7): one a node, named by the ack key in its
 * counted `node`. They have no grant and no lines, so that acceptance needs nothing of
 * its own for them: above no seal and below no revoke, from seq 1 up to the lowest fork.
 *
 * A key that has another use (it writes a data log or the authority log, or is the ack
 * key of a lower node) has no such log: which log an entry is of is told by its key. */
#include "sync/replica_impl.h"

#include <string.h>

static void
unlink_one(struct held *h)
{
    h->state = NULL;
    log_state_fini(&h->own);
}

void
ack_forget(struct replica *r)
{
    for (size_t i = 0; i < r->acks_n; i++) {
        if (r->ack[i]->own.is_ack) {
            unlink_one(r->ack[i]);
        }
    }
    r->acks_n = 0;
    r->acks_of = UINT64_MAX;
}

static bool
is_listed(struct held *const *list, size_t n, const struct held *h)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == h) {
            return true;
        }
    }
    return false;
}

/* The log of this node, if its key is free for it. */
static struct held *
log_of(struct replica *r, const struct node_info *node, size_t listed)
{
    struct held *h;

    if (authority_log_by_key(r->authority, &node->ack_key) != NULL) {
        return NULL;
    }
    h = held_get(r, &node->ack_key, ENTRY_DATA);
    if (h->kind != ENTRY_DATA || (h->state != NULL && !h->own.is_ack) ||
        (h->state != NULL && h->own.no != node->no && is_listed(r->ack, listed, h))) {
        return NULL;
    }
    return h;
}

static void
link_one(struct replica *r, struct held *h, uint32_t node)
{
    if (h->state != NULL && h->own.no == node) {
        return;
    }
    log_state_fini(&h->own);
    h->own.no = node;
    h->own.node = node;
    h->own.key = h->key;
    h->own.is_ack = true;
    h->own.held = h;
    h->state = &h->own;
    data_undecide(r, h);
    h->keep = UINT64_MAX;
}

enum rc
ack_link(struct replica *r)
{
    struct held **old = r->ack;
    size_t old_n = r->acks_n;
    size_t n = authority_nodes_n(r->authority);

    r->ack = mem_new((n + 1) * sizeof(struct held *));
    r->acks_n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct node_info *node = authority_node_at(r->authority, i);
        struct held *h = log_of(r, node, r->acks_n);

        if (h != NULL) {
            link_one(r, h, node->no);
            r->ack[r->acks_n++] = h;
        }
    }
    for (size_t i = 0; i < old_n; i++) {
        if (old[i]->own.is_ack && !is_listed(r->ack, r->acks_n, old[i])) {
            unlink_one(old[i]);
        }
    }
    mem_free(old);
    r->acks_of = r->authority->people;
    r->memo->is_known = false;
    return RC_OK;
}

const struct log_state *
replica_ack(const struct replica *r, uint32_t node)
{
    for (size_t i = 0; i < r->acks_n; i++) {
        if (r->ack[i]->own.no == node) {
            return r->ack[i]->state;
        }
    }
    return NULL;
}
