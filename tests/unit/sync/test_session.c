/* Two replicas exchange what the other lacks: claims about the session. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

#define HOMES_MAX 6

/* A town of `n` nodes and logs, and as many homes that hold its first entry. */
struct scene {
    struct town town;
    struct home home[HOMES_MAX];
    size_t homes_n;
    struct buf e;
    uint64_t random;
};

static void
scene_init(struct scene *s, size_t homes, uint32_t logs)
{
    memset(s, 0, sizeof *s);
    town_init(&s->town, (uint32_t)homes, logs, &s->e);
    for (size_t i = 0; i < homes; i++) {
        home_init(&s->home[i], &s->town, (uint32_t)i + 1);
        home_take(&s->home[i], &s->e);
    }
    s->homes_n = homes;
    s->random = 88172645463325252ull;
}

static void
scene_fini(struct scene *s)
{
    for (size_t i = 0; i < s->homes_n; i++) {
        home_fini(&s->home[i]);
    }
    buf_free(&s->e);
    town_fini(&s->town);
}

static void
gives(struct scene *s, unsigned homes)
{
    for (size_t i = 0; i < s->homes_n; i++) {
        if ((homes & (1u << i)) != 0) {
            home_take(&s->home[i], &s->e);
        }
    }
}

/* n entries of a log, into the homes of the mask. */
static void
writes(struct scene *s, uint32_t log, size_t n, size_t bytes, unsigned homes)
{
    for (size_t k = 0; k < n; k++) {
        s->e.n = 0;
        town_write(&s->town, log, bytes, &s->e);
        gives(s, homes);
    }
}

/* Seals all that was written. */
static void
seals(struct scene *s, unsigned homes)
{
    s->e.n = 0;
    town_seal(&s->town, 1, s->town.logs_n, &s->e);
    gives(s, homes);
}

static void
seals_at(struct scene *s, uint32_t log, const struct chain *at, unsigned homes)
{
    s->e.n = 0;
    town_seal_at(&s->town, log, at, &s->e);
    gives(s, homes);
}

static void
syncs(struct scene *s, size_t a, size_t b)
{
    struct pipe p;

    pipe_init(&p, &s->town, &s->home[a], &s->home[b]);
    if (getenv("TELL"))
        pipe_tell(&p);
    pipe_run(&p);
    pipe_fini(&p);
}

static struct row
row_of(const struct home *h, bool is_authority, uint32_t no)
{
    struct row row;

    for (size_t i = 0; i < replica_rows_n(h->replica); i++) {
        replica_row_at(h->replica, i, &row);
        if (row.is_authority == is_authority && row.no == no) {
            return row;
        }
    }
    return (struct row){0};
}

static uint64_t
draw(struct scene *s, uint64_t n)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % n;
}

static void
two_that_are_equal_say_so_in_one_message_each(void **state)
{
    struct scene s;
    struct pipe p;
    uint64_t before[2];

    (void)state;
    scene_init(&s, 2, 3);
    writes(&s, 1, 5, 100, 3);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    assert_true(p.side[0].is_synced && p.side[1].is_synced);
    before[0] = p.side[0].sent;
    before[1] = p.side[1].sent;
    p.side[0].is_synced = false;
    pipe_step(&p, 0, SESSION_REPAIR);
    pipe_run(&p);
    print_message("# nothing differs: %d bytes there, %d back\n",
                  (int)(p.side[0].sent - before[0]), (int)(p.side[1].sent - before[1]));
    assert_true(p.side[0].is_synced);
    assert_true(p.side[0].sent - before[0] <= 70);
    assert_true(p.side[1].sent - before[1] <= 70);
    pipe_fini(&p);
    scene_fini(&s);
}

static void
what_either_lacks_arrives(void **state)
{
    struct scene s;
    struct pipe p;

    (void)state;
    scene_init(&s, 2, 4);
    writes(&s, 1, 20, 100, 1);
    writes(&s, 2, 30, 100, 2);
    writes(&s, 3, 10, 100, 3);
    writes(&s, 3, 10, 100, 1);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(p.side[0].is_synced && p.side[1].is_synced);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    pipe_fini(&p);
    scene_fini(&s);
}

static void
a_log_that_only_new_authority_grants_comes_in_the_same_exchange(void **state)
{
    struct scene s;
    struct pipe p;

    (void)state;
    scene_init(&s, 2, 2);
    s.e.n = 0;
    town_grant(&s.town, &s.e);
    gives(&s, 1);
    writes(&s, 3, 300, 100, 1);
    pipe_init(&p, &s.town, &s.home[1], &s.home[0]);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_int_equal(row_of(&s.home[1], false, 3).head_seq, 300);
    assert_true(p.side[0].is_synced && p.side[1].is_synced);
    pipe_fini(&p);
    scene_fini(&s);
}

/* The log goes on in two ways: 3 common entries, then `a` at home 0, `b` at home 1. */
static struct chain
forks(struct scene *s, uint32_t log, size_t a, size_t b)
{
    struct chain at, left;

    writes(s, log, 3, 50, 3);
    at = s->town.log[log];
    writes(s, log, a, 60, 1);
    left = s->town.log[log];
    s->town.log[log] = at;
    writes(s, log, b, 70, 2);
    return left;
}

static void
a_fork_is_found_and_both_stop_below_it(void **state)
{
    static const size_t tails[][2] = {{1, 1}, {1, 9}, {9, 1}, {200, 300}, {5000, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct scene s;
            struct pipe p;

            scene_init(&s, 2, 2);
            (void)forks(&s, 1, tails[i][0], tails[i][1]);
            pipe_init(&p, &s.town, &s.home[k], &s.home[1 - k]);
            pipe_run(&p);
            assert_true(home_same(&s.home[0], &s.home[1]));
            assert_true(row_of(&s.home[0], false, 1).has_proof);
            assert_int_equal(row_of(&s.home[0], false, 1).head_seq, 3);
            assert_true(p.side[0].is_synced);
            pipe_fini(&p);
            scene_fini(&s);
        }
    }
}

static void
a_seal_on_one_branch_brings_it_to_who_holds_the_other(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct scene s;
        struct chain left;

        scene_init(&s, 2, 2);
        left = forks(&s, 1, 10, 20);
        seals_at(&s, 1, &left, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(row_of(&s.home[1], false, 1).head_seq, 13);
        scene_fini(&s);
    }
}

static void
lines_on_both_branches_bring_both_branches_to_both(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct scene s;
        struct chain left, right;

        scene_init(&s, 2, 2);
        left = forks(&s, 1, 10, 20);
        right = s.town.log[1];
        seals_at(&s, 1, &left, 1);
        seals_at(&s, 1, &right, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(row_of(&s.home[0], false, 1).passed, 2);
        scene_fini(&s);
    }
}

static void
two_authority_entries_at_one_place_stop_it_everywhere_until_the_root_chooses(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct scene s;
        struct chain at, left;
        struct pair hub;
        static const uint8_t seed[SEED_BYTES] = {'H', 2};

        scene_init(&s, 2, 2);
        writes(&s, 1, 5, 50, 3);
        at = s.town.hub;
        seals(&s, 1);
        left = s.town.hub;
        s.town.hub = at;
        writes(&s, 2, 5, 50, 2);
        seals(&s, 2);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(row_of(&s.home[0], true, 1).head_seq, 1);
        assert_true(row_of(&s.home[1], true, 1).has_proof);
        pair_from_seed(PAIR_SIGN, seed, &hub);
        s.e.n = 0;
        town_succeed(&s.town, &hub, &left, &s.e);
        gives(&s, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(row_of(&s.home[1], true, 1).head_seq, 2);
        assert_int_equal(row_of(&s.home[1], true, 2).head_seq, 1);
        scene_fini(&s);
    }
}

static void
two_that_open_one_reign_freeze_both_replicas(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct scene s;
        struct chain last;
        struct pair hub;
        uint8_t seed[SEED_BYTES] = {'H', 3};

        scene_init(&s, 2, 2);
        last = s.town.hub;
        for (unsigned i = 0; i < 2; i++) {
            seed[2] = (uint8_t)i;
            pair_from_seed(PAIR_SIGN, seed, &hub);
            s.e.n = 0;
            s.town.reign = 1;
            town_succeed(&s.town, &hub, &last, &s.e);
            gives(&s, 1u << i);
        }
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_true(authority_is_frozen(replica_authority(s.home[0].replica)));
        assert_true(authority_is_frozen(replica_authority(s.home[1].replica)));
        scene_fini(&s);
    }
}

/* ---- whatever the difference */

/* Forks, seals, revokes and plain entries; each log reaches only some homes for a while,
 * and now and then two homes exchange, whole or cut off. */
struct life {
    unsigned online[TOWN_MAX + 1]; /* homes that get what this log writes; 0: the hub */
    struct chain kept[TOWN_MAX + 1];
};

static void
lives_once(struct scene *s, struct life *life)
{
    uint32_t log = 1 + (uint32_t)draw(s, s->town.logs_n);
    struct chain *c = &s->town.log[log];
    unsigned homes = life->online[log];

    s->e.n = 0;
    switch (draw(s, 24)) {
    case 0: /* a copy of the log goes on from where it was once */
        if (life->kept[log].seq > 0) {
            struct chain other = *c;

            *c = life->kept[log];
            life->kept[log] = other;
            life->online[log] = (unsigned)draw(s, 1u << s->homes_n);
        }
        break;
    case 1:
        life->kept[log] = *c;
        break;
    case 2:
        life->online[log] = (unsigned)draw(s, 1u << s->homes_n);
        break;
    case 3:
        life->online[0] = 1 | (unsigned)draw(s, 1u << s->homes_n);
        break;
    case 4:
    case 5:
        if (c->seq > 0) {
            town_seal_at(&s->town, log, c, &s->e);
            homes = life->online[0];
        }
        break;
    case 6:
        if (c->seq > 0 && draw(s, 4) == 0) {
            const struct chain *at = draw(s, 2) == 0 ? c : &life->kept[log];

            if (at->seq > 0) {
                town_revoke(&s->town, log, at, &s->e);
                homes = life->online[0];
            }
        }
        break;
    case 7:
        town_seal(&s->town, 1, s->town.logs_n, &s->e);
        homes = life->online[0];
        break;
    default:
        town_write(&s->town, log, 16 * draw(s, 20), &s->e);
        break;
    }
    for (size_t i = 0; i < s->homes_n && s->e.n > 0; i++) {
        if ((homes & (1u << i)) != 0) {
            (void)home_offer_any(&s->home[i], &s->e);
            home_settle(&s->home[i]);
        }
    }
}

static void
meets(struct scene *s)
{
    size_t a = draw(s, s->homes_n);
    size_t b = draw(s, s->homes_n);
    struct pipe p;

    if (a == b) {
        return;
    }
    pipe_init(&p, &s->town, &s->home[a], &s->home[b]);
    if (draw(s, 2) == 0) {
        p.budget = draw(s, 5000);
    }
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    assert_int_equal(p.side[1].close, CLOSE_NONE);
    pipe_cut(&p);
    pipe_fini(&p);
}

static void
lives(struct scene *s, unsigned steps)
{
    struct life life;

    memset(&life, 0, sizeof life);
    for (size_t i = 0; i <= s->town.logs_n; i++) {
        life.online[i] = (unsigned)draw(s, 1u << s->homes_n);
    }
    for (unsigned k = 0; k < steps; k++) {
        lives_once(s, &life);
        if (draw(s, 20) == 0) {
            meets(s);
        }
    }
}

static unsigned
seeds(unsigned usual)
{
    const char *wish = getenv("LINJULI_SEEDS");

    return wish != NULL ? (unsigned)strtoul(wish, NULL, 10) : usual;
}

static void
any_two_that_exchange_end_equal(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(200); seed++) {
        struct scene s;
        struct pipe p;

        scene_init(&s, 2, 3);
        s.random = seed * 2654435761ull;
        lives(&s, 150);
        pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
        if (getenv("TELL") && seed == seeds(0))
            pipe_tell(&p);
        pipe_run(&p);
        if (!home_same(&s.home[0], &s.home[1]) || !p.side[0].is_synced) {
            print_message("seed %u: %s, %s\n", seed, close_text(p.side[0].close),
                          close_text(p.side[1].close));
        }
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_true(p.side[0].is_synced);
        assert_int_equal(p.side[0].close, CLOSE_NONE);
        pipe_fini(&p);
        scene_fini(&s);
    }
}

static void
all_that_exchange_by_turns_end_equal(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(60); seed++) {
        struct scene s;
        bool same = false;

        scene_init(&s, 4, 4);
        s.random = seed * 2654435761ull + 7;
        lives(&s, 300);
        for (size_t round = 0; round < 4 && !same; round++) {
            same = true;
            for (size_t i = 1; i < 4; i++) {
                syncs(&s, i, 0);
                assert_true(home_same(&s.home[i], &s.home[0]));
            }
            for (size_t i = 1; i < 4; i++) {
                same = same && home_same(&s.home[i], &s.home[0]);
            }
        }
        assert_true(same);
        scene_fini(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_are_equal_say_so_in_one_message_each),
        cmocka_unit_test(what_either_lacks_arrives),
        cmocka_unit_test(a_log_that_only_new_authority_grants_comes_in_the_same_exchange),
        cmocka_unit_test(a_fork_is_found_and_both_stop_below_it),
        cmocka_unit_test(a_seal_on_one_branch_brings_it_to_who_holds_the_other),
        cmocka_unit_test(lines_on_both_branches_bring_both_branches_to_both),
        cmocka_unit_test(
            two_authority_entries_at_one_place_stop_it_everywhere_until_the_root_chooses),
        cmocka_unit_test(two_that_open_one_reign_freeze_both_replicas),
        cmocka_unit_test(any_two_that_exchange_end_equal),
        cmocka_unit_test(all_that_exchange_by_turns_end_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
