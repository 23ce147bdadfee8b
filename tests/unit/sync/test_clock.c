/* The hybrid logical clock. */
#include "sync/entry.h"
#include "tests/unit/crypto/figures.h"

#define NOW 1700000000000ull /* ms */

static void
the_clock_follows_the_wall(void **state)
{
    (void)state;
    assert_true(clock_next(0, NOW) == NOW << 16);
    assert_true(clock_next(NOW << 16, NOW + 1) == (NOW + 1) << 16);
    assert_true(clock_ms(clock_next(5, NOW)) == NOW);
}

static void
the_clock_only_grows(void **state)
{
    uint64_t last = clock_next(0, NOW);

    (void)state;
    assert_true(clock_next(last, NOW) == last + 1);
    assert_true(clock_next(last, NOW - 5000) == last + 1);
    assert_true(clock_next(last, 0) == last + 1);
    for (int i = 0; i < 70000; i++) { /* more than the counter holds in one ms */
        uint64_t next = clock_next(last, NOW);

        assert_true(next > last);
        last = next;
    }
    assert_true(clock_ms(last) == NOW + 1);
}

static void
the_ends_of_the_clock_do_not_wrap(void **state)
{
    (void)state;
    assert_true(clock_next(UINT64_MAX, NOW) == UINT64_MAX);
    assert_true(clock_next(0, UINT64_MAX) == 0xffffffffffff0000ull);
    assert_true(clock_next(0, 1ull << 48) == 0xffffffffffff0000ull);
    assert_true(clock_merge(1, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(clock_merge(1, UINT64_MAX, NOW) == 1);
    assert_true(clock_merge(1, 7, UINT64_MAX) == 7);
}

static void
a_received_clock_moves_ours_by_ten_minutes_at_most(void **state)
{
    uint64_t own = NOW << 16;
    uint64_t near = ((NOW + 600000) << 16) | 0xffff;
    uint64_t far = (NOW + 600001) << 16;

    (void)state;
    assert_true(clock_merge(own, near, NOW) == near);
    assert_true(clock_merge(own, far, NOW) == own);
    assert_true(clock_merge(own, far, NOW + 1) == far);
}

static void
a_received_clock_never_sets_ours_back(void **state)
{
    uint64_t own = NOW << 16;

    (void)state;
    assert_true(clock_merge(own, own - 1, NOW) == own);
    assert_true(clock_merge(own, 0, NOW) == own);
    assert_true(clock_merge(own, own, NOW) == own);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_follows_the_wall),
        cmocka_unit_test(the_clock_only_grows),
        cmocka_unit_test(the_ends_of_the_clock_do_not_wrap),
        cmocka_unit_test(a_received_clock_moves_ours_by_ten_minutes_at_most),
        cmocka_unit_test(a_received_clock_never_sets_ours_back),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
