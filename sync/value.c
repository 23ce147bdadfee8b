/* Field values, kind by kind (schema/TYPES.md section 2). */
#include "sync/value.h"

#include <string.h>

#include "sync/pack.h"

#define PHONE_DIGITS_MIN 5
#define PHONE_DIGITS_MAX 20
#define YEAR_MAX 99

static void
decode_codes(struct unpack *u, struct value *out)
{
    uint32_t n = unpack_array(u);

    if (n == 0 || n > VALUE_CHOICES_MAX) {
        u->bad = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint16_t code = (uint16_t)unpack_uint(u, UINT16_MAX);

        if (i > 0 && code <= out->as.codes.code[i - 1]) {
            u->bad = true;
        }
        out->as.codes.code[i] = code;
    }
    out->as.codes.n = (uint16_t)n;
}

static void
decode_key(struct unpack *u, struct record_key *out)
{
    out->scope = (uint32_t)unpack_uint(u, UINT32_MAX);
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    unpack_fixed(u, out->id, RECORD_ID_BYTES);
    if (out->scope == 0) {
        u->bad = true;
    }
}

static void
expect_array(struct unpack *u, uint32_t n)
{
    if (unpack_array(u) != n) {
        u->bad = true;
    }
}

static void
decode_gone(struct unpack *u, struct gone *out)
{
    expect_array(u, 2);
    out->reason = (uint16_t)unpack_uint(u, GONE_OTHER);
    if (out->reason == 0) {
        u->bad = true;
    }
    if (unpack_is_nil(u)) {
        unpack_skip(u);
        return;
    }
    out->has_batch = true;
    unpack_fixed(u, out->batch, RECORD_ID_BYTES);
}

static void
decode_number(struct unpack *u, struct number *out)
{
    expect_array(u, 4);
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    if (unpack_kind(u) == PACK_BIN) {
        uint8_t mark[2];

        unpack_fixed(u, mark, sizeof(mark));
        out->mark = get_u16(mark);
    } else {
        out->log_no = (uint32_t)unpack_uint(u, UINT32_MAX);
        u->bad |= out->log_no == 0;
    }
    out->year = (uint8_t)unpack_uint(u, YEAR_MAX);
    out->running = (uint32_t)unpack_uint(u, VALUE_RUNNING_MAX);
    u->bad |= out->running == 0;
}

static void
decode_move(struct unpack *u, struct state_move *out)
{
    uint32_t n = unpack_array(u);

    if (n != 2 && n != 3) {
        u->bad = true;
        return;
    }
    out->from = (uint16_t)unpack_uint(u, UINT16_MAX);
    out->to = (uint16_t)unpack_uint(u, UINT16_MAX);
    u->bad |= out->to == 0;
    if (n == 3) {
        out->why = unpack_text(u, VALUE_WHY_BYTES_MAX);
        u->bad |= out->why.n == 0 || !value_text_is_clean(out->why, true);
    }
}

static void
decode_link(struct unpack *u, struct link *out)
{
    expect_array(u, 4);
    out->kind = (uint16_t)unpack_uint(u, LINK_RAISED_BY);
    u->bad |= out->kind == 0;
    decode_key(u, &out->to);
}

static void
decode_text(struct unpack *u, struct value *out)
{
    out->as.text = unpack_text(u, TEXT_BYTES_MAX);
    u->bad |= out->as.text.n == 0;
}

bool
value_decode(enum value_kind kind, struct slice bytes, struct value *out)
{
    struct unpack u = unpack_of(bytes);

    memset(out, 0, sizeof(*out));
    out->kind = kind;
    if (unpack_is_nil(&u)) {
        out->is_nil = true;
        unpack_skip(&u);
        return unpack_done(&u);
    }
    switch (kind) {
    case VALUE_TEXT:
    case VALUE_PHONE:
    case VALUE_CODE:
        decode_text(&u, out);
        break;
    case VALUE_INT:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_MONEY:
        out->as.num = unpack_int(&u);
        break;
    case VALUE_CHOICE:
        out->as.num = (int64_t)unpack_uint(&u, UINT16_MAX);
        break;
    case VALUE_BOOL:
        out->as.yes = unpack_bool(&u);
        break;
    case VALUE_CHOICES:
        decode_codes(&u, out);
        break;
    case VALUE_RECORD:
        expect_array(&u, 3);
        decode_key(&u, &out->as.record);
        break;
    case VALUE_GONE:
        decode_gone(&u, &out->as.gone);
        break;
    case VALUE_NUMBER:
        decode_number(&u, &out->as.number);
        break;
    case VALUE_STATE:
        decode_move(&u, &out->as.move);
        break;
    case VALUE_LINK:
        decode_link(&u, &out->as.link);
        break;
    case VALUE_ENTRY:
        unpack_fixed(&u, out->as.entry.b, HASH_BYTES);
        break;
    }
    return unpack_done(&u);
}

static void
encode_key(const struct record_key *k, struct buf *out)
{
    pack_uint(out, k->scope);
    pack_uint(out, k->unit);
    pack_bin(out, slice_of(k->id, RECORD_ID_BYTES));
}

static void
encode_gone(const struct gone *g, struct buf *out)
{
    pack_array(out, 2);
    pack_uint(out, g->reason);
    if (g->has_batch) {
        pack_bin(out, slice_of(g->batch, RECORD_ID_BYTES));
    } else {
        pack_nil(out);
    }
}

static void
encode_number(const struct number *n, struct buf *out)
{
    uint8_t mark[2];

    pack_array(out, 4);
    pack_uint(out, n->unit);
    if (n->log_no != 0) {
        pack_uint(out, n->log_no);
    } else {
        put_u16(mark, n->mark);
        pack_bin(out, slice_of(mark, sizeof(mark)));
    }
    pack_uint(out, n->year);
    pack_uint(out, n->running);
}

static void
encode_move(const struct state_move *m, struct buf *out)
{
    pack_array(out, m->why.n == 0 ? 2 : 3);
    pack_uint(out, m->from);
    pack_uint(out, m->to);
    if (m->why.n > 0) {
        pack_text(out, m->why);
    }
}

void
value_encode(const struct value *v, struct buf *out)
{
    if (v->is_nil) {
        pack_nil(out);
        return;
    }
    switch (v->kind) {
    case VALUE_TEXT:
    case VALUE_PHONE:
    case VALUE_CODE:
        pack_text(out, v->as.text);
        break;
    case VALUE_INT:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_MONEY:
    case VALUE_CHOICE:
        pack_int(out, v->as.num);
        break;
    case VALUE_BOOL:
        pack_bool(out, v->as.yes);
        break;
    case VALUE_CHOICES:
        pack_array(out, v->as.codes.n);
        for (uint16_t i = 0; i < v->as.codes.n; i++) {
            pack_uint(out, v->as.codes.code[i]);
        }
        break;
    case VALUE_RECORD:
        pack_array(out, 3);
        encode_key(&v->as.record, out);
        break;
    case VALUE_GONE:
        encode_gone(&v->as.gone, out);
        break;
    case VALUE_NUMBER:
        encode_number(&v->as.number, out);
        break;
    case VALUE_STATE:
        encode_move(&v->as.move, out);
        break;
    case VALUE_LINK:
        pack_array(out, 4);
        pack_uint(out, v->as.link.kind);
        encode_key(&v->as.link.to, out);
        break;
    case VALUE_ENTRY:
        pack_bin(out, slice_of(v->as.entry.b, HASH_BYTES));
        break;
    }
}

size_t
value_chars(struct slice utf8)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.n; i++) {
        n += (utf8.p[i] & 0xc0) != 0x80;
    }
    return n;
}

/* The character that begins at p with a byte above 0x7f, of the few that are refused. */
static bool
is_refused(const uint8_t *p, size_t n)
{
    if (n >= 2 && p[0] == 0xc2 && p[1] < 0xa0) {
        return true; /* U+0080 to U+009F: control characters */
    }
    if (n < 3) {
        return false;
    }
    if (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
        return true; /* U+FEFF: byte order mark */
    }
    if (p[0] == 0xe2 && p[1] == 0x80) {
        return p[2] >= 0xa8 && p[2] <= 0xae; /* U+2028 to U+202E: separators, bidi */
    }
    return p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9; /* U+2066-2069 */
}

bool
value_text_is_clean(struct slice utf8, bool lines)
{
    for (size_t i = 0; i < utf8.n; i++) {
        uint8_t c = utf8.p[i];

        if (c >= 0x20 && c < 0x7f) {
            continue;
        }
        if (c < 0x20 || c == 0x7f) {
            if (!lines || (c != '\n' && c != '\t')) {
                return false;
            }
        } else if (is_refused(utf8.p + i, utf8.n - i)) {
            return false;
        }
    }
    return true;
}

bool
value_phone_is_clean(struct slice s)
{
    size_t digits = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool is_gap = s.p[i] == '-' || s.p[i] == ' ';

        if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits++;
        } else if (s.p[i] == '+' ? i != 0 : !is_gap || digits == 0) {
            return false;
        } else if (is_gap && (i + 1 == s.n || s.p[i + 1] == '-' || s.p[i + 1] == ' ')) {
            return false;
        }
    }
    return digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX;
}
