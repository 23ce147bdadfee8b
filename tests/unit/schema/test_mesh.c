/* What ledgers that write apart and meet in any order come to say: all the same, and no
 * word is lost. A failing run prints its seed (keys are drawn anew each time). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/ledger_in.h"
#include "schema/query.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"
#include "tests/lib/sim_vfs.h"

#define WRITES 200
#define RECORDS_MAX 64

struct mesh {
    struct community c;
    struct rng rng;
    uint64_t seed;
    struct record_key key[RECORDS_MAX];
    size_t keys_n;
    size_t written;
};

#define must(mesh, what)                                                                 \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            print_error("seed %llu: %s\n", (unsigned long long)(mesh)->seed, #what);     \
            fail();                                                                      \
        }                                                                                \
    } while (0)

/* A hub and n - 1 leaders of two groups. */
static struct mesh *
mesh_new(size_t n, uint64_t seed)
{
    struct mesh *m = mem_new(sizeof(*m));
    m->seed = seed;
    m->rng.s = seed;
    community_init(&m->c);
    community_groups(&m->c, 2);
    for (size_t i = 1; i < n; i++) {
        struct member *who =
            community_invite(&m->c, FIXTURE_GROUP + (i + 1) % 2, ROLE_LEADER);
        assert_ok(community_join(&m->c, who));
    }
    community_sync(&m->c);
    return m;
}

static void
mesh_free(struct mesh *m)
{
    community_fini(&m->c);
    mem_free(m);
}

static struct member *
anyone(struct mesh *m)
{
    return &m->c.m[rng_below(&m->rng, (uint32_t)m->c.n)];
}

static struct author
begin(struct member *who)
{
    struct author a;
    assert_ok(ledger_begin(who->l));
    assert_ok(author_of(who->l, &who->log, &a));
    return a;
}

static bool
end(struct member *who, enum rc rc)
{
    if (rc == RC_OK)
        assert_ok(ledger_commit(who->l));
    else
        ledger_rollback(who->l);
    return rc == RC_OK;
}

static void
add(struct mesh *m, struct member *who)
{
    struct author a = begin(who);
    struct assign f[] = {{"title", "灯"}, {"whom", "某某"}};
    struct made made;
    uint32_t unit = who->unit != 0 ? who->unit : FIXTURE_GROUP + rng_below(&m->rng, 2);
    must(m, end(who, edit_add(who->l, &a, "need", unit, f, 2, &made, NULL)));
    m->key[m->keys_n++] = made.key;
}

static bool
change(struct mesh *m, struct member *who, const struct record_key *key)
{
    static const char *const field[] = {"title", "words", "place", "result", "whom"};
    static const char *const state[] = {"claimed", "under_way", "met", "listed",
                                        "declined"};
    struct author a = begin(who);
    char text[32];
    uint32_t what = rng_below(&m->rng, 7);
    snprintf(text, sizeof(text), "%u", rng_below(&m->rng, 1000000));
    struct assign f = {field[what % 5], what == 1 ? "" : text};
    return end(who, what < 5 ? edit_set(who->l, &a, key, &f, 1, NULL)
                             : edit_move(who->l, &a, key, state[rng_below(&m->rng, 5)],
                                         text, NULL));
}

static void
write_one(struct mesh *m)
{
    struct member *who = anyone(m);
    m->c.wall_ms += rng_below(&m->rng, 60000);
    if (m->keys_n < 8 || (m->keys_n < RECORDS_MAX && rng_chance(&m->rng, 100))) {
        add(m, who);
        m->written++;
        return;
    }
    /* What is not here yet, is another unit's or goes nowhere from here is refused. */
    const struct record_key *key = &m->key[rng_below(&m->rng, (uint32_t)m->keys_n)];
    m->written += change(m, who, key);
}

static void
meet(struct mesh *m)
{
    struct member *a = anyone(m), *b = anyone(m);
    if (a == b)
        return;
    member_pull(a, b);
    if (rng_chance(&m->rng, 700))
        member_pull(b, a);
}

static void
agree(struct mesh *m)
{
    static struct digests d[FIXTURE_MAX];
    for (size_t i = 0; i < m->c.n; i++)
        member_digests(&m->c.m[i], &d[i]);
    for (size_t i = 1; i < m->c.n; i++)
        for (size_t k = 0; k < i; k++)
            must(m, digests_agree(&d[i], &d[k]));
}

static void
rebuild_says_the_same(struct mesh *m)
{
    for (size_t i = 0; i < m->c.n; i++) {
        static struct digests before, after;
        member_digests(&m->c.m[i], &before);
        assert_ok(ledger_rebuild(m->c.m[i].l, NULL, NULL));
        member_digests(&m->c.m[i], &after);
        must(m, before.n == after.n);
        must(m, memcmp(before.digest, after.digest, before.n * 16) == 0);
    }
}

/* ---- cases */

struct cases {
    size_t n;
    char name[256][9];
    uint32_t unit[256];
    bool is_private[256];
    size_t choices[256];
};

static bool
take_case(void *arg, const struct case_row *r)
{
    struct cases *c = arg;
    assert_true(c->n < 256);
    memcpy(c->name[c->n], r->name, 9);
    c->unit[c->n] = r->key.unit;
    c->is_private[c->n] = field_is_private(r->type, r->field);
    c->choices[c->n] = r->choices_n;
    c->n++;
    return true;
}

static void
cases_of(struct member *who, struct cases *out)
{
    out->n = 0;
    assert_ok(query_cases(who->l, take_case, out));
    assert_int_equal(out->n, query_cases_n(who->l));
}

/* The hub reads everything; each other one has those cases that it can read, once. */
static size_t
cases_agree(struct mesh *m)
{
    static struct cases hub, other;
    cases_of(&m->c.m[0], &hub);
    for (size_t i = 1; i < m->c.n; i++) {
        size_t k = 0;
        cases_of(&m->c.m[i], &other);
        for (size_t h = 0; h < hub.n; h++) {
            if (hub.is_private[h] && hub.unit[h] != m->c.m[i].unit)
                continue;
            must(m, k < other.n && strcmp(hub.name[h], other.name[k]) == 0);
            must(m, hub.choices[h] == other.choices[k]);
            k++;
        }
        must(m, k == other.n);
    }
    return hub.n;
}

static void
settle_all(struct mesh *m)
{
    static struct cases c;
    for (size_t i = 1; i < m->c.n && i <= 2; i++) { /* the two homes, at once */
        cases_of(&m->c.m[i], &c);
        for (size_t k = 0; k < c.n; k++) {
            struct author a = begin(&m->c.m[i]);
            unsigned choice = 1 + rng_below(&m->rng, (uint32_t)c.choices[k]);
            bool done =
                end(&m->c.m[i], edit_settle(m->c.m[i].l, &a, c.name[k], choice, NULL));
            must(m, done == (c.unit[k] == m->c.m[i].unit));
        }
    }
    if (m->c.n != 2)
        return;
    cases_of(&m->c.m[0], &c); /* nobody of the second group is there */
    for (size_t k = 0; k < c.n; k++) {
        struct author a = begin(&m->c.m[0]);
        if (c.unit[k] != m->c.m[1].unit)
            must(m, end(&m->c.m[0], edit_settle(m->c.m[0].l, &a, c.name[k], 1, NULL)));
        else
            ledger_rollback(m->c.m[0].l);
    }
}

static void
run(size_t n, uint64_t seed)
{
    struct mesh *m = mesh_new(n, seed);
    while (m->written < WRITES) {
        write_one(m);
        if (rng_chance(&m->rng, 60))
            meet(m);
    }
    community_sync(&m->c);
    agree(m);
    must(m, cases_agree(m) > 0);
    rebuild_says_the_same(m);
    cases_agree(m);
    settle_all(m);
    community_sync(&m->c);
    agree(m);
    must(m, cases_agree(m) == 0);
    mesh_free(m);
}

static void
two_ledgers_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        run(2, seed);
}

static void
five_ledgers_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed <= 13; seed++)
        run(5, seed);
}

static void
eight_ledgers_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 21; seed <= 22; seed++)
        run(8, seed);
}

/* ---- one record */

static void
set(struct member *who, const struct record_key *key, const char *field,
    const char *value)
{
    struct author a = begin(who);
    struct assign f = {field, value};
    assert_true(end(who, edit_set(who->l, &a, key, &f, 1, NULL)));
}

static void
different_fields_of_one_record_both_stay(void **state)
{
    struct mesh *m = mesh_new(5, 31);
    (void)state;
    add(m, &m->c.m[1]);
    community_sync(&m->c);
    set(&m->c.m[0], &m->key[0], "place", "a");
    set(&m->c.m[1], &m->key[0], "words", "b");
    community_sync(&m->c);
    for (size_t i = 0; i < m->c.n; i++) {
        enum field_state s = FIELD_CYCLE;
        char text[64];
        size_t n = 0;
        assert_true(member_field(&m->c.m[i], &m->key[0], "need", "place", &s, text, &n));
        assert_string_equal(text, "a");
        assert_int_equal(s, FIELD_CLEAN);
        assert_true(member_field(&m->c.m[i], &m->key[0], "need", "words", &s, text, &n));
        assert_string_equal(text, "b");
        assert_int_equal(s, FIELD_CLEAN);
        assert_true(member_is_parallel(&m->c.m[i], &m->key[0], "need"));
    }
    assert_int_equal(cases_agree(m), 0);
    agree(m);
    mesh_free(m);
}

static void
the_same_field_makes_one_case_everywhere_and_settle_closes_it(void **state)
{
    struct mesh *m = mesh_new(8, 41);
    static struct cases c;
    (void)state;
    add(m, &m->c.m[1]);
    community_sync(&m->c);
    set(&m->c.m[0], &m->key[0], "title", "a");
    set(&m->c.m[1], &m->key[0], "title", "b");
    set(&m->c.m[3], &m->key[0], "title", "c");
    community_sync(&m->c);
    assert_int_equal(cases_agree(m), 1);
    cases_of(&m->c.m[2], &c);
    assert_int_equal(c.n, 1); /* who may not settle it sees it, too */
    assert_int_equal(c.choices[0], 3);
    struct author a = begin(&m->c.m[3]);
    assert_true(end(&m->c.m[3], edit_settle(m->c.m[3].l, &a, c.name[0], 2, NULL)));
    community_sync(&m->c);
    assert_int_equal(cases_agree(m), 0);
    agree(m);
    rebuild_says_the_same(m);
    mesh_free(m);
}

/* ---- any order */

struct entries {
    struct slice *at;
    size_t n;
};

static bool
keep(void *arg, const struct stored *e)
{
    struct entries *x = arg;
    x->at = mem_grow(x->at, (x->n + 1) * sizeof(*x->at));
    x->at[x->n++] = slice_of(mem_copy(e->bytes.p, e->bytes.n), e->bytes.n);
    return true;
}

static void
all_entries(struct member *from, struct entries *out)
{
    struct replica *r = ledger_replica(from->l);
    const struct sync_store *store = replica_store(r);
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row row;
        replica_row_at(r, i, &row);
        assert_ok(store->trunk(store->self, &row.log, 1, keep, out));
    }
}

static void
shuffle(struct rng *rng, struct entries *x)
{
    for (size_t i = x->n; i > 1; i--) {
        size_t k = rng_below(rng, (uint32_t)i);
        struct slice one = x->at[i - 1];
        x->at[i - 1] = x->at[k];
        x->at[k] = one;
    }
}

/* Everything once, in this order; what was refused stays in the list. */
static void
offer_all(struct mesh *m, struct member *to, struct entries *x)
{
    size_t left = 0;
    assert_ok(ledger_begin(to->l));
    for (size_t i = 0; i < x->n; i++) {
        enum offer what = OFFER_HAVE;
        assert_ok(replica_offer(ledger_replica(to->l), x->at[i], &what));
        if (what == OFFER_GAP || what == OFFER_UNKNOWN || what == OFFER_OVER_QUOTA)
            x->at[left++] = x->at[i];
        else
            free((void *)(uintptr_t)x->at[i].p);
        if (rng_chance(&m->rng, 200))
            assert_ok(ledger_settle(to->l));
    }
    x->n = left;
    assert_ok(ledger_settle(to->l));
    assert_ok(ledger_commit(to->l));
}

static void
entries_in_any_order_come_to_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 51; seed <= 53; seed++) {
        struct mesh *m = mesh_new(3, seed);
        struct entries x = {NULL, 0};
        while (m->written < 60) {
            write_one(m);
            if (rng_chance(&m->rng, 100))
                meet(m);
        }
        struct member *late = community_invite(&m->c, FIXTURE_GROUP, ROLE_LEADER);
        assert_ok(community_join(&m->c, late));
        for (size_t i = 0; i < 3; i++)
            member_pull(&m->c.m[0], &m->c.m[i == 0 ? 1 : i]);
        all_entries(&m->c.m[0], &x);
        size_t rounds = 0;
        for (; x.n > 0 && rounds < 1000; rounds++) {
            shuffle(&m->rng, &x);
            offer_all(m, late, &x);
        }
        must(m, x.n == 0);
        must(m, rounds > 1);
        community_sync(&m->c);
        agree(m);
        cases_agree(m);
        rebuild_says_the_same(m);
        mem_free(x.at);
        mesh_free(m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_ledgers_agree),
        cmocka_unit_test(five_ledgers_agree),
        cmocka_unit_test(eight_ledgers_agree),
        cmocka_unit_test(different_fields_of_one_record_both_stay),
        cmocka_unit_test(the_same_field_makes_one_case_everywhere_and_settle_closes_it),
        cmocka_unit_test(entries_in_any_order_come_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
