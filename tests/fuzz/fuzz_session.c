/* Whatever a peer sends, a session ends or goes on, says only whole frames, and keeps to
 * its bounds. Input: mode u8, then records kind u8 ‖ length u16 ‖ bytes. Modes: 0 a
 * responder past the handshake, 1 an initiator past it, 2 a responder from the first
 * byte on, 3 an initiator. */
#include <assert.h>
#include <string.h>

#include "sync/message.h"
#include "tests/lib/pipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD_FRAME = 8, RECORD_RUN, RECORD_WRITE, RECORD_KINDS };
#define READY_N 12 /* entries of each log that a record can name */
#define LOGS_N 2

static struct town town;
static struct buf first;                      /* of the authority log */
static struct buf ready[LOGS_N + 1][READY_N]; /* 0: of the authority log */

static void
prepare(void)
{
    if (first.n > 0) {
        return;
    }
    town_init(&town, 2, LOGS_N, &first);
    for (size_t i = 0; i < READY_N; i++) {
        for (uint32_t log = 1; log <= LOGS_N; log++) {
            if (log == 2 && i == READY_N / 2) {
                town.log[2].seq -= 2; /* a fork: not even with a link that fits */
            }
            town_write(&town, log, 32 * i, &ready[log][i]);
        }
        town_seal(&town, 1, LOGS_N, &ready[0][i]);
    }
}

struct run {
    struct home home;
    struct session *session;
    struct session_effects fx;
    uint64_t now_ms;
    size_t unsent;
    bool is_plain;
    struct buf bytes;
};

static void
check_out(const struct run *r)
{
    struct slice out = buf_slice(&r->fx.out);
    struct frame f;
    size_t used;

    assert(out.n <= 8 * CHUNK_BYTES + r->bytes.n * 64);
    while (r->is_plain && out.n > 0) {
        enum frame_got got = frame_next(out, &f, &used);

        assert(got == FRAME_WHOLE);
        assert(message_text(f.type)[0] != '?');
        out.p += used;
        out.n -= used;
    }
}

static void
step(struct run *r, enum session_event_kind kind, struct slice bytes)
{
    struct session_event e = {.kind = kind,
                              .now_ms = r->now_ms,
                              .wall_ms = r->now_ms,
                              .bytes = bytes,
                              .unsent_bytes = r->unsent};
    bool was_closed = r->fx.close != CLOSE_NONE;
    enum rc rc = session_step(r->session, &e, &r->fx);

    assert(rc == RC_OK);
    assert(!was_closed || r->fx.close != CLOSE_NONE);
    assert(!was_closed || r->fx.out.n == 0);
    check_out(r);
    r->unsent += r->fx.out.n;
}

/* A RUN of entries that are well signed, as the record chooses. */
static void
say_run(struct run *r, struct slice s)
{
    size_t at = frame_begin(&r->bytes, MESSAGE_RUN);
    uint8_t log = s.n > 1 ? s.p[1] % (LOGS_N + 1) : 0;
    size_t from = s.n > 2 ? s.p[2] % READY_N : 0;
    size_t n = s.n > 3 ? s.p[3] % 16 : 1;

    buf_add_u8(&r->bytes, s.n > 0 ? s.p[0] & 3 : 0);
    for (size_t i = from; i < from + n && i < READY_N; i++) {
        if (s.n > 0 && (s.p[0] & 1) != 0) {
            number_add(&r->bytes, ready[log][i].n);
        }
        buf_add_slice(&r->bytes, buf_slice(&ready[log][i]));
    }
    frame_end(&r->bytes, at);
}

static void
say_frame(struct run *r, struct slice s)
{
    size_t at = frame_begin(&r->bytes, s.n > 0 ? s.p[0] : 0);

    if (s.n > 1) {
        buf_add(&r->bytes, s.p + 1, s.n - 1);
    }
    frame_end(&r->bytes, at);
}

static void
write_here(struct run *r, struct slice s)
{
    uint8_t log = s.n > 0 ? s.p[0] % (LOGS_N + 1) : 0;
    size_t i = s.n > 1 ? s.p[1] % READY_N : 0;

    (void)home_offer_any(&r->home, &ready[log][i]);
    home_settle(&r->home);
    step(r, SESSION_CHANGED, slice_of(NULL, 0));
}

static void
record(struct run *r, unsigned kind, struct slice s)
{
    r->bytes.n = 0;
    switch (kind) {
    case SESSION_BYTES:
        buf_add_slice(&r->bytes, s);
        break;
    case SESSION_TIMER:
        r->now_ms += s.n > 1 ? get_u16(s.p) : 0;
        break;
    case SESSION_DRAINED:
        r->unsent = s.n > 0 ? r->unsent / 256 * s.p[0] : 0;
        break;
    case RECORD_FRAME:
        say_frame(r, s);
        break;
    case RECORD_RUN:
        say_run(r, s);
        break;
    case RECORD_WRITE:
        write_here(r, s);
        return;
    default:
        break;
    }
    if (kind >= RECORD_FRAME) {
        kind = SESSION_BYTES;
    }
    step(r, (enum session_event_kind)kind, buf_slice(&r->bytes));
}

/* Work that is left is bounded. */
static void
work_off(struct run *r)
{
    for (size_t n = 0; r->fx.close == CLOSE_NONE && r->fx.deadline_ms <= r->now_ms; n++) {
        assert(n < 10000);
        step(r, SESSION_TIMER, slice_of(NULL, 0));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_of(slice_of(data, size));
    struct run r = {.now_ms = 1000};
    unsigned mode = read_u8(&in) % 4;
    struct session_setup setup;

    prepare();
    home_init(&r.home, &town, 1);
    home_take(&r.home, &first);
    for (size_t i = 0; i < 4; i++) {
        home_take(&r.home, &ready[1][i]);
    }
    pipe_setup(&town, &r.home, mode % 2 == 1, &setup);
    setup.ephemeral = town_pair(PAIR_BOX, 'f', 1);
    r.session = session_new(&setup);
    r.is_plain = mode < 2;
    if (r.is_plain) {
        shake_skip(r.session, 2);
    }
    while (!in.bad && in.n > 3) {
        unsigned kind = read_u8(&in) % RECORD_KINDS;
        size_t n = read_u16(&in);

        record(&r, kind, read_slice(&in, n < in.n ? n : in.n));
        work_off(&r);
    }
    home_settle(&r.home);
    session_free(r.session);
    session_effects_fini(&r.fx);
    buf_free(&r.bytes);
    home_fini(&r.home);
    return 0;
}
