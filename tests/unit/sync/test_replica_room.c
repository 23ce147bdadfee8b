/* A quota that a branch nobody asked for has filled, and a line that names another one.
 */
#include <string.h>

#include "tests/lib/stage.h"

#define ITEMS 700 /* of a large entry: some 60 KiB */

/* Whoever has the key of log 1 fills its quota behind this tip. */
static void
flood(struct stage *t, struct scene_tip *tip)
{
    enum offer what = OFFER_TAKEN;

    for (size_t n = 0; what != OFFER_OVER_QUOTA; n++) {
        assert_true(n < 1000);
        what = stage_offer(t, scene_write(&t->s, 0, tip, ITEMS));
        if (n % 16 == 0) {
            stage_settle(t);
        }
    }
    stage_settle(t);
}

static void
revoke_at(struct stage *t, const struct scene_tip *at)
{
    scene_revoke(&t->s, 1, at->seq, &at->id);
    stage_offer(t, scene_say(&t->s, &t->s.hub, &t->s.hub_tip));
    stage_settle(t);
}

/* n more large entries of log 1, kept. */
static void
write_large(struct stage *t, struct scene_tip *tip, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        buf_add_slice(&out[i], scene_write(&t->s, 0, tip, ITEMS));
    }
}

static void
offer_all(struct stage *t, struct buf *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum offer what = stage_offer(t, buf_slice(&e[i]));

        assert_true(what == OFFER_TAKEN || what == OFFER_HELD || what == OFFER_HAVE);
        buf_free(&e[i]);
        if (i % 7 == 0) {
            stage_settle(t);
        }
    }
    stage_settle(t);
}

static void
is_decided(const struct stage *t, const struct scene_tip *at)
{
    const struct log_state *log = stage_log(t, 1);

    assert_false(log->waiting);
    assert_true(log->is_revoked);
    assert_int_equal(log->head_seq, at->seq);
    assert_true(hash_eq(&log->head, &at->id));
    assert_int_equal(log->proof.seq, 2);
}

/* The branch that the line names is the trunk; the flood stands beside it. */
static void
the_trunk_gets_in_past_a_flooded_branch(void **state)
{
    struct stage t;
    struct scene_tip other;
    struct buf e[60] = {{0}};

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    other = t.s.tip[0];
    stage_write(&t, 0, 2);
    for (size_t i = 1; i <= 3; i++) {
        stage_offer_kept(&t, i);
    }
    stage_settle(&t);
    flood(&t, &other);
    assert_int_equal(stage_log(&t, 1)->head_seq, 1);
    write_large(&t, &t.s.tip[0], 60, e);
    revoke_at(&t, &t.s.tip[0]);
    assert_true(stage_log(&t, 1)->waiting);
    offer_all(&t, e, 60);
    is_decided(&t, &t.s.tip[0]);
    stage_fini(&t);
}

/* The flood came first and is the trunk. */
static void
a_branch_gets_in_past_a_flooded_trunk(void **state)
{
    struct stage t;
    struct scene_tip other;
    struct buf e[60] = {{0}};
    struct buf proof = BUF_NONE;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    other = t.s.tip[0];
    for (size_t i = 0; i < 3; i++) {
        stage_offer(&t, scene_write(&t.s, 0, &t.s.tip[0], ITEMS));
    }
    write_large(&t, &other, 60, e);
    stage_offer(&t, buf_slice(&e[0])); /* the fork */
    stage_settle(&t);
    flood(&t, &t.s.tip[0]);
    revoke_at(&t, &other);
    assert_true(stage_log(&t, 1)->waiting);
    offer_all(&t, e, 60);
    is_decided(&t, &other);
    assert_int_equal(replica_proof(t.r, &t.s.log[0].pub, &proof), RC_OK);
    assert_int_equal(proof.n, 2 * ENTRY_HEAD_BYTES);
    buf_free(&proof);
    stage_fini(&t);
}

/* An honest log that is longer than a quarantine above its fork. */
static void
a_long_branch_gets_in(void **state)
{
    static struct buf e[330];
    struct stage t;
    struct scene_tip other;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    other = t.s.tip[0];
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    stage_offer_kept(&t, 2);
    stage_offer(&t, scene_write(&t.s, 0, &other, 1));
    stage_settle(&t);
    write_large(&t, &t.s.tip[0], 330, e);
    revoke_at(&t, &t.s.tip[0]);
    offer_all(&t, e, 330);
    is_decided(&t, &t.s.tip[0]);
    assert_int_equal(stage_log(&t, 1)->held->extra, 0);
    stage_fini(&t);
}

/* A revoke holds on the flooded branch; the next one names the other. */
static void
what_the_holding_cut_stands_on_stays(void **state)
{
    struct stage t;
    struct scene_tip other, cut;
    struct buf e[60] = {{0}};

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    stage_offer_kept(&t, 1);
    other = t.s.tip[0];
    for (size_t i = 0; i < 3; i++) {
        stage_offer(&t, scene_write(&t.s, 0, &t.s.tip[0], 1));
    }
    cut = t.s.tip[0];
    write_large(&t, &other, 60, e);
    stage_offer(&t, buf_slice(&e[0]));
    revoke_at(&t, &cut);
    assert_int_equal(stage_log(&t, 1)->head_seq, 4);
    flood(&t, &t.s.tip[0]);
    revoke_at(&t, &other);
    assert_true(stage_log(&t, 1)->waiting);
    assert_int_equal(stage_log(&t, 1)->head_seq, 4);
    offer_all(&t, e, 60);
    is_decided(&t, &other);
    stage_fini(&t);
}

/* Without a line that could need it nothing is pushed out, and bad signatures never do.
 */
static void
a_quarantine_is_not_pushed_out_for_nothing(void **state)
{
    struct stage t;
    struct scene_tip other, last;
    size_t held;

    (void)state;
    stage_init(&t, 1);
    stage_write(&t, 0, 1);
    other = t.s.tip[0];
    stage_write(&t, 0, 2);
    for (size_t i = 1; i <= 3; i++) {
        stage_offer_kept(&t, i);
    }
    stage_settle(&t);
    flood(&t, &other);
    held = stage_log(&t, 1)->held->loose_n;
    last = t.s.tip[0];
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &last, ITEMS)),
                     OFFER_OVER_QUOTA);
    revoke_at(&t, &(struct scene_tip){900, {{9}}}); /* what nobody has */
    last = t.s.tip[0];
    scene_write(&t.s, 0, &last, ITEMS);
    assert_int_equal(stage_offer(&t, scene_break(&t.s, &last)), OFFER_OVER_QUOTA);
    assert_int_equal(stage_log(&t, 1)->held->loose_n, held);
    last = t.s.tip[0];
    assert_int_equal(stage_offer(&t, scene_write(&t.s, 0, &last, ITEMS)), OFFER_HELD);
    assert_true(stage_log(&t, 1)->held->loose_n < held);
    stage_fini(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trunk_gets_in_past_a_flooded_branch),
        cmocka_unit_test(a_branch_gets_in_past_a_flooded_trunk),
        cmocka_unit_test(a_long_branch_gets_in),
        cmocka_unit_test(what_the_holding_cut_stands_on_stays),
        cmocka_unit_test(a_quarantine_is_not_pushed_out_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
