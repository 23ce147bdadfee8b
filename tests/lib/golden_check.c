/* Compares what somebody made of a golden history with what is wanted. */
#include "tests/lib/golden_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/record.h"

static char why[1024];

__attribute__((format(printf, 1, 2))) static const char *
say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return why;
}

/* Both as JSON; takes both references. */
static const char *
same(const char *what, json_t *is, json_t *want, bool sorted)
{
    const char *out = NULL;

    if (sorted) {
        json_t *both[2] = {is, want};
        for (size_t k = 0; k < 2; k++) { /* sets: as keys of an object */
            json_t *set = json_object();
            for (size_t i = 0; i < json_array_size(both[k]); i++) {
                char *t = json_dumps(json_array_get(both[k], i), JSON_ENCODE_ANY);
                json_object_set_new(set, t, json_true());
                free(t);
            }
            json_decref(both[k]);
            both[k] = set;
        }
        is = both[0];
        want = both[1];
    }
    if (!json_equal(is, want)) {
        char *a = json_dumps(is, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        char *b = json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        out = say("%s: %.450s, want %.450s", what, a, b);
        free(a);
        free(b);
    }
    json_decref(is);
    json_decref(want);
    return out;
}

static json_t *
want_of(const struct golden *g, const char *name)
{
    return json_incref(json_object_get(g->want, name));
}

static json_t *
id_or_null(bool is, const struct hash *id)
{
    return is ? json_string(golden_text(id->b)) : json_null();
}

static json_t *
row_json(const struct row *r)
{
    json_t *o = json_object();
    json_t *proof = json_null();

    if (r->has_proof) {
        proof = json_pack("{s:I, s:[s, s]}", "seq", (json_int_t)r->proof_seq, "ids",
                          golden_text(r->proof[0].b), golden_text(r->proof[1].b));
    }
    json_object_set_new(o, r->is_authority ? "reign" : "no", json_integer(r->no));
    json_object_set_new(o, "id", id_or_null(r->head_seq > 0, &r->head));
    json_object_set_new(o, "proof", proof);
    if (!r->is_authority) {
        json_object_set_new(o, "passed", json_integer((json_int_t)r->passed));
    }
    return o;
}

static const char *
check_rows(const struct golden *g, const struct fold *v)
{
    json_t *authority = json_array();
    json_t *data = json_array();
    const char *out;

    for (size_t i = 0; i < v->rows_n; i++) {
        json_array_append_new(v->rows[i].is_authority ? authority : data,
                              row_json(&v->rows[i]));
    }
    out = same("authority", authority, want_of(g, "authority"), false);
    if (out != NULL) {
        json_decref(data);
        return out;
    }
    return same("rows", data, want_of(g, "rows"), false);
}

static const struct golden_entry *
entry_by_id(const struct golden *g, const struct hash *id)
{
    for (size_t i = 0; i < g->n; i++) {
        if (hash_eq(&g->entry[i].fact.id, id)) {
            return &g->entry[i];
        }
    }
    return NULL;
}

static const char *
check_authority(const struct golden *g, const struct fold *v)
{
    const struct officers *o = authority_officers(v->authority);
    json_t *counted = json_array();
    json_t *officers = json_array();
    const char *out;

    for (uint64_t pos = 0; pos < authority_n(v->authority); pos++) {
        const struct golden_entry *e = entry_by_id(g, authority_id_at(v->authority, pos));
        for (uint32_t i = e != NULL && e->has_succeed; e != NULL && i < e->ops_n; i++) {
            if (authority_counts(v->authority, pos, i)) {
                char name[64];
                snprintf(name, sizeof name, "%s:%u", golden_text(e->fact.id.b),
                         i - e->has_succeed);
                json_array_append_new(counted, json_string(name));
            }
        }
    }
    for (uint16_t i = 0; i < o->n; i++) {
        json_array_append_new(officers, json_string(golden_text(o->key[i].b)));
    }
    out = same("counted", counted, want_of(g, "counted"), false);
    if (out != NULL) {
        json_decref(officers);
        return out;
    }
    out = same("officers", officers, want_of(g, "officers"), true);
    if (out != NULL) {
        return out;
    }
    return same("frozen", json_boolean(authority_is_frozen(v->authority)),
                want_of(g, "frozen"), false);
}

static const char *
check_logs(const struct golden *g, const struct fold *v)
{
    json_t *seals = json_array();
    json_t *accepted = json_array();
    const char *out;

    for (size_t i = 0; i < v->logs_n; i++) {
        const struct log_state *l = v->logs[i];
        json_array_append_new(
            seals,
            json_pack("[i, I, o, b]", (int)l->no, (json_int_t)l->seal_seq,
                      l->is_revoked ? json_integer((json_int_t)l->cut_seq) : json_null(),
                      l->is_closed));
    }
    for (size_t i = 0; i < g->n; i++) {
        if (!g->entry[i].is_authority && v->accepted[i]) {
            json_array_append_new(accepted,
                                  json_string(golden_text(g->entry[i].fact.id.b)));
        }
    }
    out = same("seals", seals, want_of(g, "seals"), true);
    if (out != NULL) {
        json_decref(accepted);
        return out;
    }
    return same("accepted", accepted, want_of(g, "accepted"), true);
}

/* ---- records */

struct put {
    struct record_key key;
    struct record_item item;
    struct hash id;
};

static bool
may_read(const struct golden *g, uint32_t scope)
{
    bool is = scope == SCOPE_NO_COMMUNITY;

    for (size_t i = 0; i < g->scopes_n; i++) {
        is = is || g->scope[i] == scope;
    }
    return is;
}

static const struct log_state *
log_of(const struct fold *v, const struct key *key)
{
    for (size_t i = 0; i < v->logs_n; i++) {
        if (key_eq(&v->logs[i]->key, key)) {
            return v->logs[i];
        }
    }
    return NULL;
}

static bool
takes_effect(const struct golden *g, const struct fold *v, const struct golden_entry *e,
             uint16_t index, struct put *out)
{
    const struct log_state *l = log_of(v, &e->log);
    const struct golden_item *item = &e->items[index];
    struct erased_name name;

    if (item->put == NULL || l == NULL || !may_read(g, item->scope) ||
        !v->accepted[e - g->entry] ||
        !log_effective(l, e->fact.seq, item->scope, OP_PUT)) {
        return false;
    }
    name = (struct erased_name){l->no, e->fact.seq, index};
    out->key = golden_record(item);
    if (authority_is_item_erased(v->authority, &name) ||
        authority_is_erased(v->authority, &out->key)) {
        return false;
    }
    out->id = e->fact.id;
    out->item = (struct record_item){.at = {l->no, e->fact.seq, {0}},
                                     .id = e->fact.id,
                                     .index = index,
                                     .put = item->put};
    memcpy(out->item.at.id8, e->fact.id.b, 8);
    out->item.rank = log_sealed_clock(l, e->fact.seq);
    if (e->fact.clock < out->item.rank) {
        out->item.rank = e->fact.clock;
    }
    return true;
}

static int
put_cmp(const void *a, const void *b)
{
    return record_key_cmp(&((const struct put *)a)->key, &((const struct put *)b)->key);
}

static json_t *
record_json(const struct record *r, const struct record_item *items)
{
    static const char *const states[] = {"clean", "conflict", "cycle"};
    json_t *o = json_object();

    for (size_t i = 0; i < r->fields_n; i++) {
        const struct record_field *f = &r->field[i];
        const struct slice value = put_field(items[f->shown].put, f->code)->value;
        char name[2] = {(char)('a' + f->code - FIELD_FIRST_OWN), 0};
        json_t *versions = json_object();

        for (uint32_t k = 0; k < f->n; k++) {
            const struct record_item *s = &items[r->index_of[f->first + k]];
            char version[80];
            snprintf(version, sizeof version, "%u:%llu:%s", s->at.log_no,
                     (unsigned long long)s->at.seq, golden_text(s->id.b));
            json_object_set_new(versions, version, json_true());
        }
        json_object_set_new(
            o, name,
            json_pack("{s:s, s:o, s:o}", "state", states[f->state], "shown",
                      json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY, NULL),
                      "versions", versions));
    }
    return o;
}

/* The wanted records, with versions as sets. */
static json_t *
records_wanted(const struct golden *g)
{
    json_t *all = json_deep_copy(json_object_get(g->want, "records"));
    const char *name;
    json_t *record;

    json_object_foreach(all, name, record)
    {
        const char *code;
        json_t *field;
        json_object_foreach(record, code, field)
        {
            json_t *set = json_object();
            const json_t *list = json_object_get(field, "versions");
            for (size_t i = 0; i < json_array_size(list); i++) {
                json_object_set_new(set, json_string_value(json_array_get(list, i)),
                                    json_true());
            }
            json_object_set_new(field, "versions", set);
        }
    }
    return all;
}

static const char *
check_records(const struct golden *g, const struct fold *v)
{
    size_t n = 0;
    size_t all = 0;
    struct put *put;
    struct record_item *items;
    struct record record = {0};
    json_t *out = json_object();

    for (size_t i = 0; i < g->n; i++) {
        all += g->entry[i].items_n;
    }
    put = mem_new(all * sizeof *put);
    items = mem_new(all * sizeof *items);
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->entry[i].items_n; k++) {
            n += takes_effect(g, v, &g->entry[i], (uint16_t)k, &put[n]);
        }
    }
    qsort(put, n, sizeof *put, put_cmp);
    for (size_t i = 0; i < n;) {
        size_t m = 0;
        char name[64];
        golden_record_text(&put[i].key, name);
        for (size_t from = i; i < n && put_cmp(&put[from], &put[i]) == 0; i++) {
            items[m++] = put[i].item;
        }
        record_fold(items, m, &record);
        json_object_set_new(out, name, record_json(&record, items));
    }
    record_fini(&record);
    mem_free(put);
    mem_free(items);
    return same("records", out, records_wanted(g), false);
}

const char *
golden_check(const struct golden *g, const struct fold *v)
{
    const char *out = check_rows(g, v);

    out = out != NULL ? out : check_authority(g, v);
    out = out != NULL ? out : check_logs(g, v);
    return out != NULL ? out : check_records(g, v);
}
