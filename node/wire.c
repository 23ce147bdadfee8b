#include "node/wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

bool
wire_address(const char *dir, struct sockaddr_un *out, int *dir_fd)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    *dir_fd = -1;
    int n = snprintf(out->sun_path, sizeof(out->sun_path), "%s/" WIRE_SOCKET, dir);
    if (n > 0 && (size_t)n < sizeof(out->sun_path))
        return true;
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir_fd < 0)
        return false;
    (void)snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/" WIRE_SOCKET,
                   *dir_fd);
    return true;
}

void
wire_report_encode(const struct sync_report *r, struct buf *out)
{
    buf_add_u64(out, r->in_entries);
    buf_add_u64(out, r->out_entries);
    buf_add_u64(out, r->in_bytes);
    buf_add_u64(out, r->out_bytes);
    buf_add_u8(out, (uint8_t)r->close);
    buf_add_u64(out, r->close_ms);
    buf_add_u64(out, (uint64_t)r->skew_ms);
    buf_add_u8(out, r->is_reached);
}

bool
wire_report_decode(struct slice s, struct sync_report *out)
{
    struct reader r = reader_of(s);
    out->in_entries = read_u64(&r);
    out->out_entries = read_u64(&r);
    out->in_bytes = read_u64(&r);
    out->out_bytes = read_u64(&r);
    uint8_t close = read_u8(&r);
    out->close = close < CLOSE_N ? (enum close_reason)close : CLOSE_NONE;
    out->close_ms = read_u64(&r);
    out->skew_ms = (int64_t)read_u64(&r);
    out->is_reached = read_u8(&r) == 1;
    return read_done(&r);
}
