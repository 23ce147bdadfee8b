/* A person's PIN: the key file is whole at every moment, the guard goes along, a locked
 * key is nowhere in memory, tries are counted before they are made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/keys.h"
#include "node/node.h"

static char base[64], dir[80];

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

static int
set_up(void **state)
{
    char at[80];
    struct fault why = {0};
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/linjuli-person.XXXXXX");
    if (mkdtemp(base) == NULL)
        return 1;
    (void)snprintf(at, sizeof(at), "%s/state", base);
    (void)snprintf(dir, sizeof(dir), "%s/node", base);
    const struct node_birth b = {
        .dir = dir, .community = "Oasis", .person = "Centre", .sheet = sheet};
    return setenv("LINJULI_STATE", at, 1) != 0 || node_init(&b, &why) != RC_OK;
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

static struct node *
begin(void)
{
    struct node *n = NULL;
    struct fault why = {0};
    assert_int_equal(node_open(dir, NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(n->logs_n, 1);
    return n;
}

static enum rc
work_write(struct node *n, void *arg)
{
    struct author a;
    struct made made;
    const struct assign f[] = {{"title", "lamp"}};
    enum rc rc = node_author(n, &a, arg);
    return rc == RC_OK ? edit_add(n->ledger, &a, "need", 0, f, 1, &made, arg) : rc;
}

static enum rc
write_one(struct node *n, struct fault *why)
{
    *why = (struct fault){0};
    return node_turn(n, work_write, why);
}

static bool
has_secret(const struct node *n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < sizeof(n->log[0].secret); i++)
        any |= n->log[0].secret[i];
    return any != 0;
}

static void
a_locked_log_writes_nothing_and_its_key_is_not_here(void **state)
{
    struct fault why;
    struct node *n = begin();
    struct key pub = n->log[0].pub;
    (void)state;
    assert_int_equal(write_one(n, &why), RC_OK);
    assert_int_equal(node_set_pin(n, 0, NULL, "2718", &why), RC_OK);
    assert_int_equal(n->lock[0], LOG_UNLOCKED);
    assert_int_equal(write_one(n, &why), RC_OK); /* whoever has set it goes on */
    node_lock(n, 0);
    assert_false(has_secret(n));
    assert_int_equal(write_one(n, &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_LOG_LOCKED);
    node_close(n);
    n = begin();
    assert_int_equal(n->lock[0], LOG_LOCKED);
    assert_int_equal(n->word[0], GUARD_FINE);
    assert_true(key_eq(&n->log[0].pub, &pub));
    assert_false(has_secret(n));
    assert_int_equal(node_unlock(n, 0, "2718", &why), RC_OK);
    assert_true(has_secret(n));
    assert_int_equal(write_one(n, &why), RC_OK);
    assert_int_equal(node_set_pin(n, 0, NULL, "3141", &why), RC_DENIED); /* asked again */
    assert_int_equal(node_set_pin(n, 0, "2718", NULL, &why), RC_OK);
    assert_int_equal(n->lock[0], LOG_OPEN);
    node_close(n);
    n = begin();
    assert_int_equal(write_one(n, &why), RC_OK);
    assert_int_equal(node_unlock(n, 0, "2718", &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_PIN_NONE);
    node_close(n);
}

static void
tries_are_counted_over_a_restart(void **state)
{
    struct fault why;
    struct node *n = begin();
    (void)state;
    assert_int_equal(node_set_pin(n, 0, NULL, "2718", &why), RC_OK);
    node_lock(n, 0);
    for (unsigned i = PIN_TRIES; i-- > 1;) {
        assert_int_equal(node_unlock(n, 0, "0", &why), RC_DENIED);
        assert_int_equal(why.code, FAULT_PIN_WRONG);
        assert_int_equal(strtoul(why.what, NULL, 10), i);
        node_close(n);
        n = begin();
    }
    assert_int_equal(node_unlock(n, 0, "0", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_PIN_WAIT);
    node_close(n);
    n = begin();
    assert_int_equal(node_unlock(n, 0, "2718", &why), RC_DENIED); /* not even the right */
    assert_int_equal(why.code, FAULT_PIN_WAIT);
    assert_false(has_secret(n));
    assert_int_equal(node_set_pin(n, 0, "2718", "1", &why), RC_DENIED);
    node_close(n);
}

/* Where the machine stops amid another PIN. */
enum stop { BEFORE_GUARD, AFTER_GUARD, AFTER_RENAME, STOPS };

struct stopper {
    struct node *node;
    enum stop at;
};

static enum rc
stop_there(void *arg, uint64_t inode)
{
    struct stopper *s = arg;
    if (s->at == BEFORE_GUARD)
        _exit(9);
    if (guard_expect(s->node->guard[0], inode) != RC_OK || s->at == AFTER_GUARD)
        _exit(9);
    return RC_OK;
}

static void
stopped_amid_it_the_file_opens_by_one_of_the_two(void **state)
{
    (void)state;
    for (int at = 0; at < STOPS; at++) {
        struct fault why;
        int status = 0;
        pid_t p = fork();
        assert_true(p >= 0);
        if (p == 0) {
            struct node *n = NULL;
            struct fault f;
            if (node_open(dir, NODE_WRITE, &n, &f) != RC_OK)
                _exit(1);
            struct stopper s = {n, (enum stop)at};
            _exit(keys_rewrite(dir, "log-01.key", &n->log[0], "2718", stop_there, &s,
                               &f) == RC_OK
                      ? 9
                      : 1);
        }
        assert_int_equal(waitpid(p, &status, 0), p);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
        struct node *n = begin();
        bool is_new = at == AFTER_RENAME;
        assert_int_equal(n->lock[0], is_new ? LOG_LOCKED : LOG_OPEN);
        assert_int_equal(n->word[0], GUARD_FINE);
        if (is_new)
            assert_int_equal(node_unlock(n, 0, "2718", &why), RC_OK);
        assert_int_equal(write_one(n, &why), RC_OK);
        node_close(n);
        n = begin(); /* the guard has settled: the next opening finds it so too */
        assert_int_equal(n->word[0], GUARD_FINE);
        char temp[128];
        struct stat st;
        keys_path(dir, "log-01.key.new", temp, sizeof(temp));
        assert_int_not_equal(stat(temp, &st),
                             0); /* no second copy of the key lies about */
        node_close(n);
    }
}

static void
a_copy_of_the_file_is_foreign_also_after_another_pin(void **state)
{
    char from[128], to[160];
    struct fault why;
    struct buf bytes = BUF_NONE;
    struct node *n = begin();
    (void)state;
    assert_int_equal(node_set_pin(n, 0, NULL, "2718", &why), RC_OK);
    node_close(n);
    keys_path(dir, "log-01.key", from, sizeof(from));
    (void)snprintf(to, sizeof(to), "%s.kept", from);
    assert_int_equal(file_read(from, 256, &bytes), RC_OK);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(file_write(from, buf_slice(&bytes)), RC_OK);
    buf_free(&bytes);
    n = begin();
    assert_int_equal(n->word[0], GUARD_FOREIGN);
    node_close(n);
}

int
main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(a_locked_log_writes_nothing_and_its_key_is_not_here),
        WITH(tries_are_counted_over_a_restart),
        WITH(stopped_amid_it_the_file_opens_by_one_of_the_two),
        WITH(a_copy_of_the_file_is_foreign_also_after_another_pin),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
