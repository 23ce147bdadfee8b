/* The guard of each machine (node/guard.h): the product's own code on real files, for it
 * is not the database's disk that it lies on. A machine is a state directory and a key
 * file; a copy of the files has another key file, an image has the same one. */
#include "tests/lib/world_impl.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 256
#define KEPT 50 /* the kept state of machine i is that of machine KEPT + i */

static char base[64]; /* of this process; empty: not made yet */

static void
must(bool is_so, const char *what)
{
    if (is_so)
        return;
    perror(what);
    abort();
}

static void
key_path(unsigned i, char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%u.key", base, i);
}

static void
state_path(unsigned i, char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%u", base, i);
}

static void
guard_path(const struct key *log, unsigned machine, char out[static PATH_BYTES])
{
    char hex[2 * KEY_BYTES + 1];
    hex_print(log->b, KEY_BYTES, hex);
    (void)snprintf(out, PATH_BYTES, "%s/%u/%s.guard", base, machine, hex);
}

static void
use_state(unsigned i)
{
    char path[PATH_BYTES];
    state_path(i, path);
    must(setenv("LINJULI_STATE", path, 1) == 0, "setenv");
}

static void
empty_folder(const char *dir)
{
    char path[2 * PATH_BYTES];
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_name[0] == '.' || unlink(path) == 0)
            continue;
        empty_folder(path);
        must(rmdir(path) == 0, path);
    }
    closedir(d);
}

static void
leave(void)
{
    empty_folder(base);
    (void)rmdir(base);
}

void
guards_begin(struct world *w)
{
    (void)w;
    if (base[0] != '\0') {
        empty_folder(base);
        return;
    }
    /* In memory where there is such a place: a thousand worlds sync a lot. */
    (void)snprintf(base, sizeof(base), "/dev/shm/linjuli-sim-XXXXXX");
    if (mkdtemp(base) == NULL) {
        (void)snprintf(base, sizeof(base), "/tmp/linjuli-sim-XXXXXX");
        must(mkdtemp(base) != NULL, base);
    }
    (void)atexit(leave);
}

void
guards_end(struct world *w)
{
    for (unsigned i = 0; i < w->setup->nodes + EXTRAS; i++)
        guard_down(w, i);
}

static void
key_file(unsigned i)
{
    char path[PATH_BYTES];
    key_path(i, path);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    must(fd >= 0 && close(fd) == 0, path);
}

void
guard_birth(struct world *w, unsigned i)
{
    char path[PATH_BYTES];
    key_file(i);
    use_state(i);
    key_path(i, path);
    must(guard_new(&w->node[i].m->log.pub, path) == RC_OK, "guard_new");
    must(guard_new(&w->node[i].m->ack.pub, path) == RC_OK, "guard_new");
    guard_up(w, i);
}

static void
copy_file(const char *from, const char *to)
{
    char bytes[1024];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    ssize_t n = in >= 0 ? read(in, bytes, sizeof(bytes)) : -1;
    must(n >= 0 && out >= 0 && write(out, bytes, (size_t)n) == n, to);
    close(in);
    close(out);
}

static void
copy_guard(const struct key *log, unsigned from, unsigned to)
{
    char a[PATH_BYTES], b[PATH_BYTES];
    guard_path(log, from, a);
    guard_path(log, to, b);
    copy_file(a, b);
}

static void
copy_state(const struct member *m, unsigned from, unsigned to)
{
    char path[PATH_BYTES];
    state_path(to, path);
    (void)mkdir(path, 0700);
    copy_guard(&m->log.pub, from, to);
    copy_guard(&m->ack.pub, from, to);
}

void
guard_copy(struct world *w, unsigned from, unsigned to, bool with_state)
{
    char a[PATH_BYTES], b[PATH_BYTES];
    key_path(from, a);
    key_path(to, b);
    (void)unlink(b);
    if (with_state)
        must(link(a, b) == 0, b); /* the same file number: an image */
    else
        key_file(to);
    /* On one machine two copies share its state; both find the one guard. */
    copy_state(w->node[from].m, from, to);
}

void
guard_keep(struct world *w, unsigned i)
{
    copy_state(w->node[i].m, i, KEPT + i);
}

void
guard_back(struct world *w, unsigned i)
{
    copy_state(w->node[i].m, KEPT + i, i);
}

/* How far a log is here. */
static uint64_t
length(struct world *w, unsigned i, const struct key *log, struct hash *id)
{
    struct replica *r = ledger_replica(w->node[i].m->l);
    uint64_t seq = replica_trunk_n(r, log);
    return seq > 0 && replica_trunk_head(r, log, id) ? seq : 0;
}

static struct guard *
open_one(struct world *w, unsigned i, const struct key *log, const char *name)
{
    struct wnode *n = &w->node[i];
    struct guard *g = NULL;
    char path[PATH_BYTES];
    struct hash id = {{0}};
    enum guard_word word;
    uint64_t seq = length(w, i, log, &id);
    use_state(i);
    key_path(i, path);
    enum rc rc = guard_open(log, path, seq, &id, &g, &word);
    must(rc == RC_OK, "guard_open");
    world_note(w, "%s %u %d", name, i, (int)word);
    if (word != GUARD_FINE && i < w->setup->nodes && !n->is_restored)
        world_fail(w, "the %s of node %u says %d, and nothing has happened to it", name,
                   i, (int)word);
    return g;
}

void
guard_up(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    if (w->setup->acts == 0)
        return;
    if (!n->is_stopped)
        n->guard = open_one(w, i, &n->m->log.pub, "guard");
    if (!n->is_ack_stopped && w->setup->erases)
        n->ack_guard = open_one(w, i, &n->m->ack.pub, "ack guard");
}

void
guard_down(struct world *w, unsigned i)
{
    guard_close(w->node[i].guard);
    guard_close(w->node[i].ack_guard);
    w->node[i].guard = w->node[i].ack_guard = NULL;
}

/* Is it still one that signs nothing else? */
static bool
holds(struct world *w, unsigned i, const struct key *log, struct guard **g)
{
    struct hash id = {{0}};
    if (*g == NULL)
        return true;
    uint64_t seq = length(w, i, log, &id);
    must(guard_put(*g, seq, &id, w->now_ms) == RC_OK, "guard_put");
    if (!replica_has_come(ledger_replica(w->node[i].m->l), log))
        return true;
    w->out->stops++;
    world_note(w, "stopped %u", i);
    guard_close(*g);
    *g = NULL;
    return false;
}

void
guard_after(struct world *w, unsigned i)
{
    struct wnode *n = &w->node[i];
    if (!holds(w, i, &n->m->log.pub, &n->guard))
        n->is_stopped = true;
    if (!holds(w, i, &n->m->ack.pub, &n->ack_guard))
        n->is_ack_stopped = true;
}

bool
guard_lets_write(const struct world *w, unsigned i)
{
    /* Whoever stole it does not ask. */
    return w->node[i].guard != NULL || i == extra_of(w, EXTRA_THIEF);
}

bool
guard_lets_acknowledge(const struct world *w, unsigned i)
{
    return w->setup->acts == 0 || w->node[i].ack_guard != NULL;
}
