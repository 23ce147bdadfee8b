/* What is handed over. Layout: length of the PIN (u32) ‖ PIN ‖ file. */
#include "cli/hand.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/file.h"

#define PIN_FILE_BYTES_MAX 4096
#define HAND_BYTES_MAX (65 << 20) /* an answer file and some more */

static enum rc
hand_fault(struct fault *why)
{
    return fault_set(why, RC_IO, FAULT_NODE_IO, "--pin-file");
}

enum rc
pin_take(const char *path, char out[static PIN_BYTES_MAX + 1], struct fault *why)
{
    struct buf bytes = BUF_NONE;
    enum rc rc = file_take(path, PIN_FILE_BYTES_MAX, &bytes, why);
    size_t n = 0;
    while (rc == RC_OK && n < bytes.n && bytes.p[n] != '\n' && bytes.p[n] != '\r')
        n++;
    if (rc == RC_OK && (n == 0 || n > PIN_BYTES_MAX || memchr(bytes.p, 0, n) != NULL))
        rc = fault_set(why, RC_INVALID, FAULT_PIN_FILE, "%s", path);
    if (rc == RC_OK) {
        memcpy(out, bytes.p, n);
        out[n] = '\0';
    }
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc;
}

static enum rc
read_pin(const char *path, struct buf *out, struct fault *why)
{
    char pin[PIN_BYTES_MAX + 1];
    enum rc rc = pin_take(path, pin, why);
    if (rc == RC_OK) {
        buf_add_u32(out, (uint32_t)strlen(pin));
        buf_add(out, pin, strlen(pin));
    }
    mem_wipe(pin, sizeof(pin));
    return rc;
}

static enum rc
fill(struct cli *c, const struct buf *bytes, struct fault *why)
{
    if (c->fd < 0)
        c->fd = memfd_create("linjuli", MFD_CLOEXEC);
    if (c->fd < 0 || ftruncate(c->fd, 0) != 0 || lseek(c->fd, 0, SEEK_SET) != 0 ||
        fd_write(c->fd, buf_slice(bytes)) != RC_OK || lseek(c->fd, 0, SEEK_SET) != 0)
        return hand_fault(why);
    return RC_OK;
}

int
hand_begin(struct cli *c, const char *path, size_t max)
{
    struct fault why = {0};
    struct buf bytes = BUF_NONE;
    const char *pin = args_value(c->args, "--pin-file");
    enum rc rc = RC_OK;
    if (pin == NULL && path == NULL)
        return 0;
    if (pin != NULL)
        rc = read_pin(pin, &bytes, &why);
    else
        buf_add_u32(&bytes, 0);
    if (rc == RC_OK && path != NULL)
        rc = file_take(path, bytes.n + max, &bytes, &why);
    if (rc == RC_OK)
        rc = fill(c, &bytes, &why);
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

int
hand_file(struct cli *c, struct slice file)
{
    struct fault why = {0};
    struct buf bytes = BUF_NONE;
    buf_add_u32(&bytes, 0); /* no PIN */
    buf_add_slice(&bytes, file);
    enum rc rc = fill(c, &bytes, &why);
    buf_free(&bytes);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

int
hand_empty(struct cli *c)
{
    struct fault why = {0};
    struct buf none = BUF_NONE;
    enum rc rc = fill(c, &none, &why);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static enum rc
read_all(int fd, struct buf *out, struct fault *why)
{
    ssize_t n = 1;
    buf_reserve(out, 4096);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return hand_fault(why);
    while (n > 0 && out->n <= HAND_BYTES_MAX) {
        buf_reserve(out, 4096);
        n = read(fd, out->p + out->n, 4096);
        out->n += n > 0 ? (size_t)n : 0;
    }
    return n == 0 ? RC_OK : hand_fault(why);
}

enum rc
hand_read(struct cli *c, struct hand *out, struct fault *why)
{
    struct buf bytes = BUF_NONE;
    *out = (struct hand){0};
    if (c->fd < 0)
        return RC_OK;
    enum rc rc = read_all(c->fd, &bytes, why);
    struct reader r = reader_of(buf_slice(&bytes));
    uint32_t n = read_u32(&r);
    if (rc == RC_OK && (r.bad || n > PIN_BYTES_MAX || n > r.n))
        rc = hand_fault(why);
    if (rc == RC_OK) {
        read_into(&r, out->pin, n);
        out->has_pin = n > 0;
        buf_add_slice(&out->file, slice_of(r.p, r.n));
    }
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc;
}

const char *
hand_pin(const struct hand *h)
{
    return h->has_pin ? h->pin : NULL;
}

void
hand_fini(struct hand *h)
{
    mem_wipe(h->pin, sizeof(h->pin));
    buf_free(&h->file);
}

enum rc
hand_give(struct cli *c, struct slice bytes, struct fault *why)
{
    struct buf b = {.p = NULL};
    buf_add_slice(&b, bytes);
    enum rc rc = fill(c, &b, why);
    buf_free(&b);
    return rc;
}

enum rc
hand_take(struct cli *c, struct buf *out, struct fault *why)
{
    return read_all(c->fd, out, why);
}
