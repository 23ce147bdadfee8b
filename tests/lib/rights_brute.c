#include "tests/lib/rights_brute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/rights_in.h"

struct brute {
    struct ledger *l;
    struct replica *r;
    const struct log_state *log; /* in hand */
    struct op *op;
    struct buf plain;
    struct rights_item *item;
    size_t n, cap;
    struct version *entry; /* accepted */
    size_t entries_n, entries_cap;
    const char *why;
};

static bool
find(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq)
{
    const struct brute *b = self;
    bool is = false;
    for (size_t i = 0; i < b->entries_n; i++) {
        const struct version *v = &b->entry[i];
        if (memcmp(v->id8, at->id8, 8) != 0 || (is && v->log_no != at->log_no))
            continue;
        is = true;
        *log_no = v->log_no;
        *seq = v->seq;
    }
    return is;
}

static void
add(struct brute *b, const struct entry *e, const struct hash *id, uint16_t index)
{
    struct rights_item *o = &b->item[b->n];
    op_resolve(b->op, b->log->no);
    rights_item_of(b->op, o);
    o->name = (struct item_name){{b->log->no, e->seq, {0}}, index};
    memcpy(o->name.at.id8, id->b, 8);
    o->mark = authority_pos(replica_authority(b->r), e->mark);
    o->is_sealed = e->seq <= b->log->seal_seq;
    b->n++;
}

static bool
take_entry(void *arg, const struct stored *s)
{
    struct brute *b = arg;
    struct entry e;
    struct entry_item item;
    if (s->seq > b->log->head_seq || entry_decode(s->bytes, &e) != RC_OK)
        return false;
    struct hash id = entry_id(s->bytes);
    if (b->entries_n == b->entries_cap) {
        b->entries_cap = b->entries_cap * 2 + 64;
        b->entry = mem_grow(b->entry, b->entries_cap * sizeof(*b->entry));
    }
    struct version *v = &b->entry[b->entries_n++];
    *v = (struct version){.log_no = b->log->no, .seq = e.seq};
    memcpy(v->id8, id.b, 8);
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        uint32_t scope = 0, epoch = 0;
        struct item_place at = {.log = b->log->key, .seq = e.seq, .index = i};
        if (item.is_erased || item_head(item.bytes, &scope, &epoch) != RC_OK)
            continue;
        const struct key *key = ledger_scope_key(b->l, scope, epoch);
        b->plain.n = 0;
        if (key == NULL || item_open(item.bytes, key, &at, &b->plain) != RC_OK ||
            op_decode(buf_slice(&b->plain), b->op) != RC_OK ||
            !rights_is_op(b->op->code) || !op_own_is_zero(b->op, b->log->no) ||
            !replica_effective(b->r, b->log, e.seq, scope, b->op->code) ||
            replica_is_item_erased(b->r, b->log->no, e.seq, i))
            continue;
        if (b->n == b->cap) {
            b->cap = b->cap * 2 + 64;
            b->item = mem_grow(b->item, b->cap * sizeof(*b->item));
        }
        add(b, &e, &id, i);
    }
    return true;
}

struct beside {
    struct brute *b;
    const struct rights *rights;
    size_t ops, assets;
    const struct rights_asset_row *asset;
};

static const char *
differs(const char *what, const struct item_name *n)
{
    static char text[160];
    (void)snprintf(text, sizeof(text), "%s: log %u seq %llu item %u", what, n->at.log_no,
                   (unsigned long long)n->at.seq, n->index);
    return text;
}

static bool
same_op(void *arg, const struct rights_op_row *o)
{
    struct beside *k = arg;
    const struct rights_item *want = rights_item_at(k->b->item, k->b->n, &o->name);
    k->ops++;
    if (want == NULL)
        k->b->why = differs("no such operation", &o->name);
    else if (want->state != o->state || want->is_confirmed != o->is_confirmed ||
             want->is_used != o->is_used || want->code != o->code)
        k->b->why = differs("folded otherwise", &o->name);
    return k->b->why == NULL;
}

static bool
same_asset(void *arg, const struct rights_asset_row *a)
{
    struct beside *k = arg;
    const struct rights_asset *want = NULL;
    size_t lanes = 0;
    for (size_t i = 0; i < k->rights->assets_n && want == NULL; i++)
        if (item_name_cmp(&k->rights->asset[i].name, &a->name) == 0)
            want = &k->rights->asset[i];
    k->assets++;
    if (want == NULL || want->issued != a->issued || want->held != a->held ||
        want->transit != a->transit || want->spent != a->spent) {
        k->b->why = differs("totals", &a->name);
        return false;
    }
    for (size_t i = 0; i < k->rights->lanes_n; i++) {
        const struct rights_lane *l = &k->rights->lane[i];
        if (&k->rights->asset[l->asset] != want)
            continue;
        if (lanes == a->lanes_n || a->lane[lanes].log_no != l->log_no ||
            a->lane[lanes].balance != l->balance || a->lane[lanes].where != l->where)
            k->b->why = differs("lanes", &a->name);
        lanes++;
    }
    if (lanes != a->lanes_n)
        k->b->why = differs("number of lanes", &a->name);
    if (k->b->why == NULL && rights_ops(k->b->l, a->no, same_op, k) != RC_OK)
        k->b->why = "operations cannot be read";
    return k->b->why == NULL;
}

const char *
rights_brute(struct ledger *l)
{
    struct brute b = {.l = l, .r = ledger_replica(l), .op = mem_new(sizeof(*b.op))};
    const struct sync_store *store = replica_store(b.r);
    struct rights rights = {.assets_n = 0};
    size_t n = replica_logs_n(b.r);
    struct rights_log *log = mem_new((n + 1) * sizeof(*log));
    for (size_t i = 0; i < n; i++) {
        b.log = replica_log_at(b.r, i);
        rights_log_of(b.log, &log[i]);
        if (store->trunk(store->self, &b.log->key, 1, take_entry, &b) != RC_OK)
            b.why = "a log cannot be read";
    }
    struct rights_view view = {.logs = log, .logs_n = n, .find = find, .self = &b};
    struct beside k = {.b = &b, .rights = &rights};
    rights_fold(b.item, b.n, &view, &rights);
    if (b.why == NULL && rights_assets(l, NULL, same_asset, &k) != RC_OK)
        b.why = "assets cannot be read";
    if (b.why == NULL && (k.ops != b.n || k.assets != rights.assets_n))
        b.why = "something is missing";
    rights_fini(&rights);
    buf_free(&b.plain);
    mem_free(b.item);
    mem_free(b.entry);
    mem_free(b.op);
    mem_free(log);
    return b.why;
}
