/* The joiner's side of sixteen digits (sync/CODE.md): finds the hub on the local network,
 * and fetches the invite file. No node is there yet, and nothing else to do meanwhile. */
#include "node/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cast.h"
#include "node/clock.h"

#define ASK_MS 400   /* between two times that it asks */
#define FIND_MS 4000 /* nobody answered */
#define MORE_MS 300  /* after the first answer, for others */
#define PLACES_MAX 5 /* hubs that are tried */
#define CONNECT_MS 5000
#define TALK_MS 60000
#define SILENCE_MS 10000
#define READ_BYTES 65536

struct place {
    char address[HOSTPORT_TEXT_BYTES];
};
struct places {
    struct place place[PLACES_MAX];
    size_t n;
};

static uint64_t
left_ms(uint64_t until)
{
    uint64_t now = now_ms();
    return until > now ? until - now : 0;
}

static bool
wait_for(int fd, short events, uint64_t until)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n;
    do
        n = poll(&p, 1, (int)left_ms(until));
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* ---- finding */

static void
take_answer(int fd, const struct code_ask *asked, struct places *out)
{
    uint8_t bytes[CAST_BYTES_MAX];
    char host[INET_ADDRSTRLEN];
    struct sockaddr_in from;
    struct code_ask a;
    struct place place;
    socklen_t n = sizeof(from);
    ssize_t got =
        recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC, (struct sockaddr *)&from, &n);
    if (got != CODE_DATAGRAM_BYTES || out->n == PLACES_MAX ||
        code_ask_decode(slice_of(bytes, (size_t)got), true, &a) != RC_OK ||
        memcmp(&a.name, &asked->name, sizeof(a.name)) != 0 ||
        memcmp(a.nonce, asked->nonce, CODE_NONCE_BYTES) != 0 ||
        inet_ntop(AF_INET, &from.sin_addr, host, sizeof(host)) == NULL)
        return;
    (void)snprintf(place.address, sizeof(place.address), "%s:%u", host, a.port);
    for (size_t i = 0; i < out->n; i++)
        if (strcmp(out->place[i].address, place.address) == 0)
            return;
    out->place[out->n++] = place;
}

static void
ask_all(int fd, const struct code_ask *ask)
{
    struct cast_face face[CAST_FACES_MAX];
    struct buf out = BUF_NONE;
    code_ask_encode(ask, false, &out);
    size_t n = cast_faces(face);
    for (size_t i = 0; i < n; i++)
        cast_send(fd, &face[i], buf_slice(&out));
    buf_free(&out);
}

/* Who gave out an invite of this name? */
static void
find_places(const struct code_name *name, struct places *out)
{
    struct code_ask ask = {.name = *name};
    uint64_t end = now_ms() + FIND_MS;
    int fd = cast_ask();
    if (fd < 0)
        return;
    bytes_random(ask.nonce, CODE_NONCE_BYTES);
    while (left_ms(end) > 0) {
        uint64_t again = now_ms() + ASK_MS;
        ask_all(fd, &ask);
        while (wait_for(fd, POLLIN, again < end ? again : end)) {
            size_t before = out->n;
            take_answer(fd, &ask, out);
            if (before == 0 && out->n == 1 && end > now_ms() + MORE_MS)
                end = now_ms() + MORE_MS;
        }
    }
    close(fd);
}

/* ---- talking */

/* -1: nobody answers there. */
static int
connect_to(const char *address)
{
    struct sockaddr_storage to;
    socklen_t n = 0;
    for (unsigned nth = 0; net_resolve(address, false, nth, &to, &n) == RC_OK; nth++) {
        int error = 0;
        socklen_t error_n = sizeof(error);
        int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return -1;
        if ((connect(fd, (struct sockaddr *)&to, n) == 0 || errno == EINPROGRESS) &&
            wait_for(fd, POLLOUT, now_ms() + CONNECT_MS) &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_n) == 0 && error == 0)
            return fd;
        close(fd);
    }
    return -1;
}

static bool
send_all(int fd, struct buf *out)
{
    while (out->n > 0) {
        ssize_t n = send(fd, out->p, out->n, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN && wait_for(fd, POLLOUT, now_ms() + SILENCE_MS))
            continue;
        if (n < 0 && errno != EINTR)
            return false;
        buf_drop(out, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static enum code_heard
talk_over(int fd, struct code_talk *t, struct buf *out)
{
    uint64_t end = now_ms() + TALK_MS;
    uint8_t *bytes = mem_new(READ_BYTES);
    enum code_heard heard = CODE_MORE;
    while (heard == CODE_MORE) {
        uint64_t silence = now_ms() + SILENCE_MS;
        bool ok =
            send_all(fd, out) && wait_for(fd, POLLIN, silence < end ? silence : end);
        ssize_t n = ok ? recv(fd, bytes, READ_BYTES, 0) : -1;
        heard = n > 0 ? code_talk_hear(t, slice_of(bytes, (size_t)n), out) : CODE_BROKEN;
    }
    if (!send_all(fd, out) && heard != CODE_ANSWERED)
        heard = CODE_BROKEN;
    mem_free(bytes);
    return heard;
}

static enum rc
refused(const struct code_talk *t, struct fault *why)
{
    uint16_t value = 0;
    switch (code_talk_no(t, &value)) {
    case CODE_NO_WAIT:
        return fault_set(why, RC_BUSY, FAULT_CODE_WAIT, "%u", value);
    case CODE_NO_WRONG:
        return fault_set(why, RC_DENIED, FAULT_CODE_WRONG, "%u", value);
    case CODE_NO_NOBODY:
        break;
    }
    return fault_set(why, RC_DENIED, FAULT_CODE_UNKNOWN, " ");
}

static enum rc
answered(const struct code_talk *t, struct buf *file, struct fault *why)
{
    struct slice bytes;
    switch (code_talk_yes(t, &bytes)) {
    case CODE_YES_FILE:
        buf_reserve(file, bytes.n);
        buf_add_slice(file, bytes);
        return RC_OK;
    case CODE_YES_USED:
        return fault_set(why, RC_DENIED, FAULT_CODE_USED, " ");
    case CODE_YES_EXPIRED:
        break;
    }
    return fault_set(why, RC_DENIED, FAULT_CODE_LATE, " ");
}

static enum rc
fetch_from(const char *address, const struct code_name *name, const struct key *psk,
           struct buf *file, struct fault *why)
{
    struct pair self, ephemeral;
    struct buf out = BUF_NONE;
    int fd = connect_to(address);
    if (fd < 0)
        return fault_set(why, RC_OFFLINE, FAULT_CODE_NOBODY_AT, "%s", address);
    pair_new_random(PAIR_BOX, &self);
    pair_new_random(PAIR_BOX, &ephemeral);
    struct code_talk *t = code_talk_join(name, psk, &self, &ephemeral, &out);
    pair_wipe(&self);
    pair_wipe(&ephemeral);
    enum code_heard heard = talk_over(fd, t, &out);
    enum rc rc = heard == CODE_REFUSED ? refused(t, why)
                 : heard == CODE_ANSWERED
                     ? answered(t, file, why)
                     : fault_set(why, RC_PROTOCOL, FAULT_CODE_BROKEN, "%s", address);
    code_talk_free(t);
    buf_free(&out);
    close(fd);
    return rc;
}

enum rc
node_code_fetch(const struct code *code, const char *at, struct buf *file,
                char found[static HOSTPORT_TEXT_BYTES], struct fault *why)
{
    struct places places = {.n = 0};
    struct code_name name;
    struct key psk;
    enum rc rc = RC_OFFLINE;
    code_name_of(code, &name);
    if (at != NULL)
        (void)snprintf(places.place[places.n++].address, HOSTPORT_TEXT_BYTES, "%s", at);
    else
        find_places(&name, &places);
    if (places.n == 0)
        return fault_set(why, RC_OFFLINE, FAULT_CODE_NOBODY, " ");
    code_stretch(code, &psk);
    for (size_t i = 0; i < places.n && rc != RC_OK; i++) {
        struct fault fault = {0};
        rc = fetch_from(places.place[i].address, &name, &psk, file, &fault);
        if (rc == RC_OK)
            memcpy(found, places.place[i].address, HOSTPORT_TEXT_BYTES);
        else if (i == 0 || fault.rc != RC_OFFLINE)
            *why = fault;
    }
    mem_wipe(&psk, sizeof(psk));
    return rc == RC_OK ? RC_OK : why->rc;
}
