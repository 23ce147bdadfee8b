/* Two replicas exchange what the other lacks: claims about the session. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

static void
syncs(struct street *s, size_t a, size_t b)
{
    struct pipe p;

    pipe_init(&p, &s->town, &s->home[a], &s->home[b]);
    pipe_run(&p);
    pipe_fini(&p);
}

static void
two_that_are_equal_say_so_in_one_message_each(void **state)
{
    struct street s;
    struct pipe p;
    uint64_t before[2];

    (void)state;
    street_init(&s, 2, 3);
    street_writes(&s, 1, 5, 100, 3);
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
    street_fini(&s);
}

static void
what_either_lacks_arrives(void **state)
{
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 4);
    street_writes(&s, 1, 20, 100, 1);
    street_writes(&s, 2, 30, 100, 2);
    street_writes(&s, 3, 10, 100, 3);
    street_writes(&s, 3, 10, 100, 1);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(p.side[0].is_synced && p.side[1].is_synced);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    pipe_fini(&p);
    street_fini(&s);
}

static void
a_log_that_only_new_authority_grants_comes_in_the_same_exchange(void **state)
{
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 2);
    s.e.n = 0;
    town_grant(&s.town, &s.e);
    street_gives(&s, 1);
    street_writes(&s, 3, 300, 100, 1);
    pipe_init(&p, &s.town, &s.home[1], &s.home[0]);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_int_equal(street_row(&s, 1, false, 3).head_seq, 300);
    assert_true(p.side[0].is_synced && p.side[1].is_synced);
    pipe_fini(&p);
    street_fini(&s);
}

/* The log goes on in two ways: some common entries, then `a` at home 0, `b` at home 1. */
static struct chain
forks_at(struct street *s, uint32_t log, size_t common, size_t a, size_t b)
{
    struct chain at, left;

    street_writes(s, log, common, 50, 3);
    at = s->town.log[log];
    street_writes(s, log, a, 60, 1);
    left = s->town.log[log];
    s->town.log[log] = at;
    street_writes(s, log, b, 70, 2);
    return left;
}

static struct chain
forks(struct street *s, uint32_t log, size_t a, size_t b)
{
    return forks_at(s, log, 3, a, b);
}

static void
a_fork_is_found_and_both_stop_below_it(void **state)
{
    static const size_t tails[][3] = {{3, 1, 1},     {0, 1, 1},      {3, 1, 9},
                                      {3, 9, 1},     {4, 100, 100},  {3, 100, 100},
                                      {3, 200, 300}, {3, 5000, 1},   {63, 64, 65},
                                      {0, 300, 300}, {200, 300, 300}};

    (void)state;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct street s;
            struct pipe p;

            street_init(&s, 2, 2);
            (void)forks_at(&s, 1, tails[i][0], tails[i][1], tails[i][2]);
            pipe_init(&p, &s.town, &s.home[k], &s.home[1 - k]);
            pipe_tape(&p);
            pipe_run(&p);
            assert_true(home_same(&s.home[0], &s.home[1]));
            assert_true(street_row(&s, 0, false, 1).has_proof);
            assert_int_equal(street_row(&s, 0, false, 1).head_seq, tails[i][0]);
            assert_true(p.side[0].is_synced);
            assert_true(pipe_count(&p, 0, 8) + pipe_count(&p, 1, 8) <= 4); /* IDS */
            pipe_fini(&p);
            street_fini(&s);
        }
    }
}

static void
a_seal_on_one_branch_brings_it_to_who_holds_the_other(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct chain left;

        street_init(&s, 2, 2);
        left = forks(&s, 1, 10, 20);
        street_seals_at(&s, 1, &left, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(street_row(&s, 1, false, 1).head_seq, 13);
        street_fini(&s);
    }
}

static void
lines_on_both_branches_bring_both_branches_to_both(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct chain left, right;

        street_init(&s, 2, 2);
        left = forks(&s, 1, 10, 20);
        right = s.town.log[1];
        street_seals_at(&s, 1, &left, 1);
        street_seals_at(&s, 1, &right, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(street_row(&s, 0, false, 1).passed, 2);
        street_fini(&s);
    }
}

static void
two_authority_entries_at_one_place_stop_it_everywhere_until_the_root_chooses(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct chain at, left;
        struct pair hub;
        static const uint8_t seed[SEED_BYTES] = {'H', 2};

        street_init(&s, 2, 2);
        street_writes(&s, 1, 5, 50, 3);
        at = s.town.hub;
        street_seals(&s, 1);
        left = s.town.hub;
        s.town.hub = at;
        street_writes(&s, 2, 5, 50, 2);
        street_seals(&s, 2);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(street_row(&s, 0, true, 1).head_seq, 1);
        assert_true(street_row(&s, 1, true, 1).has_proof);
        pair_from_seed(PAIR_SIGN, seed, &hub);
        s.e.n = 0;
        town_succeed(&s.town, &hub, &left, &s.e);
        street_gives(&s, 1);
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(street_row(&s, 1, true, 1).head_seq, 2);
        assert_int_equal(street_row(&s, 1, true, 2).head_seq, 1);
        street_fini(&s);
    }
}

static void
two_that_open_one_reign_freeze_both_replicas(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct chain last;
        struct pair hub;
        uint8_t seed[SEED_BYTES] = {'H', 3};

        street_init(&s, 2, 2);
        last = s.town.hub;
        for (unsigned i = 0; i < 2; i++) {
            seed[2] = (uint8_t)i;
            pair_from_seed(PAIR_SIGN, seed, &hub);
            s.e.n = 0;
            s.town.reign = 1;
            town_succeed(&s.town, &hub, &last, &s.e);
            street_gives(&s, 1u << i);
        }
        syncs(&s, k, 1 - k);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_true(authority_is_frozen(replica_authority(s.home[0].replica)));
        assert_true(authority_is_frozen(replica_authority(s.home[1].replica)));
        street_fini(&s);
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
lives_once(struct street *s, struct life *life)
{
    uint32_t log = 1 + (uint32_t)street_draw(s, s->town.logs_n);
    struct chain *c = &s->town.log[log];
    unsigned homes = life->online[log];

    s->e.n = 0;
    switch (street_draw(s, 24)) {
    case 0: /* a copy of the log goes on from where it was once */
        if (life->kept[log].seq > 0) {
            struct chain other = *c;

            *c = life->kept[log];
            life->kept[log] = other;
            life->online[log] = (unsigned)street_draw(s, 1u << s->homes_n);
        }
        break;
    case 1:
        life->kept[log] = *c;
        break;
    case 2:
        life->online[log] = (unsigned)street_draw(s, 1u << s->homes_n);
        break;
    case 3:
        life->online[0] = 1 | (unsigned)street_draw(s, 1u << s->homes_n);
        break;
    case 4:
    case 5:
        if (c->seq > 0) {
            town_seal_at(&s->town, log, c, &s->e);
            homes = life->online[0];
        }
        break;
    case 6:
        if (c->seq > 0 && street_draw(s, 4) == 0) {
            const struct chain *at = street_draw(s, 2) == 0 ? c : &life->kept[log];

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
        town_write(&s->town, log, 16 * street_draw(s, 20), &s->e);
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
meets(struct street *s)
{
    size_t a = street_draw(s, s->homes_n);
    size_t b = street_draw(s, s->homes_n);
    struct pipe p;

    if (a == b) {
        return;
    }
    pipe_init(&p, &s->town, &s->home[a], &s->home[b]);
    if (street_draw(s, 2) == 0) {
        p.budget = street_draw(s, 5000);
    }
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    assert_int_equal(p.side[1].close, CLOSE_NONE);
    pipe_cut(&p);
    pipe_fini(&p);
}

static void
lives(struct street *s, unsigned steps)
{
    struct life life;

    memset(&life, 0, sizeof life);
    for (size_t i = 0; i <= s->town.logs_n; i++) {
        life.online[i] = (unsigned)street_draw(s, 1u << s->homes_n);
    }
    for (unsigned k = 0; k < steps; k++) {
        lives_once(s, &life);
        if (street_draw(s, 20) == 0) {
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
        struct street s;
        struct pipe p;

        street_init(&s, 2, 3);
        s.random = seed * 2654435761ull;
        lives(&s, 150);
        pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
        pipe_run(&p);
        if (!home_same(&s.home[0], &s.home[1]) || !p.side[0].is_synced) {
            print_message("seed %u: %s, %s\n", seed, close_text(p.side[0].close),
                          close_text(p.side[1].close));
        }
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_true(p.side[0].is_synced);
        assert_int_equal(p.side[0].close, CLOSE_NONE);
        pipe_fini(&p);
        street_fini(&s);
    }
}

static void
all_that_exchange_by_turns_end_equal(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(60); seed++) {
        struct street s;
        bool same = false;

        street_init(&s, 4, 4);
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
        street_fini(&s);
    }
}

/* ---- cut off and taken up again */
static void
what_was_cut_off_anywhere_is_taken_up_again(void **state)
{
    struct street s;
    size_t sessions = 0;
    uint64_t entries = 0;

    (void)state;
    street_init(&s, 2, 3);
    street_writes(&s, 1, 60, 300, 1);
    street_writes(&s, 2, 60, 300, 2);
    street_writes(&s, 3, 20, 3000, 1);
    street_seals(&s, 1); /* log 2 as well: a line for what only home 1 holds */
    for (uint64_t budget = 997; !home_same(&s.home[0], &s.home[1]); budget += 997) {
        struct session_info info;
        struct pipe p;

        assert_true(++sessions < 100);
        pipe_init(&p, &s.town, &s.home[sessions % 2], &s.home[(sessions + 1) % 2]);
        p.budget = budget;
        pipe_run(&p);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(p.side[i].close, CLOSE_NONE);
            session_info(p.side[i].session, &info);
            entries += info.in_entries;
        }
        pipe_cut(&p);
        pipe_fini(&p);
    }
    print_message("# cut off at every 997th byte: %zu sessions, %d of %d entries sent\n",
                  sessions, (int)entries, 60 + 60 + 20 + 1);
    assert_true(entries < 2 * 141);
    street_fini(&s);
}

static void
what_waits_for_one_line_is_not_sent_again_after_a_cut(void **state)
{
    struct street s;
    struct session_info info;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 1);
    street_writes(&s, 1, 1000, 200, 1);
    street_seals(&s, 1);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    p.budget = 300000;
    pipe_run(&p);
    pipe_cut(&p);
    pipe_fini(&p);
    assert_int_equal(street_row(&s, 1, false, 1).head_seq, 0); /* nothing counts yet */
    assert_true(replica_trunk_n(s.home[1].replica, &s.town.log[1].key.pub) > 500);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    session_info(p.side[1].session, &info);
    assert_true(info.in_entries < 500);
    assert_true(home_same(&s.home[0], &s.home[1]));
    pipe_fini(&p);
    street_fini(&s);
}

/* A seal names what neither holds whole: entries below it count by their signatures. */
static void
what_waits_for_a_line_that_nobody_can_fill_counts_by_its_signatures(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct pipe p;

        street_init(&s, 2, 1);
        street_writes(&s, 1, 10, 100, 1);
        street_writes(&s, 1, 10, 100, 0);
        street_seals(&s, 1);
        pipe_init(&p, &s.town, &s.home[k], &s.home[1 - k]);
        pipe_run(&p);
        assert_true(home_same(&s.home[0], &s.home[1]));
        assert_int_equal(street_row(&s, 1, false, 1).head_seq, 10);
        assert_true(p.side[0].is_synced);
        pipe_fini(&p);
        street_fini(&s);
    }
}

static void
however_the_bytes_are_split_the_end_is_the_same(void **state)
{
    uint8_t first[16];
    uint64_t entries[2] = {0};

    (void)state;
    for (uint64_t k = 0; k < 30; k++) {
        struct street s;
        struct pipe p;
        uint8_t digest[16];

        street_init(&s, 2, 3);
        (void)forks(&s, 1, 20, 30);
        street_writes(&s, 2, 200, 100, 1);
        street_writes(&s, 3, 200, 100, 2);
        street_seals(&s, 2);
        pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
        p.piece = k == 1 ? 1 : k * k * 40;
        p.random = k < 2 ? 0 : k;
        pipe_run(&p);
        assert_int_equal(p.side[0].close, CLOSE_NONE);
        assert_true(p.side[0].is_synced && p.side[1].is_synced);
        replica_digest(s.home[0].replica, digest);
        for (size_t i = 0; i < 2; i++) {
            struct session_info info;

            session_info(p.side[i].session, &info);
            if (k == 0) {
                entries[i] = info.in_entries;
            }
            assert_int_equal(info.in_entries, entries[i]);
        }
        if (k == 0) {
            memcpy(first, digest, sizeof first);
        }
        assert_memory_equal(first, digest, sizeof first);
        assert_true(home_same(&s.home[0], &s.home[1]));
        pipe_fini(&p);
        street_fini(&s);
    }
}

/* ---- pushing */
static void
what_is_new_is_pushed_without_a_comparison(void **state)
{
    struct street s;
    struct pipe p;
    uint64_t before[2];
    size_t entry;

    (void)state;
    street_init(&s, 2, 2);
    street_writes(&s, 1, 5, 100, 3);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    before[0] = p.side[0].sent;
    before[1] = p.side[1].sent;
    street_writes(&s, 1, 1, 100, 1);
    entry = s.e.n;
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    print_message("# one entry of %zu bytes pushed: %d bytes there, %d back\n", entry,
                  (int)(p.side[0].sent - before[0]), (int)(p.side[1].sent - before[1]));
    assert_int_equal(p.side[0].sent - before[0], entry + 2 + 16 + 5 + 1);
    assert_true(p.side[1].sent - before[1] <= 40);
    assert_int_equal(p.side[0].acks_n, 1);
    assert_true(key_eq(&p.side[0].ack.log, &s.town.log[1].key.pub));
    assert_true(p.side[0].ack.seq == 6);
    /* what came is not sent back */
    before[1] = p.side[1].sent;
    pipe_step(&p, 1, SESSION_CHANGED);
    pipe_run(&p);
    assert_true(p.side[1].sent == before[1]);
    pipe_fini(&p);
    street_fini(&s);
}

static void
before_the_first_comparison_nothing_is_pushed(void **state)
{
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 2);
    street_writes(&s, 1, 5, 100, 1);
    pipe_init(&p, &s.town, &s.home[1], &s.home[0]);
    pipe_step(&p, 0, SESSION_TIMER);
    pipe_step(&p, 1, SESSION_CHANGED);
    assert_int_equal(p.side[1].sent, 0);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    pipe_fini(&p);
    street_fini(&s);
}

/* Home 0 in the middle, one session to each other home. */
struct star {
    struct street s;
    struct pipe p[HOMES_MAX];
};

static void
star_run(struct star *x)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (size_t i = 1; i < x->s.homes_n; i++) {
            size_t before = x->p[i].side[1].changes_n;

            pipe_run(&x->p[i]);
            for (size_t k = 1; k < x->s.homes_n && x->p[i].side[1].changes_n > before;
                 k++) {
                if (k != i) {
                    pipe_step(&x->p[k], 1, SESSION_CHANGED);
                    moved = true;
                }
            }
        }
    }
}

static void
an_entry_goes_once_to_everyone_and_never_back(void **state)
{
    struct star x;

    (void)state;
    street_init(&x.s, 6, 6);
    for (size_t i = 1; i < 6; i++) {
        street_writes(&x.s, (uint32_t)i, 3 * i, 100, 1u << i);
        pipe_init(&x.p[i], &x.s.town, &x.s.home[i], &x.s.home[0]);
    }
    star_run(&x);
    for (size_t i = 1; i < 6; i++) {
        assert_true(home_same(&x.s.home[i], &x.s.home[0]));
    }
    for (uint32_t log = 1; log < 6; log++) { /* each home writes: pushed to all */
        street_writes(&x.s, log, 1, 100, 1u << log);
        pipe_step(&x.p[log], 0, SESSION_CHANGED);
        star_run(&x);
    }
    for (size_t i = 1; i < 6; i++) {
        struct session_info info;

        assert_true(home_same(&x.s.home[i], &x.s.home[0]));
        session_info(x.p[i].side[0].session, &info);
        assert_int_equal(info.out_entries, 3 * i + 1);
        assert_int_equal(info.in_entries, 45 + 5 - (3 * i + 1));
        pipe_fini(&x.p[i]);
    }
    street_fini(&x.s);
}

/* What was streamed turns out to be the branch that lost. */
static void
a_trunk_that_becomes_another_one_is_streamed_anew(void **state)
{
    struct street s;
    struct pipe p;
    struct chain at;

    (void)state;
    street_init(&s, 2, 1);
    street_writes(&s, 1, 3, 100, 3);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    at = s.town.log[1];
    street_writes(&s, 1, 3, 100, 1);
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    assert_int_equal(street_row(&s, 1, false, 1).head_seq, 6);
    s.town.log[1] = at;
    street_writes(&s, 1, 8, 120, 1);
    street_seals(&s, 1);
    assert_int_equal(street_row(&s, 0, false, 1).head_seq, 11);
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    pipe_fini(&p);
    street_fini(&s);
}

/* ---- bytes */
static void
ten_that_differ_of_a_large_history_cost_little_more_than_themselves(void **state)
{
    struct street s;
    struct pipe p;
    uint64_t entries = 0;
    uint64_t all;

    (void)state;
    street_init(&s, 2, 88);
    for (uint32_t log = 1; log <= 88; log++) {
        street_writes(&s, log, 40, 50, 3);
    }
    street_seals(&s, 3);
    for (uint32_t log = 1; log <= 10; log++) {
        street_writes(&s, log * 8, 1, 100, log % 2 == 0 ? 1 : 2);
        entries += s.e.n;
    }
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    all = p.side[0].sent + p.side[1].sent;
    print_message("# 10 entries differ, 88 logs: %d bytes, %d of them entries\n",
                  (int)all, (int)entries);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(all - entries <= 3072);
    /* a second time, on the same session: only what changed is told */
    all = p.side[0].sent + p.side[1].sent;
    street_writes(&s, 5, 1, 100, 1);
    pipe_step(&p, 0, SESSION_REPAIR);
    pipe_run(&p);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(p.side[0].sent + p.side[1].sent - all <= s.e.n + 300);
    pipe_fini(&p);
    street_fini(&s);
}

static void
in_bulk_the_wire_carries_hardly_more_than_the_entries(void **state)
{
    struct street s;
    struct pipe p;
    uint64_t entries = 0;
    uint64_t all;

    (void)state;
    street_init(&s, 2, 1);
    for (size_t i = 0; i < 2000; i++) {
        street_writes(&s, 1, 1, i % 10 == 0 ? 20000 : 60, 1);
        entries += s.e.n;
    }
    street_seals(&s, 1);
    entries += s.e.n;
    pipe_init(&p, &s.town, &s.home[1], &s.home[0]);
    pipe_run(&p);
    all = p.side[0].sent + p.side[1].sent;
    print_message("# bulk: %.5f bytes for each byte of the entries\n",
                  (double)all / (double)entries);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_true(all * 100 <= entries * 101);
    assert_true(p.side[1].longest <= 2 * CHUNK_BYTES);
    pipe_fini(&p);
    street_fini(&s);
}

/* ---- erased items */
/* Home 0's log 1 as it stands when items of entries 3 and 4 were erased. */
static void
erases(struct street *s)
{
    const struct sync_store *store = mem_store_port(s->home[0].store);
    const struct key *log = &s->town.log[1].key.pub;
    struct buf all[6] = {BUF_NONE};

    for (size_t i = 0; i < 6; i++) {
        struct entry e;

        s->e.n = 0;
        town_write(&s->town, 1, 100, &s->e);
        home_take(&s->home[0], &s->e);
        assert_int_equal(entry_decode(buf_slice(&s->e), &e), RC_OK);
        if (i == 2 || i == 3) {
            entry_erase(&e, 0, &all[i]);
        } else {
            buf_add_slice(&all[i], buf_slice(&s->e));
        }
    }
    assert_int_equal(store->cut(store->self, log, 1), RC_OK);
    for (size_t i = 0; i < 6; i++) {
        struct hash id = entry_id(buf_slice(&all[i]));

        assert_int_equal(store->append(store->self, log, i + 1, &id, buf_slice(&all[i])),
                         RC_OK);
        buf_free(&all[i]);
    }
    s->e.n = 0;
    town_erase(&s->town, 1, 3, 4, &s->e);
    street_gives(s, 1);
}

static void
entries_with_erased_items_travel_with_their_length(void **state)
{
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 1);
    erases(&s);
    pipe_init(&p, &s.town, &s.home[1], &s.home[0]);
    pipe_tape(&p);
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    assert_true(home_same(&s.home[0], &s.home[1]));
    assert_int_equal(street_row(&s, 1, false, 1).head_seq, 6);
    assert_int_equal(pipe_count(&p, 1, 5), 3); /* authority, 1 and 2, 3 to 6 */
    pipe_fini(&p);
    street_fini(&s);
}

/* ---- a lost node */
static void
a_lost_node_gets_the_authority_log_and_nothing_else(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct street s;
        struct session_info info;
        struct pipe p;

        street_init(&s, 2, 3); /* logs 2 and 3 are written on node 2 */
        street_writes(&s, 1, 10, 100, 1);
        street_writes(&s, 2, 10, 100, 2); /* what the lost node has to hand in */
        street_writes(&s, 3, 10, 100, 1); /* its own, but not here */
        s.e.n = 0;
        town_lost(&s.town, 2, &s.e);
        street_gives(&s, 1);
        pipe_init(&p, &s.town, &s.home[k], &s.home[1 - k]);
        pipe_tape(&p);
        pipe_run(&p);
        assert_int_equal(p.side[0].close, CLOSE_NONE);
        assert_int_equal(street_row(&s, 1, true, 1).head_seq, 2);
        assert_int_equal(street_row(&s, 1, false, 1).head_seq, 0);
        assert_int_equal(street_row(&s, 1, false, 3).head_seq, 0);
        assert_int_equal(street_row(&s, 0, false, 2).head_seq, 10);
        assert_null(strstr(buf_text(&p.story), " 1:10")); /* nor is it told of */
        session_info(p.side[k].session, &info);
        assert_int_equal(info.out_entries, 1);
        street_writes(&s, 1, 1, 100, 1); /* nor is anything pushed to it */
        pipe_step(&p, (int)k, SESSION_CHANGED);
        pipe_run(&p);
        assert_int_equal(street_row(&s, 1, false, 1).head_seq, 0);
        pipe_fini(&p);
        street_fini(&s);
    }
}

static void
a_node_that_is_lost_meanwhile_gets_no_more(void **state)
{
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 2);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_run(&p);
    s.e.n = 0;
    town_lost(&s.town, 2, &s.e);
    street_gives(&s, 1);
    street_writes(&s, 1, 1, 100, 1);
    pipe_step(&p, 0, SESSION_CHANGED);
    pipe_run(&p);
    assert_int_equal(street_row(&s, 1, true, 1).head_seq, 2);
    assert_int_equal(street_row(&s, 1, false, 1).head_seq, 0);
    pipe_fini(&p);
    street_fini(&s);
}

/* ---- for status */
static void
what_either_side_lacks_is_known_once_rows_were_told(void **state)
{
    struct street s;
    struct session_info info;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 3);
    street_writes(&s, 1, 2000, 100, 1);
    street_writes(&s, 2, 700, 100, 2);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    p.budget = 66000; /* past ROWS and one RUN */
    pipe_run(&p);
    session_info(p.side[0].session, &info);
    assert_true(info.is_open && info.is_initiator);
    assert_int_equal(info.node, 2);
    assert_int_equal(info.schema, 1);
    assert_int_equal(info.skew_ms, 0);
    assert_true(info.in_entries > 0 && info.in_entries < 700);
    assert_int_equal(info.missing_here, 700 - info.in_entries);
    assert_int_equal(info.missing_there, 2000);
    p.budget = UINT64_MAX;
    pipe_fini(&p);
    street_fini(&s);
}

/* ---- the story of one exchange */
static void
the_exchange_reads_like_this(void **state)
{
    static const char want[] = "[1000] 0 > HELLO DIGEST(0)\n"
                               "[1000] 1 > HELLO DIGEST(0)\n"
                               "[1000] 0 > VECTOR(1)(0) a1:1/0 1:5/0 2:0/0\n"
                               "[1000] 1 > ROWS(0) 1:2/0 2:3/0 RUN(0 2:1)\n"
                               "[1000] 0 > ACK(1) 2:3/0 RUN(0 1:3)\n"
                               "[1000] 1 > ACK(1) 1:5/0\n"
                               "[1000] 0 > DIGEST(1)\n"
                               "[1000] 1 > DIGEST(0)\n";
    struct street s;
    struct pipe p;

    (void)state;
    street_init(&s, 2, 2);
    street_writes(&s, 1, 2, 100, 3);
    street_writes(&s, 1, 3, 100, 1);
    street_writes(&s, 2, 3, 100, 2);
    pipe_init(&p, &s.town, &s.home[0], &s.home[1]);
    pipe_tape(&p);
    pipe_run(&p);
    assert_string_equal(buf_text(&p.story), want);
    pipe_fini(&p);
    street_fini(&s);
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
        cmocka_unit_test(what_was_cut_off_anywhere_is_taken_up_again),
        cmocka_unit_test(what_waits_for_one_line_is_not_sent_again_after_a_cut),
        cmocka_unit_test(
            what_waits_for_a_line_that_nobody_can_fill_counts_by_its_signatures),
        cmocka_unit_test(however_the_bytes_are_split_the_end_is_the_same),
        cmocka_unit_test(what_is_new_is_pushed_without_a_comparison),
        cmocka_unit_test(before_the_first_comparison_nothing_is_pushed),
        cmocka_unit_test(an_entry_goes_once_to_everyone_and_never_back),
        cmocka_unit_test(a_trunk_that_becomes_another_one_is_streamed_anew),
        cmocka_unit_test(
            ten_that_differ_of_a_large_history_cost_little_more_than_themselves),
        cmocka_unit_test(in_bulk_the_wire_carries_hardly_more_than_the_entries),
        cmocka_unit_test(entries_with_erased_items_travel_with_their_length),
        cmocka_unit_test(a_lost_node_gets_the_authority_log_and_nothing_else),
        cmocka_unit_test(a_node_that_is_lost_meanwhile_gets_no_more),
        cmocka_unit_test(what_either_side_lacks_is_known_once_rows_were_told),
        cmocka_unit_test(the_exchange_reads_like_this),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
