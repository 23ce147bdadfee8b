#include "node/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two slots, written in turn: a torn write leaves the other one. Slot: magic 8 ‖ seq u64
 * ‖ id 32 ‖ machine 32 ‖ inode u64 ‖ next inode u64 ‖ turn u64 ‖ zeros 8 ‖ first 16 bytes
 * of SHA-256 over all before. The next inode is that of a key file which may have taken
 * the old one's place, 0: none; of two slots of one seq the higher turn is the newer. */
#define SLOT_BYTES 128
#define SLOT_BODY 112
#define SYNC_EVERY_MS 1000

static const char magic[8] = "ljguard1";

struct guard {
    int fd;
    unsigned next; /* slot to write */
    uint64_t seq, turn;
    struct hash id, machine;
    uint64_t inode, next_inode;
    uint64_t synced_ms;
    bool is_unsynced;
    bool is_broken; /* the disk failed to keep it: what it holds nobody knows */
};

struct slot {
    uint64_t seq, turn;
    struct hash id, machine;
    uint64_t inode, next_inode;
};

enum rc
guard_dir(char *out, size_t n)
{
    const char *base = getenv("LINJULI_STATE");
    int k;
    if (base != NULL && base[0] == '/') {
        k = snprintf(out, n, "%s", base);
    } else {
        const char *xdg = getenv("XDG_STATE_HOME");
        const char *home = getenv("HOME");
        if (xdg != NULL && xdg[0] == '/')
            k = snprintf(out, n, "%s/linjuli", xdg);
        else if (home != NULL && home[0] == '/')
            k = snprintf(out, n, "%s/.local/state/linjuli", home);
        else
            return RC_CONFIG;
    }
    return k > 0 && (size_t)k < n ? RC_OK : RC_LIMIT;
}

static enum rc
make_folders(char *path)
{
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        *p = '/';
        if (failed)
            return RC_IO;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? RC_OK : RC_IO;
}

static enum rc
file_path(const struct key *log, char *out, size_t n)
{
    char hex[2 * KEY_BYTES + 1];
    enum rc rc = guard_dir(out, n);
    if (rc != RC_OK)
        return rc;
    hex_print(log->b, KEY_BYTES, hex);
    size_t used = strlen(out);
    int k = snprintf(out + used, n - used, "/%s.guard", hex);
    return k > 0 && (size_t)k < n - used ? RC_OK : RC_LIMIT;
}

/* Which machine this is, without telling it to whoever reads the file. */
static struct hash
machine_of(const struct key *log)
{
    char id[64] = {0};
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, id, sizeof(id));
        if (n < 0)
            memset(id, 0, sizeof(id));
        close(fd);
    }
    struct hash_run run;
    hash_init(&run);
    hash_add(&run, slice_of(log->b, KEY_BYTES));
    hash_add(&run, slice_of(id, sizeof(id)));
    return hash_done(&run);
}

static uint64_t
inode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static void
slot_encode(const struct slot *s, uint8_t out[static SLOT_BYTES])
{
    memset(out, 0, SLOT_BYTES);
    memcpy(out, magic, sizeof(magic));
    put_u64(out + 8, s->seq);
    memcpy(out + 16, s->id.b, HASH_BYTES);
    memcpy(out + 48, s->machine.b, HASH_BYTES);
    put_u64(out + 80, s->inode);
    put_u64(out + 88, s->next_inode);
    put_u64(out + 96, s->turn);
    struct hash check = hash_of(slice_of(out, SLOT_BODY));
    memcpy(out + SLOT_BODY, check.b, SLOT_BYTES - SLOT_BODY);
}

static bool
slot_decode(const uint8_t in[static SLOT_BYTES], struct slot *s)
{
    struct hash check = hash_of(slice_of(in, SLOT_BODY));
    if (memcmp(in, magic, sizeof(magic)) != 0 ||
        memcmp(in + SLOT_BODY, check.b, SLOT_BYTES - SLOT_BODY) != 0)
        return false;
    s->seq = get_u64(in + 8);
    memcpy(s->id.b, in + 16, HASH_BYTES);
    memcpy(s->machine.b, in + 48, HASH_BYTES);
    s->inode = get_u64(in + 80);
    s->next_inode = get_u64(in + 88);
    s->turn = get_u64(in + 96);
    return true;
}

static enum rc
write_slot(int fd, unsigned at, const struct slot *s)
{
    uint8_t bytes[SLOT_BYTES];
    slot_encode(s, bytes);
    ssize_t n = pwrite(fd, bytes, sizeof(bytes), (off_t)at * SLOT_BYTES);
    if (n == (ssize_t)sizeof(bytes))
        return RC_OK;
    return n >= 0 || errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO;
}

static enum rc
sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return RC_IO;
    int failed = fsync(fd);
    close(fd);
    return failed == 0 ? RC_OK : RC_IO;
}

enum rc
guard_new(const struct key *log, const char *key_path)
{
    char path[4096], dir[4096];
    enum rc rc = guard_dir(dir, sizeof(dir));
    if (rc == RC_OK)
        rc = make_folders(dir);
    if (rc == RC_OK)
        rc = file_path(log, path, sizeof(path));
    if (rc != RC_OK)
        return rc;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return RC_IO;
    struct slot s = {.machine = machine_of(log), .inode = inode_of(key_path)};
    rc = write_slot(fd, 0, &s);
    if (rc == RC_OK && fsync(fd) != 0)
        rc = RC_IO;
    close(fd);
    return rc == RC_OK ? sync_folder(dir) : rc;
}

/* The newest whole slot, and which one comes next. */
static bool
read_slots(int fd, struct slot *s, unsigned *next)
{
    uint8_t bytes[2 * SLOT_BYTES] = {0};
    struct slot two[2];
    if (pread(fd, bytes, sizeof(bytes), 0) < SLOT_BYTES)
        return false;
    bool first = slot_decode(bytes, &two[0]);
    bool second = slot_decode(bytes + SLOT_BYTES, &two[1]);
    if (!first && !second)
        return false;
    bool newer_is_second =
        second && (!first || two[1].seq > two[0].seq ||
                   (two[1].seq == two[0].seq && two[1].turn > two[0].turn));
    *s = two[newer_is_second ? 1 : 0];
    *next = newer_is_second ? 0 : 1;
    return true;
}

static enum guard_word
compare(const struct guard *g, const struct slot *s, uint64_t seq, const struct hash *id)
{
    bool is_next = s->next_inode != 0 && s->next_inode == g->inode;
    if (!hash_eq(&s->machine, &g->machine) || (s->inode != g->inode && !is_next))
        return GUARD_FOREIGN;
    if (s->seq > seq || (s->seq == seq && seq > 0 && !hash_eq(&s->id, id)))
        return GUARD_AHEAD;
    return GUARD_FINE;
}

enum rc
guard_open(const struct key *log, const char *key_path, uint64_t seq,
           const struct hash *id, struct guard **out, enum guard_word *word)
{
    char path[4096];
    *out = NULL;
    *word = GUARD_MISSING;
    enum rc rc = file_path(log, path, sizeof(path));
    if (rc != RC_OK)
        return rc;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? RC_OK : RC_IO;
    struct slot s;
    struct guard *g = mem_new(sizeof(*g));
    *g =
        (struct guard){.fd = fd, .machine = machine_of(log), .inode = inode_of(key_path)};
    if (!read_slots(fd, &s, &g->next)) {
        guard_close(g);
        return RC_OK;
    }
    *word = compare(g, &s, seq, id);
    if (*word != GUARD_FINE) {
        guard_close(g);
        return RC_OK;
    }
    g->seq = s.seq;
    g->id = s.id;
    g->turn = s.turn;
    g->next_inode = s.next_inode;
    *out = g;
    return RC_OK;
}

static enum rc
write_next(struct guard *g, uint64_t seq, const struct hash *id)
{
    struct slot s = {.seq = seq,
                     .turn = g->turn + 1,
                     .id = *id,
                     .machine = g->machine,
                     .inode = g->inode,
                     .next_inode = g->next_inode};
    enum rc rc = write_slot(g->fd, g->next, &s);
    if (rc != RC_OK)
        return rc;
    g->seq = seq;
    g->id = *id;
    g->turn++;
    g->next ^= 1u;
    return RC_OK;
}

enum rc
guard_put(struct guard *g, uint64_t seq, const struct hash *id, uint64_t now_ms)
{
    if (g->is_broken)
        return RC_IO;
    if (seq <= g->seq)
        return RC_OK;
    enum rc rc = write_next(g, seq, id);
    if (rc != RC_OK)
        return rc;
    g->is_unsynced = true;
    if (now_ms - g->synced_ms < SYNC_EVERY_MS)
        return RC_OK;
    if (fdatasync(g->fd) != 0) { /* never tried again: it would lie */
        g->is_broken = true;
        return RC_IO;
    }
    g->synced_ms = now_ms;
    g->is_unsynced = false;
    return RC_OK;
}

static enum rc
write_synced(struct guard *g)
{
    enum rc rc = g->is_broken ? RC_IO : write_next(g, g->seq, &g->id);
    if (rc == RC_OK && fdatasync(g->fd) != 0) {
        g->is_broken = true;
        rc = RC_IO;
    }
    return rc;
}

enum rc
guard_expect(struct guard *g, uint64_t inode)
{
    g->next_inode = inode;
    return write_synced(g);
}

enum rc
guard_settle(struct guard *g, const char *key_path)
{
    if (g->next_inode == 0)
        return RC_OK;
    g->inode = inode_of(key_path);
    g->next_inode = 0;
    return write_synced(g);
}

void
guard_close(struct guard *g)
{
    if (g == NULL)
        return;
    if (g->is_unsynced && !g->is_broken)
        (void)fdatasync(g->fd); /* being behind is normal */
    close(g->fd);
    mem_free(g);
}
