/* Rights on their way to own logs. */
#include "node/node.h"

static enum rc
work(struct node *n, void *arg)
{
    const struct author *a = arg;
    return rights_take(n->ledger, a);
}

enum rc
node_take(struct node *n)
{
    enum rc all = RC_NO;
    for (size_t i = 0; i < n->logs_n; i++) {
        struct author a;
        if (node_author_at(n, i, &a, NULL) != RC_OK || !rights_take_is_due(n->ledger, &a))
            continue;
        enum rc rc = node_turn(n, work, &a);
        if (rc != RC_OK) {
            log_warn("take.failed rc=%s", rc_name(rc));
            return rc;
        }
        all = RC_OK;
    }
    return all;
}
