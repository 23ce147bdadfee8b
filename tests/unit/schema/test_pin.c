/* Wrong PINs: counted, made to wait, forgotten by the right one only. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/ledger_fixture.h"

#define MINUTE_MS 60000u

static const struct key log_key = {{7}}, other_key = {{8}};

static void
note(struct member *m, enum rc (*fn)(struct ledger *l, const struct key *log),
     const struct key *log)
{
    assert_ok(ledger_begin(m->l));
    assert_ok(fn(m->l, log));
    assert_ok(ledger_commit(m->l));
}

static struct pin_state
look(struct member *m, const struct key *log)
{
    struct pin_state s;
    assert_ok(pin_look(m->l, log, &s));
    return s;
}

static void
five_are_free_then_each_doubles_the_wait(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    struct member *m = &c.m[0];
    assert_int_equal(look(m, &log_key).left, PIN_TRIES);
    for (unsigned i = 1; i < PIN_TRIES; i++) {
        note(m, pin_try, &log_key);
        assert_int_equal(look(m, &log_key).left, PIN_TRIES - i);
        assert_int_equal(look(m, &log_key).wait_ms, 0);
    }
    uint64_t wait = MINUTE_MS;
    for (unsigned i = 0; i < 14; i++) {
        note(m, pin_try, &log_key);
        assert_int_equal(look(m, &log_key).left, 0);
        assert_int_equal(look(m, &log_key).wait_ms, wait);
        c.wall_ms += wait - 1;
        assert_int_equal(look(m, &log_key).wait_ms, 1);
        c.wall_ms += 1;
        assert_int_equal(look(m, &log_key).wait_ms, 0);
        if (i < 10)
            wait *= 2;
    }
    assert_int_equal(look(m, &other_key).left, PIN_TRIES); /* each log for itself */
    note(m, pin_right, &log_key);
    assert_int_equal(look(m, &log_key).left, PIN_TRIES);
    community_fini(&c);
}

static void
a_restart_forgives_nobody_nor_does_a_clock_set_back(void **state)
{
    struct community c;
    char dir[] = "/tmp/linjuli-pin.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(dir));
    community_init_at(&c, dir);
    struct member *m = &c.m[0];
    for (unsigned i = 0; i < PIN_TRIES + 1; i++)
        note(m, pin_try, &log_key);
    ledger_close(m->l);
    assert_ok(member_open(m));
    assert_int_equal(look(m, &log_key).wait_ms, 2 * MINUTE_MS);
    c.wall_ms -= 365 * 24 * 60 * (uint64_t)MINUTE_MS;
    assert_int_equal(look(m, &log_key).wait_ms, 2 * MINUTE_MS); /* not a year */
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_are_free_then_each_doubles_the_wait),
        cmocka_unit_test(a_restart_forgives_nobody_nor_does_a_clock_set_back),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
