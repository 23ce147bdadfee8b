/* How a node directory comes to be: `init` and `join`. Everything is made in
 * DIR.unfinished and renamed, so that a DIR is there whole or not at all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/hostport.h"
#include "node/birth.h"
#include "node/keys.h"

#define HOUR_MS UINT64_C(3600000)

static bool
is_made_here(const char *name)
{
    static const char *const whole[] = {"linjuli.db",
                                        "linjuli.db-wal",
                                        "linjuli.db-shm",
                                        "linjuli.db-journal",
                                        "node.conf",
                                        "node.conf.new",
                                        "root-key-sheet.txt",
                                        "root-key-sheet.txt.new",
                                        "root-key-sheet.html",
                                        "root-key-sheet.html.new",
                                        "invite",
                                        NODE_REQUEST,
                                        NODE_REQUEST ".new",
                                        "invite.new",
                                        "node.key",
                                        "node.key.new",
                                        "ack.key",
                                        "ack.key.new",
                                        "log-01.key",
                                        "log-01.key.new",
                                        "hub.key",
                                        "hub.key.new"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    return strncmp(name, "officer-", 8) == 0;
}

/* Files of a try that was cut off: those that a birth makes and no others. */
static void
sweep(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (is_made_here(e->d_name))
            (void)unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
}

static void
sweep_all(const struct birth *b)
{
    char keys[PATH_BYTES + 8];
    (void)snprintf(keys, sizeof(keys), "%s/keys", b->fresh);
    sweep(keys);
    (void)rmdir(keys);
    sweep(b->fresh);
    (void)rmdir(b->fresh);
}

static bool
is_empty(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return errno == ENOENT;
    size_t n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n <= 2;
}

enum rc
node_dir_check(const char *dir, struct fault *why)
{
    return is_empty(dir) ? RC_OK
                         : fault_set(why, RC_INVALID, FAULT_NODE_THERE, "%s", dir);
}

static enum rc
make_parents(const char *path, struct fault *why)
{
    char part[PATH_BYTES];
    (void)snprintf(part, sizeof(part), "%s", path);
    for (char *p = part + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return node_io_fault(why, part);
        *p = '/';
    }
    return RC_OK;
}

/* DIR.unfinished, empty and ours: what an earlier try left goes, what another process is
 * at work on stays. */
static enum rc
fresh_begin(struct birth *b, struct fault *why)
{
    char keys[PATH_BYTES + 8];
    for (int again = 1; again >= 0; again--) {
        if (mkdir(b->fresh, 0700) != 0 && errno != EEXIST)
            return node_io_fault(why, b->fresh);
        int fd = open(b->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            return node_io_fault(why, b->fresh);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close(fd);
            return fault_set(why, RC_BUSY, FAULT_NODE_LOCKED, "%s", b->fresh);
        }
        b->fresh_fd = fd;
        if (is_empty(b->fresh))
            break;
        sweep_all(b); /* with the folder itself: made and locked once more */
        close(fd);
        b->fresh_fd = -1;
    }
    if (b->fresh_fd < 0) /* what lies there is nobody's unfinished node */
        return fault_set(why, RC_INVALID, FAULT_NODE_THERE, "%s", b->fresh);
    (void)snprintf(keys, sizeof(keys), "%s/keys", b->fresh);
    return mkdir(keys, 0700) == 0 ? RC_OK : node_io_fault(why, keys);
}

static enum rc
birth_place(struct birth *b, const char *dir, struct fault *why)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n == 0 || n > PATH_BYTES - 16)
        return fault_set(why, RC_LIMIT, FAULT_NODE_IO, "%s", dir);
    (void)snprintf(b->dir, sizeof(b->dir), "%.*s", (int)n, dir);
    (void)snprintf(b->fresh, sizeof(b->fresh), "%.*s.unfinished", (int)n, dir);
    enum rc rc = node_dir_check(b->dir, why);
    if (rc == RC_OK)
        rc = make_parents(b->dir, why);
    return rc == RC_OK ? fresh_begin(b, why) : rc;
}

enum rc
birth_begin(struct birth *b, const char *dir, struct fault *why)
{
    enum rc rc = birth_place(b, dir, why);
    if (rc != RC_OK)
        return rc;
    pair_new_random(PAIR_BOX, &b->box);
    pair_new_random(PAIR_SIGN, &b->log);
    pair_new_random(PAIR_SIGN, &b->ack);
    rc = keys_write(b->fresh, "node.key", &b->box, why);
    if (rc == RC_OK)
        rc = keys_write(b->fresh, "ack.key", &b->ack, why);
    if (rc == RC_OK)
        rc = keys_write(b->fresh, "log-01.key", &b->log, why);
    return rc;
}

enum rc
birth_ledger(struct birth *b, struct fault *why)
{
    char path[PATH_BYTES + 16];
    (void)snprintf(path, sizeof(path), "%s/linjuli.db", b->fresh);
    struct ledger_setup setup = {
        .path = path, .mode = LEDGER_CREATE, .box = &b->box, .wall_ms = node_wall};
    return ledger_open(&setup, &b->ledger, why);
}

/* Before the log's first COMMIT (design section 4). */
enum rc
birth_guard(const struct birth *b, const struct key *log, const char *name,
            struct fault *why)
{
    char path[PATH_BYTES + 32];
    keys_path(b->fresh, name, path, sizeof(path));
    enum rc rc = guard_new(log, path);
    return rc == RC_OK ? RC_OK : node_guard_fault(why, rc);
}

enum rc
birth_write(const struct birth *b, const char *name, struct slice bytes,
            struct fault *why)
{
    char path[PATH_BYTES + 32];
    (void)snprintf(path, sizeof(path), "%s/%s", b->fresh, name);
    enum rc rc = file_write(path, bytes);
    return rc == RC_OK ? RC_OK : node_io_fault(why, path);
}

/* The last step: from here on DIR is there. */
enum rc
birth_end(struct birth *b, enum rc rc, struct fault *why)
{
    ledger_close(b->ledger);
    b->ledger = NULL;
    if (rc == RC_OK && rename(b->fresh, b->dir) != 0)
        rc = node_io_fault(why, b->dir);
    if (rc != RC_OK && b->fresh_fd >= 0)
        sweep_all(b);
    if (b->fresh_fd >= 0)
        close(b->fresh_fd);
    if (rc == RC_OK && file_sync_parent(b->dir) != RC_OK)
        log_warn("birth.sync errno=%d", errno);
    struct pair *const pairs[] = {&b->box, &b->ack,     &b->log,
                                  &b->hub, &b->officer, &b->root};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        pair_wipe(pairs[i]);
    return rc;
}

static enum rc
hub_keys(struct birth *b, struct fault *why)
{
    char name[32], hex[17];
    pair_new_random(PAIR_SIGN, &b->hub);
    pair_new_random(PAIR_SIGN, &b->officer);
    pair_new_random(PAIR_SIGN, &b->root);
    hex_print(b->officer.pub.b, 8, hex);
    (void)snprintf(name, sizeof(name), "officer-%s.key", hex);
    enum rc rc = keys_write(b->fresh, "hub.key", &b->hub, why);
    return rc == RC_OK ? keys_write(b->fresh, name, &b->officer, why) : rc;
}

static enum rc
write_sheet(const struct birth *b, const struct node_birth *n, struct fault *why)
{
    struct buf text = BUF_NONE;
    n->sheet(&text, n->community, &b->root);
    enum rc rc = birth_write(b, "root-key-sheet.txt", buf_slice(&text), why);
    mem_wipe(text.p, text.n);
    text.n = 0;
    if (rc == RC_OK && n->page != NULL) {
        n->page(&text, n->community, &b->root);
        rc = birth_write(b, "root-key-sheet.html", buf_slice(&text), why);
        mem_wipe(text.p, text.n);
    }
    buf_free(&text);
    return rc;
}

static enum rc
create(struct birth *b, const struct node_birth *n, struct fault *why)
{
    struct hub_birth hub = {.community = n->community,
                            .person = n->person,
                            .hub = &b->hub,
                            .officer = &b->officer,
                            .root = &b->root,
                            .box = &b->box,
                            .ack = &b->ack,
                            .log = &b->log};
    enum rc rc = ledger_begin(b->ledger);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "begin");
    rc = hub_create(b->ledger, &hub, why);
    if (rc == RC_OK)
        return ledger_commit(b->ledger);
    ledger_rollback(b->ledger);
    return rc;
}

static enum rc
write_conf(const struct birth *b, const char *listen, struct fault *why)
{
    struct conf conf;
    struct hostport at;
    struct buf text = BUF_NONE;
    if (listen != NULL && !hostport_parse(listen, true, &at))
        return fault_set(why, RC_USAGE, FAULT_ADDRESS, "%s", listen);
    enum rc rc = conf_parse("", &conf, why);
    if (rc != RC_OK)
        return rc;
    if (listen != NULL)
        (void)snprintf(conf.listen, sizeof(conf.listen), "%s", listen);
    conf_print(&conf, &text);
    rc = birth_write(b, "node.conf", buf_slice(&text), why);
    buf_free(&text);
    conf_fini(&conf);
    return rc;
}

enum rc
node_init(const struct node_birth *n, struct fault *why)
{
    struct birth b = {.fresh_fd = -1};
    enum rc rc = birth_begin(&b, n->dir, why);
    if (rc == RC_OK)
        rc = hub_keys(&b, why);
    if (rc == RC_OK)
        rc = write_conf(&b, n->listen, why);
    if (rc == RC_OK)
        rc = birth_ledger(&b, why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.log.pub, "log-01.key", why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.ack.pub, "ack.key", why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.hub.pub, "hub.key", why);
    if (rc == RC_OK)
        rc = write_sheet(&b, n, why);
    if (rc == RC_OK)
        rc = create(&b, n, why);
    return birth_end(&b, rc, why);
}

enum rc
node_take_keys(struct ledger *l, const struct invite *i)
{
    struct reader r = reader_of(buf_slice(&i->keys));
    enum rc rc = RC_OK;
    while (rc == RC_OK && r.n > 0) {
        struct key key;
        uint32_t scope = read_u32(&r);
        uint32_t epoch = read_u32(&r);
        read_into(&r, key.b, KEY_BYTES);
        rc = r.bad ? RC_MALFORMED : ledger_put_key(l, scope, epoch, &key);
        mem_wipe(&key, sizeof(key));
    }
    return rc;
}

static enum rc
begin_as_invited(struct birth *b, const struct invite *i, struct fault *why)
{
    enum rc rc = ledger_begin(b->ledger);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "begin");
    rc = ledger_set_community(b->ledger, &i->community);
    if (rc == RC_OK)
        rc = node_take_keys(b->ledger, i);
    if (rc == RC_OK)
        return ledger_commit(b->ledger);
    ledger_rollback(b->ledger);
    return fault_set(why, rc, FAULT_DATABASE, "join");
}

/* The hub's clock may be a little wrong itself. */
enum rc
birth_invite_check(const struct invite *i, uint64_t now_ms, struct fault *why)
{
    if (i->made_ms > HOUR_MS && now_ms < i->made_ms - HOUR_MS)
        return fault_set(why, RC_DENIED, FAULT_INVITE_CLOCK, "%llu",
                         (unsigned long long)((i->made_ms - now_ms) / HOUR_MS));
    if (i->until_ms < now_ms)
        return fault_set(why, RC_DENIED, FAULT_INVITE_EXPIRED, " ");
    return RC_OK;
}

enum rc
node_join(const char *dir, struct slice invite_file, struct fault *why)
{
    struct birth b = {.fresh_fd = -1};
    struct invite i;
    enum rc rc = invite_decode(invite_file, &i);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_INVITE_FILE, "%s", rc_text(rc));
    rc = birth_invite_check(&i, wall_ms(), why);
    if (rc != RC_OK) {
        invite_fini(&i);
        return rc;
    }
    rc = birth_begin(&b, dir, why);
    if (rc == RC_OK)
        rc = write_conf(&b, NULL, why);
    if (rc == RC_OK)
        rc = birth_ledger(&b, why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.log.pub, "log-01.key", why);
    if (rc == RC_OK)
        rc = birth_guard(&b, &b.ack.pub, "ack.key", why);
    if (rc == RC_OK)
        rc = birth_write(&b, "invite", invite_file, why);
    if (rc == RC_OK)
        rc = begin_as_invited(&b, &i, why);
    invite_fini(&i);
    return birth_end(&b, rc, why);
}
