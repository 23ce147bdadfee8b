/* Programs whose record types are not the community's, or of another version: what they
 * cannot read they carry, and show once the right program opens the same disk. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/sim_vfs.h"
#include "tests/lib/world_impl.h"

#define FILES_MAX 256

static struct community c;

/* These record types, and one more comment in the last of them: the same rules under
 * another hash. */
static const struct embed_file *
other_types(void)
{
    static struct embed_file list[FILES_MAX];
    static char text[65536];
    static const char more[] = "# one word more\n";
    size_t n = 0;
    for (; embed_types[n].name != NULL; n++)
        list[n] = embed_types[n];
    struct embed_file *f = &list[n - 1];
    assert_true(f->n + sizeof(more) < sizeof(text));
    memcpy(text, f->p, f->n);
    memcpy(text + f->n, more, sizeof(more));
    *f = (struct embed_file){f->name, (const unsigned char *)text,
                             f->n + sizeof(more) - 1};
    return list;
}

/* Hub and n leaders on disks that outlive a restart, everybody up to date. */
static void
begin(size_t n)
{
    static struct rng rng; /* the disks draw from it later */
    rng.s = 35;
    sim_vfs_init();
    sim_vfs_reset(&rng);
    community_init_on(&c, "sim", NULL);
    community_groups(&c, n);
    for (size_t i = 0; i < n; i++) {
        struct member *m = community_invite(&c, FIXTURE_GROUP + (uint32_t)i, ROLE_LEADER);
        assert_ok(community_join(&c, m));
    }
    community_sync(&c);
}

static void
restart(struct member *m, const struct embed_file *types)
{
    ledger_close(m->l);
    m->l = NULL;
    m->types = types;
    assert_ok(member_open(m));
}

static bool
shows(struct member *m, const struct record_key *key, const char *type)
{
    enum field_state s = FIELD_CLEAN;
    char text[64];
    size_t n = 0;
    return member_field(m, key, type, "title", &s, text, &n);
}

static uint64_t
waiting(struct member *m)
{
    uint64_t n = 0;
    assert_ok(ledger_newer_n(m->l, &n));
    return n;
}

static bool
hold_the_same(const struct member *a, const struct member *b)
{
    uint8_t x[16];
    uint8_t y[16];
    replica_digest(ledger_replica(a->l), x);
    replica_digest(ledger_replica(b->l), y);
    return memcmp(x, y, sizeof(x)) == 0;
}

static bool
show_the_same(struct member *a, struct member *b)
{
    struct digests x;
    struct digests y;
    member_digests(a, &x);
    member_digests(b, &y);
    return digests_agree(&x, &y);
}

static void
hear(void *arg, const char *what)
{
    bool *heard = arg;
    *heard = *heard || strstr(what, "record types") != NULL;
}

static void
other_types_show_nothing_and_carry_all(void **state)
{
    bool heard = false;
    (void)state;
    begin(3);
    struct member *a = &c.m[1];
    struct member *b = &c.m[2];
    struct record_key first = member_add(a, "need", 301, "title", "一盏灯");
    community_sync(&c);
    assert_true(shows(b, &first, "need"));
    assert_int_equal(waiting(b), 0);

    restart(b, other_types());
    assert_true(ledger_types_differ(b->l));
    assert_false(shows(b, &first, "need"));
    assert_int_equal(ledger_doctor(b->l, hear, &heard), RC_NO);
    assert_true(heard);
    uint64_t before = waiting(b);
    assert_true(before > 0);

    /* What comes now waits, too, and goes on to a third. */
    struct record_key second = member_add(a, "need", 301, "title", "两盏灯");
    member_pull(b, a);
    assert_int_equal(waiting(b), before + 1);
    assert_false(shows(b, &second, "need"));
    member_pull(&c.m[3], b);
    assert_true(shows(&c.m[3], &second, "need"));
    assert_true(hold_the_same(a, b));
    restart(b, other_types());
    assert_int_equal(waiting(b), before + 1);

    restart(b, NULL);
    assert_false(ledger_types_differ(b->l));
    assert_true(shows(b, &first, "need"));
    assert_true(shows(b, &second, "need"));
    assert_int_equal(waiting(b), 0);
    assert_true(hold_the_same(a, b)); /* and no entry was written by it */
    assert_true(show_the_same(a, b));
    heard = false;
    assert_ok(ledger_doctor(b->l, hear, &heard));
    community_fini(&c);
}

static void
a_hub_says_first_what_its_types_are(void **state)
{
    bool did = false;
    (void)state;
    begin(2);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    struct record_key key = member_add(a, "need", 301, "title", "一盏灯");
    community_sync(&c);
    size_t nodes = authority_nodes_n(replica_authority(ledger_replica(hub->l)));

    restart(hub, other_types());
    assert_false(ledger_types_differ(hub->l));
    assert_true(hub_types_due(hub->l));
    assert_ok(ledger_begin(hub->l));
    assert_ok(hub_upkeep(hub->l, &c.hub, &did));
    assert_ok(ledger_commit(hub->l));
    assert_true(did);
    assert_false(ledger_types_differ(hub->l));
    assert_true(shows(hub, &key, "need"));
    assert_int_equal(waiting(hub), 0);
    /* One entry, and its units were not taken for gone. */
    const struct authority *now = replica_authority(ledger_replica(hub->l));
    assert_int_equal(authority_n(now),
                     authority_n(replica_authority(ledger_replica(a->l))) + 1);
    assert_int_equal(authority_nodes_n(now), nodes);

    /* The last hash told for a version holds: the others wait for that release. */
    community_sync(&c);
    assert_true(ledger_types_differ(a->l));
    assert_false(shows(a, &key, "need"));
    assert_true(hold_the_same(a, hub));
    restart(a, other_types());
    assert_true(shows(a, &key, "need"));
    assert_true(show_the_same(a, hub));

    /* Back again: the hub tells the first hash once more. */
    restart(hub, NULL);
    assert_ok(ledger_begin(hub->l));
    assert_ok(hub_upkeep(hub->l, &c.hub, &did));
    assert_ok(ledger_commit(hub->l));
    community_sync(&c);
    assert_true(ledger_types_differ(a->l));
    assert_false(ledger_types_differ(c.m[2].l));
    assert_true(show_the_same(&c.m[2], hub));
    community_fini(&c);
}

struct feed {
    struct member *to;
    size_t taken;
};

static bool
feed(void *arg, const struct stored *e)
{
    struct feed *f = arg;
    enum offer what = OFFER_HAVE;
    assert_ok(replica_offer(ledger_replica(f->to->l), e->bytes, &what));
    f->taken += what == OFFER_TAKEN;
    return true;
}

static void
what_is_rolled_back_was_not_told(void **state)
{
    (void)state;
    begin(1);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    struct record_key key = member_add(a, "need", 301, "title", "一盏灯");
    community_sync(&c);
    restart(hub, other_types());
    assert_ok(ledger_begin(hub->l));
    assert_ok(hub_upkeep(hub->l, &c.hub, NULL));
    assert_ok(ledger_commit(hub->l));

    struct replica *r = ledger_replica(hub->l);
    const struct sync_store *store = replica_store(r);
    struct feed f = {.to = a};
    assert_ok(ledger_begin(a->l));
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row row;
        replica_row_at(r, i, &row);
        if (row.is_authority)
            assert_ok(store->trunk(store->self, &row.log, 1, feed, &f));
    }
    assert_true(f.taken > 0);
    assert_ok(ledger_settle(a->l));
    assert_true(ledger_types_differ(a->l));
    assert_false(shows(a, &key, "need"));
    ledger_rollback(a->l);
    assert_false(ledger_types_differ(a->l));
    assert_true(shows(a, &key, "need"));
    assert_int_equal(waiting(a), 0);
    community_fini(&c);
}

static void
a_version_nobody_has_told_is_read_by_who_has_it(void **state)
{
    (void)state;
    begin(2);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    struct member *b = &c.m[2];
    restart(a, newer_types());
    assert_false(ledger_types_differ(a->l));
    struct record_key fresh = member_add(a, "placard", 301, "title", "停水");
    community_sync(&c);
    assert_true(shows(a, &fresh, "placard"));
    assert_int_equal(waiting(a), 0);
    assert_int_equal(waiting(hub), 1);
    assert_int_equal(waiting(b), 1);
    assert_true(hold_the_same(a, b));
    restart(b, newer_types());
    assert_true(shows(b, &fresh, "placard"));
    assert_int_equal(waiting(b), 0);
    assert_true(show_the_same(a, b));
    /* What counts no more does not wait either. */
    community_revoke(&c, a, 0);
    community_sync(&c);
    assert_int_equal(waiting(hub), 0);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_types_show_nothing_and_carry_all),
        cmocka_unit_test(a_hub_says_first_what_its_types_are),
        cmocka_unit_test(what_is_rolled_back_was_not_told),
        cmocka_unit_test(a_version_nobody_has_told_is_read_by_who_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
