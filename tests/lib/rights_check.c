/* Compares the rights of a golden history with what is wanted. */
#include "tests/lib/rights_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/rights.h"

struct all {
    const struct golden *g;
    const struct fold *v;
    struct rights_item *item;
    size_t n;
    struct rights_log *log;
    struct rights rights;
};

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
find(void *self, const struct version *at, uint32_t *log_no, uint64_t *seq)
{
    const struct all *a = self;
    bool is = false;

    for (size_t i = 0; i < a->g->n; i++) {
        const struct golden_entry *e = &a->g->entry[i];
        const struct log_state *l = log_of(a->v, &e->log);

        if (e->is_authority || l == NULL || !a->v->accepted[i] ||
            memcmp(e->fact.id.b, at->id8, 8) != 0 || (is && l->no != at->log_no)) {
            continue;
        }
        is = true;
        *log_no = l->no;
        *seq = e->fact.seq;
    }
    return is;
}

static int64_t
place_of(const struct fold *v, const uint8_t mark[8])
{
    for (uint64_t pos = 0; pos < authority_n(v->authority); pos++) {
        if (memcmp(authority_id_at(v->authority, pos)->b, mark, 8) == 0) {
            return (int64_t)pos;
        }
    }
    return -1;
}

static void
add_entry(struct all *a, const struct golden_entry *e)
{
    const struct log_state *l = log_of(a->v, &e->log);

    if (e->is_authority || l == NULL || !a->v->accepted[e - a->g->entry]) {
        return;
    }
    for (size_t k = 0; k < e->items_n; k++) {
        struct rights_item *o = &a->item[a->n];

        if (e->items[k].put != NULL ||
            !log_effective(l, e->fact.seq, e->items[k].scope, e->items[k].code)) {
            continue;
        }
        *o = e->items[k].right;
        o->name = (struct item_name){{l->no, e->fact.seq, {0}}, (uint16_t)k};
        memcpy(o->name.at.id8, e->fact.id.b, 8);
        o->mark = place_of(a->v, e->mark);
        o->is_sealed = e->fact.seq <= l->seal_seq;
        a->n++;
    }
}

static void
collect(struct all *a, uint64_t seed)
{
    size_t all = 0;

    for (size_t i = 0; i < a->g->n; i++) {
        all += a->g->entry[i].items_n;
    }
    a->item = mem_new(all * sizeof *a->item);
    for (size_t i = 0; i < a->g->n; i++) {
        add_entry(a, &a->g->entry[i]);
    }
    for (size_t i = a->n; i > 1; i--) {
        uint32_t k = rnd_below(&seed, (uint32_t)i);
        struct rights_item o = a->item[k];

        a->item[k] = a->item[i - 1];
        a->item[i - 1] = o;
    }
    a->log = mem_new(a->v->logs_n * sizeof *a->log);
    for (size_t i = 0; i < a->v->logs_n; i++) {
        rights_log_of(a->v->logs[i], &a->log[i]);
    }
}

static void
name_text(const struct item_name *name, char out[64])
{
    snprintf(out, 64, "%u:%llu:%.8s:%u", name->at.log_no,
             (unsigned long long)name->at.seq, (const char *)name->at.id8, name->index);
}

static json_t *
status_json(const struct all *a)
{
    static const char *const words[][2] = {
        {"pending", "?"}, {"void", "void confirmed"}, {"ok", "ok confirmed"}};
    json_t *o = json_object();

    for (size_t i = 0; i < a->n; i++) {
        char name[64];

        name_text(&a->item[i].name, name);
        json_object_set_new(
            o, name, json_string(words[a->item[i].state][a->item[i].is_confirmed]));
    }
    return o;
}

static json_t *
balances_json(const struct rights *r)
{
    json_t *o = json_object();

    for (size_t i = 0; i < r->lanes_n; i++) {
        const struct rights_lane *l = &r->lane[i];
        char name[80];

        if (l->where != RIGHTS_HELD) {
            continue;
        }
        name_text(&r->asset[l->asset].name, name);
        snprintf(name + strlen(name), 12, "|%u", l->log_no);
        json_object_set_new(o, name, json_integer((json_int_t)l->balance));
    }
    return o;
}

static json_t *
assets_json(const struct rights *r)
{
    json_t *o = json_object();

    for (size_t i = 0; i < r->assets_n; i++) {
        const struct rights_asset *a = &r->asset[i];
        char name[64];

        if ((a->issued | a->held | a->transit | a->spent) == 0) {
            continue; /* the model names no asset of which there is nothing */
        }
        name_text(&a->name, name);
        json_object_set_new(o, name,
                            json_pack("{s:I,s:I,s:I,s:I}", "issued",
                                      (json_int_t)a->issued, "held", (json_int_t)a->held,
                                      "transit", (json_int_t)a->transit, "spent",
                                      (json_int_t)a->spent));
    }
    return o;
}

static json_t *
backed_json(const struct rights *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->backed_n; i++) {
        char name[64];

        golden_record_text(&r->backed[i], name);
        json_array_append_new(list, json_string(name));
    }
    return list;
}

static void
as_set(json_t *rights)
{
    const json_t *list = json_object_get(rights, "backed");
    json_t *set = json_object();

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_object_set_new(set, json_string_value(json_array_get(list, i)), json_true());
    }
    json_object_set_new(rights, "backed", set);
}

static const char *
compare(const struct golden *g, const struct all *a)
{
    static char why[2048];
    json_t *want = json_deep_copy(json_object_get(g->want, "rights"));
    json_t *is = json_pack("{s:o,s:o,s:o,s:o}", "status", status_json(a), "balances",
                           balances_json(&a->rights), "assets", assets_json(&a->rights),
                           "backed", backed_json(&a->rights));
    bool same;

    as_set(want);
    as_set(is);
    same = json_equal(is, want);
    if (!same) {
        char *x = json_dumps(is, JSON_SORT_KEYS | JSON_COMPACT);
        char *y = json_dumps(want, JSON_SORT_KEYS | JSON_COMPACT);
        snprintf(why, sizeof why, "rights: %.900s, want %.900s", x, y);
        free(x);
        free(y);
    }
    json_decref(is);
    json_decref(want);
    return same ? NULL : why;
}

const char *
rights_check(const struct golden *g, const struct fold *v, uint64_t seed)
{
    struct all a = {.g = g, .v = v};
    const char *why;

    collect(&a, seed);
    rights_fold(a.item, a.n,
                &(struct rights_view){
                    .logs = a.log, .logs_n = v->logs_n, .find = find, .self = &a},
                &a.rights);
    why = compare(g, &a);
    rights_fini(&a.rights);
    mem_free(a.item);
    mem_free(a.log);
    return why;
}
