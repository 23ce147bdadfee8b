/* Keys of scopes, and which scope is whose. */
#include "schema/ledger_in.h"

#include <string.h>

#include "schema/local.h"
#include "schema/project.h"

/* ---- keys */

/* The first place whose (scope, epoch) is not below this one. */
static size_t
place(const struct ledger *l, uint32_t scope, uint32_t epoch)
{
    size_t low = 0;
    size_t high = l->ring_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct ring_key *k = &l->ring[mid];
        if (k->scope < scope || (k->scope == scope && k->epoch < epoch))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool
is_at(const struct ledger *l, size_t at, uint32_t scope, uint32_t epoch)
{
    return at < l->ring_n && l->ring[at].scope == scope && l->ring[at].epoch == epoch;
}

/* In memory only; false: it is there already. */
static bool
insert(struct ledger *l, uint32_t scope, uint32_t epoch, const struct key *key)
{
    size_t at = place(l, scope, epoch);
    if (is_at(l, at, scope, epoch))
        return false;
    if (l->ring_n == l->ring_cap) {
        size_t cap = l->ring_cap * 2 + 32;
        struct ring_key *more = mem_new(cap * sizeof(*more));
        if (l->ring_n > 0)
            memcpy(more, l->ring, l->ring_n * sizeof(*more));
        if (l->ring != NULL)
            mem_wipe(l->ring, l->ring_cap * sizeof(*more));
        mem_free(l->ring);
        l->ring = more;
        l->ring_cap = cap;
    }
    memmove(&l->ring[at + 1], &l->ring[at], (l->ring_n - at) * sizeof(*l->ring));
    l->ring[at] = (struct ring_key){.scope = scope, .epoch = epoch, .key = *key};
    l->ring_n++;
    return true;
}

static void
load_one(void *arg, uint32_t scope, uint32_t epoch, const struct key *key)
{
    (void)insert(arg, scope, epoch, key);
}

enum rc
ledger_load_keys(struct ledger *l)
{
    l->ring_n = 0;
    return local_keys(l->db, load_one, l);
}

enum rc
ledger_hold_key(struct ledger *l, uint32_t scope, uint32_t epoch, const struct key *key,
                bool *fresh)
{
    *fresh = insert(l, scope, epoch, key);
    return *fresh ? local_put_key(l->db, scope, epoch, key) : RC_OK;
}

enum rc
ledger_put_key(struct ledger *l, uint32_t scope, uint32_t epoch, const struct key *key)
{
    bool fresh = false;
    enum rc rc = ledger_hold_key(l, scope, epoch, key, &fresh);
    return rc == RC_OK && fresh ? project_scope(l, scope) : rc;
}

const struct key *
ledger_scope_key(const struct ledger *l, uint32_t scope, uint32_t epoch)
{
    size_t at = place(l, scope, epoch);
    return is_at(l, at, scope, epoch) ? &l->ring[at].key : NULL;
}

bool
ledger_can_read(const struct ledger *l, uint32_t scope)
{
    size_t at = place(l, scope, 0);
    return at < l->ring_n && l->ring[at].scope == scope;
}

const struct key *
ledger_newest_key(const struct ledger *l, uint32_t scope, uint32_t *epoch)
{
    const struct authority *a = replica_authority(l->replica);
    const struct scope_info *s = a != NULL ? authority_scope(a, scope) : NULL;
    if (s != NULL && s->epoch > 0) {
        *epoch = s->epoch;
        return ledger_scope_key(l, scope, s->epoch);
    }
    /* Under an invite: the newest of those that came with it. */
    size_t at = place(l, scope, UINT32_MAX);
    if (at == 0 || l->ring[at - 1].scope != scope)
        return NULL;
    *epoch = l->ring[at - 1].epoch;
    return &l->ring[at - 1].key;
}

/* ---- scopes */

static void
hint_add(struct ledger *l, const struct auth_op *op)
{
    size_t at = 0;
    while (at < l->hints_n && l->hint[at].no < op->scope)
        at++;
    if (at < l->hints_n && l->hint[at].no == op->scope)
        return;
    l->hint = mem_grow(l->hint, (l->hints_n + 1) * sizeof(*l->hint));
    memmove(&l->hint[at + 1], &l->hint[at], (l->hints_n - at) * sizeof(*l->hint));
    l->hint[at] =
        (struct hint_scope){.no = op->scope, .unit = op->unit, .kind = op->scope_kind};
    l->hints_n++;
}

/* Hints name scopes and nothing else, so a forged one misplaces our own items and harms
 * nobody: when the authority log comes, they are judged by that. */
void
ledger_hint(struct ledger *l, struct slice hints)
{
    struct reader r = reader_of(hints);
    struct auth_op *op = mem_new(sizeof(*op));
    while (r.n > 0 && !r.bad) {
        uint32_t n = read_u32(&r);
        struct slice bytes = read_slice(&r, n);
        struct entry e;
        if (r.bad || entry_decode(bytes, &e) != RC_OK || e.kind != ENTRY_AUTHORITY)
            continue;
        struct hash id = entry_id(bytes);
        memcpy(l->hint_mark, id.b, sizeof(l->hint_mark));
        struct entry_items it = entry_items(&e);
        struct entry_item item;
        while (entry_items_next(&it, &item))
            if (!item.is_erased && item.bytes.n > ITEM_HEAD_BYTES &&
                auth_op_decode(slice_of(item.bytes.p + ITEM_HEAD_BYTES,
                                        item.bytes.n - ITEM_HEAD_BYTES),
                               op) == RC_OK &&
                op->code == AUTH_SCOPE)
                hint_add(l, op);
    }
    mem_free(op);
}

static void
scope_copy(const struct scope_info *s, struct hint_scope *out)
{
    *out = (struct hint_scope){.no = s->no, .unit = s->unit, .kind = s->kind};
}

bool
ledger_scope(const struct ledger *l, uint32_t no, struct hint_scope *out)
{
    const struct authority *a = replica_authority(l->replica);
    const struct scope_info *s = a != NULL ? authority_scope(a, no) : NULL;
    if (s != NULL) {
        scope_copy(s, out);
        return true;
    }
    for (size_t i = 0; i < l->hints_n; i++) {
        if (l->hint[i].no == no) {
            *out = l->hint[i];
            return true;
        }
    }
    return false;
}

/* The scope of that unit with the lowest number among counted ones, else hinted ones. */
static bool
scope_with(const struct ledger *l, uint32_t unit, bool care, struct hint_scope *out)
{
    const struct authority *a = replica_authority(l->replica);
    for (size_t i = 0; a != NULL && i < authority_scopes_n(a); i++) {
        const struct scope_info *s = authority_scope_at(a, i);
        if (s->unit == unit && s->kind != SCOPE_COMMUNITY &&
            (s->kind == SCOPE_GROUP_CARE) == care) {
            scope_copy(s, out);
            return true;
        }
    }
    for (size_t i = 0; i < l->hints_n; i++) {
        const struct hint_scope *s = &l->hint[i];
        if (s->unit == unit && s->kind != SCOPE_COMMUNITY &&
            (s->kind == SCOPE_GROUP_CARE) == care) {
            *out = *s;
            return true;
        }
    }
    return false;
}

bool
ledger_scope_of_unit(const struct ledger *l, uint32_t unit, struct hint_scope *out)
{
    return scope_with(l, unit, false, out);
}

enum rc
ledger_scope_of(const struct ledger *l, const struct type *type, uint32_t unit,
                uint32_t *scope)
{
    struct hint_scope own = {.kind = SCOPE_GROUP};
    bool has_own = scope_with(l, unit, false, &own);
    enum scope_kind kind = type_scope_kind(type, own.kind);
    if (kind == SCOPE_COMMUNITY) {
        *scope = SCOPE_NO_COMMUNITY;
        return RC_OK;
    }
    if (!has_own)
        return RC_BUSY;
    if (kind == SCOPE_GROUP_CARE && !scope_with(l, unit, true, &own))
        return RC_BUSY;
    *scope = own.no;
    return RC_OK;
}
