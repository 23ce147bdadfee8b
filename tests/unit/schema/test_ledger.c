/* A ledger as a file: opened, closed, opened by another release, torn. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"

struct place {
    char dir[64];
    struct community c;
};

static uint64_t
wall(void *arg)
{
    const struct community *c = arg;
    return c->wall_ms;
}

static int
set_up(void **state)
{
    struct place *p = mem_new(sizeof(*p));
    snprintf(p->dir, sizeof(p->dir), "/tmp/linjuli-ledger-XXXXXX");
    if (mkdtemp(p->dir) == NULL)
        return -1;
    community_init_at(&p->c, p->dir);
    community_groups(&p->c, 1);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const tail[] = {"", "-wal", "-shm"};
    struct place *p = *state;
    community_fini(&p->c);
    for (size_t i = 0; i < FIXTURE_MAX; i++) {
        for (size_t k = 0; k < 3; k++) {
            char path[128];
            snprintf(path, sizeof(path), "%s/%zu.db%s", p->dir, i, tail[k]);
            (void)unlink(path);
        }
    }
    int rc = rmdir(p->dir);
    mem_free(p);
    return rc;
}

static enum rc
open_as(struct place *p, size_t i, enum ledger_mode mode, struct ledger **out)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%zu.db", p->dir, i);
    struct ledger_setup setup = {
        .path = path, .mode = mode, .box = &p->c.m[i].box, .wall_ms = wall, .arg = &p->c};
    return ledger_open(&setup, out, NULL);
}

static void
reopen(struct place *p, size_t i)
{
    ledger_close(p->c.m[i].l);
    assert_ok(open_as(p, i, LEDGER_WRITE, &p->c.m[i].l));
}

static void
what_was_committed_is_there_after_opening_again(void **state)
{
    struct place *p = *state;
    struct member *hub = &p->c.m[0];
    struct digests before;
    struct digests after;
    struct record_key k = member_add(hub, "need", 0, "title", "a");
    member_digests(hub, &before);
    reopen(p, 0);
    member_digests(hub, &after);
    assert_int_equal(before.n, after.n);
    assert_true(digests_agree(&before, &after));
    member_set(hub, &k, "need", "title", "b");
    member_digests(hub, &after);
    assert_false(digests_agree(&before, &after));
}

static void
what_was_not_committed_is_not(void **state)
{
    struct place *p = *state;
    struct member *hub = &p->c.m[0];
    struct digests before;
    struct digests after;
    member_digests(hub, &before);
    community_unit(&p->c, "0777", "desk");
    member_digests(hub, &before);
    struct author_run *run = member_begin(hub);
    bool did = false;
    assert_ok(author_end(&run));
    assert_ok(hub_upkeep(hub->l, &p->c.hub, &did));
    assert_true(did);
    reopen(p, 0); /* a crash before the commit */
    member_digests(hub, &after);
    assert_true(digests_agree(&before, &after));
    assert_int_equal(before.n, after.n); /* the new scope's key is not there either */
    assert_ok(ledger_begin(hub->l));
    assert_ok(hub_upkeep(hub->l, &p->c.hub, &did));
    assert_ok(ledger_commit(hub->l));
    assert_true(did);
}

static void
tables_of_another_release_are_made_anew(void **state)
{
    struct place *p = *state;
    struct member *hub = &p->c.m[0];
    struct digests before;
    struct digests after;
    struct ledger *reader = NULL;
    (void)member_add(hub, "need", 0, "title", "a");
    member_digests(hub, &before);
    assert_ok(ledger_begin(hub->l));
    assert_ok(db_exec(hub->l->db, "DROP TABLE t_need; DELETE FROM record"));
    assert_ok(ledger_commit(hub->l));
    assert_int_equal(open_as(p, 0, LEDGER_READ, &reader), RC_BUSY);
    reopen(p, 0);
    member_digests(hub, &after);
    assert_true(digests_agree(&before, &after));
    assert_ok(ledger_begin(hub->l));
    assert_ok(ledger_set_setting(hub->l, "types", slice_text("other rules")));
    assert_ok(db_exec(hub->l->db, "UPDATE t_need SET f_title = 'x'"));
    assert_ok(ledger_commit(hub->l));
    reopen(p, 0);
    member_digests(hub, &after);
    assert_true(digests_agree(&before, &after));
}

static void
a_reader_sees_what_is_committed_and_writes_nothing(void **state)
{
    struct place *p = *state;
    struct member *hub = &p->c.m[0];
    struct member reader = *hub;
    struct digests a;
    struct digests b;
    assert_ok(open_as(p, 0, LEDGER_READ, &reader.l));
    (void)member_add(hub, "need", 0, "title", "after it was opened");
    member_digests(hub, &a);
    member_digests(&reader, &b);
    assert_true(digests_agree(&a, &b));
    assert_ok(ledger_begin(reader.l));
    assert_int_not_equal(ledger_set_setting(reader.l, "a", slice_text("b")), RC_OK);
    ledger_rollback(reader.l);
    ledger_close(reader.l);
}

static void
settings_come_back_whole(void **state)
{
    struct place *p = *state;
    struct ledger *l = p->c.m[0].l;
    struct buf out = BUF_NONE;
    assert_int_equal(ledger_setting(l, "colour", &out), RC_NOTFOUND);
    assert_ok(ledger_begin(l));
    assert_ok(ledger_set_setting(l, "colour", slice_text("green")));
    assert_ok(ledger_set_setting(l, "colour", slice_text("blue")));
    assert_ok(ledger_commit(l));
    assert_ok(ledger_setting(l, "colour", &out));
    assert_string_equal(buf_text(&out), "blue");
    buf_free(&out);
}

static void
a_ledger_has_one_community_for_life(void **state)
{
    struct place *p = *state;
    struct ledger *l = p->c.m[0].l;
    struct hash other = {{1}};
    struct hash own = *replica_community(ledger_replica(l));
    assert_ok(ledger_begin(l));
    assert_int_equal(ledger_set_community(l, &other), RC_INVALID);
    assert_ok(ledger_set_community(l, &own));
    ledger_rollback(l);
}

static uint32_t
scope_of(struct ledger *l, const char *type, uint32_t unit)
{
    uint32_t scope = 0;
    enum rc rc = ledger_scope_of(l, type_by_name(ledger_types(l), type), unit, &scope);
    return rc == RC_OK ? scope : rc == RC_BUSY ? 0 : UINT32_MAX;
}

static void
records_go_where_their_type_says(void **state)
{
    struct place *p = *state;
    struct ledger *l = p->c.m[0].l;
    assert_int_equal(scope_of(l, "community", 0), 1);
    assert_int_equal(scope_of(l, "need", 301), 1);
    assert_int_equal(scope_of(l, "need", 999), 1);
    assert_int_equal(scope_of(l, "household", 0), 2);
    assert_int_equal(scope_of(l, "household", 301), 3);
    assert_int_equal(scope_of(l, "wish_private", 301), 4);
    assert_int_equal(scope_of(l, "wish_private", 0), 2);
    assert_int_equal(scope_of(l, "household", 999), 0);
}

static void
an_invited_node_goes_on_after_opening_again(void **state)
{
    struct place *p = *state;
    struct member *m = community_invite(&p->c, 301, ROLE_LEADER);
    struct auth_op *op = mem_new(sizeof(*op));
    struct record_key k = member_add(m, "household", 301, "door", "1-1-101");
    enum field_state s = FIELD_CYCLE;
    char text[64];
    size_t n = 0;
    reopen(p, 1);
    assert_ok(auth_op_decode(buf_slice(&m->invite.grant_op), op));
    op->grant.log = m->log.pub;
    assert_ok(ledger_assume(m->l, &op->grant, buf_slice(&m->invite.authority)));
    mem_free(op);
    member_set(m, &k, "household", "door", "1-1-102");
    assert_true(member_field(m, &k, "household", "door", &s, text, &n));
    assert_int_equal(s, FIELD_CLEAN);
    assert_string_equal(text, "1-1-102");
    assert_int_equal(member_log(m)->head_seq, 2);
}

#define in_place(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        in_place(what_was_committed_is_there_after_opening_again),
        in_place(what_was_not_committed_is_not),
        in_place(tables_of_another_release_are_made_anew),
        in_place(a_reader_sees_what_is_committed_and_writes_nothing),
        in_place(settings_come_back_whole),
        in_place(a_ledger_has_one_community_for_life),
        in_place(records_go_where_their_type_says),
        in_place(an_invited_node_goes_on_after_opening_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
