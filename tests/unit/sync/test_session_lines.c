/* Lines that one side has decided and the other has not, over a log that forks: what they
 * name gets across whichever branch is whose trunk, and whosever trunk is longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

/* The next entry of log 1 behind `at`, which moves, into the homes of the mask. */
static void
write_at(struct street *s, struct chain *at, unsigned homes)
{
    struct chain kept = s->town.log[1];

    s->town.log[1] = *at;
    s->e.n = 0;
    town_write(&s->town, 1, 20, &s->e);
    *at = s->town.log[1];
    s->town.log[1] = kept;
    street_gives(s, homes);
}

static void
revoke_at(struct street *s, const struct chain *at, unsigned homes)
{
    s->e.n = 0;
    town_revoke(&s->town, 1, at, &s->e);
    street_gives(s, homes);
}

/* Home 0 ends the log on the short branch, which home 1 has never seen, after both ended
 * it on the long one. */
static void
a_short_branch_gets_to_whoever_has_a_longer_one(bool longer_begins)
{
    struct street s;
    struct chain shorter, longer;
    struct row a, b;

    street_init(&s, 2, 2);
    shorter = longer = s.town.log[1];
    write_at(&s, &longer, 3);
    write_at(&s, &longer, 3);
    revoke_at(&s, &longer, 3);
    write_at(&s, &longer, 2);
    write_at(&s, &longer, 2);
    write_at(&s, &shorter, 1);
    a = street_row(&s, 0, false, 1);
    assert_int_equal(a.proof_seq, 1);
    pipe_sync(&s.town, &s.home[0], &s.home[1]); /* the proof, not the branch */
    revoke_at(&s, &shorter, 1);
    a = street_row(&s, 0, false, 1);
    assert_int_equal(a.head_seq, 1);
    assert_int_equal(a.passed, 2);
    pipe_sync(&s.town, &s.home[longer_begins], &s.home[!longer_begins]);
    b = street_row(&s, 1, false, 1);
    assert_int_equal(b.head_seq, 1);
    assert_int_equal(b.passed, 2);
    assert_true(home_same(&s.home[0], &s.home[1]));
    street_fini(&s);
}

static void
it_comes_to_who_asks(void **state)
{
    (void)state;
    a_short_branch_gets_to_whoever_has_a_longer_one(true);
}

static void
it_comes_to_who_answers(void **state)
{
    (void)state;
    a_short_branch_gets_to_whoever_has_a_longer_one(false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_to_who_asks),
        cmocka_unit_test(it_comes_to_who_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
