/* From the first byte to HELLO (PROTOCOL.md sections 1, 2, 9). */
#include "sync/message.h"

#include <string.h>

static const char protocol[16] = "linjuli-sync-v1";

/* Length of each handshake message, by pattern (section 2). */
static const size_t shake_bytes[3][3] = {{0}, {32, 96, 64}, {48, 96, 64}};

/* ---- the door (section 2, 7) */

enum { DOOR_BYTES = 4 + KEY_BYTES };

static void
door_message(uint32_t reign, const struct key *box, uint8_t out[static DOOR_BYTES])
{
    put_u32(out, reign);
    memcpy(out + 4, box->b, KEY_BYTES);
}

void
door_sign(const struct hash *community, uint32_t reign, const struct key *box,
          const struct pair *root, struct sig *out)
{
    uint8_t message[DOOR_BYTES];

    door_message(reign, box, message);
    sign_make(TAG_DOOR, community, slice_of(message, sizeof message), root, out);
}

/* Does the root vouch for this key, for a reign that has not begun here? */
static bool
is_door(const struct session *s, struct slice payload)
{
    const struct authority *a = replica_authority(s->setup.replica);
    const struct key *root = authority_root_key(a);
    uint8_t message[DOOR_BYTES];
    struct sig sig;

    if (payload.n != SIG_BYTES || root == NULL || s->preface[0] != NOISE_XX) {
        return false;
    }
    memcpy(sig.b, payload.p, SIG_BYTES);
    door_message(authority_reign(a) + 1, noise_peer(s->noise), message);
    return sign_check(TAG_DOOR, &s->setup.community, slice_of(message, sizeof message),
                      root, &sig);
}

const uint8_t *
session_hash(const struct session *s)
{
    static const uint8_t none[NOISE_HASH_BYTES];

    return s->noise != NULL ? noise_hash(s->noise) : none;
}

static void
make_noise(struct session *s, enum noise_pattern pattern, const struct key *psk)
{
    struct buf b = BUF_NONE;

    buf_add(&b, protocol, sizeof protocol);
    buf_add(&b, s->setup.community.b, HASH_BYTES);
    buf_add(&b, s->preface, PREFACE_BYTES);
    s->noise = noise_new(pattern, s->setup.is_initiator, s->setup.self,
                         &s->setup.ephemeral, psk, buf_slice(&b));
    pair_wipe(&s->setup.ephemeral);
    mem_wipe(&s->setup.psk, sizeof s->setup.psk);
    buf_free(&b);
}

/* Our next handshake message; in 2 and 3 of XX stands the root's word, if there is one.
 */
static void
speak(struct session *s, bool is_first)
{
    struct buf *out = &s->out->out;
    size_t at = out->n;
    struct slice payload = slice_of(NULL, 0);

    if (s->setup.door != NULL && !is_first && s->preface[0] == NOISE_XX) {
        payload = slice_of(s->setup.door->b, SIG_BYTES);
    }
    buf_add_u16(out, 0);
    if (noise_write(s->noise, payload, out) != RC_OK) {
        out->n = at;
        session_close(s, CLOSE_HANDSHAKE);
        return;
    }
    put_u16(out->p + at, (uint16_t)(out->n - at - WIRE_HEAD_BYTES));
}

void
shake_start(struct session *s)
{
    bool is_psk = s->setup.pattern == NOISE_XXPSK3;
    struct key psk = s->setup.psk;

    s->preface[0] = (uint8_t)s->setup.pattern;
    if (is_psk) {
        memcpy(s->preface + 1, s->setup.invite, INVITE_NO_BYTES);
    }
    buf_add(&s->out->out, s->preface, PREFACE_BYTES);
    make_noise(s, s->setup.pattern, is_psk ? &psk : NULL);
    mem_wipe(&psk, sizeof psk);
    session_move(s, STATE_HANDSHAKE);
    speak(s, true);
}

/* Before HELLO, so that the hub has written their grants when it compares. */
static void
shake_persons(struct session *s)
{
    for (size_t i = 0; i < s->more_n; i++) {
        size_t at = frame_begin(&s->frames, MESSAGE_PERSON);

        buf_add(&s->frames, s->more[i].invite, INVITE_NO_BYTES);
        buf_add(&s->frames, s->more[i].log_key.b, KEY_BYTES);
        buf_add(&s->frames, s->more[i].sig.b, SIG_BYTES);
        frame_end(&s->frames, at);
    }
    s->must_ask = s->more_n > 0;
    s->more_n = 0;
}

void
shake_hello(struct session *s)
{
    size_t at;

    shake_persons(s);
    at = frame_begin(&s->frames, MESSAGE_HELLO);

    buf_add_u8(&s->frames, PROTOCOL_VERSION);
    buf_add_u8(&s->frames, PROTOCOL_OLDEST);
    buf_add_u16(&s->frames, s->setup.schema);
    buf_add_u64(&s->frames, s->wall_ms);
    buf_add_u8(&s->frames, 0);
    frame_end(&s->frames, at);
    message_digest(s, false);
}

/* Looks the peer up; with `must` it has to be a node, or the root vouches for it: then it
 * is the centre. */
static void
know_peer(struct session *s, bool must, struct slice payload)
{
    const struct authority *a = replica_authority(s->setup.replica);
    const struct key *peer = noise_peer(s->noise);
    const struct node_info *node = authority_node_by_box(a, peer);

    if (key_eq(peer, &s->setup.self->pub)) {
        session_close(s, CLOSE_SELF);
    } else if (node != NULL) {
        s->node = node->no;
        s->is_lost = node->is_lost;
    } else if (must && is_door(s, payload)) {
        s->node = NODE_NO_HUB;
    } else if (must) {
        session_close(s, CLOSE_STRANGER);
    }
}

/* The handshake has come to its end. */
static void
opened(struct session *s, struct slice payload)
{
    bool is_psk = s->preface[0] == NOISE_XXPSK3;

    know_peer(s, !is_psk, payload);
    if (s->state == STATE_CLOSED) {
        return;
    }
    s->out->opened = true;
    if (!s->setup.is_initiator && is_psk) {
        session_move(s, STATE_JOIN);
        return;
    }
    session_move(s, STATE_HELLO);
    if (s->setup.is_initiator && s->setup.join != NULL) {
        size_t at = frame_begin(&s->frames, MESSAGE_JOIN);

        buf_add(&s->frames, s->setup.join->log_key.b, KEY_BYTES);
        buf_add(&s->frames, s->setup.join->ack_key.b, KEY_BYTES);
        buf_add(&s->frames, s->setup.join->sig.b, SIG_BYTES);
        frame_end(&s->frames, at);
        s->is_joined_due = true;
    }
    shake_hello(s);
}

void
shake_joined(struct session *s)
{
    const struct node_info *node =
        authority_node_by_box(replica_authority(s->setup.replica), noise_peer(s->noise));

    if (s->is_person) { /* taken or not: HELLO comes next */
        s->is_person = false;
        session_move(s, STATE_HELLO);
        return;
    }
    if (node == NULL) {
        session_close(s, CLOSE_INVITE);
        return;
    }
    s->node = node->no;
    s->is_lost = node->is_lost;
    message_bare(s, MESSAGE_JOINED);
    session_move(s, STATE_HELLO);
    shake_hello(s);
}

/* The responder: the 17 bytes decide the pattern. An unknown invite is answered all the
 * same, and fails at message 3 (section 2.3). */
static void
read_preface(struct session *s, struct slice *bytes)
{
    static const uint8_t zero[INVITE_NO_BYTES];
    const uint8_t *invite = s->preface + 1;
    size_t take = PREFACE_BYTES - s->preface_n;
    struct key psk;
    bool has_psk = false;

    take = take < bytes->n ? take : bytes->n;
    memcpy(s->preface + s->preface_n, bytes->p, take);
    s->preface_n += take;
    bytes->p += take;
    bytes->n -= take;
    if (s->preface_n < PREFACE_BYTES) {
        return;
    }
    if (s->preface[0] == NOISE_XXPSK3) {
        has_psk =
            s->setup.psk_of != NULL && s->setup.psk_of(s->setup.psk_arg, invite, &psk);
        make_noise(s, NOISE_XXPSK3, has_psk ? &psk : NULL);
        mem_wipe(&psk, sizeof psk);
    } else if (s->preface[0] == NOISE_XX && memcmp(invite, zero, sizeof zero) == 0) {
        make_noise(s, NOISE_XX, NULL);
    } else {
        session_close(s, CLOSE_HANDSHAKE);
        return;
    }
    session_move(s, STATE_HANDSHAKE);
}

/* One handshake message of the peer. */
static void
hear(struct session *s, struct slice message, unsigned number)
{
    struct buf payload = BUF_NONE;
    size_t start = s->out->out.n;
    bool is_psk = s->preface[0] == NOISE_XXPSK3;
    enum rc rc = RC_MALFORMED;

    if (message.n == shake_bytes[s->preface[0]][number] ||
        (!is_psk && number > 0 &&
         message.n == shake_bytes[NOISE_XX][number] + SIG_BYTES)) {
        rc = noise_read(s->noise, message, &payload);
    }
    if (rc != RC_OK) {
        session_close(s, is_psk && number == 2 ? CLOSE_INVITE : CLOSE_HANDSHAKE);
    } else if (noise_is_my_turn(s->noise)) {
        speak(s, false);
    }
    if (s->state != STATE_CLOSED && noise_is_open(s->noise)) {
        opened(s, buf_slice(&payload));
        if (s->state == STATE_CLOSED) {
            s->out->out.n = start; /* nor does a stranger get message 3 */
        }
    }
    buf_free(&payload);
}

void
shake_read(struct session *s, struct slice *bytes)
{
    struct slice message;

    if (s->state == STATE_PREFACE) {
        read_preface(s, bytes);
    }
    while (s->state == STATE_HANDSHAKE) {
        /* The responder hears messages 1 and 3, the initiator 2. */
        unsigned number = s->setup.is_initiator ? 1 : s->shakes;
        size_t want = shake_bytes[s->preface[0]][number] + (number > 0 ? SIG_BYTES : 0);

        switch (wire_next(&s->wire, bytes, want, &message)) {
        case WIRE_PART:
            return;
        case WIRE_OVER:
            session_close(s, CLOSE_HANDSHAKE);
            return;
        case WIRE_WHOLE:
            hear(s, message, number);
            s->shakes = 2;
            break;
        }
    }
}

void
shake_skip(struct session *s, uint32_t node)
{
    s->node = node;
    s->state = STATE_HELLO;
    shake_hello(s);
}
