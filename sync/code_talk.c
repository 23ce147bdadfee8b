#include "sync/code_talk.h"

#include <assert.h>
#include <string.h>

#include "sync/frame.h"

#define PREFACE_BYTES (1 + CODE_NUMBER_BYTES)
#define REFUSAL_BYTES 3
#define TRANSPORT_LEAST (NOISE_MAC_BYTES + 1)
#define ANSWER_HEAD_BYTES 5 /* u8 yes ‖ u32 length */
#define TAKEN 1             /* the joiner's only word */

static const char protocol[16] = "linjuli-code-v1";
static const size_t shake_bytes[3] = {48, 96, 64}; /* of XXpsk3, payloads empty */

enum place {
    PLACE_PREFACE, /* giver: 17 bytes */
    PLACE_ONE,     /* giver: message 1 */
    PLACE_TWO,     /* joiner: message 2 */
    PLACE_THREE,   /* giver: message 3 */
    PLACE_JUDGE,   /* giver: the shell's turn */
    PLACE_PROVED,  /* giver: the shell's turn, the digits are right */
    PLACE_ANSWER,  /* joiner: the answer, or a refusal */
    PLACE_RECEIPT, /* giver: has answered */
    PLACE_END
};

struct code_talk {
    enum place place;
    struct pair self, ephemeral;
    struct noise *noise;
    uint8_t preface[PREFACE_BYTES];
    size_t preface_n;
    struct code_name name;
    struct wire wire;
    struct buf third; /* giver: message 3, until it is judged */
    struct buf plain; /* joiner: the answer so far */
    enum code_no no;
    uint16_t value;
};

static void
make_noise(struct code_talk *t, bool is_initiator, const struct key *psk)
{
    static const uint8_t nobody[HASH_BYTES]; /* a joiner knows no community yet */
    struct buf b = BUF_NONE;

    buf_add(&b, protocol, sizeof protocol);
    buf_add(&b, nobody, sizeof nobody);
    buf_add(&b, t->preface, PREFACE_BYTES);
    t->noise = noise_new(NOISE_XXPSK3, is_initiator, &t->self, &t->ephemeral, psk,
                         buf_slice(&b));
    pair_wipe(&t->ephemeral);
    buf_free(&b);
}

/* A message behind its length, appended. */
static bool
say(struct code_talk *t, struct buf *out)
{
    size_t at = out->n;

    buf_add_u16(out, 0);
    if (noise_write(t->noise, slice_of(NULL, 0), out) != RC_OK) {
        out->n = at;
        return false;
    }
    put_u16(out->p + at, (uint16_t)(out->n - at - WIRE_HEAD_BYTES));
    return true;
}

static void
seal_add(struct code_talk *t, struct slice plain, struct buf *out)
{
    size_t at = 0;

    while (at < plain.n) {
        size_t n = plain.n - at < NOISE_PLAIN_MAX ? plain.n - at : NOISE_PLAIN_MAX;

        buf_add_u16(out, (uint16_t)(n + NOISE_MAC_BYTES));
        if (noise_seal(t->noise, slice_of(plain.p + at, n), out) != RC_OK) {
            return; /* the other side sees a torn answer */
        }
        at += n;
    }
}

static struct code_talk *
talk_new(const struct pair *self, const struct pair *ephemeral, enum place place)
{
    struct code_talk *t = mem_new(sizeof *t);

    assert(self->kind == PAIR_BOX && ephemeral->kind == PAIR_BOX);
    t->self = *self;
    t->ephemeral = *ephemeral;
    t->place = place;
    return t;
}

struct code_talk *
code_talk_join(const struct code_name *name, const struct key *psk,
               const struct pair *self, const struct pair *ephemeral, struct buf *out)
{
    struct code_talk *t = talk_new(self, ephemeral, PLACE_TWO);

    t->name = *name;
    t->preface[0] = CODE_PATTERN;
    memcpy(t->preface + 1, name->digit, CODE_NAME_DIGITS);
    buf_add(out, t->preface, PREFACE_BYTES);
    make_noise(t, true, psk);
    if (!say(t, out)) {
        t->place = PLACE_END;
    }
    return t;
}

struct code_talk *
code_talk_give(const struct pair *self, const struct pair *ephemeral)
{
    return talk_new(self, ephemeral, PLACE_PREFACE);
}

void
code_talk_free(struct code_talk *t)
{
    if (t == NULL) {
        return;
    }
    noise_free(t->noise);
    wire_fini(&t->wire);
    buf_free(&t->third);
    if (t->plain.p != NULL) {
        mem_wipe(t->plain.p, t->plain.cap);
    }
    buf_free(&t->plain);
    mem_wipe(t, sizeof *t);
    mem_free(t);
}

/* ---- hearing */

static enum code_heard
broken(struct code_talk *t)
{
    t->place = PLACE_END;
    return CODE_BROKEN;
}

/* Giver: the name is three digits, zeros behind it. */
static enum code_heard
hear_preface(struct code_talk *t, struct slice *bytes)
{
    static const uint8_t zero[PREFACE_BYTES];
    size_t take = PREFACE_BYTES - t->preface_n;

    take = take < bytes->n ? take : bytes->n;
    memcpy(t->preface + t->preface_n, bytes->p, take);
    t->preface_n += take;
    bytes->p += take;
    bytes->n -= take;
    if (t->preface_n < PREFACE_BYTES) {
        return CODE_MORE;
    }
    memcpy(t->name.digit, t->preface + 1, CODE_NAME_DIGITS);
    if (t->preface[0] != CODE_PATTERN || !code_name_is(t->name.digit) ||
        memcmp(t->preface + 1 + CODE_NAME_DIGITS, zero,
               CODE_NUMBER_BYTES - CODE_NAME_DIGITS) != 0) {
        return broken(t);
    }
    make_noise(t, false, NULL);
    t->place = PLACE_ONE;
    return CODE_MORE;
}

/* A handshake message but the third, which the shell has judged. */
static enum code_heard
hear_shake(struct code_talk *t, struct slice message, size_t want, enum place then,
           struct buf *out)
{
    struct buf payload = BUF_NONE;
    bool good = message.n == want && noise_read(t->noise, message, &payload) == RC_OK &&
                payload.n == 0 && say(t, out);

    buf_free(&payload);
    if (!good) {
        return broken(t);
    }
    t->place = then;
    return CODE_MORE;
}

/* Joiner: three bytes are a refusal, more are the answer. */
static enum code_heard
hear_answer(struct code_talk *t, struct slice message, struct buf *out)
{
    static const uint8_t taken = TAKEN;
    struct reader r = reader_of(message);

    if (message.n == REFUSAL_BYTES && t->plain.n == 0) {
        t->no = (enum code_no)read_u8(&r);
        t->value = read_u16(&r);
        t->place = PLACE_END;
        return t->no >= CODE_NO_WRONG && t->no <= CODE_NO_NOBODY ? CODE_REFUSED
                                                                 : CODE_BROKEN;
    }
    if (message.n < TRANSPORT_LEAST ||
        noise_open(t->noise, message, &t->plain) != RC_OK) {
        return broken(t);
    }
    r = reader_of(buf_slice(&t->plain));
    unsigned yes = read_u8(&r);
    uint32_t n = read_u32(&r);
    if (r.bad) {
        return CODE_MORE;
    }
    if (yes > CODE_YES_EXPIRED || n > CODE_FILE_BYTES_MAX || r.n > n ||
        (yes != CODE_YES_FILE && n > 0)) {
        return broken(t);
    }
    if (r.n < n) {
        buf_reserve(&t->plain, n - r.n); /* once: growing would leave copies */
        return CODE_MORE;
    }
    if (yes == CODE_YES_FILE) {
        seal_add(t, slice_of(&taken, 1), out);
    }
    t->place = PLACE_END;
    return CODE_ANSWERED;
}

static enum code_heard
hear_receipt(struct code_talk *t, struct slice message)
{
    struct buf plain = BUF_NONE;
    bool good = message.n >= TRANSPORT_LEAST &&
                noise_open(t->noise, message, &plain) == RC_OK && plain.n == 1 &&
                plain.p[0] == TAKEN;

    buf_free(&plain);
    t->place = PLACE_END;
    return good ? CODE_TAKEN : CODE_BROKEN;
}

static enum code_heard
hear(struct code_talk *t, struct slice message, struct buf *out)
{
    switch (t->place) {
    case PLACE_ONE:
        return hear_shake(t, message, shake_bytes[0], PLACE_THREE, out);
    case PLACE_TWO:
        return hear_shake(t, message, shake_bytes[1], PLACE_ANSWER, out);
    case PLACE_THREE:
        if (message.n != shake_bytes[2]) {
            return broken(t);
        }
        buf_add_slice(&t->third, message);
        t->place = PLACE_JUDGE;
        return CODE_ASKED;
    case PLACE_ANSWER:
        return hear_answer(t, message, out);
    case PLACE_RECEIPT:
        return hear_receipt(t, message);
    case PLACE_PREFACE:
    case PLACE_JUDGE:
    case PLACE_PROVED:
    case PLACE_END:
        break;
    }
    return broken(t);
}

enum code_heard
code_talk_hear(struct code_talk *t, struct slice bytes, struct buf *out)
{
    enum code_heard heard = CODE_MORE;
    struct slice message;

    if (t->place == PLACE_PREFACE) {
        heard = hear_preface(t, &bytes);
    }
    while (heard == CODE_MORE && bytes.n > 0) {
        /* Only an answer is long. */
        size_t max = t->place == PLACE_ANSWER ? NOISE_MESSAGE_MAX : shake_bytes[1];

        switch (wire_next(&t->wire, &bytes, max, &message)) {
        case WIRE_PART:
            return CODE_MORE;
        case WIRE_OVER:
            return broken(t);
        case WIRE_WHOLE:
            heard = hear(t, message, out);
            break;
        }
    }
    return heard;
}

/* ---- the giver's words */

const struct code_name *
code_talk_name(const struct code_talk *t)
{
    return &t->name;
}

bool
code_talk_judge(struct code_talk *t, const struct key *psk)
{
    struct buf payload = BUF_NONE;
    bool good;

    assert(t->place == PLACE_JUDGE);
    noise_set_psk(t->noise, psk);
    good = noise_read(t->noise, buf_slice(&t->third), &payload) == RC_OK &&
           payload.n == 0 && noise_is_open(t->noise);
    buf_free(&payload);
    if (good) {
        t->place = PLACE_PROVED;
    }
    return good;
}

void
code_talk_refuse(struct code_talk *t, enum code_no no, uint16_t value, struct buf *out)
{
    assert(t->place == PLACE_JUDGE);
    buf_add_u16(out, REFUSAL_BYTES);
    buf_add_u8(out, (uint8_t)no);
    buf_add_u16(out, value);
    t->place = PLACE_END;
}

void
code_talk_answer(struct code_talk *t, enum code_yes yes, struct slice file,
                 struct buf *out)
{
    struct buf plain = BUF_NONE;

    assert(t->place == PLACE_PROVED && file.n <= CODE_FILE_BYTES_MAX);
    buf_reserve(&plain, ANSWER_HEAD_BYTES + file.n); /* growing would leave a copy */
    buf_add_u8(&plain, (uint8_t)yes);
    buf_add_u32(&plain, (uint32_t)file.n);
    buf_add_slice(&plain, file);
    seal_add(t, buf_slice(&plain), out);
    mem_wipe(plain.p, plain.n);
    buf_free(&plain);
    t->place = yes == CODE_YES_FILE ? PLACE_RECEIPT : PLACE_END;
}

/* ---- the joiner's questions */

enum code_no
code_talk_no(const struct code_talk *t, uint16_t *value)
{
    *value = t->value;
    return t->no;
}

enum code_yes
code_talk_yes(const struct code_talk *t, struct slice *file)
{
    struct reader r = reader_of(buf_slice(&t->plain));
    enum code_yes yes = (enum code_yes)read_u8(&r);

    *file = read_slice(&r, read_u32(&r));
    return yes;
}
