/* init, join and opening: a directory is there whole or not at all, and one process works
 * in it. */
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
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/node.h"

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

/* Dies as by a power cut: nothing is cleaned up. */
static void
die_amid(struct buf *out, const char *community, const struct pair *root)
{
    (void)out;
    (void)community;
    (void)root;
    _exit(9);
}

static enum rc
init_with(const char *dir, void (*fn)(struct buf *, const char *, const struct pair *),
          struct fault *why)
{
    const struct node_birth b = {
        .dir = dir, .community = "Oasis", .person = "Centre", .sheet = fn};
    return node_init(&b, why);
}

static enum rc
init(const char *dir, struct fault *why)
{
    return init_with(dir, sheet, why);
}

static void
touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void
a_birth_that_was_cut_off_blocks_nobody(void **state)
{
    struct fault why = {0};
    int status = 0;
    (void)state;
    pid_t p = fork();
    assert_true(p >= 0);
    if (p == 0) {
        (void)init_with(in_base("hub"), die_amid, &why);
        _exit(1);
    }
    assert_int_equal(waitpid(p, &status, 0), p);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    assert_int_equal(access(in_base("hub"), F_OK), -1);
    assert_int_equal(access(in_base("hub.unfinished/keys/hub.key"), F_OK), 0);
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(access(in_base("hub.unfinished"), F_OK), -1);
    assert_int_equal(access(in_base("hub/linjuli.db"), F_OK), 0);
    struct stat st;
    assert_int_equal(stat(in_base("hub"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

/* What is not an unfinished node of ours is nobody's to take away. */
static void
files_of_others_stay(void **state)
{
    struct fault why = {0};
    (void)state;
    assert_int_equal(init(in_base("a.new"), &why), RC_OK); /* a node of that name */
    assert_int_equal(init(in_base("a"), &why), RC_OK);
    assert_int_equal(access(in_base("a.new/keys/hub.key"), F_OK), 0);
    assert_int_equal(mkdir(in_base("b.unfinished"), 0700), 0);
    touch(in_base("b.unfinished/letter.txt"));
    assert_int_equal(init(in_base("b"), &why), RC_INVALID);
    assert_int_equal(access(in_base("b.unfinished/letter.txt"), F_OK), 0);
    assert_int_equal(access(in_base("b"), F_OK), -1);
}

static void
a_directory_that_is_there_is_refused(void **state)
{
    struct fault why = {0};
    (void)state;
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(init(in_base("hub"), &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_NODE_THERE);
    touch(in_base("file"));
    assert_int_equal(init(in_base("file"), &why), RC_INVALID);
    assert_int_equal(mkdir(in_base("empty"), 0755), 0);
    assert_int_equal(init(in_base("empty/"), &why), RC_OK); /* an empty one will do */
    assert_int_equal(init(in_base("not/yet/there"), &why), RC_OK);
    assert_int_equal(init("", &why), RC_LIMIT);
}

static void
two_births_at_once(void **state)
{
    struct fault why = {0};
    (void)state;
    assert_int_equal(mkdir(in_base("hub.unfinished"), 0700), 0);
    int fd = open(in_base("hub.unfinished"), O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    touch(in_base("hub.unfinished/linjuli.db"));
    assert_int_equal(init(in_base("hub"), &why), RC_BUSY);
    assert_int_equal(why.code, FAULT_NODE_LOCKED);
    assert_int_equal(access(in_base("hub.unfinished/linjuli.db"), F_OK), 0);
    close(fd);
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
}

static void
no_place_for_the_guard_leaves_nothing(void **state)
{
    struct fault why = {0};
    (void)state;
    touch(in_base("file"));
    assert_int_equal(setenv("LINJULI_STATE", in_base("file/state"), 1), 0);
    assert_int_not_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(why.code, FAULT_GUARD_STATE);
    assert_int_equal(access(in_base("hub"), F_OK), -1);
    assert_int_equal(access(in_base("hub.unfinished"), F_OK), -1);
}

static void
an_address_that_is_none_is_not_written(void **state)
{
    struct fault why = {0};
    (void)state;
    const struct node_birth b = {.dir = in_base("hub"),
                                 .community = "Oasis",
                                 .person = "Centre",
                                 .listen = "x\"\nweb = \"0.0.0.0:1",
                                 .sheet = sheet};
    assert_int_equal(node_init(&b, &why), RC_USAGE);
    assert_int_equal(why.code, FAULT_ADDRESS);
    assert_int_equal(access(in_base("hub"), F_OK), -1);
    assert_int_equal(access(in_base("hub.unfinished"), F_OK), -1);
}

/* ---- join */

struct invited {
    struct invite invite;
    struct fault why;
    uint64_t valid_ms;
};

static enum rc
work_unit(struct node *n, void *arg)
{
    struct invited *i = arg;
    struct author a;
    struct made made;
    const struct assign f[] = {{"code", "0302"}, {"name", "Spark"}, {"kind", "group"}};
    enum rc rc = node_author(n, &a, &i->why);
    return rc == RC_OK ? edit_add(n->ledger, &a, "org_unit", 0, f, 3, &made, &i->why)
                       : rc;
}

static enum rc
work_invite(struct node *n, void *arg)
{
    struct invited *i = arg;
    struct author a;
    const struct hub hub = {
        .hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
    enum rc rc = node_author(n, &a, &i->why);
    return rc == RC_OK ? hub_invite(n->ledger, &hub, &a, "Wang", 302, ROLE_LEADER,
                                    i->valid_ms, &i->invite, &i->why)
                       : rc;
}

static void
make_invite(const char *hub, uint64_t valid_ms, struct buf *file)
{
    struct invited i = {.valid_ms = valid_ms};
    struct fault why = {0};
    struct node *n = NULL;
    assert_int_equal(node_open(hub, NODE_WRITE, &n, &why), RC_OK);
    if (valid_ms > 1)
        assert_int_equal(node_turn(n, work_unit, &i), RC_OK);
    assert_int_equal(node_turn(n, work_invite, &i), RC_OK);
    invite_encode(&i.invite, file);
    invite_fini(&i.invite);
    node_close(n);
}

static void
torn_and_expired_invites_make_nothing(void **state)
{
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct node *n = NULL;
    (void)state;
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    make_invite(in_base("hub"), 60000, &file);
    for (size_t i = 0; i < file.n; i += i < 200 ? 1 : 97) {
        assert_int_not_equal(node_join(in_base("a"), slice_of(file.p, i), &why), RC_OK);
        assert_int_equal(why.code, FAULT_INVITE_FILE);
    }
    file.p[file.n / 2] ^= 1;
    assert_int_not_equal(node_join(in_base("a"), buf_slice(&file), &why), RC_OK);
    file.p[file.n / 2] ^= 1;
    assert_int_equal(access(in_base("a"), F_OK), -1);
    assert_int_equal(access(in_base("a.unfinished"), F_OK), -1);
    assert_int_equal(node_join(in_base("a"), buf_slice(&file), &why), RC_OK);
    assert_int_equal(node_open(in_base("a"), NODE_WRITE, &n, &why), RC_OK);
    assert_true(node_needs_join(n));
    assert_false(node_may_seal(n));
    node_close(n);
    assert_int_equal(node_join(in_base("a"), buf_slice(&file), &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_NODE_THERE);
    file.n = 0;
    make_invite(in_base("hub"), 1, &file);
    usleep(5000);
    assert_int_equal(node_join(in_base("b"), buf_slice(&file), &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_INVITE_EXPIRED);
    assert_int_equal(access(in_base("b"), F_OK), -1);
    buf_free(&file);
}

/* ---- open */

static void
one_process_works_in_it(void **state)
{
    struct fault why = {0};
    struct node *n = NULL, *other = NULL;
    (void)state;
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &other, &why), RC_BUSY);
    assert_int_equal(why.code, FAULT_NODE_LOCKED);
    uint64_t start = now_ms();
    assert_int_equal(node_open_wait(in_base("hub"), NODE_WRITE, 100, &other, &why),
                     RC_BUSY);
    assert_true(now_ms() - start >= 100);
    assert_int_equal(node_open(in_base("hub"), NODE_READ, &other, &why), RC_OK);
    enum guard_word word;
    assert_int_equal(node_guard_word(other, 0, &word), RC_OK);
    assert_int_equal(word, GUARD_FINE);
    node_close(other);
    node_close(n);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    node_close(n);
}

static void
what_is_no_node_is_said(void **state)
{
    struct fault why = {0};
    struct node *n = NULL;
    (void)state;
    assert_int_equal(node_open(in_base("none"), NODE_READ, &n, &why), RC_NOTFOUND);
    assert_int_equal(why.code, FAULT_NODE_MISSING);
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(truncate(in_base("hub/node.conf"), 0), 0);
    int fd = open(in_base("hub/node.conf"), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "lan = true\n\0colour = 1\n", 23), 23);
    close(fd);
    assert_int_equal(node_open(in_base("hub"), NODE_READ, &n, &why), RC_CONFIG);
    assert_int_equal(why.code, FAULT_CONF_LINE);
    assert_int_equal(truncate(in_base("hub/node.conf"), 1 << 20), 0);
    assert_int_equal(node_open(in_base("hub"), NODE_READ, &n, &why), RC_CONFIG);
    assert_int_equal(unlink(in_base("hub/node.conf")), 0);
    assert_int_equal(node_open(in_base("hub"), NODE_READ, &n, &why), RC_OK);
    node_close(n);
    assert_int_equal(unlink(in_base("hub/lock")), -1); /* a reader makes none */
    assert_int_equal(symlink("/etc/hostname", in_base("hub/lock")), 0);
    assert_int_not_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(why.code, FAULT_NODE_IO);
    assert_string_not_equal(why.want, "");
}

/* ---- turns */

static enum rc
work_nothing(struct node *n, void *arg)
{
    (void)n;
    (*(unsigned *)arg)++;
    return RC_OK;
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

/* What is committed when the guard fails is there and told so; nothing more is written,
 * and nobody is to be sent anything, until the guard has caught up. */
static void
without_a_guard_nothing_more_is_written(void **state)
{
    struct fault why = {0};
    struct node *n = NULL;
    struct invited i = {.valid_ms = 0};
    unsigned runs = 0;
    (void)state;
    assert_int_equal(init(in_base("hub"), &why), RC_OK);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(node_turn(n, work_nothing, &runs), RC_OK);
    break_guards();
    assert_int_equal(node_turn(n, work_unit, &i), RC_OK);
    uint64_t seq = replica_trunk_n(ledger_replica(n->ledger), &n->log[0].pub);
    assert_int_equal(node_after_commit(n), RC_IO);
    assert_int_equal(node_turn(n, work_nothing, &runs), RC_IO);
    assert_int_equal(runs, 1);
    node_close(n);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(replica_trunk_n(ledger_replica(n->ledger), &n->log[0].pub), seq);
    assert_int_equal(node_turn(n, work_nothing, &runs), RC_OK); /* it catches up */
    node_close(n);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_birth_that_was_cut_off_blocks_nobody),
        T(files_of_others_stay),
        T(a_directory_that_is_there_is_refused),
        T(two_births_at_once),
        T(no_place_for_the_guard_leaves_nothing),
        T(an_address_that_is_none_is_not_written),
        T(torn_and_expired_invites_make_nothing),
        T(one_process_works_in_it),
        T(what_is_no_node_is_said),
        T(without_a_guard_nothing_more_is_written),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
