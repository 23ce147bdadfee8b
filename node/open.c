/* Opening a node directory: lock, keys, ledger, guards, a pending invite. */
#include "node/open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/keys.h"

#define PATH_BYTES 4096
#define INVITE_BYTES_MAX (16 << 20)
#define CONF_BYTES_MAX 65536

uint64_t
node_wall(void *arg)
{
    (void)arg;
    return wall_ms();
}

void
node_log_name(size_t i, char out[static LOG_NAME_BYTES])
{
    (void)snprintf(out, LOG_NAME_BYTES, "log-%02u.key", (unsigned)(i + 1) % 100);
}

static void
path_in(const struct node *n, const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/%s", n->dir, name);
}

enum rc
node_io_fault(struct fault *why, const char *path)
{
    int no = errno;
    enum rc rc = no == ENOSPC || no == EDQUOT ? RC_FULL : RC_IO;
    fault_set(why, rc, FAULT_NODE_IO, "%s", path);
    fault_want(why, "%s", strerror(no));
    return rc;
}

static enum rc
take_lock(struct node *n, struct fault *why)
{
    char path[PATH_BYTES];
    path_in(n, "lock", path, sizeof(path));
    n->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (n->lock_fd < 0)
        return node_io_fault(why, path);
    if (flock(n->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return RC_OK;
    if (errno == EWOULDBLOCK)
        return fault_set(why, RC_BUSY, FAULT_NODE_LOCKED, "%s", n->dir);
    return node_io_fault(why, path);
}

/* officer-KEY.key, one an officer; those behind a PIN stay locked until they are asked
 * for. */
static enum rc
read_officers(struct node *n, struct fault *why)
{
    char path[PATH_BYTES];
    enum rc rc = RC_OK;
    path_in(n, "keys", path, sizeof(path));
    DIR *d = opendir(path);
    if (d == NULL)
        return node_io_fault(why, path);
    for (const struct dirent *e; rc == RC_OK && (e = readdir(d)) != NULL;) {
        if (strncmp(e->d_name, "officer-", 8) != 0)
            continue;
        if (n->officers_n == OFFICERS_MAX)
            break;
        rc = keys_read(n->dir, e->d_name, PAIR_SIGN, &n->officer[n->officers_n], why);
        if (rc == RC_OK)
            n->officers_n++;
        if (rc == RC_DENIED)
            rc = RC_OK;
    }
    closedir(d);
    return rc;
}

static enum rc
read_keys(struct node *n, struct fault *why)
{
    enum rc rc = keys_read(n->dir, "node.key", PAIR_BOX, &n->box, why);
    if (rc == RC_NOTFOUND)
        return fault_set(why, RC_NOTFOUND, FAULT_NODE_MISSING, "%s", n->dir);
    if (rc == RC_OK)
        rc = node_read_logs(n, why);
    if (rc != RC_OK)
        return rc;
    rc = keys_read(n->dir, "ack.key", PAIR_SIGN, &n->ack, why);
    n->has_ack = rc == RC_OK;
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return rc;
    rc = keys_read(n->dir, "hub.key", PAIR_SIGN, &n->hub, why);
    n->has_hub = rc == RC_OK;
    return rc == RC_OK || rc == RC_NOTFOUND ? read_officers(n, why) : rc;
}

static enum rc
read_conf(struct node *n, struct fault *why)
{
    char path[PATH_BYTES];
    struct buf text = BUF_NONE;
    path_in(n, "node.conf", path, sizeof(path));
    enum rc rc = file_read(path, CONF_BYTES_MAX, &text);
    if (rc == RC_NOTFOUND)
        rc = RC_OK;
    if (rc == RC_LIMIT || (rc == RC_OK && text.n > 0 && memchr(text.p, 0, text.n)))
        rc = fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "%s", path);
    else if (rc == RC_OK)
        rc = conf_parse(buf_text(&text), &n->conf, why);
    else
        rc = node_io_fault(why, path);
    buf_free(&text);
    return rc;
}

/* Until the hub has granted our log we work under the invite, as if granted. */
static enum rc
read_invite(struct node *n, struct fault *why)
{
    char path[PATH_BYTES];
    struct buf bytes = BUF_NONE;
    path_in(n, "invite", path, sizeof(path));
    enum rc rc = file_read(path, INVITE_BYTES_MAX, &bytes);
    if (rc == RC_OK) {
        rc = invite_decode(buf_slice(&bytes), &n->invite);
        n->has_invite = rc == RC_OK;
        if (rc != RC_OK)
            fault_set(why, rc, FAULT_INVITE_FILE, "%s", path);
    } else if (rc == RC_NOTFOUND) {
        rc = RC_OK;
    } else {
        rc = node_io_fault(why, path);
    }
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc;
}

bool
node_needs_join(const struct node *n)
{
    if (!n->has_invite || n->logs_n == 0)
        return false;
    const struct log_state *log =
        replica_log_by_key(ledger_replica(n->ledger), &n->log[node_invite_place(n)].pub);
    return log == NULL || log->is_assumed;
}

static enum rc
assume_invite(struct node *n, struct fault *why)
{
    return node_needs_join(n) ? node_assume_one(n, node_invite_place(n), &n->invite, why)
                              : RC_OK;
}

static size_t
ack_place(const struct node *n)
{
    return n->logs_n + (n->has_hub ? 1 : 0);
}

/* What the database holds of the log in place i: own logs, then the authority log, then
 * the acknowledgement log. */
static void
head_of(const struct node *n, size_t i, const struct key **key, uint64_t *seq,
        struct hash *id)
{
    struct replica *r = ledger_replica(n->ledger);
    *key = i < n->logs_n ? &n->log[i].pub : i == ack_place(n) ? &n->ack.pub : &n->hub.pub;
    *seq = replica_trunk_n(r, *key);
    *id = (struct hash){{0}};
    if (*seq > 0 && !replica_trunk_head(r, *key, id))
        *seq = 0;
}

static size_t
guards_n(const struct node *n)
{
    return ack_place(n) + (n->has_ack ? 1 : 0);
}

static void
guard_key_path(const struct node *n, size_t i, char *out, size_t size)
{
    char name[LOG_NAME_BYTES] = "hub.key";
    if (i == ack_place(n))
        (void)snprintf(name, sizeof(name), "ack.key");
    if (i < n->logs_n)
        node_log_name(i, name);
    keys_path(n->dir, name, out, size);
}

enum rc
node_guard_fault(struct fault *why, enum rc rc)
{
    char state[PATH_BYTES] = "LINJULI_STATE";
    int no = errno;
    if (guard_dir(state, sizeof(state)) != RC_OK)
        no = ENOENT;
    fault_set(why, rc, FAULT_GUARD_STATE, "%s", state);
    fault_want(why, "%s", strerror(no));
    return rc;
}

static void
stop_log(struct node *n, size_t i)
{
    guard_close(n->guard[i]);
    n->guard[i] = NULL;
    n->word[i] = GUARD_AHEAD;
}

static enum rc
open_guards(struct node *n, struct fault *why)
{
    for (size_t i = 0; i < guards_n(n); i++) {
        char path[PATH_BYTES];
        const struct key *key = NULL;
        uint64_t seq = 0;
        struct hash id;
        if (i < n->logs_n && n->lock[i] == LOG_HANDED)
            continue;
        head_of(n, i, &key, &seq, &id);
        guard_key_path(n, i, path, sizeof(path));
        enum rc rc = guard_open(key, path, seq, &id, &n->guard[i], &n->word[i]);
        if (rc == RC_OK && n->guard[i] != NULL)
            rc = guard_settle(n->guard[i], path);
        if (rc != RC_OK)
            return node_guard_fault(why, rc);
        if (i < n->logs_n && node_is_stopped(n, key))
            stop_log(n, i);
    }
    return RC_OK;
}

enum rc
node_reguard(struct node *n, struct fault *why)
{
    for (size_t i = 0; i < sizeof(n->guard) / sizeof(n->guard[0]); i++) {
        guard_close(n->guard[i]);
        n->guard[i] = NULL;
    }
    return open_guards(n, why);
}

static enum rc turn(struct node *n, enum rc (*work)(struct node *n, void *arg),
                    void *arg);
static enum rc work_upkeep(struct node *n, void *arg);

/* After an upgrade the hub says what its record types are before it shows or writes
 * anything by them. Where that fails the next turn tries again. */
static void
tell_types(struct node *n)
{
    if (!node_may_seal(n) || !hub_types_due(n->ledger))
        return;
    enum rc rc = turn(n, work_upkeep, NULL);
    if (rc != RC_OK)
        log_warn("upkeep.failed rc=%s", rc_name(rc));
}

static enum rc
open_all(struct node *n, enum node_mode mode, struct fault *why)
{
    char path[PATH_BYTES];
    struct stat st;
    path_in(n, "linjuli.db", path, sizeof(path));
    if (stat(path, &st) != 0 && errno != ENOENT && errno != ENOTDIR)
        return node_io_fault(why, path);
    if (stat(path, &st) != 0 && node_waits(n->dir))
        return fault_set(why, RC_STALE, FAULT_NODE_WAITS, "%s", n->dir);
    if (stat(path, &st) != 0)
        return fault_set(why, RC_NOTFOUND, FAULT_NODE_MISSING, "%s", n->dir);
    enum rc rc = mode == NODE_WRITE ? take_lock(n, why) : RC_OK;
    if (rc == RC_OK && mode == NODE_WRITE)
        node_sweep_logs(n);
    if (rc == RC_OK)
        rc = read_keys(n, why);
    if (rc == RC_OK)
        rc = read_conf(n, why);
    if (rc == RC_OK)
        rc = read_invite(n, why);
    if (rc == RC_OK)
        rc = node_read_invites(n, why);
    if (rc != RC_OK)
        return rc;
    struct ledger_setup setup = {.path = path,
                                 .mode = mode == NODE_WRITE ? LEDGER_WRITE : LEDGER_READ,
                                 .box = &n->box,
                                 .wall_ms = node_wall};
    rc = ledger_open(&setup, &n->ledger, why);
    if (rc == RC_OK && (rc = ledger_assume_kept(n->ledger)) != RC_OK)
        fault_set(why, rc, FAULT_DATABASE, "%s", path);
    if (rc == RC_OK)
        rc = assume_invite(n, why);
    if (rc == RC_OK)
        rc = node_assume_invites(n, mode == NODE_WRITE, why);
    if (rc == RC_OK)
        rc = node_door_read(n, why);
    if (rc == RC_OK && mode == NODE_READ)
        node_mark_handed(n);
    if (rc == RC_OK && mode == NODE_WRITE)
        rc = node_end_handed(n, why);
    if (rc == RC_OK && mode == NODE_WRITE)
        rc = open_guards(n, why);
    if (rc == RC_OK && mode == NODE_WRITE)
        tell_types(n);
    return rc;
}

static enum rc
open_once(const char *dir, enum node_mode mode, struct node **out, struct fault *why)
{
    struct node *n = mem_new(sizeof(*n));
    node_keep_secret(n);
    n->dir = mem_text(dir);
    n->lock_fd = -1;
    enum rc rc = open_all(n, mode, why);
    if (rc != RC_OK) {
        node_close(n);
        return rc;
    }
    *out = n;
    return RC_OK;
}

/* A database of an older release is carried over by whoever writes; where nobody does, a
 * reader does it first. */
enum rc
node_open(const char *dir, enum node_mode mode, struct node **out, struct fault *why)
{
    enum rc rc = open_once(dir, mode, out, why);
    if (rc != RC_BUSY || mode == NODE_WRITE)
        return rc;
    struct node *writer = NULL;
    rc = open_once(dir, NODE_WRITE, &writer, why);
    if (rc != RC_OK)
        return rc;
    node_close(writer);
    return open_once(dir, mode, out, why);
}

enum rc
node_open_wait(const char *dir, enum node_mode mode, unsigned wait_ms, struct node **out,
               struct fault *why)
{
    const struct timespec nap = {.tv_nsec = 20 * 1000000};
    uint64_t until = now_ms() + wait_ms;
    enum rc rc;
    while ((rc = node_open(dir, mode, out, why)) == RC_BUSY && now_ms() < until)
        nanosleep(&nap, NULL);
    return rc;
}

void
node_close(struct node *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < sizeof(n->guard) / sizeof(n->guard[0]); i++)
        guard_close(n->guard[i]);
    ledger_close(n->ledger);
    if (n->has_invite)
        invite_fini(&n->invite);
    conf_fini(&n->conf);
    for (size_t i = 0; i < OWN_LOGS_MAX; i++) {
        if (n->invite_of[i] != NULL)
            invite_fini(n->invite_of[i]);
        mem_free(n->invite_of[i]);
        pair_wipe(&n->log[i]);
    }
    pair_wipe(&n->box);
    pair_wipe(&n->hub);
    for (size_t i = 0; i < n->officers_n; i++)
        pair_wipe(&n->officer[i]);
    pair_wipe(&n->ack);
    if (n->lock_fd >= 0)
        close(n->lock_fd); /* the lock goes with it */
    mem_free(n->dir);
    mem_free(n);
}

enum rc
node_after_commit(struct node *n)
{
    for (size_t i = 0; i < guards_n(n); i++) {
        const struct key *key = NULL;
        uint64_t seq = 0;
        struct hash id;
        if (n->guard[i] == NULL)
            continue;
        head_of(n, i, &key, &seq, &id);
        enum rc rc = guard_put(n->guard[i], seq, &id, now_ms());
        if (rc != RC_OK)
            return rc;
        if (i < n->logs_n && replica_has_come(ledger_replica(n->ledger), key)) {
            log_warn("log.stopped place=%zu", i + 1);
            stop_log(n, i);
        }
    }
    return RC_OK;
}

/* Where the guard cannot be kept nothing more is written. What is committed when that
 * shows stays, and is told as saved, for it is; it is not sent (daemon_turn asks the
 * guard before anything goes out), so no other copy of this log can contradict it. */
static enum rc
turn(struct node *n, enum rc (*work)(struct node *n, void *arg), void *arg)
{
    enum rc rc = node_after_commit(n);
    if (rc == RC_OK)
        rc = ledger_begin(n->ledger);
    if (rc != RC_OK)
        return rc;
    rc = work(n, arg);
    if (rc == RC_OK)
        rc = node_note_stopped(n);
    if (rc != RC_OK) {
        ledger_rollback(n->ledger);
        return rc;
    }
    rc = ledger_commit(n->ledger);
    if (rc == RC_OK && node_after_commit(n) != RC_OK)
        log_warn("guard.behind errno=%d", errno);
    return rc;
}

static enum rc
work_upkeep(struct node *n, void *arg)
{
    struct hub hub = {.hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
    (void)arg;
    return hub_upkeep(n->ledger, &hub, NULL);
}

static enum rc
work_settle(struct node *n, void *arg)
{
    (void)arg;
    return ledger_settle(n->ledger); /* what an earlier try left standing */
}

static enum rc
work_acknowledge(struct node *n, void *arg)
{
    (void)arg;
    return erase_acknowledge(n->ledger, &n->ack);
}

enum rc
node_erase(struct node *n)
{
    if (!n->has_ack || n->guard[ack_place(n)] == NULL ||
        !erase_is_due(n->ledger, &n->ack))
        return RC_OK;
    enum rc rc = turn(n, work_settle, NULL);
    if (rc == RC_OK)
        rc = erase_sweep(n->ledger);
    if (rc == RC_OK)
        rc = turn(n, work_acknowledge, NULL);
    if (rc == RC_OK)
        log_info("erased acknowledged=1");
    else if (rc != RC_BUSY)
        log_warn("erase.failed rc=%s", rc_name(rc));
    return rc;
}

enum rc
node_turn(struct node *n, enum rc (*work)(struct node *n, void *arg), void *arg)
{
    enum rc rc = turn(n, work, arg);
    if (rc != RC_OK)
        return rc;
    if (node_may_seal(n) && hub_is_due(n->ledger)) {
        /* A new unit's scope is due in the hub's next transaction; the work is done
         * either way. */
        enum rc upkeep = turn(n, work_upkeep, NULL);
        if (upkeep != RC_OK)
            log_warn("upkeep.failed rc=%s", rc_name(upkeep));
    }
    if (node_erase(n) != RC_OK)
        log_info("erase.waits=1"); /* what is left over is done after the next turn */
    return RC_OK;
}

enum rc
node_guard_word(const struct node *n, size_t i, enum guard_word *out)
{
    char path[PATH_BYTES];
    const struct key *key = NULL;
    struct guard *g = NULL;
    uint64_t seq = 0;
    struct hash id;
    head_of(n, i, &key, &seq, &id);
    guard_key_path(n, i, path, sizeof(path));
    enum rc rc = guard_open(key, path, seq, &id, &g, out);
    guard_close(g);
    if (rc == RC_OK && i < n->logs_n && node_is_stopped(n, key))
        *out = GUARD_AHEAD;
    return rc;
}

enum rc
node_author_at(struct node *n, size_t i, struct author *out, struct fault *why)
{
    static const char *const word[] = {[GUARD_FINE] = "fine",
                                       [GUARD_MISSING] = "missing",
                                       [GUARD_FOREIGN] = "foreign",
                                       [GUARD_AHEAD] = "ahead"};
    if (i >= n->logs_n)
        return fault_set(why, RC_DENIED, FAULT_NO_LOG, "%s", n->dir);
    if (n->lock[i] == LOG_HANDED)
        return node_log_fault(n, i, why);
    if (n->guard[i] == NULL)
        return fault_set(why, RC_DENIED, FAULT_LOG_READ_ONLY, "%s", word[n->word[i]]);
    if (ledger_types_differ(n->ledger)) /* nobody could read it, not even here */
        return fault_set(why, RC_DENIED, FAULT_OTHER_TYPES, "%u",
                         (unsigned)ledger_types(n->ledger)->version);
    enum rc rc = author_of(n->ledger, &n->log[i], out);
    return rc == RC_OK ? node_log_fault(n, i, why)
                       : fault_set(why, rc, FAULT_NO_LOG, "%s", n->dir);
}

enum rc
node_author(struct node *n, struct author *out, struct fault *why)
{
    struct fault f = {0};
    enum rc rc = fault_set(&f, RC_DENIED, FAULT_NO_LOG, "%s", n->dir);
    /* A locked log stands for its person: nobody else is taken instead. */
    for (size_t i = n->logs_n; rc != RC_OK && f.code != FAULT_LOG_LOCKED && i-- > 0;)
        rc = node_author_at(n, i, out, &f);
    if (rc != RC_OK && why != NULL)
        *why = f;
    return rc;
}

bool
node_may_seal(const struct node *n)
{
    const struct key *hub =
        authority_hub_key(replica_authority(ledger_replica(n->ledger)));
    return n->has_hub && n->guard[n->logs_n] != NULL && hub != NULL &&
           key_eq(hub, &n->hub.pub);
}
