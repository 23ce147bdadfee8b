/* Values to text, and record numbers. */
#include "schema/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schema/date.h"

const char *
label_text(const struct label *label, const char *name, enum text_lang lang)
{
    switch (lang) {
    case TEXT_ZH:
        return label->zh;
    case TEXT_EN:
        return label->en;
    case TEXT_NAME:
        break;
    }
    return name;
}

/* ---- record numbers: unit 4, log 3 and more, year 2, running 4 and more digits */

static bool
take_part(struct slice *s, size_t min, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    size_t n = 0;

    while (n < s->n && n < 10 && s->p[n] >= '0' && s->p[n] <= '9') {
        v = v * 10 + (uint64_t)(s->p[n++] - '0');
    }
    if (n < min || (n > min && s->p[0] == '0') || v > max) {
        return false;
    }
    *out = (uint32_t)v;
    *s = slice_of(s->p + n, s->n - n);
    return true;
}

static bool
take_dash(struct slice *s)
{
    if (s->n == 0 || s->p[0] != '-') {
        return false;
    }
    *s = slice_of(s->p + 1, s->n - 1);
    return true;
}

/* x and four hex digits. */
static bool
take_mark(struct slice *s, uint16_t *out)
{
    char hex[5] = "";
    uint8_t mark[2];

    if (s->n < 5) {
        return false;
    }
    memcpy(hex, s->p + 1, 4);
    if (!hex_parse(hex, sizeof(mark), mark)) {
        return false;
    }
    *out = get_u16(mark);
    *s = slice_of(s->p + 5, s->n - 5);
    return true;
}

bool
number_parse(struct slice text, struct number *out)
{
    struct slice s = text;
    uint32_t year = 0;

    *out = (struct number){.unit = 0};
    if (!take_part(&s, 4, UNIT_MAX, &out->unit) || !take_dash(&s)) {
        return false;
    }
    if (s.n > 0 && (s.p[0] == 'x' || s.p[0] == 'X')) {
        if (!take_mark(&s, &out->mark)) {
            return false;
        }
    } else if (!take_part(&s, 3, UINT32_MAX, &out->log_no) || out->log_no == 0) {
        return false;
    }
    if (!take_dash(&s) || !take_part(&s, 2, 99, &year) || !take_dash(&s) ||
        !take_part(&s, 4, VALUE_RUNNING_MAX, &out->running)) {
        return false;
    }
    out->year = (uint8_t)year;
    return out->running > 0 && s.n == 0;
}

void
number_print(const struct number *n, char out[static NUMBER_TEXT_BYTES])
{
    char log[12];

    if (n->log_no == 0) {
        (void)snprintf(log, sizeof(log), "x%04X", n->mark);
    } else {
        (void)snprintf(log, sizeof(log), "%03" PRIu32, n->log_no);
    }
    (void)snprintf(out, NUMBER_TEXT_BYTES, "%04" PRIu32 "-%s-%02u-%04" PRIu32, n->unit,
                   log, n->year, n->running);
}

/* ---- values */

static void
add_text(struct buf *out, const char *text)
{
    buf_add(out, text, strlen(text));
}

static void
print_date(int64_t days, struct buf *out)
{
    struct date d = date_of(days);

    buf_addf(out, "%04d-%02u-%02u", (int)d.year, d.month, d.day);
}

static void
print_time(int64_t minutes, struct buf *out)
{
    int64_t days = minutes / DAY_MINUTES - (minutes % DAY_MINUTES < 0);
    int64_t left = minutes - days * DAY_MINUTES;

    print_date(days, out);
    buf_addf(out, " %02d:%02d", (int)(left / 60), (int)(left % 60));
}

/* A code that this version does not know is shown as it stands. */
static void
print_choice(const struct field *f, uint16_t code, enum text_lang lang, struct buf *out)
{
    const struct choice *c = choice_by_code(f, code);

    if (c == NULL) {
        buf_addf(out, "%u", code);
    } else {
        add_text(out, label_text(&c->label, c->name, lang));
    }
}

static void
print_choices(const struct field *f, const struct value *v, enum text_lang lang,
              struct buf *out)
{
    static const char *const gap[] = {
        [TEXT_ZH] = "、", [TEXT_EN] = ", ", [TEXT_NAME] = ","};

    for (uint16_t i = 0; i < v->as.codes.n; i++) {
        if (i > 0) {
            add_text(out, gap[lang]);
        }
        print_choice(f, v->as.codes.code[i], lang, out);
    }
}

static void
print_key(const struct record_key *key, const struct text_refs *refs, struct buf *out)
{
    char hex[2 * RECORD_ID_BYTES + 1];

    if (refs != NULL && refs->show != NULL) {
        refs->show(refs->arg, key, out);
        return;
    }
    hex_print(key->id, RECORD_ID_BYTES, hex);
    add_text(out, hex);
}

static void
print_state(const struct type *t, uint16_t code, enum text_lang lang, struct buf *out)
{
    const struct state *s = t == NULL ? NULL : state_by_code(t, code);

    if (s == NULL) {
        buf_addf(out, "%u", code);
    } else {
        add_text(out, label_text(&s->label, s->name, lang));
    }
}

static void
print_number(const struct number *n, struct buf *out)
{
    char text[NUMBER_TEXT_BYTES];

    number_print(n, text);
    add_text(out, text);
}

static void
print_entry(const struct hash *id, struct buf *out)
{
    char hex[2 * HASH_BYTES + 1];

    hex_print(id->b, HASH_BYTES, hex);
    add_text(out, hex);
}

void
text_print(const struct type *t, const struct field *f, struct slice value,
           enum text_lang lang, const struct text_refs *refs, struct buf *out)
{
    static const struct label yes = {"是", "yes"};
    static const struct label no = {"否", "no"};
    struct value v;

    if (!value_decode(f->kind, value, &v) || v.is_nil) {
        return;
    }
    if ((f->kind == VALUE_DATE || f->kind == VALUE_TIME) && !value_check(f, value)) {
        return; /* no year has a number like that */
    }
    switch (f->kind) {
    case VALUE_TEXT:
    case VALUE_PHONE:
    case VALUE_CODE:
        buf_add_slice(out, v.as.text);
        break;
    case VALUE_INT:
        buf_addf(out, "%" PRId64, v.as.num);
        break;
    case VALUE_MONEY:
        buf_addf(out, "%s%" PRId64 ".%02d", v.as.num < 0 ? "-" : "",
                 v.as.num < 0 ? -(v.as.num / 100) : v.as.num / 100,
                 (int)(v.as.num < 0 ? -(v.as.num % 100) : v.as.num % 100));
        break;
    case VALUE_BOOL:
        add_text(out, label_text(v.as.yes ? &yes : &no, v.as.yes ? "yes" : "no", lang));
        break;
    case VALUE_DATE:
        print_date(v.as.num, out);
        break;
    case VALUE_TIME:
        print_time(v.as.num, out);
        break;
    case VALUE_CHOICE:
        print_choice(f, (uint16_t)v.as.num, lang, out);
        break;
    case VALUE_CHOICES:
        print_choices(f, &v, lang, out);
        break;
    case VALUE_RECORD:
        print_key(&v.as.record, refs, out);
        break;
    case VALUE_GONE:
        print_choice(f, v.as.gone.reason, lang, out);
        break;
    case VALUE_NUMBER:
        print_number(&v.as.number, out);
        break;
    case VALUE_STATE:
        print_state(t, v.as.move.to, lang, out);
        break;
    case VALUE_LINK:
        print_choice(f, v.as.link.kind, lang, out);
        add_text(out, " ");
        print_key(&v.as.link.to, refs, out);
        break;
    case VALUE_ENTRY:
        print_entry(&v.as.entry, out);
        break;
    }
}
