/* What runs over the control socket, the jitter of timers, the log file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/daemon.h"
#include "node/wire.h"

static void
a_report_comes_back(void **state)
{
    const struct sync_report in = {1, 2, 3, UINT64_MAX, CLOSE_USED, 5, -6, true};
    struct sync_report out;
    struct buf b = BUF_NONE;
    (void)state;
    wire_report_encode(&in, &b);
    assert_true(wire_report_decode(buf_slice(&b), &out));
    assert_int_equal(out.in_entries, 1);
    assert_true(out.out_bytes == UINT64_MAX);
    assert_int_equal(out.close, CLOSE_USED);
    assert_true(out.close_ms == 5 && out.skew_ms == -6);
    assert_true(out.is_reached);
    for (size_t n = 0; n < b.n; n++)
        assert_false(wire_report_decode(slice_of(b.p, n), &out));
    b.p[b.n - 18] = 255; /* a reason of a later release */
    assert_true(wire_report_decode(buf_slice(&b), &out));
    assert_int_equal(out.close, CLOSE_NONE);
    buf_add_u8(&b, 0);
    assert_false(wire_report_decode(buf_slice(&b), &out));
    buf_free(&b);
}

static void
a_long_directory_has_an_address_too(void **state)
{
    char dir[320] = "/tmp/linjuli-wire.XXXXXX";
    struct sockaddr_un at;
    int fd = -1;
    (void)state;
    assert_true(wire_address("/srv/linjuli", &at, &fd));
    assert_string_equal(at.sun_path, "/srv/linjuli/control.sock");
    assert_int_equal(fd, -1);
    assert_non_null(mkdtemp(dir));
    size_t n = strlen(dir);
    dir[n] = '/';
    memset(dir + n + 1, 'd', 200);
    dir[n + 201] = '\0';
    assert_false(wire_address(dir, &at, &fd)); /* there is none */
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_true(wire_address(dir, &at, &fd));
    assert_true(fd >= 0);
    assert_true(strlen(at.sun_path) < 60);
    close(fd);
    assert_int_equal(rmdir(dir), 0);
    dir[n] = '\0';
    assert_int_equal(rmdir(dir), 0);
}

static void
jitter_stays_within(void **state)
{
    uint32_t least = UINT32_MAX, most = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint32_t j = jitter_ms(1000, 1500);
        assert_in_range(j, 1000, 1500);
        least = j < least ? j : least;
        most = j > most ? j : most;
    }
    assert_true(least < 1010 && most > 1490);
    assert_int_equal(jitter_ms(7, 7), 7);
    assert_int_equal(jitter_ms(7, 3), 7);
    assert_in_range(jitter_ms(0, UINT32_MAX), 0, UINT32_MAX);
}

static size_t
size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void
the_log_turns_over_and_stays_one_line_an_event(void **state)
{
    char dir[64] = "/tmp/linjuli-log.XXXXXX";
    char path[96], old[128], text[400];
    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/l", dir);
    (void)snprintf(old, sizeof(old), "%s.old", path);
    log_open(path);
    log_info("a=%s", "b\nc\033d");
    log_close();
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    assert_non_null(strstr(text, "info a=b c d\n"));
    assert_null(fgets(text, sizeof(text), f));
    assert_int_equal(fclose(f), 0);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_open(path);
    for (int i = 0; i < 25000; i++) /* some 10 MB */
        log_warn("%s", text);
    log_close();
    assert_true(size_of(path) > 0 && size_of(path) <= LOG_FILE_BYTES_MAX + 512);
    assert_true(size_of(old) > 0 && size_of(old) <= LOG_FILE_BYTES_MAX + 512);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(old), 0);
    assert_int_equal(rmdir(dir), 0);
    log_open("/tmp/linjuli-no-such-dir/l"); /* stops nobody */
    log_info("a");
    log_close();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_comes_back),
        cmocka_unit_test(a_long_directory_has_an_address_too),
        cmocka_unit_test(jitter_stays_within),
        cmocka_unit_test(the_log_turns_over_and_stays_one_line_an_event),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
