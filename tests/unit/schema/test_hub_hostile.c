/* The hub against what others write, and against answers that get lost. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <string.h>

#include "schema/hub_in.h"
#include "tests/lib/ledger_fixture.h"

/* An org_unit as a careless or hostile writer makes it; NULL: without a name. */
static void
unit_named(struct community *c, const char *code, const char *name)
{
    struct ledger *l = c->m[0].l;
    struct author_run *run = member_begin(&c->m[0]);
    uint8_t id[RECORD_ID_BYTES];
    const struct hub_field f[] = {{.name = "code", .text = code},
                                  {.name = "kind", .num = hub_kind(l, "group")},
                                  {.name = "name", .text = name}};
    struct hub_field ascending[3] = {f[0], f[2], f[1]};
    if (name == NULL)
        ascending[1] = f[1];
    ledger_new_id(l, id);
    assert_ok(hub_put(run, l, "org_unit", id, ascending, name != NULL ? 3 : 2));
    assert_ok(author_end(&run));
    assert_ok(ledger_commit(l));
}

static bool
keep_up(struct community *c)
{
    bool did = false;
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(hub_upkeep(c->m[0].l, &c->hub, &did));
    assert_ok(ledger_commit(c->m[0].l));
    return did;
}

static void
a_unit_gets_its_scope_whatever_its_name(void **state)
{
    /* good in a record, not in the authority log */
    static const char *const names[] = {"\xe4\xb8\x80\xe2\x80\x8b", "\xd8\x9c",
                                        "a\xe2\x81\xa0z", "\xef\xbf\xb9", NULL};
    struct community c;
    (void)state;
    community_init(&c);
    for (uint32_t i = 0; i < 5; i++) {
        char code[8];
        const struct authority *a = replica_authority(ledger_replica(c.m[0].l));
        size_t before = authority_scopes_n(a);
        snprintf(code, sizeof(code), "%04u", (unsigned)(FIXTURE_GROUP + i));
        unit_named(&c, code, names[i]);
        assert_true(keep_up(&c));
        assert_int_equal(authority_scopes_n(a), before + 2);
        const struct scope_info *s = authority_scope_at(a, before);
        assert_int_equal(s->unit, FIXTURE_GROUP + i);
        assert_int_equal(s->name.n, 4);
        assert_memory_equal(s->name.p, code, 4);
        assert_int_equal(s->epoch, 1);
        assert_false(keep_up(&c));
    }
    community_fini(&c);
}

/* The hub has written node and grant, and the joiner was cut off before he heard: his
 * next session needs the secret once more. Nobody else gets in by it. */
static void
a_joiner_who_did_not_hear_can_ask_again(void **state)
{
    struct community c;
    struct key psk;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    struct member thief = *m;
    assert_ok(community_join(&c, m));
    c.wall_ms += UINT64_C(30) * 86400000;
    assert_true(hub_psk(c.m[0].l, m->invite.no, &psk));
    assert_true(key_eq(&psk, &m->invite.secret));
    assert_ok(community_join(&c, m));
    pair_new_random(PAIR_BOX, &thief.box);
    thief.join.box_key = thief.box.pub;
    assert_int_equal(community_join(&c, &thief), RC_DENIED);
    community_fini(&c);
}

/* Two seals of one number, the second with a root of nothing: nobody's entries change,
 * and every doctor says so. */
static void
take_finding(void *arg, const char *what)
{
    snprintf(arg, 256, "%s", what);
}

static void
a_false_root_is_told_by_every_doctor(void **state)
{
    struct community c;
    struct decree d;
    char what[256] = "";
    (void)state;
    community_of(&c, 1);
    (void)member_add(&c.m[1], "household", FIXTURE_GROUP, "door", "1-1-101");
    community_sync(&c);
    community_seal(&c);
    assert_ok(ledger_doctor(c.m[0].l, take_finding, what));
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(decree_begin(&d, c.m[0].l, &c.hub_key));
    struct auth_op *op = decree_next(&d, AUTH_SEAL);
    op->seal_no = authority_seal_no(replica_authority(ledger_replica(c.m[0].l)));
    op->tree_size = 1;
    assert_ok(decree_add(&d));
    assert_ok(decree_end(&d));
    assert_ok(ledger_settle(c.m[0].l));
    assert_ok(ledger_commit(c.m[0].l));
    community_sync(&c);
    for (size_t i = 0; i < 2; i++) {
        what[0] = 0;
        assert_int_equal(ledger_doctor(c.m[i].l, take_finding, what), RC_NO);
        assert_non_null(strstr(what, "size or root"));
        assert_int_equal(member_log(&c.m[1])->seal_seq, 1);
    }
    community_seal(&c); /* and the hub goes on */
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_gets_its_scope_whatever_its_name),
        cmocka_unit_test(a_false_root_is_told_by_every_doctor),
        cmocka_unit_test(a_joiner_who_did_not_hear_can_ask_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
