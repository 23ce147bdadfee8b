#include "node/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 512
#define LOG_FILE_BYTES_MAX (4 << 20)

/* One of the two places with state of their own (the other is main): where lines go. */
static int log_fd = -1;

void
log_open(const char *path)
{
    log_close();
    if (path == NULL) {
        log_fd = dup(STDERR_FILENO);
        return;
    }
    log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* A node runs for years: the file starts over rather than fill the disk. */
    if (log_fd >= 0 && lseek(log_fd, 0, SEEK_END) > LOG_FILE_BYTES_MAX &&
        ftruncate(log_fd, 0) != 0)
        log_close();
}

void
log_close(void)
{
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
}

/* Peers' bytes never reach a line unescaped; what does is ours or a number. Control
 * characters are blanked all the same, so that one event is one line. */
static void write_line(const char *level, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
write_line(const char *level, const char *fmt, va_list args)
{
    if (log_fd < 0)
        return;
    char line[LOG_LINE_MAX];
    struct timespec t = {0};
    struct tm tm = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &tm);
    int more = snprintf(line + n, sizeof(line) - n, "%s ", level);
    n += more > 0 ? (size_t)more : 0;
    more = vsnprintf(line + n, sizeof(line) - n - 1, fmt, args);
    n += more > 0 ? (size_t)more : 0;
    if (n > sizeof(line) - 2)
        n = sizeof(line) - 2;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' ';
    line[n++] = '\n';
    ssize_t done = write(log_fd, line, n);
    (void)done; /* a log that cannot be written stops nobody */
}

void
log_info(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    write_line("info", fmt, args);
    va_end(args);
}

void
log_warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    write_line("warn", fmt, args);
    va_end(args);
}
