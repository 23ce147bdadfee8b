/* Keys that come late: of earlier epochs under later ones, and anew each quarter. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/hub_in.h"
#include "schema/order.h"
#include "tests/lib/ledger_fixture.h"

#define DAY_MS 86400000ull

static uint32_t
epoch(struct member *m, uint32_t scope)
{
    return authority_scope(replica_authority(ledger_replica(m->l)), scope)->epoch;
}

static void
rotate(struct community *c, uint32_t scope)
{
    size_t n = 0;
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(hub_rotate(c->m[0].l, &c->hub, scope, &n));
    assert_ok(ledger_commit(c->m[0].l));
}

/* The hub seals the scope's newest key, and none before, to this member. */
static void
send_newest(struct community *c, const struct member *m, uint32_t scope)
{
    struct ledger *l = c->m[0].l;
    uint32_t newest = 0;
    const struct key *key = ledger_newest_key(l, scope, &newest);
    uint8_t sealed[SEALED_KEY_BYTES];
    struct buf receivers = BUF_NONE;
    struct decree d;
    assert_non_null(key);
    key_seal_random(key, &m->box.pub, sealed);
    auth_receiver_add(&receivers, m->invite.node, sealed);
    assert_ok(ledger_begin(l));
    assert_ok(decree_begin(&d, l, &c->hub_key));
    struct auth_op *op = decree_next(&d, AUTH_EPOCH);
    op->scope = scope;
    op->epoch = newest;
    op->hash = hash_of(slice_of(key->b, KEY_BYTES));
    op->receivers = buf_slice(&receivers);
    op->receivers_n = 1;
    assert_ok(decree_add(&d));
    assert_ok(decree_end(&d));
    assert_ok(ledger_settle(l));
    assert_ok(ledger_commit(l));
    buf_free(&receivers);
}

static void
the_newest_key_opens_the_whole_history(void **state)
{
    struct community c;
    struct record_key key[6];
    enum field_state is;
    char text[64];
    size_t versions = 0;
    (void)state;
    community_of(&c, 2);
    for (size_t i = 0; i < 6; i++) {
        key[i] = member_add(&c.m[1], "problem", FIXTURE_GROUP, "title", "灯");
        rotate(&c, 3);
        community_sync(&c);
    }
    assert_int_equal(epoch(&c.m[2], 3), 7);
    for (size_t i = 0; i < 6; i++)
        assert_false(
            member_field(&c.m[2], &key[i], "problem", "title", &is, text, &versions));
    send_newest(&c, &c.m[2], 3);
    community_sync(&c);
    for (uint32_t e = 1; e <= 7; e++)
        assert_non_null(ledger_scope_key(c.m[2].l, 3, e));
    for (size_t i = 0; i < 6; i++)
        assert_true(
            member_field(&c.m[2], &key[i], "problem", "title", &is, text, &versions));
    assert_false(ledger_can_read(c.m[2].l, 4));
    community_fini(&c);
}

/* Upkeep as after any turn; did it write? */
static bool
upkeep(struct community *c)
{
    bool did = false;
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(hub_upkeep(c->m[0].l, &c->hub, &did));
    assert_ok(ledger_commit(c->m[0].l));
    return did;
}

static void
keys_change_each_quarter(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    assert_false(upkeep(&c));
    assert_false(hub_is_due(c.m[0].l));
    c.wall_ms += 91 * DAY_MS;
    assert_false(hub_is_due(c.m[0].l));
    rotate(&c, 3);
    c.wall_ms += 2 * DAY_MS;
    assert_true(hub_is_due(c.m[0].l));
    assert_true(upkeep(&c));
    for (uint32_t scope = 1; scope <= 4; scope++)
        assert_int_equal(epoch(&c.m[0], scope), 2);
    assert_false(hub_is_due(c.m[0].l));
    community_sync(&c);
    assert_non_null(ledger_scope_key(c.m[1].l, 4, 2));
    assert_null(ledger_scope_key(c.m[1].l, 2, 2));
    /* a clock that was far ahead, and is set right: nothing is due until it is */
    c.wall_ms -= 60 * DAY_MS;
    assert_false(hub_is_due(c.m[0].l));
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_key_opens_the_whole_history),
        cmocka_unit_test(keys_change_each_quarter),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
