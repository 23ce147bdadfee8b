#include "sync/code.h"

#include <string.h>

static const char salt_tag[] = "linjuli-code-"; /* then the name: 16 bytes */

_Static_assert(CODE_NAME_DIGITS + CODE_SECRET_DIGITS + 1 == CODE_DIGITS,
               "the last checks");
_Static_assert(sizeof salt_tag - 1 + CODE_NAME_DIGITS == 16, "the salt's length");
_Static_assert(CODE_DATAGRAM_BYTES == 18, "as CODE.md says");

/* ---- digits */

/* ISO/IEC 7064, MOD 11,10: every single digit that is wrong shows, and nearly every two
 * that changed places. */
static char
check_digit(const char digit[static CODE_DIGITS - 1])
{
    unsigned p = 10;

    for (size_t i = 0; i < CODE_DIGITS - 1; i++) {
        unsigned s = (p + (unsigned)(digit[i] - '0')) % 10;

        p = 2 * (s == 0 ? 10 : s) % 11;
    }
    return (char)('0' + (11 - p) % 10);
}

/* A digit at *at, as keyboards of either width give it; what may stand between gives 0,
 * anything else -1. */
static int
next_sign(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;

    if (p[0] >= '0' && p[0] <= '9') {
        (*at)++;
        return p[0];
    }
    if (p[0] == '-' || p[0] == ' ') {
        (*at)++;
        return 0;
    }
    if (p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x90 && p[2] <= 0x99) {
        *at += 3;
        return '0' + (p[2] - 0x90);
    }
    return -1;
}

enum rc
code_parse(const char *text, struct code *out)
{
    struct code c = {{0}};
    size_t n = 0;
    enum rc rc = RC_OK;

    while (*text != '\0' && rc == RC_OK) {
        int sign = next_sign(&text);

        if (sign < 0 || (sign > 0 && n == CODE_DIGITS)) {
            rc = RC_NO;
        } else if (sign > 0) {
            c.digit[n++] = (char)sign;
        }
    }
    if (rc == RC_OK && n != CODE_DIGITS) {
        rc = RC_NO;
    }
    if (rc == RC_OK && check_digit(c.digit) != c.digit[CODE_DIGITS - 1]) {
        rc = RC_INVALID;
    }
    if (rc == RC_OK) {
        *out = c;
    }
    code_wipe(&c);
    return rc;
}

void
code_finish(struct code *c)
{
    c->digit[CODE_DIGITS - 1] = check_digit(c->digit);
    c->digit[CODE_DIGITS] = '\0';
}

bool
code_draw(const uint8_t random[static CODE_RANDOM_BYTES], struct code *out)
{
    static const uint64_t span = 1000000000000000; /* 10^15 */
    uint64_t r = get_u64(random);

    if (r >= UINT64_MAX - UINT64_MAX % span) {
        return false;
    }
    r %= span;
    for (size_t i = CODE_DIGITS - 1; i-- > 0; r /= 10) {
        out->digit[i] = (char)('0' + r % 10);
    }
    code_finish(out);
    return true;
}

void
code_print(const struct code *c, char out[static CODE_TEXT_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; i < CODE_DIGITS; i++) {
        if (i > 0 && i % 4 == 0) {
            out[n++] = '-';
        }
        out[n++] = c->digit[i];
    }
    out[n] = '\0';
}

void
code_wipe(struct code *c)
{
    mem_wipe(c, sizeof *c);
}

void
code_name_of(const struct code *c, struct code_name *out)
{
    memcpy(out->digit, c->digit, CODE_NAME_DIGITS);
    out->digit[CODE_NAME_DIGITS] = '\0';
}

bool
code_name_is(const char *text)
{
    size_t n = 0;

    while (n < CODE_NAME_DIGITS && text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n == CODE_NAME_DIGITS && text[n] == '\0';
}

void
code_stretch(const struct code *c, struct key *psk)
{
    char secret[CODE_SECRET_DIGITS + 1];
    uint8_t salt[16];

    memcpy(salt, salt_tag, sizeof salt_tag - 1);
    memcpy(salt + sizeof salt_tag - 1, c->digit, CODE_NAME_DIGITS);
    memcpy(secret, c->digit + CODE_NAME_DIGITS, CODE_SECRET_DIGITS);
    secret[CODE_SECRET_DIGITS] = '\0';
    pass_stretch(secret, salt, psk);
    mem_wipe(secret, sizeof secret);
}

/* ---- datagrams */

void
code_ask_encode(const struct code_ask *a, bool is_answer, struct buf *out)
{
    buf_add_u8(out, is_answer ? CODE_ANSWER_KIND : CODE_ASK_KIND);
    buf_add(out, a->name.digit, CODE_NAME_DIGITS);
    buf_add(out, a->nonce, CODE_NONCE_BYTES);
    buf_add_u16(out, is_answer ? a->port : 0);
}

enum rc
code_ask_decode(struct slice datagram, bool is_answer, struct code_ask *out)
{
    struct reader r = reader_of(datagram);
    struct code_ask a = {0};
    unsigned kind = read_u8(&r);

    read_into(&r, a.name.digit, CODE_NAME_DIGITS);
    read_into(&r, a.nonce, CODE_NONCE_BYTES);
    a.port = read_u16(&r);
    if (!read_done(&r) || kind != (is_answer ? CODE_ANSWER_KIND : CODE_ASK_KIND) ||
        !code_name_is(a.name.digit) || (a.port != 0) != is_answer) {
        return RC_MALFORMED;
    }
    *out = a;
    return RC_OK;
}
