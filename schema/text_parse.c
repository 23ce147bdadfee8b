/* Text to values. What a keyboard of the neighbourhood produces is taken: full-width
 * digits and signs, 2026年11月24日, 是, several separators. */
#include "schema/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "schema/date.h"

#define DIGITS_MAX 15 /* of a number: far inside int64 */

static enum rc
refuse(struct fault *why, enum fault_code code, const struct field *f, const char *want)
{
    fault_set(why, RC_INVALID, code, "%s", f->name);
    if (want != NULL) {
        fault_want(why, "%s", want);
    }
    return RC_INVALID;
}

static enum rc
refuse_range(struct fault *why, enum fault_code code, const struct field *f, int64_t min,
             int64_t max)
{
    char want[48];

    (void)snprintf(want, sizeof(want), "%lld..%lld", (long long)min, (long long)max);
    return refuse(why, code, f, want);
}

/* ---- bytes */

/* Bytes of the blank at the front of s: ASCII ones and U+3000. */
static size_t
blank_at(struct slice s)
{
    if (s.n > 0 && memchr(" \t\n\r", s.p[0], 4) != NULL) {
        return 1;
    }
    return s.n >= 3 && memcmp(s.p, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

static struct slice
trim(struct slice s)
{
    size_t n;

    while ((n = blank_at(s)) > 0) {
        s = slice_of(s.p + n, s.n - n);
    }
    for (;;) {
        if (s.n > 0 && blank_at(slice_of(s.p + s.n - 1, 1)) == 1) {
            s.n--;
        } else if (s.n >= 3 && blank_at(slice_of(s.p + s.n - 3, 3)) == 3) {
            s.n -= 3;
        } else {
            return s;
        }
    }
}

/* Appends s with U+FF01 to U+FF5E as their ASCII originals and U+3000 as a space. */
static void
add_narrow(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (i + 2 < s.n && s.p[i] == 0xef && (s.p[i + 1] == 0xbc || s.p[i + 1] == 0xbd)) {
            unsigned c = (s.p[i + 1] & 1u) * 64 + (s.p[i + 2] & 63u) + 0x20;

            if (c > 0x20 && c < 0x7f) {
                buf_add_u8(out, (uint8_t)c);
                i += 2;
                continue;
            }
        }
        if (blank_at(slice_of(s.p + i, s.n - i)) == 3) {
            buf_add_u8(out, ' ');
            i += 2;
        } else {
            buf_add_u8(out, s.p[i]);
        }
    }
}

/* Takes `word` off the front. */
static bool
take(struct slice *s, const char *word)
{
    size_t n = strlen(word);

    if (s->n < n || memcmp(s->p, word, n) != 0) {
        return false;
    }
    *s = slice_of(s->p + n, s->n - n);
    return true;
}

/* Takes min to max digits off the front. */
static bool
take_digits(struct slice *s, size_t min, size_t max, int64_t *out)
{
    size_t n = 0;

    *out = 0;
    while (n < s->n && n < max && s->p[n] >= '0' && s->p[n] <= '9') {
        *out = *out * 10 + (s->p[n++] - '0');
    }
    *s = slice_of(s->p + n, s->n - n);
    return n >= min;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool
is_word(struct slice s, const char *word)
{
    size_t n = strlen(word);

    if (s.n != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(s.p[i]) != lower((uint8_t)word[i])) {
            return false;
        }
    }
    return true;
}

/* ---- kinds */

static enum rc
parse_text(const struct field *f, struct slice s, struct value *v, struct buf *kept,
           struct fault *why)
{
    size_t chars;

    for (size_t i = 0; i < s.n; i++) { /* one kind of newline */
        if (s.p[i] != '\r') {
            buf_add_u8(kept, s.p[i]);
        } else if (i + 1 == s.n || s.p[i + 1] != '\n') {
            buf_add_u8(kept, '\n');
        }
    }
    v->as.text = buf_slice(kept);
    if (!value_text_is_clean(v->as.text, f->is_long)) {
        return refuse(why, FAULT_BAD_TEXT, f, NULL);
    }
    chars = value_chars(v->as.text);
    if ((int64_t)chars < f->min || (int64_t)chars > f->max) {
        return refuse_range(why, FAULT_BAD_LENGTH, f, f->min, f->max);
    }
    return RC_OK;
}

static enum rc
parse_int(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    bool is_minus = take(&s, "-");

    if (!is_minus) {
        (void)take(&s, "+");
    }
    if (!take_digits(&s, 1, DIGITS_MAX, &v->as.num) || s.n > 0) {
        return refuse_range(why, FAULT_BAD_INT, f, f->min, f->max);
    }
    v->as.num = is_minus ? -v->as.num : v->as.num;
    return v->as.num < f->min || v->as.num > f->max
               ? refuse_range(why, FAULT_BAD_RANGE, f, f->min, f->max)
               : RC_OK;
}

/* 12, 12.5, 12.50, ¥12.50, 12.50元 */
static enum rc
parse_money(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    int64_t yuan = 0;
    int64_t fen = 0;
    bool is_good;

    (void)(take(&s, "¥") || take(&s, "￥"));
    is_good = take_digits(&s, 1, DIGITS_MAX - 2, &yuan);
    if (is_good && take(&s, ".")) {
        size_t before = s.n;

        is_good = take_digits(&s, 1, 2, &fen);
        fen = before - s.n == 1 ? fen * 10 : fen;
    }
    (void)take(&s, "元");
    if (!is_good || s.n > 0) {
        return refuse(why, FAULT_BAD_MONEY, f, "12.50");
    }
    v->as.num = yuan * 100 + fen;
    return v->as.num < f->min || v->as.num > f->max
               ? refuse_range(why, FAULT_BAD_RANGE, f, f->min / 100, f->max / 100)
               : RC_OK;
}

static enum rc
parse_bool(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    static const char *const yes[] = {"yes", "true", "1", "y", "是", NULL};
    static const char *const no[] = {"no", "false", "0", "n", "否", NULL};

    for (size_t i = 0; yes[i] != NULL; i++) {
        if (is_word(s, yes[i]) || is_word(s, no[i])) {
            v->as.yes = is_word(s, yes[i]);
            return RC_OK;
        }
    }
    return refuse(why, FAULT_BAD_BOOL, f, "yes, no, 是, 否");
}

/* 2026-11-24, 2026/11/24, 2026.11.24, 20261124, 2026年11月24日 off the front. */
static bool
take_date(struct slice *s, int64_t *days)
{
    static const char *const marks[][3] = {
        {"-", "-", ""}, {"/", "/", ""}, {".", ".", ""}, {"年", "月", "日"}, {"", "", ""}};
    int64_t year;
    int64_t month;
    int64_t day;
    size_t i = 0;
    struct date d;

    if (!take_digits(s, 4, 4, &year)) {
        return false;
    }
    while (!take(s, marks[i][0])) { /* the last one always fits */
        i++;
    }
    if (!take_digits(s, *marks[i][0] == '\0' ? 2 : 1, 2, &month) ||
        !take(s, marks[i][1]) || !take_digits(s, *marks[i][0] == '\0' ? 2 : 1, 2, &day) ||
        !take(s, marks[i][2])) {
        return false;
    }
    d = (struct date){(int32_t)year, (uint8_t)month, (uint8_t)day};
    if (!date_is_real(&d)) {
        return false;
    }
    *days = date_days(&d);
    return *days >= VALUE_DAY_MIN && *days <= VALUE_DAY_MAX;
}

static enum rc
parse_date(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    return take_date(&s, &v->as.num) && s.n == 0
               ? RC_OK
               : refuse(why, FAULT_BAD_DATE, f, "2026-11-24, 2026年11月24日");
}

static enum rc
parse_time(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    int64_t days = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    bool is_good = take_date(&s, &days) && (take(&s, "T") || blank_at(s) > 0);

    s = trim(s);
    is_good = is_good && take_digits(&s, 1, 2, &hour) && take(&s, ":") &&
              take_digits(&s, 2, 2, &minute);
    if (!is_good || s.n > 0 || hour > 23 || minute > 59) {
        return refuse(why, FAULT_BAD_TIME, f, "2026-11-24 08:30");
    }
    v->as.num = days * DAY_MINUTES + hour * 60 + minute;
    return RC_OK;
}

const struct choice *
choice_find(const struct field *f, struct slice text)
{
    struct slice rest = text;
    int64_t code;

    for (size_t i = 0; i < f->choices_n; i++) {
        const struct choice *c = &f->choice[i];

        if (is_word(text, c->name) || is_word(text, c->label.zh) ||
            is_word(text, c->label.en)) {
            return c;
        }
    }
    if (take_digits(&rest, 1, 5, &code) && rest.n == 0 && code <= UINT16_MAX) {
        return choice_by_code(f, (uint16_t)code);
    }
    return NULL;
}

static enum rc
refuse_choice(struct fault *why, const struct field *f)
{
    char want[FAULT_WHAT_BYTES] = "";
    size_t at = 0;

    for (size_t i = 0; i < f->choices_n && at < sizeof(want); i++) {
        int n = snprintf(want + at, sizeof(want) - at, "%s%s", i == 0 ? "" : ", ",
                         f->choice[i].name);

        at += n > 0 ? (size_t)n : 0;
    }
    return refuse(why, FAULT_BAD_CHOICE, f, want);
}

static enum rc
parse_choice(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    const struct choice *c = choice_find(f, s);

    if (c == NULL) {
        return refuse_choice(why, f);
    }
    v->as.num = c->code;
    return RC_OK;
}

/* Bytes of the separator at the front of s. */
static size_t
separator_at(struct slice s)
{
    if (s.n > 0 && (s.p[0] == ',' || s.p[0] == ';')) {
        return 1;
    }
    return s.n >= 3 && memcmp(s.p, "、", 3) == 0 ? 3 : 0;
}

/* Keeps the codes ascending; one that is there already is fine. */
static void
add_code(struct value *v, uint16_t code)
{
    size_t at = v->as.codes.n;

    for (size_t i = 0; i < v->as.codes.n; i++) {
        if (v->as.codes.code[i] == code) {
            return;
        }
    }
    assert(at < VALUE_CHOICES_MAX); /* no type has more choices */
    for (; at > 0 && v->as.codes.code[at - 1] > code; at--) {
        v->as.codes.code[at] = v->as.codes.code[at - 1];
    }
    v->as.codes.code[at] = code;
    v->as.codes.n++;
}

static enum rc
parse_choices(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    size_t from = 0;

    for (size_t i = 0; i <= s.n; i++) {
        size_t gap = i < s.n ? separator_at(slice_of(s.p + i, s.n - i)) : 1;
        struct slice one;
        const struct choice *c;

        if (gap == 0) {
            continue;
        }
        one = trim(slice_of(s.p + from, i - from));
        c = choice_find(f, one);
        if (c == NULL && one.n > 0) {
            return refuse_choice(why, f);
        }
        if (c != NULL) {
            add_code(v, c->code);
        }
        from = i + gap;
        i = from - 1;
    }
    return v->as.codes.n == 0 ? refuse_choice(why, f) : RC_OK;
}

static enum rc
parse_phone(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    v->as.text = s;
    return value_phone_is_clean(s) ? RC_OK
                                   : refuse(why, FAULT_BAD_PHONE, f, "0-9 + - 5..20");
}

static enum rc
parse_code(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    struct slice rest = s;

    v->as.text = s;
    for (int64_t digit; take_digits(&rest, 1, 1, &digit);) {
    }
    if (rest.n > 0 || (int64_t)s.n < f->min || (int64_t)s.n > f->max) {
        return refuse_range(why, FAULT_BAD_CODE, f, f->min, f->max);
    }
    return RC_OK;
}

static enum rc
parse_record(const struct field *f, struct slice s, const struct text_refs *refs,
             struct value *v, struct fault *why)
{
    char id[80];
    enum rc rc;

    if (refs == NULL || refs->find == NULL || s.n >= sizeof(id) ||
        memchr(s.p, 0, s.n) != NULL) {
        return refuse(why, FAULT_BAD_RECORD, f, f->of_type);
    }
    memcpy(id, s.p, s.n);
    id[s.n] = '\0';
    rc = refs->find(refs->arg, f->of_type, id, &v->as.record, why);
    return rc;
}

static enum rc
parse_entry(const struct field *f, struct slice s, struct value *v, struct fault *why)
{
    char hex[2 * HASH_BYTES + 1];

    if (s.n != sizeof(hex) - 1 || memchr(s.p, 0, s.n) != NULL) {
        return refuse(why, FAULT_BAD_ENTRY, f, NULL);
    }
    memcpy(hex, s.p, s.n);
    hex[s.n] = '\0';
    return hex_parse(hex, HASH_BYTES, v->as.entry.b)
               ? RC_OK
               : refuse(why, FAULT_BAD_ENTRY, f, NULL);
}

static enum rc
parse_kind(const struct field *f, struct slice s, const struct text_refs *refs,
           struct value *v, struct fault *why)
{
    switch (f->kind) {
    case VALUE_INT:
        return parse_int(f, s, v, why);
    case VALUE_MONEY:
        return parse_money(f, s, v, why);
    case VALUE_BOOL:
        return parse_bool(f, s, v, why);
    case VALUE_DATE:
        return parse_date(f, s, v, why);
    case VALUE_TIME:
        return parse_time(f, s, v, why);
    case VALUE_CHOICE:
        return parse_choice(f, s, v, why);
    case VALUE_CHOICES:
        return parse_choices(f, s, v, why);
    case VALUE_PHONE:
        return parse_phone(f, s, v, why);
    case VALUE_CODE:
        return parse_code(f, s, v, why);
    case VALUE_RECORD:
        return parse_record(f, s, refs, v, why);
    case VALUE_NUMBER:
        return number_parse(s, &v->as.number)
                   ? RC_OK
                   : refuse(why, FAULT_BAD_NUMBER, f, "0302-017-26-0047");
    case VALUE_ENTRY:
        return parse_entry(f, s, v, why);
    case VALUE_TEXT: /* has been dealt with */
    case VALUE_GONE:
    case VALUE_STATE:
    case VALUE_LINK:
        break;
    }
    return refuse(why, FAULT_NOT_SETTABLE, f, NULL);
}

enum rc
text_parse(const struct field *f, struct slice text, const struct text_refs *refs,
           struct buf *out, struct fault *why)
{
    struct value v = {.kind = f->kind};
    struct slice s = trim(text);
    struct buf kept = BUF_NONE;
    enum rc rc = RC_OK;

    if (s.n > TEXT_BYTES_MAX) {
        return refuse(why, FAULT_BAD_LENGTH, f, NULL);
    }
    if (memchr(s.n > 0 ? s.p : (const uint8_t *)"", 0, s.n) != NULL ||
        !utf8_is_valid(s)) {
        return refuse(why, FAULT_BAD_TEXT, f, NULL);
    }
    if (f->kind == VALUE_GONE || f->kind == VALUE_STATE || f->kind == VALUE_LINK) {
        return refuse(why, FAULT_NOT_SETTABLE, f, NULL);
    }
    if (s.n == 0 && f->is_required) {
        return refuse(why, FAULT_MISSING_FIELD, f, NULL);
    }
    if (s.n == 0) {
        v.is_nil = true;
    } else if (f->kind == VALUE_TEXT) {
        rc = parse_text(f, s, &v, &kept, why);
    } else {
        add_narrow(&kept, s);
        rc = parse_kind(f, trim(buf_slice(&kept)), refs, &v, why);
    }
    if (rc == RC_OK) {
        size_t from = out->n;

        value_encode(&v, out);
        /* What a person may write, every other node accepts. */
        assert(value_check(f, slice_of(out->p + from, out->n - from)));
    }
    buf_free(&kept);
    return rc;
}
