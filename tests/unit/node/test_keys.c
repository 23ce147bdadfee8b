/* Key files: whole, secret and plain files, or not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/keys.h"

struct place {
    char dir[64], path[128];
    struct pair pair;
};

static void
make_place(struct place *p)
{
    struct fault why = {0};
    char keys[80];
    *p = (struct place){.dir = "/tmp/linjuli-keys.XXXXXX"};
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(keys, sizeof(keys), "%s/keys", p->dir);
    assert_int_equal(mkdir(keys, 0700), 0);
    pair_new_random(PAIR_SIGN, &p->pair);
    assert_int_equal(keys_write(p->dir, "log-01.key", &p->pair, &why), RC_OK);
    keys_path(p->dir, "log-01.key", p->path, sizeof(p->path));
}

static void
remove_place(struct place *p)
{
    char keys[80];
    (void)unlink(p->path);
    (void)snprintf(keys, sizeof(keys), "%s/keys", p->dir);
    assert_int_equal(rmdir(keys), 0);
    assert_int_equal(rmdir(p->dir), 0);
}

static enum rc
read_it(const struct place *p, enum pair_kind kind, struct pair *out, struct fault *why)
{
    *why = (struct fault){0};
    return keys_read(p->dir, "log-01.key", kind, out, why);
}

static void
refused(const struct place *p)
{
    struct pair got;
    struct fault why;
    assert_int_equal(read_it(p, PAIR_SIGN, &got, &why), RC_CONFIG);
    assert_int_equal(why.code, FAULT_KEY_FILE);
    assert_non_null(strstr(why.what, "log-01.key"));
}

static void
written_and_read(void **state)
{
    struct place p;
    struct pair got;
    struct fault why;
    struct stat st;
    (void)state;
    make_place(&p);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(read_it(&p, PAIR_SIGN, &got, &why), RC_OK);
    assert_true(key_eq(&got.pub, &p.pair.pub));
    assert_int_equal(keys_write(p.dir, "log-01.key", &p.pair, &why), RC_INVALID);
    assert_int_equal(read_it(&p, PAIR_BOX, &got, &why), RC_CONFIG); /* another kind */
    assert_int_equal(keys_read(p.dir, "log-02.key", PAIR_SIGN, &got, &why), RC_NOTFOUND);
    remove_place(&p);
}

static void
what_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0610, 0601, 0660, 0777};
    struct place p;
    struct pair got;
    struct fault why;
    (void)state;
    make_place(&p);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(p.path, modes[i]), 0);
        refused(&p);
    }
    assert_int_equal(chmod(p.path, 0600), 0);
    assert_int_equal(read_it(&p, PAIR_SIGN, &got, &why), RC_OK);
    assert_int_equal(chmod(p.path, 0400), 0);
    assert_int_equal(read_it(&p, PAIR_SIGN, &got, &why), RC_OK);
    remove_place(&p);
}

static void
links_folders_and_pipes_are_refused(void **state)
{
    struct place p;
    char real[160];
    (void)state;
    make_place(&p);
    (void)snprintf(real, sizeof(real), "%s.real", p.path);
    assert_int_equal(rename(p.path, real), 0);
    assert_int_equal(symlink(real, p.path), 0);
    refused(&p);
    assert_int_equal(unlink(p.path), 0);
    assert_int_equal(mkfifo(p.path, 0600), 0);
    refused(&p); /* and does not wait for a writer */
    assert_int_equal(unlink(p.path), 0);
    assert_int_equal(mkdir(p.path, 0700), 0);
    refused(&p);
    assert_int_equal(rmdir(p.path), 0);
    assert_int_equal(unlink(real), 0);
    remove_place(&p);
}

static void
truncated_or_too_long_is_refused(void **state)
{
    struct place p;
    struct stat st;
    (void)state;
    make_place(&p);
    assert_int_equal(stat(p.path, &st), 0);
    for (off_t n = st.st_size - 1; n >= 0; n--) {
        assert_int_equal(truncate(p.path, n), 0);
        refused(&p);
    }
    assert_int_equal(truncate(p.path, st.st_size), 0); /* zeros */
    refused(&p);
    assert_int_equal(truncate(p.path, 1 << 20), 0);
    refused(&p);
    remove_place(&p);
}

static void
a_file_is_there_whole_or_not_at_all(void **state)
{
    struct place p;
    struct buf got = BUF_NONE;
    (void)state;
    make_place(&p);
    assert_int_equal(file_write(p.path, slice_text("new")), RC_OK);
    assert_int_equal(file_read(p.path, 3, &got), RC_OK);
    assert_true(slice_eq(buf_slice(&got), slice_text("new")));
    assert_int_equal(file_read(p.path, 2, &got), RC_LIMIT);
    assert_int_equal(file_read("/tmp/linjuli-no-such-file", 9, &got), RC_NOTFOUND);
    assert_int_equal(file_read(p.dir, 9, &got), RC_IO);
    assert_int_not_equal(file_write("/tmp/linjuli-no-such-dir/x", slice_text("x")),
                         RC_OK);
    buf_free(&got);
    remove_place(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(what_others_may_read_is_refused),
        cmocka_unit_test(links_folders_and_pipes_are_refused),
        cmocka_unit_test(truncated_or_too_long_is_refused),
        cmocka_unit_test(a_file_is_there_whole_or_not_at_all),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
