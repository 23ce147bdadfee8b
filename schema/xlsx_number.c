/* What a spreadsheet's cell says, as a person would have typed it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/date.h"
#include "schema/xlsx_in.h"

#define NUMBER_BYTES_MAX 64
#define SERIAL_1970 25569           /* of 1970-01-01, counted from 1899-12-30 */
#define SERIAL_1904 1462            /* of 1904-01-01 */
#define SERIAL_MAX 2958465          /* 9999-12-31 */
#define SERIAL_NO_DAY 60            /* 1900-02-29, which never was */
#define EXACT_MAX 999999999999999.0 /* 15 digits */

bool
xlsx_digits(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t n = 0;
    const char *p = text;
    if (text == NULL)
        return false;
    for (; *p >= '0' && *p <= '9' && n <= max; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    *out = (uint32_t)n;
    return p != text && *p == '\0' && n <= max;
}

/* ---- formats */

/* What is meant to be read as it stands: "text", \c, _c, *c, [Red]. [h] is a time. */
static const char *
skip_literal(const char *p)
{
    if (*p == '"') {
        const char *end = strchr(p + 1, '"');
        return end != NULL ? end + 1 : p + strlen(p);
    }
    if (*p == '\\' || *p == '_' || *p == '*')
        return p[1] != '\0' ? p + 2 : p + 1;
    if (*p == '[' && strchr("hms", p[1] | 0x20) == NULL) {
        const char *end = strchr(p, ']');
        return end != NULL ? end + 1 : p + strlen(p);
    }
    return p;
}

static struct xlsx_format
format_of_code(const char *code)
{
    struct xlsx_format plain = {LOOK_PLAIN, 0};
    size_t zeros = strspn(code, "0");
    bool is_day = false, is_time = false;
    if (zeros > 1 && zeros <= 30 && code[zeros] == '\0')
        return (struct xlsx_format){LOOK_ZEROS, (uint8_t)zeros};
    if (strncasecmp(code, "general", 7) == 0)
        return plain;
    for (const char *p = code; *p != '\0' && *p != ';';) {
        const char *behind = skip_literal(p);
        if (behind != p) {
            p = behind;
            continue;
        }
        int c = *p++ | 0x20;
        is_day = is_day || c == 'y' || c == 'd';
        is_time = is_time || c == 'h' || c == 's';
        if (c == 'm' && !is_time) /* month; minutes stand behind hours */
            is_day = true;
    }
    return is_day && is_time ? (struct xlsx_format){LOOK_BOTH, 0}
           : is_day          ? (struct xlsx_format){LOOK_DATE, 0}
           : is_time         ? (struct xlsx_format){LOOK_TIME, 0}
                             : plain;
}

/* Numbers below 164 are built in; those of dates, in Chinese programs too. */
struct xlsx_format
xlsx_format_of(uint32_t id, const char *code)
{
    static const struct {
        uint32_t from, to;
        enum xlsx_look look;
    } built_in[] = {{14, 17, LOOK_DATE}, {18, 21, LOOK_TIME}, {22, 22, LOOK_BOTH},
                    {27, 31, LOOK_DATE}, {32, 35, LOOK_TIME}, {36, 36, LOOK_DATE},
                    {45, 47, LOOK_TIME}, {50, 54, LOOK_DATE}, {55, 56, LOOK_TIME},
                    {57, 58, LOOK_DATE}};
    if (code != NULL)
        return format_of_code(code);
    for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
        if (id >= built_in[i].from && id <= built_in[i].to)
            return (struct xlsx_format){built_in[i].look, 0};
    return (struct xlsx_format){LOOK_PLAIN, 0};
}

/* ---- numbers */

/* -12.5E+3, nothing else: no hex, no infinity, no blanks. */
static bool
parse_number(struct slice s, double *out)
{
    char text[NUMBER_BYTES_MAX + 1], *end = NULL;
    if (s.n == 0 || s.n > NUMBER_BYTES_MAX)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    if (strspn(text, "0123456789+-.eE") != s.n)
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static void
add_plain(double x, struct buf *out)
{
    char text[400];
    int n = snprintf(text, sizeof(text), "%.15g", x);
    if (strchr(text, 'e') != NULL) { /* tiny: so many zeros that %g gives up */
        n = snprintf(text, sizeof(text), "%.20f", x);
        while (n > 0 && text[n - 1] == '0')
            n--;
        n -= n > 0 && text[n - 1] == '.';
    }
    if (n == 2 && memcmp(text, "-0", 2) == 0)
        buf_addf(out, "0");
    else
        buf_add(out, text, n > 0 ? (size_t)n : 0);
}

static enum row_reason
add_number(double x, struct xlsx_format format, struct buf *out)
{
    size_t from = out->n;
    if (fabs(x) > EXACT_MAX)
        return ROW_DIGITS;
    add_plain(x, out);
    size_t n = out->n - from;
    bool is_whole = true;
    for (size_t i = from; i < out->n; i++)
        is_whole = is_whole && out->p[i] >= '0' && out->p[i] <= '9';
    if (format.look == LOOK_ZEROS && is_whole && n < format.zeros) {
        struct buf digits = BUF_NONE;
        buf_add(&digits, out->p + from, n);
        out->n = from;
        buf_addf(out, "%0*d%s", (int)(format.zeros - n), 0, buf_text(&digits));
        buf_free(&digits);
    }
    return ROW_FINE;
}

/* ---- dates */

static void
add_time(int64_t seconds, struct buf *out)
{
    buf_addf(out, "%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
}

static enum row_reason
add_date(double x, enum xlsx_look look, bool is_1904, struct buf *out)
{
    if (!(x >= 0.0 && x < (double)SERIAL_MAX + 1.0))
        return ROW_DATE;
    int64_t all = llround(x * 86400.0);
    int64_t days = all / 86400 + (is_1904 ? SERIAL_1904 : 0), left = all % 86400;
    if (look == LOOK_TIME) {
        if (all >= 86400)
            return ROW_DATE; /* hours that add up are no time of the day */
        add_time(left, out);
        return ROW_FINE;
    }
    if (!is_1904 && (days == 0 || days == SERIAL_NO_DAY))
        return ROW_DATE;
    if (!is_1904 && days < SERIAL_NO_DAY)
        days++;
    if (days > SERIAL_MAX)
        return ROW_DATE;
    struct date d = date_of(days - SERIAL_1970);
    buf_addf(out, "%04d-%02u-%02u", (int)d.year, d.month, d.day);
    if (look == LOOK_BOTH) {
        buf_addf(out, " ");
        add_time(left, out);
    }
    return ROW_FINE;
}

enum row_reason
xlsx_number(struct slice number, struct xlsx_format format, bool is_1904, struct buf *out)
{
    double x = 0;
    if (!parse_number(number, &x))
        return ROW_TEXT;
    switch (format.look) {
    case LOOK_DATE:
    case LOOK_TIME:
    case LOOK_BOTH:
        return add_date(x, format.look, is_1904, out);
    case LOOK_PLAIN:
    case LOOK_ZEROS:
        break;
    }
    return add_number(x, format, out);
}

enum row_reason
xlsx_iso_date(struct slice text, struct buf *out)
{
    static const char shape[] = "0000-00-00T00:00";
    for (size_t i = 0; i < text.n && i < sizeof(shape) - 1; i++) {
        bool is_digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text.p[i] != (uint8_t)shape[i])
            return ROW_DATE;
    }
    if (text.n != 10 && text.n < sizeof(shape) - 1)
        return ROW_DATE;
    buf_add(out, text.p, 10);
    if (text.n > 10 && memcmp(text.p + 11, "00:00", 5) != 0)
        buf_addf(out, " %.5s", (const char *)text.p + 11);
    return ROW_FINE;
}

/* ---- text */

static bool
take_escape(struct slice s, uint16_t *out)
{
    char hex[5];
    uint8_t two[2];
    if (s.n < 7 || s.p[0] != '_' || s.p[1] != 'x' || s.p[6] != '_')
        return false;
    memcpy(hex, s.p + 2, 4);
    hex[4] = '\0';
    if (!hex_parse(hex, 2, two))
        return false;
    *out = get_u16(two);
    return true;
}

enum row_reason
xlsx_text(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint16_t c = 0;
        if (text.p[i] != '_' || !take_escape(slice_of(text.p + i, text.n - i), &c)) {
            buf_add_u8(out, text.p[i]);
            continue;
        }
        if (c == 0 || (c >= 0xd800 && c < 0xe000))
            return ROW_TEXT;
        if (c < 0x80) {
            buf_add_u8(out, (uint8_t)c);
        } else if (c < 0x800) {
            buf_add_u8(out, (uint8_t)(0xc0 | c >> 6));
            buf_add_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
        } else {
            buf_add_u8(out, (uint8_t)(0xe0 | c >> 12));
            buf_add_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
            buf_add_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
        }
        i += 6;
    }
    return ROW_FINE;
}
