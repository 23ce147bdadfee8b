/* A peer that breaks the rules, message by message. The session under test has no
 * cipher: frames go in and come out as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sync/message.h"
#include "tests/lib/pipe.h"

/* The one under test is home 0; the peer is node 2. */
struct bare {
    struct street s;
    struct session *session;
    struct session_effects fx;
    struct session_setup setup;
    uint64_t now_ms;
    struct buf b;          /* frames being made */
    struct frame last[64]; /* frames of the last step, in fx.out */
    size_t last_n;
    uint64_t runs; /* heard so far */
};

static void
bare_step(struct bare *b, enum session_event_kind kind, struct slice bytes)
{
    struct session_event e = {.kind = kind, .now_ms = b->now_ms, .bytes = bytes};
    struct slice out;
    size_t used;

    assert_int_equal(session_step(b->session, &e, &b->fx), RC_OK);
    out = buf_slice(&b->fx.out);
    b->last_n = 0;
    while (b->last_n < 64 && frame_next(out, &b->last[b->last_n], &used) == FRAME_WHOLE) {
        out.p += used;
        out.n -= used;
        b->runs += b->last[b->last_n].type == MESSAGE_RUN;
        b->last_n++;
    }
}

/* What was made, in exactly so many bytes; then what the session wants to do at once. */
static void
say(struct bare *b)
{
    uint8_t *exact = mem_copy(b->b.p, b->b.n);
    size_t n = b->b.n;

    b->b.n = 0;
    bare_step(b, SESSION_BYTES, slice_of(exact, n));
    mem_free(exact);
}

static void
turns(struct bare *b)
{
    for (size_t n = 0; b->fx.deadline_ms <= b->now_ms; n++) {
        assert_true(n < 100000);
        bare_step(b, SESSION_TIMER, slice_of(NULL, 0));
    }
}

static void
hello_add(struct buf *b, uint8_t newest, uint8_t oldest)
{
    size_t at = frame_begin(b, MESSAGE_HELLO);

    buf_add_u8(b, newest);
    buf_add_u8(b, oldest);
    buf_add_u16(b, 1);
    buf_add_u64(b, 0);
    buf_add_u8(b, 0);
    frame_end(b, at);
}

static void
digest_add(struct bare *b, bool asks, bool is_equal)
{
    size_t at = frame_begin(&b->b, MESSAGE_DIGEST);
    uint8_t d[16] = {0};

    if (is_equal) {
        replica_digest(b->s.home[0].replica, d);
    }
    buf_add_u8(&b->b, asks);
    buf_add(&b->b, d, sizeof d);
    frame_end(&b->b, at);
}

static void
bare_raw(struct bare *b, bool initiates)
{
    memset(b, 0, sizeof *b);
    street_init(&b->s, 2, 3);
    pipe_setup(&b->s.town, &b->s.home[0], initiates, &b->setup);
    b->session = session_new(&b->setup);
    b->now_ms = 1000;
    shake_skip(b->session, 2);
}

/* Past HELLO, with a digest that is equal or not. */
static void
bare_init(struct bare *b, bool initiates, bool is_equal)
{
    bare_raw(b, initiates);
    hello_add(&b->b, 1, 1);
    digest_add(b, false, is_equal);
    say(b);
    assert_int_equal(b->fx.close, CLOSE_NONE);
}

static void
bare_fini(struct bare *b)
{
    session_free(b->session);
    session_effects_fini(&b->fx);
    buf_free(&b->b);
    street_fini(&b->s);
}

static const struct frame *
heard(const struct bare *b, enum message type)
{
    for (size_t i = 0; i < b->last_n; i++) {
        if (b->last[i].type == type) {
            return &b->last[i];
        }
    }
    return NULL;
}

/* The payload of a message that has to be there. */
static struct slice
payload(const struct bare *b, enum message type)
{
    const struct frame *f = heard(b, type);

    assert_non_null(f);
    return f != NULL ? f->payload : slice_of("", 0);
}

static void
ends_with(struct bare *b, enum close_reason reason)
{
    say(b);
    turns(b);
    assert_int_equal(b->fx.close, reason);
}

/* A VECTOR or ROWS with one row. */
static void
row_add(struct bare *b, enum message type, uint32_t no, uint64_t head, uint64_t runs)
{
    size_t at = frame_begin(&b->b, (uint8_t)type);
    struct vrow row = {.no = no, .head_seq = head, .head = {{3}}};

    if (type == MESSAGE_VECTOR) {
        buf_add_u8(&b->b, 0);
    }
    number_add(&b->b, runs);
    vrow_add(&b->b, &row);
    frame_end(&b->b, at);
}

static size_t
run_begin(struct bare *b, uint8_t flags)
{
    size_t at = frame_begin(&b->b, MESSAGE_RUN);

    buf_add_u8(&b->b, flags);
    return at;
}

/* ---- frames */
static void
an_unknown_message_is_skipped(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    for (unsigned type = 19; type < 256; type += 60) {
        at = frame_begin(&b.b, (uint8_t)type);
        buf_add(&b.b, "abc", 3);
        frame_end(&b.b, at);
    }
    at = frame_begin(&b.b, 0);
    frame_end(&b.b, at);
    frame_end(&b.b, frame_begin(&b.b, MESSAGE_PING));
    say(&b);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    assert_non_null(heard(&b, MESSAGE_PONG));
    bare_fini(&b);
}

static void
a_frame_over_the_limit_ends_it_before_its_bytes_are_there(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, false, true);
    buf_add_u32(&b.b, MESSAGE_BYTES_MAX + 1);
    ends_with(&b, CLOSE_LIMIT);
    assert_int_equal(payload(&b, MESSAGE_BYE).p[0], CLOSE_LIMIT);
    bare_fini(&b);
}

static void
what_piles_up_is_bounded(void **state)
{
    struct bare b;
    struct town other;

    (void)state;
    bare_init(&b, false, true);
    other = b.s.town; /* entries of a log without a grant: skipped, but not for nothing */
    other.log[3].key = town_pair(PAIR_SIGN, 'x', 9);
    entry_writer_init(&other.writer);
    for (size_t n = 0; b.fx.close == CLOSE_NONE; n++) { /* never a turn in between */
        size_t at = run_begin(&b, 0);

        assert_true(n < 100);
        for (size_t i = 0; i < 4; i++) {
            town_write(&other, 3, 60000, &b.b);
        }
        frame_end(&b.b, at);
        say(&b);
        assert_true(b.session->plain.n < BACKLOG_BYTES_MAX + 5 * 65536);
    }
    assert_int_equal(b.fx.close, CLOSE_LIMIT);
    entry_writer_fini(&other.writer);
    bare_fini(&b);
}

static void
every_message_in_the_wrong_state_or_too_short_ends_it(void **state)
{
    static const uint8_t zeros[400];

    (void)state;
    for (uint8_t type = 1; type < MESSAGE_N; type++) {
        struct bare b;
        size_t at;

        if (type != MESSAGE_HELLO && type != MESSAGE_PING && type != MESSAGE_PONG &&
            type != MESSAGE_BYE) {
            bare_raw(&b, false);
            at = frame_begin(&b.b, type);
            buf_add(&b.b, zeros, sizeof zeros);
            frame_end(&b.b, at);
            ends_with(&b, CLOSE_MALFORMED);
            bare_fini(&b);
        }
        if (type != MESSAGE_PING && type != MESSAGE_PONG && type != MESSAGE_JOINED) {
            bare_init(&b, false, true);
            frame_end(&b.b, frame_begin(&b.b, type));
            ends_with(&b, CLOSE_MALFORMED);
            bare_fini(&b);
        }
    }
}

static void
what_only_the_other_side_may_say_ends_it(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, true, true);
    row_add(&b, MESSAGE_VECTOR, 1, 0, 0);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
    bare_init(&b, false, true);
    row_add(&b, MESSAGE_ROWS, 1, 0, 0);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
    bare_init(&b, true, true); /* ROWS that nobody asked for */
    row_add(&b, MESSAGE_ROWS, 1, 0, 0);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
    bare_init(&b, false, true);
    hello_add(&b.b, 1, 1); /* twice */
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
}

static void
a_version_is_agreed_or_refused(void **state)
{
    static const struct {
        uint8_t newest, oldest;
        enum close_reason close;
    } cases[] = {{1, 1, CLOSE_NONE},    {9, 1, CLOSE_NONE},    {1, 0, CLOSE_NONE},
                 {9, 2, CLOSE_VERSION}, {0, 0, CLOSE_VERSION}, {1, 2, CLOSE_VERSION}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bare b;

        bare_raw(&b, false);
        hello_add(&b.b, cases[i].newest, cases[i].oldest);
        ends_with(&b, cases[i].close);
        bare_fini(&b);
    }
}

/* ---- rows */
static void
an_acknowledgement_of_what_was_never_sent_ends_it(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, false, true);
    row_add(&b, MESSAGE_ACK, 1, 0, 1);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
    bare_init(&b, false, false);
    row_add(&b, MESSAGE_VECTOR, 1, 0, 1);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
}

static void
rows_out_of_order_end_it(void **state)
{
    struct bare b;
    struct vrow row = {.no = 2};
    size_t at;

    (void)state;
    bare_init(&b, false, false);
    at = frame_begin(&b.b, MESSAGE_VECTOR);
    buf_add_u8(&b.b, 1);
    number_add(&b.b, 0);
    vrow_add(&b.b, &row);
    row.no = 1;
    vrow_add(&b.b, &row);
    frame_end(&b.b, at);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
}

static void
a_peer_that_claims_and_never_delivers_is_dropped(void **state)
{
    (void)state;
    for (int initiates = 0; initiates < 2; initiates++) {
        struct bare b;
        size_t rounds = 0;

        bare_init(&b, initiates == 1, false);
        while (b.fx.close == CLOSE_NONE) {
            assert_true(++rounds < 10);
            if (initiates == 0) {
                row_add(&b, MESSAGE_VECTOR, 1, 1000 + rounds, b.runs);
                say(&b);
                row_add(&b, MESSAGE_ACK, 1, 1000 + rounds, b.runs);
                say(&b);
                digest_add(&b, true, false);
                say(&b);
                continue;
            }
            if (heard(&b, MESSAGE_VECTOR) != NULL) {
                row_add(&b, MESSAGE_ROWS, 1, 1000, b.runs);
            } else if (heard(&b, MESSAGE_DIGEST) != NULL) {
                digest_add(&b, false, false);
            } else {
                bare_step(&b, SESSION_REPAIR, slice_of(NULL, 0));
                digest_add(&b, false, false);
            }
            say(&b);
        }
        assert_int_equal(b.fx.close, CLOSE_USELESS);
        bare_fini(&b);
    }
}

static void
a_peer_that_never_answers_is_dropped(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, true, false);
    assert_non_null(heard(&b, MESSAGE_VECTOR));
    for (int i = 0; i < 4 && b.fx.close == CLOSE_NONE; i++) {
        b.now_ms += 15001;
        frame_end(&b.b, frame_begin(&b.b, MESSAGE_PONG)); /* it lives */
        say(&b);
    }
    assert_int_equal(b.fx.close, CLOSE_USELESS);
    bare_fini(&b);
}

static void
a_peer_that_never_acknowledges_is_dropped(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 1, 50, 1);
    bare_step(&b, SESSION_CHANGED, slice_of(NULL, 0));
    assert_non_null(heard(&b, MESSAGE_RUN));
    for (int i = 0; i < 4 && b.fx.close == CLOSE_NONE; i++) {
        b.now_ms += 15001;
        frame_end(&b.b, frame_begin(&b.b, MESSAGE_PONG));
        say(&b);
    }
    assert_int_equal(b.fx.close, CLOSE_USELESS);
    bare_fini(&b);
}

static void
logs_that_nobody_knows_here_are_answered_as_empty(void **state)
{
    struct bare b;
    struct reader r;
    struct vrow none = {0};
    struct vrow row;

    (void)state;
    bare_init(&b, false, false);
    row_add(&b, MESSAGE_VECTOR, 77, 5, 0);
    say(&b);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    r = reader_of(payload(&b, MESSAGE_ROWS));
    (void)number_read(&r);
    vrow_read(&r, &none, &row);
    assert_true(row.is_authority);
    vrow_read(&r, &row, &row);
    assert_true(!row.is_authority && row.no == 77 && row.head_seq == 0);
    assert_true(read_done(&r));
    bare_fini(&b);
}

/* ---- runs */
static void
a_forged_entry_ends_it_and_what_came_before_stays(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 1, 100, &b.b);
    town_write(&b.s.town, 1, 100, &b.b);
    town_write(&b.s.town, 1, 100, &b.b);
    b.b.p[b.b.n - 1] ^= 1; /* in the body: the root does not match */
    frame_end(&b.b, at);
    ends_with(&b, CLOSE_FORGED);
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 2);
    bare_fini(&b);
}

static void
a_bad_signature_ends_it(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 1, 100, &b.b);
    b.b.p[at + FRAME_HEAD_BYTES + 1 + ENTRY_HEADER_BYTES] ^= 1;
    frame_end(&b.b, at);
    ends_with(&b, CLOSE_FORGED);
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 0);
    bare_fini(&b);
}

static void
a_run_that_is_not_one_log_in_order_ends_it(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct bare b;
        size_t at;

        bare_init(&b, false, true);
        at = run_begin(&b, k == 5 ? 4 : 0);
        town_write(&b.s.town, 1, 100, &b.b);
        if (k == 0) {
            town_write(&b.s.town, 2, 100, &b.b); /* another log */
        } else if (k == 1) {
            b.s.e.n = 0;
            town_write(&b.s.town, 1, 100, &b.s.e);
            town_write(&b.s.town, 1, 100, &b.b); /* one left out */
        } else if (k == 2) {
            b.b.n -= 1; /* cut */
        } else if (k == 3) {
            buf_add_u8(&b.b, 0); /* something behind it */
        } else if (k == 4) {
            b.b.n = at + FRAME_HEAD_BYTES + 1; /* nothing in it */
        }
        frame_end(&b.b, at);
        ends_with(&b, CLOSE_MALFORMED);
        bare_fini(&b);
    }
}

static void
a_gap_is_asked_for_and_never_applied(void **state)
{
    struct bare b;
    const struct frame *f;
    struct reader r;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 3, 50, 1);
    street_writes(&b.s, 1, 2, 50, 0); /* 4 and 5 are lost */
    for (int k = 0; k < 4; k++) {
        at = run_begin(&b, 0);
        town_write(&b.s.town, 1, 100, &b.b);
        frame_end(&b.b, at);
        say(&b);
        f = heard(&b, MESSAGE_ASK);
        assert_true((f != NULL) == (k < ASKS_MAX)); /* once more, then no more */
        if (f != NULL) {
            r = reader_of(f->payload);
            assert_int_equal(read_u8(&r), ENTRY_DATA);
            assert_int_equal(number_read(&r), 1);
            assert_int_equal(number_read(&r), 4);
        }
        assert_non_null(heard(&b, MESSAGE_ACK));
    }
    assert_int_equal(b.fx.close, CLOSE_NONE);
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 3);
    bare_fini(&b);
}

static void
entries_of_a_log_without_a_grant_are_skipped(void **state)
{
    struct bare b;
    struct town other;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    other = b.s.town;
    other.log[3].key = town_pair(PAIR_SIGN, 'x', 9);
    entry_writer_init(&other.writer);
    at = run_begin(&b, 0);
    town_write(&other, 3, 100, &b.b);
    frame_end(&b.b, at);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 1, 100, &b.b);
    frame_end(&b.b, at);
    say(&b);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 1);
    entry_writer_fini(&other.writer);
    bare_fini(&b);
}

static void
a_step_takes_a_portion_and_asks_for_the_next(void **state)
{
    struct bare b;
    size_t at;
    uint64_t head = 0;
    size_t steps = 0;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    for (size_t i = 0; i < 2000; i++) {
        town_write(&b.s.town, 1, 40, &b.b);
    }
    frame_end(&b.b, at);
    say(&b);
    while (true) {
        uint64_t now = street_row(&b.s, 0, false, 1).head_seq;

        steps++;
        assert_true(now - head <= STEP_CHECKS_MAX);
        head = now;
        if (b.fx.deadline_ms > b.now_ms) {
            break;
        }
        assert_null(heard(&b, MESSAGE_ACK)); /* the run is not worked through */
        bare_step(&b, SESSION_TIMER, slice_of(NULL, 0));
    }
    assert_int_equal(head, 2000);
    assert_int_equal(steps, 20);
    assert_non_null(heard(&b, MESSAGE_ACK));
    bare_fini(&b);
}

static void
data_waits_until_the_authority_log_is_settled(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    town_grant(&b.s.town, &b.b);
    frame_end(&b.b, at);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 4, 100, &b.b);
    frame_end(&b.b, at);
    say(&b);
    assert_int_equal(street_row(&b.s, 0, false, 4).no, 4);
    assert_int_equal(street_row(&b.s, 0, false, 4).head_seq, 0);
    turns(&b);
    assert_int_equal(street_row(&b.s, 0, false, 4).head_seq, 1);
    bare_fini(&b);
}

static void
nothing_is_acknowledged_before_it_is_settled(void **state)
{
    struct bare b;
    struct vrow none = {0};
    struct vrow row;
    struct reader r;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 1, 100, &b.b);
    frame_end(&b.b, at);
    say(&b);
    assert_true(b.fx.changes.n > 0); /* in the same step: projected before the commit */
    r = reader_of(payload(&b, MESSAGE_ACK));
    assert_int_equal(number_read(&r), 1);
    vrow_read(&r, &none, &row);
    assert_true(row.no == 1 && row.head_seq == 1 && read_done(&r));
    bare_fini(&b);
}

/* ---- forks */
static void
search_messages_that_say_nothing_sensible_end_it(void **state)
{
    static const uint64_t bad[][3] = {
        {5, 5, 0}, {6, 5, 0}, {0, 5, 3}, {0, 5, 5}, {0, 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bare b;
        size_t at;

        bare_init(&b, false, true);
        at = frame_begin(&b.b, MESSAGE_IDS);
        buf_add_u8(&b.b, ENTRY_DATA);
        number_add(&b.b, 1);
        number_add(&b.b, bad[i][0]);
        number_add(&b.b, bad[i][1]);
        for (uint64_t k = 0; k < bad[i][2]; k++) {
            buf_add_u64(&b.b, k);
        }
        frame_end(&b.b, at);
        ends_with(&b, CLOSE_MALFORMED);
        bare_fini(&b);
    }
}

static void
a_search_goes_on_only_so_often(void **state)
{
    struct bare b;
    size_t rows = 0;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 300, 40, 1);
    for (int i = 0; i < 30; i++) {
        size_t at = frame_begin(&b.b, MESSAGE_IDS);
        struct search s = {0, 300};

        buf_add_u8(&b.b, ENTRY_DATA);
        number_add(&b.b, 1);
        number_add(&b.b, s.low);
        number_add(&b.b, s.high);
        for (size_t k = 0; k < search_points(&s); k++) {
            buf_add_u64(&b.b, 1);
        }
        frame_end(&b.b, at);
        say(&b);
        turns(&b);
        assert_int_equal(b.fx.close, CLOSE_NONE);
        rows += heard(&b, MESSAGE_IDS) == NULL;
    }
    assert_true(rows >= 30 - SEARCHES_MAX);
    bare_fini(&b);
}

static void
a_false_proof_ends_it(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 1, 50, 1);
    at = frame_begin(&b.b, MESSAGE_PROOF);
    buf_add_u8(&b.b, ENTRY_DATA);
    number_add(&b.b, 1);
    buf_add(&b.b, b.s.e.p, ENTRY_HEAD_BYTES);
    b.b.p[b.b.n - 1] ^= 1; /* "another" entry at seq 1 */
    frame_end(&b.b, at);
    ends_with(&b, CLOSE_FORGED);
    assert_false(street_row(&b.s, 0, false, 1).has_proof);
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 1);
    bare_fini(&b);
}

static size_t
proof_begin(struct bare *b, uint64_t no)
{
    size_t at = frame_begin(&b->b, MESSAGE_PROOF);

    buf_add_u8(&b->b, ENTRY_DATA);
    number_add(&b->b, no);
    return at;
}

static void
a_proof_that_proves_nothing_is_passed_over(void **state)
{
    static const uint64_t no[] = {1, 2, 77};
    struct bare b;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 1, 50, 1);
    for (size_t i = 0; i < 3; i++) { /* our own head; of another log; of none */
        size_t at = proof_begin(&b, no[i]);

        buf_add(&b.b, b.s.e.p, ENTRY_HEAD_BYTES);
        frame_end(&b.b, at);
        say(&b);
        turns(&b);
        assert_int_equal(b.fx.close, CLOSE_NONE);
    }
    assert_int_equal(street_row(&b.s, 0, false, 1).head_seq, 1);
    bare_fini(&b);
}

static void
a_proof_of_another_length_ends_it(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 1, 50, 1);
    at = proof_begin(&b, 1);
    buf_add(&b.b, b.s.e.p, ENTRY_HEAD_BYTES + 1);
    frame_end(&b.b, at);
    ends_with(&b, CLOSE_MALFORMED);
    bare_fini(&b);
}

/* ---- asking */
static void
ask_add(struct bare *b, uint8_t kind, uint64_t no, uint64_t seq)
{
    size_t at = frame_begin(&b->b, MESSAGE_ASK);

    buf_add_u8(&b->b, kind);
    number_add(&b->b, no);
    number_add(&b->b, seq);
    frame_end(&b->b, at);
}

static void
what_is_asked_for_is_streamed_again_a_bounded_number_of_times(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 5, 50, 1);
    bare_step(&b, SESSION_CHANGED, slice_of(NULL, 0));
    assert_non_null(heard(&b, MESSAGE_RUN));
    for (int i = 0; i < 4; i++) {
        ask_add(&b, ENTRY_DATA, 1, 3);
        say(&b);
        assert_true((heard(&b, MESSAGE_RUN) != NULL) == (i < ASKS_MAX));
        if (i < ASKS_MAX) {
            struct slice run = payload(&b, MESSAGE_RUN);

            assert_true(get_u64(run.p + 1 + 40) == 3);
        }
    }
    ask_add(&b, ENTRY_DATA, 1, 6); /* more than there is */
    ask_add(&b, ENTRY_DATA, 9, 1); /* of no log */
    say(&b);
    assert_null(heard(&b, MESSAGE_RUN));
    assert_int_equal(b.fx.close, CLOSE_NONE);
    bare_fini(&b);
}

static void
a_question_without_sense_ends_it(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct bare b;

        bare_init(&b, false, true);
        ask_add(&b, k == 0 ? 4 : ENTRY_DATA, k == 1 ? 0 : 1, k == 2 ? 0 : 1);
        ends_with(&b, CLOSE_MALFORMED);
        bare_fini(&b);
    }
}

static void
a_digest_of_another_shape_ends_it(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct bare b;
        size_t at;

        bare_init(&b, false, true);
        at = frame_begin(&b.b, MESSAGE_DIGEST);
        buf_add_u8(&b.b, k == 0 ? 2 : 0);
        for (int i = 0; i < 16 + k; i++) {
            buf_add_u8(&b.b, 0);
        }
        frame_end(&b.b, at);
        ends_with(&b, CLOSE_MALFORMED);
        bare_fini(&b);
    }
}

/* An answer waits until what was sent is acknowledged. */
static void
a_comparison_waits_for_what_is_under_way(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, true, true);
    street_writes(&b.s, 1, 1, 50, 1);
    bare_step(&b, SESSION_CHANGED, slice_of(NULL, 0));
    assert_non_null(heard(&b, MESSAGE_RUN));
    digest_add(&b, true, false);
    say(&b);
    assert_null(heard(&b, MESSAGE_VECTOR));
    assert_null(heard(&b, MESSAGE_DIGEST));
    row_add(&b, MESSAGE_ACK, 2, 0, 1);
    say(&b);
    assert_non_null(heard(&b, MESSAGE_VECTOR));
    digest_add(&b, false, false); /* meanwhile: said before VECTOR was heard */
    say(&b);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    bare_fini(&b);
}

static void
a_responder_may_ask_for_a_comparison_too(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, false, false);
    row_add(&b, MESSAGE_VECTOR, 1, 0, 0);
    say(&b);
    assert_non_null(heard(&b, MESSAGE_ROWS));
    row_add(&b, MESSAGE_ACK, 1, 0, b.runs);
    say(&b);
    bare_step(&b, SESSION_REPAIR, slice_of(NULL, 0)); /* the peer never did */
    assert_int_equal(payload(&b, MESSAGE_DIGEST).p[0], 1);
    digest_add(&b, false, true);
    say(&b);
    assert_true(b.fx.is_synced);
    bare_fini(&b);
}

/* ---- a peer that does not read */
static void
a_peer_that_takes_nothing_for_thirty_seconds_is_dropped(void **state)
{
    struct bare b;
    struct session_event e = {.kind = SESSION_TIMER, .unsent_bytes = 1000};

    (void)state;
    bare_init(&b, false, true);
    for (e.now_ms = 1000; e.now_ms < 1000 + SLOW_MS; e.now_ms += 1000) {
        assert_int_equal(session_step(b.session, &e, &b.fx), RC_OK);
        assert_int_equal(b.fx.close, CLOSE_NONE);
        e.unsent_bytes = 1000 + b.fx.out.n;
    }
    e.unsent_bytes -= 1; /* it takes a byte */
    assert_int_equal(session_step(b.session, &e, &b.fx), RC_OK);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    e.now_ms += SLOW_MS;
    e.unsent_bytes += b.fx.out.n;
    b.session->heard_ms = e.now_ms; /* though it talks */
    assert_int_equal(session_step(b.session, &e, &b.fx), RC_OK);
    assert_int_equal(b.fx.close, CLOSE_SLOW);
    bare_fini(&b);
}

static void
no_more_is_made_than_the_socket_may_hold(void **state)
{
    struct bare b;
    struct session_event e = {.kind = SESSION_CHANGED, .now_ms = 1000};
    size_t unsent = 0;

    (void)state;
    bare_init(&b, false, true);
    street_writes(&b.s, 1, 100, 60000, 1);
    while (true) {
        e.unsent_bytes = unsent;
        assert_int_equal(session_step(b.session, &e, &b.fx), RC_OK);
        unsent += b.fx.out.n;
        if (b.fx.deadline_ms > b.now_ms) {
            break;
        }
        e.kind = SESSION_TIMER;
    }
    assert_true(unsent >= AHEAD_BYTES && unsent < AHEAD_BYTES + 2 * CHUNK_BYTES);
    e.kind = SESSION_DRAINED;
    e.unsent_bytes = 0;
    assert_int_equal(session_step(b.session, &e, &b.fx), RC_OK);
    assert_true(b.fx.out.n > 0);
    bare_fini(&b);
}

static void
a_session_at_rest_holds_little_memory(void **state)
{
    struct bare b;
    size_t at;

    (void)state;
    bare_init(&b, false, true);
    at = run_begin(&b, 0);
    town_write(&b.s.town, 1, 60000, &b.b);
    frame_end(&b.b, at);
    say(&b);
    street_writes(&b.s, 2, 1, 60000, 1);
    bare_step(&b, SESSION_CHANGED, slice_of(NULL, 0));
    assert_non_null(heard(&b, MESSAGE_RUN));
    bare_step(&b, SESSION_TIMER, slice_of(NULL, 0));
    assert_true(b.session->plain.cap + b.session->frames.cap <= 2 * REST_BYTES);
    bare_fini(&b);
}

static void
a_store_that_fails_is_told_to_the_shell(void **state)
{
    struct bare b;
    enum rc rc = RC_IO;

    (void)state;
    for (size_t n = 1; rc != RC_OK; n++) {
        struct session_event e = {.kind = SESSION_BYTES, .now_ms = 1000};
        size_t at;

        bare_init(&b, false, true);
        at = run_begin(&b, 0);
        town_write(&b.s.town, 1, 100, &b.b);
        frame_end(&b.b, at);
        mem_store_fail(b.s.home[0].store, n);
        e.bytes = buf_slice(&b.b);
        rc = session_step(b.session, &e, &b.fx);
        if (rc != RC_OK) {
            assert_int_equal(rc, RC_IO);
            assert_int_equal(b.fx.close, CLOSE_STORE);
            assert_int_equal(b.fx.out.n, 0); /* nothing was promised */
        }
        assert_true(n < 50);
        bare_fini(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_message_is_skipped),
        cmocka_unit_test(a_frame_over_the_limit_ends_it_before_its_bytes_are_there),
        cmocka_unit_test(what_piles_up_is_bounded),
        cmocka_unit_test(every_message_in_the_wrong_state_or_too_short_ends_it),
        cmocka_unit_test(what_only_the_other_side_may_say_ends_it),
        cmocka_unit_test(a_version_is_agreed_or_refused),
        cmocka_unit_test(an_acknowledgement_of_what_was_never_sent_ends_it),
        cmocka_unit_test(rows_out_of_order_end_it),
        cmocka_unit_test(a_peer_that_claims_and_never_delivers_is_dropped),
        cmocka_unit_test(a_peer_that_never_answers_is_dropped),
        cmocka_unit_test(a_peer_that_never_acknowledges_is_dropped),
        cmocka_unit_test(logs_that_nobody_knows_here_are_answered_as_empty),
        cmocka_unit_test(a_forged_entry_ends_it_and_what_came_before_stays),
        cmocka_unit_test(a_bad_signature_ends_it),
        cmocka_unit_test(a_run_that_is_not_one_log_in_order_ends_it),
        cmocka_unit_test(a_gap_is_asked_for_and_never_applied),
        cmocka_unit_test(entries_of_a_log_without_a_grant_are_skipped),
        cmocka_unit_test(a_step_takes_a_portion_and_asks_for_the_next),
        cmocka_unit_test(data_waits_until_the_authority_log_is_settled),
        cmocka_unit_test(nothing_is_acknowledged_before_it_is_settled),
        cmocka_unit_test(search_messages_that_say_nothing_sensible_end_it),
        cmocka_unit_test(a_search_goes_on_only_so_often),
        cmocka_unit_test(a_false_proof_ends_it),
        cmocka_unit_test(a_proof_that_proves_nothing_is_passed_over),
        cmocka_unit_test(a_proof_of_another_length_ends_it),
        cmocka_unit_test(what_is_asked_for_is_streamed_again_a_bounded_number_of_times),
        cmocka_unit_test(a_question_without_sense_ends_it),
        cmocka_unit_test(a_digest_of_another_shape_ends_it),
        cmocka_unit_test(a_comparison_waits_for_what_is_under_way),
        cmocka_unit_test(a_responder_may_ask_for_a_comparison_too),
        cmocka_unit_test(a_peer_that_takes_nothing_for_thirty_seconds_is_dropped),
        cmocka_unit_test(no_more_is_made_than_the_socket_may_hold),
        cmocka_unit_test(a_session_at_rest_holds_little_memory),
        cmocka_unit_test(a_store_that_fails_is_told_to_the_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
