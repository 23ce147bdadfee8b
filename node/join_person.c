/* One more person at a node that is there: a new log, the same store, the same node key
 * (schema/INVITE.md section 6). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/keys.h"
#include "node/open.h"

#define PATH_BYTES 4096
#define INVITE_BYTES_MAX (16 << 20)
#define FRESH_NAME "log.fresh" /* a key until it has its guard */

static void
invite_path(const struct node *n, size_t i, char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/invite-%02u", n->dir, (unsigned)(i + 1) % 100);
}

static const struct log_state *
state_of(const struct node *n, size_t i)
{
    return replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
}

static bool
is_pending(const struct node *n, size_t i)
{
    const struct log_state *log = state_of(n, i);
    return n->invite_of[i] != NULL && (log == NULL || log->is_assumed);
}

static void
drop_invite(struct node *n, size_t i)
{
    invite_fini(n->invite_of[i]);
    mem_free(n->invite_of[i]);
    n->invite_of[i] = NULL;
}

/* ---- opening */

enum rc
node_read_invites(struct node *n, struct fault *why)
{
    enum rc rc = RC_OK;
    for (size_t i = 1; i < n->logs_n && rc == RC_OK; i++) {
        char path[PATH_BYTES];
        struct buf bytes = BUF_NONE;
        invite_path(n, i, path);
        rc = file_read(path, INVITE_BYTES_MAX, &bytes);
        if (rc == RC_OK) {
            n->invite_of[i] = mem_new(sizeof(struct invite));
            rc = invite_decode(buf_slice(&bytes), n->invite_of[i]);
            if (rc != RC_OK)
                fault_set(why, rc, FAULT_INVITE_FILE, "%s", path);
        } else {
            rc = rc == RC_NOTFOUND ? RC_OK : node_io_fault(why, path);
        }
        mem_wipe(bytes.p, bytes.n);
        buf_free(&bytes);
    }
    return rc;
}

size_t
node_invite_place(const struct node *n)
{
    size_t i = n->logs_n;
    while (i > 1 && n->invite_of[i - 1] != NULL)
        i--;
    return i > 0 ? i - 1 : 0;
}

enum rc
node_assume_one(struct node *n, size_t i, const struct invite *invite, struct fault *why)
{
    struct auth_op *op = mem_new(sizeof(*op));
    enum rc rc = auth_op_decode(buf_slice(&invite->grant_op), op);
    if (rc == RC_OK && op->code != AUTH_GRANT)
        rc = RC_MALFORMED;
    if (rc == RC_OK) {
        op->grant.log = n->log[i].pub;
        rc = ledger_assume(n->ledger, &op->grant, buf_slice(&invite->authority));
    }
    mem_free(op);
    return rc == RC_OK ? RC_OK
                       : fault_set(why, rc, FAULT_INVITE_FILE, "%s/invite", n->dir);
}

/* An invite whose grant counts has done its work, and its secrets go. */
enum rc
node_assume_invites(struct node *n, bool may_write, struct fault *why)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < n->logs_n && rc == RC_OK; i++) {
        char path[PATH_BYTES];
        if (n->invite_of[i] == NULL)
            continue;
        if (is_pending(n, i)) {
            rc = node_assume_one(n, i, n->invite_of[i], why);
            continue;
        }
        invite_path(n, i, path);
        if (may_write && unlink(path) != 0 && errno != ENOENT)
            log_warn("invite.left errno=%d", errno);
    }
    return rc;
}

/* ---- telling the hub */

void
node_sign_join(const struct node *n, size_t i, const struct invite *invite,
               struct join *out)
{
    struct grant g = {
        .log_no = invite->log_no, .log = n->log[i].pub, .join_box = n->box.pub};
    struct pair once;
    pair_from_seed(PAIR_SIGN, invite->once_seed, &once);
    memcpy(out->invite, invite->no, INVITE_NO_BYTES);
    out->box_key = g.join_box;
    out->log_key = g.log;
    out->ack_key = n->ack.pub;
    auth_join_sign(&g, &invite->community, &once, &out->sig);
    pair_wipe(&once);
}

size_t
node_persons(const struct node *n, struct join out[static OWN_LOGS_MAX])
{
    size_t k = 0;
    for (size_t i = 0; i < n->logs_n; i++)
        if (is_pending(n, i))
            node_sign_join(n, i, n->invite_of[i], &out[k++]);
    return k;
}

/* ---- joining */

uint32_t
node_number(const struct node *n)
{
    const struct node_info *self =
        authority_node_by_box(replica_authority(ledger_replica(n->ledger)), &n->box.pub);
    if (self != NULL)
        return self->no;
    return n->has_invite ? n->invite.node : 0;
}

static bool
is_used(const struct node *n, const struct invite *i)
{
    const struct log_state *log = replica_log(ledger_replica(n->ledger), i->log_no);
    bool is = log != NULL && !log->is_assumed;
    for (size_t k = 0; k < n->logs_n; k++)
        is = is || (n->invite_of[k] != NULL &&
                    memcmp(n->invite_of[k]->no, i->no, INVITE_NO_BYTES) == 0);
    return is || (n->has_invite && memcmp(n->invite.no, i->no, INVITE_NO_BYTES) == 0);
}

static enum rc
check(const struct node *n, const struct invite *i, struct fault *why)
{
    const struct hash *community = replica_community(ledger_replica(n->ledger));
    uint32_t self = node_number(n);
    if (community == NULL || !hash_eq(community, &i->community))
        return fault_set(why, RC_INVALID, FAULT_INVITE_OTHER, "%s", i->community_name);
    if (is_used(n, i))
        return fault_set(why, RC_INVALID, FAULT_INVITE_USED, "%s", i->person_name);
    if (self == 0 || self != i->node) {
        fault_set(why, RC_INVALID, FAULT_INVITE_NODE, "%u", (unsigned)i->node);
        return RC_INVALID;
    }
    if (i->until_ms < wall_ms())
        return fault_set(why, RC_DENIED, FAULT_INVITE_EXPIRED, "%s", n->dir);
    if (n->logs_n >= OWN_LOGS_MAX)
        return fault_set(why, RC_LIMIT, FAULT_NODE_FULL, "%u", (unsigned)OWN_LOGS_MAX);
    return RC_OK;
}

/* The guard knows the file's inode before the file has its name: a log is there with its
 * guard or not at all. */
static enum rc
make_key(struct node *n, size_t i, struct fault *why)
{
    char name[LOG_NAME_BYTES], from[PATH_BYTES], to[PATH_BYTES];
    node_log_name(i, name);
    keys_path(n->dir, FRESH_NAME, from, sizeof(from));
    keys_path(n->dir, name, to, sizeof(to));
    (void)unlink(from);
    pair_new_random(PAIR_SIGN, &n->log[i]);
    enum rc rc = keys_write(n->dir, FRESH_NAME, &n->log[i], why);
    if (rc == RC_OK && (rc = guard_new(&n->log[i].pub, from)) != RC_OK)
        rc = node_guard_fault(why, rc);
    if (rc == RC_OK && rename(from, to) != 0)
        rc = node_io_fault(why, to);
    if (rc == RC_OK && file_sync_parent(to) != RC_OK)
        rc = node_io_fault(why, to);
    if (rc != RC_OK)
        (void)unlink(from);
    return rc;
}

struct newcomer {
    const struct invite *invite;
    const struct join *join;
};

/* The hub's own machine answers itself. */
static enum rc
work_come(struct node *n, void *arg)
{
    const struct newcomer *x = arg;
    struct hub hub = {.hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
    enum rc rc = node_take_keys(n->ledger, x->invite);
    return rc == RC_OK && node_may_seal(n) ? hub_join(n->ledger, &hub, x->join, NULL)
                                           : rc;
}

enum rc
node_join_person(struct node *n, struct slice invite_file, struct fault *why)
{
    char path[PATH_BYTES];
    struct join join;
    size_t i = n->logs_n;
    struct invite *invite = mem_new(sizeof(*invite));
    enum rc rc = invite_decode(invite_file, invite);
    if (rc != RC_OK) {
        mem_free(invite);
        return fault_set(why, rc, FAULT_INVITE_FILE, "%s", rc_text(rc));
    }
    rc = check(n, invite, why);
    invite_path(n, i, path);
    if (rc == RC_OK && file_write(path, invite_file) != RC_OK)
        rc = node_io_fault(why, path);
    if (rc == RC_OK)
        rc = make_key(n, i, why);
    if (rc != RC_OK) {
        invite_fini(invite);
        mem_free(invite);
        return rc;
    }
    n->invite_of[i] = invite;
    n->lock[i] = LOG_OPEN;
    n->logs_n++;
    rc = node_reguard(n, why);
    if (rc == RC_OK)
        rc = node_assume_one(n, i, invite, why);
    node_sign_join(n, i, invite, &join);
    struct newcomer x = {invite, &join};
    if (rc == RC_OK && (rc = node_turn(n, work_come, &x)) != RC_OK)
        fault_set(why, rc, FAULT_DATABASE, "join");
    if (!is_pending(n, i))
        drop_invite(n, i);
    n->has_newcomer = rc == RC_OK;
    return rc;
}
