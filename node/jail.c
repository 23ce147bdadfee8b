/* A process without rights: resource limits, and a list of the system calls that are
 * left. Nothing on it opens, connects, forks, executes, or asks about another process. */
#include "node/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#if defined(__x86_64__)
#define JAIL_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define JAIL_ARCH AUDIT_ARCH_AARCH64
#else
#error "jail.c: write down this machine's AUDIT_ARCH"
#endif

/* ---- limits */

static bool
limit(int what, rlim_t n)
{
    struct rlimit r = {n, n};
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* The sanitizers keep terabytes of address space, and say what they find. */
static bool
limit_all(void)
{
    return limit(RLIMIT_NOFILE, 2) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CPU, JAIL_CPU_S) &&
           (IS_SANITIZED || limit(RLIMIT_AS, JAIL_MEMORY_BYTES));
}

/* ---- system calls */

#define LET(name)                                                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1),                              \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static bool
filter_calls(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, JAIL_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        LET(read),
        LET(write),
        LET(lseek),
        LET(brk),
        LET(mmap),
        LET(munmap),
        LET(mremap),
        LET(madvise),
        LET(getrandom),
        LET(clock_gettime),
        LET(rt_sigreturn),
        LET(futex), /* glibc ends a process that may not wake itself */
        LET(rt_sigprocmask),
        LET(exit),
        LET(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool
jail_lock(void)
{
    return prctl(PR_SET_DUMPABLE, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit_all() &&
           (IS_SANITIZED || filter_calls());
}

/* ---- the process */

/* 0 the file, 1 the pipe, nothing else; under a sanitizer 2 stays for what it says. */
static bool
keep_two(int in, int out)
{
    int a = fcntl(in, F_DUPFD, 3), b = fcntl(out, F_DUPFD, 3);
    return a >= 0 && b >= 0 && dup2(a, 0) == 0 && dup2(b, 1) == 1 &&
           close_range(IS_SANITIZED ? 3 : 2, ~0u, 0) == 0;
}

enum rc
jail_begin(int in, jail_fn work, void *arg, void *secret, size_t secret_n,
           struct jail *out)
{
    int end[2];
    if (pipe2(end, O_CLOEXEC) != 0)
        return RC_IO;
    pid_t pid = fork();
    if (pid == 0) {
        if (secret != NULL)
            mem_wipe(secret, secret_n);
        /* Whoever started it has gone: so does it. */
        bool is_alone =
            prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && keep_two(in, end[1]) && jail_lock();
        _exit(is_alone ? work(arg, 0, 1) : 70);
    }
    close(end[1]);
    if (pid < 0) {
        close(end[0]);
        return RC_IO;
    }
    *out = (struct jail){.pid = pid, .fd = end[0]};
    return RC_OK;
}

void
jail_end(struct jail *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
    if (j->pid <= 0)
        return;
    (void)kill(j->pid, SIGKILL); /* nobody listens to it any more */
    while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    j->pid = 0;
}
