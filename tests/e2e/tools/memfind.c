/* Looks for strings in the memory of a running process.
 *
 * memfind PID TEXT...
 * Prints a line for each TEXT: how often it stands in the process's readable memory, and
 * the text. Exit 0; 1: the memory cannot be read; 64: usage. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (1u << 20)
#define TEXTS_MAX 64
#define TEXT_MAX 256

struct search {
    int fd;
    char **text;
    size_t n;
    uint64_t found[TEXTS_MAX];
    uint64_t bytes;             /* read in all */
    char buf[TEXT_MAX + BLOCK]; /* the end of the block before, then a block */
};

static uint64_t
count(const char *at, size_t n, const char *text)
{
    size_t len = strlen(text);
    const char *end = at + n;
    uint64_t found = 0;
    while ((at = memmem(at, (size_t)(end - at), text, len)) != NULL) {
        found++;
        at++;
    }
    return found;
}

/* What crosses two blocks is found in the second: its tail of the first is kept. */
static void
search_range(struct search *s, uint64_t from, uint64_t to)
{
    size_t kept = 0;
    while (from < to) {
        size_t want = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
        ssize_t got = pread(s->fd, s->buf + kept, want, (off_t)from);
        if (got <= 0)
            return; /* a device, or gone meanwhile */
        size_t have = kept + (size_t)got;
        for (size_t i = 0; i < s->n; i++) {
            size_t len = strlen(s->text[i]);
            /* whole ones in the kept part were counted before */
            size_t skip = kept >= len ? kept - len + 1 : 0;
            s->found[i] += count(s->buf + skip, have - skip, s->text[i]);
        }
        s->bytes += (uint64_t)got;
        from += (uint64_t)got;
        kept = have < TEXT_MAX ? have : TEXT_MAX;
        memmove(s->buf, s->buf + have - kept, kept);
    }
}

static void
search_all(struct search *s, FILE *maps)
{
    char line[512];
    while (fgets(line, sizeof(line), maps) != NULL) {
        uint64_t from = 0, to = 0;
        char mode[5] = "";
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 &&
            mode[0] == 'r')
            search_range(s, from, to);
    }
}

int
main(int argc, char **argv)
{
    char path[64];
    struct search *s = calloc(1, sizeof(*s));
    if (s == NULL || argc < 3 || argc - 2 > TEXTS_MAX)
        return 64;
    s->text = argv + 2;
    s->n = (size_t)argc - 2;
    for (size_t i = 0; i < s->n; i++)
        if (strlen(s->text[i]) == 0 || strlen(s->text[i]) >= TEXT_MAX)
            return 64;
    (void)snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "re");
    (void)snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || s->fd < 0)
        return 1;
    search_all(s, maps);
    (void)fclose(maps);
    (void)close(s->fd);
    if (s->bytes == 0)
        return 1;
    for (size_t i = 0; i < s->n; i++)
        printf("%" PRIu64 " %s\n", s->found[i], s->text[i]);
    free(s);
    return 0;
}
