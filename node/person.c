/* Persons at this machine: each has an own log, whose key may lie behind a PIN. A locked
 * key is not in memory; its file tells the public half. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/keys.h"
#include "node/open.h"

#define PATH_BYTES 4096
#define MINUTE_MS 60000ull

/* ---- reading them */

/* log-NN.handed, instead of log-NN.key: the public key in hex. The post was handed over,
 * and the key is gone. */
static void
handed_name(size_t i, char out[static LOG_NAME_BYTES])
{
    (void)snprintf(out, LOG_NAME_BYTES, "log-%02u.handed", (unsigned)(i + 1) % 100);
}

static enum rc
read_handed(struct node *n, size_t i, struct fault *why)
{
    char name[LOG_NAME_BYTES], path[PATH_BYTES];
    struct buf text = BUF_NONE;
    handed_name(i, name);
    keys_path(n->dir, name, path, sizeof(path));
    enum rc rc = file_read(path, KEY_FILE_BYTES_MAX, &text);
    struct pair *log = &n->log[i];
    char hex[2 * KEY_BYTES + 1] = {0};
    *log = (struct pair){.kind = PAIR_SIGN};
    if (rc == RC_OK && text.n == 2 * KEY_BYTES + 1)
        memcpy(hex, text.p, 2 * KEY_BYTES);
    if (rc == RC_OK &&
        (text.n != 2 * KEY_BYTES + 1 || !hex_parse(hex, KEY_BYTES, log->pub.b)))
        rc = fault_set(why, RC_CONFIG, FAULT_KEY_FILE, "%s", path);
    else if (rc != RC_OK && rc != RC_NOTFOUND)
        rc = node_io_fault(why, path);
    buf_free(&text);
    return rc;
}

static enum rc
read_log(struct node *n, size_t i, struct fault *why)
{
    char name[LOG_NAME_BYTES];
    enum rc rc = read_handed(n, i, why);
    n->lock[i] = LOG_HANDED;
    if (rc != RC_NOTFOUND)
        return rc;
    node_log_name(i, name);
    rc = keys_read(n->dir, name, PAIR_SIGN, &n->log[i], why);
    n->lock[i] = LOG_OPEN;
    if (rc != RC_DENIED)
        return rc;
    n->lock[i] = LOG_LOCKED;
    return keys_public(n->dir, name, PAIR_SIGN, &n->log[i], why);
}

enum rc
node_read_logs(struct node *n, struct fault *why)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && n->logs_n < OWN_LOGS_MAX) {
        rc = read_log(n, n->logs_n, why);
        if (rc == RC_OK)
            n->logs_n++;
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

void
node_keep_secret(struct node *n)
{
    long page = sysconf(_SC_PAGESIZE);
    if (page <= 0)
        return;
    uintptr_t from = (uintptr_t)n / (uintptr_t)page * (uintptr_t)page;
    size_t size = (uintptr_t)n + sizeof(*n) - from;
    /* Neither is needed for anything to work, and a small machine may refuse both. */
    (void)madvise((char *)n - ((uintptr_t)n - from), size, MADV_DONTDUMP);
    (void)mlock((char *)n - ((uintptr_t)n - from), size);
}

void
node_sweep_logs(struct node *n)
{
    for (size_t i = 0; i < OWN_LOGS_MAX; i++) {
        char name[LOG_NAME_BYTES];
        node_log_name(i, name);
        keys_sweep(n->dir, name);
    }
}

/* ---- unlocking */

struct count {
    struct node *node;
    const struct key *log;
    enum rc (*note)(struct ledger *l, const struct key *log);
};

static enum rc
work_count(struct node *n, void *arg)
{
    const struct count *c = arg;
    return c->note(n->ledger, c->log);
}

static enum rc
count(struct node *n, size_t i, enum rc (*note)(struct ledger *l, const struct key *log),
      struct fault *why)
{
    struct count c = {n, &n->log[i].pub, note};
    enum rc rc = node_turn(n, work_count, &c);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", n->dir);
}

static enum rc
refuse_wait(uint64_t wait_ms, struct fault *why)
{
    return fault_set(why, RC_DENIED, FAULT_PIN_WAIT, "%llu",
                     (unsigned long long)((wait_ms + MINUTE_MS - 1) / MINUTE_MS));
}

/* The try is counted and on the disk before it is made. */
static enum rc
open_key(struct node *n, size_t i, const char *pin, struct pair *out, struct fault *why)
{
    char name[LOG_NAME_BYTES];
    struct pin_state state;
    node_log_name(i, name);
    enum rc rc = pin_look(n->ledger, &n->log[i].pub, &state);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", n->dir);
    if (state.wait_ms > 0)
        return refuse_wait(state.wait_ms, why);
    rc = count(n, i, pin_try, why);
    if (rc == RC_OK)
        rc = keys_open(n->dir, name, PAIR_SIGN, pin, out, why);
    if (rc == RC_OK)
        return count(n, i, pin_right, why);
    if (rc != RC_DENIED)
        return rc;
    rc = pin_look(n->ledger, &n->log[i].pub, &state);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", n->dir);
    return state.wait_ms > 0
               ? refuse_wait(state.wait_ms, why)
               : fault_set(why, RC_DENIED, FAULT_PIN_WRONG, "%u", state.left);
}

static uint32_t
log_no(const struct node *n, size_t i)
{
    const struct log_state *log =
        replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
    return log != NULL ? log->no : (uint32_t)(i + 1);
}

enum rc
node_log_fault(const struct node *n, size_t i, struct fault *why)
{
    enum log_lock lock = n->lock[i];
    if (lock == LOG_LOCKED)
        return fault_set(why, RC_DENIED, FAULT_LOG_LOCKED, "%03u", log_no(n, i));
    if (lock == LOG_HANDED)
        return fault_set(why, RC_DENIED, FAULT_LOG_HANDED, "%03u", log_no(n, i));
    return RC_OK;
}

enum rc
node_unlock(struct node *n, size_t i, const char *pin, struct fault *why)
{
    struct pair p;
    if (n->lock[i] == LOG_HANDED)
        return node_log_fault(n, i, why);
    if (n->lock[i] == LOG_OPEN)
        return fault_set(why, RC_INVALID, FAULT_PIN_NONE, "%03u", log_no(n, i));
    enum rc rc = open_key(n, i, pin, &p, why);
    if (rc != RC_OK)
        return rc;
    n->log[i] = p;
    n->lock[i] = LOG_UNLOCKED;
    pair_wipe(&p);
    return RC_OK;
}

void
node_lock(struct node *n, size_t i)
{
    if (n->lock[i] != LOG_UNLOCKED)
        return;
    mem_wipe(n->log[i].secret, sizeof(n->log[i].secret));
    n->lock[i] = LOG_LOCKED;
}

enum rc
node_log_key(const struct node *n, size_t i, const char *pin, struct pair *out,
             struct fault *why)
{
    char name[LOG_NAME_BYTES];
    node_log_name(i, name);
    return keys_open(n->dir, name, PAIR_SIGN, pin, out, why);
}

/* ---- another PIN */

static enum rc
expect(void *arg, uint64_t inode)
{
    struct guard *g = arg;
    return g != NULL ? guard_expect(g, inode) : RC_OK; /* it does not write anyway */
}

enum rc
node_set_pin(struct node *n, size_t i, const char *old, const char *fresh,
             struct fault *why)
{
    char name[LOG_NAME_BYTES], path[PATH_BYTES];
    struct pair p;
    enum rc rc = node_log_fault(n, i, why);
    if (n->lock[i] == LOG_HANDED)
        return rc;
    node_log_name(i, name);
    keys_path(n->dir, name, path, sizeof(path));
    if (n->lock[i] == LOG_OPEN) {
        p = n->log[i];
        rc = RC_OK;
    } else if (old == NULL) { /* also when it is unlocked: whoever sits there asks */
        return fault_set(why, RC_DENIED, FAULT_LOG_LOCKED, "%03u", log_no(n, i));
    } else {
        rc = open_key(n, i, old, &p, why);
    }
    if (rc != RC_OK)
        return rc;
    rc = keys_rewrite(n->dir, name, &p, fresh, expect, n->guard[i], why);
    if (rc == RC_OK && n->guard[i] != NULL && guard_settle(n->guard[i], path) != RC_OK)
        rc = node_guard_fault(why, RC_IO);
    if (rc == RC_OK && (fresh == NULL || n->lock[i] != LOG_LOCKED)) {
        n->log[i] = p; /* whoever sets a PIN goes on working */
        n->lock[i] = fresh == NULL ? LOG_OPEN : LOG_UNLOCKED;
    }
    pair_wipe(&p);
    return rc;
}

/* ---- handing over */

#define SETTING_BYTES 32

static void
setting_of(const struct key *log, char out[static SETTING_BYTES])
{
    char hex[17];
    hex_print(log->b, 8, hex);
    (void)snprintf(out, SETTING_BYTES, "handed-%s", hex);
}

enum rc
node_note_handed(struct node *n, size_t i)
{
    char name[SETTING_BYTES];
    setting_of(&n->log[i].pub, name);
    return ledger_set_setting(n->ledger, name, slice_text("1"));
}

static bool
is_handed(struct node *n, size_t i)
{
    char name[SETTING_BYTES];
    struct buf value = BUF_NONE;
    setting_of(&n->log[i].pub, name);
    bool is = ledger_setting(n->ledger, name, &value) == RC_OK;
    buf_free(&value);
    return is;
}

/* The marker first: from then on nobody looks at the key file, whatever is left of it. */
static enum rc
end_log(struct node *n, size_t i, struct fault *why)
{
    char name[LOG_NAME_BYTES], path[PATH_BYTES], hex[2 * KEY_BYTES + 2];
    handed_name(i, name);
    keys_path(n->dir, name, path, sizeof(path));
    hex_print(n->log[i].pub.b, KEY_BYTES, hex);
    hex[2 * KEY_BYTES] = '\n';
    enum rc rc = file_write(path, slice_of(hex, 2 * KEY_BYTES + 1));
    if (rc != RC_OK)
        return node_io_fault(why, path);
    node_log_name(i, name);
    rc = keys_destroy(n->dir, name, why);
    mem_wipe(n->log[i].secret, sizeof(n->log[i].secret));
    n->lock[i] = LOG_HANDED;
    guard_close(n->guard[i]);
    n->guard[i] = NULL;
    n->word[i] = GUARD_FINE;
    return rc;
}

enum rc
node_end_handed(struct node *n, struct fault *why)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < n->logs_n && rc == RC_OK; i++) {
        char name[LOG_NAME_BYTES];
        node_log_name(i, name);
        if (n->lock[i] == LOG_HANDED)
            rc = keys_destroy(n->dir, name, why); /* it was cut off before */
        else if (is_handed(n, i))
            rc = end_log(n, i, why);
    }
    return rc;
}

void
node_mark_handed(struct node *n)
{
    for (size_t i = 0; i < n->logs_n; i++) {
        if (n->lock[i] == LOG_HANDED || !is_handed(n, i))
            continue;
        mem_wipe(n->log[i].secret, sizeof(n->log[i].secret));
        n->lock[i] = LOG_HANDED;
    }
}
