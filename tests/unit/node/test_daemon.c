/* The daemon's turns: nothing leaves before the guard knows of it, and what ends is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/daemon.h"

static char base[64];

static const char *
in_base(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *out = path[turn++ % 4];
    (void)snprintf(out, sizeof(path[0]), "%s/%s", base, name);
    return out;
}

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/linjuli-birth.XXXXXX");
    if (mkdtemp(base) == NULL || setenv("LINJULI_STATE", in_base("state"), 1) != 0)
        return 1;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    pid_t p = fork();
    if (p == 0) {
        (void)execlp("rm", "rm", "-rf", base, (char *)NULL);
        _exit(1);
    }
    int status = 1;
    return waitpid(p, &status, 0) == p ? status : 1;
}

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

/* The guards' descriptors lead to a place that takes nothing. */
static void
break_guards(void)
{
    int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(nowhere >= 0);
    for (int fd = 3; fd < 64; fd++) {
        char link[64], path[512];
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, path, sizeof(path));
        if (n > 6 && memcmp(path + n - 6, ".guard", 6) == 0)
            assert_int_equal(dup2(nowhere, fd), fd);
    }
    close(nowhere);
}

struct written {
    struct fault why;
};

static enum rc
work_unit(struct node *n, void *arg)
{
    struct written *i = arg;
    struct author a;
    struct made made;
    const struct assign f[] = {{"code", "0302"}, {"name", "Spark"}, {"kind", "group"}};
    enum rc rc = node_author(n, &a, &i->why);
    return rc == RC_OK ? edit_add(n->ledger, &a, "org_unit", 0, f, 3, &made, &i->why)
                       : rc;
}

static int
no_command(struct node *n, const struct command *c, struct buf *out, struct buf *err)
{
    (void)n;
    (void)c;
    (void)out;
    (void)err;
    return 0;
}

static struct daemon *
begin(struct node **n)
{
    static const struct serve s = {.run = no_command};
    const struct node_birth b = {
        .dir = in_base("hub"), .community = "Oasis", .person = "Centre", .sheet = sheet};
    struct fault why = {0};
    struct daemon *d = NULL;
    assert_int_equal(node_init(&b, &why), RC_OK);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, n, &why), RC_OK);
    assert_int_equal(daemon_new(*n, &s, &d, &why), RC_OK);
    return d;
}

static void
end(struct daemon *d, struct node *n)
{
    daemon_free(d);
    node_close(n);
}

/* A connection whose other end is ours. */
static struct peer *
connected(struct daemon *d, struct dial *dial, int *other)
{
    struct sockaddr_storage from = {.ss_family = AF_UNIX};
    int fd[2];
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
    *other = fd[1];
    struct peer *p = peer_new(d, fd[0], &from, dial);
    if (dial != NULL && p != NULL)
        dial->peer = p;
    return p;
}

static ssize_t
heard(int fd)
{
    char bytes[4096];
    return recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
}

static void
nothing_is_said_before_the_guard(void **state)
{
    struct node *n = NULL;
    struct written w = {.why = {0}};
    int other = -1;
    (void)state;
    struct daemon *d = begin(&n);
    struct dial *dial = dial_new(d, "127.0.0.1:9", false);
    assert_non_null(connected(d, dial, &other));
    assert_true(heard(other) > 0); /* the caller speaks first */
    close(other);
    daemon_drop_peers(d, CLOSE_NONE, "test");
    assert_null(dial->peer);
    break_guards();
    assert_int_equal(node_turn(n, work_unit, &w), RC_OK); /* committed, not guarded */
    assert_null(connected(d, dial, &other));
    assert_int_equal(heard(other), 0); /* closed, and not a byte before */
    close(other);
    assert_null(d->peers);
    assert_int_equal(d->peers_n, 0);
    end(d, n);
}

static enum rc
work_fails(void *arg)
{
    return *(enum rc *)arg;
}

static void
a_turn_that_fails_closes_all_and_a_refusal_nobody(void **state)
{
    struct node *n = NULL;
    int other[3];
    enum rc rc = RC_DENIED;
    (void)state;
    struct daemon *d = begin(&n);
    for (int i = 0; i < 3; i++)
        assert_non_null(connected(d, NULL, &other[i]));
    assert_int_equal(daemon_turn(d, work_fails, &rc), RC_DENIED);
    assert_int_equal(d->peers_n, 3);
    rc = RC_IO;
    assert_int_equal(daemon_turn(d, work_fails, &rc), RC_IO);
    assert_int_equal(d->peers_n, 0);
    assert_null(d->peers);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(heard(other[i]), 0);
        close(other[i]);
    }
    end(d, n);
}

static void
one_address_is_called_once(void **state)
{
    struct node *n = NULL;
    (void)state;
    struct daemon *d = begin(&n);
    struct dial *a = dial_new(d, "127.0.0.1:9", false);
    assert_ptr_equal(dial_new(d, "127.0.0.1:9", false), a);
    assert_ptr_not_equal(dial_new(d, "127.0.0.1:10", false), a);
    assert_ptr_not_equal(dial_new(d, "127.0.0.1:9", true), a); /* `sync` */
    end(d, n);
}

/* The end of an exchange is told with its own figures, and stops no daemon. */
static void
an_exchange_that_ends(void **state)
{
    const struct sync_report report = {.in_entries = 7, .close = CLOSE_EOF};
    struct node *n = NULL;
    (void)state;
    struct daemon *d = begin(&n);
    dial_lost(dial_new(d, "127.0.0.1:9", true), &report);
    assert_null(d->dials);
    assert_int_equal(d->report.in_entries, 0);
    event_base_loop(d->base, EVLOOP_NONBLOCK);
    assert_false(event_base_got_exit(d->base));
    d->is_visit = true;
    dial_lost(dial_new(d, "127.0.0.1:9", true), &report);
    assert_int_equal(d->report.in_entries, 7);
    end(d, n);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(nothing_is_said_before_the_guard),
        T(a_turn_that_fails_closes_all_and_a_refusal_nobody),
        T(one_address_is_called_once),
        T(an_exchange_that_ends),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
