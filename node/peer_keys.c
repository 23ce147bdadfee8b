/* A centre that was restored asks for keys of scopes that came up after its backup, and
 * whoever holds them gives them to the centre (PROTOCOL.md section 4, WANT). */
#include "node/clock.h"
#include "node/daemon.h"

static bool
is_centre(struct node *n)
{
    const struct authority *a = replica_authority(ledger_replica(n->ledger));
    const struct node_info *hub = authority_node(a, NODE_NO_HUB);
    return n->has_door || (hub != NULL && key_eq(&hub->box_key, &n->box.pub));
}

bool
peer_keys(struct peer *p, struct session_event *next, struct buf *list)
{
    struct node *n = p->daemon->node;
    *next = (struct session_event){.now_ms = now_ms(), .wall_ms = wall_ms()};
    next->unsent_bytes = p->out.n;
    if (p->effects.wanted.n > 0) {
        hub_answer_keys(n->ledger, p->effects.wanted, list);
        next->kind = SESSION_KEYS;
        log_info("keys.given bytes=%zu", list->n);
    } else if (p->effects.is_synced && !p->has_asked_keys && is_centre(n)) {
        hub_missing_keys(n->ledger, list);
        next->kind = SESSION_WANT;
        p->has_asked_keys = list->n > 0;
    }
    next->bytes = buf_slice(list);
    return list->n > 0;
}
