/* Noise XX and XXpsk3: published vectors, and everything a peer can do wrong. */
#include "tests/unit/crypto/handshake.h"

#include <jansson.h>

static void
the_xx_vector_of_the_tree_holds(void **state)
{
    struct vector v = vector_of(NOISE_XX);

    (void)state;
    assert_int_equal(v.message_n, 6);
    vector_run(&v);
    vector_free(&v);
}

static void
the_xxpsk3_vector_of_the_tree_holds(void **state)
{
    struct vector v = vector_of(NOISE_XXPSK3);

    (void)state;
    assert_int_equal(v.message_n, 6);
    vector_run(&v);
    vector_free(&v);
}

static struct buf
json_hex(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    assert_non_null(text);
    return hex_buf(text);
}

static struct pair
json_box(const json_t *o, const char *key)
{
    struct buf b = json_hex(o, key);
    struct pair p = box_of(&b);

    buf_free(&b);
    return p;
}

static void
vector_from_json(const json_t *o, struct vector *v)
{
    const char *name = json_string_value(json_object_get(o, "protocol_name"));
    const json_t *messages = json_object_get(o, "messages");
    const char *psk =
        json_string_value(json_array_get(json_object_get(o, "init_psks"), 0));
    struct buf hash = json_hex(o, "handshake_hash");

    memset(v, 0, sizeof *v);
    assert_non_null(name);
    v->pattern = strstr(name, "psk3") != NULL ? NOISE_XXPSK3 : NOISE_XX;
    v->self[0] = json_box(o, "init_static");
    v->self[1] = json_box(o, "resp_static");
    v->ephemeral[0] = json_box(o, "init_ephemeral");
    v->ephemeral[1] = json_box(o, "resp_ephemeral");
    v->prologue[0] = json_hex(o, "init_prologue");
    v->prologue[1] = json_hex(o, "resp_prologue");
    assert_int_equal(hash.n, NOISE_HASH_BYTES);
    memcpy(v->hash, hash.p, hash.n);
    buf_free(&hash);
    if (psk != NULL) {
        hex_fill(psk, v->psk.b, KEY_BYTES);
    }
    v->message_n = json_array_size(messages);
    assert_in_range(v->message_n, 4, MESSAGE_MAX);
    for (size_t i = 0; i < v->message_n; i++) {
        v->payload[i] = json_hex(json_array_get(messages, i), "payload");
        v->cipher[i] = json_hex(json_array_get(messages, i), "ciphertext");
    }
}

static void
all_published_vectors_hold(void **state)
{
    struct buf file = BUF_NONE;
    json_t *root;
    const json_t *all;

    (void)state;
    if (!vectors_read("noise_xx.json", &file)) {
        return;
    }
    root = json_loadb((const char *)file.p, file.n, 0, NULL);
    all = json_object_get(root, "vectors");
    assert_true(json_array_size(all) > 0);
    for (size_t i = 0; i < json_array_size(all); i++) {
        struct vector v;

        vector_from_json(json_array_get(all, i), &v);
        vector_run(&v);
        vector_free(&v);
    }
    printf("# %zu published handshakes\n", json_array_size(all));
    json_decref(root);
    buf_free(&file);
}

/* Runs the handshake; message `at` goes over the wire as `with`. True if it still ends.
 */
static bool
ends_with(const struct vector *v, size_t at, struct slice with)
{
    struct ends e = ends_new(v);
    bool is_open = false;
    size_t i = 0;

    for (; i < 3; i++) {
        assert_int_equal(ends_write(&e, i, buf_slice(&v->payload[i])), RC_OK);
        if (ends_read(&e, i, i == at ? with : buf_slice(&e.wire)) != RC_OK) {
            break;
        }
    }
    is_open = noise_is_open(e.end[0]) && noise_is_open(e.end[1]);
    if (i < 3) { /* whoever refused is dead, and stays so */
        assert_int_equal(ends_read(&e, i, buf_slice(&e.wire)), RC_PROTOCOL);
        assert_int_equal(e.plain.n, 0);
    }
    ends_free(&e);
    return is_open;
}

static void
flip_everything(enum noise_pattern pattern)
{
    struct vector v = vector_of(pattern);

    for (size_t i = 0; i < 3; i++) {
        struct buf *c = &v.cipher[i];

        assert_true(ends_with(&v, i, buf_slice(c)));
        for (size_t k = 0; k < c->n * 8; k++) {
            c->p[k / 8] ^= (uint8_t)(1U << (k % 8));
            assert_false(ends_with(&v, i, buf_slice(c)));
            c->p[k / 8] ^= (uint8_t)(1U << (k % 8));
        }
    }
    vector_free(&v);
}

static void
each_flipped_bit_of_xx_is_refused(void **state)
{
    (void)state;
    flip_everything(NOISE_XX);
}

static void
each_flipped_bit_of_xxpsk3_is_refused(void **state)
{
    (void)state;
    flip_everything(NOISE_XXPSK3);
}

static void
cut_everything(enum noise_pattern pattern)
{
    struct vector v = vector_of(pattern);

    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < v.cipher[i].n; n++) {
            assert_false(ends_with(&v, i, slice_of(v.cipher[i].p, n)));
        }
    }
    vector_free(&v);
}

static void
each_truncated_message_is_refused(void **state)
{
    (void)state;
    cut_everything(NOISE_XX);
    cut_everything(NOISE_XXPSK3);
}

static void
a_longer_message_is_refused(void **state)
{
    struct vector v = vector_of(NOISE_XX);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        buf_add_u8(&v.cipher[i], 0);
        assert_false(ends_with(&v, i, buf_slice(&v.cipher[i])));
    }
    vector_free(&v);
}

static void
another_prologue_is_refused(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct ends e;

    (void)state;
    v.prologue[1].p[0] ^= 1;
    e = ends_new(&v);
    assert_int_equal(ends_write(&e, 0, slice_of(NULL, 0)), RC_OK);
    assert_int_equal(ends_read(&e, 0, buf_slice(&e.wire)), RC_OK);
    assert_int_equal(ends_write(&e, 1, slice_of(NULL, 0)), RC_OK);
    assert_int_equal(ends_read(&e, 1, buf_slice(&e.wire)), RC_FORGED);
    ends_free(&e);
    vector_free(&v);
}

/* Up to message 3 with a responder that gets its psk only then. */
static enum rc
late_psk(const struct vector *v, const struct key *psk)
{
    struct ends e = {
        {end_new(v, 0), noise_new(v->pattern, false, &v->self[1], &v->ephemeral[1], NULL,
                                  buf_slice(&v->prologue[1]))},
        BUF_NONE,
        BUF_NONE};
    enum rc rc;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ends_write(&e, i, slice_of(NULL, 0)), RC_OK);
        assert_int_equal(ends_read(&e, i, buf_slice(&e.wire)), RC_OK);
    }
    if (psk != NULL) {
        noise_set_psk(e.end[1], psk);
    }
    assert_int_equal(ends_write(&e, 2, slice_of(NULL, 0)), RC_OK);
    rc = ends_read(&e, 2, buf_slice(&e.wire));
    assert_int_equal(noise_is_open(e.end[1]), rc == RC_OK);
    ends_free(&e);
    return rc;
}

static void
a_psk_may_come_before_message_3_and_must_be_right(void **state)
{
    struct vector v = vector_of(NOISE_XXPSK3);
    struct key wrong = v.psk;

    (void)state;
    wrong.b[31] ^= 1;
    assert_int_equal(late_psk(&v, &v.psk), RC_OK);
    assert_int_equal(late_psk(&v, &wrong), RC_FORGED);
    assert_int_equal(late_psk(&v, NULL), RC_DENIED);
    vector_free(&v);
}

static void
a_replayed_handshake_message_is_refused(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct buf old[3] = {BUF_NONE, BUF_NONE, BUF_NONE};
    struct ends e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        buf_add_slice(&old[i], buf_slice(&v.cipher[i]));
    }
    pair_new_random(PAIR_BOX, &v.ephemeral[1]); /* another session of the responder */
    assert_false(ends_with(&v, 1, buf_slice(&old[1])));
    assert_false(ends_with(&v, 2, buf_slice(&old[2])));
    e = ends_new(&v);
    assert_int_equal(ends_write(&e, 0, slice_of(NULL, 0)), RC_OK);
    assert_int_equal(ends_read(&e, 0, buf_slice(&e.wire)), RC_OK);
    assert_int_equal(noise_read(e.end[1], buf_slice(&e.wire), &e.plain), RC_PROTOCOL);
    ends_free(&e);
    for (size_t i = 0; i < 3; i++) {
        buf_free(&old[i]);
    }
    vector_free(&v);
}

static void
a_transport_message_opens_once_and_in_order(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct ends e = ends_open(&v);
    struct buf second = BUF_NONE;

    (void)state;
    assert_int_equal(ends_write(&e, 4, slice_text("one")), RC_OK);
    assert_int_equal(ends_read(&e, 4, buf_slice(&e.wire)), RC_OK);
    assert_bytes(buf_slice(&e.plain), slice_text("one"));
    assert_int_equal(ends_read(&e, 4, buf_slice(&e.wire)), RC_FORGED);
    assert_int_equal(noise_seal(e.end[0], slice_text("two"), &second), RC_OK);
    assert_int_equal(ends_read(&e, 4, buf_slice(&second)), RC_PROTOCOL);
    ends_free(&e);

    e = ends_open(&v);
    second.n = 0;
    assert_int_equal(ends_write(&e, 4, slice_text("one")), RC_OK);
    assert_int_equal(noise_seal(e.end[0], slice_text("two"), &second), RC_OK);
    assert_int_equal(ends_read(&e, 4, buf_slice(&second)), RC_FORGED);
    assert_false(noise_is_open(e.end[1]));
    buf_free(&second);
    ends_free(&e);
    vector_free(&v);
}

static void
each_flipped_or_cut_transport_message_is_refused(void **state)
{
    struct vector v = vector_of(NOISE_XX);

    (void)state;
    for (size_t k = 0; k < 3 + NOISE_MAC_BYTES; k++) {
        struct ends e = ends_open(&v);

        assert_int_equal(ends_write(&e, 4, slice_text("one")), RC_OK);
        e.wire.p[k] ^= 0x10;
        assert_int_equal(ends_read(&e, 4, buf_slice(&e.wire)), RC_FORGED);
        ends_free(&e);
        e = ends_open(&v);
        assert_int_equal(ends_write(&e, 4, slice_text("one")), RC_OK);
        assert_int_equal(ends_read(&e, 4, slice_of(e.wire.p, k)),
                         k < NOISE_MAC_BYTES ? RC_MALFORMED : RC_FORGED);
        assert_int_equal(e.plain.n, 0);
        ends_free(&e);
    }
    vector_free(&v);
}

static void
what_goes_in_one_direction_does_not_open_in_the_other(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct ends e = ends_open(&v);

    (void)state;
    assert_int_equal(ends_write(&e, 4, slice_text("one")), RC_OK);
    assert_int_equal(noise_open(e.end[0], buf_slice(&e.wire), &e.plain), RC_FORGED);
    assert_int_equal(noise_seal(e.end[0], slice_text("two"), &e.wire), RC_PROTOCOL);
    ends_free(&e);
    vector_free(&v);
}

static void
speaking_out_of_turn_ends_the_machine(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct ends e = ends_new(&v);

    (void)state;
    assert_int_equal(noise_write(e.end[1], slice_of(NULL, 0), &e.wire), RC_PROTOCOL);
    assert_int_equal(e.wire.n, 0);
    assert_int_equal(ends_write(&e, 0, slice_of(NULL, 0)), RC_OK);
    assert_int_equal(ends_read(&e, 0, buf_slice(&e.wire)), RC_PROTOCOL);
    ends_free(&e);
    e = ends_new(&v);
    assert_int_equal(noise_seal(e.end[0], slice_text("x"), &e.wire), RC_PROTOCOL);
    assert_int_equal(noise_open(e.end[1], slice_text("x"), &e.wire), RC_PROTOCOL);
    assert_int_equal(noise_write(e.end[0], slice_of(NULL, 0), &e.wire), RC_PROTOCOL);
    ends_free(&e);
    e = ends_open(&v);
    assert_int_equal(noise_write(e.end[0], slice_of(NULL, 0), &e.wire), RC_PROTOCOL);
    assert_false(noise_is_open(e.end[0]));
    ends_free(&e);
    vector_free(&v);
}

static void
a_key_of_low_order_is_refused(void **state)
{
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct vector v = vector_of(NOISE_XX);

    (void)state;
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++) {
        struct ends e = ends_new(&v);
        uint8_t wire[KEY_BYTES];

        hex_fill(low[i], wire, sizeof wire);
        assert_int_equal(ends_read(&e, 0, slice_of(wire, sizeof wire)), RC_OK);
        assert_int_equal(ends_write(&e, 1, slice_of(NULL, 0)), RC_FORGED);
        assert_int_equal(e.wire.n, 0);
        ends_free(&e);
    }
    vector_free(&v);
}

static void
messages_have_a_limit(void **state)
{
    struct vector v = vector_of(NOISE_XX);
    struct ends e = ends_new(&v);
    uint8_t *big = mem_new(NOISE_MESSAGE_MAX + 1);

    (void)state;
    assert_int_equal(ends_write(&e, 0, slice_of(big, NOISE_MESSAGE_MAX - KEY_BYTES)),
                     RC_OK);
    assert_int_equal(e.wire.n, NOISE_MESSAGE_MAX);
    assert_int_equal(ends_read(&e, 0, buf_slice(&e.wire)), RC_OK);
    ends_free(&e);
    e = ends_new(&v);
    assert_int_equal(ends_write(&e, 0, slice_of(big, NOISE_MESSAGE_MAX - KEY_BYTES + 1)),
                     RC_LIMIT);
    assert_int_equal(e.wire.n, 0);
    assert_int_equal(ends_read(&e, 0, slice_of(big, NOISE_MESSAGE_MAX + 1)),
                     RC_MALFORMED);
    ends_free(&e);
    e = ends_new(&v);
    assert_int_equal(ends_write(&e, 0, slice_of(big, NOISE_MESSAGE_MAX + 1)), RC_LIMIT);
    ends_free(&e);
    e = ends_open(&v);
    assert_int_equal(ends_write(&e, 4, slice_of(big, NOISE_PLAIN_MAX)), RC_OK);
    assert_int_equal(e.wire.n, NOISE_MESSAGE_MAX);
    assert_int_equal(ends_read(&e, 4, buf_slice(&e.wire)), RC_OK);
    assert_int_equal(ends_write(&e, 4, slice_of(big, NOISE_PLAIN_MAX + 1)), RC_LIMIT);
    assert_int_equal(ends_read(&e, 4, slice_of(big, NOISE_MESSAGE_MAX + 1)),
                     RC_MALFORMED);
    ends_free(&e);
    mem_free(big);
    vector_free(&v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_xx_vector_of_the_tree_holds),
        cmocka_unit_test(the_xxpsk3_vector_of_the_tree_holds),
        cmocka_unit_test(all_published_vectors_hold),
        cmocka_unit_test(each_flipped_bit_of_xx_is_refused),
        cmocka_unit_test(each_flipped_bit_of_xxpsk3_is_refused),
        cmocka_unit_test(each_truncated_message_is_refused),
        cmocka_unit_test(a_longer_message_is_refused),
        cmocka_unit_test(another_prologue_is_refused),
        cmocka_unit_test(a_psk_may_come_before_message_3_and_must_be_right),
        cmocka_unit_test(a_replayed_handshake_message_is_refused),
        cmocka_unit_test(a_transport_message_opens_once_and_in_order),
        cmocka_unit_test(each_flipped_or_cut_transport_message_is_refused),
        cmocka_unit_test(what_goes_in_one_direction_does_not_open_in_the_other),
        cmocka_unit_test(speaking_out_of_turn_ends_the_machine),
        cmocka_unit_test(a_key_of_low_order_is_refused),
        cmocka_unit_test(messages_have_a_limit),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
