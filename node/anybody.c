/* Is there a linjuli on this network already (sync/BEACON.md section 5)? For whoever is
 * about to found a community: a hint, and nobody is told who asks. */
#include "node/node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "node/cast.h"
#include "node/clock.h"

#define ASK_MS 500
#define LISTEN_MS 2000

static bool
is_there(int fd, char at[static ANYBODY_TEXT_BYTES])
{
    uint8_t bytes[CAST_BYTES_MAX];
    struct sockaddr_in from;
    socklen_t n = sizeof(from);
    ssize_t got =
        recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC, (struct sockaddr *)&from, &n);
    return got == BEACON_BYTES && n == sizeof(from) && bytes[0] == BEACON_KIND &&
           !cast_is_own(from.sin_addr) &&
           inet_ntop(AF_INET, &from.sin_addr, at, ANYBODY_TEXT_BYTES) != NULL;
}

static bool
wait_until(int fd, uint64_t until)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t now = now_ms();
    return now < until && (poll(&p, 1, (int)(until - now)) > 0 || errno == EINTR);
}

bool
node_lan_anybody(char at[static ANYBODY_TEXT_BYTES])
{
    struct cast_face face[CAST_FACES_MAX];
    struct buf ask = BUF_NONE;
    size_t n = cast_faces_out(face);
    bool is = false;
    int fd = n > 0 ? cast_listen() : -1;
    if (fd < 0)
        return false;
    cast_join(fd, face, n);
    beacon_ask_encode(&ask);
    for (uint64_t end = now_ms() + LISTEN_MS; !is && now_ms() < end;) {
        uint64_t again = now_ms() + ASK_MS;
        for (size_t i = 0; i < n; i++)
            cast_send(fd, &face[i], buf_slice(&ask));
        while (!is && wait_until(fd, again < end ? again : end))
            is = is_there(fd, at);
    }
    buf_free(&ask);
    close(fd);
    return is;
}
