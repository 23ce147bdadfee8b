/* Processes of the demo: this same program, started again and again. */
#include "cli/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 64
#define OUTPUT_MAX (16 << 20)
#define READY_MS 60000
#define STOP_MS 15000

uint64_t
demo_now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
demo_sleep_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* Below the range from which the system takes ports for outgoing calls: one of those
 * could be taken by a neighbour before the daemon listens on it. */
uint16_t
demo_free_port(void)
{
    for (unsigned tries = 0; tries < 100; tries++) {
        uint16_t port;
        bytes_random(&port, sizeof(port));
        port = (uint16_t)(10000 + port % 20000);
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return 0;
        bool ok = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
        close(fd);
        if (ok)
            return port;
    }
    return 0;
}

/* In the child: the words, the node, output into the pipe; it ends when we do. */
static void
child(struct demo *d, const struct demo_node *n, char **argv, int out_fd)
{
    char state[DEMO_PATH + 8];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int null = open("/dev/null", O_RDONLY);
    (void)snprintf(state, sizeof(state), "%s/state", d->dir);
    setenv("LINJULI_STATE", state, 1);
    setenv("LINJULI_LANG", lang_name(d->cli->lang), 1);
    if (n != NULL)
        setenv("LINJULI_DIR", n->dir, 1);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0)
        _exit(71);
    execv(d->program, argv);
    _exit(71);
}

static int
start(struct demo *d, const struct demo_node *n, char **argv, int *out_fd)
{
    int pipe_fd[2];
    if (pipe2(pipe_fd, O_CLOEXEC) != 0)
        return -1;
    int pid = fork();
    if (pid == 0)
        child(d, n, argv, pipe_fd[1]);
    close(pipe_fd[1]);
    if (pid < 0) {
        close(pipe_fd[0]);
        return -1;
    }
    *out_fd = pipe_fd[0];
    return pid;
}

static void
read_all(int fd, struct buf *out)
{
    out->n = 0;
    for (;;) {
        buf_reserve(out, 65536);
        ssize_t n = read(fd, out->p + out->n, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || out->n > OUTPUT_MAX)
            break;
        out->n += (size_t)n;
    }
    close(fd);
}

int
demo_run_words(struct demo *d, const struct demo_node *n, char **argv)
{
    int fd = -1, status = 0;
    int pid = start(d, n, argv, &fd);
    if (pid < 0)
        return -1;
    read_all(fd, &d->out);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
demo_run(struct demo *d, const struct demo_node *n, ...)
{
    char *argv[WORDS_MAX];
    int argc = 0;
    va_list words;
    argv[argc++] = d->program;
    va_start(words, n);
    for (char *w = va_arg(words, char *); w != NULL && argc < WORDS_MAX - 1;
         w = va_arg(words, char *))
        argv[argc++] = w;
    va_end(words);
    argv[argc] = NULL;
    return demo_run_words(d, n, argv);
}

/* The first line that a daemon prints says that it is ready, or why it is not; it is left
 * in `out`. */
static bool
wait_ready(int fd, int pid, struct buf *out)
{
    uint64_t until = demo_now_ms() + READY_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    out->n = 0;
    while (demo_now_ms() < until && out->n < 4096) {
        char byte = 0;
        if (poll(&p, 1, 200) <= 0) {
            if (waitpid(pid, NULL, WNOHANG) == pid)
                return false;
            continue;
        }
        if (read(fd, &byte, 1) != 1)
            return false;
        if (byte == '\n')
            break;
        buf_add_u8(out, (uint8_t)byte);
    }
    return out->n >= 5 && memcmp(out->p, "ready", 5) == 0;
}

enum rc
demo_serve(struct demo *d, struct demo_node *n)
{
    char listen[32];
    char serve[] = "serve", option[] = "--listen", no_lan[] = "--no-lan";
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", n->port);
    char *argv[] = {d->program, serve, option, listen, no_lan, NULL};
    n->pid = start(d, n, argv, &n->ready_fd);
    if (n->pid < 0) {
        n->pid = 0;
        return RC_IO;
    }
    if (wait_ready(n->ready_fd, n->pid, &d->out))
        return RC_OK;
    demo_stop(d, n);
    return RC_IO;
}

/* Highest resident memory of a process so far, kB. */
static uint64_t
peak_of(int pid)
{
    char path[64], line[256];
    unsigned long long kb = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtoull(line + 6, NULL, 10);
    if (f != NULL)
        fclose(f);
    return kb;
}

void
demo_stop(struct demo *d, struct demo_node *n)
{
    (void)d;
    if (n->pid == 0)
        return;
    uint64_t kb = peak_of(n->pid);
    if (kb > n->peak_kb)
        n->peak_kb = kb;
    kill(n->pid, SIGTERM);
    uint64_t until = demo_now_ms() + STOP_MS;
    while (waitpid(n->pid, NULL, WNOHANG) == 0) {
        if (demo_now_ms() > until)
            kill(n->pid, SIGKILL);
        demo_sleep_ms(10);
    }
    close(n->ready_fd);
    n->pid = 0;
}

void
demo_stop_all(struct demo *d)
{
    for (unsigned i = 0; i <= d->nodes_n; i++)
        if (d->node[i].pid != 0)
            kill(d->node[i].pid, SIGTERM);
    for (unsigned i = 0; i <= d->nodes_n; i++)
        demo_stop(d, &d->node[i]);
}

bool
demo_digest(struct demo *d, const struct demo_node *n, char out[static 33])
{
    if (demo_run(d, n, "digest", "--log", NULL) != 0 || d->out.n < 36 ||
        memcmp(d->out.p, "log ", 4) != 0)
        return false;
    memcpy(out, d->out.p + 4, 32);
    out[32] = '\0';
    return true;
}

bool
demo_converge(struct demo *d, unsigned from, unsigned to, uint64_t ms, uint64_t *took_ms)
{
    uint64_t start_ms = demo_now_ms();
    char first[33], other[33];
    for (;;) {
        unsigned i = from + 1;
        if (demo_digest(d, &d->node[from], first))
            while (i <= to && demo_digest(d, &d->node[i], other) &&
                   strcmp(first, other) == 0)
                i++;
        *took_ms = demo_now_ms() - start_ms;
        if (i > to)
            return true;
        if (*took_ms > ms)
            return false;
        demo_sleep_ms(100);
    }
}
