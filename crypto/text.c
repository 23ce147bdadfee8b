/* Bytes as text: hex, base64 and UTF-8 (declared in bytes.h). */
#include "crypto/bytes.h"

#include <string.h>

void
hex_print(const void *p, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[b[i] >> 4];
        out[2 * i + 1] = digit[b[i] & 15];
    }
    out[2 * n] = 0;
}

/* The value of a hex digit, 16 for anything else, the closing NUL included. */
static uint8_t
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint8_t)(c - 'a' + 10);
    }
    if (c >= 'A' && c <= 'F') {
        return (uint8_t)(c - 'A' + 10);
    }
    return 16;
}

bool
hex_parse(const char *text, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t high = hex_value(text[2 * i]);
        uint8_t low = high < 16 ? hex_value(text[2 * i + 1]) : 16;

        if (low > 15) {
            return false;
        }
        out[i] = (uint8_t)((high << 4) | low);
    }
    return text[2 * n] == 0;
}

/* Bytes of the sequence that starts with `lead`, 0 if none does; the range of its second
 * byte, which alone keeps out overlong forms, surrogates and what is past U+10FFFF
 * (RFC 3629, section 4). */
static size_t
utf8_lead(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *low = lead == 0xe0 ? 0xa0 : 0x80;
        *high = lead == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

bool
utf8_is_valid(struct slice s)
{
    size_t i = 0;

    while (i < s.n) {
        uint8_t low;
        uint8_t high;
        size_t n = utf8_lead(s.p[i], &low, &high);

        if (n == 0 || n > s.n - i) {
            return false;
        }
        for (size_t k = 1; k < n; k++) {
            if (s.p[i + k] < low || s.p[i + k] > high) {
                return false;
            }
            low = 0x80;
            high = 0xbf;
        }
        i += n;
    }
    return true;
}

/* ---- base64 (RFC 4648, section 4) */

static const char base64_digit[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_add(struct buf *out, const void *p, size_t n)
{
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)b[i] << 16;

        v |= left > 1 ? (uint32_t)b[i + 1] << 8 : 0;
        v |= left > 2 ? b[i + 2] : 0;
        buf_add_u8(out, (uint8_t)base64_digit[v >> 18 & 63]);
        buf_add_u8(out, (uint8_t)base64_digit[v >> 12 & 63]);
        buf_add_u8(out, left > 1 ? (uint8_t)base64_digit[v >> 6 & 63] : '=');
        buf_add_u8(out, left > 2 ? (uint8_t)base64_digit[v & 63] : '=');
    }
}

/* The value of a digit, 64 for anything else. */
static uint32_t
base64_value(uint8_t c)
{
    const char *at = c != 0 ? strchr(base64_digit, c) : NULL;

    return at != NULL ? (uint32_t)(at - base64_digit) : 64;
}

bool
base64_parse(struct slice text, size_t n, uint8_t *out)
{
    if (text.n != (n + 2) / 3 * 4) {
        return false;
    }
    for (size_t i = 0; i < n; i += 3) {
        const uint8_t *p = text.p + i / 3 * 4;
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t v = 0;

        for (size_t k = 0; k < 4; k++) {
            uint32_t d = k <= left ? base64_value(p[k]) : p[k] == '=' ? 0 : 64;

            if (d == 64) {
                return false;
            }
            v = v << 6 | d;
        }
        if ((left == 1 && (v & 0xffff) != 0) || (left == 2 && (v & 0xff) != 0)) {
            return false; /* another way to write the same */
        }
        for (size_t k = 0; k < left; k++) {
            out[i + k] = (uint8_t)(v >> (16 - 8 * k));
        }
    }
    return true;
}
