/* What the hub writes: birth, invites, joins, scopes, seals. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/hub_in.h"
#include "tests/lib/ledger_fixture.h"

static uint64_t
authority_entries(struct member *m)
{
    return authority_n(replica_authority(ledger_replica(m->l)));
}

static int64_t
rows_of(struct member *m, const char *type)
{
    const struct type *t = type_by_name(ledger_types(m->l), type);
    sqlite3_stmt *s = NULL;
    bool row = false;
    assert_ok(table_stmt(m->l->tables, t->code, TABLE_ROWS, &s));
    assert_ok(db_step(m->l->db, s, &row));
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return n;
}

static void
birth_is_one_authority_entry_and_one_of_data(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    struct replica *r = ledger_replica(c.m[0].l);
    const struct authority *a = replica_authority(r);
    assert_int_equal(authority_n(a), 1);
    assert_int_equal(authority_scopes_n(a), 2);
    assert_int_equal(authority_nodes_n(a), 1);
    assert_int_equal(authority_officers(a)->n, 1);
    assert_int_equal(replica_logs_n(r), 1);
    assert_int_equal(replica_log_at(r, 0)->head_seq, 1);
    assert_false(replica_log_at(r, 0)->is_assumed);
    assert_int_equal(rows_of(&c.m[0], "person"), 1);
    assert_int_equal(rows_of(&c.m[0], "community"), 1);
    assert_int_equal(rows_of(&c.m[0], "org_unit"), 1);
    assert_true(hub_is_here(c.m[0].l, &c.hub_key.pub));
    assert_false(hub_is_here(c.m[0].l, &c.officer.pub));
    community_fini(&c);
}

static void
a_name_that_would_not_do_is_refused_before_anything_is_signed(void **state)
{
    struct community c;
    struct fault why = {0};
    struct ledger *l = NULL;
    (void)state;
    community_init(&c);
    struct member *m = &c.m[0];
    struct ledger_setup setup = {
        .path = ":memory:", .mode = LEDGER_CREATE, .wall_ms = m->l->wall_ms, .arg = &c};
    assert_ok(ledger_open(&setup, &l, NULL));
    struct hub_birth b = {.community = "a\nb",
                          .person = "x",
                          .hub = &c.hub_key,
                          .officer = &c.officer,
                          .root = &c.root,
                          .box = &m->box,
                          .ack = &m->ack,
                          .log = &m->log};
    assert_ok(ledger_begin(l));
    assert_int_equal(hub_create(l, &b, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_TEXT);
    ledger_rollback(l);
    assert_null(replica_community(ledger_replica(l)));
    ledger_close(l);
    community_fini(&c);
}

static void
units_get_scopes_in_few_entries(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 87);
    const struct authority *a = replica_authority(ledger_replica(c.m[0].l));
    assert_int_equal(authority_scopes_n(a), 2 + 2 * 87);
    assert_true(authority_n(a) <= 3);
    const struct scope_info *s = authority_scope(a, 3);
    assert_int_equal(s->kind, SCOPE_GROUP);
    assert_int_equal(s->unit, FIXTURE_GROUP);
    s = authority_scope(a, 4);
    assert_int_equal(s->kind, SCOPE_GROUP_CARE);
    assert_int_equal(s->unit, FIXTURE_GROUP);
    for (size_t i = 0; i < authority_scopes_n(a); i++)
        assert_true(ledger_can_read(c.m[0].l, authority_scope_at(a, i)->no));
    bool did = true;
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_upkeep(c.m[0].l, &c.hub, &did));
    ledger_rollback(c.m[0].l);
    assert_false(did);
    community_fini(&c);
}

static void
a_code_used_twice_gets_one_scope(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_unit(&c, "0302", "group");
    community_unit(&c, "0301", "compound");
    community_unit(&c, "0302", "desk");
    community_groups(&c, 1); /* 0301 again */
    const struct authority *a = replica_authority(ledger_replica(c.m[0].l));
    assert_int_equal(authority_scopes_n(a), 2 + 3);
    assert_int_equal(authority_scope(a, 3)->kind, SCOPE_GROUP);
    assert_int_equal(authority_scope(a, 3)->unit, 302);
    assert_int_equal(authority_scope(a, 4)->kind, SCOPE_GROUP_CARE);
    assert_int_equal(authority_scope(a, 5)->kind, SCOPE_COMPOUND);
    community_fini(&c);
}

static void
an_invited_leader_joins_and_reads_his_group(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 2);
    uint64_t before = authority_entries(&c.m[0]);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    assert_ok(community_join(&c, m));
    assert_int_equal(authority_entries(&c.m[0]), before + 1);
    community_sync(&c);
    struct replica *r = ledger_replica(m->l);
    const struct log_state *log = replica_log_by_key(r, &m->log.pub);
    assert_non_null(log);
    assert_false(log->is_assumed);
    assert_int_equal(log->no, 2);
    const struct node_info *node =
        authority_node_by_box(replica_authority(r), &m->box.pub);
    assert_non_null(node);
    assert_int_equal(node->no, 2);
    assert_true(ledger_can_read(m->l, 1));
    assert_false(ledger_can_read(m->l, 2));
    assert_true(ledger_can_read(m->l, 3));
    assert_true(ledger_can_read(m->l, 4));
    assert_false(ledger_can_read(m->l, 5));
    assert_int_equal(rows_of(m, "person"), 2);
    community_fini(&c);
}

static void
a_helper_does_not_read_the_care_scope(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_HELPER);
    assert_ok(community_join(&c, m));
    community_sync(&c);
    assert_true(ledger_can_read(m->l, 3));
    assert_false(ledger_can_read(m->l, 4));
    community_fini(&c);
}

static void
a_new_units_key_goes_to_those_only_who_may_read_it(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *leader = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    struct member *clerk = community_invite(&c, CENTRE_UNIT, ROLE_CLERK);
    assert_ok(community_join(&c, leader));
    assert_ok(community_join(&c, clerk));
    community_sync(&c);
    assert_true(ledger_can_read(clerk->l, 4));
    community_unit(&c, "0444", "desk");
    bool did = false;
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(hub_upkeep(c.m[0].l, &c.hub, &did));
    assert_ok(ledger_commit(c.m[0].l));
    community_sync(&c);
    assert_true(did);
    assert_true(ledger_can_read(clerk->l, 5));
    assert_false(ledger_can_read(leader->l, 5));
    community_fini(&c);
}

static void
scopes_follow_from_role_and_place(void **state)
{
    /* 0200 is a grid with 0301 under it, 0201 a branch under that grid with 0302 under
     * it; 0303 lies in the compound of 0201. */
    struct unit_row row[] = {{.id = {2}, .unit = 200},
                             {.id = {21}, .unit = 201, .parent = {2}, .compound = {9}},
                             {.id = {31}, .unit = 301, .parent = {2}},
                             {.id = {32}, .unit = 302, .parent = {21}},
                             {.id = {33}, .unit = 303, .compound = {9}},
                             {.id = {34}, .unit = 304}};
    struct units units = {.row = row, .n = 6};
    static const struct {
        enum role role;
        uint32_t unit;
        struct scopes want;
    } cases[] = {
        {ROLE_LEADER, 302, {.n = 3, .no = {1, 5, 6}}},
        {ROLE_HELPER, 302, {.n = 2, .no = {1, 5}}},
        {ROLE_GRID, 200, {.n = 3, .no = {1, 3, 5}}},
        {ROLE_AREA, 201, {.n = 3, .no = {1, 5, 7}}},
        {ROLE_GRID, 201, {.n = 2, .no = {1, 5}}},
        {ROLE_CLERK, 0, {.n = 1, .no = {0}}},
        {ROLE_SECRETARY, 0, {.n = 1, .no = {0}}},
        {ROLE_PARTNER, 0, {.n = 1, .no = {1}}},
        {ROLE_AUDITOR, 0, {.n = 1, .no = {1}}},
    };
    struct community c;
    struct scopes have;
    (void)state;
    community_init(&c);
    community_groups(&c, 4);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ok(hub_scopes(c.m[0].l, &units, cases[i].role, cases[i].unit, &have));
        assert_int_equal(have.n, cases[i].want.n);
        assert_memory_equal(have.no, cases[i].want.no, have.n * sizeof(have.no[0]));
    }
    assert_int_equal(hub_scopes(c.m[0].l, &units, ROLE_GRID, 999, &have), RC_BUSY);
    community_fini(&c);
}

static void
a_clerk_of_a_large_community_gets_every_key(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 300);
    struct member *m = community_invite(&c, CENTRE_UNIT, ROLE_CLERK);
    uint64_t before = authority_entries(&c.m[0]);
    assert_ok(community_join(&c, m));
    assert_true(authority_entries(&c.m[0]) > before + 1); /* does not fit one entry */
    community_sync(&c);
    for (uint32_t no = 1; no <= 602; no++)
        assert_true(ledger_can_read(m->l, no));
    community_fini(&c);
}

static enum close_reason
refused(struct community *c, const struct member *m, uint64_t *when)
{
    struct refusal no = {.reason = CLOSE_NONE};
    assert_ok(ledger_begin(c->m[0].l));
    assert_int_equal(hub_join(c->m[0].l, &c->hub, &m->join, &no), RC_DENIED);
    ledger_rollback(c->m[0].l);
    *when = no.when_ms;
    return no.reason;
}

static void
the_same_invite_serves_one_joiner_only(void **state)
{
    struct community c;
    struct key psk;
    uint64_t when = 0;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    struct member thief = *m;
    assert_true(hub_psk(c.m[0].l, m->invite.no, &psk));
    assert_true(key_eq(&psk, &m->invite.secret));
    assert_ok(community_join(&c, m));
    assert_true(hub_psk(c.m[0].l, m->invite.no, &psk));
    /* Cut off before he heard: the same keys once more change nothing. */
    uint64_t before = authority_entries(&c.m[0]);
    assert_ok(community_join(&c, m));
    assert_int_equal(authority_entries(&c.m[0]), before);
    struct pair other;
    pair_new_random(PAIR_SIGN, &other);
    thief.join.log_key = other.pub;
    c.wall_ms += 5000;
    assert_int_equal(refused(&c, &thief, &when), CLOSE_USED);
    assert_true(when > 0 && when < c.wall_ms);
    community_fini(&c);
}

static void
keys_the_one_time_key_did_not_sign_do_not_join(void **state)
{
    struct community c;
    struct pair other;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    struct member thief = *m;
    pair_new_random(PAIR_SIGN, &other);
    thief.join.log_key = other.pub;
    assert_int_equal(community_join(&c, &thief), RC_DENIED);
    assert_ok(community_join(&c, m));
    community_fini(&c);
}

static void
an_expired_or_unknown_invite_is_refused(void **state)
{
    struct community c;
    struct key psk;
    uint64_t when = 0;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    c.wall_ms += 8 * UINT64_C(86400000);
    assert_true(hub_psk(c.m[0].l, m->invite.no, &psk)); /* so that he hears why */
    assert_int_equal(refused(&c, m, &when), CLOSE_EXPIRED);
    assert_true(when == m->invite.until_ms);
    m->join.invite[0] ^= 1;
    assert_false(hub_psk(c.m[0].l, m->join.invite, &psk));
    assert_int_equal(refused(&c, m, &when), CLOSE_INVITE);
    community_fini(&c);
}

static void
numbers_given_away_are_not_given_twice(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *a = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    struct member *b = community_invite(&c, FIXTURE_GROUP, ROLE_HELPER);
    assert_int_equal(a->invite.log_no, 2);
    assert_int_equal(b->invite.log_no, 3);
    assert_int_equal(b->invite.node, 3);
    assert_ok(community_join(&c, b));
    assert_ok(community_join(&c, a));
    community_fini(&c);
}

static void
a_unit_without_a_scope_is_to_be_tried_later(void **state)
{
    struct community c;
    struct author author;
    struct invite i;
    struct fault why = {0};
    (void)state;
    community_init(&c);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(author_of(c.m[0].l, &c.m[0].log, &author));
    assert_int_equal(
        hub_invite(c.m[0].l, &c.hub, &author, "甲", 301, ROLE_LEADER, 1000, &i, &why),
        RC_BUSY);
    assert_int_equal(why.code, FAULT_NO_SCOPE);
    ledger_rollback(c.m[0].l);
    community_fini(&c);
}

static void
an_invite_file_comes_back_and_tells_torn_from_foreign(void **state)
{
    struct community c;
    struct buf file = BUF_NONE;
    struct buf again = BUF_NONE;
    struct invite i;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    buf_add(&m->invite.addresses, "hub.local:7431", 15);
    buf_add(&m->invite.addresses, "10.0.0.1:7431", 14);
    invite_encode(&m->invite, &file);
    assert_ok(invite_decode(buf_slice(&file), &i));
    invite_encode(&i, &again);
    assert_true(slice_eq(buf_slice(&file), buf_slice(&again)));
    assert_int_equal(i.log_no, 2);
    assert_string_equal(i.person_name, "李组长");
    assert_string_equal(i.community_name, "绿洲");
    assert_true(slice_eq(buf_slice(&i.keys), buf_slice(&m->invite.keys)));
    invite_fini(&i);
    for (size_t n = 1; n < file.n; n += 61)
        assert_int_equal(invite_decode(slice_of(file.p, n), &i), RC_CORRUPT);
    file.p[file.n / 2] ^= 1;
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_CORRUPT);
    file.p[0] ^= 1;
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_MALFORMED);
    assert_int_equal(invite_decode(slice_of(NULL, 0), &i), RC_MALFORMED);
    buf_free(&file);
    buf_free(&again);
    community_fini(&c);
}

static void
seal_roots_hold_on_every_node(void **state)
{
    struct community c;
    uint64_t no = 0;
    (void)state;
    community_of(&c, 3);
    for (size_t i = 1; i < c.n; i++)
        (void)member_add(&c.m[i], "need", c.m[i].unit, "title", "路灯");
    community_sync(&c);
    community_seal(&c);
    community_sync(&c);
    (void)member_add(&c.m[1], "need", c.m[1].unit, "title", "长椅");
    community_sync(&c);
    community_seal(&c);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        struct replica *r = ledger_replica(c.m[i].l);
        assert_int_equal(authority_seal_no(replica_authority(r)), 2);
        for (size_t k = 0; k < replica_logs_n(r); k++) {
            const struct log_state *log = replica_log_at(r, k);
            assert_int_equal(log->seal_seq, log->head_seq);
        }
    }
    assert_ok(ledger_begin(c.m[0].l));
    assert_int_equal(hub_seal(c.m[0].l, &c.hub, &no), RC_NO);
    ledger_rollback(c.m[0].l);
    community_fini(&c);
}

static void
whoever_is_not_the_hub_writes_no_authority(void **state)
{
    struct community c;
    struct pair other;
    struct hub h;
    (void)state;
    community_of(&c, 1);
    pair_new_random(PAIR_SIGN, &other);
    h = (struct hub){.hub = &other};
    assert_ok(ledger_begin(c.m[1].l));
    assert_int_equal(hub_upkeep(c.m[1].l, &h, NULL), RC_DENIED);
    ledger_rollback(c.m[1].l);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(birth_is_one_authority_entry_and_one_of_data),
        cmocka_unit_test(a_name_that_would_not_do_is_refused_before_anything_is_signed),
        cmocka_unit_test(units_get_scopes_in_few_entries),
        cmocka_unit_test(a_code_used_twice_gets_one_scope),
        cmocka_unit_test(an_invited_leader_joins_and_reads_his_group),
        cmocka_unit_test(a_helper_does_not_read_the_care_scope),
        cmocka_unit_test(a_new_units_key_goes_to_those_only_who_may_read_it),
        cmocka_unit_test(scopes_follow_from_role_and_place),
        cmocka_unit_test(a_clerk_of_a_large_community_gets_every_key),
        cmocka_unit_test(the_same_invite_serves_one_joiner_only),
        cmocka_unit_test(keys_the_one_time_key_did_not_sign_do_not_join),
        cmocka_unit_test(an_expired_or_unknown_invite_is_refused),
        cmocka_unit_test(numbers_given_away_are_not_given_twice),
        cmocka_unit_test(a_unit_without_a_scope_is_to_be_tried_later),
        cmocka_unit_test(an_invite_file_comes_back_and_tells_torn_from_foreign),
        cmocka_unit_test(seal_roots_hold_on_every_node),
        cmocka_unit_test(whoever_is_not_the_hub_writes_no_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
