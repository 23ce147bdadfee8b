/* Reading records: one by name, many by type, any by text. */
#include "schema/query.h"

#include <stdio.h>
#include <string.h>

#include "schema/query_in.h"
#include "schema/text.h"
#include "schema/type.h"

/* ---- from what people say to rows */

enum rc
query_no_of(struct ledger *l, const struct record_key *key, uint16_t type, int64_t *no)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_KEY);
    bool row = false, found = false;
    enum rc rc;
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->scope);
    sqlite3_bind_int64(s, 3, key->unit);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        uint16_t code = (uint16_t)sqlite3_column_int(s, 1);
        const struct type *t = type_by_code(ledger_types(l), code);
        if (type != 0 ? code != type : t != NULL && t->private_of != 0)
            continue;
        *no = sqlite3_column_int64(s, 0);
        found = true;
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : found ? RC_OK : RC_NOTFOUND;
}

#define CANDIDATES_MAX 2

/* Different records that a name could mean; two are enough to know it is ambiguous. */
struct found {
    struct ledger *l;
    int64_t no[CANDIDATES_MAX];
    char name[CANDIDATES_MAX][NUMBER_TEXT_BYTES];
    size_t n;
};

static void
take(struct found *f, int64_t no, uint16_t type, int64_t number, struct slice id)
{
    const struct type *t = type_by_code(ledger_types(f->l), type);
    if (f->n == CANDIDATES_MAX || (t != NULL && t->private_of != 0))
        return;
    for (size_t i = 0; i < f->n; i++)
        if (f->no[i] == no)
            return;
    struct number n;
    f->no[f->n] = no;
    if (number >= 0) {
        number_unpack(number, &n);
        number_print(&n, f->name[f->n]);
    } else {
        hex_print(id.p, id.n < RECORD_ID_BYTES ? id.n : RECORD_ID_BYTES, f->name[f->n]);
    }
    f->n++;
}

/* Columns of both statements: no, type, number, id. */
static enum rc
take_rows(struct found *f, sqlite3_stmt *s, const char *number_begins)
{
    size_t n = number_begins != NULL ? strlen(number_begins) : 0;
    bool row = false;
    enum rc rc;
    while ((rc = db_step(f->l->db, s, &row)) == RC_OK && row && f->n < CANDIDATES_MAX) {
        int64_t number =
            sqlite3_column_type(s, 2) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 2);
        if (number_begins != NULL) {
            struct number v;
            char text[NUMBER_TEXT_BYTES];
            number_unpack(number, &v);
            number_print(&v, text);
            if (strncmp(text, number_begins, n) != 0)
                continue;
        }
        take(f, sqlite3_column_int64(s, 0), (uint16_t)sqlite3_column_int(s, 1), number,
             db_column_slice(s, 3));
    }
    sqlite3_reset(s);
    return rc;
}

static bool
is_hex(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr("0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    return true;
}

static enum rc
find_by_id(struct found *f, const char *text, size_t n)
{
    char low[2 * RECORD_ID_BYTES + 1], high[2 * RECORD_ID_BYTES + 1];
    uint8_t from[RECORD_ID_BYTES], to[RECORD_ID_BYTES];
    if (n > 2 * RECORD_ID_BYTES || !is_hex(text, n))
        return RC_OK;
    memset(low, '0', sizeof(low));
    memset(high, 'f', sizeof(high));
    memcpy(low, text, n);
    memcpy(high, text, n);
    low[2 * RECORD_ID_BYTES] = high[2 * RECORD_ID_BYTES] = '\0';
    if (!hex_parse(low, RECORD_ID_BYTES, from) || !hex_parse(high, RECORD_ID_BYTES, to))
        return RC_OK;
    sqlite3_stmt *s = db_stmt(f->l->db, STMT_QUERY_IDS);
    db_bind_slice(s, 1, slice_of(from, sizeof(from)));
    db_bind_slice(s, 2, slice_of(to, sizeof(to)));
    return take_rows(f, s, NULL);
}

/* A whole number is one look; a beginning is a scan of its unit. */
static enum rc
find_by_number(struct found *f, const char *text, size_t n)
{
    struct number v = {0};
    bool is_whole = number_parse(slice_of(text, n), &v);
    int64_t from, to;
    if (is_whole) {
        from = to = number_pack(&v);
        if (from < 0)
            return RC_OK;
    } else {
        uint32_t unit = 0;
        for (size_t i = 0; i < 4; i++) {
            if (text[i] < '0' || text[i] > '9')
                return RC_OK;
            unit = unit * 10 + (uint32_t)(text[i] - '0');
        }
        from = number_pack(&(struct number){.unit = unit, .log_no = 1});
        to = number_pack(&(struct number){.unit = unit + 1, .log_no = 1});
        from -= from % (INT64_C(1) << 31);
    }
    sqlite3_stmt *s = db_stmt(f->l->db, STMT_QUERY_NUMBERS);
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    return take_rows(f, s, is_whole ? NULL : text);
}

enum rc
query_resolve(struct ledger *l, const char *text, int64_t *no, struct fault *why)
{
    struct found f = {.l = l};
    size_t n = strlen(text);
    enum rc rc = n >= 4 ? find_by_number(&f, text, n) : RC_OK;
    if (rc == RC_OK && n >= 4)
        rc = find_by_id(&f, text, n);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    char shown[FAULT_WHAT_BYTES];
    fault_escape(slice_text(text), shown, sizeof(shown));
    if (f.n == 0)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", shown);
    if (f.n > 1) {
        fault_set(why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", shown);
        fault_want(why, "%s, %s", f.name[0], f.name[1]);
        return RC_AMBIGUOUS;
    }
    *no = f.no[0];
    return RC_OK;
}

enum rc
query_find_one(struct ledger *l, const char *id, struct record_key *out,
               struct fault *why)
{
    struct image im = {0};
    int64_t no = 0, number = 0;
    enum rc rc = query_resolve(l, id, &no, why);
    if (rc == RC_OK)
        rc = fold_read_record(l, no, &im, &number);
    if (rc == RC_OK)
        *out = im.key;
    image_fini(&im);
    return rc;
}

uint64_t
query_items_n(struct ledger *l, int64_t no)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_ITEMS_N);
    bool row = false;
    sqlite3_bind_int64(s, 1, no);
    enum rc rc = db_step(l->db, s, &row);
    uint64_t n = rc == RC_OK && row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return n + 1; /* the first one stands in the record's own row */
}

enum rc
query_records_in(struct ledger *l, int64_t from, int64_t to, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_FIRST_IN);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        const struct type *t =
            type_by_code(ledger_types(l), (uint16_t)sqlite3_column_int(s, 1));
        if (t != NULL && t->private_of == 0)
            buf_add_u64(out, (uint64_t)sqlite3_column_int64(s, 0));
    }
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
    bool has_unit;
    uint32_t unit;
};

static enum rc
want_unit(struct wants *ws, const char *text, struct fault *why)
{
    uint32_t unit = 0;
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return fault_set(why, RC_INVALID, FAULT_BAD_CODE, "unit");
    for (const char *p = text; *p != '\0'; p++)
        unit = unit * 10 + (uint32_t)(*p - '0');
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
        const struct state *s = state_by_name(t, f->value);
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

static bool
fits(const struct wants *ws, const struct record_row *r)
{
    for (size_t i = 0; i < ws->n; i++) {
        const struct want *w = &ws->w[i];
        bool fit = w->is_state && r->state != NULL && r->state->code == w->state;
        for (size_t k = 0; !w->is_state && k < r->values_n; k++)
            fit = fit || (r->value[k].field == w->field &&
                          slice_eq(r->value[k].value, buf_slice(&w->value)));
        if (!fit)
            return false;
    }
    return true;
}

static enum rc
list_rows(struct ledger *l, const struct type *t, const struct wants *ws, uint64_t limit,
          record_fn each, void *arg)
{
    sqlite3_stmt *s = NULL;
    struct view *v = mem_new(sizeof(*v));
    uint64_t n = 0;
    bool row = false;
    v->l = l;
    enum rc rc = table_stmt(l->tables, t->code, TABLE_LIST, &s);
    if (rc == RC_OK && ws->has_unit)
        sqlite3_bind_int64(s, 1, ws->unit);
    while (rc == RC_OK && (rc = db_step(l->db, s, &row)) == RC_OK && row) {
        rc = view_read(v, sqlite3_column_int64(s, 0));
        if (rc != RC_OK || !fits(ws, &v->row))
            continue;
        if (!each(arg, &v->row) || ++n == limit)
            break;
    }
    if (s != NULL)
        sqlite3_reset(s);
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

enum rc
query_list(struct ledger *l, const char *type, const struct filter *f, size_t n,
           uint64_t limit, record_fn each, void *arg, struct fault *why)
{
    struct wants ws = {0};
    const struct type *t = public_type(l, type, why);
    enum rc rc = t != NULL ? RC_OK : RC_INVALID;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = want_one(l, t, &f[i], &ws, why);
    if (rc == RC_OK) {
        rc = list_rows(l, t, &ws, limit, each, arg);
        if (rc != RC_OK)
            fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    }
    for (size_t i = 0; i < ws.n; i++)
        buf_free(&ws.w[i].value);
    return rc;
}

struct search {
    struct slice text;
    record_fn each;
    void *arg;
    uint64_t left; /* 0: no limit */
    bool is_over;
};

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

static bool
search_row(void *arg, const struct record_row *r)
{
    struct search *s = arg;
    bool hit = contains(slice_text(r->number), s->text);
    for (size_t i = 0; !hit && i < r->values_n; i++)
        hit = table_is_text(r->value[i].field->kind) &&
              contains(r->value[i].value, s->text);
    if (!hit)
        return true;
    s->is_over = !s->each(s->arg, r) || (s->left > 0 && --s->left == 0);
    return !s->is_over;
}

enum rc
query_text(struct ledger *l, const char *text, uint64_t limit, record_fn each, void *arg)
{
    struct search s = {.text = slice_text(text), .each = each, .arg = arg, .left = limit};
    struct wants none = {0};
    const struct types *types = ledger_types(l);
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && !s.is_over && i < types->n; i++)
        if (types->type[i].private_of == 0)
            rc = list_rows(l, &types->type[i], &none, 0, search_row, &s);
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
