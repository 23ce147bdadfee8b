/* Copies, restored states and forks: a log that stopped never writes again, and work goes
 * on in a new one (design section 4). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/birth.h"
#include "node/keys.h"
#include "node/open.h"

#define SETTING_STOPPED "stopped" /* keys, one behind the other */

/* ---- stopped */

bool
node_is_stopped(const struct node *n, const struct key *log)
{
    struct buf list = BUF_NONE;
    bool is = false;
    if (ledger_setting(n->ledger, SETTING_STOPPED, &list) == RC_OK)
        for (size_t at = 0; at + KEY_BYTES <= list.n && !is; at += KEY_BYTES)
            is = memcmp(list.p + at, log->b, KEY_BYTES) == 0;
    buf_free(&list);
    return is;
}

enum rc
node_note_stopped(struct node *n)
{
    struct buf list = BUF_NONE;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < n->logs_n && rc == RC_OK; i++) {
        const struct key *log = &n->log[i].pub;
        if (n->guard[i] == NULL || !replica_has_come(ledger_replica(n->ledger), log) ||
            node_is_stopped(n, log))
            continue;
        rc = ledger_setting(n->ledger, SETTING_STOPPED, &list);
        if (rc == RC_NOTFOUND)
            list.n = 0;
        buf_add(&list, log->b, KEY_BYTES);
        rc = ledger_set_setting(n->ledger, SETTING_STOPPED, buf_slice(&list));
    }
    buf_free(&list);
    return rc;
}

/* ---- a new log */

static bool
is_out_of_the_race(const struct node *n, size_t i)
{
    const struct log_state *log =
        replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
    return n->guard[i] == NULL || (log != NULL && log->proof.seq > 0);
}

/* The newest own log that was granted and not ended: its standing goes on. */
static const struct log_state *
standing(const struct node *n)
{
    const struct replica *r = ledger_replica(n->ledger);
    for (size_t i = n->logs_n; i-- > 0;) {
        const struct log_state *log = replica_log_by_key(r, &n->log[i].pub);
        const struct node_info *node =
            log != NULL ? authority_node(replica_authority(r), log->node) : NULL;
        if (n->lock[i] == LOG_HANDED)
            return NULL; /* whoever has the post now brings a log of his own */
        if (log != NULL && !log->is_assumed)
            return log->is_revoked || log->is_closed || node == NULL || node->is_lost
                       ? NULL
                       : log;
    }
    return NULL;
}

bool
node_must_renew(struct node *n)
{
    struct author a;
    if (n->logs_n == 0 || n->logs_n >= OWN_LOGS_MAX || node_author(n, &a, NULL) == RC_OK)
        return false;
    for (size_t i = 0; i < n->logs_n; i++)
        if (!is_out_of_the_race(n, i))
            return false;
    /* A new one that got into trouble itself before it counted: made once more only where
     * it is sure to be a copy. */
    const struct log_state *last =
        replica_log_by_key(ledger_replica(n->ledger), &n->log[n->logs_n - 1].pub);
    bool was_new = last == NULL || last->is_assumed;
    return standing(n) != NULL && (!was_new || n->word[n->logs_n - 1] == GUARD_FOREIGN);
}

static enum rc
work_stand_in(struct node *n, void *arg)
{
    const struct log_state *old = standing(n);
    (void)arg;
    if (old == NULL)
        return RC_DENIED;
    struct key key = old->key;
    return ledger_stand_in(n->ledger, &key, &n->log[n->logs_n - 1].pub);
}

enum rc
node_renew(struct node *n, struct fault *why)
{
    char name[LOG_NAME_BYTES], path[PATH_BYTES];
    struct pair *fresh = &n->log[n->logs_n];
    node_log_name(n->logs_n, name);
    pair_new_random(PAIR_SIGN, fresh);
    enum rc rc = keys_write(n->dir, name, fresh, why);
    if (rc != RC_OK)
        return rc;
    keys_path(n->dir, name, path, sizeof(path));
    rc = guard_new(&fresh->pub, path);
    if (rc != RC_OK) {
        node_guard_fault(why, rc);
        (void)unlink(path);
        return rc;
    }
    n->logs_n++;
    rc = node_reguard(n, why);
    if (rc == RC_OK && (rc = node_turn(n, work_stand_in, NULL)) != RC_OK)
        fault_set(why, rc, FAULT_NO_LOG, "%s", n->dir);
    if (rc != RC_OK) { /* nothing has been signed with it */
        n->logs_n--;
        (void)unlink(path);
        return node_reguard(n, NULL) == RC_OK ? rc : RC_IO;
    }
    /* The old log's invite is used up; it would be taken for the new one's. */
    (void)snprintf(path, sizeof(path), "%s/invite", n->dir);
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("renew.invite errno=%d", errno);
    if (n->has_invite)
        invite_fini(&n->invite);
    n->has_invite = false;
    log_info("renewed logs=%zu", n->logs_n);
    return RC_OK;
}

/* ---- a new invite for it */

struct again {
    struct node *node;
    struct invite invite;
};

static enum rc
work_keys(struct node *n, void *arg)
{
    struct again *a = arg;
    return node_take_keys(n->ledger, &a->invite);
}

/* A key of its own in place of one that another machine goes on using. */
static enum rc
replace_key(struct node *n, const char *name, const struct pair *p, struct fault *why)
{
    char fresh[32], from[PATH_BYTES], to[PATH_BYTES];
    (void)snprintf(fresh, sizeof(fresh), "%s.next", name);
    keys_path(n->dir, fresh, from, sizeof(from));
    keys_path(n->dir, name, to, sizeof(to));
    (void)unlink(from);
    enum rc rc = keys_write(n->dir, fresh, p, why);
    if (rc == RC_OK && rename(from, to) != 0)
        rc = node_io_fault(why, to);
    return rc == RC_OK && file_sync_parent(to) != RC_OK ? node_io_fault(why, to) : rc;
}

static enum rc
own_keys(struct again *a, struct fault *why)
{
    struct node *n = a->node;
    const struct authority *authority = replica_authority(ledger_replica(n->ledger));
    char path[PATH_BYTES];
    struct pair box, ack;
    enum rc rc = RC_OK;
    if (authority_node_by_box(authority, &n->box.pub) != NULL) {
        pair_new_random(PAIR_BOX, &box);
        rc = replace_key(n, "node.key", &box, why);
        pair_wipe(&box);
    }
    pair_new_random(PAIR_SIGN, &ack);
    if (rc == RC_OK)
        rc = replace_key(n, "ack.key", &ack, why);
    keys_path(n->dir, "ack.key", path, sizeof(path));
    if (rc == RC_OK) {
        rc = guard_new(&ack.pub, path);
        if (rc != RC_OK)
            node_guard_fault(why, rc);
    }
    pair_wipe(&ack);
    return rc;
}

static bool
awaits_grant(struct node *n)
{
    const struct log_state *last =
        replica_log_by_key(ledger_replica(n->ledger), &n->log[n->logs_n - 1].pub);
    return n->guard[n->logs_n - 1] != NULL && last != NULL && last->is_assumed;
}

enum rc
node_join_again(const char *dir, struct slice invite_file, struct fault *why)
{
    struct again a = {0};
    char path[PATH_BYTES];
    enum rc rc = invite_decode(invite_file, &a.invite);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_INVITE_FILE, "%s", rc_text(rc));
    rc = node_open(dir, NODE_WRITE, &a.node, why);
    if (rc != RC_OK)
        goto out;
    const struct hash *community = replica_community(ledger_replica(a.node->ledger));
    if (a.node->logs_n == 0 || community == NULL ||
        !hash_eq(community, &a.invite.community)) {
        rc =
            fault_set(why, RC_INVALID,
                      a.node->has_hub ? FAULT_INVITE_HUB : FAULT_INVITE_OTHER, "%s", dir);
        goto out;
    }
    rc = birth_invite_check(&a.invite, ledger_wall_ms(a.node->ledger), why);
    if (rc == RC_OK && node_must_renew(a.node))
        rc = node_renew(a.node, why);
    if (rc == RC_OK && !awaits_grant(a.node))
        rc = fault_set(why, RC_INVALID, FAULT_NODE_THERE, "%s", dir);
    if (rc == RC_OK && (rc = node_turn(a.node, work_keys, &a)) != RC_OK)
        fault_set(why, rc, FAULT_DATABASE, "join");
    if (rc == RC_OK)
        rc = own_keys(&a, why);
    (void)snprintf(path, sizeof(path), "%s/invite", dir);
    if (rc == RC_OK && (rc = file_write(path, invite_file)) != RC_OK)
        node_io_fault(why, path);
out:
    node_close(a.node);
    invite_fini(&a.invite);
    return rc;
}
