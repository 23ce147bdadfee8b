/* Reads golden histories. */
#include "tests/lib/golden.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hash
golden_hash(const char *text)
{
    struct hash h = {{0}};

    if (text != NULL) {
        assert(strlen(text) <= sizeof h.b);
        memcpy(h.b, text, strlen(text));
    }
    return h;
}

struct key
golden_key(const char *text)
{
    struct hash h = golden_hash(text);
    struct key k;

    memcpy(k.b, h.b, sizeof k.b);
    return k;
}

const char *
golden_text(const uint8_t b[32])
{
    static char out[16][33];
    static unsigned at;
    char *p = out[at++ % 16];

    memcpy(p, b, 32);
    p[32] = 0;
    return p;
}

static const char *
text(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

static uint64_t
number(const json_t *o, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(o, name));
}

static enum auth_code
code_of(const char *t)
{
    static const char *const names[] = {
        [AUTH_CREATE] = "create", [AUTH_SCHEMA] = "schema",     [AUTH_SCOPE] = "scope",
        [AUTH_NODE] = "node",     [AUTH_GRANT] = "grant",       [AUTH_EPOCH] = "epoch",
        [AUTH_SEAL] = "seal",     [AUTH_REVOKE] = "revoke",     [AUTH_LOST] = "lost",
        [AUTH_ERASE] = "erase",   [AUTH_OFFICERS] = "officers",
    };

    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(t, names[i]) == 0) {
            return (enum auth_code)i;
        }
    }
    return (enum auth_code)0;
}

static enum role
role_of(const char *t)
{
    if (t != NULL && strcmp(t, "member") == 0) {
        return ROLE_HELPER;
    }
    return t != NULL && strcmp(t, "reader") == 0 ? ROLE_AUDITOR : ROLE_LEADER;
}

static int
key_sort(const void *a, const void *b)
{
    return key_cmp(a, b);
}

static void
read_officers(const json_t *o, struct officers *out)
{
    static const char *const need[] = {"grant", "revoke", "lost", "erase"};
    const json_t *list = json_object_get(o, "officers");
    const json_t *counts = json_object_get(o, "need");
    uint16_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        out->key[out->n++] = golden_key(json_string_value(json_array_get(list, i)));
    }
    qsort(out->key, out->n, sizeof out->key[0], key_sort);
    for (uint16_t i = 0; i < out->n; i++) {
        if (i == 0 || !key_eq(&out->key[i], &out->key[n - 1])) {
            out->key[n++] = out->key[i];
        }
    }
    out->n = n;
    for (size_t i = 0; i < NEED_N; i++) {
        out->need[i] = (uint8_t)number(counts, need[i]);
    }
}

static void
read_order(const json_t *o, struct order *out)
{
    const json_t *by = json_object_get(o, "by");

    out->is_there = true;
    out->seen = golden_hash(text(o, "seen"));
    for (size_t i = 0; i < json_array_size(by); i++) {
        out->by[out->n] = golden_key(json_string_value(json_array_get(by, i)));
        out->holds[out->n++] = true;
    }
}

static uint32_t
any_number(const json_t *v) /* of a number, or of a short string */
{
    uint32_t n = 0;

    if (json_is_integer(v)) {
        return (uint32_t)json_integer_value(v);
    }
    for (const char *p = json_string_value(v); p != NULL && *p != 0; p++) {
        n = n << 8 | (uint8_t)*p;
    }
    return n;
}

static void
read_scopes(const json_t *list, struct scopes *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        uint32_t no = (uint32_t)json_integer_value(json_array_get(list, i));
        uint16_t k = out->n++;

        for (; k > 0 && out->no[k - 1] > no; k--) {
            out->no[k] = out->no[k - 1];
        }
        out->no[k] = no;
    }
    out->n = out->n > 0 && out->no[0] == SCOPE_ALL ? 1 : out->n;
}

static void
read_grant(const json_t *o, struct grant *g)
{
    uint32_t person = any_number(json_object_get(o, "person"));

    g->log_no = (uint32_t)number(o, "no");
    g->log = golden_key(text(o, "key"));
    put_u32(g->person, person);
    g->post = any_number(json_object_get(o, "post"));
    g->node = any_number(json_object_get(o, "node"));
    g->unit = (uint32_t)number(o, "unit");
    g->role = role_of(text(o, "role"));
    read_scopes(json_object_get(o, "scopes"), &g->scopes);
    g->from = number(o, "from");
    g->is_invite = json_is_true(json_object_get(o, "invite"));
    g->once = golden_key(text(o, "once"));
    g->is_joined = json_is_true(json_object_get(o, "joined"));
}

static struct record_key
read_record(const json_t *o)
{
    struct record_key k = {.scope = (uint32_t)number(o, "scope"),
                           .unit = (uint32_t)number(o, "unit")};
    const char *id = text(o, "record");

    if (id != NULL) {
        memcpy(k.id, id, strlen(id));
    }
    return k;
}

/* Lists are packed behind one another; their places are found again by length. */
static void
read_lists(const json_t *o, struct auth_op *op, struct buf *packed)
{
    const json_t *lines = json_object_get(o, "lines");
    const json_t *items = json_object_get(o, "items");
    size_t from = packed->n;

    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        struct line line = {.log_no = (uint32_t)json_integer_value(json_array_get(l, 0)),
                            .seq = (uint64_t)json_integer_value(json_array_get(l, 1)),
                            .id = golden_hash(json_string_value(json_array_get(l, 2)))};

        auth_line_add(packed, &line);
        op->lines_n++;
    }
    op->lines = slice_of(NULL, packed->n - from);
    from = packed->n;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *l = json_array_get(items, i);
        struct erased_name e = {
            .log_no = (uint32_t)json_integer_value(json_array_get(l, 0)),
            .seq = (uint64_t)json_integer_value(json_array_get(l, 1)),
            .index = (uint16_t)json_integer_value(json_array_get(l, 2))};

        auth_erased_add(packed, &e);
        op->items_n++;
    }
    op->items = slice_of(NULL, packed->n - from);
}

static void
read_op(const json_t *o, struct auth_op *op, struct buf *packed)
{
    struct record_key k = read_record(o);

    op->code = code_of(text(o, "t"));
    read_order(o, &op->order);
    if (op->code == AUTH_CREATE || op->code == AUTH_OFFICERS) {
        read_officers(o, &op->officers);
    }
    if (op->code == AUTH_GRANT) {
        read_grant(o, &op->grant);
    }
    op->node = any_number(json_object_get(o, "node"));
    op->line = (struct line){.log_no = (uint32_t)number(o, "no"),
                             .seq = number(o, "seq"),
                             .id = golden_hash(text(o, "id")),
                             .heir = (uint32_t)number(o, "heir")};
    op->scope = k.scope;
    op->unit = k.unit;
    memcpy(op->record, k.id, RECORD_ID_BYTES);
    read_lists(o, op, packed);
}

static void
read_head(const json_t *o, const char *key, struct golden_entry *e)
{
    e->log = golden_key(text(o, key));
    e->fact.id = golden_hash(text(o, "id"));
    e->fact.prev = golden_hash(text(o, "prev"));
    e->fact.seq = number(o, "seq");
    e->fact.clock = number(o, "clock");
    e->fact.sig = json_is_true(json_object_get(o, "sig"));
}

static void
read_authority(const struct golden *g, const json_t *o, struct golden_entry *e)
{
    const json_t *ops = json_object_get(o, "ops");
    const json_t *succeed = json_object_get(o, "succeed");
    const uint8_t *p;

    e->is_authority = true;
    read_head(o, "key", e);
    e->has_succeed = succeed != NULL && !hash_eq(&e->fact.id, &g->community);
    e->ops_n = (uint32_t)json_array_size(ops) + e->has_succeed;
    e->ops = mem_new(e->ops_n * sizeof *e->ops);
    if (e->has_succeed) {
        e->ops[0].code = AUTH_SUCCEED;
        e->ops[0].reign = (uint32_t)number(succeed, "reign");
        e->ops[0].reign_seq = number(succeed, "seq");
        e->ops[0].reign_id = golden_hash(text(succeed, "id"));
        e->ops[0].root_holds = json_is_true(json_object_get(succeed, "root"));
    }
    for (size_t i = 0; i < json_array_size(ops); i++) {
        read_op(json_array_get(ops, i), &e->ops[i + e->has_succeed], &e->packed);
    }
    p = e->packed.p;
    for (uint32_t i = 0; p != NULL && i < e->ops_n; i++) { /* the buffer stays now */
        e->ops[i].lines.p = p;
        e->ops[i].items.p = p + e->ops[i].lines.n;
        p += e->ops[i].lines.n + e->ops[i].items.n;
    }
}

static struct version
read_version(const char *t)
{
    struct version v = {0};
    char id[33] = {0};
    unsigned no;
    unsigned long long seq;
    struct hash h;

    if (sscanf(t, "%u:%llu:%32s", &no, &seq, id) < 2) {
        abort();
    }
    h = golden_hash(id);
    v.log_no = no;
    v.seq = seq;
    memcpy(v.id8, h.b, 8);
    return v;
}

static void
read_put(json_t *o, struct op *op, struct buf *packed)
{
    struct record_key k = read_record(o);
    const char *name;
    json_t *field;

    op->code = OP_PUT;
    op->unit = k.unit;
    memcpy(op->record, k.id, RECORD_ID_BYTES);
    json_object_foreach(json_object_get(o, "fields"), name, field)
    {
        struct put_field *f = &op->field[op->fields_n++];
        const json_t *list = json_object_get(field, "replaces");
        char *value = json_dumps(json_object_get(field, "value"), JSON_ENCODE_ANY);

        f->code = (uint16_t)(FIELD_FIRST_OWN + name[0] - 'a');
        f->replaces = &op->pool[op->pool_n];
        for (size_t i = 0; i < json_array_size(list); i++) {
            op->pool[op->pool_n++] =
                read_version(json_string_value(json_array_get(list, i)));
            f->replaces_n++;
        }
        f->value = slice_of(NULL, packed->n); /* an offset, until the buffer stays */
        buf_add(packed, value, strlen(value) + 1);
        free(value);
    }
}

static struct item_name
read_name(const char *t) /* "no:seq:id:index" */
{
    struct item_name name = {0};
    const char *colon = t != NULL ? strrchr(t, ':') : NULL;
    char at[64] = {0};

    if (t == NULL) {
        return name;
    }
    assert(colon != NULL && colon - t < (long)sizeof at);
    memcpy(at, t, (size_t)(colon - t));
    name.at = read_version(at);
    name.index = (uint16_t)strtoul(colon + 1, NULL, 10);
    return name;
}

static void
read_right(const json_t *o, struct golden_item *item)
{
    const json_t *n = json_object_get(o, "n");
    const json_t *subject = json_object_get(o, "for");
    const char *of = text(o, item->code == OP_TAKE ? "give" : "spend");

    item->right =
        (struct rights_item){.code = item->code,
                             .asset = read_name(text(o, "asset")),
                             .of = read_name(of),
                             .is_inherited = item->code == OP_TAKE && of == NULL,
                             .mark = -1};
    item->right.party = (uint32_t)number(o, item->right.is_inherited ? "from" : "to");
    if (json_is_integer(n) && json_integer_value(n) > 0) {
        item->right.amount = number(o, "n"); /* no whole number: 0, as void */
    }
    if (subject != NULL) {
        item->right.subject = read_record(subject);
    }
}

static void
read_item(json_t *o, struct golden_item *item, struct buf *packed)
{
    static const char *const names[] = {
        [OP_PUT] = "put",      [OP_OPEN] = "open", [OP_ISSUE] = "issue",
        [OP_GIVE] = "give",    [OP_TAKE] = "take", [OP_SPEND] = "spend",
        [OP_RETURN] = "return"};
    const char *name = text(o, "op");

    item->scope = (uint32_t)number(o, "scope");
    for (size_t i = OP_PUT; i <= OP_RETURN; i++) {
        if (strcmp(name, names[i]) == 0) {
            item->code = (enum op_code)i;
        }
    }
    if (item->code == OP_PUT) {
        item->put = mem_new(sizeof *item->put);
        read_put(o, item->put, packed);
    } else {
        read_right(o, item);
    }
}

static void
read_data(json_t *o, struct golden_entry *e)
{
    json_t *items = json_object_get(o, "items");
    struct hash mark = golden_hash(text(o, "mark"));

    read_head(o, "log", e);
    memcpy(e->mark, mark.b, 8);
    e->items_n = json_array_size(items);
    e->items = mem_new(e->items_n * sizeof *e->items);
    for (size_t i = 0; i < e->items_n; i++) {
        read_item(json_array_get(items, i), &e->items[i], &e->packed);
    }
    for (size_t i = 0; i < e->items_n; i++) {
        struct op *op = e->items[i].put;

        for (uint16_t f = 0; op != NULL && f < op->fields_n; f++) {
            const char *value = (const char *)e->packed.p + op->field[f].value.n;

            op->field[f].value = slice_text(value);
        }
    }
}

void
golden_init(struct golden *g, json_t *history)
{
    json_t *x = json_object_get(history, "X");
    json_t *e = json_object_get(history, "E");
    const json_t *scopes = json_object_get(history, "scopes");

    *g = (struct golden){.name = text(history, "name"),
                         .community = golden_hash(text(history, "community")),
                         .want = json_object_get(history, "want")};
    g->entry = mem_new((json_array_size(x) + json_array_size(e)) * sizeof *g->entry);
    for (size_t i = 0; i < json_array_size(x); i++) {
        read_authority(g, json_array_get(x, i), &g->entry[g->n++]);
    }
    for (size_t i = 0; i < json_array_size(e); i++) {
        read_data(json_array_get(e, i), &g->entry[g->n++]);
    }
    for (size_t i = 0; i < json_array_size(scopes) && i < 16; i++) {
        g->scope[g->scopes_n++] = (uint32_t)json_integer_value(json_array_get(scopes, i));
    }
}

void
golden_fini(struct golden *g)
{
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->entry[i].items_n; k++) {
            mem_free(g->entry[i].items[k].put);
        }
        mem_free(g->entry[i].items);
        mem_free(g->entry[i].ops);
        buf_free(&g->entry[i].packed);
    }
    mem_free(g->entry);
    *g = (struct golden){0};
}

void
golden_record_text(const struct record_key *k, char out[64])
{
    snprintf(out, 64, "%u/%u/%.16s", k->scope, k->unit, (const char *)k->id);
}

struct record_key
golden_record(const struct golden_item *item)
{
    struct record_key k = {.scope = item->scope, .unit = item->put->unit};

    memcpy(k.id, item->put->record, RECORD_ID_BYTES);
    return k;
}
