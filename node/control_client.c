/* The command's side of DIR/control.sock. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "node/wire.h"

#define STATUS_S 5 /* a daemon that says nothing of itself for so long is not well */

static int
dial_control(const char *dir)
{
    struct sockaddr_un at;
    int dir_fd = -1;
    int fd = -1;
    if (wire_address(dir, &at, &dir_fd))
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        close(fd);
        fd = -1;
    }
    if (dir_fd >= 0)
        close(dir_fd);
    return fd;
}

/* Sends everything; the descriptor goes along with the first bytes. */
static enum rc
send_all(int fd, struct slice s, int in_fd)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } aux;
    while (s.n > 0) {
        struct buf part = {.n = s.n};
        struct iovec iov = {.iov_len = part.n};
        memcpy(&iov.iov_base, &s.p, sizeof(s.p));
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
        if (in_fd >= 0) {
            memset(&aux, 0, sizeof(aux));
            m.msg_control = aux.space;
            m.msg_controllen = sizeof(aux.space);
            struct cmsghdr *h = CMSG_FIRSTHDR(&m);
            h->cmsg_level = SOL_SOCKET;
            h->cmsg_type = SCM_RIGHTS;
            h->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(h), &in_fd, sizeof(int));
        }
        ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return RC_OFFLINE;
        in_fd = -1;
        s = slice_of(s.p + n, s.n - (size_t)n);
    }
    return RC_OK;
}

static enum rc
read_all(int fd, struct buf *in)
{
    for (;;) {
        buf_reserve(in, 65536);
        ssize_t n = read(fd, in->p + in->n, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RC_BUSY;
        if (n == 0)
            return RC_OK;
        in->n += (size_t)n;
        if (in->n > WIRE_ANSWER_MAX)
            return RC_LIMIT;
    }
}

static void
add_word(struct buf *out, const char *word)
{
    const char *text = word != NULL ? word : "";
    buf_add(out, text, strlen(text) + 1);
}

static enum rc
ask(const char *dir, enum wire_kind kind, const struct command *c, struct buf *out,
    struct buf *err, int *status)
{
    struct buf request = BUF_NONE;
    struct buf in = BUF_NONE;
    const struct timeval soon = {.tv_sec = STATUS_S};
    int fd = dial_control(dir);
    if (fd < 0)
        return RC_OFFLINE;
    buf_reserve(&request, 4096); /* in one piece, with a PIN in it */
    buf_add_u32(&request, 0);
    buf_add_u8(&request, (uint8_t)kind);
    buf_add(&request, c->lang, strlen(c->lang) + 1);
    if (kind == WIRE_COMMAND_PIN) {
        add_word(&request, c->pin);
        add_word(&request, c->new_pin);
    }
    for (int i = 0; i < c->argc; i++)
        buf_add(&request, c->argv[i], strlen(c->argv[i]) + 1);
    put_u32(request.p, (uint32_t)(request.n - 4));
    enum rc rc = request.n - 4 > WIRE_REQUEST_MAX ? RC_LIMIT : RC_OK;
    if (rc == RC_OK && kind == WIRE_STATUS)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
    if (rc == RC_OK)
        rc = send_all(fd, buf_slice(&request), c->in_fd);
    /* From here on nobody knows what the daemon has done until it says so: what fails is
     * RC_BUSY, and never tried again by itself. */
    if (rc == RC_OK)
        rc = read_all(fd, &in);
    struct reader r = reader_of(buf_slice(&in));
    buf_add_slice(out, read_slice(&r, read_u32(&r)));
    buf_add_slice(err, read_slice(&r, read_u32(&r)));
    *status = (int)read_u32(&r);
    /* A daemon that died amid the command has not said how it ended. */
    if (rc == RC_OK && !read_done(&r))
        rc = RC_BUSY;
    close(fd);
    mem_wipe(request.p, request.cap);
    buf_free(&request);
    buf_free(&in);
    return rc;
}

enum rc
control_run(const char *dir, const struct command *c, struct buf *out, struct buf *err,
            int *status)
{
    bool has_pin = c->pin != NULL || c->new_pin != NULL;
    return ask(dir, has_pin ? WIRE_COMMAND_PIN : WIRE_COMMAND, c, out, err, status);
}

enum rc
control_status(const char *dir, struct buf *json)
{
    struct command c = {.in_fd = -1, .lang = "en"};
    struct buf err = BUF_NONE;
    int status = 0;
    enum rc rc = ask(dir, WIRE_STATUS, &c, json, &err, &status);
    buf_free(&err);
    return rc;
}

enum rc
control_sync(const char *dir, const char *address, struct sync_report *report)
{
    char *word = mem_text(address);
    struct command c = {.argc = 1, .argv = &word, .in_fd = -1, .lang = "en"};
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    int status = 0;
    enum rc rc = ask(dir, WIRE_SYNC, &c, &out, &err, &status);
    if (rc == RC_OK && !wire_report_decode(buf_slice(&out), report))
        rc = RC_PROTOCOL;
    mem_free(word);
    buf_free(&out);
    buf_free(&err);
    return rc;
}
