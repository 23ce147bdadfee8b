/* Result codes. */
#include "tests/unit/crypto/figures.h"

static void
every_code_has_its_own_name_a_text_and_an_exit_status(void **state)
{
    (void)state;
    for (int i = 0; i < RC_N; i++) {
        enum rc rc = (enum rc)i;

        assert_true(strlen(rc_name(rc)) > 0 && strlen(rc_text(rc)) > 0);
        assert_in_range(rc_exit(rc), 0, 78);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(rc_name(rc), rc_name((enum rc)k));
        }
    }
}

static void
exit_statuses_are_those_of_the_manual(void **state)
{
    (void)state;
    assert_int_equal(rc_exit(RC_OK), 0);
    assert_int_equal(rc_exit(RC_NO), 1);
    assert_int_equal(rc_exit(RC_USAGE), 64);
    assert_int_equal(rc_exit(RC_FORGED), 65);
    assert_int_equal(rc_exit(RC_NOTFOUND), 66);
    assert_int_equal(rc_exit(RC_OFFLINE), 69);
    assert_int_equal(rc_exit(RC_BUG), 70);
    assert_int_equal(rc_exit(RC_IO), 74);
    assert_int_equal(rc_exit(RC_BUSY), 75);
    assert_int_equal(rc_exit(RC_DENIED), 77);
    assert_int_equal(rc_exit(RC_CONFIG), 78);
    assert_string_equal(rc_name(RC_MALFORMED), "MALFORMED");
    assert_string_equal(rc_text(RC_OK), "done");
}

static void
a_code_of_nobody_is_our_mistake(void **state)
{
    (void)state;
    assert_string_equal(rc_name(RC_N), "BUG");
    assert_int_equal(rc_exit(RC_N), 70);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_name_a_text_and_an_exit_status),
        cmocka_unit_test(exit_statuses_are_those_of_the_manual),
        cmocka_unit_test(a_code_of_nobody_is_our_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
