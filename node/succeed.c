/* A machine that becomes the centre by the root's word, and what it needs before: to be
 * heard by nodes that do not know it, and to have heard them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/keys.h"
#include "node/open.h"

#define PATH_BYTES 4096
#define SETTING_DOOR "door"         /* the root's signature */
#define SETTING_RESTORED "restored" /* u64 made ‖ u64 restored ‖ u32 node ‖ u8 centre */
#define HEARD_MAX 4096

enum rc
node_door_read(struct node *n, struct fault *why)
{
    struct buf value = BUF_NONE;
    enum rc rc = ledger_setting(n->ledger, SETTING_DOOR, &value);
    n->has_door = rc == RC_OK && value.n == SIG_BYTES;
    if (n->has_door)
        memcpy(n->door.b, value.p, SIG_BYTES);
    buf_free(&value);
    if (rc == RC_OK || rc == RC_NOTFOUND)
        return RC_OK;
    return fault_set(why, rc, FAULT_DATABASE, "door");
}

/* ---- restored */

enum rc
node_note_restored(struct ledger *l, const struct backup_about *was)
{
    struct buf value = BUF_NONE;
    buf_add_u64(&value, was->made_ms);
    buf_add_u64(&value, ledger_wall_ms(l));
    buf_add_u32(&value, was->node);
    buf_add_u8(&value, was->is_hub);
    enum rc rc = ledger_set_setting(l, SETTING_RESTORED, buf_slice(&value));
    buf_free(&value);
    return rc;
}

static bool
was_restored(struct node *n, uint64_t *since_ms, bool *is_hub)
{
    struct buf value = BUF_NONE;
    bool is = ledger_setting(n->ledger, SETTING_RESTORED, &value) == RC_OK;
    struct reader r = reader_of(buf_slice(&value));
    (void)read_u64(&r);
    *since_ms = read_u64(&r);
    (void)read_u32(&r);
    *is_hub = read_u8(&r) == 1;
    is = is && !r.bad;
    buf_free(&value);
    return is;
}

/* By network or by stick: something that is here lies there too. */
static bool
has_told(struct node *n, uint32_t node)
{
    const struct replica *r = ledger_replica(n->ledger);
    for (size_t i = 0; i < replica_logs_n(r); i++)
        if (peer_acked(n->ledger, node, &replica_log_at(r, i)->key) > 0)
            return true;
    return false;
}

bool
node_awaits_succession(struct node *n)
{
    uint64_t since = 0;
    bool is_hub = false;
    return !n->has_hub && was_restored(n, &since, &is_hub) && is_hub;
}

struct hearing {
    uint64_t since_ms;
    uint32_t node[HEARD_MAX];
    size_t n;
};

static void
take_peer(void *arg, const struct peer_row *p)
{
    struct hearing *h = arg;
    if (p->seen_ms < h->since_ms || p->node == 0 || h->n == HEARD_MAX)
        return;
    for (size_t i = 0; i < h->n; i++)
        if (h->node[i] == p->node)
            return;
    h->node[h->n++] = p->node;
}

size_t
node_heard_n(struct node *n, bool *old)
{
    struct hearing *h = mem_new(sizeof(*h));
    bool is_hub = false;
    size_t heard = 0;
    const struct authority *a = replica_authority(ledger_replica(n->ledger));
    *old = false;
    if (was_restored(n, &h->since_ms, &is_hub) &&
        peer_each(n->ledger, take_peer, h) != RC_OK)
        h->n = 0;
    for (size_t i = 0; i < h->n; i++)
        *old = *old || h->node[i] == NODE_NO_HUB;
    for (size_t i = 0; i < authority_nodes_n(a); i++) {
        uint32_t no = authority_node_at(a, i)->no;
        bool has = no != NODE_NO_HUB && has_told(n, no);
        for (size_t k = 0; k < h->n && !has; k++)
            has = h->node[k] == no && no != NODE_NO_HUB;
        heard += has;
    }
    mem_free(h);
    return heard;
}

/* ---- the door */

struct deed {
    const struct pair *root;
    struct succession s;
    struct succeeded *out;
    struct fault *why;
};

static enum rc
work_door(struct node *n, void *arg)
{
    struct deed *d = arg;
    const struct replica *r = ledger_replica(n->ledger);
    if (!hub_root_is(n->ledger, &d->root->pub))
        return fault_set(d->why, RC_DENIED, FAULT_ROOT_KEY, "root");
    door_sign(replica_community(r), authority_reign(replica_authority(r)) + 1,
              &n->box.pub, d->root, &n->door);
    n->has_door = true;
    return ledger_set_setting(n->ledger, SETTING_DOOR, slice_of(n->door.b, SIG_BYTES));
}

enum rc
node_door_open(struct node *n, const struct pair *root, struct fault *why)
{
    struct deed d = {.root = root, .why = why};
    return node_turn(n, work_door, &d);
}

/* ---- succession */

static enum rc
work_succeed(struct node *n, void *arg)
{
    struct deed *d = arg;
    /* Whoever has not heard of the reign finds the way in by the same word. */
    enum rc rc = work_door(n, arg);
    return rc == RC_OK ? hub_succeed(n->ledger, &d->s, d->out, d->why) : rc;
}

/* hub.key of a reign that is over stays, under another name. */
static enum rc
put_aside(struct node *n, bool back, struct fault *why)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    keys_path(n->dir, back ? "hub-old.key" : "hub.key", from, sizeof(from));
    keys_path(n->dir, back ? "hub.key" : "hub-old.key", to, sizeof(to));
    if (rename(from, to) == 0 || errno == ENOENT)
        return RC_OK;
    return node_io_fault(why, from);
}

static enum rc
new_hub_key(struct node *n, struct fault *why)
{
    char path[PATH_BYTES];
    enum rc rc = put_aside(n, false, why);
    if (rc != RC_OK)
        return rc;
    pair_new_random(PAIR_SIGN, &n->hub);
    rc = keys_write(n->dir, "hub.key", &n->hub, why);
    keys_path(n->dir, "hub.key", path, sizeof(path));
    if (rc == RC_OK && (rc = guard_new(&n->hub.pub, path)) != RC_OK)
        node_guard_fault(why, rc);
    n->has_hub = rc == RC_OK;
    return rc == RC_OK ? node_reguard(n, why) : rc;
}

static void
take_back(struct node *n, const struct pair *was, bool had)
{
    char path[PATH_BYTES];
    keys_path(n->dir, "hub.key", path, sizeof(path));
    (void)unlink(path);
    if (put_aside(n, true, NULL) != RC_OK)
        log_warn("succeed.back errno=%d", errno);
    n->hub = *was;
    n->has_hub = had;
    if (node_reguard(n, NULL) != RC_OK)
        log_warn("succeed.guard errno=%d", errno);
}

static const struct pair *
working_log(const struct node *n)
{
    for (size_t i = n->logs_n; i-- > 0;)
        if (n->guard[i] != NULL)
            return &n->log[i];
    return NULL;
}

enum rc
node_succeed(struct node *n, const struct pair *root, const char *who,
             struct succeeded *out, struct fault *why)
{
    struct pair was = n->hub, officer;
    bool had = n->has_hub;
    const struct pair *log = working_log(n);
    if (log == NULL || !n->has_ack)
        return fault_set(why, RC_DENIED, FAULT_NO_LOG, "%s", n->dir);
    if (!hub_root_is(n->ledger, &root->pub))
        return fault_set(why, RC_DENIED, FAULT_ROOT_KEY, "root");
    enum rc rc = node_officer_new(n, NULL, &officer, why);
    if (rc != RC_OK)
        return rc;
    rc = new_hub_key(n, why);
    struct deed d = {.root = root,
                     .out = out,
                     .why = why,
                     .s = {.root = root,
                           .hub = &n->hub,
                           .officer = &officer,
                           .box = &n->box,
                           .ack = &n->ack,
                           .log = log,
                           .who = who}};
    if (rc == RC_OK)
        rc = node_turn(n, work_succeed, &d);
    if (rc != RC_OK) {
        take_back(n, &was, had);
        node_officer_drop(n, &officer.pub);
    }
    pair_wipe(&officer);
    pair_wipe(&was);
    return rc;
}
