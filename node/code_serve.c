/* At the hub: joiners who come with sixteen digits (sync/CODE.md). A few at a time, none
 * for long; wrong digits are counted before the next ones are judged. */
#include "node/daemon.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "node/clock.h"

#define GUESTS_MAX 8
#define TAKE_MS 60000 /* for the file */
#define READ_BYTES 4096

struct guest {
    struct guest *next;
    struct daemon *daemon;
    int fd;
    struct event *readable, *writable, *timer;
    struct code_talk *talk;
    struct buf out;
    bool is_last; /* when `out` is sent it ends */
};

static void
guest_free(struct guest *g)
{
    struct daemon *d = g->daemon;
    for (struct guest **at = &d->guests; *at != NULL; at = &(*at)->next) {
        if (*at == g) {
            *at = g->next;
            d->guests_n--;
            break;
        }
    }
    event_free(g->readable);
    event_free(g->writable);
    event_free(g->timer);
    close(g->fd);
    code_talk_free(g->talk);
    buf_free(&g->out);
    mem_free(g);
}

/* False: the guest is gone. */
static bool
flush(struct guest *g)
{
    while (g->out.n > 0) {
        ssize_t n = send(g->fd, g->out.p, g->out.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            event_add(g->writable, NULL);
            return true;
        }
        if (n < 0)
            break;
        buf_drop(&g->out, (size_t)n);
    }
    if (g->out.n == 0 && !g->is_last)
        return true;
    guest_free(g);
    return false;
}

/* ---- judging */

static enum rc
work_wrong(void *arg)
{
    struct guest *g = arg;
    return hub_code_wrong(g->daemon->node->ledger, code_talk_name(g->talk));
}

static enum rc
work_used(void *arg)
{
    struct guest *g = arg;
    return hub_code_used(g->daemon->node->ledger, code_talk_name(g->talk));
}

static void
refuse(struct guest *g, enum code_no no, unsigned value)
{
    g->is_last = true;
    code_talk_refuse(g->talk, no, value < UINT16_MAX ? (uint16_t)value : UINT16_MAX,
                     &g->out);
}

static void
refuse_wrong(struct guest *g, const struct hub_code *code)
{
    if (code->wait_min > 0)
        refuse(g, CODE_NO_WAIT, code->wait_min);
    else
        refuse(g, CODE_NO_WRONG, code->left);
}

static void
answer(struct guest *g, const struct hub_code *code)
{
    struct buf file = BUF_NONE;
    enum code_yes yes = code->is_used   ? CODE_YES_USED
                        : code->is_late ? CODE_YES_EXPIRED
                                        : CODE_YES_FILE;
    if (yes == CODE_YES_FILE &&
        hub_code_file(g->daemon->node->ledger, code_talk_name(g->talk), &file) != RC_OK)
        yes = CODE_YES_USED;
    g->is_last = yes != CODE_YES_FILE;
    code_talk_answer(g->talk, yes, buf_slice(&file), &g->out);
    if (file.p != NULL)
        mem_wipe(file.p, file.cap);
    buf_free(&file);
    timer_set(g->timer, TAKE_MS);
}

/* False: this hub cannot count, so it does not judge. */
static bool
judge(struct guest *g)
{
    struct daemon *d = g->daemon;
    struct ledger *l = d->node->ledger;
    struct hub_code code;
    enum rc rc = hub_code_get(l, code_talk_name(g->talk), &code);
    if (rc == RC_NOTFOUND) {
        refuse(g, CODE_NO_NOBODY, 0);
    } else if (rc == RC_OK && code.wait_min > 0) {
        refuse(g, CODE_NO_WAIT, code.wait_min);
    } else if (rc == RC_OK && code_talk_judge(g->talk, &code.psk)) {
        answer(g, &code);
    } else if (rc == RC_OK) {
        rc = daemon_turn(d, work_wrong, g);
        if (rc == RC_OK)
            rc = hub_code_get(l, code_talk_name(g->talk), &code);
        if (rc == RC_OK)
            refuse_wrong(g, &code);
        log_warn("code.wrong left=%u wait_min=%u", code.left, code.wait_min);
    }
    mem_wipe(&code, sizeof(code));
    return rc == RC_OK || rc == RC_NOTFOUND;
}

static void
hear(struct guest *g, struct slice bytes)
{
    bool goes_on = true;
    switch (code_talk_hear(g->talk, bytes, &g->out)) {
    case CODE_MORE:
        break;
    case CODE_ASKED:
        goes_on = judge(g);
        break;
    case CODE_TAKEN:
        if (daemon_turn(g->daemon, work_used, g) == RC_OK)
            log_info("code.taken n=1");
        goes_on = false;
        break;
    case CODE_REFUSED:
    case CODE_ANSWERED:
    case CODE_BROKEN:
        goes_on = false;
        break;
    }
    if (goes_on)
        (void)flush(g);
    else
        guest_free(g);
}

/* ---- the socket */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct guest *g = arg;
    uint8_t bytes[READ_BYTES];
    (void)what;
    ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || g->is_last)
        guest_free(g);
    else
        hear(g, slice_of(bytes, (size_t)n));
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)flush(arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    guest_free(arg);
}

void
guest_new(struct daemon *d, int fd, struct slice bytes)
{
    struct pair ephemeral;
    if (!node_may_seal(d->node) || d->guests_n >= GUESTS_MAX) {
        close(fd);
        return;
    }
    struct guest *g = mem_new(sizeof(*g));
    *g = (struct guest){.next = d->guests, .daemon = d, .fd = fd};
    pair_new_random(PAIR_BOX, &ephemeral);
    g->talk = code_talk_give(&d->node->box, &ephemeral);
    pair_wipe(&ephemeral);
    g->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_readable, g);
    g->writable = event_new(d->base, fd, EV_WRITE, on_writable, g);
    g->timer = evtimer_new(d->base, on_timer, g);
    d->guests = g;
    d->guests_n++;
    event_add(g->readable, NULL);
    timer_set(g->timer, HANDSHAKE_MS);
    hear(g, bytes);
}

void
guest_stop(struct daemon *d)
{
    while (d->guests != NULL)
        guest_free(d->guests);
}
