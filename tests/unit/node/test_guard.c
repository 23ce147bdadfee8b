/* The guard: what it says of a log, whatever has happened to its file. */
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

#include "node/guard.h"

#define FILE_BYTES 256
#define SLOT_BYTES 128

struct place {
    char dir[64], key_path[128], copy_path[128], guard_path[256];
    struct key log;
};

static void
write_file(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

static size_t
read_file(const char *path, uint8_t out[static FILE_BYTES])
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out, FILE_BYTES);
    assert_true(n >= 0);
    close(fd);
    return (size_t)n;
}

static struct hash
id_of(uint64_t seq)
{
    return hash_of(slice_of(&seq, sizeof(seq)));
}

static void
make_place(struct place *p)
{
    char hex[2 * KEY_BYTES + 1];
    *p = (struct place){.dir = "/tmp/linjuli-guard.XXXXXX"};
    assert_non_null(mkdtemp(p->dir));
    assert_int_equal(setenv("LINJULI_STATE", p->dir, 1), 0);
    bytes_random(p->log.b, KEY_BYTES);
    hex_print(p->log.b, KEY_BYTES, hex);
    (void)snprintf(p->key_path, sizeof(p->key_path), "%s/a.key", p->dir);
    (void)snprintf(p->copy_path, sizeof(p->copy_path), "%s/b.key", p->dir);
    (void)snprintf(p->guard_path, sizeof(p->guard_path), "%s/%s.guard", p->dir, hex);
    write_file(p->key_path, "key", 3);
}

static void
remove_place(struct place *p)
{
    (void)chmod(p->dir, 0700);
    (void)unlink(p->guard_path);
    (void)unlink(p->copy_path);
    (void)unlink(p->key_path);
    assert_int_equal(rmdir(p->dir), 0);
}

static enum guard_word
word_at(const struct place *p, const char *key_path, uint64_t seq)
{
    struct guard *g = NULL;
    enum guard_word word = GUARD_FINE;
    struct hash id = id_of(seq);
    assert_int_equal(guard_open(&p->log, key_path, seq, &id, &g, &word), RC_OK);
    assert_int_equal(g != NULL, word == GUARD_FINE);
    guard_close(g);
    return word;
}

/* Signed up to here, from where it stood. */
static void
sign_to(const struct place *p, uint64_t from, uint64_t to)
{
    struct guard *g = NULL;
    enum guard_word word;
    struct hash id = id_of(from);
    assert_int_equal(guard_open(&p->log, p->key_path, from, &id, &g, &word), RC_OK);
    assert_non_null(g);
    for (uint64_t seq = from + 1; seq <= to; seq++) {
        id = id_of(seq);
        assert_int_equal(guard_put(g, seq, &id, seq * 400), RC_OK);
    }
    guard_close(g);
}

static void
fresh_behind_and_ahead(void **state)
{
    struct place p;
    struct stat st;
    (void)state;
    make_place(&p);
    assert_int_equal(word_at(&p, p.key_path, 0), GUARD_MISSING);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    assert_int_equal(stat(p.guard_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(word_at(&p, p.key_path, 0), GUARD_FINE);
    assert_int_equal(word_at(&p, p.key_path, 3), GUARD_FINE); /* it may be behind */
    sign_to(&p, 0, 5);
    assert_int_equal(word_at(&p, p.key_path, 5), GUARD_FINE);
    assert_int_equal(word_at(&p, p.key_path, 9), GUARD_FINE);
    assert_int_equal(word_at(&p, p.key_path, 4), GUARD_AHEAD);
    assert_int_equal(word_at(&p, p.key_path, 0), GUARD_AHEAD);
    assert_int_not_equal(guard_new(&p.log, p.key_path), RC_OK); /* never made twice */
    remove_place(&p);
}

static void
another_entry_at_the_same_place_is_ahead(void **state)
{
    struct place p;
    struct guard *g = NULL;
    enum guard_word word;
    struct hash other = id_of(77);
    (void)state;
    make_place(&p);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    sign_to(&p, 0, 5);
    assert_int_equal(guard_open(&p.log, p.key_path, 5, &other, &g, &word), RC_OK);
    assert_null(g);
    assert_int_equal(word, GUARD_AHEAD);
    remove_place(&p);
}

static void
a_copy_on_the_same_machine_is_foreign(void **state)
{
    struct place p;
    (void)state;
    make_place(&p);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    sign_to(&p, 0, 2);
    write_file(p.copy_path, "key", 3);
    assert_int_equal(word_at(&p, p.copy_path, 2), GUARD_FOREIGN);
    assert_int_equal(word_at(&p, p.key_path, 2), GUARD_FINE);
    assert_int_equal(unlink(p.key_path), 0);
    assert_int_equal(word_at(&p, p.key_path, 2), GUARD_FOREIGN); /* no key file at all */
    remove_place(&p);
}

/* Another machine: the bytes of the machine are others, and the check is right. */
static void
another_machine_is_foreign(void **state)
{
    struct place p;
    uint8_t bytes[FILE_BYTES];
    (void)state;
    make_place(&p);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    assert_int_equal(read_file(p.guard_path, bytes), SLOT_BYTES);
    bytes[48] ^= 1;
    struct hash check = hash_of(slice_of(bytes, 112));
    memcpy(bytes + 112, check.b, 16);
    write_file(p.guard_path, bytes, SLOT_BYTES);
    assert_int_equal(word_at(&p, p.key_path, 0), GUARD_FOREIGN);
    remove_place(&p);
}

/* The newest slot torn at every byte, by old bytes, zeros or a short file: the one before
 * it holds. Never FINE for less than the older slot says. */
static void
a_torn_slot_leaves_the_other(void **state)
{
    struct place p;
    uint8_t whole[FILE_BYTES], before[FILE_BYTES], torn[FILE_BYTES];
    (void)state;
    make_place(&p);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    sign_to(&p, 0, 4);
    assert_int_equal(read_file(p.guard_path, before), FILE_BYTES);
    sign_to(&p, 4, 5);
    assert_int_equal(read_file(p.guard_path, whole), FILE_BYTES);
    size_t at = memcmp(before, whole, SLOT_BYTES) != 0 ? 0 : SLOT_BYTES;
    assert_memory_equal(before + (SLOT_BYTES - at), whole + (SLOT_BYTES - at),
                        SLOT_BYTES);
    for (size_t cut = 0; cut < SLOT_BYTES; cut++) {
        memcpy(torn, whole, FILE_BYTES);
        memcpy(torn + at + cut, before + at + cut, SLOT_BYTES - cut);
        write_file(p.guard_path, torn, FILE_BYTES);
        assert_int_equal(word_at(&p, p.key_path, 5), GUARD_FINE);
        assert_int_equal(word_at(&p, p.key_path, 3), GUARD_AHEAD);
        memset(torn + at + cut, 0, SLOT_BYTES - cut);
        write_file(p.guard_path, torn, FILE_BYTES);
        assert_int_equal(word_at(&p, p.key_path, 5), GUARD_FINE);
        assert_int_equal(word_at(&p, p.key_path, 3), GUARD_AHEAD);
    }
    for (size_t i = 0; i < SLOT_BYTES; i++) {
        memcpy(torn, whole, FILE_BYTES);
        torn[at + i] ^= 0x40;
        write_file(p.guard_path, torn, FILE_BYTES);
        assert_int_equal(word_at(&p, p.key_path, 3), GUARD_AHEAD);
        assert_int_equal(word_at(&p, p.key_path, 4), GUARD_FINE);
    }
    remove_place(&p);
}

static void
both_torn_is_missing_at_every_length(void **state)
{
    struct place p;
    uint8_t whole[FILE_BYTES];
    (void)state;
    make_place(&p);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    sign_to(&p, 0, 5);
    assert_int_equal(read_file(p.guard_path, whole), FILE_BYTES);
    for (size_t n = 0; n < SLOT_BYTES; n++) {
        write_file(p.guard_path, whole, n);
        assert_int_equal(word_at(&p, p.key_path, 5), GUARD_MISSING);
    }
    whole[20] ^= 1;
    whole[SLOT_BYTES + 20] ^= 1;
    write_file(p.guard_path, whole, FILE_BYTES);
    assert_int_equal(word_at(&p, p.key_path, 5), GUARD_MISSING);
    remove_place(&p);
}

static void
no_state_directory_or_none_to_write(void **state)
{
    struct place p;
    char away[128];
    (void)state;
    make_place(&p);
    (void)snprintf(away, sizeof(away), "%s/gone", p.dir);
    assert_int_equal(setenv("LINJULI_STATE", away, 1), 0);
    assert_int_equal(word_at(&p, p.key_path, 0), GUARD_MISSING);
    assert_int_equal(access(away, F_OK), -1); /* looking makes nothing */
    (void)snprintf(away, sizeof(away), "%s/a.key/state", p.dir); /* below a file */
    assert_int_equal(setenv("LINJULI_STATE", away, 1), 0);
    assert_int_not_equal(guard_new(&p.log, p.key_path), RC_OK);
    assert_int_equal(setenv("LINJULI_STATE", p.dir, 1), 0);
    /* A link where the guard should be is not followed. */
    assert_int_equal(symlink(p.key_path, p.guard_path), 0);
    assert_int_not_equal(guard_new(&p.log, p.key_path), RC_OK);
    struct guard *g = NULL;
    enum guard_word word;
    struct hash id = id_of(0);
    assert_int_not_equal(guard_open(&p.log, p.key_path, 0, &id, &g, &word), RC_OK);
    assert_null(g);
    remove_place(&p);
}

static void
the_key_file_may_be_replaced_by_the_one_that_was_told(void **state)
{
    struct place p;
    struct guard *g = NULL;
    enum guard_word word;
    struct stat st;
    struct hash id = id_of(5);
    (void)state;
    make_place(&p);
    write_file(p.copy_path, "new", 3);
    assert_int_equal(stat(p.copy_path, &st), 0);
    assert_int_equal(guard_new(&p.log, p.key_path), RC_OK);
    sign_to(&p, 0, 5);
    assert_int_equal(word_at(&p, p.copy_path, 5), GUARD_FOREIGN);
    assert_int_equal(guard_open(&p.log, p.key_path, 5, &id, &g, &word), RC_OK);
    assert_int_equal(guard_expect(g, (uint64_t)st.st_ino), RC_OK);
    assert_int_equal(word_at(&p, p.key_path, 5), GUARD_FINE); /* stopped here: either */
    assert_int_equal(word_at(&p, p.copy_path, 5), GUARD_FINE);
    assert_int_equal(word_at(&p, p.copy_path, 4), GUARD_AHEAD);
    assert_int_equal(guard_settle(g, p.copy_path), RC_OK);
    guard_close(g);
    assert_int_equal(word_at(&p, p.copy_path, 5), GUARD_FINE);
    assert_int_equal(word_at(&p, p.key_path, 5), GUARD_FOREIGN);
    remove_place(&p);
}

static void
the_directory_follows_the_environment(void **state)
{
    char out[64], tiny[8];
    (void)state;
    assert_int_equal(setenv("LINJULI_STATE", "/x/y", 1), 0);
    assert_int_equal(guard_dir(out, sizeof(out)), RC_OK);
    assert_string_equal(out, "/x/y");
    assert_int_equal(setenv("LINJULI_STATE", "relative", 1), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", "/xdg", 1), 0);
    assert_int_equal(guard_dir(out, sizeof(out)), RC_OK);
    assert_string_equal(out, "/xdg/linjuli");
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    assert_int_equal(setenv("HOME", "/home/x", 1), 0);
    assert_int_equal(guard_dir(out, sizeof(out)), RC_OK);
    assert_string_equal(out, "/home/x/.local/state/linjuli");
    assert_int_equal(guard_dir(tiny, sizeof(tiny)), RC_LIMIT);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(guard_dir(out, sizeof(out)), RC_CONFIG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_behind_and_ahead),
        cmocka_unit_test(another_entry_at_the_same_place_is_ahead),
        cmocka_unit_test(a_copy_on_the_same_machine_is_foreign),
        cmocka_unit_test(another_machine_is_foreign),
        cmocka_unit_test(a_torn_slot_leaves_the_other),
        cmocka_unit_test(both_torn_is_missing_at_every_length),
        cmocka_unit_test(no_state_directory_or_none_to_write),
        cmocka_unit_test(the_key_file_may_be_replaced_by_the_one_that_was_told),
        cmocka_unit_test(the_directory_follows_the_environment),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
