/* Codes at the hub: kept, counted, forgotten. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/hub_in.h"
#include "tests/lib/ledger_fixture.h"

#define MINUTE_MS 60000u

static const struct code_name name = {"123"};
static const struct key psk = {{5}};

/* A hub whose invite to a group waits under `name`. */
static struct member *
begin(struct community *c)
{
    community_init(c);
    community_groups(c, 1);
    struct member *m = community_invite(c, FIXTURE_GROUP, ROLE_LEADER);
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(hub_code_put(c->m[0].l, &name, &psk, &m->invite));
    assert_ok(ledger_commit(c->m[0].l));
    return m;
}

static void
wrong(struct community *c)
{
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(hub_code_wrong(c->m[0].l, &name));
    assert_ok(ledger_commit(c->m[0].l));
}

static struct hub_code
get(struct community *c)
{
    struct hub_code code;
    assert_ok(hub_code_get(c->m[0].l, &name, &code));
    return code;
}

static void
the_file_is_the_invite(void **state)
{
    struct community c;
    struct buf want = BUF_NONE;
    struct buf have = BUF_NONE;
    (void)state;
    struct member *m = begin(&c);
    struct hub_code code = get(&c);
    assert_true(key_eq(&code.psk, &psk));
    assert_false(code.is_used || code.is_late);
    assert_int_equal(code.left, HUB_CODE_TRIES);
    assert_int_equal(code.wait_min, 0);
    invite_encode(&m->invite, &want);
    assert_ok(hub_code_file(c.m[0].l, &name, &have));
    assert_true(slice_eq(buf_slice(&want), buf_slice(&have)));
    const struct code_name other = {"124"};
    assert_int_equal(hub_code_get(c.m[0].l, &other, &code), RC_NOTFOUND);
    buf_free(&want);
    buf_free(&have);
    community_fini(&c);
}

static void
wrong_digits_are_counted_and_the_wait_doubles(void **state)
{
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 32};
    struct community c;
    (void)state;
    (void)begin(&c);
    for (unsigned i = 1; i < HUB_CODE_TRIES; i++) {
        wrong(&c);
        assert_int_equal(get(&c).left, HUB_CODE_TRIES - i);
        assert_int_equal(get(&c).wait_min, 0);
    }
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        wrong(&c);
        assert_int_equal(get(&c).left, 0);
        assert_int_equal(get(&c).wait_min, waits[i]);
        c.wall_ms += (uint64_t)waits[i] * MINUTE_MS - 1;
        assert_int_equal(get(&c).wait_min, 1);
        c.wall_ms += 1;
        assert_int_equal(get(&c).wait_min, 0);
    }
    community_fini(&c);
}

static void
a_clock_set_back_does_not_lock_for_longer(void **state)
{
    struct community c;
    (void)state;
    (void)begin(&c);
    for (unsigned i = 0; i < HUB_CODE_TRIES; i++)
        wrong(&c);
    c.wall_ms -= 86400000u;
    assert_int_equal(get(&c).wait_min, 1);
    community_fini(&c);
}

static void
a_restart_forgives_nobody(void **state)
{
    struct community c;
    char dir[] = "/tmp/linjuli-code.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(dir));
    community_init_at(&c, dir);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_code_put(c.m[0].l, &name, &psk, &m->invite));
    assert_ok(ledger_commit(c.m[0].l));
    for (unsigned i = 0; i < HUB_CODE_TRIES; i++)
        wrong(&c);
    ledger_close(c.m[0].l);
    c.m[0].l = NULL;
    assert_ok(member_open(&c.m[0]));
    assert_int_equal(get(&c).wait_min, 1);
    wrong(&c);
    assert_int_equal(get(&c).wait_min, 2);
    community_fini(&c);
    for (int i = 0; i < 2; i++) {
        static const char *const tails[] = {"", "-wal", "-shm"};
        for (size_t k = 0; k < 3; k++) {
            char path[96];
            (void)snprintf(path, sizeof(path), "%s/%d.db%s", dir, i, tails[k]);
            (void)unlink(path);
        }
    }
    assert_int_equal(rmdir(dir), 0);
}

static void
the_file_goes_when_it_was_fetched_or_is_late(void **state)
{
    struct community c;
    struct buf file = BUF_NONE;
    (void)state;
    (void)begin(&c);
    c.wall_ms += HUB_CODE_MS;
    assert_false(get(&c).is_late);
    c.wall_ms += 1;
    assert_true(get(&c).is_late);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_code_sweep(c.m[0].l));
    assert_ok(ledger_commit(c.m[0].l));
    assert_int_equal(hub_code_file(c.m[0].l, &name, &file), RC_NOTFOUND);
    assert_true(get(&c).is_late);
    c.wall_ms += 86400000u;
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_code_sweep(c.m[0].l));
    assert_ok(ledger_commit(c.m[0].l));
    struct hub_code code;
    assert_int_equal(hub_code_get(c.m[0].l, &name, &code), RC_NOTFOUND);
    community_fini(&c);

    (void)begin(&c);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_code_used(c.m[0].l, &name));
    assert_ok(ledger_commit(c.m[0].l));
    assert_true(get(&c).is_used);
    assert_int_equal(hub_code_file(c.m[0].l, &name, &file), RC_NOTFOUND);
    buf_free(&file);
    community_fini(&c);
}

static void
who_has_joined_by_the_invite_has_used_the_code(void **state)
{
    struct community c;
    (void)state;
    struct member *m = begin(&c);
    assert_ok(community_join(&c, m));
    assert_true(get(&c).is_used);
    community_fini(&c);
}

static void
a_name_is_free_again_when_its_invite_is_done_with(void **state)
{
    struct community c;
    const struct key other = {{6}};
    (void)state;
    struct member *m = begin(&c);
    assert_ok(ledger_begin(c.m[0].l));
    assert_int_equal(hub_code_put(c.m[0].l, &name, &other, &m->invite), RC_NO);
    ledger_rollback(c.m[0].l);
    wrong(&c);
    c.wall_ms += HUB_CODE_MS + 1;
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_code_put(c.m[0].l, &name, &other, &m->invite));
    assert_ok(ledger_commit(c.m[0].l));
    struct hub_code code = get(&c);
    assert_true(key_eq(&code.psk, &other));
    assert_int_equal(code.left, HUB_CODE_TRIES);
    assert_false(code.is_late);
    community_fini(&c);
}

static void
no_more_than_so_many_wait(void **state)
{
    struct community c;
    (void)state;
    struct member *m = begin(&c);
    assert_ok(ledger_begin(c.m[0].l));
    for (unsigned i = 1; i < HUB_CODES_MAX; i++) {
        struct code_name n;
        (void)snprintf(n.digit, sizeof(n.digit), "%03u", (200 + i) % 1000);
        assert_ok(hub_code_put(c.m[0].l, &n, &psk, &m->invite));
    }
    const struct code_name last = {"999"};
    assert_int_equal(hub_code_put(c.m[0].l, &last, &psk, &m->invite), RC_LIMIT);
    ledger_rollback(c.m[0].l);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_the_invite),
        cmocka_unit_test(wrong_digits_are_counted_and_the_wait_doubles),
        cmocka_unit_test(a_clock_set_back_does_not_lock_for_longer),
        cmocka_unit_test(a_restart_forgives_nobody),
        cmocka_unit_test(the_file_goes_when_it_was_fetched_or_is_late),
        cmocka_unit_test(who_has_joined_by_the_invite_has_used_the_code),
        cmocka_unit_test(a_name_is_free_again_when_its_invite_is_done_with),
        cmocka_unit_test(no_more_than_so_many_wait),
    };
    if (crypto_init() != RC_OK)
        return 70;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
