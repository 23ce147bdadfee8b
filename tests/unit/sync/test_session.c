/* Two replicas exchange what the other lacks: claims about the session. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/pipe.h"

/* A town of `n` nodes and logs, and as many homes that hold its first entry. */
struct scene {
    struct town town;
    struct home home[5];
    size_t homes_n;
    struct buf e;
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

/* n entries of a log, into the homes of the mask. */
static void
writes(struct scene *s, uint32_t log, size_t n, size_t bytes, unsigned homes)
{
    for (size_t k = 0; k < n; k++) {
        s->e.n = 0;
        town_write(&s->town, log, bytes, &s->e);
        for (size_t i = 0; i < s->homes_n; i++) {
            if ((homes & (1u << i)) != 0) {
                home_take(&s->home[i], &s->e);
            }
        }
    }
}

static void
seals(struct scene *s, unsigned homes)
{
    s->e.n = 0;
    town_seal(&s->town, 1, s->town.logs_n, &s->e);
    for (size_t i = 0; i < s->homes_n; i++) {
        if ((homes & (1u << i)) != 0) {
            home_take(&s->home[i], &s->e);
        }
    }
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_are_equal_say_so_in_one_message_each),
        cmocka_unit_test(what_either_lacks_arrives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
