/* Published handshakes, and two ends that speak. */
#ifndef LINJULI_HANDSHAKE_H
#define LINJULI_HANDSHAKE_H

#include "tests/unit/crypto/figures.h"

#define MESSAGE_MAX 8

/* One published handshake with its transport messages. */
struct vector {
    enum noise_pattern pattern;
    struct pair self[2]; /* initiator, responder */
    struct pair ephemeral[2];
    struct buf prologue[2];
    struct key psk;
    uint8_t hash[NOISE_HASH_BYTES];
    size_t message_n;
    struct buf payload[MESSAGE_MAX];
    struct buf cipher[MESSAGE_MAX];
};

/* Both ends of a handshake, and the last message. */
struct ends {
    struct noise *end[2];
    struct buf wire;
    struct buf plain;
};

static inline void
vector_free(struct vector *v)
{
    for (size_t i = 0; i < MESSAGE_MAX; i++) {
        buf_free(&v->payload[i]);
        buf_free(&v->cipher[i]);
    }
    buf_free(&v->prologue[0]);
    buf_free(&v->prologue[1]);
}

static inline struct pair
box_of(const struct buf *scalar)
{
    struct pair p;

    assert_int_equal(scalar->n, SEED_BYTES);
    pair_from_seed(PAIR_BOX, scalar->p, &p);
    return p;
}

static inline struct noise *
end_new(const struct vector *v, int side)
{
    return noise_new(v->pattern, side == 0, &v->self[side], &v->ephemeral[side],
                     v->pattern == NOISE_XXPSK3 ? &v->psk : NULL,
                     buf_slice(&v->prologue[side]));
}

static inline struct ends
ends_new(const struct vector *v)
{
    return (struct ends){{end_new(v, 0), end_new(v, 1)}, BUF_NONE, BUF_NONE};
}

static void
ends_free(struct ends *e)
{
    noise_free(e->end[0]);
    noise_free(e->end[1]);
    buf_free(&e->wire);
    buf_free(&e->plain);
}

/* Message i of a vector, written by one end: a handshake message or one of transport. */
static inline enum rc
ends_write(struct ends *e, size_t i, struct slice payload)
{
    struct noise *from = e->end[i % 2];

    e->wire.n = 0;
    return i < 3 ? noise_write(from, payload, &e->wire)
                 : noise_seal(from, payload, &e->wire);
}

static inline enum rc
ends_read(struct ends *e, size_t i, struct slice wire)
{
    struct noise *to = e->end[1 - i % 2];

    e->plain.n = 0;
    return i < 3 ? noise_read(to, wire, &e->plain) : noise_open(to, wire, &e->plain);
}

static inline void
vector_run(const struct vector *v)
{
    struct ends e = ends_new(v);

    for (size_t i = 0; i < v->message_n; i++) {
        assert_int_equal(noise_is_my_turn(e.end[i % 2]), i < 3);
        assert_false(noise_is_my_turn(e.end[1 - i % 2]));
        assert_int_equal(ends_write(&e, i, buf_slice(&v->payload[i])), RC_OK);
        assert_bytes(buf_slice(&e.wire), buf_slice(&v->cipher[i]));
        assert_int_equal(ends_read(&e, i, buf_slice(&e.wire)), RC_OK);
        assert_bytes(buf_slice(&e.plain), buf_slice(&v->payload[i]));
    }
    for (int side = 0; side < 2; side++) {
        assert_true(noise_is_open(e.end[side]));
        assert_memory_equal(noise_hash(e.end[side]), v->hash, NOISE_HASH_BYTES);
        assert_true(key_eq(noise_peer(e.end[side]), &v->self[1 - side].pub));
    }
    ends_free(&e);
}

static inline struct pair
figure_box(const char *at, const char *key)
{
    struct buf b = figure(at, key);
    struct pair p = box_of(&b);

    buf_free(&b);
    return p;
}

static inline void
vector_from_figures(const char *at, struct vector *v)
{
    char key[32];
    struct buf name = figure(at, "protocol_name");
    struct slice ignored;

    memset(v, 0, sizeof *v);
    v->pattern = strstr(buf_text(&name), "psk3") != NULL ? NOISE_XXPSK3 : NOISE_XX;
    buf_free(&name);
    v->self[0] = figure_box(at, "init_static");
    v->self[1] = figure_box(at, "resp_static");
    v->ephemeral[0] = figure_box(at, "init_ephemeral");
    v->ephemeral[1] = figure_box(at, "resp_ephemeral");
    v->prologue[0] = figure(at, "prologue");
    v->prologue[1] = figure(at, "prologue");
    figure_fill(at, "handshake_hash", v->hash, sizeof v->hash);
    if (v->pattern == NOISE_XXPSK3) {
        figure_fill(at, "psk", v->psk.b, KEY_BYTES);
    }
    for (size_t i = 0; i < MESSAGE_MAX; i++) {
        (void)snprintf(key, sizeof key, "payload_%zu", i);
        if (!figure_find(at, key, &ignored)) {
            break;
        }
        v->payload[i] = figure(at, key);
        (void)snprintf(key, sizeof key, "ciphertext_%zu", i);
        v->cipher[i] = figure(at, key);
        v->message_n++;
    }
}

/* The vector of the tree with this pattern. */
static inline struct vector
vector_of(enum noise_pattern pattern)
{
    struct buf file = BUF_NONE;
    struct vector v;
    const char *at;

    tree_read("tests/golden/crypto/noise.txt", &file);
    at = strstr((const char *)file.p, "\n\n") + 2; /* the remarks come first */
    vector_from_figures(at, &v);
    while (v.pattern != pattern) {
        vector_free(&v);
        at = figure_next(at);
        assert_non_null(at);
        vector_from_figures(at, &v);
    }
    buf_free(&file);
    return v;
}

/* A handshake that is through, for what comes after. */
static inline struct ends
ends_open(const struct vector *v)
{
    struct ends e = ends_new(v);

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ends_write(&e, i, buf_slice(&v->payload[i])), RC_OK);
        assert_int_equal(ends_read(&e, i, buf_slice(&e.wire)), RC_OK);
    }
    return e;
}

#endif
