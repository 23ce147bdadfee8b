/* The daemon's side of DIR/control.sock: commands of the person at this machine. At most
 * CONTROLS_MAX at a time, further ones wait outside; whoever says nothing, or does not
 * take the answer, is let go. */
#include "node/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/wire.h"

#define CONTROL_READ_S 10
#define CONTROL_WRITE_S 30
#define READ_BYTES 65536
#define FULL_MS 200       /* until the next one is let in when all places are taken */
#define IDLE_MS_FULL 1000 /* then so long without a word is enough */

struct control {
    struct control *next;
    struct daemon *daemon;
    int fd, in_fd;
    struct event *readable, *writable;
    struct buf in, out;
    struct dial *dial; /* the exchange it waits for */
    uint64_t made_ms;
    bool is_answered;
};

/* A PIN may stand in it. */
static void
forget_request(struct control *c)
{
    if (c->in.p != NULL)
        mem_wipe(c->in.p, c->in.cap);
    buf_free(&c->in);
}

static void
control_free(struct control *c)
{
    for (struct control **at = &c->daemon->controls; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    struct daemon *d = c->daemon;
    d->controls_n--;
    if (c->dial != NULL)
        c->dial->waiter = NULL; /* the exchange itself goes on */
    event_free(c->readable);
    event_free(c->writable);
    close(c->fd);
    if (c->in_fd >= 0)
        close(c->in_fd);
    forget_request(c);
    buf_free(&c->out);
    mem_free(c);
    door_resume(&d->control);
}

static void
await_room(struct control *c)
{
    struct timeval limit = {.tv_sec = CONTROL_WRITE_S};
    event_add(c->writable, &limit);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct control *c = arg;
    if ((what & EV_TIMEOUT) != 0) {
        control_free(c);
        return;
    }
    while (c->out.n > 0) {
        ssize_t n = send(fd, c->out.p, c->out.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            await_room(c);
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
    bool fits = out->n <= WIRE_ANSWER_MAX / 2 && err->n <= WIRE_ANSWER_MAX / 2 - 12;
    struct slice o = fits ? buf_slice(out) : slice_of(NULL, 0);
    struct slice e = fits ? buf_slice(err) : slice_of(NULL, 0);
    c->is_answered = true;
    event_del(c->readable); /* whatever else it sends */
    forget_request(c);
    buf_add_u32(&c->out, (uint32_t)o.n);
    buf_add_slice(&c->out, o);
    buf_add_u32(&c->out, (uint32_t)e.n);
    buf_add_slice(&c->out, e);
    buf_add_u32(&c->out, (uint32_t)(fits ? status : rc_exit(RC_LIMIT)));
    await_room(c);
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
run_command(struct control *c, uint8_t kind, char **words, int n)
{
    struct buf out = BUF_NONE;
    struct buf err = BUF_NONE;
    int first = kind == WIRE_COMMAND_PIN ? 3 : 1;
    struct command command = {.argc = n - first,
                              .argv = words + first,
                              .in_fd = c->in_fd,
                              .lang = words[0],
                              .is_daemon = true};
    if (kind == WIRE_COMMAND_PIN) {
        command.pin = words[1][0] != '\0' ? words[1] : NULL;
        command.new_pin = words[2][0] != '\0' ? words[2] : NULL;
    }
    uint64_t start = daemon_now_us();
    int status = c->daemon->serve.run(c->daemon->node, &command, &out, &err);
    uint64_t held = daemon_now_us() - start;
    if (held > c->daemon->max_command_us)
        c->daemon->max_command_us = held;
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
    if ((kind == WIRE_COMMAND && n >= 2) || (kind == WIRE_COMMAND_PIN && n >= 4)) {
        run_command(c, kind, words, n);
        return;
    }
    if (kind == WIRE_SYNC && n == 2) {
        event_del(c->readable); /* it may wait for as long as it likes */
        event_add(c->readable, NULL);
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
    /* A pipe would hold the loop until whoever is behind it writes. */
    struct stat st;
    if (c->in_fd >= 0 && (fstat(c->in_fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        errno = EINVAL;
        return -1;
    }
    return got;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct control *c = arg;
    (void)fd;
    if ((what & EV_TIMEOUT) != 0) {
        control_free(c);
        return;
    }
    buf_reserve(&c->in, READ_BYTES);
    ssize_t n = receive(c, c->in.p + c->in.n, READ_BYTES);
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
    if (want < 1 || want > WIRE_REQUEST_MAX || c->in.n > (size_t)want + 4) {
        control_free(c);
        return;
    }
    if (c->in.n == (size_t)want + 4 && c->dial == NULL)
        take_request(c);
}

static bool
is_idle(const struct control *c, uint64_t now)
{
    int waiting = 0;
    return !c->is_answered && c->dial == NULL && now - c->made_ms >= IDLE_MS_FULL &&
           ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting == 0;
}

/* All places are taken: those who have not asked anything yet leave. */
static void
let_idle_go(struct daemon *d)
{
    uint64_t now = now_ms();
    for (struct control *c = d->controls, *next; c != NULL; c = next) {
        next = c->next;
        if (is_idle(c, now))
            control_free(c);
    }
}

void
control_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
               int n, void *arg)
{
    struct daemon *d = arg;
    struct timeval limit = {.tv_sec = CONTROL_READ_S};
    (void)listener;
    (void)from;
    (void)n;
    if (d->controls_n >= d->controls_max)
        let_idle_go(d);
    struct control *c = mem_new(sizeof(*c));
    *c = (struct control){
        .next = d->controls, .daemon = d, .fd = fd, .in_fd = -1, .made_ms = now_ms()};
    c->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(d->base, fd, EV_WRITE, on_writable, c);
    d->controls = c;
    d->controls_n++;
    event_add(c->readable, &limit);
    if (d->controls_n >= d->controls_max)
        door_pause(&d->control, FULL_MS);
}

enum rc
control_listen(struct daemon *d, struct fault *why)
{
    struct sockaddr_un at;
    int dir_fd = -1;
    bool ok = wire_address(d->node->dir, &at, &dir_fd);
    if (ok) {
        (void)unlink(at.sun_path); /* we hold the lock: whoever made it is gone */
        mode_t old = umask(0177);
        ok = door_open(d, &d->control, (struct sockaddr *)&at, sizeof(at));
        (void)umask(old);
    }
    if (!ok) {
        int no = errno;
        fault_set(why, RC_IO, FAULT_NODE_IO, "%s/%s", d->node->dir, WIRE_SOCKET);
        fault_want(why, "%s", strerror(no));
    }
    if (dir_fd >= 0)
        close(dir_fd);
    return ok ? RC_OK : RC_IO;
}

void
control_stop(struct daemon *d)
{
    struct sockaddr_un at;
    int dir_fd = -1;
    bool was_open = d->control.listener != NULL;
    while (d->controls != NULL)
        control_free(d->controls);
    door_close(&d->control);
    if (was_open && wire_address(d->node->dir, &at, &dir_fd))
        (void)unlink(at.sun_path);
    if (dir_fd >= 0)
        close(dir_fd);
}
