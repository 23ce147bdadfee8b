/* Joining by two files (schema/JOIN.md): a directory that holds keys and waits for the
 * centre's answer, and what becomes of it then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/birth.h"
#include "node/clock.h"
#include "node/hostport.h"
#include "node/keys.h"

#define FRESH_DB "linjuli.db.new"
#define AUTHORITY_KIND 2

static void
path_of(const char *dir, const char *name, char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", dir, name);
}

bool
node_waits(const char *dir)
{
    char db[PATH_BYTES], request[PATH_BYTES];
    path_of(dir, "linjuli.db", db);
    path_of(dir, NODE_REQUEST, request);
    return access(db, F_OK) != 0 && access(request, F_OK) == 0;
}

/* ---- asking */

static enum rc
read_request(const char *dir, struct buf *out, struct request *r, struct hash *name,
             struct fault *why)
{
    char path[PATH_BYTES];
    path_of(dir, NODE_REQUEST, path);
    enum rc rc = file_read(path, REQUEST_FILE_BYTES_MAX, out);
    if (rc != RC_OK)
        return node_io_fault(why, path);
    rc = request_decode(buf_slice(out), r, name);
    return rc == RC_OK ? RC_OK
                       : fault_set(why, RC_INVALID, FAULT_REQUEST_FILE, "%s", path);
}

enum rc
node_request(const char *dir, const struct request *wish, struct buf *out,
             struct fault *why)
{
    struct birth b = {.fresh_fd = -1};
    struct request r = *wish;
    if (node_waits(dir))
        return read_request(dir, out, &r, NULL, why);
    enum rc rc = birth_begin(&b, dir, why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.log.pub, "log-01.key", why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.ack.pub, "ack.key", why);
    if (rc == RC_OK) {
        r.box = b.box.pub;
        r.log = b.log.pub;
        r.ack = b.ack.pub;
        r.made_ms = wall_ms();
        request_encode(&r, &b.log, &b.ack, out);
        rc = birth_write(&b, NODE_REQUEST, buf_slice(out), why);
    }
    return birth_end(&b, rc, why);
}

/* ---- the answer */

struct coming {
    const char *dir;
    int fd; /* of the directory, locked */
    struct pair box;
    struct request request;
    struct hash name;
    struct invite body;
    struct ledger *ledger;
};

static enum rc
place(struct coming *c, struct fault *why)
{
    char db[PATH_BYTES];
    struct buf bytes = BUF_NONE;
    path_of(c->dir, "linjuli.db", db);
    if (access(db, F_OK) == 0)
        return fault_set(why, RC_INVALID, FAULT_NODE_THERE, "%s", c->dir);
    if (!node_waits(c->dir))
        return fault_set(why, RC_INVALID, FAULT_ANSWER_NONE, "%s", c->dir);
    c->fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->fd < 0)
        return node_io_fault(why, c->dir);
    if (flock(c->fd, LOCK_EX | LOCK_NB) != 0)
        return fault_set(why, RC_BUSY, FAULT_NODE_LOCKED, "%s", c->dir);
    enum rc rc = read_request(c->dir, &bytes, &c->request, &c->name, why);
    buf_free(&bytes);
    if (rc == RC_OK)
        rc = keys_read(c->dir, "node.key", PAIR_BOX, &c->box, why);
    if (rc == RC_OK && !key_eq(&c->box.pub, &c->request.box))
        rc = fault_set(why, RC_INVALID, FAULT_ANSWER_OTHER, "%s", c->dir);
    return rc;
}

static enum rc
unpack_answer(struct coming *c, const char *named, struct slice file, struct fault *why)
{
    enum rc rc = answer_decode(file, &c->name, &c->box, &c->body);
    enum fault_code code = rc == RC_CORRUPT   ? FAULT_ANSWER_TORN
                           : rc == RC_INVALID ? FAULT_ANSWER_OTHER
                           : rc == RC_FORGED  ? FAULT_ANSWER_FORGED
                                              : FAULT_ANSWER_FILE;
    if (rc != RC_OK)
        return fault_set(why, RC_INVALID, code, "%s", named);
    return birth_invite_check(&c->body, wall_ms(), why);
}

static void
sweep(const struct coming *c)
{
    static const char *const name[] = {FRESH_DB, FRESH_DB "-wal", FRESH_DB "-shm",
                                       FRESH_DB "-journal"};
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        (void)unlinkat(c->fd, name[i], 0);
}

/* Every authority entry through the same door as from anybody. RC_INVALID: one that is
 * none, or does not hold. */
static enum rc
take_authority(struct coming *c)
{
    struct reader r = reader_of(buf_slice(&c->body.authority));
    enum rc rc = RC_OK;
    while (rc == RC_OK && r.n > 0) {
        enum offer what = OFFER_GAP;
        struct slice entry = read_slice(&r, read_u32(&r));
        if (r.bad || entry.n < 2 || entry.p[1] != AUTHORITY_KIND)
            return RC_INVALID;
        rc = replica_offer(ledger_replica(c->ledger), entry, &what);
        if (rc == RC_MALFORMED || rc == RC_FORGED ||
            (rc == RC_OK && what != OFFER_TAKEN && what != OFFER_HAVE))
            rc = RC_INVALID;
    }
    return rc == RC_OK ? ledger_settle(c->ledger) : rc;
}

/* Does what counts now say of this computer what it asked for? */
static bool
is_ours(const struct coming *c)
{
    const struct replica *r = ledger_replica(c->ledger);
    const struct authority *a = replica_authority(r);
    const struct log_state *log = replica_log_by_key(r, &c->request.log);
    const struct node_info *node = authority_node_by_box(a, &c->request.box);
    const struct key *hub = authority_hub_key(a);
    return log != NULL && !log->is_assumed && !log->is_ack && !log->is_revoked &&
           node != NULL && !node->is_lost && node->no == log->node &&
           node->no == c->body.node && log->no == c->body.log_no &&
           key_eq(&node->ack_key, &c->request.ack) && hub != NULL &&
           key_eq(hub, &c->body.hub_key);
}

static enum rc
fill(struct coming *c, const char *named, struct fault *why)
{
    char path[PATH_BYTES];
    path_of(c->dir, FRESH_DB, path);
    sweep(c);
    struct ledger_setup setup = {
        .path = path, .mode = LEDGER_CREATE, .box = &c->box, .wall_ms = node_wall};
    enum rc rc = ledger_open(&setup, &c->ledger, why);
    if (rc != RC_OK)
        return rc;
    rc = ledger_begin(c->ledger);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "begin");
    rc = ledger_set_community(c->ledger, &c->body.community);
    if (rc == RC_OK)
        rc = take_authority(c);
    if (rc == RC_OK && !is_ours(c))
        rc = RC_INVALID;
    if (rc == RC_OK)
        rc = ledger_commit(c->ledger);
    else
        ledger_rollback(c->ledger);
    if (rc == RC_INVALID)
        return fault_set(why, rc, FAULT_ANSWER_FILE, "%s", named);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "join");
}

/* Where the hub answers: the node calls there from now on. */
static enum rc
write_conf(const struct coming *c, struct fault *why)
{
    char path[PATH_BYTES];
    struct conf conf;
    struct hostport at;
    struct buf text = BUF_NONE;
    enum rc rc = conf_parse("", &conf, why);
    if (rc != RC_OK)
        return rc;
    struct reader r = reader_of(buf_slice(&c->body.addresses));
    while (r.n > 0) {
        const char *address = (const char *)r.p;
        size_t n = strlen(address) + 1;
        if (strpbrk(address, "\"\\$\n") == NULL && hostport_parse(address, false, &at))
            buf_add(&conf.peers, address, n);
        (void)read_slice(&r, n);
    }
    conf_print(&conf, &text);
    path_of(c->dir, "node.conf", path);
    rc = file_write(path, buf_slice(&text));
    buf_free(&text);
    conf_fini(&conf);
    return rc == RC_OK ? RC_OK : node_io_fault(why, path);
}

/* The database takes its name last: from then on the node is there. */
static enum rc
open_up(struct coming *c, struct fault *why)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    struct stat wal;
    path_of(c->dir, FRESH_DB, from);
    path_of(c->dir, "linjuli.db", to);
    ledger_close(c->ledger);
    c->ledger = NULL;
    /* What is still beside the database would not come along. */
    if (fstatat(c->fd, FRESH_DB "-wal", &wal, 0) == 0 && wal.st_size > 0)
        return fault_set(why, RC_DB, FAULT_DATABASE, "%s", from);
    if (rename(from, to) != 0)
        return node_io_fault(why, to);
    sweep(c);
    if (unlinkat(c->fd, NODE_REQUEST, 0) != 0)
        log_warn("request.left errno=%d", errno);
    return file_sync_parent(to) == RC_OK ? RC_OK : node_io_fault(why, to);
}

enum rc
node_answer(const char *dir, const char *named, struct slice file, struct invite *out,
            struct fault *why)
{
    struct coming c = {.dir = dir, .fd = -1};
    *out = (struct invite){0};
    enum rc rc = place(&c, why);
    if (rc == RC_OK)
        rc = unpack_answer(&c, named, file, why);
    if (rc == RC_OK)
        rc = fill(&c, named, why);
    if (rc == RC_OK)
        rc = write_conf(&c, why);
    if (rc == RC_OK)
        rc = open_up(&c, why);
    ledger_close(c.ledger);
    if (c.fd >= 0 && rc != RC_OK && rc != RC_BUSY)
        sweep(&c);
    if (c.fd >= 0)
        close(c.fd);
    pair_wipe(&c.box);
    if (rc == RC_OK)
        *out = c.body;
    else
        invite_fini(&c.body);
    return rc;
}
