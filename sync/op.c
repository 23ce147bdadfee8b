/* Operations of data items (RECORDS.md section 2): decoding, encoding, own versions. */
#include "sync/op.h"

#include <string.h>

#include "sync/entry.h"
#include "sync/pack.h"

#define ID8_BYTES 8
#define CODE_MAX UINT16_MAX /* of fields and types */

int
version_cmp(const struct version *a, const struct version *b)
{
    if (a->log_no != b->log_no) {
        return a->log_no < b->log_no ? -1 : 1;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return memcmp(a->id8, b->id8, sizeof a->id8);
}

int
item_name_cmp(const struct item_name *a, const struct item_name *b)
{
    int order = version_cmp(&a->at, &b->at);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

int
record_key_cmp(const struct record_key *a, const struct record_key *b)
{
    if (a->scope != b->scope) {
        return a->scope < b->scope ? -1 : 1;
    }
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    return memcmp(a->id, b->id, sizeof a->id);
}

static void
version_unpack(struct unpack *u, struct version *out)
{
    out->log_no = (uint32_t)unpack_uint(u, UINT32_MAX);
    out->seq = unpack_uint(u, ENTRY_SEQ_MAX);
    unpack_fixed(u, out->id8, ID8_BYTES);
    u->bad |= out->seq == 0;
}

static void
version_pack(const struct version *v, struct buf *out)
{
    pack_uint(out, v->log_no);
    pack_uint(out, v->seq);
    pack_bin(out, slice_of(v->id8, ID8_BYTES));
}

static void
name_unpack(struct unpack *u, struct item_name *out)
{
    u->bad |= unpack_array(u) != 4;
    version_unpack(u, &out->at);
    out->index = (uint16_t)unpack_uint(u, ENTRY_ITEMS_MAX - 1);
}

static void
name_pack(const struct item_name *name, struct buf *out)
{
    pack_array(out, 4);
    version_pack(&name->at, out);
    pack_uint(out, name->index);
}

static void
subject_unpack(struct unpack *u, struct record_key *out)
{
    u->bad |= unpack_array(u) != 3;
    out->scope = (uint32_t)unpack_uint(u, UINT32_MAX);
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    unpack_fixed(u, out->id, RECORD_ID_BYTES);
    u->bad |= out->scope == 0;
}

static void
subject_pack(const struct record_key *key, struct buf *out)
{
    pack_array(out, 3);
    pack_uint(out, key->scope);
    pack_uint(out, key->unit);
    pack_bin(out, slice_of(key->id, RECORD_ID_BYTES));
}

/* One list of replaced versions, into the pool behind what is there already. */
static void
replaces_unpack(struct unpack *u, struct op *out, struct put_field *f)
{
    uint32_t n = unpack_array(u);
    struct version *v = out->pool + out->pool_n;

    if (n % 3 != 0 || n / 3 > (uint32_t)(OP_VERSIONS_MAX - out->pool_n)) {
        u->bad = true;
        return;
    }
    f->replaces = v;
    f->replaces_n = (uint16_t)(n / 3);
    out->pool_n = (uint16_t)(out->pool_n + f->replaces_n);
    for (uint16_t i = 0; i < f->replaces_n && !u->bad; i++) {
        version_unpack(u, &v[i]);
        u->bad |= i > 0 && version_cmp(&v[i - 1], &v[i]) >= 0;
    }
}

static void
field_unpack(struct unpack *u, struct op *out, uint16_t before)
{
    struct put_field *f = &out->field[out->fields_n++];
    struct unpack value;

    f->code = (uint16_t)unpack_uint(u, CODE_MAX);
    u->bad |= f->code <= before;
    f->value = unpack_raw(u);
    if (f->value.n > TEXT_BYTES_MAX) { /* few are: so their kind is looked at apart */
        value = unpack_of(f->value);
        u->bad |= unpack_kind(&value) == PACK_TEXT &&
                  unpack_text(&value, SIZE_MAX).n > TEXT_BYTES_MAX;
    }
    replaces_unpack(u, out, f);
}

static void
put_unpack(struct unpack *u, uint32_t n, struct op *out)
{
    uint32_t fields_n = n < 4 ? 0 : (n - 4) / 3;
    uint16_t before = 0;

    if (n < 4 || (n - 4) % 3 != 0 || fields_n < 1 || fields_n > PUT_FIELDS_MAX) {
        u->bad = true;
        return;
    }
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    unpack_fixed(u, out->record, RECORD_ID_BYTES);
    out->type = (uint16_t)unpack_uint(u, CODE_MAX);
    u->bad |= out->type == 0;
    out->fields_n = 0;
    out->pool_n = 0;
    while (out->fields_n < fields_n && !u->bad) {
        field_unpack(u, out, before);
        before = out->field[out->fields_n - 1].code;
    }
}

/* What stands behind the code, n elements with it; `bad` when they are not the right
 * number. */
static void
rights_unpack(struct unpack *u, uint32_t n, struct op *out)
{
    static const uint8_t elements[] = {
        [OP_OPEN] = 2,  [OP_ISSUE] = 3,  [OP_GIVE] = 4,   [OP_TAKE] = 3,
        [OP_SPEND] = 4, [OP_RETURN] = 3, [OP_ERASED] = 3,
    };

    u->bad |= n != elements[out->code];
    if (out->code == OP_ERASED) {
        unpack_fixed(u, out->erase.b, HASH_BYTES);
        out->erase_index = (uint16_t)unpack_uint(u, ENTRY_ITEMS_MAX - 1);
        return;
    }
    if (out->code == OP_OPEN) {
        out->has_subject = !unpack_is_nil(u);
        if (out->has_subject) {
            subject_unpack(u, &out->subject);
        } else {
            unpack_skip(u);
        }
        return;
    }
    name_unpack(u, &out->asset);
    if (out->code == OP_ISSUE || out->code == OP_GIVE || out->code == OP_SPEND) {
        out->amount = unpack_uint(u, OP_AMOUNT_MAX);
    }
    if (out->code == OP_GIVE) {
        out->to = (uint32_t)unpack_uint(u, UINT32_MAX);
        u->bad |= out->to == 0;
    }
    if (out->code == OP_SPEND) {
        subject_unpack(u, &out->subject);
    }
    out->is_inherited = out->code == OP_TAKE && unpack_kind(u) == PACK_UINT;
    if (out->is_inherited) {
        out->from = (uint32_t)unpack_uint(u, UINT32_MAX);
        u->bad |= out->from == 0;
    } else if (out->code == OP_TAKE || out->code == OP_RETURN) {
        name_unpack(u, &out->of);
    }
}

enum rc
op_decode(struct slice bytes, struct op *out)
{
    struct unpack u = unpack_of(bytes);
    uint64_t code;
    uint32_t n;

    if (bytes.n > ENTRY_BODY_BYTES_MAX || pack_check(bytes) != RC_OK) {
        return RC_MALFORMED;
    }
    n = unpack_array(&u);
    code = unpack_uint(&u, UINT64_MAX);
    if (u.bad) {
        return RC_MALFORMED;
    }
    if (code < OP_PUT || code > OP_ERASED) {
        return RC_NOTFOUND;
    }
    out->code = (enum op_code)code;
    if (out->code == OP_PUT) {
        put_unpack(&u, n, out);
    } else {
        rights_unpack(&u, n, out);
    }
    return unpack_done(&u) ? RC_OK : RC_MALFORMED;
}

static void
put_pack(const struct op *op, struct buf *out)
{
    pack_array(out, 4 + 3u * op->fields_n);
    pack_uint(out, OP_PUT);
    pack_uint(out, op->unit);
    pack_bin(out, slice_of(op->record, RECORD_ID_BYTES));
    pack_uint(out, op->type);
    for (uint16_t i = 0; i < op->fields_n; i++) {
        const struct put_field *f = &op->field[i];

        pack_uint(out, f->code);
        buf_add_slice(out, f->value);
        pack_array(out, 3u * f->replaces_n);
        for (uint16_t k = 0; k < f->replaces_n; k++) {
            version_pack(&f->replaces[k], out);
        }
    }
}

/* The head of an operation that is not a put, its code, and the asset it is about. */
static void
start_pack(uint32_t n, const struct op *op, struct buf *out)
{
    pack_array(out, n);
    pack_uint(out, op->code);
    if (op->code != OP_OPEN && op->code != OP_ERASED) {
        name_pack(&op->asset, out);
    }
}

void
op_encode(const struct op *op, struct buf *out)
{
    switch (op->code) {
    case OP_PUT:
        put_pack(op, out);
        break;
    case OP_OPEN:
        start_pack(2, op, out);
        if (op->has_subject) {
            subject_pack(&op->subject, out);
        } else {
            pack_nil(out);
        }
        break;
    case OP_ISSUE:
        start_pack(3, op, out);
        pack_uint(out, op->amount);
        break;
    case OP_GIVE:
        start_pack(4, op, out);
        pack_uint(out, op->amount);
        pack_uint(out, op->to);
        break;
    case OP_TAKE:
        start_pack(3, op, out);
        if (op->is_inherited) {
            pack_uint(out, op->from);
        } else {
            name_pack(&op->of, out);
        }
        break;
    case OP_SPEND:
        start_pack(4, op, out);
        pack_uint(out, op->amount);
        subject_pack(&op->subject, out);
        break;
    case OP_RETURN:
        start_pack(3, op, out);
        name_pack(&op->of, out);
        break;
    case OP_ERASED:
        start_pack(3, op, out);
        pack_bin(out, slice_of(op->erase.b, HASH_BYTES));
        pack_uint(out, op->erase_index);
        break;
    }
}

static bool
has_asset(const struct op *op)
{
    return op->code >= OP_ISSUE && op->code <= OP_RETURN;
}

static bool
has_of(const struct op *op)
{
    return op->code == OP_RETURN || (op->code == OP_TAKE && !op->is_inherited);
}

bool
op_own_is_zero(const struct op *op, uint32_t own_log_no)
{
    for (uint16_t i = 0; op->code == OP_PUT && i < op->pool_n; i++) {
        if (op->pool[i].log_no == own_log_no) {
            return false;
        }
    }
    return !(has_asset(op) && op->asset.at.log_no == own_log_no) &&
           !(has_of(op) && op->of.at.log_no == own_log_no);
}

/* Versions in order again after the first ones got a number: nearly sorted, few. */
static void
versions_sort(struct version *v, uint16_t n)
{
    for (uint16_t i = 1; i < n; i++) {
        struct version moving = v[i];
        uint16_t k = i;

        for (; k > 0 && version_cmp(&v[k - 1], &moving) > 0; k--) {
            v[k] = v[k - 1];
        }
        v[k] = moving;
    }
}

static void
own_resolve(struct version *v, uint32_t log_no)
{
    if (v->log_no == 0) {
        v->log_no = log_no;
    }
}

void
op_resolve(struct op *op, uint32_t log_no)
{
    if (has_asset(op)) {
        own_resolve(&op->asset.at, log_no);
    }
    if (has_of(op)) {
        own_resolve(&op->of.at, log_no);
    }
    if (op->code != OP_PUT) {
        return;
    }
    for (uint16_t i = 0; i < op->pool_n; i++) {
        own_resolve(&op->pool[i], log_no);
    }
    for (uint16_t i = 0; i < op->fields_n; i++) {
        const struct put_field *f = &op->field[i];

        versions_sort(op->pool + (f->replaces - op->pool), f->replaces_n);
    }
}
