/* Escaping, times, numbers, JSON. */
#include "cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS_MAX 253402300799999 /* 9999-12-31 */

/* Bytes of the character at p by its first byte, as far as they are there. */
static size_t
char_bytes(struct slice s)
{
    size_t want = s.p[0] < 0x80 ? 1 : s.p[0] < 0xe0 ? 2 : s.p[0] < 0xf0 ? 3 : 4;
    return want < s.n ? want : s.n;
}

void
out_escaped(struct buf *out, struct slice text, bool lines)
{
    while (text.n > 0) {
        size_t n = char_bytes(text);
        struct slice one = slice_of(text.p, n);
        if (utf8_is_valid(one) && value_text_is_clean(one, lines)) {
            buf_add_slice(out, one);
        } else {
            n = 1;
            buf_addf(out, "\\x%02x", text.p[0]);
        }
        text = slice_of(text.p + n, text.n - n);
    }
}

void
out_markup(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
            buf_addf(out, "&#%u;", c);
        else
            buf_add_u8(out, c);
    }
}

void
out_number(char *out, size_t size, uint64_t n)
{
    (void)snprintf(out, size, "%llu", (unsigned long long)n);
}

void
out_time(uint64_t ms, char out[static TIME_TEXT_BYTES])
{
    struct tm t;
    time_t s = (time_t)(ms / 1000);
    if (ms == 0 || ms > MS_MAX || localtime_r(&s, &t) == NULL ||
        strftime(out, TIME_TEXT_BYTES, "%Y-%m-%d %H:%M", &t) == 0)
        (void)snprintf(out, TIME_TEXT_BYTES, "-");
}

void
out_moment(uint64_t ms, bool day, enum lang lang, char out[static TIME_TEXT_BYTES])
{
    struct tm t, today;
    time_t s = (time_t)(ms / 1000), now = time(NULL);
    size_t n = 0;
    out_time(ms, out);
    if (ms == 0 || ms > MS_MAX || localtime_r(&s, &t) == NULL ||
        localtime_r(&now, &today) == NULL)
        return;
    if (lang == LANG_EN) {
        if (day)
            out[strcspn(out, " ")] = '\0';
        return;
    }
    if (t.tm_year != today.tm_year)
        n = strftime(out, TIME_TEXT_BYTES, "%Y年", &t);
    n += (size_t)snprintf(out + n, TIME_TEXT_BYTES - n, "%d月%d日", t.tm_mon + 1,
                          t.tm_mday);
    if (!day)
        (void)strftime(out + n, TIME_TEXT_BYTES - n, " %H:%M", &t);
}

size_t
out_columns(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if ((*p & 0xc0) != 0x80)
            n += *p >= 0xe2 ? 2 : 1; /* from U+2000 on: wide enough for a table */
    return n;
}

void
out_padded(struct buf *out, const char *text, size_t columns)
{
    size_t n = out_columns(text);
    buf_add_slice(out, slice_text(text));
    do { /* what is too long for its column still ends before the next */
        buf_add_u8(out, ' ');
    } while (++n < columns);
}

void
out_json(struct buf *out, json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text != NULL)
        buf_addf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

json_t *
json_of_text(struct slice text)
{
    struct buf clean = BUF_NONE;
    out_escaped(&clean, text, true);
    json_t *json = json_stringn(clean.n > 0 ? (const char *)clean.p : "", clean.n);
    buf_free(&clean);
    return json;
}

json_t *
json_of_hex(const void *p, size_t n)
{
    char *hex = mem_new(2 * n + 1);
    hex_print(p, n, hex);
    json_t *json = json_string(hex);
    mem_free(hex);
    return json;
}

json_t *
json_of_unit(uint32_t unit)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "%04u", unit);
    return json_string(text);
}

json_t *
json_of_time(uint64_t ms)
{
    return ms == 0 || ms > MS_MAX ? json_null() : json_integer((json_int_t)ms);
}

json_t *
json_of_u64(uint64_t n)
{
    return json_integer(n <= INT64_MAX ? (json_int_t)n : INT64_MAX);
}
