/* Up to HELLO: who gets in, who learns what, joining, and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sync/session_impl.h"
#include "tests/lib/pipe.h"

#define MESSAGE_2 (2 + 96) /* bytes with their length */

struct pair_of_homes {
    struct town town;
    struct home a, b;
};

static void
setup(struct pair_of_homes *w)
{
    struct buf e = BUF_NONE;

    town_init(&w->town, 2, 2, &e);
    home_init(&w->a, &w->town, 1);
    home_init(&w->b, &w->town, 2);
    home_take(&w->a, &e);
    home_take(&w->b, &e);
    buf_free(&e);
}

static void
teardown(struct pair_of_homes *w)
{
    home_fini(&w->a);
    home_fini(&w->b);
    town_fini(&w->town);
}

static void
a_stranger_gets_message_2_and_nothing_else(void **state)
{
    struct pair_of_homes w;
    struct home c;
    struct session_setup cs, bs;
    struct pipe p;

    (void)state;
    setup(&w);
    home_init(&c, &w.town, 99); /* knows the community id, is no node */
    pipe_setup(&w.town, &c, true, &cs);
    pipe_setup(&w.town, &w.b, false, &bs);
    /* it would go on, whoever answered */
    cs.replica = w.a.replica;
    pipe_init_with(&p, &c, &cs, &w.b, &bs);
    pipe_run(&p);
    assert_int_equal(p.side[1].close, CLOSE_STRANGER);
    assert_int_equal(p.side[1].sent, MESSAGE_2);
    assert_false(p.side[1].opened);
    pipe_fini(&p);
    home_fini(&c);
    teardown(&w);
}

static void
a_stranger_that_listens_does_not_learn_who_connects(void **state)
{
    struct pair_of_homes w;
    struct home c;
    struct pipe p;

    (void)state;
    setup(&w);
    home_init(&c, &w.town, 99);
    pipe_init(&p, &w.town, &w.a, &c);
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_STRANGER);
    assert_int_equal(p.side[0].sent, PREFACE_BYTES + 2 + 32); /* no message 3 */
    pipe_fini(&p);
    home_fini(&c);
    teardown(&w);
}

static void
another_community_is_refused_at_message_2(void **state)
{
    struct pair_of_homes w;
    struct session_setup as, bs;
    struct pipe p;

    (void)state;
    setup(&w);
    pipe_setup(&w.town, &w.a, true, &as);
    pipe_setup(&w.town, &w.b, false, &bs);
    as.community.b[0] ^= 1;
    pipe_init_with(&p, &w.a, &as, &w.b, &bs);
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_HANDSHAKE);
    assert_int_equal(p.side[0].sent, PREFACE_BYTES + 2 + 32);
    pipe_fini(&p);
    teardown(&w);
}

static void
a_node_that_meets_itself_says_so(void **state)
{
    struct pair_of_homes w;
    struct pipe p;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.a);
    pipe_run(&p);
    assert_int_equal(p.side[0].close, CLOSE_SELF);
    pipe_fini(&p);
    teardown(&w);
}

static void
feed(struct session *s, struct session_effects *fx, const uint8_t *p, size_t n,
     uint64_t now)
{
    struct session_event e = {.kind = SESSION_BYTES, .now_ms = now};
    uint8_t *exact = mem_copy(p, n);

    e.bytes = slice_of(exact, n);
    assert_int_equal(session_step(s, &e, fx), RC_OK);
    mem_free(exact);
}

static void
a_recorded_session_cannot_be_played_again(void **state)
{
    struct pair_of_homes w;
    struct session_effects fx = {0};
    struct session_setup bs;
    struct session *again;
    struct pipe p;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.b);
    p.side[0].keeps_tape = true;
    pipe_run(&p);
    assert_true(p.side[1].is_synced);
    pipe_setup(&w.town, &w.b, false, &bs);
    again = session_new(&bs);
    feed(again, &fx, p.side[0].cipher.p, p.side[0].cipher.n, 1000);
    assert_int_equal(fx.close, CLOSE_HANDSHAKE);
    assert_int_equal(fx.out.n, MESSAGE_2);
    assert_false(fx.opened);
    session_free(again);
    session_effects_fini(&fx);
    pipe_fini(&p);
    teardown(&w);
}

static void
a_handshake_cut_anywhere_waits_and_then_ends(void **state)
{
    struct pair_of_homes w;
    struct pipe p;
    size_t shake = PREFACE_BYTES + 2 + 32 + 2 + 64;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.b);
    p.side[0].keeps_tape = true;
    pipe_run(&p);
    for (size_t n = 0; n < shake; n++) {
        struct session_effects fx = {0};
        struct session_setup bs;
        struct session_event e = {.kind = SESSION_TIMER, .now_ms = 1000 + HANDSHAKE_MS};
        struct session *s;

        pipe_setup(&w.town, &w.b, false, &bs);
        s = session_new(&bs);
        feed(s, &fx, p.side[0].cipher.p, n, 1001);
        assert_true(fx.close == CLOSE_NONE || fx.close == CLOSE_HANDSHAKE);
        if (fx.close == CLOSE_NONE) {
            assert_true(fx.deadline_ms == 1000 + HANDSHAKE_MS);
        }
        assert_int_equal(session_step(s, &e, &fx), RC_OK);
        assert_int_equal(fx.close, CLOSE_HANDSHAKE);
        assert_true(s->wire.part.cap <= 256); /* little is kept for a stranger */
        session_free(s);
        session_effects_fini(&fx);
    }
    pipe_fini(&p);
    teardown(&w);
}

static void
every_other_byte_in_the_handshake_ends_it(void **state)
{
    struct pair_of_homes w;
    struct pipe p;

    (void)state;
    setup(&w);
    for (size_t n = 0; n < PREFACE_BYTES + 2 + 32; n++) {
        pipe_init(&p, &w.town, &w.a, &w.b);
        pipe_step(&p, 0, SESSION_TIMER);
        p.side[1].wire.p[n] ^= 1;
        pipe_run(&p);
        if (p.side[0].close == CLOSE_NONE && p.side[1].close == CLOSE_NONE) {
            p.now_ms += HANDSHAKE_MS; /* a longer message was announced */
            pipe_run(&p);
        }
        assert_true(p.side[0].close == CLOSE_HANDSHAKE ||
                    p.side[1].close == CLOSE_HANDSHAKE);
        assert_false(p.side[0].opened || p.side[1].opened);
        pipe_fini(&p);
    }
    teardown(&w);
}

static void
who_says_nothing_in_five_seconds_is_dropped(void **state)
{
    struct pair_of_homes w;
    struct pipe p;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.b);
    p.budget = 0;
    pipe_step(&p, 0, SESSION_TIMER);
    pipe_step(&p, 1, SESSION_TIMER);
    assert_true(p.side[0].deadline_ms == 6000 && p.side[1].deadline_ms == 6000);
    p.now_ms = 5999;
    pipe_step(&p, 1, SESSION_TIMER);
    assert_int_equal(p.side[1].close, CLOSE_NONE);
    p.now_ms = 6000;
    pipe_step(&p, 0, SESSION_TIMER);
    pipe_step(&p, 1, SESSION_TIMER);
    assert_int_equal(p.side[0].close, CLOSE_HANDSHAKE);
    assert_int_equal(p.side[1].close, CLOSE_HANDSHAKE);
    pipe_fini(&p);
    teardown(&w);
}

/* ---- joining */
struct invites {
    uint8_t no[INVITE_NO_BYTES];
    struct key psk;
    bool is_gone;
};

static bool
psk_of(void *arg, const uint8_t invite[INVITE_NO_BYTES], struct key *psk)
{
    const struct invites *v = arg;

    if (v->is_gone || memcmp(invite, v->no, INVITE_NO_BYTES) != 0) {
        return false;
    }
    *psk = v->psk;
    return true;
}

/* Node 1 is the hub; a newcomer with the key of node 3 holds an invite, and nothing. */
struct joining {
    struct pair_of_homes w;
    struct home c;
    struct invites v;
    struct join join;
    struct session_setup cs, as;
    struct pipe p;
};

static void
joining_setup(struct joining *j)
{
    struct pair log;
    static const uint8_t seed[SEED_BYTES] = {'l', 0, 0, 0, 3};

    memset(j, 0, sizeof *j);
    setup(&j->w);
    home_init(&j->c, &j->w.town, 3);
    memset(j->v.no, 7, sizeof j->v.no);
    memset(j->v.psk.b, 9, sizeof j->v.psk.b);
    pair_from_seed(PAIR_SIGN, seed, &log);
    j->join.log_key = log.pub;
    j->join.ack_key = j->w.town.ack[1].key.pub;
    memset(j->join.sig.b, 5, SIG_BYTES);
    pipe_setup(&j->w.town, &j->c, true, &j->cs);
    pipe_setup(&j->w.town, &j->w.a, false, &j->as);
    j->cs.pattern = NOISE_XXPSK3;
    memcpy(j->cs.invite, j->v.no, sizeof j->v.no);
    j->cs.psk = j->v.psk;
    j->cs.join = &j->join;
    j->as.psk_of = psk_of;
    j->as.psk_arg = &j->v;
}

static void
joining_open(struct joining *j)
{
    struct join lent = j->join;

    j->cs.join = j->cs.join != NULL ? &lent : NULL;
    pipe_init_with(&j->p, &j->c, &j->cs, &j->w.a, &j->as);
    memset(&lent, 0xee, sizeof lent); /* lent to session_new, no longer */
    pipe_run(&j->p);
}

static void
joining_teardown(struct joining *j)
{
    pipe_fini(&j->p);
    home_fini(&j->c);
    teardown(&j->w);
}

/* What the hub writes for a joiner: its node, its grant. */
static void
hub_writes(struct joining *j)
{
    struct buf e = BUF_NONE;

    town_node(&j->w.town, &e);
    home_take(&j->w.a, &e);
    e.n = 0;
    town_grant(&j->w.town, &e);
    home_take(&j->w.a, &e);
    buf_free(&e);
}

static void
an_invited_joiner_becomes_a_node_in_the_same_session(void **state)
{
    struct joining j;
    struct session_info info;

    (void)state;
    joining_setup(&j);
    joining_open(&j);
    assert_true(j.p.side[1].has_join);
    assert_memory_equal(j.p.side[1].join.invite, j.v.no, INVITE_NO_BYTES);
    assert_true(key_eq(&j.p.side[1].join.box_key, &j.c.box.pub));
    assert_true(key_eq(&j.p.side[1].join.log_key, &j.join.log_key));
    assert_true(key_eq(&j.p.side[1].join.ack_key, &j.join.ack_key));
    assert_memory_equal(j.p.side[1].join.sig.b, j.join.sig.b, SIG_BYTES);
    assert_int_equal(j.p.side[1].sent, MESSAGE_2); /* nothing before the shell wrote */
    hub_writes(&j);
    pipe_step(&j.p, 1, SESSION_JOINED);
    pipe_run(&j.p);
    assert_true(home_same(&j.c, &j.w.a));
    assert_true(j.p.side[0].is_synced && j.p.side[1].is_synced);
    session_info(j.p.side[1].session, &info);
    assert_int_equal(info.node, 3);
    session_info(j.p.side[0].session, &info);
    assert_int_equal(info.node, 1); /* by the authority log that came */
    joining_teardown(&j);
}

static void
a_joiner_whose_answer_was_lost_joins_again(void **state)
{
    struct joining j;

    (void)state;
    joining_setup(&j);
    joining_open(&j);
    hub_writes(&j);
    pipe_cut(&j.p);
    pipe_fini(&j.p);
    pipe_setup(&j.w.town, &j.w.a, false, &j.as);
    j.as.psk_of = psk_of;
    j.as.psk_arg = &j.v;
    j.cs.ephemeral = j.as.ephemeral;
    pair_from_seed(PAIR_BOX, j.v.psk.b, &j.cs.ephemeral);
    joining_open(&j);
    assert_false(j.p.side[1].has_join);
    assert_true(home_same(&j.c, &j.w.a));
    joining_teardown(&j);
}

static void
a_join_that_the_hub_does_not_write_ends_the_session(void **state)
{
    struct joining j;

    (void)state;
    joining_setup(&j);
    joining_open(&j);
    pipe_step(&j.p, 1, SESSION_JOINED); /* but no node is there */
    assert_int_equal(j.p.side[1].close, CLOSE_INVITE);
    joining_teardown(&j);
}

/* Only who has proved the secret hears it; and since when. */
static void
a_joiner_who_is_refused_is_told_why(void **state)
{
    static const enum close_reason reasons[] = {CLOSE_USED, CLOSE_EXPIRED, CLOSE_INVITE};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct joining j;
        struct session_info info;
        struct session_event e = {
            .kind = SESSION_REFUSED, .reason = reasons[k], .when_ms = 77};

        joining_setup(&j);
        joining_open(&j);
        e.now_ms = j.p.now_ms;
        assert_true(session_step(j.p.side[1].session, &e, &j.p.side[1].fx) == RC_OK);
        assert_int_equal(j.p.side[1].fx.close, reasons[k]);
        buf_add_slice(&j.p.side[0].wire, buf_slice(&j.p.side[1].fx.out));
        pipe_run(&j.p);
        session_info(j.p.side[0].session, &info);
        assert_int_equal(info.bye, reasons[k]);
        assert_true(info.bye_ms == (reasons[k] == CLOSE_INVITE ? 0 : 77));
        assert_int_equal(info.node, 0);
        joining_teardown(&j);
    }
}

static void
an_unknown_a_forgotten_and_a_guessed_invite_look_the_same(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct joining j;

        joining_setup(&j);
        if (k == 0) {
            j.cs.invite[0] ^= 1;
        } else if (k == 1) {
            j.v.is_gone = true;
        } else {
            j.cs.psk.b[0] ^= 1;
        }
        joining_open(&j);
        assert_int_equal(j.p.side[1].close, CLOSE_INVITE);
        assert_int_equal(j.p.side[1].sent, MESSAGE_2);
        assert_false(j.p.side[1].has_join);
        joining_teardown(&j);
    }
}

static void
an_invite_without_a_join_is_no_way_in(void **state)
{
    struct joining j;

    (void)state;
    joining_setup(&j);
    j.cs.join = NULL;
    joining_open(&j);
    assert_int_equal(j.p.side[1].close, CLOSE_INVITE);
    joining_teardown(&j);
}

static void
a_node_that_comes_with_an_invite_needs_no_join(void **state)
{
    struct joining j;

    (void)state;
    joining_setup(&j);
    j.cs.join = NULL;
    j.cs.self = &j.w.b.box;
    j.cs.replica = j.w.b.replica;
    joining_open(&j);
    assert_true(j.p.side[1].is_synced);
    joining_teardown(&j);
}

/* ---- in transport */
static void
every_other_byte_of_a_transport_message_ends_it(void **state)
{
    struct pair_of_homes w;
    struct buf e = BUF_NONE;

    (void)state;
    setup(&w);
    for (size_t n = 2;; n++) {
        struct pipe p;

        pipe_init(&p, &w.town, &w.a, &w.b);
        pipe_run(&p);
        e.n = 0;
        if (n == 2) {
            town_write(&w.town, 1, 16, &e);
            home_take(&w.a, &e);
        }
        pipe_step(&p, 0, n == 2 ? SESSION_CHANGED : SESSION_REPAIR);
        if (n >= p.side[1].wire.n) {
            pipe_fini(&p);
            break;
        }
        p.side[1].wire.p[n] ^= 0x80;
        pipe_run(&p);
        assert_int_equal(p.side[1].close, CLOSE_MALFORMED);
        pipe_fini(&p);
    }
    buf_free(&e);
    teardown(&w);
}

/* ---- silence */
static void
silence_is_probed_and_then_ends_it(void **state)
{
    struct pair_of_homes w;
    struct pipe p;
    uint64_t before;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.b);
    pipe_run(&p);
    assert_true(p.side[0].deadline_ms == 1000 + PING_MS);
    before = p.side[0].sent;
    p.now_ms = 1000 + PING_MS;
    pipe_step(&p, 0, SESSION_TIMER);
    assert_int_equal(p.side[0].sent - before, 2 + 16 + 5);
    pipe_run(&p); /* PONG: heard again */
    p.now_ms += IDLE_MS - 1;
    p.budget = 0;
    pipe_step(&p, 0, SESSION_TIMER);
    assert_int_equal(p.side[0].close, CLOSE_NONE);
    p.now_ms += 1;
    pipe_step(&p, 0, SESSION_TIMER);
    assert_int_equal(p.side[0].close, CLOSE_IDLE);
    pipe_fini(&p);
    teardown(&w);
}

static void
a_farewell_is_told_from_a_broken_line(void **state)
{
    struct pair_of_homes w;
    struct session_info info;
    struct pipe p;

    (void)state;
    setup(&w);
    pipe_init(&p, &w.town, &w.a, &w.b);
    pipe_run(&p);
    pipe_step(&p, 0, SESSION_END);
    assert_int_equal(p.side[0].close, CLOSE_DONE);
    pipe_run(&p);
    assert_int_equal(p.side[1].close, CLOSE_DONE);
    session_info(p.side[1].session, &info);
    assert_int_equal(info.bye, CLOSE_DONE);
    pipe_fini(&p);
    pipe_init(&p, &w.town, &w.a, &w.b);
    pipe_run(&p);
    pipe_cut(&p);
    assert_int_equal(p.side[1].close, CLOSE_EOF);
    pipe_fini(&p);
    teardown(&w);
}

static void
every_close_reason_has_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLOSE_N; i++) {
        assert_true(strlen(close_text((enum close_reason)i)) > 0);
    }
    for (unsigned i = 0; i < STATE_N; i++) {
        assert_true(strlen(session_state_name((enum session_state)i)) > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_gets_message_2_and_nothing_else),
        cmocka_unit_test(a_stranger_that_listens_does_not_learn_who_connects),
        cmocka_unit_test(another_community_is_refused_at_message_2),
        cmocka_unit_test(a_node_that_meets_itself_says_so),
        cmocka_unit_test(a_recorded_session_cannot_be_played_again),
        cmocka_unit_test(a_handshake_cut_anywhere_waits_and_then_ends),
        cmocka_unit_test(every_other_byte_in_the_handshake_ends_it),
        cmocka_unit_test(who_says_nothing_in_five_seconds_is_dropped),
        cmocka_unit_test(an_invited_joiner_becomes_a_node_in_the_same_session),
        cmocka_unit_test(a_joiner_whose_answer_was_lost_joins_again),
        cmocka_unit_test(a_join_that_the_hub_does_not_write_ends_the_session),
        cmocka_unit_test(a_joiner_who_is_refused_is_told_why),
        cmocka_unit_test(an_unknown_a_forgotten_and_a_guessed_invite_look_the_same),
        cmocka_unit_test(an_invite_without_a_join_is_no_way_in),
        cmocka_unit_test(a_node_that_comes_with_an_invite_needs_no_join),
        cmocka_unit_test(every_other_byte_of_a_transport_message_ends_it),
        cmocka_unit_test(silence_is_probed_and_then_ends_it),
        cmocka_unit_test(a_farewell_is_told_from_a_broken_line),
        cmocka_unit_test(every_close_reason_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
