/* The rights fold (RECORDS.md section 3). What the model's histories say of it is in
 * test_model.c. LINJULI_RIGHTS_N sets the size of the large fold (200,000). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/rights.h"
#include "tests/lib/fold.h"

#define ITEMS_MAX 64
#define LOGS_N 24 /* their numbers are 0 to 23; 0 is nobody's */

/* A few logs and their operations; the entry of log L at seq S has the id8 (L, S). */
struct town {
    struct rights_item item[ITEMS_MAX];
    size_t n;
    struct rights_log log[LOGS_N];
    struct version accepted[8]; /* entries without a right */
    size_t accepted_n;
    struct rights r;
};

static struct item_name
name_of(uint32_t log_no, uint64_t seq)
{
    struct item_name name = {{log_no, seq, {0}}, 0};

    put_u32(name.at.id8, log_no);
    put_u32(name.at.id8 + 4, (uint32_t)seq);
    return name;
}

static void
town_init(struct town *t)
{
    *t = (struct town){0};
    for (uint32_t i = 0; i < LOGS_N; i++) {
        t->log[i] = (struct rights_log){.no = i, .undecided_pos = INT64_MAX};
    }
}

static bool
town_find(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq)
{
    const struct town *t = self;

    for (size_t i = 0; i < t->n + t->accepted_n; i++) {
        const struct version *v = i < t->n ? &t->item[i].name.at : &t->accepted[i - t->n];
        if (memcmp(v->id8, at->id8, 8) == 0) {
            *log_no = v->log_no;
            *seq = v->seq;
            return true;
        }
    }
    return false;
}

static void
town_fold(struct town *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct version *at = &t->item[i].name.at;
        t->item[i].is_sealed = at->seq <= t->log[at->log_no].seal_seq;
    }
    rights_fold(
        t->item, t->n,
        &(struct rights_view){
            .logs = t->log + 1, .logs_n = LOGS_N - 1, .find = town_find, .self = t},
        &t->r);
}

/* An operation on the asset that log 1 opens in its entry 1. */
static struct rights_item *
add(struct town *t, uint32_t log_no, uint64_t seq, enum op_code code, uint64_t amount)
{
    struct rights_item *o = &t->item[t->n++];

    assert_true(t->n <= ITEMS_MAX);
    *o = (struct rights_item){.name = name_of(log_no, seq),
                              .asset = name_of(1, 1),
                              .amount = amount,
                              .mark = 100,
                              .code = code};
    return o;
}

static void
give(struct town *t, uint32_t log_no, uint64_t seq, uint64_t amount, uint32_t to)
{
    add(t, log_no, seq, OP_GIVE, amount)->party = to;
}

static struct rights_item *
take(struct town *t, uint32_t log_no, uint64_t seq, uint32_t from, uint64_t from_seq)
{
    struct rights_item *o = add(t, log_no, seq, OP_TAKE, 0);

    o->of = name_of(from, from_seq);
    return o;
}

static struct rights_item *
inherit(struct town *t, uint32_t log_no, uint64_t seq, uint32_t from)
{
    struct rights_item *o = add(t, log_no, seq, OP_TAKE, 0);

    o->is_inherited = true;
    o->party = from;
    return o;
}

static void
give_back(struct town *t, uint32_t log_no, uint64_t seq, uint64_t spend_seq)
{
    add(t, log_no, seq, OP_RETURN, 0)->of = name_of(log_no, spend_seq);
}

static void
revoke(struct town *t, uint32_t log_no, int64_t pos, uint32_t heir, bool is_closed)
{
    t->log[log_no].is_revoked = true;
    t->log[log_no].cut_pos = pos;
    t->log[log_no].heir = heir;
    t->log[log_no].is_closed = is_closed;
}

/* Log 1 opens the asset and issues so much. */
static void
begin(struct town *t, uint64_t amount)
{
    town_init(t);
    add(t, 1, 1, OP_OPEN, 0);
    add(t, 1, 2, OP_ISSUE, amount);
}

static const char *
word_of(const struct rights_item *o)
{
    static const char *const words[][2] = {{"pending", "pending confirmed"},
                                           {"void", "void confirmed"},
                                           {"ok", "ok confirmed"}};

    return o == NULL ? "not there" : words[o->state][o->is_confirmed];
}

static void
expect(struct town *t, uint32_t log_no, uint64_t seq, const char *word)
{
    struct item_name name = name_of(log_no, seq);
    const struct rights_item *o = rights_item_at(t->item, t->n, &name);

    if (strcmp(word_of(o), word) != 0) {
        fail_msg("log %u seq %u: %s, want %s", log_no, (unsigned)seq, word_of(o), word);
    }
}

static const struct rights_lane *
lane(const struct town *t, uint32_t log_no)
{
    struct item_name asset = name_of(1, 1);

    for (size_t i = 0; i < t->r.lanes_n; i++) {
        if (t->r.lane[i].log_no == log_no &&
            item_name_cmp(&t->r.asset[t->r.lane[i].asset].name, &asset) == 0) {
            return &t->r.lane[i];
        }
    }
    fail_msg("log %u has no lane", log_no);
    return NULL;
}

static void
expect_totals(const struct town *t, uint64_t issued, uint64_t held, uint64_t transit,
              uint64_t spent)
{
    struct item_name asset = name_of(1, 1);
    const struct rights_asset *a = t->r.asset;

    while (item_name_cmp(&a->name, &asset) != 0) {
        a++;
        assert_true(a < t->r.asset + t->r.assets_n);
    }
    assert_int_equal(a->issued, issued);
    assert_int_equal(a->held, held);
    assert_int_equal(a->transit, transit);
    assert_int_equal(a->spent, spent);
    assert_int_equal(issued, held + transit + spent);
}

/* ---- the claims */

static void
a_balance_never_goes_below_zero(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 11, 2);
    add(&t, 1, 4, OP_SPEND, 11);
    add(&t, 1, 5, OP_SPEND, 10);
    give(&t, 1, 6, 1, 2);
    add(&t, 2, 1, OP_SPEND, 1); /* has nothing at all */
    town_fold(&t);
    expect(&t, 1, 3, "void");
    expect(&t, 1, 4, "void");
    expect(&t, 1, 5, "ok");
    expect(&t, 1, 6, "void");
    expect(&t, 2, 1, "void");
    assert_int_equal(lane(&t, 1)->balance, 0);
    assert_int_equal(lane(&t, 2)->balance, 0);
    expect_totals(&t, 10, 0, 0, 10);
    rights_fini(&t.r);
}

static void
a_give_is_taken_once_and_only_where_it_went(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    take(&t, 3, 1, 1, 3); /* not addressed to it */
    take(&t, 2, 1, 1, 3);
    take(&t, 2, 2, 1, 3);
    take(&t, 2, 3, 1, 2);                        /* an issue is no give */
    take(&t, 2, 4, 1, 3)->asset = name_of(1, 9); /* of another asset */
    take(&t, 4, 1, 1, 2);
    t.log[4].seal_seq = 1; /* what it names is not sealed */
    town_fold(&t);
    expect(&t, 3, 1, "void");
    expect(&t, 2, 1, "ok");
    expect(&t, 2, 2, "void");
    expect(&t, 2, 3, "void");
    expect(&t, 2, 4, "void");
    expect(&t, 4, 1, "void");
    assert_int_equal(lane(&t, 2)->balance, 4);
    expect_totals(&t, 10, 10, 0, 0);
    rights_fini(&t.r);
}

static void
a_give_is_in_transit_until_taken_and_void_ones_never(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    give(&t, 1, 4, 7, 2); /* has 6 left */
    take(&t, 2, 1, 1, 4);
    town_fold(&t);
    expect(&t, 2, 1, "void");
    expect_totals(&t, 10, 6, 4, 0);
    take(&t, 2, 2, 1, 3);
    town_fold(&t);
    expect(&t, 2, 2, "ok");
    expect_totals(&t, 10, 10, 0, 0);
    rights_fini(&t.r);
}

static void
a_take_waits_for_its_give_and_with_it_its_lane(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    take(&t, 2, 1, 1, 3);
    add(&t, 2, 2, OP_SPEND, 1);
    take(&t, 3, 1, 2, 9);
    t.log[2].seal_seq = 8;
    town_fold(&t);
    expect(&t, 2, 1, "pending");
    expect(&t, 2, 2, "pending");
    expect(&t, 3, 1, "pending");
    give(&t, 1, 3, 4, 2);
    town_fold(&t);
    expect(&t, 2, 1, "ok");
    expect(&t, 2, 2, "ok");
    rights_fini(&t.r);
}

static void
a_circle_of_takes_stays_pending(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    take(&t, 2, 1, 3, 2);
    give(&t, 2, 2, 1, 3);
    take(&t, 3, 1, 2, 2);
    give(&t, 3, 2, 1, 2);
    town_fold(&t);
    expect(&t, 2, 1, "pending");
    expect(&t, 3, 1, "pending");
    expect_totals(&t, 10, 10, 0, 0);
    rights_fini(&t.r);
}

static void
a_take_is_void_when_its_give_cannot_come(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    t.log[1].seal_seq = 5;
    t.log[2].seal_seq = t.log[3].seal_seq = t.log[4].seal_seq = 9;
    t.log[5].seal_seq = t.log[6].seal_seq = t.log[7].seal_seq = 9;
    take(&t, 2, 1, 1, 5); /* sealed at that seq: another entry is there */
    revoke(&t, 8, 10, 0, false);
    take(&t, 3, 1, 8, 7); /* revoked, not closed */
    revoke(&t, 9, 10, 0, true);
    take(&t, 4, 1, 9, 7); /* revoked and closed */
    t.accepted[t.accepted_n++] = name_of(10, 3).at;
    take(&t, 5, 1, 10, 3); /* is there, no give in it, not sealed */
    t.accepted[t.accepted_n++] = name_of(11, 3).at;
    t.log[11].seal_seq = 3;
    take(&t, 6, 1, 11, 3);                    /* the same, sealed */
    take(&t, 7, 1, 11, 3)->of.at.log_no = 10; /* is there, in another log */
    take(&t, 12, 1, 1, 6);                    /* past the seal: may come */
    t.log[13].seal_seq = t.log[14].seal_seq = 9;
    take(&t, 14, 1, 11, 3)->of.at.log_no = 13; /* in another log, both sealed */
    town_fold(&t);
    expect(&t, 2, 1, "void confirmed");
    expect(&t, 3, 1, "void");
    expect(&t, 4, 1, "void confirmed");
    expect(&t, 5, 1, "void");
    expect(&t, 6, 1, "void confirmed");
    expect(&t, 7, 1, "void");
    expect(&t, 12, 1, "pending");
    expect(&t, 14, 1, "void");
    rights_fini(&t.r);
}

static void
only_the_opener_or_its_heir_issues(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    add(&t, 2, 1, OP_ISSUE, 5);
    add(&t, 3, 1, OP_ISSUE, 5)->mark = 49;
    add(&t, 3, 2, OP_ISSUE, 5)->mark = 50;
    add(&t, 1, 3, OP_ISSUE, 5)->asset = name_of(1, 2); /* no asset */
    add(&t, 4, 1, OP_ISSUE, 5)->asset = name_of(4, 2); /* opened later */
    add(&t, 4, 2, OP_OPEN, 0);
    revoke(&t, 1, 50, 3, false);
    town_fold(&t);
    expect(&t, 2, 1, "void");
    expect(&t, 3, 1, "void");
    expect(&t, 3, 2, "ok");
    expect(&t, 1, 3, "void");
    expect(&t, 4, 1, "void");
    expect(&t, 4, 2, "ok");
    expect_totals(&t, 15, 5, 10, 0);
    rights_fini(&t.r);
}

static void
an_heir_takes_at_or_after_the_revoke_what_is_left(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    give(&t, 1, 4, 3, 2);
    take(&t, 2, 1, 1, 3);
    inherit(&t, 3, 1, 2)->mark = 49;
    take(&t, 3, 2, 1, 4)->mark = 49;
    inherit(&t, 3, 3, 2)->mark = 50;
    inherit(&t, 3, 4, 2)->mark = 50; /* once */
    take(&t, 3, 5, 1, 4)->mark = 50;
    take(&t, 3, 6, 1, 3)->mark = 50; /* taken by log 2 itself */
    inherit(&t, 3, 7, 3);            /* itself */
    inherit(&t, 3, 8, 1);            /* not revoked */
    revoke(&t, 2, 50, 3, false);
    town_fold(&t);
    expect(&t, 3, 1, "void");
    expect(&t, 3, 2, "void");
    expect(&t, 3, 3, "ok");
    expect(&t, 3, 4, "void");
    expect(&t, 3, 5, "ok");
    expect(&t, 3, 6, "void");
    expect(&t, 3, 7, "void");
    expect(&t, 3, 8, "void");
    assert_int_equal(lane(&t, 3)->balance, 7);
    assert_int_equal(lane(&t, 2)->where, RIGHTS_TAKEN);
    expect_totals(&t, 10, 10, 0, 0);
    rights_fini(&t.r);
}

static void
heirs_chain_and_who_stood_before_speaks_first(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    take(&t, 2, 1, 1, 3);
    inherit(&t, 3, 1, 2);
    give(&t, 3, 2, 1, 4);
    inherit(&t, 4, 1, 2); /* log 3 was before it, and has taken */
    inherit(&t, 4, 2, 3);
    take(&t, 4, 3, 3, 2);
    revoke(&t, 2, 50, 3, true);
    revoke(&t, 3, 60, 4, true);
    town_fold(&t);
    expect(&t, 3, 1, "ok");
    expect(&t, 4, 1, "void");
    expect(&t, 4, 2, "ok");
    expect(&t, 4, 3, "ok");
    assert_int_equal(lane(&t, 4)->balance, 4);
    rights_fini(&t.r);
    /* Nobody in between: straight from the first. */
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    inherit(&t, 4, 1, 1);
    take(&t, 4, 2, 1, 3);
    revoke(&t, 1, 50, 2, true);
    revoke(&t, 2, 60, 3, true);
    revoke(&t, 3, 70, 4, true);
    town_fold(&t);
    expect(&t, 4, 1, "ok");
    expect(&t, 4, 2, "ok");
    assert_int_equal(lane(&t, 4)->balance, 10);
    rights_fini(&t.r);
}

static void
an_heir_waits_for_a_lane_before_it(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    take(&t, 2, 1, 5, 1); /* pending */
    inherit(&t, 3, 1, 2);
    add(&t, 4, 1, OP_ISSUE, 1); /* acts for 1, through no lane of 2 */
    revoke(&t, 2, 50, 3, false);
    revoke(&t, 1, 50, 4, false);
    town_fold(&t);
    expect(&t, 3, 1, "pending");
    expect(&t, 4, 1, "ok");
    rights_fini(&t.r);
}

static void
a_circle_of_heirs_inherits_nothing(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    for (uint32_t i = 0; i < 7; i++) {
        revoke(&t, 3 + i, 50, 3 + (i + 1) % 7, true);
    }
    revoke(&t, 1, 50, 2, true);
    revoke(&t, 2, 50, 3, true); /* a tail into the circle */
    inherit(&t, 12, 1, 1);
    inherit(&t, 13, 1, 5);
    inherit(&t, 14, 1, 99); /* no such log */
    t.log[12].seal_seq = t.log[13].seal_seq = t.log[14].seal_seq = 1;
    town_fold(&t);
    expect(&t, 12, 1, "void");
    expect(&t, 13, 1, "void");
    expect(&t, 14, 1, "void");
    expect_totals(&t, 10, 0, 10, 0);
    rights_fini(&t.r);
}

static void
a_return_is_of_an_own_spend_whole_and_once(void **state)
{
    struct town t;
    struct record_key flat = {2, 302, {1}};

    (void)state;
    begin(&t, 10);
    add(&t, 1, 3, OP_SPEND, 4)->subject = flat;
    add(&t, 1, 4, OP_SPEND, 2)->subject = flat;
    add(&t, 1, 5, OP_SPEND, 5)->subject.scope = 9; /* void */
    town_fold(&t);
    assert_int_equal(t.r.backed_n, 1);
    assert_int_equal(record_key_cmp(&t.r.backed[0], &flat), 0);
    expect_totals(&t, 10, 4, 0, 6);
    give_back(&t, 1, 6, 3);
    give_back(&t, 1, 7, 3);
    give_back(&t, 1, 8, 5);  /* of a void one */
    give_back(&t, 1, 9, 10); /* before the spend */
    add(&t, 1, 10, OP_SPEND, 1);
    add(&t, 2, 1, OP_RETURN, 0)->of = name_of(1, 4); /* another's */
    add(&t, 1, 11, OP_RETURN, 0)->of = name_of(1, 2);
    add(&t, 1, 12, OP_RETURN, 0)->of = name_of(1, 4);
    t.item[t.n - 1].asset = name_of(1, 9); /* another asset */
    town_fold(&t);
    expect(&t, 1, 6, "ok");
    expect(&t, 1, 7, "void");
    expect(&t, 1, 8, "void");
    expect(&t, 1, 9, "void");
    expect(&t, 2, 1, "void");
    expect(&t, 1, 11, "void");
    expect(&t, 1, 12, "void");
    expect_totals(&t, 10, 7, 0, 3);
    rights_fini(&t.r);
}

static void
a_returned_spend_backs_nothing(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    add(&t, 1, 3, OP_SPEND, 4)->subject.scope = 5;
    give_back(&t, 1, 4, 3);
    town_fold(&t);
    assert_int_equal(t.r.backed_n, 0);
    rights_fini(&t.r);
}

static void
confirmed_is_what_rests_on_sealed_things_only(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    give(&t, 1, 3, 4, 2);
    add(&t, 1, 4, OP_SPEND, 1);
    take(&t, 2, 1, 1, 3);
    add(&t, 2, 2, OP_SPEND, 1);
    t.log[1].seal_seq = 2;
    t.log[2].seal_seq = 2;
    town_fold(&t);
    expect(&t, 1, 2, "ok confirmed");
    expect(&t, 1, 3, "ok");
    expect(&t, 2, 1, "ok"); /* sealed, but its give is not */
    expect(&t, 2, 2, "ok"); /* sealed, but stands behind */
    t.log[1].seal_seq = 3;
    t.log[2].seal_seq = 1;
    town_fold(&t);
    expect(&t, 1, 4, "ok");
    expect(&t, 2, 1, "ok confirmed");
    expect(&t, 2, 2, "ok");
    rights_fini(&t.r);
}

static void
an_heir_is_confirmed_when_the_chain_is_closed(void **state)
{
    struct town t;

    (void)state;
    for (int closed = 0; closed < 4; closed++) {
        begin(&t, 10);
        give(&t, 1, 3, 4, 2);
        take(&t, 2, 1, 1, 3);
        inherit(&t, 4, 1, 2);
        t.log[1].seal_seq = 3;
        t.log[2].seal_seq = t.log[4].seal_seq = 1;
        revoke(&t, 2, 50, 3, closed & 1);
        revoke(&t, 3, 60, 4, closed & 2);
        town_fold(&t);
        expect(&t, 4, 1, closed == 3 ? "ok confirmed" : "ok");
        if (closed < 3) {
            rights_fini(&t.r);
        }
    }
    t.log[1].seal_seq = 2; /* what the lane before it rests on is not sealed */
    town_fold(&t);
    expect(&t, 4, 1, "ok");
    rights_fini(&t.r);
}

static void
what_an_undecided_line_may_change_is_not_confirmed(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 10);
    inherit(&t, 2, 1, 1)->mark = 30;
    t.log[2].seal_seq = 1;
    t.log[1].undecided_pos = 31;
    town_fold(&t);
    expect(&t, 2, 1, "void confirmed");
    t.log[1].undecided_pos = 30;
    town_fold(&t);
    expect(&t, 2, 1, "void");
    rights_fini(&t.r);
}

static void
amounts_are_one_to_two_to_the_forty(void **state)
{
    struct town t;

    (void)state;
    begin(&t, 1ull << 40);
    add(&t, 1, 3, OP_ISSUE, (1ull << 40) + 1);
    add(&t, 1, 4, OP_ISSUE, 0);
    add(&t, 1, 5, OP_ISSUE, 1);
    give(&t, 1, 6, 0, 2);
    give(&t, 1, 7, (1ull << 40) + 1, 2); /* it has as much */
    add(&t, 1, 8, OP_SPEND, 0);
    give(&t, 1, 9, 1ull << 40, 2);
    add(&t, 1, 10, OP_ISSUE, UINT64_MAX);
    town_fold(&t);
    expect(&t, 1, 2, "ok");
    expect(&t, 1, 3, "void");
    expect(&t, 1, 4, "void");
    expect(&t, 1, 5, "ok");
    expect(&t, 1, 6, "void");
    expect(&t, 1, 7, "void");
    expect(&t, 1, 8, "void");
    expect(&t, 1, 9, "ok");
    expect(&t, 1, 10, "void");
    rights_fini(&t.r);
}

/* ---- many */

struct many {
    struct rights_item *item;
    size_t n;
    struct rights_log *log;
    size_t logs_n;
    struct rights r;
};

static bool
find_none(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq)
{
    (void)self;
    (void)at;
    (void)log_no;
    (void)seq;
    return false;
}

static void
many_fold(struct many *m)
{
    rights_fold(
        m->item, m->n,
        &(struct rights_view){.logs = m->log, .logs_n = m->logs_n, .find = find_none},
        &m->r);
}

static void
many_fini(struct many *m)
{
    rights_fini(&m->r);
    mem_free(m->item);
    mem_free(m->log);
}

static struct rights_item *
many_add(struct many *m, uint32_t log_no, uint64_t seq, enum op_code code)
{
    struct rights_item *o = &m->item[m->n++];

    *o = (struct rights_item){
        .name = name_of(log_no, seq), .code = code, .mark = 100, .is_sealed = true};
    return o;
}

static void
the_issues_of_a_log_end_at_two_to_the_fiftytwo(void **state)
{
    struct many m = {.item = mem_new(4099 * sizeof(struct rights_item))};
    struct item_name asset = name_of(1, 1);

    (void)state;
    many_add(&m, 1, 1, OP_OPEN);
    for (uint64_t i = 0; i < 4098; i++) { /* 4,096 of them are 2^52 */
        struct rights_item *o = many_add(&m, 1, 2 + i, OP_ISSUE);
        o->asset = asset;
        o->amount = i == 4097 ? 1 : 1ull << 40;
    }
    many_fold(&m);
    assert_int_equal(m.item[4096].state, RIGHTS_OK);
    assert_int_equal(m.item[4097].state, RIGHTS_VOID);
    assert_int_equal(m.item[4098].state, RIGHTS_VOID);
    assert_int_equal(m.r.asset[0].issued, 1ull << 52);
    assert_int_equal(m.r.lane[0].balance, 1ull << 52);
    many_fini(&m);
}

/* One unit of one asset goes through 20,000 logs, from the highest number to the lowest,
 * and back in time: each lane waits for the one behind it. All is done again many times.
 */
static void
many_operations_of_many_logs(void **state)
{
    const char *text = getenv("LINJULI_RIGHTS_N");
    size_t want = text != NULL ? strtoull(text, NULL, 10) : 200000;
    uint32_t logs_n = 20000;
    size_t rounds = want / (2 * logs_n);
    struct many m = {.logs_n = logs_n};
    uint64_t seed = 1;

    (void)state;
    m.item = mem_new((2 * logs_n * rounds + 3) * sizeof *m.item);
    m.log = mem_new(logs_n * sizeof *m.log);
    for (uint32_t i = 1; i <= logs_n; i++) {
        m.log[i - 1] = (struct rights_log){.no = i, .undecided_pos = INT64_MAX};
    }
    many_add(&m, logs_n, 1, OP_OPEN);
    many_add(&m, logs_n, 2, OP_ISSUE)->amount = rounds;
    for (uint64_t k = 0; k < rounds; k++) {
        for (uint32_t i = logs_n; i >= 1; i--) {
            struct rights_item *o = many_add(&m, i, 3 + 2 * k, OP_TAKE);
            if (i == logs_n) {
                m.n--;
            } else {
                o->of = name_of(i + 1, 4 + 2 * k);
            }
            o = many_add(&m, i, 4 + 2 * k, i == 1 ? OP_SPEND : OP_GIVE);
            o->amount = 1;
            o->party = i - 1;
        }
    }
    for (size_t i = m.n; i > 0; i--) {
        uint32_t k = rnd_below(&seed, (uint32_t)i);
        struct rights_item o = m.item[k];
        o.asset = name_of(logs_n, 1);
        m.item[k] = m.item[i - 1];
        m.item[i - 1] = o;
    }
    many_fold(&m);
    for (size_t i = 0; i < m.n; i++) {
        assert_int_equal(m.item[i].state, RIGHTS_OK);
        assert_true(m.item[i].is_confirmed);
    }
    assert_int_equal(m.r.asset[0].spent, rounds);
    assert_int_equal(m.r.lanes_n, logs_n);
    many_fini(&m);
}

/* ---- soups */

#define SOUP_N 160
#define SOUP_LOGS 8

static struct item_name
any_name(uint64_t *seed, const struct many *m)
{
    if (m->n > 0 && rnd_below(seed, 20) > 0) {
        return m->item[rnd_below(seed, (uint32_t)m->n)].name;
    }
    return name_of(1 + rnd_below(seed, SOUP_LOGS + 1), 1 + rnd_below(seed, 40));
}

static uint64_t
any_amount(uint64_t *seed)
{
    static const uint64_t odd[] = {0, 1ull << 40, (1ull << 40) + 1, UINT64_MAX,
                                   1ull << 53};

    return rnd_below(seed, 20) == 0 ? odd[rnd_below(seed, 5)] : 1 + rnd_below(seed, 9);
}

/* The last open, mostly, so that there is something on it. */
static struct item_name
any_asset(uint64_t *seed, const struct many *m)
{
    for (size_t i = 0; i < m->n && rnd_below(seed, 30) > 0; i++) {
        if (m->item[i].code == OP_OPEN && rnd_below(seed, 3) > 0) {
            return m->item[i].name;
        }
    }
    return any_name(seed, m);
}

/* A name of an operation of this code, mostly. */
static const struct rights_item *
any_of(uint64_t *seed, const struct many *m, enum op_code code)
{
    const struct rights_item *o = NULL;

    for (int i = 0; i < 12; i++) {
        o = &m->item[rnd_below(seed, (uint32_t)m->n)];
        if (o->code == code) {
            break;
        }
    }
    return o;
}

static void
soup_logs(uint64_t *seed, struct many *m)
{
    m->logs_n = SOUP_LOGS;
    for (uint32_t i = 0; i < SOUP_LOGS; i++) {
        struct rights_log *l = &m->log[i];
        *l = (struct rights_log){
            .no = i + 1,
            .seal_seq = rnd_below(seed, 40),
            .undecided_pos = rnd_below(seed, 4) == 0 ? rnd_below(seed, 100) : INT64_MAX,
            .is_revoked = rnd_below(seed, 3) == 0,
            .is_closed = rnd_below(seed, 2) == 0,
            .cut_pos = rnd_below(seed, 50),
            .heir = rnd_below(seed, SOUP_LOGS + 2)};
    }
}

static void
soup_make(uint64_t *seed, struct many *m)
{
    uint64_t seq[SOUP_LOGS + 1] = {0};

    soup_logs(seed, m);
    while (m->n < SOUP_N) {
        uint32_t no = 1 + rnd_below(seed, SOUP_LOGS);
        uint32_t code = m->n == 0 || rnd_below(seed, 40) == 0
                            ? OP_OPEN
                            : OP_ISSUE + rnd_below(seed, OP_RETURN - OP_ISSUE + 1);
        struct item_name asset = any_asset(seed, m);
        const struct rights_item *of =
            m->n > 0 ? any_of(seed, m, code == OP_TAKE ? OP_GIVE : OP_SPEND) : NULL;
        uint32_t party = rnd_below(seed, SOUP_LOGS + 2);
        bool is_inherited = code == OP_TAKE && rnd_below(seed, 3) == 0;
        struct rights_item *o;

        if (is_inherited && party >= 1 && party <= SOUP_LOGS) {
            uint32_t heir = m->log[party - 1].heir;
            no = heir >= 1 && heir <= SOUP_LOGS ? heir : no;
        } else if (code == OP_ISSUE && rnd_below(seed, 3) > 0) {
            no = asset.at.log_no <= SOUP_LOGS ? asset.at.log_no : no;
        }
        if (of != NULL && code == OP_TAKE && !is_inherited && of->code == OP_GIVE &&
            of->party >= 1 && of->party <= SOUP_LOGS && rnd_below(seed, 3) > 0) {
            no = of->party;
        }
        if (of != NULL && code == OP_RETURN && rnd_below(seed, 3) > 0) {
            no = of->name.at.log_no;
        }
        o = many_add(m, no, ++seq[no], (enum op_code)code);
        o->is_sealed = seq[no] <= m->log[no - 1].seal_seq;
        o->asset =
            of != NULL && rnd_below(seed, 4) > 0 && code >= OP_TAKE ? of->asset : asset;
        o->amount = any_amount(seed);
        o->mark = (int64_t)rnd_below(seed, 80) - 1;
        o->party = party;
        o->is_inherited = is_inherited;
        o->of = of != NULL && rnd_below(seed, 20) > 0 ? of->name : any_name(seed, m);
    }
}

/* Every lane once more, from the results alone; items are sorted by name by now. */
static int64_t
moved(const struct many *m, const struct rights_item *o)
{
    struct rights_item *of = rights_item_at(m->item, m->n, &o->of);

    if (o->code == OP_GIVE || o->code == OP_SPEND) {
        return -(int64_t)o->amount;
    }
    if (o->code == OP_ISSUE) {
        return (int64_t)o->amount;
    }
    if (o->code == OP_RETURN || (o->code == OP_TAKE && !o->is_inherited)) {
        assert_true(of->is_used && of->state == RIGHTS_OK);
        return (int64_t)of->amount;
    }
    for (size_t i = 0; o->code == OP_TAKE && i < m->r.lanes_n; i++) {
        const struct rights_lane *l = &m->r.lane[i];
        if (l->log_no == o->party &&
            item_name_cmp(&m->r.asset[l->asset].name, &o->asset) == 0) {
            assert_int_equal(l->where, RIGHTS_TAKEN);
            return (int64_t)l->balance;
        }
    }
    return 0;
}

static uint64_t soup_ok[OP_RETURN + 1], soup_inherited, soup_pending, soup_confirmed;

static void
soup_check(const struct many *m)
{
    for (size_t i = 0; i < m->r.lanes_n; i++) {
        const struct rights_lane *l = &m->r.lane[i];
        int64_t balance = 0;

        for (size_t k = 0; k < m->n; k++) {
            const struct rights_item *o = &m->item[k];
            if (o->state == RIGHTS_OK && o->name.at.log_no == l->log_no &&
                item_name_cmp(&o->asset, &m->r.asset[l->asset].name) == 0) {
                balance += moved(m, o);
                assert_true(balance >= 0);
            }
        }
        assert_int_equal(balance, l->balance);
    }
    for (size_t i = 0; i < m->r.assets_n; i++) {
        const struct rights_asset *a = &m->r.asset[i];
        assert_int_equal(a->issued, a->held + a->transit + a->spent);
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct rights_item *o = &m->item[i];
        soup_ok[o->code] += o->state == RIGHTS_OK;
        soup_inherited += o->state == RIGHTS_OK && o->is_inherited;
        soup_pending += o->state == RIGHTS_PENDING;
        soup_confirmed += o->is_confirmed;
        assert_false(o->is_confirmed && (o->state == RIGHTS_PENDING || !o->is_sealed));
    }
}

static void
soup_again(uint64_t *seed, struct many *m)
{
    struct rights_item *was = mem_copy(m->item, m->n * sizeof *was);

    for (size_t i = m->n; i > 1; i--) {
        uint32_t k = rnd_below(seed, (uint32_t)i);
        struct rights_item o = m->item[k];
        m->item[k] = m->item[i - 1];
        m->item[i - 1] = o;
    }
    many_fold(m);
    for (size_t i = 0; i < m->n; i++) {
        assert_int_equal(item_name_cmp(&was[i].name, &m->item[i].name), 0);
        assert_string_equal(word_of(&was[i]), word_of(&m->item[i]));
    }
    mem_free(was);
}

static void
issued_is_held_in_transit_and_spent_whatever_is_written(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 2000; n++) {
        uint64_t seed = n;
        struct many m = {.item = mem_new(SOUP_N * sizeof(struct rights_item)),
                         .log = mem_new(SOUP_LOGS * sizeof(struct rights_log))};

        soup_make(&seed, &m);
        many_fold(&m);
        soup_check(&m);
        soup_again(&seed, &m);
        soup_check(&m);
        many_fini(&m);
    }
    for (size_t i = OP_OPEN; i <= OP_RETURN; i++) {
        printf("# operation %zu: ok %llu\n", i, (unsigned long long)soup_ok[i]);
        assert_true(soup_ok[i] > 1000);
    }
    printf("# inherited %llu, pending %llu, confirmed %llu\n",
           (unsigned long long)soup_inherited, (unsigned long long)soup_pending,
           (unsigned long long)soup_confirmed);
    assert_true(soup_inherited > 100 && soup_pending > 100 && soup_confirmed > 1000);
}

/* ---- the example in RECORDS.md */

static void
example_log(struct town *t, const char *line)
{
    unsigned no;
    unsigned seal;
    unsigned pos;
    unsigned heir;
    int n = sscanf(line, "log %u seal %u revoke %u heir %u", &no, &seal, &pos, &heir);

    assert_true(n == 2 || n == 4);
    t->log[no].seal_seq = seal;
    if (n == 4) {
        revoke(t, no, pos, heir, false);
    }
}

static void
example_op(struct town *t, const char *line)
{
    unsigned no;
    unsigned seq;
    unsigned mark;
    unsigned a = 0;
    unsigned b = 0;
    char op[16];
    struct rights_item *o;

    assert_true(
        sscanf(line, "%u %u mark %u %15s %u to %u", &no, &seq, &mark, op, &a, &b) >= 4);
    if (strcmp(op, "take") == 0) {
        assert_int_equal(sscanf(strstr(line, "take"), "take %u %u", &a, &b), 2);
        o = take(t, no, seq, a, b);
    } else if (strcmp(op, "inherit") == 0) {
        o = inherit(t, no, seq, a);
    } else {
        enum op_code code = strcmp(op, "open") == 0    ? OP_OPEN
                            : strcmp(op, "issue") == 0 ? OP_ISSUE
                            : strcmp(op, "give") == 0  ? OP_GIVE
                                                       : OP_SPEND;
        o = add(t, no, seq, code, a);
        o->party = b;
    }
    o->asset = name_of(17, 1);
    o->mark = mark;
}

static void
example_result(struct town *t, const char *line)
{
    unsigned v[4];
    char *word = strstr(line, " : ");

    if (word != NULL) {
        assert_int_equal(sscanf(line, "%u %u", &v[0], &v[1]), 2);
        expect(t, v[0], v[1], word + 3);
    } else if (sscanf(line, "balance %u %u", &v[0], &v[1]) == 2) {
        for (size_t i = 0; i < t->r.lanes_n; i++) {
            if (t->r.lane[i].log_no == v[0]) {
                assert_int_equal(t->r.lane[i].balance, v[1]);
                assert_int_equal(t->r.lane[i].where, RIGHTS_HELD);
            }
        }
    } else if (sscanf(line, "total issued %u held %u transit %u spent %u", &v[0], &v[1],
                      &v[2], &v[3]) == 4) {
        assert_int_equal(t->r.assets_n, 1);
        assert_int_equal(t->r.asset[0].issued, v[0]);
        assert_int_equal(t->r.asset[0].held, v[1]);
        assert_int_equal(t->r.asset[0].transit, v[2]);
        assert_int_equal(t->r.asset[0].spent, v[3]);
    }
}

static void
the_example_of_the_document(void **state)
{
    struct town t;
    char line[64][120];
    size_t n = 0;
    FILE *f = fopen("sync/RECORDS.md", "r");
    bool is_in = false;

    (void)state;
    town_init(&t);
    assert_non_null(f);
    while (n < 64 && fgets(line[n], sizeof line[n], f) != NULL) {
        line[n][strcspn(line[n], "\n")] = 0;
        if (strcmp(line[n], "```rights") == 0) {
            is_in = true;
        } else if (strcmp(line[n], "```") == 0) {
            is_in = false;
        } else if (is_in) {
            n++;
        }
    }
    fclose(f);
    assert_true(n > 15 && n < 64);
    for (size_t i = 0; i < n; i++) {
        if (strncmp(line[i], "log ", 4) == 0) {
            example_log(&t, line[i]);
        } else if (strstr(line[i], " : ") != NULL) {
            example_op(&t, line[i]);
        }
    }
    town_fold(&t);
    for (size_t i = 0; i < n; i++) {
        example_result(&t, line[i]);
    }
    rights_fini(&t.r);
}

static void
nothing_folds_to_nothing(void **state)
{
    struct town t;

    (void)state;
    town_init(&t);
    town_fold(&t);
    assert_int_equal(t.r.lanes_n + t.r.assets_n + t.r.backed_n, 0);
    rights_fini(&t.r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_balance_never_goes_below_zero),
        cmocka_unit_test(a_give_is_taken_once_and_only_where_it_went),
        cmocka_unit_test(a_give_is_in_transit_until_taken_and_void_ones_never),
        cmocka_unit_test(a_take_waits_for_its_give_and_with_it_its_lane),
        cmocka_unit_test(a_circle_of_takes_stays_pending),
        cmocka_unit_test(a_take_is_void_when_its_give_cannot_come),
        cmocka_unit_test(only_the_opener_or_its_heir_issues),
        cmocka_unit_test(an_heir_takes_at_or_after_the_revoke_what_is_left),
        cmocka_unit_test(heirs_chain_and_who_stood_before_speaks_first),
        cmocka_unit_test(an_heir_waits_for_a_lane_before_it),
        cmocka_unit_test(a_circle_of_heirs_inherits_nothing),
        cmocka_unit_test(a_return_is_of_an_own_spend_whole_and_once),
        cmocka_unit_test(a_returned_spend_backs_nothing),
        cmocka_unit_test(confirmed_is_what_rests_on_sealed_things_only),
        cmocka_unit_test(an_heir_is_confirmed_when_the_chain_is_closed),
        cmocka_unit_test(what_an_undecided_line_may_change_is_not_confirmed),
        cmocka_unit_test(amounts_are_one_to_two_to_the_forty),
        cmocka_unit_test(the_issues_of_a_log_end_at_two_to_the_fiftytwo),
        cmocka_unit_test(many_operations_of_many_logs),
        cmocka_unit_test(issued_is_held_in_transit_and_spent_whatever_is_written),
        cmocka_unit_test(the_example_of_the_document),
        cmocka_unit_test(nothing_folds_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
