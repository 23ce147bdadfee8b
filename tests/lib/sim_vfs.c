#include "tests/lib/sim_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

#define SECTOR 512
#define FILES_MAX 8
#define NAME_MAX_BYTES 64
#define SHM_REGIONS_MAX 64

struct image {
    uint8_t *p;
    size_t n, cap;
};
struct sim_file { /* on one node's disk */
    char name[NAME_MAX_BYTES];
    bool is_there;
    bool is_durable; /* its directory entry has been synced */
    struct image seen, kept;
    uint8_t *dirty; /* a byte a sector */
    size_t dirty_n, dirty_cap;
    void *shm[SHM_REGIONS_MAX];
};
struct disk {
    struct sim_file file[FILES_MAX];
    enum disk_fault fault;
    uint32_t calls_left; /* 0: nothing planned */
    bool has_crashed, is_full, lies;
};

/* One simulator a process: SQLite's VFS interface has no other place for it. */
static struct disk disk[SIM_NODES_MAX];
static struct rng *rng;
static uint64_t writes, syncs;

uint64_t
rng_next(struct rng *r)
{
    uint64_t z = r->s += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t
rng_below(struct rng *r, uint32_t n)
{
    return n == 0 ? 0 : (uint32_t)(rng_next(r) % n);
}

bool
rng_chance(struct rng *r, uint32_t per_mille)
{
    return rng_below(r, 1000) < per_mille;
}

uint64_t
disk_writes(void)
{
    return writes;
}

uint64_t
disk_syncs(void)
{
    return syncs;
}

/* ---- images */

static void
image_room(struct image *im, size_t n)
{
    if (n <= im->cap)
        return;
    im->cap = n + n / 2 + 65536;
    im->p = mem_grow(im->p, im->cap);
}

static void
image_copy(const struct image *from, struct image *to)
{
    image_room(to, from->n);
    if (from->n > 0)
        memcpy(to->p, from->p, from->n);
    to->n = from->n;
}

static void
image_size(struct image *im, size_t n)
{
    image_room(im, n);
    if (n > im->n)
        memset(im->p + im->n, 0, n - im->n);
    im->n = n;
}

static void
mark_dirty(struct sim_file *f, size_t at, size_t n)
{
    size_t last = (at + n + SECTOR - 1) / SECTOR;
    if (last > f->dirty_cap) {
        f->dirty_cap = last + last / 2 + 512;
        f->dirty = mem_grow(f->dirty, f->dirty_cap);
    }
    if (last > f->dirty_n) {
        memset(f->dirty + f->dirty_n, 0, last - f->dirty_n);
        f->dirty_n = last;
    }
    for (size_t s = at / SECTOR; s < last; s++)
        f->dirty[s] = 1;
}

static void
write_image(struct sim_file *f, const void *p, size_t n, size_t at)
{
    if (at + n > f->seen.n)
        image_size(&f->seen, at + n);
    memcpy(f->seen.p + at, p, n);
    mark_dirty(f, at, n);
}

static void
keep_sector(struct sim_file *f, size_t s)
{
    size_t at = s * SECTOR;
    if (at >= f->seen.n)
        return;
    size_t n = f->seen.n - at < SECTOR ? f->seen.n - at : SECTOR;
    if (at + n > f->kept.n)
        image_size(&f->kept, at + n);
    memcpy(f->kept.p + at, f->seen.p + at, n);
}

static void
sync_file(struct sim_file *f)
{
    for (size_t s = 0; s < f->dirty_n; s++)
        if (f->dirty[s])
            keep_sector(f, s);
    image_size(&f->kept, f->seen.n);
    if (f->dirty_n > 0) /* else there is no map yet */
        memset(f->dirty, 0, f->dirty_n);
    f->is_durable = true;
}

static void
drop_shm(struct sim_file *f)
{
    for (size_t i = 0; i < SHM_REGIONS_MAX; i++) {
        mem_free(f->shm[i]);
        f->shm[i] = NULL;
    }
}

static void
file_free(struct sim_file *f)
{
    mem_free(f->seen.p);
    mem_free(f->kept.p);
    mem_free(f->dirty);
    drop_shm(f);
    memset(f, 0, sizeof(*f));
}

/* Gone from its disk; its room stays for the next file, in the next world too. */
static void
file_drop(struct sim_file *f)
{
    drop_shm(f);
    f->is_there = f->is_durable = false;
    f->seen.n = f->kept.n = f->dirty_n = 0;
}

/* ---- faults */

void
sim_vfs_reset(struct rng *r)
{
    for (size_t i = 0; i < SIM_NODES_MAX; i++) {
        struct disk *d = &disk[i];
        for (size_t k = 0; k < FILES_MAX; k++)
            file_drop(&d->file[k]);
        d->has_crashed = d->is_full = d->lies = false;
        d->fault = DISK_CRASH;
        d->calls_left = 0;
    }
    rng = r;
    writes = syncs = 0;
}

void
disk_plan(unsigned node, enum disk_fault fault, uint32_t at_call)
{
    disk[node].fault = fault;
    disk[node].calls_left = at_call;
}

void
disk_space_again(unsigned node)
{
    disk[node].is_full = false;
}

bool
disk_has_crashed(unsigned node)
{
    return disk[node].has_crashed;
}

void
disk_lie(unsigned node, bool lies)
{
    disk[node].lies = lies;
}

void
disk_rot(unsigned node)
{
    for (size_t k = 0; k < FILES_MAX; k++) {
        struct sim_file *f = &disk[node].file[k];
        if (!f->is_there || f->kept.n < 16384)
            continue;
        f->kept.p[8192 + rng_below(rng, (uint32_t)(f->kept.n - 8192))] ^= 0x10;
        return;
    }
}

void
disk_restart(unsigned node, enum crash_mode mode)
{
    struct disk *d = &disk[node];
    for (size_t k = 0; k < FILES_MAX; k++) {
        struct sim_file *f = &d->file[k];
        if (!f->is_there)
            continue;
        if (mode != CRASH_KEEP && !f->is_durable && rng_chance(rng, 500)) {
            file_drop(f);
            continue;
        }
        for (size_t s = 0; s < f->dirty_n; s++)
            if (f->dirty[s] &&
                (mode == CRASH_KEEP || (mode == CRASH_SOME && rng_chance(rng, 500))))
                keep_sector(f, s);
        image_copy(&f->kept, &f->seen);
        if (f->dirty_n > 0)
            memset(f->dirty, 0, f->dirty_n);
        drop_shm(f);
    }
    d->has_crashed = d->is_full = false;
    d->calls_left = 0;
}

static void
copy_files(const struct disk *from, struct disk *to)
{
    for (size_t k = 0; k < FILES_MAX; k++) {
        const struct sim_file *f = &from->file[k];
        struct sim_file *t = &to->file[k];
        file_drop(t);
        if (!f->is_there)
            continue;
        memcpy(t->name, f->name, sizeof(t->name));
        t->is_there = t->is_durable = true;
        image_copy(&f->seen, &t->seen);
        image_copy(&f->seen, &t->kept);
    }
    to->has_crashed = to->is_full = false;
    to->calls_left = 0;
}

void
disk_copy(unsigned from, unsigned to)
{
    copy_files(&disk[from], &disk[to]);
}

void
disk_keep(unsigned from, struct disk **kept)
{
    if (*kept == NULL)
        *kept = mem_new(sizeof(**kept));
    copy_files(&disk[from], *kept);
}

void
disk_give(const struct disk *kept, unsigned to)
{
    copy_files(kept, &disk[to]);
}

enum verdict { GO, FAIL_IO, FAIL_FULL, TEAR };

/* Each write and sync of a node comes by here. */
static enum verdict
judge(struct disk *d)
{
    if (d->has_crashed)
        return FAIL_IO;
    if (d->is_full)
        return FAIL_FULL;
    if (d->calls_left == 0 || --d->calls_left > 0)
        return GO;
    if (d->fault == DISK_ERROR)
        return FAIL_IO;
    if (d->fault == DISK_FULL) {
        d->is_full = true;
        return FAIL_FULL;
    }
    d->has_crashed = true;
    return TEAR;
}

/* ---- the VFS */

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct sim_file *file;
    bool is_temp; /* no name: gone when closed */
};

static int
on_close(sqlite3_file *f)
{
    struct handle *h = (struct handle *)f;
    if (h->is_temp) {
        file_free(h->file);
        mem_free(h->file);
    }
    return SQLITE_OK;
}

static int
on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    struct handle *h = (struct handle *)f;
    const struct image *im = &h->file->seen;
    size_t have = (size_t)at < im->n ? im->n - (size_t)at : 0;
    if (!h->is_temp && h->disk->has_crashed)
        return SQLITE_IOERR_READ;
    if (have >= (size_t)n) {
        memcpy(p, im->p + at, (size_t)n);
        return SQLITE_OK;
    }
    if (have > 0)
        memcpy(p, im->p + at, have);
    memset((uint8_t *)p + have, 0, (size_t)n - have);
    return SQLITE_IOERR_SHORT_READ;
}

static int
on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct handle *h = (struct handle *)f;
    enum verdict v = h->is_temp ? GO : judge(h->disk);
    writes++;
    if (v == FAIL_IO)
        return SQLITE_IOERR_WRITE;
    if (v == FAIL_FULL)
        return SQLITE_FULL;
    size_t take = v == TEAR ? rng_below(rng, (uint32_t)n) : (size_t)n;
    if (take > 0)
        write_image(h->file, p, take, (size_t)at);
    return v == TEAR ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int
on_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    struct handle *h = (struct handle *)f;
    if (!h->is_temp && h->disk->has_crashed)
        return SQLITE_IOERR_TRUNCATE;
    image_size(&h->file->seen, (size_t)n);
    return SQLITE_OK;
}

static int
on_sync(sqlite3_file *f, int flags)
{
    struct handle *h = (struct handle *)f;
    (void)flags;
    syncs++;
    if (h->is_temp)
        return SQLITE_OK;
    enum verdict v = judge(h->disk);
    if (v == FAIL_IO || v == TEAR)
        return SQLITE_IOERR_FSYNC;
    if (v == FAIL_FULL)
        return SQLITE_FULL;
    if (!h->disk->lies)
        sync_file(h->file);
    return SQLITE_OK;
}

static int
on_size(sqlite3_file *f, sqlite3_int64 *n)
{
    *n = (sqlite3_int64)((struct handle *)f)->file->seen.n;
    return SQLITE_OK;
}

static int
on_lock(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int
on_check_lock(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int
on_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int
on_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int
on_traits(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int
on_shm_map(sqlite3_file *f, int region, int n, int extend, void volatile **out)
{
    struct handle *h = (struct handle *)f;
    *out = NULL;
    if (region >= SHM_REGIONS_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (h->file->shm[region] == NULL && extend)
        h->file->shm[region] = mem_new((size_t)n);
    *out = h->file->shm[region];
    return SQLITE_OK;
}

static int
on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    (void)f;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK; /* one connection a disk */
}

static void
on_shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int
on_shm_unmap(sqlite3_file *f, int drop)
{
    if (drop)
        drop_shm(((struct handle *)f)->file);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_lock,
    .xCheckReservedLock = on_check_lock,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_traits,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* NODE/NAME; NULL: not a name of ours. */
static struct sim_file *
find(const char *path, bool make, struct disk **d)
{
    char *end = NULL;
    if (*path == '/')
        path++;
    unsigned long node = strtoul(path, &end, 10);
    if (end == path || *end != '/' || node >= SIM_NODES_MAX ||
        strlen(end + 1) >= NAME_MAX_BYTES)
        return NULL;
    struct sim_file *empty = NULL;
    *d = &disk[node];
    for (size_t k = 0; k < FILES_MAX; k++) {
        struct sim_file *f = &disk[node].file[k];
        if (f->is_there && strcmp(f->name, end + 1) == 0)
            return f;
        if (!f->is_there && empty == NULL)
            empty = f;
    }
    if (!make || empty == NULL)
        return NULL;
    memcpy(empty->name, end + 1, strlen(end + 1) + 1);
    empty->is_there = true;
    return empty;
}

static int
on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    struct handle *h = (struct handle *)f;
    (void)vfs;
    memset(h, 0, sizeof(*h));
    if (path == NULL) {
        h->is_temp = true;
        h->file = mem_new(sizeof(*h->file));
    } else {
        h->file = find(path, (flags & SQLITE_OPEN_CREATE) != 0, &h->disk);
        if (h->file == NULL || h->disk->has_crashed)
            return SQLITE_CANTOPEN;
    }
    h->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int
on_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
    struct disk *d = NULL;
    struct sim_file *f = find(path, false, &d);
    (void)vfs;
    (void)sync_dir;
    if (f == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    if (d->has_crashed)
        return SQLITE_IOERR_DELETE;
    file_drop(f);
    return SQLITE_OK;
}

static int
on_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    struct disk *d = NULL;
    (void)vfs;
    (void)flags;
    *out = find(path, false, &d) != NULL;
    return SQLITE_OK;
}

static int
on_full_path(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
    (void)vfs;
    sqlite3_snprintf(n, out, "%s", path);
    return SQLITE_OK;
}

static int
on_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)rng_next(rng);
    return n;
}

static int
on_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int
on_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2460000.5;
    return SQLITE_OK;
}

void
sim_vfs_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 256,
        .zName = "sim",
        .xOpen = on_open,
        .xDelete = on_delete,
        .xAccess = on_access,
        .xFullPathname = on_full_path,
        .xRandomness = on_random,
        .xSleep = on_sleep,
        .xCurrentTime = on_time,
    };
    /* as schema/db.c does, which comes too late after this */
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_vfs_register(&vfs, 0);
}
