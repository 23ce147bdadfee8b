/* What stands above a cut goes to the hub, once, and to nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

enum { HUB, OLD, OTHER, HOMES };

/* Log 2 ends at entry 3 for all; `more` later ones came to OTHER behind that. */
static void
cut_street(struct street *s, size_t more, size_t bytes)
{
    struct chain cut;

    street_init(s, HOMES, 2);
    street_writes(s, 2, 3, 50, 7);
    cut = s->town.log[2];
    s->e.n = 0;
    town_revoke(&s->town, 2, &cut, &s->e);
    street_gives(s, 7);
    street_writes(s, 2, more, bytes, 1u << OTHER);
}

static uint64_t
trunk(const struct street *s, size_t home)
{
    return replica_trunk_n(s->home[home].replica, &s->town.log[2].key.pub);
}

static void
assert_cut(const struct street *s)
{
    for (size_t i = 0; i < HOMES; i++) {
        assert_int_equal(street_row(s, i, false, 2).head_seq, 3);
        assert_true(home_same(&s->home[HUB], &s->home[i]));
    }
}

static void
the_hub_gets_it_whoever_begins(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t more = 1; more < 40; more += 12) {
            struct street s;

            cut_street(&s, more, 4000);
            assert_int_equal(trunk(&s, OTHER), 3 + more);
            pipe_sync(&s.town, &s.home[k ? HUB : OTHER], &s.home[k ? OTHER : HUB]);
            assert_int_equal(trunk(&s, HUB), 3 + more);
            assert_cut(&s);
            street_fini(&s);
        }
    }
}

static void
nobody_else_gets_it(void **state)
{
    struct street s;

    (void)state;
    cut_street(&s, 3, 50);
    pipe_sync(&s.town, &s.home[OTHER], &s.home[OLD]);
    assert_int_equal(trunk(&s, OLD), 3);
    pipe_sync(&s.town, &s.home[HUB], &s.home[OTHER]);
    pipe_sync(&s.town, &s.home[HUB], &s.home[OLD]); /* nor from the hub */
    assert_int_equal(trunk(&s, HUB), 6);
    assert_int_equal(trunk(&s, OLD), 3);
    street_fini(&s);
}

/* A second session costs the last entry, not all of it. */
static void
what_the_hub_has_is_not_sent_again(void **state)
{
    struct street s;
    struct session_info info;
    struct pipe p;

    (void)state;
    cut_street(&s, 30, 2000);
    pipe_sync(&s.town, &s.home[OTHER], &s.home[HUB]);
    pipe_init(&p, &s.town, &s.home[OTHER], &s.home[HUB]);
    pipe_run(&p);
    session_info(p.side[0].session, &info);
    assert_int_equal(info.out_entries, 1);
    street_writes(&s, 2, 1, 50, 1u << OTHER); /* one more comes: it is told at once */
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    session_info(p.side[0].session, &info);
    assert_int_equal(info.out_entries, 2);
    assert_int_equal(trunk(&s, HUB), 34);
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    session_info(p.side[0].session, &info);
    assert_int_equal(info.out_entries, 2);
    assert_true(p.side[0].is_synced);
    pipe_fini(&p);
    street_fini(&s);
}

/* The lost node itself, when it is found again: what it had not sent yet. */
static void
a_lost_node_hands_in_what_it_has(void **state)
{
    struct street s;

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        street_init(&s, HOMES, 2);
        street_writes(&s, 2, 3, 50, 7);
        s.e.n = 0;
        town_lost(&s.town, 2, &s.e);
        street_gives(&s, k ? 7 : 5);
        s.e.n = 0;
        struct chain cut = s.town.log[2];
        town_revoke(&s.town, 2, &cut, &s.e);
        street_gives(&s, k ? 7 : 5);
        street_writes(&s, 2, 4, 50, 1u << OLD);
        pipe_sync(&s.town, &s.home[OLD], &s.home[HUB]);
        assert_int_equal(trunk(&s, HUB), 7);
        assert_int_equal(street_row(&s, HUB, false, 2).head_seq, 3);
        street_fini(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hub_gets_it_whoever_begins),
        cmocka_unit_test(nobody_else_gets_it),
        cmocka_unit_test(what_the_hub_has_is_not_sent_again),
        cmocka_unit_test(a_lost_node_hands_in_what_it_has),
    };

    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
