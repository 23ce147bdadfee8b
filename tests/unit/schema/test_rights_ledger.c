/* Rights through real ledgers: written, carried, folded, asked for. */
#include <stdio.h>
#include <string.h>

#include "schema/doctor.h"
#include "schema/edit_in.h"
#include "schema/rights_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"
#include "tests/lib/rights_brute.h"
#include "tests/lib/rights_types.h"

/* ---- what people do, each in a turn of its own */

static struct fault why;

static enum rc
ended(struct member *m, enum rc rc)
{
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static void
begin(struct member *m, struct author *a)
{
    why = (struct fault){.rc = RC_OK};
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, a));
}

static enum rc
add(struct member *m, const char *type, const struct assign *f, size_t n,
    struct made *made)
{
    struct author a;
    begin(m, &a);
    return ended(m, edit_add(m->l, &a, type, a.unit, f, n, made, &why));
}

static enum rc
account(struct member *m, const char *points, struct made *made)
{
    const struct assign f[] = {{"title", "王家"}, {"points", points}};
    return add(m, "purse", f, 2, made);
}

static enum rc
redeem(struct member *m, const struct made *of, const char *points, struct made *made)
{
    const struct assign f[] = {
        {"title", "一袋米"}, {"purse", of->number}, {"points", points}};
    return add(m, "handout", f, 3, made);
}

static enum rc
move(struct member *m, const struct made *what, const char *state)
{
    struct author a;
    begin(m, &a);
    return ended(m, edit_move(m->l, &a, &what->key, state, NULL, &why));
}

static enum rc
set(struct member *m, const struct made *what, const char *field, const char *value)
{
    const struct assign f = {field, value};
    struct author a;
    begin(m, &a);
    return ended(m, edit_set(m->l, &a, &what->key, &f, 1, &why));
}

static enum rc
give(struct member *m, const struct made *of, uint64_t n, const struct member *to)
{
    struct author a;
    begin(m, &a);
    return ended(m, rights_give(m->l, &a, of->number, n, member_log(to)->no, &why));
}

static enum rc
take(struct member *m)
{
    struct author a;
    begin(m, &a);
    return ended(m, rights_take_is_due(m->l, &a) ? rights_take(m->l, &a) : RC_NO);
}

static enum rc
give_back(struct member *m, const char *spend)
{
    struct author a;
    begin(m, &a);
    return ended(m, rights_return(m->l, &a, spend, &why));
}

static enum rc
take_over(struct member *m, const struct made *of, const struct member *from)
{
    struct author a;
    begin(m, &a);
    return ended(m, rights_take_over(m->l, &a, of->number, member_log(from)->no, &why));
}

/* ---- what is there */

struct seen {
    uint64_t issued, held, transit, spent;
    uint64_t has; /* the log that is asked for */
    uint32_t log_no;
    size_t n;
};

static bool
see(void *arg, const struct rights_asset_row *a)
{
    struct seen *s = arg;
    assert_int_equal(a->issued, a->held + a->transit + a->spent);
    s->issued += a->issued;
    s->held += a->held;
    s->transit += a->transit;
    s->spent += a->spent;
    s->n++;
    for (size_t i = 0; i < a->lanes_n; i++)
        if (a->lane[i].log_no == s->log_no && a->lane[i].where == RIGHTS_HELD)
            s->has = a->lane[i].balance;
    return true;
}

static struct seen
look(struct member *m, const struct made *of, const struct member *whose)
{
    struct seen s = {.log_no = member_log(whose)->no};
    assert_ok(rights_assets(m->l, &of->key, see, &s));
    return s;
}

static void
assert_totals(struct community *c, const struct made *of, uint64_t issued, uint64_t held,
              uint64_t transit, uint64_t spent)
{
    for (size_t i = 0; i < c->n; i++) {
        struct seen s = look(&c->m[i], of, &c->m[i]);
        assert_int_equal(s.issued, issued);
        assert_int_equal(s.held, held);
        assert_int_equal(s.transit, transit);
        assert_int_equal(s.spent, spent);
    }
}

static void
on_finding(void *arg, const char *what)
{
    (void)arg;
    fprintf(stderr, "# %s\n", what);
}

/* Everybody says the same, and what the tables say is what the logs say. */
static void
assert_agreed(struct community *c)
{
    uint8_t first[16], other[16];
    for (size_t i = 0; i < c->n; i++) {
        assert_ok(rights_digest(c->m[i].l, i == 0 ? first : other));
        if (i > 0)
            assert_memory_equal(first, other, 16);
        assert_null(rights_brute(c->m[i].l));
        assert_ok(ledger_doctor(c->m[i].l, on_finding, NULL));
        assert_ok(ledger_rebuild(c->m[i].l, NULL, NULL));
        assert_ok(rights_digest(c->m[i].l, other));
        assert_memory_equal(first, other, 16);
    }
}

static bool
count_unbacked(void *arg, const struct rights_unbacked *u)
{
    (void)u;
    ++*(size_t *)arg;
    return true;
}

static size_t
unbacked(struct member *m)
{
    size_t n = 0;
    assert_ok(rights_unbacked(m->l, count_unbacked, &n));
    return n;
}

static void
three(struct community *c)
{
    community_init_types(c, rights_types());
    community_groups(c, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct member *m = community_invite(c, FIXTURE_GROUP + i, ROLE_LEADER);
        assert_ok(community_join(c, m));
    }
    community_sync(c);
}

/* ---- the tests */

static void
a_record_brings_its_rights(void **state)
{
    struct community c;
    struct made of;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    community_sync(&c);
    assert_totals(&c, &of, 86, 86, 0, 0);
    assert_int_equal(look(&c.m[1], &of, &c.m[0]).has, 86);
    /* raised: more of them; lowered: used up, as far as they reach */
    assert_ok(set(&c.m[0], &of, "points", "100"));
    community_sync(&c);
    assert_totals(&c, &of, 100, 100, 0, 0);
    assert_ok(set(&c.m[0], &of, "points", "90"));
    community_sync(&c);
    assert_totals(&c, &of, 100, 90, 0, 10);
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_is_not_there_is_not_spent(void **state)
{
    struct community c;
    struct made of, r, r2;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    assert_ok(give(&c.m[0], &of, 20, &c.m[1]));
    assert_ok(redeem(&c.m[0], &of, "80", &r));
    assert_int_equal(move(&c.m[0], &r, "handed"), RC_NO);
    assert_int_equal(why.code, FAULT_RIGHT_SHORT);
    assert_string_equal(why.what, "66");
    char want[32];
    snprintf(want, sizeof(want), "%03u: 20", member_log(&c.m[1])->no);
    assert_string_equal(why.want, want);
    community_sync(&c);
    assert_totals(&c, &of, 86, 66, 20, 0);
    assert_int_equal(take(&c.m[2]), RC_NO);
    assert_ok(take(&c.m[1]));
    assert_int_equal(take(&c.m[1]), RC_NO);
    assert_ok(redeem(&c.m[1], &of, "20", &r2));
    assert_ok(move(&c.m[1], &r2, "handed"));
    assert_int_equal(give(&c.m[1], &of, 1, &c.m[0]), RC_NO);
    community_sync(&c);
    assert_totals(&c, &of, 86, 66, 0, 20);
    /* Taken back: the points are where they were. */
    assert_ok(move(&c.m[1], &r2, "back"));
    community_sync(&c);
    assert_totals(&c, &of, 86, 86, 0, 0);
    assert_int_equal(look(&c.m[0], &of, &c.m[1]).has, 20);
    assert_int_equal(unbacked(&c.m[2]), 0);
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_is_earned_is_issued(void **state)
{
    struct community c;
    struct made of, award;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "5", &of));
    community_sync(&c);
    const struct assign f[] = {{"title", "值班"}, {"purse", of.number}, {"points", "7"}};
    assert_ok(add(&c.m[1], "bonus", f, 3, &award));
    assert_int_equal(move(&c.m[1], &award, "granted"), RC_DENIED);
    assert_int_equal(why.code, FAULT_RIGHT_ISSUE);
    community_sync(&c);
    assert_ok(move(&c.m[0], &award, "granted"));
    community_sync(&c);
    assert_totals(&c, &of, 12, 12, 0, 0);
    assert_agreed(&c);
    community_fini(&c);
}

/* A node that skips every question. */
static void
dishonest_spend(struct member *m, const struct made *of, uint64_t n,
                const struct record_key *key)
{
    struct author_run *run = member_begin(m);
    struct op *op = mem_new(sizeof(*op));
    struct rights_asset_row found = {.no = 0};
    (void)of;
    (void)found;
    op->code = OP_SPEND;
    sqlite3_stmt *s = db_stmt(m->l->db, STMT_RIGHTS_ASSETS);
    bool row = false;
    assert_ok(db_step(m->l->db, s, &row));
    rights_read_name(s, 1, &op->asset);
    sqlite3_reset(s);
    op->amount = n;
    op->subject = *key;
    assert_ok(author_put(run, SCOPE_NO_COMMUNITY, op));
    mem_free(op);
    member_end(m, run);
}

static void
put_state(struct member *m, const struct record_key *key, uint16_t from, uint16_t to)
{
    struct author_run *run = member_begin(m);
    struct draft d;
    struct image im = {0};
    int64_t no = 0;
    const struct type *t = type_by_name(ledger_types(m->l), "handout");
    struct value v = {.kind = VALUE_STATE, .as.move = {.from = from, .to = to}};
    draft_init(&d, t);
    sqlite3_stmt *s = db_stmt(m->l->db, STMT_QUERY_KEY);
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->scope);
    sqlite3_bind_int64(s, 3, key->unit);
    bool row = false;
    assert_ok(db_step(m->l->db, s, &row));
    no = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    assert_ok(fold_read(m->l, no, &im));
    assert_ok(draft_add_value(&d, FIELD_STATE, &v, &im, NULL));
    assert_ok(author_put(run, key->scope, draft_op(&d, key->unit, key->id)));
    draft_fini(&d);
    image_fini(&im);
    member_end(m, run);
}

static void
an_overspend_is_void_everywhere(void **state)
{
    struct community c;
    struct made of, r;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    assert_ok(give(&c.m[0], &of, 20, &c.m[1]));
    community_sync(&c);
    assert_ok(take(&c.m[1]));
    assert_ok(redeem(&c.m[1], &of, "60", &r));
    dishonest_spend(&c.m[1], &of, 60, &r.key);
    put_state(&c.m[1], &r.key, 1, 2);
    community_sync(&c);
    assert_totals(&c, &of, 86, 86, 0, 0);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(unbacked(&c.m[i]), 1);
    /* Backed by whoever has it, it is a case no more. */
    struct author a;
    begin(&c.m[0], &a);
    assert_ok(ended(&c.m[0], rights_spend(c.m[0].l, &a, of.number, 60, r.number, &why)));
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(unbacked(&c.m[i]), 0);
    assert_totals(&c, &of, 86, 26, 0, 60);
    /* and again when it is taken back */
    assert_int_equal(give_back(&c.m[1], r.number), RC_NOTFOUND);
    assert_ok(give_back(&c.m[0], r.number));
    assert_int_equal(unbacked(&c.m[0]), 1);
    community_sync(&c);
    assert_agreed(&c);
    community_fini(&c);
}

/* Another asset of the same record, by somebody who may make no such record there. */
static void
whoever_opens_one_for_himself_backs_nothing(void **state)
{
    struct community c;
    struct made of, r;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "5", &of));
    community_sync(&c);
    struct author_run *run = member_begin(&c.m[1]);
    assert_ok(author_open(run, &of.key, 1000));
    member_end(&c.m[1], run);
    assert_ok(redeem(&c.m[1], &of, "60", &r));
    assert_int_equal(move(&c.m[1], &r, "handed"), RC_NO);
    community_fini(&c);
}

static bool
tell_final(void *arg, const struct rights_op_row *o)
{
    bool *all = arg;
    *all = *all && o->is_confirmed;
    return true;
}

static bool
all_final(struct member *m)
{
    struct rights_op_row row;
    bool all = true;
    (void)row;
    sqlite3_stmt *s = db_stmt(m->l->db, STMT_RIGHTS_ASSETS);
    bool is = false;
    assert_ok(db_step(m->l->db, s, &is));
    int64_t no = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    assert_ok(rights_ops(m->l, no, tell_final, &all));
    return all;
}

static void
a_seal_makes_it_final(void **state)
{
    struct community c;
    struct made of, r;
    struct rights_backing b;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    community_sync(&c);
    assert_ok(redeem(&c.m[0], &of, "80", &r));
    assert_ok(move(&c.m[0], &r, "handed"));
    assert_false(all_final(&c.m[0]));
    assert_ok(rights_backing(c.m[0].l, &r.key, &b));
    assert_true(b.needs && b.backed == 80 && !b.is_final);
    community_seal(&c);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        assert_true(all_final(&c.m[i]));
        assert_ok(rights_backing(c.m[i].l, &r.key, &b));
        assert_true(b.is_final);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
the_heir_takes_over(void **state)
{
    struct community c;
    struct made of, r;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    assert_ok(give(&c.m[0], &of, 20, &c.m[1]));
    community_sync(&c);
    assert_ok(take(&c.m[1]));
    assert_ok(redeem(&c.m[1], &of, "3", &r));
    assert_ok(move(&c.m[1], &r, "handed"));
    community_sync(&c);
    assert_ok(give(&c.m[0], &of, 6, &c.m[1]));
    community_sync(&c);
    assert_int_equal(take_over(&c.m[2], &of, &c.m[1]), RC_NOTFOUND);
    /* All but its last two entries, the redemption, is good. */
    uint64_t seq = member_log(&c.m[1])->head_seq - 2;
    community_revoke_to(&c, &c.m[1], seq, member_log(&c.m[2])->no);
    community_sync(&c);
    assert_totals(&c, &of, 86, 60, 26, 0);
    assert_ok(take_over(&c.m[2], &of, &c.m[1]));
    community_sync(&c);
    assert_totals(&c, &of, 86, 86, 0, 0);
    assert_int_equal(look(&c.m[0], &of, &c.m[2]).has, 26);
    community_seal(&c);
    community_sync(&c);
    assert_true(all_final(&c.m[1]));
    assert_agreed(&c);
    community_fini(&c);
}

static void
count_finding(void *arg, const char *what)
{
    (void)what;
    ++*(size_t *)arg;
}

/* Each table that people are told from, harmed in one place. */
static void
a_harmed_row_is_found(void **state)
{
    static const char *const harm[] = {
        "UPDATE right_op SET confirmed = 1 WHERE code = 6",
        "UPDATE right_op SET state = 1 WHERE code = 6",
        "UPDATE right_op SET amount = 1 WHERE code = 6",
        "UPDATE right_asset SET spent = spent - 1",
        "UPDATE right_lane SET balance = balance + 1",
        "DELETE FROM right_lane",
        "DELETE FROM right_watch",
        "DELETE FROM right_op WHERE code = 6",
    };
    struct community c;
    struct made of, r;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    assert_ok(redeem(&c.m[0], &of, "80", &r));
    assert_ok(move(&c.m[0], &r, "handed"));
    for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
        size_t n = 0;
        assert_ok(ledger_doctor(c.m[0].l, count_finding, &n));
        assert_ok(db_exec(c.m[0].l->db, harm[i]));
        assert_int_equal(ledger_doctor(c.m[0].l, count_finding, &n), RC_NO);
        assert_true(n > 0);
        assert_ok(ledger_rebuild(c.m[0].l, NULL, NULL));
    }
    community_fini(&c);
}

/* Whoever carries a take before its give has it pending, and no longer. */
static void
a_take_may_come_before_its_give(void **state)
{
    struct community c;
    struct made of;
    struct author_run *run;
    (void)state;
    three(&c);
    assert_ok(account(&c.m[0], "86", &of));
    community_sync(&c);
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_TAKE;
    sqlite3_stmt *s = db_stmt(c.m[1].l->db, STMT_RIGHTS_ASSETS);
    bool row = false;
    assert_ok(db_step(c.m[1].l->db, s, &row));
    rights_read_name(s, 1, &op->asset);
    sqlite3_reset(s);
    op->of.at = (struct version){.log_no = op->asset.at.log_no, .seq = 900};
    memset(op->of.at.id8, 7, 8);
    run = member_begin(&c.m[1]);
    assert_ok(author_put(run, SCOPE_NO_COMMUNITY, op));
    member_end(&c.m[1], run);
    struct author a;
    begin(&c.m[1], &a);
    /* What follows waits too, and nobody is let into it. */
    assert_int_equal(ended(&c.m[1], rights_give(c.m[1].l, &a, of.number, 1, 1, &why)),
                     RC_BUSY);
    community_sync(&c);
    assert_agreed(&c);
    /* Sealed at 900 it could not come any more; an entry of that name elsewhere is none.
     */
    (void)member_add(&c.m[1], "need", FIXTURE_GROUP, "title", "灯");
    memcpy(op->of.at.id8, member_log(&c.m[1])->head.b, 8);
    run = member_begin(&c.m[2]);
    assert_ok(author_put(run, SCOPE_NO_COMMUNITY, op));
    member_end(&c.m[2], run);
    /* The take is here before that entry, and waits; then it is void. */
    member_pull(&c.m[0], &c.m[2]);
    assert_null(rights_brute(c.m[0].l));
    member_pull(&c.m[0], &c.m[1]);
    assert_null(rights_brute(c.m[0].l));
    community_sync(&c);
    community_seal(&c);
    community_sync(&c);
    assert_agreed(&c);
    mem_free(op);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_brings_its_rights),
        cmocka_unit_test(what_is_not_there_is_not_spent),
        cmocka_unit_test(what_is_earned_is_issued),
        cmocka_unit_test(an_overspend_is_void_everywhere),
        cmocka_unit_test(whoever_opens_one_for_himself_backs_nothing),
        cmocka_unit_test(a_seal_makes_it_final),
        cmocka_unit_test(the_heir_takes_over),
        cmocka_unit_test(a_harmed_row_is_found),
        cmocka_unit_test(a_take_may_come_before_its_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
