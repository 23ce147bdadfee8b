#include "cli/invite_code.h"

#include <string.h>

#include "cli/hand.h"
#include "cli/invite_show.h"
#include "cli/out.h"

#define CHOICES 2

/* What goes to the node: CHOICES times name ‖ key. What comes back: which (u8) ‖ the
 * invite as a file, without what is secret. */

static int
draw(struct cli *c, struct code code[static CHOICES])
{
    struct buf bytes = BUF_NONE;
    struct fault why = {0};
    for (size_t i = 0; i < CHOICES; i++) {
        uint8_t random[CODE_RANDOM_BYTES];
        struct code_name name;
        struct key psk;
        do
            bytes_random(random, sizeof(random));
        while (!code_draw(random, &code[i]));
        mem_wipe(random, sizeof(random));
        code_name_of(&code[i], &name);
        code_stretch(&code[i], &psk);
        buf_reserve(&bytes, CHOICES * (sizeof(name.digit) + KEY_BYTES));
        buf_add(&bytes, name.digit, CODE_NAME_DIGITS);
        buf_add(&bytes, psk.b, KEY_BYTES);
        mem_wipe(&psk, sizeof(psk));
    }
    enum rc rc = hand_give(c, buf_slice(&bytes), &why);
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

int
invite_code_begin(struct cli *c)
{
    struct code *code = mem_new(CHOICES * sizeof(*code));
    c->own = code;
    int status = draw(c, code);
    if (status == 0)
        return 0;
    c->own = NULL;
    mem_wipe(code, CHOICES * sizeof(*code));
    mem_free(code);
    return status;
}

/* Which of them was free. */
static enum rc
choose(struct cli *c, const struct invite *i, uint8_t *which, struct fault *why)
{
    struct buf bytes = BUF_NONE;
    enum rc rc = hand_take(c, &bytes, why);
    struct reader r = reader_of(buf_slice(&bytes));
    enum rc put = RC_NO;
    for (*which = 0; rc == RC_OK && put == RC_NO && *which < CHOICES; (*which)++) {
        struct code_name name = {{0}};
        struct key psk;
        read_into(&r, name.digit, CODE_NAME_DIGITS);
        read_into(&r, psk.b, KEY_BYTES);
        put = r.bad || !code_name_is(name.digit)
                  ? RC_MALFORMED
                  : hub_code_put(c->node->ledger, &name, &psk, i);
        mem_wipe(&psk, sizeof(psk));
    }
    (*which)--;
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    if (rc == RC_OK && (put == RC_NO || put == RC_LIMIT))
        return fault_set(why, RC_BUSY, FAULT_CODE_TAKEN, " ");
    return rc == RC_OK ? put : rc;
}

enum rc
invite_code_keep(struct cli *c, const struct invite *i, struct fault *why)
{
    struct invite shown = *i; /* borrowed, but for the secrets */
    struct buf bytes = BUF_NONE;
    uint8_t which = 0;
    enum rc rc = choose(c, i, &which, why);
    if (rc != RC_OK)
        return rc;
    memset(&shown.secret, 0, sizeof(shown.secret));
    memset(shown.once_seed, 0, sizeof(shown.once_seed));
    shown.keys = BUF_NONE;
    shown.authority = BUF_NONE;
    buf_add_u8(&bytes, which);
    invite_encode(&shown, &bytes);
    rc = hand_give(c, buf_slice(&bytes), why);
    buf_free(&bytes);
    return rc;
}

static void
tell(struct cli *c, const struct invite *i, const struct grant *g, const char *digits)
{
    uint64_t minutes = HUB_CODE_MS / 60000;
    if (c->json) {
        json_t *json = invite_json(c, i, g);
        json_object_set_new(json, "code", json_string(digits));
        json_object_set_new(json, "code_minutes", json_integer((json_int_t)minutes));
        out_json(c->out, json);
        return;
    }
    invite_add(c, i, g);
    say(c, WORD_INVITE_CODE, digits, num(c, minutes), NULL);
}

static enum rc
show(struct cli *c, const struct code code[static CHOICES], struct fault *why)
{
    struct buf bytes = BUF_NONE;
    struct invite i = {0};
    struct grant *g = mem_new(sizeof(*g));
    char digits[CODE_TEXT_BYTES];
    enum rc rc = hand_take(c, &bytes, why);
    struct reader r = reader_of(buf_slice(&bytes));
    unsigned which = read_u8(&r);
    if (rc == RC_OK && (r.bad || which >= CHOICES))
        rc = RC_BUG;
    if (rc == RC_OK)
        rc = invite_decode(slice_of(r.p, r.n), &i);
    if (rc == RC_OK && !invite_grant(&i, g))
        rc = RC_BUG;
    if (rc == RC_OK) {
        code_print(&code[which], digits);
        tell(c, &i, g, digits);
        mem_wipe(digits, sizeof(digits));
    }
    invite_fini(&i);
    mem_free(g);
    buf_free(&bytes);
    return rc;
}

int
invite_code_end(struct cli *c, int status)
{
    struct fault why = {0};
    struct code *code = c->own;
    enum rc rc = status == 0 ? show(c, code, &why) : RC_OK;
    c->own = NULL;
    mem_wipe(code, CHOICES * sizeof(*code));
    mem_free(code);
    return rc == RC_OK ? status : fail(c, rc, &why);
}
