/* In the jail there is the file, the pipe, and nothing else that could be done. */
#include "node/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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

static char secret[16] = "a secret";

struct answer {
    char first[8];
    char secret[16];
    int opened, made, connected, forked, other, statted, signalled;
    int alloc, closed;
};

/* Everything that a reader which was taken over would try. */
static int
try_all(void *arg, int in, int out)
{
    struct answer a;
    struct stat st;
    memset(&a, 0, sizeof(a));
    errno = 0;
    if (read(in, a.first, 4) != 4)
        return 1;
    memcpy(a.secret, secret, sizeof(secret));
    a.closed = write(*(int *)arg, "x", 1) == 1;
    a.opened = open("/etc/passwd", O_RDONLY) >= 0;
    a.made = open("/tmp/linjuli-jail-test", O_WRONLY | O_CREAT, 0600) >= 0;
    a.connected = socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    a.other = dup(in) >= 0;
    if (!IS_SANITIZED) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        a.forked = pid > 0;
        a.statted = stat("/etc/passwd", &st) == 0;
        a.signalled = kill(getppid(), 0) == 0;
        a.alloc = mmap(NULL, (size_t)JAIL_MEMORY_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    }
    return write(out, &a, sizeof(a)) == (ssize_t)sizeof(a) ? 0 : 1;
}

static void
nothing_is_left_but_file_and_pipe(void **state)
{
    struct jail j;
    struct answer a;
    int file = memfd_create("in", MFD_CLOEXEC), mine = memfd_create("mine", MFD_CLOEXEC);
    (void)state;
    assert_true(file >= 0 && mine >= 0);
    assert_int_equal(write(file, "file", 4), 4);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(jail_begin(file, try_all, &mine, secret, sizeof(secret), &j), RC_OK);
    size_t n = 0;
    for (ssize_t got = 1; got > 0; n += (size_t)got)
        got = read(j.fd, (char *)&a + n, sizeof(a) - n);
    jail_end(&j);
    assert_int_equal(n, sizeof(a));
    assert_string_equal(a.first, "file");
    assert_int_equal(a.secret[0], 0);
    assert_string_equal(secret, "a secret"); /* ours is still there */
    assert_int_equal(a.closed, 0);
    assert_int_equal(a.opened, 0);
    assert_int_equal(a.made, 0);
    assert_int_equal(a.connected, 0);
    assert_int_equal(a.forked, 0);
    assert_int_equal(a.other, 0);
    assert_int_equal(a.statted, 0);
    assert_int_equal(a.signalled, 0);
    assert_int_equal(a.alloc, 0);
    close(file);
    close(mine);
}

static int
go_on(void *arg, int in, int out)
{
    (void)arg;
    (void)in;
    for (;;)
        if (write(out, "x", 1) < 0)
            return 1;
}

static void
it_ends_when_nobody_listens(void **state)
{
    struct jail j;
    char x[16];
    (void)state;
    int file = memfd_create("in", MFD_CLOEXEC);
    assert_int_equal(jail_begin(file, go_on, NULL, NULL, 0, &j), RC_OK);
    assert_int_equal(read(j.fd, x, 1), 1);
    int pid = j.pid;
    jail_end(&j);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    jail_end(&j); /* twice is fine */
    close(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_but_file_and_pipe),
        cmocka_unit_test(it_ends_when_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
