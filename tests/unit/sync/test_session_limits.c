/* Messages as large as a message may be, and rows at the ends of their ranges: nothing a
 * peer says makes this side say more than a message can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sync/message.h"
#include "tests/lib/pipe.h"

/* The one under test is home 0, which answers; the peer is node 2, without a cipher. */
struct bare {
    struct street s;
    struct session *session;
    struct session_effects fx;
    struct session_setup setup;
    struct buf b;
};

static void
bare_say(struct bare *b)
{
    struct session_event e = {
        .kind = SESSION_BYTES, .now_ms = 1000, .bytes = buf_slice(&b->b)};

    assert_int_equal(session_step(b->session, &e, &b->fx), RC_OK);
    b->b.n = 0;
    e.kind = SESSION_TIMER;
    e.bytes.n = 0;
    for (size_t n = 0; b->fx.deadline_ms <= 1000; n++) {
        assert_true(n < 1000);
        assert_int_equal(session_step(b->session, &e, &b->fx), RC_OK);
    }
}

static void
bare_init(struct bare *b, uint32_t logs)
{
    static const uint8_t other[16] = {1};
    size_t at;

    memset(b, 0, sizeof *b);
    street_init(&b->s, 2, logs);
    pipe_setup(&b->s.town, &b->s.home[0], false, &b->setup);
    b->session = session_new(&b->setup);
    shake_skip(b->session, 2);
    at = frame_begin(&b->b, MESSAGE_HELLO);
    buf_add_u8(&b->b, 1);
    buf_add_u8(&b->b, 1);
    buf_add_u16(&b->b, 1);
    buf_add_u64(&b->b, 0);
    buf_add_u8(&b->b, 0);
    frame_end(&b->b, at);
    at = frame_begin(&b->b, MESSAGE_DIGEST);
    buf_add_u8(&b->b, 0);
    buf_add(&b->b, other, sizeof other);
    frame_end(&b->b, at);
    bare_say(b);
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

/* As many rows of logs that nobody granted as a message holds. */
static void
vector_add(struct bare *b, uint64_t head_seq)
{
    size_t at = frame_begin(&b->b, MESSAGE_VECTOR);

    buf_add_u8(&b->b, 1);
    number_add(&b->b, 0);
    for (uint32_t no = 100; b->b.n - at - 4 + 32 < MESSAGE_BYTES_MAX; no++) {
        struct vrow row = {.no = no, .head_seq = head_seq, .head = {{1}}};

        vrow_add(&b->b, &row);
    }
    frame_end(&b->b, at);
}

static void
a_vector_full_of_unknown_logs_is_no_reason_to_fall(void **state)
{
    struct bare b;

    (void)state;
    bare_init(&b, 64);
    for (uint32_t no = 1; no <= 64; no++) {
        street_writes(&b.s, no, 1, 10, 1);
    }
    vector_add(&b, 0);
    bare_say(&b);
    assert_int_equal(b.fx.close, CLOSE_LIMIT);
    bare_fini(&b);
}

static void
claims_as_high_as_they_go_add_up_to_nothing_odd(void **state)
{
    struct bare b;
    struct session_info info;

    (void)state;
    bare_init(&b, 3);
    vector_add(&b, INT64_MAX);
    bare_say(&b);
    assert_int_equal(b.fx.close, CLOSE_NONE);
    session_info(b.session, &info);
    assert_true(info.missing_here == INT64_MAX);
    bare_fini(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_full_of_unknown_logs_is_no_reason_to_fall),
        cmocka_unit_test(claims_as_high_as_they_go_add_up_to_nothing_odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
