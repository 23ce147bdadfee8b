/* Whose beacons with our own number are another machine's, and whose are our own, said
 * again by a stranger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "node/twin.h"

#define START 1000000u

static bool
hears(struct twin *t, uint64_t wall_ms, uint64_t now_ms)
{
    const struct beacon b = {.port = 7400, .node = 1, .wall_ms = wall_ms};
    const struct sockaddr_in from = {.sin_addr.s_addr = htonl(0x0a090002)};
    return twin_heard(t, &b, &from, now_ms);
}

static void
own_words_said_again_are_nobody(void **state)
{
    struct twin t = {.since_ms = START};
    char at[TWIN_TEXT_BYTES];
    (void)state;
    assert_false(hears(&t, START - 1, 5)); /* of an earlier life */
    assert_false(hears(&t, START, 5));
    for (uint64_t i = 1; i <= 3 * TWIN_SAID_N; i++) {
        twin_said(&t, START + 10 * i);
        for (uint64_t k = 1; k <= i; k++)
            assert_false(hears(&t, START + 10 * k, 5));
    }
    assert_false(twin_at(&t, 5, at));
}

static void
another_machine_is_told_for_two_minutes(void **state)
{
    struct twin t = {.since_ms = START};
    char at[TWIN_TEXT_BYTES];
    (void)state;
    assert_true(hears(&t, START + 1, 1000));
    for (uint64_t i = 1; i <= 3 * TWIN_SAID_N; i++) {
        twin_said(&t, START + 10 * i);
        assert_true(hears(&t, START + 10 * i + 1, 1000));
        assert_true(hears(&t, START + 10 * i - 1, 1000));
    }
    assert_true(twin_at(&t, 120999, at));
    assert_string_equal(at, "10.9.0.2:7400");
    assert_false(twin_at(&t, 121000, at));
    /* Older than what is remembered: it may have been ours. */
    assert_false(hears(&t, START + 11, 2000));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_words_said_again_are_nobody),
        cmocka_unit_test(another_machine_is_told_for_two_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
