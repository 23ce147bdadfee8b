/* Reading records: one by name, many by type, any by text. */
#include "schema/query.h"

#include <stdio.h>
#include <string.h>

#include "schema/query_in.h"
#include "schema/text.h"
#include "schema/type.h"

/* ---- rows */

enum rc
query_items_n(struct ledger *l, int64_t no, uint64_t *n)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_ITEMS_N);
    bool row = false;
    sqlite3_bind_int64(s, 1, no);
    enum rc rc = db_step(l->db, s, &row);
    *n = 1; /* the first one stands in the record's own row */
    if (rc == RC_OK && row)
        *n += (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return rc;
}

enum rc
query_records_in(struct ledger *l, int64_t from, int64_t to, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_TOUCHED);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row)
        buf_add_u64(out, (uint64_t)sqlite3_column_int64(s, 0));
    sqlite3_reset(s);
    return rc;
}

/* ---- one record as people see it */

struct view {
    struct ledger *l;
    struct image im, half;
    struct record_row row;
    struct value_row value[PUT_FIELDS_MAX * 2];
};

static void
view_fini(struct view *v)
{
    image_fini(&v->im);
    image_fini(&v->half);
}

static enum rc
read_half(struct view *v)
{
    const struct type *t = v->row.type;
    struct record_key key = v->im.key;
    int64_t no = 0;
    image_clear(&v->half);
    const struct type *half =
        t->private_code != 0 ? type_by_code(ledger_types(v->l), t->private_code) : NULL;
    if (half == NULL || ledger_scope_of(v->l, half, key.unit, &key.scope) != RC_OK)
        return RC_OK;
    enum rc rc = query_no_of(v->l, &key, half->code, &no);
    if (rc == RC_OK)
        rc = fold_read(v->l, no, &v->half);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void
fill_values(struct view *v)
{
    const struct type *t = v->row.type;
    struct record_row *r = &v->row;
    r->values_n = 0;
    for (size_t i = 0;
         i < t->fields_n && r->values_n < sizeof(v->value) / sizeof(v->value[0]); i++) {
        const struct field *f = &t->field[i];
        const struct image *im = field_is_private(t, f) ? &v->half : &v->im;
        const struct image_field *has = image_field(im, f->code);
        v->value[r->values_n++] =
            (struct value_row){.field = f,
                               .value = image_shown(im, f->code),
                               .state = has != NULL ? has->state : FIELD_CLEAN};
    }
    for (size_t i = 0; i < v->im.fields_n; i++)
        r->has_conflict = r->has_conflict || v->im.field[i].state != FIELD_CLEAN;
    for (size_t i = 0; i < v->half.fields_n; i++)
        r->has_conflict = r->has_conflict || v->half.field[i].state != FIELD_CLEAN;
    r->is_parallel = r->is_parallel || v->half.is_parallel;
    r->value = v->value;
}

static void
fill_common(struct view *v)
{
    struct record_row *r = &v->row;
    struct value x;
    struct slice shown = image_shown(&v->im, FIELD_NUMBER);
    r->number[0] = '\0';
    if (shown.n > 0 && value_decode(VALUE_NUMBER, shown, &x) && !x.is_nil)
        number_print(&x.as.number, r->number);
    shown = image_shown(&v->im, FIELD_STATE);
    if (shown.n > 0 && value_decode(VALUE_STATE, shown, &x) && !x.is_nil)
        r->state = state_by_code(r->type, x.as.move.to);
    shown = image_shown(&v->im, FIELD_GONE);
    r->is_gone = shown.n > 0 && value_decode(VALUE_GONE, shown, &x) && !x.is_nil;
    r->link = image_shown(&v->im, FIELD_LINK);
}

static enum rc
view_read(struct view *v, int64_t no)
{
    image_clear(&v->im);
    enum rc rc = fold_read(v->l, no, &v->im);
    if (rc != RC_OK)
        return rc;
    v->row = (struct record_row){.key = v->im.key,
                                 .type = type_by_code(ledger_types(v->l), v->im.type),
                                 .is_parallel = v->im.is_parallel};
    if (v->row.type == NULL)
        return RC_NOTFOUND;
    const struct log_state *log = ledger_log_at(v->l, v->im.entry);
    v->row.is_counted = log != NULL && !log->is_assumed;
    rc = read_half(v);
    if (rc != RC_OK)
        return rc;
    fill_common(v);
    fill_values(v);
    return RC_OK;
}

enum rc
query_get(struct ledger *l, const struct record_key *key, record_fn each, void *arg)
{
    struct view *v = mem_new(sizeof(*v));
    int64_t no = 0;
    v->l = l;
    enum rc rc = query_no_of(l, key, 0, &no);
    if (rc == RC_OK)
        rc = view_read(v, no);
    if (rc == RC_OK)
        (void)each(arg, &v->row);
    view_fini(v);
    mem_free(v);
    return rc;
}

/* ---- many */

#define FILTERS_MAX 16

struct want {                  /* one filter, parsed */
    const struct field *field; /* NULL: unit or state */
    struct buf value;
    bool is_state;
    uint16_t state;
};
struct wants {
    struct want w[FILTERS_MAX];
    size_t n;
    bool has_unit, is_none; /* none: two units at once */
    uint32_t unit;
    const struct field *sort; /* NULL: by unit and number */
};

static enum rc
want_unit(struct wants *ws, const char *text, struct fault *why)
{
    uint32_t unit = 0;
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return fault_set(why, RC_INVALID, FAULT_BAD_CODE, "unit");
    for (const char *p = text; *p != '\0'; p++)
        unit = unit * 10 + (uint32_t)(*p - '0');
    ws->is_none = ws->is_none || (ws->has_unit && ws->unit != unit);
    ws->has_unit = true;
    ws->unit = unit;
    return RC_OK;
}

static enum rc
find_ref(void *arg, const char *of_type, const char *text, struct record_key *out,
         struct fault *why)
{
    (void)of_type;
    return query_find_one(arg, text, out, why);
}

static enum rc
want_one(struct ledger *l, const struct type *t, const struct filter *f, struct wants *ws,
         struct fault *why)
{
    struct text_refs refs = {.arg = l, .find = find_ref};
    if (strcmp(f->field, "unit") == 0)
        return want_unit(ws, f->value, why);
    if (ws->n == FILTERS_MAX)
        return fault_set(why, RC_LIMIT, FAULT_UNKNOWN_FIELD, "%s", f->field);
    struct want *w = &ws->w[ws->n];
    *w = (struct want){.field = field_by_name(t, f->field)};
    if (strcmp(f->field, "state") == 0) {
        const struct state *s = query_state(t, f->value);
        if (s == NULL)
            return fault_set(why, RC_INVALID, FAULT_UNKNOWN_STATE, "%s", f->value);
        w->is_state = true;
        w->state = s->code;
        ws->n++;
        return RC_OK;
    }
    if (w->field == NULL || w->field->code < FIELD_FIRST_OWN) {
        fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", f->field);
        fault_want(why, "%s", t->name);
        return RC_INVALID;
    }
    ws->n++;
    return text_parse(w->field, slice_text(f->value), &refs, &w->value, why);
}

/* Not set, and emptied again, are one to people. */
static bool
is_equal(struct slice a, struct slice b)
{
    static const uint8_t nil = 0xc0;
    struct slice none = slice_of(&nil, 1);
    return slice_eq(a.n > 0 ? a : none, b.n > 0 ? b : none);
}

static bool
fits(const struct wants *ws, const struct record_row *r)
{
    for (size_t i = 0; i < ws->n; i++) {
        const struct want *w = &ws->w[i];
        bool fit = w->is_state && r->state != NULL && r->state->code == w->state;
        for (size_t k = 0; !w->is_state && k < r->values_n; k++)
            fit = fit || (r->value[k].field == w->field &&
                          is_equal(r->value[k].value, buf_slice(&w->value)));
        if (!fit)
            return false;
    }
    return true;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
contains(struct slice in, struct slice what)
{
    for (size_t at = 0; at + what.n <= in.n; at++) {
        size_t i = 0;
        while (i < what.n && lower(in.p[at + i]) == lower(what.p[i]))
            i++;
        if (i == what.n)
            return true;
    }
    return false;
}

struct needle { /* what is looked for; text empty: anything */
    struct slice text;
    struct pinyin_query letters;
    const struct pinyin *readings;
};

static const struct pinyin *
readings(struct ledger *l)
{
    if (l->pinyin == NULL)
        l->pinyin = pinyin_new();
    return l->pinyin;
}

static struct needle
needle_of(struct ledger *l, const char *text)
{
    struct needle n = {.text = slice_text(text != NULL ? text : "")};
    pinyin_query(n.text, &n.letters);
    if (n.letters.n > 0)
        n.readings = readings(l);
    return n;
}

static bool
field_has(const struct field *f, struct slice value, const struct needle *n)
{
    return table_is_text(f->kind) &&
           (contains(value, n->text) ||
            (n->letters.n > 0 && f->kind == VALUE_TEXT && !f->is_long &&
             pinyin_has(n->readings, &n->letters, value)));
}

/* A first look at the typed row itself, as TABLE_LIST tells it: what cannot fit is not
 * read any further. What stands in the private half is judged later. */
static bool
row_fits(sqlite3_stmt *s, const struct table *t, const struct want *w)
{
    int column = w->is_state ? COLUMN_STATE : table_column_of(t, w->field->code);
    struct value v;
    if (column < 0)
        return true;
    column += TABLE_LIST_FIRST;
    bool is_null = sqlite3_column_type(s, column) == SQLITE_NULL;
    if (w->is_state)
        return !is_null && sqlite3_column_int(s, column) == w->state;
    if (!value_decode(w->field->kind, buf_slice(&w->value), &v) || v.is_nil || is_null)
        return is_null && v.is_nil;
    if (w->field->kind == VALUE_BOOL)
        return (sqlite3_column_int(s, column) != 0) == v.as.yes;
    if (table_is_integer(w->field->kind))
        return sqlite3_column_int64(s, column) == v.as.num;
    return slice_eq(db_column_slice(s, column),
                    table_is_text(w->field->kind) ? v.as.text : buf_slice(&w->value));
}

static bool
row_has(sqlite3_stmt *s, const struct table *t, const struct needle *needle)
{
    if (needle->text.n == 0 || t->type->private_code != 0 ||
        sqlite3_column_type(s, TABLE_LIST_FIRST + COLUMN_NUMBER) != SQLITE_NULL)
        return true;
    for (int i = 0; i < t->own_n; i++)
        if (field_has(t->own[i],
                      db_column_slice(s, TABLE_LIST_FIRST + COLUMN_FIRST_OWN + i),
                      needle))
            return true;
    struct number n;
    char number[NUMBER_TEXT_BYTES] = "";
    if (sqlite3_column_type(s, 4) != SQLITE_NULL) {
        number_unpack(sqlite3_column_int64(s, 4), &n);
        number_print(&n, number);
    }
    return contains(slice_text(number), needle->text);
}

static enum rc
list_numbers(struct ledger *l, const struct type *type, const struct wants *ws,
             const struct needle *needle, struct buf *out)
{
    struct sorting order = {.is_text = ws->sort != NULL && table_is_text(ws->sort->kind)};
    sqlite3_stmt *s = NULL;
    const struct table *t = table_of(l->tables, type->code);
    bool row = false;
    enum rc rc = table_stmt(l->tables, type->code, TABLE_LIST, &s);
    if (rc != RC_OK)
        return rc;
    if (ws->has_unit)
        sqlite3_bind_int64(s, 1, ws->unit);
    if (order.is_text)
        order.readings = readings(l);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        bool fit = row_has(s, t, needle);
        for (size_t i = 0; fit && i < ws->n; i++)
            fit = row_fits(s, t, &ws->w[i]);
        if (fit && ws->sort != NULL)
            query_sort_add(&order, s,
                           TABLE_LIST_FIRST + table_column_of(t, ws->sort->code),
                           sqlite3_column_int64(s, 0));
        else if (fit)
            buf_add_u64(out, (uint64_t)sqlite3_column_int64(s, 0));
    }
    sqlite3_reset(s);
    query_sort_end(&order, out);
    return rc;
}

/* Not the value's bytes: the length in front of them is a letter now and then. */
static bool
is_hit(const struct value_row *r, const struct needle *needle)
{
    struct value v;
    return table_is_text(r->field->kind) && r->value.n > 0 &&
           value_decode(r->field->kind, r->value, &v) && !v.is_nil &&
           field_has(r->field, v.as.text, needle);
}

static bool
record_has(const struct record_row *r, const struct needle *needle)
{
    bool hit = contains(slice_text(r->number), needle->text);
    for (size_t i = 0; !hit && i < r->values_n; i++)
        hit = is_hit(&r->value[i], needle);
    return hit;
}

/* Collected first: whoever is told may list, or write. */
static enum rc
list_rows(struct ledger *l, const struct type *t, const struct wants *ws,
          const struct needle *needle, uint64_t limit, record_fn each, void *arg)
{
    struct view *v = mem_new(sizeof(*v));
    struct buf rows = BUF_NONE;
    uint64_t n = 0;
    bool more = !ws->is_none, row = false;
    v->l = l;
    /* Half-way on purpose: one reading transaction instead of one a statement. */
    sqlite3_stmt *hold = db_stmt(l->db, STMT_QUERY_HOLD);
    enum rc rc = db_step(l->db, hold, &row);
    if (rc == RC_OK && more)
        rc = list_numbers(l, t, ws, needle, &rows);
    struct reader r = reader_of(buf_slice(&rows));
    while (rc == RC_OK && more && r.n > 0) {
        rc = view_read(v, (int64_t)read_u64(&r));
        if (rc == RC_NOTFOUND) /* gone meanwhile */
            rc = RC_OK;
        else if (rc == RC_OK && fits(ws, &v->row) && record_has(&v->row, needle))
            more = each(arg, &v->row) && ++n != limit;
    }
    sqlite3_reset(hold);
    buf_free(&rows);
    view_fini(v);
    mem_free(v);
    return rc;
}

static const struct type *
public_type(struct ledger *l, const char *name, struct fault *why)
{
    const struct type *t = type_by_name(ledger_types(l), name);
    if (t != NULL && t->private_of == 0)
        return t;
    fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", name);
    return NULL;
}

/* What stands in the private half is no order of the whole. */
static enum rc
want_sort(struct ledger *l, const struct type *t, const char *name, struct wants *ws,
          struct fault *why)
{
    const struct field *f = name != NULL ? field_by_name(t, name) : NULL;
    if (name == NULL)
        return RC_OK;
    if (f == NULL || f->code < FIELD_FIRST_OWN ||
        (!table_is_text(f->kind) && !table_is_integer(f->kind)) ||
        table_column_of(table_of(l->tables, t->code), f->code) < 0) {
        fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", name);
        fault_want(why, "%s", t->name);
        return RC_INVALID;
    }
    ws->sort = f;
    return RC_OK;
}

enum rc
query_listing(struct ledger *l, const char *type, const struct wanted_list *want,
              record_fn each, void *arg, struct fault *why)
{
    struct wants ws = {0};
    struct needle needle = needle_of(l, want->like);
    const struct type *t = public_type(l, type, why);
    enum rc rc = t != NULL ? RC_OK : RC_INVALID;
    for (size_t i = 0; rc == RC_OK && i < want->n; i++)
        rc = want_one(l, t, &want->f[i], &ws, why);
    if (rc == RC_OK)
        rc = want_sort(l, t, want->sort, &ws, why);
    if (rc == RC_OK) {
        rc = list_rows(l, t, &ws, &needle, want->limit, each, arg);
        if (rc != RC_OK)
            fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    }
    for (size_t i = 0; i < ws.n; i++)
        buf_free(&ws.w[i].value);
    return rc;
}

enum rc
query_list(struct ledger *l, const char *type, const struct filter *f, size_t n,
           uint64_t limit, record_fn each, void *arg, struct fault *why)
{
    struct wanted_list want = {.f = f, .n = n, .limit = limit};
    return query_listing(l, type, &want, each, arg, why);
}

struct search {
    record_fn each;
    void *arg;
    uint64_t left; /* 0: no limit */
    bool is_over;
};

static bool
search_row(void *arg, const struct record_row *r)
{
    struct search *s = arg;
    s->is_over = !s->each(s->arg, r) || (s->left > 0 && --s->left == 0);
    return !s->is_over;
}

enum rc
query_text(struct ledger *l, const char *text, uint64_t limit, record_fn each, void *arg)
{
    struct search s = {.each = each, .arg = arg, .left = limit};
    struct needle needle = needle_of(l, text);
    struct wants none = {0};
    const struct types *types = ledger_types(l);
    enum rc rc = RC_OK;
    s.is_over = needle.text.n == 0; /* nothing is asked for */
    for (size_t i = 0; rc == RC_OK && !s.is_over && i < types->n; i++)
        if (types->type[i].private_of == 0)
            rc = list_rows(l, &types->type[i], &none, &needle, 0, search_row, &s);
    return rc;
}

enum rc
query_count(struct ledger *l, const char *type, uint64_t *out, struct fault *why)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    const struct type *t = public_type(l, type, why);
    if (t == NULL)
        return RC_INVALID;
    enum rc rc = table_stmt(l->tables, t->code, TABLE_COUNT, &s);
    if (rc == RC_OK)
        rc = db_step(l->db, s, &row);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    *out = row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return RC_OK;
}
