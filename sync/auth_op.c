/* Reading operations of the authority log (AUTHORITY.md sections 2 and 3). */
#include "sync/auth_op.h"

#include <string.h>

#include "sync/auth_shape.h"
#include "sync/entry.h"
#include "sync/pack.h"

enum role_class
role_class(enum role role)
{
    switch (role) {
    case ROLE_AUDITOR:
        return CLASS_READER;
    case ROLE_HELPER:
    case ROLE_PARTNER:
        return CLASS_MEMBER;
    case ROLE_LEADER:
    case ROLE_GRID:
    case ROLE_AREA:
    case ROLE_CLERK:
    case ROLE_ADMIN:
    case ROLE_SECRETARY:
    case ROLE_PRIVACY:
        return CLASS_KEEPER;
    }
    return CLASS_READER; /* no such role: the least */
}

bool
scopes_has(const struct scopes *s, uint32_t scope)
{
    if (s->n == 1 && s->no[0] == SCOPE_ALL) {
        return true;
    }
    for (uint16_t i = 0; i < s->n && s->no[i] <= scope; i++) {
        if (s->no[i] == scope) {
            return scope != SCOPE_ALL;
        }
    }
    return false;
}

static uint32_t
number_unpack(struct unpack *u) /* of a log, node, post, scope, epoch: never 0 */
{
    uint32_t no = (uint32_t)unpack_uint(u, UINT32_MAX);

    u->bad |= no == 0;
    return no;
}

/* Characters that nobody sees, or that turn the reading direction, have no place in a
 * name that people compare on paper. The bytes are valid UTF-8. */
static bool
is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

bool
auth_name_is_good(struct slice utf8)
{
    for (size_t i = 0; i < utf8.n;) {
        uint8_t lead = utf8.p[i];
        size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? lead : lead & (0x7fu >> n);

        for (size_t k = 1; k < n; k++) {
            c = (c << 6) | (utf8.p[i + k] & 0x3fu);
        }
        if (is_hidden(c)) {
            return false;
        }
        i += n;
    }
    return utf8.n > 0 && utf8.n <= NAME_BYTES_MAX;
}

static struct slice
name_unpack(struct unpack *u)
{
    struct slice s = unpack_text(u, NAME_BYTES_MAX);

    u->bad |= !auth_name_is_good(s);
    return s;
}

/* A request's number is no free text: letters, digits and -/. only. */
static struct slice
request_unpack(struct unpack *u)
{
    struct slice s = unpack_text(u, REQUEST_BYTES_MAX);

    u->bad |= s.n == 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        u->bad |= !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || c == '-' || c == '/' || c == '.');
    }
    return s;
}

static void
scopes_unpack(struct unpack *u, struct scopes *out)
{
    uint32_t n = unpack_array(u);

    if (n > GRANT_SCOPES_MAX) {
        u->bad = true;
        return;
    }
    out->n = (uint16_t)n;
    for (uint32_t i = 0; i < n && !u->bad; i++) {
        out->no[i] = (uint32_t)unpack_uint(u, UINT32_MAX);
        u->bad |= i > 0 && out->no[i] <= out->no[i - 1];
    }
    u->bad |= n > 1 && out->no[0] == SCOPE_ALL;
}

static void
officers_unpack(struct unpack *u, struct officers *out)
{
    uint32_t n = unpack_array(u);

    if (n > OFFICERS_MAX) {
        u->bad = true;
        return;
    }
    out->n = (uint16_t)n;
    for (uint32_t i = 0; i < n && !u->bad; i++) {
        unpack_fixed(u, out->key[i].b, KEY_BYTES);
        u->bad |= i > 0 && key_cmp(&out->key[i - 1], &out->key[i]) >= 0;
    }
    u->bad |= unpack_array(u) != NEED_N;
    for (size_t i = 0; i < NEED_N; i++) {
        out->need[i] = (uint8_t)unpack_uint(u, UINT8_MAX);
    }
}

static void
order_unpack(struct unpack *u, struct order *out)
{
    uint32_t n;

    out->is_there = true;
    u->bad |= unpack_array(u) != 2;
    unpack_fixed(u, out->seen.b, HASH_BYTES);
    n = unpack_array(u);
    if (n % 2 != 0 || n / 2 > OFFICERS_MAX) {
        u->bad = true;
        return;
    }
    out->n = (uint16_t)(n / 2);
    for (uint16_t i = 0; i < out->n && !u->bad; i++) {
        unpack_fixed(u, out->by[i].b, KEY_BYTES);
        unpack_fixed(u, out->sig[i].b, SIG_BYTES);
        u->bad |= i > 0 && key_cmp(&out->by[i - 1], &out->by[i]) >= 0;
    }
}

/* A line's log, seq and id. Only a revocation may say that nothing is good. */
static void
line_unpack(struct unpack *u, bool may_be_none, struct line *out)
{
    out->log_no = number_unpack(u);
    out->seq = unpack_uint(u, ENTRY_SEQ_MAX);
    unpack_fixed(u, out->id.b, HASH_BYTES);
    u->bad |= out->seq == 0 && !(may_be_none && hash_is_zero(&out->id));
    u->bad |= may_be_none && out->seq > 0 && hash_is_zero(&out->id);
    out->heir = 0;
}

/* The next line of a list: of a lost node it is an array of its own with an heir, of a
 * seal three elements of the list. */
static void
list_line_unpack(struct unpack *u, struct line *out)
{
    if (unpack_kind(u) != PACK_ARRAY) {
        line_unpack(u, false, out);
        return;
    }
    u->bad |= unpack_array(u) != 4;
    line_unpack(u, true, out);
    out->heir = (uint32_t)unpack_uint(u, UINT32_MAX);
}

/* The bytes between the front of `from` and what is left of it. */
static struct slice
taken(struct slice from, const struct unpack *u)
{
    return u->bad ? slice_of(NULL, 0) : slice_of(from.p, from.n - u->rest.n);
}

static void
lines_unpack(struct unpack *u, enum auth_code code, struct auth_op *out)
{
    uint32_t n = unpack_array(u);
    uint32_t each = code == AUTH_SEAL ? 3 : 1;
    enum pack_kind kind = code == AUTH_SEAL ? PACK_UINT : PACK_ARRAY;
    struct slice from = u->rest;
    uint32_t before = 0;

    u->bad |= n % each != 0;
    out->lines_n = n / each;
    for (uint32_t i = 0; i < out->lines_n && !u->bad; i++) {
        struct line line;

        u->bad |= unpack_kind(u) != kind;
        list_line_unpack(u, &line);
        u->bad |= line.log_no <= before;
        before = line.log_no;
    }
    out->lines = taken(from, u);
}

static void
erased_unpack(struct unpack *u, struct erased_name *out)
{
    out->log_no = number_unpack(u);
    out->seq = unpack_uint(u, ENTRY_SEQ_MAX);
    out->index = (uint16_t)unpack_uint(u, ENTRY_ITEMS_MAX - 1);
    u->bad |= out->seq == 0;
}

static bool
erased_is_above(const struct erased_name *a, const struct erased_name *b)
{
    if (a->log_no != b->log_no) {
        return a->log_no > b->log_no;
    }
    return a->seq != b->seq ? a->seq > b->seq : a->index > b->index;
}

static void
items_unpack(struct unpack *u, struct auth_op *out)
{
    uint32_t n = unpack_array(u);
    struct slice from = u->rest;
    struct erased_name before = {0, 0, 0};

    u->bad |= n % 3 != 0;
    out->items_n = n / 3;
    for (uint32_t i = 0; i < out->items_n && !u->bad; i++) {
        struct erased_name item;

        erased_unpack(u, &item);
        u->bad |= !erased_is_above(&item, &before);
        before = item;
    }
    out->items = taken(from, u);
}

static void
receiver_unpack(struct unpack *u, uint32_t *node, struct slice *sealed)
{
    *node = number_unpack(u);
    *sealed = unpack_bin(u, SEALED_KEY_BYTES);
    u->bad |= sealed->n != SEALED_KEY_BYTES;
}

static void
receivers_unpack(struct unpack *u, struct auth_op *out)
{
    uint32_t n = unpack_array(u);
    struct slice from = u->rest;
    uint32_t before = 0;

    u->bad |= n % 2 != 0;
    out->receivers_n = n / 2;
    for (uint32_t i = 0; i < out->receivers_n && !u->bad; i++) {
        uint32_t node;
        struct slice sealed;

        receiver_unpack(u, &node, &sealed);
        u->bad |= node <= before;
        before = node;
    }
    out->receivers = taken(from, u);
}

static void
join_unpack(struct unpack *u, struct grant *out)
{
    out->has_join = !unpack_is_nil(u);
    if (!out->has_join) {
        unpack_skip(u);
        return;
    }
    u->bad |= !out->is_invite || unpack_array(u) != 3;
    unpack_fixed(u, out->log.b, KEY_BYTES);
    unpack_fixed(u, out->join_box.b, KEY_BYTES);
    unpack_fixed(u, out->join_sig.b, SIG_BYTES);
}

/* A key, or nil where the other of the two stands. */
static void
key_or_nil_unpack(struct unpack *u, bool is_nil, struct key *out)
{
    u->bad |= unpack_is_nil(u) != is_nil;
    if (is_nil) {
        unpack_skip(u);
    } else {
        unpack_fixed(u, out->b, KEY_BYTES);
    }
}

static void
grant_unpack(struct unpack *u, struct grant *out)
{
    out->log_no = number_unpack(u);
    out->is_invite = unpack_is_nil(u);
    key_or_nil_unpack(u, out->is_invite, &out->log);
    out->node = number_unpack(u);
    unpack_fixed(u, out->person, RECORD_ID_BYTES);
    out->post = number_unpack(u);
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    out->role = (enum role)unpack_uint(u, ROLE_PRIVACY);
    u->bad |= out->role < ROLE_LEADER;
    scopes_unpack(u, &out->scopes);
    out->from = unpack_uint(u, ENTRY_SEQ_MAX);
    u->bad |= out->from == 0;
    key_or_nil_unpack(u, !out->is_invite, &out->once);
    join_unpack(u, out);
}

static void
epoch_unpack(struct unpack *u, struct auth_op *out)
{
    out->scope = number_unpack(u);
    out->epoch = number_unpack(u);
    unpack_fixed(u, out->hash.b, HASH_BYTES);
    receivers_unpack(u, out);
    out->has_previous = !unpack_is_nil(u);
    if (out->has_previous) {
        unpack_fixed(u, out->previous, WRAPPED_KEY_BYTES);
    } else {
        unpack_skip(u);
    }
}

static void
seal_unpack(struct unpack *u, struct auth_op *out)
{
    out->seal_no = unpack_uint(u, INT64_MAX);
    lines_unpack(u, AUTH_SEAL, out);
    out->tree_size = unpack_uint(u, INT64_MAX);
    unpack_fixed(u, out->hash.b, HASH_BYTES);
    u->bad |= out->seal_no == 0;
}

static void
erase_unpack(struct unpack *u, struct auth_op *out)
{
    items_unpack(u, out);
    out->scope = number_unpack(u);
    out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
    unpack_fixed(u, out->record, RECORD_ID_BYTES);
    out->reason = (uint8_t)unpack_uint(u, UINT8_MAX);
    out->request = request_unpack(u);
}

static void
succeed_unpack(struct unpack *u, struct auth_op *out)
{
    out->reign = number_unpack(u);
    out->reign_seq = unpack_uint(u, ENTRY_SEQ_MAX);
    unpack_fixed(u, out->reign_id.b, HASH_BYTES);
    unpack_fixed(u, out->root_sig.b, SIG_BYTES);
    u->bad |= out->reign < 2 || out->reign_seq == 0;
}

/* The short ones, which the hub writes alone. */
static void
said_unpack(struct unpack *u, struct auth_op *out)
{
    if (out->code == AUTH_CREATE) {
        out->name = name_unpack(u);
        unpack_fixed(u, out->root_key.b, KEY_BYTES);
        unpack_fixed(u, out->hub_key.b, KEY_BYTES);
        officers_unpack(u, &out->officers);
    } else if (out->code == AUTH_SCHEMA) {
        out->schema = (uint16_t)unpack_uint(u, UINT16_MAX);
        unpack_fixed(u, out->hash.b, HASH_BYTES);
    } else if (out->code == AUTH_SCOPE) {
        out->scope = number_unpack(u);
        out->scope_kind = (enum scope_kind)unpack_uint(u, SCOPE_DESK);
        u->bad |= out->scope_kind < SCOPE_COMMUNITY;
        out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
        out->name = name_unpack(u);
    } else {
        out->node = number_unpack(u);
        unpack_fixed(u, out->box_key.b, KEY_BYTES);
        out->unit = (uint32_t)unpack_uint(u, UNIT_MAX);
        scopes_unpack(u, &out->scopes);
        unpack_fixed(u, out->ack_key.b, KEY_BYTES);
    }
}

static void
fields_unpack(struct unpack *u, struct auth_op *out)
{
    switch (out->code) {
    case AUTH_CREATE:
    case AUTH_SCHEMA:
    case AUTH_SCOPE:
    case AUTH_NODE:
        said_unpack(u, out);
        break;
    case AUTH_GRANT:
        grant_unpack(u, &out->grant);
        break;
    case AUTH_EPOCH:
        epoch_unpack(u, out);
        break;
    case AUTH_SEAL:
        seal_unpack(u, out);
        break;
    case AUTH_REVOKE:
        line_unpack(u, true, &out->line);
        out->line.heir = (uint32_t)unpack_uint(u, UINT32_MAX);
        out->reason = (uint8_t)unpack_uint(u, UINT8_MAX);
        break;
    case AUTH_LOST:
        out->node = number_unpack(u);
        lines_unpack(u, AUTH_LOST, out);
        break;
    case AUTH_OFFICERS:
        officers_unpack(u, &out->officers);
        break;
    case AUTH_ERASE:
        erase_unpack(u, out);
        break;
    case AUTH_SUCCEED:
        succeed_unpack(u, out);
        break;
    }
}

enum rc
auth_op_decode(struct slice bytes, struct auth_op *out)
{
    struct unpack u = unpack_of(bytes);
    uint64_t code;
    uint32_t n;
    uint32_t whole_n;

    if (bytes.n > ENTRY_BODY_BYTES_MAX || pack_check(bytes) != RC_OK) {
        return RC_MALFORMED;
    }
    n = unpack_array(&u);
    code = unpack_uint(&u, UINT64_MAX);
    if (u.bad) {
        return RC_MALFORMED;
    }
    if (code < AUTH_CREATE || code > AUTH_SUCCEED) {
        return RC_NOTFOUND;
    }
    memset(out, 0, sizeof *out);
    out->bytes = bytes;
    out->code = (enum auth_code)code;
    whole_n = (uint32_t)shapes[code].signed_n + shapes[code].behind_n;
    if (n != whole_n && !(out->code == AUTH_OFFICERS && n + 1 == whole_n)) {
        return RC_MALFORMED;
    }
    fields_unpack(&u, out);
    if (n > shapes[code].signed_n) {
        order_unpack(&u, &out->order);
    }
    return unpack_done(&u) ? RC_OK : RC_MALFORMED;
}

bool
auth_line(struct slice *lines, struct line *out)
{
    struct unpack u = unpack_of(*lines);

    if (lines->n == 0) {
        return false;
    }
    list_line_unpack(&u, out);
    *lines = u.rest;
    return !u.bad;
}

bool
auth_erased(struct slice *items, struct erased_name *out)
{
    struct unpack u = unpack_of(*items);

    if (items->n == 0) {
        return false;
    }
    erased_unpack(&u, out);
    *items = u.rest;
    return !u.bad;
}

bool
auth_receiver(struct slice *receivers, uint32_t *node, struct slice *sealed)
{
    struct unpack u = unpack_of(*receivers);

    if (receivers->n == 0) {
        return false;
    }
    receiver_unpack(&u, node, sealed);
    *receivers = u.rest;
    return !u.bad;
}
