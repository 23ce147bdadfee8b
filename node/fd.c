#include "node/fd.h"

#include <errno.h>
#include <unistd.h>

enum rc
fd_write(int fd, struct slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO;
        bytes = slice_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return RC_OK;
}
