#include "tests/lib/zip.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
add16(struct buf *b, unsigned v)
{
    buf_add_u8(b, (uint8_t)v);
    buf_add_u8(b, (uint8_t)(v >> 8));
}

static void
add32(struct buf *b, uint32_t v)
{
    add16(b, v & 0xffff);
    add16(b, v >> 16);
}

static uint32_t
crc_of(struct slice s)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < s.n; i++) {
        c ^= s.p[i];
        for (int k = 0; k < 8; k++)
            c = (c & 1) != 0 ? c >> 1 ^ 0xedb88320u : c >> 1;
    }
    return ~c;
}

/* What both headers of a file have in common. */
static void
add_common(struct buf *b, const char *name, struct slice bytes)
{
    add16(b, 20); /* version */
    add16(b, 0);  /* flags */
    add16(b, 0);  /* stored */
    add16(b, 0);
    add16(b, 0x21); /* 1980-01-01 */
    add32(b, crc_of(bytes));
    add32(b, (uint32_t)bytes.n);
    add32(b, (uint32_t)bytes.n);
    add16(b, (unsigned)strlen(name));
    add16(b, 0);
}

void
zip_add(struct zip *z, const char *name, struct slice bytes)
{
    uint32_t at = (uint32_t)z->out.n;
    add32(&z->out, 0x04034b50);
    add_common(&z->out, name, bytes);
    buf_add(&z->out, name, strlen(name));
    buf_add_slice(&z->out, bytes);
    add32(&z->directory, 0x02014b50);
    add16(&z->directory, 20);
    add_common(&z->directory, name, bytes);
    add16(&z->directory, 0); /* comment */
    add16(&z->directory, 0); /* disk */
    add16(&z->directory, 0);
    add32(&z->directory, 0);
    add32(&z->directory, at);
    buf_add(&z->directory, name, strlen(name));
    z->n++;
}

void
zip_end(struct zip *z)
{
    uint32_t at = (uint32_t)z->out.n;
    buf_add_slice(&z->out, buf_slice(&z->directory));
    add32(&z->out, 0x06054b50);
    add32(&z->out, 0);
    add16(&z->out, z->n);
    add16(&z->out, z->n);
    add32(&z->out, (uint32_t)z->directory.n);
    add32(&z->out, at);
    add16(&z->out, 0);
}

void
zip_fini(struct zip *z)
{
    buf_free(&z->out);
    buf_free(&z->directory);
    z->n = 0;
}

int
zip_file(struct slice bytes)
{
    int fd = memfd_create("zip", MFD_CLOEXEC);
    assert(fd >= 0);
    assert(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    assert(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}
