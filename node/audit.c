/* Two forked readers do the jobs of an audit, this process hands them out and judges. A
 * database that was open before a fork is not used after it: both sides open their own.
 * Records over the pipes are of one size a kind, and carry no pointers. */
#include "node/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/keys.h"
#include "node/open.h"

#define READERS 2
#define TRIES 3
#define INVITE_BYTES_MAX (16 << 20)
#define PATH_BYTES 4096

enum told { TOLD_FINDING = 1, TOLD_DONE };

struct reader_word { /* reader to leader */
    enum told told;
    enum audit_task task;
    struct verify_finding finding;
    struct audit_done done;
};
struct reader_at { /* one forked reader, seen from the leader */
    pid_t pid;
    int to, from;
    bool is_busy;
};

struct lead {
    const struct node_audit *s;
    struct audit_setup setup;
    struct audit_report *out;
    struct reader_at reader[READERS];
    size_t readers_n;
    uint64_t done, all;
    bool has_ids;
};

static bool
read_all(int fd, void *p, size_t n)
{
    uint8_t *at = p;
    while (n > 0) {
        ssize_t k = read(fd, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

/* ---- ids, in a file that has no name any more */

static bool
ids_put(void *arg, uint64_t at, const struct hash *id, size_t n)
{
    size_t all = n * sizeof(*id);
    ssize_t k = pwrite(*(const int *)arg, id, all, (off_t)(at * sizeof(*id)));
    return k >= 0 && (size_t)k == all;
}

static bool
ids_get(void *arg, uint64_t at, struct hash *id, size_t n)
{
    size_t all = n * sizeof(*id);
    ssize_t k = pread(*(const int *)arg, id, all, (off_t)(at * sizeof(*id)));
    return k >= 0 && (size_t)k == all;
}

/* -1: there is no place for one; then everything is hashed again. */
static int
ids_open(void)
{
    char path[PATH_BYTES];
    const char *dir = getenv("TMPDIR");
    (void)snprintf(path, sizeof(path), "%s/linjuli-audit.XXXXXX",
                   dir != NULL && dir[0] != '\0' ? dir : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* ---- a reader */

struct reader_run {
    int out;
    bool is_broken;
};

static void
tell_finding(void *arg, const struct verify_finding *f)
{
    struct reader_run *run = arg;
    struct reader_word r;
    memset(&r, 0, sizeof(r));
    r.told = TOLD_FINDING;
    r.finding = *f;
    run->is_broken =
        run->is_broken || fd_write(run->out, slice_of(&r, sizeof(r))) != RC_OK;
}

/* Until the leader closes its end. */
static int
read_jobs(const struct audit_setup *setup, int in, int out)
{
    struct reader_run run = {.out = out};
    struct audit *a = NULL;
    struct audit_job job;
    enum rc opened = RC_NOTFOUND;
    while (!run.is_broken && read_all(in, &job, sizeof(job))) {
        struct reader_word r;
        memset(&r, 0, sizeof(r));
        r.told = TOLD_DONE;
        r.task = job.task;
        if (a == NULL)
            opened = audit_open(setup, &a);
        if (a != NULL)
            audit_work(a, &job, tell_finding, &run, &r.done);
        else
            r.done.rc = opened;
        run.is_broken = run.is_broken || fd_write(out, slice_of(&r, sizeof(r))) != RC_OK;
    }
    audit_close(a);
    return run.is_broken ? 1 : 0;
}

static enum rc
start_reader(struct lead *l)
{
    int down[2];
    int up[2];
    if (pipe2(down, O_CLOEXEC) != 0)
        return RC_IO;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return RC_IO;
    }
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < l->readers_n; i++) { /* the others' ends */
            close(l->reader[i].to);
            close(l->reader[i].from);
        }
        close(down[1]);
        close(up[0]);
        _exit(read_jobs(&l->setup, down[0], up[1]));
    }
    close(down[0]);
    close(up[1]);
    if (pid < 0) {
        close(down[1]);
        close(up[0]);
        return RC_IO;
    }
    l->reader[l->readers_n++] = (struct reader_at){pid, down[1], up[0], false};
    return RC_OK;
}

static void
stop_readers(struct lead *l)
{
    for (size_t i = 0; i < l->readers_n; i++) {
        close(l->reader[i].to);
        close(l->reader[i].from);
        while (waitpid(l->reader[i].pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    l->readers_n = 0;
}

/* ---- the leader */

static enum rc
hear(struct lead *l, struct reader_at *reader)
{
    struct reader_word r;
    if (!read_all(reader->from, &r, sizeof(r)))
        return RC_IO; /* it died */
    if (r.told == TOLD_FINDING) {
        audit_add(l->out, &r.finding);
        return RC_OK;
    }
    reader->is_busy = false;
    l->out->entries += r.done.entries;
    l->out->items += r.done.items;
    l->done += r.done.entries;
    l->has_ids = l->has_ids && (r.task != AUDIT_RANGE || r.done.has_ids);
    if (l->s->progress != NULL && r.done.entries > 0)
        l->s->progress(l->s->arg, l->done, l->all);
    return r.done.rc;
}

static bool
anybody_is_busy(const struct lead *l)
{
    for (size_t i = 0; i < l->readers_n; i++)
        if (l->reader[i].is_busy)
            return true;
    return false;
}

static enum rc
hear_anybody(struct lead *l)
{
    struct pollfd fd[READERS];
    for (size_t i = 0; i < l->readers_n; i++)
        fd[i] = (struct pollfd){.fd = l->reader[i].from, .events = POLLIN};
    if (poll(fd, l->readers_n, -1) < 0)
        return errno == EINTR ? RC_OK : RC_IO;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < l->readers_n && rc == RC_OK; i++)
        if (fd[i].revents != 0)
            rc = hear(l, &l->reader[i]);
    return rc;
}

static enum rc
hand_out(struct lead *l, struct audit *a)
{
    struct audit_job job;
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && (more || anybody_is_busy(l))) {
        for (size_t i = 0; i < l->readers_n && more && rc == RC_OK; i++) {
            if (l->reader[i].is_busy)
                continue;
            more = audit_next(a, &job);
            if (!more)
                break;
            l->reader[i].is_busy = true;
            rc = fd_write(l->reader[i].to, slice_of(&job, sizeof(job)));
        }
        if (rc == RC_OK && anybody_is_busy(l))
            rc = hear_anybody(l);
    }
    return rc;
}

/* Database and log as they lie: has anybody written? */
struct seen {
    int64_t size, s, ns;
};

static void
look_at(const char *db, struct seen out[static 2])
{
    char path[4104];
    for (int i = 0; i < 2; i++) {
        struct stat st;
        (void)snprintf(path, sizeof(path), "%s%s", db, i == 0 ? "" : "-wal");
        out[i] = (struct seen){0};
        if (stat(path, &st) == 0)
            out[i] = (struct seen){st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
    }
}

/* Readers are forked before the database is opened here. */
static enum rc
audit_once(struct lead *l, bool *moved)
{
    struct audit *a = NULL;
    enum rc rc = RC_OK;
    struct seen was[2];
    struct seen now[2];
    look_at(l->setup.path, was);
    *moved = false;
    l->done = 0;
    l->has_ids = l->setup.ids != NULL;
    for (size_t i = 0; i < READERS && rc == RC_OK; i++)
        rc = start_reader(l);
    if (rc == RC_OK)
        rc = audit_open(&l->setup, &a);
    if (rc == RC_OK)
        rc = audit_plan(a, l->out, &l->all);
    if (rc == RC_OK)
        rc = hand_out(l, a);
    stop_readers(l);
    if (rc == RC_OK)
        rc = audit_judge(a, l->has_ids, l->out);
    look_at(l->setup.path, now);
    *moved = memcmp(was, now, sizeof(was)) != 0;
    audit_close(a);
    if (rc == RC_CORRUPT) {
        struct verify_finding f = {.kind = VERIFY_IS_DATABASE};
        audit_add(l->out, &f);
        rc = RC_OK;
    }
    return rc;
}

static enum rc
read_invite(const char *dir, struct buf *out)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/invite", dir);
    enum rc rc = file_read(path, INVITE_BYTES_MAX, out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
node_audit(const struct node_audit *s, struct audit_report *out, struct fault *why)
{
    char path[4096];
    struct buf invite = BUF_NONE;
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/linjuli.db", s->dir);
    if (stat(path, &st) != 0)
        return fault_set(why, RC_NOTFOUND, FAULT_NODE_MISSING, "%s", s->dir);
    enum rc rc = read_invite(s->dir, &invite);
    int ids_fd = ids_open();
    struct audit_ids ids = {&ids_fd, ids_put, ids_get};
    struct lead l = {.s = s, .out = out};
    l.setup = (struct audit_setup){.path = path,
                                   .invite = buf_slice(&invite),
                                   .chain = s->chain,
                                   .has_wall = s->has_wall,
                                   .wall_size = s->wall_size,
                                   .wall_root = s->wall_root,
                                   .since = s->since,
                                   .ids = ids_fd >= 0 ? &ids : NULL,
                                   .wall_ms = node_wall};
    bool moved = rc == RC_OK;
    /* What moved under the readers may look damaged: it is looked at again. */
    for (size_t i = 0; i < TRIES && rc == RC_OK && moved; i++) {
        audit_report_fini(out);
        rc = audit_once(&l, &moved);
        moved = moved && out->verdict == VERIFY_DAMAGED;
    }
    if (rc == RC_OK && moved)
        rc = RC_BUSY;
    if (ids_fd >= 0)
        close(ids_fd);
    mem_wipe(invite.p, invite.n);
    buf_free(&invite);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_NODE_IO, "%s", path);
}

enum rc
node_look(const char *dir, struct ledger **out)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/linjuli.db", dir);
    struct ledger_setup setup = {
        .path = path, .mode = LEDGER_READ, .only_looks = true, .wall_ms = node_wall};
    return ledger_open(&setup, out, NULL);
}
