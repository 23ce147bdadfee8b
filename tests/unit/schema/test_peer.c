/* What a node remembers of the others. */
#include "schema/peer.h"

#include <string.h>

#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

static void
an_acknowledgement_never_goes_back(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct ledger *l = c.m[0].l;
    const struct key *log = &c.m[1].log.pub;
    (void)member_add(&c.m[1], "need", 301, "title", "灯");
    community_sync(&c);
    assert_int_equal(peer_acked(l, 2, log), 0);
    assert_ok(ledger_begin(l));
    assert_ok(peer_ack(l, 2, log, 7));
    assert_ok(peer_ack(l, 2, log, 5));
    assert_ok(peer_ack(l, 3, log, 6));
    assert_ok(ledger_commit(l));
    assert_int_equal(peer_acked(l, 2, log), 7);
    assert_int_equal(peer_acked(l, 3, log), 6);
    assert_int_equal(peer_acked(l, 0, log), 7); /* any */
    assert_int_equal(peer_acked(l, 4, log), 0);
    assert_int_equal(peer_acked(l, 2, &c.m[0].log.pub), 0);
    assert_ok(ledger_rebuild(l, NULL, NULL)); /* local: it stays */
    assert_int_equal(peer_acked(l, 2, log), 7);
    community_fini(&c);
}

static void
an_acknowledgement_of_a_strange_log_is_not_remembered(void **state)
{
    static struct community c;
    struct key strange = {.b = {9}};
    (void)state;
    community_of(&c, 1);
    (void)member_add(&c.m[1], "need", 301, "title", "灯");
    community_sync(&c);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(peer_ack(c.m[0].l, 2, &strange, 7));
    assert_ok(peer_ack(c.m[0].l, 0, &c.m[1].log.pub, 7));
    assert_ok(ledger_commit(c.m[0].l));
    assert_int_equal(peer_acked(c.m[0].l, 2, &strange), 0);
    assert_int_equal(peer_acked(c.m[0].l, 0, &c.m[1].log.pub), 0);
    community_fini(&c);
}

struct seen {
    size_t n;
    struct peer_row row;
    char address[32], trouble[32];
};

static void
take(void *arg, const struct peer_row *p)
{
    struct seen *s = arg;
    s->n++;
    s->row = *p;
    strncpy(s->address, p->address, sizeof(s->address) - 1);
    strncpy(s->trouble, p->trouble, sizeof(s->trouble) - 1);
}

static void
what_is_known_of_a_peer_is_replaced_as_a_whole(void **state)
{
    static struct community c;
    struct peer_row p = {.node = 2,
                         .address = "10.0.0.2:7766",
                         .seen_ms = 5,
                         .synced_ms = 4,
                         .skew_ms = -3,
                         .trouble = "refused"};
    (void)state;
    community_of(&c, 1);
    struct ledger *l = c.m[0].l;
    assert_ok(ledger_begin(l));
    assert_ok(peer_put(l, &p));
    assert_ok(ledger_commit(l));
    struct seen s = {.n = 0};
    assert_ok(peer_each(l, take, &s));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.row.skew_ms, -3);
    assert_string_equal(s.address, "10.0.0.2:7766");
    assert_string_equal(s.trouble, "refused");
    assert_ok(ledger_begin(l));
    assert_ok(peer_put(l, &(struct peer_row){.node = 2, .address = "", .trouble = ""}));
    assert_ok(ledger_commit(l));
    s = (struct seen){.n = 0};
    assert_ok(peer_each(l, take, &s));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.row.seen_ms, 0);
    assert_string_equal(s.address, "");
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledgement_never_goes_back),
        cmocka_unit_test(an_acknowledgement_of_a_strange_log_is_not_remembered),
        cmocka_unit_test(what_is_known_of_a_peer_is_replaced_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
