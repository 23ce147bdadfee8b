/* Naming what is to be erased, and ordering it. */
#include <stdlib.h>
#include <string.h>

#include "schema/erase_in.h"
#include "schema/hub_in.h"
#include "schema/query.h"
#include "schema/type.h"

const struct erase_ground erase_grounds[] = {
    {1, "consent", "撤回同意", "consent withdrawn"},
    {2, "purpose", "目的已实现或不再需要", "purpose fulfilled or gone"},
    {3, "period", "保存期限已到", "kept as long as was said"},
    {4, "unlawful", "违法或违约处理", "handled against law or agreement"},
    {5, "mistake", "不该记的记了进来", "should not have been recorded"},
    {6, "other", "法律、法规规定的其他情形", "another ground of law"},
    {0, NULL, NULL, NULL}};

const struct erase_ground *
erase_ground_by_name(const char *name)
{
    for (const struct erase_ground *g = erase_grounds; g->name != NULL; g++)
        if (strcmp(g->name, name) == 0 || strcmp(g->zh, name) == 0)
            return g;
    return NULL;
}

const struct erase_ground *
erase_ground_by_code(uint8_t code)
{
    for (const struct erase_ground *g = erase_grounds; g->name != NULL; g++)
        if (g->code == code)
            return g;
    return NULL;
}

bool
erase_request_is_good(const char *text)
{
    static const char may[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-/.";
    size_t n = strlen(text);
    return n >= 1 && n <= REQUEST_BYTES_MAX && strspn(text, may) == n;
}

/* ---- which record */

/* The private half has its own name: scope and all. It is named whether it is here or
 * not: what comes later has no effect either. */
static void
add_half(struct ledger *l, struct erase_plan *p, uint16_t half_code)
{
    struct record_key key = p->key[0];
    const struct type *half = half_code != 0 ? type_by_code(l->types, half_code) : NULL;
    if (half != NULL && ledger_scope_of(l, half, key.unit, &key.scope) == RC_OK &&
        key.scope != p->key[0].scope)
        p->key[p->keys_n++] = key;
}

/* Erased before: the halves are those that the orders of then name. */
static void
add_erased_half(struct ledger *l, struct erase_plan *p)
{
    const struct authority *a = replica_authority(l->replica);
    for (size_t i = 0; i < authority_erases_n(a) && p->keys_n < ERASE_KEYS_MAX; i++) {
        const struct record_key *k = &authority_erase_at(a, i)->record;
        if (memcmp(k->id, p->key[0].id, RECORD_ID_BYTES) == 0 &&
            k->unit == p->key[0].unit && k->scope != p->key[0].scope)
            p->key[p->keys_n++] = *k;
    }
}

struct named {
    struct erase_plan *p;
    uint16_t half_code;
};

static bool
take_named(void *arg, const struct record_row *r)
{
    struct named *n = arg;
    memcpy(n->p->number, r->number, sizeof(n->p->number));
    n->half_code = r->type->private_code;
    return false;
}

static enum rc
find(struct ledger *l, const char *id, struct erase_plan *p, struct fault *why)
{
    struct erase_info old;
    struct named named = {.p = p};
    p->keys_n = 1;
    enum rc rc = erase_find(l, id, &old);
    if (rc == RC_OK) {
        p->key[0] = old.record;
        p->was_erased = true;
        add_erased_half(l, p);
        return RC_OK;
    }
    rc = query_find_one(l, id, &p->key[0], why);
    if (rc == RC_OK)
        rc = query_get(l, &p->key[0], take_named, &named);
    if (rc == RC_OK)
        add_half(l, p, named.half_code);
    return rc;
}

/* ---- every item of it */

struct scan {
    struct ledger *l;
    struct erase_plan *p;
    const struct log_state *log;
    uint64_t last_seq; /* of an entry that counted already */
    bool any;          /* in this log */
    struct op *op;
    struct buf plain;
    enum rc rc;
};

/* Which of the plan's records the item is of; keys_n: none. */
static size_t
whose(struct scan *s, const struct entry *e, uint16_t index, struct slice item)
{
    struct erase_plan *p = s->p;
    struct item_place at = {.log = s->log->key, .seq = e->seq, .index = index};
    uint32_t scope = 0, epoch = 0;
    size_t i = 0;
    if (item_head(item, &scope, &epoch) != RC_OK)
        return p->keys_n;
    while (i < p->keys_n && p->key[i].scope != scope)
        i++;
    if (i == p->keys_n)
        return i;
    const struct key *key = ledger_scope_key(s->l, scope, epoch);
    if (key == NULL) {
        s->rc = RC_DENIED;
        return p->keys_n;
    }
    if (item_open(item, key, &at, &s->plain) != RC_OK ||
        op_decode(buf_slice(&s->plain), s->op) != RC_OK || s->op->code != OP_PUT ||
        s->op->unit != p->key[i].unit ||
        memcmp(s->op->record, p->key[i].id, RECORD_ID_BYTES) != 0)
        return p->keys_n;
    return i;
}

static bool
scan_entry(void *arg, const struct stored *stored)
{
    struct scan *s = arg;
    struct erase_plan *p = s->p;
    struct entry e;
    struct entry_item item;
    if (entry_decode(stored->bytes, &e) != RC_OK)
        return true; /* a head alone, of a proof */
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        struct erased_name name = {s->log->no, e.seq, i};
        if (item.is_erased ||
            replica_is_item_erased(s->l->replica, name.log_no, name.seq, name.index))
            continue;
        size_t at = whose(s, &e, i, item.bytes);
        if (at == p->keys_n)
            continue;
        buf_add(&p->items[at], &name, sizeof(name));
        p->items_n++;
        p->entries_n += e.seq != s->last_seq;
        s->last_seq = e.seq;
        s->any = true;
    }
    return s->rc == RC_OK;
}

/* Beside the trunk only where no accepted entry has that place: an item is named by its
 * place, and another's must not go with it. */
static bool
scan_loose(void *arg, const struct stored *stored)
{
    struct scan *s = arg;
    return stored->seq <= s->log->head_seq || scan_entry(arg, stored);
}

static enum rc
scan_log(struct scan *s)
{
    const struct sync_store *store = log_store_port(s->l->log);
    s->last_seq = 0;
    s->any = false;
    enum rc rc = store->trunk(store->self, &s->log->key, 1, scan_entry, s);
    if (rc == RC_OK && s->rc == RC_OK)
        rc = store->loose_each(store->self, &s->log->key, scan_loose, s);
    s->p->logs_n += s->any;
    return rc == RC_OK ? s->rc : rc;
}

static int
by_name(const void *a, const void *b)
{
    const struct erased_name *x = a;
    const struct erased_name *y = b;
    if (x->log_no != y->log_no)
        return x->log_no < y->log_no ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Two branches can have an item of the record at one place: it is named once. */
static void
sort_names(struct buf *b)
{
    struct erased_name *name = (void *)b->p;
    size_t n = b->n / sizeof(*name), kept = 0;
    if (n == 0)
        return;
    qsort(name, n, sizeof(*name), by_name);
    for (size_t i = 1; i < n; i++)
        if (by_name(&name[kept], &name[i]) != 0)
            name[++kept] = name[i];
    b->n = (kept + 1) * sizeof(*name);
}

enum rc
erase_plan(struct ledger *l, const char *id, struct erase_plan *out, struct fault *why)
{
    struct scan s = {.l = l, .p = out, .op = mem_new(sizeof(*s.op))};
    *out = (struct erase_plan){.keys_n = 0};
    enum rc rc = find(l, id, out, why);
    for (size_t i = 0; i < replica_logs_n(l->replica) && rc == RC_OK; i++) {
        s.log = replica_log_at(l->replica, i);
        if (!s.log->is_assumed)
            rc = scan_log(&s);
        if (rc == RC_DENIED)
            fault_set(why, rc, FAULT_NOT_READABLE, "%s", id);
    }
    for (size_t i = 0; i < out->keys_n; i++)
        sort_names(&out->items[i]);
    buf_free(&s.plain);
    mem_free(s.op);
    return rc;
}

void
erase_plan_fini(struct erase_plan *p)
{
    for (size_t i = 0; i < ERASE_KEYS_MAX; i++)
        buf_free(&p->items[i]);
}

/* ---- the order */

/* One operation about one record; how many of the names it took. */
static enum rc
order_some(struct ledger *l, const struct hub *h, const struct record_key *key,
           struct slice names, struct auth_op *op, const char *who, size_t *took,
           struct order_result *out, struct fault *why)
{
    struct buf items = BUF_NONE;
    size_t n = names.n / sizeof(struct erased_name);
    *took = n < ERASE_ITEMS_MAX ? n : ERASE_ITEMS_MAX;
    for (size_t i = 0; i < *took; i++) {
        struct erased_name name;
        memcpy(&name, names.p + i * sizeof(name), sizeof(name));
        auth_erased_add(&items, &name);
    }
    op->items = buf_slice(&items);
    op->items_n = (uint32_t)*took;
    op->scope = key->scope;
    op->unit = key->unit;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    enum rc rc = hub_order(l, h, op, who, out, why);
    buf_free(&items);
    return rc;
}

/* One that waits is told before those that are written. */
static void
take_result(struct order_result *all, const struct order_result *one, bool is_first)
{
    if (is_first || (one->state == ORDER_WAITS && all->state != ORDER_WAITS))
        *all = *one;
}

enum rc
erase_order(struct ledger *l, const struct hub *h, const struct erase_plan *p,
            const struct erase_words *words, struct order_result *out, struct fault *why)
{
    struct auth_op *op = mem_new(sizeof(*op));
    bool is_first = true;
    enum rc rc = RC_OK;
    op->code = AUTH_ERASE;
    op->reason = words->ground;
    op->request = slice_text(words->request);
    for (size_t i = 0; i < p->keys_n && rc == RC_OK; i++) {
        struct slice names = buf_slice(&p->items[i]);
        do {
            struct order_result one = {.need = 0};
            size_t took = 0;
            rc = order_some(l, h, &p->key[i], names, op, words->who, &took, &one, why);
            take_result(out, &one, is_first);
            is_first = false;
            if (took > 0) {
                names.p += took * sizeof(struct erased_name);
                names.n -= took * sizeof(struct erased_name);
            }
        } while (rc == RC_OK && names.n > 0 && out->state == ORDER_WRITTEN);
    }
    mem_free(op);
    return rc;
}
