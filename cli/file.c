/* Files. */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SPOOL_BYTES_MAX (256ll << 20)
#define COPY_BYTES 65536

static enum rc
io_fault(struct fault *why, const char *path)
{
    int no = errno;
    enum rc rc = no == ENOSPC || no == EDQUOT ? RC_FULL
                 : no == ENOENT               ? RC_NOTFOUND
                                              : RC_IO;
    fault_set(why, rc, FAULT_NODE_IO, "%s", path);
    fault_want(why, "%s", strerror(no));
    return rc;
}

int
file_open(struct cli *c, const char *path)
{
    struct fault why = {0};
    struct stat st;
    if (strcmp(path, "-") == 0) {
        c->fd = STDIN_FILENO;
        return 0;
    }
    c->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (c->fd < 0)
        return fail(c, io_fault(&why, path), &why);
    if (fstat(c->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail(c, io_fault(&why, path), &why);
    }
    return 0;
}

static int
nameless(void)
{
    const char *tmp = getenv("TMPDIR");
    char path[FILE_PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/linjuli-XXXXXX",
                     tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(path))
        return -1;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static enum rc
copy(int from, int to, struct fault *why)
{
    uint8_t *block = mem_new(COPY_BYTES);
    long long all = 0;
    enum rc rc = RC_OK;
    for (ssize_t n = 1; rc == RC_OK && n != 0;) {
        n = read(from, block, COPY_BYTES);
        if (n < 0 && errno != EINTR)
            rc = io_fault(why, "-");
        if (n <= 0)
            continue;
        all += n;
        if (all > FILE_SPOOL_BYTES_MAX)
            rc = fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "-");
        else if (fd_write(to, slice_of(block, (size_t)n)) != RC_OK)
            rc = io_fault(why, "-");
    }
    mem_free(block);
    return rc;
}

enum rc
file_spool(int *fd, struct fault *why)
{
    struct stat st;
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
        return RC_OK;
    int to = nameless();
    if (to < 0)
        return io_fault(why, "TMPDIR");
    enum rc rc = copy(*fd, to, why);
    if (rc == RC_OK && lseek(to, 0, SEEK_SET) != 0)
        rc = io_fault(why, "TMPDIR");
    if (rc != RC_OK) {
        close(to);
        return rc;
    }
    if (*fd > STDERR_FILENO)
        close(*fd);
    *fd = to;
    return RC_OK;
}

enum rc
file_take_fd(int fd, const char *path, size_t max, struct buf *out, struct fault *why)
{
    enum rc rc = RC_OK;
    for (ssize_t n = 1; rc == RC_OK && n != 0;) {
        buf_reserve(out, COPY_BYTES);
        n = read(fd, out->p + out->n, COPY_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = io_fault(why, path);
        else
            out->n += (size_t)n;
        if (n < 0)
            break;
        if (out->n > max)
            rc = fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%s", path);
    }
    return rc;
}

enum rc
file_take(const char *path, size_t max, struct buf *out, struct fault *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return io_fault(why, path);
    enum rc rc = file_take_fd(fd, path, max, out, why);
    close(fd);
    return rc;
}

/* ---- a file that is made */

enum rc
file_out_begin(struct file_out *f, const char *path, bool over, struct fault *why)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    int dir_n = slash != NULL ? (int)(slash - path) + 1 : 0;
    *f = (struct file_out){.fd = -1};
    int n = snprintf(f->temp, sizeof(f->temp), "%.*s.linjuli-XXXXXX", dir_n,
                     path != NULL ? path : "");
    int m = snprintf(f->path, sizeof(f->path), "%s", path != NULL ? path : "");
    if (n < 0 || (size_t)n >= sizeof(f->temp) || m < 0 || (size_t)m >= sizeof(f->path)) {
        errno = ENAMETOOLONG;
        return io_fault(why, "FILE");
    }
    if (path != NULL && !over && access(path, F_OK) == 0) {
        errno = EEXIST;
        return io_fault(why, path);
    }
    f->fd = mkostemp(f->temp, O_CLOEXEC); /* 0600 */
    if (f->fd < 0) {
        f->temp[0] = '\0';
        return io_fault(why, path != NULL ? path : ".");
    }
    return RC_OK;
}

enum rc
file_out_end(struct file_out *f, struct fault *why)
{
    enum rc rc = RC_OK;
    if (fsync(f->fd) != 0 && errno != EINVAL)
        rc = io_fault(why, f->path);
    if (close(f->fd) != 0 && rc == RC_OK)
        rc = io_fault(why, f->path);
    f->fd = -1;
    if (rc == RC_OK && rename(f->temp, f->path) != 0)
        rc = io_fault(why, f->path);
    if (rc == RC_OK)
        f->temp[0] = '\0';
    file_out_drop(f);
    return rc;
}

enum rc
file_out_settle(const char *path, struct fault *why)
{
    char *copy = mem_text(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum rc rc = RC_OK;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        rc = io_fault(why, path);
    if (fd >= 0)
        close(fd);
    mem_free(copy);
    return rc;
}

void
file_out_drop(struct file_out *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->temp[0] != '\0')
        (void)unlink(f->temp);
    *f = (struct file_out){.fd = -1};
}
