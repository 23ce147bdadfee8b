#include "node/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 512
#define LOG_PATH_BYTES 4096

/* One of the two places with state of their own (the other is main): where lines go. */
static int log_fd = -1;
static char log_path[LOG_PATH_BYTES]; /* empty: standard error */
static size_t log_bytes;

static void
open_file(void)
{
    struct stat st;
    log_fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    log_bytes = log_fd >= 0 && fstat(log_fd, &st) == 0 ? (size_t)st.st_size : 0;
}

/* A node runs for years, and strangers may make it write: the file and the one before it
 * are all that it ever fills. */
static void
turn_over(void)
{
    char old[LOG_PATH_BYTES + 8];
    if (log_path[0] == '\0' || log_bytes < LOG_FILE_BYTES_MAX)
        return;
    (void)snprintf(old, sizeof(old), "%s.old", log_path);
    if (rename(log_path, old) != 0 && ftruncate(log_fd, 0) != 0) {
        log_close();
        return;
    }
    close(log_fd);
    open_file();
}

void
log_open(const char *path)
{
    log_close();
    int n = snprintf(log_path, sizeof(log_path), "%s", path != NULL ? path : "");
    if (path == NULL)
        log_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    else if (n > 0 && (size_t)n < sizeof(log_path))
        open_file();
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
    if (log_fd >= 0)
        turn_over();
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
    ssize_t done = write(log_fd, line, n); /* one that cannot be written stops nobody */
    log_bytes += done > 0 ? (size_t)done : 0;
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
