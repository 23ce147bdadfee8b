#include "schema/peer.h"

#include "schema/ledger_in.h"
#include "schema/local.h"

enum rc
peer_ack(struct ledger *l, uint32_t node, const struct key *log, uint64_t seq)
{
    uint32_t n = log_number(l->log, log);
    /* What we do not hold ourselves we cannot have sent: nothing to remember. */
    return n == 0 || node == 0 ? RC_OK : local_put_ack(l->db, node, n, seq);
}

struct asked {
    uint32_t node, n;
    uint64_t seq;
};

static void
take_highest(void *arg, uint32_t node, uint32_t n, uint64_t seq)
{
    struct asked *a = arg;
    if (n == a->n && (a->node == 0 || node == a->node) && seq > a->seq)
        a->seq = seq;
}

uint64_t
peer_acked(struct ledger *l, uint32_t node, const struct key *log)
{
    struct asked a = {.node = node, .n = log_number(l->log, log)};
    if (a.n == 0 || local_acks(l->db, take_highest, &a) != RC_OK)
        return 0;
    return a.seq;
}

enum rc
peer_put(struct ledger *l, const struct peer_row *p)
{
    return local_put_peer(l->db, p);
}

enum rc
peer_each(struct ledger *l, void (*each)(void *arg, const struct peer_row *p), void *arg)
{
    return local_peers(l->db, each, arg);
}
