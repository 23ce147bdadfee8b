#include "node/keys.h"
#include "node/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

void
keys_path(const char *dir, const char *name, char *out, size_t n)
{
    (void)snprintf(out, n, "%s/keys/%s", dir, name);
}

/* Room for all of it at once: a buffer that grows leaves a copy of a secret behind. */
static enum rc
read_fd(int fd, size_t max, struct buf *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return RC_IO;
    if (!S_ISREG(st.st_mode))
        return RC_IO;
    if ((uint64_t)st.st_size > max)
        return RC_LIMIT;
    out->n = 0;
    buf_reserve(out, (size_t)st.st_size + 1);
    size_t room = (size_t)st.st_size + 1;
    while (room > 0) {
        ssize_t n = read(fd, out->p + out->n, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RC_IO;
        if (n == 0)
            return RC_OK;
        out->n += (size_t)n;
        room -= (size_t)n;
    }
    return RC_LIMIT; /* it grows under our eyes */
}

static int
open_to_read(const char *path)
{
    /* Not held up by a pipe that somebody put there. */
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

enum rc
file_read(const char *path, size_t max, struct buf *out)
{
    int fd = open_to_read(path);
    if (fd < 0)
        return errno == ENOENT ? RC_NOTFOUND : RC_IO;
    enum rc rc = read_fd(fd, max, out);
    close(fd);
    return rc;
}

enum rc
file_sync_parent(const char *path)
{
    char dir[PATH_BYTES];
    (void)snprintf(dir, sizeof(dir), "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash == NULL)
        (void)snprintf(dir, sizeof(dir), ".");
    else if (slash == dir)
        dir[1] = '\0';
    else
        *slash = '\0';
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return RC_IO;
    int failed = fsync(fd);
    close(fd);
    return failed == 0 ? RC_OK : RC_IO;
}

static enum rc
write_synced(int fd, struct slice bytes)
{
    enum rc rc = fd_write(fd, bytes);
    if (rc == RC_OK && fsync(fd) != 0)
        rc = RC_IO;
    return rc;
}

static bool
temp_path(const char *path, char out[static PATH_BYTES])
{
    int k = snprintf(out, PATH_BYTES, "%s.new", path);
    return k > 0 && (size_t)k < PATH_BYTES;
}

static enum rc
write_temp(const char *temp, struct slice bytes)
{
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOSPC ? RC_FULL : RC_IO;
    enum rc rc = write_synced(fd, bytes);
    if (close(fd) != 0 && rc == RC_OK)
        rc = RC_IO;
    return rc;
}

enum rc
file_write(const char *path, struct slice bytes)
{
    char temp[PATH_BYTES];
    if (!temp_path(path, temp))
        return RC_LIMIT;
    enum rc rc = write_temp(temp, bytes);
    if (rc == RC_OK && rename(temp, path) != 0)
        rc = RC_IO;
    if (rc != RC_OK) {
        (void)unlink(temp);
        return rc;
    }
    return file_sync_parent(path);
}

enum rc
keys_write_locked(const char *dir, const char *name, const struct pair *p,
                  const char *pin, struct fault *why)
{
    char path[PATH_BYTES];
    struct stat st;
    struct buf bytes = BUF_NONE;
    keys_path(dir, name, path, sizeof(path));
    if (lstat(path, &st) == 0)
        return fault_set(why, RC_INVALID, FAULT_NODE_THERE, "%s", path);
    pair_encode_random(p, pin, &bytes);
    enum rc rc = file_write(path, buf_slice(&bytes));
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    if (rc != RC_OK) {
        fault_set(why, rc, FAULT_NODE_IO, "%s", path);
        fault_want(why, "%s", strerror(errno));
    }
    return rc;
}

/* Nothing of it is left where the disk writes in place; it may not. */
static void
write_over(int fd)
{
    const uint8_t zeros[KEY_FILE_BYTES_MAX] = {0};
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > KEY_FILE_BYTES_MAX)
        return;
    if (pwrite(fd, zeros, (size_t)st.st_size, 0) == st.st_size)
        (void)fdatasync(fd);
}

static enum rc
exchange(const char *temp, const char *path, enum rc (*soon)(void *arg, uint64_t inode),
         void *arg)
{
    struct stat st;
    if (stat(temp, &st) != 0)
        return RC_IO;
    int old = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    enum rc rc = old < 0 ? RC_IO : soon(arg, (uint64_t)st.st_ino);
    if (rc == RC_OK && rename(temp, path) != 0)
        rc = RC_IO;
    if (rc == RC_OK)
        rc = file_sync_parent(path);
    if (rc == RC_OK)
        write_over(old);
    if (old >= 0)
        close(old);
    return rc;
}

static enum rc
io_fault(struct fault *why, enum rc rc, const char *path)
{
    int no = errno;
    fault_set(why, rc, FAULT_NODE_IO, "%s", path);
    fault_want(why, "%s", strerror(no));
    return rc;
}

enum rc
keys_rewrite(const char *dir, const char *name, const struct pair *p, const char *pin,
             enum rc (*soon)(void *arg, uint64_t inode), void *arg, struct fault *why)
{
    char path[PATH_BYTES], temp[PATH_BYTES];
    struct buf bytes = BUF_NONE;
    keys_path(dir, name, path, sizeof(path));
    if (!temp_path(path, temp))
        return fault_set(why, RC_LIMIT, FAULT_NODE_IO, "%s", path);
    pair_encode_random(p, pin, &bytes);
    enum rc rc = write_temp(temp, buf_slice(&bytes));
    if (rc == RC_OK)
        rc = exchange(temp, path, soon, arg);
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    if (rc == RC_OK)
        return RC_OK;
    io_fault(why, rc, path);
    (void)unlink(temp);
    return rc;
}

enum rc
keys_destroy(const char *dir, const char *name, struct fault *why)
{
    char path[PATH_BYTES];
    keys_path(dir, name, path, sizeof(path));
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? RC_OK : io_fault(why, RC_IO, path);
    write_over(fd);
    close(fd);
    if (unlink(path) != 0 || file_sync_parent(path) != RC_OK)
        return io_fault(why, RC_IO, path);
    return RC_OK;
}

void
keys_sweep(const char *dir, const char *name)
{
    char path[PATH_BYTES], temp[PATH_BYTES];
    keys_path(dir, name, path, sizeof(path));
    if (!temp_path(path, temp))
        return;
    int fd = open(temp, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    write_over(fd);
    close(fd);
    (void)unlink(temp);
}

enum rc
keys_write(const char *dir, const char *name, const struct pair *p, struct fault *why)
{
    return keys_write_locked(dir, name, p, NULL, why);
}

static enum rc
key_fault(struct fault *why, const char *path, const char *want)
{
    fault_set(why, RC_CONFIG, FAULT_KEY_FILE, "%s", path);
    fault_want(why, "%s", want);
    return RC_CONFIG;
}

/* The file's bytes, if nobody else may read them. */
static enum rc
read_secret(const char *path, struct buf *bytes, struct fault *why)
{
    struct stat st;
    int fd = open_to_read(path);
    if (fd < 0 && errno == ENOENT)
        return RC_NOTFOUND;
    if (fd < 0)
        return key_fault(why, path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
        close(fd);
        return key_fault(why, path, "chmod 600");
    }
    enum rc rc = read_fd(fd, KEY_FILE_BYTES_MAX, bytes);
    close(fd);
    return rc == RC_OK ? RC_OK : key_fault(why, path, "");
}

enum rc
keys_public(const char *dir, const char *name, enum pair_kind kind, struct pair *out,
            struct fault *why)
{
    char path[PATH_BYTES];
    struct buf bytes = BUF_NONE;
    keys_path(dir, name, path, sizeof(path));
    enum rc rc = read_secret(path, &bytes, why);
    if (rc == RC_OK &&
        (pair_public(buf_slice(&bytes), out) != RC_OK || out->kind != kind))
        rc = key_fault(why, path, "");
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc;
}

enum rc
keys_open(const char *dir, const char *name, enum pair_kind kind, const char *pin,
          struct pair *out, struct fault *why)
{
    char path[PATH_BYTES];
    struct buf bytes = BUF_NONE;
    keys_path(dir, name, path, sizeof(path));
    enum rc rc = read_secret(path, &bytes, why);
    if (rc != RC_OK) {
        mem_wipe(bytes.p, bytes.n);
        buf_free(&bytes);
        return rc;
    }
    rc = pair_decode(buf_slice(&bytes), pin, out);
    if (rc == RC_OK && out->kind != kind) {
        pair_wipe(out);
        rc = RC_MALFORMED;
    }
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    if (rc == RC_DENIED)
        return fault_set(why, rc, FAULT_KEY_LOCKED, "%s", path);
    return rc == RC_OK ? RC_OK : key_fault(why, path, "");
}

enum rc
keys_read(const char *dir, const char *name, enum pair_kind kind, struct pair *out,
          struct fault *why)
{
    return keys_open(dir, name, kind, NULL, out, why);
}
