/* Noise XX and XXpsk3: the handshake as a table of tokens, then two ciphers. */
#include "crypto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/noise_state.h"

#define MESSAGE_N 3
#define TOKEN_MAX 5

enum token { TOKEN_END, TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE, TOKEN_PSK };
enum state { STATE_HANDSHAKE, STATE_OPEN, STATE_DEAD };

/* Section 7.5 (XX), section 9.4 (psk3); even messages are the initiator's. */
static const uint8_t tokens[MESSAGE_N][TOKEN_MAX] = {
    {TOKEN_E, TOKEN_END},
    {TOKEN_E, TOKEN_EE, TOKEN_S, TOKEN_ES, TOKEN_END},
    {TOKEN_S, TOKEN_SE, TOKEN_PSK, TOKEN_END},
};

struct noise {
    struct noise_symmetric symmetric;
    struct noise_cipher send;
    struct noise_cipher receive;
    struct pair self;
    struct pair ephemeral;
    struct key psk;
    struct key peer;           /* rs */
    struct key peer_ephemeral; /* re */
    enum noise_pattern pattern;
    enum state state;
    unsigned message; /* the next one, from 0 */
    bool is_initiator;
    bool has_psk;
};

struct noise *
noise_new(enum noise_pattern pattern, bool is_initiator, const struct pair *self,
          const struct pair *ephemeral, const struct key *psk, struct slice prologue)
{
    struct noise *n = sodium_malloc(sizeof *n);

    assert(pattern == NOISE_XX || pattern == NOISE_XXPSK3);
    assert(self->kind == PAIR_BOX && ephemeral->kind == PAIR_BOX);
    if (n == NULL) {
        abort(); /* out of memory */
    }
    memset(n, 0, sizeof *n);
    n->pattern = pattern;
    n->is_initiator = is_initiator;
    n->self = *self;
    n->ephemeral = *ephemeral;
    symmetric_init(&n->symmetric,
                   slice_text(pattern == NOISE_XX
                                  ? "Noise_XX_25519_ChaChaPoly_BLAKE2b"
                                  : "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b"));
    symmetric_mix_hash(&n->symmetric, prologue);
    if (psk != NULL) {
        noise_set_psk(n, psk);
    }
    return n;
}

void
noise_free(struct noise *n)
{
    sodium_free(n); /* wipes */
}

static bool
is_our_turn(const struct noise *n)
{
    return (n->message % 2 == 0) == n->is_initiator;
}

bool
noise_is_my_turn(const struct noise *n)
{
    return n->state == STATE_HANDSHAKE && is_our_turn(n);
}

bool
noise_is_open(const struct noise *n)
{
    return n->state == STATE_OPEN;
}

void
noise_set_psk(struct noise *n, const struct key *psk)
{
    assert(n->pattern == NOISE_XXPSK3);
    n->psk = *psk;
    n->has_psk = true;
}

/* No key outlives the handshake but the two of the transport. */
static void
forget_handshake(struct noise *n)
{
    mem_wipe(n->symmetric.ck, sizeof n->symmetric.ck);
    mem_wipe(&n->symmetric.cipher, sizeof n->symmetric.cipher);
    pair_wipe(&n->self);
    pair_wipe(&n->ephemeral);
    mem_wipe(&n->psk, sizeof n->psk);
    n->has_psk = false;
}

/* Passes rc on; whatever is not RC_OK ends the machine and takes back what was appended.
 */
static enum rc
end_of(struct noise *n, enum rc rc, struct buf *out, size_t start)
{
    if (rc != RC_OK) {
        n->state = STATE_DEAD;
        forget_handshake(n);
        mem_wipe(&n->send, sizeof n->send);
        mem_wipe(&n->receive, sizeof n->receive);
        out->n = start;
    }
    return rc;
}

static enum rc
mix_dh(struct noise *n, const struct pair *ours, const struct key *theirs)
{
    uint8_t shared[KEY_BYTES];
    enum rc rc = RC_OK;

    if (crypto_scalarmult_curve25519(shared, ours->secret, theirs->b) != 0) {
        rc = RC_FORGED; /* all zero: a key of low order */
    } else {
        symmetric_mix_key(&n->symmetric, slice_of(shared, sizeof shared));
    }
    mem_wipe(shared, sizeof shared);
    return rc;
}

/* The tokens that both sides do alike. */
static enum rc
mix_token(struct noise *n, enum token token)
{
    if (token == TOKEN_EE) {
        return mix_dh(n, &n->ephemeral, &n->peer_ephemeral);
    }
    if (token == TOKEN_PSK) {
        if (n->pattern == NOISE_XX) {
            return RC_OK;
        }
        if (!n->has_psk) {
            return RC_DENIED;
        }
        symmetric_mix_key_and_hash(&n->symmetric, slice_of(n->psk.b, KEY_BYTES));
        return RC_OK;
    }
    /* es: the initiator's ephemeral with the responder's static key; se: the reverse. */
    if ((token == TOKEN_ES) == n->is_initiator) {
        return mix_dh(n, &n->ephemeral, &n->peer);
    }
    return mix_dh(n, &n->self, &n->peer_ephemeral);
}

/* An ephemeral key counts into the hash, and with a psk into the key (section 9.2). */
static void
mix_ephemeral(struct noise *n, const struct key *e)
{
    symmetric_mix_hash(&n->symmetric, slice_of(e->b, KEY_BYTES));
    if (n->pattern == NOISE_XXPSK3) {
        symmetric_mix_key(&n->symmetric, slice_of(e->b, KEY_BYTES));
    }
}

static enum rc
write_token(struct noise *n, enum token token, struct buf *out)
{
    if (token == TOKEN_E) {
        buf_add(out, n->ephemeral.pub.b, KEY_BYTES);
        mix_ephemeral(n, &n->ephemeral.pub);
        return RC_OK;
    }
    if (token == TOKEN_S) {
        return symmetric_seal(&n->symmetric, slice_of(n->self.pub.b, KEY_BYTES), out);
    }
    return mix_token(n, token);
}

/* The peer's static key is always enciphered here: `e, ee` or `e` with a psk come first.
 */
static enum rc
read_static(struct noise *n, struct reader *r)
{
    struct slice cipher = read_slice(r, KEY_BYTES + NOISE_MAC_BYTES);
    struct buf plain = BUF_NONE;
    enum rc rc = RC_MALFORMED;

    if (!r->bad) {
        rc = symmetric_open(&n->symmetric, cipher, &plain);
    }
    if (rc == RC_OK) {
        memcpy(n->peer.b, plain.p, KEY_BYTES);
    }
    buf_free(&plain);
    return rc;
}

static enum rc
read_token(struct noise *n, enum token token, struct reader *r)
{
    if (token == TOKEN_E) {
        read_into(r, n->peer_ephemeral.b, KEY_BYTES);
        mix_ephemeral(n, &n->peer_ephemeral);
        return r->bad ? RC_MALFORMED : RC_OK;
    }
    if (token == TOKEN_S) {
        return read_static(n, r);
    }
    return mix_token(n, token);
}

/* After the last message: the transport's ciphers, and nothing else is kept. */
static void
message_done(struct noise *n)
{
    n->message++;
    if (n->message < MESSAGE_N) {
        return;
    }
    if (n->is_initiator) {
        symmetric_split(&n->symmetric, &n->send, &n->receive);
    } else {
        symmetric_split(&n->symmetric, &n->receive, &n->send);
    }
    forget_handshake(n);
    n->state = STATE_OPEN;
}

enum rc
noise_write(struct noise *n, struct slice payload, struct buf *out)
{
    size_t start = out->n;
    enum rc rc = RC_OK;

    if (!noise_is_my_turn(n)) {
        return end_of(n, RC_PROTOCOL, out, start);
    }
    if (payload.n > NOISE_MESSAGE_MAX) {
        return end_of(n, RC_LIMIT, out, start);
    }
    for (const uint8_t *t = tokens[n->message]; rc == RC_OK && *t != TOKEN_END; t++) {
        rc = write_token(n, *t, out);
    }
    if (rc == RC_OK) {
        rc = symmetric_seal(&n->symmetric, payload, out);
    }
    if (rc == RC_OK && out->n - start > NOISE_MESSAGE_MAX) {
        rc = RC_LIMIT;
    }
    if (rc == RC_OK) {
        message_done(n);
    }
    return end_of(n, rc, out, start);
}

enum rc
noise_read(struct noise *n, struct slice message, struct buf *payload)
{
    struct reader r = reader_of(message);
    size_t start = payload->n;
    enum rc rc = RC_OK;

    if (n->state != STATE_HANDSHAKE || is_our_turn(n)) {
        return end_of(n, RC_PROTOCOL, payload, start);
    }
    if (message.n > NOISE_MESSAGE_MAX) {
        return end_of(n, RC_MALFORMED, payload, start);
    }
    for (const uint8_t *t = tokens[n->message]; rc == RC_OK && *t != TOKEN_END; t++) {
        rc = read_token(n, *t, &r);
    }
    if (rc == RC_OK) {
        rc = symmetric_open(&n->symmetric, read_slice(&r, r.n), payload);
    }
    if (rc == RC_OK) {
        message_done(n);
    }
    return end_of(n, rc, payload, start);
}

const struct key *
noise_peer(const struct noise *n)
{
    return &n->peer;
}

const uint8_t *
noise_hash(const struct noise *n)
{
    return n->symmetric.h;
}

enum rc
noise_seal(struct noise *n, struct slice plain, struct buf *out)
{
    size_t start = out->n;
    enum rc rc;

    if (n->state != STATE_OPEN) {
        return end_of(n, RC_PROTOCOL, out, start);
    }
    if (plain.n > NOISE_PLAIN_MAX) {
        return end_of(n, RC_LIMIT, out, start);
    }
    rc = cipher_seal(&n->send, slice_of(NULL, 0), plain, out);
    return end_of(n, rc, out, start);
}

enum rc
noise_open(struct noise *n, struct slice cipher, struct buf *plain)
{
    size_t start = plain->n;
    enum rc rc;

    if (n->state != STATE_OPEN) {
        return end_of(n, RC_PROTOCOL, plain, start);
    }
    if (cipher.n > NOISE_MESSAGE_MAX) {
        return end_of(n, RC_MALFORMED, plain, start);
    }
    rc = cipher_open(&n->receive, slice_of(NULL, 0), cipher, plain);
    return end_of(n, rc, plain, start);
}
