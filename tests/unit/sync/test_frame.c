/* Framing: Noise messages out of bytes, frames out of plaintext, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sync/frame.h"

static void
message_add(struct buf *b, size_t n, uint8_t fill)
{
    buf_add_u16(b, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        buf_add_u8(b, (uint8_t)(fill + i));
    }
}

/* Feeds b in pieces of `piece` bytes and joins the messages found, each behind its
 * length. */
static void
cut(const struct buf *b, size_t piece, struct buf *out)
{
    struct wire w = {0};

    for (size_t at = 0; at < b->n; at += piece) {
        struct slice bytes = slice_of(b->p + at, b->n - at < piece ? b->n - at : piece);
        struct slice m;
        enum wire_got got;

        do {
            got = wire_next(&w, &bytes, 65535, &m);
            if (got == WIRE_WHOLE) {
                buf_add_u16(out, (uint16_t)m.n);
                buf_add_slice(out, m);
            }
        } while (got == WIRE_WHOLE);
        assert_int_equal(got, WIRE_PART);
        assert_int_equal(bytes.n, 0);
    }
    assert_true(w.part.n == 0 || w.is_taken);
    wire_fini(&w);
}

static void
messages_come_out_whole_however_the_bytes_are_split(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    message_add(&b, 17, 1);
    message_add(&b, 0, 0);
    message_add(&b, 65535, 7);
    message_add(&b, 1, 9);
    message_add(&b, 300, 3);
    for (size_t piece = 1; piece < 70000; piece = piece * 3 + 1) {
        struct buf out = BUF_NONE;

        cut(&b, piece, &out);
        assert_true(slice_eq(buf_slice(&b), buf_slice(&out)));
        buf_free(&out);
    }
    buf_free(&b);
}

static void
a_message_over_the_limit_is_refused_by_its_length_alone(void **state)
{
    static const uint8_t head[2] = {0, 97};
    struct wire w = {0};
    struct slice bytes = slice_of(head, 1);
    struct slice m;

    (void)state;
    assert_int_equal(wire_next(&w, &bytes, 96, &m), WIRE_PART);
    bytes = slice_of(head + 1, 1);
    assert_int_equal(wire_next(&w, &bytes, 96, &m), WIRE_OVER);
    assert_true(w.part.cap < 97); /* nothing was made room for */
    wire_fini(&w);
}

static void
frames_are_read_as_they_were_written(void **state)
{
    struct buf b = BUF_NONE;
    struct frame f;
    size_t used;
    size_t at = frame_begin(&b, 9);

    (void)state;
    buf_add(&b, "abc", 3);
    frame_end(&b, at);
    frame_end(&b, frame_begin(&b, 200));
    for (size_t n = 0; n < 8; n++) {
        assert_int_equal(frame_next(slice_of(b.p, n), &f, &used), FRAME_PART);
    }
    assert_int_equal(frame_next(buf_slice(&b), &f, &used), FRAME_WHOLE);
    assert_int_equal(f.type, 9);
    assert_int_equal(used, 8);
    assert_true(slice_eq(f.payload, slice_of("abc", 3)));
    assert_int_equal(frame_next(slice_of(b.p + 8, b.n - 8), &f, &used), FRAME_WHOLE);
    assert_int_equal(f.type, 200);
    assert_int_equal(f.payload.n, 0);
    buf_free(&b);
}

static void
a_frame_over_the_limit_is_refused_by_its_length_alone(void **state)
{
    static const uint8_t most[4] = {0, 0x10, 0, 0};
    static const uint8_t over[4] = {0, 0x10, 0, 1};
    static const uint8_t all[4] = {255, 255, 255, 255};
    static const uint8_t none[4] = {0};
    struct frame f;
    size_t used;

    (void)state;
    assert_int_equal(frame_next(slice_of(most, 4), &f, &used), FRAME_PART);
    assert_int_equal(frame_next(slice_of(over, 4), &f, &used), FRAME_OVER);
    assert_int_equal(frame_next(slice_of(all, 4), &f, &used), FRAME_OVER);
    assert_int_equal(frame_next(slice_of(none, 4), &f, &used), FRAME_OVER);
}

static void
numbers_have_one_form(void **state)
{
    static const uint64_t some[] = {0,     1,     127,        128,        16383,
                                    16384, 99999, UINT32_MAX, 1ull << 62, INT64_MAX};
    static const struct {
        uint8_t n, b[11];
    } bad[] = {
        {2, {0x80, 0}},       {2, {0xff, 0}},
        {1, {0x80}},          {0, {0}},
        {3, {0x80, 0x80, 0}}, {10, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}}};

    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct buf b = BUF_NONE;
        struct reader r;

        number_add(&b, some[i]);
        assert_true(b.n <= NUMBER_BYTES_MAX);
        r = reader_of(buf_slice(&b));
        assert_true(number_read(&r) == some[i]);
        assert_true(read_done(&r));
        buf_free(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct reader r = reader_of(slice_of(bad[i].b, bad[i].n));

        assert_true(number_read(&r) == 0);
        assert_true(r.bad);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_whole_however_the_bytes_are_split),
        cmocka_unit_test(a_message_over_the_limit_is_refused_by_its_length_alone),
        cmocka_unit_test(frames_are_read_as_they_were_written),
        cmocka_unit_test(a_frame_over_the_limit_is_refused_by_its_length_alone),
        cmocka_unit_test(numbers_have_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
