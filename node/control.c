/* The daemon's side of DIR/control.sock: commands of the person at this machine. */
#include "node/daemon.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/wire.h"

struct control {
    struct control *next;
    struct daemon *daemon;
    int fd, in_fd;
    struct event *readable, *writable;
    struct buf in, out;
    struct dial *dial; /* the exchange it waits for */
    bool is_answered;
};

static void
control_free(struct control *c)
{
    for (struct control **at = &c->daemon->controls; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    if (c->dial != NULL)
        c->dial->waiter = NULL;
    event_free(c->readable);
    event_free(c->writable);
    close(c->fd);
    if (c->in_fd >= 0)
        close(c->in_fd);
    buf_free(&c->in);
    buf_free(&c->out);
    mem_free(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct control *c = arg;
    (void)what;
    while (c->out.n > 0) {
        ssize_t n = send(fd, c->out.p, c->out.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            event_add(c->writable, NULL);
            return;
        }
        if (n < 0)
            break;
        buf_drop(&c->out, (size_t)n);
    }
    control_free(c);
}

static void
answer(struct control *c, const struct buf *out, const struct buf *err, int status)
{
    c->is_answered = true;
    buf_add_u32(&c->out, (uint32_t)out->n);
    buf_add_slice(&c->out, buf_slice(out));
    buf_add_u32(&c->out, (uint32_t)err->n);
    buf_add_slice(&c->out, buf_slice(err));
    buf_add_u32(&c->out, (uint32_t)status);
    event_add(c->writable, NULL);
}

void
control_synced(struct control *c, const struct sync_report *report)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    c->dial = NULL;
    wire_report_encode(report, &out);
    answer(c, &out, &err, 0);
    buf_free(&out);
}

static void
run_command(struct control *c, char **words, int n)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    struct command command = {
        .argc = n - 1, .argv = words + 1, .in_fd = c->in_fd, .lang = words[0]};
    int status = c->daemon->serve.run(c->daemon->node, &command, &out, &err);
    answer(c, &out, &err, status);
    daemon_changed(c->daemon);
    buf_free(&out);
    buf_free(&err);
}

static void
serve_request(struct control *c, uint8_t kind, char **words, int n)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    if (kind == WIRE_COMMAND && n >= 2) {
        run_command(c, words, n);
        return;
    }
    if (kind == WIRE_SYNC && n == 2) {
        c->dial = dial_new(c->daemon, words[1], true);
        c->dial->waiter = c;
        return;
    }
    if (kind == WIRE_STATUS)
        daemon_status(c->daemon, &out);
    answer(c, &out, &err, kind == WIRE_STATUS ? 0 : rc_exit(RC_USAGE));
    buf_free(&out);
}

/* A whole request lies in c->in: cut it into words. */
static void
take_request(struct control *c)
{
    char *words[WIRE_WORDS_MAX];
    int n = 0;
    struct reader r = reader_of(slice_of(c->in.p + 4, c->in.n - 4));
    uint8_t kind = read_u8(&r);
    while (r.n > 0 && n < WIRE_WORDS_MAX - 1) {
        const uint8_t *end = memchr(r.p, 0, r.n);
        if (end == NULL)
            break;
        size_t at = (size_t)(r.p - c->in.p);
        words[n++] = (char *)c->in.p + at;
        (void)read_slice(&r, (size_t)(end - r.p) + 1);
    }
    words[n] = NULL;
    serve_request(c, r.n == 0 ? kind : 0, words, n);
}

/* The first bytes may bring a descriptor along. */
static ssize_t
receive(struct control *c, void *p, size_t n)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } aux;
    struct iovec iov = {.iov_base = p, .iov_len = n};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = aux.space,
                       .msg_controllen = sizeof(aux.space)};
    ssize_t got = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
    if (got <= 0)
        return got;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h != NULL; h = CMSG_NXTHDR(&m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        if (c->in_fd >= 0)
            close(c->in_fd);
        memcpy(&c->in_fd, CMSG_DATA(h), sizeof(int));
    }
    return got;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct control *c = arg;
    (void)fd;
    (void)what;
    buf_reserve(&c->in, 65536);
    ssize_t n = receive(c, c->in.p + c->in.n, 65536);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        control_free(c); /* gone; what it asked for goes on */
        return;
    }
    c->in.n += (size_t)n;
    if (c->in.n < 4)
        return;
    uint32_t want = get_u32(c->in.p);
    if (want < 1 || want > WIRE_REQUEST_MAX || c->in.n > (size_t)want + 4 ||
        c->is_answered) {
        control_free(c);
        return;
    }
    if (c->in.n == (size_t)want + 4 && c->dial == NULL)
        take_request(c);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
          int n, void *arg)
{
    struct daemon *d = arg;
    (void)listener;
    (void)from;
    (void)n;
    struct control *c = mem_new(sizeof(*c));
    *c = (struct control){.next = d->controls, .daemon = d, .fd = fd, .in_fd = -1};
    c->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(d->base, fd, EV_WRITE, on_writable, c);
    d->controls = c;
    event_add(c->readable, NULL);
}

enum rc
control_listen(struct daemon *d, struct fault *why)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/control.sock", d->node->dir);
    if (n < 0 || (size_t)n >= sizeof(at.sun_path)) {
        fault_set(why, RC_CONFIG, FAULT_NODE_IO, "%s/control.sock", d->node->dir);
        fault_want(why, "%s", strerror(ENAMETOOLONG));
        return RC_CONFIG;
    }
    (void)unlink(at.sun_path); /* we hold the lock: whoever made it is gone */
    mode_t old = umask(0177);
    d->control = evconnlistener_new_bind(d->base, on_accept, d,
                                         LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                         16, (struct sockaddr *)&at, sizeof(at));
    (void)umask(old);
    if (d->control == NULL) {
        fault_set(why, RC_IO, FAULT_NODE_IO, "%s", at.sun_path);
        fault_want(why, "%s", strerror(errno));
        return RC_IO;
    }
    return RC_OK;
}

void
control_stop(struct daemon *d)
{
    char path[4096];
    while (d->controls != NULL)
        control_free(d->controls);
    if (d->control == NULL)
        return;
    evconnlistener_free(d->control);
    d->control = NULL;
    (void)snprintf(path, sizeof(path), "%s/control.sock", d->node->dir);
    (void)unlink(path);
}
